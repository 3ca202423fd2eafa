"""Webhooks of every platform: what is read, what is refused, and that no bytes do anything else."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knative.platforms import catalogue as platforms
from knative.platforms import gchat as gchat_stand_in
from knative.platforms import port
from knative.platforms import teams as teams_stand_in
from shared.channels import gchat, teams, whatsapp
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.port import Call, Forged, Inbound, InboundMessage, KeysNeeded, Recipient, WebhookResponse
from shared.channels.teams.rendering import answer_synchronously
from shared.channels.twilio.signature import verify as verify_twilio
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Button, Reply

NOW = 1767225000.0
SERVICE = "https://smba.trafficmanager.net/amer/t/"
URL = "https://bot.example.com/webhooks/x/webhook"
every_platform = pytest.mark.parametrize("name", PLATFORMS)


def inbound(name: str, body: bytes, content_type: str = "application/json", now: float = NOW) -> Inbound:
    keys = port.encode_jwks()
    known = {platforms.list_settings(name).get("keys_url", ""): keys, teams.KEYS: keys, gchat.PROJECT_KEYS: keys}
    headers = platforms.sign_webhook(name, body, URL, now, content_type=content_type)
    return Inbound(body, headers, url=URL, now=NOW, keys=known)


def parse(name: str, asked: Inbound) -> Any:
    return find_channel(name).parse(asked, platforms.list_settings(name))


def parse_one(name: str, webhook: port.Webhook) -> InboundMessage:
    parsed = parse(name, inbound(name, webhook.body, webhook.content_type))
    assert not isinstance(parsed, WebhookResponse), parsed
    (message,) = parsed
    assert isinstance(message, InboundMessage)
    return message


@every_platform
@pytest.mark.parametrize("said", ["hello", "Größe & <b>1</b> 🎬 > 0", '/play{"title": "Heat"}', "two\nlines"])
def test_a_text_is_read_as_it_was_written(name: str, said: str) -> None:
    message = parse_one(name, platforms.write_text(name, said, 1))
    assert message.text == said
    assert message.id
    assert message.sender


@every_platform
def test_a_button_says_its_payload(name: str) -> None:
    assert parse_one(name, platforms.press_button(name, "/affirm", 1)).text == "/affirm"


@every_platform
def test_a_message_keeps_its_id_when_it_comes_again_and_another_has_another(name: str) -> None:
    first, again = platforms.write_text(name, "hi", 7), platforms.write_text(name, "hi", 7)
    assert parse_one(name, first).id == parse_one(name, first).id
    assert parse_one(name, platforms.write_text(name, "hi", 8)).id != parse_one(name, again).id


@every_platform
def test_the_answer_leads_back_to_the_person(name: str) -> None:
    message = parse_one(name, platforms.write_text(name, "hi", 1))
    to = Recipient(message.sender or "", message.address, "m", True)
    (call,) = find_channel(name).render([Reply("hello")], to, platforms.list_settings(name))
    assert isinstance(call, Call)
    root = "https://smba.trafficmanager.net/" if name == "teams" else "https://stand-in.example/"
    assert call.url.startswith(root)


@every_platform
def test_a_changed_byte_is_refused(name: str) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    asked = inbound(name, webhook.body, webhook.content_type)
    if name in ("telegram", "teams", "gchat"):
        asked = replace(asked, headers={key: value[:-4] + "AAAA" for key, value in asked.headers.items()})
    else:
        asked = replace(asked, body=webhook.body.replace(b"hello", b"hallo"))
    with pytest.raises(Forged) as refused:
        parse(name, asked)
    assert refused.value.status in (401, 403)


@every_platform
def test_without_a_signature_nothing_is_read(name: str) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    with pytest.raises(Forged):
        parse(name, Inbound(webhook.body, {"content-type": webhook.content_type}, url=URL, now=NOW))


@every_platform
def test_without_its_secret_a_channel_says_which_setting_is_missing(name: str) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    with pytest.raises(Unavailable, match=name.upper()):
        find_channel(name).parse(inbound(name, webhook.body, webhook.content_type), {})


@pytest.mark.parametrize("name", ["slack", "discord", "teams"])
@pytest.mark.parametrize("away", [-4000.0, 301.0 + 60.0])
def test_what_was_signed_at_another_time_is_refused(name: str, away: float) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    with pytest.raises(Forged):
        parse(name, inbound(name, webhook.body, webhook.content_type, NOW + away))


@pytest.mark.parametrize("name", ["teams", "gchat"])
def test_a_token_of_an_unknown_key_asks_for_the_keys(name: str) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    with pytest.raises(KeysNeeded) as needed:
        parse(name, replace(inbound(name, webhook.body), keys={}))
    assert needed.value.address == "https://stand-in.example/keys"
    assert needed.value.status == 503


def test_a_retry_header_of_slack_changes_nothing() -> None:
    webhook = platforms.write_text("slack", "hello", 1)
    asked = inbound("slack", webhook.body)
    again = replace(asked, headers={**asked.headers, "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"})
    assert parse("slack", again) == parse("slack", asked)


def test_the_handshake_of_meta_wants_the_right_token() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": port.SECRET, "hub.challenge": "1158201444"}
    asked = Inbound(b"", query=query, method="GET")
    assert whatsapp.parse(asked, platforms.list_settings("whatsapp")) == WebhookResponse(200, b"1158201444")
    with pytest.raises(Forged) as refused:
        parse("whatsapp", replace(asked, query={**query, "hub.verify_token": "wrong"}))
    assert refused.value.status == 403
    with pytest.raises(Rejected):
        parse("whatsapp", replace(asked, query={**query, "hub.challenge": "<script>\n"}))


def test_twilio_signs_the_address_with_and_without_its_port() -> None:
    webhook = platforms.write_text("twilio", "hi", 1)
    with_port = "https://bot.example.com:443/webhooks/x/webhook"
    headers = platforms.sign_webhook("twilio", webhook.body, with_port, NOW, content_type=webhook.content_type)
    verify_twilio(Inbound(webhook.body, headers, url=URL), platforms.list_settings("twilio"))
    other = "https://bot.example.com:8443/webhooks/x/webhook"
    headers = platforms.sign_webhook("twilio", webhook.body, other, NOW, content_type=webhook.content_type)
    with pytest.raises(Forged):
        verify_twilio(Inbound(webhook.body, headers, url=URL), platforms.list_settings("twilio"))


def test_a_service_address_that_the_token_does_not_name_is_refused_even_on_microsofts_hosts() -> None:
    body = platforms.write_text("teams", "hi", 1).body
    asked = inbound("teams", body)
    with pytest.raises(Forged):
        parse("teams", replace(asked, body=body.replace(b"/amer/t/", b"/emea/t/")))


def test_a_service_address_elsewhere_is_refused_even_where_the_token_names_it() -> None:
    body = platforms.write_text("teams", "hi", 1).body.replace(b"smba.trafficmanager.net", b"evil.example")
    with pytest.raises(Forged, match="not Microsoft's"):
        parse("teams", inbound("teams", body))


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["message", "text", "image", "block_actions", "event_callback", "D1", "-1", "1e999", "\ud800"])
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def mutated(document: Any, draw: Any) -> Any:
    """The document with some of its places holding something else."""
    if draw(st.integers(0, 9)) == 0:
        return draw(trees)
    if isinstance(document, dict):
        return {key: mutated(value, draw) for key, value in document.items()}
    if isinstance(document, list):
        return [mutated(value, draw) for value in document] * draw(st.integers(0, 2))
    return document


@st.composite
def bodies(draw: Any, name: str) -> port.Webhook:
    """Any bytes at all, or a webhook in which things are of other types."""
    webhook = draw(st.sampled_from([platforms.write_text(name, "hello", 1), platforms.press_button(name, "/a", 1)]))
    content_type = draw(st.sampled_from([webhook.content_type, "application/json", port.FORM, "text/plain"]))
    if draw(st.booleans()):
        return port.Webhook(draw(st.binary(max_size=300)), content_type)
    if webhook.content_type == port.FORM:
        return port.Webhook(webhook.body + b"&" + draw(st.binary(max_size=50)), content_type)
    document = mutated(json.loads(webhook.body), draw)
    return port.Webhook(json.dumps(document).encode(), content_type)


@every_platform
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_any_signed_bytes_are_messages_an_answer_or_rejected(name: str, data: st.DataObject) -> None:
    webhook = data.draw(bodies(name))
    asked = inbound(name, webhook.body, webhook.content_type)
    try:
        parsed = parse(name, asked)
    except Rejected as exc:
        assert exc.status < 500
        return
    if isinstance(parsed, WebhookResponse):
        assert parsed.status < 500
        return
    for message in parsed:
        assert isinstance(message.text, str)
        assert message.text or message.attachments
        json.dumps([message.address, message.metadata, message.sender, message.text], ensure_ascii=False).encode()
    assert find_channel(name).acknowledge(parsed).status == 200


HEADERS = """authorization content-type x-slack-signature x-slack-request-timestamp x-hub-signature-256 x-hub-signature
x-twilio-signature x-signature-ed25519 x-signature-timestamp x-line-signature x-telegram-bot-api-secret-token"""
headers = st.dictionaries(
    st.sampled_from(HEADERS.split()),
    st.text(max_size=80) | st.just("Bearer e30.e30.e30") | st.just("1767225000") | st.just("v0="),
)


@every_platform
@settings(max_examples=50, deadline=None, derandomize=True)
@given(headers=headers, body=st.binary(max_size=200), url=st.text(max_size=60) | st.just("http://[::1:80/"))
def test_unsigned_bytes_are_never_heard(name: str, headers: dict[str, str], body: bytes, url: str) -> None:
    with pytest.raises(Rejected) as refused:
        parse(name, Inbound(body, headers, url=url, now=NOW))
    assert refused.value.status in (400, 401, 403)


def test_an_outgoing_webhook_of_teams_is_answered_at_once() -> None:
    key = base64.b64encode(b"0123456789abcdef").decode()
    body = platforms.write_text("teams", "<at>Parley</at> hi", 1).body
    stamp = base64.b64encode(hmac.new(b"0123456789abcdef", body, hashlib.sha256).digest()).decode()
    asked = Inbound(body, {"authorization": f"HMAC {stamp}"}, now=NOW)
    parsed = teams.parse(asked, {"security_token": key})
    assert not isinstance(parsed, WebhookResponse)
    assert parsed[0].synchronous
    with pytest.raises(Forged):
        teams.parse(replace(asked, body=body + b" "), {"security_token": key})
    to = Recipient("person", parsed[0].address, "m", last=True)
    answer = json.loads(
        answer_synchronously([Reply("Sure?", (Button("Yes", "/affirm"),)), Reply(image="https://x/y")], to, {}).body
    )
    assert answer == {"type": "message", "text": "Sure?\n• Yes\n\nhttps://x/y", "textFormat": "plain"}


@every_platform
def test_a_call_is_printed_without_its_secrets(name: str) -> None:
    message = parse_one(name, platforms.write_text(name, "hi", 1))
    to = Recipient(message.sender or "", message.address, "m", True)
    printed = repr(find_channel(name).render([Reply("hello")], to, platforms.list_settings(name)))
    assert port.TOKEN not in printed
    assert port.SECRET not in printed
    assert "PRIVATE KEY" not in printed


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("teams", {"iss": "https://evil.example"}),
        ("teams", {"iss": "https://api.botframework.com/"}),
        ("teams", {"aud": "another bot"}),
        ("teams", {"serviceurl": "https://evil.example/"}),
        ("teams", {"exp": int(NOW) - 3600}),
        ("teams", {"nbf": int(NOW) + 3600}),
        ("gchat", {"iss": "https://accounts.google.com"}),
        ("gchat", {"iss": "chat@evil.example"}),
        ("gchat", {"aud": "another project"}),
        ("gchat", {"exp": int(NOW) - 3600}),
    ],
    ids=str,
)
def test_a_token_with_a_claim_that_is_not_the_platforms_is_refused(name: str, claims: dict[str, Any]) -> None:
    """Signed with the very key: what is wrong is only who made it, for whom, or when."""
    ours = {
        "teams": {"iss": "https://api.botframework.com", "aud": teams_stand_in.APP, "serviceurl": SERVICE},
        "gchat": {"iss": gchat_stand_in.CHAT, "aud": gchat_stand_in.PROJECT},
    }[name]
    asked = inbound(name, platforms.write_text(name, "hi", 1).body)
    for wrong in (False, True):
        token = port.sign_token({**ours, **(claims if wrong else {})}, NOW)
        signed = replace(asked, headers={**asked.headers, "authorization": f"Bearer {token}"})
        if wrong:
            with pytest.raises(Forged):
                parse(name, signed)
        else:
            assert not isinstance(parse(name, signed), WebhookResponse)


@pytest.mark.parametrize(
    ("claims", "valid"),
    [
        ({}, True),
        ({"email": "somebody@example.com"}, False),
        ({"email_verified": False}, False),
        ({"iss": "https://evil.example"}, False),
        ({"email": "addon@example.com"}, True),
    ],
    ids=str,
)
def test_a_google_token_is_taken_from_google_chat_and_the_named_accounts_only(claims: Any, valid: bool) -> None:
    audience = "https://bot.example.com/webhooks/gchat/webhook"
    settings = {"audience": audience, "accounts": "addon@example.com", "keys_url": "https://stand-in.example/keys"}
    ours = {"iss": "https://accounts.google.com", "aud": audience, "email": gchat_stand_in.CHAT, "email_verified": True}
    token = port.sign_token({**ours, **claims}, NOW)
    asked = inbound("gchat", platforms.write_text("gchat", "hi", 1).body)
    signed = replace(asked, headers={**asked.headers, "authorization": f"Bearer {token}"})
    if valid:
        assert not isinstance(gchat.parse(signed, settings), WebhookResponse)
    else:
        with pytest.raises(Forged):
            gchat.parse(signed, settings)

"""Every recorded payload and signature vector of the platforms, through the channel that it belongs to."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.channels import discord, gchat, graph, line, messenger, slack, teams, telegram, twilio, whatsapp
from shared.channels.bearer import claims
from shared.channels.port import Forged, Inbound, KeysNeeded, WebhookResponse
from shared.errors import Rejected
from tests.extra.material import FOLDER, material

SECRET = "a secret of the tests"


def read(*parts: str) -> Any:
    return json.loads(material("vectors", *parts).read_text(encoding="utf-8"))


def cases(*parts: str) -> Any:
    """The cases of a vector file as parameters; none where the material is missing, which another test reports."""
    path = FOLDER.joinpath("vectors", *parts)
    found = json.loads(path.read_text(encoding="utf-8"))["cases"] if path.exists() else []
    return pytest.mark.parametrize("case", found, ids=[case.get("name", str(at)) for at, case in enumerate(found)])


def inbound(case: Any, **more: Any) -> Inbound:
    headers = {name.lower(): value for name, value in case["headers"].items()}
    return Inbound((case.get("body") or "").encode(), headers, now=case.get("now", 0), **more)


def expect(case: Any, verify: Any) -> None:
    if case["valid"]:
        verify()
    else:
        with pytest.raises(Forged) as refused:
            verify()
        assert refused.value.status in (401, 403)


def test_the_vectors_are_here() -> None:
    material("vectors", "LICENSES.json")


@cases("slack", "signature.json")
def test_slack_signature(case: Any) -> None:
    expect(case, lambda: slack.verify(inbound(case), {"signing_secret": case["secret"]}))


@cases("telegram", "auth.json")
def test_telegram_secret(case: Any) -> None:
    expect(case, lambda: telegram.verify(inbound(case), {"secret_token": case["secret"]}))


@cases("whatsapp", "signature.json")
def test_whatsapp_signature(case: Any) -> None:
    expect(case, lambda: whatsapp.verify(inbound(case), {"app_secret": case["secret"]}))


@cases("messenger", "signature.json")
def test_messenger_signature(case: Any) -> None:
    expect(case, lambda: messenger.verify(inbound(case), {"app_secret": case["secret"]}))


@pytest.mark.parametrize("channel", [whatsapp, messenger], ids=["whatsapp", "messenger"])
def test_metas_handshake(channel: Any) -> None:
    handshake = read(channel.NAME, "signature.json")["handshake"]
    query = dict(pair.split("=") for pair in handshake["get"].lstrip("?").split("&"))
    asked = Inbound(b"", query=query, method="GET")
    answer = channel.parse(asked, {"verify_token": "meatyhamhock"})
    assert (answer.status, answer.body.decode()) == (handshake["expect"]["status"], handshake["expect"]["body"])
    assert answer.content_type.startswith(handshake["expect"]["content_type"])
    with pytest.raises(Forged) as refused:
        channel.parse(asked, {"verify_token": "another"})
    assert refused.value.status == handshake["wrong_token"]


@cases("twilio", "signature.json")
def test_twilio_signature(case: Any) -> None:
    body = (
        case["body"].encode()
        if case["body"] is not None
        else urlencode([tuple(pair) for pair in case["params"]]).encode()
    )
    headers = {name.lower(): value for name, value in case["headers"].items()}
    asked = Inbound(body, headers, url=case["url"])
    expect(case, lambda: twilio.verify(asked, {"auth_token": case["auth_token"]}))


@cases("discord", "signature.json")
def test_discord_signature(case: Any) -> None:
    expect(case, lambda: discord.verify(inbound(case), {"public_key": case["public_key"]}))


@cases("line", "signature.json")
def test_line_signature(case: Any) -> None:
    expect(case, lambda: line.verify(inbound(case), {"channel_secret": case["secret"]}))


@cases("teams", "outgoing_webhook_hmac.json")
def test_teams_outgoing_webhook_signature(case: Any) -> None:
    expect(case, lambda: teams.verify_outgoing_webhook(inbound(case), case["key"]))


@cases("teams", "jwt.json")
def test_teams_token(case: Any) -> None:
    vectors = read("teams", "jwt.json")
    activity = {"channelId": "msteams", "serviceUrl": vectors["service_url"]}
    asked = inbound(case, keys={teams.KEYS: vectors["jwks"]})
    expect(case, lambda: teams.verify(asked, {"app_id": vectors["app_id"]}, activity))


def test_a_key_without_the_channels_endorsement_is_refused() -> None:
    vectors = read("teams", "jwt.json")
    keys = {"keys": [{**key, "endorsements": ["webchat"]} for key in vectors["jwks"]["keys"]]}
    activity = {"channelId": "msteams", "serviceUrl": vectors["service_url"]}
    asked = inbound(vectors["cases"][0], keys={teams.KEYS: keys})
    with pytest.raises(Forged):
        teams.verify(asked, {"app_id": vectors["app_id"]}, activity)


def test_a_key_that_is_not_there_is_asked_for_by_its_address() -> None:
    vectors = read("teams", "jwt.json")
    with pytest.raises(KeysNeeded) as needed:
        claims(inbound(vectors["cases"][0]), teams.KEYS, vectors["app_id"], teams.ISSUERS)
    assert needed.value.address == teams.KEYS


@cases("gchat", "jwt.json")
def test_gchat_token(case: Any) -> None:
    jwks = read("gchat", "jwt.json")["jwks"]
    asked = inbound(case, keys={gchat.PROJECT_KEYS: jwks, gchat.GOOGLE_KEYS: jwks})
    modes = {
        "project_number": {"project_number": "1234567890"},
        "endpoint_url": {"audience": "https://bot.example.com/webhooks/gchat"},
    }
    expect(case, lambda: gchat.verify(asked, modes[case["mode"]]))


def hub(body: bytes) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def slack_signed(body: bytes) -> Inbound:
    stamp = hmac.new(SECRET.encode(), b"v0:1767225000:" + body, hashlib.sha256).hexdigest()
    sort = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    headers = {"x-slack-request-timestamp": "1767225000", "x-slack-signature": f"v0={stamp}", "content-type": sort}
    return Inbound(body, headers, now=1767225000.0)


def heard_in_slack(sample: str, *, interactive: bool = False) -> Any:
    value = read("slack", "payloads.json")["samples"][sample]
    raw = value if isinstance(value, str) else json.dumps(value)
    body = urlencode({"payload": raw}).encode() if interactive else raw.encode()
    return slack.parse(slack_signed(body), {"signing_secret": SECRET})


def test_slack_url_verification() -> None:
    answer = heard_in_slack("url_verification")
    assert json.loads(answer.body) == read("slack", "payloads.json")["samples"]["url_verification_expected_response"]


@pytest.mark.parametrize(
    ("sample", "text", "thread"),
    [
        ("event_message_mention", "Hey", "1767224888.280449"),
        ("event_thread_reply", "Hi", "1767224888.280449"),
        ("event_dm", "hello hello", None),
        ("event_with_file", "[AI] I don't really understand this explanation.", "1770241970.822989"),
        ("slash_command_raw_body", "some arguments here", None),
    ],
)
def test_slack_messages(sample: str, text: str, thread: str | None) -> None:
    (heard,) = heard_in_slack(sample)
    assert (heard.text, heard.address.get("thread")) == (text, thread)
    assert heard.id


def test_a_slack_file_is_a_reference_on_slacks_host() -> None:
    (heard,) = heard_in_slack("event_with_file")
    (file,) = heard.attachments
    assert (file.type, file.content_type, file.bytes) == ("image", "image/png", 214244)
    assert file.reference.startswith("https://files.slack.com/")


@pytest.mark.parametrize(
    ("sample", "text"), [("block_actions_button", "Show Info"), ("block_actions_static_select", "greet")]
)
def test_slack_buttons(sample: str, text: str) -> None:
    (heard,) = heard_in_slack(sample, interactive=True)
    assert (heard.text, heard.address["thread"]) == (text, "1767326125.870439")


@pytest.mark.parametrize("sample", ["reaction_added", "member_joined_channel", "app_rate_limited"])
def test_other_slack_events_are_answered_200_and_heard_by_nobody(sample: str) -> None:
    assert heard_in_slack(sample) == WebhookResponse(200)


def test_a_slack_form_is_its_values() -> None:
    (heard,) = heard_in_slack("view_submission", interactive=True)
    assert heard.metadata["form"]
    assert heard.text


@pytest.mark.parametrize(
    ("sample", "text", "attachments"),
    [
        ("message_mention", "hi", 0),
        ("message_text", "how are you", 0),
        ("callback_query", "approve", 0),
        ("photo", "look", 1),
    ],
)
def test_telegram_updates(sample: str, text: str, attachments: int) -> None:
    update = read("telegram", "payloads.json")["samples"][sample]
    headers = {"x-telegram-bot-api-secret-token": SECRET}
    parsed = telegram.parse(Inbound(json.dumps(update).encode(), headers), {"secret_token": SECRET})
    assert not isinstance(parsed, WebhookResponse)
    (heard,) = parsed
    assert (heard.text, len(heard.attachments), heard.id) == (text, attachments, str(update["update_id"]))


def test_an_edited_telegram_message_is_no_new_one() -> None:
    update = read("telegram", "payloads.json")["samples"]["edited_message"]
    headers = {"x-telegram-bot-api-secret-token": SECRET}
    assert telegram.parse(Inbound(json.dumps(update).encode(), headers), {"secret_token": SECRET}) == WebhookResponse(
        200
    )


WHATSAPP = {
    "text": "Body Text",
    "image": "",
    "document": "caption",
    "audio": "",
    "current_location": "",
    "reply": "replied text",
    "button_button": "callback_data",
    "button_quick_reply": "callback_data",
    "button_quick_reply_without_context": "callback_data",
    "list_callback": "callback_data",
    "list_description": "callback_data",
    "recorded_first": "What is Vercel?",
    "unsupported": "",
}


def test_every_whatsapp_payload() -> None:
    samples = read("whatsapp", "payloads.json")["samples"]
    for sample, payload in samples.items():
        body = json.dumps(payload).encode()
        parsed = whatsapp.parse(Inbound(body, hub(body)), {"app_secret": SECRET})
        if sample in WHATSAPP:
            assert not isinstance(parsed, WebhookResponse), sample
            (heard,) = parsed
            assert heard.text == WHATSAPP[sample], sample
            assert heard.text or heard.attachments, sample
            assert heard.id == payload["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
        else:
            assert parsed == graph.OK, sample


def test_the_recorded_whatsapp_delivery_is_verified_and_read() -> None:
    case = read("whatsapp", "signature.json")["cases"][0]
    parsed = whatsapp.parse(inbound(case), {"app_secret": case["secret"]})
    assert not isinstance(parsed, WebhookResponse)
    assert [heard.text for heard in parsed] == ["Hey there! I am using PyWa."]


MESSENGER = {
    ("samples", "firstMessage"): "What is Vercel?",
    ("samples", "secondMessage"): "Tell me more",
    ("samples", "postbackClick"): 'chat:{"a":"hello"}',
    ("samples", "legacyPostback"): "GET_STARTED",
    ("samples", "imageAttachment"): "",
    ("instagram", "firstMessage"): "Do you ship to Córdoba?",
    ("instagram", "storyReply"): "Is this available?",
    ("instagram", "quickReply"): 'chat:{"a":"confirm","v":"yes"}',
}


def test_every_messenger_and_instagram_payload() -> None:
    vectors = read("messenger", "payloads.json")
    for group in ("samples", "instagram"):
        for sample, payload in vectors[group].items():
            body = json.dumps(payload).encode()
            parsed = messenger.parse(Inbound(body, hub(body)), {"app_secret": SECRET})
            if (group, sample) in MESSENGER:
                assert not isinstance(parsed, WebhookResponse), sample
                assert [heard.text for heard in parsed] == [MESSENGER[group, sample]]
            else:
                assert parsed == graph.OK, sample


def test_an_image_from_elsewhere_is_only_a_link() -> None:
    body = json.dumps(read("messenger", "payloads.json")["samples"]["imageAttachment"]).encode()
    parsed = messenger.parse(Inbound(body, hub(body)), {"app_secret": SECRET})
    assert not isinstance(parsed, WebhookResponse)
    assert [attachment.type for attachment in parsed[0].attachments] == ["link"]


@pytest.mark.parametrize(
    ("sample", "text", "attachments"),
    [
        ("sms_text", "Ahoy! We can't wait to see what you build.", []),
        ("mms_image", "", ["image"]),
        ("whatsapp_text", "hi", []),
        ("whatsapp_button", "confirm:yes", []),
    ],
)
def test_twilio_messages(sample: str, text: str, attachments: list[str]) -> None:
    fields = read("twilio", "payloads.json")["samples"][sample]
    url = "https://bot.example.com/webhooks/twilio/webhook"
    signed = url + "".join(key + fields[key] for key in sorted(fields))
    stamp = base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    asked = Inbound(urlencode(fields).encode(), {"x-twilio-signature": stamp}, url=url)
    parsed = twilio.parse(asked, {"auth_token": SECRET})
    assert not isinstance(parsed, WebhookResponse)
    (heard,) = parsed
    assert (heard.text, [attachment.type for attachment in heard.attachments]) == (text, attachments)
    assert heard.id == fields["MessageSid"]


@pytest.fixture
def signed_discord(monkeypatch: pytest.MonkeyPatch) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()

    def parse(sample: str) -> Any:
        body = json.dumps(read("discord", "payloads.json")["samples"][sample]).encode()
        headers = {
            "x-signature-timestamp": "1767225000",
            "x-signature-ed25519": key.sign(b"1767225000" + body).hex(),
        }
        settings = {"public_key": key.public_key().public_bytes_raw().hex()}
        return discord.parse(Inbound(body, headers, now=1767225000.0), settings)

    return parse


def test_discord_interactions(signed_discord: Any) -> None:
    samples = read("discord", "payloads.json")["samples"]
    assert json.loads(signed_discord("ping").body) == samples["pong_expected"]
    assert signed_discord("webhook_event_ping") == WebhookResponse(204)
    (command,) = signed_discord("slash_command")
    assert (command.text, command.id, command.locale) == ("The Gitrog Monster", "786008729715212338", "en-US")
    (pressed,) = signed_discord("button_click")
    assert (pressed.text, pressed.sender) == ("hello", "1457536551830421524.1033044521375764530")
    assert json.loads(discord.acknowledge([pressed]).body) == samples["deferred_ack"]


TEAMS = {"message_mention": "Hey", "message_followup": "Hi", "card_action": "info", "dm": "Hey"}


def test_every_teams_activity() -> None:
    vectors = read("teams", "jwt.json")
    case = vectors["cases"][0]
    for sample, activity in read("teams", "payloads.json")["samples"].items():
        headers = {name.lower(): value for name, value in case["headers"].items()}
        asked = Inbound(json.dumps(activity).encode(), headers, now=case["now"], keys={teams.KEYS: vectors["jwks"]})
        parsed = teams.parse(asked, {"app_id": vectors["app_id"]})
        if sample in TEAMS:
            assert not isinstance(parsed, WebhookResponse), sample
            assert [heard.text for heard in parsed] == [TEAMS[sample]]
            assert parsed[0].address["service"] == vectors["service_url"]
        else:
            assert parsed == teams.OK, sample


GCHAT = {"message_mention": "hello", "pubsub_push_message": "Hey", "card_action": "hello", "dm": "Thanks!"}


def test_every_google_chat_event() -> None:
    vectors = read("gchat", "jwt.json")
    case = vectors["cases"][0]
    for sample, event in read("gchat", "payloads.json")["samples"].items():
        headers = {name.lower(): value for name, value in case["headers"].items()}
        keys = {gchat.PROJECT_KEYS: vectors["jwks"]}
        asked = Inbound(json.dumps(event).encode(), headers, now=case["now"], keys=keys)
        parsed = gchat.parse(asked, {"project_number": "1234567890"})
        if sample in GCHAT:
            assert not isinstance(parsed, WebhookResponse), sample
            assert [heard.text for heard in parsed] == [GCHAT[sample]]
        else:
            assert parsed == gchat.NOTHING, sample


def test_every_line_event_of_the_sdk() -> None:
    body = material("vectors", "line", "webhook_28_events.json").read_bytes()
    stamp = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    parsed = line.parse(Inbound(body, {"x-line-signature": stamp}), {"channel_secret": SECRET})
    assert not isinstance(parsed, WebhookResponse)
    events = [event for event in json.loads(body)["events"] if event["type"] in ("message", "postback")]
    assert len(parsed) == len(events)
    assert [heard.text for heard in parsed if heard.text].count("Hello, world") == 4


def test_lines_empty_webhook_is_answered_200() -> None:
    body = json.dumps(read("line", "SOURCE.json")["empty_events"]).encode()
    stamp = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert line.parse(Inbound(body, {"x-line-signature": stamp}), {"channel_secret": SECRET}) == WebhookResponse(200)


def test_a_body_that_is_no_json_is_rejected_after_its_signature_was_checked() -> None:
    body = b"Hello, World!"
    with pytest.raises(Rejected):
        whatsapp.parse(Inbound(body, hub(body)), {"app_secret": SECRET})

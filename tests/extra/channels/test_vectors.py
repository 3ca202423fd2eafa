"""Every recorded payload and signature vector of the platforms, through the channel that it belongs to."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from knative.platforms.port import FORM, Webhook
from shared.channels import discord, gchat, line, messenger, slack, teams, telegram, whatsapp
from shared.channels.bearer import verify_claims
from shared.channels.port import Forged, Inbound, KeysNeeded, WebhookResponse
from shared.channels.twilio.signature import verify as verify_twilio
from shared.errors import Rejected
from tests.extra.material import FOLDER, material
from tests.unit.channels.test_parsing import inbound as signed_inbound
from tests.unit.channels.test_parsing import parse


def read(*parts: str) -> Any:
    return json.loads(material("vectors", *parts).read_text(encoding="utf-8"))


def cases(*parts: str) -> Any:
    """The cases of a vector file as parameters; none where the material is missing, which another test reports."""
    path = FOLDER.joinpath("vectors", *parts)
    found = json.loads(path.read_text(encoding="utf-8"))["cases"] if path.exists() else []
    return [pytest.param(parts[0], case, id=f"{parts[0]} {case.get('name', at)}") for at, case in enumerate(found)]


def inbound(case: Any, **more: Any) -> Inbound:
    headers = {name.lower(): value for name, value in case["headers"].items()}
    if case.get("params") and case.get("body") is None:
        body = urlencode([tuple(pair) for pair in case["params"]])
    else:
        body = case.get("body") or ""
    return Inbound(body.encode(), headers, now=case.get("now", 0), url=case.get("url", ""), **more)


def verify(name: str, case: Any) -> None:
    """What the channel does with the signature of a case."""
    asked = inbound(case)
    match name:
        case "slack":
            slack.verify(asked, {"signing_secret": case["secret"]})
        case "telegram":
            telegram.verify(asked, {"secret_token": case["secret"]})
        case "whatsapp":
            whatsapp.verify(asked, {"app_secret": case["secret"]})
        case "messenger":
            messenger.verify(asked, {"app_secret": case["secret"]})
        case "twilio":
            verify_twilio(asked, {"auth_token": case["auth_token"]})
        case "discord":
            discord.verify(asked, {"public_key": case["public_key"]})
        case "line":
            line.verify(asked, {"channel_secret": case["secret"]})
        case "teams" if "key" in case:
            teams.verify_outgoing_webhook(asked, case["key"])
        case "teams":
            vectors = read("teams", "jwt.json")
            activity = {"channelId": "msteams", "serviceUrl": vectors["service_url"]}
            asked = inbound(case, keys={teams.KEYS: vectors["jwks"]})
            teams.verify(asked, {"app_id": vectors["app_id"]}, activity)
        case "gchat":
            jwks = read("gchat", "jwt.json")["jwks"]
            asked = inbound(case, keys={gchat.PROJECT_KEYS: jwks, gchat.GOOGLE_KEYS: jwks})
            modes = {
                "project_number": {"project_number": "1234567890"},
                "endpoint_url": {"audience": "https://bot.example.com/webhooks/gchat"},
            }
            gchat.verify(asked, modes[case["mode"]])


SIGNATURES = [
    *cases("slack", "signature.json"),
    *cases("telegram", "auth.json"),
    *cases("whatsapp", "signature.json"),
    *cases("messenger", "signature.json"),
    *cases("twilio", "signature.json"),
    *cases("discord", "signature.json"),
    *cases("line", "signature.json"),
    *cases("teams", "outgoing_webhook_hmac.json"),
    *cases("teams", "jwt.json"),
    *cases("gchat", "jwt.json"),
]


def test_the_vectors_are_here() -> None:
    material("vectors", "LICENSES.json")


@pytest.mark.parametrize(("name", "case"), SIGNATURES)
def test_a_signature_is_taken_or_refused_as_the_vector_says(name: str, case: Any) -> None:
    if case["valid"]:
        verify(name, case)
    else:
        with pytest.raises(Forged) as refused:
            verify(name, case)
        assert refused.value.status in (401, 403)


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


def test_a_key_without_the_channels_endorsement_is_refused_and_a_missing_one_is_asked_for() -> None:
    vectors = read("teams", "jwt.json")
    keys = {"keys": [{**key, "endorsements": ["webchat"]} for key in vectors["jwks"]["keys"]]}
    activity = {"channelId": "msteams", "serviceUrl": vectors["service_url"]}
    asked = inbound(vectors["cases"][0], keys={teams.KEYS: keys})
    with pytest.raises(Forged):
        teams.verify(asked, {"app_id": vectors["app_id"]}, activity)
    with pytest.raises(KeysNeeded) as needed:
        verify_claims(inbound(vectors["cases"][0]), teams.KEYS, vectors["app_id"], teams.ISSUERS)
    assert needed.value.address == teams.KEYS


HEARD: dict[str, dict[str, str | None]] = {
    "slack": {
        "url_verification": None,
        "event_message_mention": "Hey",
        "event_thread_reply": "Hi",
        "event_dm": "hello hello",
        "event_with_file": "[AI] I don't really understand this explanation.",
        "slash_command_raw_body": "some arguments here",
        "block_actions_button": "Show Info",
        "block_actions_static_select": "greet",
        "reaction_added": None,
        "member_joined_channel": None,
        "app_rate_limited": None,
    },
    "telegram": {
        "message_mention": "hi",
        "message_text": "how are you",
        "callback_query": "approve",
        "photo": "look",
        "edited_message": None,
    },
    "whatsapp": {
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
        "status_sent": None,
        "status_delivered": None,
        "status_read": None,
        "status_failed": None,
        "recorded_status": None,
    },
    "messenger": {
        "firstMessage": "What is Vercel?",
        "secondMessage": "Tell me more",
        "postbackClick": 'chat:{"a":"hello"}',
        "legacyPostback": "GET_STARTED",
        "imageAttachment": "",
    },
    "twilio": {
        "sms_text": "Ahoy! We can't wait to see what you build.",
        "mms_image": "",
        "whatsapp_text": "hi",
        "whatsapp_button": "confirm:yes",
    },
    "discord": {
        "ping": None,
        "webhook_event_ping": None,
        "slash_command": "The Gitrog Monster",
        "button_click": "hello",
    },
    "gchat": {"message_mention": "hello", "pubsub_push_message": "Hey", "card_action": "hello", "dm": "Thanks!"},
}
"""What is heard in each sample; None: nothing. Teams' samples name service addresses of their own, see below."""


def sample(name: str, key: str, group: str = "samples") -> Webhook:
    value = read(name, "payloads.json")[group][key]
    if name == "twilio":
        return Webhook(urlencode(value).encode(), FORM)
    if isinstance(value, str):
        return Webhook(value.encode(), FORM)
    raw = json.dumps(value)
    if name == "slack" and key.startswith(("block_actions", "view_")):
        return Webhook(urlencode({"payload": raw}).encode(), FORM)
    return Webhook(raw.encode())


def messages(name: str, webhook: Webhook) -> Any:
    parsed = parse(name, signed_inbound(name, webhook.body, webhook.content_type))
    return () if isinstance(parsed, WebhookResponse) else parsed


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, samples in HEARD.items() for key in samples])
def test_a_recorded_webhook_is_heard_as_it_was_meant(name: str, key: str) -> None:
    found = messages(name, sample(name, key))
    expected = HEARD[name][key]
    assert [message.text for message in found] == ([] if expected is None else [expected])
    assert all(message.id and (message.text or message.attachments) for message in found)


def test_every_sample_is_known() -> None:
    """What is in no table is heard by nobody."""
    for name in ("whatsapp", "messenger", "gchat"):
        for key in read(name, "payloads.json")["samples"].keys() - HEARD[name].keys():
            assert messages(name, sample(name, key)) == (), key


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("firstMessage", "Do you ship to Córdoba?"),
        ("storyReply", "Is this available?"),
        ("quickReply", 'chat:{"a":"confirm","v":"yes"}'),
    ],
)
def test_instagram_comes_as_messenger_does(key: str, text: str) -> None:
    (message,) = messages("messenger", sample("messenger", key, "instagram"))
    assert (message.text, message.address["platform"]) == (text, "instagram")


@pytest.mark.parametrize(
    ("key", "thread"),
    [
        ("event_message_mention", "1767224888.280449"),
        ("event_dm", None),
        ("event_with_file", "1770241970.822989"),
        ("block_actions_button", "1767326125.870439"),
    ],
)
def test_slack_is_answered_in_the_thread(key: str, thread: str | None) -> None:
    (message,) = messages("slack", sample("slack", key))
    assert message.address.get("thread") == thread


def test_a_slack_form_is_its_values_and_a_file_a_reference_on_slacks_host() -> None:
    (form,) = messages("slack", sample("slack", "view_submission"))
    assert form.metadata["form"]
    (message,) = messages("slack", sample("slack", "event_with_file"))
    (file,) = message.attachments
    assert (file.type, file.content_type, file.bytes) == ("image", "image/png", 214244)
    assert file.reference.startswith("https://files.slack.com/")


def test_slack_and_discord_get_the_answers_that_they_ask_for() -> None:
    webhook = sample("slack", "url_verification")
    answer = parse("slack", signed_inbound("slack", webhook.body))
    expected = read("slack", "payloads.json")["samples"]["url_verification_expected_response"]
    assert json.loads(answer.body) == expected
    samples = read("discord", "payloads.json")["samples"]
    pong = parse("discord", signed_inbound("discord", sample("discord", "ping").body))
    assert json.loads(pong.body) == samples["pong_expected"]
    (pressed,) = messages("discord", sample("discord", "button_click"))
    assert pressed.sender == "1457536551830421524.1033044521375764530"
    assert json.loads(discord.acknowledge([pressed]).body) == samples["deferred_ack"]


TEAMS = {"message_mention": "Hey", "message_followup": "Hi", "card_action": "info", "dm": "Hey"}


def test_every_teams_activity() -> None:
    vectors = read("teams", "jwt.json")
    case = vectors["cases"][0]
    for key, activity in read("teams", "payloads.json")["samples"].items():
        asked = inbound({**case, "body": json.dumps(activity)}, keys={teams.KEYS: vectors["jwks"]})
        parsed = teams.parse(asked, {"app_id": vectors["app_id"]})
        found = () if isinstance(parsed, WebhookResponse) else parsed
        assert [message.text for message in found] == ([TEAMS[key]] if key in TEAMS else []), key
        assert all(message.address["service"] == vectors["service_url"] for message in found)


def test_every_line_event_of_the_sdk() -> None:
    body = material("vectors", "line", "webhook_28_events.json").read_bytes()
    found = messages("line", Webhook(body))
    events = [event for event in json.loads(body)["events"] if event["type"] in ("message", "postback")]
    assert len(found) == len(events)
    assert [message.text for message in found if message.text].count("Hello, world") == 4
    assert messages("line", Webhook(json.dumps(read("line", "SOURCE.json")["empty_events"]).encode())) == ()


def test_the_recorded_whatsapp_delivery_is_verified_and_read() -> None:
    case = read("whatsapp", "signature.json")["cases"][0]
    parsed = whatsapp.parse(inbound(case), {"app_secret": case["secret"]})
    assert not isinstance(parsed, WebhookResponse)
    assert [message.text for message in parsed] == ["Hey there! I am using PyWa."]


def test_a_body_that_is_no_json_is_rejected_after_its_signature_was_checked() -> None:
    with pytest.raises(Rejected):
        messages("whatsapp", Webhook(b"Hello, World!"))

"""Further webhooks of the kinds of the platforms' tables: what is sent besides the plain case."""

import json
from typing import Any

import pytest

from knative.platforms import catalogue as platforms
from knative.platforms.port import as_form, as_json
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.port import WebhookResponse
from shared.errors import Rejected
from tests.unit.channels.cases import discord, gchat, line, slack, teams, telegram, twilio, whatsapp
from tests.unit.channels.test_cases import JSON_PLATFORMS, TABLES, attribute, within
from tests.unit.channels.test_parsing import inbound

FAMILY, FLAG = "👨‍👩‍👧‍👦", "🇩🇪"
UNITS = {FAMILY: 11, FLAG: 4, "👍🏽": 4, "ก็": 2, "": 0}
"""Signs before a mention, and their UTF-16 units."""


def messenger(**message: Any) -> dict[str, Any]:
    event = {"sender": {"id": "1"}, "recipient": {"id": "2"}, "timestamp": 1, "message": {"mid": "m1", **message}}
    return {"object": "page", "entry": [{"messaging": [event]}]}


def block(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}]


def emoji(name: str, points: str, **more: Any) -> dict[str, Any]:
    return {"type": "emoji", "name": name, "unicode": points, **more}


def group(words: str) -> dict[str, Any]:
    found = whatsapp.batch(whatsapp.text_message(words, group_id="g1"))
    found["entry"][0]["changes"][0]["value"]["metadata"]["display_phone_number"] = "+1 555 0100"
    return found


def app_data(data: str) -> dict[str, Any]:
    return telegram.update(web_app_data={"data": data, "button_text": "Order"})


def modal(*fields: dict[str, Any]) -> dict[str, Any]:
    return discord.interaction(5, {"custom_id": "form", "components": [{"type": 18, "component": f} for f in fields]})


INBOX = {"id": -100333, "type": "supergroup", "is_direct_messages": True}
CALLS = [
    ("telegram", telegram.update(telegram.GROUP, text="@parley_bot"), telegram.OURS),
    ("slack", slack.event(kind="app_mention", text="<@UB>"), {}),
    ("teams", teams.activity(text="<at>Parley</at> &nbsp;", entities=teams.MENTION, conversation=teams.CHANNEL), {}),
    ("gchat", gchat.event(message=gchat.message(text="@Parley", annotations=gchat.mention(0, 7))), {}),
    ("line", line.text_event("@Parley", (0, 7), source=line.GROUP), {}),
    ("whatsapp", group("@15550100"), {}),
    ("discord", discord.interaction(2, discord.ask_command("<@2>")), {}),
]


@pytest.mark.parametrize(("name", "request_", "settings"), CALLS, ids=[name for name, *_ in CALLS])
def test_whoever_only_calls_the_assistant_is_greeted(name: str, request_: Any, settings: dict[str, str]) -> None:
    (found,) = parse_webhook(name, request_, {"start_text": "/greet", **settings})
    assert (found.text, found.addressed) == ("/greet", True)


@pytest.mark.parametrize("sign", UNITS)
def test_a_mention_is_cut_wherever_it_stands_and_whatever_stands_before_it(sign: str) -> None:
    at, lead = UNITS[sign] + bool(sign), f"{sign} " if sign else ""
    for name, asked in (
        ("telegram", telegram.update(telegram.GROUP, text=f"{lead}@parley_bot, play {sign}",
                                     entities=[telegram.entity("mention", at, 11)])),
        ("line", line.text_event(f"{lead}@Parley, play {sign}", (at, 7), source=line.GROUP)),
        ("gchat", gchat.event(message=gchat.message(
            text=f"{lead}@Parley, play {sign}", annotations=gchat.mention(at, 7)))),
    ):  # fmt: skip
        (found,) = parse_webhook(name, asked, telegram.OURS)
        assert " ".join(found.text.replace(",", "").split()) == f"{lead}play {sign}".strip(), name
        assert found.addressed, name


UNSUPPORTED = {"attachments": ["unsupported location"]}
ODD: list[tuple[str, str, Any, list[dict[str, Any]], dict[str, str]]] = [
    ("telegram", "a Web App's form", app_data('{"size": "large", "n": 2}'),
     [{"text": "large, 2", "metadata": {"form": {"size": "large", "n": 2}}}], {}),
    ("telegram", "a Web App's words", app_data("large {"), [{"text": "large {", "metadata": {}}], {}),
    ("telegram", "a channel's inbox", telegram.update(INBOX, text="hi", direct_messages_topic={"topic_id": 77}),
     [{"address": {"chat": "-100333", "direct": "77"}, "addressed": True, "sender": "-100333.7.77"}], {}),
    ("telegram", "another bot's text mention",
     telegram.update(telegram.GROUP, text="Bob hi",
                     entities=[telegram.entity("text_mention", 0, 3, user={"is_bot": True, "username": "x_bot"})]),
     [{"text": "Bob hi", "addressed": False}], telegram.OURS),
    ("telegram", "a mention in a caption", telegram.update(
        telegram.GROUP, caption="👍 @parley_bot what is it?", photo=[{"file_id": "f"}], media_group_id="9",
        caption_entities=[telegram.entity("mention", 3, 11)]),
     [{"text": "👍 what is it?", "addressed": True, "album": "9"}], telegram.OURS),
    ("telegram", "a place that is none", telegram.update(location={"latitude": None, "longitude": 2}),
     [UNSUPPORTED], {}),
    ("telegram", "a contact without a number", telegram.update(contact={"first_name": "Ann"}), [{"text": "Ann"}], {}),
    ("telegram", "a service message", telegram.update(telegram.GROUP, new_chat_members=[telegram.PERSON]), [], {}),
    ("whatsapp", "a place that is none", whatsapp.batch({"type": "location", "location": {"latitude": None}}),
     [UNSUPPORTED], {}),
    ("whatsapp", "a type of tomorrow", whatsapp.batch({"type": "hologram"}),
     [{"text": "", "attachments": ["unsupported hologram"]}], {}),
    ("whatsapp", "a reaction", whatsapp.batch({"type": "reaction", "reaction": {"emoji": "👍"}}), [], {}),
    ("whatsapp", "a broken one between two", whatsapp.batch(
        whatsapp.text_message("one"), {"type": "text", "text": None}, {"type": 7}, whatsapp.text_message("two")),
     [{"text": "one"}, {"text": "two"}], {}),
    ("whatsapp", "a named group", group("hi @15550100 there"), [{"text": "hi there", "addressed": True}], {}),
    ("messenger", "a place that is none", messenger(attachments=[{"type": "location", "payload": {}}]),
     [UNSUPPORTED], {}),
    ("line", "a place that is none", line.webhook(message={"id": "1", "type": "location", "latitude": None}),
     [UNSUPPORTED], {}),
    ("slack", "emoji as people chose them",
     slack.direct(text=":+1::skin-tone-2: and :tada: :partyparrot:", blocks=block(
         emoji("+1", "1f44d-1f3fb", skin_tone=2), emoji("tada", "1f389"), {"type": "emoji", "name": "partyparrot"})),
     [{"text": "👍🏻 and 🎉 :partyparrot:"}], {}),
    ("slack", "emoji in blocks alone", slack.direct(text="", blocks=block(emoji("+1", "1f44d"))), [{"text": "👍"}], {}),
    ("slack", "a file of another workspace", slack.direct(text="", files=[{"id": "F1", "name": "a.pdf"}]),
     [{"attachments": ["unsupported F1 (a.pdf)"]}], {}),
    ("teams", "a file of no known kind", teams.activity(attachments=[
        {"contentType": "reference", "contentUrl": "https://x.sharepoint.com/a.docx", "name": "a.docx"}]),
     [{"attachments": ["file https://x.sharepoint.com/a.docx (a.docx)"]}], {}),
    ("teams", "the HTML of the very text", teams.activity(text="hi", attachments=[{"contentType": "text/html"}]),
     [{"text": "hi", "attachments": []}], {}),
    ("discord", "a box that was ticked",
     modal({"custom_id": "terms", "value": True}, {"custom_id": "no", "value": False}),
     [{"text": "true", "metadata": {"form": {"terms": True}}}], {}),
    ("discord", "several of a form",
     modal({"custom_id": "top", "values": ["ham", "olives"]}, {"custom_id": "n", "value": "x"}),
     [{"text": "ham, olives, x", "metadata": {"form": {"top": ["ham", "olives"], "n": "x"}}}], {}),
]  # fmt: skip


def parse_webhook(name: str, request_: Any, settings: dict[str, str], *, form: bool = False) -> tuple[Any, ...]:
    webhook = as_form(request_) if form else as_json(request_)
    asked = inbound(name, webhook.body, webhook.content_type)
    parsed = find_channel(name).parse(asked, {**platforms.list_settings(name), **settings})
    return () if isinstance(parsed, WebhookResponse) else parsed


@pytest.mark.parametrize(
    ("name", "request_", "promised", "settings"),
    [(name, *more) for name, _, *more in ODD],
    ids=[f"{name}: {title}" for name, title, *_ in ODD],
)
def test_what_comes_besides_the_plain_case_is_heard(
    name: str, request_: Any, promised: list[dict[str, Any]], settings: dict[str, str]
) -> None:
    found = parse_webhook(name, request_, settings)
    assert len(found) == len(promised)
    for message, words in zip(found, promised, strict=True):
        assert {key: within(attribute(message, key), value) for key, value in words.items()} == words


def test_what_is_no_utf_8_in_a_form_is_heard_as_signs() -> None:
    body = as_form(twilio.sms(Body="caf%E9")).body.replace(b"%25E9", b"%E9") + b"&X=%ED%A0%BD"
    asked = inbound("twilio", body, "application/x-www-form-urlencoded")
    parsed = find_channel("twilio").parse(asked, platforms.list_settings("twilio"))
    assert not isinstance(parsed, WebhookResponse)
    (found,) = parsed
    assert found.text == "caf\ufffd"


STATUSES = {"statuses": [{"status": "failed", "errors": [{"code": 131026}]}, {"status": "read"}, {"status": "failed"}]}
TOLD = [
    ("whatsapp", {"entry": [{"changes": [{"field": "messages", "value": STATUSES}]}]}, ["131026", "failed"], False),
    ("whatsapp", whatsapp.batch(whatsapp.text_message('"failed"')), [], False),
    ("twilio", twilio.sms(MessageStatus="undelivered", ErrorCode="30005"), ["30005"], True),
    ("twilio", twilio.sms(MessageStatus="delivered"), [], True),
    ("slack", slack.direct(text="failed"), [], False),
]


@pytest.mark.parametrize(("name", "request_", "causes", "form"), TOLD)
def test_what_was_taken_and_did_not_arrive_is_told_with_its_cause(
    name: str, request_: Any, causes: list[str], form: bool
) -> None:
    webhook = as_form(request_) if form else as_json(request_)
    assert list(find_channel(name).read_failures(inbound(name, webhook.body, webhook.content_type))) == causes


ANSWERS = ['{"error": {"code": "?"}}', "{}", "[]", "<html>", "", '{"ok": false}', '{"code": null}', '{"error": {}}']


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 429, 500])
def test_whatever_is_refused_has_a_cause(name: str, status: int) -> None:
    for body in ANSWERS:
        verdict = find_channel(name).judge(status, {}, body.encode())
        assert verdict.outcome != "taken"
        assert verdict.cause, body


@pytest.mark.parametrize(
    ("name", "status", "body", "cause"),
    [
        ("gchat", 404, {"error": {"code": 404, "status": "NOT_FOUND"}}, "NOT_FOUND"),
        ("gchat", 403, {"error": {"message": "The caller is not a member of the space", "status": "PERMISSION_DENIED"}},
         "PERMISSION_DENIED"),
        ("line", 400, {"message": "Failed to send messages"}, "400"),
        ("messenger", 400, {"error": {"code": 100, "error_subcode": 2018001}}, "100"),
        ("messenger", 400, {"error": {"code": 200, "error_subcode": 1545041}}, "200"),
        ("whatsapp", 400, {"error": {"code": 131021}}, "131021"),
        ("twilio", 400, {"code": 21217}, "21217"),
        ("telegram", 403, {"ok": False, "description": "Forbidden: user is deactivated"}, "deactivated"),
        ("telegram", 400, {"ok": False, "description": "Bad Request: PEER_ID_INVALID"}, "chat_not_found"),
        ("telegram", 400, {"ok": False, "description": "Bad Request: not enough rights to send text messages"},
         "not_allowed_to_write"),
    ],
)  # fmt: skip
def test_who_is_no_longer_there_is_unreachable_with_the_platforms_cause(
    name: str, status: int, body: Any, cause: str
) -> None:
    verdict = find_channel(name).judge(status, {}, json.dumps(body).encode())
    assert (verdict.outcome, verdict.cause) == ("unreachable", cause)


@pytest.mark.parametrize("name", JSON_PLATFORMS)
def test_odd_values_anywhere_in_a_webhook_are_answered_and_never_fail(name: str) -> None:
    """Each place of each webhook of the table, one after the other, holding what JSON allows."""
    numbers: list[Any] = [True, 7, 1.5, float("nan"), float("inf"), 10**400]
    odd: list[Any] = [None, *numbers, "", "\ud83d", [], {}, [None], {"a": {"b": []}}]
    for case in TABLES[name].cases:
        for place in places(case.request):
            for value in odd:
                body = json.dumps(with_value(case.request, place, value)).encode()
                asked = inbound(name, body)
                try:
                    parsed = find_channel(name).parse(asked, {**platforms.list_settings(name), **case.settings})
                except Rejected:
                    continue
                for message in () if isinstance(parsed, WebhookResponse) else parsed:
                    assert message.text or message.attachments, (case.name, place, value)
                    json.dumps([message.address, message.metadata, message.text], ensure_ascii=False).encode()
                    json.dumps([message.address, message.metadata], allow_nan=False)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in the document."""
    found: Any = enumerate(document) if isinstance(document, list) else ()
    found = document.items() if isinstance(document, dict) else found
    return [path, *(place for key, value in found for place in places(value, (*path, key)))]


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    key, *rest = path
    copied = dict(document) if isinstance(document, dict) else list(document)
    copied[key] = with_value(document[key], tuple(rest), value)
    return copied

"""Each platform's table: what is heard in its webhooks, what replies become, what its answers mean."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

import pytest

from knative.platforms import catalogue as platforms
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.port import InboundMessage, WebhookResponse
from shared.events.catalogue import Attachment
from tests.unit.channels.cases.case import Case, Judged, Rendered, Table
from tests.unit.channels.test_parsing import inbound
from tests.unit.channels.test_rendering import calls, seen

TABLES: dict[str, Table] = {name: import_module(f"tests.unit.channels.cases.{name}").CASES for name in PLATFORMS}

JSON_PLATFORMS = [name for name in PLATFORMS if not TABLES[name].cases[0].form]


def lines(kind: str) -> Any:
    """Every line of a kind, of all tables."""
    found: Iterator[tuple[str, Any]] = ((name, line) for name, table in TABLES.items() for line in getattr(table, kind))
    return [pytest.param(name, line, id=f"{name}: {getattr(line, 'name', line)}") for name, line in found]


def attribute(message: InboundMessage, name: str) -> Any:
    found = getattr(message, name)
    return [words(attachment) for attachment in found] if name == "attachments" else found


def words(attachment: Attachment) -> str:
    return f"{attachment.type} {attachment.reference}{f' ({attachment.name})' if attachment.name else ''}"


@pytest.mark.parametrize(("name", "case"), lines("cases"))
def test_a_webhook_is_heard_as_the_table_says(name: str, case: Case) -> None:
    webhook = case.webhook()
    asked = inbound(name, webhook.body, webhook.content_type)
    parsed = find_channel(name).parse(asked, {**platforms.list_settings(name), **case.settings})
    messages = () if isinstance(parsed, WebhookResponse) else parsed
    assert len(messages) == len(case.messages)
    for message, promised in zip(messages, case.messages, strict=True):
        found = {key: attribute(message, key) for key in promised}
        assert {**found, "address": within(found.get("address"), promised.get("address"))} == {
            **promised,
            "address": promised.get("address"),
        }
        json.dumps([message.address, message.metadata, message.text], ensure_ascii=False).encode()


def within(found: Any, promised: Any) -> Any:
    """What was found, of what is promised: objects may hold more, lists may not."""
    if isinstance(found, dict) and isinstance(promised, dict):
        return {key: within(found.get(key), value) for key, value in promised.items()}
    if isinstance(found, list) and isinstance(promised, list) and len(found) == len(promised):
        return [within(one, other) for one, other in zip(found, promised, strict=True)]
    return found


@pytest.mark.parametrize(("name", "line"), lines("rendered"))
def test_replies_become_the_calls_that_the_table_says(name: str, line: Rendered) -> None:
    found = calls(name, *line.replies)
    assert len(found) == len(line.calls)
    for call, promised in zip(found, line.calls, strict=True):
        body = dict(parse_qsl(call.body.decode())) if b"{" not in call.body[:1] else json.loads(call.body)
        assert within(body, promised) == promised
        assert not seen(name, call).mistakes


@pytest.mark.parametrize(("name", "line"), lines("judged"))
def test_a_platforms_answer_means_what_the_table_says(name: str, line: Judged) -> None:
    body = line.body if isinstance(line.body, str) else json.dumps(line.body)
    verdict = find_channel(name).judge(line.status, {}, body.encode())
    assert (verdict.outcome, verdict.cause if line.cause else "", verdict.amended) == (
        line.outcome,
        line.cause,
        line.amended,
    )


@pytest.mark.parametrize("name", JSON_PLATFORMS)
@pytest.mark.parametrize("odd", ['"\\ud83d"', "NaN", "-Infinity", "1e999", "9" * 5000, '"\\u0000"', "null", "[]"])
def test_one_odd_value_costs_nobody_their_message(name: str, odd: str) -> None:
    webhook = TABLES[name].cases[0].webhook()
    body = webhook.body.replace(b"{", b'{"odd": ' + odd.encode() + b", ", 1)
    parsed = find_channel(name).parse(inbound(name, body), platforms.list_settings(name))
    assert not isinstance(parsed, WebhookResponse)
    assert parsed == find_channel(name).parse(inbound(name, webhook.body), platforms.list_settings(name))


@pytest.mark.parametrize("name", JSON_PLATFORMS)
def test_half_of_an_emoji_is_a_sign_in_the_text(name: str) -> None:
    webhook = platforms.write_text(name, "play HALF", 1)
    body = webhook.body.replace(b"HALF", b"\\ud83d")
    parsed = find_channel(name).parse(inbound(name, body), platforms.list_settings(name))
    assert not isinstance(parsed, WebhookResponse)
    assert [message.text for message in parsed] == ["play \ufffd"]

"""The gateway's OpenAPI description is true, and nothing that it lets pass or forbids makes the gateway fail."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator
from schemathesis import GenerationMode, checks
from werkzeug.wrappers import Request

from functions.gateway import stage
from monitoring.generate import openapi
from shared.channels.catalogue import NAMES, PLATFORMS, ChannelSettings
from tests.unit.gateway.assistants import Assistant
from tests.unit.gateway.trips import trips

DESCRIPTION = json.loads((Path(stage.__file__).parent / "openapi.json").read_text(encoding="utf-8"))
NOBODY = tuple(f"/conversations/{{id}}/{verb}" for verb in ("story", "execute", "predict"))
"""Paths that are 404 for a conversation that nobody began."""
TOKEN = "an-operator-of-this-assistant"
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
)
MANY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def delivery(request: Request) -> tuple[str, int, dict[str, str]]:
    headers = {"content-type": "application/json"}
    if request.path.startswith("/outbox/"):
        return '{"messages": []}', 200, headers
    return '{"error": "it is gone"}', 404, headers


SECRETS = {
    "SLACK_SIGNING_SECRET": "s" * 32,
    "TELEGRAM_SECRET_TOKEN": "t" * 32,
    "WHATSAPP_APP_SECRET": "w" * 32,
    "WHATSAPP_VERIFY_TOKEN": "v" * 32,
    "MESSENGER_APP_SECRET": "m" * 32,
    "MESSENGER_VERIFY_TOKEN": "v" * 32,
    "TWILIO_AUTH_TOKEN": "a" * 32,
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "TEAMS_APP_ID": "app",
    "TEAMS_SECURITY_TOKEN": "c2VjcmV0",
    "GCHAT_PROJECT_NUMBER": "1234",
    "LINE_CHANNEL_SECRET": "l" * 32,
}


@pytest.fixture(scope="module")
def running() -> Iterator[Assistant]:
    """A gateway with every channel set up, before the real dialogue and other stages that answer."""
    given_settings = {"platforms": ChannelSettings("gateway", SECRETS), "handoff_token": TOKEN}
    with trips(delivery, auth="open", **given_settings) as assistant:
        yield assistant


def operations() -> list[tuple[str, str]]:
    return [(path, verb) for path, item in DESCRIPTION["paths"].items() for verb in item if verb in ("get", "post")]


def test_the_description_is_openapi_and_its_schemas_are_json_schema() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(DESCRIPTION).validate()
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_it_names_the_channels_that_there_are() -> None:
    assert openapi.PAGE.read_text(encoding="utf-8") == openapi.render_page(), "run `task docs`"


def test_it_is_served_where_people_look_for_it(running: Assistant) -> None:
    answer = running.client.get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == DESCRIPTION
    assert running.client.get("/openapi.json", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(("path", "verb"), operations(), ids=lambda value: str(value))
def test_every_path_of_the_description_is_there(running: Assistant, path: str, verb: str) -> None:
    """Neither 404 nor 405; and of the two verbs, one that is not described is not taken."""
    for filled in _filled(path):
        answered = {name: running.client.open(filled, method=name).status_code for name in ("GET", "POST")}
        assert answered[verb.upper()] not in (405, 501)
        if path not in ("/handoff/attachment", "/webhooks/webchat/aloud", *NOBODY):
            assert answered[verb.upper()] != 404
    described = {name for known, name in operations() if set(_filled(known)) & set(_filled(path))}
    for other in {"get", "post"} - described:
        assert answered[other.upper()] == 405


def test_every_path_of_the_gateway_is_in_the_description() -> None:
    """The list at the top of stage.py, which its reader takes for complete, against the description."""
    listed = re.findall(r"^((?:GET|POST)\S*) +(/\S*?),?(?: (/\S+))?(?: |$)", stage.__doc__ or "", re.MULTILINE)
    assert len(listed) >= 10
    known = {(verb, one) for path, verb in operations() for one in _filled(path)}
    for verb, *paths in listed:
        for path in filter(None, paths):
            for filled in _filled(path.replace("CHANNEL", "{channel}")):
                assert (verb.lower(), filled) in known or path == "/webhooks/CHANNEL/webhook", f"{verb} {filled}"


def fuzzed() -> list[Any]:
    """Every operation with what it allows; with what it forbids where it takes anything at all."""
    cases = [pytest.param(*one, GenerationMode.POSITIVE, id=f"{one[1]} {one[0]} allowed") for one in operations()]
    for path, verb in operations():
        operation = DESCRIPTION["paths"][path][verb]
        if "parameters" in operation or operation.get("requestBody", {}).get("required"):
            cases.append(pytest.param(path, verb, GenerationMode.NEGATIVE, id=f"{verb} {path} forbidden"))
    return cases


@pytest.mark.parametrize(("path", "verb", "mode"), fuzzed())
def test_whatever_is_sent_the_answer_is_described_and_nothing_fails(
    running: Assistant, path: str, verb: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", running.client.application)
    operation = schema[path][verb]

    @MANY
    @given(data=st.data(), authorised=st.booleans())
    def sent(data: st.DataObject, authorised: bool) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        headers = {"Authorization": f"Bearer {TOKEN}"} if authorised and path.startswith("/handoff") else {}
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    sent()


def _filled(path: str) -> list[str]:
    """The path with every name that it may hold."""
    names: dict[str, Any] = {"{platform}": PLATFORMS, "{handshaking}": ("whatsapp", "messenger"), "{channel}": NAMES}
    for name, values in names.items():
        if name in path:
            return [path.replace(name, value) for value in values]
    return [path]

"""What `task channels` says of a configuration, that the channels agree with it, and what a half-made one lacks."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from knative.platforms import catalogue as platforms
from knative.platforms.channels import describe_handoff, find_lacking, find_unreadable, list_needs, write_table
from knative.platforms.completeness import list_lacks
from monitoring.generate import limits
from shared.channels import callback
from shared.channels.catalogue import NAMES, PLATFORMS, ChannelSettings, find_channel
from shared.channels.port import Forged, Inbound, Recipient
from shared.errors import Unavailable
from shared.events.catalogue import Reply

ENVIRON = platforms.build_environment("https://stand-in.example")
NOW = 1767225000.0


def test_every_channel_has_a_line() -> None:
    assert len(write_table({})) == len(NAMES) + 1


def test_a_channel_is_off_incomplete_or_ready(tmp_path: Path) -> None:
    def line(environ: dict[str, str]) -> list[str]:
        return next(row.split() for row in write_table(environ) if row.startswith("slack"))

    assert line({})[1] == "off"
    assert line({"SLACK_BOT_TOKEN": "x"}) == ["slack", "incomplete", "/webhooks/slack/webhook", "SLACK_SIGNING_SECRET"]
    (tmp_path / "token").write_text("xoxb\n")
    both = {
        "SLACK_BOT_TOKEN_FILE": str(tmp_path / "token"),
        "SLACK_SIGNING_SECRET": "y",
        "PUBLIC_URL": "https://bot.example.com/",
    }
    assert line(both) == ["slack", "ready", "https://bot.example.com/webhooks/slack/webhook"]


def test_a_secrets_file_that_is_not_there_or_empty_is_no_secret_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    for path in (tmp_path / "missing", tmp_path / "empty"):
        environ = {"SLACK_SIGNING_SECRET_FILE": str(path)}
        assert find_lacking(list_needs("slack", "gateway"), environ) == ["SLACK_SIGNING_SECRET"]
        assert find_unreadable(environ) == [
            f"SLACK_SIGNING_SECRET_FILE names {path}, which cannot be read or is empty."
        ]
    assert find_unreadable({}) == []
    with pytest.raises(Unavailable, match="SLACK_SIGNING_SECRET_FILE cannot be read"):
        ChannelSettings("gateway", {"SLACK_SIGNING_SECRET_FILE": str(tmp_path / "missing")})["slack"]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "handoff: off"),
        ({"HANDOFF_TO": "slack:C1"}, "operators answer in their chat."),
        ({"HANDOFF_URL": "https://x"}, "operators answer nowhere: set HANDOFF_TOKEN."),
        ({"HANDOFF_TO": "slack:C1", "HANDOFF_TOKEN": "t"}, "operators answer in their chat and over HTTP."),
        ({"HANDOFF_TO": "email:x"}, "HANDOFF_TO must begin with one of"),
    ],
)
def test_where_operators_are_told_is_said(environ: dict[str, str], said: str) -> None:
    assert said in describe_handoff(environ)


def test_one_of_two_settings_is_enough_where_either_works() -> None:
    assert list_needs("gchat", "gateway") == [("GCHAT_PROJECT_NUMBER", "GCHAT_AUDIENCE")]
    assert find_lacking([("A", "B")], {}) == ["A or B"]
    assert find_lacking([("A", "B")], {"B": "x"}) == []


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_channel_works_with_the_settings_it_needs_and_says_which_of_them_is_missing(name: str) -> None:
    receiving_needs, sending_needs = list_needs(name, "gateway"), list_needs(name, "delivery")
    needed = {setting for group in (*receiving_needs, *sending_needs) for setting in group}
    given = {setting: value for setting, value in ENVIRON.items() if setting in needed}
    receiving, sending = ChannelSettings("gateway", given)[name], ChannelSettings("delivery", given)[name]
    webhook = platforms.write_text(name, "hi", 1)
    url = "https://bot.example.com/"
    headers = platforms.sign_webhook(name, webhook.body, url, NOW, content_type=webhook.content_type)
    inbound = Inbound(webhook.body, headers, url=url, now=NOW)
    address = complete_address(name)
    # Keys have to be fetched; that is asked for only where everything else is there.
    try:
        find_channel(name).parse(inbound, receiving)
    except Unavailable as exc:
        assert "keys" in str(exc)
    find_channel(name).render([Reply("hi")], Recipient("me", address, "m", True), sending)
    for group in receiving_needs:
        without = {key: value for key, value in receiving.items() if f"{name}_{key}".upper() not in group}
        if "VERIFY_TOKEN" in group[0]:
            inbound = Inbound(b"", query={"hub.mode": "subscribe"}, method="GET")
        with pytest.raises((Unavailable, Forged), match=group[0]):
            find_channel(name).parse(inbound, without)
    for group in sending_needs:
        without = {key: value for key, value in sending.items() if f"{name}_{key}".upper() not in group}
        with pytest.raises(Unavailable, match=group[0]):
            find_channel(name).render([Reply("hi")], Recipient("me", address, "m", True), without)


def complete_address(name: str) -> dict[str, str]:
    """An address with everything that any platform looks for."""
    lead = {"channel": "645", "chat": "1", "to": "1", "line": "1", "from": "1", "application": "1", "token": "t"}
    service = "https://smba.trafficmanager.net/t/" if name == "teams" else ""
    return {**lead, "service": service, "conversation": "c", "activity": "1", "space": "spaces/A", "thread": ""}


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_channel_lacks_nothing(name: str) -> None:
    assert list_lacks(name) == []


def test_the_page_of_limits_is_current() -> None:
    assert limits.PAGE.read_text(encoding="utf-8") == limits.render_page(), "run `task docs`"


@pytest.fixture
def half_made() -> Iterator[str]:
    """A module that somebody began by copying the callback's."""
    module = ModuleType("shared.channels.pigeon")
    module.__spec__ = callback.__spec__
    module.CHANNEL = callback.CHANNEL  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    yield "pigeon"
    del sys.modules[module.__name__]


def test_a_half_made_channel_is_told_in_sentences_what_it_lacks(half_made: str) -> None:
    found = list_lacks(half_made)
    for words in (
        "pigeon is not in PLATFORMS of shared/channels/names.py",
        "CHANNEL.name is 'callback' and its module is 'pigeon'",
        "no setting of pigeon is needed on the gateway",
        "CHANNEL.ack_seconds of pigeon is not set",
        "CHANNEL.limits of pigeon are not set",
        "CHANNEL.locate of pigeon is not set",
        "tests/unit/channels/cases/pigeon.py has no CASES",
        "knative/platforms/pigeon.py has no STAND_IN",
        "README.md has no chapter `## Callback`",
    ):
        assert any(words in sentence for sentence in found), words
    assert "has no CHANNEL" in " ".join(list_lacks("carrier"))

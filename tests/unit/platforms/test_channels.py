"""What `task channels` says of a configuration, and that the channels agree with it."""

from pathlib import Path

import pytest

from functions.delivery.platforms import Platforms as Sending
from functions.gateway.platforms import Platforms as Receiving
from knative.platforms import accounts, webhooks
from knative.platforms.channels import CHANNELS, handoff, lacking, table, unreadable
from shared.channels.catalogue import NAMES, PLATFORMS, by_channel, channel
from shared.channels.port import Forged, Inbound, To
from shared.config import read
from shared.errors import Unavailable
from shared.events.catalogue import Reply

ENVIRON = accounts.environment("https://stand-in.example")
NOW = 1767225000.0


def test_every_channel_has_a_line() -> None:
    assert set(CHANNELS) == set(NAMES)
    assert len(table({})) == len(NAMES) + 1


def test_a_channel_is_off_incomplete_or_ready(tmp_path: Path) -> None:
    def line(environ: dict[str, str]) -> list[str]:
        return next(row.split() for row in table(environ) if row.startswith("slack"))

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
        assert lacking(CHANNELS["slack"].receiving, environ) == ["SLACK_SIGNING_SECRET"]
        assert unreadable(environ) == [f"SLACK_SIGNING_SECRET_FILE names {path}, which cannot be read or is empty."]
    assert unreadable({}) == []


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
    assert said in handoff(environ)


def test_one_of_two_settings_is_enough_where_either_works() -> None:
    assert lacking([("A", "B")], {}) == ["A or B"]
    assert lacking([("A", "B")], {"B": "x"}) == []


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_channel_works_with_the_settings_it_needs_and_says_which_of_them_is_missing(name: str) -> None:
    needed = {setting for group in (*CHANNELS[name].receiving, *CHANNELS[name].sending) for setting in group}
    given = {setting: value for setting, value in ENVIRON.items() if setting in needed}
    receiving, sending = by_channel(read(Receiving, given))[name], by_channel(read(Sending, given))[name]
    webhook = webhooks.text(name, "hi", 1)
    url = "https://bot.example.com/"
    headers = accounts.signed(name, webhook.body, url, NOW, content_type=webhook.content_type)
    inbound = Inbound(webhook.body, headers, url=url, now=NOW)
    address = webhooks_address(name)
    # Keys have to be fetched; that is asked for only where everything else is there.
    try:
        channel(name).parse(inbound, receiving)
    except Unavailable as exc:
        assert "keys" in str(exc)
    channel(name).render([Reply("hi")], To("me", address, "m", True), sending)
    for group in CHANNELS[name].receiving:
        without = {key: value for key, value in receiving.items() if f"{name.upper()}_{key.upper()}" not in group}
        if "VERIFY_TOKEN" in group[0]:
            inbound = Inbound(b"", query={"hub.mode": "subscribe"}, method="GET")
        with pytest.raises((Unavailable, Forged), match=group[0]):
            channel(name).parse(inbound, without)
    for group in CHANNELS[name].sending:
        without = {key: value for key, value in sending.items() if f"{name.upper()}_{key.upper()}" not in group}
        with pytest.raises(Unavailable, match=group[0]):
            channel(name).render([Reply("hi")], To("me", address, "m", True), without)


def webhooks_address(name: str) -> dict[str, str]:
    """An address with everything that any platform looks for."""
    lead = {"channel": "645", "chat": "1", "to": "1", "line": "1", "from": "1", "application": "1", "token": "t"}
    service = "https://smba.trafficmanager.net/t/" if name == "teams" else ""
    return {**lead, "service": service, "conversation": "c", "activity": "1", "space": "spaces/A", "thread": ""}

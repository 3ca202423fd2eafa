"""Attachments: fetched from the platform's own hosts within limits, and nothing else is ever called."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.wrappers import Request

from functions.delivery.attachments import Attachments, Gone, WrongType
from knative.platforms import catalogue as platforms
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.errors import Failure, Rejected, TooLarge, Unavailable
from shared.events.catalogue import Attachment
from shared.outbound import Outbound, public
from shared.outbound.public import is_public
from tests.loopback import served

VOICE = b"OggS" + bytes(200)
OGG = {"content-type": "audio/ogg; codecs=opus"}
UNSPECIFIC = {"content-type": "application/octet-stream"}
TYPES = ("audio/", "image/", "application/pdf")


@dataclass
class Files:
    """A platform's files: what each path answers, and what was asked with which secret."""

    answers: dict[str, tuple[Any, int, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""
    fetchers: list[Attachments] = field(default_factory=list)

    def __call__(self, request: Request) -> tuple[Any, int, dict[str, str]]:
        if request.path.startswith("/login"):
            return json.dumps({"access_token": "granted", "expires_in": 3600}), 200, {}
        path = request.full_path.rstrip("?")
        self.asked.append((path, request.headers.get("authorization")))
        return self.answers.get(path, (b"", 404, {}))


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    with served(files) as files.url:
        yield files
        for fetching in files.fetchers:
            fetching.close()


def fetcher(files: Files, **more: Any) -> Attachments:
    settings = {name: platforms.list_settings(name, files.url) for name in PLATFORMS}
    files.fetchers.append(Attachments(settings, **{"types": TYPES, **more}))
    return files.fetchers[-1]


def test_a_voice_message_of_telegram_is_looked_up_and_fetched(files: Files) -> None:
    files.answers = {
        "/telegram/botsimulated-token/getFile?file_id=AwAC-1_x": (
            json.dumps({"ok": True, "result": {"file_path": "voice/file_7.oga"}}),
            200,
            {},
        ),
        # Telegram says nothing of the type; the webhook did.
        "/telegram/file/botsimulated-token/voice/file_7.oga": (
            VOICE,
            200,
            {"content-type": "application/octet-stream"},
        ),
    }
    found = fetcher(files).fetch("telegram", Attachment("audio", "AwAC-1_x", content_type="audio/ogg", bytes=204))
    assert (found.content, found.content_type) == (VOICE, "audio/ogg")


def test_a_voice_message_of_whatsapp_is_looked_up_and_fetched_with_the_token(files: Files) -> None:
    files.answers = {
        "/whatsapp/1234567890": (json.dumps({"url": f"{files.url}/whatsapp/media/1"}), 200, {}),
        "/whatsapp/media/1": (VOICE, 200, OGG),
    }
    found = fetcher(files).fetch("whatsapp", Attachment("audio", "1234567890", content_type="audio/ogg; codecs=opus"))
    assert (found.content, found.content_type) == (VOICE, "audio/ogg")
    assert [secret for _, secret in files.asked] == ["Bearer simulated-token"] * 2


@pytest.mark.parametrize(
    ("name", "reference", "path", "secret"),
    [
        ("slack", "{url}/slack/files-pri/T1-F1/a.ogg", "/slack/files-pri/T1-F1/a.ogg", "Bearer simulated-token"),
        ("line", "325708", "/line/v2/bot/message/325708/content", "Bearer simulated-token"),
        (
            "teams",
            "{url}/teams/v3/attachments/1/views/original",
            "/teams/v3/attachments/1/views/original",
            "Bearer granted",
        ),
        ("gchat", "AATT_x=/media/1", "/gchat/v1/media/AATT_x%3D/media/1?alt=media", "Bearer granted"),
    ],
)
def test_other_platforms_want_their_token_for_it(
    files: Files, name: str, reference: str, path: str, secret: str
) -> None:
    files.answers = {path.replace("%3D", "="): (VOICE, 200, OGG), path: (VOICE, 200, OGG)}
    found = fetcher(files).fetch(name, Attachment("audio", reference.format(url=files.url)))
    assert found.content == VOICE
    assert [shown for _, shown in files.asked] == [secret]


def test_twilios_redirect_is_followed_without_its_password(files: Files) -> None:
    media = "/twilio/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
    files.answers = {media: (b"", 307, {"location": "/twilio/cdn?sig=1"}), "/twilio/cdn?sig=1": (VOICE, 200, OGG)}
    found = fetcher(files).fetch("twilio", Attachment("audio", files.url + media))
    assert found.content == VOICE
    (_, first), (_, second) = files.asked
    assert str(first).startswith("Basic ")
    assert second is None


def test_a_redirect_away_from_the_platform_is_not_followed(files: Files) -> None:
    with served(files) as elsewhere:
        path = "/slack/files-pri/1"
        for target in (
            f"{elsewhere}/x",
            "http://169.254.169.254/latest",
            "https://example.com/x",
            "file:///etc/passwd",
        ):
            files.answers = {path: (b"", 302, {"location": target}), "/x": (VOICE, 200, OGG)}
            files.asked.clear()
            with pytest.raises(Rejected, match="leads away"):
                fetcher(files).fetch("slack", Attachment("audio", files.url + path))
            assert len(files.asked) == 1


def test_a_circle_of_redirects_ends(files: Files) -> None:
    files.answers = {"/slack/a": (b"", 302, {"location": "/slack/a"})}
    with pytest.raises(Rejected, match="circle"):
        fetcher(files).fetch("slack", Attachment("audio", f"{files.url}/slack/a"))
    assert len(files.asked) == 4


ELSEWHERE = [
    "https://example.com/a.ogg",
    "http://files.slack.com/a.ogg",
    "https://files.slack.com.evil.example/a.ogg",
    "https://files.slack.com@evil.example/a.ogg",
    "https://files.slack.com:8443/a.ogg",
    "https://127.0.0.1/a.ogg",
    "http://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "file:///etc/passwd",
    "../../etc/passwd",
    "1/../../me",
    "1?access_token=x",
    "",
    "\ud800",
]


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("reference", ELSEWHERE)
def test_a_reference_that_somebody_made_up_calls_nothing(files: Files, name: str, reference: str) -> None:
    with pytest.raises(Rejected):
        fetcher(files).fetch(name, Attachment("audio", reference))
    assert files.asked == []


@pytest.mark.parametrize("kind", ["link", "location"])
def test_a_link_is_never_fetched_wherever_it_leads(files: Files, kind: str) -> None:
    with pytest.raises(Rejected, match="not fetched"):
        fetcher(files).fetch("slack", Attachment(kind, f"{files.url}/slack/a"))
    assert files.asked == []


def test_no_token_of_ours_goes_to_a_place_that_others_may_have() -> None:
    sharepoint = Attachment("audio", "https://contoso.sharepoint.com/download.aspx?tempauth=x")
    found = find_channel("teams").locate(sharepoint, platforms.list_settings("teams"), None)
    assert (found.grant, found.headers) == (None, {})
    with pytest.raises(Rejected, match="none of Twilio's"):
        find_channel("twilio").locate(
            Attachment("audio", "https://api.twilio.com/2010-04-01/Accounts/AC1.json"),
            platforms.list_settings("twilio"),
            None,
        )


def test_what_is_too_large_is_not_read(files: Files) -> None:
    files.answers = {"/slack/a": (bytes(1001), 200, OGG)}
    small = fetcher(files, max_bytes=1000)
    with pytest.raises(TooLarge, match="1000 bytes"):
        small.fetch("slack", Attachment("audio", f"{files.url}/slack/a"))
    with pytest.raises(TooLarge):
        small.fetch("slack", Attachment("audio", f"{files.url}/slack/b", bytes=1001))
    assert len(files.asked) == 1
    files.answers = {"/slack/a": (bytes(1000), 200, OGG)}
    assert len(small.fetch("slack", Attachment("audio", f"{files.url}/slack/a")).content) == 1000


def test_a_length_that_is_not_told_is_counted() -> None:
    def endless(request: Request) -> Any:
        return (bytes(4096) for _ in range(10_000)), 200, OGG

    with served(endless) as url:
        small = Attachments({"slack": platforms.list_settings("slack", url)}, types=TYPES, max_bytes=20_000)
        with pytest.raises(TooLarge):
            small.fetch("slack", Attachment("audio", f"{url}/slack/a"))


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml; charset=utf-8", "application/x-sh"])
def test_what_is_of_another_type_is_refused(files: Files, content_type: str) -> None:
    """Slack answers a page to log in, where a token may not read files."""
    files.answers = {"/slack/a": (b"<html>", 200, {"content-type": content_type})}
    voices = fetcher(files, types=("audio/",))
    with pytest.raises(WrongType):
        voices.fetch("slack", Attachment("audio", f"{files.url}/slack/a"))
    with pytest.raises(WrongType):
        voices.fetch("slack", Attachment("file", f"{files.url}/slack/a", content_type=content_type))
    assert len(files.asked) == 1


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (202, Unavailable, "later"),
        (401, Unavailable, "token"),
        (403, Unavailable, "token"),
        (404, Gone, "any more"),
        (410, Gone, "any more"),
        (400, Rejected, "400"),
        (429, Unavailable, "later"),
        (500, Unavailable, "later"),
    ],
)
def test_what_the_platform_says_instead(files: Files, status: int, error: type[Failure], words: str) -> None:
    files.answers = {"/line/v2/bot/message/1/content": (b"", status, {})}
    with pytest.raises(error, match=words) as raised:
        fetcher(files).fetch("line", Attachment("audio", "1"))
    assert "simulated" not in str(raised.value)


def test_a_platform_that_drips_or_hangs_ends_with_the_deadline() -> None:
    def dripping(request: Request) -> Any:
        import time

        def drops() -> Iterator[bytes]:
            for _ in range(200):
                yield b"x"
                time.sleep(0.05)

        return drops(), 200, OGG

    with served(dripping) as url:
        hasty = Attachments({"line": platforms.list_settings("line", url)}, types=TYPES, timeout=0.3)
        with pytest.raises(Unavailable):
            hasty.fetch("line", Attachment("audio", "1"))


def test_without_a_token_the_setting_is_named() -> None:
    with pytest.raises(Unavailable, match="TELEGRAM_BOT_TOKEN"):
        Attachments({}, types=TYPES).fetch("telegram", Attachment("audio", "abc"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_a_name_of_the_platform_that_points_into_our_network_is_not_called(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(files.url).port

    def look_up(host: str, *_: Any, **__: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port)),
            (0, 0, 0, "", ("127.0.0.1", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Unavailable, match="cannot be reached"):
        Outbound(public=True).request("GET", "https://cdn.discordapp.com/a", timeout=1.0)
    assert files.asked == []


def test_only_the_checked_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once: a second answer, of whoever owns the name, is never asked for."""
    looked_up: list[str] = []
    connected: list[Any] = []

    def look_up(host: str, *_: Any, **__: Any) -> Any:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    def refuse(address: Any, timeout: Any = None) -> Any:
        connected.append(address)
        raise OSError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(OSError, match="not in a test"):
        public.connect_public(("cdn.discordapp.com", 443), 1.0)
    assert (looked_up, connected) == (["cdn.discordapp.com"], [("93.184.216.34", 443)])


def test_outside_only_https_is_spoken() -> None:
    with pytest.raises(Unavailable, match="https"):
        Outbound(public=True).request("GET", "http://example.com/", timeout=1.0)

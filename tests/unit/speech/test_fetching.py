"""Platforms' recordings come through delivery; what it answers decides between again and never."""

from typing import Any

import pytest
from werkzeug.wrappers import Request

from functions.speech.decoding import MOST_BYTES
from functions.speech.fetching import make_fetcher
from functions.speech.recognising import NotTranscribed
from shared.errors import Unavailable
from shared.events.catalogue import Attachment
from shared.outbound import Outbound
from tests.loopback import served

VOICE = Attachment("audio", "file/1?&", content_type="audio/ogg", bytes=4000)


def fetched(status: int, body: bytes = b"OggS", attachment: Attachment = VOICE) -> tuple[bytes, list[Any]]:
    asked = []

    def handler(request: Request) -> Any:
        asked.append((request.path, request.args.to_dict()))
        return body, status, {}

    with served(handler) as url:
        return make_fetcher(Outbound(), url, 5.0)("telegram", attachment), asked


def test_delivery_is_asked_for_the_channels_attachment() -> None:
    content, asked = fetched(200)
    assert content == b"OggS"
    wanted = {"channel": "telegram", "type": "audio", "reference": "file/1?&", "content_type": "audio/ogg"}
    assert asked == [("/attachments", wanted)]


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "gone"), (410, "gone"), (413, "too_large"), (415, "unreadable"), (400, "gone")]
)
def test_what_will_never_be_had_is_said_to_the_person(status: int, reason: str) -> None:
    with pytest.raises(NotTranscribed, match=reason):
        fetched(status)


@pytest.mark.parametrize("status", [429, 500, 503, 401])
def test_what_may_be_had_later_is_retried(status: int) -> None:
    with pytest.raises(Unavailable):
        fetched(status)


def test_a_recording_that_says_that_it_is_too_large_is_not_asked_for() -> None:
    with pytest.raises(NotTranscribed, match="too_large"):
        make_fetcher(Outbound(), "http://127.0.0.1:9", 5.0)("telegram", Attachment("audio", "f", bytes=MOST_BYTES + 1))


def test_a_recording_that_does_not_say_so_is_not_read_to_its_end() -> None:
    with pytest.raises(NotTranscribed, match="too_large"):
        fetched(200, b"x" * (MOST_BYTES + 1))


def test_a_place_that_is_down_or_not_known_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        make_fetcher(Outbound(), "http://127.0.0.1:9", 1.0)("telegram", VOICE)
    with pytest.raises(Unavailable, match="DELIVERY_URL"):
        make_fetcher(Outbound(), "", 1.0)("telegram", VOICE)

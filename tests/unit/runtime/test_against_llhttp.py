"""llhttp, by httptools, as the oracle of both HTTP parsers: over requests and answers that were mutated.

What it refuses never becomes a message here, and what both take they read alike: the same messages in the same order,
each with the same method, target and body. Ours may refuse more (a missing Host, other versions and codings).
"""

import random
from contextlib import suppress
from typing import Any

import httptools
import pytest

from functions.runtime.http_parser import METHODS, Refused, RequestParser
from shared.outbound.response_parser import BadResponse, ResponseParser

LIMIT = 100_000
ROUNDS = 60_000
HEADERS = (
    b"host: h",
    b"Content-Type: text/plain",
    b"X-A:b",
    b"x-a: \t c ",
    b"accept: */*",
    b"cookie: a=b; c=d",
    b"ce-id: 1",
    b"date: x",
)
CHUNKS = (
    b"4\r\nwiki\r\n",
    b"3;a=b\r\nabc\r\n",
    b'2;q="x\\"y"\r\nab\r\n',
    b"00a\r\n0123456789\r\n",
    b"1;a;b=c\r\nx\r\n",
)
TRAILERS = (b"", b"", b"t: 1\r\n", b"check: abc\r\nother:\r\n")
SPICE = b"\x00\x01\t\n\r\x0b\x1f !\"#%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\xc3\xff"
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b"\r\n ",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    b"content-length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: gzip, chunked\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    b";",
    b"=",
    b":",
    b"0x",
    b"+1",
    b"-1",
    b"HTTP/1.1",
    b"#",
    b"%0a",
)


def request(draw: random.Random) -> bytes:
    method = draw.choice([b"POST", b"POST", b"GET", b"PUT", b"OPTIONS", b"DELETE"])
    target = draw.choice([b"/", b"/a/b?c=d", b"/caf%C3%A9", b"http://h.example:80/x?y", b"/a;b=c/@:!$&'()*+,", b"*"])
    lines = [b" ".join((method, target, draw.choice([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0"])))]
    return framed(draw, lines)


def response(draw: random.Random) -> bytes:
    code = draw.choice([b"200 OK", b"202 Accepted", b"404 Not Found", b"503 ", b"429"])
    return framed(draw, [b"HTTP/1.1 " + code])


def framed(draw: random.Random, lines: list[bytes]) -> bytes:
    """A message with headers, and a body with a length or in chunks."""
    lines += [b"host: h", *draw.sample(HEADERS[1:], draw.randrange(4))]
    kind = draw.randrange(3)
    body = b""
    if kind == 1:
        body = draw.randbytes(draw.randrange(20))
        lines.append(b"content-length: %d" % len(body))
    elif kind == 2:
        lines.append(b"transfer-encoding: chunked")
        body = b"".join(draw.choices(CHUNKS, k=draw.randrange(4))) + b"0\r\n" + draw.choice(TRAILERS) + b"\r\n"
    draw.shuffle(rest := lines[1:])
    return b"\r\n".join([lines[0], *rest, b"", b""]) + body


def mutated(draw: random.Random, data: bytes) -> bytes:
    """The bytes with up to three mistakes in them."""
    changed = bytearray(data)
    for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
        place = draw.randrange(len(changed) + 1)
        match draw.randrange(6):
            case 0:
                changed[place : place + 1] = bytes([draw.choice(SPICE)])
            case 1:
                changed[place:place] = bytes([draw.choice(SPICE)])
            case 2:
                del changed[place : place + draw.randrange(1, 4)]
            case 3:
                changed[place:place] = draw.choice(PIECES)
            case 4:
                end = draw.randrange(place, min(len(changed), place + 12) + 1)
                changed[place:place] = changed[place:end]
            case 5:
                # Where mistakes matter: at the ends of lines.
                ends = [at for at in range(len(changed)) if changed[at : at + 2] == b"\r\n"]
                if ends:
                    at = draw.choice(ends)
                    changed[at : at + draw.choice([0, 1, 2])] = draw.choice(
                        [b"\n", b"\r", b" ", b"\x00", b"\r\r\n", b""]
                    )
        if not changed:
            break
    return bytes(changed)


class Oracle:
    """What llhttp reads."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._now: dict[str, Any] = {}

    def on_message_begin(self) -> None:
        self._now = {"url": b"", "body": b""}

    def on_url(self, url: bytes) -> None:
        self._now["url"] += url

    def on_body(self, body: bytes) -> None:
        self._now["body"] += body

    def on_headers_complete(self) -> None:
        parser = self.parser
        self._now["method"] = parser.get_method() if isinstance(parser, httptools.HttpRequestParser) else None
        self._now["keep"] = parser.should_keep_alive()

    def on_message_complete(self) -> None:
        self.messages.append(self._now)

    parser: Any


def oracle(kind: type[Any], data: bytes) -> list[dict[str, Any]]:
    """The messages that llhttp found before the end, or before it refused the rest."""
    found = Oracle()
    found.parser = kind(found)
    with suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
        found.parser.feed_data(data)
    return found.messages


def ours(data: bytes, step: int) -> tuple[list[tuple[str, str, bytes]], bool]:
    parser, found = RequestParser("127.0.0.1", lambda _: LIMIT), []
    try:
        for start in range(0, len(data), step):
            parser.buffer += data[start : start + step]
            while (one := parser.next()) is not None:
                found.append((one.method, one.target, one.stream.read()))
                if not one.keep:
                    # The server answers and closes; what comes behind is never read.
                    return found, False
    except Refused:
        return found, True
    return found, False


def test_a_request_that_llhttp_refuses_is_refused_and_the_others_are_read_alike() -> None:
    draw = random.Random(20261129)
    taken = refused = 0
    for number in range(ROUNDS):
        data = mutated(draw, request(draw))
        if draw.random() < 0.2:
            data += request(draw)
        found, failed = ours(data, len(data) if number % 3 else draw.choice([1, 2, 7]))
        theirs = oracle(httptools.HttpRequestParser, data)
        # Never a message in what llhttp refuses, nor one that it reads otherwise.
        assert len(found) <= len(theirs), (data, found, theirs)
        for (method, target, body), their in zip(found, theirs, strict=False):
            assert method == their["method"].decode(), data
            assert method in METHODS
            assert body == their["body"], data
            url = their["url"].decode()
            assert url == target or (url.startswith("http") and url.endswith(target.removeprefix("/"))), data
        taken += len(found)
        refused += failed
    assert taken > ROUNDS / 4
    assert refused > ROUNDS / 4


def test_an_answer_that_llhttp_refuses_is_refused_and_the_others_are_read_alike() -> None:
    draw = random.Random(20261130)
    taken = refused = 0
    for number in range(ROUNDS // 3):
        data = mutated(draw, response(draw))
        theirs = oracle(httptools.HttpResponseParser, data)
        parser = ResponseParser("POST", LIMIT)
        step = len(data) if number % 3 else draw.choice([1, 2, 7])
        whole = False
        try:
            for start in range(0, len(data), step):
                if parser.feed(data[start : start + step]):
                    whole = True
                    break
        except BadResponse:
            refused += 1
            continue
        if not whole:
            continue
        taken += 1
        assert theirs, (data, parser.body)
        assert parser.body == theirs[0]["body"], data
    assert taken > ROUNDS / 20
    assert refused > ROUNDS / 20


@pytest.mark.parametrize("seed", range(3))
def test_the_mutations_are_the_same_each_time(seed: int) -> None:
    first, second = random.Random(seed), random.Random(seed)
    assert [mutated(first, request(first)) for _ in range(20)] == [mutated(second, request(second)) for _ in range(20)]

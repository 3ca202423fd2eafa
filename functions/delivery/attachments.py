"""Fetching what people attach: from the platform's own hosts only, within limits of size, type and time.

A reference came with a message, so it may be an attempt to make us call something: no host but the platform's, no
redirect elsewhere, no address within our own network (also where a name of the platform's points there), and a token
for none but the host that it is for.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib import parse

from shared.channels.catalogue import find_channel as registered
from shared.channels.port import AttachmentLocation, Settings
from shared.channels.reading import is_on_hosts
from shared.channels.tokens import Tokens
from shared.errors import Rejected, TooLarge, Unavailable
from shared.events.catalogue import Attachment
from shared.outbound import Answered, Outbound, TooMuch, Trace

MAX_BYTES = 20 * 1024 * 1024
"""Telegram gives bots no more; WhatsApp's and LINE's voice messages are below that."""
REDIRECTS = 3
LOOKUP_BYTES = 64 * 1024
UNSPECIFIC = ("", "application/octet-stream", "binary/octet-stream")
"""Content types that say nothing (Telegram's files have no other); then that of the webhook counts."""


class Gone(Rejected):
    """The platform does not have it any more."""


class WrongType(Rejected):
    """It is of a type that is not taken here."""

    status = 415


@dataclass(frozen=True, slots=True)
class Fetched:
    """An attachment's content."""

    content: bytes = field(repr=False)
    content_type: str
    """In lower case, without parameters; empty where nobody says what it is."""


class Attachments:
    """Fetches attachments of every channel; safe to share between threads."""

    def __init__(
        self,
        settings: Mapping[str, Settings],
        *,
        types: Sequence[str],
        max_bytes: int = MAX_BYTES,
        timeout: float = 10.0,
        tokens: Tokens | None = None,
        trace: Trace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`settings` are those with which delivery sends, by channel; `types` are beginnings, e.g. `audio/`."""
        self._settings = settings
        self._types = tuple(types)
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._outbound = Outbound(public=True, trace=trace)
        self._trusted = Outbound(trace=trace)
        """For addresses out of the settings, which may be within our own network: stand-ins, token servers."""
        self._tokens = tokens or Tokens(self._trusted)
        self._clock = clock

    def fetch(self, channel: str, attachment: Attachment) -> Fetched:
        """The content, or:

        Rejected where it will never be had (TooLarge, WrongType and Gone say so; a link of a person's own is one),
        Unavailable where it may be had later, or once a token is mended. No message names address or secret.
        """
        if attachment.bytes is not None and attachment.bytes > self._max_bytes:
            raise self._too_large(channel)
        if _strip_parameters(attachment.content_type or "") not in UNSPECIFIC:
            self._check(channel, attachment.content_type or "")
        settings, deadline = self._settings.get(channel, {}), self._clock() + self._timeout
        locate = registered(channel).locate
        here = locate(attachment, settings, None)
        if here.lookup:
            looked_up = self._answer(channel, here, deadline, LOOKUP_BYTES).body
            here = locate(attachment, settings, looked_up)
        answered = self._answer(channel, here, deadline, self._max_bytes)
        found = _strip_parameters(answered.headers.get("content-type", ""))
        content_type = _strip_parameters(attachment.content_type or "") if found in UNSPECIFIC else found
        if content_type or attachment.type not in ("audio", "image", "video"):
            self._check(channel, content_type)
        elif not any(kind.startswith(attachment.type) for kind in self._types):
            raise WrongType(f"{channel}: an attachment of this type is not taken here")
        return Fetched(answered.body, content_type)

    def close(self) -> None:
        self._outbound.close()
        self._trusted.close()

    def _answer(self, channel: str, here: AttachmentLocation, deadline: float, most: int) -> Answered:
        """The 200 at the place, after redirects to the platform's own hosts."""
        url, headers = here.url, dict(here.headers)
        if here.grant is not None:
            headers["authorization"] = (
                f"Bearer {self._tokens.fetch_token(here.grant, self._measure_left(channel, deadline))}"
            )
        for _ in range(REDIRECTS + 1):
            answered = self._get(channel, url, headers, here, deadline, most)
            if answered.status not in (301, 302, 303, 307, 308):
                return _read_content(channel, answered)
            url = parse.urljoin(url, answered.headers.get("location", ""))
            if not is_on_hosts(url, here.hosts, here.also):
                raise Rejected(f"{channel}: the attachment's address leads away from the platform, and is not followed")
            # A secret is for the host that the channel named, and a redirect's target has one in its address.
            headers = {}
        raise Rejected(f"{channel}: the attachment's address leads in a circle")

    def _get(
        self, channel: str, url: str, headers: Mapping[str, str], here: AttachmentLocation, deadline: float, most: int
    ) -> Answered:
        outbound = self._trusted if _same_place(url, here.also) else self._outbound
        try:
            return outbound.request(
                "GET", url, headers=headers, timeout=self._measure_left(channel, deadline), most=most
            )
        except Unavailable as exc:
            if isinstance(exc.__cause__, TooMuch):
                raise self._too_large(channel) from exc
            # The cause names a host, and a person may have made that up.
            raise Unavailable(f"{channel}: the attachment's place cannot be reached or does not answer") from exc

    def _measure_left(self, channel: str, deadline: float) -> float:
        left = deadline - self._clock()
        if left <= 0:
            raise Unavailable(f"{channel}: the attachment did not come within {self._timeout:g} s")
        return left

    def _check(self, channel: str, content_type: str) -> None:
        if not _strip_parameters(content_type).startswith(self._types):
            raise WrongType(f"{channel}: an attachment of this type is not taken here; {', '.join(self._types)} are")

    def _too_large(self, channel: str) -> TooLarge:
        return TooLarge(f"{channel}: the attachment has more than {self._max_bytes} bytes, the most that is taken here")


def _read_content(channel: str, answered: Answered) -> Answered:
    match answered.status:
        case 200:
            return answered
        case 401 | 403:
            raise Unavailable(f"{channel} does not let us read the attachment: {answered.status}; mend its token")
        case 404 | 410:
            raise Gone(f"{channel} does not have the attachment any more: {answered.status}")
        # LINE answers 202 while it prepares a long recording.
        case status if status == 202 or status >= 500 or status in (408, 425, 429):
            raise Unavailable(f"{channel} answered {status} for the attachment; later it may be there")
    raise Rejected(f"{channel} answered {answered.status} for the attachment")


def _strip_parameters(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _same_place(url: str, also: str) -> bool:
    return bool(also) and parse.urlsplit(url)[:2] == parse.urlsplit(also)[:2]

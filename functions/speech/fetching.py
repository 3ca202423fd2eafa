"""The recording of a channel's attachment; NotTranscribed where there is none, Unavailable where it may come."""

from collections.abc import Callable, Mapping
from urllib import parse

from functions.speech.decoding import MOST_BYTES
from functions.speech.recognising import NotTranscribed, Reason
from shared.errors import Unavailable
from shared.events.catalogue import Attachment
from shared.outbound import Outbound, TooMuch

Fetch = Callable[[str, Attachment], bytes]
"""The recording of an attachment; NotTranscribed where it will never be had, Unavailable where it may be later."""

REASONS: Mapping[int, Reason] = {410: "gone", 404: "gone", 413: "too_large", 415: "unreadable"}


def make_fetcher(outbound: Outbound, delivery_url: str, timeout: float) -> Fetch:
    """Fetches over delivery's `/attachments`."""

    def fetch(channel: str, attachment: Attachment) -> bytes:
        if not delivery_url:
            raise Unavailable("the speech stage does not know where delivery is: set DELIVERY_URL")
        if attachment.bytes is not None and attachment.bytes > MOST_BYTES:
            raise NotTranscribed("too_large")
        query = {"channel": channel, "type": attachment.type, "reference": attachment.reference}
        if attachment.content_type:
            query["content_type"] = attachment.content_type
        url = f"{delivery_url.rstrip('/')}/attachments?{parse.urlencode(query)}"
        try:
            answered = outbound.request("GET", url, timeout=timeout, most=MOST_BYTES)
        except Unavailable as exc:
            if isinstance(exc.__cause__, TooMuch):
                raise NotTranscribed("too_large") from exc
            raise
        if answered.status == 200:
            return answered.body
        if 400 <= answered.status < 500 and answered.status not in (401, 403, 408, 425, 429):
            raise NotTranscribed(REASONS.get(answered.status, "gone"))
        raise Unavailable(f"delivery answered {answered.status} for a recording; later it may be there")

    return fetch

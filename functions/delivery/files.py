"""Files that people send to the web chat, which has no platform that would keep them.

They come from the gateway in pieces, `POST /files/CONVERSATION?file=&piece=&of=`, each of which fits an ordinary
request and a document of every store, and are kept beside their conversation, with which they go.
"""

import base64
import time
from collections.abc import Callable

from functions.delivery.attachments import Fetched, Gone
from shared.channels.webchat import MAX_PIECE, MAX_PIECES
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.identity import is_token
from shared.serving import Answer, Request, body_of, json_answer, query_of, read_whole_number
from shared.stores.ports import Records

PREFIX = "/files/"


class Files:
    """Keeps pieces and puts files together."""

    def __init__(self, records: Records, *, keep_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._records = records
        self._keep_seconds = keep_seconds
        self._clock = clock

    def __call__(self, request: Request) -> Answer:
        """Keep one piece; the same piece again takes the place of the earlier one."""
        query = query_of(request)
        conversation, file = request.path.removeprefix(PREFIX), query.get("file", "")
        if not is_token(conversation) or not is_token(file):
            raise Rejected("the path must be /files/ and the id of a conversation, and file an id")
        piece, of = read_whole_number(query, "piece"), read_whole_number(query, "of")
        if not 0 <= piece < of <= MAX_PIECES:
            raise Rejected(f"piece must be below of, and of at most {MAX_PIECES}")
        content = base64.b64encode(body_of(request, MAX_PIECE)).decode()
        document = {"content": content, "of": of}
        self._records.put(conversation, _make_key(file, piece), document, self._clock() + self._keep_seconds)
        return json_answer(201, {})

    def fetch(self, attachment: Attachment) -> Fetched:
        """The file of a reference `CONVERSATION/FILE`; Gone where it, or a piece of it, is not there (any more)."""
        conversation, _, file = attachment.reference.rpartition("/")
        content, number, of = b"", 0, 1
        while number < of:
            key = _make_key(file, number)
            found = self._records.get(conversation, [key], self._clock()).get(key)
            if found is None:
                raise Gone("webchat: the file is not kept here (any more)")
            content += base64.b64decode(found["content"])
            number, of = number + 1, min(int(found["of"]), MAX_PIECES)
        return Fetched(content, (attachment.content_type or "").partition(";")[0].strip().lower())


def _make_key(file: str, piece: int) -> str:
    return f"file.{file}.{piece}"

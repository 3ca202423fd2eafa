"""How many bytes the body of a request may have, by its path: asked before a byte of it is kept."""

from shared.channels import webchat
from shared.channels.catalogue import find_channel
from shared.channels.names import NAMES
from shared.serving import Request

BODY_LIMIT = 64 * 1024
EVENTS_LIMIT = 512 * 1024
"""Of tracker events, by Rasa's HTTP API: some hundred turns."""
RECORDING_LIMIT = 480 * 1024
"""A minute of speech at 64 kbit/s; in Base64 it fits an event of 1 MB, the most that Kafka takes by default."""


def find_body_limit(request: Request) -> int:
    """The limit of the request's path, whoever asks: it is known before anybody is."""
    match request.path.split("/")[1:]:
        case ["webhooks", webchat.NAME, "files"]:
            return webchat.MAX_PIECE
        case ["webhooks", name, "webhook"] if name in NAMES:
            return find_message_limit(name, webchat.is_recording(request.headers))
        case ["conversations", *_, "tracker", "events"]:
            return EVENTS_LIMIT
        case _:
            return BODY_LIMIT


def find_message_limit(name: str, recorded: bool) -> int:
    """Of a message on this channel."""
    return RECORDING_LIMIT if recorded and name == webchat.NAME else find_channel(name).body_limit

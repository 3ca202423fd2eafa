"""Every channel, by name; a channel costs its import only when it is asked for."""

from shared.channels.port import Channel
from shared.errors import Rejected

NAMES = ("rest", "callback", "webchat")


def channel(name: str) -> Channel:
    """The channel of that name, or Rejected."""
    match name:
        case "rest":
            from shared.channels import rest

            return rest
        case "callback":
            from shared.channels import callback

            return callback
        case "webchat":
            from shared.channels import webchat

            return webchat
        case _:
            raise Rejected(f"there is no channel {name[:40]!r}; there are {', '.join(NAMES)}")

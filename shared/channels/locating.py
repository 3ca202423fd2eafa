"""What the `locate` functions of channels share: which references are ids, and which addresses are the platform's own.

A reference comes with a message, so nothing in it is taken on trust: ids are plain tokens that become a path of the
platform's API, addresses must be on the platform's own hosts, and only the hosts that a channel names see a token.
"""

import re

from shared.channels.reading import is_on_hosts
from shared.errors import Rejected
from shared.events.catalogue import Attachment

TOKEN = re.compile(r"[A-Za-z0-9_=-]{1,300}")


def check_fetchable(attachment: Attachment) -> None:
    """Raise Rejected for what is there for people to read."""
    if attachment.type in ("link", "location", "contact", "unsupported"):
        raise Rejected(f"a {attachment.type} is for people to read and is not fetched")


def check_own_address(address: str, hosts: tuple[str, ...], also: str = "") -> str:
    """The address, or Rejected where it is not on one of the hosts (or at the place of `also`)."""
    if not is_on_hosts(address, hosts, also):
        raise Rejected("the address is not on one of the platform's own hosts")
    return address


def check_plain_token(reference: str) -> str:
    """The reference, or Rejected where it is no plain id."""
    if not TOKEN.fullmatch(reference):
        raise Rejected("the reference is no id of the platform's")
    return reference

"""Every platform's stand-in, by its channel's name, and what is the same for all: settings, signatures, verdicts."""

from collections.abc import Mapping
from importlib import import_module

from knative.platforms.port import Seen, Sent, StandIn, Unsigned, Webhook
from shared.channels.names import PLATFORMS


def find_stand_in(platform: str) -> StandIn:
    """The stand-in of the module with the platform's name."""
    found: StandIn = import_module(f"knative.platforms.{platform}").STAND_IN
    return found


def list_settings(platform: str, address: str = "https://stand-in.example") -> dict[str, str]:
    """The settings of one platform as its channel names them, for a stand-in at this address."""
    return find_stand_in(platform).account(address)


def build_environment(address: str) -> dict[str, str]:
    """The settings of gateway and delivery for all platforms, with the stand-in in the place of their servers."""
    return {
        f"{platform}_{name}".upper(): value
        for platform in PLATFORMS
        for name, value in list_settings(platform, address).items()
    }


def sign_webhook(
    platform: str, body: bytes, url: str, now: float, *, content_type: str = "application/json"
) -> Mapping[str, str]:
    """The headers with which the platform would send these bytes at this time."""
    return {"content-type": content_type, **find_stand_in(platform).sign(Unsigned(body, url, now))}


def write_text(platform: str, words: str, number: int, address: str = "") -> Webhook:
    """A person wrote `words`; the same number is the same message."""
    return find_stand_in(platform).text(words, number, address)


def press_button(platform: str, payload: str, number: int, address: str = "") -> Webhook:
    """A person pressed a button that carries this payload."""
    return find_stand_in(platform).pressed(payload, number, address)


def inspect(platform: str, sent: Sent) -> Seen:
    """The verdict on one request."""
    found = list(find_stand_in(platform).check(sent))
    kinds = {kind: tuple(words for sort, words in found if sort == kind) for kind in ("mistake", "shown")}
    return Seen(kinds["mistake"], kinds["shown"])

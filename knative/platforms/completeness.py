"""What a channel still lacks, in sentences: the list of places that a new one touches, kept by a test.

1. shared/channels/names.py: its name in PLATFORMS
2. shared/channels/NAME.py: `CHANNEL`, all that gateway and delivery need to know of it
3. knative/platforms/NAME.py: `STAND_IN`, its account, webhooks and rules for `task simulate` and the tests
4. tests/unit/channels/cases/NAME.py: `CASES`, its table of webhooks and messages, replies and calls
5. shared/channels/README.md: a chapter that says what to do on the platform's page

`task docs` then writes functions/SETTINGS.md, openapi.json and LIMITS.md.
"""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from knative.local.stages import ROOT
from knative.platforms.port import StandIn
from shared.channels.names import PLATFORMS
from shared.channels.port import Channel, cannot_locate

README = ROOT / "shared" / "channels" / "README.md"


def list_lacks(name: str) -> list[str]:
    """A sentence for each thing that the channel does not have yet; empty where it is complete."""
    return list(_list_lacks_of(name))


def _list_lacks_of(name: str) -> Iterator[str]:
    if name not in PLATFORMS:
        yield f"{name} is not in PLATFORMS of shared/channels/names.py, so no webhook of its is taken."
    channel = _find_object(f"shared.channels.{name}", "CHANNEL")
    if not isinstance(channel, Channel):
        yield f"shared/channels/{name}.py has no CHANNEL: the object that says how messages come and go."
    else:
        yield from _lacking_in(channel, name)
    if not isinstance(_find_object(f"knative.platforms.{name}", "STAND_IN"), StandIn):
        yield f"knative/platforms/{name}.py has no STAND_IN, so `task simulate CHANNEL={name}` cannot try it."
    if not _find_object(f"tests.unit.channels.cases.{name}", "CASES"):
        yield f"tests/unit/channels/cases/{name}.py has no CASES, so nothing holds it to its platform's own messages."
    if isinstance(channel, Channel) and f"\n## {channel.title}" not in README.read_text(encoding="utf-8"):
        yield f"shared/channels/README.md has no chapter `## {channel.title}` that says what to do on its page."


def _lacking_in(channel: Channel, name: str) -> Iterator[str]:
    if channel.name != name:
        yield f"CHANNEL.name is {channel.name!r} and its module is {name!r}; they must be the same."
    if not any(setting.needed and "gateway" in setting.stages for setting in channel.settings):
        yield f"no setting of {name} is needed on the gateway: it would take webhooks without checking who sends them."
    if channel.ack_seconds is None:
        yield f"CHANNEL.ack_seconds of {name} is not set, so nobody sees when its webhooks are answered too late."
    if not channel.limits:
        yield f"CHANNEL.limits of {name} are not set: how much text and how many buttons a message may have."
    if channel.locate is cannot_locate and not channel.spoken:
        yield f"CHANNEL.locate of {name} is not set, so what people attach cannot be fetched."


def _find_object(module: str, attribute: str) -> Any:
    try:
        found = find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    return getattr(import_module(module), attribute, None) if found else None

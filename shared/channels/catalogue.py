"""Every channel, by name, and its settings; a channel costs its import only when it is asked for.

A channel is the module of its name in this package, with one object `CHANNEL`. Settings are read when a channel is
asked for, too: whoever never uses Teams pays nothing for it at a cold start.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from shared.channels.names import NAMES, PLATFORMS
from shared.channels.port import Channel, Settings, Stage
from shared.config import read_variable
from shared.errors import Rejected, Unavailable

__all__ = ["NAMES", "PLATFORMS", "ChannelSettings", "find_channel"]


@cache
def find_channel(name: str) -> Channel:
    """The channel of that name, or Rejected."""
    if name not in NAMES:
        raise Rejected(f"there is no channel {name[:40]!r}; there are {', '.join(NAMES)}")
    found: Channel = import_module(f"shared.channels.{name}").CHANNEL
    return found


class ChannelSettings(Mapping[str, Settings]):
    """What each channel is configured with on one stage, read when a channel is first asked for.

    The environment is that of the start: what changes in it later changes no channel.
    What is not set and has no default is left out. A secret's file that cannot be read is Unavailable with its name.
    """

    def __init__(self, stage: Stage, environ: Mapping[str, str]) -> None:
        self._stage = stage
        self._environ = dict(environ)
        self._read: dict[str, Settings] = {}

    def __getitem__(self, name: str) -> Settings:
        if name not in NAMES:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = self._read_settings(find_channel(name))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def _read_settings(self, found: Channel) -> Settings:
        values: dict[str, str] = {}
        for setting in found.settings:
            if self._stage not in setting.stages and not (setting.typing and self._stage == "gateway"):
                continue
            variable = found.name_variable(setting)
            try:
                value = read_variable(variable, self._environ, secret=setting.secret) or setting.default
            except (OSError, ValueError) as exc:
                raise Unavailable(f"the channel {found.name}: {variable}_FILE cannot be read") from exc
            if value:
                values[setting.name] = value
        return values

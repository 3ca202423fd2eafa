"""Every channel, by name; a channel costs its import only when it is asked for."""

import dataclasses
from typing import Any

from shared.channels.port import Channel
from shared.errors import Rejected

PLATFORMS = ("slack", "telegram", "whatsapp", "messenger", "twilio", "discord", "teams", "gchat", "line")
NAMES = ("rest", "callback", "webchat", *PLATFORMS)


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
        case "slack":
            from shared.channels import slack

            return slack
        case "telegram":
            from shared.channels import telegram

            return telegram
        case "whatsapp":
            from shared.channels import whatsapp

            return whatsapp
        case "messenger":
            from shared.channels import messenger

            return messenger
        case "twilio":
            from shared.channels import twilio

            return twilio
        case "discord":
            from shared.channels import discord

            return discord
        case "teams":
            from shared.channels import teams

            return teams
        case "gchat":
            from shared.channels import gchat

            return gchat
        case "line":
            from shared.channels import line

            return line
        case _:
            raise Rejected(f"there is no channel {name[:40]!r}; there are {', '.join(NAMES)}")


def by_channel(config: Any) -> dict[str, dict[str, str]]:
    """The settings of each channel, from a dataclass whose fields begin with its name; what is not set is left out."""
    found: dict[str, dict[str, str]] = {name: {} for name in NAMES}
    for field in dataclasses.fields(config):
        name, _, key = field.name.partition("_")
        if value := getattr(config, field.name):
            found[name][key] = value
    return found

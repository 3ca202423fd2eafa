"""Shows which channels are configured, what each lacks, and the address to enter on the platform's page."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WEBHOOK = "/webhooks/{}/webhook"


@dataclass(frozen=True, slots=True)
class Needs:
    """The settings without which a channel does not work; of a group one is enough."""

    receiving: tuple[tuple[str, ...], ...]
    """On the gateway."""
    sending: tuple[tuple[str, ...], ...]
    """On delivery."""


CHANNELS: Mapping[str, Needs] = {
    "rest": Needs((), ()),
    "webchat": Needs((), ()),
    "callback": Needs((), (("CALLBACK_URL",),)),
    "slack": Needs((("SLACK_SIGNING_SECRET",),), (("SLACK_BOT_TOKEN",),)),
    "telegram": Needs((("TELEGRAM_SECRET_TOKEN",),), (("TELEGRAM_BOT_TOKEN",),)),
    "whatsapp": Needs((("WHATSAPP_APP_SECRET",), ("WHATSAPP_VERIFY_TOKEN",)), (("WHATSAPP_ACCESS_TOKEN",),)),
    "messenger": Needs((("MESSENGER_APP_SECRET",), ("MESSENGER_VERIFY_TOKEN",)), (("MESSENGER_PAGE_TOKEN",),)),
    "twilio": Needs((("TWILIO_AUTH_TOKEN",),), (("TWILIO_ACCOUNT_SID",), ("TWILIO_AUTH_TOKEN",))),
    "discord": Needs((("DISCORD_PUBLIC_KEY",),), ()),
    "teams": Needs((("TEAMS_APP_ID",),), (("TEAMS_APP_ID",), ("TEAMS_APP_PASSWORD",))),
    "gchat": Needs((("GCHAT_PROJECT_NUMBER", "GCHAT_AUDIENCE"),), (("GCHAT_SERVICE_ACCOUNT",),)),
    "line": Needs((("LINE_CHANNEL_SECRET",),), (("LINE_ACCESS_TOKEN",),)),
}


def lacking(groups: Sequence[Sequence[str]], environ: Mapping[str, str]) -> list[str]:
    """The settings that are missing, `A or B` where one of them is enough."""
    return [
        " or ".join(group)
        for group in groups
        if not any(environ.get(name) or environ.get(f"{name}_FILE") for name in group)
    ]


def table(environ: Mapping[str, str]) -> list[str]:
    """A line for each channel."""
    base = environ.get("PUBLIC_URL", "").rstrip("/")
    rows = [("channel", "state", "address", "lacks")]
    for name, needs in CHANNELS.items():
        lacks = list(dict.fromkeys((*lacking(needs.receiving, environ), *lacking(needs.sending, environ))))
        started = len(lacks) < len(dict.fromkeys((*needs.receiving, *needs.sending)))
        state = "ready" if not lacks else "incomplete" if started else "off"
        address = base + WEBHOOK.format(name) if name != "webchat" else f"{base}/"
        rows.append((name, state, address, ", ".join(lacks)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return ["  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3])) for row in rows]


def main() -> int:
    print("\n".join(line.rstrip() for line in table(os.environ)))
    if not os.environ.get("PUBLIC_URL"):
        print("\nPUBLIC_URL is not set: platforms need the gateway's public address in front of these paths.")
    print("What to do on each platform's page: shared/channels/README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())

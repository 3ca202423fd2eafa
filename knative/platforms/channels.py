"""Shows which channels are configured, what each lacks, and the address to enter on the platform's page."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.channels.catalogue import NAMES, find_channel
from shared.channels.port import Stage
from shared.config import Misconfigured
from shared.handoff import read_operators_chat

WEBHOOK = "/webhooks/{}/webhook"
ELSEWHERE = {"webchat": "/", "socketio": "/socket.io/"}


def list_needs(name: str, stage: Stage) -> list[tuple[str, ...]]:
    """The environment variables without which a channel does nothing on this stage; of a group one is enough."""
    found = find_channel(name)
    return [
        tuple(f"{name}_{setting}".upper() for setting in (item.name, item.unless) if setting)
        for item in found.settings
        if item.needed and stage in item.stages
    ]


def is_given(name: str, environ: Mapping[str, str]) -> bool:
    """Whether the setting is there, itself or as a file that can be read and holds something."""
    if path := environ.get(f"{name}_FILE"):
        try:
            return bool(Path(path).read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError):
            return False
    return bool(environ.get(name))


def find_unreadable(environ: Mapping[str, str]) -> list[str]:
    """A line for each file that a setting names and that cannot be read, or is empty."""
    names = {
        found.name_variable(setting)
        for found in map(find_channel, NAMES)
        for setting in found.settings
        if setting.secret
    }
    return [
        f"{name}_FILE names {environ[f'{name}_FILE']}, which cannot be read or is empty."
        for name in sorted(names | {"REST_TOKEN", "HANDOFF_TOKEN", "HANDOFF_SECRET", "HANDOFF_URL"})
        if environ.get(f"{name}_FILE") and not is_given(name, environ)
    ]


def describe_handoff(environ: Mapping[str, str]) -> str:
    """Where operators are told, and what they can do there."""
    told = [name for name in ("HANDOFF_TO", "HANDOFF_URL") if is_given(name, environ)]
    if not told:
        return "handoff: off; HANDOFF_TO or HANDOFF_URL says where operators are told of conversations."
    try:
        read_operators_chat(environ.get("HANDOFF_TO", ""))
    except Misconfigured as exc:
        return f"handoff: {str(exc).removeprefix('parley: ')}"
    answer = "in their chat" if "HANDOFF_TO" in told else ""
    if is_given("HANDOFF_TOKEN", environ):
        answer = " and ".join(filter(None, (answer, "over HTTP")))
    return f"handoff: told by {' and '.join(told)}; operators answer {answer or 'nowhere: set HANDOFF_TOKEN'}."


def find_lacking(groups: Sequence[Sequence[str]], environ: Mapping[str, str]) -> list[str]:
    """The settings that are missing, `A or B` where one of them is enough."""
    return [" or ".join(group) for group in groups if not any(is_given(name, environ) for name in group)]


def write_table(environ: Mapping[str, str]) -> list[str]:
    """A line for each channel."""
    base = environ.get("PUBLIC_URL", "").rstrip("/")
    rows = [("channel", "state", "address", "lacks")]
    for name in NAMES:
        groups = list(dict.fromkeys((*list_needs(name, "gateway"), *list_needs(name, "delivery"))))
        lacks = find_lacking(groups, environ)
        started = len(lacks) < len(groups)
        state = "ready" if not lacks else "incomplete" if started else "off"
        address = base + ELSEWHERE.get(name, WEBHOOK.format(name))
        rows.append((name, state, address, ", ".join(lacks)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return ["  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3])) for row in rows]


def main() -> int:
    print("\n".join(line.rstrip() for line in write_table(os.environ)))
    print("", describe_handoff(os.environ), *find_unreadable(os.environ), sep="\n")
    if not os.environ.get("PUBLIC_URL"):
        print("\nPUBLIC_URL is not set: platforms need the gateway's public address in front of these paths.")
    print("What to do on each platform's page: shared/channels/README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the names of the channels into functions/gateway/openapi.json, whose rest is written by hand."""

import json
from typing import Any

from knative.local.stages import ROOT
from shared.channels.catalogue import NAMES, PLATFORMS, find_channel

PAGE = ROOT / "functions" / "gateway" / "openapi.json"


def render_page() -> str:
    """The description as it should be."""
    description: Any = json.loads(PAGE.read_text(encoding="utf-8"))
    names = {
        "platform": PLATFORMS,
        "handshaking": tuple(name for name in NAMES if find_channel(name).handshake),
        "channel": NAMES,
    }
    for item in description["paths"].values():
        for parameter in item.get("parameters", ()):
            if parameter["name"] in names:
                parameter["schema"]["enum"] = list(names[parameter["name"]])
    return json.dumps(description, indent=1, ensure_ascii=False) + "\n"

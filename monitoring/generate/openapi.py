"""Writes the names of the channels into functions/gateway/openapi.json, whose rest is written by hand."""

import json
import sys
from pathlib import Path
from typing import Any

from knative.local.stages import ROOT
from shared.channels.catalogue import NAMES, PLATFORMS, channel

PAGE = ROOT / "functions" / "gateway" / "openapi.json"


def render_page() -> str:
    """The description as it should be."""
    description: Any = json.loads(PAGE.read_text(encoding="utf-8"))
    names = {
        "platform": PLATFORMS,
        "handshaking": tuple(name for name in NAMES if channel(name).handshake),
        "channel": NAMES,
    }
    for item in description["paths"].values():
        for parameter in item.get("parameters", ()):
            if parameter["name"] in names:
                parameter["schema"]["enum"] = list(names[parameter["name"]])
    return json.dumps(description, indent=1, ensure_ascii=False) + "\n"


def main(target: Path = PAGE) -> int:
    target.write_text(render_page(), encoding="utf-8")
    print(f"wrote {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

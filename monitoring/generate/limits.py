"""Writes shared/channels/LIMITS.md: what each platform publishes of its limits, from the channels themselves."""

import sys
from pathlib import Path

from knative.local.stages import ROOT
from shared.channels.catalogue import PLATFORMS, channel

PAGE = ROOT / "shared" / "channels" / "LIMITS.md"


def render_page() -> str:
    """The page as it should be."""
    lines = [
        "# Limits of the platforms",
        "",
        "What one message may have. Renderers keep to it by splitting and numbering; the stand-in of `task simulate`",
        "refuses what is beyond. `task docs` makes this page of `LIMITS` in each channel.",
        "",
        "| platform | of what | at most |",
        "|---|---|---|",
    ]
    for found in map(channel, PLATFORMS):
        lines += [f"| {found.title} | {what} | {limit.most} {limit.unit} |" for what, limit in found.limits.items()]
    return "\n".join([*lines, ""])


def main(target: Path = PAGE) -> int:
    target.write_text(render_page(), encoding="utf-8")
    print(f"wrote {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

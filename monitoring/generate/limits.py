"""Writes shared/channels/LIMITS.md: what each platform publishes of its limits, from the channels themselves."""

from knative.local.stages import ROOT
from shared.channels.catalogue import PLATFORMS, find_channel

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
    for found in map(find_channel, PLATFORMS):
        lines += [f"| {found.title} | {what} | {limit.most} {limit.unit} |" for what, limit in found.limits.items()]
    return "\n".join([*lines, ""])

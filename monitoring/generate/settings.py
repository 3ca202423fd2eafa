"""Writes functions/SETTINGS.md: every setting of every stage, from the stages' own config.py."""

import dataclasses
import importlib
from typing import Any

from knative.local.stages import ALL_IN_ONE, ROOT, STAGES
from monitoring.conversations.review.config import Config as Review
from shared.channels.catalogue import NAMES, find_channel
from shared.channels.port import Setting
from shared.settings import Settings as EveryStage

PAGE = ROOT / "functions" / "SETTINGS.md"


def render_page() -> str:
    """The page as it should be."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, read once when a stage starts. `task docs` makes this page of the",
        "`config.py` of each stage. A secret `NAME` may also be given as a file whose path is in `NAME_FILE`.",
        "`task up` chooses addresses, ports, store and bundle itself; what you set wins.",
        "",
    ]
    for stage in (*STAGES, ALL_IN_ONE):
        config = importlib.import_module(f"functions.{stage}.config").Config
        lines += [f"## {stage}", ""]
        if stage == ALL_IN_ONE:
            lines += [
                "The one process that runs gateway, nlu, dialogue, actions and delivery, with their settings.",
                "",
            ]
        lines += ["| setting | default | what it is |", "|---|---|---|"]
        lines += [_write_row(field) for field in dataclasses.fields(config)]
        if stage == "gateway" or stage == "delivery":
            lines += _channel_rows(stage)
        lines.append("")
    lines += [
        "## review",
        "",
        "The page of `task review`, which is no stage.",
        "",
        "| setting | default | what it is |",
        "|---|---|---|",
        *map(_write_row, dataclasses.fields(Review)),
        "",
    ]
    lines += [
        "## all stages",
        "",
        "| setting | default | what it is |",
        "|---|---|---|",
        "| `PORT` | `8080` | The port that the stage listens on (functions-framework; Knative sets it). |",
        "| `THREADS` | 4 times the CPUs | Requests that a stage takes at once (functions-framework). |",
        *map(_write_row, dataclasses.fields(EveryStage)),
        "",
    ]
    return "\n".join(lines)


def _channel_rows(stage: str) -> list[str]:
    """The settings of every channel on this stage."""
    return [
        f"| `{found.name_variable(setting)}` | {f'`{setting.default}`' if setting.default else ''} | "
        f"{found.title}: {setting.doc}{_describe_optional(setting, stage)}{' **Secret.**' if setting.secret else ''} |"
        for found in map(find_channel, NAMES)
        for setting in found.settings
        if stage in setting.stages or (setting.typing and stage == "gateway")
    ]


def _describe_optional(setting: Setting, stage: str) -> str:
    only_typing = setting.typing and stage not in setting.stages
    return " Optional here: people see at once that the assistant is typing." if only_typing else ""


def _write_row(field: "dataclasses.Field[Any]") -> str:
    required = field.default is dataclasses.MISSING
    default = (
        "required" if required else "" if field.default in ("", None, ()) else f"`{_render_default(field.default)}`"
    )
    secret = " **Secret.**" if field.metadata["secret"] else ""
    return f"| `{field.metadata['env']}` | {default} | {field.metadata['doc']}{secret} |"


def _render_default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)

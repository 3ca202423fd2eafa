"""Writes .env.example and knative/local/compose.settings.yaml: every setting, once for people and once for containers.

Each container gets the settings that its stage reads and no others: the stage that decodes what strangers send holds
no token.
"""

import dataclasses
import importlib
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import yaml

from knative.local.stages import ROOT, STAGES
from shared.channels.catalogue import NAMES, find_channel
from shared.settings import Settings as EveryStage

EXAMPLE = ROOT / ".env.example"
COMPOSE = ROOT / "knative" / "local" / "compose.settings.yaml"
WITH_CHANNELS = ("gateway", "delivery")
CHOSEN = {
    *("BUNDLE", "ASSISTANT_ACTIONS", "METRICS_PORT", "METRICS_HOST", "BROKER_URL", "SHADOW_URL", "SHADOW_BROKER_URL"),
    *(f"{stage.upper()}_URL" for stage in STAGES),
    *("HOSTNAME", "K_REVISION", "K_CONFIGURATION", "NAMESPACE", "METRICS_FILE", "CANARY_NLU_URL"),
}
"""What `task up`, compose.yaml or the machine choose, because they know where everything is."""
ONES_OWN = {
    "WEATHER_URL": "The default assistant: another service with Open-Meteo's API.",
    "HANDOFF_CONTACT": "The default assistant: where a person is reached, as it is to be said.",
    "ARRIVAL_MINUTES": "The default assistant: how long after an order its arrival is spoken of; 0: never.",
}
"""Settings of the default assistant's own actions."""


def settings_of(stage: str) -> dict[str, tuple[str, str]]:
    """The environment variables that a stage reads, with what they are and their default as text."""
    config = importlib.import_module(f"functions.{stage}.config").Config
    found = {str(field.metadata["env"]): _describe(field) for field in dataclasses.fields(config)}
    if stage in WITH_CHANNELS:
        for one in map(find_channel, NAMES):
            for setting in one.settings:
                if stage in setting.stages:
                    found[one.name_variable(setting)] = (f"{one.title}: {setting.doc}", str(setting.default or ""))
    if stage == "actions":
        found |= {name: (doc, "") for name, doc in ONES_OWN.items()}
    found |= {str(field.metadata["env"]): _describe(field) for field in dataclasses.fields(EveryStage)}
    return {name: described for name, described in found.items() if name not in CHOSEN}


def write_example() -> str:
    """The text of .env.example: each setting, commented out, under the first stage that reads it."""
    lines = [
        "# Copy this to .env and uncomment what you need: `task up`, `task channels` and compose.yaml read it alike.",
        "# An .env beside an assistant's domain.yml counts for that assistant, before this one. Never commit an .env.",
        "",
        "# Which assistant, and the port of its chat page.",
        "#ASSISTANT=default",
        "#PORT=8080",
        "",
        "# compose.yaml: where alerts are posted (Alertmanager's webhook), and a dead man's switch elsewhere.",
        "#ALERT_URL=",
        "#WATCHDOG_URL=",
        "",
    ]
    told: set[str] = set()
    for stage in STAGES:
        lines.append(f"# --- {stage} ---")
        for name, (doc, default) in settings_of(stage).items():
            if name not in told:
                told.add(name)
                lines += [*(f"# {line}" for line in wrap(doc, 116)), f"#{name}={default}"]
        lines.append("")
    return "\n".join(lines)


def write_compose() -> str:
    """The text of compose.settings.yaml: a service for each stage, which compose.yaml's extend."""
    services = {stage.replace("_", "-"): {"environment": dict.fromkeys(sorted(settings_of(stage)))} for stage in STAGES}
    head = "# Written by `task docs`: the settings that each stage reads, taken from the environment or from .env.\n"
    text = yaml.safe_dump({"services": services}, sort_keys=False, width=120)
    return head + text.replace(": null\n", ":\n")


def _describe(field: "dataclasses.Field[Any]") -> tuple[str, str]:
    value = "" if field.default in (dataclasses.MISSING, None, ()) else field.default
    if isinstance(value, bool):
        text = str(value).lower()
    else:
        text = ",".join(value) if isinstance(value, tuple) else str(value)
    secret = " Secret." if field.metadata["secret"] else ""
    return f"{field.metadata['doc']}{secret}", text


def list_documents() -> Iterator[tuple[Any, str]]:
    yield EXAMPLE, write_example()
    yield COMPOSE, write_compose()

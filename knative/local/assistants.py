"""Where an assistant lies: a name below model_artifacts/assistants, or the path of a folder that its owner keeps."""

import hashlib
import json
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSISTANTS = ROOT / "model_artifacts" / "assistants"
DOMAINS = ("domain.yml", "domain.yaml", "domain")
"""What makes a folder an assistant's: one of these lies in it."""


def find_assistant(given: str) -> Path:
    """The folder of an assistant that is given by its name or its path.

    Raises FileNotFoundError, which says what there is and how to make one, where it is neither.
    """
    by_path = _is_path(given)
    folder = Path(given).expanduser().resolve() if by_path else ASSISTANTS / given
    if not any((folder / name).exists() for name in DOMAINS):
        raise FileNotFoundError(_explain_missing(given, folder, by_path=by_path))
    return folder


def storage_of(assistant: Path) -> Path:
    """Where what is said to an assistant on this machine is kept: no two assistants share it.

    Below PARLEY_HOME where that is set, in `.parley` of this repository for an assistant that lies in it, and in
    `.parley` beside its sources for any other.
    """
    ours = assistant.parent == ASSISTANTS
    if home := os.environ.get("PARLEY_HOME"):
        # Two folders of one name are two assistants.
        mark = "" if ours else "-" + hashlib.sha256(os.fsencode(assistant)).hexdigest()[:8]
        return Path(home).resolve() / f"{assistant.name}{mark}"
    return ROOT / ".parley" / assistant.name if ours else assistant / ".parley"


def identity_of(assistant: Path) -> str:
    """The assistant's name outside of this machine, for images and namespaces: `assistant_id` of its config.yml, as
    Rasa asks for one, in small letters and dashes; the folder's name where it has none."""
    text = ""
    for name in ("config.yml", "config.yaml"):
        if (file := assistant / name).is_file():
            # Read by line: PyYAML is not installed where only images are built, and a broken file is told elsewhere.
            found = re.search(r"^assistant_id:(.*?)(?:\s#.*)?$", file.read_text(encoding="utf-8"), re.MULTILINE)
            text = found[1] if found else ""
    return re.sub(r"[^a-z0-9]+", "-", (text.strip() or assistant.name).lower()).strip("-") or "assistant"


def list_typical_sentences(bundle: Path, most: int = 3) -> tuple[str, ...]:
    """What people say to this assistant, from its golden predictions: one sentence of an intent, those that
    name something and the longer ones first. Empty where the bundle has none."""
    try:
        lines = (bundle / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    found: dict[str, tuple[bool, str]] = {}
    for case in map(json.loads, lines):
        text, intent = case["text"], case["intent"]
        # Golden predictions hold odd texts too: those that look like a sentence, and were understood.
        if (
            re.fullmatch(r"[A-Za-z][A-Za-z0-9' ,]{8,48}\??", text)
            and case["confidence"] >= 0.9
            and intent not in NO_TOPIC
        ):
            found.setdefault(intent, (bool(case["entities"]), text))
    told = sorted(found.values(), key=lambda pair: (not pair[0], -len(pair[1])))
    return tuple(text.replace("'", "\u2019") for _, text in told[:most])


NO_TOPIC = ("nlu_fallback", "out_of_scope")


def _is_path(given: str) -> bool:
    return os.sep in given or given.startswith((".", "~")) or given == ""


def _explain_missing(given: str, folder: Path, *, by_path: bool) -> str:
    name = re.sub(r"[^\w-]+", "-", folder.name).strip("-") or "mine"
    make = f"make one: task new NAME={name}" + (f" AT={given}" if by_path and given else "")
    if by_path:
        return f"there is no assistant at {folder} (it has no domain.yml); {make}"
    known = ", ".join(sorted(path.parent.name for path in ASSISTANTS.glob("*/domain*")))
    return f"there is no assistant {given!r}; there are: {known}; {make}"

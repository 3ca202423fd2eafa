"""`task up LANGUAGES=de,es`: an assistant that understands other languages as well, without a change to its sources."""

import filecmp
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from knative.local.processes import CannotRun
from model_artifacts.training.languages import UnknownLanguage, base_of, read_languages

KEPT = ("bundle", "bundle.new", "bundle.old", ".parley")
"""What is the copy's own."""
LINE = re.compile(r"^languages?:.*\n(?:[ \t]+-.*\n|-.*\n)*", re.MULTILINE)


def copy_in_languages(assistant: Path, named: Sequence[str]) -> tuple[Path, bool]:
    """A hidden copy of the assistant beside it, where relative paths still lead where they led. Its config.yml names
    these languages after that of the examples. Also whether
    the copy has changed since the last time. Edits are to be made in the original.

    Raises CannotRun, saying what to write, where one is no language.
    """
    config = next((assistant / name for name in ("config.yml", "config.yaml") if (assistant / name).is_file()), None)
    text = config.read_text(encoding="utf-8") if config is not None else ""
    first = re.search(r"^language:\s*([\w-]+)", text, re.MULTILINE)
    codes = [first[1] if first else "en", *(code.strip() for code in named if code.strip())]
    try:
        languages = read_languages({"languages": list(dict.fromkeys(codes))})
    except UnknownLanguage as exc:
        raise CannotRun(f"LANGUAGES: {exc}") from exc
    target = assistant.parent / f".{assistant.name}.{'-'.join(map(base_of, languages))}"
    changed = _copy_sources(assistant, target)
    written = f"languages: [{', '.join(languages)}]\n" + LINE.sub("", text)
    file = target / (config.name if config is not None else "config.yml")
    if not file.is_file() or file.read_text(encoding="utf-8") != written:
        file.write_text(written, encoding="utf-8")
        changed = True
    return target, changed


def _copy_sources(source: Path, target: Path) -> bool:
    """Make the copy like its source but for what is its own and for config.yml; whether anything was different."""
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and _is_source(path, source)}
    there = {path.relative_to(target) for path in target.rglob("*") if path.is_file() and _is_source(path, target)}
    stale = there - wanted
    for path in stale:
        (target / path).unlink()
    changed = bool(stale)
    for path in sorted(wanted):
        if path.name in ("config.yml", "config.yaml") and path.parent == Path():
            continue
        if path not in there or not filecmp.cmp(source / path, target / path, shallow=False):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, target / path)
            changed = True
    return changed


def _is_source(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder).parts
    return inside[0] not in KEPT and "__pycache__" not in inside

"""CONTRIBUTING.md names only places and tasks that exist, and each list names all places there are."""

import re

import yaml

from model_artifacts.training.dialogue import policies
from model_artifacts.training.importing import configuration
from model_artifacts.training.validating import keys
from tests.architecture.code import FIRST_PARTY, ROOT, modules

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PLACEHOLDERS = ("NAME", "STAGE")


def test_every_path_that_it_names_is_there() -> None:
    paths = [
        path for path in re.findall(r"`([a-z_]+/[\w./-]+)`", PAGE) if not any(word in path for word in PLACEHOLDERS)
    ]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_path_that_any_page_names_is_there() -> None:
    """What moves takes its pages along; the changelog and the measurements tell of what was."""
    written = re.compile(r"(?<![\w/.-])((?:functions|shared|knative|monitoring|model_artifacts)/[\w/.-]+\.\w+)\b")
    missing = []
    for page in [*ROOT.glob("*.md"), *(page for folder in FIRST_PARTY for page in (ROOT / folder).rglob("*.md"))]:
        place = page.relative_to(ROOT).as_posix()
        if place.startswith(("CHANGELOG", "tests/bench/")):
            continue
        for path in written.findall(page.read_text(encoding="utf-8")):
            if not any(word in path for word in PLACEHOLDERS) and not (ROOT / path).exists():
                missing.append(f"{place}: {path}")
    assert missing == []


def test_every_task_that_it_names_is_there() -> None:
    tasks = yaml.safe_load((ROOT / "Taskfile.yml").read_text(encoding="utf-8"))["tasks"]
    named = set(re.findall(r"(?:\./taskw|`task) ([a-z:]+)", PAGE))
    assert "test" in named
    assert named <= set(tasks)


def list_of(title: str) -> str:
    """The list below such a title."""
    return PAGE.split(f"**{title}", 1)[1].split("\n\n", 1)[0]


def test_a_policy_that_is_read_is_told_by_the_import_and_has_its_keys() -> None:
    read = {policies.RULES, *policies.MEMOIZATION, policies.LEARNED}
    assert read == set(configuration.POLICIES)
    # TEDPolicy has many keys of Rasa's that mean nothing here.
    assert read - {policies.LEARNED} <= set(keys.COMPONENTS)


def test_the_list_for_an_entity_extractor_names_every_place_that_knows_of_one() -> None:
    knowing = re.compile(r"\bprebuilt\b(?=[=:\"])|\.prebuilt\b")
    named = list_of("An entity extractor")
    missing = []
    for name, path in modules("functions", "shared", "model_artifacts"):
        place = path.relative_to(ROOT).as_posix()
        inside = place.startswith("functions/nlu/") and not place.endswith(("interpretation.py", "model.py"))
        # What others export is written with the extractors there are.
        inside |= place.startswith("model_artifacts/training/importing/export")
        if knowing.search(path.read_text(encoding="utf-8")) and not inside and f"`{place}`" not in named:
            missing.append(name)
    assert missing == []

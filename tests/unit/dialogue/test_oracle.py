"""Projects in the styles of real ones, answered as Rasa 3.6.21 answered them, through the stage and a store."""

from pathlib import Path

import pytest

from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.problems import Uncompilable
from tests.unit.dialogue.oracle import PROJECTS, Different, compare

KNOWN = {
    ("events", "/restart"): "a paused conversation is opened by /restart wherever it was paused, in Rasa only by luck",
}
"""(project, message) of a turn that differs on purpose -> why; what follows in that conversation differs with it."""
REFUSED = PROJECTS.parent / "refused"


@pytest.mark.parametrize("project", sorted(path.name for path in PROJECTS.iterdir() if path.is_dir()))
def test_it_answers_as_rasa_did(project: str) -> None:
    turns, different = compare(PROJECTS / project)
    assert turns >= 80
    explained: set[str] = set()
    unexplained: list[Different] = []
    for item in different:
        if (project, item.message) in KNOWN:
            explained.add(item.conversation)
        elif item.conversation not in explained:
            unexplained.append(item)
    assert unexplained == []
    assert len(different) <= 0.02 * turns


@pytest.mark.parametrize(
    ("project", "both"),
    [
        ("bad_greeting", ("'first greeting'", "'any greeting (data/rules.yml:9)'")),
        ("bad_switch", ("'switches forms'", "'book (data/rules.yml:7)'")),
    ],
)
def test_what_rasa_refuses_as_contradicting_is_refused_with_both_named(project: str, both: tuple[str, str]) -> None:
    with pytest.raises(Uncompilable) as caught:
        compile_project(Path(REFUSED / project))
    assert any(all(name in problem.text for name in both) for problem in caught.value.problems)

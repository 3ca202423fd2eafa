"""What `task nlu:lint` finds in an assistant's examples, and what it leaves alone."""

import json
import random
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from model_artifacts.training.nlu import linting
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.linting import Finding, lint, main
from model_artifacts.training.nlu.reading import Example
from tests.architecture.code import ROOT

TEN = ("{0} now", "can you {0}", "I want to {0}", "do {0}", "just {0}", "{0} today", "let us {0}", "{0} again",
       "we {0}", "so {0}")  # fmt: skip


def assistant(tmp_path: Path, intents: dict[str, list[str]], rest: str = "") -> Path:
    """An assistant with the intents' examples, each filled up to ten that are in order."""
    lines = ["nlu:"]
    for intent, examples in intents.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {example}" for example in examples)]
        lines += [f"    - {form.format(intent)}" for form in TEN]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text("\n".join(lines) + "\n" + rest, encoding="utf-8")
    return tmp_path


def lint_for(path: Path, kind: str) -> list[Finding]:
    return [finding for finding in lint(read_assistant(path)) if finding.kind == kind]


def test_clean_examples_have_no_findings(tmp_path: Path) -> None:
    assert lint(read_assistant(assistant(tmp_path, {"dance": [], "sleep": []}))) == []


def test_a_text_of_two_intents_is_an_error_with_both_places(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["Move it"], "sleep": ["move  it", "close your eyes"]})
    (finding,) = lint_for(path, "two intents")
    assert finding.error
    assert finding.place.endswith("nlu.yml:4")
    assert "is dance here and sleep at" in finding.message


def test_a_text_that_is_marked_in_two_ways_is_an_error_with_the_fix(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["dance [tango](style) in [Rome](city)", "dance tango in [Rome](city)"]})
    (finding,) = lint_for(path, "two annotations")
    assert finding.error
    assert "dance [tango](style) in [Rome](city)" in finding.fix


def test_words_that_are_one_entity_here_and_another_there_may_be_meant_so(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["[tango](style)", "[tango](city)"]})
    (finding,) = lint_for(path, "two readings")
    assert not finding.error
    assert "[tango](style)" in finding.fix


def test_near_duplicates_across_intents_are_found_whatever_their_entities(tmp_path: Path) -> None:
    path = assistant(
        tmp_path,
        {
            "dance": ["music for [tango](style) evenings"],
            "sleep": ["music for [very slow waltz](style) evening please"],
        },
    )
    (finding,) = lint_for(path, "near-duplicates")
    assert "nearly 'music for tango evenings' (dance" in finding.message


def test_what_is_alike_in_its_entities_alone_is_no_duplicate(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["[slow](style) [Rome](city)"], "sleep": ["[waltz](style) [Paris](city)"]})
    assert lint_for(path, "near-duplicates") == []


def test_a_forgotten_mark_is_found_and_proposed(tmp_path: Path) -> None:
    path = assistant(
        tmp_path, {"dance": ["show me [bossa nova](style)", 'a bossa nova in [Rio]{"entity": "city", "role": "in"}']}
    )
    (finding,) = lint_for(path, "unmarked")
    assert finding.fix == '- a [bossa nova](style) in [Rio]{"entity": "city", "role": "in"}'


def test_a_word_that_is_mostly_unmarked_is_an_ordinary_word(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["show me [now](style)", "right now", "now or never", "and now"]})
    assert lint_for(path, "unmarked") == []


def test_marks_with_and_without_the_article_are_told(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["like [the twist](style)", "a fast [twist](style)", "my [twist](style)"]})
    (finding,) = lint_for(path, "two borders")
    assert "'the twist' here, and as 'twist' in 2 other places" in finding.message


def test_intents_and_entities_with_too_little_are_told(tmp_path: Path) -> None:
    rest = "- intent: eat\n  examples: |\n    - food in [Rome](city)\n- lookup: style\n  examples: |\n"
    rest += "".join(f"    - style {number}\n" for number in range(6))
    path = assistant(tmp_path, {"dance": ["show me [tango](style)"]}, rest)
    (intent,) = lint_for(path, "few examples")
    assert intent.message == "eat has 1 example"
    assert intent.fix.startswith("write 9 more")
    (entity,) = lint_for(path, "few values")
    assert entity.message == "city has 1 value"


def test_what_is_held_out_as_another_intent_is_an_error(tmp_path: Path) -> None:
    path = assistant(tmp_path, {"dance": ["move it"], "sleep": []})
    (path / "tests").mkdir()
    (path / "tests" / "test_nlu.yml").write_text("nlu:\n- intent: sleep\n  examples: |\n    - Move it\n")
    (finding,) = lint_for(path, "held out")
    assert finding.error
    assert "as sleep" in finding.message


def test_the_command_fails_for_contradictions_and_prints_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = assistant(tmp_path, {"dance": ["move it"], "sleep": ["move it"]})
    with pytest.raises(SystemExit) as stopped:
        main(["--assistant", str(path), "--json"])
    assert stopped.value.code == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["kind"] == "two intents"


def test_the_command_passes_what_is_only_advice_unless_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = assistant(tmp_path, {"dance": ["move it", "move it"]})
    main(["--assistant", str(path)])
    assert "1 x said twice" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--assistant", str(path), "--strict"])


def test_the_default_assistant_contradicts_itself_nowhere() -> None:
    findings = lint(read_assistant(ROOT / "model_artifacts" / "assistants" / "default"))
    assert [finding for finding in findings if finding.error] == []


def test_the_search_for_near_duplicates_grows_with_the_examples_and_not_with_their_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Texts that begin alike are the worst case: comparing all with all took a quarter of an hour for ten thousand."""
    alike, compared = linting._alike, 0

    def count_and_compare(one: str, other: str) -> bool:
        nonlocal compared
        compared += 1
        return alike(one, other)

    monkeypatch.setattr(linting, "_alike", count_and_compare)
    for count in (500, 2000):
        rng = random.Random(0)
        texts = [f"i want to {''.join(rng.choices('abcdefgh', k=7))} it please" for _ in range(count)]
        examples = [Example(text, f"intent{number % 7}", place=f"{number}") for number, text in enumerate(texts)]
        twin = Example(texts[3].replace("it please", "its please"), "intent9", place="twin")
        compared = 0
        found = [finding for finding in linting._near_duplicates([*examples, twin]) if finding.place == "twin"]
        assert len(found) == 1
        # Each text with the last few that share all but one word with it.
        assert compared <= 2 * linting.COMPARED * (count + 1)


def test_the_search_for_forgotten_marks_grows_with_the_examples_and_not_with_their_pairs() -> None:
    """Eight times the examples, each with a name of its own, run about eight times the lines, and not 64 times."""
    lines = 0

    def count_lines(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count_lines

    spent = []
    for count in (250, 2000):
        texts = [f"play name{number}" for number in range(count)]
        examples = [Example(text, "play", (Annotation(5, len(text), "title"),), f"{n}") for n, text in enumerate(texts)]
        bare = Example("Now NAME7, please", "play", place="bare")
        lines, before = 0, sys.gettrace()
        sys.settrace(count_lines)
        try:
            found = list(linting._forgotten([*examples, bare]))
        finally:
            sys.settrace(before)
        spent.append(lines)
        assert [finding.place for finding in found] == ["bare"]
    assert spent[1] < 12 * spent[0], spent

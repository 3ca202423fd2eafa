"""Mistakes of an author, each alone in an assistant that is clean without it: `task validate` names each, and where."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from model_artifacts.templates.__main__ import create_assistant
from model_artifacts.training.validating.project import problems_of


@dataclass(frozen=True)
class Mistake:
    file: str
    right: str
    """A text of the file: its first place is where the mistake is made."""
    wrong: str
    said: str
    severity: str = "error"
    at: int = 0
    """Lines below the beginning of `right` where it is to be found."""


W = "warning"
D, C, N, R, A = "domain.yml", "config.yml", "data/nlu.yml", "data/rules.yml", "actions/__init__.py"
HELLO = '- text: "Goodbye!"'
MISTAKES = [
    # YAML, first and alone.
    Mistake(D, "  - greet\n", " - greet\n", "this is not YAML"),
    Mistake(D, "  - greet\n", "\t- greet\n", "indent with spaces, not tabs"),
    Mistake(R, "  - rule: Greet\n", "  - rule: [Greet\n", "this is not YAML", at=1),
    # Keys that nothing reads.
    Mistake(D, "responses:\n", "respones:\n", "has no key 'respones'; did you mean 'responses'?"),
    Mistake(D, "session_config:\n", "sesion_config:\n", "has no key 'sesion_config'; did you mean 'session_config'?"),
    Mistake(D, "influence_conversation:", "influence_conversaton:", "did you mean 'influence_conversation'?"),
    Mistake(D, "      buttons:\n", "      button:\n", "has no key 'button'; did you mean 'buttons'?"),
    Mistake(D, "  session_expiration_time:", "  session_expiraton_time:", "did you mean 'session_expiration_time'?"),
    Mistake(D, "          - active_loop:", "          - active_lop:", "did you mean 'active_loop'?"),
    Mistake(C, "    threshold:", "    treshold:", "has no key 'treshold'; did you mean 'threshold'?"),
    Mistake(C, "    core_fallback_threshold:", "    core_fallback_treshold:", "mean 'core_fallback_threshold'?"),
    Mistake(C, "language: en", "langauge: en", "has no key 'langauge'; did you mean 'language'?"),
    Mistake(C, "language: en", "language: en\nlovely: 1", "has no key 'lovely'", W, at=1),
    Mistake(R, "    condition:\n", "    conditions:\n", "has no key 'conditions'; did you mean 'condition'?"),
    Mistake(C, "language: en", "langauges: [en, de]", "has no key 'langauges'; did you mean 'languages'?"),
    Mistake(C, "language: en", "languages: [en, german]", "there is no language 'german'; did you mean 'de'?"),
    Mistake(C, "language: en", "languages: [en, spa]", "there is no language 'spa'; did you mean 'es'?"),
    Mistake(C, "language: en", "languages: [en, qq]", "there is no language 'qq'; write a code of ISO 639-1"),
    Mistake(C, "language: en", "languages: [en, pt, pt-BR]", "the language 'pt-BR' stands twice"),
    Mistake(C, "language: en", "languages: de", "'languages' must be a list of codes"),
    Mistake(C, "language: en", "language: en\nlanguages: [de, en]", "language is 'en', and languages begins with 'de'"),
    Mistake(N, "    examples: |\n", "    exampels: |\n", "did you mean 'examples'?"),
    Mistake("training.yml", "normalise:", "normalize:", "has no key 'normalize'; did you mean 'normalise'?"),
    Mistake("tests/test_stories.yml", "    steps:\n", "    step:\n", "has no key 'step'; did you mean 'steps'?"),
    # What responses say.
    Mistake(D, HELLO, '- text: "Goodbye {patient}!"', "'utter_goodbye' says {patient}"),
    Mistake(D, "{visitor_name}: you", "{vistor_name}: you", "did you mean 'visitor_name'?"),
    Mistake(D, HELLO, '- text: "Goodbye {visitor_name!"', "a brace of 'utter_goodbye' is not closed", W),
    Mistake(D, "payload: /ask_hours", "payload: /ask_huors", "means '/ask_huors'", W),
    Mistake(D, "payload: /ask_hours", "payload: /Ask_Hours", "did you mean '/ask_hours'?", W),
    Mistake(D, "payload: /ask_hours", "payload: \"/inform{'date': 'today'}\"", "no JSON", W),
    Mistake(D, "payload: /ask_hours", "payload: '/inform{{\"dat\": \"x\"}}'", "did you mean 'date'?", W),
    Mistake(D, '{ title: "Opening hours", payload: /ask_hours }', '{ title: "Opening hours" }', "no payload", W),
    Mistake(D, 'title: "Opening hours"', 'title: "Book an appointment"', "stands twice", W),
    Mistake(D, HELLO, f"{HELLO}\n      condition: [{{type: slot, name: vip, value: 1}}]", "the slot 'vip'", W, at=1),
    # Slots and forms.
    Mistake(D, "    required_slots:\n", "    required_slots:\n      - doctor\n", "and so never ends", at=-1),
    Mistake(D, "  utter_ask_visitor_name:", "  utter_ask_visitor_nam:", "'visitor_name' with", W, at=-35),
    Mistake(D, "type: text", "type: txt", "the type 'txt'"),
    Mistake(D, "      - type: from_entity\n", "      - type: from_entitiy\n", "the type 'from_entitiy'"),
    Mistake(D, "        entity: date\n", "        entity: datum\n", "the entity 'datum'", W, at=-5),
    Mistake(D, "active_loop: booking_form", "active_loop: boking_form", "did you mean 'booking_form'?", W),
    Mistake(D, "requested_slot: visitor_name", "requested_slot: visitor", "waits for 'visitor'", W),
    Mistake("training.yml", "  date: date", "  datum: date", "the entity 'datum', which the domain does not", W),
    Mistake("training.yml", "  date: date", "  date: dates", "is normalised as 'dates'"),
    # Examples.
    Mistake(N, "[tomorrow](date)", "[tomorrow(date)", "'[tomorrow(date)' marks nothing; write [tomorrow](date)"),
    Mistake(N, "[tomorrow](date)", "tomorrow](date)", "near 'appointment tomorrow](date)' is not closed"),
    Mistake(N, "[tomorrow](date)", "[tomorrow] (date)", "write [tomorrow](date)"),
    Mistake(N, "[tomorrow](date)", "(tomorrow)[date]", "write [tomorrow](date)"),
    Mistake(N, "[tomorrow](date)", "[tomorrow]{entity}", "is no JSON"),
    Mistake(N, "- intent: cancel", "- intent: cancell", "the intent 'cancell' of the examples is not in", W, at=2),
    Mistake(N, "      - never mind", "      - hello", "is cancel here and greet at data/nlu.yml"),
    # Rules, stories, actions.
    Mistake(R, "intent: greet", "intent: gret", "the intent 'gret' is not in the domain", W),
    Mistake(R, "action: utter_greet", "action: utter_gret", "there is no response 'utter_gret'"),
    Mistake(R, "      - action: utter_greet", "      - acton: utter_greet", "there is no step 'acton'"),
    Mistake(R, "action: utter_greet", "action: utter_goodbye\n\n  - rule: Too\n    steps:\n      - intent: greet\n"
            "      - action: utter_greet", "against the rule", at=-3),
    Mistake("tests/test_stories.yml", "action: utter_prices", "action: utter_price", "expects the action", W),
    Mistake(A, '"action_book": action_book', '"action_bok": action_book', "'action_bok' is not in the domain", W),
    Mistake(D, "      confirm: true\n", "      confirm: true\n  - action_pay\n", "actions/ runs 'action_pay'",
            W, at=1),
    Mistake(A, "def action_book(call: Call)", "def action_book(call: Call", "this is not Python"),
    # Components without meaning, in the words of `task import`.
    Mistake(C, "pipeline:\n", "pipeline:\n  - name: DIETClasifier\n", "did you mean 'DIETClassifier'?", W, at=1),
    Mistake(C, "pipeline:\n", "pipeline:\n  - name: my.own.Component\n", "Python is not run", W, at=1),
    Mistake(C, "pipeline:\n", "pipeline:\n  - name: SpacyEntityExtractor\n", "names of people", W, at=1),
]  # fmt: skip


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = create_assistant("dentist", "booking", tmp_path_factory.mktemp("clean") / "bot")
    assert problems_of(made) == ()
    return made


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.file} {mistake.wrong[:30]!r}")
def test_a_mistake_is_named_with_its_place_and_soon(mistake: Mistake, clean: Path) -> None:
    path = clean / mistake.file
    before = path.read_text()
    line = before[: before.index(mistake.right)].count("\n") + 1 + mistake.at
    path.write_text(before.replace(mistake.right, mistake.wrong, 1))
    try:
        since = time.process_time()
        found = [str(problem) for problem in problems_of(clean)]
        spent = time.process_time() - since
    finally:
        path.write_text(before)
    wanted = f"{mistake.file}:{line}: {mistake.severity}: "
    assert [text for text in found if text.startswith(wanted) and mistake.said in text], "\n".join(found)
    assert spent < 2.0


@pytest.mark.parametrize("wrong", [" - greet\n", "\t- greet\n", "  - greet: [\n"])
def test_a_file_that_is_no_yaml_is_named_alone(wrong: str, clean: Path) -> None:
    path = clean / "domain.yml"
    before = path.read_text()
    path.write_text(before.replace("  - greet\n", wrong, 1))
    try:
        (only,) = problems_of(clean)
    finally:
        path.write_text(before)
    assert only.severity == "error"
    assert "this is not YAML" in only.text


def test_a_domain_that_holds_nothing_is_named_alone(clean: Path) -> None:
    path = clean / "domain.yml"
    before = path.read_text()
    path.write_text("# later\n")
    try:
        assert [str(problem) for problem in problems_of(clean)] == [
            "domain.yml:1: error: the domain holds nothing: write `intents:`, `responses:` and so on"
        ]
    finally:
        path.write_text(before)

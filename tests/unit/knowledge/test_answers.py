"""Questions to an assistant's own documents: answered in their sentences, or honestly not."""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.nlu.answerable import cut_words, measure_cover, weigh_rarity
from functions.nlu.documents import Documents
from functions.nlu.knowledge import Knowledge
from functions.nlu.understanding import Understanding
from model_artifacts.training.knowledge.compiling import compile_knowledge
from model_artifacts.training.knowledge.curve import read_curve
from model_artifacts.training.knowledge.vectors import Vectoriser
from model_artifacts.training.nlu.encoder import Floats
from monitoring.conversations.questions import (
    Unanswered,
    count_questions,
    find_unanswered,
    render_page,
    write_questions,
)
from shared.events.meaning import Entity, Evidence, Intent, Passage
from tests.unit.knowledge.documents import HANDBOOK, write_handbook

ANSWERED = 0.5


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("dentist")
    write_handbook(home)
    compiled = compile_knowledge(home, home, "en", home / "cache")
    assert compiled is not None
    assert compiled.documents == len(HANDBOOK)
    return home


@pytest.fixture(scope="module")
def knowledge(bundle: Path) -> Knowledge:
    return Knowledge(bundle)


@pytest.mark.parametrize(
    ("question", "words", "heading"),
    [
        ("When do you open on weekdays?", "between 8 am and 6 pm", "Opening hours"),
        ("are you closed over Christmas", "stays closed", "Opening hours"),
        ("can I pay with my card?", "by card", "Paying"),
        ("how much is a cleaning", "85 euros", "Paying"),
        ("which health insurance do you take?", "All public insurances", "Insurance"),
        ("where can I leave my car", "twelve parking spaces", "By car"),
        ("how do I get there by train?", "line 4 to Market Square", "By train"),
        ("do you see kids?", "from the first tooth", "Do you treat children?"),
        ("who founded the practice?", "Helen Adams", ""),
    ],
)
def test_a_question_is_answered_with_the_sentence_that_holds_it(
    knowledge: Knowledge, question: str, words: str, heading: str
) -> None:
    best, *_ = knowledge.answer(question)
    assert words in best.answer
    assert heading in best.heading
    assert best.confidence >= ANSWERED


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Australia?",
        "who won the football match yesterday",
        "how do I bake sourdough bread?",
        "Which phone has the best camera?",
        "when does the next flight to Lisbon leave",
        "what is the square root of seventeen",
    ],
)
def test_what_no_document_says_is_not_answered(knowledge: Knowledge, question: str) -> None:
    assert all(passage.confidence < ANSWERED for passage in knowledge.answer(question))


def test_no_answer_holds_a_sentence_that_stands_in_no_document(knowledge: Knowledge, bundle: Path) -> None:
    source = " ".join(" ".join(text.split()) for text in HANDBOOK.values())
    plain = source.replace("|", " ").replace("<p>", " ").replace("</p>", " ")
    keys = [key for (key,) in sqlite3.connect(bundle / "knowledge.sqlite").execute("SELECT key FROM passages")]
    for key in keys:
        passage = knowledge.read(key)
        assert passage is not None
        for sentence in passage.answer.replace(": ", " ").split(". "):
            assert set(sentence.strip(".").split()) <= set(plain.replace(": ", " ").replace(".", " ").split())
    assert len(keys) > 5


def test_documents_without_any_heading_are_compiled_and_found(tmp_path: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "notes.txt").write_text(HANDBOOK["notes.txt"])
    assert compile_knowledge(tmp_path, tmp_path, "en", tmp_path / "cache") is not None
    best = Knowledge(tmp_path).answer("since when is there a laboratory?")[0]
    assert "2004" in best.answer
    assert best.heading == ""


def test_words_of_one_stem_are_the_same_and_rare_ones_weigh_more() -> None:
    weights = {"invent": 3.0, "tele": 1.0}
    assert measure_cover(weights, cut_words("Inventors of everything")) == 0.75
    assert measure_cover(weights, cut_words("What a day")) == 0.0
    assert measure_cover({}, ()) == 1.0
    assert weigh_rarity(100, 1) > weigh_rarity(100, 50) > 0


def test_an_answer_says_where_it_stands(knowledge: Knowledge) -> None:
    hours = knowledge.answer("when are you open?")[0]
    assert (hours.title, hours.heading, hours.date, hours.language) == (
        "Our practice",
        "Opening hours",
        "2026-03-01",
        "en",
    )
    assert knowledge.answer("how do I get there by train?")[0].title == "How to find us"


@pytest.mark.parametrize("text", ["", "?!", "👍", "\x00", "' OR 1=1 --", 'a" OR "b', "NEAR(x)", "ü" * 5000, "\ud800"])
def test_any_text_is_a_question_that_breaks_nothing(knowledge: Knowledge, text: str) -> None:
    assert all(0 <= passage.confidence <= 1 for passage in knowledge.answer(text))


def understood(intent: str, confidence: float = 0.5, *entities: Entity, question: bool = False) -> Understanding:
    return Understanding(Intent(intent, confidence), entities=entities, evidence=Evidence(question=question))


def test_only_what_no_intent_takes_opens_the_documents(tmp_path: Path, bundle: Path) -> None:
    nowhere = Documents(tmp_path / "not there")
    assert nowhere.find_passages("hello", understood("greet", 1.0)) is None
    assert nowhere.find_passages("can I have a pizza?", understood("order", 0.95, question=True)) is None
    documents = Documents(bundle)
    for wanted in (understood("nlu_fallback"), understood("out_of_scope"), understood("ask", 1.0)):
        assert documents.find_passages("when do you open?", wanted)
    assert documents.find_passages("when do you open?", understood("greet", 0.4, question=True))


def test_a_passage_can_be_asked_for_as_a_whole(bundle: Path) -> None:
    documents = Documents(bundle)
    best = (documents.find_passages("when do you open?", understood("ask", 1.0)) or [None])[0]
    assert isinstance(best, Passage)
    [passage] = documents.find_passages("", understood("ask", 1.0, Entity("passage", best.key))) or [None]
    assert isinstance(passage, Passage)
    assert (passage.whole, passage.heading) == (True, best.heading)
    assert documents.find_passages("", understood("ask", 1.0, Entity("passage", "p00000000000"))) == ()


def test_a_button_of_yesterday_asks_for_the_same_passage_when_other_pages_came(bundle: Path, tmp_path: Path) -> None:
    before = Knowledge(bundle).answer("when do you open?")[0]
    write_handbook(tmp_path)
    (tmp_path / "knowledge" / "a-new-page.md").write_text("# News\n\nWe have a new chair.\n", encoding="utf-8")
    hours = tmp_path / "knowledge" / "dentist.md"
    hours.write_text(hours.read_text(encoding="utf-8").replace("6 pm", "7 pm"), encoding="utf-8")
    compile_knowledge(tmp_path, tmp_path, "en", tmp_path / "cache")
    passage = Knowledge(tmp_path).read(before.key)
    assert passage is not None
    assert passage.place != before.place
    assert "7 pm" in passage.answer


def test_what_the_gate_lets_through_is_measured_when_documents_are_compiled(bundle: Path, tmp_path: Path) -> None:
    curve = read_curve(bundle)
    assert curve["answerable"] > 10
    assert 0.5 < curve["right_first"] <= 1
    for name in ("answerable_refused", "others_refused"):
        refused = [point[name] for point in curve["points"]]
        assert refused == sorted(refused)
    assert all(point["answerable_refused"] <= point["others_refused"] for point in curve["points"])
    assert read_curve(tmp_path) == {}


def test_vectors_of_unchanged_text_are_kept(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_handbook(tmp_path)
    (tmp_path / "knowledge" / "notes.txt").write_text("The practice was founded in 1990.", encoding="utf-8")
    encoded: list[str] = []
    real = Vectoriser.encode

    def encode(self: Vectoriser, texts: Sequence[str]) -> Floats:
        encoded.extend(texts)
        return real(self, texts)

    monkeypatch.setattr(Vectoriser, "encode", encode)
    compile_knowledge(tmp_path, tmp_path, "en", bundle / "cache")
    assert len(encoded) <= 2


def test_what_nobody_answered_becomes_entries_for_the_faq() -> None:
    not_found, answered = (
        {"event": "bot", "metadata": {"knowledge": {"outcome": o}}} for o in ("not_found", "answered")
    )
    turns: list[dict[str, Any]] = [
        {"text": "do you whiten teeth?", "events": [not_found]},
        {"text": "when do you open?", "events": [answered]},
        {"text": "hello", "events": [{"event": "bot", "metadata": {}}, {"event": "action"}]},
        {"text": '/ask{"passage": "7"}', "events": [not_found]},
    ]
    assert [one.text for one in find_unanswered(turns)] == ["do you whiten teeth?"]


def test_a_question_that_nothing_took_is_one_that_nobody_answered() -> None:
    said = {"event": "bot", "metadata": {}}
    turns: list[dict[str, Any]] = [
        {"text": "do you repair bicycles?", "intent": "nlu_fallback", "events": [said]},
        {"text": "blah blah", "intent": "nlu_fallback", "events": [said]},
        {"text": "where is my order?", "intent": "order_status", "events": [said]},
    ]
    assert [one.text for one in find_unanswered(turns)] == ["do you repair bicycles?"]


def test_questions_that_differ_in_signs_are_one_and_the_most_frequent_comes_first() -> None:
    asked = [
        Unanswered("rare?", 5.0),
        Unanswered("Do you WHITEN teeth?", 1.0, ["Prices"]),
        Unanswered("do you whiten teeth", 9.0, ["Prices > Cleaning"]),
    ]
    questions = count_questions(asked)
    assert [(one.text, one.times, one.near) for one in questions] == [
        ("Do you WHITEN teeth?", 2, ["Prices > Cleaning"]),
        ("rare?", 1, []),
    ]
    assert yaml.safe_load(write_questions(questions))["questions"][0]["asked"] == 2


def test_the_page_of_questions_shows_what_people_wrote_as_text() -> None:
    page = render_page("dentist", count_questions([Unanswered("<script>alert(1)</script>?", 86400.0, ["A & B"])]))
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "A &amp; B" in page
    assert "1970-01-02" in page


def test_a_message_that_is_no_question_to_the_documents_opens_no_database(bundle: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from functions.nlu.documents import Documents
from functions.nlu.understanding import Understanding
from shared.events.meaning import Intent
documents = Documents(Path({str(bundle)!r}))
assert documents.find_passages("hello", Understanding(Intent("greet", 1.0))) is None
print("sqlite3" in sys.modules)
assert documents.find_passages("can I pay by card?", Understanding(Intent("ask", 1.0)))
print("sqlite3" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]

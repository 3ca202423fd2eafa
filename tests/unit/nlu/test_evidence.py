"""What words say besides intent and entities, by language; entities are marked as `[olives]`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.evidence import NEGATING, Reading, negate
from functions.nlu.understanding import understand
from functions.nlu.words import LANGUAGES, words_of
from shared.events.meaning import Cue, Entity, Evidence
from tests.unit.nlu.test_understanding import MODEL


def plain(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and where they stood."""
    places: list[tuple[int, int]] = []
    text = ""
    for part in re.split(r"(\[[^\]]*\])", marked):
        if part.startswith("["):
            places.append((len(text), len(text) + len(part) - 2))
        text += part.strip("[]") if part.startswith("[") else part
    return text, places


def negated(marked: str, language: str = "en") -> list[str]:
    text, places = plain(marked)
    entities = [Entity("x", text[start:end], start, end) for start, end in places]
    return [str(entity.value) for entity in negate(entities, Reading(text, language).cues(places)) if entity.negated]


def kinds(text: str, language: str = "en") -> list[str]:
    marked, places = plain(text)
    return [cue.kind for cue in Reading(marked, language).cues(places)]


@pytest.mark.parametrize(
    ("marked", "unwanted"),
    [
        ("a [large] [margherita] without [olives] to [5 Elm Road]", ["olives"]),
        ("a [large] [margherita] with no [olives] please", ["olives"]),
        ("a [margherita] minus the [olives], [large]", ["olives"]),
        ("a [margherita] with anything but [olives] on it", ["olives"]),
        ("leave the [olives] off", ["olives"]),
        ("take off the [mushrooms] and add [ham]", ["mushrooms"]),
        ("hold the [onions]", ["onions"]),
        ("drop the needle on [kind of blue]", []),
        ("drop the [onions] on it", ["onions"]),
        ("get rid of the bits of [onion]", ["onion"]),
        ("no [olives], [onions] or [ham], [large] please", ["olives", "onions", "ham"]),
        ("without [olives] and [onions]", ["olives", "onions"]),
        ("without [olives] and with [ham]", ["olives"]),
        ("no [olives] and a [naan]", ["olives"]),
        ("a film that is not [horror]", ["horror"]),
        ("a film that isn’t [horror] but [funny]", ["horror"]),
        ("not [horror], [comedy]", ["horror"]),
        ("films by [Lynch], not from the [nineties]", ["nineties"]),
        ("don't play [jazz], play [rock]", ["jazz"]),
        ("play anything except [Queen] from [1975]", ["Queen"]),
        ("i hate [westerns]", ["westerns"]),
        ("[olives] instead of [mushrooms]", ["mushrooms"]),
        ("replace the [mushrooms] with [olives]", ["mushrooms"]),
        ("change the [large] to [small]", ["large"]),
        ("neither [horror] nor [comedy]", ["horror", "comedy"]),
        # Nothing is excluded here.
        ("why not [horror]?", []),
        ("no, I meant [small]", []),
        ("no [3] please", []),
        ("no problem, [large]", []),
        ("don't you have [horror] films?", []),
        ("can't wait to see [Alien]", []),
        ("don't forget the [olives]", []),
        ("play [Don't Stop Me Now]", []),
        ("[No Country for Old Men] please", []),
        ("nothing but [jazz]", []),
        ("not only [jazz]", []),
        ("not older than [2000]", []),
        ("no, make it [large]", []),
        ("add [olives] and [ham]", []),
    ],
)
def test_what_is_negated_removed_or_replaced(marked: str, unwanted: list[str]) -> None:
    assert negated(marked) == unwanted


@pytest.mark.parametrize(
    ("language", "marked", "unwanted"),
    [
        ("de", "eine [Pizza] ohne [Oliven] und mit [Schinken]", ["Oliven"]),
        ("de", "keinen [Horror], bitte", ["Horror"]),
        ("de", "[Oliven] statt [Pilze]", ["Pilze"]),
        ("es", "una [pizza] sin [aceitunas]", ["aceitunas"]),
        ("es", "todo menos [terror]", ["terror"]),
        ("fr", "une [pizza] sans [olives] pour [12 rue X]", ["olives"]),
        ("fr", "pas de [jazz]", ["jazz"]),
        ("it", "una [pizza] senza [olive]", ["olive"]),
        ("it", "[funghi] invece di [olive]", ["olive"]),
        ("pt", "uma [pizza] sem [azeitonas]", ["azeitonas"]),
        ("xx", "without [olives]", []),
    ],
)
def test_every_language_has_its_own_words(language: str, marked: str, unwanted: list[str]) -> None:
    assert negated(marked, language) == unwanted


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wait", "hesitation"), ("ok wait", "hesitation"), ("please wait", "hesitation"),
        ("can you wait", "hesitation"),
        ("hang on a sec", "hesitation"), ("hmm", "hesitation"), ("huh?", "hesitation"), ("sorry?", "hesitation"),
        ("really?", "hesitation"), ("let me think", "hesitation"), ("I'm not sure", "hesitation"),
        ("maybe later", "hesitation"), ("I don't know", "hesitation"), ("what?", "hesitation"),
        ("ok but", "condition"), ("yes if it comes today", "condition"), ("as long as it is hot", "condition"),
        ("that's wrong", "rejection"), ("that’s not right", "rejection"), ("wrong address", "rejection"),
        ("not what I ordered", "rejection"),
        ("no, I meant small", "correction"), ("actually medium", "correction"), ("make it three", "correction"),
        ("also olives", "addition"), ("two more", "addition"), ("olives as well", "addition"),
        ("only olives", "restriction"), ("nothing but jazz", "restriction"),
    ],
)  # fmt: skip
def test_cues_of_each_kind(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "I would really like a pizza", "see you later",
        "a second pizza", "play [Wait a Minute]", "yes", "ok", "go ahead",
        "yes please order it", "what's the weather", "let me know if it rains", "a moment in time by Whitney",
    ],
)  # fmt: skip
def test_a_clear_word_is_no_hesitation(text: str) -> None:
    assert not {"hesitation", "condition", "rejection"} & set(kinds(text))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("can I pay by card", True), ("how long does it take", True), ("is it any good", True),
        ("and what about Rome?", True), ("Could you get me a pizza?", True), ("I'd like a pizza", False),
        ("a large pizza", False), ("don't play jazz", False), ("have a pizza sent", False),
        ("5 Elm Road, ok?", True), ("Will Rogers Drive 5", False), ("你好吗？", True),
    ],
)  # fmt: skip
def test_questions(text: str, question: bool) -> None:
    assert Reading(text, "en").is_question() == question


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("play some jazz and order a pizza", ["play some jazz", "order a pizza"]),
        ("play some jazz, then what's the weather", ["play some jazz", "what's the weather"]),
        ("I'm hungry. Get me a pizza", ["I'm hungry.", "Get me a pizza"]),
        ("is it hot in Paris? and find me a thriller", ["is it hot in Paris?", "find me a thriller"]),
        ("what is\nthe weather\nin Berlin?", []),
        ("play some jazz\nwhat is\nthe weather", ["play some jazz", "what is\nthe weather"]),
        ("hello, I'd like a pizza", []),
        ("yes, make it large", []),
        ("two margheritas and a pepperoni pizza", []),
        ("play [Come and Get It]", []),
        ("play something by Samuel L. Jackson", []),
        ("bring it to St. James Street", []),
        ("[Play It Again, Sam. Call Me]", []),
    ],
)
def test_several_requests_are_told_apart(text: str, parts: list[str]) -> None:
    said, places = plain(text)
    assert [said[start:end] for start, end in Reading(said, "en").segments(places)] == parts


@given(st.text(max_size=60), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_is_read_within_its_bounds(text: str, language: str) -> None:
    reading = Reading(text, language)
    for cue in reading.cues([]):
        assert 0 <= cue.start < cue.end <= cue.until <= len(text)
    ends = [place for pair in reading.segments([]) for place in pair]
    assert ends == sorted(ends)


def test_every_language_has_words_for_every_kind_that_negates() -> None:
    for language in LANGUAGES:
        table = words_of(language)
        assert table is not None
        assert {*NEGATING, "hesitation", "correction", "condition"} <= set(table.cues.values())


def test_two_requests_are_both_understood() -> None:
    understood = understand(MODEL, "play some jazz and order a large margherita to 5 Elm Road", None)
    assert understood.evidence is not None
    first, second = understood.evidence.segments
    assert (first.intent.name, second.intent.name) == ("play_music", "order_food")
    assert {entity.entity for entity in understood.entities} >= {"genre", "dish", "size", "address"}


def test_a_negated_entity_says_so() -> None:
    understood = understand(MODEL, "play anything except the Beatles", None)
    assert [(entity.value, entity.negated) for entity in understood.entities] == [("the Beatles", True)]
    assert understood.evidence == Evidence(
        cues=(Cue("negation", 5, 20, 32),),
        hits=(Entity("artist", "the Beatles", 21, 32, extractor="lookup", negated=True),),
    )


def test_what_says_nothing_besides_has_no_evidence() -> None:
    assert understand(MODEL, "qqq zzz", None).evidence is None


@pytest.mark.parametrize(
    ("marked", "proper"),
    [
        ("hang on, it's Maria", "it's Maria"),
        ("well, wait, 12 Oak Lane", "12 Oak Lane"),
        ("um 12 Oak Lane", "12 Oak Lane"),
        ("hmm... the second one", "the second one"),
        ("wait it's to [12 Oak Lane]", "it's to 12 Oak Lane"),
        ("hang on, wait, uh, a naan", "a naan"),
        ("wait what", None),
        ("hang on", None),
        ("hmm let me think", None),
        ("12 Oak Lane, um", None),
        ("play Wait for me", None),
    ],
)
def test_what_follows_a_hesitation_is_the_message_proper(marked: str, proper: str | None) -> None:
    text, places = plain(marked)
    start = Reading(text, "en").proper_start(places)
    assert (text[start:] if start else None) == proper


def test_an_or_is_no_decision() -> None:
    assert kinds("small or medium") == ["disjunction"]
    assert kinds("klein oder mittel", "de") == ["disjunction"]
    assert kinds("a [hot or cold] one") == []

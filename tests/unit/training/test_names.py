"""Names of lookup tables as examples: which intent they have, in which phrases, and that hits are hints."""

import random
from collections.abc import Sequence

import pytest
from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from functions.nlu.model import Model
from functions.nlu.tables import fold
from model_artifacts.training.nlu.annotation import Annotation, read_annotated
from model_artifacts.training.nlu.augmentation import is_held_out, make_variations
from model_artifacts.training.nlu.encoder import read_encoder
from model_artifacts.training.nlu.names import Named, find_named_entities
from model_artifacts.training.nlu.reading import Example, NluData
from model_artifacts.training.nlu.strength import choose_strength
from model_artifacts.training.nlu.tables import find_ordinary_phrases, make_lookups
from model_artifacts.training.nlu.tagging import Scheme, labels_of, tag_example
from tests.unit.nlu.specifications import specification

TOKENIZER = Tokenizer.from_str(read_encoder().tokenizer)
SAID = {
    "watch": ("[Alien](title)", "[Solaris](title)", "watch [Heat](title)", "anything by [Ridley Scott](director)?",
              "find [Heat](title) please"),
    "listen": ("listen to [Jazz](album)", "anything by [Queen](artist)?", "find [Queen](artist) please",
               "a song by [Queen](artist)", "play [Jazz](album) please"),
    "eat": ("find [pizza](dish) please", "anything by [Mario](cook)?", "[pizza](dish)"),
    "narrow": ("[Queen](artist)", "only [Queen](artist)", "go to [Rome]{\"entity\": \"place\", \"role\": \"to\"}"),
}  # fmt: skip
THINGS = ("Rings", "War", "Love", "Water", "Fire", "Days", "Night", "Stone", "Glass", "Snow", "Gold", "Salt")
TITLES = [f"The {one} of {other}" for one in ("Sign", "Lord", "Art", "Way", "End") for other in THINGS]
LOOKUPS = {
    "title": ["Alien", "Heat", "Jazz", *TITLES],
    "album": ["Jazz", "Thriller"],
    "artist": ["Queen", "Nirvana"],
    "place": ["Rome", "Oslo"],
    "colour": ["red"],
}


def examples() -> list[Example]:
    found: list[Example] = []
    for intent, texts in SAID.items():
        for text in texts:
            plain, annotations = read_annotated(text)
            found.append(Example(plain, intent, annotations, f"nlu.yml:{len(found)}"))
    return found


def find_named(entity: str) -> Named:
    return next(item for item in find_named_entities(examples(), LOOKUPS) if item.entity == entity)


def phrases(entity: str) -> set[tuple[str, str, str]]:
    return {(phrase.before, phrase.after, phrase.intent) for phrase in find_named(entity).phrases}


def test_a_name_alone_has_the_intent_of_such_examples_or_of_most_that_have_its_entity() -> None:
    assert find_named("artist").alone == "narrow"
    assert find_named("title").alone == "watch"
    assert find_named("album").alone == "listen"


def test_names_are_said_in_their_own_phrases_and_in_those_that_say_nothing_else() -> None:
    assert ("a song by ", "", "listen") in phrases("artist")
    # "anything by ...?" stands in three intents, and "find ... please"; "a song by" in one.
    assert {("anything by ", "?", "watch"), ("find ", " please", "watch")} <= phrases("title")
    assert not any("song" in before for before, _, _ in phrases("title"))
    # Where an intent never has the entity, its phrase asks for what is done with the name.
    assert ("anything by ", "?", "listen") in phrases("album")


def test_only_names_of_one_table_that_can_be_said_alone_are_learned() -> None:
    assert {item.entity for item in find_named_entities(examples(), LOOKUPS)} == {"title", "album", "artist"}
    assert "Jazz" not in (*find_named("title").learned, *find_named("album").learned)


def test_a_fifth_of_a_large_table_is_in_no_text_that_is_learned() -> None:
    held_out = {fold(name) for name in TITLES if is_held_out(name)}
    assert 4 < len(held_out) < 24
    assert held_out <= set(map(fold, find_named("title").held_out))
    varying, rng = make_variations(examples(), LOOKUPS), random.Random(0)
    names = [find_named("title").draw(rng, varying).text for _ in range(2000)]
    varied = [varying.vary(example, rng).text for example in examples() * 200]
    assert not any(name in fold(text) for name in held_out for text in (*names, *varied))
    assert len({fold(name) for name in TITLES if any(name in text for text in names)}) == len(TITLES) - len(held_out)


def test_a_name_of_another_table_is_learned_as_one_of_this_where_training_pretends() -> None:
    scheme = Scheme(("eat", "listen", "narrow", "nlu_fallback", "watch"), labels_of(examples()))
    lookups = make_lookups(NluData(lookups=LOOKUPS), scheme.entities(), TOKENIZER)
    example = Example("play Queen now", "watch", (Annotation(5, 10, "title"),), pretends=True)
    row = lookups.rows["title"]
    assert tag_example(TOKENIZER, scheme, example, lookups).cells == ((1, 2 * row),)
    plain = tag_example(TOKENIZER, scheme, Example("play Queen now", "listen"), lookups)
    assert plain.cells == ((1, 2 * lookups.rows["artist"]),)


def test_hits_are_left_out_and_made_up_while_a_network_learns() -> None:
    scheme = Scheme(("listen", "nlu_fallback"), labels_of(examples()))
    lookups = make_lookups(NluData(lookups=LOOKUPS), scheme.entities(), TOKENIZER)
    rng = random.Random(0)
    known, strange = (
        [lookups.soften(lookups.find(text, encode(TOKENIZER, text)), 3, rng) for text in [spoken] * 2000]
        for spoken in ("find Queen please", "find nobody please")
    )
    assert 0.6 < sum(any("artist" in hit.entities for hit in hits) for hits in known) / 2000 < 0.85
    assert 0.02 < sum(bool(hits) for hits in strange) / 2000 < 0.06


def test_what_examples_have_more_often_without_a_mark_tells_nothing() -> None:
    titles = [
        Example("watch it", "watch", (Annotation(6, 8, "title"),)),
        Example("Heat", "watch", (Annotation(0, 4, "title"),)),
    ]
    said = [Example("play it", "listen"), Example("I like it", "narrow"), Example("stop it", "out_of_scope"), *titles]
    lookups = make_lookups(NluData(said, lookups={"title": ["It", "Heat"]}), {"title"}, TOKENIZER)
    assert lookups.tables.entities("heat") == {"title"}
    assert lookups.tables.entities("it") == frozenset()
    kept = make_lookups(NluData(titles, lookups={"title": ["It", "Heat"]}), {"title"}, TOKENIZER)
    assert find_ordinary_phrases(kept.tables, said, TOKENIZER) == {"it"}


class _Plain:
    """A network that sees nothing in any text."""

    def run(self, ids: Sequence[int]) -> tuple[list[float], list[list[float]]]:
        return [0.0, 1.0, 1.2], [[1.0, 0.0, 0.0] for _ in ids]


def model_with(gain: float) -> Model:
    """What a hit of a title adds to the intent "search", which lacks 0.2."""
    raw = {"entities": ["title"], "tags": [[0, 2, 0], [0, 0, 2]], "intents": [[0, gain, 0], [0] * 3, [0] * 3]}
    specified = specification(
        labels=[{"entity": "title"}], transitions=[[0, 0, -1e4], [0, 0, 0], [0, 0, 0]], start=[0, 0, -1e4],
        end=[0] * 3, intent_entities={"search": ["title"], "play": []}, features=raw, whole_words=True,
        thresholds={"confidence": 0.0, "gap": 0.0, "energy": -1e3},
    )  # fmt: skip
    return Model(specified, TOKENIZER, _Plain())


NAME = Example("the thing", "search", (Annotation(0, 9, "title"),))


@pytest.mark.parametrize(("gain", "strength"), [(0.3, 1.0), (0.15, 1.5), (0.11, 2.0), (0.08, 3.0), (0.01, 1.0)])
def test_tables_count_as_much_as_names_need(gain: float, strength: float) -> None:
    assert choose_strength(model_with(gain), (), [NAME]) == strength


def test_tables_count_no_more_than_the_validation_examples_bear() -> None:
    ordinary = Example("play the thing", "play")
    assert choose_strength(model_with(0.08), [ordinary] * 3, [NAME]) == 1.0


def test_without_features_or_names_nothing_is_chosen() -> None:
    assert choose_strength(Model(specification(), TOKENIZER, _Plain()), (), [NAME]) == 1.0
    assert choose_strength(model_with(0.1), (), ()) == 1.0

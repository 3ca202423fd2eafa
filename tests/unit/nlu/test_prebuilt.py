"""Prebuilt entities: what Duckling finds, in its names and values, and lines of postal addresses."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.nlu.evidence import Reading
from functions.nlu.finding import add_prebuilt
from functions.nlu.model import Label, Model
from functions.nlu.normalise import Sent
from functions.nlu.prebuilt import DIMENSIONS, find_prebuilt
from functions.nlu.prebuilt.times import _collect_names
from functions.nlu.understanding import understand
from functions.nlu.words import LANGUAGES, words_of
from model_artifacts.training.nlu.assistant import read_prebuilt
from model_artifacts.training.nlu.reading import InvalidData
from shared.dates.languages import calendar_of
from shared.dates.reference_time import read_reference_time
from shared.events.meaning import Entity
from tests.architecture.code import ROOT
from tests.unit.nlu.test_understanding import MODEL

SENT = Sent("2026-11-26T14:30:00Z", "Europe/Oslo", "en-GB")


def find_values(dimension: str, text: str, language: str = "en") -> list[tuple[str, object]]:
    reference = read_reference_time(SENT.at, SENT.zone, "en-GB" if language == "en" else None, language)
    return [(text[one.start : one.end], one.value) for one in find_prebuilt([dimension], text, language, reference)]


@pytest.mark.parametrize(
    ("language", "dimension", "text", "expected"),
    [
        ("en", "time", "can it come at 8 instead?", [("at 8", "2026-11-26T20:00:00.000+01:00")]),
        ("en", "time", "for tomorrow at 7pm to 5 Elm Road", [("tomorrow at 7pm", "2026-11-27T19:00:00.000+01:00")]),
        ("en", "time", "tomorrow's weather on saturday", [
            ("tomorrow", "2026-11-27T00:00:00.000+01:00"), ("saturday", "2026-11-28T00:00:00.000+01:00")]),
        ("en", "time", "weather friday to monday", [
            ("friday to monday", {"to": "2026-12-01T00:00:00.000+01:00", "from": "2026-11-27T00:00:00.000+01:00"})]),
        ("en", "time", "next week or so", [("next week", "2026-11-30T00:00:00.000+01:00")]),
        ("de", "time", "morgen um 18 uhr zwei Pizzen", [("morgen um 18 uhr", "2026-11-27T18:00:00.000+01:00")]),
        ("it", "time", "Via Roma 12, domani alle 20", [("domani alle 20", "2026-11-27T20:00:00.000+01:00")]),
        ("en", "duration", "for 3 days and half an hour", [("3 days", 3), ("half an hour", 30)]),
        ("en", "number", "two pizzas, 1,000 or 1.5 million", [
            ("two", 2), ("1,000", 1000), ("1.5 million", 1500000)]),
        ("en", "number", "half a dozen eggs", [("half a dozen", 6)]),
        ("de", "number", "zweihundertfünf oder 1.000,5", [("zweihundertfünf", 205), ("1.000,5", 1000.5)]),
        ("fr", "number", "quatre-vingt-dix euros", [("quatre-vingt-dix", 90)]),
        ("es", "number", "veintiuno", [("veintiuno", 21)]),
        ("en", "ordinal", "the second or the 3rd", [("second", 2), ("3rd", 3)]),
        ("de", "ordinal", "der zweite Film", [("zweite", 2)]),
        ("en", "amount-of-money", "it costs $5.50 or 10 euros", [("$5.50", 5.5), ("10 euros", 10)]),
        ("en", "amount-of-money", "between 10 and 20 dollars", [("between 10 and 20 dollars", {"to": 20, "from": 10})]),
        ("en", "amount-of-money", "under $20", [("under $20", {"to": 20, "from": None})]),
        ("de", "amount-of-money", "für 12,50 €", [("12,50 €", 12.5)]),
        ("en", "distance", "5km or 3 miles", [("5km", 5), ("3 miles", 3)]),
        ("en", "volume", "2 litres", [("2 litres", 2)]),
        ("en", "quantity", "2 kg of apples", [("2 kg", 2)]),
        ("en", "temperature", "20 degrees celsius", [("20 degrees celsius", 20)]),
        ("en", "email", "mail (joe@mail.org),call", [("joe@mail.org", "joe@mail.org")]),
        ("en", "url", "see https://example.org/a?b=c, or www.test.com.", [
            ("https://example.org/a?b=c", "https://example.org/a?b=c"), ("www.test.com", "www.test.com")]),
        ("en", "phone-number", "call +1 650-701-8887 now", [("+1 650-701-8887", "(+1) 6507018887")]),
        ("en", "phone-number", "it is 020 7946 0958", [("020 7946 0958", "02079460958")]),
        ("en", "address", "to Apartment 4B, 12 Oak Lane please", [("Apartment 4B, 12 Oak Lane",) * 2]),
        ("en", "address", "7 Oak Lane, second floor", [("7 Oak Lane, second floor",) * 2]),
        ("en", "address", "1600 Pennsylvania Avenue NW", [("1600 Pennsylvania Avenue NW",) * 2]),
        ("en", "address", "P.O. Box 12", [("P.O. Box 12",) * 2]),
        ("de", "address", "nach Musterstraße 12 bitte", [("Musterstraße 12",) * 2]),
        ("es", "address", "a Calle Mayor 5", [("Calle Mayor 5",) * 2]),
        ("it", "address", "in Via Roma 12", [("Via Roma 12",) * 2]),
        ("pt", "address", "na Rua Augusta 100", [("Rua Augusta 100",) * 2]),
        # Words that sound like a time, a number, an address.
        ("en", "time", "see you later", []),
        ("en", "time", "good morning", []),
        ("en", "time", "sun in Malaga, may I order?", []),
        ("en", "time", "movie night", []),
        ("en", "time", "two pizzas for 3 days", []),
        ("en", "time", "between 10 and 20 dollars", []),
        ("en", "number", "a pizza", []),
        ("en", "phone-number", "12 Elm Road on 24/12", []),
        ("en", "url", "fine.thanks and e.g. this", []),
        ("en", "address", "two 12 inch pizzas on the way", []),
    ],
)  # fmt: skip
def test_what_is_found(language: str, dimension: str, text: str, expected: list[tuple[str, object]]) -> None:
    assert find_values(dimension, text, language) == expected


def test_a_prebuilt_entity_has_ducklings_form() -> None:
    reference = read_reference_time(SENT.at, SENT.zone, None, "en")
    (time,) = find_prebuilt(["time"], "on friday", "en", reference)
    assert time.extractor == "DucklingEntityExtractor"
    day = {"value": "2026-11-27T00:00:00.000+01:00", "grain": "day", "type": "value"}
    assert time.additional_info == {**day, "values": [day], "day_said": True}
    (money,) = find_prebuilt(["amount-of-money"], "10€", "en", None)
    assert money.additional_info == {"value": 10, "type": "value", "unit": "EUR"}
    (duration,) = find_prebuilt(["duration"], "2 hours", "en", None)
    normalized = {"unit": "second", "value": 7200}
    assert duration.additional_info == {
        "value": 2,
        "unit": "hour",
        "hour": 2,
        "type": "value",
        "normalized": normalized,
    }


@settings(deadline=None)
@given(st.text(max_size=60) | st.text("0123456789 :/.-apm", max_size=20), st.sampled_from(("en", "de", "fr", "xx")))
def test_any_text_is_looked_through(text: str, language: str) -> None:
    for one in find_prebuilt(DIMENSIONS, text, language, read_reference_time(SENT.at, None, None, language)):
        assert 0 <= (one.start or 0) < (one.end or 0) <= len(text)


def with_prebuilt(*dimensions: str, **normalise: str) -> Model:
    specification = replace(MODEL.specification, prebuilt=dimensions)
    return replace(MODEL, specification=replace(specification, normalise={**specification.normalise, **normalise}))


def entities(model: Model, text: str) -> list[tuple[str, str, object]]:
    return [(one.entity, text[one.start : one.end], one.value) for one in understand(model, text, SENT).entities]


def test_an_assistants_own_time_is_found_and_is_no_quantity() -> None:
    text = "deliver a pizza at 8 tomorrow"
    found = entities(with_prebuilt("time", time="time"), text)
    assert ("time", "8 tomorrow", "2026-11-27T08:00:00+01:00") in found
    assert not [one for one in found if one[0] == "quantity"]


def test_an_entity_that_nobody_taught_is_added_to_every_message() -> None:
    found = entities(with_prebuilt("email"), "play some jazz for joe@mail.org")
    assert ("email", "joe@mail.org", "joe@mail.org") in found
    assert ("genre", "jazz", "jazz") in found


def test_a_clock_time_joins_the_day_beside_it() -> None:
    model = with_prebuilt("time", time="time")
    found = entities(model, "tomorrow a large pizza to 5 Elm Road, at 7pm please")
    assert [one for one in found if one[0] == "time"] == [("time", "7pm", "2026-11-27T19:00:00+01:00")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("can it be on friday instead", {"date": "2026-11-27"}),
        ("friday at 10:30 then", {"date": "2026-11-27", "time": "2026-11-26T22:30:00+01:00"}),
        ("at 7 pm on friday", {"time": "2026-11-26T19:00:00+01:00", "date": "2026-11-27"}),
        ("a table for two", {}),
    ],
)
def test_words_that_the_assistant_reads_as_days_and_hours_are_found_where_the_network_has_none(
    text: str, found: dict[str, str]
) -> None:
    """Entities of those names, which some intent of the assistant has."""
    specification = replace(
        MODEL.specification,
        prebuilt=(),
        normalise={"date": "date", "time": "time"},
        labels=(*MODEL.specification.labels, Label("date")),
    )
    tokens = Reading(text, "en").tokens
    entities, told = add_prebuilt(specification, text, tokens, (), (), SENT)
    assert {one.entity: one.value for one in entities} == found
    assert entities == told


def test_without_prebuilt_entities_nothing_of_them_is_imported() -> None:
    code = (
        "import sys; from pathlib import Path; from functions.nlu.model import load_model; "
        "from dataclasses import replace; from functions.nlu.understanding import understand; "
        f"model = load_model(Path({str(ROOT / 'model_artifacts/assistants/default/bundle')!r})); "
        "model = replace(model, specification=replace(model.specification, prebuilt=())); "
        "understand(model, 'two pizzas', None); "
        "assert not [name for name in sys.modules if 'prebuilt' in name or name in ('phonenumbers', 'text_to_num')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_words_for_times_are_the_calendars(language: str) -> None:
    """What is looked at before anything of times is imported."""
    table, calendar = words_of(language), calendar_of(language)
    assert table is not None
    assert calendar is not None
    assert table.times == _collect_names(calendar)


def test_a_message_that_names_no_time_imports_nothing_of_times() -> None:
    code = (
        "import sys; from pathlib import Path; from functions.nlu.model import load_model; "
        "from functions.nlu.normalise import Sent; from functions.nlu.understanding import understand; "
        f"model = load_model(Path({str(ROOT / 'model_artifacts/assistants/default/bundle')!r})); "
        "assert 'time' in model.specification.prebuilt; sent = Sent('2026-11-26T14:30:00Z'); "
        "understand(model, 'play some jazz by a couple of bands', sent); "
        "assert not [name for name in sys.modules if 'prebuilt' in name or name.startswith('shared.dates')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_dimensions_are_chosen_as_in_rasa_or_in_training_yml() -> None:
    extractor = {"name": "DucklingEntityExtractor", "dimensions": ["time", "number", "credit-card-number"]}
    assert read_prebuilt(Path("x"), {"pipeline": [extractor]}, {}) == ("time", "number")
    everything = read_prebuilt(Path("x"), {"pipeline": ["DucklingEntityExtractor"]}, {})
    assert set(everything) == set(DIMENSIONS) - {"address"}
    assert read_prebuilt(Path("x"), {"pipeline": [extractor]}, {"prebuilt": ["email"]}) == ("email", "time", "number")
    with pytest.raises(InvalidData, match="there is no prebuilt entity 'colour'"):
        read_prebuilt(Path("x"), {}, {"prebuilt": ["colour"]})


def test_the_models_longer_time_is_kept() -> None:
    from functions.nlu.prebuilt import merge_prebuilt

    known = {"grain": "day", "day_said": True}
    model = Entity("time", "2026-11-28", 0, 20, additional_info=known)
    prebuilt = Entity("time", "x", 5, 10)
    assert merge_prebuilt([model], [prebuilt], frozenset({"time"}), frozenset()) == (model,)
    assert merge_prebuilt([replace(model, additional_info=None)], [prebuilt], frozenset({"time"}), frozenset()) == (
        prebuilt,
    )


def test_the_number_of_an_address_is_no_hour() -> None:
    from functions.nlu.prebuilt import merge_prebuilt

    address = Entity("address", "24 Elm Road", 10, 21, extractor="DucklingEntityExtractor")
    hour = Entity("time", "2026-11-27T00:00:00+01:00", 10, 12, extractor="DucklingEntityExtractor")
    learned = frozenset({"time", "address"})
    assert merge_prebuilt([], [hour, address], learned, frozenset()) == (address,)
    assert merge_prebuilt([address], [hour], learned, frozenset()) == (address,)
    apart = replace(hour, start=25, end=29)
    assert merge_prebuilt([address], [apart], learned, frozenset()) == (address, apart)

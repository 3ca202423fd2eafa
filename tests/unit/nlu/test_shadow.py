"""A candidate that reads along: compared message by message, answering nobody, failing nobody."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.nlu.components import Components
from functions.nlu.model import Model, load_model
from functions.nlu.reading import Reader
from functions.nlu.shadow import Shadow
from functions.nlu.stage import Nlu
from functions.nlu.understanding import understand
from knative.local.stages import ASSISTANTS
from shared.errors import Unavailable
from shared.events.catalogue import Entity, Intent, MessageCompared, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.events.meaning import Passage
from shared.process import Process
from shared.serving import Endpoint
from tests.loopback import Asked

MODEL = load_model(ASSISTANTS / "default" / "bundle")
TEXT = "play some jazz"


def live(text: str = TEXT, model: Model = MODEL, **changes: object) -> Envelope:
    message = MessageReceived(text, "me", "2026-11-29T23:30:00Z", "en-US", {"timezone": "Asia/Tokyo"})
    received = Envelope("web:1", "/t", "web:me", message, message.TYPE, "web:1")
    data = Nlu(Reader(model), "live")(received).data
    assert isinstance(data, MessageUnderstood)
    data = replace(data, **changes)  # type: ignore[arg-type]
    return Envelope("web:1.understood", "/parley/nlu", "web:me", data, data.TYPE, "web:1", timings="gateway=1,nlu=3.5")


class Told:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.events: list[Envelope] = []

    def __call__(self, envelope: Envelope) -> None:
        if self.failure:
            raise self.failure
        self.events.append(envelope)

    @property
    def last(self) -> MessageCompared:
        data = self.events[-1].data
        assert isinstance(data, MessageCompared)
        return data


def shadow(publish: Callable[[Envelope], None], model: Model = MODEL) -> Shadow:
    return Shadow(Reader(model), "new", publish)


def test_the_same_model_agrees_with_itself_on_a_day_that_depends_on_when_and_where_it_was_said() -> None:
    told = Told()
    dated = replace(MODEL, specification=replace(MODEL.specification, normalise={"time": "time"}))
    event = live("what is the weather in London tomorrow", dated)
    assert isinstance(event.data, MessageUnderstood)
    assert "2026-12-01" in [entity.value for entity in event.data.entities]
    shadow(told, dated)(event)
    assert told.last.same_entities


def test_the_same_model_agrees_with_itself() -> None:
    told = Told()
    reads = shadow(told)
    for _ in range(2):
        reads(live())
    said = told.last
    assert (said.live, said.candidate, said.live_intent) == ("live", "new", said.candidate_intent)
    assert said.live_confidence == said.candidate_confidence
    assert said.same_entities
    assert not said.failed
    assert said.live_milliseconds == 3.5
    assert said.candidate_milliseconds is not None
    assert told.events[0].id == "web:1.understood.compared.new"


def test_what_was_spoken_and_not_heard_is_not_compared() -> None:
    told = Told()
    shadow(told)(live("", message=MessageReceived("", "me", transcription_failure="silence")))
    assert told.events == []


def test_times_count_in_pairs_and_only_where_both_are_warm() -> None:
    told = Told()
    reads = shadow(told)
    reads(live())
    assert told.last.live_milliseconds is None, "the candidate read its first message"
    reads(replace(live(), timings="nlu=300c"))
    assert told.last.candidate_milliseconds is None, "the live stage had just started"


def test_other_intents_and_other_entities_are_told_without_what_was_said() -> None:
    told = Told()
    reads = shadow(told)
    reads(live(intent=Intent("greet", 0.7), entities=(Entity("genre", "rock", 10, 14),)))
    assert (told.last.live_intent, told.last.candidate_intent) == ("greet", understand(MODEL, TEXT, None).intent.name)  # type: ignore[union-attr]
    assert not told.last.same_entities
    assert "jazz" not in str(encode(told.events[-1]))


def test_what_the_documents_say_is_compared_by_its_words_alone() -> None:
    told = Told()
    reads = shadow(told)
    said = Passage(3, 0.9, "We open at 8.", whole=True, title="Hours")
    for event in (live(), live(passages=(said,)), live(passages=(replace(said, confidence=0.2),))):
        reads(event)
    # Neither was asked; one has an answer; one was asked and has none, as the other.
    compared = [one.data for one in told.events if isinstance(one.data, MessageCompared)]
    assert [one.same_answer for one in compared] == [None, False, True]
    assert "We open" not in str(encode(told.events[1]))


def test_a_candidate_reads_with_its_own_components() -> None:
    told = Told()
    components = Components({"components.a.f": lambda _text, _entities: []})
    Shadow(Reader(MODEL, components=components), "new", told)(live())
    assert not told.last.same_entities


def test_how_sure_a_model_is_of_an_entity_makes_no_other_entity() -> None:
    told = Told()
    found = [replace(entity, confidence=0.1, extractor="other") for entity in understand(MODEL, TEXT, None).entities]
    assert found
    shadow(told)(live(entities=tuple(found)))
    assert told.last.same_entities


def test_it_answers_202_and_nothing_even_where_nobody_can_be_told(caplog: pytest.LogCaptureFixture) -> None:
    headers, body = encode(live())
    for told in (Told(), Told(Unavailable("the broker is down"))):
        assert Endpoint(Process("shadow"), shadow(told), nothing=202)(Asked(headers=headers, body=body)) == (
            "",
            202,
            {},
        )
    assert "a comparison is lost" in caplog.text


def test_a_candidate_that_breaks_is_told_and_breaks_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("an operator that is not there")

    headers, body = encode(live())
    monkeypatch.setattr("functions.nlu.reading.understand", broken)
    told = Told()
    assert Endpoint(Process("shadow"), shadow(told), nothing=202)(Asked(headers=headers, body=body))[1] == 202
    assert told.last == MessageCompared("live", "new", failed=True)
    assert "jazz" not in caplog.text

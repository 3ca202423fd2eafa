"""The stage on the default assistant's committed bundle: what people say, and what nobody should."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.model import Model, load_model
from functions.nlu.reading import Reader
from functions.nlu.stage import Nlu
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.verify import find_differences
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import MessageReceived, MessageUnderstood, TurnCompleted, TurnSummary
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.process import Process
from shared.serving import Endpoint
from tests.architecture.code import ROOT
from tests.loopback import Asked

BUNDLE = ROOT / "model_artifacts" / "assistants" / "default" / "bundle"
MODEL = load_model(BUNDLE)


def received(data: object, kind: str = MessageReceived.TYPE) -> Envelope:
    return Envelope(id="e1", source="/test", subject="rest:me", data=data, type=kind, message="e1", channel="rest")


def find_entities(text: str) -> dict[str, object]:
    return {entity.entity: entity.value for entity in understand(MODEL, text, None).entities}


@pytest.mark.parametrize(
    ("text", "intent", "entities"),
    [
        ("search for a video about horror movies", "search_video", {"genre": "horror"}),
        (
            "something scary with Tom Hanks from the nineties",
            "search_video",
            {"genre": "horror", "actor": "Tom Hanks", "release_year": "1990-1999"},
        ),
        ("play some jazz", "play_music", {"genre": "jazz"}),
        ("bohemian rhapsody by queen", "play_music", {"track": "bohemian rhapsody", "artist": "queen"}),
        ("weather in paris tomorrow", "get_weather", {"place": "paris", "time": "tomorrow"}),
        ("horror", "inform", {"genre": "horror"}),
        ("the second one", "inform", {"ordinal": "second"}),
        ("what about tonight", "inform", {"time": "tonight"}),
        ("how about for tomorrow?", "inform", {"time": "tomorrow"}),
        ("and what about the weather in Oslo", "get_weather", {"place": "oslo"}),
        ("how about no", "deny", {}),
        ("hello", "greet", {}),
    ],
)
def test_the_default_assistant_understands(text: str, intent: str, entities: dict[str, str]) -> None:
    understood = understand(MODEL, text, None)
    assert understood.intent is not None
    assert understood.intent.name == intent
    assert {key: str(value).casefold() for key, value in find_entities(text).items()} == {
        key: value.casefold() for key, value in entities.items()
    }


def test_a_food_order_has_its_parts() -> None:
    text = "two large pizzas with mushrooms"
    understood = understand(MODEL, text, None)
    assert understood.intent is not None
    assert understood.intent.name == "order_food"
    values = find_entities(text)
    assert values["quantity"] == "2"
    assert values["size"] == "large"
    assert "mushroom" in str(values["topping"])
    assert "pizza" in str(values["dish"])


@pytest.mark.parametrize("text", ["asdf qwer", "sdkfjhg sdkjfh", "?!", "你好，今天天气怎么样", "xkcd zzz qqq"])
def test_gibberish_is_not_understood(text: str) -> None:
    understood = understand(MODEL, text, None)
    assert understood.intent is not None
    assert understood.intent.name in ("nlu_fallback", "out_of_scope")


def test_spans_are_characters_of_the_text_whatever_comes_before() -> None:
    text = "👍👍 play some jazz"
    (entity,) = [entity for entity in understand(MODEL, text, None).entities if entity.entity == "genre"]
    assert text[entity.start : entity.end] == "jazz"


@pytest.mark.parametrize("text", ["play «Imagine»", "play “Imagine”", 'play "Imagine"', "play „Imagine“"])
def test_quotes_of_every_kind_are_read_as_plain_ones(text: str) -> None:
    assert understand(MODEL, text, None).ranking == understand(MODEL, 'play "Imagine"', None).ranking


@pytest.mark.parametrize("text", ["weather in Paris🌧️", "weather in ☀️Paris", "weather🌧️in Paris"])
def test_an_emoji_glued_to_a_word_hides_nothing_of_it(text: str) -> None:
    assert find_entities(text) == {"place": "Paris"}


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_text_has_no_intent(text: str) -> None:
    assert understand(MODEL, text, None).intent is None


def test_a_long_text_is_read_to_its_limit_and_says_so() -> None:
    assert understand(MODEL, "play some jazz " * 700, None).truncated
    assert understand(MODEL, "a" * 10_000, None).truncated
    assert not understand(MODEL, "play some jazz", None).truncated


def test_a_direct_message_passes_the_model_by() -> None:
    understood = understand(MODEL, '/search_video@0.7{"genre": "horror"}', None)
    assert understood.intent is not None
    assert (understood.intent.name, understood.intent.confidence) == ("search_video", 0.7)
    assert understood.entities[0].value == "horror"


def test_an_unknown_direct_intent_is_ordinary_text() -> None:
    understood = understand(MODEL, "/made_up_intent", None)
    assert understood.intent is not None
    assert understood.intent.name != "made_up_intent"


@given(st.text(max_size=200))
def test_any_text_is_understood_without_an_exception(text: str) -> None:
    understood = understand(MODEL, text, None)
    for entity in understood.entities:
        assert entity.start is not None
        assert entity.end is not None
        assert 0 <= entity.start < entity.end <= len(text)


@pytest.mark.parametrize("text", ["\ud800 lone", "\x00\x01\x02", "‮backwards", "e\u0301" * 50, "🏳️‍🌈" * 30, "ﬃ ﷺ"])
def test_strange_characters_are_understood_without_an_exception(text: str) -> None:
    understand(MODEL, text, None)


def test_the_stage_answers_one_event_with_everything_that_came() -> None:
    message = MessageReceived(
        text="play some jazz",
        sender="me",
        sent_at="2026-01-01T10:00:00+01:00",
        locale="en-GB",
        metadata={"a": 1},
        address={"to": "x"},
    )
    envelope = received(message)
    answer = Nlu(Reader(MODEL), "b1")(envelope)
    understood = answer.data
    assert isinstance(understood, MessageUnderstood)
    assert answer.type == MessageUnderstood.TYPE
    assert (answer.subject, answer.message) == (envelope.subject, envelope.message)
    assert understood.message == message
    assert understood.bundle == "b1"
    assert Nlu(Reader(MODEL), "b1")(envelope) == answer


def test_the_stage_refuses_other_events() -> None:
    data = TurnCompleted(turn=TurnSummary(message="e1"))
    with pytest.raises(Rejected):
        Nlu(Reader(MODEL), "b1")(received(data, TurnCompleted.TYPE))


def test_the_golden_predictions_hold() -> None:
    count, changed = find_differences(BUNDLE)
    assert count >= 50
    assert changed == []


def copy_of_bundle(target: Path) -> Path:
    for file in BUNDLE.iterdir():
        if file.is_file():
            (target / file.name).write_bytes(file.read_bytes())
    return target


def test_a_model_that_is_missing_or_of_another_format_says_what_to_do(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    raw = json.loads((bundle / "nlu.json").read_bytes())
    (bundle / "nlu.json").write_text(json.dumps({**raw, "format": 99}))
    with pytest.raises(Unavailable, match="format 99"):
        load_model(bundle)
    (bundle / "nlu.json").write_text("{}")
    with pytest.raises(Unavailable, match="task train"):
        load_model(bundle)
    (bundle / "nlu.json").unlink()
    with pytest.raises(Unavailable, match="task train"):
        load_model(bundle)


def test_a_damaged_graph_says_what_to_do(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    (bundle / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(Unavailable, match="task train"):
        load_model(bundle)


def test_the_model_keeps_no_state_between_texts() -> None:
    first = understand(MODEL, "play some jazz", None)
    understand(MODEL, "two large pizzas with mushrooms", None)
    assert understand(MODEL, "play some jazz", None) == first
    assert isinstance(MODEL, Model)


@dataclass(frozen=True)
class Numbers:
    """A network that answers one number everywhere."""

    number: float
    real: Any

    def run(self, ids: Sequence[int]) -> tuple[Any, Any]:
        logits, pieces = self.real.run(ids)
        return [self.number] * len(logits), [[self.number] * len(piece) for piece in pieces]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_an_error_and_never_an_intent(number: float) -> None:
    broken = replace(MODEL, session=Numbers(number, MODEL.session))
    with pytest.raises(ArithmeticError, match="NaN or infinity"):
        understand(broken, "play some jazz", None)
    headers, sent = encode(received(MessageReceived("play some jazz", "me")))
    body, status, _ = Endpoint(Process("nlu"), Nlu(Reader(broken), "b1"))(Asked(headers=headers, body=sent))
    assert status == 422
    assert "jazz" not in body

"""Whatever a conversation holds, every function answers."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.actions.fulfilment import Action, Call, Result
from tests.unit.default_assistant.conftest import NOBODY
from tests.unit.default_assistant.talk import NOW, ROOT, Alone

SLOTS = """
title actor director genre release_year artist track album music_genre music_year dish size topping quantity restaurant
address order_confirmed order_summary dish_choices last_order time topic last_results interests
"""
ENTITIES = """
title actor director genre release_year artist track album dish size topping quantity restaurant address time ordinal
"""
# The place is left out of both, so that nobody is asked for the weather.
SAID = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["horror", "1990-1999", "queen", "second", "large", "2", "margherita", "pizza", "video", "music"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), SAID),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["kind", "items", "at", "dish", "value"]), inner)
    ),
    max_leaves=6,
)


@settings(
    derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    slots=st.dictionaries(st.sampled_from(SLOTS.split()), VALUES, max_size=8),
    entities=st.lists(
        st.fixed_dictionaries(
            {"entity": st.sampled_from(ENTITIES.split()), "value": VALUES, "start": st.integers(-3, 30)}
        ),
        max_size=4,
    ),
    text=st.text(max_size=40),
)
def test_no_slots_and_no_entities_break_a_function(
    actions: Mapping[str, Action], assets: Path, slots: dict[str, object], entities: list[object], text: str
) -> None:
    for name, action in actions.items():
        call = Call(
            action=name,
            sender="s",
            conversation="rest:s",
            message="rest:m",
            now=NOW,
            slots=slots,
            latest_message={"text": text, "intent": {"name": "inform"}, "entities": entities},
            events=tuple({"event": "slot", "name": slot, "value": value} for slot, value in slots.items()),
            assets=assets,
            settings=NOBODY,
        )
        assert isinstance(action(call), Result)


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "😂" * 500, "שלום עולם", "\x00\x07", "a\n\nb", "%s {0} {genre}", "'; DROP TABLE film"]
)
def test_texts_of_any_kind_are_searched_for_in_peace(alone: Alone, text: str) -> None:
    for action, entity in (
        ("action_search_video", "title"),
        ("action_search_video", "actor"),
        ("action_search_video", "genre"),
        ("action_play_music", "track"),
        ("action_play_music", "artist"),
        ("action_refine", "dish"),
        ("action_pick_result", "ordinal"),
    ):
        assert alone.run(action, text, **{entity: text})


def test_the_example_in_the_page_works() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(page.split("```python")[1].split("```")[0], names)  # noqa: S102 - our own page
    action = names["action_greet_by_name"]
    assert callable(action)
    assert action(Call("action_greet_by_name", "s", "rest:s", "m", NOW)).events

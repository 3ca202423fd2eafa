"""Conversations that an older Parley stored are read and go on, also while an action is waited for."""

import json
from pathlib import Path

import pytest

from functions.dialogue.record import message_of, read_turn
from functions.dialogue.stage import Dialogue
from functions.dialogue.state import FORM, document_of, state_of
from shared.events.catalogue import ActionRequested, RepliesDecided
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Store, Turn
from tests.unit.dialogue.test_rolling import AFTER, NOW, TALK, understood
from tests.unit.dialogue.test_stage import completed

KEPT = json.loads((Path(__file__).parent / "stored_forms.json").read_text(encoding="utf-8"))
"""The same conversation in each form, as revision 244a43b wrote it: its state, and its turns by their ids."""


def older(form: str) -> Store:
    """A store with the conversation as it lay there in this form."""
    store, revision = open_store("memory:"), None
    for ident, document in KEPT[form]["turns"].items():
        said = Committed(KEPT[form]["state"], Turn(ident, NOW, document), NOW + 100)
        store.conversations.commit("rest:ann", revision, said, NOW)
        revision = store.conversations.load("rest:ann", ident, NOW).revision
    return store


def test_both_forms_hold_the_same_state_and_the_same_turns() -> None:
    assert state_of(KEPT["1"]["state"]) == state_of(KEPT["2"]["state"])
    for ident, full in KEPT["1"]["turns"].items():
        found = read_turn(KEPT["2"]["turns"][ident], ident)
        requested = {cause for cause, effect in full["effects"].items() if effect["type"] == ActionRequested.TYPE}
        for cause in requested:
            # What the action was shown is in the state, as long as it is waited for.
            shown, kept = full["effects"][cause]["data"], found["effects"][cause]["data"]
            assert kept.items() <= shown.items()
            assert (kept["action"], kept["replies"]) == (shown["action"], shown["replies"])
        others = [{**turn, "effects": turn["effects"].keys()} for turn in (found, full)]
        assert others[0] == others[1]
        for cause in full["effects"].keys() - requested:
            assert found["effects"][cause] == full["effects"][cause]
        assert message_of(found, "ann") == message_of(full, "ann")


@pytest.mark.parametrize("form", ["1", "2"])
def test_a_conversation_of_an_older_form_goes_on_and_is_written_in_the_current_one(form: str) -> None:
    store = older(form)
    dialogue = Dialogue(AFTER, store.conversations, clock=lambda: NOW, action_seconds=30.0)
    again = dialogue(understood(4, *TALK[4]))
    assert again is not None
    assert isinstance(again.data, ActionRequested)
    assert again.data.latest_message["text"] == "affirm"
    ended = dialogue(completed(again))
    assert ended is not None
    assert isinstance(ended.data, RepliesDecided)
    assert dialogue(completed(again)) == ended
    loaded = store.conversations.load("rest:ann", "m4", NOW)
    assert loaded.state is not None
    assert loaded.state["format"] == FORM
    state = state_of(loaded.state)
    assert state.pending is None
    assert state_of(json.loads(json.dumps(document_of(state)))) == state

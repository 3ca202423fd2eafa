"""A conversation as far back as its turns reach, for the few messages that go back behind what the state keeps."""

from collections.abc import Sequence
from dataclasses import replace

from functions.dialogue.domain import Domain
from functions.dialogue.names import LISTEN
from functions.dialogue.record import read_turn
from functions.dialogue.state import Base, State
from shared.events.wire import JSON
from shared.stores.ports import Document, Turn


def extend_state(state: State, turns: Sequence[Turn], domain: Domain) -> State:
    """The state with the events of these turns, oldest first. Of the first one, unless it is the conversation's first,
    only how it left the conversation is taken."""
    documents = [read_turn(turn.document, turn.id) for turn in turns]
    base = None
    if turns and turns[0].number > 1:
        base = _describe_after(documents.pop(0), domain)
    events = tuple(event for document in documents for event in document["events"])
    return replace(state, events=events, base=base)


def _describe_after(turn: Document, domain: Domain) -> Base:
    """The moment after a turn.

    A turn does not say which of the slots that have their initial value were set to it; as to rules that ask for that,
    they count as never set.
    """
    slots: dict[str, JSON] = {
        name: turn["slots"].get(name)
        for name, initial in domain.initial_slots.items()
        if turn["slots"].get(name) != initial
    }
    features = {
        name: domain.slots[name].featurise(value) for name, value in slots.items() if domain.slots[name].influence
    }
    messages = [event for event in turn["events"] if event["event"] == "user"]
    message = messages[-1] if messages else None
    return Base(slots, features, message, LISTEN, turn["active_loop"], None, paused=False)

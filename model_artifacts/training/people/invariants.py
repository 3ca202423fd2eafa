"""What must hold in every conversation, checked on events, slots and actions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.dialogue.domain import Domain
from model_artifacts.training.people.conversing import Heard, Said
from shared.events.wire import JSON

SAME = 3
"""So many times in a row the same answer is no answer any more."""
EARNEST = ("open", "answer", "change", "add", "remove", "yes")
"""Acts of somebody who wants to get on."""
REPLAYED = ("nothing acts without a clear yes", "every turn has an answer", "cancel always works", "no action fails")
"""What shows in the same words whoever says them: such a conversation can be shrunk."""
_PLACEHOLDER = re.compile(r"(?<!\{)\{[a-z_]+(\|[a-z]+)?\}(?!\})")


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold, in which turn (counted from 0), and how it shows."""

    name: str
    turn: int
    detail: str


Turn = tuple[Said, Heard]


def find_broken(turns: Sequence[Turn], confirmed: frozenset[str], domain: Domain) -> Broken | None:
    """The first invariant that the conversation breaks."""
    expected: dict[str, JSON] = {}
    before: Mapping[str, JSON] = {}
    for number, (said, heard) in enumerate(turns):
        detail = _of_turn(said, heard, confirmed, domain, turns[:number])
        if detail is not None:
            return Broken(detail[0], number, detail[1])
        if (wrong := _find_other_value(heard, confirmed, expected)) is not None:
            return Broken("what is done is what was asked for", number, wrong)
        _follow(expected, said, before, heard)
        before = heard.slots
    return None


def _of_turn(
    said: Said, heard: Heard, confirmed: frozenset[str], domain: Domain, before: Sequence[Turn]
) -> tuple[str, str] | None:
    if heard.failed is not None:
        return "no action fails", heard.failed
    if not any(reply.text or reply.buttons or reply.image or reply.custom for reply in heard.replies):
        return "every turn has an answer", "nothing was said"
    if (left := _PLACEHOLDER.search(heard.text)) is not None:
        return "no placeholder reaches a person", left[0]
    acted = [action for action in heard.ran if action in confirmed and not _was_declined(heard.ran[action], domain)]
    if acted and said.act != "yes":
        return "nothing acts without a clear yes", f"{acted[0]} ran after {said.act} {said.text!r}"
    if said.act == "cancel" and (heard.loop is not None or heard.confirms):
        return "cancel always works", f"{heard.loop or 'a question'} is still open"
    last = before[-(SAME - 1) :]
    # Who says what cannot be understood, or something beside it, is asked once more.
    earnest = all(item.act in EARNEST for item in (said, *(turn[0] for turn in last)))
    if len(last) == SAME - 1 and earnest and all(turn[1].text == heard.text for turn in last):
        return f"never the same answer {SAME} times", heard.text[:80]
    return None


def _was_declined(slots: Mapping[str, JSON], domain: Domain) -> bool:
    """Whether the action was shown a clear no: it says that nothing was done."""
    return any(slot.confirm and slots.get(name) is False for name, slot in domain.slots.items())


def _find_other_value(heard: Heard, confirmed: frozenset[str], expected: Mapping[str, JSON]) -> str | None:
    """Where an action that acts is shown another value than the one that was told last."""
    for action, slots in heard.ran.items():
        if action in confirmed:
            for name, value in expected.items():
                if slots.get(name) != value:
                    return f"{action} has {name}={slots.get(name)!r}, told was {value!r}"
    return None


def _follow(expected: dict[str, JSON], said: Said, before: Mapping[str, JSON], heard: Heard) -> None:
    """Keep what the assistant took for what was told: from then on only the person changes it."""
    if heard.loop is None:
        expected.clear()
        return
    for name in list(expected):
        if heard.slots.get(name) is None:
            del expected[name]
    for name in said.tells:
        value = heard.slots.get(name)
        if value is not None:
            expected[name] = value
    if said.act not in ("open", "answer", "late", "change", "correct", "yes"):
        return
    for name, value in heard.slots.items():
        # What a validation worked out beside it (a restaurant, the only size there is).
        if name in expected and before.get(name) != value and value is not None:
            expected[name] = value

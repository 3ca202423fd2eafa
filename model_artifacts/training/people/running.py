"""Holding many conversations, shrinking those that fail to the fewest turns, and counting what was met."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from functions.dialogue.names import LISTEN, SESSION_START
from model_artifacts.training.people.conversing import Conversation, Heard, Said
from model_artifacts.training.people.invariants import REPLAYED, Broken, Turn, find_broken
from model_artifacts.training.people.material import Material
from model_artifacts.training.people.person import Goal, Person, draw_goal
from model_artifacts.training.story_tests.holding import Stages

MOST = 30
"""Turns in which a goal is to be reached."""


@dataclass(frozen=True, slots=True)
class Held:
    """One conversation."""

    seed: str
    goal: Goal
    turns: tuple[Turn, ...]
    reached: bool
    broken: Broken | None
    shrunk: tuple[Turn, ...] = ()
    """The fewest turns that still break it."""


@dataclass(slots=True)
class Report:
    """What came of all conversations."""

    conversations: int = 0
    turns: int = 0
    seconds: float = 0.0
    """Of CPU."""
    reached: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    needed: list[int] = field(default_factory=list)
    """Turns of the conversations that reached their goal."""
    broken: list[Held] = field(default_factory=list)
    dead_ends: list[Held] = field(default_factory=list)
    """Conversations that did not reach their goal, and broke nothing."""
    sources: set[str] = field(default_factory=set)
    """Rules and stories that decided something."""
    said: set[str] = field(default_factory=set)
    """Responses that were said."""


def run(material: Material, stages: Stages, conversations: int, seed: int) -> Report:
    """Hold so many conversations, each with a seed of its own, and report where people ended."""
    report = Report()
    started = time.process_time()
    for number in range(conversations):
        held = hold(material, stages, f"{seed}.{number}")
        report.conversations += 1
        report.turns += len(held.turns)
        report.wanted[held.goal.intent] += 1
        for _, heard in held.turns:
            report.said |= {reply.response for reply in heard.replies if reply.response}
        if held.broken is not None:
            report.broken.append(held)
        elif held.reached:
            report.reached[held.goal.intent] += 1
            report.needed.append(len(held.turns))
        else:
            report.dead_ends.append(held)
    report.seconds = time.process_time() - started
    return report


def hold(material: Material, stages: Stages, seed: str) -> Held:
    """The conversation of this seed, shrunk where it breaks an invariant."""
    random = Random(seed)
    goal = draw_goal(material, random)
    person = Person(material, goal, random)
    conversation = Conversation(stages, seed)
    turns: list[Turn] = []
    heard: Heard | None = None
    found: Broken | None = None
    reached = False
    domain = material.table.domain
    while len(turns) < MOST and not reached and found is None:
        said = person.say_next(heard)
        heard = conversation.say(said)
        turns.append((said, heard))
        found = find_broken(turns, material.confirmed, domain)
        reached = _has_reached(goal, material, said, heard)
    held = Held(seed, goal, tuple(turns), reached and found is None, found)
    if found is None:
        return held
    return Held(seed, goal, held.turns, False, found, _shrink(held, found, material, stages))


def replay(said: Sequence[Said], stages: Stages, seed: str) -> list[Turn]:
    """The same words said to the same assistant."""
    conversation = Conversation(stages, seed)
    return [(item, conversation.say(item)) for item in said]


def _has_reached(goal: Goal, material: Material, said: Said, heard: Heard) -> bool:
    names = {
        str(event.get("name")) for event in heard.events if event["event"] == "action" and event.get("name") is not None
    }
    if goal.kind == "cancel":
        # Where everything was said at once nothing is left to cancel.
        done = any(event["event"] == "active_loop" and event.get("name") is None for event in heard.events)
        return heard.loop is None and not heard.confirms and (said.act == "cancel" or done or goal.form in names)
    if goal.form is not None:
        ended = any(event["event"] == "active_loop" and event.get("name") is None for event in heard.events)
        acted = not material.confirmed or said.act == "yes" or not _needs_confirmation(goal, material)
        return ended and heard.loop is None and acted and goal.form in names
    answered = names - {LISTEN, SESSION_START}
    return bool(answered & material.actions[goal.intent])


def _needs_confirmation(goal: Goal, material: Material) -> bool:
    """Whether the form ends with a yes."""
    domain = material.table.domain
    required = domain.forms[goal.form].required_slots if goal.form is not None else ()
    return any(domain.slots[name].confirm for name in required if name in domain.slots)


def _shrink(held: Held, found: Broken, material: Material, stages: Stages) -> tuple[Turn, ...]:
    """The fewest of its turns, in their order, that break the same invariant. Where people answer what they are asked,
    the same words mean something else once a turn is left out: then all turns are kept."""
    if found.name not in REPLAYED:
        return held.turns
    name = found.name
    said = [turn[0] for turn in held.turns[: found.turn + 1]]
    best = held.turns[: found.turn + 1]
    index = len(said) - 2
    while index >= 0:
        fewer = [*said[:index], *said[index + 1 :]]
        turns = replay(fewer, stages, held.seed)
        again = find_broken(turns, material.confirmed, material.table.domain)
        if again is not None and again.name == name:
            said, best = fewer[: again.turn + 1], tuple(turns[: again.turn + 1])
            index = min(index, len(said) - 1)
        index -= 1
    return best

"""A simulated person: a goal, what is still to be said for it, and behaviours in between, each with a rate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from model_artifacts.training.people.conversing import Heard, Said
from model_artifacts.training.people.material import Material, pick
from shared.events.catalogue import Button
from shared.events.wire import JSON

RATES: Mapping[str, float] = {
    "all_at_once": 0.35,
    "terse": 0.4,
    "misspell": 0.06,
    "by_place": 0.25,
    "by_title": 0.5,
    "correct": 0.12,
    "change": 0.2,
    "digress": 0.12,
    "question": 0.06,
    "nonsense": 0.05,
    "photo": 0.03,
    "silent": 0.02,
    "hesitate": 0.25,
    "wrong": 0.08,
    "emoji": 0.15,
}
"""How often a person does it where it is possible."""
DAY = 86_400.0
PATIENCE = 3
"""How often the same question is answered in words before a button is pressed, or another value named."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a person wants of the assistant."""

    kind: Literal["form", "request", "cancel"]
    intent: str
    form: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """Slot -> the value that is wanted, as it is said."""


def draw_goal(material: Material, random: Random) -> Goal:
    """A goal: a form to be filled, now and then to be left again, or a request that is answered at once."""
    forms = [intent for intent in material.forms if material.examples.get(intent)]
    requests = [
        intent
        for intent in material.actions
        if material.examples.get(intent)
        and intent not in material.reacting | {"cancel", "nlu_fallback", "out_of_scope"}
    ]
    if forms and (not requests or random.random() < 0.65):
        intent = pick(random, sorted(forms))
        form = material.forms[intent]
        values = {}
        for slot in material.table.domain.forms[form].required_slots:
            entity = material.entity_of(slot)
            if entity is not None and material.values.get(entity):
                values[slot] = pick(random, material.values[entity])
        return Goal("cancel" if random.random() < 0.12 else "form", intent, form, values)
    return Goal("request", pick(random, sorted(requests)))


class Person:
    """Says one thing after the other until the goal is reached; the same seed says the same to the same answers."""

    def __init__(self, material: Material, goal: Goal, random: Random, rates: Mapping[str, float] = RATES) -> None:
        self.goal = goal
        self._material = material
        self._random = random
        self._rates = rates
        self._told: dict[str, str] = dict(goal.values)
        self._asked: dict[str, int] = {}
        self._behaved = 0
        self._used: set[str] = set()
        self._opened = False
        self._answered = 0

    def say_next(self, heard: Heard | None) -> Said:
        """The next thing to say, after what was heard."""
        said = self._choose_next(heard)
        if said.act in ("open", "answer", "correct", "digress") and self._draws("misspell"):
            said = Said(_misspell(said.text, self._random), said.act, said.tells, said.after)
        if said.act == "answer" and self._draws("silent"):
            said = Said(said.text, "late", {}, DAY)
        return said

    def _choose_next(self, heard: Heard | None) -> Said:
        goal = self.goal
        if heard is None or not self._opened or (goal.form and heard.loop is None and not heard.confirms):
            self._opened = True
            return self._open()
        if heard.loop in self._material.table.domain.forms and heard.loop != goal.form:
            # Something else began than what was wanted.
            return Said(pick(self._random, self._material.cancel, "/cancel"), "cancel")
        if goal.kind == "cancel" and (self._answered >= 1 or self._random.random() < 0.5):
            return Said(pick(self._random, self._material.cancel, "/cancel"), "cancel")
        if (aside := self._digress_from(heard)) is not None:
            return aside
        if heard.confirms or self._asks_for_a_yes(heard):
            return self._to_confirmation()
        return self._answer(heard)

    def _open(self) -> Said:
        material, goal = self._material, self.goal
        examples = material.examples[goal.intent]
        if goal.form is None:
            fresh = [example for example in examples if example.text not in self._used] or examples
            text = fresh[self._random.randrange(len(fresh))].text
            self._used.add(text)
            return Said(text, "open")
        entities = {material.entity_of(slot): slot for slot in goal.values}
        fitting = [
            example
            for example in examples
            if all(annotation.entity in entities for annotation in example.annotations)
            and len({annotation.entity for annotation in example.annotations}) == len(example.annotations)
        ]
        if not fitting:
            return Said(f"/{goal.intent}", "open")
        if self._draws("all_at_once"):
            most = max(len(example.annotations) for example in fitting)
            fitting = [example for example in fitting if len(example.annotations) == most]
        elif self._draws("terse"):
            least = min(len(example.annotations) for example in fitting)
            fitting = [example for example in fitting if len(example.annotations) == least]
        # Whoever was not understood says it in other words.
        fitting = [example for example in fitting if example.text not in self._used]
        if not fitting or len(self._used) > PATIENCE:
            # And who has no other words, or has lost patience, presses the button.
            return Said(f"/{goal.intent}", "open")
        example = fitting[self._random.randrange(len(fitting))]
        self._used.add(example.text)
        told = {slot: self._told[slot] for a in example.annotations if (slot := entities.get(a.entity)) is not None}
        wanted = {str(material.entity_of(slot)): value for slot, value in told.items()}
        return Said(material.fill(example, wanted), "open", dict(told))

    def _digress_from(self, heard: Heard) -> Said | None:
        """Something that comes in between, now and then."""
        if self._behaved >= 3 or self.goal.form is None:
            return None
        behaviours: tuple[tuple[str, Callable[[], Said | None]], ...] = (
            ("digress", self._digress),
            ("question", lambda: self._choose_phrase("question")),
            ("nonsense", lambda: self._choose_phrase("nonsense")),
            ("photo", lambda: Said("", "photo")),
            ("change", lambda: self._change(heard)),
        )
        for name, behaviour in behaviours:
            if self._draws(name) and (said := behaviour()) is not None:
                self._behaved += 1
                return said
        return None

    def _digress(self) -> Said | None:
        others = [
            intent
            for intent in sorted(self._material.actions)
            if self._material.examples.get(intent)
            and intent not in self._material.reacting | {"cancel", "goodbye", "restart", "human_handoff"}
        ]
        if not others:
            return None
        examples = self._material.examples[pick(self._random, others)]
        return Said(examples[self._random.randrange(len(examples))].text, "digress")

    def _choose_phrase(self, kind: str) -> Said | None:
        words = self._material.words(kind)
        return Said(pick(self._random, words), kind) if words else None

    def _change(self, heard: Heard) -> Said | None:
        """Another value for something that was told, or something more or less on a list of the form."""
        carriers = self._material.words("correct")
        known = [slot for slot in self.goal.values if heard.slots.get(slot) is not None and slot != heard.asked]
        if not carriers or not known:
            return None
        slot = pick(self._random, sorted(known))
        entity = self._material.entity_of(slot) or ""
        value = pick(self._random, self._material.values.get(entity, ()))
        self._told[slot] = value
        return Said(pick(self._random, carriers).format(value=value), "change", {slot: value})

    def _to_confirmation(self) -> Said:
        material = self._material
        if self._behaved < 4:
            for kind in ("hesitate", "wrong"):
                if material.words(kind) and self._draws(kind):
                    self._behaved += 1
                    return Said(pick(self._random, material.words(kind)), kind)
        if self._draws("emoji"):
            return Said("👍", "yes")
        return Said(pick(self._random, material.yes, "yes"), "yes")

    def _asks_for_a_yes(self, heard: Heard) -> bool:
        slot = self._material.table.domain.slots.get(heard.asked or "")
        return slot is not None and slot.type == "bool"

    def _answer(self, heard: Heard) -> Said:
        slot = heard.asked
        if slot is None:
            # Nothing is asked for and nothing is open: the wish is said once more.
            return self._open()
        self._answered += 1
        times = self._asked[slot] = self._asked.get(slot, 0) + 1
        choices = [button for button in heard.buttons if button.payload.startswith("/") and "{" in button.payload]
        value = self._told.get(slot, "")
        if choices and (times > 1 or not value or not self._is_offered(value, choices)) and len(choices) > 1:
            return self._choose_answer(slot, choices)
        if times > PATIENCE:
            entity = self._material.entity_of(slot) or ""
            value = self._told[slot] = pick(self._random, self._material.values.get(entity, ()), value)
        if not value:
            free = self._material.free.get(slot, ())
            return Said(pick(self._random, free, "as you like it, thank you very much"), "answer")
        return Said(value, "answer", {slot: value})

    def _is_offered(self, value: str, choices: list[Button]) -> bool:
        return any(value.casefold() in button.payload.casefold() for button in choices)

    def _choose_answer(self, slot: str, choices: list[Button]) -> Said:
        place = self._random.randrange(len(choices))
        button = choices[place]
        told: dict[str, JSON] = {slot: button.payload}
        if self._draws("by_place"):
            return Said(pick(self._random, (str(place + 1), f"#{place + 1}")), "answer", told)
        if self._draws("by_title"):
            return Said(button.title, "answer", told)
        return Said(button.payload, "answer", told)

    def _draws(self, name: str) -> bool:
        return self._random.random() < self._rates.get(name, 0.0)


def _misspell(text: str, random: Random) -> str:
    """Two neighbouring letters of a longer word exchanged."""
    places = [
        index
        for index in range(1, len(text) - 2)
        if text[index - 1 : index + 3].isalpha() and text[index] != text[index + 1]
    ]
    if not places or text.startswith("/"):
        return text
    place = places[random.randrange(len(places))]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]

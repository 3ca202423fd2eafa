"""The domain while it is put together: what there is, and where each thing was declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.dialogue.names import DEFAULT_ACTIONS
from model_artifacts.training.dialogue.problems import Place
from shared.events.wire import JSON


@dataclass(slots=True)
class Draft:
    """The domain while it is put together from its files; where each thing was declared."""

    intents: dict[str, Place] = field(default_factory=dict)
    intent_options: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    entities: dict[str, Place] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    ignored_entities: list[str] = field(default_factory=list)
    slots: dict[str, Place] = field(default_factory=dict)
    slot_data: dict[str, dict[str, JSON]] = field(default_factory=dict)
    responses: dict[str, Place] = field(default_factory=dict)
    response_data: dict[str, list[JSON]] = field(default_factory=dict)
    actions: dict[str, Place] = field(default_factory=dict)
    forms: dict[str, Place] = field(default_factory=dict)
    form_data: dict[str, dict[str, JSON]] = field(default_factory=dict)
    retrieval_intents: dict[str, Place] = field(default_factory=dict)
    session: dict[str, JSON] = field(default_factory=lambda: {"minutes": 60, "carry_over_slots": True})
    phrases: dict[str, str] = field(default_factory=dict)
    entities_fill_slots: bool = True
    languages: tuple[str, ...] = ("en",)
    """With their regions; the first is that of responses that name none."""
    confirmed: list[str] = field(default_factory=list)
    """Actions with `confirm: true`."""
    context: dict[str, JSON] = field(default_factory=dict)
    """What reading answers in their context needs; empty where the project does not ask for it."""

    @property
    def known_actions(self) -> set[str]:
        return {
            *DEFAULT_ACTIONS,
            *self.actions,
            *self.responses,
            *self.forms,
            *(f"utter_{name}" for name in self.retrieval_intents),
        }

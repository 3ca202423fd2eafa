"""Messages that name their intent: `/intent@0.9{"entity": "value"}`, as buttons and tests send them.

The form is Rasa's (rasa.shared.core.training_data.story_reader.yaml_story_reader, 3.6): the confidence and the JSON
object are optional, what follows them is ignored, an unknown intent makes the message ordinary text.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from shared.events.catalogue import Entity, Intent

PATTERN = re.compile(r"/(?P<intent>[^{@]+)(?P<confidence>@[0-9.]+)?(?P<entities>\{.+\})?")


@dataclass(frozen=True, slots=True)
class Direct:
    intent: Intent
    entities: tuple[Entity, ...]


def read_direct(text: str, intents: Collection[str], entities: Collection[str]) -> Direct | None:
    """The intent and entities that `text` names, or None where it is ordinary text. Entities outside the domain go."""
    lead = len(text) - len(text.lstrip())
    match = PATTERN.match(text.strip())
    if match is None or (name := match["intent"].strip()) not in intents:
        return None
    span = match.span("entities")
    named = tuple(
        Entity(entity=entity, value=value, start=span[0] + lead, end=span[1] + lead, extractor="direct")
        for entity, values in _read_object(match["entities"]).items()
        if entity in entities
        for value in (values if isinstance(values, list) else [values])
    )
    return Direct(Intent(name, _read_confidence(match["confidence"])), named)


def _read_object(text: str | None) -> dict[str, object]:
    try:
        parsed = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _read_confidence(text: str | None) -> float:
    if text is None:
        return 1.0
    try:
        return min(1.0, float(text[1:]))
    except ValueError:
        return 0.0

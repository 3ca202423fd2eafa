"""Small specifications for the tests of the pure modules."""

from typing import Any

from functions.nlu.model import Specification, specify
from model_artifacts.training.nlu.tagging import mark_forbidden


def specification(**changes: Any) -> Specification:
    """Two intents in scope, one fallback; genre and title, and genre again in a role."""
    tags = 7
    transitions = [[-1e4 if strange else 0.0 for strange in row] for row in mark_forbidden(tags).tolist()]
    raw: dict[str, Any] = {
        "format": 1,
        "intents": ["nlu_fallback", "search", "play"],
        "labels": [{"entity": "genre"}, {"entity": "title"}, {"entity": "genre", "role": "not"}],
        "transitions": transitions,
        "start": [0, 0, -1e4, 0, -1e4, 0, -1e4],
        "end": [0] * tags,
        "temperature": 1.0,
        "thresholds": {"confidence": 0.3, "gap": 0.1, "energy": -5.0},
        "intent_entities": {"search": ["genre", "title"], "play": ["genre"]},
        "synonyms": {"scary": "horror", "horror": "horror"},
        "lookups": {"genre": ["horror", "film noir"], "title": ["it", "the thing"]},
        "regexes": [],
        "normalise": {},
        "domain": {"intents": ["search", "play"], "entities": ["genre", "title"]},
    }
    return specify({**raw, **changes})

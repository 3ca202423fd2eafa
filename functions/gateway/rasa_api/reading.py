"""What callers of Rasa's API send, read and checked, and what was understood in the form that they expect."""

import re
from collections.abc import Mapping

from shared.channels import rest
from shared.channels.body import read_object
from shared.channels.names import NAMES
from shared.errors import Rejected
from shared.events.catalogue import Entity, Intent, MessageUnderstood
from shared.events.identity import derive_conversation_id, is_token
from shared.events.wire import JSON
from shared.selecting import SELECTOR, split_ranking, tell_selection

TEXT_LIMIT = 10_000


def conversation_of(name: str) -> str:
    """The conversation that an id of the API names: one of any channel by its whole name, or a sender's on REST."""
    channel, _, rest_of = name.partition(":")
    if channel in NAMES and rest_of and is_token(name):
        return name
    return derive_conversation_id(rest.NAME, name)


def locate_tokens(said: str) -> list[list[int]]:
    """Where the words of a text are, as Rasa's WhitespaceTokenizer finds them."""
    return [[match.start(), match.end()] for match in re.finditer(r"\w+(?:[^\w\s]+\w+)*|[^\w\s]+", said)]


def read_body(body: bytes) -> Mapping[str, JSON]:
    """The JSON object of a body; Rejected where it is empty or no object."""
    if not body:
        raise Rejected("there is no body; send a JSON object")
    return read_object(body)


def read_events(body: bytes) -> JSON:
    if body.lstrip()[:1] == b"[":
        # The same checks as for an object.
        return read_object(b'{"events": ' + body + b"}")["events"]
    return dict(read_body(body))


def read_name(asked: Mapping[str, JSON], what: str) -> str:
    """The `name` of what is asked for, in Rasa's words where it is Rejected: `what` is an action, an intent."""
    name = asked.get("name")
    if not isinstance(name, str) or not name or len(name) > 500:
        raise Rejected(f"Name of the {what} not provided in request body.")
    return name


def read_time(value: str) -> float:
    """Seconds since 1970; Rejected where the text is no finite number."""
    try:
        number = float(value)
    except ValueError as exc:
        raise Rejected("until must be a number: seconds since 1970") from exc
    if number != number or number in (float("inf"), float("-inf")):
        raise Rejected("until must be a number: seconds since 1970")
    return number


def read_entities(given: JSON) -> tuple[JSON, ...]:
    """Entities as Rasa takes them with an intent: a list of objects, or an object of names and values.

    Rejected where it is neither.
    """
    if given is None:
        return ()
    if isinstance(given, Mapping):
        return tuple({"entity": name, "value": value} for name, value in given.items())
    if not isinstance(given, list) or not all(
        isinstance(item, Mapping) and isinstance(item.get("entity"), str) and "value" in item for item in given
    ):
        raise Rejected("entities must be a list of objects with entity and value, or an object of names and values")
    return tuple(dict(item) for item in given)


def read_intent(given: JSON) -> Intent | None:
    """An intent with its confidence, 1 where none is given; None where there is no name. Rejected where that is no
    number.
    """
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        return None
    confidence = given.get("confidence", 1.0)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        raise Rejected("confidence must be a number")
    return Intent(given["name"], float(confidence))


def read_found(parsed: Mapping[str, JSON]) -> tuple[Entity, ...]:
    return tuple(
        Entity(
            item["entity"],
            item["value"],
            **{key: item[key] for key in ("start", "end") if isinstance(item.get(key), int)},
            **{key: item[key] for key in ("role", "group") if isinstance(item.get(key), str)},
        )
        for item in read_entities(parsed.get("entities"))
    )


def _entity_view(entity: Entity) -> dict[str, JSON]:
    """An entity as Rasa's parser answers it."""
    more: dict[str, JSON] = {}
    for key, value in (("role", entity.role), ("group", entity.group)):
        if value is not None:
            more |= {key: value, f"confidence_{key}": entity.confidence}
    if entity.additional_info is not None:
        more["additional_info"] = entity.additional_info
    return {
        "entity": entity.entity,
        "start": entity.start,
        "end": entity.end,
        "confidence_entity": entity.confidence,
        **more,
        "value": entity.value,
        "extractor": entity.extractor,
        "processors": [],
    }


def read_text(asked: Mapping[str, JSON]) -> str:
    """The `text` of what is asked; Rejected where it is missing or too long."""
    said = asked.get("text")
    if not isinstance(said, str) or len(said) > TEXT_LIMIT:
        raise Rejected(f"text must be a text of at most {TEXT_LIMIT} characters")
    return said


def parse_view(said: str, found: MessageUnderstood) -> dict[str, JSON]:
    """What was understood of a text, as POST /model/parse answers it."""
    intent = found.intent
    merged, responses = split_ranking([(item.name, item.confidence) for item in found.ranking])
    ranking: list[JSON] = [{"name": name, "confidence": confidence} for name, confidence in merged]
    kind = intent.name.partition("/")[0] if intent is not None else None
    first: JSON = {"name": kind, "confidence": intent.confidence} if intent is not None else None
    if first is not None and kind in responses:
        first["confidence"] = next(confidence for name, confidence in merged if name == kind)
    if first is not None and first["name"] not in [item["name"] for item in ranking]:
        ranking.insert(0, first)
    return {
        "text": said,
        "intent": first or {"name": None, "confidence": 0.0},
        "entities": [_entity_view(entity) for entity in found.entities],
        "text_tokens": locate_tokens(said),
        "intent_ranking": ranking,
        **({SELECTOR: tell_selection(responses)} if responses else {}),
    }

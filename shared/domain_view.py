"""The domain in the form that Rasa sends to action servers, made of the compiled dialogue of a bundle."""

from collections.abc import Mapping

from shared.events.wire import JSON


def render_domain(dialogue: JSON) -> dict[str, JSON]:
    """Rasa's domain object; what the compiled dialogue does not name is left empty."""
    domain = dialogue.get("domain", {}) if isinstance(dialogue, Mapping) else {}
    session = domain.get("session", {})
    return {
        "version": "3.1",
        "intents": sorted(domain.get("intents", ())),
        "entities": sorted(domain.get("entities", ())),
        "slots": {name: _read_slot(body) for name, body in domain.get("slots", {}).items()},
        "forms": dict(domain.get("forms", {})),
        "responses": dict(domain.get("responses", {})),
        "actions": sorted(domain.get("actions", ())),
        "session_config": {
            "session_expiration_time": session.get("minutes", 60),
            "carry_over_slots_to_new_session": session.get("carry_over_slots", True),
        },
    }


def _read_slot(body: Mapping[str, JSON]) -> dict[str, JSON]:
    view: dict[str, JSON] = {
        "type": body["type"],
        "influence_conversation": body.get("influence", True),
        "mappings": list(body.get("mappings", ())),
    }
    if body.get("initial") is not None:
        view["initial_value"] = body["initial"]
    if body.get("values"):
        view["values"] = list(body["values"])
    if body["type"] == "float":
        view |= {"min_value": body.get("low", 0.0), "max_value": body.get("high", 1.0)}
    return view

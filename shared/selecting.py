"""Retrieval intents as Rasa's parser tells them: the intent that responses have in common, and which of them it is.

Here each response (`faq/ask_price`) is a class of the intent model, so one ranking holds both. Rasa has the common
intent (`faq`) in the ranking, and a ResponseSelector's choice beside it (rasa/nlu/selectors/response_selector.py, 3.6).
"""

from collections.abc import Collection, Mapping, Sequence

from shared.events.wire import JSON

SELECTOR = "response_selector"
DEFAULT = "default"
"""The selector of all retrieval intents, which Rasa has where config.yml names no `retrieval_intent`."""


def split_ranking(
    ranking: Sequence[tuple[str, float]], kinds: Collection[str] | None = None
) -> tuple[list[tuple[str, float]], dict[str, list[tuple[str, float]]]]:
    """The ranking with one entry for each retrieval intent, and for each of them its responses, best first.

    `kinds`: the retrieval intents of the domain; where they are not known, whatever has a `/`.
    """
    merged: dict[str, float] = {}
    responses: dict[str, list[tuple[str, float]]] = {}
    for name, confidence in ranking:
        kind, slash, _ = name.partition("/")
        if slash and (kinds is None or kind in kinds):
            responses.setdefault(kind, []).append((name, confidence))
        else:
            kind = name
        merged[kind] = merged.get(kind, 0.0) + confidence
    ordered = {kind: sorted(found, key=lambda item: -item[1]) for kind, found in responses.items()}
    return sorted(merged.items(), key=lambda item: -item[1]), ordered


def tell_selection(
    responses: Mapping[str, Sequence[tuple[str, float]]],
    kinds: Collection[str] = (),
    said: Mapping[str, Sequence[JSON]] | None = None,
) -> dict[str, JSON]:
    """The value of `response_selector` in what was parsed: for each retrieval intent the response that was chosen, with
    the variations that are `said` for it, and the ranking of them all; confidences are those among its own."""
    told: dict[str, JSON] = {"all_retrieval_intents": sorted({*kinds, *responses})}
    everything = [item for found in responses.values() for item in found]
    for kind, found in (*responses.items(), (DEFAULT, sorted(everything, key=lambda item: -item[1]))):
        total = sum(confidence for _, confidence in found) or 1.0
        ranking = [
            {"intent_response_key": name, "confidence": round(confidence / total, 6)} for name, confidence in found
        ]
        if not ranking:
            continue
        action = f"utter_{ranking[0]['intent_response_key']}"
        variations = list((said or {}).get(action, ()))
        told[kind] = {"response": {"responses": variations, "utter_action": action, **ranking[0]}, "ranking": ranking}
    return told

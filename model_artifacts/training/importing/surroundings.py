"""What a project's endpoints.yml, credentials.yml and sessions say besides, and what takes its place here."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model_artifacts.training.importing.reading import load_yaml
from shared.channels.names import NAMES

ENDPOINTS: Mapping[str, str] = {
    "nlg": "set NLG_ENDPOINT to the server's address, for dialogue and for actions: it is asked for each response, and "
    "where it fails the domain's own is said. A response that it alone has is written `utter_x: []` in domain.yml",
    "tracker_store": "conversations are kept in SQLite on one machine, in Firestore elsewhere: STORE_URL. What Rasa "
    "has stored is not taken over; POST /conversations/ID/tracker/events takes the events of one conversation",
    "event_broker": "every event is a CloudEvent on the broker, which a Trigger of your own brings to whoever wants it",
    "lock_store": "nothing takes its place: writes to a conversation are guarded by its revision, and need no lock",
    "models": "bundles come from a shelf: `task bundle:push`, `task bundle:pull`",
    "cache": "nothing takes its place: training takes seconds",
}
CHANNELS: Mapping[str, str] = {
    "facebook": "messenger",
    "socketio": "socketio",
    "rest": "rest",
    "callback": "callback",
    "rasa": "",
    "botframework": "teams",
    "hangouts": "gchat",
    "twilio": "twilio",
}
"""Rasa's name of a channel -> ours; empty for what is none."""


def read_surroundings(source: Path) -> tuple[str, ...]:
    """A sentence for each part of endpoints.yml and credentials.yml. Values are never shown: they are secrets."""
    root = source.resolve()
    return (*_read_endpoints(_load(root, "endpoints.yml")), *_read_channels(_load(root, "credentials.yml")))


def has_server_of_responses(source: Path) -> bool:
    """Whether a server says the project's responses (`nlg:`)."""
    return bool(_load(source.resolve(), "endpoints.yml").get("nlg"))


def _read_endpoints(document: Mapping[str, Any]) -> Iterator[str]:
    for name in document:
        if name == "action_endpoint":
            continue
        known = ENDPOINTS.get(str(name), "this means nothing here")
        yield f"endpoints.yml, {name}: {known}"


def _read_channels(document: Mapping[str, Any]) -> Iterator[str]:
    here, own = [], []
    for name in map(str, document):
        ours = CHANNELS.get(name, name)
        if ours in NAMES:
            here.append(f"{name} ({ours})" if ours != name else name)
        elif ours:
            own.append(name)
    if here:
        yield (
            f"credentials.yml, {', '.join(here)}: set what each needs in .env; `task channels` says what that is "
            "(shared/channels/README.md); the webhooks' paths stay as they are"
        )
    for name in own:
        yield (
            f"credentials.yml, {name}: a channel of the project's own, whose Python is not run; its server can call "
            "/webhooks/rest/webhook, or it is written anew as CONTRIBUTING.md says (A channel)"
        )


def _load(root: Path, name: str) -> Mapping[str, Any]:
    path = root / name
    if not path.is_file() or not path.resolve().is_relative_to(root):
        return {}
    return load_yaml(path)

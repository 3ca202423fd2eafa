"""What the assistant says: which variation of a response, with slots filled in, as tracker events and replies.

Selection is Rasa's: conditional variations for this channel, then unconditional ones for this channel, then
conditional ones for any channel, then the rest. Among equals the choice hangs on the message alone, so that a
redelivered message is answered the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from functions.dialogue.incoming import Incoming
from functions.dialogue.names import APOLOGY, LANGUAGE_SLOT, UTTER
from functions.dialogue.tracker import Event, Tracker
from shared.digest import sha256
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

_PLACEHOLDER = re.compile(r"{{|}}|{([^\n{}]+?)}")
_PARTS = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")


DEEPEST = 9
"""So many parts may stand within each other."""


def _is_part(value: JSON) -> bool:
    if isinstance(value, list):
        return any(map(_is_part, value))
    if not isinstance(value, Mapping):
        return False
    return str(value.get("response")).startswith(UTTER) or ("sign" in value and isinstance(value.get("parts"), list))


class Generator(Protocol):
    """A server of responses, as seen from within a turn (functions.dialogue.remote.Remote)."""

    def generate(
        self, name: str, ident: str | None, arguments: Mapping[str, JSON], tracker: Tracker
    ) -> Mapping[str, JSON] | None: ...


class _Values(dict[str, JSON]):
    """What fills the braces of a response; a part among the values is said when somebody asks for it, not before."""

    def __init__(self, values: Mapping[str, JSON], said: Callable[[JSON], JSON]) -> None:
        super().__init__(values)
        self._said = said

    def __getitem__(self, name: str) -> JSON:
        value = super().__getitem__(name)
        return self._said(value) if _is_part(value) else value

    def get(self, name: str, default: JSON = None) -> JSON:
        # Not dict's own, which knows nothing of parts.
        try:
            return self[name]
        except KeyError:
            return default


class Speaker:
    """Says responses within one message of one conversation."""

    def __init__(
        self,
        responses: Mapping[str, Sequence[Mapping[str, JSON]]],
        channel: str,
        seed: str,
        language: str = "en",
    ) -> None:
        self._responses = responses
        self.language = language
        self._channel = channel
        self._seed = seed
        self._generator: Generator | None = None

    def asking(self, generator: Generator) -> "Speaker":
        """One that has `generator` say each response, and says the domain's own where that does not answer."""
        asking = Speaker(self._responses, self._channel, self._seed, self.language)
        asking._generator = generator
        return asking

    def say(self, name: str, tracker: Tracker, variables: Mapping[str, JSON] | None = None) -> Event | None:
        """The bot event that says response `name`; None where no variation of it suits."""
        # A slot may hold a part of a sentence, too: what is ordered, in whichever language it is read out.
        slots = tracker.live.slots
        values = _Values({**slots, **(variables or {})}, lambda value: self._part(value, tracker))
        if self._generator is not None:
            chosen = self._chosen(name, tracker)
            ident = chosen.get("id") if chosen is not None else None
            arguments = {key: values[key] for key in variables or ()}
            said = self._generator.generate(name, ident, arguments, tracker)
            if said is not None:
                return bot_event(said, name)
        own = self._say(name, tracker, values)
        if own is None and self._generator is not None and name in self._responses:
            # Only the server has words for it: not in silence.
            return self._say(APOLOGY, tracker, slots) or bot_event({"text": self.default(APOLOGY)}, APOLOGY)
        return own

    def _say(self, name: str, tracker: Tracker, values: Mapping[str, JSON]) -> Event | None:
        chosen = self._chosen(name, tracker)
        if chosen is None:
            return None
        draft = {
            key: interpolate(part, values, self.language) if key != "elements" else part
            for key, part in chosen.items()
            if key not in ("condition", "channel", "language", "id", "metadata")
        }
        if isinstance(chosen.get("metadata"), Mapping):
            draft["metadata"] = chosen["metadata"]
        return bot_event(draft, name)

    def _chosen(self, name: str, tracker: Tracker) -> Mapping[str, JSON] | None:
        """The variation that suits; None where none does."""
        suitable = variations_in(self.language, self._responses.get(name, ()), self._channel, tracker.live.slots)
        return suitable[self._choice(name, tracker, len(suitable))] if suitable else None

    def say_or_default(
        self,
        name: str,
        tracker: Tracker,
        variables: Mapping[str, JSON] | None = None,
        otherwise: str | None = None,
    ) -> Event:
        """The response, or what the engine says itself where the project has none of that name; `otherwise` is the name
        of its text where that is another."""
        said = self.say(name, tracker, variables)
        if said is not None:
            return said
        text = self.default(otherwise or name)
        return bot_event({"text": interpolate(text, variables or {}, self.language)}, name)

    def default(self, name: str) -> str:
        """What the engine says itself, in the person's language."""
        from functions.dialogue.texts import find_default_text

        return find_default_text(name, self.language)

    def _part(self, value: JSON, tracker: Tracker, depth: int = 0) -> JSON:
        """The value; where it is a part (functions.actions.fulfilment.part), what its response says."""
        if isinstance(value, list):
            return [self._part(item, tracker, depth + 1) for item in value] if depth < DEEPEST else value
        if not _is_part(value) or depth > DEEPEST:
            return value
        if "parts" in value:
            said = [self._part(item, tracker, depth + 1) for item in value["parts"]]
            return str(value.get("sign", " ")).join(str(item) for item in said if item not in (None, ""))
        rest = {key: item for key, item in value.items() if key not in ("response", "otherwise")}
        rest = {key: self._part(item, tracker, depth + 1) for key, item in rest.items()}
        event = self._say(value["response"], tracker, {**tracker.live.slots, **rest})
        return value.get("otherwise", "") if event is None else event["text"]

    def say_all(self, responses: Iterable[JSON], tracker: Tracker) -> list[Event]:
        """The bot events of an action's responses, in the form of rasa_sdk's dispatcher."""
        events = []
        for response in responses:
            rest = dict(response)
            name = rest.pop("response", None) or rest.pop("template", None)
            rest.pop("template", None)
            draft: dict[str, Any] = {}
            if name:
                said = self.say(name, tracker, rest)
                if said is None:
                    continue
                draft = {"text": said["text"], **{key: part for key, part in said["data"].items() if part}}
                draft |= {"voice": said["metadata"].get("voice")}
            buttons = rest.pop("buttons", None) or []
            if buttons:
                titled = [{**one, "title": self._part(one.get("title"), tracker)} for one in buttons]
                draft["buttons"] = [*draft.get("buttons", ()), *titled]
            draft.update({key: part for key, part in rest.items() if part})
            events.append(bot_event(draft, name))
        return events

    def _choice(self, name: str, tracker: Tracker, count: int) -> int:
        if count == 1:
            return 0
        # A second use of the response within one message may be said differently.
        seed = f"{self._seed}/{name}/{_said_since_message(tracker)}"
        return int(sha256(seed.encode("utf-8", "surrogatepass"))[:8], 16) % count


def _said_since_message(tracker: Tracker) -> int:
    count = 0
    for event in reversed(tracker.events):
        if event["event"] == "user":
            break
        count += event["event"] == "bot"
    return count


def speaker_for(message: Incoming, tracker: Tracker) -> Speaker:
    """Who answers this message, in the language of its conversation."""
    domain = tracker.domain
    spoken = (message.language or tracker.slot(LANGUAGE_SLOT)) if domain.languages else None
    language = domain.language_for(message.locale, spoken if isinstance(spoken, str) else None)
    return Speaker(domain.responses, message.channel, message.id, language)


def bot_event(draft: Mapping[str, JSON], name: str | None) -> Event:
    data = {part: draft.get(part) for part in _PARTS}
    metadata: dict[str, JSON] = {"utter_action": name} if name else {}
    if isinstance(draft.get("metadata"), Mapping):
        metadata["metadata"] = draft["metadata"]
    if isinstance(draft.get("voice"), str):
        metadata["voice"] = draft["voice"]
    return {"event": "bot", "text": draft.get("text"), "data": data, "metadata": metadata}


def reply_of(event: Event) -> Reply | None:
    """What a bot event says; None where it says nothing."""
    data = event.get("data") or {}
    reply = Reply(
        text=str(event["text"]) if event.get("text") is not None else None,
        buttons=_make_buttons(data.get("buttons")),
        quick_replies=_make_buttons(data.get("quick_replies")),
        image=data.get("image"),
        attachment=data.get("attachment") if data.get("attachment") != data.get("image") else None,
        elements=tuple(data.get("elements") or ()),
        custom=data.get("custom"),
        voice=(event.get("metadata") or {}).get("voice"),
        response=(event.get("metadata") or {}).get("utter_action"),
    )
    parts = (
        reply.text,
        reply.buttons,
        reply.quick_replies,
        reply.image,
        reply.attachment,
        reply.elements,
        reply.custom,
    )
    return reply if any(parts) else None


def _make_buttons(buttons: JSON) -> tuple[Button, ...]:
    found = []
    for button in buttons or ():
        title = str(button.get("title", ""))
        found.append(Button(title, str(button.get("payload", title))))
    return tuple(found)


def variations_in(
    language: str, responses: Sequence[Mapping[str, JSON]], channel: str, slots: Mapping[str, JSON]
) -> list[Mapping[str, JSON]]:
    """The variations that may be said now in this language: those of its region, else of the language, else those that
    name none, which are in the assistant's first language."""
    if not any("language" in response for response in responses):
        return list_variations(responses, channel, slots)
    for wanted in dict.fromkeys((language, language.partition("-")[0], None)):
        own = [response for response in responses if response.get("language") == wanted]
        if found := list_variations(own, channel, slots):
            return found
    return []


def list_variations(
    responses: Sequence[Mapping[str, JSON]], channel: str, slots: Mapping[str, JSON]
) -> list[Mapping[str, JSON]]:
    """The variations of a response that may be said now: the most specific kind that has any."""
    plain = [response for response in responses if response.get("condition") is None]
    met = [
        response
        for response in responses
        if response.get("condition") and all(_is_met(condition, slots) for condition in response["condition"])
    ]
    for kind, on in ((met, channel), (plain, channel), (met, None), (plain, None)):
        if found := [response for response in kind if response.get("channel") == on]:
            return found
    return []


def _is_met(condition: Mapping[str, JSON], slots: Mapping[str, JSON]) -> bool:
    value, wanted = slots.get(condition["name"]), condition["value"]
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return bool(value == wanted)


def interpolate(part: JSON, values: Mapping[str, JSON], language: str = "en") -> JSON:
    """`part` with `{slot}` and `{slot|filter}` filled in, through lists and objects."""
    if isinstance(part, str):
        return _interpolated_text(part, values, language)
    if isinstance(part, list):
        return [interpolate(item, values, language) for item in part]
    if isinstance(part, Mapping):
        return {key: interpolate(item, values, language) for key, item in part.items()}
    return part


def _interpolated_text(text: str, values: Mapping[str, JSON], language: str) -> str:
    """As Rasa fills in, but for a name that nothing fills: it is left out, where Rasa shows people the braces. What is
    no name within braces leaves the whole text as it is, `{{` is a brace."""
    if "{" not in text and "}" not in text:
        return text
    for match in _PLACEHOLDER.finditer(text):
        name = (match[1] or "").partition("|")[0].strip()
        if match[1] is not None and name not in values and not name.isidentifier():
            return text

    def fill(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        name, _, kind = match[1].partition("|")
        if not kind:
            return str(values[match[1]]) if match[1] in values else ""
        from functions.dialogue.filters import apply_filter

        return apply_filter(values.get(name.strip()), kind.strip(), language)

    return _PLACEHOLDER.sub(fill, text)

"""The message as the dialogue takes it, and the tracker event that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.dialogue.domain import Domain
from functions.dialogue.names import NLU_FALLBACK
from functions.dialogue.tracker import Event
from shared.events.catalogue import Attachment, Entity, MessageUnderstood
from shared.events.meaning import Evidence, Heard, Language, Otherwise
from shared.events.wire import FORMERLY, JSON, to_wire

RANKED = 10
"""Intents of the ranking that are kept."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message, understood."""

    id: str
    text: str
    sender: str
    intent: str | None
    confidence: float
    ranking: tuple[JSON, ...] = ()
    """`{"name", "confidence"}`, the surest first."""
    entities: tuple[JSON, ...] = ()
    """In Rasa's form."""
    alternatives: tuple[JSON, ...] = ()
    """What its words may be besides, in the same form; see `answering`."""
    channel: str = ""
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    locale: str | None = None
    sent_at: str | None = None
    address: Mapping[str, JSON] = field(default_factory=dict)
    meant: str | None = None
    """Of a message that clarifies an earlier one: the words of that one."""
    external: bool = False
    """Nobody said it: a reminder, or another system's event."""
    attachments: tuple[Attachment, ...] = ()
    model: str | None = None
    """The bundle whose model understood it."""
    transcription_failure: str | None = field(default=None, metadata={FORMERLY: "unheard"})
    """Why it has no text: it was spoken, and did not become any."""
    heard: tuple[Heard, ...] = ()
    """Where it was spoken and may mean different things: what may have been said; gone once that was settled."""
    evidence: Evidence | None = None
    """What its words say besides; gone once it was read in its context."""
    reading: Mapping[str, JSON] | None = None
    """What it turned out to be in its context: `stance`, `question`, `task`."""
    passages: tuple[JSON, ...] = ()
    """What the documents have on it (shared.events.meaning.Passage), best first."""
    language: str | None = None
    """Of the conversation, in which it is answered; None where the assistant has one language."""
    spoken: Language | None = None
    """Which language it is in; gone once that was settled."""
    otherwise: tuple[Otherwise, ...] = ()
    """How it reads in others of the assistant's languages; gone once its language was settled."""
    requested: str = ""
    """What another system asks for, and reads the replies of: an `intent`, an `action`, a `message`; see
    TurnRequested."""
    action: Mapping[str, JSON] = field(default_factory=dict)
    """The action that it asks for: name, policy, confidence."""
    late: bool = False
    """Its answer was wanted before now. An old yes is no clear yes."""

    def origin(self) -> dict[str, JSON]:
        """Who sent it, and where they are answered."""
        return {
            "sender": self.sender,
            "channel": self.channel,
            "locale": self.locale,
            "address": dict(self.address),
        }

    def event(self, domain: Domain, now: float) -> Event:
        """The tracker event of this message."""
        name, full = self.intent, None
        if name is not None and "/" in name and name.split("/", 1)[0] in domain.retrieval_intents:
            name, full = name.split("/", 1)[0], name
        intent: dict[str, JSON] = {"name": name, "confidence": self.confidence}
        if full is not None:
            intent["full_retrieval_intent_name"] = full
        text = self.text if self.meant is None else self.meant
        metadata = dict(self.metadata)
        if self.attachments:
            # Where actions, and rasa_sdk, find them.
            metadata["attachments"] = [to_wire(attachment) for attachment in self.attachments]
        return {
            "event": "user",
            "timestamp": now,
            "text": text,
            "parse_data": {
                "text": text,
                "intent": intent,
                "intent_ranking": list(self.ranking),
                "entities": list(self.entities),
                "message_id": self.id,
                "metadata": metadata,
                **({"reading": dict(self.reading)} if self.reading is not None else {}),
                **({"passages": list(self.passages)} if self.passages else {}),
                **(self._selection(domain) if domain.retrieval_intents else {}),
            },
            "input_channel": self.channel,
            "message_id": self.id,
            "metadata": metadata,
        }

    def _selection(self, domain: Domain) -> dict[str, JSON]:
        """What a ResponseSelector would have told, as custom actions and `utter_faq` read it."""
        # Imported here: an assistant without retrieval intents pays for none of it.
        from shared.selecting import SELECTOR, split_ranking, tell_selection

        ranking = [(str(item["name"]), float(item["confidence"])) for item in self.ranking]
        if self.intent is not None and self.intent not in [name for name, _ in ranking]:
            ranking.insert(0, (self.intent, self.confidence))
        _, responses = split_ranking(ranking, domain.retrieval_intents)
        return {SELECTOR: tell_selection(responses, domain.retrieval_intents, domain.responses)} if responses else {}


def make_incoming(understood: MessageUnderstood, ident: str, channel: str) -> Incoming:
    """The message of an event, in Rasa's terms."""
    message, intent = understood.message, understood.intent
    ranking: list[JSON] = [{"name": item.name, "confidence": item.confidence} for item in understood.ranking[:RANKED]]
    if intent is not None and intent.name == NLU_FALLBACK:
        # As Rasa shows it: nlu_fallback first, then what the message may have meant.
        meant = [item for item in ranking if item["name"] != NLU_FALLBACK]
        ranking = [{"name": intent.name, "confidence": intent.confidence}, *meant]
    return Incoming(
        id=ident,
        text=message.text.strip(),
        sender=message.sender,
        intent=intent.name if intent is not None else None,
        confidence=intent.confidence if intent is not None else 0.0,
        ranking=tuple(ranking),
        entities=tuple(map(in_rasas_form, understood.entities)),
        alternatives=tuple(map(in_rasas_form, understood.alternatives or ())),
        channel=channel,
        metadata=message.metadata,
        locale=message.locale,
        sent_at=message.sent_at,
        address=message.address,
        attachments=message.attachments,
        model=understood.bundle,
        transcription_failure=message.transcription_failure if not message.text.strip() else None,
        heard=understood.heard or (),
        evidence=understood.evidence,
        spoken=understood.language,
        otherwise=understood.otherwise or (),
        passages=tuple(to_wire(understood.passages or ())),
    )


def in_rasas_form(entity: Entity) -> JSON:
    """The entity as trackers, stories and actions know it."""
    known = {"start": entity.start, "end": entity.end, "role": entity.role, "group": entity.group}
    return {
        "entity": entity.entity,
        "value": entity.value,
        **{key: value for key, value in known.items() if value is not None},
        "confidence_entity": entity.confidence,
        "extractor": entity.extractor,
        **({"negated": True} if entity.negated else {}),
        **({"additional_info": entity.additional_info} if entity.additional_info is not None else {}),
    }

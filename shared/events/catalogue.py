"""The events that stages exchange: what happened, in the past tense, with the type of its data.

An optional field keeps the version; anything else makes a new type. Unknown keys are ignored. Text is in data alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from shared.events.meaning import Entity as Entity
from shared.events.meaning import Evidence as Evidence
from shared.events.meaning import Heard as Heard
from shared.events.meaning import Hypothesis as Hypothesis
from shared.events.meaning import Intent as Intent
from shared.events.meaning import Language as Language
from shared.events.meaning import Otherwise, Passage
from shared.events.turn import CalledAction as CalledAction
from shared.events.turn import TurnSummary as TurnSummary
from shared.events.wire import FLATTENED, FORMERLY, JSON

PREFIX = "dev.parley."


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that a person sent besides text, by reference."""

    type: str
    """image, audio, video, file or location."""
    reference: str
    """What the channel needs to fetch it: an id or an address on the platform's own hosts."""
    name: str | None = None
    content_type: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing that the assistant says, before a channel renders it."""

    text: str | None = None
    buttons: tuple[Button, ...] = ()
    quick_replies: tuple[Button, ...] = ()
    image: str | None = None
    attachment: JSON = None
    elements: tuple[JSON, ...] = ()
    custom: JSON = None
    voice: str | None = None
    """What is said instead of the text where it is heard; may have speech markup (SSML)."""
    response: str | None = None
    """The response of the domain that this came from (`utter_...`), where there is one."""


@dataclass(frozen=True, slots=True)
class SpeechReceived:
    """A person spoke on a channel: a recording, by reference or, where the channel took it itself, as it is."""

    TYPE: ClassVar[str] = PREFIX + "speech.received.v1"
    sender: str
    recording: Attachment | None = None
    """Where the channel's platform keeps it."""
    audio: str | None = None
    """The recording in Base64, where nobody else keeps it (the web chat's); small enough for every broker."""
    sent_at: str | None = None
    locale: str | None = None
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    """What came with it."""
    address: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A person said something on a channel."""

    TYPE: ClassVar[str] = PREFIX + "message.received.v1"
    text: str
    sender: str
    sent_at: str | None = None
    """ISO 8601 with a time zone."""
    locale: str | None = None
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    address: Mapping[str, JSON] = field(default_factory=dict)
    """Where the channel sends the answer; opaque to every stage but gateway and delivery."""
    transcription_failure: str | None = field(default=None, metadata={FORMERLY: "unheard"})
    """Why a recording did not become text (silence, too_long ...), where `text` is empty; no caller can write it."""
    hypotheses: tuple[Hypothesis, ...] | None = None
    """Where it was spoken, what may have been said, likeliest first (`text`); nlu chooses. No caller can write it."""


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """A person said something and may go on, or spoke before: it becomes a message received when its turn has come."""

    TYPE: ClassVar[str] = PREFIX + "message.arrived.v1"
    message: MessageReceived
    quiet: float
    """Seconds without a further message after which they are done."""
    at: float = 0.0
    """When the gateway took it, in seconds since the epoch: platforms tell whole seconds, and the broker no order."""
    after: str | None = None
    """The message before it, where that was spoken just before: it is to be answered first."""
    until: float = 0.0
    """How long that is waited for, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class MessageUnderstood:
    """The message with its intent and entities."""

    TYPE: ClassVar[str] = PREFIX + "message.understood.v1"
    message: MessageReceived = field(metadata=FLATTENED)
    """As it was received; of a spoken one the text that fits best, without its hypotheses. In JSON its fields stand
    beside the others."""
    intent: Intent | None
    ranking: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    alternatives: tuple[Entity, ...] | None = None
    """What words of the text may be besides `entities`; None where nothing is in doubt."""
    bundle: str | None = None
    """The id of the bundle whose model understood it."""
    truncated: bool = False
    """True where the text was longer than the model reads."""
    evidence: Evidence | None = None
    """None where there is nothing to say of the words."""
    passages: tuple[Passage, ...] | None = None
    """What the assistant's documents have on it, best first; None where they were not asked."""
    language: Language | None = None
    """None where the assistant has one."""
    otherwise: tuple[Otherwise, ...] | None = None
    """Other readings, in other languages of the assistant's, where its own is in doubt."""
    heard: tuple[Heard, ...] | None = None
    """Where it was spoken, and means different things by what may have been said: the text, and what comes next."""


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """The time of something came that a conversation had asked to be told later."""

    TYPE: ClassVar[str] = PREFIX + "reminder.due.v1"
    name: str
    """Of the reminder, within its conversation, where all else of it is kept."""
    at: float
    """When it was due, in seconds since the epoch; one that was moved since has another time."""


@dataclass(frozen=True, slots=True)
class ActionRequested:
    """The dialogue needs one of the assistant's own actions before it can go on."""

    TYPE: ClassVar[str] = PREFIX + "action.requested.v1"
    action: str
    sender: str
    slots: Mapping[str, JSON] = field(default_factory=dict)
    latest_message: Mapping[str, JSON] = field(default_factory=dict)
    """The message as Rasa's tracker shows it: text, intent, entities, intent_ranking, message_id, metadata."""
    events: tuple[JSON, ...] = ()
    """The recent tracker events, oldest first, in Rasa's JSON form."""
    active_loop: Mapping[str, JSON] = field(default_factory=dict)
    """`{"name": form}`, or empty."""
    latest_action_name: str | None = None
    deadline: str | None = None
    """After this time (ISO 8601) the dialogue has gone on without the action."""
    replies: tuple[Reply, ...] = ()
    """What is said before the action ends."""
    said: int = 0
    """How many replies of this turn earlier events carried; delivery sends these after those."""
    locale: str | None = None
    address: Mapping[str, JSON] = field(default_factory=dict)
    language: str | None = None
    """In which the person is answered, where the assistant speaks several."""
    response: Mapping[str, JSON] | None = None
    """Where `action` is no action but a response that a server says (NLG): `{"id": ..., "arguments": {...}}`."""


@dataclass(frozen=True, slots=True)
class ActionCompleted:
    """An action ended, was rejected or failed."""

    TYPE: ClassVar[str] = PREFIX + "action.completed.v1"
    action: str
    outcome: Literal["done", "rejected", "failed"] = "done"
    events: tuple[JSON, ...] = ()
    """Tracker events in the form of rasa_sdk.events."""
    responses: tuple[JSON, ...] = ()
    """Responses in the form of rasa_sdk's dispatcher: text, buttons, image, attachment, custom, response, variables."""
    error: str | None = None
    """Why it failed, for operators; never user text."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """What the operators are told of a conversation that is in a person's hands."""

    kind: Literal["begun", "message", "answered", "ended"]
    """The assistant fell silent; the person wrote meanwhile; an operator did; the assistant speaks again."""
    text: str = ""
    """What the person wrote, or the operator."""
    attachments: tuple[Attachment, ...] = ()
    transcript: tuple[JSON, ...] = ()
    """With begun, what was said before, oldest first: `{"by": "person" or "assistant", "text": ...}`."""
    operator: bool = False
    """Whether an operator caused it, and not the person or the assistant."""
    transcription_failure: str | None = field(default=None, metadata={FORMERLY: "unheard"})
    """With message, why there is no text: the person spoke, and it did not become any (as in MessageReceived)."""


@dataclass(frozen=True, slots=True)
class HandoffAnswered:
    """An operator said something to the person, or gave the conversation back to the assistant, or both."""

    TYPE: ClassVar[str] = PREFIX + "handoff.answered.v1"
    text: str | None = None
    resume: bool = False
    operator: str | None = None
    """Who it was, as the operators' side names them."""


@dataclass(frozen=True, slots=True)
class TurnRequested:
    """Another system asks for a turn, in which the person said nothing, or is not to be answered (Rasa's HTTP API)."""

    TYPE: ClassVar[str] = PREFIX + "turn.requested.v1"
    kind: Literal["intent", "action", "message"]
    """intent: it decides on one; action: it runs one, and no other; message: it records one, fills slots, is silent."""
    sender: str
    name: str | None = None
    """Of the intent or the action."""
    entities: tuple[JSON, ...] = ()
    """Told with the intent, in Rasa's form."""
    policy: str | None = None
    confidence: float | None = None
    """Who is to be named for the action, and how sure."""
    understood: MessageUnderstood | None = None
    """The message."""


@dataclass(frozen=True, slots=True)
class RepliesDecided:
    """The turn is decided and recorded: this is what the assistant says."""

    TYPE: ClassVar[str] = PREFIX + "replies.decided.v1"
    sender: str
    replies: tuple[Reply, ...]
    turn: TurnSummary
    said: int = 0
    """How many replies of this turn earlier events carried (ActionRequested); delivery sends these after those."""
    locale: str | None = None
    address: Mapping[str, JSON] = field(default_factory=dict)
    handoff: Handoff | None = None
    """Only where the conversation is in a person's hands, or was until now."""


@dataclass(frozen=True, slots=True)
class TurnCompleted:
    """The replies of a turn reached the person, or did not."""

    TYPE: ClassVar[str] = PREFIX + "turn.completed.v1"
    turn: TurnSummary
    delivery: Literal["delivered", "answered", "refused", "unreachable"] = "delivered"
    """delivered: a platform took it; answered: in the REST answer; refused: never; unreachable: nobody takes it."""
    seconds: float | None = None
    """From the message's `sent_at` to the end of delivery."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How often the platform answered what (a status, or `unreachable`) since this process told of it last."""
    retries: int = 0
    """How many of these calls were repetitions of one that failed."""


@dataclass(frozen=True, slots=True)
class AnswerRated:
    """A person said whether an answer helped them; the event's `message` is the one that was answered."""

    TYPE: ClassVar[str] = PREFIX + "answer.rated.v1"
    helpful: bool


@dataclass(frozen=True, slots=True)
class TurnRated:
    """The rating is recorded with its turn."""

    TYPE: ClassVar[str] = PREFIX + "turn.rated.v1"
    helpful: bool
    bundle: str | None = None
    """The bundle that decided the turn."""


@dataclass(frozen=True, slots=True)
class EventDeadlettered:
    """An event was given up and kept, with its cause, so that it can be replayed."""

    TYPE: ClassVar[str] = PREFIX + "event.deadlettered.v1"
    event: str
    """The id of the event."""
    type: str
    destination: str
    """The stage, or the address, that did not take it."""
    code: str
    """The last HTTP status, or why there was none."""


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """How one of a platform's webhooks was answered."""

    channel: str
    seconds: float
    """As the platform sees it, as far as we do: with the start of the process where it waited for that."""
    budget: float
    """Seconds that the platform waits."""
    status: int
    cold: bool = False
    undelivered: tuple[str, ...] = ()
    """The platform's causes, where the webhook told that messages which it had taken did not arrive."""


@dataclass(frozen=True, slots=True)
class WebhooksAnswered:
    """Platforms' webhooks were answered; told in batches, after the fact."""

    TYPE: ClassVar[str] = PREFIX + "webhooks.answered.v1"
    answers: tuple[WebhookAnswer, ...]


@dataclass(frozen=True, slots=True)
class MessageCompared:
    """A candidate read the same message as the live bundle, or `failed` to: how both understood it, without words."""

    TYPE: ClassVar[str] = PREFIX + "message.compared.v1"
    live: str | None
    candidate: str
    live_intent: str | None = None
    candidate_intent: str | None = None
    live_confidence: float | None = None
    candidate_confidence: float | None = None
    same_entities: bool = True
    """Whether both found the same entities at the same places with the same values."""
    live_milliseconds: float | None = None
    """What the whole stage took, where it was not just starting."""
    candidate_milliseconds: float | None = None
    failed: bool = False
    same_answer: bool | None = None
    """Whether the documents of both say the same; None where neither was asked."""


CATALOGUE = (
    SpeechReceived,
    MessageArrived,
    MessageReceived,
    MessageUnderstood,
    ReminderDue,
    ActionRequested,
    ActionCompleted,
    HandoffAnswered,
    AnswerRated,
    TurnRated,
    TurnRequested,
    RepliesDecided,
    TurnCompleted,
    EventDeadlettered,
    WebhooksAnswered,
    MessageCompared,
)
"""Every event type, in the order of a turn; what is only counted comes last."""

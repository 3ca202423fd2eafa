"""What was found in the words of a message: intent, entities, and what else they say."""

from dataclasses import dataclass, field

from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Intent:
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    entity: str
    """The entity's name, as in the domain."""
    value: JSON
    """The normalised value."""
    start: int | None = None
    end: int | None = None
    """Characters of the message's text, end exclusive; None where the value was not read from text."""
    confidence: float = 1.0
    role: str | None = None
    group: str | None = None
    extractor: str = "parley"
    negated: bool = False
    """Whether a negation, a removal or a replacement covers its words: "without olives", "anything but horror"."""
    additional_info: JSON = None
    """What a prebuilt entity says besides its value, as Duckling does: grain, unit, from and to."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that say how others are meant. Places are characters of the message's text, end exclusive."""

    kind: str
    """negation ("not", "without", "anything but"), removal ("take off"), replacement ("instead of": what it covers is
    replaced), addition ("also", "extra"), restriction ("only"), correction ("I meant", "actually"), rejection ("that's
    wrong"), hesitation ("wait", "hang on", "really?"), condition ("if", "but"), disjunction ("or")."""
    start: int
    end: int
    until: int
    """The words from `end` to here are what it says that of; `end` where it covers none."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One of several requests in a message, understood by itself. Places are characters of the message's text."""

    start: int
    end: int
    intent: Intent
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the words of a message say besides its intent and entities; found without the model, the same each time."""

    question: bool = False
    """It asks something: it ends as a question or begins as one."""
    example: str | None = None
    """The intent of the training example that it is word for word, where the network alone is not sure of that."""
    cues: tuple[Cue, ...] = ()
    segments: tuple[Segment, ...] = ()
    """In order, where there are two or more. One alone is the message without the hesitation before it."""
    hits: tuple[Entity, ...] = ()
    """What lookup tables, patterns and prebuilt extractors find in it, whatever the intent; at most ten."""


@dataclass(frozen=True, slots=True)
class Language:
    """Which of the assistant's languages a message is in."""

    code: str
    """ISO 639-1."""
    confidence: float
    """0 where its words tell nothing."""
    enough: bool
    """Whether it has words enough to tell by itself; a "no" or a name has not."""
    foreign: str | None = None
    """A language that the assistant does not know, where it is rather in that."""
    wish: str | None = None
    """The language that its person asks for: "auf Deutsch bitte". Not always one of the assistant's."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """The message read as one in another language: "mal" is "once" in German and "wrong" in Spanish."""

    language: str
    entities: tuple[Entity, ...] = ()
    evidence: Evidence | None = None


ANSWERED = 0.5
"""Confidence from which a passage is the answer: nlu's gate puts its threshold here."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What may have been said, as a recogniser heard it."""

    text: str = field(repr=False)
    confidence: float
    """From 0 to 1; what it is worth is the recogniser's to say."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What may have been said, with what it would mean."""

    text: str
    confidence: float
    """How likely this is what was meant, 0 to 1: sound, language and meaning together."""
    intent: Intent | None = None
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the assistant's own documents that may answer the message."""

    place: int
    """Which passage of the bundle."""
    confidence: float
    """How likely it holds the answer, 0 to 1."""
    answer: str
    """Sentences of the source, as they stand there."""
    whole: bool
    """Whether `answer` is all of the passage."""
    title: str
    heading: str = ""
    """The path of headings below the title."""
    link: str = ""
    date: str = ""
    """YYYY-MM-DD; empty where the document does not say."""
    language: str = ""
    key: str = ""
    """Its name, which stays the same when other pages change: `/ask{"passage": "p0123456789a"}` asks for all of it."""

"""Whether a message is a clear yes or no to what was just asked, or something that must not count as either.

A yes counts only where it is nothing but a yes: no condition, change, question or hesitation, no value that differs
from what is known. Whoever says "yes, but make it large" or "really?" has not agreed to anything yet.
"""

from collections.abc import Mapping
from typing import Literal

from functions.dialogue.context.settings import NO, YES, Context
from functions.dialogue.context.words import words_of
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import NLU_FALLBACK, OUT_OF_SCOPE
from shared.events.wire import JSON

Stance = Literal["yes", "no", "wait", "wrong"]

SURE = 0.75
"""The confidence from which on an intent that means yes is one."""
SURE_PLAIN = 0.6
"""The same for what everybody says for yes, and nothing else."""
SURE_NO = 0.7
"""A no does nothing that has to be undone, so less will do."""
HOLDS = frozenset(("hesitation", "condition", "disjunction"))
CHANGES = frozenset(("correction", "replacement", "removal", "addition", "restriction", "negation"))
APPROVING = frozenset("👍👌✅✔☑🆗💯🙆")
REFUSING = frozenset("👎❌✖🚫🙅")
_TONES = {chr(tone) for tone in range(0x1F3FB, 0x1F400)} | {"\ufe0f", "\ufe0e", "\u200d", "♂", "♀"}


def stance_of(message: Incoming, context: Context, known: Mapping[str, JSON]) -> Stance | None:
    """The stance that the message takes; None where it takes none. `known` are the values of the slots."""
    if (sign := _sign(message.text)) is not None:
        return sign
    meant = context.stances.get(message.intent or "")
    if message.text.startswith("/"):
        return _as_stance(meant)
    evidence = message.evidence
    kinds = {cue.kind for cue in evidence.cues} if evidence is not None else set()
    if "rejection" in kinds or (meant == "wrong" and message.confidence >= SURE_NO):
        return "wrong"
    if meant == "wait" and message.confidence >= SURE_NO:
        return "wait"
    changed = any(_is_different(entity, known) for entity in message.entities)
    if meant == "yes":
        own = _yes_words(message, context)
        strange = [word for word in words_of(message.text) if word not in own and word not in context.plain_yes]
        asks = evidence is not None and evidence.question and (bool(strange) or message.text.rstrip().endswith("?"))
        held = bool(kinds & (HOLDS | CHANGES)) or asks
        exact = evidence is not None and evidence.example == message.intent
        if exact and not message.text.rstrip().endswith("?"):
            return "yes"
        if changed:
            return None
        if not held and message.confidence >= SURE and _only_yes(message.text, own):
            return "yes"
        if not held and message.confidence >= SURE_PLAIN and _is_plain_yes(message.text, context):
            return "yes"
        return "wait"
    if meant == "no" and not changed:
        if kinds & HOLDS:
            return "wait"
        return "no" if message.confidence >= SURE_NO else "wait"
    if (
        "hesitation" in kinds
        and not changed
        and (message.intent in (None, NLU_FALLBACK, OUT_OF_SCOPE) or _is_short(message))
    ):
        return "wait"
    return None


def has_yes(message: Incoming, context: Context) -> bool:
    """Whether it has a word with which a yes begins, or is a sign for one."""
    heads = context.yes_heads or _yes_words(message, context)
    return _sign(message.text) == "yes" or not heads.isdisjoint(words_of(message.text))


def _is_plain_yes(text: str, context: Context) -> bool:
    """Whether it is nothing but what anybody says for yes: less of the network's confidence will do."""
    words = words_of(text)
    return bool(words) and words[0] in context.yes_heads and all(word in context.plain_yes for word in words)


def _yes_words(message: Incoming, context: Context) -> frozenset[str]:
    return context.yes_words_in.get(message.spoken.code if message.spoken is not None else "", context.yes_words)


def stances_by_name(intents: Mapping[str, object]) -> dict[str, str]:
    """Intents that take a stance by the name that projects usually give them."""
    return {name: "yes" for name in YES if name in intents} | {name: "no" for name in NO if name in intents}


def _as_stance(meant: str | None) -> Stance | None:
    match meant:
        case "yes" | "no" | "wait" | "wrong":
            return meant
    return None


def _sign(text: str) -> Stance | None:
    """Of a message that is nothing but approving or refusing signs."""
    signs = {letter for letter in text if letter not in _TONES and not letter.isspace()}
    if signs and signs <= APPROVING:
        return "yes"
    return "no" if signs and signs <= REFUSING else None


def _only_yes(text: str, own: frozenset[str]) -> bool:
    """Whether the words are those of which a yes is made; one in three may be another after an outright yes."""
    words = words_of(text)
    strange = [word for word in words if word not in own]
    if not strange:
        return bool(words)
    return words[0] in own and 3 * len(strange) <= len(words)


def _is_short(message: Incoming) -> bool:
    return len(words_of(message.text)) <= 4


def _is_different(entity: Mapping[str, JSON], known: Mapping[str, JSON]) -> bool:
    """Whether an entity says something else than what is known."""
    value = str(entity.get("value")).casefold()
    return not any(
        value == str(item).casefold()
        for kept in known.values()
        if kept is not None
        for item in (kept if isinstance(kept, list | tuple) else (kept,))
    )

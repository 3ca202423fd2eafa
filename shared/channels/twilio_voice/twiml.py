"""What is said on the telephone, as TwiML: `Say` within `Gather`, so that callers may interrupt, and keys."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from shared.channels import parts
from shared.channels.port import Limit, Settings, WebhookResponse
from shared.channels.speaking import clean_markup, shorten, strip_markup, strip_unspoken
from shared.events.catalogue import Button, Reply

NAME = "twilio_voice"
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML document may have."""
LIMITS: Mapping[str, Limit] = {
    "twiml": Limit(4000, "characters"),
    "choices": Limit(9, "keys of a telephone"),
    "address": Limit(2000, "characters"),
}
MOST_TWIML, MOST_CHOICES, MOST_ADDRESS = (LIMITS[name].most for name in ("twiml", "choices", "address"))
MOST_SPOKEN = 1200
"""Characters in one turn, with any settings and variants: a minute and a half, and it fits a change of a call."""
LONGEST, MOST_VARIANT = 450, 900
"""Characters of one answer that are said, and the most that a setting or a `voice:` variant makes of it."""
MOST_SILENT = 2
"""Times in a row that silence is answered with the question again; then the call ends."""
REPROMPT = "Sorry, I did not get that. Could you say it again?"
GOODBYE = "I cannot hear you. Goodbye."
CHOICES = "Say {title}, or press {digit}."
MORE = "There is more to it, which I can send in writing."

Utterance = tuple[str, str, tuple[Button, ...]]
"""`say` with escaped words and choices, `play` or `end` with a verb."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the caller was asked last."""

    turn: int = 0
    silent: int = 0
    """How often in a row nothing was heard."""
    choices: tuple[Button, ...] = ()
    """By their digits."""


@dataclass(frozen=True, slots=True)
class Said:
    """Where the answer to what is said goes."""

    action: Callable[[Question], str]
    """The address for the answer to a question."""
    turn: int
    """Of what was said before."""


def render_twiml(
    utterances: Iterable[Utterance], where: Said, settings: Settings, *, last: bool, transfer: bool
) -> str:
    """The TwiML that says these utterances and listens, puts the call through, or hangs up."""
    verbs, ends = [], ""
    texts: list[str] = []
    choices: tuple[Button, ...] = ()
    for kind, found, buttons in utterances:
        if kind == "say":
            offered = buttons[: MOST_CHOICES - len(choices)]
            keys = [_render_choice(button, digit, settings) for digit, button in enumerate(offered, len(choices) + 1)]
            texts.append(" ".join(text for text in (found, *keys) if text))
            choices += offered
        elif kind == "end":
            ends = found
        else:
            verbs.append(found)
    said = _say(_bound_texts(texts, settings), settings)
    dialled = settings.get("transfer_to", "") if transfer else ""
    if dialled or ends:
        return _render_response(*verbs, said, ends or _write_dial(dialled), *([] if ends == HANGUP else [HANGUP]))
    question = Question(where.turn + 1, choices=choices)
    if not last:
        return _render_response(*verbs, said, '<Pause length="10"/>', _gather("", question, where, settings))
    return _render_response(*verbs, _gather(said, question, where, settings))


def speak_and_listen(text: str, where: Said, settings: Settings) -> WebhookResponse:
    """A sentence of the channel's own, and listening."""
    gathered = _gather(_say([escape(text)], settings), Question(where.turn + 1), where, settings)
    return WebhookResponse(200, _render_response(gathered).encode(), "text/xml")


def hears_nothing(question: Question, where: Said, settings: Settings, *, heard: bool) -> WebhookResponse:
    """The question again, after silence or words that the recogniser was not sure of; after silences, the end."""
    if question.silent >= MOST_SILENT:
        said = _say([escape(settings.get("goodbye") or GOODBYE)], settings)
        return WebhookResponse(200, _render_response(said, HANGUP).encode(), "text/xml")
    # Words that were not understood are no silence: somebody is there.
    again = replace(question, turn=question.turn + 1, silent=question.silent + (not heard))
    texts = [escape(settings.get("reprompt_fallback_phrase") or REPROMPT)]
    texts += [_render_choice(button, digit, settings) for digit, button in enumerate(question.choices, start=1)]
    gathered = _gather(_say(texts, settings), again, where, settings)
    return WebhookResponse(200, _render_response(gathered).encode(), "text/xml")


HANGUP = "<Hangup/>"


def say_replies(replies: Sequence[Reply], settings: Settings) -> Iterator[Utterance]:
    """What these replies are on the telephone: `say` with escaped words and choices, `play` and `end` with a verb."""
    written = settings.get("longest", "")
    longest = min(int(written), MOST_VARIANT) if re.fullmatch(r"[0-9]{1,6}", written) else LONGEST
    for reply in replies:
        for part in parts.split_replies([reply], NAME, "plain"):
            match part:
                case parts.Text(text, buttons):
                    if reply.voice and len(reply.voice) <= MOST_VARIANT:
                        yield "say", clean_markup(reply.voice), buttons
                    else:
                        words = strip_markup(reply.voice) if reply.voice else text
                        yield "say", _shorten_text(words, longest, settings), buttons
                case parts.Card():
                    yield "say", _shorten_text(f"{part.title}. {part.subtitle}", longest, settings), part.buttons
                case parts.Cards(cards):
                    titles = ". ".join(card.title for card in cards)
                    yield (
                        "say",
                        _shorten_text(titles, longest, settings),
                        tuple(one for card in cards for one in card.buttons),
                    )
                case parts.Native(content):
                    yield from _render_verbs(content)
                case _:
                    # A picture or a file is nothing to hear.
                    continue


def _shorten_text(text: str, longest: int, settings: Settings) -> str:
    # Of a long text only the beginning is said; the rest need not be read, unless the beginning is all addresses.
    words = strip_unspoken(text[: 4 * longest])
    if len(words) <= longest < len(text):
        words = strip_unspoken(text)
    short = shorten(words, longest)
    return escape(short if short == words else f"{short} {settings.get('more') or MORE}")


def _render_verbs(content: Mapping[str, object]) -> Iterator[Utterance]:
    """`custom: {twilio_voice: {play: address, dial: number, hangup: true}}`."""
    play, dial = content.get("play"), content.get("dial")
    if isinstance(play, str) and play.startswith("https://"):
        yield "play", f"<Play>{escape(play)}</Play>", ()
    if isinstance(dial, str) and dial:
        yield "end", _write_dial(dial), ()
    elif content.get("hangup") is True:
        yield "end", HANGUP, ()


def _write_dial(to: str) -> str:
    inner = f"<Sip>{escape(to)}</Sip>" if to.startswith("sip:") else f"<Number>{escape(to)}</Number>"
    return f"<Dial>{inner}</Dial>"


def _render_choice(button: Button, digit: int, settings: Settings) -> str:
    template = settings.get("choices") or CHOICES
    return escape(template.replace("{title}", strip_unspoken(button.title)).replace("{digit}", str(digit)))


def _bound_texts(texts: Sequence[str], settings: Settings) -> list[str]:
    """As many of the texts, the first of them first, as one turn may take."""
    found: list[str] = []
    size = 0
    for text in texts:
        size += len(text)
        if size > MOST_SPOKEN:
            return [*found, escape(settings.get("more") or MORE)]
        found.append(text)
    return found


def _say(texts: Sequence[str], settings: Settings) -> str:
    """The texts, of which each is escaped already, one after the other in the assistant's voice."""
    named = _write_attributes({"voice": settings.get("assistant_voice"), "language": settings.get("language")})
    return "".join(f"<Say{named}>{text}</Say>" for text in texts if text.strip())


def _gather(said: str, question: Question, where: Said, settings: Settings) -> str:
    """Listens to words and keys; what is said within may be interrupted."""
    action = where.action(question)
    if len(action) > MOST_ADDRESS:
        # Too much for an address: a choice is then what its title says.
        shorter = tuple(Button(button.title[:40], button.title[:40]) for button in question.choices)
        action = where.action(replace(question, choices=shorter))
    hints = ", ".join(re.sub(r"[,\s]+", " ", button.title).strip()[:90] for button in question.choices)
    named = {
        "input": "speech dtmf",
        "action": action,
        "method": "POST",
        "actionOnEmptyResult": "true",
        "timeout": "5",
        "numDigits": "1" if question.choices else None,
        "speechTimeout": settings.get("speech_timeout") or "auto",
        "speechModel": settings.get("speech_model"),
        "language": settings.get("language"),
        "hints": hints[:500] or None,
    }
    return f"<Gather{_write_attributes(named)}>{said}</Gather>"


def _write_attributes(named: Mapping[str, str | None]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in named.items() if value)


def _render_response(*verbs: str) -> str:
    return f"<Response>{NO_XML.sub('', ''.join(verbs))}</Response>"

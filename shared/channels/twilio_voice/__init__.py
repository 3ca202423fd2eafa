"""Twilio Voice: telephone calls. Twilio hears and speaks, and is told what in TwiML (twilio.com/docs/voice).

A call's webhook is answered with what is said next, and with where Twilio brings the answer. That address carries what
the gateway, which keeps nothing, has to know of the question: Twilio signs it with each request.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from shared.channels.body import repair_text
from shared.channels.port import (
    BOTH,
    GATEWAY,
    Channel,
    Inbound,
    InboundMessage,
    Outgoing,
    Parsed,
    Recipient,
    Setting,
    Settings,
    Verdict,
    WebhookResponse,
)
from shared.channels.reading import parse_form, pick, read_integer, read_string
from shared.channels.twilio import ACCOUNT
from shared.channels.twilio.sending import call_api
from shared.channels.twilio.sending import judge as judge_message
from shared.channels.twilio.signature import verify as verify_signature
from shared.channels.twilio_voice.twiml import (
    LIMITS,
    NAME,
    Question,
    Said,
    hears_nothing,
    render_twiml,
    say_replies,
    speak_and_listen,
)
from shared.events.catalogue import Button, Reply
from shared.events.meaning import Hypothesis
from shared.events.wire import JSON

STATE = "question"
"""The field of the address that carries the question."""
MOST_STATE = 8_000
ENDED = (21220, 20404)
"""The call is over (twilio.com/docs/api/errors)."""
OVER = ("completed", "busy", "failed", "no-answer", "canceled")
NOTHING = WebhookResponse(200, b"<Response/>", "text/xml")
ANONYMOUS = re.compile(r"\+?(266696687|86282452253|656667|2562533|464|)")
"""What Twilio puts in the place of a number that is not shown: the keys of `anonymous`, `unavailable` ..."""


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """What the caller said or pressed; a new call is its first words; silence is answered with the question again."""
    verify_signature(inbound, settings, NAME)
    fields = {key: repair_text(values[0]).strip() for key, values in parse_form(inbound.body).items()}
    call = fields.get("CallSid", "")
    if not call or fields.get("CallStatus") in OVER:
        return NOTHING
    question = _read_question(inbound)
    digits, words = fields.get("Digits", ""), fields.get("SpeechResult", "")
    confidence = _read_confidence(fields)
    text = _read_pressed(digits, question) or _find_chosen(words, question)
    metadata: dict[str, JSON] = {}
    hypotheses = None
    if not text and words and not 0 < confidence < _read_floor(settings):
        text = words
        hypotheses = (Hypothesis(words, confidence or 1.0),)
        metadata["speech"] = {"recogniser": "twilio", "confidence": confidence or None, "alternatives": []}
    if not text and question is None and not words:
        text = settings.get("initial_prompt") or INITIAL
    address = {
        "call": call,
        "to": fields.get("From", ""),
        "from": fields.get("To", ""),
        "url": inbound.url.partition("?")[0],
        "turn": question.turn if question is not None else 0,
    }
    if not text:
        silent = question or Question()
        return hears_nothing(silent, _find_where(address), settings, heard=bool(words or digits))
    return (
        InboundMessage(
            text=text,
            sender=_find_sender(fields, call),
            id=hashlib.sha256(f"{call}/{address['turn']}/{digits}/{words}".encode()).hexdigest()[:32],
            locale=settings.get("language"),
            metadata=metadata,
            address=address,
            hypotheses=hypotheses,
            synchronous=True,
        ),
    )


INITIAL = "hello"


def _read_question(inbound: Inbound) -> Question | None:
    """What was asked before; None for a new call. A state that is none is a question without choices."""
    written = inbound.query.get(STATE, "")
    if not written:
        return None
    try:
        if len(written) > MOST_STATE:
            raise ValueError
        found = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return Question()
    choices = pick(found, "choices")
    named = [one for one in choices if isinstance(one, list) and len(one) == 2] if isinstance(choices, list) else []
    return Question(
        turn=read_integer(found, "turn") or 0,
        silent=read_integer(found, "silent") or 0,
        choices=tuple(Button(str(title), str(payload)) for title, payload in named[:9]),
    )


def _find_where(address: Mapping[str, JSON]) -> Said:
    """The address that Twilio calls with the answer."""

    def action(question: Question) -> str:
        state = {
            "turn": question.turn,
            "silent": question.silent,
            "choices": [[button.title, button.payload] for button in question.choices],
        }
        packed = base64.urlsafe_b64encode(json.dumps(state, separators=(",", ":")).encode()).rstrip(b"=").decode()
        return f"{read_string(address, 'url')}?{urlencode({STATE: packed})}"

    return Said(action, read_integer(address, "turn") or 0)


def _read_pressed(digits: str, question: Question | None) -> str:
    """The payload of the choice with that number; other digits are what they are."""
    if digits.isascii() and digits.isdigit() and question is not None and 0 < int(digits) <= len(question.choices):
        return question.choices[int(digits) - 1].payload
    return digits


def _find_chosen(words: str, question: Question | None) -> str:
    """The payload of the choice whose title was said."""
    said = _strip_words(words)
    return next(
        (one.payload for one in (question.choices if question else ()) if said and said == _strip_words(one.title)), ""
    )


def _strip_words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


def _read_confidence(fields: Mapping[str, str]) -> float:
    """Twilio's confidence; 0 where it gives none, as some of its models do."""
    written = fields.get("Confidence", "")
    return min(float(written), 1.0) if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,20})?", written) else 0.0


def _read_floor(settings: Settings) -> float:
    written = settings.get("min_confidence") or "0.3"
    return float(written) if re.fullmatch(r"[01](\.[0-9]{1,9})?", written) else 0.3


def _find_sender(fields: Mapping[str, str], call: str) -> str:
    """The caller's number on this line; who shows none is known for the length of the call."""
    person, line = fields.get("From", ""), fields.get("To", "")
    hidden = not any(character.isdigit() for character in person) or ANONYMOUS.fullmatch(person)
    return f"{line}.{call if hidden else person}" if line else (call if hidden else person)


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """Where the answer comes later, through the API: the line is held."""
    return WebhookResponse(200, b'<Response><Pause length="30"/></Response>', "text/xml")


def answer_synchronously(replies: Sequence[Reply], to: Recipient, settings: Settings) -> WebhookResponse:
    """What is said, and the next question, in the webhook's own answer."""
    utterances = say_replies(replies, settings)
    written = render_twiml(utterances, _find_where(to.address), settings, last=True, transfer=to.with_operator)
    return WebhookResponse(200, written.encode(), "text/xml")


def apologise(to: Recipient, settings: Settings) -> WebhookResponse:
    """What a caller hears where the turn failed; without it Twilio tells of an application error and hangs up."""
    return speak_and_listen(settings.get("apology") or APOLOGY, _find_where(to.address), settings)


APOLOGY = "Sorry, something went wrong here. Please say that again."


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """A change of the running call, for what comes after its webhook's answer: reminders, operators, late actions."""
    utterances = list(say_replies(replies, settings))
    if not to.with_operator and not any(words or choices for _, words, choices in utterances):
        return []
    path = f"Calls/{quote(read_string(to.address, 'call'), safe='')}.json"
    written = render_twiml(utterances, _find_where(to.address), settings, last=to.last, transfer=to.with_operator)
    return [call_api(path, {"Twiml": written}, settings, NAME)]


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """As Twilio's messages; a call that is over cannot be spoken into."""
    verdict = judge_message(status, headers, body)
    return Verdict("unreachable", cause=verdict.cause) if verdict.cause in map(str, ENDED) else verdict


CHANNEL = Channel(
    name=NAME,
    title="Twilio Voice",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        *ACCOUNT,
        Setting(
            "initial_prompt",
            "the words with which a call begins, as if the caller had said them.",
            GATEWAY,
            default=INITIAL,
        ),
        Setting("language", "the language that is heard and spoken, e.g. en-GB.", BOTH),
        Setting("assistant_voice", "Twilio's voice, e.g. Polly.Amy.", BOTH),
        Setting(
            "speech_timeout",
            "seconds of silence after which what was said is complete, or `auto`.",
            BOTH,
            default="auto",
        ),
        Setting("speech_model", "Twilio's model of recognition, e.g. phone_call.", BOTH),
        Setting("min_confidence", "Twilio's confidence below which the caller is asked again.", GATEWAY, default="0.3"),
        Setting("reprompt_fallback_phrase", "what is said where nothing was understood.", GATEWAY),
        Setting("goodbye", "what is said before hanging up on silence.", GATEWAY),
        Setting("apology", "what is said where the assistant does not answer.", GATEWAY),
        Setting("choices", "how choices are said; with {title} and {digit}.", BOTH),
        Setting("longest", "characters of an answer without a `voice:` variant that are said.", BOTH, default="450"),
        Setting("more", "what is said where an answer was shortened.", BOTH),
        Setting(
            "transfer_to", "the number, or SIP address, to which a call is put through where a person takes over.", BOTH
        ),
    ),
    spoken=True,
    ack_seconds=15.0,
    limits=LIMITS,
    chat=("call", "to"),
    answer_synchronously=answer_synchronously,
    answer_seconds=12.0,
    apologise=apologise,
)

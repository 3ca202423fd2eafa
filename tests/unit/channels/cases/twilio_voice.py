"""Twilio Voice's table (twilio.com/docs/voice/twiml/gather, twilio.com/docs/voice/api/call-resource#update-a-call)."""

from typing import Any

from shared.events.catalogue import Hypothesis, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table


def call(person: str = "+14155550100", **fields: str) -> dict[str, str]:
    return {"CallSid": "CA1", "From": person, "To": "+15550001", "CallStatus": "in-progress", **fields}


def speech_call(words: str, **fields: str) -> dict[str, str]:
    return call(SpeechResult=words, Confidence="0.9", **fields)


def gathered(words: str) -> str:
    """The document that says these words and listens; the address has the question's turn, and no choices."""
    address = (
        "https://parley.example/webhooks/twilio_voice/webhook?question=eyJ0dXJuIjoxLCJzaWxlbnQiOjAsImNob2ljZXMiOltdfQ"
    )
    listens = 'method="POST" actionOnEmptyResult="true" timeout="5" speechTimeout="auto"'
    return f'<Response><Gather input="speech dtmf" action="{address}" {listens}><Say>{words}</Say></Gather></Response>'


HEARD: dict[str, Any] = {"recogniser": "twilio", "confidence": 0.9, "alternatives": []}
CASES = Table(
    cases=(
        Case("a new call", call(CallStatus="ringing"), [{"text": "hello", "synchronous": True}], form=True),
        Case(
            "a new call with words of its own",
            call(CallStatus="ringing"),
            [{"text": "/welcome"}],
            {"initial_prompt": "/welcome"},
            form=True,
        ),
        Case(
            "words",
            speech_call("play some jazz"),
            [
                {
                    "text": "play some jazz",
                    "sender": "+15550001.+14155550100",
                    "metadata": {"speech": HEARD},
                    "hypotheses": (Hypothesis("play some jazz", 0.9),),
                }
            ],
            form=True,
        ),
        Case("keys", call(Digits="0176"), [{"text": "0176", "metadata": {}}], form=True),
        Case(
            "a language", speech_call("hallo"), [{"text": "hallo", "locale": "de-DE"}], {"language": "de-DE"}, form=True
        ),
        Case("hardly heard", call(SpeechResult="mumble", Confidence="0.1"), [], form=True),
        Case(
            "hardly heard, and taken",
            call(SpeechResult="mumble", Confidence="0.1"),
            [{"text": "mumble"}],
            {"min_confidence": "0.05"},
            form=True,
        ),
        Case("a model without confidence", call(SpeechResult="hi", Confidence="0.0"), [{"text": "hi"}], form=True),
        Case("a confidence that is none", call(SpeechResult="hi", Confidence="1e999"), [{"text": "hi"}], form=True),
        Case("a hidden number", call("anonymous", SpeechResult="hi"), [{"sender": "+15550001.CA1"}], form=True),
        Case("a hidden number in digits", call("+266696687", Digits="1"), [{"sender": "+15550001.CA1"}], form=True),
        Case("the end of a call", call(CallStatus="completed"), [], form=True),
        Case("no call", {"SpeechResult": "hi"}, [], form=True),
    ),
    rendered=(
        Rendered("marks", [MARKED], [{"Twiml": gathered("Bold and it, 1 &lt; 2 x*y &amp; 2 * 3")}]),
        Rendered(
            "the end of the call",
            [Reply("Bye.", custom={"twilio_voice": {"hangup": True}})],
            [{"Twiml": "<Response><Say>Bye.</Say><Hangup/></Response>"}],
        ),
    ),
    judged=(
        Judged(400, {"code": 21220}, "unreachable", "21220"),
        Judged(404, {"code": 20404}, "unreachable", "20404"),
        Judged(400, {"code": 21218}, "refused", "21218"),
        Judged(401, {"code": 20003}, "denied", "20003"),
        Judged(503, {}, "later"),
    ),
)

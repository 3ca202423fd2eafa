"""Twilio's table (twilio.com/docs/messaging)."""

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table


def sms(person: str = "+14155550100", **fields: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "From": person, "To": "+15550001", **fields}


CASES = Table(
    cases=(
        Case("words", sms(Body="hi"), [{"text": "hi", "sender": "+15550001.+14155550100", "id": "SM1"}], form=True),
        Case("button", sms(Body="Yes", ButtonPayload="/affirm"), [{"text": "/affirm"}], form=True),
        Case("stop, as Twilio tells", sms(Body="STOP", OptOutType="STOP"), [], form=True),
        Case("help, as Twilio tells", sms(Body="Info", OptOutType="HELP"), [], form=True),
        Case("stop, untold", sms(Body=" Stop "), [], form=True),
        Case("stop outside of North America", sms("+4915550100", Body="STOP"), [], form=True),
        Case("end in North America", sms(Body="END"), [], form=True),
        Case("end elsewhere", sms("+4915550100", Body="END"), [{"text": "END"}], form=True),
        Case("cancel on WhatsApp", sms("whatsapp:+14155550100", Body="cancel"), [{"text": "cancel"}], form=True),
        Case("stop within words", sms(Body="stop the music"), [{"text": "stop the music"}], form=True),
        Case("yes", sms(Body="YES"), [{"text": "YES"}], form=True),
        Case(
            "place",
            sms(Latitude="1.5", Longitude="2", Label="Home", Address="12 Baker Street"),
            [{"text": "12 Baker Street", "attachments": ["location geo:1.5,2 (Home, 12 Baker Street)"]}],
            form=True,
        ),
        Case(
            "flow",
            sms("whatsapp:+1", InteractiveData='{"size": "large"}'),
            [{"text": "large", "metadata": {"form": {"size": "large"}}}],
            form=True,
        ),
        Case(
            "picture",
            sms(MediaUrl0="https://api.twilio.com/2010-04-01/a", MediaContentType0="image/png"),
            [{"text": "", "attachments": ["image https://api.twilio.com/2010-04-01/a"]}],
            form=True,
        ),
    ),
    rendered=(
        Rendered("marks", [MARKED], [{"Body": "Bold and it, 1 < 2 (https://e.com/?a=1&b=2) x*y & 2 * 3"}]),
        Rendered("buttons", [Reply("Sure?", (Button("Yes", "/affirm"),))], [{"Body": "Sure?\n• Yes"}]),
    ),
    judged=(
        Judged(400, {"code": 21610}, "unreachable", "21610"),
        Judged(400, {"code": 21211}, "unreachable", "21211"),
        Judged(400, {"code": 21617}, "refused", "21617"),
        Judged(401, {"code": 20003}, "denied", "20003"),
    ),
)

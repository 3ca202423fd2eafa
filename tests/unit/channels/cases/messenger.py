"""Messenger's table (developers.facebook.com/docs/messenger-platform)."""

from typing import Any

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table


def webhook(platform: str = "page", **event: Any) -> dict[str, Any]:
    lead = {"sender": {"id": "200"}, "recipient": {"id": "100"}, "timestamp": 1767225000000}
    return {"object": platform, "entry": [{"messaging": [{**lead, **event}]}]}


def attached(sort: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    return webhook(message={"mid": "m1", "attachments": [{"type": sort, "payload": payload, **more}]})


PICTURE = "https://scontent.xx.fbcdn.net/a.jpg"
CASES = Table(
    cases=(
        Case(
            "words",
            webhook(message={"mid": "m1", "text": "hi"}),
            [{"text": "hi", "sender": "100.200", "id": "m1", "address": {"to": "200", "platform": "page"}}],
        ),
        Case("echo", webhook(message={"mid": "m1", "text": "hi", "is_echo": True}), []),
        Case("postback", webhook(postback={"mid": "m1", "title": "Yes", "payload": "/affirm"}), [{"text": "/affirm"}]),
        Case(
            "link with a reference",
            webhook(referral={"ref": "promo42", "type": "OPEN_THREAD"}),
            [
                {
                    "text": "/greet",
                    "metadata": {"referral": {"ref": "promo42", "type": "OPEN_THREAD"}, "start": "promo42"},
                }
            ],
            {"start_text": "/greet"},
        ),
        Case(
            "first button by a link",
            webhook(postback={"mid": "m1", "payload": "GET_STARTED", "referral": {"ref": "r"}}),
            [{"text": "GET_STARTED", "metadata": {"referral": {"ref": "r"}, "start": "r"}}],
        ),
        Case("like", attached("image", {"url": PICTURE, "sticker_id": 369239263222822}), [{"text": "👍"}]),
        Case("picture", attached("image", {"url": PICTURE}), [{"text": "", "attachments": [f"image {PICTURE}"]}]),
        Case(
            "picture from elsewhere",
            attached("image", {"url": "https://e.com/a.jpg"}),
            [{"attachments": ["link https://e.com/a.jpg"]}],
        ),
        Case(
            "place",
            attached("location", {"coordinates": {"lat": 1, "long": 2}}, title="Ann's place"),
            [{"text": "Ann's place", "attachments": ["location geo:1,2 (Ann's place)"]}],
        ),
        Case(
            "product",
            attached("template", {"product": {"elements": [{"id": "1", "title": "Mug"}]}}),
            [{"text": "Mug", "attachments": ["unsupported template"]}],
        ),
        Case(
            "what Instagram does not hand on",
            webhook("instagram", message={"mid": "m1", "is_unsupported": True}),
            [{"text": "", "attachments": ["unsupported message"]}],
        ),
        Case("taken back", webhook("instagram", message={"mid": "m1", "is_deleted": True}), []),
        Case(
            "agreed to be told",
            webhook(optin={"type": "notification_messages", "payload": "/subscribe"}),
            [{"text": "/subscribe"}],
        ),
    ),
    rendered=(
        Rendered("marks", [MARKED], [{"message": {"text": "Bold and it, 1 < 2 (https://e.com/?a=1&b=2) x*y & 2 * 3"}}]),
        Rendered(
            "carousel",
            [Reply(elements=({"title": "A", "subtitle": "a"}, {"title": "B", "image_url": "https://e.com/b.png"}))],
            [
                {
                    "message": {
                        "attachment": {
                            "payload": {"template_type": "generic", "elements": [{"title": "A"}, {"title": "B"}]}
                        }
                    }
                }
            ],
        ),
        Rendered(
            "titles that are the same are told apart",
            [Reply("Which?", (Button("S", "/a"), Button("S", "/b")))],
            [{"message": {"attachment": {"payload": {"buttons": [{"title": "S"}, {"title": "S (2)"}]}}}}],
        ),
    ),
    judged=(
        Judged(400, {"error": {"code": 10, "error_subcode": 2018278}}, "refused", "10/2018278"),
        Judged(400, {"error": {"code": 551}}, "unreachable", "551"),
        Judged(400, {"error": {"code": 613}}, "later", "613"),
    ),
)

"""LINE's table (developers.line.biz/en/reference/messaging-api, webhook events)."""

from typing import Any

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table

GROUP = {"type": "group", "groupId": "C1", "userId": "U1"}


def webhook(source: dict[str, Any] | None = None, **event: Any) -> dict[str, Any]:
    lead = {"type": "message", "mode": "active", "timestamp": 1, "webhookEventId": "E1", "replyToken": "r"}
    return {"destination": "U0", "events": [{**lead, "source": source or {"type": "user", "userId": "U1"}, **event}]}


def text_event(words: str, *mentioned: tuple[int, int], source: dict[str, Any] | None = None) -> dict[str, Any]:
    own = [{"index": index, "length": length, "isSelf": True} for index, length in mentioned]
    return webhook(source, message={"id": "1", "type": "text", "text": words, "mention": {"mentionees": own}})


def postback(data: str, **params: str) -> dict[str, Any]:
    return webhook(type="postback", postback={"data": data, "params": params} if params else {"data": data})


CASES = Table(
    cases=(
        Case("words", text_event("hi"), [{"text": "hi", "sender": "U1", "addressed": True}]),
        Case(
            "mention",
            text_event("@Parley /restart", (0, 7), source=GROUP),
            [{"text": "/restart", "sender": "C1.U1", "address": {"to": "C1", "reply": "r"}, "addressed": True}],
        ),
        Case(
            "mention at the end",
            text_event("weather in Paris @Parley", (17, 7), source=GROUP),
            [{"text": "weather in Paris"}],
        ),
        Case("mention counted in UTF-16", text_event("👍 @Parley hi", (3, 7), source=GROUP), [{"text": "👍 hi"}]),
        Case("between members", text_event("Bob?", source=GROUP), [{"addressed": False}]),
        Case("picture between members", webhook(GROUP, message={"id": "1", "type": "image"}), [{"addressed": False}]),
        Case("button in a group", {**postback("/affirm")}, [{"text": "/affirm", "addressed": True}]),
        Case(
            "date",
            postback("day", date="2026-12-24"),
            [
                {
                    "text": "2026-12-24",
                    "metadata": {
                        "params": {"date": "2026-12-24"},
                        "form": {"data": "day", "chosen": "2026-12-24"},
                    },
                }
            ],
        ),
        Case("date for an intent", postback("/inform", date="2026-12-24"), [{"text": "/inform"}]),
        Case("menu", postback("more", newRichMenuAliasId="b"), [{"text": "more"}]),
        Case(
            "place",
            webhook(
                message={
                    "id": "1",
                    "type": "location",
                    "title": "Home",
                    "address": "Yotsuya 1",
                    "latitude": 1,
                    "longitude": 2,
                }
            ),
            [{"text": "Yotsuya 1", "attachments": ["location geo:1,2 (Home, Yotsuya 1)"]}],
        ),
        Case(
            "part of an album",
            webhook(message={"id": "7", "type": "image", "imageSet": {"id": "S1", "index": 1, "total": 2}}),
            [{"attachments": ["image 7"], "album": "S1"}],
        ),
        Case(
            "sticker",
            webhook(message={"id": "1", "type": "sticker", "packageId": "2", "stickerId": "3", "keywords": ["thanks"]}),
            [{"text": "thanks", "attachments": ["image sticker:2/3"]}],
        ),
        Case("somebody joins", webhook(type="memberJoined"), []),
        Case("another module answers", webhook(mode="standby", message={"type": "text", "text": "hi"}), []),
    ),
    rendered=(
        Rendered(
            "marks", [MARKED], [{"messages": [{"text": "Bold and it, 1 < 2 (https://e.com/?a=1&b=2) x*y & 2 * 3"}]}]
        ),
        Rendered(
            "titles that are the same are told apart",
            [Reply("Which?", (Button("S", "/a"), Button("S", "/b")))],
            [{"messages": [{"template": {"actions": [{"label": "S"}, {"label": "S (2)"}]}}]}],
        ),
        Rendered(
            "carousel",
            [Reply(elements=({"title": "A"}, {"title": "B"}))],
            [{"messages": [{"type": "flex", "contents": {"type": "carousel", "contents": [{}, {}]}}]}],
        ),
    ),
    judged=(
        Judged(409, {}, "taken"),
        Judged(400, {}, "refused", "400"),
        Judged(401, {}, "denied", "401"),
    ),
)

"""Telegram's table (core.telegram.org/bots/api, Update)."""

from typing import Any

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table

PERSON = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "en"}
BOT = {"id": 9, "is_bot": True, "first_name": "Parley", "username": "parley_bot"}
PRIVATE, GROUP = {"id": 7, "type": "private"}, {"id": -100222, "type": "supergroup", "title": "T"}
OURS = {"bot_username": "parley_bot"}


def update(chat: dict[str, Any] = PRIVATE, **message: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": {"message_id": 5, "from": PERSON, "chat": chat, "date": 1756821534, **message}}


def entity(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


def pressed(message: dict[str, Any], data: str = "/affirm") -> dict[str, Any]:
    return {"update_id": 2, "callback_query": {"id": "9", "from": PERSON, "message": message, "data": data}}


CASES = Table(
    cases=(
        Case("words", update(text="hi"), [{"text": "hi", "sender": "7", "address": {"chat": "7"}, "addressed": True}]),
        Case("edited words", {"update_id": 1, "edited_message": update(text="hi")["message"]}, []),
        Case("start", update(text="/start"), [{"text": "/greet"}], {"start_text": "/greet"}),
        Case("deep link", update(text="/start promo42"), [{"text": "/start", "metadata": {"start": "promo42"}}]),
        Case(
            "deep link, typed",
            update(text="/Start two words"),
            [{"text": "/start", "metadata": {"start": "two words"}}],
        ),
        Case("a bare call", update(GROUP, text="@parley_bot"), [{"text": "/start", "addressed": True}]),
        Case("deep link in a group", update(GROUP, text="/start@x_bot a-1"), [{"text": "/start", "addressed": True}]),
        Case(
            "topic",
            update(GROUP, text="hi", message_thread_id=5, is_topic_message=True),
            [{"sender": "-100222.7.5", "address": {"chat": "-100222", "topic": "5"}, "addressed": False}],
        ),
        Case(
            "topic, one conversation for the group",
            update(GROUP, text="hi", message_thread_id=5, is_topic_message=True),
            [{"sender": "-100222.7"}],
            {"conversation_granularity": "channel"},
        ),
        Case(
            "topic, one conversation everywhere",
            update(GROUP, text="hi", message_thread_id=5, is_topic_message=True),
            [{"sender": "7"}],
            {"conversation_granularity": "sender"},
        ),
        Case(
            "reply in a group without topics",
            update(GROUP, text="yes", message_thread_id=4, reply_to_message={"message_id": 4, "from": BOT}),
            [{"address": {"chat": "-100222"}, "addressed": True, "sender": "-100222.7"}],
        ),
        Case(
            "general topic",
            update(GROUP, text="hi", message_thread_id=1, is_topic_message=True),
            [{"address": {"chat": "-100222"}}],
        ),
        Case(
            "reply to another bot",
            update(GROUP, text="yes", reply_to_message={"from": {**BOT, "username": "other_bot"}}),
            [{"addressed": False}],
            OURS,
        ),
        Case(
            "below the first message of a topic",
            update(GROUP, text="yes", reply_to_message={"from": BOT, "forum_topic_created": {}}),
            [{"addressed": False}],
        ),
        Case(
            "anonymous administrator",
            update(GROUP, text="hi", **{"from": {"id": 1087968824, "is_bot": True}}, sender_chat=GROUP),
            [{"text": "hi", "sender": "-100222"}],
        ),
        Case("another bot", update(GROUP, text="hi", **{"from": BOT}), []),
        Case(
            "a channel's post that Telegram copies",
            update(GROUP, text="hi", sender_chat={"id": -1}, is_automatic_forward=True),
            [],
        ),
        Case(
            "mention by UTF-16 offsets",
            update(GROUP, text="👍🏽 play jazz, @parley_bot!", entities=[entity("mention", 16, 11)]),
            [{"text": "👍🏽 play jazz!", "addressed": True}],
        ),
        Case(
            "mention at the beginning",
            update(GROUP, text="@parley_bot, play jazz", entities=[entity("mention", 0, 11)]),
            [{"text": "play jazz", "addressed": True}],
        ),
        Case("mention without offsets", update(GROUP, text="in Paris, @parley_bot?"), [{"text": "in Paris?"}]),
        Case(
            "mention of another bot",
            update(GROUP, text="@other_bot hi", entities=[entity("mention", 0, 10)]),
            [{"text": "@other_bot hi", "addressed": False}],
            OURS,
        ),
        Case(
            "command of another bot",
            update(GROUP, text="/help@other_bot", entities=[entity("bot_command", 0, 15)]),
            [{"text": "/help@other_bot", "addressed": False}],
            OURS,
        ),
        Case(
            "command of ours",
            update(GROUP, text="/help@parley_bot me", entities=[entity("bot_command", 0, 16)]),
            [{"text": "/help me", "addressed": True}],
            OURS,
        ),
        Case(
            "command of nobody's",
            update(GROUP, text="/help", entities=[entity("bot_command", 0, 5)]),
            [{"text": "/help", "addressed": True}],
        ),
        Case("an address with @", update(text="ann@somebot.example"), [{"text": "ann@somebot.example"}]),
        Case("between members", update(GROUP, text="Bob, are you coming?"), [{"addressed": False}]),
        Case("button", pressed(update()["message"]), [{"text": "/affirm", "address": {"chat": "7", "callback": "9"}}]),
        Case(
            "button below a reply",
            pressed(update(GROUP, message_thread_id=3)["message"]),
            [{"address": {"chat": "-100222", "callback": "9"}, "addressed": True}],
        ),
        Case(
            "contact",
            update(contact={"phone_number": "+15550100", "first_name": "Ann", "last_name": "Lee", "user_id": 7}),
            [
                {
                    "text": "+15550100",
                    "metadata": {"contacts": [{"name": "Ann Lee", "phones": ["+15550100"]}]},
                    "attachments": ["contact tel:+15550100 (Ann)"],
                }
            ],
        ),
        Case(
            "venue",
            update(venue={"location": {"latitude": 1, "longitude": 2}, "title": "Cafe", "address": "12 Baker Street"}),
            [{"text": "12 Baker Street", "attachments": ["location geo:1,2 (Cafe, 12 Baker Street)"]}],
        ),
        Case(
            "place",
            update(location={"latitude": 52.5, "longitude": 13.4}),
            [{"text": "", "attachments": ["location geo:52.5,13.4"]}],
        ),
        Case(
            "part of an album",
            update(photo=[{"file_id": "s"}, {"file_id": "L", "file_size": 9}], media_group_id="A1", caption="look"),
            [{"text": "look", "attachments": ["image L"], "album": "A1"}],
        ),
        Case("sticker", update(sticker={"file_id": "s", "emoji": "👍"}), [{"text": "👍", "attachments": ["image s"]}]),
        Case("voice", update(voice={"file_id": "v", "mime_type": "audio/ogg"}), [{"attachments": ["audio v"]}]),
        Case("dice", update(dice={"emoji": "🎲", "value": 3}), [{"text": "🎲"}]),
        Case("poll", update(poll={"question": "Pizza?"}), [{"text": "Pizza?", "attachments": ["unsupported poll"]}]),
        Case("story", update(story={"id": 1}), [{"text": "", "attachments": ["unsupported story"]}]),
        Case("data of a web app", update(web_app_data={"data": "large", "button_text": "Size"}), [{"text": "large"}]),
        Case(
            "payment",
            update(successful_payment={"invoice_payload": "order 7", "total_amount": 900}),
            [{"text": "order 7", "metadata": {"payment": {"invoice_payload": "order 7", "total_amount": 900}}}],
        ),
        Case("chosen people", update(users_shared={"users": [{"user_id": 4}, {"user_id": 5}]}), [{"text": "4, 5"}]),
        Case("somebody joins", update(GROUP, new_chat_members=[PERSON]), []),
        Case(
            "a business's customer",
            {"update_id": 1, "business_message": update(text="hi", business_connection_id="b1")["message"]},
            [{"text": "hi", "address": {"chat": "7", "business": "b1"}}],
        ),
        Case(
            "business, the customer",
            {"update_id": 1, "business_message": {**update(text="hi")["message"], "business_connection_id": "b"}},
            [{"text": "hi", "sender": "7", "address": {"chat": "7", "business": "b"}}],
        ),
        Case(
            "business, its owner answers",
            {
                "update_id": 1,
                "business_message": {
                    **update(text="hi")["message"],
                    "from": {"id": 50, "is_bot": False},
                    "business_connection_id": "b",
                },
            },
            [],
        ),
        Case(
            "own name behind what takes two units each",
            update(GROUP, text="👩‍👩‍👧 hey @parley_bot, two", entities=[entity("mention", 13, 11)]),
            [{"text": "👩‍👩‍👧 hey, two", "addressed": True}],
            OURS,
        ),
    ),
    rendered=(
        Rendered(
            "marks",
            [MARKED],
            [
                {
                    "text": "Bold and it, 1 < 2 x*y & 2 * 3",
                    "entities": [
                        {"type": "bold", "offset": 0, "length": 4},
                        {"type": "italic", "offset": 9, "length": 2},
                        {"type": "text_link", "offset": 13, "length": 5, "url": "https://e.com/?a=1&b=2"},
                        {"type": "code", "offset": 19, "length": 3},
                    ],
                }
            ],
        ),
        Rendered(
            "payloads of more than 64 bytes become a keyboard that sends the title",
            [Reply("Which?", (Button("Café", "é" * 33),))],
            [{"chat_id": 42, "text": "Which?", "reply_markup": {"keyboard": [[{"text": "Café"}]]}}],
        ),
        Rendered(
            "titles that are the same are told apart",
            [Reply("Which?", (Button("S", "/a"), Button("S", "/b")))],
            [{"reply_markup": {"inline_keyboard": [[{"text": "S"}], [{"text": "S (2)", "callback_data": "/b"}]]}}],
        ),
        Rendered("picture", [Reply(image="https://e.com/a.png")], [{"photo": "https://e.com/a.png"}]),
    ),
    judged=(
        Judged(200, {"ok": True}, "taken"),
        Judged(200, "<html>", "later"),
        Judged(401, {"ok": False}, "denied", "401"),
        Judged(
            400,
            {"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -1001}},
            "moved",
            "migrated",
            {"chat_id": -1001},
        ),
        Judged(
            400,
            {"ok": False, "description": "Bad Request: message thread not found"},
            "moved",
            "thread_not_found",
            {"message_thread_id": None},
        ),
        Judged(403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, "unreachable", "blocked"),
        Judged(400, {"ok": False, "description": "Bad Request: chat not found"}, "unreachable", "chat_not_found"),
        Judged(400, {"ok": False, "error_code": 400, "description": "Bad Request"}, "refused", "400"),
        Judged(429, {"ok": False, "parameters": {"retry_after": 3}}, "later", "429"),
    ),
)

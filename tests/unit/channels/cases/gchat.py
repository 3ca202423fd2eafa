"""Google Chat's table (developers.google.com/workspace/chat, interaction events)."""

import base64
import json
from typing import Any

from shared.events.catalogue import Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table

ANN, APP = {"name": "users/1", "type": "HUMAN"}, {"name": "users/2", "type": "BOT"}
ROOM = {"name": "spaces/A", "type": "ROOM"}
FLAT = {**ROOM, "spaceThreadingState": "UNTHREADED_MESSAGES"}
DM = {"name": "spaces/D", "type": "DM"}


def message(space: dict[str, Any] = ROOM, thread: str = "t", **more: Any) -> dict[str, Any]:
    name = space["name"]
    return {
        "name": f"{name}/messages/1",
        "sender": ANN,
        "space": space,
        "thread": {"name": f"{name}/threads/{thread}"},
        **more,
    }


def event(kind: str = "MESSAGE", user: dict[str, Any] = ANN, **more: Any) -> dict[str, Any]:
    return {"type": kind, "eventTime": "2026-11-29T10:00:00Z", "user": user, **more}


def clicked(**common: Any) -> dict[str, Any]:
    return event("CARD_CLICKED", message=message(), common=common)


def mention(start: int, length: int) -> list[dict[str, Any]]:
    return [{"type": "USER_MENTION", "startIndex": start, "length": length, "userMention": {"user": APP}}]


def pushed(**more: Any) -> dict[str, Any]:
    data = base64.b64encode(json.dumps({"message": message(**more)}).encode()).decode()
    attributes = {"ce-type": "google.workspace.chat.message.v1.created"}
    return {"message": {"attributes": attributes, "data": data}, "subscription": "s"}


CASES = Table(
    cases=(
        Case(
            "thread",
            event(message=message(argumentText=" hi ")),
            [
                {
                    "text": "hi",
                    "sender": "spaces/A.users/1.t",
                    "address": {"space": "spaces/A", "thread": "spaces/A/threads/t"},
                    "addressed": True,
                }
            ],
        ),
        Case(
            "thread, one conversation for the space",
            event(message=message(text="hi")),
            [{"sender": "spaces/A.users/1"}],
            {"conversation_granularity": "channel"},
        ),
        Case(
            "between two people",
            event(message=message(DM, text="hi")),
            [{"sender": "spaces/D.users/1", "address": {"space": "spaces/D", "thread": ""}}],
        ),
        Case(
            "reply between two people",
            event(message=message(DM, text="hi", threadReply=True)),
            [{"sender": "spaces/D.users/1.t", "address": {"space": "spaces/D", "thread": "spaces/D/threads/t"}}],
        ),
        Case("space without threads", event(message=message(FLAT, text="hi")), [{"sender": "spaces/A.users/1"}]),
        Case(
            "mention in the middle",
            event(message=message(text="in Paris, @Parley?", annotations=mention(10, 7))),
            [{"text": "in Paris?"}],
        ),
        Case(
            "mention counted in UTF-16",
            event(message=message(text="👍 @Parley hi", annotations=mention(3, 7))),
            [{"text": "👍 hi"}],
        ),
        Case("by Pub/Sub, between members", pushed(text="Bob?"), [{"text": "Bob?", "addressed": False}]),
        Case(
            "by Pub/Sub, with a mention",
            pushed(text="@Parley hi", annotations=mention(0, 7)),
            [{"text": "hi", "addressed": True}],
        ),
        Case("by Pub/Sub, between two", pushed(space=DM, text="hi"), [{"addressed": True}]),
        Case("added with a message", event("ADDED_TO_SPACE", message=message(text="hello")), [{"text": "hello"}]),
        Case("added", event("ADDED_TO_SPACE", space=ROOM), []),
        Case(
            "command",
            event(
                message=message(
                    text="/order pizza",
                    argumentText=" pizza",
                    annotations=[
                        {
                            "type": "SLASH_COMMAND",
                            "startIndex": 0,
                            "length": 6,
                            "slashCommand": {"commandName": "/order"},
                        }
                    ],
                )
            ),
            [{"text": "pizza", "metadata": {"command": "/order"}}],
        ),
        Case(
            "command of an add-on",
            {
                "chat": {
                    "user": ANN,
                    "eventTime": "t",
                    "appCommandPayload": {"appCommandMetadata": {"appCommandId": 3}, "space": ROOM},
                }
            },
            [{"text": "/3", "metadata": {"command": "/3"}}],
        ),
        Case("button", clicked(parameters={"payload": "/affirm"}), [{"text": "/affirm"}]),
        Case(
            "form",
            clicked(
                invokedFunction="parley",
                formInputs={
                    "size": {"stringInputs": {"value": ["large"]}},
                    "extras": {"": {"stringInputs": {"value": ["olives", "ham"]}}},
                    "day": {"dateInput": {"msSinceEpoch": "1798070400000"}},
                    "time": {"timeInput": {"hours": 18, "minutes": 5}},
                },
            ),
            [
                {
                    "text": "large, olives, ham, 2026-12-24, 18:05",
                    "metadata": {
                        "form": {"size": "large", "extras": ["olives", "ham"], "day": "2026-12-24", "time": "18:05"}
                    },
                }
            ],
        ),
        Case("a bot's words", event(user=APP, message=message(text="hi")), []),
        Case(
            "a moving picture alone",
            event(message=message(attachedGifs=[{"uri": "https://media.tenor.com/x.gif"}])),
            [{"attachments": ["link https://media.tenor.com/x.gif"]}],
        ),
    ),
    rendered=(
        Rendered("marks", [MARKED], [{"text": "*Bold* and _it_, <https://e.com/?a=1&b=2|1 < 2> `x*y` & 2 * 3"}]),
        Rendered("in the thread", [Reply("hi")], [{"text": "hi", "thread": {"name": "spaces/AAQ/threads/k"}}]),
    ),
    judged=(
        Judged(409, {}, "taken"),
        Judged(404, {}, "refused"),
        Judged(401, {}, "denied"),
    ),
)

"""Teams' table (learn.microsoft.com: Bot Framework activities, Adaptive Cards)."""

from typing import Any

from shared.events.catalogue import Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table


def activity(**more: Any) -> dict[str, Any]:
    lead = {
        "type": "message",
        "id": "1",
        "serviceUrl": "https://smba.trafficmanager.net/amer/t/",
        "channelId": "msteams",
        "from": {"id": "29:1"},
        "recipient": {"id": "28:b"},
        "conversation": {"id": "a:1", "conversationType": "personal"},
    }
    return {**lead, **more}


CHANNEL = {"id": "19:c@thread.tacv2;messageid=7", "conversationType": "channel", "isGroup": True}
MENTION = [{"type": "mention", "mentioned": {"id": "28:b", "name": "Parley"}, "text": "<at>Parley</at>"}]
CASES = Table(
    cases=(
        Case("words", activity(text="hi"), [{"text": "hi", "sender": "a:1.29:1", "addressed": True}]),
        Case(
            "mention in a thread",
            activity(text="weather in Paris, <at>Parley</at>?", entities=MENTION, conversation=CHANNEL),
            [
                {
                    "text": "weather in Paris?",
                    "sender": "19:c@thread.tacv2;messageid=7.29:1",
                    "address": {"conversation": "19:c@thread.tacv2;messageid=7"},
                    "addressed": True,
                }
            ],
        ),
        Case(
            "thread, one conversation for the channel",
            activity(text="<at>Parley</at> hi", entities=MENTION, conversation=CHANNEL),
            [{"sender": "19:c@thread.tacv2.29:1", "text": "hi"}],
            {"conversation_granularity": "channel"},
        ),
        Case("between members", activity(text="Bob?", conversation=CHANNEL), [{"addressed": False}]),
        Case(
            "button",
            activity(text="Yes", value={"payload": "/affirm"}, conversation=CHANNEL),
            [{"text": "/affirm", "addressed": True}],
        ),
        Case(
            "card with inputs",
            activity(value={"size": "large", "dish": "Margherita", "msteams": {"type": "x"}}),
            [{"text": "large, Margherita", "metadata": {"form": {"size": "large", "dish": "Margherita"}}}],
        ),
        Case(
            "card with an action's data and inputs",
            activity(value={"payload": "/order", "size": "large"}),
            [{"text": "/order", "metadata": {"form": {"size": "large"}}}],
        ),
        Case(
            "executed card",
            activity(
                type="invoke",
                name="adaptiveCard/action",
                value={"action": {"type": "Action.Execute", "verb": "order", "data": {"size": "large"}}},
            ),
            [{"text": "large", "metadata": {"form": {"size": "large"}}}],
        ),
        Case(
            "dialog",
            activity(type="invoke", name="task/submit", value={"data": {"size": "large"}}),
            [{"text": "large", "metadata": {"form": {"size": "large"}}}],
        ),
        Case("typing", activity(type="typing"), []),
    ),
    rendered=(
        Rendered(
            "marks",
            [MARKED],
            [
                {
                    "text": r"**Bold** and _it_, [1 \< 2](https://e.com/?a=1&b=2) `x\*y` & 2 \* 3",
                    "textFormat": "markdown",
                }
            ],
        ),
        Rendered("words", [Reply("hi")], [{"type": "message", "text": "hi"}]),
    ),
    judged=(
        Judged(403, {"error": {"code": "BotNotInConversationRoster"}}, "unreachable", "BotNotInConversationRoster"),
        Judged(400, {"error": {"code": "BadSyntax"}}, "refused", "BadSyntax"),
        Judged(401, {}, "denied", "401"),
        Judged(412, {}, "later", "412"),
    ),
)

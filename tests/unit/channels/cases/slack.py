"""Slack's table (docs.slack.dev: Events API, interactivity, Block Kit)."""

import json
from typing import Any

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table

BOT = [{"team_id": "T1", "user_id": "UB", "is_bot": True}]


def event(authorizations: Any = BOT, kind: str = "message", **more: Any) -> dict[str, Any]:
    lead = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "authorizations": authorizations}
    return {**lead, "event": {"type": kind, "user": "U1", "channel": "C1", "text": "hi", "ts": "17.1", **more}}


def direct(**more: Any) -> dict[str, Any]:
    return event(channel="D1", channel_type="im", **more)


def chosen(*actions: dict[str, Any], **more: Any) -> dict[str, str]:
    payload = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "team": {"id": "T1"},
        "channel": {"id": "D1"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "D1"},
        "trigger_id": "t1",
        "actions": [{"action_id": "a", **action} for action in actions],
        **more,
    }
    return {"payload": json.dumps(payload)}


VALUES = {
    "b1": {"size": {"type": "static_select", "selected_option": {"value": "large"}}},
    "b2": {"note": {"value": "x"}},
}


def submitted(metadata: str = "") -> dict[str, str]:
    view = {"id": "V1", "callback_id": "order", "state": {"values": VALUES}, "private_metadata": metadata}
    payload = {"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}, "view": view}
    return {"payload": json.dumps(payload)}


CASES = Table(
    cases=(
        Case("direct", direct(), [{"sender": "T1.D1.U1", "address": {"channel": "D1"}, "addressed": True}]),
        Case(
            "mention",
            event(kind="app_mention", text="<@UB> hi"),
            [
                {
                    "text": "hi",
                    "id": "T1.C1.17.1",
                    "sender": "T1.C1.U1.17.1",
                    "address": {"channel": "C1", "thread": "17.1"},
                    "addressed": True,
                }
            ],
        ),
        Case("the same mention as a message", event(text="<@UB> hi"), [{"text": "hi", "id": "T1.C1.17.1"}]),
        Case(
            "thread",
            event(kind="app_mention", text="<@UB> yes", ts="18.1", thread_ts="17.1"),
            [{"sender": "T1.C1.U1.17.1", "address": {"channel": "C1", "thread": "17.1"}}],
        ),
        Case(
            "thread, one conversation for the channel",
            event(kind="app_mention", text="<@UB> yes", ts="18.1", thread_ts="17.1"),
            [{"sender": "T1.C1.U1", "address": {"channel": "C1", "thread": "17.1"}}],
            {"conversation_granularity": "channel"},
        ),
        Case("between members", event(text="Bob, coming?"), [{"addressed": False}]),
        Case("below our message", event(thread_ts="16.1", parent_user_id="UB"), [{"addressed": True}]),
        Case("a group of people", event(channel="G1", channel_type="mpim"), [{"addressed": False}]),
        Case(
            "mention where a person authorised the app first",
            event([{"user_id": "UO", "is_bot": False}, *BOT], "app_mention", text="weather in Paris <@UB>?"),
            [{"text": "weather in Paris?", "addressed": True}],
        ),
        Case("mention without authorizations", event([], "app_mention", text="<@UB> /restart"), [{"text": "/restart"}]),
        Case(
            "others' mentions become names or go",
            direct(text="<!here> tell <@U2|Bob>, <@U3> and <!subteam^S1|@ops> in <#C1|general>"),
            [{"text": "tell Bob, and @ops in general", "metadata": {"mentions": ["U2", "U3"]}}],
        ),
        Case(
            "markup",
            direct(text="see <https://a.example/?b=1&amp;c=2> and <https://a.example|this> 1 &lt; 2"),
            [{"text": "see https://a.example/?b=1&c=2 and this 1 < 2"}],
        ),
        Case("a bare mention", event(kind="app_mention", text="<@UB>"), [{"text": "/greet", "addressed": True}]),
        Case(
            "thread with the assistant",
            {
                "type": "event_callback",
                "team_id": "T1",
                "event_id": "Ev2",
                "event": {
                    "type": "assistant_thread_started",
                    "assistant_thread": {
                        "user_id": "U1",
                        "channel_id": "D1",
                        "thread_ts": "17.1",
                        "context": {"channel_id": "C7"},
                    },
                },
            },
            [
                {
                    "text": "/greet",
                    "sender": "T1.D1.U1.17.1",
                    "address": {"channel": "D1", "thread": "17.1"},
                    "id": "Ev2",
                    "metadata": {"assistant_thread": {"channel_id": "C7"}},
                }
            ],
        ),
        Case("shared message", direct(text="", attachments=[{"is_share": True, "text": "look"}]), [{"text": "look"}]),
        Case("a bot's words", event(bot_id="B1"), []),
        Case("edited words", event(subtype="message_changed"), []),
        Case("nobody's words", event(user=""), []),
        Case("button", chosen({"type": "button", "value": "/affirm"}), [{"text": "/affirm"}], form=True),
        Case(
            "date",
            chosen({"type": "datepicker", "selected_date": "2026-12-24"}),
            [{"text": "2026-12-24", "metadata": {"form": {"a": "2026-12-24"}}}],
            form=True,
        ),
        Case("time", chosen({"type": "timepicker", "selected_time": "18:30"}), [{"text": "18:30"}], form=True),
        Case(
            "date and time",
            chosen({"type": "datetimepicker", "selected_date_time": 1767225000}),
            [{"text": "2025-12-31T23:50:00.000Z"}],
            form=True,
        ),
        Case("person", chosen({"type": "users_select", "selected_user": "U9"}), [{"text": "U9"}], form=True),
        Case(
            "several channels",
            chosen({"type": "multi_channels_select", "selected_channels": ["C1", "C2"]}),
            [{"text": "C1, C2"}],
            form=True,
        ),
        Case(
            "several options",
            chosen({"type": "checkboxes", "selected_options": [{"value": "olives"}, {"value": "ham"}]}),
            [{"text": "olives, ham", "metadata": {"form": {"a": ["olives", "ham"]}}}],
            form=True,
        ),
        Case(
            "words with marks",
            chosen(
                {
                    "type": "rich_text_input",
                    "rich_text_value": {"elements": [{"elements": [{"text": "5 "}, {"text": "Elm Road"}]}]},
                }
            ),
            [{"text": "5 Elm Road"}],
            form=True,
        ),
        Case(
            "words", chosen({"type": "plain_text_input", "value": " 5 Elm Road "}), [{"text": "5 Elm Road"}], form=True
        ),
        Case(
            "button beside inputs",
            chosen({"type": "button", "value": "/order"}, state={"values": VALUES}),
            [{"text": "/order", "metadata": {"form": {"size": "large", "note": "x", "a": "/order"}}}],
            form=True,
        ),
        Case(
            "form",
            submitted(),
            [
                {
                    "text": "large, x",
                    "sender": "T1.U1",
                    "metadata": {"form": {"size": "large", "note": "x"}, "callback_id": "order"},
                    "address": {"channel": "U1"},
                }
            ],
            form=True,
        ),
        Case(
            "form that says where it was opened",
            submitted('{"channel": "C1", "thread": "17.1"}'),
            [{"sender": "T1.C1.U1.17.1", "address": {"channel": "C1", "thread": "17.1"}}],
            form=True,
        ),
        Case(
            "command",
            {"command": "/ask", "text": "a &amp; b", "user_id": "U1", "channel_id": "C1", "team_id": "T1"},
            [{"text": "a & b", "sender": "T1.C1.U1", "metadata": {"command": "/ask"}}],
            form=True,
        ),
        Case("command alone", {"command": "/help", "user_id": "U1"}, [{"text": "/help"}], form=True),
        Case("said of oneself", direct(subtype="me_message", text="waves"), [{"text": "waves"}]),
        Case(
            "words in blocks alone",
            direct(
                text="",
                blocks=[
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "text", "text": "2 < 3 "}, {"type": "user", "user_id": "U2"}],
                            }
                        ],
                    }
                ],
            ),
            [{"text": "2 < 3"}],
        ),
    ),
    rendered=(
        Rendered(
            "marks", [MARKED], [{"text": "*Bold* and _it_, <https://e.com/?a=1&amp;b=2|1 &lt; 2> `x*y` &amp; 2 * 3"}]
        ),
        Rendered("in the thread", [Reply("hi")], [{"channel": "C1", "thread_ts": "1.2", "text": "hi"}]),
        Rendered(
            "card",
            [
                Reply(
                    elements=(
                        {
                            "title": "Alien",
                            "subtitle": "1979",
                            "image_url": "https://e.com/a.png",
                            "buttons": [
                                {"title": "Play", "payload": "/play"},
                                {"title": "More", "url": "https://e.com"},
                            ],
                        },
                    )
                )
            ],
            [
                {
                    "blocks": [
                        {"type": "section", "text": {"text": "*Alien*\n1979"}, "accessory": {"type": "image"}},
                        {"type": "actions", "elements": [{"value": "/play"}, {"url": "https://e.com"}]},
                    ]
                }
            ],
        ),
        Rendered(
            "titles that are the same are told apart",
            [Reply("Which?", (Button("S", "/a"), Button("S", "/b")))],
            [{"blocks": [{}, {"elements": [{"text": {"text": "S"}}, {"text": {"text": "S (2)"}}]}]}],
        ),
    ),
    judged=(
        Judged(200, {"ok": True}, "taken"),
        Judged(200, {"ok": False, "error": "channel_not_found"}, "refused", "channel_not_found"),
        Judged(200, {"ok": False, "error": "user_disabled"}, "unreachable", "user_disabled"),
        Judged(200, {"ok": False, "error": "invalid_auth"}, "denied", "invalid_auth"),
        Judged(200, {"ok": False, "error": "ratelimited"}, "later", "ratelimited"),
    ),
)

"""Discord's table (docs.discord.com, interactions)."""

from typing import Any

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table


def interaction(sort: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    lead = {"id": "1", "application_id": "2", "token": "t", "channel_id": "3", "member": {"user": {"id": "4"}}}
    return {**lead, "type": sort, "data": data, **more}


def ask_command(words: str) -> dict[str, Any]:
    return {"name": "ask", "options": [{"type": 3, "name": "text", "value": words}]}


THREAD = {"channel": {"id": "3", "type": 11, "parent_id": "30"}}
CASES = Table(
    cases=(
        Case(
            "command with words",
            interaction(2, ask_command("hi")),
            [{"text": "hi", "sender": "3.4", "metadata": {"command": "ask"}, "addressed": True}],
        ),
        Case("our own mention", interaction(2, ask_command("<@2>, play jazz")), [{"text": "play jazz"}]),
        Case("thread", interaction(2, ask_command("hi"), **THREAD), [{"sender": "3.4", "address": {"channel": "3"}}]),
        Case(
            "thread, one conversation for the channel",
            interaction(2, ask_command("hi"), **THREAD),
            [{"sender": "30.4"}],
            {"conversation_granularity": "channel"},
        ),
        Case(
            "one conversation everywhere",
            interaction(2, ask_command("hi")),
            [{"sender": "4"}],
            {"conversation_granularity": "sender"},
        ),
        Case(
            "command with several options",
            interaction(
                2,
                {
                    "name": "play",
                    "options": [
                        {"type": 3, "name": "title", "value": "Heat"},
                        {"type": 4, "name": "year", "value": 1995},
                    ],
                },
            ),
            [{"text": '/play{"title": "Heat", "year": 1995}'}],
        ),
        Case("button", interaction(3, {"component_type": 2, "custom_id": "p1|/affirm"}), [{"text": "/affirm"}]),
        Case(
            "several choices",
            interaction(3, {"component_type": 3, "custom_id": "sel", "values": ["olives", "ham"]}),
            [{"text": "olives, ham", "metadata": {"form": {"sel": ["olives", "ham"]}}}],
        ),
        Case(
            "form",
            interaction(
                5,
                {
                    "custom_id": "order",
                    "components": [
                        {"type": 1, "components": [{"type": 4, "custom_id": "street", "value": "5 Elm Road"}]},
                        {"type": 18, "component": {"type": 3, "custom_id": "size", "values": ["large"]}},
                        {"type": 18, "component": {"type": 4, "custom_id": "note", "value": ""}},
                    ],
                },
            ),
            [{"text": "5 Elm Road, large", "metadata": {"form": {"street": "5 Elm Road", "size": ["large"]}}}],
        ),
        Case(
            "command on a message",
            interaction(
                2,
                {
                    "name": "translate",
                    "type": 3,
                    "target_id": "55",
                    "resolved": {"messages": {"55": {"id": "55", "content": "guten Tag"}}},
                },
            ),
            [
                {
                    "text": "/translate",
                    "metadata": {"command": "translate", "target": {"message": "55", "text": "guten Tag"}},
                }
            ],
        ),
        Case(
            "form with a file",
            interaction(
                5,
                {
                    "custom_id": "m",
                    "components": [{"type": 18, "component": {"type": 19, "custom_id": "f", "values": ["77"]}}],
                    "resolved": {"attachments": {"77": {"url": "https://cdn.discordapp.com/a", "filename": "a.png"}}},
                },
            ),
            [{"text": "a.png", "metadata": {"form": {"f": ["77"]}}}],
        ),
    ),
    rendered=(
        Rendered("marks", [MARKED], [{"content": MARKED.text}]),
        Rendered(
            "titles that are the same are told apart",
            [Reply("Which?", (Button("S", "/a"), Button("S", "/b")))],
            [{"components": [{"components": [{"label": "S"}, {"label": "S (2)", "custom_id": "/b"}]}]}],
        ),
        Rendered("mentions nobody", [Reply("@everyone")], [{"allowed_mentions": {"parse": []}}]),
    ),
    judged=(
        Judged(404, {"code": 10062}, "refused", "10062"),
        Judged(403, {"code": 50007}, "unreachable", "50007"),
        Judged(404, {"code": 10015}, "later", "10015"),
        Judged(429, {"retry_after": 0.5}, "later"),
    ),
)

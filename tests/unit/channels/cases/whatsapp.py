"""WhatsApp's table (developers.facebook.com/docs/whatsapp/cloud-api)."""

import json
from typing import Any

from shared.events.catalogue import Button, Reply
from tests.unit.channels.cases.case import MARKED, Case, Judged, Rendered, Table


def batch(*messages: dict[str, Any]) -> dict[str, Any]:
    lead = {"from": "1555", "timestamp": "1700000000"}
    listed = [{**lead, "id": f"w{number}", **message} for number, message in enumerate(messages)]
    value = {"metadata": {"phone_number_id": "100"}, "messages": listed}
    return {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}


def text_message(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"body": words}, **more}


def flow(**values: Any) -> dict[str, Any]:
    reply = {"name": "flow", "body": "Sent", "response_json": json.dumps({**values, "flow_token": "t"})}
    return {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}}


CASES = Table(
    cases=(
        Case(
            "words",
            batch(text_message("hi")),
            [{"text": "hi", "sender": "100.1555", "id": "w0", "address": {"to": "1555", "line": "100"}}],
        ),
        Case(
            "a batch",
            batch(text_message("one"), text_message("two"), text_message("one", id="w0")),
            [{"text": "one"}, {"text": "two"}],
        ),
        Case(
            "by an advertisement",
            batch(text_message("hi", referral={"source_id": "7"})),
            [{"metadata": {"referral": {"source_id": "7"}}}],
        ),
        Case(
            "contact",
            batch(
                {
                    "type": "contacts",
                    "contacts": [{"name": {"formatted_name": "Ann"}, "phones": [{"phone": "+1 555 0100"}]}],
                }
            ),
            [
                {
                    "text": "+1 555 0100",
                    "metadata": {"contacts": [{"name": "Ann", "phones": ["+1 555 0100"]}]},
                    "attachments": ["contact tel:+1 555 0100 (Ann)"],
                }
            ],
        ),
        Case(
            "order",
            batch(
                {
                    "type": "order",
                    "order": {"catalog_id": "c", "product_items": [{"product_retailer_id": "sku", "quantity": 2}]},
                }
            ),
            [{"text": "2 x sku", "attachments": ["order c"]}],
        ),
        Case(
            "place with an address",
            batch(
                {
                    "type": "location",
                    "location": {"latitude": 1, "longitude": 2, "name": "Home", "address": "12 Baker Street"},
                }
            ),
            [{"text": "12 Baker Street", "attachments": ["location geo:1,2 (Home, 12 Baker Street)"]}],
        ),
        Case(
            "flow",
            batch(flow(address="5 Elm Road", size=["l", "xl"], count=2, ratio=1.5, gift=False)),
            [
                {
                    "text": "5 Elm Road, l, xl, 2, 1.5",
                    "metadata": {
                        "form": {"address": "5 Elm Road", "size": ["l", "xl"], "count": 2, "ratio": 1.5, "gift": False},
                        "form_name": "flow",
                    },
                }
            ],
        ),
        Case(
            "a poll",
            batch({"type": "unsupported", "errors": [{"code": 131051}]}),
            [{"attachments": ["unsupported 131051"]}],
        ),
        Case("a reaction", batch({"type": "reaction", "reaction": {"emoji": "👍"}}), []),
        Case(
            "a status",
            {"object": "x", "entry": [{"changes": [{"field": "messages", "value": {"statuses": [{}]}}]}]},
            [],
        ),
        Case(
            "in a group",
            batch(text_message("hi", group_id="G1")),
            [
                {
                    "sender": "100.G1.1555",
                    "addressed": False,
                    "address": {"to": "G1", "line": "100", "group": True},
                }
            ],
        ),
        Case("first opened", batch({"type": "request_welcome"}), [{"text": "/greet"}]),
        Case(
            "first opened, in the assistant's own words",
            batch({"type": "request_welcome"}),
            [{"text": "/hello"}],
            {"start_text": "/hello"},
        ),
        Case(
            "a kind that nobody knows yet, beside words",
            batch({"type": "hologram", "hologram": {"id": "1"}}, text_message("hi")),
            [{"text": "", "attachments": ["unsupported hologram"]}, {"text": "hi"}],
        ),
        Case(
            "a new number, and a reaction", batch({"type": "system", "system": {"body": "x"}}, {"type": "reaction"}), []
        ),
    ),
    rendered=(
        Rendered(
            "marks", [MARKED], [{"text": {"body": "*Bold* and _it_, 1 < 2 (https://e.com/?a=1&b=2) ```x*y``` & 2 * 3"}}]
        ),
        Rendered(
            "titles that are the same are told apart",
            [Reply("Which?", (Button("Small", "/a"), Button("Small", "/b")))],
            [
                {
                    "interactive": {
                        "action": {"buttons": [{"reply": {"title": "Small"}}, {"reply": {"title": "Small (2)"}}]}
                    }
                }
            ],
        ),
        Rendered(
            "titles that are too long stand in the text",
            [Reply("Which?", (Button("A title of more than twenty", "/a"), Button("B", "/b")))],
            [{"interactive": {"body": {"text": "Which?\n\n1. A title of more than twenty\n2. B"}}}],
        ),
    ),
    judged=(
        Judged(400, {"error": {"code": 131026}}, "unreachable", "131026"),
        Judged(400, {"error": {"code": 131047}}, "refused", "131047"),
        Judged(400, {"error": {"code": 131056}}, "later", "131056"),
        Judged(401, {"error": {"code": 190}}, "denied", "190"),
    ),
)

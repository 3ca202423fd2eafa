"""Replies as the answer of an interaction and its follow-ups, and what their answers mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import parts
from shared.channels.body import encode_json, read_object
from shared.channels.fitting import join_titles, label_buttons, list_buttons, split, split_chunks
from shared.channels.port import Call, Limit, Outgoing, Recipient, Settings, Verdict
from shared.channels.reading import read_integer, read_number, read_string
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

NAME = "discord"
API = "https://discord.com/api/v10"
LIMITS: Mapping[str, Limit] = {
    "text": Limit(2000, "characters"),
    "label": Limit(80, "characters"),
    "payload": Limit(100, "characters"),
    "row": Limit(5, "buttons"),
    "rows": Limit(5, "rows"),
    "card title": Limit(256, "characters"),
    "card text": Limit(4096, "characters"),
    "cards": Limit(10, "embeds"),
    "all cards": Limit(6000, "characters"),
}
TEXT_LIMIT, LABEL_LIMIT, ID_LIMIT = (LIMITS[key].most for key in ("text", "label", "payload"))
ROW, ROWS, CARDS = (LIMITS[key].most for key in ("row", "rows", "cards"))
TITLE_LIMIT, DESCRIPTION_LIMIT, CARDS_LIMIT = (LIMITS[key].most for key in ("card title", "card text", "all cards"))
"""In code points, as Discord's developers say (discord-api-docs, issue 1315)."""
UNREACHABLE = (50007, 50278, 340015)
"""The person takes no messages of this bot."""
NOT_YET = (10008, 10015)
"""Unknown message, unknown webhook: so answers Discord while our deferred answer is still on its way to it."""
REPEATED = re.compile(r"^p[0-9]{1,2}\|(?=.)", re.DOTALL)
"""Before a payload that another button of the message has too: custom ids must differ."""


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """The first message of the turn replaces the deferred answer; where the assistant says nothing, that goes away.

    Rejected where the address has no application id or token.
    """
    base = settings.get("api_url") or API
    application, token, channel = (read_string(to.address, key) for key in ("application", "token", "channel"))
    application = application or settings.get("application_id", "")
    if not re.fullmatch(r"[0-9]{1,25}", application) or not re.fullmatch(r"[A-Za-z0-9_.~-]{1,500}", token):
        raise Rejected("the address of this Discord interaction has no application id or no token")
    hook = f"{base}/webhooks/{application}/{token}"
    headers = {"content-type": "application/json"}
    found: list[Outgoing] = []
    for count, message in enumerate(
        message for part in parts.split_replies(replies, NAME, "as it is") for message in _render_messages(part)
    ):
        # Whom a text calls with @everyone is a person's words, not the assistant's.
        body = encode_json({"allowed_mentions": {"parse": []}, **message})
        first = not to.sent and not count
        call = Call(f"{hook}/messages/@original" if first else hook, body, headers, "PATCH" if first else "POST")
        found.append(_with_fallback(call, base, channel, settings))
    if not found and to.last and not to.sent:
        found.append(Call(f"{hook}/messages/@original", b"", {}, "DELETE"))
    return found


def _with_fallback(call: Call, base: str, channel: str, settings: Settings) -> Call:
    """After 15 minutes an interaction's token ends; with a bot token the message goes to the channel then."""
    if not settings.get("bot_token") or not re.fullmatch(r"[0-9]{1,25}", channel):
        return call
    headers = {**call.headers, "authorization": f"Bot {settings['bot_token']}"}
    later = Call(f"{base}/channels/{channel}/messages", call.body, headers)
    return Call(call.url, call.body, call.headers, call.method, fallback=later)


def _render_messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons):
            yield from _render_text(text, buttons)
        case parts.Image(url):
            yield {"embeds": [{"image": {"url": url}}]} if url.startswith(("https://", "http://")) else {"content": url}
        case parts.File(url):
            yield {"content": url}
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            yield from _render_cards(cards)
        case parts.Native(content):
            yield content


def _render_text(text: str, buttons: Sequence[Button]) -> Iterator[dict[str, JSON]]:
    if any(len(button.payload or button.title) > ID_LIMIT - 4 for button in buttons):
        text, buttons = list_buttons(text, buttons), ()
    text, labels = label_buttons(text, buttons, LABEL_LIMIT, len)
    pieces = split(text or join_titles(buttons), TEXT_LIMIT, len)
    for piece in pieces[:-1] if labels else pieces:
        yield {"content": piece}
    last = pieces[-1]
    for group in split_chunks(labels, ROW * ROWS):
        yield {"content": last, "components": _render_rows(group)}
        last = "…"


def _render_rows(labels: Sequence[tuple[str, Button]]) -> list[JSON]:
    used: set[str] = set()
    buttons: list[dict[str, JSON]] = []
    for count, (label, button) in enumerate(labels):
        ident = button.payload or button.title
        ident = f"p{count}|{ident}" if ident in used or REPEATED.match(ident) else ident
        used.add(ident)
        buttons.append({"type": 2, "style": 1, "label": label, "custom_id": ident})
    return [{"type": 1, "components": list(row)} for row in split_chunks(buttons, ROW)]


def _render_card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    if len(card.title) > TITLE_LIMIT or len(card.subtitle) > DESCRIPTION_LIMIT or card.links or not card.title:
        if card.image:
            yield {"embeds": [{"image": {"url": card.image}}]}
        yield from _render_text(card.text(), card.buttons)
        return
    optional = {"description": card.subtitle, "image": {"url": card.image} if card.image else None}
    embed = {"title": card.title, **{key: value for key, value in optional.items() if value}}
    if not card.buttons:
        yield {"embeds": [embed]}
        return
    first, *rest = _render_text("", card.buttons)
    yield {**first, "content": "", "embeds": [embed]} if "components" in first else {"embeds": [embed]}
    yield from rest if "components" in first else (first, *rest)


def _render_cards(cards: Sequence[parts.Card]) -> Iterator[dict[str, JSON]]:
    """Embeds below each other, of cards that have no buttons; the others one after the other."""
    together: list[JSON] = []
    size = 0
    for card in cards:
        messages = list(_render_card(card))
        alone = len(messages) > 1 or "components" in messages[0] or "content" in messages[0]
        more = len(card.title) + len(card.subtitle)
        if together and (alone or len(together) == CARDS or size + more > CARDS_LIMIT):
            yield {"embeds": together}
            together, size = [], 0
        embeds = messages[0].get("embeds")
        if alone or not isinstance(embeds, list):
            yield from messages
        else:
            together, size = [*together, *embeds], size + more
    if together:
        yield {"embeds": together}


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status and Discord's code: 429 says in the body how long to wait."""
    verdict = judge_by_status(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        answer: dict[str, Any] = read_object(body)
    except Rejected:
        return verdict
    code = read_integer(answer, "code")
    cause = verdict.cause if code is None else str(code)
    if code in NOT_YET:
        return Verdict("later", cause=cause)
    wait = read_number(answer, "retry_after")
    if verdict.outcome == "later":
        return Verdict("later", wait if wait is not None else verdict.retry_after, cause)
    if code in UNREACHABLE:
        return Verdict("unreachable", cause=cause)
    return Verdict("denied" if status == 401 and code == 0 else "refused", cause=cause)

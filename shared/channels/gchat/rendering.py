"""Replies as calls of spaces.messages.create, and what its answers mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from shared.channels import parts
from shared.channels.body import encode_json, read_object
from shared.channels.fitting import count_utf8, count_utf16, list_buttons, pack, retry_key
from shared.channels.markdown import NO_SPACE, Marks, Span, write_marks
from shared.channels.options import reads_markdown
from shared.channels.port import Call, Grant, Limit, Outgoing, Recipient, Settings, Verdict
from shared.channels.reading import pick, read_string
from shared.channels.signing import require_secret
from shared.channels.verdicts import judge_by_status_and_token
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

NAME = "gchat"
API = "https://chat.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/chat.bot"
TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
LIMITS: Mapping[str, Limit] = {"text": Limit(4096, "UTF-16 units"), "message": Limit(32_000, "bytes")}
TEXT_LIMIT = LIMITS["text"].most
CARD_LIMIT, BUTTONS, BUTTON_LIMIT, BUTTONS_LIMIT = 8000, 20, 2000, 12_000
"""Bytes of a card's texts, of one button and of those in one message: together within the bytes of a message."""
PACE = 1.0
"""Seconds: 60 messages a minute in one space."""
SPACE = re.compile(r"spaces/[A-Za-z0-9_-]{1,200}")
ACTION = "parley"


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One message each, in the person's thread; its request id makes a repetition harmless.

    Rejected without a space.
    """
    space, thread = read_string(to.address, "space"), read_string(to.address, "thread")
    if not SPACE.fullmatch(space):
        raise Rejected("the address of this Google Chat message has no space")
    lead = {"thread": {"name": thread}} if thread else {}
    base = f"{settings.get('api_url') or API}/v1/{space}/messages"
    option = "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD" if thread else ""
    grant, headers = make_grant(settings), {"content-type": "application/json; charset=utf-8"}
    action = settings.get("audience") or ACTION
    found: list[Outgoing] = []
    messages = (
        message
        for part in parts.split_replies(replies, NAME, reads_markdown(settings))
        for message in _render_messages(part, action)
    )
    for count, message in enumerate(messages):
        url = f"{base}?requestId={quote(retry_key(to.message, to.sent, count))}{option}"
        body = encode_json({**message, **lead})
        found.append(Call(url, body, headers, grant=grant, pause=PACE if count else 0.0))
    return found


def make_grant(settings: Settings) -> Grant:
    """The service account's token (RFC 7523)."""
    return _grant(require_secret(settings, "service_account", NAME), settings.get("token_url") or TOKEN)


@lru_cache(4)
def _grant(account_json: str, address: str) -> Grant:
    """Kept, because each reply asks for it and the key of an account is two kilobytes of JSON."""
    try:
        account = read_object(account_json.encode())
    except Rejected as exc:
        raise Unavailable("GCHAT_SERVICE_ACCOUNT must be the JSON of a service account's key") from exc
    claims = {"iss": read_string(account, "client_email"), "scope": SCOPE, "aud": address}
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
    return Grant(address, form, claims, read_string(account, "private_key"))


def _render_messages(part: parts.Part, action: str) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, spans):
            yield from _render_text(text, buttons, action, spans)
        case parts.Image(url):
            yield _render_image(url)
        case parts.File(url):
            yield {"text": url}
        case parts.Card():
            yield from _render_card(part, action)
        case parts.Cards(cards):
            yield from _render_cards(cards, action)
        case parts.Native(content):
            yield content


def _render_text(
    text: str, buttons: Sequence[Button], action: str, spans: Sequence[Span] = ()
) -> Iterator[dict[str, JSON]]:
    if any(_weigh_button(button) > BUTTON_LIMIT for button in buttons):
        text, buttons = list_buttons(text, buttons), ()
    pieces = write_marks(text, spans, TEXT_LIMIT, count_utf16, MARKS)
    yield from ({"text": piece} for piece in (pieces[:-1] if buttons else pieces))
    last = {"text": pieces[-1]} if pieces else {}
    for group in pack(buttons, BUTTONS, _weigh_button, BUTTONS_LIMIT):
        yield {**last, **_card_of([_render_buttons(group, action)])}
        last = {}


def _render_card(card: parts.Card, action: str) -> Iterator[dict[str, JSON]]:
    lines = [_escape(line) for line in (card.title, card.subtitle) if line]
    heavy = sum(map(count_utf8, lines)) > CARD_LIMIT or len(card.links) > BUTTONS
    if heavy or any(_weigh_button(button) > BUTTON_LIMIT for button in (*card.buttons, *card.links)):
        if card.image:
            yield _render_image(card.image)
        yield from _render_text(card.text(), card.buttons, action)
        return
    if card.image and not card.image.startswith("https://"):
        yield _render_image(card.image)
    widgets: list[JSON] = [{"image": {"imageUrl": card.image}}] if card.image.startswith("https://") else []
    widgets += [{"textParagraph": {"text": line}} for line in lines]
    links = [{"text": link.title, "onClick": {"openLink": {"url": link.payload}}} for link in card.links]
    if links:
        widgets.append({"buttonList": {"buttons": links}})
    first, *rest = pack(card.buttons, BUTTONS, _weigh_button, BUTTONS_LIMIT) if card.buttons else [()]
    widgets += [_render_buttons(first, action)] if first else []
    if widgets:
        yield _card_of(widgets)
    yield from (_card_of([_render_buttons(group, action)]) for group in rest)


def _render_cards(cards: Sequence[parts.Card], action: str) -> Iterator[dict[str, JSON]]:
    """Cards below each other in one message, as many as fit it; what is more than one message goes out alone."""
    together: list[JSON] = []
    for card in cards:
        messages = list(_render_card(card, action))
        one = messages[0].get("cardsV2") if len(messages) == 1 else None
        full = len(encode_json([*together, one])) > BUTTONS_LIMIT + CARD_LIMIT
        if together and (not isinstance(one, list) or full):
            yield {"cardsV2": together}
            together = []
        if isinstance(one, list):
            together += [{**item, "cardId": f"reply-{len(together)}"} for item in one if isinstance(item, dict)]
        else:
            yield from messages
    if together:
        yield {"cardsV2": together}


def _render_image(url: str) -> dict[str, JSON]:
    return _card_of([{"image": {"imageUrl": url}}]) if url.startswith("https://") else {"text": url}


def _card_of(widgets: Sequence[JSON]) -> dict[str, JSON]:
    return {"cardsV2": [{"cardId": "reply", "card": {"sections": [{"widgets": list(widgets)}]}}]}


def _weigh_button(button: Button) -> int:
    """About what a button takes in a message."""
    return 200 + len(encode_json([button.title, button.payload or button.title]))


def _render_buttons(buttons: Sequence[Button], action: str) -> JSON:
    found: list[dict[str, Any]] = [
        {
            "text": button.title,
            "onClick": {
                "action": {
                    "function": action,
                    "parameters": [{"key": "payload", "value": button.payload or button.title}],
                }
            },
        }
        for button in buttons
    ]
    return {"buttonList": {"buttons": found}}


def _render_harmless(text: str) -> str:
    """Chat reads <users/all> in a text; what a person said and the assistant repeats must not call anyone."""
    return text.replace("<users/", f"<{NO_SPACE}users/")


def _escape(text: str) -> str:
    """A card's paragraph is HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


MARKS = Marks(
    {"bold": ("*", "*"), "italic": ("_", "_"), "strike": ("~", "~"), "code": ("`", "`")},
    lambda words, url: f"<{url}|{words}>",
    _render_harmless,
    apart=NO_SPACE,
)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status; 409 says that a message with this request id exists, so an earlier try was taken.

    Google's own word for what is the matter (google.rpc.Code) is the cause; a space that is gone, or that the app was
    removed from, takes nothing any more.
    """
    if status == 409:
        return Verdict("taken")
    verdict = judge_by_status_and_token(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        error = pick(read_object(body), "error")
    except Rejected:
        return verdict
    word, words = read_string(error, "status"), read_string(error, "message").lower()
    cause = word if re.fullmatch(r"[A-Z_]{1,40}", word) else verdict.cause
    gone = word == "NOT_FOUND" or (status == 403 and "not a member" in words)
    return replace(verdict, outcome="unreachable" if gone else verdict.outcome, cause=cause)

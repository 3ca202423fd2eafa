"""Replies as activities, and as the one answer of an outgoing webhook; what their answers mean."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.channels import parts
from shared.channels.body import encode_json, read_object, write_json
from shared.channels.fitting import count_utf16, list_buttons, pack
from shared.channels.markdown import Marks, Span, split_text, write
from shared.channels.options import reads_markdown
from shared.channels.port import (
    Call,
    Grant,
    InboundMessage,
    Limit,
    Outgoing,
    Recipient,
    Settings,
    Verdict,
    WebhookResponse,
)
from shared.channels.reading import is_on_hosts, read_string
from shared.channels.signing import require_secret
from shared.channels.verdicts import judge_by_status_and_token
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

NAME = "teams"
SERVICES = ("smba.trafficmanager.net", "*.botframework.com", "*.infra.gcc.teams.microsoft.com", "*.teams.microsoft.us")
"""Not all of trafficmanager.net: anybody may have a name there."""
LOGIN = "https://login.microsoftonline.com"
SCOPE = "https://api.botframework.com/.default"
LIMITS: Mapping[str, Limit] = {
    "message": Limit(28 * 1024, "bytes of UTF-16"),
    "buttons": Limit(6, "buttons of a card"),
    "cards": Limit(10, "cards of a carousel"),
}
LIMIT, BUTTON_LIMIT, BUTTONS, CARDS = 12_000, 2_000, LIMITS["buttons"].most, LIMITS["cards"].most
"""Of text or buttons in one message, and of one button: UTF-16 units of their JSON, two of which fit the 28 KB of a
message; and the most actions of a hero card."""
PACE = 0.15
"""Seconds: 7 messages a second in one conversation."""
UNREACHABLE = (
    "BotNotInConversationRoster",
    "ConversationBlockedByUser",
    "ConversationNotFound",
    "MessageWritesBlocked",
)
AGAIN = (412, 502, 504)


def answer_synchronously(replies: Sequence[Reply], to: Recipient, settings: Settings) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """An outgoing webhook's answer is one message, with all that is said; buttons would lead nowhere and are lines."""
    lines: list[str] = []
    for part in parts.split_replies(replies, NAME, "plain"):
        match part:
            case parts.Text(text, buttons):
                lines.append(list_buttons(text, buttons))
            case parts.Image(url) | parts.File(url):
                lines.append(url)
            case parts.Card():
                lines.append(_card_lines(part))
            case parts.Cards(cards):
                lines += map(_card_lines, cards)
            case parts.Native(content):
                lines.append(read_string(content, "text"))
    body = {"type": "message", "text": "\n\n".join(line for line in lines if line), "textFormat": "plain"}
    return WebhookResponse(200, _render_json(body), "application/json")


def _card_lines(card: parts.Card) -> str:
    return list_buttons("\n".join(filter(None, (card.text(), card.image))), card.buttons)


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One activity for each message, as an answer to the person's. Rejected where the address is not Microsoft's."""
    service = read_string(to.address, "service")
    if not is_on_hosts(service, SERVICES, settings.get("api_url", "")):
        raise Rejected("the address of this Teams message is not Microsoft's")
    conversation, activity = (quote(read_string(to.address, key), safe="") for key in ("conversation", "activity"))
    url = f"{service.rstrip('/')}/v3/conversations/{conversation}/activities{'/' + activity if activity else ''}"
    grant = make_grant(settings)
    headers = {"content-type": "application/json"}
    found = parts.split_replies(replies, NAME, reads_markdown(settings))
    messages = (message for part in found for message in _render_messages(part))
    return [
        Call(url, _render_json({"type": "message", **message}), headers, grant=grant, pause=PACE if count else 0.0)
        for count, message in enumerate(messages)
    ]


def indicate(message: InboundMessage, settings: Settings) -> Sequence[Call]:
    """The assistant is typing, for a few seconds."""
    service, conversation = read_string(message.address, "service"), read_string(message.address, "conversation")
    if not settings.get("app_password") or not is_on_hosts(service, SERVICES, settings.get("api_url", "")):
        return ()
    url = f"{service.rstrip('/')}/v3/conversations/{quote(conversation, safe='')}/activities"
    return (
        Call(url, _render_json({"type": "typing"}), {"content-type": "application/json"}, grant=make_grant(settings)),
    )


def make_grant(settings: Settings) -> Grant:
    """Client credentials; a bot of one tenant asks that tenant, any other botframework.com."""
    login = settings.get("login_url") or LOGIN
    tenant = quote(settings.get("tenant_id") or "botframework.com", safe="")
    form = {
        "grant_type": "client_credentials",
        "client_id": require_secret(settings, "app_id", NAME),
        "client_secret": require_secret(settings, "app_password", NAME),
        "scope": SCOPE,
    }
    return Grant(f"{login}/{tenant}/oauth2/v2.0/token", form)


def _render_json(message: Mapping[str, JSON]) -> bytes:
    return encode_json(message)


def _render_messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, spans):
            yield from _render_text(text, buttons, spans)
        case parts.Image(url):
            yield {"attachments": [{"contentType": _image_type(url), "contentUrl": url}]}
        case parts.File(url):
            yield _render_plain(url)
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            yield from _render_cards(cards)
        case parts.Native(content) if content.get("type") == "AdaptiveCard":
            yield {"attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": content}]}
        case parts.Native(content):
            yield content


def _image_type(url: str) -> str:
    ending = url.partition("?")[0].rpartition(".")[2].lower()
    return {"jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}.get(ending, "image/png")


def _render_plain(text: str, spans: Sequence[Span] = ()) -> dict[str, JSON]:
    if spans:
        return {"text": write(text, spans, MARKDOWN), "textFormat": "markdown"}
    return {"text": text, "textFormat": "plain"}


def _render_text(text: str, buttons: Sequence[Button], spans: Sequence[Span] = ()) -> Iterator[dict[str, JSON]]:
    if any(_weigh_button(action) > BUTTON_LIMIT for action in _render_actions(buttons)):
        text, buttons = list_buttons(text, buttons), ()
    found = list(split_text(text, spans, LIMIT, _measure_size))
    packed = list(pack(_render_actions(buttons), BUTTONS, _weigh_button, LIMIT))
    if packed and found and _measure_size(found[-1][0]) + sum(map(_weigh_button, packed[0])) <= LIMIT:
        *found, last = found
        first, *packed = packed
        yield from (_render_plain(*piece) for piece in found)
        yield _render_hero({"text": write(*last, HTML), "buttons": list(first)})
    else:
        yield from (_render_plain(*piece) for piece in found)
    yield from (_render_hero({"buttons": list(group)}) for group in packed)


def _render_card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    links = [{"type": "openUrl", "title": link.title, "value": link.payload} for link in card.links]
    actions = [*_render_actions(card.buttons), *links]
    words: dict[str, Any] = {
        "title": _escape(card.title),
        "subtitle": _escape(card.subtitle),
        "images": [{"url": card.image}] if card.image else [],
    }
    if _weigh_button(words) > LIMIT or any(_weigh_button(action) > BUTTON_LIMIT for action in actions):
        if card.image:
            yield _render_hero({"images": [{"url": card.image}]})
        yield from _render_text(card.text(), card.buttons)
        return
    packed = list(pack(actions, BUTTONS, _weigh_button, LIMIT))
    together = bool(packed) and _weigh_button(words) + sum(map(_weigh_button, packed[0])) <= LIMIT
    yield _render_hero({**words, "buttons": list(packed[0])} if together else words)
    yield from (_render_hero({"buttons": list(group)}) for group in packed[1 if together else 0 :])


def _render_cards(cards: Sequence[parts.Card]) -> Iterator[dict[str, JSON]]:
    """A carousel of those that are one hero card each, as many as fit a message; the others one after the other."""
    together: list[JSON] = []
    for card in cards:
        messages = list(_render_card(card))
        one = messages[0].get("attachments") if len(messages) == 1 else None
        full = len(together) == CARDS or _weigh_button({"attachments": [*together, one]}) > LIMIT
        if together and (not isinstance(one, list) or full):
            yield {"attachmentLayout": "carousel", "attachments": together}
            together = []
        if isinstance(one, list):
            together = [*together, *one]
        else:
            yield from messages
    if together:
        yield {"attachmentLayout": "carousel", "attachments": together}


def _measure_size(text: str) -> int:
    """What a text takes in a message, be it plain or a card's."""
    return count_utf16(write_json(_escape(text)))


def _weigh_button(part: Mapping[str, JSON]) -> int:
    return count_utf16(write_json(part))


def _render_hero(content: Mapping[str, JSON]) -> dict[str, JSON]:
    content = {key: value for key, value in content.items() if value}
    return {"attachments": [{"contentType": "application/vnd.microsoft.card.hero", "content": content}]}


def _render_actions(buttons: Sequence[Button]) -> list[dict[str, JSON]]:
    """messageBack shows the title as what the person said, and brings the payload in `value`."""
    return [
        {
            "type": "messageBack",
            "title": button.title,
            "displayText": button.title,
            "text": button.title,
            "value": {"payload": button.payload or button.title},
        }
        for button in buttons
    ]


def _escape(text: str) -> str:
    """A hero card's text is HTML."""
    return html.escape(text, quote=False).replace("\n", "<br>")


HTML = Marks(
    {"bold": ("<b>", "</b>"), "italic": ("<i>", "</i>"), "strike": ("<s>", "</s>"), "code": ("<code>", "</code>")},
    lambda words, url: f'<a href="{html.escape(url)}">{words}</a>',
    _escape,
)
MARKDOWN = Marks(
    {"bold": ("**", "**"), "italic": ("_", "_"), "strike": ("~~", "~~"), "code": ("`", "`")},
    lambda words, url: f"[{words}]({url})",
    lambda words: re.sub(r"([\\`*_~\[\]<>#])", r"\\\1", words),
)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status; Teams asks to repeat after 412 too."""
    if status in AGAIN:
        return Verdict("later", cause=str(status))
    verdict = judge_by_status_and_token(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        code = read_string(read_object(body), "error", "code")
    except Rejected:
        code = ""
    cause = code if re.fullmatch(r"[A-Za-z0-9]{1,60}", code) else str(status)
    return Verdict("unreachable" if code in UNREACHABLE else verdict.outcome, verdict.retry_after, cause)

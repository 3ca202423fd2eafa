"""Replies as reply and push messages, and what their answers mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shared.channels import parts
from shared.channels.body import encode_json, read_object
from shared.channels.fitting import (
    count_utf16,
    join_titles,
    label_buttons,
    list_buttons,
    retry_key,
    split,
    split_chunks,
)
from shared.channels.port import Call, InboundMessage, Limit, Outgoing, Recipient, Settings, Verdict
from shared.channels.reading import read_string
from shared.channels.signing import require_secret
from shared.channels.verdicts import judge_by_status_and_token
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

NAME = "line"
API = "https://api.line.me"
LIMITS: Mapping[str, Limit] = {
    "messages": Limit(5, "messages in a call"),
    "text": Limit(5000, "UTF-16 units"),
    "text with buttons": Limit(160, "UTF-16 units"),
    "buttons": Limit(4, "buttons"),
    "quick replies": Limit(13, "quick replies"),
    "label": Limit(20, "UTF-16 units"),
    "payload": Limit(300, "UTF-16 units"),
    "alternative text": Limit(400, "UTF-16 units"),
    "image link": Limit(2000, "UTF-16 units"),
    "link": Limit(1000, "UTF-16 units"),
    "card": Limit(30_000, "bytes"),
    "cards": Limit(12, "cards of a carousel"),
    "carousel": Limit(50_000, "bytes"),
}
MESSAGES, BUTTONS, QUICK = (LIMITS[key].most for key in ("messages", "buttons", "quick replies"))
TEXT_LIMIT, TEMPLATE_LIMIT, LABEL_LIMIT = (LIMITS[key].most for key in ("text", "text with buttons", "label"))
DATA_LIMIT, ALT_LIMIT, URL_LIMIT = (LIMITS[key].most for key in ("payload", "alternative text", "image link"))
LINK_LIMIT, BUBBLE_BYTES, CARDS = (LIMITS[key].most for key in ("link", "card", "cards"))
CAROUSEL_BYTES = LIMITS["carousel"].most
BUBBLE_LIMIT = 2000
UNREACHABLE = ("failed to send messages", "property, 'to', in the request body is invalid")
"""No such person, or no friend of the account any more."""


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """At most five messages in each call: the first call of the turn replies, the others push."""
    base = f"{settings.get('api_url') or API}/v2/bot/message"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {require_secret(settings, 'access_token', NAME)}",
    }
    token = read_string(to.address, "reply") if not to.sent else ""
    messages = [message for part in parts.split_replies(replies, NAME, "plain") for message in _render_messages(part)]
    found: list[Outgoing] = []
    for count, group in enumerate(split_chunks(messages, MESSAGES)):
        keyed = {**headers, "x-line-retry-key": retry_key(to.message, to.sent, count)}
        call = Call(f"{base}/push", _render_json({"to": read_string(to.address, "to"), "messages": list(group)}), keyed)
        if token and not count:
            reply = _render_json({"replyToken": token, "messages": list(group)})
            call = Call(f"{base}/reply", reply, headers, fallback=call)
        found.append(call)
    return found


def indicate(message: InboundMessage, settings: Settings) -> Sequence[Call]:
    """The assistant is typing, until it answers or for 20 seconds; between two people only, as LINE has it."""
    token, person = settings.get("access_token"), read_string(message.address, "to")
    if not token or not person.startswith("U"):
        return ()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    url = f"{settings.get('api_url') or API}/v2/bot/chat/loading/start"
    return (Call(url, _render_json({"chatId": person, "loadingSeconds": 20}), headers),)


def _render_json(body: Mapping[str, JSON]) -> bytes:
    return encode_json(body)


def _render_messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, _, quick):
            yield from _render_text(text, buttons, quick)
        case parts.Image(url):
            yield _render_image(url)
        case parts.File(url):
            yield {"type": "text", "text": url}
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            yield from _render_cards(cards)
        case parts.Native(content):
            yield content


def _render_image(url: str) -> dict[str, JSON]:
    if url.startswith("https://") and len(url) <= URL_LIMIT:
        return {"type": "image", "originalContentUrl": url, "previewImageUrl": url}
    return {"type": "text", "text": url}


def _render_plain(text: str) -> list[dict[str, JSON]]:
    return [{"type": "text", "text": piece} for piece in split(text, TEXT_LIMIT, count_utf16)]


def _render_text(text: str, buttons: Sequence[Button], quick: bool) -> Iterator[dict[str, JSON]]:
    if not buttons or any(count_utf16(_render_data(button)) > DATA_LIMIT for button in buttons):
        yield from _render_plain(list_buttons(text, buttons))
        return
    text, labels = label_buttons(text, buttons, LABEL_LIMIT)
    quick = len(labels) <= QUICK and (quick or len(labels) > BUTTONS)
    if quick:
        *before, last = _render_plain(text or join_titles(buttons))
        yield from before
        items = [{"type": "action", "action": _render_action(label, button)} for label, button in labels]
        yield {**last, "quickReply": {"items": items}}
        return
    if count_utf16(text) > TEMPLATE_LIMIT:
        yield from _render_plain(text)
        text = ""
    for group in split_chunks(labels, BUTTONS):
        yield _render_template(text or "…", [_render_action(label, button) for label, button in group])
        text = ""


def _render_template(text: str, actions: Sequence[JSON]) -> dict[str, JSON]:
    template = {"type": "buttons", "text": text, "actions": list(actions)}
    return {"type": "template", "altText": text, "template": template}


def _render_action(label: str, button: Button) -> dict[str, JSON]:
    shown = button.title.strip()
    # What is shown as said by the person; it may be left out, its limit is that of the data.
    display = {"displayText": shown} if count_utf16(shown) <= DATA_LIMIT else {}
    return {"type": "postback", "label": label, "data": _render_data(button), **display}


def _render_data(button: Button) -> str:
    return button.payload or button.title


def _render_card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    """A flex bubble, where its buttons fit; else image and text."""
    if not _fits_bubble(card):
        if card.image:
            yield _render_image(card.image)
        yield from _render_text(card.text(), card.buttons, False)
        return
    bubble = _render_bubble(card)
    if card.image and "hero" not in bubble:
        yield _render_image(card.image)
    yield _render_flex((card,), bubble)


def _render_cards(cards: Sequence[parts.Card]) -> Iterator[dict[str, JSON]]:
    """A carousel of bubbles, where each fits one; else one after the other."""
    bubbles = [_render_bubble(card) for card in cards]
    whole = all(_fits_bubble(card) and (not card.image or "hero" in _render_bubble(card)) for card in cards)
    if not whole or len(cards) > CARDS or len(_render_json({"contents": bubbles})) > CAROUSEL_BYTES:
        for card in cards:
            yield from _render_card(card)
        return
    yield _render_flex(cards, {"type": "carousel", "contents": list(bubbles)})


def _render_flex(cards: Sequence[parts.Card], contents: Mapping[str, JSON]) -> dict[str, JSON]:
    # The notification's line; the cards themselves hold all of it.
    words = ", ".join(filter(None, (card.title for card in cards))) or join_titles(cards[0].buttons)
    return {"type": "flex", "altText": split(words, ALT_LIMIT)[0], "contents": dict(contents)}


def _fits_bubble(card: parts.Card) -> bool:
    fits = all(count_utf16(button.title) <= LABEL_LIMIT for button in (*card.buttons, *card.links))
    fits = fits and max(count_utf16(card.title), count_utf16(card.subtitle)) <= BUBBLE_LIMIT
    fits = fits and all(len(link.payload) <= LINK_LIMIT for link in card.links)
    fits = fits and all(count_utf16(_render_data(button)) <= DATA_LIMIT for button in card.buttons)
    return fits and len(_render_json(_render_bubble(card))) <= BUBBLE_BYTES


def _render_bubble(card: parts.Card) -> dict[str, JSON]:
    actions = [_render_action(button.title, button) for button in card.buttons]
    actions += [{"type": "uri", "label": link.title, "uri": link.payload} for link in card.links]
    texts = [{"type": "text", "text": line, "wrap": True} for line in (card.title, card.subtitle) if line]
    bubble: dict[str, JSON] = {"type": "bubble"}
    if card.image.startswith("https://") and len(card.image) <= URL_LIMIT:
        bubble["hero"] = {"type": "image", "url": card.image, "size": "full"}
    bubble["body"] = {"type": "box", "layout": "vertical", "contents": texts or [{"type": "text", "text": "…"}]}
    if actions:
        buttons = [{"type": "button", "action": action} for action in actions]
        bubble["footer"] = {"type": "box", "layout": "vertical", "contents": buttons}
    return bubble


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status; 409 says that this retry key was taken before, so an earlier try arrived."""
    if status == 409:
        return Verdict("taken")
    verdict = judge_by_status_and_token(status, headers, body)
    if status == 400:
        try:
            words = read_string(read_object(body), "message").lower()
        except Rejected:
            return verdict
        if any(known in words for known in UNREACHABLE):
            return replace(verdict, outcome="unreachable")
    return verdict

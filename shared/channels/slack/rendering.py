"""Replies as calls of chat.postMessage and to response addresses, and what their answers mean (docs.slack.dev)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from shared.channels import parts
from shared.channels.body import encode_json, read_object
from shared.channels.fitting import count_utf16, join_titles, label_buttons, list_buttons, split_chunks
from shared.channels.markdown import NO_SPACE, Marks, Span, write_marks
from shared.channels.options import reads_markdown
from shared.channels.port import Call, InboundMessage, Limit, Outgoing, Recipient, Settings, Verdict
from shared.channels.reading import is_on_hosts, read_objects, read_string
from shared.channels.signing import require_secret
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

NAME = "slack"
API = "https://slack.com/api"
HOOKS = ("hooks.slack.com",)
LIMITS: Mapping[str, Limit] = {
    "text": Limit(4000, "UTF-16 units"),
    "section": Limit(3000, "UTF-16 units"),
    "blocks": Limit(50, "blocks"),
    "buttons": Limit(25, "buttons in a block"),
    "label": Limit(75, "UTF-16 units"),
    "payload": Limit(2000, "UTF-16 units"),
    "link": Limit(3000, "UTF-16 units"),
    "prompts": Limit(4, "suggested prompts in a thread with the assistant"),
}
TEXT_LIMIT, SECTION_LIMIT, BUTTONS = (LIMITS[key].most for key in ("text", "section", "buttons"))
LABEL_LIMIT, VALUE_LIMIT, LINK_LIMIT = (LIMITS[key].most for key in ("label", "payload", "link"))
BLOCKS = LIMITS["blocks"].most
HOOK_USES = 5
"""How often a response_url may be used, within 30 minutes."""
STATUS = "is typing..."
OPENED = "assistant_thread"
"""In the metadata of the message with which somebody opens a thread with the assistant: what they were looking at."""
PACE = 1.0
"""Seconds between messages in one channel (docs: about one message each second and channel)."""
DENIED = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "org_login_required",
    "ekm_access_denied",
    "team_access_not_granted",
)
UNREACHABLE = ("user_disabled", "user_not_found", "is_archived", "cannot_dm_bot", "messages_tab_disabled")
LATER = (
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
)


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """Messages in the channel or thread; a slash command's first five answers go where only its user sees them."""
    base = settings.get("api_url") or API
    hook = read_string(to.address, "hook")
    place = {key: value for key, value in (("channel", read_string(to.address, "channel")),) if value}
    if thread := read_string(to.address, "thread"):
        place["thread_ts"] = thread
    found: list[Outgoing] = []
    messages = (
        message
        for part in parts.split_replies(replies, NAME, reads_markdown(settings))
        for message in _render_messages(part)
    )
    for number, message in enumerate(messages):
        headers = {"content-type": "application/json; charset=utf-8"}
        post = encode_json({**place, **message})
        authorised = {**headers, "authorization": f"Bearer {require_secret(settings, 'bot_token', NAME)}"}
        pause = PACE if number else 0.0
        spelt = _spell_images(message)
        without = Call(f"{base}/chat.postMessage", encode_json({**place, **spelt}), authorised) if spelt else None
        call = Call(f"{base}/chat.postMessage", post, authorised, pause=pause, fallback=without)
        if is_on_hosts(hook, HOOKS, base) and to.sent + number < HOOK_USES:
            body = encode_json({"response_type": "ephemeral", **message})
            call = Call(hook, body, headers, pause=pause, fallback=call)
        found.append(call)
    return found


def indicate(message: InboundMessage, settings: Settings) -> Sequence[Call]:
    """A status below the thread with the assistant (Agents & AI Apps), and in a new one what may be said first; other
    places of Slack have no such signs."""
    token, channel, thread = (
        settings.get("bot_token"),
        read_string(message.address, "channel"),
        read_string(message.address, "thread"),
    )
    if not token or not channel.startswith("D") or not thread:
        return ()
    signs: list[tuple[str, dict[str, JSON]]] = [("setStatus", {"status": settings.get("status") or STATUS})]
    prompts = [prompt.strip() for prompt in settings.get("prompts", "").split("|") if prompt.strip()]
    if prompts and OPENED in message.metadata:
        listed: list[JSON] = [{"title": prompt, "message": prompt} for prompt in prompts[: LIMITS["prompts"].most]]
        signs.append(("setSuggestedPrompts", {"prompts": listed}))
    headers = {"content-type": "application/json; charset=utf-8", "authorization": f"Bearer {token}"}
    base = f"{settings.get('api_url') or API}/assistant.threads."
    return [
        Call(base + method, json.dumps({"channel_id": channel, "thread_ts": thread, **content}).encode(), headers)
        for method, content in signs
    ]


def _render_messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, spans):
            yield from _render_text(text, buttons, spans)
        case parts.Image(url):
            yield _render_image(url)
        case parts.File(url):
            yield {"text": _escape(url)}
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            yield from _render_cards(cards)
        case parts.Native(content):
            yield content


def _render_text(text: str, buttons: Sequence[Button], spans: Sequence[Span] = ()) -> Iterator[dict[str, JSON]]:
    if any(count_utf16(button.payload or button.title) > VALUE_LIMIT for button in buttons):
        text, buttons = list_buttons(text, buttons), ()
    if not buttons:
        yield from ({"text": piece} for piece in _split_text(text, TEXT_LIMIT, spans))
        return
    text, labels = label_buttons(text, buttons, LABEL_LIMIT)
    *before, last = _split_text(text or join_titles(buttons), SECTION_LIMIT, spans)
    yield from ({"text": piece} for piece in before)
    blocks: list[JSON] = [{"type": "section", "text": {"type": "mrkdwn", "text": last}}] if text else []
    yield {"text": last, "blocks": [*blocks, *_render_actions(labels)]}


def _render_actions(labels: Sequence[tuple[str, Button]], links: Sequence[Button] = ()) -> list[JSON]:
    return [
        {"type": "actions", "elements": [_render_element(place, *item, links) for place, item in enumerate(group)]}
        for group in split_chunks(labels, BUTTONS)
    ]


def _render_element(place: int, label: str, button: Button, links: Sequence[Button]) -> JSON:
    target = {"url": button.payload} if button in links else {"value": button.payload or button.title}
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": f"choice_{place}", "text": text, **target}


def _render_card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    """A section with its image beside it and its buttons below; what does not fit is said in pieces."""
    words = _escape("\n".join(part for part in (card.title, card.subtitle) if part))
    plain = not _is_public(card.image) and bool(card.image)
    long = count_utf16(words) > SECTION_LIMIT or any(len(link.payload) > LINK_LIMIT for link in card.links)
    if plain or long or any(count_utf16(button.payload or button.title) > VALUE_LIMIT for button in card.buttons):
        if card.image:
            yield _render_image(card.image)
        yield from _render_text(card.text(), card.buttons)
        return
    text, labels = label_buttons("", (*card.buttons, *card.links), LABEL_LIMIT)
    section: dict[str, JSON] = {"type": "section", "text": {"type": "mrkdwn", "text": words or "…"}}
    if card.title:
        section["text"] = {"type": "mrkdwn", "text": words.replace(_escape(card.title), _render_bold(card.title), 1)}
    if card.image:
        section["accessory"] = {"type": "image", "image_url": card.image, "alt_text": card.title or "image"}
    listing = [
        {"type": "section", "text": {"type": "mrkdwn", "text": piece}} for piece in _split_text(text, SECTION_LIMIT)
    ]
    yield {"text": words or "…", "blocks": [section, *listing, *_render_actions(labels, card.links)]}


def _render_cards(cards: Sequence[parts.Card]) -> Iterator[dict[str, JSON]]:
    """Cards below each other, as many in a message as it has blocks for; one that is no block goes out alone."""
    words: list[str] = []
    blocks: list[JSON] = []
    for card in cards:
        messages = list(_render_card(card))
        more = messages[0].get("blocks") if len(messages) == 1 else None
        if not isinstance(more, list) or len(blocks) + len(more) + 1 > BLOCKS:
            if blocks:
                yield {"text": "\n\n".join(words), "blocks": blocks}
            words, blocks = [], []
        if isinstance(more, list):
            words.append(str(messages[0]["text"]))
            blocks = [*blocks, *([{"type": "divider"}] if blocks else []), *more]
        else:
            yield from messages
    if blocks:
        yield {"text": "\n\n".join(words), "blocks": blocks}


def _render_bold(text: str) -> str:
    escaped = _escape(text)
    return f"*{escaped}*" if not re.search(r"[*\n]", text) and text == text.strip() else escaped


def _render_image(url: str) -> dict[str, JSON]:
    if not _is_public(url):
        return {"text": _escape(url)}
    return {"text": _escape(url), "blocks": [{"type": "image", "image_url": url, "alt_text": "image"}]}


def _spell_images(message: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """The message with addresses in the place of its pictures, for one that Slack cannot fetch; None without any."""
    blocks: list[JSON] = []
    for block in read_objects(message, "blocks"):
        url = read_string(block, "image_url") or read_string(block, "accessory", "image_url")
        rest = {key: value for key, value in block.items() if key != "accessory"}
        blocks += [rest] if block["type"] != "image" else []
        if url and len(url) < SECTION_LIMIT - 2:
            blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"<{_escape(url)}>"}})
    return {**message, "blocks": blocks[:BLOCKS]} if blocks != message.get("blocks", []) else None


def _is_public(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= 3000


def _split_text(text: str, limit: int, spans: Sequence[Span] = ()) -> list[str]:
    return write_marks(text, spans, limit, count_utf16, MARKS)


def _escape(text: str) -> str:
    """Slack reads <!channel> and <@U1> in a text; what a person said and the assistant repeats must not call anyone."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


MARKS = Marks(
    {"bold": ("*", "*"), "italic": ("_", "_"), "strike": ("~", "~"), "code": ("`", "`")},
    lambda words, url: f"<{_escape(url)}|{words}>",
    _escape,
    apart=NO_SPACE,
)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Slack answers 200 also where it took nothing: the body says `ok: false` and why. A hook answers `ok`."""
    verdict = judge_by_status(status, headers, body)
    if body.strip() == b"ok" and verdict.outcome == "taken":
        return verdict
    try:
        answer = read_object(body)
    except Rejected:
        return Verdict("later", cause="no_answer") if verdict.outcome == "taken" else verdict
    error = read_string(answer, "error")
    if not error.replace("_", "").isalnum() or len(error) > 60:
        error = ""
    error = error or verdict.cause
    if error in DENIED:
        return Verdict("denied", cause=error)
    if error in UNREACHABLE:
        return Verdict("unreachable", cause=error)
    if error in LATER:
        return Verdict("later", verdict.retry_after, error)
    if verdict.outcome == "taken" and answer.get("ok") is not True:
        return Verdict("refused", cause=error or "no_reason")
    return Verdict(verdict.outcome, verdict.retry_after, error)

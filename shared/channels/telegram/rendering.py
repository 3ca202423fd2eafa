"""Replies as calls to the Bot API, and what its answers mean (core.telegram.org/bots/api)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import parts
from shared.channels.body import encode_json, read_object
from shared.channels.fitting import count_utf8, count_utf16, join_titles, label_buttons, list_buttons, split_chunks
from shared.channels.markdown import Span, spell_links, split_text
from shared.channels.options import reads_markdown
from shared.channels.port import Call, Limit, Outgoing, Recipient, Settings, Verdict
from shared.channels.reading import pick, read_integer, read_number, read_string
from shared.channels.signing import require_secret
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

NAME = "telegram"
API = "https://api.telegram.org"
LIMITS: Mapping[str, Limit] = {
    "text": Limit(4096, "UTF-16 units"),
    "caption": Limit(1024, "UTF-16 units"),
    "payload": Limit(64, "bytes"),
    "buttons": Limit(100, "buttons"),
}
TEXT_LIMIT, CAPTION_LIMIT, DATA_LIMIT, BUTTONS = (LIMITS[key].most for key in ("text", "caption", "payload", "buttons"))
LABEL_LIMIT = 40
"""UTF-16 units; longer labels are cut by the app, so longer titles go into the text."""
UNREACHABLE = (
    ("blocked by the user", "blocked"),
    ("user is deactivated", "deactivated"),
    ("bot was kicked", "kicked"),
    ("bot is not a member", "not_a_member"),
    ("chat not found", "chat_not_found"),
    ("can't initiate conversation", "not_started"),
    ("group chat was deactivated", "chat_deactivated"),
    ("group chat was deleted", "chat_deactivated"),
    ("bot can't send messages to bots", "a_bot"),
    ("peer_id_invalid", "chat_not_found"),
    ("input_user_deactivated", "deactivated"),
    ("have no rights to send a message", "not_allowed_to_write"),
    ("not enough rights to send", "not_allowed_to_write"),
    ("chat_write_forbidden", "not_allowed_to_write"),
    ("need administrator rights in the channel", "not_allowed_to_write"),
)
"""What Telegram writes where nobody can mend it."""
ENTITIES = {"bold": "bold", "italic": "italic", "strike": "strikethrough", "code": "code", "link": "text_link"}
PACE = 1.0
"""Seconds between messages in one chat."""
DOCUMENT = ("sendDocument", "document")
METHODS = {"image": ("sendPhoto", "photo"), "audio": ("sendAudio", "audio"), "video": ("sendVideo", "video")}


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One call for each message."""
    base = f"{settings.get('api_url') or API}/bot{require_secret(settings, 'bot_token', NAME)}"
    chat = chat_of(to.address)
    headers = {"content-type": "application/json"}
    messages = (
        message
        for part in parts.split_replies(replies, NAME, reads_markdown(settings))
        for message in _render_messages(part)
    )
    return [
        Call(
            f"{base}/{method}",
            _render_json({**chat, **fields}),
            headers,
            pause=PACE if count else 0.0,
            fallback=_address_instead(base, chat, method, fields, headers),
        )
        for count, (method, fields) in enumerate(messages)
    ]


def _address_instead(
    base: str, chat: dict[str, JSON], method: str, fields: dict[str, JSON], headers: Mapping[str, str]
) -> Call | None:
    """Where Telegram cannot fetch a medium, people get its address."""
    field = next((field for known, field in (*METHODS.values(), DOCUMENT) if known == method), "")
    url = read_string(fields, field)
    if not url:
        return None
    rest = {key: value for key, value in fields.items() if key not in (field, "caption")}
    text = "\n".join(filter(None, (read_string(fields, "caption"), url)))
    return Call(f"{base}/sendMessage", _render_json({**chat, "text": text, **rest}), headers)


def chat_of(address: Mapping[str, JSON]) -> dict[str, JSON]:
    """The fields that say where something goes."""
    chat: dict[str, JSON] = {"chat_id": _whole_or_text(read_string(address, "chat"))}
    if topic := read_string(address, "topic"):
        chat["message_thread_id"] = _whole_or_text(topic)
    if direct := read_string(address, "direct"):
        chat["direct_messages_topic_id"] = _whole_or_text(direct)
    if business := read_string(address, "business"):
        chat["business_connection_id"] = business
    return chat


def _whole_or_text(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _render_json(fields: Mapping[str, JSON]) -> bytes:
    return encode_json(fields)


def _render_messages(part: parts.Part) -> Iterator[tuple[str, dict[str, JSON]]]:
    match part:
        case parts.Text(text, buttons, spans):
            yield from _render_text(text, buttons, spans)
        case parts.Image(url):
            yield "sendPhoto", {"photo": url}
        case parts.File(url, sort):
            method, field = METHODS.get(sort, DOCUMENT)
            yield method, {field: url}
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            for card in cards:
                yield from _render_card(card)
        case parts.Native(content):
            # Rasa's custom objects are sendMessage's fields; `method` names another one.
            method = read_string(content, "method") or "sendMessage"
            if not re.fullmatch(r"send[A-Za-z]{1,40}", method):
                raise Rejected("a custom reply for Telegram may only name a method that sends, e.g. sendSticker")
            yield method, {key: value for key, value in content.items() if key != "method"}


def _render_card(card: parts.Card) -> Iterator[tuple[str, dict[str, JSON]]]:
    """A photo with the words and buttons below it, where they are one message; else one after the other."""
    (method, fields), *rest = _render_text(card.text(), card.buttons)
    alone = not card.image or rest or count_utf16(str(fields["text"])) > CAPTION_LIMIT
    if alone:
        yield from (("sendPhoto", {"photo": card.image}),) if card.image else ()
        yield from ((method, fields), *rest)
        return
    caption = {"caption": fields.pop("text")}
    yield "sendPhoto", {"photo": card.image, **caption, **fields}


def _render_text(
    text: str, buttons: Sequence[Button], spans: Sequence[Span] = ()
) -> Iterator[tuple[str, dict[str, JSON]]]:
    # Telegram opens web addresses only.
    text, spans = spell_links(text, spans, ("mailto:", "tel:"))
    fit = all(0 < count_utf8(_render_payload(button)) <= DATA_LIMIT for button in buttons)
    if buttons and fit:
        text, labels = label_buttons(text, buttons, LABEL_LIMIT)
        keys = [[{"text": label, "callback_data": _render_payload(button)}] for label, button in labels]
        markups: list[JSON] = [{"inline_keyboard": list(group)} for group in split_chunks(keys, BUTTONS)]
    elif buttons and all(count_utf16(button.title) <= LABEL_LIMIT for button in buttons[:BUTTONS]):
        # A payload that is too long cannot be carried; the keyboard sends the title, as if the person typed it.
        rows = [[{"text": button.title.strip()}] for button in buttons]
        markups = [
            {"keyboard": list(group), "one_time_keyboard": True, "resize_keyboard": True}
            for group in split_chunks(rows, BUTTONS)
        ]
    else:
        text, markups = list_buttons(text, buttons), []
    messages = [
        _mark_text(*piece) for piece in split_text(text or join_titles(buttons), spans, TEXT_LIMIT, count_utf16)
    ]
    for message in messages[:-1] if markups else messages:
        yield "sendMessage", message
    for count, markup in enumerate(markups):
        yield "sendMessage", {**({"text": "…"} if count else messages[-1]), "reply_markup": markup}


def _mark_text(text: str, spans: Sequence[Span]) -> dict[str, JSON]:
    """A text with its marks as entities, so that no word in it has to be escaped."""
    entities: list[JSON] = [
        {
            "type": ENTITIES[span.kind],
            "offset": count_utf16(text[: span.start]),
            "length": count_utf16(text[span.start : span.end]),
            **({"url": span.url} if span.kind == "link" else {}),
        }
        for span in spans
    ]
    return {"text": text, **({"entities": entities} if entities else {})}


def _render_payload(button: Button) -> str:
    return button.payload or button.title


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """A wrong token is 401, or 404 because it is part of the path; 429 says in the body how long to wait."""
    verdict = judge_by_status(status, headers, body)
    if status in (401, 404):
        return Verdict("denied", cause=str(status))
    try:
        answer: dict[str, Any] = read_object(body)
    except Rejected:
        return Verdict("later", cause="no_answer") if verdict.outcome == "taken" else verdict
    if verdict.outcome == "later":
        wait = read_number(answer, "parameters", "retry_after")
        return Verdict("later", wait if wait is not None else verdict.retry_after, str(status))
    if verdict.outcome == "taken" and answer.get("ok") is True:
        return verdict
    if moved := pick(answer, "parameters", "migrate_to_chat_id"):
        return Verdict("moved", cause="migrated", amended={"chat_id": moved})
    described = read_string(answer, "description").lower()
    if "thread not found" in described or "topic_deleted" in described or "topic_closed" in described:
        # The topic was deleted or closed: what is said then goes to the group.
        return Verdict("moved", cause="thread_not_found", amended={"message_thread_id": None})
    for words, cause in UNREACHABLE:
        if words in described:
            return Verdict("unreachable", cause=cause)
    code = read_integer(answer, "error_code")
    return Verdict("refused", cause=str(status if code is None else code))

"""Microsoft Teams: activities of the Bot Framework, and outgoing webhooks, in; activities out.

Rules: learn.microsoft.com (bot-service/rest-api, msteams add-outgoing-webhook). The address to answer to comes with
the activity, so it is taken only where the token names the same one and it is on a host of Microsoft's.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.channels import bearer, parts
from shared.channels.body import read_object, read_webhook
from shared.channels.fitting import list_buttons, pack, split, utf16
from shared.channels.locating import check_fetchable, own_address
from shared.channels.port import (
    BOTH,
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Call,
    Channel,
    Forged,
    Grant,
    Inbound,
    InboundMessage,
    Limit,
    Outgoing,
    Parsed,
    Recipient,
    Setting,
    Settings,
    Verdict,
    WebhookResponse,
    by_status_and_token,
    conversation_sender,
    granularity,
    groups,
)
from shared.channels.reading import attachment_at, attachment_type, cut, is_on_hosts, objects, pick, string, values_of
from shared.channels.signing import base64_sha256, check, from_base64, secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "teams"
OK = WebhookResponse(200)
TAKEN = WebhookResponse(200, b'{"statusCode": 200}', "application/json")
ISSUERS = ("https://api.botframework.com",)
KEYS = "https://login.botframework.com/v1/.well-known/keys"
"""The jwks_uri of login.botframework.com/v1/.well-known/openidconfiguration."""
SERVICES = ("smba.trafficmanager.net", "*.botframework.com", "*.infra.gcc.teams.microsoft.com", "*.teams.microsoft.us")
"""Not all of trafficmanager.net: anybody may have a name there."""
HOSTS = ("smba.trafficmanager.net", "*.teams.microsoft.com", "*.sharepoint.com", "*.asm.skype.com")
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


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message; typing, reactions, joins and the like are none."""
    outgoing = inbound.headers.get("authorization", "").startswith("HMAC ")
    if outgoing:
        verify_outgoing_webhook(inbound, secret(settings, "security_token", NAME))
    activity = read_webhook(inbound.body)
    if not outgoing:
        verify(inbound, settings, activity)
    person, conversation = string(activity, "from", "id"), string(activity, "conversation", "id")
    text, named = _text_of(activity)
    attachments, form = tuple(_attachments(activity)), _form(activity)
    executed = activity.get("type") == "invoke" and activity.get("name") == "adaptiveCard/action"
    if (activity.get("type") != "message" and not executed) or not person or not conversation:
        return OK
    if not text and not attachments:
        return OK
    activity_id = string(activity, "id")
    # A thread's conversation is the channel's with the id of its first message behind it.
    channel, _, thread = conversation.partition(";messageid=")
    kind = string(activity, "conversation", "conversationType")
    group = kind in ("channel", "groupChat") or pick(activity, "conversation", "isGroup") is True
    message = InboundMessage(
        text=text,
        sender=conversation_sender(settings, person, channel, thread),
        id=f"{conversation}.{activity_id}" if activity_id else None,
        sent_at=_time(string(activity, "timestamp")),
        locale=string(activity, "locale") or None,
        metadata={"form": form} if form else {},
        attachments=attachments,
        address={"service": string(activity, "serviceUrl"), "conversation": conversation, "activity": activity_id},
        synchronous=outgoing,
        addressed=not group or named or outgoing or executed or bool(form) or pick(activity, "value") is not None,
    )
    return (message,)


def verify(inbound: Inbound, settings: Settings, activity: dict[str, JSON]) -> None:
    """Forged where the token is not the Bot Framework's for this bot, this service address and this channel."""
    keys_at = settings.get("keys_url") or KEYS
    found, key = bearer.claims(inbound, keys_at, secret(settings, "app_id", NAME), ISSUERS, 403)
    service, channel = string(activity, "serviceUrl"), string(activity, "channelId")
    if not service or found.get("serviceurl") != service:
        raise Forged("the token is for another service address than the activity's", 403)
    if not is_on_hosts(service, SERVICES, settings.get("api_url", "")):
        raise Forged("the activity's service address is not Microsoft's", 403)
    endorsed = key.get("endorsements")
    if not channel or not isinstance(endorsed, list) or channel not in endorsed:
        raise Forged("the key of the token does not stand for this channel", 403)


def verify_outgoing_webhook(inbound: Inbound, security_token: str) -> None:
    """Forged where the body is not signed with the outgoing webhook's security token."""
    key = from_base64(security_token, "TEAMS_SECURITY_TOKEN")
    check("HMAC " + base64_sha256(key, inbound.body), inbound.headers.get("authorization"), "Authorization")


def _text_of(activity: dict[str, JSON]) -> tuple[str, bool]:
    """What a button carries, else the text without the bot's own mention, else what was filled in on a card; and
    whether the bot was mentioned."""
    value = _submitted(activity)
    for key in ("payload", "actionId", "action"):
        if found := string(value, key).strip():
            return found, True
    text, bot = string(activity, "text"), string(activity, "recipient", "id")
    spans = []
    for entity in objects(activity, "entities"):
        if entity.get("type") == "mention" and bot and string(entity, "mentioned", "id") == bot:
            words = string(entity, "text") or f"<at>{string(entity, 'mentioned', 'name')}</at>"
            spans += [found.span() for found in re.finditer(re.escape(words), text)]
    text = re.sub(r"</?at>", "", cut(text, spans))
    text = html.unescape(text).replace("\u00a0", " ").strip()
    return text or values_of(_form(activity)) or string(activity, "value", "action", "verb"), bool(spans)


def _submitted(activity: dict[str, JSON]) -> JSON:
    """The data of a card: of Action.Submit and messageBack in `value`, of Action.Execute in its action."""
    value = pick(activity, "value")
    return pick(value, "action", "data") if isinstance(pick(value, "action"), dict) else value


def _form(activity: dict[str, JSON]) -> dict[str, JSON]:
    """What was filled in on a card, without what Teams and its buttons put beside it."""
    value = _submitted(activity)
    if not isinstance(value, dict):
        return {"value": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else {}
    return {key: item for key, item in value.items() if key not in ("msteams", "payload", "actionId", "action")}


def _attachments(activity: dict[str, JSON]) -> Iterator[Attachment]:
    for file in objects(activity, "attachments"):
        content_type = string(file, "contentType")
        if content_type == "application/vnd.microsoft.teams.file.download.info":
            address, content_type = string(file, "content", "downloadUrl"), ""
        elif content_type.startswith(("image/", "audio/", "video/")):
            address = string(file, "contentUrl")
        else:
            # Cards, and the HTML form of the very text.
            continue
        if address:
            named = string(file, "name") or None
            yield attachment_at(
                attachment_type(content_type), address, HOSTS, name=named, content_type=content_type or None
            )


def _time(text: str) -> str | None:
    return text if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\d*Z", text) else None


def acknowledge(messages: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """Empty but for a card's Action.Execute, whose button would spin; a message takes the same answer."""
    return TAKEN


def answer_synchronously(replies: Sequence[Reply]) -> WebhookResponse:
    """An outgoing webhook's answer is one message, with all that is said; buttons would lead nowhere and are lines."""
    lines: list[str] = []
    for part in parts.of_replies(replies, NAME):
        match part:
            case parts.Text(text, buttons):
                lines.append(list_buttons(text, buttons))
            case parts.Image(url) | parts.File(url):
                lines.append(url)
            case parts.Card():
                lines.append(list_buttons("\n".join(filter(None, (part.text(), part.image))), part.buttons))
            case parts.Native(content):
                lines.append(string(content, "text"))
    body = {"type": "message", "text": "\n\n".join(line for line in lines if line), "textFormat": "plain"}
    return WebhookResponse(200, _json(body), "application/json")


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One activity for each message, as an answer to the person's."""
    service = string(to.address, "service")
    if not is_on_hosts(service, SERVICES, settings.get("api_url", "")):
        raise Rejected("the address of this Teams message is not Microsoft's")
    conversation, activity = (quote(string(to.address, key), safe="") for key in ("conversation", "activity"))
    url = f"{service.rstrip('/')}/v3/conversations/{conversation}/activities{'/' + activity if activity else ''}"
    grant = access(settings)
    headers = {"content-type": "application/json"}
    messages = (message for part in parts.of_replies(replies, NAME) for message in _messages(part))
    return [
        Call(url, _json({"type": "message", **message}), headers, grant=grant, pause=PACE if count else 0.0)
        for count, message in enumerate(messages)
    ]


def access(settings: Settings) -> Grant:
    """Client credentials; a bot of one tenant asks that tenant, any other botframework.com."""
    login = settings.get("login_url") or LOGIN
    tenant = quote(settings.get("tenant_id") or "botframework.com", safe="")
    form = {
        "grant_type": "client_credentials",
        "client_id": secret(settings, "app_id", NAME),
        "client_secret": secret(settings, "app_password", NAME),
        "scope": SCOPE,
    }
    return Grant(f"{login}/{tenant}/oauth2/v2.0/token", form)


def _json(message: Mapping[str, JSON]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()


def _messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons):
            yield from _text(text, buttons)
        case parts.Image(url):
            yield {"attachments": [{"contentType": _image_type(url), "contentUrl": url}]}
        case parts.File(url):
            yield _plain(url)
        case parts.Card():
            yield from _card(part)
        case parts.Native(content) if content.get("type") == "AdaptiveCard":
            yield {"attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": content}]}
        case parts.Native(content):
            yield content


def _image_type(url: str) -> str:
    ending = url.partition("?")[0].rpartition(".")[2].lower()
    return {"jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}.get(ending, "image/png")


def _plain(text: str) -> dict[str, JSON]:
    return {"text": text, "textFormat": "plain"}


def _text(text: str, buttons: Sequence[Button]) -> Iterator[dict[str, JSON]]:
    if any(_weight(action) > BUTTON_LIMIT for action in _actions(buttons)):
        text, buttons = list_buttons(text, buttons), ()
    pieces = split(text, LIMIT, _size)
    packed = list(pack(_actions(buttons), BUTTONS, _weight, LIMIT))
    if packed and pieces and _size(pieces[-1]) + sum(map(_weight, packed[0])) <= LIMIT:
        *pieces, last = pieces
        first, *packed = packed
        yield from (_plain(piece) for piece in pieces)
        yield _hero({"text": _escaped(last), "buttons": list(first)})
    else:
        yield from (_plain(piece) for piece in pieces)
    yield from (_hero({"buttons": list(group)}) for group in packed)


def _card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    links = [{"type": "openUrl", "title": link.title, "value": link.payload} for link in card.links]
    actions = [*_actions(card.buttons), *links]
    words: dict[str, Any] = {
        "title": _escaped(card.title),
        "subtitle": _escaped(card.subtitle),
        "images": [{"url": card.image}] if card.image else [],
    }
    if _weight(words) > LIMIT or any(_weight(action) > BUTTON_LIMIT for action in actions):
        if card.image:
            yield _hero({"images": [{"url": card.image}]})
        yield from _text(card.text(), card.buttons)
        return
    packed = list(pack(actions, BUTTONS, _weight, LIMIT))
    together = bool(packed) and _weight(words) + sum(map(_weight, packed[0])) <= LIMIT
    yield _hero({**words, "buttons": list(packed[0])} if together else words)
    yield from (_hero({"buttons": list(group)}) for group in packed[1 if together else 0 :])


def _size(text: str) -> int:
    """What a text takes in a message, be it plain or a card's."""
    return utf16(json.dumps(_escaped(text), ensure_ascii=False))


def _weight(part: Mapping[str, JSON]) -> int:
    return utf16(json.dumps(part, ensure_ascii=False))


def _hero(content: Mapping[str, JSON]) -> dict[str, JSON]:
    content = {key: value for key, value in content.items() if value}
    return {"attachments": [{"contentType": "application/vnd.microsoft.card.hero", "content": content}]}


def _actions(buttons: Sequence[Button]) -> list[dict[str, JSON]]:
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


def _escaped(text: str) -> str:
    """A hero card's text is HTML."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status; Teams asks to repeat after 412 too."""
    if status in AGAIN:
        return Verdict("later", cause=str(status))
    verdict = by_status_and_token(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        code = string(read_object(body), "error", "code")
    except Rejected:
        code = ""
    cause = code if re.fullmatch(r"[A-Za-z0-9]{1,60}", code) else str(status)
    return Verdict("unreachable" if code in UNREACHABLE else verdict.outcome, verdict.retry_after, cause)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """The connector wants the bot's token; a file in SharePoint has one in its address and must not see ours."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    url = own_address(attachment.reference, HOSTS, also)
    return AttachmentLocation(url, HOSTS, also, grant=access(settings) if is_on_hosts(url, SERVICES, also) else None)


CHANNEL = Channel(
    name=NAME,
    title="Microsoft Teams",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("app_id", "the bot's Microsoft App ID.", BOTH, needed=True),
        Setting(
            "security_token", "the security token of an outgoing webhook, in place of a bot.", GATEWAY, secret=True
        ),
        granularity("of a channel"),
        groups("mentioned; Teams sends bots nothing else, unless they may read all"),
        Setting("keys_url", "where the keys are, instead of Microsoft's.", GATEWAY),
        Setting("app_password", "the bot's client secret.", DELIVERY, secret=True, needed=True),
        Setting("tenant_id", "the tenant of a bot of one tenant.", DELIVERY),
        Setting("api_url", "a service address besides Microsoft's that is trusted, e.g. a stand-in's.", BOTH),
        Setting("login_url", "where tokens come from, instead of Microsoft's.", DELIVERY),
    ),
    ack_seconds=15.0,
    body_limit=512 * 1024,
    locate=locate,
    limits=LIMITS,
    chat=("service", "conversation"),
    answer_synchronously=answer_synchronously,
)

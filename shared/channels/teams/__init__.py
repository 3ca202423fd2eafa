"""Microsoft Teams: activities of the Bot Framework, and outgoing webhooks, in; activities out.

Rules: learn.microsoft.com (bot-service/rest-api, msteams add-outgoing-webhook). The address to answer to comes with
the activity, so it is taken only where the token names the same one and it is on a host of Microsoft's.
"""

import html
import re
from collections.abc import Iterator, Sequence

from shared.channels import bearer
from shared.channels.body import read_webhook
from shared.channels.locating import check_fetchable, check_own_address
from shared.channels.options import (
    conversation_sender,
    make_granularity_setting,
    make_groups_setting,
    make_markdown_setting,
    make_start_text_setting,
    read_start_text,
)
from shared.channels.port import (
    BOTH,
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Channel,
    Forged,
    Inbound,
    InboundMessage,
    Parsed,
    Setting,
    Settings,
    WebhookResponse,
)
from shared.channels.reading import (
    choose_attachment_type,
    cut,
    is_on_hosts,
    pick,
    read_objects,
    read_string,
    refer_to_attachment,
    values_of,
)
from shared.channels.signing import check, from_base64, require_secret, sign_base64_sha256
from shared.channels.teams.rendering import (
    LIMITS,
    NAME,
    SERVICES,
    answer_synchronously,
    indicate,
    judge,
    make_grant,
    render,
)
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

OK = WebhookResponse(200)
SUBMITTING = ("adaptiveCard/action", "task/submit")
"""Invoke activities in which people answer: a card's Action.Execute, and a dialog."""
TAKEN = WebhookResponse(200, b'{"statusCode": 200}', "application/json")
ISSUERS = ("https://api.botframework.com",)
KEYS = "https://login.botframework.com/v1/.well-known/keys"
"""The jwks_uri of login.botframework.com/v1/.well-known/openidconfiguration."""
HOSTS = ("smba.trafficmanager.net", "*.teams.microsoft.com", "*.sharepoint.com", "*.asm.skype.com")


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message; typing, reactions, joins and the like are none."""
    outgoing = inbound.headers.get("authorization", "").startswith("HMAC ")
    if outgoing:
        verify_outgoing_webhook(inbound, require_secret(settings, "security_token", NAME))
    activity = read_webhook(inbound.body)
    if not outgoing:
        verify(inbound, settings, activity)
    person, conversation = read_string(activity, "from", "id"), read_string(activity, "conversation", "id")
    text, named = _text_of(activity)
    attachments, form = tuple(_list_attachments(activity)), _read_form(activity)
    executed = activity.get("type") == "invoke" and activity.get("name") in SUBMITTING
    if (activity.get("type") != "message" and not executed) or not person or not conversation:
        return OK
    if not text and not attachments:
        if not named:
            return OK
        text = read_start_text(settings)
    activity_id = read_string(activity, "id")
    # A thread's conversation is the channel's with the id of its first message behind it.
    whole_channel = settings.get("conversation_granularity") == "channel"
    where = conversation.partition(";messageid=")[0] if whole_channel else conversation
    kind = read_string(activity, "conversation", "conversationType")
    group = kind in ("channel", "groupChat") or pick(activity, "conversation", "isGroup") is True
    message = InboundMessage(
        text=text,
        sender=conversation_sender(settings, person, where, ""),
        id=f"{conversation}.{activity_id}" if activity_id else None,
        sent_at=_read_time(read_string(activity, "timestamp")),
        locale=read_string(activity, "locale") or None,
        metadata={"form": form} if form else {},
        attachments=attachments,
        address={"service": read_string(activity, "serviceUrl"), "conversation": conversation, "activity": activity_id},
        synchronous=outgoing,
        addressed=not group or named or outgoing or executed or bool(form) or pick(activity, "value") is not None,
    )
    return (message,)


def verify(inbound: Inbound, settings: Settings, activity: dict[str, JSON]) -> None:
    """Forged where the token is not the Bot Framework's for this bot, this service address and this channel."""
    keys_at = settings.get("keys_url") or KEYS
    found, key = bearer.verify_claims(inbound, keys_at, require_secret(settings, "app_id", NAME), ISSUERS, 403)
    service, channel = read_string(activity, "serviceUrl"), read_string(activity, "channelId")
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
    check("HMAC " + sign_base64_sha256(key, inbound.body), inbound.headers.get("authorization"), "Authorization")


def _text_of(activity: dict[str, JSON]) -> tuple[str, bool]:
    """What a button carries, else the text without the bot's own mention, else what was filled in on a card; and
    whether the bot was mentioned."""
    value = _read_submitted(activity)
    for key in ("payload", "actionId", "action"):
        if found := read_string(value, key).strip():
            return found, True
    text, bot = read_string(activity, "text"), read_string(activity, "recipient", "id")
    spans = []
    for entity in read_objects(activity, "entities"):
        if entity.get("type") == "mention" and bot and read_string(entity, "mentioned", "id") == bot:
            words = read_string(entity, "text") or f"<at>{read_string(entity, 'mentioned', 'name')}</at>"
            spans += [found.span() for found in re.finditer(re.escape(words), text)]
    text = re.sub(r"</?at>", "", cut(text, spans))
    text = html.unescape(text).replace("\u00a0", " ").strip()
    return text or values_of(_read_form(activity)) or read_string(activity, "value", "action", "verb"), bool(spans)


def _read_submitted(activity: dict[str, JSON]) -> JSON:
    """The data of a card: of Action.Submit and messageBack in `value`, of Action.Execute in its action, of a dialog in
    `data`."""
    value = pick(activity, "value")
    if activity.get("name") == "task/submit":
        return pick(value, "data")
    return pick(value, "action", "data") if isinstance(pick(value, "action"), dict) else value


def _read_form(activity: dict[str, JSON]) -> dict[str, JSON]:
    """What was filled in on a card, without what Teams and its buttons put beside it."""
    value = _read_submitted(activity)
    if not isinstance(value, dict):
        return {"value": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else {}
    return {key: item for key, item in value.items() if key not in ("msteams", "payload", "actionId", "action")}


def _list_attachments(activity: dict[str, JSON]) -> Iterator[Attachment]:
    for file in read_objects(activity, "attachments"):
        content_type = read_string(file, "contentType")
        if content_type == "application/vnd.microsoft.teams.file.download.info":
            address, content_type = read_string(file, "content", "downloadUrl"), ""
        elif content_type.startswith(("image/", "audio/", "video/")):
            address = read_string(file, "contentUrl")
        elif content_type == "text/html" or content_type.startswith("application/vnd.microsoft.card."):
            # The HTML form of the very text; a card that is quoted.
            continue
        else:
            address = read_string(file, "contentUrl")
        if address:
            named = read_string(file, "name") or None
            yield refer_to_attachment(
                choose_attachment_type(content_type), address, HOSTS, name=named, content_type=content_type or None
            )


def _read_time(text: str) -> str | None:
    return text if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\d*Z", text) else None


def acknowledge(messages: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """Empty but for a card's Action.Execute, whose button would spin; a message takes the same answer."""
    return TAKEN


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """The connector wants the bot's token; a file in SharePoint has one in its address and must not see ours."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    url = check_own_address(attachment.reference, HOSTS, also)
    return AttachmentLocation(
        url, HOSTS, also, grant=make_grant(settings) if is_on_hosts(url, SERVICES, also) else None
    )


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
        make_granularity_setting("of a channel"),
        make_markdown_setting(),
        make_start_text_setting("only mentions the assistant"),
        make_groups_setting("mentioned; Teams sends bots nothing else, unless they may read all"),
        Setting("keys_url", "where the keys are, instead of Microsoft's.", GATEWAY),
        Setting("app_password", "the bot's client secret.", DELIVERY, secret=True, needed=True, typing=True),
        Setting("tenant_id", "the tenant of a bot of one tenant.", DELIVERY, typing=True),
        Setting("api_url", "a service address besides Microsoft's that is trusted, e.g. a stand-in's.", BOTH),
        Setting("login_url", "where tokens come from, instead of Microsoft's.", DELIVERY, typing=True),
    ),
    ack_seconds=15.0,
    body_limit=512 * 1024,
    locate=locate,
    limits=LIMITS,
    indicate=indicate,
    chat=("service", "conversation"),
    answer_synchronously=answer_synchronously,
)

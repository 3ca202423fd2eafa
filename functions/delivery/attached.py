"""Where an attachment of each platform is fetched: pure decisions; functions.delivery.attachments does the fetching.

The one place that says which host is shown which secret. A reference comes with a message, so nothing in it is taken
on trust: ids are plain tokens that become a path of the platform's API, addresses must be on the platform's own hosts,
and only the hosts named here see a token.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib import parse

from shared.channels.body import read_object
from shared.channels.port import Grant, Settings
from shared.channels.reading import own, string
from shared.channels.signing import secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment

LINE_CONTENT = "https://api-data.line.me"
TOKEN = re.compile(r"[A-Za-z0-9_=-]{1,300}")
RESOURCE = re.compile(r"[A-Za-z0-9_=+/-]{1,1000}")
TWILIO_MEDIA = re.compile(r"/2010-04-01/Accounts/[A-Za-z0-9.]+/Messages/[A-Za-z0-9.]+/Media/[A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Place:
    """What to GET, and where its answer may lead."""

    url: str = field(repr=False)
    hosts: tuple[str, ...]
    """Where `url`, and whatever it redirects to, may be: the platform's own hosts."""
    also: str = ""
    """An address out of the settings that is trusted besides: a stand-in's."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Shown to the host of `url` only, never to where it redirects."""
    grant: Grant | None = None
    lookup: bool = False
    """The answer is not the content but says where that is: ask `place` again with it."""


def place(name: str, attachment: Attachment, settings: Settings, found: bytes | None = None) -> Place:
    """Where the attachment of this channel is; `found` is what the lookup before answered.

    Raises Rejected where it cannot be fetched, Unavailable where the channel's token is not configured.
    """
    if attachment.type in ("link", "location"):
        raise Rejected(f"a {attachment.type} is for people to read and is not fetched")
    match name:
        case "slack":
            return _slack(attachment, settings)
        case "telegram":
            return _telegram(attachment, settings, found)
        case "whatsapp":
            return _whatsapp(attachment, settings, found)
        case "messenger":
            from shared.channels.graph import HOSTS

            return Place(_own(attachment.reference, HOSTS), HOSTS)
        case "twilio":
            return _twilio(attachment, settings)
        case "discord":
            from shared.channels.discord import HOSTS as DISCORD

            return Place(_own(attachment.reference, DISCORD), DISCORD)
        case "teams":
            return _teams(attachment, settings)
        case "gchat":
            return _gchat(attachment, settings)
        case "line":
            return _line(attachment, settings)
    raise Rejected(f"the channel {name[:40]!r} has no attachments that are fetched")


def _slack(attachment: Attachment, settings: Settings) -> Place:
    from shared.channels.slack import HOSTS, NAME

    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {secret(settings, 'bot_token', NAME)}"}
    return Place(_own(attachment.reference, HOSTS, also), HOSTS, also, token)


def _telegram(attachment: Attachment, settings: Settings, found: bytes | None) -> Place:
    from shared.channels.telegram import API, NAME

    base, token = settings.get("api_url") or API, secret(settings, "bot_token", NAME)
    hosts, also = ("api.telegram.org",), settings.get("api_url", "")
    if found is None:
        ident = _token(attachment.reference)
        return Place(f"{base}/bot{token}/getFile?file_id={parse.quote(ident, safe='')}", hosts, also, lookup=True)
    path = string(read_object(found), "result", "file_path")
    if not re.fullmatch(r"[A-Za-z0-9_./-]{1,300}", path) or ".." in path or path.startswith("/"):
        raise Rejected("Telegram does not say where this file is; files of more than 20 MB are not given to bots")
    return Place(f"{base}/file/bot{token}/{parse.quote(path)}", hosts, also)


def _whatsapp(attachment: Attachment, settings: Settings, found: bytes | None) -> Place:
    from shared.channels.graph import API
    from shared.channels.whatsapp import NAME

    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {secret(settings, 'access_token', NAME)}"}
    if found is None:
        url = f"{also or API}/{parse.quote(_token(attachment.reference), safe='')}"
        return Place(url, ("graph.facebook.com",), also, token, lookup=True)
    hosts = ("lookaside.fbsbx.com",)
    return Place(_own(string(read_object(found), "url"), hosts, also), hosts, also, token)


def _twilio(attachment: Attachment, settings: Settings) -> Place:
    from shared.channels.twilio import HOSTS, NAME

    also = settings.get("api_url", "")
    url = _own(attachment.reference, ("api.twilio.com",), also)
    path = parse.urlsplit(url).path.removeprefix(parse.urlsplit(also).path)
    if not TWILIO_MEDIA.fullmatch(path):
        raise Rejected("this address is none of Twilio's for media")
    account = f"{secret(settings, 'account_sid', NAME)}:{secret(settings, 'auth_token', NAME)}"
    basic = base64.b64encode(account.encode()).decode()
    return Place(url, HOSTS, also, {"authorization": f"Basic {basic}"})


def _teams(attachment: Attachment, settings: Settings) -> Place:
    from shared.channels.teams import HOSTS, SERVICES, access

    also = settings.get("api_url", "")
    url = _own(attachment.reference, HOSTS, also)
    # The connector wants the bot's token; a file in SharePoint has one in its address and must not see ours.
    return Place(url, HOSTS, also, grant=access(settings) if own(url, SERVICES, also) else None)


def _gchat(attachment: Attachment, settings: Settings) -> Place:
    from shared.channels.gchat import API, access

    if attachment.reference.startswith("https:"):
        raise Rejected("Google gives this file to people and not to apps; only uploaded files are fetched")
    if not RESOURCE.fullmatch(attachment.reference):
        raise Rejected("the reference is none of Google Chat's")
    also = settings.get("api_url", "")
    url = f"{also or API}/v1/media/{parse.quote(attachment.reference, safe='/')}?alt=media"
    return Place(url, ("chat.googleapis.com", "*.googleusercontent.com"), also, grant=access(settings))


def _line(attachment: Attachment, settings: Settings) -> Place:
    from shared.channels.line import NAME

    if not re.fullmatch(r"[0-9]{1,32}", attachment.reference):
        raise Rejected("the reference is no message of LINE's with content")
    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {secret(settings, 'access_token', NAME)}"}
    url = f"{also or LINE_CONTENT}/v2/bot/message/{attachment.reference}/content"
    return Place(url, ("api-data.line.me",), also, token)


def _own(address: str, hosts: tuple[str, ...], also: str = "") -> str:
    if not own(address, hosts, also):
        raise Rejected("the address is not on one of the platform's own hosts")
    return address


def _token(reference: str) -> str:
    if not TOKEN.fullmatch(reference):
        raise Rejected("the reference is no id of the platform's")
    return reference

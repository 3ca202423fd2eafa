"""Twilio's signature, over every form of an address that proxies leave behind."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from shared.channels.port import Forged, Inbound, Settings
from shared.channels.reading import parse_form
from shared.channels.signing import require_secret, sign_base64_sha1

NAME = "twilio"
PORTS = {"https": 443, "http": 80}


def verify(inbound: Inbound, settings: Settings, channel: str = NAME) -> None:
    """Forged where it is not signed with the auth token for the address that Twilio called.

    Proxies add and remove ports, so the address counts with the default port and without any, as Twilio's own
    validators have it. Twilio signs no time; the MessageSid is what makes a repetition harmless.
    """
    token = require_secret(settings, "auth_token", channel)
    found = inbound.headers.get("x-twilio-signature", "").encode("utf-8", "surrogatepass")
    parameters = _read_parameters(inbound)
    valid = False
    for address in _list_addresses(inbound.url):
        expected = sign_base64_sha1(token, (address + parameters).encode("utf-8", "surrogateescape")).encode()
        valid |= hmac.compare_digest(expected, found)
    if not valid:
        raise Forged("X-Twilio-Signature is missing or wrong; is PUBLIC_URL the address that Twilio calls?")


def _read_parameters(inbound: Inbound) -> str:
    """What is signed behind the address: the form, sorted; a JSON body is in the address as its hash."""
    digest = dict(parse_qsl(inbound.url.partition("?")[2])).get("bodySHA256")
    if digest is not None:
        actual = hashlib.sha256(inbound.body).hexdigest()
        if not hmac.compare_digest(actual.encode(), digest.encode("utf-8", "surrogatepass")):
            raise Forged("the body is not the one that the address names in bodySHA256")
        return ""
    fields = parse_form(inbound.body)
    return "".join(key + value for key in sorted(fields) for value in sorted(set(fields[key])))


def _list_addresses(url: str) -> Iterator[str]:
    """The address as it is, without a port, and with the scheme's default port."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return
    bare = re.sub(r":[0-9]*$", "", parts.netloc) if port is not None else parts.netloc
    yield url
    if port is not None:
        yield parts._replace(netloc=bare).geturl()
    elif host and parts.scheme in PORTS:
        yield parts._replace(netloc=f"{bare}:{PORTS[parts.scheme]}").geturl()

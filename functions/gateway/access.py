"""Who may call: pure decisions on where a request comes from and what it brings along.

Rasa's REST channel has no authentication at all, so by default only programs on this machine may use it, by the process
that holds the other end of the connection (functions.gateway.local_peer): every proxy on this machine has its address,
too. A web page in this machine's browser is no such program: its Origin must be allowed, and the Host must be a name of
this machine (else a page could point its own name here, which is known as DNS rebinding).
"""

import ipaddress
from _operator import _compare_digest
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib import parse

from functions.gateway.local_peer import LocalPeers
from functions.gateway.tokens import Jwt
from shared.config import Misconfigured
from shared.errors import Failure

PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via", "k-proxy-request")
"""A request with one of these came through a proxy (Knative's too). That none is there proves nothing."""

MIN_TOKEN = 16
RELAY_HEADER = "x-parley-local"
"""With which the local activator says that its caller is a program on this machine (LOCAL_RELAY_TOKEN)."""


class Unauthorised(Failure):
    """The caller must show a token, or call from elsewhere."""

    status = 401


class Forbidden(Failure):
    """A web page of an origin that is not allowed."""

    status = 403


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says of who sent it."""

    remote: str
    headers: Mapping[str, str]
    token: str | None
    """From the query; a token in the header Authorization comes first."""
    port: int | None = None
    """Of the other end of the connection; None where the server does not say it."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one gateway."""

    auth: str
    """loopback, token, jwt or open."""
    token: str
    origins: Sequence[str]
    jwt: Callable[[str], Mapping[str, Any] | None] | None = None
    """What a valid JSON Web Token says, where they count; None of one that is not."""
    is_local: Callable[[str, int], bool] = field(default_factory=LocalPeers)
    """Whether the process at that end of a connection is a program on this machine that speaks for itself."""
    relay_token: str = ""
    """What task up's own activator shows, which looked at its caller in the same way."""

    def check_rest(self, caller: Caller) -> None:
        """Raise Unauthorised or Forbidden where the caller may not use the unsigned channels."""
        self.check_origin(caller)
        if self.auth == "token" and not is_same_secret(read_bearer_token(caller) or caller.token or "", self.token):
            raise Unauthorised("send the token of REST_TOKEN: `Authorization: Bearer TOKEN`, or ?token=TOKEN")
        if self.auth == "jwt" and not (
            self.jwt is not None and self.jwt(read_bearer_token(caller) or caller.token or "")
        ):
            raise Unauthorised("send a valid JSON Web Token: `Authorization: Bearer TOKEN`, or ?token=TOKEN")
        if self.auth == "loopback" and not self._from_this_machine(caller):
            raise Unauthorised(
                "this channel is unsigned and answers only programs on this machine that call it directly and serve "
                "nobody else; to open it to others set REST_AUTH=token and REST_TOKEN on the gateway"
            )

    def read_claims(self, caller: Caller) -> Mapping[str, Any]:
        """What the caller's JSON Web Token says; nothing where none counts."""
        found = (
            self.jwt(read_bearer_token(caller) or caller.token or "")
            if self.auth == "jwt" and self.jwt is not None
            else None
        )
        return found or {}

    def check_origin(self, caller: Caller) -> None:
        """Raise Forbidden where a web page of another origin calls that is not on the list."""
        origin = caller.headers.get("origin")
        if origin is None or self.allows(origin) or _is_own(origin, caller.headers.get("host", "")):
            return
        raise Forbidden("this origin may not call; add it to CORS_ORIGINS on the gateway")

    def _from_this_machine(self, caller: Caller) -> bool:
        if any(name in caller.headers for name in PROXIED):
            return False
        if not _is_loopback(caller.remote) or not _is_name_of_this_machine(caller.headers.get("host", "")):
            return False
        if self.relay_token and is_same_secret(caller.headers.get(RELAY_HEADER, ""), self.relay_token):
            return True
        return caller.port is not None and self.is_local(caller.remote, caller.port)

    def allows(self, origin: str) -> bool:
        return origin in self.origins

    def list_cors_headers(self, caller: Caller) -> dict[str, str]:
        """The headers with which an answer may be read by the page that asked."""
        origin = caller.headers.get("origin")
        if origin is None or not self.allows(origin):
            return {}
        return {"access-control-allow-origin": origin, "vary": "Origin"}


def read_access(
    auth: str,
    token: str,
    origins: Sequence[str],
    jwt_key: str = "",
    jwt_method: str = "HS256",
    *,
    relay_token: str = "",
) -> Access:
    """The rules, or Misconfigured with every mistake in them."""
    found = []
    if auth not in ("loopback", "token", "jwt", "open"):
        found.append(f"REST_AUTH must be loopback, token, jwt or open, not {auth!r}")
    if auth == "token" and len(token) < MIN_TOKEN:
        found.append(f"REST_AUTH=token needs REST_TOKEN (or REST_TOKEN_FILE) of at least {MIN_TOKEN} characters")
    found += [
        f"CORS_ORIGINS: {origin!r} is no origin such as https://example.com"
        for origin in origins
        if not _is_origin(origin)
    ]
    if found:
        raise Misconfigured("\n".join(f"parley: {mistake}" for mistake in found))
    return Access(auth, token, origins, Jwt(jwt_key, jwt_method) if auth == "jwt" else None, relay_token=relay_token)


def _is_own(origin: str, host: str) -> bool:
    """Whether the origin is the place that was called; its scheme is not compared, for a proxy may end TLS."""
    try:
        return bool(host) and parse.urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _is_origin(text: str) -> bool:
    try:
        parts = parse.urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text == f"{parts.scheme}://{parts.netloc}"


def is_same_secret(token: str, secret: str) -> bool:
    """Compared in constant time, so that the answer's delay tells nothing of the secret."""
    return _compare_digest(token.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))


def read_bearer_token(caller: Caller) -> str:
    """The token in the header Authorization; empty where there is none."""
    scheme, _, token = caller.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_name_of_this_machine(host: str) -> bool:
    if host.partition(":")[0] in ("localhost", "127.0.0.1") and host.rpartition(":")[2].isdecimal():
        # What is usual needs no parser, which would be imported for it.
        return True
    try:
        name = parse.urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    if address == "127.0.0.1":
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


@dataclass(frozen=True, slots=True)
class Addresses:
    """Whose request it is, for rate limits: behind proxies their networks have to be known, or all callers are one."""

    trusted: Sequence[str] = ()
    """Networks of proxies (CIDR) whose X-Forwarded-For is believed."""

    def find_client(self, remote: str, forwarded: str) -> str:
        """The nearest address that is no trusted proxy's; whatever is behind it may be made up."""
        if not self.trusted:
            return remote
        networks = [ipaddress.ip_network(network, strict=False) for network in self.trusted]
        address = remote
        for earlier in (*reversed([part.strip() for part in forwarded.split(",") if part.strip()]), ""):
            try:
                parsed = ipaddress.ip_address(address)
            except ValueError:
                return address
            parsed = getattr(parsed, "ipv4_mapped", None) or parsed
            if not earlier or not any(parsed.version == network.version and parsed in network for network in networks):
                return str(parsed)
            address = earlier
        return address


def read_trusted_addresses(trusted: Sequence[str]) -> Addresses:
    """Misconfigured where one of them is no network."""
    for network in trusted:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as exc:
            raise Misconfigured(f"parley: TRUSTED_PROXIES: {network!r} is no network such as 10.0.0.0/8") from exc
    return Addresses(trusted)

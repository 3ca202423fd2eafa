"""Meta's Graph API, which WhatsApp and Messenger share: the handshake, the signature, and what its errors mean.

Sources: developers.facebook.com/docs/graph-api/webhooks and /docs/whatsapp/cloud-api/support/error-codes.
"""

from collections.abc import Mapping

from shared.channels.body import read_object
from shared.channels.port import Forged, Inbound, Settings, Verdict, WebhookResponse
from shared.channels.reading import pick
from shared.channels.signing import check, require_secret, sign_hex_sha256
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected

API = "https://graph.facebook.com/v23.0"
HOSTS = ("lookaside.fbsbx.com", "*.fbcdn.net", "*.fbsbx.com")
OK = WebhookResponse(200)
DENIED = (190, 102, 3, 133010, 131005, 131031)
"""Token ended, no rights, account locked."""
LATER = (1, 2, 4, 17, 32, 341, 368, 613, 80006, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 1200)
"""Unknown and temporary errors and every form of rate limit; most of them come with status 400."""
UNREACHABLE = (130472, 131021, 131026, 131045, 131049, 131050, 551, 1545041)
"""The number is not (or no longer) on WhatsApp or takes no messages of ours; the person left, or blocked the page."""
UNREACHABLE_MORE = (1545041, 2018001, 2018108)
"""Subcodes: not available now, no such person, takes no messages of the page."""
PAIR_LIMIT = (131056, 6.0)
"""Messages to one person: one each 6 seconds in the long run (Meta asks to wait 4^n seconds)."""


def answer_handshake(inbound: Inbound, settings: Settings, channel: str) -> WebhookResponse:
    """The answer to the GET with which Meta asks whether this address is ours. Rejected where it is none."""
    query = inbound.query
    if query.get("hub.mode") != "subscribe":
        raise Rejected("a GET must be Meta's handshake, with hub.mode=subscribe")
    check(require_secret(settings, "verify_token", channel), query.get("hub.verify_token"), "hub.verify_token", 403)
    challenge = query.get("hub.challenge", "")
    if len(challenge) > 200 or not challenge.isascii() or not challenge.isprintable():
        raise Rejected("hub.challenge must be short plain text")
    return WebhookResponse(200, challenge.encode())


def verify(inbound: Inbound, settings: Settings, channel: str) -> None:
    """Forged where it is not signed with the app secret. Meta signs no time; the message ids are what makes it safe."""
    expected = "sha256=" + sign_hex_sha256(require_secret(settings, "app_secret", channel), inbound.body)
    found = inbound.headers.get("x-hub-signature-256")
    if found is None and "x-hub-signature" in inbound.headers:
        raise Forged("only X-Hub-Signature (SHA-1) was sent; X-Hub-Signature-256 is needed")
    check(expected, found, "X-Hub-Signature-256")


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By the error's code, because Meta answers 400 to nearly everything that it does not take."""
    verdict = judge_by_status(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        error = pick(read_object(body), "error")
    except Rejected:
        return _denied_or(verdict, status)
    code = pick(error, "code")
    if type(code) is not int:
        return _denied_or(verdict, status)
    cause = str(code)
    if code == 10 and pick(error, "error_subcode") == 2018278:
        # Outside the 24 hours in which a page may answer.
        return Verdict("refused", cause="10/2018278")
    if code in UNREACHABLE or pick(error, "error_subcode") in UNREACHABLE_MORE:
        return Verdict("unreachable", cause=cause)
    if code in DENIED or code == 10 or 200 <= code <= 299:
        return Verdict("denied", cause=cause)
    if code in LATER or pick(error, "is_transient") is True or verdict.outcome == "later":
        wait = verdict.retry_after
        return Verdict("later", PAIR_LIMIT[1] if wait is None and code == PAIR_LIMIT[0] else wait, cause)
    return Verdict("denied" if status == 401 else "refused", cause=cause)


def _denied_or(verdict: Verdict, status: int) -> Verdict:
    return Verdict("denied", cause="401") if status == 401 else verdict

"""Slack's own verifier as an oracle: it and ours take and refuse the same webhooks."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from knative.local.platforms import accounts
from shared.channels import slack
from shared.channels.port import Forged, Inbound

NOW = 1767225000.0


class Clock:
    """slack_sdk's clock, standing still."""

    def now(self) -> float:
        return NOW


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    body=st.text(max_size=60),
    away=st.integers(-400, 400),
    change=st.sampled_from([None, "x-slack-signature", "x-slack-request-timestamp"]),
    value=st.text(st.characters(codec="ascii"), max_size=20) | st.just("v0=" + "0" * 64),
)
def test_slacks_verifier_agrees(body: str, away: int, change: str | None, value: str) -> None:
    headers: dict[str, Any] = dict(accounts.signed("slack", body.encode(), "", NOW + away))
    if change is not None:
        headers[change] = value
    try:
        slack.verify(Inbound(body.encode(), headers, now=NOW), {"signing_secret": accounts.SECRET})
        ours = True
    except Forged:
        ours = False
    oracle = SignatureVerifier(accounts.SECRET, Clock())  # type: ignore[arg-type]
    try:
        theirs = oracle.is_valid(body, headers["x-slack-request-timestamp"], headers["x-slack-signature"])
    except ValueError:
        # It stumbles over a timestamp that is no number, which is not valid.
        theirs = False
    assert ours == theirs

"""Whatever a stage makes events wait for ends before the broker gives them up, and so does an outage of an hour."""

from functions.delivery import order
from functions.delivery.config import Config as Delivery
from functions.dialogue.config import Config as Dialogue
from knative.local.broker.delivery import compute_backoff
from monitoring.conversations.dead_letters import read_routes
from shared.config import read

AN_HOUR = 3600.0


def test_waiting_for_what_ends_by_itself_is_never_the_cause_of_a_dead_letter() -> None:
    """Found by chaos: the claim of a delivery that was killed held its event for longer than the broker retried."""
    longest = {
        "a delivery's claim": read(Delivery, {}).lease,
        "the order of turns": order.WAIT,
        "an action's deadline": read(Dialogue, {}).action_seconds,
    }
    for trigger in read_routes().triggers.values():
        tried = sum(compute_backoff(trigger.policy, retry) for retry in range(trigger.policy.retry))
        for what, seconds in longest.items():
            assert seconds < tried, f"{trigger.name}: {what} may last {seconds:g} s, retries end after {tried:g} s"
        assert tried > AN_HOUR, f"{trigger.name} gives up after {tried:g} s; an outage of an hour is waited out"

"""How platforms were answered, and how a candidate compares with the live bundle."""

from shared.events.catalogue import EventDeadlettered, MessageCompared, RepliesDecided, WebhookAnswer, WebhooksAnswered
from tests.unit.observer.observing import Observing, event


def test_how_platforms_were_answered_is_measured_against_their_patience() -> None:
    one = Observing()
    answers = (
        WebhookAnswer("slack", 0.3, 3.0, 200),
        WebhookAnswer("slack", 2.9, 3.0, 200, cold=True),
        WebhookAnswer("slack", 4.0, 3.0, 200),
        WebhookAnswer("slack", 2.5, 3.0, 503),
        WebhookAnswer("slack", float("nan"), 3.0, 200),
        WebhookAnswer("slack", 1.0, 0.0, 200),
        WebhookAnswer("whatsapp", 0.1, 5.0, 200, undelivered=("131026", "131026")),
    )
    one.observer(event(WebhooksAnswered(answers)))
    assert one.value("parley_acks_total", channel="slack", outcome="in_time") == 1
    assert one.value("parley_acks_total", channel="slack", outcome="late") == 2
    assert one.value("parley_acks_total", channel="slack", outcome="failed") == 1
    assert one.value("parley_deliveries_total", channel="whatsapp", answer="undelivered:131026") == 2
    assert one.value("parley_ack_budget_left_bucket", channel="slack", le="0.0") == 1
    assert one.value("parley_ack_seconds_count", channel="slack", cold="true") == 1


def test_a_candidate_is_compared_with_the_live_bundle() -> None:
    one = Observing()
    same = MessageCompared("a", "b", "greet", "greet", 0.8, 0.9, True, 3.0, 4.0)
    other = MessageCompared("a", "b", "greet", "nlu_fallback", 0.8, 0.2, False)
    for number, said in enumerate((same, other, MessageCompared("a", "b", failed=True))):
        one.observer(event(said, f"web:{number}.compared"))
    assert one.value("parley_shadow_messages_total", bundle="a", candidate="b", intents="same", entities="same") == 1
    assert one.value("parley_shadow_messages_total", bundle="a", candidate="b", intents="other", entities="other") == 1
    assert one.value("parley_shadow_low_confidence_total", low_confidence="candidate") == 1
    assert one.value("parley_shadow_low_confidence_total", low_confidence="neither") == 1
    assert one.value("parley_shadow_flips_total", candidate="b", intent="greet", meant="nlu_fallback") == 1
    assert one.value("parley_shadow_confidence_difference_bucket", le="0.1") == 1
    assert one.value("parley_shadow_confidence_difference_bucket", le="0.05") == 0
    assert one.value("parley_shadow_seconds_sum", model="candidate") == 0.004
    assert one.value("parley_shadow_failures_total", candidate="b") == 1


def test_what_the_documents_of_both_say_counts_where_one_was_asked() -> None:
    one = Observing()
    for number, same in enumerate((None, True, False, True)):
        one.observer(event(MessageCompared("a", "b", "ask", "ask", same_answer=same), f"web:{number}.compared"))
    assert one.value("parley_shadow_answers_total", bundle="a", candidate="b", answers="same") == 2
    assert one.value("parley_shadow_answers_total", bundle="a", candidate="b", answers="other") == 1


def test_a_candidate_that_fails_is_no_answer_that_failed() -> None:
    one = Observing()
    one.observer(event(EventDeadlettered("web:1", RepliesDecided.TYPE, "shadow", "500")))
    assert one.value("parley_turn_outcomes_total", outcome="failed") == 0

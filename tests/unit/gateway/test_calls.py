"""A call on the telephone is answered in its webhook's own answer: with what is said, an apology, or a person."""

import pytest

from functions.gateway.pipeline import TooLate
from functions.gateway.turns import Turns
from knative.platforms import catalogue as platforms
from shared.errors import Failure, Unavailable
from shared.events.catalogue import Reply
from shared.events.envelope import Envelope
from tests.unit.gateway.webhook_gateway import WebhookGateway, running


class Answered(Turns):
    """Turns of which each is the same."""

    def __init__(self, *replies: Reply, with_operator: bool = False, fails: Failure | None = None) -> None:
        self._answer = list(replies), with_operator
        self._fails = fails

    def answer(self, envelope: Envelope, seconds: float) -> tuple[list[Reply], bool]:
        assert seconds < 15, envelope.id
        if self._fails is not None:
            raise self._fails
        return self._answer


def call(gateway: WebhookGateway) -> str:
    """What a caller hears."""
    response = gateway.post("twilio_voice", platforms.write_text("twilio_voice", "hi", 1))
    assert response.status_code == 200
    assert response.content_type == "text/xml"
    return str(response.get_data(as_text=True))


def test_a_caller_hears_the_answer_in_the_call() -> None:
    with running(turns=Answered(Reply("Hello!"))) as gateway:
        assert ">Hello!</Say></Gather>" in call(gateway)
        assert gateway.events == []


@pytest.mark.parametrize("failure", [Unavailable("nlu is down"), TooLate("dialogue was not asked in time")])
def test_a_caller_whose_turn_fails_hears_an_apology_and_can_go_on(failure: Failure) -> None:
    with running(turns=Answered(fails=failure)) as gateway:
        heard = call(gateway)
        assert "something went wrong" in heard
        assert "<Gather" in heard


def test_a_caller_of_whom_a_person_takes_over_is_put_through() -> None:
    given = {"TWILIO_VOICE_TRANSFER_TO": "+15550009"}
    with running(settings=given, turns=Answered(Reply("One moment."), with_operator=True)) as gateway:
        assert "<Dial><Number>+15550009</Number></Dial>" in call(gateway)

"""A gateway with every platform set up, in front of a broker that keeps what it is sent."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from functions.gateway.access import read_access
from functions.gateway.arrivals import Arrivals
from functions.gateway.assets import Page
from functions.gateway.conversations import Conversations
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.pipeline import Pipeline, ask_over_http
from functions.gateway.prewarming import Prewarming
from functions.gateway.rate_limit import PersonLimit
from functions.gateway.rest import Rest
from functions.gateway.stage import Entrance, Gateway
from functions.gateway.tracing import UNTRACED
from functions.gateway.turns import TurnReports, Turns
from functions.gateway.typing_signs import TypingSigns
from functions.gateway.webchat import Webchat
from functions.gateway.webhooks import ChannelReader, Publishing, Webhooks
from knative.platforms import catalogue as platforms
from knative.platforms import port
from shared.channels.catalogue import ChannelSettings
from shared.errors import Unavailable
from shared.events.envelope import Envelope
from shared.handoff import read_operators_chat
from shared.outbound import Outbound
from shared.process import Process
from tests.loopback import served

URL = "https://bot.example.com"


class WebhookGateway:
    """A gateway behind a proxy, a broker that keeps what it is handed, and the place where keys are published."""

    def __init__(self, keys_url: str, outbound: Outbound, **changes: Any) -> None:
        self.events: list[Envelope] = []
        self.asked: list[str] = []
        """The paths at which keys were asked for."""
        self.recorded: list[tuple[Any, ...]] = []
        """Channel, seconds, status of each webhook, and what it told of messages that did not arrive."""
        self.down = False
        self.typing = TypingSigns(outbound)
        prewarming = Prewarming({}, outbound)
        settings = {**platforms.build_environment("https://stand-in.example"), **changes.pop("settings", {})}
        settings |= {"TEAMS_KEYS_URL": keys_url, "GCHAT_KEYS_URL": keys_url}
        pipeline = Pipeline(ask_over_http({}, outbound))
        chat = read_operators_chat(changes.pop("handoff_to", ""))
        operators = Operators(pipeline, self.publish, outbound, token="", chat=chat)
        turns = changes.pop("turns", None) or Turns(
            pipeline, prewarming, TurnReports(self.publish, Process("gateway")), UNTRACED
        )
        publishing = Publishing(self.publish, prewarming, clock=changes.pop("clock", time.monotonic))
        person_limit = PersonLimit(changes.pop("rate", 0), 3)
        typing = self.typing if changes.pop("typing", False) else None
        arrivals = Arrivals(120.0, **changes)
        gateway = Gateway(
            Entrance(read_access("loopback", "", ()), public_url=URL),
            Rest(arrivals, turns, deadline=1.0),
            Webhooks(
                ChannelReader(ChannelSettings("gateway", settings), Keys(outbound), typing=typing),
                arrivals,
                publishing,
                turns=turns,
                person_limit=person_limit,
                operators=operators,
                record=lambda *told: self.recorded.append(told),
            ),
            Webchat(Conversations(()), outbound, "", long_polls=1),
            Page("Test"),
            operators=operators,
        )

        @Request.application
        def application(request: Request) -> Response:
            body, status, headers = gateway(request)
            return Response(body, status, headers)

        self.client = Client(application)

    def publish(self, envelope: Envelope) -> None:
        if self.down:
            raise Unavailable("the broker is down")
        self.events.append(envelope)

    def post(self, name: str, webhook: port.Webhook, **headers: str) -> Any:
        path = f"/webhooks/{name}/webhook"
        content_type = webhook.content_type
        signed = platforms.sign_webhook(name, webhook.body, URL + path, time.time(), content_type=content_type)
        return self.client.post(path, data=webhook.body, headers={**signed, **headers})


@contextmanager
def running(**changes: Any) -> Iterator[WebhookGateway]:
    outbound = Outbound()
    asked: list[str] = []

    def keys(request: Request) -> Any:
        asked.append(request.path)
        return json.dumps(port.encode_jwks()), 200, {"content-type": "application/json"}

    with served(keys) as url:
        gateway = WebhookGateway(f"{url}/keys", outbound, **changes)
        gateway.asked = asked
        try:
            yield gateway
        finally:
            gateway.typing.join()
            outbound.close()


def in_group(text: str, number: int = 1, **message: Any) -> port.Webhook:
    """A message in a group of Telegram's, that names nobody."""
    body = json.loads(platforms.write_text("telegram", text, number).body)
    body["message"] |= {"chat": {"id": -100222, "type": "supergroup"}, **message}
    return port.as_json(body)

"""The public keys of platforms: fetched when a signature needs them, and not more often."""

import json
from typing import Any

import pytest
from werkzeug.wrappers import Request

from functions.gateway.keys import Keys
from knative.platforms import catalogue as platforms
from knative.platforms import port
from shared.channels.catalogue import find_channel
from shared.channels.port import Forged, Inbound, WebhookResponse
from shared.outbound import Outbound
from tests.loopback import served
from tests.unit.gateway.webhook_gateway import WebhookGateway


def test_keys_are_fetched_once_and_a_made_up_key_name_fetches_no_more(gateway: WebhookGateway) -> None:
    import jwt

    for number in range(3):
        assert gateway.post("teams", platforms.write_text("teams", "hello", number)).status_code == 200
    forged = jwt.encode({"iss": "x"}, port.make_token_key(), algorithm="RS256", headers={"kid": "made-up"})
    for _ in range(3):
        response = gateway.post("teams", platforms.write_text("teams", "hi", 9), authorization=f"Bearer {forged}")
        assert response.status_code == 401
    assert gateway.asked == ["/keys"]


def test_keys_that_cannot_be_fetched_are_503_so_that_the_platform_repeats() -> None:
    outbound = Outbound()
    gateway = WebhookGateway("http://127.0.0.1:9/keys", outbound)
    responses = [gateway.post("gchat", platforms.write_text("gchat", "hello", 1)) for _ in range(2)]
    outbound.close()
    assert [response.status_code for response in responses] == [503, 503]
    assert "a moment ago" in responses[1].json["error"]


def test_a_key_that_was_turned_is_fetched_again_after_a_moment() -> None:
    now = [0.0]
    published = [{"keys": []}, port.encode_jwks()]

    def keys(request: Request) -> Any:
        return json.dumps(published.pop(0)), 200, {"content-type": "application/json"}

    outbound = Outbound()
    with served(keys) as url:
        settings = {**platforms.list_settings("teams"), "keys_url": f"{url}/keys"}
        webhook = platforms.write_text("teams", "hi", 1)
        headers = platforms.sign_webhook("teams", webhook.body, "", 1e9)
        inbound, found = Inbound(webhook.body, headers, now=1e9), Keys(outbound, lambda: now[0])
        with pytest.raises(Forged):
            found.parse(find_channel("teams"), inbound, settings)
        now[0] += 6
        assert not isinstance(found.parse(find_channel("teams"), inbound, settings), WebhookResponse)
    outbound.close()

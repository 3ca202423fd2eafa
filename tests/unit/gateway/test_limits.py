"""What a body may have is known from the path, before anybody is known who sends it."""

import pytest

from functions.gateway.limits import BODY_LIMIT, RECORDING_LIMIT, find_body_limit
from functions.runtime.request import Request
from shared.channels.catalogue import find_channel
from shared.channels.names import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_channels_messages_have_the_channels_limit(name: str) -> None:
    request = Request("POST", f"/webhooks/{name}/webhook?a=b", {"host": "h"})
    assert find_body_limit(request) == find_channel(name).body_limit <= 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        ("/webhooks/webchat/webhook", "audio/webm", RECORDING_LIMIT),
        ("/webhooks/rest/webhook", "audio/webm", BODY_LIMIT),
        ("/webhooks/webchat/aloud", "audio/webm", BODY_LIMIT),
        ("/webhooks/nobody/webhook", "application/json", BODY_LIMIT),
        ("/handoff/say", "application/json", BODY_LIMIT),
        ("/", "application/json", BODY_LIMIT),
    ],
)
def test_other_paths_take_little(path: str, kind: str, limit: int) -> None:
    assert find_body_limit(Request("POST", path, {"host": "h", "content-type": kind})) == limit

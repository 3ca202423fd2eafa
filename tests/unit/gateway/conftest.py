"""Fixtures of the gateway's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.gateway.assistants import Assistant
from tests.unit.gateway.webhook_gateway import WebhookGateway, running


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    with Assistant().running() as running:
        yield running


@pytest.fixture
def gateway() -> Iterator[WebhookGateway]:
    with running() as found:
        yield found

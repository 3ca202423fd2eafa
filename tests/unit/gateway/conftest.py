"""Fixtures of the gateway's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.gateway.assistants import Assistant
from tests.unit.gateway.webhook_place import Place, running


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    with Assistant().running() as running:
        yield running


@pytest.fixture
def place() -> Iterator[Place]:
    with running() as found:
        yield found

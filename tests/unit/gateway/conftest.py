"""Fixtures of the gateway's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.gateway.assistants import Assistant


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    with Assistant().running() as running:
        yield running

"""Fixtures of the tests of the image's server."""

from collections.abc import Iterator

import pytest

from tests.unit.runtime.running import Running, echo


@pytest.fixture
def running() -> Iterator[Running]:
    started = Running(echo)
    yield started
    started.stopped_in()

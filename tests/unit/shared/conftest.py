"""A client as stages have it."""

from collections.abc import Iterator

import pytest

from shared.outbound import Outbound


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    made = Outbound()
    yield made
    made.close()

"""Each attack at a small size."""

import pytest

from tests.attack.attacks import ATTACKS
from tests.attack.target import target


@pytest.mark.parametrize("name", ATTACKS)
def test_the_promise_holds(name: str) -> None:
    with target() as attacked:
        results = list(ATTACKS[name](attacked, True))
    assert results
    broken = [f"{result.attack}: {result.promise}; {result.measured}" for result in results if not result.held]
    assert not broken, "\n".join(broken)

"""Every attack that there is."""

from collections.abc import Callable, Iterator

from tests.attack import flood, memory, slow
from tests.attack.result import Result
from tests.attack.target import Target

Attack = Callable[[Target, bool], Iterator[Result]]

ATTACKS: dict[str, Attack] = {"flood": flood.attack, "memory": memory.attack, "slow": slow.attack}

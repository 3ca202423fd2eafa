"""Public Rasa projects, held turn by turn against what Rasa 3.6.21 answered (see the README of functions/dialogue)."""

import pytest

from tests.extra.dialogue.transcripts import Compared, compare
from tests.extra.material import material

BOTS = ("moodbot", "formbot", "concertbot", "rules", "financial")
SHARE = 0.98
"""Of the turns that must say and call the same."""
KNOWN: dict[tuple[str, str], str] = {}
"""(bot, message) of a turn that differs -> why it does; empty: none does."""


@pytest.mark.parametrize("bot", BOTS)
def test_a_public_project_answers_as_in_rasa(bot: str) -> None:
    compared = compare(material("bots", bot))
    print(_table(compared))
    unexplained = [item for item in compared.differences if (bot, item.message) not in KNOWN]
    assert compared.same >= SHARE * compared.turns
    assert not unexplained, _table(compared)


def _table(compared: Compared) -> str:
    lines = [
        f"{compared.bot}: {compared.same} of {compared.turns} turns say and call the same, "
        f"{compared.turns - len(compared.differences)} have the same tracker events"
    ]
    for item in compared.differences:
        reason = KNOWN.get((compared.bot, item.message), "not explained")
        lines.append(
            f"  {item.conversation} {item.message}: {reason}\n    Rasa   {item.expected}\n    Parley {item.got}"
        )
    return "\n".join(lines)

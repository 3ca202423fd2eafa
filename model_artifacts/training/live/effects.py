"""What a bundle that was just made does in the last conversations that the one before did not."""

import time
from pathlib import Path

from monitoring.conversations.history import conversations_of, turns_of
from monitoring.conversations.rerun import Change, Player
from shared.stores.opening import open_store
from shared.stores.ports import Turn

SHIFT = 0.2
"""A confidence counts as shifted from here on."""
TURNS = 100
"""Played at most: what takes longer is no loop of a second any more; `task rerun` plays all."""
Played = dict[tuple[str, int], Change]
"""The turns that a bundle would do otherwise than they are stored."""


class Effects:
    """Plays the last conversations against bundle after bundle, and tells what each changed."""

    def __init__(self) -> None:
        self._before: tuple[Path, Played] | None = None

    def describe(self, bundle: Path, before: Path, store_url: str, most: int) -> str:
        """One line on the last conversations of the store, or an empty one where there are none."""
        turns = _list_latest(store_url, most)
        total = sum(len(stored) for _, stored in turns)
        if not total:
            return ""
        known = self._before
        earlier = known[1] if known is not None and known[0] == before else _play(before, turns)
        played = _play(bundle, turns)
        self._before = bundle, played
        moved = {place for place in {*earlier, *played} if earlier.get(place) != played.get(place)}
        if not moved:
            return f"the last {total} stored turns go as before"
        # Whose turns they are is for who may read conversations: `task rerun` tells.
        return f"{len(moved)} of the last {total} stored turns go another way: task rerun BUNDLE={bundle} shows which"


def _list_latest(store_url: str, most: int) -> list[tuple[str, list[Turn]]]:
    """The conversations with the latest turns, with as many of them as are played."""
    store = open_store(store_url)
    try:
        now = time.time()
        found = [(name, list(turns_of(store, name, now))) for name in conversations_of(store, now)]
    finally:
        store.close()
    found = sorted((pair for pair in found if pair[1]), key=lambda pair: -pair[1][-1].at)
    chosen: list[tuple[str, list[Turn]]] = []
    for pair in found[:most]:
        if sum(len(turns) for _, turns in chosen) + len(pair[1]) > TURNS:
            break
        chosen.append(pair)
    return chosen


def _play(bundle: Path, turns: list[tuple[str, list[Turn]]]) -> Played:
    player = Player(bundle)
    changes = (change for name, stored in turns for change in player.play(name, stored, SHIFT))
    return {(change.conversation, change.turn): change for change in changes}

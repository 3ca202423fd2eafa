"""What was offered last (buttons, numbered lists), and which of it typed words mean.

A title, a part of it that no other title has, a slip of the pen, its number, its place ("the second one"): on every
channel what is typed does what the button does.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from functions.dialogue.context.words import fold_text, resembles, words_of
from functions.dialogue.tracker import Tracker
from shared.ordinals import CARDINALS, LAST, ORDINALS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NUMBER = _set(
    "number no nr num option choice nummer numéro número numero keuze punkt opción opção opzione scelta choix variante"
)
AROUND = _set(
    "the a one please i i'd i'll take like want choose pick with go for let's of them "
    "die der das den dem bitte ich nehme nehm nimm möchte will hätte gern gerne lieber davon von dann also "
    "la le les l s'il vous te plaît plait je prends veux voudrais celle celui là alors svp stp de ces "
    "el lo los las por favor quiero quisiera prefiero dame tomo elijo esa ese de estas estos con me quedo "
    "il la i gli per favore prendo voglio vorrei scelgo quella quello di questi "
    "o os as um uma quero queria prefiro escolho fico com essa esse desses destas "
    "de het graag"
)
"""Words around a place that say nothing: "I'll take the second one, please"."""
_DIGITS = re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be chosen."""

    place: int
    """Counted from 1 among the things that were offered together; 0 for those of an earlier reply."""
    label: str
    payload: str


def offers_of(tracker: Tracker) -> tuple[Offer, ...]:
    """What was offered since the person spoke last; the reply that offered last first."""
    found: list[Offer] = []
    counted = False
    for event in reversed(tracker.events):
        if event["event"] in ("user", "restart", "session_started"):
            break
        if event["event"] != "bot":
            continue
        data = event.get("data") or {}
        buttons = [*(data.get("buttons") or ()), *(data.get("quick_replies") or ())]
        for place, button in enumerate(buttons, 1):
            label = str(button.get("title") or "")
            found.append(Offer(0 if counted else place, label, str(button.get("payload") or label)))
        counted = counted or bool(buttons)
    return tuple(found)


def choose_offer(
    text: str, offers: Sequence[Offer], common: Collection[str] = (), *, plain: bool = True
) -> Offer | None:
    """The offer that the words mean, or None. Without `plain` (a question, a negation) only a whole title counts."""
    if not offers or text.startswith("/"):
        return None
    said = fold_text(text)
    for matches in _try_ways(said, offers, common, plain=plain):
        payloads = {offer.payload for offer in matches}
        if len(payloads) == 1:
            return matches[0]
        if payloads:
            return None
    return None


def place_of(text: str, count: int) -> int | None:
    """The place among `count` things that the words name and nothing else: "2", "#2", "number two", "the last one"."""
    every = words_of(text.replace("#", " "))
    if "no" in every and not (len(every) == 2 and every[0] == "no" and every[1].isdecimal()):
        return None
    lone = len(every) == 1
    rest = [word for word in every if word not in AROUND and word not in NUMBER]
    if not rest and lone:
        rest = every
    if len(rest) != 1 and not (not rest and len(every) > 1 and CARDINALS.get(every[-1]) == 1 and every[0] in NUMBER):
        return None
    word = rest[0] if rest else "one"
    if word in LAST:
        return count or None
    place = ORDINALS.get(word)
    if place is None and (lone or any(other in NUMBER for other in every) or _DIGITS.fullmatch(word)):
        place = int(word) if _DIGITS.fullmatch(word) else CARDINALS.get(word)
        if place is not None and len(every) > 1 and not any(other in NUMBER for other in every):
            # "two of them" is a number of things, no place.
            place = None
    return place if place is not None and 1 <= place <= count else None


def _try_ways(said: str, offers: Sequence[Offer], common: Collection[str], *, plain: bool) -> Iterator[list[Offer]]:
    titles = [fold_text(offer.label) for offer in offers]
    yield [offer for offer, title in zip(offers, titles, strict=True) if title == said]
    if not plain:
        return
    counted = [offer for offer in offers if offer.place > 0]
    place = place_of(said, len(counted))
    if place == len(counted) and not any(word.isdecimal() for word in words_of(said)):
        # "The last one" is the last of a kind: "Show more" is none of the films.
        kind = _describe_kind(counted[0].payload)
        place = max(offer.place for offer in counted if _describe_kind(offer.payload) == kind)
    yield [offer for offer in offers if offer.place == place] if place is not None else []
    yield [offer for offer, title in zip(offers, titles, strict=True) if resembles(title, said)]
    yield _by_part(said, offers, common)


def _describe_kind(payload: str) -> tuple[str, ...]:
    """What payloads of things that are offered together have in common: the intent, and the names of the entities."""
    return (payload.split("{", 1)[0].split("@", 1)[0], *re.findall(r'"(\w+)"\s*:', payload))


def _by_part(said: str, offers: Sequence[Offer], common: Collection[str]) -> list[Offer]:
    """The offers of whose titles the words are the beginning, or a part that tells them apart."""
    words = [word for word in words_of(said) if word not in AROUND] or words_of(said)
    if not words:
        return []
    found = []
    for offer in offers:
        title = words_of(offer.label)
        if not title or not all(any(resembles(word, other) for other in title) for word in words):
            continue
        telling = [word for word in words if word not in common]
        if resembles(words[0], title[0]) or (telling and 2 * len(words) >= len(title)):
            found.append(offer)
    return found

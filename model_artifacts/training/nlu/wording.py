"""English requests in other words that mean the same, before they are put into another language.

A few examples say a thing in a few ways, and people of other languages say it in theirs: a level that is reached is
set, a place comes first, a verb that goes without saying is left out.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from model_artifacts.training.nlu.ordering import NOUNS, QUALITIES, UNITS, Token

PARTICLES = frozenset(["on", "off", "up", "down", "out"])
"""Words that an English verb may have at a distance: "turn the lights off"."""
AFTER_PARTICLES = frozenset(["in", "at", "for", "to", "by", "from", "please", "now"])
FAR = 7
"""How many words may stand within such a verb."""
ASKING = (("can", "you"), ("could", "you"), ("please",), ("i", "want", "to"), ("i'd", "like", "to"))
"""What a request may begin with."""
REQUESTS = frozenset([*(words[-1] for words in ASKING), "and", "then", "now", ",", "me"])
"""A word that comes after one of these is a verb, as the first of a sentence is."""
CHANGES = frozenset([
    "turn", "turn up", "turn down", "change", "increase", "decrease", "raise", "lower", "reduce", "adjust", "dim",
    "make",
])  # fmt: skip
"""What these bring to a number, they set."""
SAID_AS_SET, UNSAID, ASKED, MOVED, EXTREME, SIGN = 0.6, 0.2, 0.1, 0.25, 0.1, 0.3
"""How often: such a verb is "set"; a verb of setting is left out; a request is asked for; a place is moved; a number
becomes the highest or lowest; percent is a sign, or a word."""
WITH_ARTICLE, WITHOUT_ARTICLE = 0.35, 0.12
"""How often a noun has an article that English does without, and how often none."""
BEFORE_PLACES = frozenset(["in", "on", "at", "from", "to", "inside"])
DETERMINERS = frozenset(["the", "a", "an", "my", "this", "that", "our", "all"])
BEFORE_NOUNS = frozenset(["in", "on", "at", "from", "to", "of", "is", "are", "with"])
EXTREMES = (
    ("maximum",), ("minimum",), ("the", "maximum"), ("the", "minimum"), ("the", "highest", "level"),
    ("the", "lowest", "level"),
)  # fmt: skip


def is_verb_place(tokens: Sequence[Token], place: int) -> bool:
    """Whether an English request would have its verb there."""
    before = tokens[place - 1] if place else None
    return before is None or (before.annotation is None and before.text.lower() in REQUESTS)


def word_otherwise(tokens: Sequence[Token], verbs: Collection[str], rng: random.Random) -> tuple[list[Token], bool]:
    """The request, perhaps in other words, and whether it still says all its numbers; its verbs are in one piece."""
    tokens = list(tokens)
    whole = not _say_extreme(tokens, rng)
    _say_set(tokens, rng)
    _change_percent(tokens, rng)
    _move_place(tokens, rng)
    _change_articles(tokens, verbs, rng)
    if tokens and tokens[0].text.lower() in verbs and rng.random() < ASKED:
        tokens[0] = replace(tokens[0], gap=" ")
        tokens[:0] = [Token(word, " ", None) for word in rng.choice(ASKING)]
    return tokens, whole


def join_verbs(tokens: list[Token], phrases: Mapping[str, tuple[str, ...]]) -> None:
    """Bring the verbs together that have other words inside."""
    plain = [place for place, token in enumerate(tokens) if token.annotation is None and token.text[0].isalnum()]
    for order in range(len(plain) - 1, 0, -1):
        place = plain[order]
        after = tokens[place + 1].text.lower() if place + 1 < len(tokens) else ""
        if tokens[place].text.lower() not in PARTICLES:
            continue
        if place == plain[order - 1] + 1 and f"{tokens[place - 1].text} {tokens[place].text}".lower() in phrases:
            tokens[place - 1] = replace(tokens[place - 1], text=f"{tokens[place - 1].text} {tokens[place].text}")
            del tokens[place]
            return
        off = tokens[place].text.lower() == "off" and after in DETERMINERS
        if after[:1].isalnum() and after not in AFTER_PARTICLES and not off:
            continue
        for verb in plain[max(0, order - FAR) : order]:
            if f"{tokens[verb].text} {tokens[place].text}".lower() in phrases:
                tokens[verb] = replace(tokens[verb], text=f"{tokens[verb].text} {tokens[place].text}")
                del tokens[place]
                return


def _find_level(tokens: Sequence[Token]) -> int | None:
    """Where "to" stands before a level that ends there: "to 50 percent in the kitchen", not "to 5 minutes timer"."""
    for place in range(len(tokens) - 1):
        if tokens[place].annotation is not None or tokens[place].text.lower() != "to":
            continue
        number, after = tokens[place + 1], place + 2
        if not number.text[0].isdigit():
            continue
        if after < len(tokens) and (tokens[after].text == "%" or tokens[after].text.lower() in ("percent", "degrees")):
            return place
        if after == len(tokens) or tokens[after].kind not in (NOUNS, UNITS, QUALITIES):
            return place
    return None


def _say_extreme(tokens: list[Token], rng: random.Random) -> bool:
    """The number that something is set to as the highest or the lowest."""
    place = _find_level(tokens)
    if place is None or rng.random() >= EXTREME:
        return False
    end = place + 2
    if end < len(tokens) and (tokens[end].text == "%" or tokens[end].text.lower() == "percent"):
        end += 1
    elif end < len(tokens) and tokens[end].text.lower() == "degrees":
        return False
    tokens[place + 1 : end] = [Token(word, " ", None) for word in rng.choice(EXTREMES)]
    return True


def _say_set(tokens: list[Token], rng: random.Random) -> None:
    level = next((p for p, t in enumerate(tokens) if p and t.annotation is None and t.text.lower() == "to"), None)
    if level is None or level + 1 == len(tokens) or tokens[0].annotation is not None:
        return
    reached = tokens[level + 1]
    if not (reached.text[0].isdigit() or reached.kind == QUALITIES or reached.text.lower() == "the"):
        return
    verb = tokens[0].text.lower()
    if verb in CHANGES and _find_level(tokens) is not None and rng.random() < SAID_AS_SET:
        verb = "set"
        tokens[0] = replace(tokens[0], text=verb)
    if (verb == "set" or (verb == "change" and reached.text.lower() != "the")) and level > 1 and rng.random() < UNSAID:
        if rng.random() < UNSAID and _find_level(tokens) is not None:
            del tokens[level]
        tokens[:2] = [replace(tokens[1], gap=tokens[0].gap)]


def _change_percent(tokens: list[Token], rng: random.Random) -> None:
    for place, token in enumerate(tokens):
        if place and tokens[place - 1].text.isdigit() and token.annotation is None and rng.random() < SIGN:
            if token.text == "%":
                tokens[place] = replace(token, text="percent", gap=" ")
            elif token.text.lower() == "percent":
                tokens[place] = replace(token, text="%", gap=rng.choice(("", " ")))


def _move_place(tokens: list[Token], rng: random.Random) -> None:
    """What says where, from the end to the front, or after the verb."""
    end = len(tokens)
    while end and not tokens[end - 1].text[0].isalnum():
        end -= 1
    for start in range(end - 2, max(1, end - 7), -1):
        token = tokens[start]
        if token.annotation is None and token.text.lower() in BEFORE_PLACES:
            inside = tokens[start + 1 : end]
            named = inside[-1].kind == NOUNS or inside[-1].annotation is not None
            if named and not inside[0].text[0].isdigit() and start > 1 and rng.random() < MOVED:
                moved, target = [replace(token, gap=" "), *inside], rng.choice((0, 1))
                if tokens[target].annotation is not None and target:
                    return
                del tokens[start:end]
                tokens[target:target] = moved
                tokens[0] = replace(tokens[0], gap="")
                tokens[len(moved)] = replace(tokens[len(moved)], gap=" ")
            return


def _change_articles(tokens: list[Token], verbs: Collection[str], rng: random.Random) -> None:
    """Articles where English has none, and none where it has one."""
    for place in range(len(tokens) - 1, -1, -1):
        token = tokens[place]
        before = tokens[place - 1] if place else None
        if token.annotation is None and token.text.lower() in ("the", "a", "an"):
            if place and place + 1 < len(tokens) and rng.random() < WITHOUT_ARTICLE:
                del tokens[place]
            continue
        if token.kind != NOUNS or (before is not None and before.annotation is token.annotation is not None):
            continue
        first = before is not None and before.annotation is None
        led = first and before is not None and (before.text.lower() in BEFORE_NOUNS or before.text.lower() in verbs)
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        told = token.annotation is not None and after is not None and after.text.lower() in ("is", "are")
        if told and after is not None and after.annotation is token.annotation:
            # A sentence within the sentence: "dinner is ready".
            tokens[place : place + 1] = [Token("the", token.gap, token.annotation), replace(token, gap=" ")]
        elif led and rng.random() < WITH_ARTICLE:
            tokens[place : place + 1] = [Token("the", " ", None), token]

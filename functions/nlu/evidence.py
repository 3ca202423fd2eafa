"""What the words of a text say besides its intent and entities: negations, corrections, questions, several requests.

Found by tables of words (functions.nlu.words), so the same words always say the same. In a language without a table
only punctuation speaks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from functions.nlu.words import TOKEN, Words, words_of
from shared.events.meaning import Cue, Entity

NEGATING = ("negation", "removal", "replacement")
"""The kinds of cues whose words are not wanted."""
REACHING = (*NEGATING, "addition", "restriction")
SEGMENTS = 4
"""At most so many requests are read apart; the last holds the rest."""
TOKENS = 300
"""No more words than that are looked at: longer texts are no messages."""
FEWEST = 3
"""Words before a line's end that can be a request of their own."""
LEAD = 6
"""Words of the longest phrase that leads over to something."""
AHEAD = 8
"""How many words may stand within a split verb: "take the mushrooms off"."""
SENTENCE = frozenset(".!?;…。！？；")
ASKING = frozenset("?？؟")
SOUND = re.compile(r"h+m+|m{2,}|u+h*m*|[aeu]+h+m*|e+r+m*|äh+m*|öh+m*|euh+|ehm+")
"""What is said while one thinks."""


@dataclass(frozen=True, slots=True)
class Token:
    word: str
    """Case-folded, with straight apostrophes."""
    start: int
    end: int


class Reading:
    """The words of one text, in the light of a language's table."""

    __slots__ = ("_firsts", "_table", "_text", "tokens")

    def __init__(self, text: str, language: str) -> None:
        self._text = text
        self._table = words_of(language)
        self._firsts = {} if self._table is None else _first_words(language)
        self.tokens = [
            Token(match[0].casefold().replace("’", "'"), match.start(), match.end())
            for match, _ in zip(TOKEN.finditer(text), range(TOKENS), strict=False)
        ]

    def is_question(self) -> bool:
        """Whether its words ask: a question word or mark, or a verb before its subject; False without a table of the
        language.
        """
        tokens, table = self.tokens, self._table
        if any(token.word in ASKING for token in tokens[-3:]):
            return True
        if table is None:
            return False
        begin = self._beginning(0, len(tokens), table)
        if begin == len(tokens):
            return False
        if tokens[begin].word in table.asks:
            return True
        after = tokens[begin + 1].word if begin + 1 < len(tokens) else ""
        return tokens[begin].word in table.auxiliaries and after in table.subjects

    def cues(self, entities: Sequence[tuple[int, int]]) -> tuple[Cue, ...]:
        """The cues in order. Words within an entity are none: "Don't Stop Me Now" negates nothing.

        `entities` are places of entities, in order; what a cue covers ends after them.
        """
        table = self._table
        if table is None:
            return ()
        found: list[Cue] = []
        position = 0
        while position < len(self.tokens):
            length, kind = self._cue(position, table)
            if kind and self._counts(position, length, kind, entities, table):
                first, last = self.tokens[position], self.tokens[position + length - 1]
                until = self._reach(position + length, kind, entities, table) if kind in REACHING else last.end
                found.append(Cue(kind, first.start, last.end, until))
            elif not length and (split := self._split_verb(position, table)) is not None:
                found.append(split)
            position += max(length, 1)
        return tuple(found)

    def segments(self, entities: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where each of several requests stands in the text; empty where there is but one."""
        tokens, table = self.tokens, self._table
        starts = [0]
        for position in range(1, len(tokens)):
            if len(starts) < SEGMENTS and self._begins_request(position, starts[-1], table):
                place = tokens[position].start
                if not any(start < place < end for start, end in entities):
                    starts.append(position)
        if len(starts) == 1:
            return []
        ends = [*starts[1:], len(tokens)]
        found = [self._trimmed(first, last, table) for first, last in zip(starts, ends, strict=True)]
        said = [place for place in found if place is not None]
        return said if len(said) > 1 else []

    def proper_start(self, entities: Sequence[tuple[int, int]]) -> int:
        """Where the message proper begins after a hesitation: at the name of "hang on, it's Maria". 0 where it begins
        with none, or says nothing else."""
        table, tokens = self._table, self.tokens
        position, hesitates = 0, False
        while table is not None and position < len(tokens):
            length, kind = self._cue(position, table)
            if kind == "hesitation":
                position += length
                hesitates = True
                sound = length == 1 and SOUND.fullmatch(tokens[position - 1].word) is not None
                apart = position < len(tokens) and (sound or not tokens[position].word[0].isalnum())
                if not apart and not any(tokens[position - 1].end <= start for start, _ in entities):
                    return 0
            elif kind or (tokens[position].word[0].isalnum() and tokens[position].word not in table.fillers):
                break
            else:
                position += 1
        return tokens[position].start if hesitates and position < len(tokens) else 0

    def lead_in(self) -> int:
        """Where the message goes on after words that only lead over to it ("what about tonight"); 0 without such."""
        table = self._table
        if table is None:
            return 0
        begin = self._beginning(0, len(self.tokens), table)
        for first in dict.fromkeys((0, begin)):
            for length in range(min(LEAD, len(self.tokens) - first - 1), 1, -1):
                if self._phrase(first, length) in table.leads:
                    return self.tokens[first + length].start
        return 0

    def says_only(self, start: int, entities: Sequence[tuple[int, int]]) -> bool:
        """Whether nothing but `entities` and small words stands in the text from `start` on."""
        table = self._table
        return bool(entities) and all(
            token.start < start
            or not token.word[0].isalnum()
            or any(first <= token.start < last for first, last in entities)
            or (table is not None and token.word in table.fillers | table.articles | table.ends)
            for token in self.tokens
        )

    def _beginning(self, first: int, last: int, table: Words) -> int:
        """The place of the first word that says something, from `first` on."""
        while first < last and (self.tokens[first].word in table.fillers or not self.tokens[first].word[0].isalnum()):
            first += 1
        return first

    def _phrase(self, first: int, length: int) -> str:
        return " ".join(token.word for token in self.tokens[first : first + length])

    def _cue(self, position: int, table: Words) -> tuple[int, str]:
        """Length in words and kind of the longest phrase of the table that begins here; (0, "") where none does."""
        for length in self._firsts.get(self.tokens[position].word, ()):
            if (
                position + length <= len(self.tokens)
                and (kind := table.cues.get(self._phrase(position, length))) is not None
            ):
                return length, kind
        return 0, ""

    def _counts(self, position: int, length: int, kind: str, entities: Sequence[tuple[int, int]], table: Words) -> bool:
        tokens = self.tokens
        start, end = tokens[position].start, tokens[position + length - 1].end
        if any(first <= start and end <= last for first, last in entities):
            return False
        after = tokens[position + length].word if position + length < len(tokens) else ""
        if kind == "negation" and length == 1 and tokens[position].word in _ANSWERS:
            # "no, I meant ...", "no 3" and a lone "no" answer or count; "no olives" leaves something out.
            return bool(after) and after[0].isalpha() and after not in table.verbs and after not in table.closes
        if self._phrase(position, length) in table.yes and self._only_agrees(position + length, table):
            # "si" without its accent: a yes, where no condition follows.
            return False
        if self._phrase(position, length) in table.lone:
            before = tokens[position - 1].word if position else ""
            return all(
                not word or not word[0].isalnum() or word in table.fillers or word in table.lone
                for word in (before, after)
            )
        return True

    def _only_agrees(self, position: int, table: Words) -> bool:
        """Whether nothing but a yes follows until the sentence ends."""
        for token in self.tokens[position:]:
            if token.word in SENTENCE:
                return True
            if token.word[0].isalnum() and not (token.word in table.agreeing or token.word in table.yes):
                return False
        return True

    def _split_verb(self, position: int, table: Words) -> Cue | None:
        seconds = table.around.get(self.tokens[position].word)
        if not seconds:
            return None
        for later in self.tokens[position + 2 : position + 2 + AHEAD]:
            if later.word in SENTENCE or later.word in table.closes:
                return None
            if later.word in seconds:
                first = self.tokens[position]
                return Cue("removal", first.start, first.end, later.start)
        return None

    def _reach(self, first: int, kind: str, entities: Sequence[tuple[int, int]], table: Words) -> int:
        """The end of what a cue before the word `first` covers."""
        tokens = self.tokens
        until = tokens[first - 1].end
        covered = False
        position = first
        while position < len(tokens):
            token = tokens[position]
            entity = next((place for place in entities if place[0] <= token.start < place[1]), None)
            if entity is None:
                if self._ends_reach(position, kind, covered, table):
                    break
                if kind == "removal" and not covered and position > first and token.word in table.onto:
                    # "Drop the needle on Kind of Blue": what is dropped stands before.
                    break
                if token.word in table.joins or token.word == ",":
                    if covered and not self._goes_on(position, entities, table):
                        break
                    if not covered and token.word == ",":
                        break
            else:
                covered = True
            until = max(until, token.end if entity is None else entity[1])
            position += 1
        return until

    def _ends_reach(self, position: int, kind: str, covered: bool, table: Words) -> bool:
        word = self.tokens[position].word
        if word in SENTENCE or word in table.closes or word in (":", "(", ")"):
            return True
        if kind == "replacement" and word in table.exchanges:
            return True
        if covered and (word in table.ends or word in table.verbs):
            return True
        return self._cue(position, table)[1] in REACHING

    def _goes_on(self, position: int, entities: Sequence[tuple[int, int]], table: Words) -> bool:
        """Whether a comma or an "and" after something covered goes on with the same list.

        A comma does so only where a joining word follows before the list ends: "no olives, onions or ham".
        """
        token = self.tokens[position]
        if position + 1 >= len(self.tokens):
            return False
        after = self.tokens[position + 1]
        if token.word != ",":
            return after.word not in table.articles and after.word not in table.verbs and after.word not in table.ends
        if after.word in table.joins:
            return True
        for later in self.tokens[position + 1 :]:
            if any(start <= later.start < end for start, end in entities) or later.word == ",":
                continue
            return later.word in table.joins
        return False

    def _begins_request(self, position: int, previous: int, table: Words | None) -> bool:
        tokens = self.tokens
        before, here = tokens[position - 1], tokens[position]
        if not here.word[0].isalnum():
            return False
        if before.word in SENTENCE:
            spaced = before.end < here.start or before.word in "。！？；"
            word = tokens[position - 2].word if position > 1 else ""
            short = before.word == "." and (len(word) < 2 or (table is not None and word in table.abbreviations))
            return spaced and not short
        if table is None or here.word not in table.verbs:
            return False
        if "\n" in self._text[before.end : here.start]:
            # Lines are how people break off, too: "what is", "the weather", "in Berlin?".
            return position - previous >= FEWEST
        while position > previous + 1 and (
            tokens[position - 1].word in table.joins or tokens[position - 1].word in table.fillers
        ):
            position -= 1
            if tokens[position].word in table.joins and position > previous:
                return True
        return tokens[position - 1].word == "," and position - 1 > previous

    def _trimmed(self, first: int, last: int, table: Words | None) -> tuple[int, int] | None:
        """The place of the words from `first` to `last` without what only joins them; None where they say nothing."""
        joins = table.joins if table is not None else frozenset[str]()
        if table is not None and self._beginning(first, last, table) == last:
            return None
        while first < last and (
            not (word := self.tokens[first].word)[0].isalnum()
            or (first > 0 and table is not None and (word in joins or word in table.closes))
        ):
            first += 1
        while last > first and self._joins(last - 1, first, table):
            last -= 1
        return (self.tokens[first].start, self.tokens[last - 1].end) if first < last else None

    def _joins(self, position: int, first: int, table: Words | None) -> bool:
        """Whether the word at the end of a segment that began with `first` only leads over to the next one."""
        word = self.tokens[position].word
        if word in _LINKS or (table is not None and word in table.joins):
            return True
        return (
            table is not None and word in table.closes and position > first and self._joins(position - 1, first, table)
        )


_LINKS = frozenset((",", ";", "-", "–", ":"))


def negate(entities: Sequence[Entity], cues: Sequence[Cue]) -> tuple[Entity, ...]:
    """The entities, those that a negating cue covers being `negated`."""
    covers = [cue for cue in cues if cue.kind in NEGATING]
    if not covers:
        return tuple(entities)
    return tuple(
        replace(entity, negated=True)
        if entity.start is not None
        and any(cue.end <= entity.start and (entity.end or 0) <= cue.until for cue in covers)
        else entity
        for entity in entities
    )


_ANSWERS = frozenset(("no", "não", "nao"))


@lru_cache(maxsize=8)
def _first_words(language: str) -> Mapping[str, tuple[int, ...]]:
    """First word of each cue -> the lengths in words of those that begin with it, longest first."""
    table = words_of(language)
    lengths: dict[str, set[int]] = {}
    for phrase in table.cues if table is not None else ():
        parts = phrase.split(" ")
        lengths.setdefault(parts[0], set()).add(len(parts))
    return {word: tuple(sorted(sizes, reverse=True)) for word, sizes in lengths.items()}

"""Searching films: what is wanted, which films fit, and what has to be given up where none does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from functions.actions.fulfilment import Said, join_parts, part
from functions.actions.matching import find_best, name_contains, normalise_name, split_name
from functions.actions.searching import search_or_relax
from functions.actions.years import Years

from .catalogue import Film
from .naming import name_values, name_years


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a film is to be like; everything that is given has to hold."""

    title: str = ""
    actors: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    years: Years | None = None
    themes: tuple[str, ...] = ()
    """What it is about, in words of the catalogue: dinosaurs, chess."""
    without: tuple[str, ...] = ()
    """Genres, people and titles that it must not be."""

    def __bool__(self) -> bool:
        return self != Wanted()

    @property
    def spoken(self) -> Said:
        """As part of a sentence: "horror films with Tom Hanks from the 1990s"."""
        parts = [
            part("utter_part_genre_films", genres=name_values(self.genres)) if self.genres else part("utter_part_films")
        ]
        if self.themes:
            parts.append(part("utter_part_themes", names=list(self.themes)))
        if self.directors:
            parts.append(part("utter_part_directed", names=list(self.directors)))
        if self.actors:
            parts.append(part("utter_part_played", names=list(self.actors)))
        if self.years is not None:
            parts.append(name_years(self.years))
        if self.without:
            parts.append(part("utter_part_without"))
        return join_parts(parts)


@dataclass(frozen=True, slots=True)
class Found:
    """Films that fit, best first."""

    films: tuple[Film, ...] = ()
    asked: Wanted = Wanted()
    """What the films fit: what was wanted, or what is left of it where nothing fits all."""
    relaxed: bool = False


LOOSEN = ("years", "themes", "genres", "actors", "directors")
"""What is given up first: people know a person they want to see better than the year."""


def search(films: Sequence[Film], wanted: Wanted) -> Found:
    """The films that fit; where none does, those that fit the most that can be kept.

    People are to be named as the catalogue names them: `name_known_people`.
    """
    if wanted.title:
        named = find_best(wanted.title, films, lambda film: film.title)
        if named:
            fitting = _filter_fitting(named, replace(wanted, title=""))
            return Found(tuple(fitting or named), wanted)
        if not (rest := replace(wanted, title="")):
            return Found(asked=wanted)
        return replace(search(films, rest), relaxed=True)
    found, met = search_or_relax(wanted, LOOSEN, lambda asked: _find_fitting(films, asked))
    return Found(tuple(found), met, relaxed=met != wanted)


def find_similar(films: Sequence[Film], film: Film) -> tuple[Film, ...]:
    """Films like this one: by the same person or of the same kinds, the closest first."""

    def closeness(other: Film) -> float:
        shared = len(set(film.genres) & set(other.genres)) / len(set(film.genres) | set(other.genres))
        themes = len(set(film.keywords) & set(other.keywords))
        return 2 * shared + themes + (other.director == film.director) - abs(other.year - film.year) / 100

    others = [other for other in films if other != film and set(film.genres) & set(other.genres)]
    return tuple(sorted(others, key=lambda other: (-closeness(other), hash_for_order(other)))[:12])


def list_themes(films: Iterable[Film], text: str) -> tuple[str, ...]:
    """The keywords of the catalogue that a text mentions, whether singular or plural."""
    said = normalise_name(text).split()
    stems = {_cut_ending(word) for word in said} | {_cut_ending(f"{one} {two}") for one, two in pairwise(said)}
    known = {_cut_ending(keyword): keyword for film in films for keyword in film.keywords}
    return tuple(sorted(known[stem] for stem in stems & known.keys()))


def name_known_people(films: Sequence[Film], wanted: Wanted) -> Wanted:
    """The same with names as the catalogue writes them, each where it belongs.

    Whether a name is an actor's or a director's is told apart here, not by the model: "movies by Tom Hanks" are films
    that he plays in, and Clint Eastwood is found in both places.
    """
    if not wanted.actors and not wanted.directors:
        return wanted
    casts = sorted({name for film in films for name in film.actors})
    directing = sorted({film.director for film in films})
    actors: list[str] = []
    directors: list[str] = []
    for asked in wanted.actors:
        found = _find_person(asked, casts, directing)
        (actors if found in casts or found not in directing else directors).append(found)
    for asked in wanted.directors:
        found = _find_person(asked, directing, casts)
        (directors if found in directing or found not in casts else actors).append(found)
    return replace(wanted, actors=tuple(dict.fromkeys(actors)), directors=tuple(dict.fromkeys(directors)))


def _find_person(asked: str, own: Sequence[str], others: Sequence[str]) -> str:
    """The one name that is meant; what was asked where it fits several ("Anderson") or nobody.

    The very words are looked for in both lists before slips of the pen are in either.
    """
    mine = split_name(asked)
    for names in (own, others):
        holding = [name for name in names if mine and mine <= split_name(name)]
        if holding:
            return holding[0] if len(holding) == 1 else _match_exactly(asked, holding)
    for names in (own, others):
        if found := find_best(asked, names, str):
            return found[0]
    return asked


def _match_exactly(asked: str, names: Sequence[str]) -> str:
    return next((name for name in names if normalise_name(name) == normalise_name(asked)), asked)


def _cut_ending(word: str) -> str:
    return normalise_name(word).removesuffix("s")


def hash_for_order(film: Film) -> int:
    """A fixed place in an order that is no order: or else a search would always show the oldest films."""
    return crc32(f"{film.title} {film.year}".encode())


def name_film(film: Film) -> str:
    return f"{film.title} ({film.year})"


def _find_fitting(films: Sequence[Film], wanted: Wanted) -> tuple[Film, ...]:
    kinds = {normalise_name(genre) for genre in wanted.genres}
    # First those that are of a wanted kind above all, and not also.
    return tuple(
        sorted(
            _filter_fitting(films, wanted),
            key=lambda film: (bool(kinds) and film.genres[0] not in kinds, hash_for_order(film)),
        )
    )


def _filter_fitting(films: Sequence[Film], wanted: Wanted) -> Sequence[Film]:
    """Those of the films that are as it is wanted, whatever their title."""
    if wanted.years is not None:
        films = [film for film in films if film.year in wanted.years]
    for excluded in wanted.without:
        films = [film for film in films if not _is_called(film, excluded)]
    for genre in wanted.genres:
        name, stem = normalise_name(genre), _cut_ending(genre)
        films = [film for film in films if name in film.genres or stem in _list_stems(film.keywords)]
    if wanted.themes:
        themes = {_cut_ending(theme) for theme in wanted.themes}
        films = [film for film in films if not themes.isdisjoint(_list_stems(film.keywords))]
    for asked in wanted.actors:
        films = [film for film in films if any(name_contains(name, asked) for name in film.actors)]
    for asked in wanted.directors:
        films = [film for film in films if name_contains(film.director, asked)]
    return films


def _is_called(film: Film, name: str) -> bool:
    """Whether it is of that genre, has that person, or that title."""
    stem = _cut_ending(name)
    people = (*film.actors, film.director)
    return (
        stem in map(_cut_ending, film.genres)
        or normalise_name(film.title) == normalise_name(name)
        or any(name_contains(p, name) for p in people)
    )


@lru_cache(maxsize=8192)
def _list_stems(keywords: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_cut_ending(keyword) for keyword in keywords)

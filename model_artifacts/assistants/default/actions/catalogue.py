"""Reading the catalogue: films, tracks and dishes, as `catalogue/build.py` wrote them into the bundle."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import Unavailable

NAME = "catalogue.sqlite"


@dataclass(frozen=True, slots=True)
class Film:
    title: str
    year: int
    director: str
    actors: tuple[str, ...]
    genres: tuple[str, ...]
    """The first one says best what it is."""
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Track:
    artist: str
    title: str
    album: str
    genre: str
    year: int


@dataclass(frozen=True, slots=True)
class Dish:
    restaurant: str
    tags: tuple[str, ...]
    """Cuisine and kind: italian, pizza, vegan..."""
    name: str
    prices: tuple[tuple[str, int], ...]
    """Size and price in cents, smallest first."""
    toppings: tuple[str, ...]


@cache
def load_films(assets: Path) -> tuple[Film, ...]:
    """All films of the bundle in the directory `assets`, read once; Unavailable where they are missing."""
    rows = _read_rows(assets, "SELECT title, year, director, actors, genres, keywords FROM film ORDER BY rowid")
    lists = _read_lists(text for row in rows for text in row[3:])
    return tuple(Film(*row[:3], *(tuple(next(lists)) for _ in row[3:])) for row in rows)


@cache
def load_tracks(assets: Path) -> tuple[Track, ...]:
    """All tracks, likewise."""
    rows = _read_rows(assets, "SELECT artist, title, album, genre, year FROM track ORDER BY rowid")
    return tuple(Track(*row) for row in rows)


@cache
def load_dishes(assets: Path) -> tuple[Dish, ...]:
    """All dishes, likewise."""
    rows = _read_rows(assets, "SELECT restaurant, name, tags, prices, toppings FROM dish ORDER BY rowid")
    lists = _read_lists(text for row in rows for text in row[2:])
    return tuple(
        Dish(restaurant, tuple(next(lists)), name, tuple(next(lists).items()), tuple(next(lists)))
        for restaurant, name, *_ in rows
    )


def _read_rows(assets: Path, query: str) -> list[tuple[Any, ...]]:
    """A bundle never changes in place, so SQLite is told that the file is immutable and takes no lock."""
    path = (assets / NAME).absolute()
    # What counts in an address is escaped; `as_uri` would load urllib for it.
    escaped = str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        with closing(sqlite3.connect(f"file:{escaped}?mode=ro&immutable=1", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error as exc:
        raise Unavailable(f"{path} cannot be read ({exc}); compile the assistant again with `task train`") from exc


def _read_lists(texts: Iterable[str]) -> Iterator[Any]:
    """What each of these JSON texts holds; read at once, for a reading by itself costs as much as its content."""
    return iter(json.loads(f"[{','.join(texts)}]"))

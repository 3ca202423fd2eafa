"""Reading the catalogue: films, tracks and dishes, as `catalogue/build.py` wrote them into the bundle."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Catalogue:
    films: tuple[Film, ...]
    tracks: tuple[Track, ...]
    dishes: tuple[Dish, ...]


@cache
def load_catalogue(assets: Path) -> Catalogue:
    """The catalogue of the bundle in the directory `assets`, read once; Unavailable where it is missing.

    A bundle never changes in place, so SQLite is told that the file is immutable and takes no lock.
    """
    path = (assets / NAME).absolute()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return Catalogue(
                films=tuple(
                    Film(title, year, director, _list(actors), _list(genres), _list(keywords))
                    for title, year, director, actors, genres, keywords in connection.execute(
                        "SELECT title, year, director, actors, genres, keywords FROM film ORDER BY rowid"
                    )
                ),
                tracks=tuple(
                    Track(*row)
                    for row in connection.execute("SELECT artist, title, album, genre, year FROM track ORDER BY rowid")
                ),
                dishes=tuple(
                    Dish(restaurant, _list(tags), name, tuple(json.loads(prices).items()), _list(toppings))
                    for restaurant, tags, name, prices, toppings in connection.execute(
                        "SELECT restaurant, tags, name, prices, toppings FROM dish ORDER BY rowid"
                    )
                ),
            )
    except sqlite3.Error as exc:
        raise Unavailable(f"{path} cannot be read ({exc}); compile the assistant again with `task train`") from exc


def _list(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))

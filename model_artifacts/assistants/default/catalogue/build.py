"""Builds the assistant's catalogue: its CSV files become one SQLite file, and the lookup tables of its NLU data.

The compiler of an assistant calls `build_catalogue` where an assistant has `catalogue/build.py`. Run as a program, this
module writes `data/lookups.yml` again, which has to be done when a CSV file changes.
"""

import csv
import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

NAME = "catalogue.sqlite"
"""The file's name in a bundle."""

SCHEMA = """
CREATE TABLE film (title TEXT, year INTEGER, director TEXT, actors TEXT, genres TEXT, keywords TEXT);
CREATE TABLE track (artist TEXT, title TEXT, album TEXT, genre TEXT, year INTEGER);
CREATE TABLE dish (restaurant TEXT, tags TEXT, name TEXT, prices TEXT, toppings TEXT);
"""

ORDINARY_WORDS = """
air adele alive alright am amadeus amy angie aria argo arrival babe bad big blue bread breathless brazil
carol carrie casino chameleon chic chicago coco confessions crazy cream creep currents damn discovery
disorder dreams drive dummy elephant elvis everywhere faith fearless fever folklore formation fries frozen
funeral gandhi ghost girl grace graduation gravity grease halloween happy harvest heat hello help her heroes
homework hugo hurt illinois imagine it jaws jazz juicy juno jupiter kashmir kids kiss lemonade lithium lola
lungs m mask misery money moon moonlight muse nope one opening parachutes parade paranoid parliament persona
philadelphia pi play post predator prince prisoners pulp queen rain ran rehab requiem respect revolver ring
roma rush saw scream september showcase shrek so something soul sour speed spring stand stronger summertime
surrender ten tenet thriller time umbrella up uprising us vogue winter yeah yellow yesterday
"""
"""Names that people also say when they mean none: as lookups they would find films and songs everywhere."""

ORDINARY_PHRASES = frozenset(
    (
        "1/1",
        "all my friends",
        "at last",
        "get out",
        "in the end",
        "so what",
        "take it easy",
        "the game",
        "the thing",
        "time out",
    )
)
_ORDINARY = ORDINARY_PHRASES.union(ORDINARY_WORDS.split())


class Faulty(Exception):
    """A CSV file has a mistake; says the file, the line and what is expected."""


def build_catalogue(source: Path, out: Path) -> None:
    """Write the SQLite file `out` from the CSV files in `source`: the same rows give the same bytes, always.

    Raises Faulty, with every mistake, and writes nothing where a file is missing or has one.
    """
    mistakes: list[str] = []
    tables: dict[str, Sequence[tuple[str | int, ...]]] = {
        "film": list(_read_films(source / "films.csv", mistakes)),
        "track": list(_read_tracks(source / "tracks.csv", mistakes)),
        "dish": list(_read_dishes(source / "menus.csv", mistakes)),
    }
    if mistakes:
        raise Faulty("\n".join(mistakes))
    out.unlink(missing_ok=True)
    connection = sqlite3.connect(out)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA page_size = 4096;" + SCHEMA)
        for table, rows in tables.items():
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own table names
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    _forget_the_writer(out)


def write_lookups(source: Path, out: Path) -> None:
    """Write the lookup tables of the NLU data, from the same CSV files."""
    out.write_text(format_lookups(source), encoding="utf-8")


def format_lookups(source: Path) -> str:
    """The lookup tables as Rasa's YAML."""
    mistakes: list[str] = []
    films = list(_read_films(source / "films.csv", mistakes))
    tracks = list(_read_tracks(source / "tracks.csv", mistakes))
    dishes = list(_read_dishes(source / "menus.csv", mistakes))
    if mistakes:
        raise Faulty("\n".join(mistakes))
    tables = {
        "title": [row[0] for row in films],
        "director": [row[2] for row in films],
        "actor": [name for row in films for name in json.loads(row[3])],
        "artist": [row[0] for row in tracks],
        "track": [row[1] for row in tracks],
        "album": [row[2] for row in tracks],
        "dish": [row[2] for row in dishes],
        "restaurant": [row[0] for row in dishes],
        "topping": [name for row in dishes for name in json.loads(row[4])],
    }
    lines = [
        'version: "3.1"',
        "",
        "# Written by catalogue/build.py from the CSV files beside it; change those and run it again.",
        "nlu:",
    ]
    for entity, values in tables.items():
        lines += [f"- lookup: {entity}", "  examples: |"]
        lines += [f"    - {value}" for value in sorted(set(_list_unmistakable(values)))]
    return "\n".join(lines) + "\n"


def _list_unmistakable(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        plain = value.casefold().strip(" .!?'")
        if plain not in _ORDINARY and not plain.isdigit() and len(plain) > 1:
            yield value


def _read_films(path: Path, mistakes: list[str]) -> Iterator[tuple[str, int, str, str, str, str]]:
    for line, row in _read_rows(path, ("title", "year", "director", "actors", "genres", "keywords"), mistakes):
        year = _read_year(path, line, row["year"], mistakes)
        if not row["genres"]:
            mistakes.append(f"{path.name}:{line}: a film has at least one genre")
        yield (
            row["title"],
            year,
            row["director"],
            _join_names(row["actors"]),
            _join_names(row["genres"]),
            _join_names(row["keywords"]),
        )


def _read_tracks(path: Path, mistakes: list[str]) -> Iterator[tuple[str, str, str, str, int]]:
    for line, row in _read_rows(path, ("artist", "track", "album", "genre", "year"), mistakes):
        yield row["artist"], row["track"], row["album"], row["genre"], _read_year(path, line, row["year"], mistakes)


def _read_dishes(path: Path, mistakes: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    for line, row in _read_rows(path, ("restaurant", "cuisine", "dish", "prices", "toppings"), mistakes):
        prices: dict[str, int] = {}
        for item in row["prices"].split(";"):
            size, _, price = item.partition(":")
            try:
                prices[size] = round(float(price) * 100)
            except ValueError:
                mistakes.append(f"{path.name}:{line}: {item!r} is no price; write size:price, e.g. small:8.50")
        tags = json.dumps(row["cuisine"].split(","))
        yield row["restaurant"], tags, row["dish"], json.dumps(prices), _join_names(row["toppings"])


def _read_rows(path: Path, columns: tuple[str, ...], mistakes: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != columns:
                mistakes.append(f"{path.name}:1: the columns are {', '.join(columns)}")
                return
            for row in reader:
                if None in row or None in row.values():
                    mistakes.append(f"{path.name}:{reader.line_num}: expected {len(columns)} columns")
                    continue
                yield reader.line_num, row
    except FileNotFoundError:
        mistakes.append(f"{path} is missing")


def _read_year(path: Path, line: int, text: str, mistakes: list[str]) -> int:
    if text.isdigit() and 1600 < int(text) < 2100:
        return int(text)
    mistakes.append(f"{path.name}:{line}: {text!r} is no year")
    return 0


def _join_names(text: str) -> str:
    return json.dumps([item for item in text.split(";") if item], ensure_ascii=False)


def _forget_the_writer(path: Path) -> None:
    """SQLite notes in bytes 96 to 99 which version of itself wrote the file (file format, section 1.3.16); nothing
    reads it, and two machines would build two different files for it."""
    with path.open("r+b") as file:
        file.seek(96)
        file.write(bytes(4))


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    try:
        write_lookups(here, here.parent / "data" / "lookups.yml")
    except Faulty as exc:
        sys.exit(str(exc))

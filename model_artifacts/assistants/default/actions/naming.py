"""What values of the catalogue are called in the person's language: genres and sizes. Names of dishes, films and songs
stay as they are."""

import re
from collections.abc import Iterable

from functions.actions.fulfilment import Said, part
from functions.actions.years import FIRST, LAST, Years


def name_value(value: str) -> Said:
    """`utter_name_science_fiction` of "science fiction"; the value itself where it has no name of its own."""
    return part(f"utter_name_{re.sub('[^a-z]+', '_', value.casefold())}", value)


def name_on_button(value: str) -> Said:
    """The same as a button says it."""
    return part(f"utter_name_{re.sub('[^a-z]+', '_', value.casefold())}", value.capitalize())


def name_values(values: Iterable[str]) -> list[Said]:
    return [name_value(value) for value in values]


def name_years(years: Years) -> Said:
    """As part of a sentence: "from the 1990s"."""
    if years.first <= FIRST:
        return part("utter_part_before", year=years.last + 1)
    if years.last >= LAST:
        return part("utter_part_since", year=years.first)
    if years.first == years.last:
        return part("utter_part_of_year", year=years.first)
    if years.last - years.first == 9 and years.first % 10 == 0:
        return part("utter_part_decade", year=years.first)
    return part("utter_part_between", first=years.first, last=years.last)

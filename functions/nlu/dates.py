"""Days and times in a message as ISO 8601 in the sender's time zone.

shared.dates reads them. What it has no words for, and languages that it does not know, dateparser reads; that costs
some 80 ms of CPU and 10 MB when it is first needed, so it is imported then.
"""

from shared.dates.counting import Span, find_whole
from shared.dates.reading import read_or_why_not
from shared.dates.reference_time import ReferenceTime

LONGEST = 80
"""Characters of a phrase that is read; longer ones name no time."""


def read_time(text: str, reference: ReferenceTime) -> Span | None:
    """The day, time or range that `text` names; None where it names none."""
    found, unknown = read_or_why_not(text, reference)
    if found is not None or not unknown or len(text) > LONGEST:
        return found
    return _by_library(" ".join(text.casefold().split()), reference)


def _by_library(words: str, reference: ReferenceTime) -> Span | None:
    """What dateparser makes of the words: a time, or the first and last day of the span that they name."""
    from dateparser.date import DateDataParser

    settings = {
        "RELATIVE_BASE": reference.now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "future",
        "RETURN_TIME_AS_PERIOD": True,
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": ["relative-time", "absolute-time"],
    }
    try:
        data = DateDataParser(languages=[reference.language], settings=settings).get_date_data(words)
    except ValueError:
        # No such language.
        return None
    if data.date_obj is None:
        return None
    found = data.date_obj if data.date_obj.tzinfo else data.date_obj.replace(tzinfo=reference.now.tzinfo)
    if data.period == "time":
        return Span(found, found, "minute")
    day = found.date()
    if data.period in ("week", "month", "year"):
        return Span(*find_whole(data.period, day, 0), data.period)
    return Span(day, day, "day")

"""Days and times as people say them, as ISO 8601 in the sender's time zone: "tomorrow at noon", "this weekend".

dateparser reads the words; what it does not know is put into words that it knows. It costs some 170 ms of CPU and 10 MB
when it is first needed, so it is imported then.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from functions.nlu.normalise import Sent

LONGEST = 80
"""Characters of a phrase that is read; longer ones name no time."""
HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
HOUR = rf"(\d{{1,2}}|{'|'.join(HOURS)})"
CLOCK = r"(\d{1,2}(?::\d{2})?)\s*([ap]\.?m\.?)?"
MOMENTS = r"\b(hours?|minutes?|hrs?|mins?|now|morning|noon|afternoon|evening|night|tonight|midnight)\b"
"""Words of a time within the day, which dateparser gives its usual hour."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where something was said; what "tomorrow" and 3/4 mean depends on it."""

    now: datetime
    """With the sender's time zone."""
    language: str = "en"
    region: str | None = None


def moment_of(sent: Sent, language: str) -> Moment | None:
    """The moment of a message, or None where nobody says when it was sent."""
    try:
        at = datetime.fromisoformat(sent.at or "")
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    zone = _zone(sent.zone)
    region = re.fullmatch(r"[A-Za-z]{2,3}[-_]([A-Za-z]{2})", sent.locale or "")
    return Moment(at.astimezone(zone) if zone else at, language, region[1].upper() if region else None)


def date_or_time(kind: str, text: str, moment: Moment) -> str | None:
    """`text` as a day (`2026-11-27`), a moment (with its offset) or a range (`first/last`); None where it is neither.

    The kind `date` gives days only; `time` gives what was said: the day of "on Friday", the moment of "Friday at 6".
    """
    words = " ".join(text.casefold().replace("’", "'").split()).strip(" .,!?")
    if not words or len(text) > LONGEST:
        return None
    found = _range(words, moment) or _weekend(words, moment.now) or _one(words, moment)
    if found is None:
        return None
    first, last = found
    if kind == "date":
        first, last = _day(first), _day(last)
    return _iso(first) if first == last else f"{_iso(first)}/{_iso(last)}"


Said = date | datetime


def _one(words: str, moment: Moment) -> tuple[Said, Said] | None:
    """What dateparser makes of the words: a moment, or the first and last day of the span that they name."""
    from dateparser.date import DateDataParser

    settings = {
        "RELATIVE_BASE": moment.now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past" if re.search(r"\b(last|ago|yesterday|the past)\b", words) else "future",
        "RETURN_TIME_AS_PERIOD": True,
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": ["relative-time", "absolute-time"] if not words[:4].isdigit() else ["absolute-time"],
    }
    data = None
    for locales in ([f"{moment.language}-{moment.region}"], None) if moment.region else (None,):
        try:
            parser = DateDataParser(languages=[moment.language], locales=locales, settings=settings)
            data = parser.get_date_data(_rewritten(words, moment.now))
            break
        except (ValueError, OverflowError):
            # No such language, or no such region of it.
            continue
    if data is None or data.date_obj is None:
        return None
    found = data.date_obj if data.date_obj.tzinfo else data.date_obj.replace(tzinfo=moment.now.tzinfo)
    if data.period == "time" or re.search(MOMENTS, words):
        return found, found
    day = found.date()
    if data.period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if data.period == "month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return day.replace(day=1), following - timedelta(days=1)
    if data.period == "year":
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day, day


def _rewritten(words: str, now: datetime) -> str:
    """Clock times in digits, and without words that dateparser trips over."""
    words = re.sub(r"^(on|at|by|for|around|about|before|after|until|from|the)\s+", "", words)
    words = re.sub(rf"\bhalf past {HOUR}\b", lambda m: f"{_hour(m[1])}:30", words)
    words = re.sub(rf"\bquarter past {HOUR}\b", lambda m: f"{_hour(m[1])}:15", words)
    words = re.sub(rf"\b(?:a )?quarter to {HOUR}\b", lambda m: f"{(_hour(m[1]) - 2) % 12 + 1}:45", words)
    words = re.sub(rf"\b{HOUR} o'?\s?clock\b", lambda m: f"{_hour(m[1])}:00", words)
    words = re.sub(rf"\bat ({'|'.join(HOURS)})\b", lambda m: f"at {_hour(m[1])}", words)
    words = re.sub(r"(\bat |^)(\d{1,2})$", r"\g<1>\g<2>:00", words)
    if match := re.fullmatch(r"(\d{1,2}):(\d{2})", words):
        # Without a day and half of the day, the next time that the clock shows it.
        hour, minute = int(match[1]), int(match[2])
        if 0 < hour <= 12 and (hour % 12, minute) <= (now.hour % 12, now.minute):
            hour = hour % 12 + (0 if now.hour >= 12 else 12)
        elif 0 < hour <= 12:
            hour = hour % 12 + (12 if now.hour >= 12 else 0)
        words = f"{hour:02d}:{minute:02d}"
    return words


def _hour(word: str) -> int:
    return int(word) if word.isdigit() else HOURS.index(word) + 1


def _range(words: str, moment: Moment) -> tuple[Said, Said] | None:
    """ "between 5 and 7 pm", "from monday to wednesday"."""
    match = re.fullmatch(r"(.*?)\b(?:between|from)\s+(.+?)\s+(?:and|to|until|till)\s+(.+)", words)
    if match is None:
        return None
    day, begin, end = match[1].strip(), match[2], match[3]
    half = re.fullmatch(CLOCK, end)
    if half and half[2] and (first := re.fullmatch(CLOCK, begin)) and not first[2]:
        begin = f"{begin} {half[2]}"
    lower = _one(f"{day} {begin}".strip(), moment)
    upper = _one(f"{day} {end}".strip(), moment)
    if lower is None or upper is None or _day(upper[1]) < _day(lower[0]):
        return None
    return lower[0], upper[1]


def _weekend(words: str, now: datetime) -> tuple[Said, Said] | None:
    if not re.fullmatch(r"(?:(?:on|over|for|during)\s+)?(?:the\s+|this\s+|next\s+|coming\s+)*week-?\s?end", words):
        return None
    today = now.date()
    # On a Sunday, what is left of the weekend is that day.
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 if today.weekday() != 6 else -1)
    if "next" in words:
        saturday += timedelta(days=7)
    return max(saturday, today), saturday + timedelta(days=1)


def _day(said: Said) -> date:
    return said.date() if isinstance(said, datetime) else said


def _iso(said: Said) -> str:
    return said.isoformat(timespec="seconds") if isinstance(said, datetime) else said.isoformat()


def _zone(name: object) -> tzinfo | None:
    if not isinstance(name, str) or len(name) > 64:
        return None
    if match := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset) if offset < timedelta(hours=24) else None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None

"""Numbers and years in the words of other languages than English; imported with the first that is read in one."""

import re
from collections.abc import Mapping

ONES = {
    "de": "ein eine einen einem einer eins|zwei zwo|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf",
    "es": "un una uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce",
    "fr": "un une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze",
    "it": "un una uno|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici",
    "pt": "um uma|dois duas|três tres|quatro|cinco|seis|sete|oito|nove|dez|onze|doze",
}
"""Words for 1, 2, 3 ...; text2num reads what goes beyond."""
SETS = {
    "de": {"paar": 2, "ein paar": 2, "dutzend": 12, "ein dutzend": 12, "noch ein": 1, "noch eine": 1, "noch einen": 1},
    "es": {"un par": 2, "un par de": 2, "media docena": 6, "una docena": 12, "otro": 1, "otra": 1},
    "fr": {"une paire": 2, "une demi-douzaine": 6, "une douzaine": 12, "un autre": 1, "une autre": 1},
    "it": {"un paio": 2, "un paio di": 2, "mezza dozzina": 6, "una dozzina": 12, "un altro": 1, "un'altra": 1},
    "pt": {"um par": 2, "um par de": 2, "meia dúzia": 6, "uma dúzia": 12, "outro": 1, "outra": 1},
}
TENS = {
    "de": "zwanziger dreißiger|dreissiger vierziger fünfziger sechziger siebziger achtziger neunziger",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingt|quatre-vingts quatre-vingt-dix",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "vinte trinta quarenta cinquenta|cinqüenta sessenta setenta oitenta noventa",
}
"""The decades from the twenties on."""
AROUND = {
    "de": "aus von vom der den die dem des in im jahre jahren jahr jahres zeit frühe frühen späte späten",
    "es": "de del los las el la en año años década decada",
    "fr": "de des du les le la l' en dans année années ans",
    "it": "di dei degli del della gli i il la negli nei nel anni anno",
    "pt": "de dos das do da os as o a nos no em ano anos década decada",
}
BOUNDS: Mapping[str, Mapping[str, str]] = {
    "de": {"since": "seit ab nicht-vor", "before": "vor älter-als früher-als", "until": "bis nicht-nach",
           "after": "nach neuer-als jünger-als später-als"},
    "es": {"since": "desde a-partir-de", "before": "antes-de antes-del anteriores-a anterior-a", "until": "hasta",
           "after": "después-de despues-de posteriores-a posterior-a"},
    "fr": {"since": "depuis à-partir-de dès", "before": "avant antérieurs-à antérieur-à", "until": "jusqu'à jusqu'en",
           "after": "après postérieurs-à postérieur-à"},
    "it": {"since": "dal a-partire-dal da", "before": "prima-del prima-di precedenti-al", "until": "fino-al fino-a",
           "after": "dopo dopo-il successivi-al"},
    "pt": {"since": "desde a-partir-de", "before": "antes-de antes-do anteriores-a", "until": "até",
           "after": "depois-de depois-do posteriores-a após"},
}  # fmt: skip


def number_of(words: str, language: str) -> int | None:
    """The whole number that the words are, and nothing else."""
    if language not in ONES:
        return None
    if words in SETS[language]:
        return SETS[language][words]
    for number, same in enumerate(ONES[language].split("|"), 1):
        if words in same.split():
            return number
    if not words or not words.replace(" ", "").replace("-", "").isalpha():
        return None
    from text_to_num import text2num

    try:
        return int(text2num(words, language))
    except (ValueError, LookupError):
        return None


def years_of(words: str, ahead: str, language: str) -> str | None:
    """A year or a range in the form of functions.nlu.normalise: "aus den Neunzigern" is `1990-1999`."""
    if language not in AROUND:
        return None
    kind = _bound(words, ahead, language)
    plain = set(AROUND[language].split())
    between = _read_span(" ".join(word for word in words.split() if word not in plain), language)
    if between is not None and between[0] != between[1] and kind is None:
        return f"{between[0]}-{between[1]}"
    around = set(AROUND[language].split()) | {
        word for phrases in BOUNDS[language].values() for phrase in phrases.split() for word in phrase.split("-")
    }
    left = [word for word in words.split() if word not in around]
    said = " ".join(left)
    years = _read_span(said, language)
    if years is None:
        return None
    first, last = years
    match kind:
        case "since":
            return f"{first}/.."
        case "before":
            return f"../{first - 1}"
        case "until":
            return f"../{last}"
        case "after":
            return f"{last + 1}/.."
    return str(first) if first == last else f"{first}-{last}"


def _read_span(said: str, language: str) -> tuple[int, int] | None:
    if match := re.fullmatch(
        r"((?:18|19|20)\d\d)\s*(?:-|–|bis|a|à|al|até|y|et|e|und|hasta)\s*((?:18|19|20)\d\d)", said
    ):
        return min(int(match[1]), int(match[2])), max(int(match[1]), int(match[2]))
    if re.fullmatch(r"(?:18|19|20)\d\d", said):
        year = int(said)
        return (year, year)
    match = re.fullmatch(r"'?((?:18|19|20)?\d0)\s?(?:er|ern|s)?", said)
    start = int(match[1]) if match is not None else None
    if start is None:
        bare = said.removesuffix("n") if language == "de" else said
        for place, same in enumerate(TENS[language].split()):
            if bare in same.split("|"):
                start = 20 + 10 * place
    if start is None:
        return None
    start = start if start > 99 else start + (2000 if start < 20 else 1900)
    return start, start + 9


def _bound(words: str, ahead: str, language: str) -> str | None:
    for kind, phrases in BOUNDS[language].items():
        for phrase in sorted(phrases.split(), key=len, reverse=True):
            plain = phrase.replace("-", " ")
            articles = "(?: (?:el|los|il|gli|o|os|den|dem|les|le|l'))?"
            if re.match(rf"{plain}\b", words) or re.search(rf"\b{plain}{articles}$", ahead.casefold().rstrip()):
                return kind
    return None

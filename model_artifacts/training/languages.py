"""The languages that an assistant's config.yml names: `languages: [en, de]`, the first being that of its examples."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_TABLE = """
    af Afrikaans, am Amharic, ar Arabic, as Assamese, az Azerbaijani, be Belarusian, bg Bulgarian, bn Bengali,
    br Breton, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en English, eo Esperanto,
    es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fr French, fy Frisian, ga Irish, gd Gaelic,
    gl Galician, gu Gujarati, ha Hausa, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, hy Armenian, id Indonesian,
    is Icelandic, it Italian, ja Japanese, jv Javanese, ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko Korean,
    ku Kurdish, ky Kyrgyz, la Latin, lo Lao, lt Lithuanian, lv Latvian, mg Malagasy, mk Macedonian, ml Malayalam,
    mn Mongolian, mr Marathi, ms Malay, my Burmese, ne Nepali, nl Dutch, no Norwegian, om Oromo, or Oriya,
    pa Punjabi, pl Polish, ps Pashto, pt Portuguese, ro Romanian, ru Russian, sa Sanskrit, sd Sindhi, si Sinhala,
    sk Slovak, sl Slovenian, so Somali, sq Albanian, sr Serbian, su Sundanese, sv Swedish, sw Swahili, ta Tamil,
    te Telugu, th Thai, tl Tagalog, tr Turkish, ug Uyghur, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, xh Xhosa,
    yi Yiddish, zh Chinese
"""
NAMES: Mapping[str, str] = dict(re.findall(r"(\w+) (\w+)", _TABLE))
"""ISO 639-1 code -> English name, of the languages that XLM-R's pieces, and so the multilingual encoder, were made of
(Conneau et al. 2020, table 6)."""

MISTAKEN: Mapping[str, str] = {
    "deu": "de", "ger": "de", "eng": "en", "spa": "es", "fra": "fr", "fre": "fr", "ita": "it", "por": "pt",
    "gr": "el", "cz": "cs", "dk": "da", "jp": "ja", "cn": "zh", "kr": "ko", "se": "sv", "ua": "uk", "us": "en",
    "gb": "en", "at": "de", "mx": "es",
}  # fmt: skip
"""Codes of three letters, and of countries, that people write for a language."""


class UnknownLanguage(ValueError):
    """What config.yml names under `key` is no list of languages."""

    def __init__(self, text: str, key: str = "languages") -> None:
        super().__init__(text)
        self.key = key


def read_languages(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages that `config` names, in small letters, with a region where it gives one (`pt-br`); the first is
    that of the examples and of responses that name none. Without `languages:`, what `language:` says, or English.

    Raises UnknownLanguage, saying what to write.
    """
    single = config.get("language")
    given = config.get("languages")
    if given is None:
        # As in Rasa any word may stand here: one without tables is read without them.
        return (str(single or "en").casefold().replace("_", "-"),)
    if not isinstance(given, list) or not given:
        raise UnknownLanguage("'languages' must be a list of codes, the examples' first: `languages: [en, de]`")
    found: list[str] = []
    for item in given:
        code = str(item).strip().casefold().replace("_", "-")
        base = code.partition("-")[0]
        if base not in NAMES:
            raise UnknownLanguage(f"there is no language '{item}'{_guess(code)}")
        if any(base == other.partition("-")[0] for other in found):
            raise UnknownLanguage(f"the language '{item}' stands twice; remove one of the two")
        found.append(code)
    if single is not None and base_of(str(single)) != base_of(found[0]):
        raise UnknownLanguage(
            f"language is '{single}', and languages begins with '{found[0]}': the first must be that of the examples; "
            "remove `language:`, or name it first",
            key="language",
        )
    return tuple(found)


def base_of(code: str) -> str:
    """The language without its region: `pt` of `pt-BR`."""
    return code.casefold().replace("_", "-").partition("-")[0]


def language_of(file: Path) -> str | None:
    """What a file's name says that it is written in: `de` of `test_nlu.de.yml`."""
    code = base_of(Path(file.stem).suffix.removeprefix("."))
    return code if code in NAMES else None


def _guess(code: str) -> str:
    by_name = {name.casefold(): short for short, name in NAMES.items()} | {"farsi": "fa", "flemish": "nl"}
    near = get_close_matches(code, by_name, 1, 0.72)
    if near:
        return f"; did you mean '{by_name[near[0]]}'?"
    if code in MISTAKEN:
        return f"; did you mean '{MISTAKEN[code]}'?"
    return "; write a code of ISO 639-1, such as en, de, es, fr, it or pt"

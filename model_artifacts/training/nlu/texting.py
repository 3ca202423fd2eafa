"""English as it is typed with thumbs: words by their sounds, vowels left out, small words as figures and letters."""

import random
import re
from collections.abc import Mapping, Sequence

_FORMS = """
    you u ya, your ur, you're ur youre, are r, be b, see c, why y, okay k ok, and n &,
    with w w/ wiv, without w/o wthout, please pls plz plse, thanks thx tnx ty, thank thx,
    tomorrow tmrw 2moro tomoz, tonight 2nite tonite 2night, today 2day tday, before b4, great gr8, later l8r,
    mate m8, wait w8, what wat wot wut, what's wats wots, the da th, this dis ths, that dat tht, them em,
    have hav hv, want wnt wanna, going goin gonna, give giv, about bout abt, because cuz bc, could cud cld,
    would wud wld, should shud shld, can cn, know knw, don't dont dnt, i'm im, i'd id, is iz, it's its,
    some sum sm, something smth sumthing smthng, anything nething anythin, any ne, anyone ne1, someone sum1,
    people ppl, really rly, right rite, message msg, text txt, love luv, like lyk lk, just jst, from frm, good gd,
    night nite, not nt, now nw, more mor, of o, or r, there thr, how hw, where wer whr, when wen,
    which wich, put pt, get gt, yes yh, ok k, was wz, will wil
"""
SHORT: Mapping[str, Sequence[str]] = {word: forms for word, *forms in (entry.split() for entry in _FORMS.split(","))}
"""How a word is shortened by habit. None is a mere figure: "4" for "for" would teach that numbers say nothing."""
WRITTEN = 0.7
"""Share of the words with a short form that are written so, in a text that is typed with thumbs."""
BARE = 0.3
"""Share of the longer words that lose vowels, or the end that is not heard."""
LONG = 5
VOWELS = "aeiou"


def shorten_words(text: str, rng: random.Random, *, table: bool = True) -> str:
    """The text with some of its words shortened; without the table, as a name would be, only by its letters."""
    return re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)?", lambda found: _shorten(found.group(), rng, table), text)


def _shorten(word: str, rng: random.Random, table: bool) -> str:
    forms = SHORT.get(word.lower()) if table else None
    if forms and rng.random() < WRITTEN:
        return rng.choice(forms)
    if len(word) < LONG or not word.isascii() or rng.random() >= BARE:
        return word
    if word.endswith("ing") and len(word) > LONG and rng.random() < 0.4:
        return word[:-1]
    kept = [c for c in word[1:-1] if c.lower() not in VOWELS or rng.random() < 0.3]
    return f"{word[0]}{''.join(kept)}{word[-1]}"

"""More of what was told of last: of the same person ("what else has he directed?"), or like it."""

import re

from functions.actions.fulfilment import Call, Result
from functions.actions.listing import read_current_item

from .music import play_more_by
from .video import show_more_like, show_more_of

PERSON = re.compile(
    r"\b(?:he|she|him|hers?|his|they|their)\b|\b(?:by|from|with) them\b"
    r"|\b(?:von|mit) (?:ihm|ihr|ihnen)\b|\bhat (?:er|sie) noch\b"
    r"|\b(?:de|con|com|avec) (?:él|ella|ellos|ellas|lui|elle|eux|elles|ele|ela|eles)\b"
    r"|\bdel(?:e|a|es|as)\b|\b(?:di|con) (?:lui|lei|loro)\b"
)
"""Somebody who was spoken of. Words that also say "you" or "the" (Sie, ihr, el, il) count in such a phrase alone."""
CAST = re.compile(r"\b(?:play(?:s|ed|ing)?|act(?:s|ed|ing)?|star(?:s|red|ring)?|with|mit|mitgespielt|con|com|avec)\b")
LIKE = re.compile(
    r"\blike (?:it|that|this)\b|\bsimilar\b|\bähnlich\w*|\bwie (?:der|den|diese[rn]?)\b|\b(?:parecid|semelhant)\w+"
    r"|\bcomo (?:es[aeo]|est[aeo])\b|\bsemblables?\b|\bcomme (?:ça|celui|celle)\b|\bsimil[ei]\b|\bcome quest[oa]\b"
)
"""A comparison with it: "I'd like another one" is none."""


def find_more(call: Call) -> Result | None:
    """What the words ask for besides the next of the list; None where they ask for the next one.

    "It" is the one film or song that was told of last: of a list that was only shown, nothing is.
    """
    current = read_current_item(call) if call.slot("last_item") else None
    if current is None or call.text.startswith("/"):
        return None
    kind, item = current
    said = " ".join(call.text.casefold().split())
    if PERSON.search(said):
        cast = CAST.search(said) is not None
        return play_more_by(call, item) if kind == "track" else show_more_of(call, item, cast=cast)
    return show_more_like(call, item) if kind == "film" and LIKE.search(said) else None

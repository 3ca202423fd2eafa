"""More of what was told of last: of the same person ("what else has he directed?"), or like it."""

from functions.actions.fulfilment import Call, Result
from functions.actions.listing import read_current_item
from functions.actions.matching import normalise_name, split_name

from .music import play_more_by
from .video import show_more_like, show_more_of


def _words(text: str) -> frozenset[str]:
    return frozenset(normalise_name(word) for word in text.split())


PERSON = _words(
    "he she him her hers his they them their er sie ihm ihr ihnen él ella ellos il elle lui eux lei loro ele ela eles"
)
CAST = _words(
    "play plays played playing act acts acted acting star stars starring starred with spielt mitspielt gespielt "
    "mitgespielt mit actúa actuado con joue joué avec recita recitato atua atuou com"
)
LIKE = _words(
    "like similar ähnlich ähnliches ähnlichen wie parecido parecida similares semejante semblable similaire pareil "
    "comme simile simili come parecidos semelhante semelhantes como"
)


def find_more(call: Call) -> Result | None:
    """What the words ask for besides the next of the list; None where they ask for the next one.

    "It" is the one film or song that was told of last: of a list that was only shown, nothing is.
    """
    current = read_current_item(call) if call.slot("last_item") else None
    if current is None or call.text.startswith("/"):
        return None
    kind, item = current
    said = split_name(call.text)
    if not said.isdisjoint(PERSON):
        return play_more_by(call, item) if kind == "track" else show_more_of(call, item, cast=not said.isdisjoint(CAST))
    return show_more_like(call, item) if kind == "film" and not said.isdisjoint(LIKE) else None

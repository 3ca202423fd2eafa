"""What a text means, in whichever of the assistant's languages it is."""

from functions.nlu.interpretation import Understanding as Understanding
from functions.nlu.interpretation import understand_in
from functions.nlu.model import Model
from functions.nlu.normalise import Sent


def understand(model: Model, text: str, sent: Sent | None) -> Understanding:
    """What `text` means; any text has an answer, nothing raises. Dates and times stay words where `sent` is unknown."""
    if model.detector is None:
        return understand_in(model, text, sent)
    from functions.nlu.multilingual import understand_languages

    return understand_languages(model, model.detector, text, sent)

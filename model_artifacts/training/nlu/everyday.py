"""Yes and no in the languages that have no examples of their own, from the tables of words."""

from collections.abc import Iterator

from functions.dialogue.context.stance import stances_by_name
from functions.nlu.words import words_of
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.reading import Example


def list_everyday_examples(assistant: Assistant) -> tuple[Example, ...]:
    """What people say for yes and no in the assistant's languages but the first, as examples of the intents that
    usually mean it. A phrase that an example has already is that example's."""
    exemplified = {example.intent for example in assistant.nlu.examples}
    taken = {example.text.casefold() for example in assistant.nlu.examples}
    stances = stances_by_name(dict.fromkeys(assistant.intents & exemplified))
    meant = {stance: intent for intent, stance in reversed(list(stances.items()))}
    return tuple(
        Example(phrase, meant[stance], place=place)
        for phrase, stance, place in _phrases(assistant.languages[1:])
        if stance in meant and phrase not in taken
    )


def _phrases(languages: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Phrase, stance and place; what one language agrees with and another declines says neither."""
    tables = [(language, table) for language in languages if (table := words_of(language)) is not None]
    agreed = {phrase for _, table in tables for phrase in table.yes}
    declined = {phrase for _, table in tables for phrase in table.no}
    for language, table in tables:
        place = f"functions/nlu/words/{language}.py"
        yield from ((phrase, "yes", place) for phrase in sorted(table.yes - declined))
        yield from ((phrase, "no", place) for phrase in sorted(table.no - agreed))

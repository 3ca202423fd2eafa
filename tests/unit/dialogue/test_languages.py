"""Conversations in several languages: which one counts, what is said in it, and when a yes is clear in it."""

import pytest

from functions.dialogue.context.changes import in_own_words
from functions.dialogue.events import make_slot_set
from functions.dialogue.remote import Answer
from functions.dialogue.texts import LANGUAGES, OWN_NAMES, find_default_text
from functions.dialogue.tracker import Tracker
from functions.nlu.evidence import Reading
from shared.events.catalogue import Entity, Evidence
from shared.events.meaning import Language, Otherwise
from tests.unit.dialogue.in_context import PAYING, RULES, YES
from tests.unit.dialogue.talking import CONFIG, Talk, compiled, table

ALL = CONFIG + "\nlanguages: [en, de, es, fr, it, pt]\n"
SPEAKING = PAYING.replace(
    "utter_hello: [{text: Hello}]",
    """utter_hello:
  - text: Hello
  - {text: "Hallo {amount|number:2}", language: de, buttons: [{title: Zahlen, payload: /pay}]}
  - {text: Salut, language: fr, channel: slack}""",
)


def paying(code: str = "en") -> Talk:
    talk = Talk(
        table(domain=SPEAKING, rules=RULES, nlu=YES, config=ALL),
        {"action_pay": Answer("done", responses=({"text": "Paid"},))},
    )
    begun = talk.say("pay 5", intent="pay", entities=[Entity("amount", "5", 4, 5)], language=sure(code))
    assert begun == ["Pay 5?"]
    return talk


def sure(code: str) -> Language:
    return Language(code, 0.99, True)


def short(code: str, confidence: float = 0.9) -> Language:
    return Language(code, confidence, False)


def evidence(text: str, code: str) -> Evidence:
    reading = Reading(text, code)
    return Evidence(question=reading.is_question(), cues=reading.cues(()))


CLEAR = {
    "de": ["ja", "Ja bitte!", "jo, passt", "klar, mach das", "ja, das stimmt so", "gerne", "aber gern", "ja danke"],
    "es": ["sí", "si", "Si, por favor", "vale", "claro que sí", "sí, adelante", "de acuerdo, gracias", "si, eso es"],
    "fr": ["oui", "Oui, s'il vous plaît", "d'accord", "oui vas-y", "ça marche", "mais oui", "c'est bon, merci"],
    "it": ["sì", "si, grazie", "va bene", "certo", "ma certo", "sì, procedi pure", "perfetto, grazie"],
    "pt": ["sim", "Sim, por favor", "pode ser", "está bem", "claro que sim", "isso mesmo, obrigado", "avança"],
}
UNCLEAR = {
    "de": ["ja, aber ohne Käse", "ja warte", "wirklich?", "ja, wenn es heute noch geht", "ja vielleicht", "hm ja",
           "ja, lieber die kleine", "ja, noch nicht", "ja moment mal", "ja stimmt das denn so?", "ja eigentlich"],
    "es": ["sí, pero sin queso", "sí, espera", "¿de verdad?", "sí, si es hoy", "si es hoy, sí", "sí, quizás",
           "a lo mejor", "sí, mejor la pequeña", "sí, todavía no", "sí, un momento", "sí, o no sé"],
    "fr": ["oui mais sans fromage", "oui, attends", "vraiment ?", "oui, si c'est aujourd'hui", "oui peut-être",
           "euh oui", "oui, plutôt la petite", "oui, pas encore", "oui, une seconde", "oui je crois"],
    "it": ["sì, ma senza formaggio", "sì, aspetta", "davvero?", "sì, se arriva oggi", "sì, forse", "ehm sì",
           "sì, anzi la piccola", "sì, non ancora", "sì, un attimo", "sì credo"],
    "pt": ["sim, mas sem queijo", "sim, espera", "a sério?", "sim, se for hoje", "sim, talvez", "hum, sim",
           "sim, na verdade a pequena", "sim, ainda não", "sim, só um momento", "sim, acho que sim"],
}  # fmt: skip
WRONG = {
    "de": ["das stimmt nicht", "das habe ich nicht bestellt", "nein, falsch"],
    "es": ["eso no es lo que pedí", "está mal", "no, te equivocas"],
    "fr": ["ce n'est pas ça", "c'est faux", "je n'ai pas commandé ça"],
    "it": ["non è quello che ho detto", "è sbagliato", "non ho ordinato questo"],
    "pt": ["não foi isso que pedi", "está errado", "isso não"],
}
HESITANT = {
    "de": ["warte mal", "moment noch", "weiß nicht", "äh", "bin mir nicht sicher"],
    "es": ["espera un momento", "déjame pensar", "no sé", "depende"],
    "fr": ["attendez", "je réfléchis", "je ne sais pas", "bof"],
    "it": ["aspetta un attimo", "ci penso", "non lo so", "boh"],
    "pt": ["espera aí", "deixa-me pensar", "não sei", "depende"],
}


def each(said: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in said.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), each(CLEAR))
def test_a_clear_yes_acts_in_each_language(code: str, text: str) -> None:
    talk = paying(code)
    said = talk.say(text, intent="affirm", confidence=0.9, language=short(code), evidence=evidence(text, code))
    assert said == ["Paid"]


@pytest.mark.parametrize(("code", "text"), each(UNCLEAR))
def test_no_other_yes_acts_in_any_language(code: str, text: str) -> None:
    talk = paying(code)
    talk.say(text, intent="affirm", confidence=0.99, language=short(code), evidence=evidence(text, code))
    assert talk.called == []


@pytest.mark.parametrize(("code", "text"), each(WRONG))
def test_what_is_wrong_is_asked_after_in_each_language(code: str, text: str) -> None:
    talk = paying(code)
    said = talk.say(text, intent="nlu_fallback", language=short(code), evidence=evidence(text, code))
    assert said == [find_default_text("utter_ask_change", code)]


@pytest.mark.parametrize(("code", "text"), each(HESITANT))
def test_who_hesitates_is_asked_again_in_each_language(code: str, text: str) -> None:
    talk = paying(code)
    assert talk.say(text, intent="nlu_fallback", language=short(code), evidence=evidence(text, code)) == ["Pay 5?"]
    assert talk.called == []


def test_a_variation_is_said_in_the_conversations_language() -> None:
    talk = paying("de")
    (reply, *_) = talk.replies("hallo", "greet", language=short("de"))
    assert (reply.text, [button.title for button in reply.buttons]) == ("Hallo 5,00", ["Zahlen"])


def test_what_is_not_translated_is_said_in_the_first_language() -> None:
    talk = paying("fr")
    assert talk.say("salut", intent="greet", language=short("fr"))[0] == "Hello"


def test_the_engines_own_words_and_buttons_are_in_it() -> None:
    talk = paying("es")
    (reply,) = talk.replies("eh", "nlu_fallback", language=short("es"), evidence=evidence("eh", "es"))
    assert [button.title for button in reply.buttons] == ["Sí", "No"]
    assert talk.say("no", intent="deny", language=short("en", 0.3)) == [find_default_text("utter_declined", "es")]


def test_a_short_answer_goes_on_in_the_conversations_language() -> None:
    talk = paying("de")
    talk.say("ok", intent="greet", language=short("en", 0.9))
    assert talk.slots["language"] == "de"
    talk.say("let us speak of something else", intent="greet", language=sure("en"))
    assert talk.slots["language"] == "en"


def test_a_short_message_is_read_as_one_of_the_conversations_language() -> None:
    talk = paying("it")
    doubtful = Language("en", 0.3, False)
    hesitating = Otherwise("it", (), evidence("boh", "it"))
    said = talk.say("boh", intent="nlu_fallback", language=doubtful, otherwise=[hesitating])
    assert said == ["Pay 5?"]


def test_a_wish_for_a_language_changes_it_and_asks_again() -> None:
    talk = paying("en")
    said = talk.say("auf Deutsch bitte", intent="affirm", language=Language("de", 0.9, True, None, "de"))
    assert said == [find_default_text("utter_language_changed", "de"), "Pay 5?"]
    assert talk.called == []
    assert talk.slots["language"] == "de"
    assert talk.say("ja", intent="affirm", language=short("de")) == ["Paid"]


def test_a_language_that_nobody_speaks_is_told_once_and_in_it() -> None:
    talk = paying("en")
    dutch = Language("de", 0.5, True, "nl")
    first = talk.say("ik wil graag iets anders eten", intent="nlu_fallback", language=dutch)
    assert first[0].startswith("Deze taal spreek ik helaas niet")
    assert "Deutsch" in first[0]
    second = talk.say("ik wil graag iets anders eten", intent="nlu_fallback", language=dutch)
    assert not any("Deze taal" in text for text in second)


def test_a_message_that_is_understood_all_the_same_is_answered_too() -> None:
    talk = paying("en")
    said = talk.say("hoi, hoe gaat het met jou", intent="greet", language=Language("de", 0.5, True, "nl"))
    assert said[0].startswith("Deze taal")
    assert "Hello" in said


def test_starting_over_goes_on_in_the_same_language() -> None:
    talk = paying("pt")
    talk.say("/restart")
    talk.say("ok", intent="greet", language=short("en", 0.0))
    assert talk.slots["language"] == "pt"


def test_an_assistant_of_one_language_knows_no_language_slot() -> None:
    talk = Talk(table(domain=PAYING, rules=RULES, nlu=YES))
    talk.say("hi", intent="greet")
    assert "language" not in talk.table.domain.slots


def test_a_variation_in_a_language_that_config_does_not_name_is_refused() -> None:
    from model_artifacts.training.dialogue.problems import Uncompilable

    with pytest.raises(Uncompilable, match=r"is in 'de', which config.yml does not name; there are en"):
        compiled(domain=SPEAKING, rules=RULES, nlu=YES)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_has_every_text_with_the_same_placeholders(code: str) -> None:
    from importlib import import_module
    from re import findall

    own = import_module(f"functions.dialogue.texts.{code}").TEXTS
    english = import_module("functions.dialogue.texts.en").TEXTS
    assert own.keys() == english.keys()
    assert code in OWN_NAMES
    for name, text in own.items():
        assert sorted(findall(r"\{\w+\}", text)) == sorted(findall(r"\{\w+\}", english[name])), name


@pytest.mark.parametrize(("code", "said"), [("de", "Zwiebeln"), ("en", "onions")])
def test_a_value_is_told_in_the_persons_own_words(code: str, said: str) -> None:
    entities = [{"entity": "topping", "value": "onions", "start": 5, "end": 13}]
    message = {"event": "user", "text": "ohne Zwiebeln", "parse_data": {"intent": {"name": "x"}, "entities": entities}}
    tracker = Tracker(table(domain=SPEAKING, rules=RULES, nlu=YES, config=ALL).domain)
    tracker = tracker.extend([make_slot_set("language", code), message])
    assert in_own_words("onions", tracker) == said
    assert in_own_words("cheese", tracker) == "cheese"

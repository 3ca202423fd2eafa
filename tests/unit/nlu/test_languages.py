"""Which language a message is in: by n-grams and words, by words alone, by what else is known, and by a wish."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from functions.nlu.languages import FILE, Detector, languages_of, open_detector, read_language
from functions.nlu.multilingual import understand_languages
from functions.nlu.normalise import Sent
from functions.nlu.understanding import understand
from functions.nlu.words import LANGUAGES, words_of
from functions.nlu.words.naming import find_wish
from model_artifacts.training.nlu.detecting import write_detector
from tests.unit.nlu.test_understanding import MODEL

SIX = ("en", "de", "es", "fr", "it", "pt")
SAID = {
    "en": ["could you tell me what it costs", "a table for two please", "I changed my mind about that"],
    "de": [
        "wie viel kostet denn das",
        "einen Tisch für zwei bitte",
        "ich habe es mir anders überlegt",
        "mach es größer",
    ],
    "es": ["cuánto cuesta eso", "una mesa para dos por favor", "he cambiado de idea", "quítale el queso"],
    "fr": [
        "combien est-ce que ça coûte",
        "une table pour deux s'il vous plaît",
        "j'ai changé d'avis",
        "sans les olives",
    ],
    "it": ["quanto viene a costare", "un tavolo per due per favore", "ho cambiato idea", "togli le olive"],
    "pt": ["quanto é que isso custa", "uma mesa para dois por favor", "mudei de ideias", "tira as azeitonas"],
}
ABROAD = {
    "nl": "kunt u mij vertellen hoeveel dat kost",
    "pl": "ile to wszystko będzie kosztować",
    "sv": "hur mycket kostar den stora pizzan",
    "ru": "сколько это всё будет стоить",
    "ja": "これはいくらですか",
    "ar": "كم يكلف هذا من فضلك",
    "el": "πόσο κοστίζει αυτό παρακαλώ",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("detector")
    write_detector(made, SIX)
    return made


@pytest.fixture(scope="module")
def detector(folder: Path) -> Detector:
    return open_detector(folder, SIX)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    made = tmp_path_factory.mktemp("three")
    write_detector(made, ("en", "de", "es"))
    return open_detector(made, ("en", "de", "es"))


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SAID.items() for text in texts])
def test_a_sentence_is_in_its_language(code: str, text: str, detector: Detector) -> None:
    found = detector.detect(text)
    assert (found.code, found.foreign) == (code, None)
    assert found.confidence > 0.5


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SAID.items() for text in texts])
def test_words_alone_tell_most_of_it_where_the_detector_is_missing(code: str, text: str, tmp_path: Path) -> None:
    found = open_detector(tmp_path, SIX).detect(text)
    assert found.code == code or found.confidence < 0.75


@pytest.mark.parametrize(("code", "text"), ABROAD.items())
def test_another_language_is_named(code: str, text: str, detector: Detector) -> None:
    assert detector.detect(text).foreign == code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("it", "metti una canzone dei Beatles"),
        ("it", "voglio parlare con un operatore"),
        ("it", "spegni le luci del soggiorno"),
        ("it", "accendi la luce in cucina"),
        ("pt", "toca uma música dos Beatles"),
        ("pt", "como está o tempo amanhã"),
        ("fr", "allume la lumière de la cuisine"),
        ("nl", "doe het licht in de keuken aan"),
        (None, "pon una canción de los Beatles"),
        (None, "quiero hablar con una persona"),
        (None, "apaga las luces del salón"),
        (None, "enciende la luz de la cocina"),
        (None, "mach das Licht in der Küche an"),
        (None, "play a song by the Beatles"),
    ],
)
def test_a_language_like_one_of_the_assistants_is_another(code: str | None, text: str, three: Detector) -> None:
    assert three.detect(text).foreign == code


@pytest.mark.parametrize("text", ["", "👍", "42", "?!", "\u200b", "\ud800", "a" * 5000])
def test_what_has_no_words_says_nothing_for_sure(text: str, detector: Detector) -> None:
    found = detector.detect(text)
    assert not found.enough
    assert found.foreign is None


def test_the_locale_decides_where_words_do_not(detector: Detector) -> None:
    assert read_language(detector, SIX, "ok", [], {"locale": "pt-BR"}).code == "pt"
    assert read_language(detector, SIX, "ok", [], {"locale": "sv"}).code == "en"
    assert read_language(detector, SIX, "das kostet mir zu viel", [], {"locale": "pt-BR"}).code == "de"


def test_what_the_sender_says_counts_more_than_words(detector: Detector) -> None:
    found = read_language(detector, SIX, "das kostet mir zu viel", [], {"chosen": "it-IT"})
    assert (found.code, found.confidence, found.enough) == ("it", 1.0, True)
    assert read_language(detector, SIX, "das kostet mir zu viel", [], {"chosen": "xx"}).code == "de"


def test_names_tell_no_language(detector: Detector) -> None:
    text = "spiel bitte Another One Bites the Dust von Queen"
    start = text.index("Another")
    places = [(start, text.index(" von")), (text.index("Queen"), len(text))]
    assert read_language(detector, SIX, text, places, {}).code == "de"
    alone = read_language(detector, SIX, "Another One Bites the Dust", [(0, 26)], {})
    assert not alone.enough


def test_two_languages_in_one_message_are_one_of_them(detector: Detector) -> None:
    found = detector.detect("ich hätte gern eine Pizza, and make it a large one please, спасибо")
    assert found.code in ("de", "en")
    assert found.foreign is None


def test_a_damaged_file_leaves_the_words(folder: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes((folder / FILE).read_bytes()[:300])
    assert open_detector(tmp_path, SIX).detect("ich möchte bitte zahlen").code == "de"
    (tmp_path / FILE).write_bytes(b"\x00\xff no json")
    assert open_detector(tmp_path, SIX).detect("ich möchte bitte zahlen").code == "de"
    assert languages_of(tmp_path) == ()


def test_a_detector_of_other_languages_is_not_used(folder: Path) -> None:
    assert languages_of(folder) == SIX
    assert open_detector(folder, ("en", "de")).detect("ich möchte bitte zahlen").code == "de"


def test_the_rest_of_the_model_says_what_py3langid_says(detector: Detector) -> None:
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

    whole = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    whole.set_languages(list(SIX))
    texts = [text for texts in SAID.values() for text in texts]
    same = sum(whole.classify(text)[0] == detector.detect(text).code for text in texts)
    assert same >= len(texts) - 2


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("auf Deutsch bitte", "de"),
        ("Can you speak French?", "fr"),
        ("¿hablas español?", "es"),
        ("parlez-vous italien ?", "it"),
        ("em português, por favor", "pt"),
        ("in inglese per favore", "en"),
        ("English please", "en"),
        ("kannst du auch Türkisch?", "tr"),
        ("not English, Spanish please", "es"),
        ("play some Spanish guitar", None),
        ("is there a German restaurant", None),
        ("ein italienisches Restaurant", None),
        ("una pizza a la francesa", None),
        ("speak up", None),
        ("", None),
    ],
)
def test_a_wish_for_a_language_is_one_only_by_itself(text: str, wish: str | None) -> None:
    assert find_wish(text) == wish


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_no_phrase_agrees_and_declines(code: str) -> None:
    table = words_of(code)
    assert table is not None
    assert not table.yes & table.no
    assert len(table.yes) > 20 < len(table.common)
    for phrases in (table.yes, table.no, table.agreeing, table.common, table.cues):
        assert all(phrase == " ".join(phrase.split()).casefold() for phrase in phrases)


SEVERAL = replace(MODEL, specification=replace(MODEL.specification, languages=SIX))


def test_a_message_is_read_in_its_own_language(detector: Detector) -> None:
    said = understand_languages(SEVERAL, detector, "bitte ohne jazz, das mag ich nicht", None)
    assert said.language is not None
    assert said.language.code == "de"
    assert said.evidence is not None
    assert "negation" in [cue.kind for cue in said.evidence.cues]


def test_what_may_be_of_two_languages_is_read_in_both(detector: Detector) -> None:
    said = understand_languages(SEVERAL, detector, "mais", None)
    readings = {one.language: [cue.kind for cue in one.evidence.cues] for one in said.otherwise if one.evidence}
    assert said.language is not None
    own = {said.language.code: [cue.kind for cue in said.evidence.cues] if said.evidence else []}
    assert ({**readings, **own}["fr"], {**readings, **own}["pt"]) == (["condition"], ["addition"])


def test_a_day_is_read_in_the_messages_language(detector: Detector) -> None:
    sent = Sent("2026-11-26T14:30:00Z")
    said = understand_languages(SEVERAL, detector, "wie wird das Wetter übermorgen in Berlin", sent)
    assert [entity.value for entity in said.entities if entity.entity == "time"] == ["2026-11-28"]


def test_an_assistant_of_one_language_says_nothing_of_it() -> None:
    said = understand(replace(MODEL, detector=None), "bitte ohne jazz", None)
    assert (said.language, said.otherwise) == (None, ())


def test_a_button_has_no_language(detector: Detector) -> None:
    assert understand_languages(SEVERAL, detector, "/greet", None).language is None


def test_a_bundle_of_one_language_loads_no_detector(tmp_path: Path) -> None:
    folder = Path("model_artifacts/assistants/default/bundle")
    raw = json.loads((folder / "nlu.json").read_bytes())
    code = (
        "import sys; from pathlib import Path; from functions.nlu.model import load_model; "
        f"model = load_model(Path({str(tmp_path)!r})); assert model.detector is None; "
        "print([name for name in sys.modules if 'language' in name and name.startswith('functions')])"
    )
    for file in folder.iterdir():
        if file.name in ("model.onnx", "model.bin", "tokenizer.json", "tables.bin"):
            (tmp_path / file.name).symlink_to(file.resolve())
    (tmp_path / "nlu.json").write_text(json.dumps({name: item for name, item in raw.items() if name != "languages"}))
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"

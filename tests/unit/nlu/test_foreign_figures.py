"""Numbers that are said in German, Spanish, French, Italian or Portuguese become figures, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.foreign_figures import LANGUAGES, as_figures
from functions.nlu.normalise import Sent, read_time_value
from functions.nlu.prebuilt import find_prebuilt


@pytest.mark.parametrize(
    ("language", "said", "written"),
    [
        ("de", "meine nummer ist null drei null vier fünf sechs sieben", "meine nummer ist 0304567"),
        ("de", "Null drei null doppel vier", "03044"),
        ("de", "zwo drei fünf acht", "2358"),
        ("de", "1 2 3 null", "1230"),
        ("de", "drei komma eins vier", "3,14"),
        ("de", "minus drei komma null fünf grad", "-3,05 grad"),
        ("de", "fünfundzwanzig euro fünfzig", "25,50 euro"),
        ("de", "drei euro und fünf cent", "3,05 euro"),
        ("de", "am dreiundzwanzigsten märz neunzehnhundertvierundachtzig", "am 23. märz 1984"),
        ("de", "am dritten mai", "am 3. mai"),
        ("de", "um siebzehn uhr dreißig", "um 17:30 Uhr"),
        ("de", "um elf uhr fünf", "um 11:05 Uhr"),
        ("de", "um elf uhr zwei pizzen", "um 11 uhr zwei pizzen"),
        ("de", "hundertfünf komma zwei fünf", "105,25"),
        ("es", "mi número es seis uno dos tres cuatro cinco", "mi número es 612345"),
        ("es", "doble cuatro siete", "447"),
        ("es", "tres coma uno cuatro", "3,14"),
        ("es", "menos treinta grados", "-30 grados"),
        ("es", "veinticinco euros con cincuenta", "25,50 euros"),
        ("es", "el tres de mayo de dos mil veintisiete", "el 3 de mayo de 2027"),
        ("es", "a las diecisiete y treinta", "a las 17:30"),
        ("fr", "zéro six douze trente-quatre cinquante-six soixante-dix-huit", "0612345678"),
        ("fr", "trois virgule un quatre", "3,14"),
        ("fr", "moins vingt degrés", "-20 degrés"),
        ("fr", "vingt-cinq euros cinquante", "25,50 euros"),
        ("fr", "le trois mars mille neuf cent quatre-vingt-quatre", "le 3 mars 1984"),
        ("fr", "à dix-sept heures trente", "à 17h30"),
        ("it", "il mio numero è tre quattro sette uno due tre", "il mio numero è 347123"),
        ("it", "tre virgola uno quattro", "3,14"),
        ("it", "meno venti gradi", "-20 gradi"),
        ("it", "venticinque euro e cinquanta", "25,50 euro"),
        ("it", "il ventitré marzo millenovecentottantaquattro", "il 23 marzo 1984"),
        ("it", "alle diciassette e trenta", "alle 17:30"),
        ("pt", "o meu número é nove um meia três quatro cinco seis", "o meu número é 9163456"),
        ("pt", "zero vírgula cinco", "0,5"),
        ("pt", "menos vinte graus", "-20 graus"),
        ("pt", "vinte e cinco reais e cinquenta", "25,50 reais"),
        ("pt", "três de maio de dois mil e vinte e sete", "3 de maio de 2027"),
        ("pt", "às dezessete e trinta", "às 17:30"),
    ],
)
def test_what_is_said_is_written_in_figures(language: str, said: str, written: str) -> None:
    assert as_figures(said, language) == written


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", ""),
        ("de", "ein bier und eine pizza"),
        ("de", "zwei oder drei pizzen"),
        ("de", "die glorreichen sieben"),
        ("de", "0800 123 456"),
        ("de", "halb sechs"),
        ("es", "una pizza y dos cervezas"),
        ("es", "a las cinco y media"),
        ("fr", "deux ou trois pizzas"),
        ("it", "due pizze e una birra"),
        ("pt", "meia dúzia de ovos"),
        ("pt", "às nove e meia"),
        ("pl", "dwadzieścia pięć"),
    ],
)
def test_other_words_stay_as_they_are(language: str, text: str) -> None:
    assert as_figures(text, language) == text


WORDS = (
    *("null", "drei", "komma", "uhr", "euro", "und", "mai", "doppel", "5", "12", ",", ".", "-", ":", "dreißig"),
    *("tres", "coma", "y", "de", "mayo", "e", "meia", "vírgula", "às", "zero", "cent", "minus", "heures"),
)


@given(st.sampled_from(sorted(LANGUAGES)), st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text())
def test_any_text_has_figures(language: str, text: str) -> None:
    assert isinstance(as_figures(text, language), str)


def test_the_figures_are_read_as_in_a_written_text() -> None:
    sent = Sent("2026-11-30T10:00:00Z")
    assert read_time_value("date", as_figures("am dritten mai", "de"), sent, "de")[0] == "2027-05-03"
    assert "17:30" in read_time_value("time", as_figures("à dix-sept heures trente", "fr"), sent, "fr")[0]
    (money,) = find_prebuilt(["amount-of-money"], as_figures("vinte e cinco reais e cinquenta", "pt"), "pt", None)
    assert (money.value, (money.additional_info or {})["unit"]) == (25.5, "BRL")

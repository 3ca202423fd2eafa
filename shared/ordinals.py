"""Words that name a place in a list or a small number, in several languages: "the second one", "die letzte"."""

_ORDINALS = (
    "first 1st erste ersten erster erstes primero primera primer premier première prima primo primeiro primeira eerste",
    "second 2nd zweite zweiten zweiter zweites segundo segunda deuxième second seconde secondo seconda tweede",
    "third 3rd dritte dritten dritter drittes tercero tercera tercer troisième terzo terza terceiro terceira derde",
    "fourth 4th vierte vierten vierter viertes cuarto cuarta quatrième quarto quarta vierde",
    "fifth 5th fünfte fünften fünfter fünftes quinto quinta cinquième vijfde",
    "sixth 6th sechste sechsten sechster sexto sexta sixième sesto sesta zesde",
    "seventh 7th siebte siebten siebter séptimo séptima septième settimo settima sétimo sétima zevende",
    "eighth 8th achte achten achter octavo octava huitième ottavo ottava oitavo oitava achtste",
)
_CARDINALS = (
    "one eins un uno una um uma une een",
    "two zwei deux dos due dois duas twee",
    "three drei trois tres tre três drie",
    "four vier quatre cuatro quattro quatro",
    "five fünf cinq cinco cinque vijf",
    "six sechs seis sei zes",
    "seven sieben sept siete sette sete zeven",
    "eight acht huit ocho otto oito",
)
ORDINALS = {word: place for place, words in enumerate(_ORDINALS, 1) for word in words.split()}
"""Ordinal, case-folded -> its place, counted from 1."""
CARDINALS = {word: number for number, words in enumerate(_CARDINALS, 1) for word in words.split()}
"""Number in words, case-folded -> the number."""
_LAST = (
    "last final bottom letzte letzten letzter letztes unterste untere último última ultimo ultima dernier dernière "
    "laatste"
)
LAST = frozenset(_LAST.split())
"""Words for the last place."""

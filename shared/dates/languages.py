"""The calendars of the languages that dates are read in: their words for days, times and counts."""

from shared.dates.calendar import Calendar


def _index(*names: str, first: int = 0) -> dict[str, int]:
    """Names in order, the alternatives of each parted by "|"."""
    return {name: number for number, same in enumerate(names, first) for name in same.split("|")}


def _set(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(","))


def _spell(**names: str) -> dict[str, str]:
    return {name: unit for unit, same in names.items() for name in same.split("|")}


def _make_english() -> Calendar:
    return Calendar(
        weekdays=_index(
            "monday|mondays|mon", "tuesday|tuesdays|tue|tues", "wednesday|wednesdays|wed|weds",
            "thursday|thursdays|thu|thur|thurs", "friday|fridays|fri", "saturday|saturdays|sat", "sunday|sundays|sun",
        ),
        months=_index(
            "january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun", "july|jul", "august|aug",
            "september|sep|sept", "october|oct", "november|nov", "december|dec", first=1,
        ),
        days={"today": 0, "2day": 0, "tday": 0, "later today": 0, "later": 0, "tomorrow": 1, "tomorow": 1,
               "tommorow": 1,
              "tommorrow": 1, "tmrw": 1, "tmr": 1, "tmw": 1, "2moro": 1, "2morrow": 1, "tomoz": 1,
              "day after tomorrow": 2,
              "day after tmrw": 2, "yesterday": -1, "day before yesterday": -2,
              "in a fortnight": 14, "a fortnight from now": 14},
        parts={"morning": 9, "noon": 12, "midday": 12, "lunchtime": 12, "lunch": 12, "afternoon": 15, "evening": 18,
               "dinner": 19, "night": 20, "midnight": 24, "dawn": 6, "dusk": 20},
        moments={"tonight": (0, 20), "tonite": (0, 20), "2nite": (0, 20), "2night": (0, 20), "last night": (-1, 20)},
        units=_spell(minute="minute|minutes|min|mins", hour="hour|hours|hr|hrs|h", day="day|days",
               week="week|weeks|wk|wks",
                     month="month|months", year="year|years|yr|yrs"),
        numbers={"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
               "eight": 8,
                 "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
                 "forty": 40,
                 "sixty": 60, "couple": 2, "couple of": 2, "a couple of": 2, "a couple": 2, "half a": 0.5,
                 "one and a half": 1.5},
        spans={"half an hour": 30, "half hour": 30, "a half hour": 30, "quarter of an hour": 15,
               "a quarter of an hour": 15,
               "three quarters of an hour": 45, "hour and a half": 90, "an hour and a half": 90, "half a day": 720},
        now=_set("now, right now, at the moment, currently, at present, immediately, asap, straight away, right away"),
        this=_set("this, current"),
        next=_set("next, coming, upcoming, following"),
        last=_set("last, past, previous"),
        ahead=_set("in, within"),
        after=_set("from now, later, hence, from today, time"),
        ago=_set("ago, before now, earlier"),
        weekend=_set("weekend, week-end, week end, wkend, wknd"),
        opens=_set("from, between, starting, starting from"),
        links=_set("to, until, till, til, through, thru, -, –, —, up to"),
        joins=_set("and, &, or"),
        until=_set("until, till, til, up to"),
        skips=_set("on, at, the, of, by, from, for, around, about, before, after, over, during, in, s, 's, "
                    "early, late, "
               "approx, "
                   "and, please, sharp, exactly, @, then, instead"),
        clock=_set("o'clock, oclock"),
        half={"half past": (0, 30), "half": (0, 30), "quarter past": (0, 15), "a quarter past": (0, 15),
              "quarter to": (-1, 45), "a quarter to": (-1, 45), "ten past": (0, 10), "twenty past": (0, 20),
              "five past": (0, 5), "ten to": (-1, 50), "twenty to": (-1, 40), "five to": (-1, 55)},
        ordinals=_set("st, nd, rd, th"),
        nth=_index("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
                      "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
                      "eighteenth", "nineteenth", "twentieth", "twenty-first|twenty first",
                      "twenty-second|twenty second",
                      "twenty-third|twenty third", "twenty-fourth|twenty fourth", "twenty-fifth|twenty fifth",
                      "twenty-sixth|twenty sixth", "twenty-seventh|twenty seventh", "twenty-eighth|twenty eighth",
                      "twenty-ninth|twenty ninth", "thirtieth", "thirty-first|thirty first", first=1),
    )  # fmt: skip


def _make_german() -> Calendar:
    return Calendar(
        weekdays=_index("montag|montags|mo", "dienstag|dienstags|di", "mittwoch|mittwochs|mi",
               "donnerstag|donnerstags|do",
                           "freitag|freitags|fr", "samstag|samstags|sonnabend|sa", "sonntag|sonntags|so"),
        months=_index("januar|jänner|jan", "februar|feb", "märz|maerz", "april|apr", "mai", "juni|jun", "juli|jul",
                         "august|aug", "september|sep|sept", "oktober|okt", "november|nov", "dezember|dez", first=1),
        days={"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2},
        parts={"früh": 8, "vormittag": 10, "mittag": 12, "mittags": 12, "nachmittag": 15, "nachmittags": 15,
               "abend": 18,
               "abends": 18, "nacht": 22, "mitternacht": 24, "morgens": 8},
        moments={"heute abend": (0, 18), "heute nacht": (0, 22), "heute früh": (0, 8), "gestern abend": (-1, 18)},
        units=_spell(minute="minute|minuten|min", hour="stunde|stunden|std|h", day="tag|tage|tagen",
               week="woche|wochen",
                     month="monat|monate|monaten", year="jahr|jahre|jahren"),
        numbers={"ein": 1, "eine": 1, "einem": 1, "einer": 1, "einen": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4,
               "fünf": 5,
                 "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "fünfzehn": 15,
                 "zwanzig": 20,
                 "dreißig": 30, "paar": 2, "eineinhalb": 1.5, "anderthalb": 1.5},
        spans={"einer halben stunde": 30, "halben stunde": 30, "halbe stunde": 30, "einer viertelstunde": 15,
               "viertelstunde": 15,
               "dreiviertelstunde": 45},
        now=_set("jetzt, gerade, sofort, momentan, im moment, aktuell, gleich"),
        this=_set("diese, diesen, dieser, dieses, diesem"),
        next=_set("nächste, nächsten, nächster, nächstes, nächstem, kommende, kommenden, kommender, kommendes, "
               "kommendem"),
        last=_set("letzte, letzten, letzter, letztes, vorige, vorigen, voriger, voriges, vergangene, vergangenen"),
        ahead=_set("in, binnen"),
        after=_set("später"),
        ago=_set("vor, her"),
        weekend=_set("wochenende, we"),
        opens=_set("von, vom, zwischen, ab"),
        links=_set("bis, bis zum, -, –, —"),
        joins=_set("und, oder"),
        until=_set("bis, bis zum"),
        skips=_set("am, um, der, die, das, den, dem, gegen, etwa, ca, für, im, zum, und, bitte, ab, an, lieber"),
        clock=_set("uhr"),
        half={"halb": (-1, 30), "viertel nach": (0, 15), "viertel vor": (-1, 45), "dreiviertel": (-1, 45)},
        morning=_set("vormittags"),
        evening=_set("pm"),
        ordinals=_set("."),
    )  # fmt: skip


def _make_spanish() -> Calendar:
    return Calendar(
        weekdays=_index("lunes|lun", "martes|mar", "miércoles|miercoles|mié", "jueves|jue", "viernes|vie",
               "sábado|sabado|sáb",
                           "domingo|dom"),
        months=_index("enero|ene", "febrero|feb", "marzo", "abril|abr", "mayo", "junio|jun", "julio|jul",
               "agosto|ago",
                         "septiembre|setiembre|sep", "octubre|oct", "noviembre|nov", "diciembre|dic", first=1),
        days={"hoy": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1, "anteayer": -2},
        parts={"por la mañana": 9, "de la mañana": 9, "mediodía": 12, "mediodia": 12, "tarde": 17,
               "por la tarde": 17, "noche": 20,
               "por la noche": 20, "medianoche": 24, "madrugada": 4},
        moments={"esta noche": (0, 20), "anoche": (-1, 20), "esta mañana": (0, 9)},
        units=_spell(minute="minuto|minutos|min", hour="hora|horas|h", day="día|días|dia|dias", week="semana|semanas",
                     month="mes|meses", year="año|años"),
        numbers={"un": 1, "una": 1, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7,
               "ocho": 8,
                 "nueve": 9, "diez": 10, "once": 11, "doce": 12, "quince": 15, "veinte": 20, "treinta": 30},
        spans={"media hora": 30, "un cuarto de hora": 15, "cuarto de hora": 15, "una hora y media": 90,
               "hora y media": 90},
        now=_set("ahora, ahora mismo, ya, en este momento, actualmente, enseguida"),
        this=_set("este, esta"),
        next=_set("próximo, próxima, proximo, proxima, que viene, siguiente"),
        last=_set("pasado, pasada, último, última"),
        ahead=_set("en, dentro de"),
        after=_set("más tarde"),
        ago=_set("hace, atrás"),
        weekend=_set("fin de semana, finde"),
        opens=_set("de, desde, del, entre"),
        links=_set("a, al, hasta, hasta el, -, –, —"),
        joins=_set("y, e, o"),
        until=_set("hasta, hasta el"),
        skips=_set("el, la, los, las, a, al, de, del, en, para, por, sobre, y, favor, unas"),
        clock=_set("horas, h"),
        half={},
        behind={"y media": 30, "y cuarto": 15, "menos cuarto": -15},
        ordinals=_set("º"),
    )  # fmt: skip


def _make_french() -> Calendar:
    return Calendar(
        weekdays=_index("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        months=_index("janvier", "février|fevrier", "mars", "avril", "mai", "juin", "juillet", "août|aout",
               "septembre",
                         "octobre", "novembre", "décembre|decembre", first=1),
        days={"aujourd'hui": 0, "demain": 1, "après-demain": 2, "hier": -1, "avant-hier": -2},
        parts={"matin": 9, "midi": 12, "après-midi": 15, "soir": 18, "nuit": 22, "minuit": 24},
        moments={"ce soir": (0, 18), "cette nuit": (0, 22), "hier soir": (-1, 18)},
        units=_spell(minute="minute|minutes|min", hour="heure|heures", day="jour|jours", week="semaine|semaines",
               month="mois",
                     year="an|ans|année|années"),
        numbers={"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
               "neuf": 9,
                 "dix": 10, "onze": 11, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30},
        spans={"demi-heure": 30, "une demi-heure": 30, "quart d'heure": 15, "un quart d'heure": 15,
               "une heure et demie": 90},
        now=_set("maintenant, tout de suite, en ce moment, actuellement"),
        this=_set("ce, cet, cette"),
        next=_set("prochain, prochaine, prochains, suivant, suivante, qui vient"),
        last=_set("dernier, dernière, passé, passée"),
        ahead=_set("dans, d'ici"),
        after=_set("plus tard"),
        ago=_set("il y a"),
        weekend=_set("week-end, weekend"),
        opens=_set("de, du, entre, depuis"),
        links=_set("à, au, jusqu'à, jusqu'au, -, –, —"),
        joins=_set("et, ou"),
        until=_set("jusqu'à, jusqu'au"),
        skips=_set("le, la, les, à, au, de, du, en, pour, vers, et, svp, l, d, chez"),
        clock=_set("heures, heure, h"),
        half={},
        behind={"et demie": 30, "et quart": 15, "moins le quart": -15},
        ordinals=_set("er"),
    )  # fmt: skip


def _make_italian() -> Calendar:
    return Calendar(
        weekdays=_index("lunedì|lunedi", "martedì|martedi", "mercoledì|mercoledi", "giovedì|giovedi",
               "venerdì|venerdi",
                           "sabato", "domenica"),
        months=_index("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
                         "ottobre", "novembre", "dicembre", first=1),
        days={"oggi": 0, "domani": 1, "dopodomani": 2, "ieri": -1, "l'altro ieri": -2},
        parts={"mattina": 9, "mattino": 9, "mezzogiorno": 12, "pomeriggio": 15, "sera": 19, "notte": 22,
               "mezzanotte": 24},
        moments={"stasera": (0, 19), "stanotte": (0, 22), "stamattina": (0, 9), "ieri sera": (-1, 19)},
        units=_spell(minute="minuto|minuti|min", hour="ora|ore", day="giorno|giorni", week="settimana|settimane",
                     month="mese|mesi", year="anno|anni"),
        numbers={"un": 1, "una": 1, "uno": 1, "un'": 1, "due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sei": 6,
               "sette": 7,
                 "otto": 8, "nove": 9, "dieci": 10, "undici": 11, "dodici": 12, "quindici": 15, "venti": 20,
                 "trenta": 30},
        spans={"mezz'ora": 30, "mezza ora": 30, "un quarto d'ora": 15, "quarto d'ora": 15, "un'ora e mezza": 90,
               "un'ora": 60},
        now=_set("adesso, ora, subito, in questo momento, al momento"),
        this=_set("questo, questa, quest"),
        next=_set("prossimo, prossima, che viene"),
        last=_set("scorso, scorsa, ultimo, ultima"),
        ahead=_set("tra, fra, in, entro"),
        after=_set("più tardi"),
        ago=_set("fa"),
        weekend=_set("fine settimana, weekend, week-end"),
        opens=_set("da, dal, dalla, dalle, tra, fra"),
        links=_set("a, al, alla, alle, fino a, -, –, —"),
        joins=_set("e, o"),
        until=_set("fino a, fino al"),
        skips=_set("il, la, lo, le, i, gli, a, alle, al, di, del, in, per, verso, e, circa, nel, l"),
        clock=_set("ore, h"),
        half={},
        behind={"e mezza": 30, "e mezzo": 30, "e un quarto": 15, "meno un quarto": -15},
        ordinals=_set("º"),
    )  # fmt: skip


def _make_portuguese() -> Calendar:
    return Calendar(
        weekdays=_index("segunda-feira|segunda", "terça-feira|terça|terca", "quarta-feira|quarta",
               "quinta-feira|quinta",
                           "sexta-feira|sexta", "sábado|sabado", "domingo"),
        months=_index("janeiro", "fevereiro", "março|marco", "abril", "maio", "junho", "julho", "agosto",
               "setembro",
                         "outubro", "novembro", "dezembro", first=1),
        days={"hoje": 0, "amanhã": 1, "amanha": 1, "depois de amanhã": 2, "ontem": -1, "anteontem": -2},
        parts={"manhã": 9, "de manhã": 9, "meio-dia": 12, "tarde": 15, "à tarde": 15, "noite": 20, "à noite": 20,
               "meia-noite": 24, "madrugada": 4},
        moments={"hoje à noite": (0, 20), "esta noite": (0, 20), "ontem à noite": (-1, 20)},
        units=_spell(minute="minuto|minutos|min", hour="hora|horas", day="dia|dias", week="semana|semanas",
               month="mês|meses|mes",
                     year="ano|anos"),
        numbers={"um": 1, "uma": 1, "dois": 2, "duas": 2, "três": 3, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6,
               "sete": 7,
                 "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12, "quinze": 15, "vinte": 20, "trinta": 30},
        spans={"meia hora": 30, "um quarto de hora": 15, "uma hora e meia": 90},
        now=_set("agora, já, agora mesmo, neste momento"),
        this=_set("este, esta, esse, essa, neste, nesta"),
        next=_set("próximo, próxima, proximo, proxima, que vem, seguinte"),
        last=_set("passado, passada, último, última"),
        ahead=_set("em, daqui a, dentro de"),
        after=_set("mais tarde"),
        ago=_set("há, atrás"),
        weekend=_set("fim de semana, fim-de-semana"),
        opens=_set("de, desde, da, das, entre"),
        links=_set("a, à, às, até, até a, -, –, —"),
        joins=_set("e, ou"),
        until=_set("até, até a"),
        skips=_set("o, a, os, as, à, às, ao, de, do, da, em, no, na, para, por, e, favor, lá, umas"),
        clock=_set("horas, h"),
        half={},
        behind={"e meia": 30, "e um quarto": 15},
        ordinals=_set("º"),
    )  # fmt: skip


_MADE = {
    "en": _make_english,
    "de": _make_german,
    "es": _make_spanish,
    "fr": _make_french,
    "it": _make_italian,
    "pt": _make_portuguese,
}
_known: dict[str, Calendar] = {}


def calendar_of(language: str) -> Calendar | None:
    """The words of a language; None where there are none. Made when they are first asked for."""
    if language not in _known and language in _MADE:
        _known[language] = _MADE[language]()
    return _known.get(language)

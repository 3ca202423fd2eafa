"""German."""

from functions.nlu.words import Words, list_words, table

WORDS = Words(
    cues=table(
        negation="""
            nicht, kein, keine, keinen, keinem, keiner, keines, ohne, nie, niemals, nichts, nichts mit, nichts von,
            außer, ausser, bis auf, weder, noch, alles außer, alles ausser, nur nicht, bloß nicht, auf keinen fall,
            hasse, mag keine, mag kein, mag nicht, will keine, will kein, will nicht, möchte keine, möchte kein,
            möchte nicht, abgesehen von, minus
        """,
        removal="""
            entferne, entfernen, lösche, löschen, streiche, streichen, nimm weg, lass weg, weglassen, wegnehmen,
            raus, storniere, weg mit
        """,
        replacement="""
            statt, anstatt, anstelle von, anstelle, ersetze, ersetzen, tausche, tauschen, lieber als
        """,
        addition="""
            auch, auch noch, noch, dazu, zusätzlich, extra, außerdem, plus, füge, hinzu, mehr, noch ein, noch eine,
            noch einen, ebenfalls
        """,
        restriction="nur, bloß, lediglich, ausschließlich, nichts als",
        correction="""
            ich meinte, ich meine, meinte, eigentlich, vielmehr, doch lieber, lieber, ändere, ändern, ich wollte,
            ich sagte, korrektur, stattdessen, besser
        """,
        rejection="""
            falsch, nicht richtig, stimmt nicht, das stimmt nicht, nicht korrekt, ein fehler, fehler, so nicht,
            nicht was ich, habe ich nicht bestellt, nicht ganz
        """,
        hesitation="""
            warte, warten, moment, einen moment, moment mal, momentan noch nicht, sekunde, eine sekunde, hm, hmm,
            äh, ähm, öh, wie bitte, wirklich, echt, ehrlich, sicher?, bist du sicher, ich überlege, mal sehen, lass
            mich überlegen, weiß nicht, weiss nicht, keine ahnung, vielleicht, noch nicht, später, was?
        """,
        condition="""
            wenn, falls, sofern, nur wenn, solange, aber, außer wenn, vorausgesetzt, es sei denn, jedoch, allerdings
        """,
        none="""
            warum nicht, nicht nur, kein problem, keine sorge, nicht schlecht, ob oder nicht, oder nicht, nein
            danke, nicht vor, nicht nach, nicht älter als, noch einmal, noch mal, nochmal, macht nichts
        """,
    ),
    around={
        "nimm": list_words("weg, raus, runter"),
        "lass": list_words("weg, raus"),
        "nehmen": list_words("weg, raus, runter"),
    },
    ends=list_words("mit, von, aus, nach, zu, für, an, auf, in, bei, bitte, danke, um"),
    closes=list_words("aber, sondern, stattdessen, lieber, nur, dann, weil, denn, sonst"),
    exchanges=list_words("durch, mit, gegen, für"),
    joins=list_words("und, oder, noch, sowie"),
    articles=list_words("ein, eine, einen, zwei, drei, vier, fünf, noch, auch, etwas"),
    verbs=list_words("""
        spiel, spiele, such, suche, finde, zeig, zeige, bestell, bestelle, gib, sag, sage, bring, bringe, schick,
        liefere, storniere, mach, mache, ich, wir, ist, gibt, kannst, können, könntest, könnten, was, wie, wer, wo,
        wann, warum, welche, welcher, welches, hallo, danke, tschüss, empfiehl, lass, leg, füge, entferne, ändere,
        hol, möchte, will, brauche
    """),
    asks=list_words("""
        was, wie, wer, wen, wem, wo, woher, wohin, wann, warum, wieso, weshalb, welche, welcher, welches, welchen,
        wieviel, wessen
    """),
    auxiliaries=list_words("""
        ist, sind, war, gibt, hat, hast, haben, habt, kann, kannst, können, könnte, könnten, könntest, wird, werden,
        wirst, darf, soll, muss, macht, kommt
    """),
    subjects=list_words("""
        ich, du, ihr, sie, er, es, wir, man, das, der, die, ein, eine, dieser, diese, jemand, etwas
    """),
    polite=list_words("""
        kannst du, könntest du, können sie, könnten sie, würdest du, würden sie, kann ich, könnte ich, ich hätte
        gern, ich hätte gerne, ich möchte, ich will, ich würde gern, ich würde gerne, wir möchten, wir hätten gern,
        darf ich, warum nicht
    """),
    fillers=list_words("""
        ok, okay, und, so, also, aber, na, hey, hallo, bitte, äh, ähm, oh, ach, ja, nein, dann, jetzt, gut, danke
    """),
    abbreviations=list_words("dr, st, str, nr, z.b, usw, bzw, ca, hr, fr, prof"),
    excludes=list_words("ohne, außer, statt, anstatt"),
    times=list_words("""
        abend, abends, aktuell, apr, april, aug, august, dez, dezember, di, dienstag, dienstags, do, donnerstag,
        donnerstags, dreiviertelstunde, feb, februar, fr, freitag, freitags, früh, gerade, gestern, gleich, h,
        halbe, halben, heute, jahr, jahre, jahren, jan, januar, jetzt, jul, juli, jun, juni, jänner, maerz, mai,
        mi, min, minute, minuten, mittag, mittags, mitternacht, mittwoch, mittwochs, mo, moment, momentan,
        monat, monate, monaten, montag, montags, morgen, morgens, märz, nachmittag, nachmittags, nacht, nov,
        november, okt, oktober, pm, sa, samstag, samstags, sep, sept, september, so, sofort, sonnabend, sonntag,
        sonntags, std, stunde, stunden, tag, tage, tagen, uhr, viertelstunde, vorgestern, vormittag, vormittags,
        we, woche, wochen, wochenende, übermorgen
    """),
)

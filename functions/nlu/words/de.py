"""German."""

from functions.nlu.words import Words, list_phrases, list_words, read_cues

WORDS = Words(
    cues=read_cues(
        negation="""
            keinesfalls, keineswegs, ungern, alles bloß kein, alles bloß keine, alles nur nicht, mit ausnahme von,
            ausgenommen, nicht mit, nicht von, genug von, satt, vertrage keine, vertrage kein, allergisch gegen, nicht
            mehr, nimmer, nix, nicht, kein, keine, keinen, keinem, keiner, keines, ohne, nie, niemals, nichts, nichts
            mit, nichts von, außer, ausser, bis auf, weder, noch, alles außer, alles ausser, nur nicht, bloß nicht,
            auf keinen fall, hasse, mag keine, mag kein, mag nicht, will keine, will kein, will nicht, möchte keine,
            möchte kein, möchte nicht, abgesehen von, minus
        """,
        removal="""
            kannst du weglassen, verzichte auf, rausnehmen, nimm raus, abbestellen, entferne, entfernen, lösche,
            löschen, streiche, streichen, nimm weg, lass weg, weglassen, wegnehmen, raus, storniere, weg mit
        """,
        replacement="""
            austauschen, wechsle, wechseln, lieber statt, im austausch gegen, statt, anstatt, anstelle von, anstelle,
            ersetze, ersetzen, tausche, tauschen, lieber als
        """,
        addition="""
            dazu noch, und noch, obendrauf, obendrein, noch dazu, sowie auch, füge hinzu, pack, pack noch, leg noch,
            mit extra, auch, auch noch, noch, dazu, zusätzlich, extra, außerdem, plus, füge, hinzu, mehr, noch ein,
            noch eine, noch einen, ebenfalls
        """,
        restriction="nur, bloß, lediglich, ausschließlich, nichts als",
        correction="""
            ich meinte, ich meine, meinte, nein doch, doch nicht die, quatsch, stattdessen lieber, mach daraus, mach
            draus, ändere das, ändere es, ich wollte eigentlich, ich möchte doch, ich hätte doch, versprochen,
            vertippt, verschrieben, sollte sein, soll sein, doch eher, eher, besser doch, umentschieden, anders
            überlegt, eigentlich, vielmehr, doch lieber, lieber, ändere, ändern, ich wollte, ich sagte, korrektur,
            stattdessen, besser
        """,
        rejection="""
            falsch, nicht richtig, stimmt nicht, das stimmt nicht, nicht korrekt, ein fehler, fehler, so nicht, nicht
            was ich, habe ich nicht bestellt, hab ich nicht bestellt, nicht bestellt, nicht gesagt, nicht gewollt,
            nicht gemeint, wollte ich nicht, nicht ganz, nicht ganz richtig, stimmt so nicht, passt nicht, passt so
            nicht, das ist es nicht, verkehrt, irrtum, ein irrtum, unrichtig, stimmt gar nicht, nicht das was ich, da
            stimmt was nicht, da stimmt etwas nicht, missverstanden, falsch verstanden, da ist was falsch, nicht das
            richtige, kann nicht stimmen, kann nicht sein
        """,
        hesitation="""
            warte, warten, warte mal, warte kurz, wart mal, wart, moment, momentchen, einen moment, moment mal, moment
            noch, augenblick, einen augenblick, sekunde, eine sekunde, eine minute, momentan noch nicht, stopp, stop,
            halt, halt mal, langsam, mal langsam, hm, hmm, hmmm, naja, na ja, mal überlegen, muss überlegen, muss noch
            überlegen, muss kurz überlegen, ich überlege noch, überlege noch, bin nicht sicher, bin mir nicht sicher,
            nicht sicher, unsicher, eher nicht sicher, kann sein, mal gucken, mal schauen, schauen wir mal, weiß noch
            nicht, weiss noch nicht, weiß es noch nicht, kein plan, ka, k.a, kommt drauf an, kommt darauf an,
            eventuell, möglicherweise, womöglich, wahrscheinlich, vermutlich, glaube schon, ich glaube, ich denke,
            denke schon, schätze, jein, erst mal, erstmal, vorher noch, bevor du, nicht so schnell, unschlüssig,
            unentschieden, zögere, echt?, wirklich?, ach wirklich, im ernst, ernsthaft, wie jetzt, hä, häh, wie?,
            bitte?, hää, was meinst du, verstehe nicht, versteh nicht, ist das richtig, äh, ähm, öh, wie bitte,
            wirklich, echt, ehrlich, sicher?, bist du sicher, ich überlege, mal sehen, lass mich überlegen, weiß
            nicht, weiss nicht, keine ahnung, vielleicht, noch nicht, später, was?
        """,
        condition="""
            wenn, falls, sofern, nur wenn, solange, aber, außer wenn, vorausgesetzt, es sei denn, jedoch, allerdings
        """,
        disjunction="oder",
        none="""
            warum nicht, nicht nur, kein problem, keine sorge, nicht schlecht, ob oder nicht, oder nicht, nein danke,
            nicht vor, nicht nach, nicht älter als, noch einmal, noch mal, nochmal, macht nichts, aber gern, aber
            gerne, aber sicher, aber klar, aber natürlich, aber ja, aber bitte, besser nicht, lieber nicht, nicht
            wahr, gar nicht schlecht, nichts zu danken, nicht nötig, bitte nicht, noch etwas, auch gut, wenn möglich,
            wenn es geht, wenns geht, wenn du magst, nicht mehr als, nicht weniger als, nicht später als, nicht jetzt,
            heute nicht, jetzt nicht, bis später, doch nicht, ich weiß, nicht wirklich, wirklich gern, wirklich gut,
            echt gut, echt gern, echt super, wirklich super, mehr infos, mehr dazu, was noch, wie wäre es mit
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
    onto=list_words("auf, an, in"),
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
    fillers=list_words("""
        ok, okay, und, so, also, aber, na, hey, hallo, bitte, äh, ähm, oh, ach, ja, nein, dann, jetzt, gut, danke
    """),
    abbreviations=list_words("dr, st, str, nr, z.b, usw, bzw, ca, hr, fr, prof"),
    excludes=list_words("ohne, außer, statt, anstatt"),
    times=list_words("""
        abend, abends, aktuell, apr, april, aug, august, dez, dezember, di, dienstag, dienstags, do, donnerstag,
        donnerstags, dreiviertelstunde, feb, februar, fr, freitag, freitags, früh, gerade, gestern, gleich, h, halbe,
        halben, heute, jahr, jahre, jahren, jan, januar, jetzt, jul, juli, jun, juni, jänner, maerz, mai, mi, min,
        minute, minuten, mittag, mittags, mitternacht, mittwoch, mittwochs, mo, moment, momentan, monat, monate,
        monaten, montag, montags, morgen, morgens, märz, nachmittag, nachmittags, nacht, nov, november, okt, oktober,
        pm, sa, samstag, samstags, sep, sept, september, so, sofort, sonnabend, sonntag, sonntags, std, stunde,
        stunden, tag, tage, tagen, uhr, viertelstunde, vorgestern, vormittag, vormittags, we, woche, wochen,
        wochenende, übermorgen
    """),
    yes=list_words("""
        ja, jap, jep, jo, joa, jawohl, ja bitte, ja gern, ja gerne, ja genau, ja klar, ja passt, ja danke, gern,
        gerne, sehr gern, sehr gerne, aber gern, klar, klar doch, na klar, alles klar, sicher, aber sicher, natürlich,
        selbstverständlich, auf jeden fall, unbedingt, genau, genau so, ganz genau, richtig, stimmt, das stimmt,
        korrekt, passt, passt so, das passt, passt genau, in ordnung, geht klar, einverstanden, abgemacht, okay, ok,
        oki, okay gut, super, perfekt, bestens, prima, gut, gut so, mach das, machen sie das, bitte machen, bitte ja,
        doch, doch ja, freilich, definitiv, los, los geht's, nur zu, bestätigt, bestätige, ich bestätige, so ist es,
        ja so ist es, ja das ist richtig, ja das stimmt
    """),
    no=list_words("""
        nein, nee, nö, ne, nein danke, nee danke, nein nicht, lieber nicht, besser nicht, auf keinen fall,
        keinesfalls, bloß nicht, bitte nicht, niemals, nicht nötig, danke nein, nein lieber nicht, jetzt nicht, heute
        nicht, lass es, lass mal, lass das, nein lass mal, doch nicht
    """),
    agreeing=list_words("""
        das, so, ist, es, bitte, danke, dank, vielen, mir, machen, mach, wir, sie, gut, dann, sehr, aber, und, alles,
        ich, will, möchte, geht, hört, sich, an, schön, wunderbar, toll, ordnung, in, auf, jeden, fall, jetzt, die,
        der, den, bestellen, bestell, na, also
    """),
    common=list_words("""
        der, die, das, den, dem, des, ein, eine, einen, einem, einer, eines, ich, du, er, sie, es, wir, ihr, mich,
        dich, mir, dir, uns, euch, ihnen, ihn, ihm, mein, meine, meinen, meiner, meinem, dein, deine, deinen, unser,
        unsere, unserer, euer, und, oder, aber, doch, auch, noch, nur, schon, mal, bitte, danke, gern, gerne, in, im,
        ins, an, am, auf, aus, bei, beim, mit, nach, von, vom, vor, zu, zum, zur, für, um, über, unter, bis, durch,
        ohne, gegen, ist, sind, bin, bist, war, wäre, sein, wird, werden, hat, habe, haben, hätte, kann, könnte,
        können, soll, sollte, muss, möchte, möchten, will, wollen, würde, lass, lassen, mach, machen, gib, geben,
        nimm, nehmen, nehme, bring, bringen, bringt, liefere, liefern, liefert, schick, schicke, schicken, wohne,
        wohnen, wohnt, komm, kommen, geht, gehen, bestell, bestelle, bestellen, hier, da, dort, hin, her, heim, nicht,
        kein, keine, ja, nein, okay, ok, also, dann, jetzt, heute, so, wie, was, wer, wo, wann, warum, welche,
        welcher, welches, dieser, diese, dieses, man, sich, einfach, genau, adresse, lautet, hallo, lieber, etwas,
        alles, viel, mehr, sehr, gut
    """),
    leads=list_phrases("""
        was ist mit, wie wäre es mit, wie wärs mit, wie wär's mit, wie sieht es aus mit, wie ist es mit, wie sieht's
        aus mit, und für, wie siehts aus mit
    """),
)

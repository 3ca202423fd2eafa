"""Italian."""

from functions.nlu.words import Words, list_words, table

WORDS = Words(
    cues=table(
        negation="""
            non, senza, niente, nessun, nessuna, nessuno, mai, né, tranne, eccetto, salvo, a parte, tutto tranne,
            qualsiasi cosa tranne, tutto ma non, odio, non mi piace, non mi piacciono, non voglio, che non sia,
            stufo di, meno
        """,
        removal="togli, togliere, rimuovi, rimuovere, elimina, cancella, leva, annulla",
        replacement="""
            invece di, invece del, invece della, al posto di, al posto del, sostituisci, cambia, piuttosto che,
            anziché, scambia
        """,
        addition="""
            anche, inoltre, aggiungi, aggiungere, più, altro, altra, ancora, extra, e anche, in più
        """,
        restriction="solo, soltanto, solamente, unicamente, nient'altro che",
        correction="""
            intendevo, volevo dire, in realtà, anzi, piuttosto, correzione, meglio, ho detto, cambia in, facciamo,
            invece
        """,
        rejection="""
            sbagliato, sbagliata, errato, non è corretto, non è giusto, non va bene, un errore, errore, non è
            quello, non è ciò che
        """,
        hesitation="""
            aspetta, aspetti, un attimo, un momento, un secondo, momento, mmm, hmm, ehm, eh, come?, scusa?, davvero,
            sul serio, sicuro?, sei sicuro, fammi pensare, non so, non lo so, non sono sicuro, non sono sicura,
            forse, magari, non ancora, dopo, vediamo
        """,
        condition="se, solo se, a meno che, purché, ma, però, tuttavia, nel caso, finché",
        none="""
            perché no, non solo, nessun problema, non importa, no grazie, o no, se no, niente male, più o meno, non
            fa niente
        """,
    ),
    around={},
    ends=list_words("con, di, del, della, da, dal, per, in, a, al, alla, su, grazie"),
    closes=list_words("ma, però, bensì, piuttosto, solo, allora, perché, invece"),
    exchanges=list_words("con, per"),
    joins=list_words("e, ed, o, né"),
    articles=list_words("un, uno, una, due, tre, quattro, cinque, anche, altro, altra"),
    verbs=list_words("""
        metti, suona, riproduci, cerca, trova, mostra, mostrami, ordina, dammi, dimmi, porta, portami, manda,
        voglio, vorrei, mi, io, ho, annulla, aggiungi, togli, cambia, consiglia, consigliami, puoi, potresti, può,
        che, quale, chi, quando, dove, come, perché, ciao, grazie, fai, c'è
    """),
    asks=list_words("""
        che, cosa, quale, quali, chi, quando, dove, dov'è, come, com'è, perché, quanto, quanta, quanti, quante, c'è,
        ci
    """),
    auxiliaries=list_words("è, sono, puoi, può, potresti, hai, ha, avete, fa, farà, sarà"),
    subjects=list_words("io, tu, lui, lei, noi, voi, loro, il, la, lo, un, una, qualcuno, qualcosa"),
    polite=list_words("""
        puoi, potresti, può, potrebbe, mi puoi, mi dai, mi porti, vorrei, vorremmo, voglio, mi piacerebbe, posso,
        possiamo, perché non, ho bisogno
    """),
    fillers=list_words("""
        ok, va bene, e, allora, beh, ehi, ciao, per favore, eh, ah, sì, no, adesso, scusa, grazie, ma
    """),
    abbreviations=list_words("sig, sig.ra, dott, dr, via, p, n, ecc"),
    excludes=list_words("senza, tranne, eccetto"),
    times=list_words("""
        a.m, adesso, agosto, am, anni, anno, aprile, d'ora, dicembre, domani, domenica, dopodomani, febbraio,
        fine, gennaio, giorni, giorno, giovedi, giovedì, giugno, h, ieri, l'altro, luglio, lunedi, lunedì,
        maggio, martedi, martedì, marzo, mattina, mattino, mercoledi, mercoledì, mese, mesi, mezz'ora, mezza,
        mezzanotte, mezzogiorno, min, minuti, minuto, momento, notte, novembre, oggi, ora, ore, ottobre, p.m,
        pm, pomeriggio, quarto, sabato, sera, settembre, settimana, settimane, stamattina, stanotte, stasera,
        subito, un'ora, venerdi, venerdì, week-end, weekend
    """),
)

"""Italian."""

from functions.nlu.words import Words, list_phrases, list_words, read_cues

WORDS = Words(
    cues=read_cues(
        negation="""
            senza alcun, ad eccezione di, evita, evitare, detesto, non sopporto, allergico a, allergica a, zero,
            niente di, non metterci, non mettere, escluso, esclusa, non, senza, niente, nessun, nessuna, nessuno, mai,
            né, tranne, eccetto, salvo, a parte, tutto tranne, qualsiasi cosa tranne, tutto ma non, odio, non mi
            piace, non mi piacciono, non voglio, che non sia, stufo di, meno
        """,
        removal="""
            toglimi, togliamo, levami, via, elimini, tolga, togli, togliere, rimuovi, rimuovere, elimina, cancella,
            leva, annulla
        """,
        replacement="""
            invece di, invece del, invece della, al posto di, al posto del, sostituisci, cambia, piuttosto che,
            anziché, scambia
        """,
        addition="""
            e in più, aggiungici, mettici, mettici anche, con aggiunta di, in aggiunta, anche, inoltre, aggiungi,
            aggiungere, più, altro, altra, ancora, extra, e anche, in più
        """,
        restriction="solo, soltanto, solamente, unicamente, nient'altro che",
        correction="""
            facciamo invece, metti invece, cambialo, cambiala, modifica, ho sbagliato, mi sono sbagliato, mi sono
            sbagliata, scusa volevo, ho cambiato idea, preferisco, preferirei, al contrario, intendevo, volevo dire,
            in realtà, anzi, piuttosto, correzione, meglio, ho detto, cambia in, facciamo, invece
        """,
        rejection="""
            non è esatto, non esatto, non esattamente, non proprio, non del tutto, non è così, non è vero, falso, non
            è quello che, non è ciò che, non ho ordinato, non l'ho ordinato, non ho detto, non ho chiesto, non volevo,
            non è questo, c'è un errore, hai sbagliato, ha sbagliato, ti sbagli, si sbaglia, hai capito male, ha
            capito male, malinteso, così no, non corretto, non giusto, scorretto, sbagliato, sbagliata, errato, non è
            corretto, non è giusto, non va bene, un errore, errore, non è quello, non è ciò che
        """,
        hesitation="""
            aspetta un attimo, aspetta un momento, attendi, attenda, attimo, un attimino, un minuto, un istante,
            secondo me no, ferma, fermo, stop, piano, non così in fretta, fammi vedere, mi faccia pensare, ci penso,
            ci sto pensando, ci devo pensare, devo pensarci, sto pensando, lasciami pensare, non sono certo, non sono
            certa, incerto, incerta, indeciso, indecisa, non ne sono sicuro, non saprei, boh, mah, dipende, può darsi,
            può essere, probabilmente, possibilmente, immagino, credo, penso, credo di sì, più tardi, prima di, non
            subito, nessuna idea, non ne ho idea, che?, cosa?, eh?, prego?, in che senso, non capisco, non ho capito,
            davvero?, veramente, veramente?, è giusto?, giusto?, scusi?, uhm, mh, aspetta, aspetti, un attimo, un
            momento, un secondo, momento, mmm, hmm, ehm, eh, come?, scusa?, davvero, sul serio, sicuro?, sei sicuro,
            fammi pensare, non so, non lo so, non sono sicuro, non sono sicura, forse, magari, non ancora, dopo,
            vediamo
        """,
        condition="se, solo se, a meno che, purché, ma, però, tuttavia, nel caso, finché",
        disjunction="o, oppure",
        none="""
            ma certo, ma sì, ma si, ma certamente, ma ovvio, ma naturalmente, se possibile, se puoi, se può, se vuoi,
            se vuole, non ora, non adesso, non oggi, non serve, non più di, non meno di, non prima di, non dopo,
            niente altro, nient'altro, di niente, che altro, altre informazioni, più informazioni, meglio così, a più
            tardi, a dopo, meglio di no, non c'è problema, non è male, non vedo l'ora, niente di grave, perché no, non
            solo, nessun problema, non importa, no grazie, o no, se no, niente male, più o meno, non fa niente
        """,
    ),
    around={},
    ends=list_words("con, di, del, della, da, dal, per, in, a, al, alla, su, grazie"),
    closes=list_words("ma, però, bensì, piuttosto, solo, allora, perché, invece"),
    exchanges=list_words("con, per"),
    onto=list_words("su, sul, sulla, in, a"),
    joins=list_words("e, ed, o, né"),
    articles=list_words("un, uno, una, due, tre, quattro, cinque, anche, altro, altra"),
    verbs=list_words("""
        metti, suona, riproduci, cerca, trova, mostra, mostrami, ordina, dammi, dimmi, porta, portami, manda, voglio,
        vorrei, mi, io, ho, annulla, aggiungi, togli, cambia, consiglia, consigliami, puoi, potresti, può, che, quale,
        chi, quando, dove, come, perché, ciao, grazie, fai, c'è
    """),
    asks=list_words("""
        che, cosa, quale, quali, chi, quando, dove, dov'è, come, com'è, perché, quanto, quanta, quanti, quante, c'è,
        ci
    """),
    auxiliaries=list_words("è, sono, puoi, può, potresti, hai, ha, avete, fa, farà, sarà"),
    subjects=list_words("io, tu, lui, lei, noi, voi, loro, il, la, lo, un, una, qualcuno, qualcosa"),
    fillers=list_words("""
        ok, va bene, e, allora, beh, ehi, ciao, per favore, eh, ah, sì, no, adesso, scusa, grazie, ma
    """),
    abbreviations=list_words("sig, sig.ra, dott, dr, via, p, n, ecc"),
    excludes=list_words("senza, tranne, eccetto"),
    times=list_words("""
        a.m, adesso, agosto, am, anni, anno, aprile, d'ora, dicembre, domani, domenica, dopodomani, febbraio, fine,
        gennaio, giorni, giorno, giovedi, giovedì, giugno, h, ieri, l'altro, luglio, lunedi, lunedì, maggio, martedi,
        martedì, marzo, mattina, mattino, mercoledi, mercoledì, mese, mesi, mezz'ora, mezza, mezzanotte, mezzogiorno,
        min, minuti, minuto, momento, notte, novembre, oggi, ora, ore, ottobre, p.m, pm, pomeriggio, quarto, sabato,
        sera, settembre, settimana, settimane, stamattina, stanotte, stasera, subito, un'ora, venerdi, venerdì,
        week-end, weekend
    """),
    yes=list_words("""
        sì, si, sì grazie, si grazie, sì per favore, si per favore, sì certo, si certo, certo, certo che sì,
        certamente, ma certo, ovvio, ovviamente, naturalmente, va bene, va benissimo, sì va bene, si va bene,
        d'accordo, ok, okay, bene, perfetto, ottimo, esatto, esattamente, giusto, corretto, è corretto, è giusto,
        proprio così, è così, sicuro, sicuramente, assolutamente, assolutamente sì, volentieri, con piacere, procedi,
        proceda, sì procedi, si procedi, fallo, lo faccia, fai pure, faccia pure, confermo, confermato, affare fatto,
        mi va bene, sì esatto, si esatto, magari sì
    """),
    no=list_words("""
        no, no grazie, nah, per niente, assolutamente no, per carità, meglio di no, meglio no, non ora, non adesso,
        non oggi, non serve, mai, lascia stare, lasci stare, lascia perdere, no lascia stare, non farlo, non lo fare,
        direi di no
    """),
    agreeing=list_words("""
        per, favore, grazie, mille, piacere, è, così, tutto, bene, mi, va, lo, la, molto, e, allora, pure, puoi, può,
        farlo, ordina, ordinare, quello, questo, benissimo, dai
    """),
    common=list_words("""
        il, lo, la, i, gli, le, l, un, uno, una, io, tu, lui, lei, noi, voi, loro, mi, ti, si, ci, vi, me, te, ne,
        mio, mia, miei, mie, tuo, tua, suo, sua, nostro, nostra, e, ed, o, ma, anche, solo, già, per, favore, piacere,
        grazie, in, a, al, alla, allo, ai, alle, di, del, della, dello, dei, da, dal, dalla, con, senza, su, sul,
        sulla, fino, tra, fra, è, sono, sei, siamo, essere, era, sia, c'è, ho, ha, hai, abbiamo, avere, puoi, può,
        potresti, potrebbe, posso, voglio, vorrei, vorremmo, vuoi, dammi, metti, mettimi, porta, portami, portalo,
        consegna, consegnalo, consegnate, manda, mandalo, mandami, abito, abitiamo, vivo, ordina, ordinare, fai, fare,
        va, vado, qui, qua, lì, là, non, no, sì, si, bene, ok, allora, quindi, adesso, ora, oggi, così, come, cosa,
        che, chi, dove, quando, quale, questo, questa, quello, quella, indirizzo, l'indirizzo, casa, ciao, più, molto,
        tutto, qualcosa, meglio
    """),
    leads=list_phrases("""
        che ne dici di, che ne dite di, che mi dici di, e per, e per quanto riguarda, e riguardo a
    """),
)

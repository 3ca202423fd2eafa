"""Spanish."""

from functions.nlu.words import Words, list_phrases, list_words, read_cues

WORDS = Words(
    cues=read_cues(
        negation="""
            tampoco quiero, sin nada de, cero, evita, evitar, detesto, no soporto, alérgico a, alérgica a, nada, con
            excepción de, a excepción de, no me pongas, no pongas, no le pongas, que no tenga, que no lleve, quitando,
            no, sin, nada de, nada con, nunca, jamás, ningún, ninguna, ninguno, ni, tampoco, excepto, menos, salvo,
            todo menos, todo excepto, cualquier cosa menos, odio, no me gusta, no me gustan, no quiero, harto de, que
            no sea, que no sean, aparte de
        """,
        removal="""
            sin el, sin la, sin los, quítame, quitale, sácale, retira, retirar, elimíname, fuera, quita, quitar,
            quítale, elimina, eliminar, borra, saca, sacar, cancela, anula
        """,
        replacement="en vez de, en lugar de, cambia, cambiar, sustituye, reemplaza, antes que",
        addition="""
            y además, ponle, ponle también, súmale, suma, agrégale, añádele, con extra, aparte, incluye también,
            también, además, añade, añadir, agrega, agregar, más, otro, otra, extra, y también, incluye
        """,
        restriction="solo, sólo, solamente, únicamente, nada más que, tan solo",
        correction="""
            mejor que sea, que sea mejor, en cambio, cambia eso, cámbialo, cámbiala, cámbiame, me equivoqué, me he
            equivocado, perdón quise, he cambiado de idea, cambié de idea, prefiero, preferiría, quise decir, quería
            decir, mejor, en realidad, más bien, corrección, perdón quería, digo, mejor dicho, que sea, que sean
        """,
        rejection="""
            eso no es lo que, no es lo que pedí, no he pedido, no pedí, no pedí eso, yo no pedí, no dije, no dije eso,
            no quería, no quise, no es así, no es cierto, no es verdad, falso, equivocada, te equivocas, se equivoca,
            hay un error, te has equivocado, me has entendido mal, está equivocado, no está correcto, no es exacto, no
            del todo, no exactamente, no es correcta, mal entendido, malentendido, no era eso, eso no, así no, mal,
            incorrecto, equivocado, está mal, no es correcto, no es eso, no es lo que, un error, error, no está bien
        """,
        hesitation="""
            espérate, esperate, espera un momento, espera un segundo, momentito, un momentito, un segundito, un
            minuto, un instante, para, para un momento, alto, despacio, no tan rápido, déjame ver, deja que piense, lo
            estoy pensando, me lo estoy pensando, tengo que pensarlo, lo pienso, pensando, dudo, no estoy seguro del
            todo, no lo tengo claro, no sé todavía, todavía no sé, depende, puede que, puede ser, a lo mejor, acaso,
            probablemente, posiblemente, supongo, creo que sí, creo, luego te digo, más tarde, antes de eso, qué?, qué
            dices, no entiendo, no te entiendo, en serio?, de verdad?, de veras, es correcto?, está bien?, ni idea, no
            tengo ni idea, indeciso, indecisa, mm, pues no sé, espera, espere, un momento, un segundo, momento, mmm,
            hmm, eh, ehm, cómo?, perdón?, de verdad, en serio, seguro?, estás seguro, déjame pensar, no sé, no lo sé,
            no estoy seguro, no estoy segura, quizás, quizá, tal vez, todavía no, aún no, luego, a ver
        """,
        condition="""
            si, solo si, siempre que, a menos que, pero, aunque, sin embargo, con tal de que, en caso de que
        """,
        disjunction="o, u, o bien",
        none="""
            por supuesto que no, no más, si es posible, si puede ser, si puedes, si se puede, como no, cómo no, no
            está mal, ni hablar, ahora no, hoy no, mejor no, no más de, no menos de, no antes de, no después de, no te
            preocupes, de nada, qué más, algo más, más información, qué tal, hasta luego, desde luego, mejor
            imposible, a ver si, no hace falta, por qué no, no solo, no sólo, no hay problema, no pasa nada, no
            importa, no gracias, o no, si no, nada mal, no me importa, más o menos
        """,
    ),
    around={},
    ends=list_words("con, de, del, por, para, en, a, al, desde, hasta, favor, gracias"),
    closes=list_words("pero, sino, mejor, solo, entonces, porque, aunque"),
    exchanges=list_words("por, con, a"),
    onto=list_words("sobre, en, a"),
    joins=list_words("y, e, o, u, ni"),
    articles=list_words("un, una, unos, unas, dos, tres, cuatro, cinco, también, otro, otra"),
    verbs=list_words("""
        pon, ponme, reproduce, toca, busca, búscame, encuentra, muestra, muéstrame, pide, pídeme, dame, dime, trae,
        tráeme, envía, quiero, quisiera, me, yo, necesito, cancela, añade, quita, cambia, recomienda, recomiéndame,
        puedes, podrías, puede, qué, cuál, quién, cuándo, dónde, cómo, hay, hola, gracias, adiós, haz, ver, escuchar
    """),
    asks=list_words("""
        qué, que, cuál, cuáles, quién, quiénes, cuándo, dónde, cómo, cuánto, cuánta, cuántos, cuántas, por qué,
        adónde, hay
    """),
    auxiliaries=list_words("es, está, están, puede, puedes, podría, tiene, tienes, tienen, va, hace, hará, será"),
    subjects=list_words("""
        yo, tú, usted, él, ella, ustedes, nosotros, el, la, los, las, un, una, alguien, algo, alguna, algún
    """),
    fillers=list_words("""
        ok, vale, y, pues, bueno, oye, hola, por favor, eh, ah, sí, no, entonces, ahora, perdón, gracias, pero
    """),
    abbreviations=list_words("sr, sra, dr, dra, av, c, nº, núm, etc, ud"),
    excludes=list_words("sin, excepto, salvo"),
    times=list_words("""
        a.m, abr, abril, actualmente, ago, agosto, ahora, am, anoche, anteayer, ayer, año, años, cuarto, dia, dias,
        dic, diciembre, dom, domingo, día, días, ene, enero, enseguida, feb, febrero, fin, finde, h, hora, horas, hoy,
        jue, jueves, jul, julio, jun, junio, lun, lunes, madrugada, mar, martes, marzo, mayo, mañana, media,
        medianoche, mediodia, mediodía, mes, meses, miercoles, min, minuto, minutos, mismo, mié, miércoles, momento,
        noche, nov, noviembre, oct, octubre, p.m, pm, sabado, semana, semanas, sep, septiembre, setiembre, sáb,
        sábado, tarde, vie, viernes, ya
    """),
    yes=list_words("""
        sí, si, sip, sí por favor, si por favor, sí gracias, si gracias, sí claro, si claro, claro, claro que sí,
        claro que si, por supuesto, desde luego, vale, vale sí, vale gracias, de acuerdo, está bien, esta bien, ok,
        okey, okay, bueno, bien, muy bien, perfecto, genial, exacto, exactamente, eso es, así es, asi es, correcto, es
        correcto, cierto, seguro, sin duda, adelante, sí adelante, si adelante, hazlo, hágalo, dale, venga, listo,
        confirmo, confirmado, me parece bien, conforme, estupendo, sí exacto, si exacto, sí eso es, sí es correcto, si
        es correcto, sí está bien
    """),
    no=list_words("""
        no, no gracias, nop, para nada, en absoluto, de ninguna manera, mejor no, ahora no, hoy no, no hace falta, no
        quiero, no lo hagas, no por favor, nunca, déjalo, no déjalo, qué va
    """),
    agreeing=list_words("""
        por, favor, gracias, muchas, eso, es, está, todo, bien, así, muy, y, me, parece, lo, la, pues, entonces, ya,
        quiero, claro, que, puedes, hacerlo, pedir, pídelo, pedirlo
    """),
    common=list_words("""
        el, la, los, las, lo, un, una, unos, unas, yo, tú, tu, usted, él, ella, nosotros, ellos, me, te, se, nos, le,
        les, mi, mis, su, sus, nuestro, nuestra, y, e, o, u, pero, también, solo, sólo, ya, por, favor, gracias, en,
        a, al, de, del, con, para, sin, sobre, hasta, desde, entre, es, son, está, están, estoy, ser, estar, era, sea,
        hay, he, ha, tengo, tiene, tienes, puede, puedes, podría, podrías, quiero, quisiera, querría, gustaría,
        quieres, dame, pon, ponme, trae, tráeme, traiga, manda, mándalo, mándamelo, envía, envíalo, envíamelo,
        entrega, entrégalo, lleva, llévalo, vivo, vive, pide, pedir, haz, hacer, ir, va, vamos, aquí, ahí, allí, no,
        sí, si, vale, bueno, bien, ok, pues, entonces, ahora, hoy, así, como, cómo, qué, que, quién, dónde, cuándo,
        cuál, este, esta, esto, ese, esa, eso, dirección, domicilio, casa, hola, más, muy, algo, todo, mejor
    """),
    leads=list_phrases("""
        qué tal, que tal, qué hay de, que hay de, qué pasa con, que pasa con, y para, y si fuera
    """),
)

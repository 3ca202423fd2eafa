"""Spanish."""

from functions.nlu.words import Words, list_words, table

WORDS = Words(
    cues=table(
        negation="""
            no, sin, nada de, nada con, nunca, jamás, ningún, ninguna, ninguno, ni, tampoco, excepto, menos, salvo,
            todo menos, todo excepto, cualquier cosa menos, odio, no me gusta, no me gustan, no quiero, harto de,
            que no sea, que no sean, aparte de
        """,
        removal="quita, quitar, quítale, elimina, eliminar, borra, saca, sacar, cancela, anula",
        replacement="en vez de, en lugar de, cambia, cambiar, sustituye, reemplaza, antes que",
        addition="""
            también, además, añade, añadir, agrega, agregar, más, otro, otra, extra, y también, incluye
        """,
        restriction="solo, sólo, solamente, únicamente, nada más que, tan solo",
        correction="""
            quise decir, quería decir, mejor, en realidad, más bien, corrección, perdón quería, digo, mejor dicho,
            que sea, que sean
        """,
        rejection="""
            mal, incorrecto, equivocado, está mal, no es correcto, no es eso, no es lo que, un error, error, no está
            bien
        """,
        hesitation="""
            espera, espere, un momento, un segundo, momento, mmm, hmm, eh, ehm, cómo?, perdón?, de verdad, en serio,
            seguro?, estás seguro, déjame pensar, no sé, no lo sé, no estoy seguro, no estoy segura, quizás, quizá,
            tal vez, todavía no, aún no, luego, a ver
        """,
        condition="""
            si, solo si, siempre que, a menos que, pero, aunque, sin embargo, con tal de que, en caso de que
        """,
        none="""
            por qué no, no solo, no sólo, no hay problema, no pasa nada, no importa, no gracias, o no, si no, nada
            mal, no me importa, más o menos
        """,
    ),
    around={},
    ends=list_words("con, de, del, por, para, en, a, al, desde, hasta, favor, gracias"),
    closes=list_words("pero, sino, mejor, solo, entonces, porque, aunque"),
    exchanges=list_words("por, con, a"),
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
    polite=list_words("""
        puedes, podrías, puede, podría, me puedes, me podrías, me pones, me das, quiero, quisiera, querría, me
        gustaría, nos gustaría, necesito, puedo, podemos, por qué no
    """),
    fillers=list_words("""
        ok, vale, y, pues, bueno, oye, hola, por favor, eh, ah, sí, no, entonces, ahora, perdón, gracias, pero
    """),
    abbreviations=list_words("sr, sra, dr, dra, av, c, nº, núm, etc, ud"),
    excludes=list_words("sin, excepto, salvo"),
    times=list_words("""
        a.m, abr, abril, actualmente, ago, agosto, ahora, am, anoche, anteayer, ayer, año, años, cuarto, dia,
        dias, dic, diciembre, dom, domingo, día, días, ene, enero, enseguida, feb, febrero, fin, finde, h, hora,
        horas, hoy, jue, jueves, jul, julio, jun, junio, lun, lunes, madrugada, mar, martes, marzo, mayo,
        mañana, media, medianoche, mediodia, mediodía, mes, meses, miercoles, min, minuto, minutos, mismo, mié,
        miércoles, momento, noche, nov, noviembre, oct, octubre, p.m, pm, sabado, semana, semanas, sep,
        septiembre, setiembre, sáb, sábado, tarde, vie, viernes, ya
    """),
)

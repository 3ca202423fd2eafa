"""French."""

from functions.nlu.words import Words, list_words, table

WORDS = Words(
    cues=table(
        negation="""
            pas, pas de, pas d', sans, jamais, rien de, rien avec, aucun, aucune, ni, sauf, excepté, hormis, à part,
            tout sauf, n'importe quoi sauf, plus de, je déteste, je n'aime pas, je ne veux pas, je ne veux pas de,
            marre de, surtout pas, moins
        """,
        removal="""
            enlève, enlever, enlevez, retire, retirer, retirez, supprime, supprimer, ôte, annule, annulez
        """,
        replacement="""
            au lieu de, au lieu du, à la place de, à la place du, remplace, remplacer, remplacez, plutôt que,
            échange
        """,
        addition="""
            aussi, également, en plus, ajoute, ajouter, ajoutez, encore, un autre, une autre, supplément, et aussi,
            plus encore
        """,
        restriction="seulement, uniquement, juste, rien que, exclusivement",
        correction="""
            je voulais dire, je veux dire, en fait, plutôt, correction, change, changez, mets plutôt, je disais,
            finalement, j'ai dit
        """,
        rejection="""
            faux, incorrect, pas correct, c'est faux, erreur, une erreur, ce n'est pas ça, c'est pas ça, pas ce que,
            mauvais, mauvaise, pas bon
        """,
        hesitation="""
            attends, attendez, un instant, un moment, une seconde, une minute, euh, heu, hmm, hm, hein, pardon?,
            quoi?, comment?, vraiment, sérieux, sûr?, tu es sûr, vous êtes sûr, laisse-moi réfléchir, je réfléchis,
            je ne sais pas, je sais pas, pas sûr, peut-être, pas encore, plus tard, voyons
        """,
        condition="""
            si, seulement si, à condition que, pourvu que, sauf si, mais, cependant, à moins que, tant que, quoique
        """,
        none="""
            pourquoi pas, pas seulement, pas de problème, pas de souci, pas mal, ou pas, non merci, si non, plus ou
            moins, pas grave, pas du tout
        """,
    ),
    around={},
    ends=list_words("avec, de, du, des, pour, à, au, aux, en, dans, par, chez, depuis, svp, stp, merci"),
    closes=list_words("mais, plutôt, seulement, juste, alors, parce, car, sinon"),
    exchanges=list_words("par, avec, contre, pour"),
    joins=list_words("et, ou, ni"),
    articles=list_words("un, une, deux, trois, quatre, cinq, aussi, encore, du"),
    verbs=list_words("""
        joue, jouez, mets, mettez, cherche, cherchez, trouve, trouvez, montre, montrez, commande, commandez, donne,
        donnez, dis, dites, apporte, envoie, annule, ajoute, enlève, change, recommande, je, j'aimerais, j'ai, nous,
        peux-tu, pouvez-vous, est-ce, qu'est-ce, quel, quelle, qui, quand, où, comment, pourquoi, bonjour, salut,
        merci, fais, faites, il, y
    """),
    asks=list_words("""
        que, quel, quelle, quels, quelles, qui, quand, où, comment, pourquoi, combien, est-ce, qu'est-ce, quoi,
        lequel, laquelle, peux-tu, pouvez-vous, as-tu, avez-vous, y
    """),
    auxiliaries=list_words("est, sont, a, as, avez, peut, peux, pouvez, fait, va"),
    subjects=list_words("je, tu, il, elle, on, nous, vous, ils, elles, ce, le, la, les, un, une, ça, quelqu'un"),
    polite=list_words("""
        peux-tu, pouvez-vous, pourrais-tu, pourriez-vous, tu peux, vous pouvez, est-ce que je peux, je voudrais,
        j'aimerais, je veux, je souhaite, nous voudrions, on voudrait, puis-je, pourquoi pas, j'ai besoin
    """),
    fillers=list_words("""
        ok, d'accord, et, alors, bon, ben, hé, salut, bonjour, svp, euh, ah, oh, oui, non, maintenant, pardon,
        merci, mais
    """),
    abbreviations=list_words("m, mme, mlle, dr, st, ste, av, bd, n°, etc, p"),
    excludes=list_words("sans, sauf, excepté, hormis"),
    times=list_words("""
        a.m, actuellement, am, année, années, ans, aout, août, après-demain, après-midi, aujourd'hui,
        avant-hier, avril, d'heure, decembre, demain, demi-heure, demie, dimanche, décembre, fevrier, février,
        h, heure, heures, hier, janvier, jeudi, jour, jours, juillet, juin, lundi, mai, maintenant, mardi, mars,
        matin, mercredi, midi, min, minuit, minute, minutes, mois, moment, novembre, nuit, octobre, p.m, pm,
        quart, samedi, semaine, semaines, septembre, soir, suite, tout, vendredi, week-end, weekend
    """),
)

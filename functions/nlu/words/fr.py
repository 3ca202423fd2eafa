"""French."""

from functions.nlu.words import Words, list_phrases, list_words, read_cues

WORDS = Words(
    cues=read_cues(
        negation="""
            sans aucun, hors, à l'exception de, à l'exception du, évite, évitez, je supporte pas, je ne supporte pas,
            allergique à, allergique aux, j'aime pas, je veux pas, je veux pas de, j'veux pas, pas trop de, zéro, qui
            ne soit pas, qui ne sont pas, pas, pas de, pas d', sans, jamais, rien de, rien avec, aucun, aucune, ni,
            sauf, excepté, hormis, à part, tout sauf, n'importe quoi sauf, plus de, je déteste, je n'aime pas, je ne
            veux pas, je ne veux pas de, marre de, surtout pas, moins
        """,
        removal="""
            enlève, enlever, enlevez, retire, retirer, retirez, supprime, supprimer, ôte, annule, annulez
        """,
        replacement="""
            au lieu de, au lieu du, à la place de, à la place du, remplace, remplacer, remplacez, plutôt que, échange
        """,
        addition="""
            et avec, avec en plus, avec aussi, rajoute, rajoutez, mets aussi, mettez aussi, en supplément, de plus,
            aussi, également, en plus, ajoute, ajouter, ajoutez, encore, un autre, une autre, supplément, et aussi,
            plus encore
        """,
        restriction="seulement, uniquement, juste, rien que, exclusivement",
        correction="""
            non plutôt, disons plutôt, mettez plutôt, change ça, changez ça, modifie, modifiez, à la place, je me suis
            trompé, je me suis trompée, pardon je voulais, j'ai changé d'avis, je préfère, je préférerais, je
            préfèrerais, en fin de compte, je voulais dire, je veux dire, en fait, plutôt, correction, change,
            changez, mets plutôt, je disais, finalement, j'ai dit
        """,
        rejection="""
            c'est pas bon, ce n'est pas bon, ce n'est pas correct, c'est pas correct, pas exact, ce n'est pas exact,
            inexact, pas exactement, pas tout à fait, pas vraiment ça, pas ce que j'ai, ce n'est pas ce que, c'est pas
            ce que, je n'ai pas commandé, j'ai pas commandé, je n'ai pas dit, j'ai pas dit, je n'ai pas demandé, j'ai
            pas demandé, je ne voulais pas, je voulais pas, pas ça, vous vous trompez, tu te trompes, il y a une
            erreur, c'est une erreur, mal compris, malentendu, pas juste, fausse, incorrecte, erroné, faux, incorrect,
            pas correct, c'est faux, erreur, une erreur, ce n'est pas ça, c'est pas ça, pas ce que, mauvais, mauvaise,
            pas bon
        """,
        hesitation="""
            attendre, attends un peu, attends une seconde, minute, une petite minute, deux secondes, une sec, un petit
            moment, stop, arrête, arrêtez, doucement, pas si vite, laissez-moi réfléchir, laisse-moi voir, laissez-moi
            voir, je dois réfléchir, il faut que je réfléchisse, j'hésite, j'y réfléchis, je réfléchis encore, je suis
            pas sûr, je suis pas sûre, je ne suis pas sûr, je ne suis pas sûre, pas sûre, pas certain, pas certaine,
            pas tout de suite, ça dépend, c'est possible, possible, possiblement, probablement, sans doute, je crois,
            je pense, je suppose, faut voir, à voir, on verra, avant ça, avant cela, aucune idée, j'en sais rien, je
            n'en sais rien, chais pas, bof, mouais, indécis, indécise, ah bon, c'est vrai?, vraiment?, c'est ça?, tu
            crois, vous croyez, hein?, je ne comprends pas, je comprends pas, comment ça, pardon, mmh, mmm, attends,
            attendez, un instant, un moment, une seconde, une minute, euh, heu, hmm, hm, hein, pardon?, quoi?,
            comment?, vraiment, sérieux, sûr?, tu es sûr, vous êtes sûr, laisse-moi réfléchir, je réfléchis, je ne
            sais pas, je sais pas, pas sûr, peut-être, pas encore, plus tard, voyons
        """,
        condition="""
            si, seulement si, à condition que, pourvu que, sauf si, mais, cependant, à moins que, tant que, quoique
        """,
        disjunction="ou, ou bien",
        none="""
            mais oui, mais bien sûr, mais certainement, s'il vous plaît, pas besoin, pas la peine, pas maintenant, pas
            aujourd'hui, pas plus de, pas moins de, pas avant, pas après, si possible, si vous voulez, si tu veux, si
            vous pouvez, si tu peux, rien d'autre, quoi d'autre, plus d'infos, plus d'informations, plus tard que, pas
            trop mal, à plus tard, à plus, de rien, pas question, pas vrai, n'est-ce pas, moi non plus, en plus de ça,
            pourquoi pas, pas seulement, pas de problème, pas de souci, pas mal, ou pas, non merci, si non, plus ou
            moins, pas grave, pas du tout
        """,
    ),
    around={},
    ends=list_words("avec, de, du, des, pour, à, au, aux, en, dans, par, chez, depuis, svp, stp, merci"),
    closes=list_words("mais, plutôt, seulement, juste, alors, parce, car, sinon"),
    exchanges=list_words("par, avec, contre, pour"),
    onto=list_words("sur, à, dans, en"),
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
    fillers=list_words("""
        ok, d'accord, et, alors, bon, ben, hé, salut, bonjour, svp, euh, ah, oh, oui, non, maintenant, pardon, merci,
        mais
    """),
    abbreviations=list_words("m, mme, mlle, dr, st, ste, av, bd, n°, etc, p"),
    excludes=list_words("sans, sauf, excepté, hormis"),
    times=list_words("""
        a.m, actuellement, am, année, années, ans, aout, août, après-demain, après-midi, aujourd'hui, avant-hier,
        avril, d'heure, decembre, demain, demi-heure, demie, dimanche, décembre, fevrier, février, h, heure, heures,
        hier, janvier, jeudi, jour, jours, juillet, juin, lundi, mai, maintenant, mardi, mars, matin, mercredi, midi,
        min, minuit, minute, minutes, mois, moment, novembre, nuit, octobre, p.m, pm, quart, samedi, semaine,
        semaines, septembre, soir, suite, tout, vendredi, week-end, weekend
    """),
    yes=list_words("""
        oui, ouais, ouaip, oui merci, oui s'il vous plaît, oui s'il te plaît, oui svp, oui stp, oui bien sûr, oui
        volontiers, oui d'accord, oui c'est ça, oui exactement, bien sûr, bien entendu, évidemment, d'accord, d'acc,
        ok, okay, ça marche, ça me va, ça roule, entendu, parfait, très bien, c'est bon, c'est ça, c'est exact, c'est
        correct, exact, exactement, tout à fait, absolument, certainement, volontiers, avec plaisir, vas-y, allez-y,
        oui vas-y, oui allez-y, faites, fais-le, faites-le, je confirme, confirmé, je veux bien, pourquoi pas, si,
        mais oui, nickel, impeccable
    """),
    no=list_words("""
        non, nan, non merci, pas question, surtout pas, pas du tout, absolument pas, plutôt pas, pas maintenant, pas
        aujourd'hui, ce n'est pas la peine, pas la peine, jamais, non non, laisse tomber, laissez tomber, non laisse,
        mieux vaut pas
    """),
    agreeing=list_words("""
        s'il, vous, te, plaît, plait, svp, stp, merci, beaucoup, c'est, ça, cela, bon, bien, très, me, va, tout, je,
        et, alors, veux, le, la, est, tu, peux, pouvez, y, oui, donc, commander, commandez
    """),
    common=list_words("""
        le, la, les, l, un, une, des, du, de, d, je, j, tu, il, elle, on, nous, vous, ils, elles, me, m, te, t, se, s,
        lui, leur, moi, toi, mon, ma, mes, ton, ta, tes, son, sa, ses, notre, nos, votre, vos, et, ou, mais, aussi,
        juste, seulement, déjà, s'il, plaît, plait, svp, stp, merci, en, à, au, aux, avec, pour, sans, sur, sous,
        chez, dans, par, jusqu'à, depuis, est, sont, suis, es, être, était, soit, a, ai, as, ont, avez, avoir, c'est,
        il, y, peux, peut, pouvez, pourrais, pourriez, veux, veut, voudrais, j'aimerais, aimerais, donne, donnez,
        mets, mettez, apporte, apportez, livre, livrez, livrer, envoie, envoyez, habite, j'habite, habitons, commande,
        commander, commandez, fais, faire, faites, va, allez, vais, ici, là, là-bas, ne, n, pas, oui, non, d'accord,
        ok, bon, bien, alors, donc, maintenant, aujourd'hui, comme, comment, quoi, que, qui, où, quand, quel, quelle,
        ce, cette, ces, cet, ça, cela, adresse, l'adresse, maison, bonjour, plus, très, tout, quelque, chose, plutôt
    """),
    leads=list_phrases("""
        et pour, qu'en est-il de, et si c'était, et concernant, pourquoi pas, que dirais-tu de, que diriez-vous de
    """),
)

"""Portuguese."""

from functions.nlu.words import Words, list_phrases, list_words, read_cues

WORDS = Words(
    cues=read_cues(
        negation="""
            à exceção de, com exceção de, evita, evite, detesto, não suporto, alérgico a, alérgica a, zero, não
            ponhas, não ponha, não coloque, que não tenha, sem nada de, não, nao, sem, nada de, nada com, nunca,
            jamais, nenhum, nenhuma, nem, exceto, menos, salvo, fora, tudo menos, tudo exceto, qualquer coisa menos,
            odeio, não gosto de, não quero, farto de, que não seja, que não sejam
        """,
        removal="""
            tira-me, tira o, tira a, deixa de fora, elimina, anula, tira, tire, tirar, retira, retire, remove, remova,
            remover, apaga, cancela, cancele
        """,
        replacement="""
            em vez de, ao invés de, no lugar de, em lugar de, troca, troque, substitui, substitua, do que
        """,
        addition="""
            e mais, põe também, coloca também, junta, junte, com extra, também, além disso, adiciona, adicione,
            acrescenta, acrescente, mais, outro, outra, extra, e também, inclui
        """,
        restriction="só, somente, apenas, unicamente, nada além de",
        correction="""
            muda isso, mude isso, altera, altere, alterar, enganei-me, me enganei, desculpa queria, mudei de ideia,
            mudei de ideias, prefiro, preferia, preferiria, antes quero, afinal, ao invés, eu quis dizer, quis dizer,
            quero dizer, na verdade, aliás, melhor, correção, muda para, eu disse, em vez disso
        """,
        rejection="""
            isso não, assim não, não é bem isso, não é bem assim, não exatamente, não é exato, não é correto, não está
            correto, não é verdade, falso, não pedi, não foi isso, não foi o que, não disse, não encomendei, não
            queria, há um erro, tem um erro, enganou-se, enganaste-te, percebeu mal, percebeste mal, entendeu errado,
            entendeu mal, mal-entendido, equivocado, incorreta, errado, errada, incorreto, está errado, não está
            certo, não é isso, não é o que, um erro, erro, não está bem
        """,
        hesitation="""
            espera aí, espera um pouco, espera um momento, aguarda, aguarde, peraí, pera, calma, um momentinho, um
            minuto, um minutinho, um segundinho, um bocadinho, só um momento, só um segundo, só um instante, para,
            pare, alto, devagar, não tão depressa, deixa-me pensar, deixa ver, deixa-me ver, deixa eu ver, estou a
            pensar, estou pensando, preciso pensar, tenho de pensar, vou pensar, não tenho a certeza, não estou certo,
            não estou certa, indeciso, indecisa, sei lá, não faço ideia, não sei ainda, ainda não sei, depende, pode
            ser que, se calhar, quem sabe, provavelmente, possivelmente, acho, acho que sim, suponho, creio, mais
            tarde, antes disso, o quê?, quê?, hã, hein, não percebi, não entendi, não compreendo, como assim, é
            verdade?, a sério?, sério?, é isso?, está certo?, hmmm, espera, espere, um momento, um segundo, um
            instante, momento, hmm, hum, eh, ahn, como?, desculpa?, sério, a sério, mesmo?, tem certeza, deixa eu
            pensar, deixe-me pensar, não sei, não tenho certeza, talvez, ainda não, depois, vamos ver
        """,
        condition="""
            se, só se, desde que, a menos que, mas, porém, contanto que, no entanto, caso, embora
        """,
        disjunction="ou",
        none="""
            se possível, se puder, se puderes, se quiser, se quiseres, se faz favor, mas claro, mas é claro, não mais
            de, não menos de, não antes de, não depois de, agora não, hoje não, nada mais, mais nada, mais
            informações, mais informação, mais alguma coisa, que mais, o que mais, de nada, até depois, depois de
            amanhã, não é preciso, não precisa, não há problema, não tem problema, melhor não, por que não, porque
            não, não só, sem problema, não importa, não obrigado, não obrigada, ou não, se não, nada mal, mais ou
            menos, não faz mal
        """,
    ),
    around={},
    ends=list_words("com, de, do, da, por, para, em, no, na, a, ao, até, favor, obrigado, obrigada"),
    closes=list_words("mas, senão, melhor, só, então, porque"),
    exchanges=list_words("por, com, para"),
    onto=list_words("sobre, em, no, na, a"),
    joins=list_words("e, ou, nem"),
    articles=list_words("um, uma, uns, dois, duas, três, quatro, cinco, também, outro, outra"),
    verbs=list_words("""
        toca, toque, põe, coloca, coloque, procura, procure, busca, busque, encontra, mostra, mostre, pede, peça, dá,
        diz, traz, traga, envia, quero, queria, gostaria, eu, preciso, cancela, adiciona, tira, muda, recomenda,
        recomende, podes, pode, poderia, que, qual, quem, quando, onde, como, olá, oi, obrigado, faz, me
    """),
    asks=list_words("""
        que, o, qual, quais, quem, quando, onde, como, quanto, quanta, quantos, quantas, por que, há, tem
    """),
    auxiliaries=list_words("é, está, estão, pode, podes, poderia, tem, têm, vai, faz, fará, será"),
    subjects=list_words("eu, tu, você, ele, ela, nós, vocês, o, a, os, as, um, uma, alguém, algo, algum, alguma"),
    fillers=list_words("""
        ok, tá, e, então, bem, ei, olá, oi, por favor, ah, sim, não, agora, desculpe, obrigado, mas
    """),
    abbreviations=list_words("sr, sra, dr, dra, av, r, nº, etc"),
    excludes=list_words("sem, exceto, salvo"),
    times=list_words("""
        a.m, abril, agora, agosto, am, amanha, amanhã, ano, anos, anteontem, depois, dezembro, dia, dias, domingo,
        fevereiro, fim, fim-de-semana, h, hoje, hora, horas, janeiro, julho, junho, já, madrugada, maio, manhã, marco,
        março, meia, meia-noite, meio-dia, mes, meses, mesmo, min, minuto, minutos, momento, mês, noite, novembro,
        ontem, outubro, p.m, pm, quarta, quarta-feira, quarto, quinta, quinta-feira, sabado, segunda, segunda-feira,
        semana, semanas, setembro, sexta, sexta-feira, sábado, tarde, terca, terça, terça-feira
    """),
    yes=list_words("""
        sim, sim por favor, sim obrigado, sim obrigada, sim claro, claro, claro que sim, com certeza, certo, certinho,
        certamente, evidentemente, está bem, tá bem, tá bom, está bom, tá certo, está certo, ok, okay, tudo bem, bem,
        muito bem, perfeito, ótimo, exato, exatamente, isso, isso mesmo, é isso, é isso mesmo, correto, está correto,
        combinado, de acordo, concordo, pode ser, podes, pode, pode pedir, podes pedir, avança, avance, vá, vai em
        frente, siga, força, faz, faça, confirmo, confirmado, com prazer, beleza, sim pode ser, sim isso mesmo, sim
        está certo, aham, fechado, sem dúvida
    """),
    no=list_words("""
        não, nao, não obrigado, não obrigada, nao obrigado, nao obrigada, nem pensar, de jeito nenhum, de modo nenhum,
        de forma alguma, melhor não, é melhor não, agora não, hoje não, não precisa, não é preciso, nunca, deixa,
        deixa estar, deixa para lá, não faças, não faça, acho que não
    """),
    agreeing=list_words("""
        por, favor, obrigado, obrigada, muito, é, está, tudo, bem, isso, assim, e, então, me, parece, o, a, pode,
        podes, fazer, pedir, lo, já, quero, mesmo, que, gosto
    """),
    common=list_words("""
        o, a, os, as, um, uma, uns, umas, eu, tu, você, vocês, ele, ela, nós, eles, elas, me, te, se, nos, lhe, lhes,
        mim, meu, minha, meus, minhas, teu, tua, seu, sua, nosso, nossa, e, ou, mas, também, só, já, por, favor,
        obrigado, obrigada, em, no, na, nos, nas, ao, aos, à, às, de, do, da, dos, das, com, para, pra, sem, sobre,
        até, desde, entre, é, são, sou, está, estão, estou, ser, estar, era, seja, há, tem, tenho, tens, ter, pode,
        podes, poderia, posso, quero, queria, gostaria, quer, queres, dá, dá-me, põe, coloca, coloque, traz, traga,
        traz-me, entrega, entregue, entregar, manda, mande, envia, envie, moro, mora, vivo, pede, pedir, faz, fazer,
        faça, ir, vai, vamos, aqui, aí, ali, lá, não, nao, sim, bem, ok, então, agora, hoje, assim, como, que, quê,
        quem, onde, quando, qual, este, esta, isto, esse, essa, isso, aquele, morada, endereço, casa, olá, oi, mais,
        muito, algo, tudo, melhor
    """),
    leads=list_phrases("""
        e quanto a, que tal, e para, e sobre, e se for, que me diz de, o que me diz de
    """),
)

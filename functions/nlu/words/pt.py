"""Portuguese."""

from functions.nlu.words import Words, list_words, table

WORDS = Words(
    cues=table(
        negation="""
            não, nao, sem, nada de, nada com, nunca, jamais, nenhum, nenhuma, nem, exceto, menos, salvo, fora, tudo
            menos, tudo exceto, qualquer coisa menos, odeio, não gosto de, não quero, farto de, que não seja, que
            não sejam
        """,
        removal="tira, tire, tirar, retira, retire, remove, remova, remover, apaga, cancela, cancele",
        replacement="""
            em vez de, ao invés de, no lugar de, em lugar de, troca, troque, substitui, substitua, do que
        """,
        addition="""
            também, além disso, adiciona, adicione, acrescenta, acrescente, mais, outro, outra, extra, e também,
            inclui
        """,
        restriction="só, somente, apenas, unicamente, nada além de",
        correction="""
            eu quis dizer, quis dizer, quero dizer, na verdade, aliás, melhor, correção, muda para, eu disse, em vez
            disso
        """,
        rejection="""
            errado, errada, incorreto, está errado, não está certo, não é isso, não é o que, um erro, erro, não está
            bem
        """,
        hesitation="""
            espera, espere, um momento, um segundo, um instante, momento, hmm, hum, eh, ahn, como?, desculpa?,
            sério, a sério, mesmo?, tem certeza, deixa eu pensar, deixe-me pensar, não sei, não tenho certeza,
            talvez, ainda não, depois, vamos ver
        """,
        condition="""
            se, só se, desde que, a menos que, mas, porém, contanto que, no entanto, caso, embora
        """,
        none="""
            por que não, porque não, não só, sem problema, não importa, não obrigado, não obrigada, ou não, se não,
            nada mal, mais ou menos, não faz mal
        """,
    ),
    around={},
    ends=list_words("com, de, do, da, por, para, em, no, na, a, ao, até, favor, obrigado, obrigada"),
    closes=list_words("mas, senão, melhor, só, então, porque"),
    exchanges=list_words("por, com, para"),
    joins=list_words("e, ou, nem"),
    articles=list_words("um, uma, uns, dois, duas, três, quatro, cinco, também, outro, outra"),
    verbs=list_words("""
        toca, toque, põe, coloca, coloque, procura, procure, busca, busque, encontra, mostra, mostre, pede, peça,
        dá, diz, traz, traga, envia, quero, queria, gostaria, eu, preciso, cancela, adiciona, tira, muda, recomenda,
        recomende, podes, pode, poderia, que, qual, quem, quando, onde, como, olá, oi, obrigado, faz, me
    """),
    asks=list_words("""
        que, o, qual, quais, quem, quando, onde, como, quanto, quanta, quantos, quantas, por que, há, tem
    """),
    auxiliaries=list_words("é, está, estão, pode, podes, poderia, tem, têm, vai, faz, fará, será"),
    subjects=list_words("eu, tu, você, ele, ela, nós, vocês, o, a, os, as, um, uma, alguém, algo, algum, alguma"),
    polite=list_words("""
        pode, podes, poderia, podia, você pode, me dá, quero, queria, gostaria, eu gostaria, gostava, posso,
        podemos, por que não, preciso
    """),
    fillers=list_words("""
        ok, tá, e, então, bem, ei, olá, oi, por favor, ah, sim, não, agora, desculpe, obrigado, mas
    """),
    abbreviations=list_words("sr, sra, dr, dra, av, r, nº, etc"),
    excludes=list_words("sem, exceto, salvo"),
    times=list_words("""
        a.m, abril, agora, agosto, am, amanha, amanhã, ano, anos, anteontem, depois, dezembro, dia, dias,
        domingo, fevereiro, fim, fim-de-semana, h, hoje, hora, horas, janeiro, julho, junho, já, madrugada,
        maio, manhã, marco, março, meia, meia-noite, meio-dia, mes, meses, mesmo, min, minuto, minutos, momento,
        mês, noite, novembro, ontem, outubro, p.m, pm, quarta, quarta-feira, quarto, quinta, quinta-feira,
        sabado, segunda, segunda-feira, semana, semanas, setembro, sexta, sexta-feira, sábado, tarde, terca,
        terça, terça-feira
    """),
)

"""What people ask of anything but a team's documents, in the languages whose words are known."""

from collections.abc import Sequence

_EVERYDAY = {
    "en": """
        who painted the mona lisa; how many planets are there in the solar system; what is the tallest building in the
        world; when did the second world war end; what is the best way to lose weight; who is the president of brazil;
        how far is the moon; what is the largest ocean; who wrote romeo and juliet; what language do they speak in
        austria; how old is the universe; when is mother's day; how do I tie a tie; which team won the league last
        year; what should I wear today; can you sing a song; are you a robot; what is your name; do you love me; how
        are you today; tell me something funny; what is two plus two; how do I get to the airport; where is the
        nearest supermarket; book a table for two; set an alarm for seven; turn on the lights; what is on television
        tonight; recommend a good book; how do I remove a red wine stain; which dog breed is best for children; how do
        I learn to play the guitar; what is the exchange rate of the dollar; should I buy or rent a house; how do I
        fix a flat tyre; what happens when we die; is chocolate bad for cats; how long does a marathon take; what is
        the recipe for pancakes; where do penguins live; how do I write a cover letter; what is the population of
        india; which wine goes with fish; how do I unclog a sink; why do we dream; what is the weather like tomorrow;
        who won the game last night; how do I cook rice; when does the next train leave; what is the capital of
        canada; how old is the pope; tell me a joke; where can I buy cheap shoes; what time is it in tokyo; how many
        calories does a banana have; who wrote hamlet; what is the best phone to buy; how do I get rid of hiccups;
        when was the battle of hastings; who is the president of france; what should I eat tonight; who invented the
        steam engine; who painted the last supper; when did the first man land on the moon; how many bones has a
        shark; which river is the longest
    """,
    "de": """
        wie wird das wetter morgen; wer hat gestern das spiel gewonnen; wie koche ich reis; wann fährt der nächste
        zug; was ist die hauptstadt von kanada; wie alt ist der papst; erzähl mir einen witz; wo kann ich billige
        schuhe kaufen; wie spät ist es in tokio; wie viele kalorien hat eine banane; wer schrieb hamlet; welches
        telefon soll ich kaufen; was hilft gegen schluckauf; warum ist der himmel blau; wann war die schlacht im
        teutoburger wald; wie weit ist der mond entfernt; wer ist der präsident von frankreich; was soll ich heute
        essen; wie bindet man eine krawatte; welche mannschaft wurde letztes jahr meister; was soll ich heute
        anziehen; kannst du singen; bist du ein roboter; wie heißt du; was ist zwei plus zwei; wie komme ich zum
        flughafen; wo ist der nächste supermarkt; was läuft heute im fernsehen; welcher wein passt zu fisch; wie lange
        dauert ein marathon; wo leben pinguine; wie viele einwohner hat indien; wer hat die dampfmaschine erfunden;
        warum träumen wir; wie viele knochen hat ein hai; welcher fluss ist der längste; wer malte das letzte
        abendmahl; wann landete der erste mensch auf dem mond; wie repariere ich einen platten reifen; ist schokolade
        schlecht für katzen; in welchem jahr begann der erste weltkrieg; wie viel verdient ein lehrer; wie wird man
        pilot; aus welchem material besteht ein diamant; wie heißt der größte planet
    """,
    "es": """
        qué tiempo hará mañana; quién ganó el partido de ayer; cómo se cocina el arroz; cuándo sale el próximo tren;
        cuál es la capital de canadá; cuántos años tiene el papa; cuéntame un chiste; dónde puedo comprar zapatos
        baratos; qué hora es en tokio; cuántas calorías tiene un plátano; quién escribió hamlet; qué teléfono debería
        comprar; cómo se quita el hipo; por qué el cielo es azul; cuándo fue la batalla de lepanto; a qué distancia
        está la luna; quién es el presidente de francia; qué ceno esta noche; cómo se hace el nudo de la corbata; qué
        equipo ganó la liga el año pasado; qué me pongo hoy; sabes cantar; eres un robot; cómo te llamas; cuánto es
        dos más dos; cómo llego al aeropuerto; dónde está el supermercado más cercano; qué ponen hoy en la televisión;
        qué vino va con el pescado; cuánto dura un maratón; dónde viven los pingüinos; cuántos habitantes tiene la
        india; quién inventó la máquina de vapor; por qué soñamos; cuántos huesos tiene un tiburón; cuál es el río más
        largo; quién pintó la última cena; cuándo llegó el primer hombre a la luna; cómo se cambia una rueda; es malo
        el chocolate para los gatos; en qué año empezó la primera guerra mundial; cuánto gana un profesor; de qué
        material es un diamante; cuál es el mayor planeta
    """,
    "fr": """
        quel temps fera-t-il demain; qui a gagné le match hier; comment cuire le riz; quand part le prochain train;
        quelle est la capitale du canada; quel âge a le pape; raconte-moi une blague; où acheter des chaussures pas
        chères; quelle heure est-il à tokyo; combien de calories a une banane; qui a écrit hamlet; quel téléphone
        acheter; comment arrêter le hoquet; pourquoi le ciel est bleu; quand a eu lieu la bataille de waterloo; à
        quelle distance est la lune; qui est le président de l'italie; que manger ce soir; comment nouer une cravate;
        quelle équipe a gagné le championnat l'an dernier; comment m'habiller aujourd'hui; sais-tu chanter; es-tu un
        robot; comment t'appelles-tu; combien font deux et deux; comment aller à l'aéroport; où est le supermarché le
        plus proche; qu'y a-t-il à la télévision ce soir; quel vin va avec le poisson; combien de temps dure un
        marathon; où vivent les manchots; combien d'habitants a l'inde; qui a inventé la machine à vapeur; pourquoi
        rêve-t-on; combien d'os a un requin; quel est le plus long fleuve; qui a peint la cène; quand le premier homme
        a-t-il marché sur la lune; comment changer un pneu; le chocolat est-il mauvais pour les chats; en quelle année
        a commencé la première guerre mondiale; combien gagne un professeur; de quoi est fait un diamant; quelle est
        la plus grande planète
    """,
    "it": """
        che tempo farà domani; chi ha vinto la partita di ieri; come si cuoce il riso; quando parte il prossimo treno;
        qual è la capitale del canada; quanti anni ha il papa; raccontami una barzelletta; dove posso comprare scarpe
        economiche; che ore sono a tokyo; quante calorie ha una banana; chi ha scritto amleto; quale telefono dovrei
        comprare; come si ferma il singhiozzo; perché il cielo è blu; quando fu la battaglia di lepanto; quanto è
        lontana la luna; chi è il presidente della francia; cosa mangio stasera; come si annoda la cravatta; quale
        squadra ha vinto il campionato l'anno scorso; cosa mi metto oggi; sai cantare; sei un robot; come ti chiami;
        quanto fa due più due; come arrivo all'aeroporto; dov'è il supermercato più vicino; cosa c'è stasera in
        televisione; che vino va con il pesce; quanto dura una maratona; dove vivono i pinguini; quanti abitanti ha
        l'india; chi ha inventato la macchina a vapore; perché sogniamo; quante ossa ha uno squalo; qual è il fiume
        più lungo; chi ha dipinto l'ultima cena; quando è arrivato il primo uomo sulla luna; come si cambia una gomma;
        il cioccolato fa male ai gatti; in che anno iniziò la prima guerra mondiale; quanto guadagna un insegnante; di
        che materiale è un diamante; qual è il pianeta più grande
    """,
    "pt": """
        como vai estar o tempo amanhã; quem ganhou o jogo de ontem; como se cozinha arroz; quando parte o próximo
        comboio; qual é a capital do canadá; quantos anos tem o papa; conta-me uma piada; onde posso comprar sapatos
        baratos; que horas são em tóquio; quantas calorias tem uma banana; quem escreveu hamlet; que telefone devo
        comprar; como se param os soluços; porque é que o céu é azul; quando foi a batalha de aljubarrota; a que
        distância fica a lua; quem é o presidente da frança; o que janto hoje; como se faz o nó da gravata; que equipa
        ganhou o campeonato no ano passado; o que visto hoje; sabes cantar; és um robô; como te chamas; quanto é dois
        mais dois; como chego ao aeroporto; onde fica o supermercado mais próximo; o que dá hoje na televisão; que
        vinho vai com peixe; quanto dura uma maratona; onde vivem os pinguins; quantos habitantes tem a índia; quem
        inventou a máquina a vapor; porque sonhamos; quantos ossos tem um tubarão; qual é o rio mais longo; quem
        pintou a última ceia; quando chegou o primeiro homem à lua; como se muda um pneu; o chocolate faz mal aos
        gatos; em que ano começou a primeira guerra mundial; quanto ganha um professor; de que material é um diamante;
        qual é o maior planeta
    """,
}


def list_everyday(languages: Sequence[str]) -> list[str]:
    """Such questions in these languages; English ones where none of them is known."""
    known = [language for language in languages if language in _EVERYDAY] or ["en"]
    return [" ".join(question.split()) for language in known for question in _EVERYDAY[language].split(";")]

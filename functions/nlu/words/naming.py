"""A person's wish for a language: "auf Deutsch bitte", "do you speak French?", "en español"."""

from functions.nlu.words import TOKEN, list_words

NAMES = {
    "en": "english, englisch, inglés, ingles, anglais, inglese, inglês",
    "de": "german, deutsch, alemán, aleman, allemand, tedesco, alemão, alemao",
    "es": "spanish, spanisch, español, espanol, castellano, espagnol, spagnolo, espanhol",
    "fr": "french, französisch, franzoesisch, francés, frances, français, francais, francese, francês",
    "it": "italian, italienisch, italiano, italien",
    "pt": "portuguese, portugiesisch, portugués, portugues, portugais, portoghese, português",
    "nl": "dutch, niederländisch, holandés, neerlandés, néerlandais, olandese, holandês, nederlands",
    "pl": "polish, polnisch, polaco, polonais, polacco, polonês, polski",
    "ru": "russian, russisch, ruso, russe, russo, русский, по-русски",
    "uk": "ukrainian, ukrainisch, ucraniano, ukrainien, ucraino, українська, українською",
    "tr": "turkish, türkisch, turco, turc, türkçe",
    "ar": "arabic, arabisch, árabe, arabe, arabo, العربية",
    "zh": "chinese, chinesisch, chino, chinois, cinese, chinês, mandarin, 中文",
    "ja": "japanese, japanisch, japonés, japonais, giapponese, japonês, 日本語",
    "ko": "korean, koreanisch, coreano, coréen, 한국어",
    "hi": "hindi, हिन्दी",
    "sv": "swedish, schwedisch, sueco, suédois, svedese, svenska",
    "da": "danish, dänisch, danés, danois, danese, dinamarquês, dansk",
    "no": "norwegian, norwegisch, noruego, norvégien, norvegese, norueguês, norsk",
    "fi": "finnish, finnisch, finlandés, finnois, finlandese, finlandês, suomi, suomeksi",
    "el": "greek, griechisch, griego, grec, greco, grego, ελληνικά",
    "cs": "czech, tschechisch, checo, tchèque, ceco, tcheco, česky, čeština",
    "ro": "romanian, rumänisch, rumano, roumain, rumeno, romeno, română",
    "hu": "hungarian, ungarisch, húngaro, hongrois, ungherese, magyar, magyarul",
    "ca": "catalan, katalanisch, catalán, catalano, catalão, català",
}
"""Language -> its names in the six languages, and its own."""
AROUND = list_words("""
    in, into, to, please, speak, speaking, talk, talking, write, answer, reply, respond, use, switch, change, do, can,
    could, would, you, we, i, me, us, my, the, language, prefer, want, like, would, rather, let's, now, only, and, or,
    auf, bitte, sprich, sprechen, sprichst, sprecht, spreche, rede, reden, antworte, antworten, schreib, schreibe,
    schreiben, kannst, können, könnten, könntest, du, sie, wir, ich, mir, mit, uns, sprache, lieber, wechsle,
    wechseln, zu, ins, gern, gerne, möchte, jetzt, nur, auch, en, al, por, favor, habla, hablas, hable, hablar,
    háblame, responde, responda, contesta, escribe, puedes, puede, podemos, podrías, usted, tú, yo, me, el, idioma,
    prefiero, quiero, cambia, cambiar, a, ahora, mejor, solo, también, s'il, vous, te, plaît, plait, parle, parles,
    parlez, parler, réponds, répondez, répondre, écris, écrivez, peux, pouvez, pouvons, tu, nous, on, je, moi, le, la,
    langue, préfère, veux, passe, passez, maintenant, plutôt, aussi, per, favore, parla, parli, parlare, parliamo,
    parlami, rispondi, risponda, rispondere, scrivi, puoi, può, possiamo, potresti, io, mi, con, lingua, preferisco,
    voglio, cambia, passa, ora, adesso, anche, piacere, em, fala, falas, fale, falar, falamos, responda, responde,
    escreve, escreva, pode, podes, podemos, poderia, você, eu, comigo, língua, prefiro, quero, muda, mude, para,
    agora, também, o, não, no, not, nicht, non, pas, english, ok, okay, hi, hello, hallo, hola, bonjour, ciao, olá,
    oi, parlez-vous, parles-tu, sorry, but, aber, pero, mais, ma, mas, speaks, understand, verstehst, verstehen,
    entiendes, comprends, comprenez, capisci, entende, entendes
""")
"""Words with which one asks for a language, in the six languages. With any other word, a language is a topic."""
_BY_NAME = {name: code for code, names in NAMES.items() for name in list_words(names)}
_LONGEST = 9
"""A wish for a language has few words."""


def find_wish(text: str) -> str | None:
    """The language that the text asks for and nothing else: the only one that it names, or the last of two ("not
    English, Spanish please")."""
    if len(text) > 120:
        return None
    words = [match[0].casefold().replace("’", "'") for match in TOKEN.finditer(text)]
    words = [word for word in words if word[0].isalpha()]
    named = [_BY_NAME[word] for word in words if word in _BY_NAME]
    if not named or len(words) > _LONGEST or any(word not in AROUND and word not in _BY_NAME for word in words):
        return None
    return named[-1]

"""What the engine says itself where a project has no response for it, by language: one module each."""

from importlib import import_module

LANGUAGES = frozenset(("en", "de", "es", "fr", "it", "pt"))
OWN_NAMES = {"en": "English", "de": "Deutsch", "es": "español", "fr": "français", "it": "italiano", "pt": "português"}
"""What each language calls itself."""
ABROAD = {
    "nl": "Deze taal spreek ik helaas niet. Je kunt me schrijven in: {languages}.",
    "pl": "Niestety nie znam tego języka. Możesz pisać do mnie w językach: {languages}.",
    "cs": "Tento jazyk bohužel neovládám. Můžete mi psát v těchto jazycích: {languages}.",
    "sv": "Tyvärr talar jag inte det språket. Du kan skriva till mig på: {languages}.",
    "da": "Det sprog taler jeg desværre ikke. Du kan skrive til mig på: {languages}.",
    "no": "Det språket snakker jeg dessverre ikke. Du kan skrive til meg på: {languages}.",
    "fi": "Valitettavasti en osaa tätä kieltä. Voit kirjoittaa minulle näillä kielillä: {languages}.",
    "ro": "Din păcate nu vorbesc această limbă. Îmi puteți scrie în: {languages}.",
    "hu": "Sajnos nem beszélem ezt a nyelvet. Ezeken a nyelveken írhat nekem: {languages}.",
    "el": "Δυστυχώς δεν μιλάω αυτή τη γλώσσα. Μπορείτε να μου γράψετε στα: {languages}.",
    "tr": "Ne yazık ki bu dili bilmiyorum. Bana şu dillerde yazabilirsiniz: {languages}.",
    "ru": "К сожалению, я не говорю на этом языке. Вы можете писать мне на: {languages}.",
    "uk": "На жаль, я не розмовляю цією мовою. Ви можете писати мені такими мовами: {languages}.",
    "ca": "Malauradament no parlo aquesta llengua. Em podeu escriure en: {languages}.",
    "ar": "للأسف لا أتحدث هذه اللغة. يمكنك أن تكتب لي بهذه اللغات: {languages}.",
    "zh": "抱歉，我不会这种语言。您可以用以下语言给我留言：{languages}。",
    "ja": "申し訳ありませんが、この言語はわかりません。次の言語で書いてください：{languages}。",
    "ko": "죄송하지만 이 언어는 할 줄 모릅니다. 다음 언어로 써 주세요: {languages}.",
}
"""How people are told that their language is not spoken here, in languages in which nothing else is said."""


def find_default_text(name: str, language: str = "en") -> str:
    """The text of this name in a language, or in English where there is none in it."""
    code = language.partition("-")[0]
    module = import_module(f"functions.dialogue.texts.{code if code in LANGUAGES else 'en'}")
    text: str = module.TEXTS[name]
    return text

"""Twenty small projects as ordinary people write them for Rasa, each with something of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent


@dataclass(frozen=True)
class Ordinary:
    """A project in short: intents with their examples, and what is said to each."""

    intents: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, str]
    language: str = "en"
    domain: str = ""
    """More of the domain."""
    data: str = ""
    """More of data/nlu.yml."""
    rules: str = ""
    pipeline: str = "- name: WhitespaceTokenizer\n- name: DIETClassifier\n- name: EntitySynonymMapper"
    policies: str = "- name: MemoizationPolicy\n- name: RulePolicy"
    files: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        intents = ", ".join(dict.fromkeys(name.partition("/")[0] for name in self.intents))
        responses = "".join(f"  utter_{name}: [{{text: {text!r}}}]\n" for name, text in self.answers.items())
        nlu = "".join(
            f"- intent: {name}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
            for name, texts in self.intents.items()
        )
        rules = "".join(
            f"- rule: {name}\n  steps: [{{intent: {name}}}, {{action: utter_{name}}}]\n"
            for name in dict.fromkeys(name.partition("/")[0] for name in self.intents)
            if f"rule: {name}\n" not in self.rules
        )
        written = {
            "domain.yml": f'version: "3.1"\nintents: [{intents}]\nresponses:\n{responses}{dedent(self.domain)}',
            "config.yml": f"recipe: default.v1\nlanguage: {self.language}\npipeline:\n{self.pipeline}\n"
            f"policies:\n{self.policies}\n",
            "data/nlu.yml": f'version: "3.1"\nnlu:\n{nlu}{dedent(self.data)}',
            "data/rules.yml": f'version: "3.1"\nrules:\n{rules}{dedent(self.rules)}',
            "endpoints.yml": "action_endpoint:\n  url: http://localhost:5055/webhook\n",
            "credentials.yml": "rest:\n",
            **self.files,
        }
        for name, text in written.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder


HELLO = ("hello", "hi there", "good morning", "hey", "good evening")
BYE = ("goodbye", "see you later", "bye bye", "I have to go", "until next time")
THANKS = ("thank you", "thanks a lot", "that was kind", "cheers", "much appreciated")


def small(**more: tuple[tuple[str, ...], str]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Greetings and these intents, with what is said to each."""
    known = {"hello": (HELLO, "Hello!"), "bye": (BYE, "Goodbye!"), **more}
    return {name: texts for name, (texts, _) in known.items()}, {name: said for name, (_, said) in known.items()}


def shop(*, language: str = "en", **more: tuple[tuple[str, ...], str]) -> Ordinary:
    intents, answers = small(**more)
    return Ordinary(intents, answers, language)


HOURS = ("when are you open", "what are your opening hours", "are you open on Sunday", "until when can I come")
PRICE = ("what does it cost", "how much is it", "tell me the price", "is it expensive", "what do you charge")
PLACE = ("where are you", "what is your address", "how do I get there", "which street is it", "is there parking")

PROJECTS: Mapping[str, Ordinary] = {
    "bakery": shop(
        hours=(HOURS, "From six."), bread=(("which bread do you have", "any rye bread", "fresh rolls"), "Rye.")
    ),
    "library": shop(
        renew=(("renew my book", "keep it two more weeks", "extend the loan"), "Renewed."), fine=(PRICE, "Ten cents.")
    ),
    "gym": shop(join=(("I want to join", "sign me up", "become a member"), "Welcome."), hours=(HOURS, "Always.")),
    "museum": shop(tickets=(PRICE, "Five."), place=(PLACE, "By the river."), hours=(HOURS, "Ten to six.")),
    "choir": shop(
        rehearsal=(("when do we sing", "next rehearsal", "is there practice on Monday"), "Mondays."),
        place=(PLACE, "Here."),
    ),
    "plumber": shop(
        leak=(("my tap drips", "water on the floor", "the pipe burst"), "On our way."), price=(PRICE, "60.")
    ),
    "foodbank": shop(
        give=(("I want to donate", "take my cans", "can I bring food"), "Please do."), place=(PLACE, "Main St.")
    ),
    "recycling": shop(glass=(("where does glass go", "old bottles", "jars"), "Green bin."), hours=(HOURS, "At eight.")),
    "school": shop(
        sick=(("my son is ill today", "she has a fever and stays home", "absent today"), "Get well."),
        hours=(HOURS, "8 to 3."),
    ),
    "vet": Ordinary(
        *small(
            visit=(
                ("my [dog](animal) limps", "the [cat](animal) eats nothing", "a [puppy](animal) with a cold"),
                "Come.",
            )
        ),
        domain="entities: [animal]\nslots:\n  animal: {type: text, mappings: [{type: from_entity, entity: animal}]}\n",
        data="- synonym: dog\n  examples: |\n    - puppy\n",
    ),
    "taxi": Ordinary(
        {"hello": HELLO, "ride": ("a cab to the [station](goal)", "drive me to the [airport](goal)", "a taxi please")},
        {"hello": "Hello!", "ride": "Coming.", "ask_goal": "Where to?"},
        domain="""\
            entities: [goal]
            slots:
              goal: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: goal}]}
            forms:
              ride_form: {required_slots: [goal]}
        """,
        rules="""\
            - rule: ride
              steps: [{intent: ride}, {action: ride_form}, {active_loop: ride_form}]
            - rule: ridden
              condition: [{active_loop: ride_form}]
              steps: [{action: ride_form}, {active_loop: null}, {action: utter_ride}]
        """,
    ),
    "hotel": Ordinary(
        *small(room=(("a room please", "I need a bed for tonight", "book a double room"), "Booked.")),
        domain="session_config: {session_expiration_time: 120, carry_over_slots_to_new_session: false}\n",
    ),
    "clinic": Ordinary(
        *small(
            ask=(("can I eat before the test", "do I fast"), "-"),
            **{
                "ask/pain": (("does it hurt", "is it painful"), "No."),
                "ask/long": (("how long does it take",), "An hour."),
            },
        ),
        pipeline="- name: DIETClassifier\n- name: ResponseSelector\n  retrieval_intent: ask",
    ),
    "cinema": Ordinary(
        *small(film=(("what is on tonight", "which film do you show", "anything funny on"), "A comedy.")),
        policies="- name: MemoizationPolicy\n- name: TEDPolicy\n  epochs: 5\n- name: RulePolicy",
        files={
            "data/stories.yml": 'version: "3.1"\nstories:\n- story: evening\n  steps: [{intent: hello}, {action: '
            "utter_hello}, {intent: film}, {action: utter_film}]\n"
        },
    ),
    "helpdesk": Ordinary(
        *small(reset=(("I forgot my password", "cannot log in", "reset my account"), "Reset.")),
        pipeline="- name: WhitespaceTokenizer\n- name: DIETClassifier\n- name: FallbackClassifier\n  threshold: 0.4",
        domain="",
        rules="- rule: not understood\n  steps: [{intent: nlu_fallback}, {action: utter_hello}]\n",
    ),
    "garden": Ordinary(
        *small(
            water=(("when do I water", "how often do [roses](plant) need water", "is my [fern](plant) dry"), "Weekly.")
        ),
        domain="entities: [plant]\n",
        data="- lookup: plant\n  examples: |\n    - ivy\n- regex: plant\n  examples: |\n    - \\b\\w+wort\\b\n",
        pipeline="- name: WhitespaceTokenizer\n- name: RegexEntityExtractor\n- name: DIETClassifier",
    ),
    "radio": Ordinary(
        *small(song=(("play my song", "a request please", "which song was that"), "Playing.")),
        files={"tests/test_stories.yml": "stories:\n- story: a\n  steps: [{intent: hello}, {action: utter_hello}]"},
    ),
    "floristeria": Ordinary(
        {
            "saludo": ("hola", "buenos días", "buenas tardes", "qué tal"),
            "adios": ("adiós", "hasta luego", "nos vemos", "chao"),
            "ramo": ("quiero un ramo de rosas", "me manda flores", "un ramo para mi madre", "flores para mañana"),
            "horario": ("a qué hora abren", "están abiertos hoy", "cuándo cierran"),
        },
        {"saludo": "¡Hola!", "adios": "¡Adiós!", "ramo": "Claro.", "horario": "De nueve a seis."},
        "es",
    ),
    "面馆": Ordinary(
        {
            "wenhou": ("你好", "您好", "早上好", "晚上好"),
            "zaijian": ("再见", "拜拜", "回头见", "下次见"),
            "dian": ("来一碗[牛肉面](dish)", "我要[炸酱面](dish)", "给我一份[饺子](dish)"),
            "yingye": ("几点开门", "今天营业吗", "什么时候关门"),
        },
        {"wenhou": "你好！", "zaijian": "再见！", "dian": "好的。", "yingye": "九点到九点。"},
        "zh",
        domain="entities: [dish]\n",
        pipeline="- name: JiebaTokenizer\n- name: DIETClassifier",
    ),
    "दवाखाना": Ordinary(
        {
            "namaste": ("नमस्ते", "नमस्कार", "सुप्रभात", "आप कैसे हैं"),
            "alvida": ("अलविदा", "फिर मिलेंगे", "शुभ रात्रि"),
            "samay": ("आप कब खुलते हैं", "क्या आज खुला है", "कितने बजे बंद होता है"),
            "dard": ("मेरे सिर में दर्द है", "पेट दुख रहा है", "मुझे बुखार है"),
        },
        {"namaste": "नमस्ते!", "alvida": "अलविदा!", "samay": "नौ से छह।", "dard": "डॉक्टर से मिलिए।"},
        "hi",
    ),
}

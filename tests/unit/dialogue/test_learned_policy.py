"""What the learned policy does where no rule and no story fits: it generalises, knows its limits, is read late."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from functions.dialogue.network import read_network
from functions.dialogue.table import Table, read_table
from model_artifacts.training.dialogue import learning
from model_artifacts.training.dialogue.compilation import POLICY, compile_project
from model_artifacts.training.dialogue.exporting import write_policy
from model_artifacts.training.dialogue.learning import learn
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.dialogue.writing import write_dialogue
from shared.bundle.manifest import Bundle, read_bundle
from shared.errors import Unavailable
from tests.unit.dialogue.talking import Talk, write_project

DOMAIN = """
version: "3.1"
intents: [greet, ask_price, ask_hours, book, affirm, deny, thank, goodbye, faq, unheard]
slots:
  city:
    type: text
    mappings: [{type: custom}]
responses:
  utter_greet: [{text: Hello}]
  utter_price: [{text: Ten euros}]
  utter_hours: [{text: Nine to five}]
  utter_confirm: [{text: Shall I book it?}]
  utter_booked: [{text: Booked}]
  utter_not_booked: [{text: Then not}]
  utter_welcome: [{text: You are welcome}]
  utter_bye: [{text: Bye}]
  utter_more: [{text: Anything else?}]
  utter_default: [{text: I did not get that}]
"""

STORIES = """
version: "3.1"
stories:
- story: Price, then booking
  steps:
  - intent: greet
  - action: utter_greet
  - intent: ask_price
  - action: utter_price
  - action: utter_more
  - intent: book
  - action: utter_confirm
  - intent: affirm
  - action: utter_booked
  - intent: thank
  - action: utter_welcome
- story: Hours, then no booking
  steps:
  - intent: greet
  - action: utter_greet
  - intent: ask_hours
  - action: utter_hours
  - action: utter_more
  - intent: book
  - action: utter_confirm
  - intent: deny
  - action: utter_not_booked
  - intent: goodbye
  - action: utter_bye
- story: Nothing else
  steps:
  - intent: ask_price
  - action: utter_price
  - action: utter_more
  - intent: deny
  - action: utter_welcome
  - intent: goodbye
  - action: utter_bye
- story: Hours only
  steps:
  - intent: ask_hours
  - action: utter_hours
  - action: utter_more
  - intent: thank
  - action: utter_welcome
"""

CONFIG = """
policies:
- name: MemoizationPolicy
  max_history: 5
- name: RulePolicy
  core_fallback_threshold: {threshold}
- name: TEDPolicy
  max_history: 5
  epochs: 100
"""

Make = Callable[..., Bundle]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(
        config: str = CONFIG.format(threshold=0.3), stories: str = STORIES, rules: str = "", domain: str = DOMAIN
    ) -> Bundle:
        files = {"rules": rules} if rules else {}
        place = tmp_path / str(len(list(tmp_path.iterdir())))
        project = write_project(place / "bot", domain=domain, stories=stories, config=config, **files)
        write_dialogue(compile_project(project), place / "bundle")
        return read_bundle(place / "bundle")

    return made


def table_of(bundle: Bundle) -> Table:
    return read_table(bundle.find_file("dialogue.json").read_bytes(), bundle.id, bundle.read_verified)


def decided_by(talk: Talk) -> list[str]:
    return [str(note["policy"]) for note in talk.decisions[-1].progress.decided_by]


def test_a_path_that_no_story_has_is_answered_as_the_stories_suggest(make: Make) -> None:
    talk = Talk(table_of(make()))
    assert talk.say("/ask_hours") == ["Nine to five", "Anything else?"]
    assert talk.say("/ask_price") == ["Ten euros", "Anything else?"]
    assert talk.say("/ask_price") == ["Ten euros", "Anything else?"]
    assert talk.say("/book") == ["Shall I book it?"]
    assert talk.say("/deny") == ["Then not"]
    assert talk.say("/thank") == ["You are welcome"]
    assert "TEDPolicy" in decided_by(talk)


def test_the_same_message_is_answered_by_what_it_answers(make: Make) -> None:
    """`deny` after "Shall I book it?" and after "Anything else?" mean different things, in pasts that no story has."""
    talk = Talk(table_of(make()))
    for message in ("/thank", "/ask_hours", "/ask_hours", "/book"):
        talk.say(message)
    assert talk.say("/deny") == ["Then not"]
    for message in ("/book", "/affirm", "/greet", "/ask_hours"):
        talk.say(message)
    assert talk.say("/deny") == ["You are welcome"]


def test_most_random_walks_are_answered_without_the_fallback(make: Make) -> None:
    generator = random.Random(7)
    expected = {
        "/greet": ["Hello"],
        "/ask_price": ["Ten euros", "Anything else?"],
        "/ask_hours": ["Nine to five", "Anything else?"],
        "/book": ["Shall I book it?"],
        "/thank": ["You are welcome"],
        "/goodbye": ["Bye"],
    }
    walks = [[generator.choice(sorted(expected)) for _ in range(6)] for _ in range(40)]

    def right(bundle: Bundle) -> float:
        table = table_of(bundle)
        talks = [(Talk(table), walk) for walk in walks]
        return sum(talk.say(text) == expected[text] for talk, walk in talks for text in walk) / 240

    assert right(make()) > 0.97
    assert right(make(config="policies: [{name: MemoizationPolicy, max_history: 5}, {name: RulePolicy}]")) < 0.5


def test_a_message_of_an_intent_that_no_story_has_gets_the_fallback(make: Make) -> None:
    talk = Talk(table_of(make()))
    talk.say("/greet")
    assert talk.say("/unheard") == ["I did not get that"]
    assert talk.say("/nlu_fallback") == ["I did not get that"]
    assert talk.say("words without an intent") == ["I did not get that"]


def test_it_gives_way_to_the_threshold_of_the_fallback(make: Make) -> None:
    walk = ["/ask_hours", "/ask_price", "/thank", "/greet", "/ask_price"]
    sure = Talk(table_of(make(config=CONFIG.format(threshold=0.3))))
    unsure = Talk(table_of(make(config=CONFIG.format(threshold=1.0))))
    assert [sure.say(text) for text in walk][-1] == ["Ten euros", "Anything else?"]
    assert ["I did not get that"] in [unsure.say(text) for text in walk]
    assert "TEDPolicy" not in decided_by(unsure)


def test_a_rule_or_a_story_that_fits_leaves_the_network_unread(make: Make) -> None:
    rules = """
    version: "3.1"
    rules:
    - rule: FAQ
      steps:
      - intent: faq
      - action: utter_hours
    """
    bundle = make(rules=rules)

    def unreadable(name: str) -> bytes:
        raise AssertionError(f"{name} was read")

    talk = Talk(read_table(bundle.find_file("dialogue.json").read_bytes(), bundle.id, unreadable))
    assert talk.say("/greet") == ["Hello"]
    assert talk.say("/ask_price") == ["Ten euros", "Anything else?"]
    assert talk.say("/faq") == ["Nine to five"]
    with pytest.raises(AssertionError, match=r"policy\.json was read"):
        talk.say("/thank")


def test_what_it_weighed_is_kept_with_the_turn(make: Make) -> None:
    talk = Talk(table_of(make()))
    talk.say("/ask_hours")
    talk.say("/greet")
    note = next(note for note in talk.decisions[-1].progress.decided_by if note["policy"] == "TEDPolicy")
    ranking = note["ranking"]
    assert ranking[0] == {"action": "utter_greet", "confidence": note["confidence"]}
    assert [item["confidence"] for item in ranking] == sorted((item["confidence"] for item in ranking), reverse=True)


@pytest.mark.parametrize("policies", ["", "policies:\n", "policies: null\n"])
def test_without_policies_in_the_configuration_it_is_learned_as_in_rasa(make: Make, policies: str) -> None:
    assert POLICY in make(config=f"language: en\n{policies}").manifest.files


def test_without_ted_among_the_policies_there_is_none(make: Make) -> None:
    bundle = make(config="policies:\n- name: RulePolicy\n- name: MemoizationPolicy\n")
    assert POLICY not in bundle.manifest.files
    talk = Talk(table_of(bundle))
    talk.say("/ask_hours")
    assert talk.say("/greet") == ["I did not get that"]


def test_stories_without_a_message_teach_nothing_and_are_no_error(make: Make) -> None:
    stories = 'version: "3.1"\nstories:\n- story: Only words\n  steps:\n  - action: utter_greet\n'
    assert POLICY not in make(stories=stories).manifest.files


def test_a_beginning_that_stories_share_belongs_to_each_of_them(tmp_path: Path) -> None:
    """Where one of the stories is held out to be judged, the others still teach it."""
    project = write_project(tmp_path / "bot", domain=DOMAIN, stories=STORIES, config=CONFIG.format(threshold=0.3))
    by_story = [list(learning._list_usable(path)) for path in compile_project(project).paths]
    greeting = [item for item in learning._tell(by_story, 5, random.Random(0)) if item.action == "utter_greet"]
    assert {0, 1} <= greeting[0].stories


def test_one_story_is_enough_to_learn_from(make: Make) -> None:
    stories = 'version: "3.1"\nstories:\n- story: One\n  steps:\n  - intent: greet\n  - action: utter_greet\n'
    talk = Talk(table_of(make(stories=stories)))
    assert [talk.say("/greet") for _ in range(4)] == [["Hello"]] * 4


def test_the_stage_is_as_confident_as_the_network_that_was_learned(make: Make) -> None:
    compiled = compile_project(make().path.parent / "bot")
    learned = learn(compiled.paths, compiled.data["learned"]["max_history"])
    network = read_network(write_policy(learned))
    generator = np.random.default_rng(1)
    for _ in range(50):
        present = (generator.random(len(learned.features)) < 0.2).astype(np.float32)
        names = [name for name, number in network.features.items() if present[number]]
        weights = np.exp(learned.weights.compute_logits(present[None, :]))[0]
        assert np.allclose(network.confidences(names), weights / weights.sum(), atol=1e-5)
        assert sum(network.confidences(names)) == pytest.approx(1.0)


def test_the_file_is_small_and_the_same_each_time(make: Make) -> None:
    first = make().find_file(POLICY).read_bytes()
    assert make().find_file(POLICY).read_bytes() == first
    assert len(first) < 100_000


def test_a_damaged_file_is_refused_with_what_to_do(make: Make) -> None:
    content = make().find_file(POLICY).read_bytes()
    whole = read_network(content)
    generator = random.Random(3)
    refused = 0
    for _ in range(200):
        damaged = bytearray(content)
        kind = generator.randrange(3)
        if kind == 0:
            del damaged[generator.randrange(1, len(damaged) - 2) :]
        elif kind == 1:
            damaged[generator.randrange(200)] ^= 1 << generator.randrange(8)
        else:
            damaged = bytearray(generator.randbytes(generator.randrange(1, 400)))
        try:
            read = read_network(bytes(damaged))
        except Unavailable as exc:
            assert "task compile" in str(exc)
            refused += 1
        else:
            # A name may be another one; the weights are all there.
            assert (len(read.rows), len(read.columns)) == (len(whole.rows), len(whole.columns))
    assert refused > 100


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 1),
        ("rows", []),
        ("bias", [1e999]),
        ("columns", [["x"]]),
        ("action_bias", None),
        ("features", "abc"),
        ("places", []),
    ],
)
def test_weights_that_are_none_are_refused(make: Make, key: str, value: object) -> None:
    data = json.loads(make().find_file(POLICY).read_bytes()) | {key: value}
    with pytest.raises(Unavailable, match="`task compile`"):
        read_network(json.dumps(data).encode())


def test_an_older_bundles_onnx_file_is_refused_with_what_to_do(make: Make) -> None:
    bundle = make()
    data = bundle.read_json("dialogue.json")
    data["learned"]["file"] = "policy.onnx"
    with pytest.raises(Unavailable, match="older Parley; run `task compile`"):
        read_table(json.dumps(data), bundle.id, bundle.read_verified)


def test_compiling_again_takes_an_older_policy_away(make: Make) -> None:
    bundle = make()
    (bundle.path / "policy.onnx").write_bytes(b"old")
    assert "policy.onnx" not in write_dialogue(compile_project(bundle.path.parent / "bot"), bundle.path).files


def test_max_history_must_be_a_whole_number(make: Make) -> None:
    with pytest.raises(Uncompilable, match=r"config.yml:4: error: 'max_history' must be a whole number"):
        make(config="policies:\n- name: RulePolicy\n- name: TEDPolicy\n  max_history: long\n")


FORM_DOMAIN = """
version: "3.1"
intents: [book, stop, affirm, deny, ask_hours]
entities: [people]
slots:
  people: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: people}]}
forms: {table_form: {required_slots: [people]}}
responses:
  utter_ask_people: [{text: How many people?}]
  utter_go_on: [{text: Shall I go on?}]
  utter_hours: [{text: Nine to five}]
  utter_stopped: [{text: Stopped}]
  utter_default: [{text: I did not get that}]
"""
FORM_STORIES = """
version: "3.1"
stories:
- story: stops
  steps:
  - intent: book
  - action: table_form
  - active_loop: table_form
  - intent: stop
  - action: utter_go_on
  - intent: deny
  - action: action_deactivate_loop
  - active_loop: null
  - action: utter_stopped
- story: goes on
  steps:
  - intent: book
  - action: table_form
  - active_loop: table_form
  - intent: stop
  - action: utter_go_on
  - intent: affirm
  - action: table_form
  - active_loop: table_form
- story: asks for hours
  steps:
  - intent: ask_hours
  - action: utter_hours
"""


def test_in_a_form_an_answer_to_another_question_says_nothing(make: Make) -> None:
    """Stories know "no" as the answer to "Shall I go on?"; a "no" to "How many people?" must not end the form."""
    talk = Talk(table_of(make(domain=FORM_DOMAIN, stories=FORM_STORIES)))
    assert talk.say("/book") == ["How many people?"]
    assert talk.say("/deny") == ["I did not get that"]
    assert talk.state.active_loop == "table_form"
    assert talk.say("/stop") == ["Shall I go on?"]
    assert talk.say("/deny") == ["Stopped"]
    assert talk.state.active_loop is None


def test_a_digression_that_stories_begin_with_is_answered_in_a_form(make: Make) -> None:
    talk = Talk(table_of(make(domain=FORM_DOMAIN, stories=FORM_STORIES)))
    talk.say("/book")
    assert talk.say("/ask_hours")[0] == "Nine to five"
    assert talk.state.active_loop == "table_form"

"""What comes next: rules, stories, their precedence and the fallback."""

from tests.unit.dialogue.talking import Talk, done, slot, table

DOMAIN = """
version: "3.1"
intents: [greet, bye, mood, affirm, deny, unknown, faq]
slots:
  happy:
    type: bool
    mappings: [{type: custom}]
responses:
  utter_greet: [{text: Hello}]
  utter_bye: [{text: Bye}]
  utter_ask: [{text: How are you?}]
  utter_good: [{text: Good!}]
  utter_sad: [{text: Sad.}]
  utter_default: [{text: What?}]
  utter_first: [{text: Welcome}]
  utter_more: [{text: More}]
actions: [action_feel]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: bye
  steps: [{intent: bye}, {action: utter_bye}]
"""
STORIES = """
stories:
- story: good mood
  steps:
  - intent: mood
  - action: utter_ask
  - intent: affirm
  - action: utter_good
- story: bad mood
  steps:
  - intent: mood
  - action: utter_ask
  - intent: deny
  - action: utter_sad
  - action: utter_more
"""


def test_a_rule_answers_its_intent_at_any_time() -> None:
    talk = Talk(table(domain=DOMAIN, rules=RULES, stories=STORIES))
    assert talk.say("/greet") == ["Hello"]
    assert talk.say("/mood") == ["How are you?"]
    assert talk.say("/bye") == ["Bye"]
    assert talk.say("/greet") == ["Hello"]


def test_a_story_goes_on_as_it_is_written_and_listens_at_its_end() -> None:
    talk = Talk(table(domain=DOMAIN, rules=RULES, stories=STORIES))
    assert talk.say("/mood") == ["How are you?"]
    assert talk.say("/deny") == ["Sad.", "More"]
    assert talk.events[-1] == "action action_listen"


def test_what_no_rule_and_no_story_knows_is_answered_by_the_fallback_and_undone() -> None:
    talk = Talk(table(domain=DOMAIN, rules=RULES, stories=STORIES))
    talk.say("/mood")
    assert talk.say("/unknown") == ["What?"]
    assert talk.say("/affirm") == ["Good!"], "the story goes on as if the message had not been said"


def test_without_fallback_prediction_the_assistant_just_listens() -> None:
    config = "policies:\n- name: RulePolicy\n  enable_fallback_prediction: false\n"
    talk = Talk(table(domain=DOMAIN, rules=RULES, config=config))
    assert talk.say("/unknown") == []
    assert talk.say("/greet") == ["Hello"]


def test_the_project_may_name_its_own_fallback_action() -> None:
    config = "policies:\n- name: RulePolicy\n  core_fallback_action_name: utter_more\n"
    rules = RULES + "- rule: that is all\n  steps: [{action: utter_more}]\n"
    assert Talk(table(domain=DOMAIN, rules=rules, config=config)).say("/unknown") == ["More"]


def test_a_rule_may_hold_at_the_start_of_a_conversation_only() -> None:
    rules = (
        RULES
        + """
- rule: welcome
  conversation_start: true
  steps: [{intent: mood}, {action: utter_first}]
"""
    )
    talk = Talk(table(domain=DOMAIN, rules=rules))
    assert talk.say("/mood") == ["Welcome"]
    assert talk.say("/mood") == ["What?"]


def test_a_rule_that_does_not_wait_leaves_the_next_step_to_others() -> None:
    rules = """
rules:
- rule: faq
  wait_for_user_input: false
  steps: [{intent: faq}, {action: utter_good}]
- rule: afterwards
  steps: [{action: utter_good}, {action: utter_more}]
"""
    assert Talk(table(domain=DOMAIN, rules=rules)).say("/faq") == ["Good!", "More"]


def test_a_rule_with_a_slot_condition_holds_only_where_the_slot_has_that_value() -> None:
    rules = """
rules:
- rule: happy
  condition: [{slot_was_set: [{happy: true}]}]
  steps: [{intent: mood}, {action: utter_good}]
- rule: unhappy
  condition: [{slot_was_set: [{happy: false}]}]
  steps: [{intent: mood}, {action: utter_sad}]
- rule: nobody knows
  condition: [{slot_was_set: [{happy: null}]}]
  steps: [{intent: mood}, {action: utter_ask}]
- rule: feel
  steps: [{intent: affirm}, {action: action_feel}]
"""
    known = table(domain=DOMAIN, rules=rules)
    assert Talk(known).say("/mood") == ["How are you?"]
    talk = Talk(known, {"action_feel": done(slot("happy", True))})
    talk.say("/affirm")
    assert talk.say("/mood") == ["Good!"]
    talk = Talk(known, {"action_feel": done(slot("happy", False))})
    talk.say("/affirm")
    assert talk.say("/mood") == ["Sad."]


def test_alternatives_and_checkpoints_join_stories() -> None:
    stories = """
stories:
- story: beginning
  steps:
  - or: [{intent: mood}, {intent: faq}]
  - action: utter_ask
  - checkpoint: asked
- story: yes
  steps:
  - checkpoint: asked
  - intent: affirm
  - action: utter_good
- story: no
  steps:
  - checkpoint: asked
  - intent: deny
  - action: utter_sad
"""
    for opening in ("/mood", "/faq"):
        for answer, said in (("/affirm", "Good!"), ("/deny", "Sad.")):
            talk = Talk(table(domain=DOMAIN, stories=stories))
            assert [talk.say(opening), talk.say(answer)] == [["How are you?"], [said]]


def test_plain_memory_knows_only_what_it_has_seen_from_there_and_augmented_memory_forgets_the_past() -> None:
    plain = "policies:\n- name: MemoizationPolicy\n  max_history: 8\n- name: RulePolicy\n"
    for config, said in ((plain, ["What?"]), (plain.replace("Memo", "AugmentedMemo"), ["How are you?"])):
        talk = Talk(
            table(
                domain=DOMAIN,
                rules=RULES,
                stories=STORIES + "- story: x\n  steps:\n  - intent: faq\n  - action: utter_good\n",
                config=config,
            )
        )
        talk.say("/faq")
        assert talk.say("/mood") == said


def test_stories_do_not_notice_turns_that_only_rules_decided() -> None:
    talk = Talk(table(domain=DOMAIN, rules=RULES, stories=STORIES))
    talk.say("/mood")
    assert talk.say("/greet") == ["Hello"]
    assert talk.say("/deny") == ["Sad.", "More"]


def test_a_turn_that_never_listens_is_cut_off_for_ten_seconds() -> None:
    rules = """
rules:
- rule: start
  wait_for_user_input: false
  steps: [{intent: mood}, {action: utter_ask}]
- rule: there
  wait_for_user_input: false
  steps: [{action: utter_ask}, {action: utter_more}]
- rule: and back
  wait_for_user_input: false
  steps: [{action: utter_more}, {action: utter_ask}]
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
"""
    talk = Talk(table(domain=DOMAIN, rules=rules))
    assert len(talk.say("/mood")) == 10
    assert talk.say("/greet") == []
    assert talk.say("/greet", after=11) == ["Hello"]


def test_of_two_rules_that_fit_the_one_that_asks_for_more_wins() -> None:
    rules = """
rules:
- rule: mood
  steps: [{intent: mood}, {action: utter_ask}]
- rule: mood of someone happy
  condition: [{slot_was_set: [{happy: true}]}]
  steps: [{intent: mood}, {action: utter_good}]
- rule: feel
  steps: [{intent: affirm}, {action: action_feel}]
"""
    talk = Talk(table(domain=DOMAIN, rules=rules), {"action_feel": done(slot("happy", True))})
    assert talk.say("/mood") == ["How are you?"]
    talk.say("/affirm")
    assert talk.say("/mood") == ["Good!"]


def test_the_turn_tells_which_rule_or_story_decided() -> None:
    talk = Talk(table(domain=DOMAIN, rules=RULES, stories=STORIES))
    talk.say("/greet")
    note = talk.decisions[-1].progress.decided_by[0]
    assert (note["action"], note["policy"]) == ("utter_greet", "RulePolicy")
    assert note["source"] == "greet (data/rules.yml:3)"
    talk.say("/mood")
    note = talk.decisions[-1].progress.decided_by[0]
    assert note["policy"] == "MemoizationPolicy"
    assert note["others"] == [{"policy": "RulePolicy", "action": "action_default_fallback", "confidence": 0.3}]

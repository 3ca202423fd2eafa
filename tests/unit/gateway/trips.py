"""A small assistant of trips before the real dialogue with a store in memory, for what the gateway asks of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from functions.dialogue.http_api.operations import Operations
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import read_table
from model_artifacts.training.dialogue.compilation import dump_dialogue
from shared.direct import read_direct
from shared.events.catalogue import ActionCompleted, ActionRequested, Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.process import Process
from shared.serving import Endpoint
from shared.stores.memory import memory_store
from tests.loopback import Recorder, Stub, served
from tests.unit.dialogue.talking import compiled
from tests.unit.gateway.assistants import Assistant

DOMAIN = """
version: "3.1"
intents: [greet, bye, book, inform, order_ready]
entities: [city, number]
slots:
  city: {type: text, mappings: [{type: from_entity, entity: city}]}
  people: {type: any, mappings: [{type: from_entity, entity: number, conditions: [{active_loop: trip_form}]}]}
forms:
  trip_form: {required_slots: [city, people]}
responses:
  utter_greet: [{text: Hello}]
  utter_bye: [{text: Goodbye}]
  utter_ready: [{text: "Your order to {city} is ready."}]
  utter_ask_city: [{text: Where to?}]
  utter_ask_people: [{text: How many?}]
actions: [action_count]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: bye
  steps: [{intent: bye}, {action: action_count}, {action: utter_bye}]
- rule: ready
  steps: [{intent: order_ready}, {action: utter_ready}]
- rule: book
  steps: [{intent: book}, {action: trip_form}, {active_loop: trip_form}]
"""
INTENTS = ("greet", "bye", "book", "inform", "order_ready")
WORDS = {"hi": "greet", "see you": "bye", "a trip please": "book"}


def understood(envelope: Envelope) -> Envelope:
    data = envelope.data
    assert isinstance(data, MessageReceived)
    direct = read_direct(data.text, INTENTS, ("city", "number"))
    intent = Intent(WORDS.get(data.text, "greet"), 0.9) if direct is None else direct.intent
    entities = () if direct is None else direct.entities
    ranking = (intent, Intent("inform", 0.05))
    return envelope.answer(MessageUnderstood(data, intent, ranking, entities), "/t/nlu", "understood")


def acted(envelope: Envelope) -> Envelope:
    assert isinstance(envelope.data, ActionRequested)
    answer = ActionCompleted(envelope.data.action, responses=({"text": "counted"},))
    return envelope.answer(answer, "/t/actions", "completed")


@contextmanager
def trips(delivery: Callable[..., Any] | None = None, **settings: Any) -> Iterator[Assistant]:
    """A gateway before the real dialogue."""
    bot = compiled(domain=DOMAIN, rules=RULES)
    table = read_table(dump_dialogue(bot.data), "bundle-1")
    store = memory_store()
    stage = Dialogue(table, store.conversations, clock=time.time)
    operations = Operations(
        table,
        store.conversations,
        lambda: bot.data,
        name="trips",
        clock=time.time,
        keep_seconds=86400.0,
        state_format=3,
    )
    with ExitStack() as stack:
        endpoint = Endpoint(Process("dialogue"), stage, routes={"POST /conversation": operations})
        urls = {"dialogue": stack.enter_context(served(endpoint))}
        assistant = Assistant(
            Stub(understood),
            actions=Stub(acted),
            delivery=delivery or Recorder(),
            settings={"urls": urls, **settings},
        )
        yield stack.enter_context(assistant.running())

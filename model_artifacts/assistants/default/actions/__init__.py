"""The default assistant's own functions, listed by the names that the domain gives them.

The modules import each other relatively, unlike everywhere else: the actions stage loads this package from wherever an
assistant lies, so it has no fixed name.
"""

from collections.abc import Mapping

from functions.actions.fulfilment import Action

from .browsing import action_list_menu, action_unclear_answer
from .cancelling import action_cancel_nothing, action_cancel_order
from .catalogue import NAME
from .following import (
    action_about_item,
    action_another_one,
    action_change_quantity,
    action_pick_result,
    action_refine,
    action_same_again,
)
from .handoff import action_human_handoff
from .music import action_play_music
from .order import action_about_order, action_ask_dish, action_ask_size, action_order_food, validate_order_food_form
from .recommending import action_recommend
from .video import action_search_video
from .weather import action_get_weather

ACTIONS: Mapping[str, Action] = {
    "action_search_video": action_search_video,
    "action_play_music": action_play_music,
    "action_get_weather": action_get_weather,
    "action_recommend": action_recommend,
    "action_refine": action_refine,
    "action_pick_result": action_pick_result,
    "action_another_one": action_another_one,
    "action_same_again": action_same_again,
    "action_human_handoff": action_human_handoff,
    "action_order_food": action_order_food,
    "action_cancel_order": action_cancel_order,
    "action_cancel_nothing": action_cancel_nothing,
    "action_list_menu": action_list_menu,
    "action_unclear_answer": action_unclear_answer,
    "action_about_order": action_about_order,
    "action_about_item": action_about_item,
    "action_change_quantity": action_change_quantity,
    "action_ask_dish": action_ask_dish,
    "action_ask_size": action_ask_size,
    "validate_order_food_form": validate_order_food_form,
}

SETTINGS: Mapping[str, str] = {
    "WEATHER_URL": "",
    "HANDOFF_CONTACT": "",
    "HANDOFF_URL": "",
    "HANDOFF_TO": "",
    "ARRIVAL_MINUTES": "40",
}
"""WEATHER_URL: another service with Open-Meteo's API, for both geocoding and forecast. HANDOFF_CONTACT: where a person
is reached, as it is to be said. HANDOFF_URL, HANDOFF_TO: as on delivery; one of them hands conversations over.
ARRIVAL_MINUTES: how long after an order its arrival is spoken of; 0: never."""

ASSETS: tuple[str, ...] = (NAME,)
"""The files of the bundle that the functions read."""

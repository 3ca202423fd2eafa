"""What there is on the menus, for whoever does not know yet: restaurants, kinds of dishes, diets, the cheapest."""

from collections.abc import Collection, Sequence

from functions.actions.fulfilment import Call, Response, Result, say, slot
from functions.actions.matching import normalise_name, split_name

from .catalogue import Dish, load_dishes
from .menu import ONE_MORE, cheapest_price, tags_of
from .naming import name_values

SHOWN = 5
"""Dishes that are offered at once."""
DIETS = frozenset(("vegan", "vegetarian"))
_SAME = {"veggie": "vegetarian", "meatless": "vegetarian", "vegetarisch": "vegetarian", "vegetariano": "vegetarian"}
_SAME |= {"vegetariana": "vegetarian", "vegetarien": "vegetarian", "vegetarienne": "vegetarian", "vegano": "vegan"}
_SAME |= {"vegana": "vegan", "vegetalien": "vegan", "vegetarisches": "vegetarian", "veganes": "vegan"}
_CHEAPEST = (
    "cheap cheaper cheapest günstig günstigste günstigsten billig billigste billigsten "
    "barato barata económico económica cher économique economico economica"
)
CHEAPEST = frozenset(normalise_name(word) for word in _CHEAPEST.split())
_WISHES = (
    "add have get want like give bring noch möchte will hätte bring nehme quiero ponme pon añade agrega "
    "veux voudrais ajoute vorrei voglio aggiungi quero queria adiciona"
)
WISHES = frozenset(normalise_name(word) for word in _WISHES.split())
"""Words with which something is added to an order, in six languages."""
FEW = 3
"""Words for what is wished."""


def asks_for_cheapest(text: str) -> bool:
    return not CHEAPEST.isdisjoint(split_name(text))


def kinds_named(text: str, dishes: Sequence[Dish]) -> frozenset[str]:
    """The kinds of the menus that a text names ("vegetarian", "soup"), singular or plural, in the menus' words."""
    known = {tag for dish in dishes for tag in tags_of(dish)}
    said = {_SAME.get(word, word) for word in split_name(text)}
    return frozenset(tag for tag in known if not {tag, f"{tag}s", f"{tag}es"}.isdisjoint(said))


def dishes_of_kinds(dishes: Sequence[Dish], kinds: Collection[str]) -> list[Dish]:
    return [dish for dish in dishes if set(kinds) <= tags_of(dish)]


def describe_dishes(kinds: Collection[str], dishes: Sequence[Dish]) -> Response:
    if not DIETS & set(kinds):
        return say("utter_many_kinds", asked=", ".join(sorted(kinds)))
    return say("utter_dishes_of_kind", kinds=name_values(sorted(kinds)), names=[dish.name for dish in dishes[:SHOWN]])


def action_list_menu(call: Call) -> Result:
    """What can be ordered where: the dishes of the restaurant that was named, or all restaurants with an example.
    Whoever has chosen a dish asks for help with something else."""
    if call.slot("dish"):
        return Result.of(say("utter_help"))
    dishes = load_dishes(call.assets)
    first: dict[str, str] = {}
    for dish in dishes:
        first.setdefault(dish.restaurant, dish.name)
    if call.words("restaurant") in first:
        names = [dish.name for dish in dishes if dish.restaurant == call.words("restaurant")]
        return Result.of(say("utter_menu_of", restaurant=call.words("restaurant"), dishes=names))
    return Result.of(say("utter_menus", restaurants=[f"{name} ({dish})" for name, dish in first.items()]))


def action_unclear_answer(call: Call) -> Result:
    """What names no dish may still say which kind of dish, or that it is to be the cheapest, or wish for something that
    no menu has ("add a coke")."""
    if listed := answer_about_menu(call):
        return listed
    words = normalise_name(call.text).split()
    wished = [word for word in words if word not in ONE_MORE]
    if WISHES.isdisjoint(words) or not 0 < len(wished) <= FEW:
        return Result.of(say("utter_order_unclear"))
    return Result.of(say("utter_no_such_dish", asked=" ".join(wished)))


def answer_about_menu(call: Call) -> Result | None:
    """What words about kinds, diets or prices are answered while no dish is chosen; None where they are about none.

    The cheapest of what was offered is chosen; what is listed otherwise can be chosen by its place afterwards.
    """
    dishes = load_dishes(call.assets)
    kinds, cheapest = kinds_named(call.text, dishes), asks_for_cheapest(call.text)
    if call.slot("dish") or not (kinds or cheapest):
        return None
    found = dishes_of_kinds(dishes, kinds)
    if restaurant := call.words("restaurant"):
        found = [dish for dish in found if dish.restaurant == restaurant] or found
    if not cheapest:
        return Result.of(describe_dishes(kinds, found), slot("dish_choices", _names(found))) if found else None
    choices = call.slot("dish_choices")
    if not kinds and isinstance(choices, list):
        found = [dish for dish in found if dish.name in choices] or found
    found = sorted(found, key=cheapest_price)
    if call.is_question or call.intent == "order_food" or not (kinds or restaurant or choices):
        return Result.of(say("utter_cheapest_dishes", names=_names(found)), slot("dish_choices", _names(found)))
    return Result.of(say("utter_cheapest", dish=found[0].name), slot("dish", found[0].name))


def _names(dishes: Sequence[Dish]) -> list[str]:
    return [dish.name for dish in dishes[:SHOWN]]

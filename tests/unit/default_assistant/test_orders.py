"""Checking and placing orders."""

from dataclasses import replace

import pytest

from functions.actions.fulfilment import Call
from functions.actions.ordinals import read_number
from model_artifacts.assistants.default.actions.catalogue import Dish
from model_artifacts.assistants.default.actions.menu import Order, dishes_called, size_of, toppings_of
from model_artifacts.assistants.default.actions.order import order_number
from tests.unit.default_assistant.talk import NOW, Alone, Talk

CONFIRMED = {
    "dish": "Naan",
    "size": "regular",
    "restaurant": "Bombay Garden",
    "address": "1 Old Road",
    "order_confirmed": True,
}
"""An order that a person has said yes to."""

PIZZA = Dish(
    "Napoli", ("italian", "pizza"), "Margherita", (("small", 850), ("large", 1250)), ("olives", "extra cheese")
)
SALAMI = replace(PIZZA, name="Salami Pizza")
NAAN = Dish("Bombay", ("indian", "bread"), "Naan", (("regular", 280),), ())
DISHES = (PIZZA, SALAMI, NAAN)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("margherita", ["Margherita"]),
        ("Margheritas", ["Margherita"]),
        ("margarita", ["Margherita"]),
        ("salami", ["Salami Pizza"]),
        ("pizza", ["Salami Pizza", "Margherita"]),
        ("margherita pizzas", ["Margherita"]),
        ("italian salami pizza", ["Salami Pizza"]),
        ("naan bread", ["Naan"]),
        ("indian food", ["Naan"]),
        ("schnitzel", []),
        ("", []),
    ],
)
def test_dishes_are_found_as_people_name_them(asked: str, names: list[str]) -> None:
    assert [dish.name for dish in dishes_called(DISHES, asked)] == names


@pytest.mark.parametrize(
    ("asked", "size"),
    [("large", "large"), ("BIG", "large"), ("a", None), ("medium", None), ("little", "small"), ("small one", "small")],
)
def test_sizes_are_those_of_the_menu(asked: str, size: str | None) -> None:
    assert size_of(PIZZA, asked) == size


def test_the_middle_size_is_the_regular_one_where_there_is_no_other() -> None:
    burger = replace(PIZZA, prices=(("regular", 890), ("large", 1140)))
    assert (size_of(burger, "medium"), size_of(burger, "small")) == ("regular", "regular")


def test_toppings_that_cannot_be_had_are_told_apart() -> None:
    assert toppings_of(PIZZA, ["olive", "pineapple", "Olives", "cheese"]) == (
        ("olives", "extra cheese"),
        ("pineapple",),
    )
    assert toppings_of(NAAN, ["olives"]) == ((), ("olives",))


def test_the_price_is_that_of_size_toppings_and_quantity(alone: Alone) -> None:
    order = Order(PIZZA, "large", 2, ("olives", "extra cheese"))
    assert order.cents == 2 * (1250 + 2 * 100)
    assert alone.spoken(order.spoken) == "2 x Margherita (large) with olives and extra cheese from Napoli"
    assert alone.spoken(Order(NAAN, "regular").spoken) == "1 x Naan from Bombay"
    assert order.price == 29.0


@pytest.mark.parametrize(
    ("said", "number"),
    [("2", 2), ("two", 2), ("x2", 2), ("2x", 2), ("a couple of", 2), ("12", 12), ("many", None), ("", None)],
)
def test_quantities_are_understood(said: str, number: int | None) -> None:
    assert read_number(said) == number


def test_the_order_number_belongs_to_the_message() -> None:
    call = Call("action_order_food", "s", "rest:s", "rest:m1", NOW)
    assert order_number(call) == order_number(replace(call, now=NOW))
    assert order_number(call) != order_number(replace(call, message="rest:m2"))


def test_an_order_that_comes_twice_has_one_number(alone: Alone) -> None:
    alone.slots |= CONFIRMED
    kept = dict(alone.slots)
    first = alone.run("action_order_food", "yes")
    alone.slots, alone.calls = kept, 0
    assert alone.run("action_order_food", "yes") == first


def test_an_order_is_forgotten_once_it_is_placed_but_for_the_next_time(alone: Alone) -> None:
    alone.slots |= CONFIRMED
    alone.run("action_order_food", "yes")
    assert all(alone.slots[name] is None for name in ("dish", "size", "address", "order_confirmed", "order_summary"))
    assert alone.slots["last_order"]["dish"] == "Naan"
    assert "From the same kitchen" in alone.words("action_recommend", "what should I eat?")


def test_an_order_whose_parts_are_gone_is_not_placed(alone: Alone) -> None:
    alone.slots |= {"dish": "Unicorn", "order_confirmed": True}
    assert "Let us start again" in alone.words("action_order_food", "yes")


def validated(alone: Alone, text: str = "", **slots: object) -> tuple[str, dict[str, object]]:
    """What the validation says of these candidates, and the slots that it sets."""
    alone.slots |= slots
    result = alone.actions["validate_order_food_form"](
        Call(
            action="validate_order_food_form",
            sender="s",
            conversation="rest:s",
            message="rest:m",
            now=NOW,
            slots=alone.slots,
            latest_message={"text": text, "intent": {"name": "inform"}, "entities": []},
            events=(
                {"event": "action", "name": "order_food_form"},
                *({"event": "slot", "name": name, "value": value} for name, value in slots.items()),
            ),
            active_loop="order_food_form",
            assets=alone.assets,
        )
    )
    return (
        " ".join(alone.render(result)),
        {str(event["name"]): event["value"] for event in result.events},
    )


def test_a_validation_without_anything_new_changes_nothing(alone: Alone) -> None:
    assert validated(alone) == ("", {})
    alone.slots |= {"dish": "Naan", "size": "regular", "restaurant": "Bombay Garden"}
    assert validated(alone) == ("", {})


def test_a_dish_that_is_not_on_the_menus_is_asked_for_again_with_what_comes_near(alone: Alone) -> None:
    said, slots = validated(alone, dish="pad tai noodels deluxe")
    assert "I do not find that on the menus." in said
    assert slots["dish"] is None
    assert "Pad Thai" in slots["dish_choices"]  # type: ignore[operator]


def test_a_dish_of_another_restaurant_says_which_one_has_it(alone: Alone) -> None:
    said, slots = validated(alone, dish="margherita", restaurant="golden wok")
    assert said == "Golden Wok does not have that, but Napoli Corner does."
    assert slots["restaurant"] == "Napoli Corner"


def test_a_restaurant_that_nobody_knows_is_said(alone: Alone) -> None:
    said, slots = validated(alone, restaurant="Chez Nous")
    assert "I know no restaurant Chez Nous." in said
    assert slots["restaurant"] is None


def test_a_size_that_the_dish_does_not_come_in_says_which_there_are(alone: Alone) -> None:
    said, slots = validated(alone, dish="Margherita", size="gigantic")
    assert "Margherita comes in small, medium or large." in said
    assert slots["size"] is None


@pytest.mark.parametrize("address", ["12 Baker Street", "The Old Mill, Church Lane", " 5  Elm Avenue "])
def test_addresses_are_taken(alone: Alone, address: str) -> None:
    said, slots = validated(alone, address, address=address)
    assert (said, slots["address"]) == ("", " ".join(address.split()))


@pytest.mark.parametrize("quantity", ["0", "21", "lots"])
def test_a_quantity_out_of_bounds_is_said(alone: Alone, quantity: str) -> None:
    said, slots = validated(alone, quantity=quantity)
    assert "1 to 20 portions" in said
    assert slots["quantity"] is None


def test_the_menu_of_a_restaurant_is_read_out(alone: Alone) -> None:
    alone.slots["restaurant"] = "Sakura House"
    assert "Sakura House has Salmon Nigiri" in alone.words("action_ask_dish")


def test_sizes_are_asked_for_with_their_prices(alone: Alone) -> None:
    alone.slots |= {"dish": "Margherita", "restaurant": "Napoli Corner"}
    button = alone.run("action_ask_size").responses[0]["buttons"][0]
    assert (alone.spoken(button["title"]), button["payload"]) == ("small €8.50", '/inform{"size": "small"}')


def test_an_order_that_was_placed_is_named_where_it_can_no_longer_be_cancelled(conversation: Talk) -> None:
    assert "nothing to cancel" in conversation.hear("cancel", "cancel it")
    conversation.say("order_food", "naan to 1 Old Road", dish="naan", address="1 Old Road")
    conversation.say("affirm", "yes")
    assert "1 x Naan from Bombay Garden, €2.80) is with the restaurant" in conversation.hear(
        "cancel", "can I cancel it?"
    )


@pytest.mark.parametrize("number", [{"quantity": "2"}, {}])
def test_number_and_size_beside_a_dish_that_was_asked_for_are_no_part_of_its_name(
    conversation: Talk, number: dict[str, str]
) -> None:
    conversation.say("order_food", "pizza", dish="pizza")
    conversation.say("inform", "2 large pepperoni pizzas", size="large", dish="pepperoni pizzas", **number)
    told = conversation.hear("inform", "1 Old Road", address="1 Old Road")
    assert "2 x Pepperoni Pizza (large) from Napoli Corner to 1 Old Road" in told


def test_a_dish_of_several_is_cancelled_alone(conversation: Talk) -> None:
    conversation.say("order_food", "naan and margherita, large", dish=["naan", "margherita"], size="large")
    assert conversation.hear("cancel", "cancel the naan").startswith("All right, no Naan.")
    told = conversation.hear("inform", "1 Old Road", address="1 Old Road")
    assert "1 x Margherita (large) from Napoli Corner to 1 Old Road" in told
    assert "Naan" not in told


@pytest.mark.parametrize("said", ["cancel the pizza", "forget the margherita", "cancel it", "cancel the order please"])
def test_an_order_of_one_dish_is_cancelled_by_its_name_as_well(conversation: Talk, said: str) -> None:
    conversation.say("order_food", "margherita", dish="margherita")
    assert "I dropped the order" in conversation.hear("cancel", said)


def test_whoever_cancels_a_dish_that_was_not_ordered_is_asked(conversation: Talk) -> None:
    conversation.say("order_food", "margherita", dish="margherita")
    assert conversation.hear("cancel", "remove the fries") == "Shall I drop the order?"
    assert "Which size of Margherita?" in conversation.hear("deny", "no")
    assert conversation.hear("cancel", "remove the fries") == "Shall I drop the order?"
    assert "I dropped the order" in conversation.hear("affirm", "yes")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("something vegetarian", "That is vegetarian: Vegetarian Pizza, Veggie Burger, Vegan Burger"),
        ("what's vegan?", "That is vegan: Vegan Burger, Edamame"),
        ("the cheapest soup", "The cheapest is Miso Soup."),
        ("what is the cheapest thing you have?", "The cheapest are Naan, Fries, Miso Soup, Edamame and Spring Rolls."),
        ("can I have a coke?", "I find no coke on the menus, so that is left out."),
        ("add a root beer please", "I find no root beer on the menus"),
        ("the blue one", "I could not fit that into your order."),
    ],
)
def test_who_does_not_know_the_menus_is_told_of_them(conversation: Talk, said: str, told: str) -> None:
    conversation.say("order_food", "order food")
    assert told in conversation.hear("inform", said)


def test_the_cheapest_is_the_cheapest_of_what_was_offered(conversation: Talk) -> None:
    conversation.say("order_food", "a pizza", dish="pizza")
    assert "The cheapest is Margherita." in conversation.hear("inform", "the cheapest one")
    assert "Margherita (large)" in conversation.hear(
        "inform", "large to 1 Elm Road", size="large", address="1 Elm Road"
    )


def test_help_in_an_order_tells_where_to_order_from(conversation: Talk) -> None:
    conversation.say("order_food", "order food")
    assert "Napoli Corner (Margherita), Burger Barn" in conversation.hear("help", "what do you have?")
    conversation.say("inform", "from Green Bowl", restaurant="Green Bowl")
    assert "Green Bowl has Buddha Bowl" in conversation.hear("help", "what's on the menu?")


def test_a_slip_in_the_name_beside_what_it_is_is_understood(conversation: Talk) -> None:
    assert "Which size of Margherita?" in conversation.hear("order_food", "pizza margarita", dish="pizza margarita")

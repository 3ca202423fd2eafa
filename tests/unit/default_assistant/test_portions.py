"""Several portions in one message, and what is said of all dishes at once."""

import pytest

from tests.unit.default_assistant.talk import Talk


@pytest.mark.parametrize(
    ("said", "sizes", "told"),
    [
        (
            "two margheritas, one large and one small",
            ("large", "small"),
            ("1 x Margherita (large)", "1 x Margherita (s"),
        ),
        ("2 large margheritas, 3 small", ("large", "small"), ("2 x Margherita (large)", "3 x Margherita (small)")),
        ("a large and a medium of margheritas", ("large", "medium"), ("1 x Margherita (large)", "1 x Margherita (m")),
    ],
)
def test_two_sizes_of_one_dish_are_two_items(
    conversation: Talk, said: str, sizes: tuple[str, ...], told: tuple[str, ...]
) -> None:
    conversation.say("order_food", said, dish="margheritas", size=sizes)
    summary = conversation.hear("inform", "to 1 Elm Road", address="1 Elm Road")
    assert all(one in summary for one in told), summary


def test_a_size_that_corrects_another_is_one_item(conversation: Talk) -> None:
    conversation.say("order_food", "a small margherita, no wait, a large", dish="margherita", size=("small", "large"))
    assert " and " not in conversation.hear("inform", "to 1 Elm Road", address="1 Elm Road")


def test_what_is_said_of_all_dishes_is_true_of_each(conversation: Talk) -> None:
    conversation.say("order_food", "margherita and calzone", dish=("margherita and calzone",))
    conversation.say("inform", "all large", size="large")
    summary = conversation.hear("inform", "to 1 Elm Road", address="1 Elm Road")
    assert "1 x Margherita (large) from Napoli Corner and 1 x Calzone (large)" in summary
    assert "2 x Margherita (large) from Napoli Corner and 2 x Calzone (large)" in conversation.hear(
        "inform", "two of each", quantity="2"
    )
    mushrooms = conversation.hear("inform", "both with mushrooms", topping="mushrooms")
    assert mushrooms.count("with mushrooms") == 2


def test_another_portion_goes_to_the_dish_that_is_named(conversation: Talk) -> None:
    conversation.say("order_food", "naan and lentil dal", dish=("naan and lentil dal",))
    conversation.say("inform", "small", size="small")
    conversation.say("inform", "to 1 Elm Road", address="1 Elm Road")
    assert "2 x Naan from Bombay Garden and 1 x Lentil Dal" in conversation.hear("another_one", "another naan")

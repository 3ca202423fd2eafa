"""The menus: which dish is meant, in which sizes it comes, and what an order costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.actions.fulfilment import join_words, offer
from functions.actions.matching import LIKE, closest, likeness, plain, words

from .catalogue import Dish

TOPPING_CENTS = 100
"""What one topping costs on one portion."""
MOST = 20
"""Portions in one order; whoever wants more should talk to the restaurant."""

SIZES = {
    "small": "small",
    "little": "small",
    "mini": "small",
    "tiny": "small",
    "smallest": "small",
    "sml": "small",
    "s": "small",
    "medium": "medium",
    "middle": "medium",
    "mid": "medium",
    "m": "medium",
    "med": "medium",
    "medum": "medium",
    "regular": "regular",
    "normal": "regular",
    "standard": "regular",
    "single": "regular",
    "large": "large",
    "lrg": "large",
    "lge": "large",
    "larg": "large",
    "big": "large",
    "biggest": "large",
    "largest": "large",
    "huge": "large",
    "xl": "large",
    "extra large": "large",
    "family": "large",
    "family sized": "large",
    "l": "large",
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order that can be placed."""

    dish: Dish
    size: str
    quantity: int = 1
    toppings: tuple[str, ...] = ()

    @property
    def cents(self) -> int:
        each = dict(self.dish.prices)[self.size] + TOPPING_CENTS * len(self.toppings)
        return each * self.quantity

    @property
    def spoken(self) -> str:
        """ "2 x Margherita (large) with basil and olives from Napoli Corner"."""
        size = f" ({self.size})" if len(self.dish.prices) > 1 else ""
        toppings = f" with {join_words(self.toppings)}" if self.toppings else ""
        return f"{self.quantity} x {self.dish.name}{size}{toppings} from {self.dish.restaurant}"


def dish_buttons(names: Sequence[str]) -> list[dict[str, str]]:
    return [offer(name, "inform", dish=name) for name in names]


def money(cents: int) -> str:
    return f"€{cents // 100}.{cents % 100:02}"


def dishes_called(dishes: Sequence[Dish], asked: str) -> list[Dish]:
    """The dishes that `asked` may mean: one where the name is clear, several for "pizza" or "indian", or none."""
    exact = [dish for dish in dishes if _same(asked, dish.name)]
    if exact:
        return exact
    said = {word.removesuffix("s") for word in words(asked)} - {"food", "dish", "some", "portion"}
    tagged = [dish for dish in dishes if said and said <= {tag.removesuffix("s") for tag in dish.tags}]
    whole = [dish for dish in dishes if said and said <= {word.removesuffix("s") for word in words(dish.name)}]
    if tagged or whole:
        return list(dict.fromkeys([*whole, *tagged]))
    scored = [(likeness(asked, dish.name), dish) for dish in dishes]
    top = max((score for score, _ in scored), default=0.0)
    return [dish for score, dish in scored if top >= LIKE and score >= max(LIKE, top - 0.03)]


def restaurant_called(dishes: Sequence[Dish], asked: str) -> str | None:
    """The restaurant's name in full, or None where there is none of that name."""
    near = closest(asked, (dish.restaurant for dish in dishes), 1)
    return near[0] if near and likeness(asked, near[0]) >= LIKE else None


def size_of(dish: Dish, asked: str) -> str | None:
    """The size of this dish that is meant; None where it comes in no such size.

    Menus differ: a "medium" one is the regular one where there are only regular and large.
    """
    offered = [size for size, _ in dish.prices]
    wanted = SIZES.get(plain(asked).removesuffix(" one").removesuffix(" size"))
    if wanted is None:
        return None
    if wanted in offered:
        return wanted
    if wanted == "small":
        return offered[0]
    if wanted == "large":
        return offered[-1]
    return next((size for size in ("regular", "medium") if size in offered), None)


def toppings_of(dish: Dish, asked: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The toppings that can be had on this dish, and those that cannot."""
    had, missing = [], []
    for name in asked:
        near = closest(name, dish.toppings, 1)
        if near and likeness(name, near[0]) >= LIKE:
            had.append(near[0])
        else:
            missing.append(name)
    return tuple(dict.fromkeys(had)), tuple(missing)


def _same(asked: str, name: str) -> bool:
    """Whether it is that very dish, singular or plural."""
    one, other = plain(asked), plain(name)
    return one == other or one.removesuffix("s") == other.removesuffix("s")

"""The menus: which dish is meant, in which sizes it comes, and what an order costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.actions.fulfilment import Said, join_parts, offer, part
from functions.actions.matching import LIKE, find_closest, normalise_name, score_similarity, split_name
from shared.events.wire import JSON

from .catalogue import Dish
from .naming import name_value

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
OTHERS = {
    "small": "klein kleine kleinen kleines kleiner pequeño pequeña "
    "chico chica petit petite piccola piccolo pequeno pequena",
    "medium": "mittel mittlere mittleren mittleres mediano mediana moyen moyenne media medio médio média",
    "regular": "normale normalen normales normaler simple einfach einfache classica klassisch regolare",
    "large": "groß grosse große großen großes großer grande gran riesig riesige grosso géant maxi familiar familiale",
}
SIZES |= {normalise_name(word): size for size, words in OTHERS.items() for word in words.split()}
"""In the other languages, too; without accents, as names are compared."""


_MORE = (
    "another one more of those these that the same again please pls thanks add make it and too also as well i id we "
    "like want would have can could get order a an me us portion portions piece give bring just yes ok oh "
    "noch ein eine einen eins mehr bitte dazu davon auch und ich möchte will hätte gern gerne ja "
    "otro otra uno una más por favor también quiero y de lo mismo ración sí pon ponme "
    "un une autre encore plus s'il vous te plaît aussi et je veux voudrais oui même "
    "altro altra ancora più anche per favore e vorrei voglio porzione sì stesso stessa "
    "outro outra mais um uma também quero queria sim mesmo mesma porção"
)
ONE_MORE = frozenset(normalise_name(word) for word in _MORE.split())
"""Words of which a wish for one portion more is made, in six languages; "another size" is none."""

NO_NAMES = frozenset(("food", "dish", "some", "portion", "something", "anything", "etwas", "algo", "qualcosa"))
"""Words beside a dish or a kind that name none."""


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
    def price(self) -> float:
        """In euros."""
        return self.cents / 100

    @property
    def spoken(self) -> Said:
        """ "2 x Margherita (large) with basil and olives from Napoli Corner"."""
        parts: list[Said] = [f"{self.quantity} x {self.dish.name}"]
        if len(self.dish.prices) > 1:
            parts.append(join_parts(["(", name_value(self.size), ")"], ""))
        if self.toppings:
            parts.append(part("utter_part_toppings", toppings=list(self.toppings)))
        return join_parts([*parts, part("utter_part_from", restaurant=self.dish.restaurant)])


def tags_of(dish: Dish) -> frozenset[str]:
    """Its kinds; what is vegan is vegetarian, too."""
    return frozenset(dish.tags) | ({"vegetarian"} if "vegan" in dish.tags else set())


def cheapest_price(dish: Dish) -> int:
    """In cents, of its cheapest size."""
    return min(cents for _, cents in dish.prices)


def dish_buttons(names: Sequence[str]) -> list[dict[str, JSON]]:
    return [offer(name, "inform", dish=name) for name in names]


def dishes_called(dishes: Sequence[Dish], asked: str) -> list[Dish]:
    """The dishes that `asked` may mean: one where the name is clear, several for "pizza" or "indian", or none."""
    exact = [dish for dish in dishes if _same(asked, dish.name)]
    if exact:
        return exact
    said = {word.removesuffix("s") for word in split_name(asked)} - NO_NAMES
    kinds = {dish: {tag.removesuffix("s") for tag in tags_of(dish)} for dish in dishes}
    names = {dish: {word.removesuffix("s") for word in split_name(dish.name)} for dish in dishes}
    tagged = [dish for dish in dishes if said and said <= kinds[dish]]
    whole = [dish for dish in dishes if said and said <= names[dish]]
    if tagged or whole:
        return list(dict.fromkeys([*whole, *tagged]))
    # "Margherita pizza": by its name and by what it is.
    if both := [dish for dish in dishes if said & names[dish] and said <= names[dish] | kinds[dish]]:
        return both
    # "Pizza margarita": a slip in the name beside what it is.
    scored = [(score_similarity(" ".join(_name_words(asked, dish)), dish.name), dish) for dish in dishes]
    top = max((score for score, _ in scored), default=0.0)
    return [dish for score, dish in scored if top >= LIKE and score >= max(LIKE, top - 0.03)]


def _name_words(asked: str, dish: Dish) -> list[str]:
    """The words that are to be its name: without those for what it is, where others are left."""
    words = normalise_name(asked).split()
    return [word for word in words if word.removesuffix("s") not in tags_of(dish)] or words


def restaurant_called(dishes: Sequence[Dish], asked: str) -> str | None:
    """The restaurant's name in full, or None where there is none of that name."""
    near = find_closest(asked, (dish.restaurant for dish in dishes), 1)
    return near[0] if near and score_similarity(asked, near[0]) >= LIKE else None


def size_of(dish: Dish, asked: str) -> str | None:
    """The size of this dish that is meant; None where it comes in no such size.

    Menus differ: a "medium" one is the regular one where there are only regular and large.
    """
    offered = [size for size, _ in dish.prices]
    wanted = SIZES.get(normalise_name(asked).removesuffix(" one").removesuffix(" size"))
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
        near = find_closest(name, dish.toppings, 1)
        if near and score_similarity(name, near[0]) >= LIKE:
            had.append(near[0])
        else:
            missing.append(name)
    return tuple(dict.fromkeys(had)), tuple(missing)


def _same(asked: str, name: str) -> bool:
    """Whether it is that very dish, singular or plural."""
    one, other = normalise_name(asked), normalise_name(name)
    return one == other or one.removesuffix("s") == other.removesuffix("s")

"""Components and policies of config.yml that mean nothing here, in the words of `task import`."""

from collections.abc import Iterator

from model_artifacts.training.dialogue.documents import Items, Object
from model_artifacts.training.dialogue.problems import Place, Problem
from model_artifacts.training.importing.configuration import COMPONENTS, POLICIES, fate_of_component
from model_artifacts.training.validating.keys import meant


def meaningless(config: Object) -> Iterator[Problem]:
    """A warning for each component that is not here. Policies that are not are named by the compiler."""
    pipeline = config.get("pipeline")
    if not isinstance(pipeline, Items):
        return
    for item, place in zip(pipeline, pipeline.items_at, strict=True):
        name = str(item.get("name") or "") if isinstance(item, Object) else str(item)
        if isinstance(item, Object) and not name:
            yield Problem(place, "each component begins with `- name: ...`")
            continue
        short = name.rsplit(".", 1)[-1]
        fate, text = fate_of_component(short)
        if fate == "not":
            guess = meant(short, (*COMPONENTS, *POLICIES)) if short not in COMPONENTS else ""
            yield Problem(_at(item, place), f"{short}: {text}{guess}", "warning")


def _at(item: object, place: Place) -> Place:
    return item.at("name") if isinstance(item, Object) else place

"""What a Google Chat event says: words without the mention of the app, forms, commands, thread and files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.channels.reading import (
    choose_attachment_type,
    cut,
    format_timestamp,
    pick,
    read_identifier,
    read_integer,
    read_objects,
    read_string,
    refer_to_attachment,
    units_to_index,
    values_of,
)
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

HOSTS = ("chat.google.com", "chat.googleapis.com", "lh3.googleusercontent.com", "drive.google.com")


def parameters_of(document: dict[str, JSON]) -> dict[str, JSON]:
    """The parameters of a button in the older form, a list of keys and values."""
    return {
        read_string(item, "key"): read_string(item, "value") for item in read_objects(document, "action", "parameters")
    }


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a message came."""

    clicked: bool = False
    time: str = ""
    command: str = ""
    """The id of a command that was chosen."""
    pushed: bool = False
    """By Pub/Sub, which brings everything that is said; else Google sends only what is for the app."""


def is_direct(event: JSON, message: JSON) -> bool:
    spaces = (pick(event, "space"), pick(message, "space"))
    return any(
        read_string(space, "type") == "DM"
        or read_string(space, "spaceType") == "DIRECT_MESSAGE"
        or pick(space, "singleUserBotDm") is True
        for space in spaces
    )


def thread_of(event: JSON, message: JSON) -> str:
    """The thread that the answer goes to. Between two people, and in a space without threads, each message has one of
    its own, which is none to people; only a reply is in a thread there."""
    spaces = (pick(event, "space"), pick(message, "space"))
    flat = any(read_string(space, "spaceThreadingState") == "UNTHREADED_MESSAGES" for space in spaces)
    if (flat or is_direct(event, message)) and pick(message, "threadReply") is not True:
        return ""
    return read_string(message, "thread", "name")


def metadata_of(message: JSON, common: JSON, how: Circumstances) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    if form := form_of(common):
        found["form"] = form
    for annotation in read_objects(message, "annotations"):
        if command := read_string(annotation, "slashCommand", "commandName"):
            found["command"] = command
    if "command" not in found and (number := how.command or read_identifier(message, "slashCommand", "commandId")):
        found["command"] = f"/{number}"
    return found


def form_of(common: JSON) -> dict[str, JSON]:
    """What was filled in and chosen on a card, by the name of each input: a text, or a list of them."""
    inputs = pick(common, "formInputs")
    found: dict[str, JSON] = {}
    for name, given in inputs.items() if isinstance(inputs, dict) else ():
        # Add-ons wrap each input once more, in an object with an empty name.
        given = pick(given, "") or given
        values = pick(given, "stringInputs", "value")
        chosen = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
        for key in ("dateInput", "dateTimeInput"):
            if milliseconds := read_identifier(given, key, "msSinceEpoch"):
                time = (
                    format_timestamp(int(milliseconds) / 1000) if re.fullmatch(r"-?[0-9]{1,15}", milliseconds) else None
                )
                chosen += [time[:10] if key == "dateInput" else time] if time else []
        hours, minutes = read_integer(given, "timeInput", "hours"), read_integer(given, "timeInput", "minutes")
        if hours is not None or minutes is not None:
            chosen.append(f"{hours or 0:02}:{minutes or 0:02}")
        if chosen:
            found[name] = chosen[0] if len(chosen) == 1 else list(chosen)
    return found


def chosen_value(common: JSON) -> str:
    """What a button carries, else what was filled in with it, else the button's function."""
    for path in (("parameters", "payload"), ("parameters", "actionId")):
        if found := read_string(common, *path).strip():
            return found
    return values_of(form_of(common)) or read_string(common, "invokedFunction").strip()


def text_of(message: JSON) -> str:
    """What was said to the app: without its mention, which Google leaves out itself in argumentText."""
    if argument := read_string(message, "argumentText").strip():
        return argument
    return cut(read_string(message, "text"), list(mention_spans(message)))


def mention_spans(message: JSON) -> Iterator[tuple[int, int]]:
    """Where the text names an app, in characters, and where it has its slash command, which is told apart."""
    text = read_string(message, "text")
    for annotation in read_objects(message, "annotations"):
        start, length = pick(annotation, "startIndex") or 0, pick(annotation, "length")
        bot = read_string(annotation, "userMention", "user", "type") == "BOT"
        command = pick(annotation, "slashCommand") is not None
        if (bot or command) and type(start) is int and type(length) is int and 0 <= start <= start + length <= 2**20:
            # Google does not say what it counts; where it is no `@` in characters it is one in UTF-16.
            plain = text[start : start + 1] in ("@", "/")
            span = (
                (start, start + length) if plain else tuple(units_to_index(text, at) for at in (start, start + length))
            )
            if span[1] <= len(text):
                yield span[0], span[1]


def attachments_of(message: JSON) -> Iterator[Attachment]:
    """Files and GIFs of a message; what has an address is named by it."""
    for moving in read_objects(message, "attachedGifs"):
        if address := read_string(moving, "uri"):
            yield refer_to_attachment("image", address, HOSTS)
    for file in (*read_objects(message, "attachment"), *read_objects(message, "attachments")):
        content_type, named = read_string(file, "contentType"), read_string(file, "contentName") or None
        resource, address = read_string(file, "attachmentDataRef", "resourceName"), read_string(file, "downloadUri")
        if resource:
            yield Attachment(choose_attachment_type(content_type), resource, named, content_type or None)
        elif address:
            yield refer_to_attachment(
                choose_attachment_type(content_type), address, HOSTS, name=named, content_type=content_type or None
            )

"""Settings that several channels have, and what a channel reads of them."""

from typing import Literal

from shared.channels.port import DELIVERY, GATEWAY, Setting, Settings
from shared.errors import Unavailable


def make_markdown_setting() -> Setting:
    """The setting of a channel whose platform has marks of its own."""
    words = "whether Markdown in replies becomes its own marks: `yes`, or `no` where those are written already."
    return Setting("markdown", words, DELIVERY, default="yes")


def reads_markdown(settings: Settings) -> Literal["spans", "as it is"]:
    """How the parts of replies are to be read under that setting."""
    return "as it is" if settings.get("markdown") == "no" else "spans"


def make_start_text_setting(doc: str) -> Setting:
    """The setting of a channel that says what is understood where somebody comes, or calls, and says nothing."""
    return Setting("start_text", f"what is understood when somebody {doc}.", GATEWAY, default="/greet")


def read_start_text(settings: Settings) -> str:
    return settings.get("start_text") or "/greet"


GRANULARITIES = ("sender", "channel", "thread")


def make_granularity_setting(doc: str) -> Setting:
    """The setting of a channel with threads that says what one conversation is, by its name in Rasa."""
    words = f"what one conversation is: a `sender`, a sender in a `channel`, or in a `thread` ({doc})."
    return Setting("conversation_granularity", words, GATEWAY, default="thread")


def make_groups_setting(doc: str) -> Setting:
    """The setting of a channel with groups that says what in them is for the assistant."""
    words = f"what the assistant answers in groups: `addressed` ({doc}), or `all`."
    return Setting("groups", words, GATEWAY, default="addressed")


def conversation_sender(settings: Settings, sender: str, channel: str, thread: str) -> str:
    """Who speaks, as precisely as the setting says: `sender`, `channel.sender` or `channel.sender.thread`.

    Unavailable where it is none of these.
    """
    found = settings.get("conversation_granularity") or "thread"
    if found not in GRANULARITIES:
        raise Unavailable(f"CONVERSATION_GRANULARITY must be one of {', '.join(GRANULARITIES)}, not {found!r}")
    parts = {"sender": (sender,), "channel": (channel, sender), "thread": (channel, sender, thread)}[found]
    return ".".join(part for part in parts if part)

"""What a person is told whose recording does not become text; a domain says it in its own words."""

from collections.abc import Mapping

from shared.events.catalogue import RepliesDecided, Reply, SpeechReceived, TurnSummary

ANSWERS: Mapping[str, str] = {
    "silence": "I could not hear anything in that recording. Could you say it again, or write it?",
    "unclear": "Sorry, I did not catch that. Could you say it again, or write it?",
    "too_long": "That recording is too long for me: I listen to one minute at most. Could you say it in fewer words?",
    "too_large": "That recording is too large for me: I take 10 MB at most. Could you say it in fewer words?",
    "unreadable": "I could not play that recording; it may be damaged, or of a kind that I do not know. "
    "Could you send it again, or write it?",
    "video": "I can listen to voice messages, but I cannot watch videos. Could you say it, or write it?",
    "gone": "That recording is not there any more. Could you send it again, or write it?",
    "deaf": "I cannot listen to voice messages here, I am afraid. Could you write it?",
}
"""By reason. A domain's response `utter_speech_<reason>` takes the place of a text, see speech.json."""


def answer(heard: SpeechReceived, message: str, reason: str, said: Mapping[str, str]) -> RepliesDecided:
    """The reply, as a turn of its own: nothing is recorded of it, for nothing is known of what was said."""
    return RepliesDecided(
        sender=heard.sender,
        replies=(Reply(text=said.get(reason) or ANSWERS[reason], response=f"utter_speech_{reason}"),),
        turn=TurnSummary(message=message, replies=1, speech=reason, started_at=heard.sent_at),
        locale=heard.locale,
        address=heard.address,
    )

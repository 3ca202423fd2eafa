"""English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "utter_action_failed": "Sorry, something went wrong on my side. Please try that again.",
    "utter_late": "Sorry that this answer comes so late: something was out of order here.",
    "utter_noted": "All right: {noted}.",
    "utter_left_out": "All right, no {noted}.",
    "utter_confirm": "Shall I go ahead ({action})?",
    "utter_ask_change": "What shall I change?",
    "utter_declined": "All right, I will not.",
    "utter_first_this": "One at a time: first {first}, then {later}.",
    "utter_now_that": "Now {later}:",
    "utter_left_that": "I left {later}, too.",
    "utter_answer": "{answer}\n\nSource: {source}",
    "utter_which_answer": "There is more than one thing about that. Which do you mean?",
    "utter_not_in_documents": "That is not in my documents.",
    "utter_speech_silence": "I could not hear anything in that recording. Could you say it again, or write it?",
    "utter_speech_noise": "I could not hear anybody speak in that recording. Could you say it again, or write it?",
    "utter_speech_noisy": "It is loud around you, and I did not catch that. "
    "Could you say it again, closer to the microphone, or write it?",
    "utter_speech_unclear": "Sorry, I did not catch that. Could you say it again, or write it?",
    "utter_speech_did_you_say": "I am not sure that I heard you right. Did you say:",
    "utter_speech_too_long": "That recording is too long for me: I listen to one minute at most. Could you say "
    "it in fewer "
    "words?",
    "utter_speech_too_large": "That recording is too large for me: I take 10 MB at most. Could you say it in "
    "fewer words?",
    "utter_speech_unreadable": "I could not play that recording; it may be damaged, or of a kind that I do not "
    "know. Could you "
    "send it again, or write it?",
    "utter_speech_video": "I can listen to voice messages, but I cannot watch videos. Could you say it, or write it?",
    "utter_speech_gone": "That recording is not there any more. Could you send it again, or write it?",
    "utter_speech_deaf": "I cannot listen to voice messages here, I am afraid. Could you write it?",
    "utter_attachment_image": "I got a picture, but I cannot look at it. Could you write it?",
    "utter_attachment_video": "I got a video, but I cannot watch it. Could you write it?",
    "utter_attachment_audio": "I got a recording, but I cannot listen to it here. Could you write it?",
    "utter_attachment_file": "I got a file, but I cannot open it. Could you write it?",
    "utter_attachment_location": "I got a place on the map, but no address. Could you write it?",
    "utter_attachment_contact": "I got a contact, but I cannot use it. Could you write it?",
    "utter_attachment_link": "I got a link, but I cannot open it. Could you write it?",
    "utter_attachment": "I got something that I cannot open. Could you write it?",
    "utter_language_changed": "All right, let us go on in English.",
    "utter_language_unknown": "I do not speak that language, I am afraid. You can write to me in: {languages}.",
    "ask_affirmation": "Did you mean '{intent}'?",
    "ask_which_several": "I am not sure which of these you mean:",
    "ask_which_one": "Did you mean this?",
    "something_else": "Something else",
    "yes": "Yes",
    "no": "No",
    "more": "More",
    "this": "this",
}

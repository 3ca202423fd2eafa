"""German."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "utter_action_failed": "Entschuldigung, bei mir ist etwas schiefgegangen. Bitte versuch es noch einmal.",
    "utter_late": "Entschuldigung, dass diese Antwort so spät kommt: Hier war etwas gestört.",
    "utter_noted": "In Ordnung: {noted}.",
    "utter_left_out": "In Ordnung, ohne {noted}.",
    "utter_confirm": "Soll ich das tun ({action})?",
    "utter_ask_change": "Was soll ich ändern?",
    "utter_declined": "Gut, dann lasse ich es.",
    "utter_first_this": "Eins nach dem anderen: zuerst {first}, dann {later}.",
    "utter_now_that": "Nun {later}:",
    "utter_left_that": "Auch {later} habe ich gelassen.",
    "utter_answer": "{answer}\n\nQuelle: {source}",
    "utter_which_answer": "Dazu gibt es mehr als eine Antwort. Was meinst du?",
    "utter_not_in_documents": "Das steht nicht in meinen Unterlagen.",
    "utter_speech_silence": "In dieser Aufnahme konnte ich nichts hören. Sagst du es noch einmal, oder "
    "schreibst du es?",
    "utter_speech_noise": "In dieser Aufnahme konnte ich niemanden sprechen hören. "
    "Sagst du es noch einmal, oder schreibst du es?",
    "utter_speech_noisy": "Bei dir ist es laut, und ich habe das nicht verstanden. "
    "Sagst du es näher am Mikrofon noch einmal, oder schreibst du es?",
    "utter_speech_unclear": "Entschuldigung, das habe ich nicht verstanden. Sagst du es noch einmal, oder "
    "schreibst du es?",
    "utter_speech_did_you_say": "Ich bin nicht sicher, ob ich dich richtig gehört habe. Hast du gesagt:",
    "utter_speech_too_long": "Diese Aufnahme ist mir zu lang: Ich höre höchstens eine Minute zu. Geht es in "
    "weniger Worten?",
    "utter_speech_too_large": "Diese Aufnahme ist mir zu groß: Ich nehme höchstens 10 MB. Geht es in weniger Worten?",
    "utter_speech_unreadable": "Ich konnte diese Aufnahme nicht abspielen; sie ist vielleicht beschädigt oder "
    "von einer Art, "
    "die ich nicht kenne. Schickst du sie noch einmal, oder schreibst du es?",
    "utter_speech_video": "Sprachnachrichten kann ich hören, aber Videos nicht ansehen. Sagst oder schreibst du es?",
    "utter_speech_gone": "Diese Aufnahme ist nicht mehr da. Schickst du sie noch einmal, oder schreibst du es?",
    "utter_speech_deaf": "Sprachnachrichten kann ich hier leider nicht hören. Schreibst du es bitte?",
    "utter_attachment_image": "Ich habe ein Bild bekommen, kann es aber nicht ansehen. Schreibst du es bitte?",
    "utter_attachment_video": "Ich habe ein Video bekommen, kann es aber nicht ansehen. Schreibst du es bitte?",
    "utter_attachment_audio": "Ich habe eine Aufnahme bekommen, kann sie hier aber nicht hören. Schreibst du es bitte?",
    "utter_attachment_file": "Ich habe eine Datei bekommen, kann sie aber nicht öffnen. Schreibst du es bitte?",
    "utter_attachment_location": "Ich habe einen Ort auf der Karte bekommen, aber keine Adresse. Schreibst du sie "
    "bitte?",
    "utter_attachment_contact": "Ich habe einen Kontakt bekommen, kann aber nichts damit anfangen. Schreibst du "
    "es bitte?",
    "utter_attachment_link": "Ich habe einen Link bekommen, kann ihn aber nicht öffnen. Schreibst du es bitte?",
    "utter_attachment": "Ich habe etwas bekommen, das ich nicht öffnen kann. Schreibst du es bitte?",
    "utter_language_changed": "Gern, machen wir auf Deutsch weiter.",
    "utter_language_unknown": "Diese Sprache spreche ich leider nicht. Du kannst mir in diesen Sprachen schreiben: "
    "{languages}.",
    "ask_affirmation": "Meintest du „{intent}“?",
    "ask_which_several": "Ich bin nicht sicher, was davon du meinst:",
    "ask_which_one": "Meintest du das?",
    "something_else": "Etwas anderes",
    "yes": "Ja",
    "no": "Nein",
    "more": "Mehr",
    "this": "das",
}

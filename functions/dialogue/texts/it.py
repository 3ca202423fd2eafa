"""Italian."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "utter_action_failed": "Mi dispiace, qualcosa è andato storto da parte mia. Riprova, per favore.",
    "utter_late": "Scusa se questa risposta arriva così tardi: qui qualcosa non funzionava.",
    "utter_noted": "Va bene: {noted}.",
    "utter_left_out": "Va bene, senza {noted}.",
    "utter_confirm": "Procedo ({action})?",
    "utter_ask_change": "Che cosa devo cambiare?",
    "utter_declined": "Va bene, non lo faccio.",
    "utter_first_this": "Una cosa alla volta: prima {first}, poi {later}.",
    "utter_now_that": "Ora {later}:",
    "utter_left_that": "Ho lasciato stare anche {later}.",
    "utter_answer": "{answer}\n\nFonte: {source}",
    "utter_which_answer": "C'è più di una cosa a riguardo. Quale intendi?",
    "utter_not_in_documents": "Questo non c'è nei miei documenti.",
    "utter_speech_silence": "In questa registrazione non ho sentito nulla. Puoi ripeterlo o scriverlo?",
    "utter_speech_noise": "In questa registrazione non ho sentito parlare nessuno. Puoi ripeterlo o scriverlo?",
    "utter_speech_noisy": "C'è rumore intorno a te e non ho capito. "
    "Puoi ripeterlo più vicino al microfono o scriverlo?",
    "utter_speech_unclear": "Scusa, non ho capito. Puoi ripeterlo o scriverlo?",
    "utter_speech_did_you_say": "Non sono sicuro di aver sentito bene. Che cosa hai detto?",
    "utter_speech_too_long": "Questa registrazione è troppo lunga per me: ascolto al massimo un minuto. Puoi "
    "dirlo con meno "
    "parole?",
    "utter_speech_too_large": "Questa registrazione è troppo grande per me: accetto al massimo 10 MB. Puoi "
    "dirlo con meno "
    "parole?",
    "utter_speech_unreadable": "Non sono riuscito a riprodurre questa registrazione; forse è danneggiata, o di "
    "un tipo che non "
    "conosco. Puoi rimandarla o scriverlo?",
    "utter_speech_video": "Posso ascoltare messaggi vocali, ma non guardare video. Puoi dirlo o scriverlo?",
    "utter_speech_gone": "Questa registrazione non c'è più. Puoi rimandarla o scriverlo?",
    "utter_speech_deaf": "Purtroppo qui non posso ascoltare messaggi vocali. Puoi scriverlo?",
    "utter_attachment_image": "Ho ricevuto un'immagine, ma non posso guardarla. Puoi scriverlo?",
    "utter_attachment_video": "Ho ricevuto un video, ma non posso guardarlo. Puoi scriverlo?",
    "utter_attachment_audio": "Ho ricevuto una registrazione, ma qui non posso ascoltarla. Puoi scriverlo?",
    "utter_attachment_file": "Ho ricevuto un file, ma non posso aprirlo. Puoi scriverlo?",
    "utter_attachment_location": "Ho ricevuto un luogo sulla mappa, ma nessun indirizzo. Puoi scriverlo?",
    "utter_attachment_contact": "Ho ricevuto un contatto, ma non posso usarlo. Puoi scriverlo?",
    "utter_attachment_link": "Ho ricevuto un link, ma non posso aprirlo. Puoi scriverlo?",
    "utter_attachment": "Ho ricevuto qualcosa che non posso aprire. Puoi scriverlo?",
    "utter_language_changed": "Va bene, continuiamo in italiano.",
    "utter_language_unknown": "Purtroppo non parlo questa lingua. Puoi scrivermi in: {languages}.",
    "ask_affirmation": "Intendevi «{intent}»?",
    "ask_which_several": "Non sono sicuro di quale di queste cose intendi:",
    "ask_which_one": "Intendevi questo?",
    "something_else": "Qualcos'altro",
    "yes": "Sì",
    "no": "No",
    "more": "Altro",
    "this": "questo",
}

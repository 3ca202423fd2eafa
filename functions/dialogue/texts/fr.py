"""French."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "utter_action_failed": "Désolé, quelque chose s'est mal passé de mon côté. Réessaie, s'il te plaît.",
    "utter_late": "Désolé que cette réponse arrive si tard : quelque chose était en panne ici.",
    "utter_noted": "C'est noté : {noted}.",
    "utter_left_out": "C'est noté, sans {noted}.",
    "utter_confirm": "Est-ce que je continue ({action}) ?",
    "utter_ask_change": "Que faut-il changer ?",
    "utter_declined": "D'accord, je ne le fais pas.",
    "utter_first_this": "Une chose après l'autre : d'abord {first}, puis {later}.",
    "utter_now_that": "Maintenant {later} :",
    "utter_left_that": "J'ai aussi laissé {later}.",
    "utter_answer": "{answer}\n\nSource : {source}",
    "utter_which_answer": "Il y a plus d'une chose à ce sujet. Laquelle veux-tu dire ?",
    "utter_not_in_documents": "Ce n'est pas dans mes documents.",
    "utter_speech_silence": "Je n'ai rien entendu dans cet enregistrement. Peux-tu le redire ou l'écrire ?",
    "utter_speech_noise": "Je n'ai entendu personne parler dans cet enregistrement. Peux-tu le redire ou l'écrire ?",
    "utter_speech_noisy": "Il y a du bruit autour de toi et je n'ai pas compris. "
    "Peux-tu le redire plus près du micro, ou l'écrire ?",
    "utter_speech_unclear": "Désolé, je n'ai pas compris. Peux-tu le redire ou l'écrire ?",
    "utter_speech_did_you_say": "Je ne suis pas sûr d'avoir bien entendu. Qu'as-tu dit ?",
    "utter_speech_too_long": "Cet enregistrement est trop long pour moi : j'écoute une minute au plus. Peux-tu "
    "le dire en "
    "moins de mots ?",
    "utter_speech_too_large": "Cet enregistrement est trop volumineux pour moi : j'accepte 10 Mo au plus. "
    "Peux-tu le dire en "
    "moins de mots ?",
    "utter_speech_unreadable": "Je n'ai pas pu lire cet enregistrement ; il est peut-être endommagé, ou d'un "
    "type que je ne "
    "connais pas. Peux-tu le renvoyer ou l'écrire ?",
    "utter_speech_video": "Je peux écouter des messages vocaux, mais pas regarder de vidéos. Peux-tu le "
    "dire ou l'écrire ?",
    "utter_speech_gone": "Cet enregistrement n'est plus là. Peux-tu le renvoyer ou l'écrire ?",
    "utter_speech_deaf": "Je ne peux malheureusement pas écouter de messages vocaux ici. Peux-tu l'écrire ?",
    "utter_attachment_image": "J'ai reçu une image, mais je ne peux pas la regarder. Peux-tu l'écrire ?",
    "utter_attachment_video": "J'ai reçu une vidéo, mais je ne peux pas la regarder. Peux-tu l'écrire ?",
    "utter_attachment_audio": "J'ai reçu un enregistrement, mais je ne peux pas l'écouter ici. Peux-tu l'écrire ?",
    "utter_attachment_file": "J'ai reçu un fichier, mais je ne peux pas l'ouvrir. Peux-tu l'écrire ?",
    "utter_attachment_location": "J'ai reçu un lieu sur la carte, mais pas d'adresse. Peux-tu l'écrire ?",
    "utter_attachment_contact": "J'ai reçu un contact, mais je ne peux pas m'en servir. Peux-tu l'écrire ?",
    "utter_attachment_link": "J'ai reçu un lien, mais je ne peux pas l'ouvrir. Peux-tu l'écrire ?",
    "utter_attachment": "J'ai reçu quelque chose que je ne peux pas ouvrir. Peux-tu l'écrire ?",
    "utter_language_changed": "D'accord, continuons en français.",
    "utter_language_unknown": "Je ne parle malheureusement pas cette langue. Tu peux m'écrire en : {languages}.",
    "ask_affirmation": "Voulais-tu dire « {intent} » ?",
    "ask_which_several": "Je ne suis pas sûr de ce que tu veux dire :",
    "ask_which_one": "Voulais-tu dire ceci ?",
    "something_else": "Autre chose",
    "yes": "Oui",
    "no": "Non",
    "more": "Plus",
    "this": "ceci",
}

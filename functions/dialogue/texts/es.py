"""Spanish."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "utter_action_failed": "Lo siento, algo ha fallado por mi parte. Inténtalo otra vez, por favor.",
    "utter_late": "Perdona que esta respuesta llegue tan tarde: algo no funcionaba por aquí.",
    "utter_noted": "De acuerdo: {noted}.",
    "utter_left_out": "De acuerdo, sin {noted}.",
    "utter_confirm": "¿Sigo adelante ({action})?",
    "utter_ask_change": "¿Qué cambio?",
    "utter_declined": "De acuerdo, no lo hago.",
    "utter_first_this": "Vamos por partes: primero {first}, luego {later}.",
    "utter_now_that": "Ahora {later}:",
    "utter_left_that": "También he dejado {later}.",
    "utter_answer": "{answer}\n\nFuente: {source}",
    "utter_which_answer": "Hay más de una cosa sobre eso. ¿A cuál te refieres?",
    "utter_not_in_documents": "Eso no está en mis documentos.",
    "utter_speech_silence": "No he podido oír nada en esa grabación. ¿Puedes repetirlo o escribirlo?",
    "utter_speech_noise": "No he oído a nadie hablar en esa grabación. ¿Puedes repetirlo o escribirlo?",
    "utter_speech_noisy": "Hay mucho ruido a tu alrededor y no lo he entendido. "
    "¿Puedes repetirlo más cerca del micrófono o escribirlo?",
    "utter_speech_unclear": "Perdona, no lo he entendido. ¿Puedes repetirlo o escribirlo?",
    "utter_speech_did_you_say": "No sé si te he oído bien. ¿Qué has dicho?",
    "utter_speech_too_long": "Esa grabación es demasiado larga para mí: escucho un minuto como máximo. ¿Puedes "
    "decirlo con "
    "menos palabras?",
    "utter_speech_too_large": "Esa grabación es demasiado grande para mí: acepto 10 MB como máximo. ¿Puedes "
    "decirlo con menos "
    "palabras?",
    "utter_speech_unreadable": "No he podido reproducir esa grabación; puede estar dañada o ser de un tipo que "
    "no conozco. "
    "¿Puedes enviarla otra vez o escribirlo?",
    "utter_speech_video": "Puedo escuchar mensajes de voz, pero no ver vídeos. ¿Puedes decirlo o escribirlo?",
    "utter_speech_gone": "Esa grabación ya no está. ¿Puedes enviarla otra vez o escribirlo?",
    "utter_speech_deaf": "Aquí no puedo escuchar mensajes de voz, lo siento. ¿Puedes escribirlo?",
    "utter_attachment_image": "He recibido una imagen, pero no puedo verla. ¿Puedes escribirlo?",
    "utter_attachment_video": "He recibido un vídeo, pero no puedo verlo. ¿Puedes escribirlo?",
    "utter_attachment_audio": "He recibido una grabación, pero aquí no puedo escucharla. ¿Puedes escribirlo?",
    "utter_attachment_file": "He recibido un archivo, pero no puedo abrirlo. ¿Puedes escribirlo?",
    "utter_attachment_location": "He recibido un lugar en el mapa, pero ninguna dirección. ¿Puedes escribirla?",
    "utter_attachment_contact": "He recibido un contacto, pero no puedo usarlo. ¿Puedes escribirlo?",
    "utter_attachment_link": "He recibido un enlace, pero no puedo abrirlo. ¿Puedes escribirlo?",
    "utter_attachment": "He recibido algo que no puedo abrir. ¿Puedes escribirlo?",
    "utter_language_changed": "Muy bien, sigamos en español.",
    "utter_language_unknown": "Lo siento, no hablo ese idioma. Puedes escribirme en: {languages}.",
    "ask_affirmation": "¿Querías decir «{intent}»?",
    "ask_which_several": "No sé muy bien a cuál de estas cosas te refieres:",
    "ask_which_one": "¿Querías decir esto?",
    "something_else": "Otra cosa",
    "yes": "Sí",
    "no": "No",
    "more": "Más",
    "this": "esto",
}

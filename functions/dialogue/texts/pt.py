"""Portuguese."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "utter_action_failed": "Desculpe, algo correu mal do meu lado. Tente outra vez, por favor.",
    "utter_late": "Desculpe por esta resposta chegar tão tarde: algo não estava a funcionar aqui.",
    "utter_noted": "Certo: {noted}.",
    "utter_left_out": "Certo, sem {noted}.",
    "utter_confirm": "Posso avançar ({action})?",
    "utter_ask_change": "O que devo mudar?",
    "utter_declined": "Está bem, não faço.",
    "utter_first_this": "Uma coisa de cada vez: primeiro {first}, depois {later}.",
    "utter_now_that": "Agora {later}:",
    "utter_left_that": "Também deixei {later}.",
    "utter_answer": "{answer}\n\nFonte: {source}",
    "utter_which_answer": "Há mais de uma coisa sobre isso. Qual delas?",
    "utter_not_in_documents": "Isso não está nos meus documentos.",
    "utter_speech_silence": "Não consegui ouvir nada nessa gravação. Pode repetir ou escrever?",
    "utter_speech_noise": "Não ouvi ninguém falar nessa gravação. Pode repetir ou escrever?",
    "utter_speech_noisy": "Há muito ruído à sua volta e não percebi. Pode repetir mais perto do microfone ou escrever?",
    "utter_speech_unclear": "Desculpe, não percebi. Pode repetir ou escrever?",
    "utter_speech_did_you_say": "Não sei se ouvi bem. O que disse?",
    "utter_speech_too_long": "Essa gravação é longa demais para mim: ouço um minuto no máximo. Pode dizer em "
    "menos palavras?",
    "utter_speech_too_large": "Essa gravação é grande demais para mim: aceito 10 MB no máximo. Pode dizer em "
    "menos palavras?",
    "utter_speech_unreadable": "Não consegui reproduzir essa gravação; pode estar danificada, ou ser de um tipo "
    "que não "
    "conheço. Pode enviá-la outra vez ou escrever?",
    "utter_speech_video": "Posso ouvir mensagens de voz, mas não ver vídeos. Pode dizer ou escrever?",
    "utter_speech_gone": "Essa gravação já não está disponível. Pode enviá-la outra vez ou escrever?",
    "utter_speech_deaf": "Infelizmente não consigo ouvir mensagens de voz aqui. Pode escrever?",
    "utter_attachment_image": "Recebi uma imagem, mas não consigo vê-la. Pode escrever?",
    "utter_attachment_video": "Recebi um vídeo, mas não consigo vê-lo. Pode escrever?",
    "utter_attachment_audio": "Recebi uma gravação, mas não consigo ouvi-la aqui. Pode escrever?",
    "utter_attachment_file": "Recebi um ficheiro, mas não consigo abri-lo. Pode escrever?",
    "utter_attachment_location": "Recebi um lugar no mapa, mas nenhuma morada. Pode escrevê-la?",
    "utter_attachment_contact": "Recebi um contacto, mas não consigo usá-lo. Pode escrever?",
    "utter_attachment_link": "Recebi uma ligação, mas não consigo abri-la. Pode escrever?",
    "utter_attachment": "Recebi algo que não consigo abrir. Pode escrever?",
    "utter_language_changed": "Está bem, vamos continuar em português.",
    "utter_language_unknown": "Infelizmente não falo essa língua. Pode escrever-me em: {languages}.",
    "ask_affirmation": "Quis dizer «{intent}»?",
    "ask_which_several": "Não tenho a certeza de qual destas coisas quer dizer:",
    "ask_which_one": "Era isto que queria dizer?",
    "something_else": "Outra coisa",
    "yes": "Sim",
    "no": "Não",
    "more": "Mais",
    "this": "isto",
}

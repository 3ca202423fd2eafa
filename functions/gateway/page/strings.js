// Every word that the page says, in six languages. `{name}` is filled in. A language that is not here reads English.

const en = {
  ready: "Ready", typing: "Typing…", sending: "Sending…", offline: "Offline",
  hello: "Hello!", begin: "Write a message to begin.",
  message: "Your message", placeholder: "Write a message", send: "Send", tooLong: "{count} characters too many.",
  newConversation: "New conversation", newMessages: "New messages", conversation: "Conversation", choices: "Choices",
  askTitle: "Start a new conversation?", askText: "What was said so far is removed from this device.", cancel: "Cancel", startNew: "Start new",
  you: "You: ", assistant: "Assistant: ", spoken: "spoken: ", voiceMessage: "Voice message, {seconds} s",
  notSent: "Not sent.", notSentBecause: "Not sent: {cause}", late: "No answer came.", tryAgain: "Try again",
  recordingGone: "the recording is gone, please speak again",
  lost: "The connection is lost. Trying again…",
  offlineNotice: "You are offline. What you write is sent when the connection is back.",
  picture: "Picture from the assistant", pictureGone: "A picture could not be shown. ", openIt: "Open it", details: "Details",
  attachment: "Attachment: ", unreadable: "This message cannot be shown.", aLink: "a link", canChoose: "You can choose: {choices}.",
  transcript: "Save the conversation", helpful: "This was helpful", unhelpful: "This was not helpful", close: "Close the chat", open: "Open the chat",
  previous: "Previous", next: "Next", attach: "Attach a file",
  speak: "Speak", sendRecording: "Send the recording", cancelRecording: "Cancel the recording",
  micHint: "Hold to talk (Alt+M), or press once before and once after",
  waitingForMic: "Waiting for the microphone", recording: "Recording. Escape cancels.", recordingCancelled: "Recording cancelled",
  secondsLeft: "{seconds} s left", muted: "I hear nothing. Is the microphone muted?",
  tooShort: "That was too short. Hold the button while you speak, or press it once before and once after.",
  brokeOff: "The recording broke off. Please try again.", micTaken: "The microphone was taken away.",
  needsHttps: "The microphone works only where the page comes by https.", cannotRecord: "This browser cannot record. You can write instead.",
  cannotSendRecording: "This browser records nothing that can be sent. You can write instead.",
  micDenied: "The microphone is not allowed. Allow it for this page in the browser, then press the button again.",
  micMissing: "There is no microphone. Connect one, or write instead.",
  micBusy: "The microphone is in use elsewhere. Close the other program, then press the button again.",
  micBroken: "The microphone cannot be used ({name}). You can write instead.",
  readAloud: "Read replies aloud", readsAloud: "Replies are read aloud", noVoice: "Neither this browser nor the server has a voice to read with.",
};

const de = {
  ready: "Bereit", typing: "Schreibt…", sending: "Wird gesendet…", offline: "Offline",
  hello: "Hallo!", begin: "Schreiben Sie eine Nachricht.",
  message: "Ihre Nachricht", placeholder: "Nachricht schreiben", send: "Senden", tooLong: "{count} Zeichen zu viel.",
  newConversation: "Neues Gespräch", newMessages: "Neue Nachrichten", conversation: "Gespräch", choices: "Auswahl",
  askTitle: "Ein neues Gespräch beginnen?", askText: "Was bisher gesagt wurde, wird von diesem Gerät entfernt.", cancel: "Abbrechen", startNew: "Neu beginnen",
  you: "Sie: ", assistant: "Assistent: ", spoken: "gesprochen: ", voiceMessage: "Sprachnachricht, {seconds} s",
  notSent: "Nicht gesendet.", notSentBecause: "Nicht gesendet: {cause}", late: "Es kam keine Antwort.", tryAgain: "Noch einmal",
  recordingGone: "die Aufnahme ist nicht mehr da, bitte sprechen Sie noch einmal",
  lost: "Die Verbindung ist unterbrochen. Neuer Versuch…",
  offlineNotice: "Sie sind offline. Was Sie schreiben, wird gesendet, sobald die Verbindung wieder da ist.",
  picture: "Bild vom Assistenten", pictureGone: "Ein Bild konnte nicht gezeigt werden. ", openIt: "Öffnen", details: "Einzelheiten",
  attachment: "Anhang: ", unreadable: "Diese Nachricht kann nicht gezeigt werden.", aLink: "ein Link", canChoose: "Zur Wahl stehen: {choices}.",
  transcript: "Gespräch speichern", helpful: "Das war hilfreich", unhelpful: "Das war nicht hilfreich", close: "Chat schließen", open: "Chat öffnen",
  previous: "Zurück", next: "Weiter", attach: "Datei anhängen",
  speak: "Sprechen", sendRecording: "Aufnahme senden", cancelRecording: "Aufnahme verwerfen",
  micHint: "Zum Sprechen halten (Alt+M), oder davor und danach je einmal drücken",
  waitingForMic: "Warten auf das Mikrofon", recording: "Aufnahme läuft. Escape bricht ab.", recordingCancelled: "Aufnahme verworfen",
  secondsLeft: "noch {seconds} s", muted: "Ich höre nichts. Ist das Mikrofon stumm?",
  tooShort: "Das war zu kurz. Halten Sie die Taste beim Sprechen, oder drücken Sie davor und danach je einmal.",
  brokeOff: "Die Aufnahme ist abgebrochen. Bitte noch einmal.", micTaken: "Das Mikrofon wurde getrennt.",
  needsHttps: "Das Mikrofon geht nur, wenn die Seite über https kommt.", cannotRecord: "Dieser Browser kann nicht aufnehmen. Sie können schreiben.",
  cannotSendRecording: "Dieser Browser nimmt nichts auf, was sich senden lässt. Sie können schreiben.",
  micDenied: "Das Mikrofon ist nicht erlaubt. Erlauben Sie es im Browser für diese Seite, und drücken Sie noch einmal.",
  micMissing: "Es ist kein Mikrofon da. Schließen Sie eines an, oder schreiben Sie.",
  micBusy: "Das Mikrofon wird woanders benutzt. Schließen Sie das andere Programm, und drücken Sie noch einmal.",
  micBroken: "Das Mikrofon geht nicht ({name}). Sie können schreiben.",
  readAloud: "Antworten vorlesen", readsAloud: "Antworten werden vorgelesen", noVoice: "Weder dieser Browser noch der Server hat eine Stimme.",
};

const es = {
  ready: "Listo", typing: "Escribiendo…", sending: "Enviando…", offline: "Sin conexión",
  hello: "¡Hola!", begin: "Escriba un mensaje para empezar.",
  message: "Su mensaje", placeholder: "Escriba un mensaje", send: "Enviar", tooLong: "Sobran {count} caracteres.",
  newConversation: "Nueva conversación", newMessages: "Mensajes nuevos", conversation: "Conversación", choices: "Opciones",
  askTitle: "¿Empezar una conversación nueva?", askText: "Lo dicho hasta ahora se borra de este dispositivo.", cancel: "Cancelar", startNew: "Empezar",
  you: "Usted: ", assistant: "Asistente: ", spoken: "hablado: ", voiceMessage: "Mensaje de voz, {seconds} s",
  notSent: "No enviado.", notSentBecause: "No enviado: {cause}", late: "No llegó respuesta.", tryAgain: "Reintentar",
  recordingGone: "la grabación ya no está, hable de nuevo",
  lost: "Se perdió la conexión. Reintentando…",
  offlineNotice: "Está sin conexión. Lo que escriba se enviará cuando vuelva.",
  picture: "Imagen del asistente", pictureGone: "No se pudo mostrar una imagen. ", openIt: "Abrir", details: "Detalles",
  attachment: "Adjunto: ", unreadable: "Este mensaje no se puede mostrar.", aLink: "un enlace", canChoose: "Puede elegir: {choices}.",
  transcript: "Guardar la conversación", helpful: "Fue útil", unhelpful: "No fue útil", close: "Cerrar el chat", open: "Abrir el chat",
  previous: "Anterior", next: "Siguiente", attach: "Adjuntar un archivo",
  speak: "Hablar", sendRecording: "Enviar la grabación", cancelRecording: "Descartar la grabación",
  micHint: "Mantenga pulsado para hablar (Alt+M), o pulse una vez antes y otra después",
  waitingForMic: "Esperando el micrófono", recording: "Grabando. Escape cancela.", recordingCancelled: "Grabación descartada",
  secondsLeft: "quedan {seconds} s", muted: "No oigo nada. ¿Está silenciado el micrófono?",
  tooShort: "Fue demasiado corto. Mantenga el botón mientras habla, o púlselo una vez antes y otra después.",
  brokeOff: "La grabación se interrumpió. Inténtelo de nuevo.", micTaken: "Se desconectó el micrófono.",
  needsHttps: "El micrófono solo funciona si la página llega por https.", cannotRecord: "Este navegador no puede grabar. Puede escribir.",
  cannotSendRecording: "Este navegador no graba nada que se pueda enviar. Puede escribir.",
  micDenied: "El micrófono no está permitido. Permítalo para esta página y pulse el botón otra vez.",
  micMissing: "No hay micrófono. Conecte uno o escriba.",
  micBusy: "El micrófono está en uso. Cierre el otro programa y pulse el botón otra vez.",
  micBroken: "No se puede usar el micrófono ({name}). Puede escribir.",
  readAloud: "Leer las respuestas en voz alta", readsAloud: "Las respuestas se leen en voz alta", noVoice: "Ni este navegador ni el servidor tienen voz.",
};

const fr = {
  ready: "Prêt", typing: "Écrit…", sending: "Envoi…", offline: "Hors ligne",
  hello: "Bonjour !", begin: "Écrivez un message pour commencer.",
  message: "Votre message", placeholder: "Écrire un message", send: "Envoyer", tooLong: "{count} caractères de trop.",
  newConversation: "Nouvelle conversation", newMessages: "Nouveaux messages", conversation: "Conversation", choices: "Choix",
  askTitle: "Commencer une nouvelle conversation ?", askText: "Ce qui a été dit est effacé de cet appareil.", cancel: "Annuler", startNew: "Commencer",
  you: "Vous : ", assistant: "Assistant : ", spoken: "dit à voix haute : ", voiceMessage: "Message vocal, {seconds} s",
  notSent: "Non envoyé.", notSentBecause: "Non envoyé : {cause}", late: "Aucune réponse n’est venue.", tryAgain: "Réessayer",
  recordingGone: "l’enregistrement n’est plus là, parlez de nouveau",
  lost: "La connexion est perdue. Nouvel essai…",
  offlineNotice: "Vous êtes hors ligne. Vos messages partiront au retour de la connexion.",
  picture: "Image de l’assistant", pictureGone: "Une image n’a pas pu être affichée. ", openIt: "Ouvrir", details: "Détails",
  attachment: "Pièce jointe : ", unreadable: "Ce message ne peut pas être affiché.", aLink: "un lien", canChoose: "Vous pouvez choisir : {choices}.",
  transcript: "Enregistrer la conversation", helpful: "C’était utile", unhelpful: "Ce n’était pas utile", close: "Fermer le chat", open: "Ouvrir le chat",
  previous: "Précédent", next: "Suivant", attach: "Joindre un fichier",
  speak: "Parler", sendRecording: "Envoyer l’enregistrement", cancelRecording: "Annuler l’enregistrement",
  micHint: "Maintenez pour parler (Alt+M), ou appuyez une fois avant et une fois après",
  waitingForMic: "En attente du micro", recording: "Enregistrement. Échap annule.", recordingCancelled: "Enregistrement annulé",
  secondsLeft: "encore {seconds} s", muted: "Je n’entends rien. Le micro est-il coupé ?",
  tooShort: "C’était trop court. Maintenez le bouton en parlant, ou appuyez une fois avant et une fois après.",
  brokeOff: "L’enregistrement s’est interrompu. Réessayez.", micTaken: "Le micro a été débranché.",
  needsHttps: "Le micro ne marche que si la page vient par https.", cannotRecord: "Ce navigateur ne peut pas enregistrer. Vous pouvez écrire.",
  cannotSendRecording: "Ce navigateur n’enregistre rien qui puisse être envoyé. Vous pouvez écrire.",
  micDenied: "Le micro n’est pas autorisé. Autorisez-le pour cette page, puis appuyez de nouveau.",
  micMissing: "Il n’y a pas de micro. Branchez-en un, ou écrivez.",
  micBusy: "Le micro est utilisé ailleurs. Fermez l’autre programme, puis appuyez de nouveau.",
  micBroken: "Le micro ne peut pas être utilisé ({name}). Vous pouvez écrire.",
  readAloud: "Lire les réponses à voix haute", readsAloud: "Les réponses sont lues à voix haute", noVoice: "Ni ce navigateur ni le serveur n’a de voix.",
};

const it = {
  ready: "Pronto", typing: "Sta scrivendo…", sending: "Invio…", offline: "Non in linea",
  hello: "Ciao!", begin: "Scriva un messaggio per iniziare.",
  message: "Il suo messaggio", placeholder: "Scriva un messaggio", send: "Invia", tooLong: "{count} caratteri di troppo.",
  newConversation: "Nuova conversazione", newMessages: "Nuovi messaggi", conversation: "Conversazione", choices: "Scelte",
  askTitle: "Iniziare una nuova conversazione?", askText: "Quanto detto finora viene rimosso da questo dispositivo.", cancel: "Annulla", startNew: "Inizia",
  you: "Lei: ", assistant: "Assistente: ", spoken: "detto a voce: ", voiceMessage: "Messaggio vocale, {seconds} s",
  notSent: "Non inviato.", notSentBecause: "Non inviato: {cause}", late: "Nessuna risposta.", tryAgain: "Riprova",
  recordingGone: "la registrazione non c’è più, parli di nuovo",
  lost: "Connessione persa. Nuovo tentativo…",
  offlineNotice: "Non è in linea. Ciò che scrive sarà inviato al ritorno della connessione.",
  picture: "Immagine dell’assistente", pictureGone: "Un’immagine non può essere mostrata. ", openIt: "Apri", details: "Dettagli",
  attachment: "Allegato: ", unreadable: "Questo messaggio non può essere mostrato.", aLink: "un link", canChoose: "Può scegliere: {choices}.",
  transcript: "Salva la conversazione", helpful: "È stato utile", unhelpful: "Non è stato utile", close: "Chiudi la chat", open: "Apri la chat",
  previous: "Precedente", next: "Successivo", attach: "Allega un file",
  speak: "Parla", sendRecording: "Invia la registrazione", cancelRecording: "Annulla la registrazione",
  micHint: "Tenga premuto per parlare (Alt+M), o prema una volta prima e una dopo",
  waitingForMic: "In attesa del microfono", recording: "Registrazione. Esc annulla.", recordingCancelled: "Registrazione annullata",
  secondsLeft: "ancora {seconds} s", muted: "Non sento nulla. Il microfono è muto?",
  tooShort: "Troppo breve. Tenga premuto mentre parla, o prema una volta prima e una dopo.",
  brokeOff: "La registrazione si è interrotta. Riprovi.", micTaken: "Il microfono è stato scollegato.",
  needsHttps: "Il microfono funziona solo se la pagina arriva con https.", cannotRecord: "Questo browser non può registrare. Può scrivere.",
  cannotSendRecording: "Questo browser non registra nulla che si possa inviare. Può scrivere.",
  micDenied: "Il microfono non è permesso. Lo permetta per questa pagina, poi prema di nuovo.",
  micMissing: "Non c’è un microfono. Ne colleghi uno, o scriva.",
  micBusy: "Il microfono è in uso altrove. Chiuda l’altro programma, poi prema di nuovo.",
  micBroken: "Il microfono non può essere usato ({name}). Può scrivere.",
  readAloud: "Leggi le risposte ad alta voce", readsAloud: "Le risposte sono lette ad alta voce", noVoice: "Né questo browser né il server hanno una voce.",
};

const pt = {
  ready: "Pronto", typing: "Escrevendo…", sending: "Enviando…", offline: "Sem conexão",
  hello: "Olá!", begin: "Escreva uma mensagem para começar.",
  message: "Sua mensagem", placeholder: "Escreva uma mensagem", send: "Enviar", tooLong: "{count} caracteres a mais.",
  newConversation: "Nova conversa", newMessages: "Novas mensagens", conversation: "Conversa", choices: "Opções",
  askTitle: "Começar uma nova conversa?", askText: "O que foi dito até agora é apagado deste aparelho.", cancel: "Cancelar", startNew: "Começar",
  you: "Você: ", assistant: "Assistente: ", spoken: "falado: ", voiceMessage: "Mensagem de voz, {seconds} s",
  notSent: "Não enviada.", notSentBecause: "Não enviada: {cause}", late: "Não veio resposta.", tryAgain: "Tentar de novo",
  recordingGone: "a gravação não existe mais, fale de novo",
  lost: "A conexão caiu. Tentando de novo…",
  offlineNotice: "Você está sem conexão. O que escrever será enviado quando ela voltar.",
  picture: "Imagem do assistente", pictureGone: "Uma imagem não pôde ser mostrada. ", openIt: "Abrir", details: "Detalhes",
  attachment: "Anexo: ", unreadable: "Esta mensagem não pode ser mostrada.", aLink: "um link", canChoose: "Pode escolher: {choices}.",
  transcript: "Salvar a conversa", helpful: "Foi útil", unhelpful: "Não foi útil", close: "Fechar o chat", open: "Abrir o chat",
  previous: "Anterior", next: "Próximo", attach: "Anexar um arquivo",
  speak: "Falar", sendRecording: "Enviar a gravação", cancelRecording: "Descartar a gravação",
  micHint: "Segure para falar (Alt+M), ou aperte uma vez antes e outra depois",
  waitingForMic: "Esperando o microfone", recording: "Gravando. Escape cancela.", recordingCancelled: "Gravação descartada",
  secondsLeft: "restam {seconds} s", muted: "Não ouço nada. O microfone está mudo?",
  tooShort: "Foi curto demais. Segure o botão enquanto fala, ou aperte uma vez antes e outra depois.",
  brokeOff: "A gravação foi interrompida. Tente de novo.", micTaken: "O microfone foi desconectado.",
  needsHttps: "O microfone só funciona se a página vier por https.", cannotRecord: "Este navegador não pode gravar. Você pode escrever.",
  cannotSendRecording: "Este navegador não grava nada que possa ser enviado. Você pode escrever.",
  micDenied: "O microfone não está permitido. Permita-o para esta página e aperte de novo.",
  micMissing: "Não há microfone. Conecte um, ou escreva.",
  micBusy: "O microfone está em uso. Feche o outro programa e aperte de novo.",
  micBroken: "O microfone não pode ser usado ({name}). Você pode escrever.",
  readAloud: "Ler as respostas em voz alta", readsAloud: "As respostas são lidas em voz alta", noVoice: "Nem este navegador nem o servidor têm voz.",
};

export const STRINGS = { en, de, es, fr, it, pt };
const RIGHT_TO_LEFT = ["ar", "dv", "fa", "he", "ps", "ur", "yi"];

/** The first of these languages that there is, by its first part; English otherwise. */
export function chooseLanguage(wanted) {
  for (const tag of wanted) {
    const language = String(tag ?? "").toLowerCase().split("-")[0];
    if (language in STRINGS) return language;
  }
  return "en";
}

/** `say("tooLong", {count: 3})` in the language. */
export function sayIn(language) {
  const strings = STRINGS[language] ?? en;
  return (key, values = {}) =>
    (strings[key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

export function directionOf(tag) {
  return RIGHT_TO_LEFT.includes(String(tag ?? "").toLowerCase().split("-")[0]) ? "rtl" : "ltr";
}

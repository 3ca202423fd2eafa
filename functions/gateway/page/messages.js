// What a message of the assistant's holds, in words: for who hears it read aloud, and for a transcript. Pure.

import { plainText } from "./markdown.js";

/** The cards of a message: Rasa's elements, or a template of Messenger's form. */
export function cardsOf(message) {
  const payload = message.custom?.payload ?? message.attachment?.payload ?? message.custom;
  const found = message.elements ?? payload?.elements ?? message.custom?.cards;
  return Array.isArray(found) ? found.filter((card) => card && typeof card === "object") : [];
}

/** What of a message is said: its text without addresses, its cards, and what can be chosen. */
export function wordsOf(message, say) {
  const text = plainText(message.text ?? "").replace(/https?:\/\/\S+/gi, say("aLink")).replace(/\s+/g, " ").trim();
  const cards = cardsOf(message).map((card) => [linesOf(card).length && `${linesOf(card).join(", ")}.`, choices(card.buttons, say)].filter(Boolean).join(" "));
  return [text, ...cards, choices(message.buttons, say)].filter(Boolean).join(" ");
}

/** A message as lines of a transcript. */
export function transcriptOf(message) {
  const cards = cardsOf(message)
    .map((card) => [...linesOf(card), titlesOf(card.buttons)].filter(Boolean).join(" – "))
    .filter(Boolean)
    .map((line) => `* ${line}`);
  const picture = typeof message.image === "string" && !message.image.startsWith("data:") ? message.image : "";
  return [plainText(message.text ?? ""), picture, ...cards, titlesOf(message.buttons)].filter(Boolean).join("\n");
}

const linesOf = (card) => [card.title, card.subtitle].filter((line) => typeof line === "string" && line.trim());
const named = (buttons) => (Array.isArray(buttons) ? buttons : []).map((button) => button?.title).filter((title) => typeof title === "string");
const titlesOf = (buttons) => named(buttons).map((title) => `[${title}]`).join(" ");
const choices = (buttons, say) => (named(buttons).length ? say("canChoose", { choices: named(buttons).join(", ") }) : "");

// Draws a state: rows of the transcript, what is under them, and nothing that the state does not say.
// Text is only ever put in as text, never as HTML. Whatever one message holds, the others are drawn.

import { isAwaiting, isRatable, isSending } from "./store.js";
import { parseMarkdown } from "./markdown.js";
import { cardsOf } from "./messages.js";

const PAUSE_IN_TALK = 20 * 60_000; // after such a gap the time is shown
const AT_END = 80; // pixels above the end that still count as being there

export function node(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export class View {
  /**
   * @param {object} given
   * @param {(id: string) => HTMLElement} given.find  an element of the page by its id
   * @param {(key: string, values?: object) => string} given.say  words in the page's language
   * @param {(title: string, payload: string) => void} given.choose  a button of a message was pressed
   * @param {(id: string) => void} given.tryAgain
   * @param {(message: string, helpful: boolean) => void} [given.rate]  not there: nobody is asked
   * @param {(id: string) => string|null} given.preview  the address of a picture of one's own, while this page has it
   * @param {string} given.locale  how times are written
   */
  constructor(given) {
    Object.assign(this, given);
    this.shown = new Map(); // key -> {element, look, refresh}
    this.notices = {};
  }

  /** A line above the text field; empty words take it away. */
  notice(kind, words) {
    this.notices = { ...this.notices, [kind]: words };
    const found = ["offline", "connection", "length", "microphone", "voice", "file"].map((name) => this.notices[name]).find(Boolean) ?? "";
    const line = this.find("notice");
    if (line.textContent !== found) line.textContent = found;
    line.hidden = !found;
  }

  draw(state, { toEnd = false } = {}) {
    const scroll = this.find("scroll"), log = this.find("log");
    const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < AT_END;
    const before = this.shown.size;
    const rows = this.#rows(state);
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { element }] of this.shown) if (!wanted.has(key)) { element.remove(); this.shown.delete(key); }
    let previous = null;
    for (const row of rows) {
      const known = this.shown.get(row.key);
      let element = known?.element;
      if (!known || known.look !== row.look) {
        // Only its own part of a row changes where it can: the whole row would be read out again.
        if (known && row.refresh && known.base === row.base) row.refresh(element);
        else {
          element = this.#safely(row);
          if (known) known.element.replaceWith(element); else if (before) element.classList.add("fresh");
        }
        this.shown.set(row.key, { element, look: row.look, base: row.base });
      }
      const place = previous ? previous.nextSibling : log.firstChild;
      if (place !== element) log.insertBefore(element, place);
      previous = element;
    }
    this.find("welcome").hidden = rows.length > 0;
    const typing = isAwaiting(state);
    this.find("typing").hidden = !typing;
    const words = this.say(this.notices.offline ? "offline" : typing ? "typing" : isSending(state) ? "sending" : "ready");
    if (this.find("state").textContent !== words) this.find("state").textContent = words;
    if (toEnd || atEnd) scroll.scrollTop = scroll.scrollHeight;
    if (toEnd || atEnd) this.find("down").hidden = true;
    else if (this.shown.size > before) this.find("down").hidden = false;
  }

  /** At its end nobody needs to be told of new messages. */
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.find("scroll");
    if (scrollHeight - scrollTop - clientHeight < AT_END) this.find("down").hidden = true;
  }

  // One row for each thing said; its key stays the same while it is the same thing, `look` changes with its look.
  #rows(state) {
    const rows = [];
    const ratable = new Set(this.rate ? state.entries.filter((_, index) => isRatable(state, index)) : []);
    const entries = state.entries.filter((entry) => !entry.quiet);
    let previous = null;
    entries.forEach((entry, index) => {
      if (!previous || entry.at - previous.at > PAUSE_IN_TALK) {
        rows.push({ key: `when-${entry.at}`, look: "", make: () => item("when", [this.#time(entry.at)]) });
      }
      const turn = previous && previous.who !== entry.who ? " turn" : "";
      if (entry.who === "me") {
        const look = `${entry.status}${entry.trouble}${turn}${entry.voice ? entry.text : ""}`;
        rows.push({ key: entry.id, look, base: look, make: () => this.#mine(entry, turn) });
      } else {
        const answer = entries.slice(index + 1).find((one) => one.who === "me");
        const rating = state.ratings?.[entry.message.message];
        const hasChoices = Array.isArray(entry.message.buttons) || cardsOf(entry.message).length > 0;
        rows.push({
          key: `bot-${entry.epoch ?? 0}-${entry.number}`, base: turn,
          look: `${hasChoices ? answer?.id : ""}${turn}${ratable.has(entry) ? `rate ${rating}` : ""}`,
          make: () => { const element = this.#theirs(entry.message, answer, turn); this.#rating(element, entry, ratable, rating); return element; },
          refresh: (element) => {
            element.querySelectorAll(".choices button").forEach((button) => closeChoice(button, answer));
            this.#rating(element, entry, ratable, rating);
          },
        });
      }
      previous = entry;
    });
    return rows;
  }

  #safely(row) {
    try { return row.make(); } catch { return item("bot", [node("div", "bubble", this.say("unreadable"))]); }
  }

  #mine(entry, turn) {
    const look = entry.status === "failed" ? " failed" : entry.status === "sending" ? " waiting" : "";
    const parts = [hidden(this.say("you"))];
    if (entry.voice) parts.push(this.#spoken(entry));
    if (entry.file) parts.push(this.#file(entry));
    if (entry.text && !entry.voice) parts.push(node("div", "bubble", entry.text));
    if (entry.status === "failed") {
      const again = node("button", "", this.say("tryAgain"));
      again.type = "button";
      again.addEventListener("click", () => this.tryAgain(entry.id));
      const trouble = node("div", "trouble", `${this.say(entry.trouble ?? "notSent", { cause: entry.cause ?? "" })} `);
      trouble.setAttribute("role", "alert");
      trouble.append(again);
      parts.push(trouble);
    }
    const element = item(`me${look}${turn}`, parts);
    element.setAttribute("aria-live", "off"); // nobody needs to hear what they wrote, each time its look changes
    return element;
  }

  // What was spoken, and what was made of it; the person sees where it was heard wrongly.
  #spoken({ text, voice }) {
    const bubble = node("div", "bubble voice");
    bubble.append(hidden(this.say("spoken")), node("span", "", text || this.say("voiceMessage", { seconds: voice.seconds })));
    return bubble;
  }

  #file({ id, file }) {
    const address = file.type.startsWith("image/") ? this.preview(id) : null;
    if (!address) return node("div", "bubble", `${this.say("attachment")}${file.name} (${Math.ceil(file.bytes / 1024)} kB)`);
    const frame = node("div", "media"), image = node("img", "");
    image.alt = file.name;
    image.src = address;
    frame.append(image);
    return frame;
  }

  // Two buttons of which one may be pressed. They stay the same elements, so that the focus stays where it is.
  #rating(element, entry, ratable, rating) {
    let group = element.querySelector(".rating");
    if (!ratable.has(entry)) return void group?.remove();
    if (!group) {
      group = node("div", "rating");
      group.setAttribute("role", "group");
      group.setAttribute("aria-live", "off"); // nobody needs to hear of them with each answer
      for (const [helpful, shape] of [[true, UP], [false, DOWN]]) {
        const button = node("button", "");
        button.type = "button";
        button.title = this.say(helpful ? "helpful" : "unhelpful");
        button.setAttribute("aria-label", button.title);
        button.append(icon(shape));
        button.addEventListener("click", () => this.rate(entry.message.message, helpful));
        group.append(button);
      }
      element.append(group);
    }
    [true, false].forEach((helpful, index) => group.children[index].setAttribute("aria-pressed", String(rating === helpful)));
  }

  #theirs(message, answer, turn) {
    const parts = [hidden(this.say("assistant"))];
    if (typeof message.text === "string" && message.text) parts.push(this.#text(message.text));
    if (message.image) parts.push(this.#picture(message.image));
    if (message.dropped) parts.push(node("div", "bubble", this.say("pictureGone")));
    if (message.attachment) parts.push(this.#attachment(message.attachment, answer));
    const cards = cardsOf(message);
    if (cards.length) parts.push(this.#cards(cards, answer));
    else if (message.custom) parts.push(this.#details(message.custom));
    if (Array.isArray(message.buttons) && message.buttons.length) parts.push(this.#choices(message.buttons, answer));
    return item(`bot${turn}`, parts);
  }

  #text(text) {
    const bubble = node("div", "bubble");
    bubble.dir = "auto";
    for (const { kind, lines } of parseMarkdown(text)) {
      if (kind === "bullets") {
        const list = node("ul", "");
        for (const tokens of lines) list.append(this.#line(node("li", ""), tokens));
        bubble.append(list);
      } else {
        lines.forEach((tokens, index) => { if (index) bubble.append("\n"); this.#line(bubble, tokens); });
      }
    }
    return bubble;
  }

  #line(element, tokens) {
    for (const { kind, text, href, inner } of tokens) {
      if (kind === "text") element.append(text);
      else if (kind === "link") element.append(link(href, text));
      else {
        const marked = node({ bold: "strong", italic: "em", strike: "s", code: "code" }[kind], "", inner ? undefined : text);
        element.append(inner ? this.#line(marked, inner) : marked);
      }
    }
    return element;
  }

  #picture(address) {
    const at = String(address);
    if (!isWeb(at) && !at.startsWith("data:image/")) return node("div", "bubble", at);
    const image = node("img", "");
    image.alt = this.say("picture");
    // Its row has another height then, and who was at the end stays there.
    const stay = () => { if (this.find("down").hidden) this.find("scroll").scrollTop = this.find("scroll").scrollHeight; };
    image.addEventListener("load", stay);
    const frame = isWeb(at) ? link(at, "") : node("span", "");
    frame.className = "media";
    image.addEventListener("error", () => {
      const words = node("div", "bubble", this.say("pictureGone"));
      if (isWeb(at)) words.append(link(at, this.say("openIt")));
      frame.replaceWith(words);
      stay();
    });
    image.src = at;
    frame.append(image);
    return frame;
  }

  // Rasa's form is {type, payload: {src}}; others send an address alone.
  #attachment(attachment) {
    const address = typeof attachment === "string" ? attachment : attachment.payload?.src ?? attachment.url;
    if (!isWeb(address)) return this.#details(attachment);
    if (attachment.type === "image") return this.#picture(address);
    if (attachment.type === "video" && address.startsWith("https:")) {
      const video = node("video", "");
      video.controls = true;
      video.preload = "metadata";
      video.src = address;
      const frame = node("div", "media");
      frame.append(video);
      return frame;
    }
    const bubble = node("div", "bubble", this.say("attachment"));
    bubble.append(link(address, String(attachment.title ?? address)));
    return bubble;
  }

  #details(value) {
    const element = node("details", "bubble");
    element.append(node("summary", "", this.say("details")), node("pre", "", JSON.stringify(value, null, 2)));
    return element;
  }

  // Cards side by side: each can be reached by the Tab key, and the row scrolls to the whole card that has the focus.
  #cards(cards, answer) {
    const row = node("div", "cards");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", this.say("choices"));
    for (const card of cards) {
      const element = node("div", "card");
      const picture = card.image_url ?? card.image;
      if (isWeb(picture)) element.append(this.#picture(picture));
      element.append(node("strong", "", String(card.title ?? "")));
      if (card.subtitle) element.append(node("p", "", String(card.subtitle)));
      if (Array.isArray(card.buttons) && card.buttons.length) element.append(this.#choices(card.buttons, answer));
      row.append(element);
    }
    row.addEventListener("focusin", (event) => event.target.closest(".card")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
    return row;
  }

  // Buttons are open until the person says something else; the one that was chosen stays marked.
  #choices(buttons, answer) {
    const group = node("div", "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", this.say("choices"));
    for (const choice of buttons) {
      const title = String(choice?.title ?? ""), payload = String(choice?.payload ?? title);
      if (isWeb(choice?.url)) {
        group.append(link(choice.url, title));
        continue;
      }
      const button = node("button", "", title);
      button.type = "button";
      button.dataset.payload = payload;
      closeChoice(button, answer);
      button.addEventListener("click", () => this.choose(title, payload));
      group.append(button);
    }
    return group;
  }

  #time(at) {
    const moment = new Date(at);
    const today = new Date().toDateString() === moment.toDateString();
    const element = node("time", "", moment.toLocaleString(this.locale, today
      ? { hour: "2-digit", minute: "2-digit" }
      : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }));
    element.dir = "auto";
    element.dateTime = moment.toISOString();
    return element;
  }
}

function closeChoice(button, answer) {
  button.disabled = Boolean(answer);
  if (answer && answer.payload === button.dataset.payload && answer.text === button.textContent) button.setAttribute("aria-pressed", "true");
}

function link(address, words) {
  const element = node("a", "", words);
  if (isWeb(address) || /^(mailto|tel):/.test(address)) element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

export function isWeb(address) {
  if (typeof address !== "string") return false;
  try { return ["http:", "https:"].includes(new URL(address).protocol); } catch { return false; }
}

const UP = "M7 11v9H4v-9zM7 11l4-8a2.500 2.500 0 0 1 2.500 3L13 9h5.500a2 2 0 0 1 2 2.400l-1.300 7a2 2 0 0 1-2 1.600H7";
const DOWN = "M7 13V4H4v9zM7 13l4 8a2.500 2.500 0 0 0 2.500-3L13 15h5.500a2 2 0 0 0 2-2.400l-1.300-7a2 2 0 0 0-2-1.600H7";

function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", shape);
  svg.append(path);
  return svg;
}

const hidden = (text) => node("span", "hidden", text);

function item(className, parts) {
  const element = node("li", className);
  element.append(...parts);
  return element;
}

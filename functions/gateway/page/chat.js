// The chat page. It keeps the conversation's name and transcript on the device, sends messages under ids of its own
// (so that sending twice is harmless), and asks for answers only while one is awaited, plus a few times afterwards.
// Text is only ever put in as text, never as HTML.

import { aloud, microphone, quiet } from "./voice.js";

const BASE = "webhooks/webchat/";
const KEY = "parley.chat";
const KEPT = 300; // entries of the transcript
const WAIT = 20; // seconds of one long poll
const PATIENCE = 120_000; // milliseconds until an answer is given up, as the gateway's ANSWER_WITHIN
const CHECK_EVERY = 20_000, CHECK_FOR = 180_000; // a slow look for late messages after the last activity
const PERSON_EVERY = 4_000, PERSON_FOR = 1_800_000; // the same while a person may answer
const PAUSE_IN_TALK = 20 * 60_000; // after such a gap the time is shown

const $ = (id) => document.getElementById(id);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// ---------------------------------------------------------------------------------------------- what is remembered

let memory = null; // where the browser forbids storage, the transcript lives as long as the page

function load() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY));
    if (stored && Array.isArray(stored.entries)) return stored;
  } catch { /* unreadable: begin anew */ }
  return memory ?? { conversation: null, after: 0, entries: [] };
}

function save(state) {
  state.entries = state.entries.slice(-KEPT);
  memory = state;
  try { localStorage.setItem(KEY, JSON.stringify(state)); } catch { /* full or forbidden: memory has it */ }
}

// Reads, changes and writes in one go, so that two tabs of one conversation do not undo each other.
function change(edit) {
  const state = load();
  edit(state);
  save(state);
  return state;
}

const awaited = (state) => state.entries.some((entry) => entry.status === "sent");

// ---------------------------------------------------------------------------------------------- talking to the gateway

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, { cache: "no-store", ...options });
  } catch {
    throw Object.assign(new Error("no connection"), { network: true });
  }
  let body = null;
  try { body = await response.json(); } catch { /* a proxy's page */ }
  if (!response.ok || body === null) {
    throw Object.assign(new Error(body?.error ?? `status ${response.status}`), { status: response.status });
  }
  return body;
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });

function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function conversation() {
  const known = load().conversation;
  if (known) return known;
  const given = (await post("conversations")).conversation;
  // Another tab may have been quicker.
  return change((state) => { state.conversation ??= given; }).conversation;
}

function say(text, payload) {
  const entry = { who: "me", id: unique(), text, payload, at: Date.now(), status: "sending" };
  change((state) => { state.entries.push(entry); });
  draw({ toEnd: true });
  deliver(entry.id);
}

const recordings = new Map(); // id -> what was spoken, until it is sent; a recording outlives no page

function speak(blob, seconds) {
  const voice = { seconds: Math.max(1, Math.round(seconds)) };
  const entry = { who: "me", id: unique(), text: "", voice, at: Date.now(), status: "sending" };
  recordings.set(entry.id, blob);
  change((state) => { state.entries.push(entry); });
  draw({ toEnd: true });
  deliver(entry.id);
}

function update(id, changes) {
  change((state) => {
    const entry = state.entries.find((one) => one.id === id);
    if (entry) Object.assign(entry, changes);
  });
  draw();
}

const delivering = new Set();

async function deliver(id) {
  const entry = load().entries.find((one) => one.id === id);
  if (!entry || delivering.has(id)) return;
  delivering.add(id);
  try {
    if (!entry.voice) await afterWhatWasSpoken(id);
    for (let attempt = 0; ; attempt++) {
      try {
        const taken = await (entry.voice ? postRecording(entry) : postText(entry));
        recordings.delete(id);
        update(id, { status: "sent", message: taken.message, sent: Date.now(), trouble: null });
        lastActivity = Date.now();
        listen();
        return;
      } catch (error) {
        const again = error.network || error.status >= 500 || error.status === 429;
        if (!again || attempt === 2 || !navigator.onLine) {
          update(id, { status: "failed", network: Boolean(again), trouble: again ? "Not sent." : `Not sent: ${error.message}` });
          return;
        }
        await sleep(400 * 2 ** attempt);
      }
    }
  } finally {
    delivering.delete(id);
    held.delete(id);
  }
}

const HEARING = 15_000;
const held = new Set(); // ids of texts that wait for a recording before them, or for such a text

// A recording becomes text by a detour; a text sent meanwhile would be answered before it.
async function afterWhatWasSpoken(id) {
  const pending = (entry) => ["sending", "sent"].includes(entry.status) && Date.now() - (entry.sent ?? entry.at) < HEARING;
  const first = (entry) => held.has(entry.id) || (entry.voice && !entry.text && pending(entry));
  while (load().entries.slice(0, load().entries.findIndex((entry) => entry.id === id)).some(first)) {
    held.add(id);
    await sleep(100);
  }
}

const timezone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

async function postText(entry) {
  const body = { conversation: await conversation(), id: entry.id, locale: navigator.language, metadata: { timezone: timezone() } };
  if (entry.payload) body.payload = entry.payload; else body.text = entry.text;
  return post("webhook", body);
}

async function postRecording({ id }) {
  const blob = recordings.get(id);
  if (!blob) throw Object.assign(new Error("the recording is gone, please speak again"), { status: 400 });
  const query = new URLSearchParams({ conversation: await conversation(), id, locale: navigator.language, timezone: timezone() });
  return call(`webhook?${query}`, { method: "POST", headers: { "content-type": blob.type }, body: blob });
}

// ---------------------------------------------------------------------------------------------- hearing the answers

let listening = false;
let lastActivity = 0;
let lastLook = 0;
let asking = new AbortController(); // ended where the conversation is left while a long poll is held

async function look(wait) {
  const { conversation: name, after } = load();
  if (!name) return 0;
  lastLook = Date.now();
  const query = new URLSearchParams({ conversation: name, after, wait });
  const { messages } = await call(`messages?${query}`, { signal: asking.signal });
  let fresh = 0;
  const said = [];
  change((state) => {
    if (state.conversation !== name) return;
    for (const { number, at, message } of messages) {
      if (number <= state.after) continue;
      state.after = number;
      if (message.end) {
        state.handoff = message.handoff === true;
        // Messages are answered in order: with this one the earlier ones are over too, whatever became of them.
        const last = state.entries.findIndex((entry) => entry.message === message.message);
        for (const entry of state.entries.slice(0, last + 1)) if (entry.status === "sent") entry.status = "answered";
      } else if (message.heard !== undefined) {
        const entry = state.entries.find((one) => one.message === message.message);
        if (entry?.voice) entry.text = String(message.heard);
      } else {
        said.push(message);
        state.entries.push({ who: "bot", number, at: at * 1000, message });
      }
      fresh++;
    }
  });
  if (fresh) draw();
  said.forEach(readAloud);
  return fresh;
}

// While an answer is awaited: long polls, one at a time, with growing pauses where the gateway cannot be reached.
async function listen() {
  if (listening) return;
  listening = true;
  let pause = 1000;
  try {
    while (true) {
      giveUp();
      if (!awaited(load())) break;
      const began = Date.now();
      const { signal } = asking;
      try {
        const fresh = await look(WAIT);
        notice("connection", "");
        pause = 1000;
        // The gateway may answer at once where many wait; it is not asked more than once a second then.
        if (!fresh && Date.now() - began < 500) await sleep(1000);
      } catch {
        if (signal.aborted) continue;
        notice("connection", "The connection is lost. Trying again…");
        await sleep(pause);
        pause = Math.min(pause * 2, 15_000);
      }
    }
  } finally {
    listening = false;
    notice("connection", "");
    draw();
    later();
  }
}

function giveUp() {
  const late = load().entries.filter((entry) => entry.status === "sent" && Date.now() - entry.sent > PATIENCE);
  for (const entry of late) update(entry.id, { status: "failed", trouble: "No answer came." });
}

let timer = 0;

// What comes later (a slow action, a reminder) is looked for a few times, then only when the person comes back; what a
// person will answer who took over is looked for sooner and longer.
function later() {
  clearTimeout(timer);
  const [every, lasting] = load().handoff ? [PERSON_EVERY, PERSON_FOR] : [CHECK_EVERY, CHECK_FOR];
  if (document.hidden || listening || Date.now() - lastActivity > lasting) return;
  timer = setTimeout(async () => {
    try {
      if (await look(0)) lastActivity = Date.now();
    } catch { /* nobody waits for this look */ }
    later();
  }, every);
}

async function back() {
  if (document.hidden) return;
  if (awaited(load())) return void listen();
  if (load().handoff) lastActivity = Date.now();
  if (load().conversation && Date.now() - lastLook > 5000) {
    try { await look(0); } catch { /* the next message will tell */ }
  }
  later();
}

// ---------------------------------------------------------------------------------------------- showing it

const shown = new Map(); // key -> [element, what it showed]
let notices = {};

function notice(kind, text) {
  notices = { ...notices, [kind]: text };
  const words = notices.offline || notices.connection || notices.microphone || notices.voice || "";
  if ($("notice").textContent !== words) $("notice").textContent = words;
  $("notice").hidden = !words;
}

function draw({ toEnd = false } = {}) {
  const state = load();
  const scroll = $("scroll");
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  const before = shown.size;
  const rows = rowsOf(state.entries);
  const wanted = new Set(rows.map((row) => row.key));
  for (const [key, [element]] of shown) if (!wanted.has(key)) { element.remove(); shown.delete(key); }
  let previous = null;
  for (const row of rows) {
    const known = shown.get(row.key);
    let element = known?.[0];
    if (!known || known[1] !== row.seen) {
      element = row.make();
      if (known) known[0].replaceWith(element); else if (before) element.classList.add("fresh");
      shown.set(row.key, [element, row.seen]);
    }
    const place = previous ? previous.nextSibling : $("log").firstChild;
    if (place !== element) $("log").insertBefore(element, place);
    previous = element;
  }
  const waiting = awaited(state) || state.entries.some((entry) => entry.status === "sending");
  const typing = awaited(state);
  $("welcome").hidden = rows.length > 0;
  $("typing").hidden = !typing;
  const status = notices.offline ? "Offline" : typing ? "Typing…" : waiting ? "Sending…" : "Ready";
  if ($("state").textContent !== status) $("state").textContent = status;
  if (toEnd || atEnd) scroll.scrollTop = scroll.scrollHeight;
  if (toEnd || atEnd) $("down").hidden = true; else if (shown.size > before) $("down").hidden = false;
}

// One row for each thing said; its key stays the same while it is the same thing, `seen` changes with its look.
function rowsOf(entries) {
  const rows = [];
  let previous = null;
  entries.forEach((entry, index) => {
    if (!previous || entry.at - previous.at > PAUSE_IN_TALK) {
      rows.push({ key: `when-${entry.at}`, seen: "", make: () => item("when", [timeOf(entry.at)]) });
    }
    const turn = previous && previous.who !== entry.who ? " turn" : "";
    const asked = entries.slice(index + 1).find((one) => one.who === "me");
    const key = entry.who === "me" ? entry.id : `bot-${entry.number}`;
    rows.push(entry.who === "me"
      ? { key, seen: `${entry.status}${entry.trouble}${turn}${entry.voice ? entry.text : ""}`, make: () => mine(entry, turn) }
      : { key, seen: `${entry.message.buttons ? asked?.id : ""}${turn}`, make: () => theirs(entry.message, asked, turn) });
    previous = entry;
  });
  return rows;
}

function mine(entry, turn) {
  const look = entry.status === "failed" ? " failed" : entry.status === "sending" ? " waiting" : "";
  const parts = [hidden("You: "), entry.voice ? spoken(entry) : node("div", "bubble", entry.text)];
  if (entry.status === "failed") {
    const again = node("button", "", "Try again");
    again.type = "button";
    again.addEventListener("click", () => { update(entry.id, { status: "sending", trouble: null }); deliver(entry.id); });
    const trouble = node("div", "trouble", `${entry.trouble} `);
    trouble.setAttribute("role", "alert");
    trouble.append(again);
    parts.push(trouble);
  }
  const element = item(`me${look}${turn}`, parts);
  element.setAttribute("aria-live", "off"); // nobody needs to hear what they wrote, each time its look changes
  return element;
}

// What was spoken, and what was made of it; the person sees where it was heard wrongly.
function spoken({ text, voice }) {
  const bubble = node("div", "bubble voice");
  bubble.append(hidden("spoken: "), node("span", "", text || `Voice message, ${voice.seconds} s`));
  return bubble;
}

function theirs(message, asked, turn) {
  const parts = [hidden("Assistant: ")];
  if (message.text) parts.push(withLinks(message.text));
  if (message.image) parts.push(picture(message.image));
  if (message.attachment) parts.push(attached(message.attachment));
  if (message.custom) parts.push(details(message.custom));
  if (message.buttons?.length) parts.push(choices(message.buttons, asked));
  return item(`bot${turn}`, parts);
}

function withLinks(text) {
  const bubble = node("div", "bubble");
  let rest = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/gi)) {
    bubble.append(text.slice(rest, found.index), link(found[0], found[0]));
    rest = found.index + found[0].length;
  }
  bubble.append(text.slice(rest));
  return bubble;
}

function link(address, words) {
  const element = node("a", "", words);
  if (isWeb(address)) element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

function picture(address) {
  if (!isWeb(address) && !String(address).startsWith("data:image/")) return node("div", "bubble", String(address));
  const image = node("img", "");
  image.alt = "Picture from the assistant";
  image.addEventListener("load", () => { if (!$("down").hidden) return; $("scroll").scrollTop = $("scroll").scrollHeight; });
  const frame = isWeb(address) ? link(address, "") : node("span", "");
  frame.className = "media";
  image.addEventListener("error", () => {
    const words = node("div", "bubble", "A picture could not be shown. ");
    if (isWeb(address)) words.append(link(address, "Open it"));
    frame.replaceWith(words);
  });
  image.src = address;
  frame.append(image);
  return frame;
}

// Rasa's form is {type, payload: {src}}; others send an address alone.
function attached(attachment) {
  const address = typeof attachment === "string" ? attachment : attachment.payload?.src ?? attachment.url;
  if (!isWeb(address)) return details(attachment);
  if (attachment.type === "image") return picture(address);
  if (attachment.type === "video" && address.startsWith("https:")) {
    const video = node("video", "");
    video.controls = true;
    video.preload = "metadata";
    video.src = address;
    const frame = node("div", "media");
    frame.append(video);
    return frame;
  }
  const bubble = node("div", "bubble", "Attachment: ");
  bubble.append(link(address, attachment.title ?? address));
  return bubble;
}

function details(value) {
  const element = node("details", "bubble");
  element.append(node("summary", "", "Details"), node("pre", "", JSON.stringify(value, null, 2)));
  return element;
}

// Buttons are open until the person says something else; the one that was chosen stays marked.
function choices(buttons, asked) {
  const group = node("div", "choices");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Choices");
  for (const { title, payload } of buttons) {
    const button = node("button", "", String(title));
    button.type = "button";
    button.disabled = Boolean(asked);
    if (asked && asked.payload === payload && asked.text === String(title)) button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => { say(String(title), String(payload ?? title)); $("text").focus(); });
    group.append(button);
  }
  return group;
}

function timeOf(at) {
  const moment = new Date(at);
  const today = new Date().toDateString() === moment.toDateString();
  const element = node("time", "", moment.toLocaleString([], today
    ? { hour: "2-digit", minute: "2-digit" }
    : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }));
  element.dateTime = moment.toISOString();
  return element;
}

function isWeb(address) {
  try { return ["http:", "https:"].includes(new URL(address).protocol); } catch { return false; }
}

function node(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const hidden = (text) => node("span", "hidden", text);

function item(className, parts) {
  const element = node("li", className);
  element.append(...parts);
  return element;
}

// ---------------------------------------------------------------------------------------------- the person

function fit() {
  const text = $("text");
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  $("send").disabled = !text.value.trim();
}

microphone({ recorded: speak, told: (words) => notice("microphone", words) });

const readAloud = aloud({
  told: (words) => notice("voice", words),
  server: async (text) => {
    const response = await fetch(`${BASE}aloud`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }),
    }).catch(() => null);
    return response?.ok ? response.blob() : null;
  },
});

$("text").addEventListener("input", fit);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("form").requestSubmit();
  }
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  fit();
  quiet();
  notice("microphone", "");
  say(text);
  $("text").focus();
});
$("down").addEventListener("click", () => draw({ toEnd: true }));
$("scroll").addEventListener("scroll", () => {
  const { scrollHeight, scrollTop, clientHeight } = $("scroll");
  if (scrollHeight - scrollTop - clientHeight < 80) $("down").hidden = true;
}, { passive: true });
$("new").addEventListener("click", () => {
  if (load().entries.length) $("ask").showModal(); else $("text").focus();
});
$("ask").addEventListener("close", () => {
  if ($("ask").returnValue === "yes") {
    save({ conversation: null, after: 0, entries: [] });
    asking.abort();
    asking = new AbortController();
    draw({ toEnd: true });
  }
  $("ask").returnValue = "";
  $("text").focus();
});

function connection() {
  notice("offline", navigator.onLine ? "" : "You are offline. What you write is sent when the connection is back.");
  draw();
  if (!navigator.onLine) return;
  for (const entry of load().entries) {
    if (entry.status === "sending" || (entry.status === "failed" && entry.network)) deliver(entry.id);
  }
  back();
}

window.addEventListener("online", connection);
window.addEventListener("offline", connection);
window.addEventListener("storage", (event) => { if (event.key === KEY || event.key === null) draw(); });
document.addEventListener("visibilitychange", back);

draw({ toEnd: true });
fit();
connection();
if (matchMedia("(hover: hover)").matches) $("text").focus();

// The chat page: what is remembered (store), the gateway (client) and what is drawn (view), put together.
// It sends messages under ids of its own, so that sending twice is harmless, and asks for answers only while one is
// awaited, plus a few times afterwards. In a frame it talks with the website around it by messages (frame.js).

import { CallFailed, Client } from "./client.js";
import { isTaken, MAX_BYTES, shrink } from "./files.js";
import { frame } from "./frame.js";
import { plainText } from "./markdown.js";
import { transcriptOf } from "./messages.js";
import { emptyState, giveUp, isAwaiting, mergeMessages, rateMessage, Store, updateEntry, userOf } from "./store.js";
import { chooseLanguage, directionOf, sayIn } from "./strings.js";
import { View } from "./view.js";
import { aloud, microphone, quiet } from "./voice.js";

const WAIT = 20; // seconds of one long poll
const CHECK_AFTER = 20_000, CHECK_FOR = 180_000; // looks for late messages after the last activity, ever further apart
const PERSON_EVERY = 4_000, PERSON_FOR = 1_800_000; // the same while a person may answer
const HEARING = 15_000; // milliseconds in which a recording becomes text
const MAX_TEXT = 4000; // characters, as the gateway takes them

const find = (id) => document.getElementById(id);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const page = { ...document.documentElement.dataset };
const settings = JSON.parse(page.settings || "{}");
const given = new URLSearchParams(location.search);

// ---------------------------------------------------------------------------------------------- language and look

const wanted = given.get("lang") ?? settings.language;
const language = chooseLanguage(wanted ? [wanted] : [page.lang, ...navigator.languages]);
// Times are written as where the person is, in the page's language.
const locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
const say = sayIn(language);
document.documentElement.lang = language;
document.documentElement.dir = directionOf(wanted ?? language);
for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
for (const element of document.querySelectorAll("[data-hint]")) element.title = say(element.dataset.hint);
find("text").placeholder = say("placeholder");
const colour = given.get("color") ?? settings.color;
if (/^#[0-9a-f]{6}$/i.test(colour ?? "")) document.documentElement.style.setProperty("--accent", colour);
const theme = given.get("theme") ?? settings.theme;
if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
const logo = given.get("logo") ?? settings.logo;
for (const face of /^https?:/.test(logo ?? "") ? document.querySelectorAll(".face") : []) {
  const image = new Image(face.clientWidth, face.clientHeight);
  Object.assign(image, { src: logo, alt: "", className: "face" });
  face.replaceWith(image);
}
const title = given.get("title") ?? settings.title;
if (title) { find("title").textContent = title; document.title = title; }

// ---------------------------------------------------------------------------------------------- what it is made of

let storage = null;
try { storage = window.localStorage; } catch { /* forbidden: this page's memory has it */ }
// Each assistant has a transcript of its own, also where several are on one host.
const path = new URL(".", location.href).pathname;
const store = new Store(storage, path === "/" ? "parley.chat" : `parley.chat${path}`);
const client = new Client({ base: "webhooks/webchat/", fetch: (...call) => fetch(...call), sleep, isOnline: () => navigator.onLine });
const previews = new Map(); // id of a message -> the address of the picture that was sent with it
const view = new View({
  find, say, locale, choose, tryAgain,
  rate: settings.ratings === false ? undefined : rate,
  preview: (id) => previews.get(id) ?? null,
});
const website = frame({ open: () => { start(); begin(); }, say: (text, payload) => send(text, payload), identity: identify });
const blobs = new Map(); // id -> what was spoken, or the file, until it is sent; neither outlives its page
const delivering = new Set();
const held = new Set(); // ids of texts that wait for a recording before them, or for such a text
let identity = null; // the website's word for who its visitor is
let listening = false;
let lastActivity = 0, lastLook = 0, timer = 0;
let asking = new AbortController(); // ended where the conversation is left while a long poll is held

function update(id, changes, how) {
  view.draw(store.change((state) => updateEntry(state, id, changes)), how);
}

// ---------------------------------------------------------------------------------------------- sending

function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function conversation() {
  while (true) {
    const known = store.load().conversation;
    if (known) return known;
    const visitor = identity;
    const made = await client.conversation(visitor);
    // Another tab may have been quicker; and what was made for one visitor is not for the next.
    if (visitor === identity) store.change((state) => (state.conversation ? state : { ...state, conversation: made, after: 0 }));
  }
}

function add(entry) {
  view.draw(store.change((state) => ({ ...state, entries: [...state.entries, entry] })), { toEnd: true });
  deliver(entry.id);
}

function send(text, payload, more = {}) {
  add({ who: "me", id: unique(), text, payload, at: Date.now(), status: "sending", ...more });
  website.tell("sent", { text });
}

function choose(words, payload) {
  send(words, payload);
  // A phone would open its keyboard for it.
  if (matchMedia("(hover: hover)").matches) find("text").focus();
}

function tryAgain(id) {
  update(id, { status: "sending", trouble: null });
  deliver(id);
}

function speak(blob, seconds) {
  const id = unique();
  blobs.set(id, blob);
  add({ who: "me", id, text: "", voice: { seconds: Math.max(1, Math.round(seconds)) }, at: Date.now(), status: "sending" });
}

/** Sends a file, or says why it cannot be sent. */
async function attach(file) {
  view.notice("file", "");
  const name = file.name || "file";
  if (!isTaken(file.type)) return view.notice("file", say("fileType", { name }));
  const blob = await shrink(file);
  if (blob.size > MAX_BYTES) return view.notice("file", say("fileTooLarge", { name, megabytes: Math.floor(MAX_BYTES / 1e6) }));
  const id = unique();
  blobs.set(id, blob);
  if (blob.type.startsWith("image/")) previews.set(id, URL.createObjectURL(blob));
  const about = { name: name.slice(0, 200), type: blob.type.split(";")[0], bytes: blob.size };
  add({ who: "me", id, text: "", file: about, at: Date.now(), status: "sending" });
}

async function rate(message, helpful) {
  const before = store.load().ratings?.[message];
  if (before === helpful) return;
  view.draw(store.change((state) => rateMessage(state, message, helpful)));
  try {
    await client.rate(store.load().conversation, message, helpful);
  } catch {
    view.draw(store.change((state) => rateMessage(state, message, before ?? null)));
  }
}

async function deliver(id) {
  const entry = store.load().entries.find((one) => one.id === id);
  if (!entry || delivering.has(id)) return;
  delivering.add(id);
  try {
    if (!entry.voice) await afterWhatWasSpoken(id);
    const message = await hand(entry);
    blobs.delete(id);
    update(id, { status: "sent", message, sent: Date.now(), trouble: null });
    lastActivity = Date.now();
    listen();
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    const trouble = error.isTemporary ? "notSent" : "notSentBecause";
    update(id, { status: "failed", network: error.isTemporary, trouble, cause: error.message });
  } finally {
    delivering.delete(id);
    held.delete(id);
  }
}

/** Hands it to the gateway; in a new conversation where the old one is not known there any more. */
async function hand(entry) {
  try {
    return await handOnce(entry);
  } catch (error) {
    if (error.status !== 403 || !store.load().conversation) throw error;
    store.change((state) => ({ ...state, conversation: null, after: 0, epoch: state.epoch + 1 }));
    return handOnce(entry);
  }
}

async function handOnce(entry) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const more = { locale: navigator.language };
  const name = await conversation();
  // Meanwhile the conversation may have been left: nothing of it is said in the next.
  if (!store.load().entries.some((one) => one.id === entry.id)) throw new CallFailed("left", 400);
  const blob = blobs.get(entry.id);
  if ((entry.voice || entry.file) && !blob) throw new CallFailed(say(entry.voice ? "recordingGone" : "fileGone"), 400);
  if (entry.voice) return client.sendRecording(name, entry.id, blob, { ...more, timezone: timeZone });
  if (entry.file) await client.sendFile(name, entry.id, blob);
  return client.sendText(name, entry, { ...more, metadata: { timezone: timeZone } });
}

// A recording becomes text by a detour; a text sent meanwhile would be answered before it.
async function afterWhatWasSpoken(id) {
  const pending = (entry) => ["sending", "sent"].includes(entry.status) && Date.now() - (entry.sent ?? entry.at) < HEARING;
  const first = (entry) => held.has(entry.id) || (entry.voice && !entry.text && pending(entry));
  const before = () => { const { entries } = store.load(); return entries.slice(0, entries.findIndex((entry) => entry.id === id)); };
  while (before().some(first)) {
    held.add(id);
    await sleep(100);
  }
}

// ---------------------------------------------------------------------------------------------- hearing the answers

async function look(wait) {
  const { conversation: name, after } = store.load();
  if (!name) return 0;
  lastLook = Date.now();
  let messages;
  try {
    messages = await client.messages(name, after, wait, asking.signal);
  } catch (error) {
    // Given out by another installation, or under a secret that ended: the next message begins a new one.
    if (error.status === 403) view.draw(store.change((state) => (state.conversation === name ? forgetName(state) : state)));
    throw error;
  }
  let merged = { fresh: [], changed: false };
  const state = store.change((known) => {
    if (known.conversation !== name) return known;
    merged = mergeMessages(known, messages, after);
    return merged.state;
  });
  if (merged.changed) view.draw(state);
  for (const message of merged.fresh) {
    readAloud(message);
    website.tell("message", { text: plainText(message.text ?? "") });
  }
  return merged.changed ? messages.length : 0;
}

function forgetName(state) {
  const entries = state.entries.map((entry) => (entry.status === "sent" ? { ...entry, status: "failed", trouble: "late" } : entry));
  return { ...state, entries, conversation: null, after: 0, epoch: state.epoch + 1 };
}

// While an answer is awaited: long polls, one at a time, with growing pauses where the gateway cannot be reached.
async function listen() {
  if (listening) return;
  listening = true;
  let pause = 1000;
  try {
    while (true) {
      const late = store.change((state) => giveUp(state, Date.now()));
      if (!isAwaiting(late)) break;
      const began = Date.now();
      const { signal } = asking;
      try {
        const fresh = await look(WAIT);
        view.notice("connection", "");
        pause = 1000;
        // The gateway may answer at once where many wait; it is not asked more than once a second then.
        if (!fresh && Date.now() - began < 500) await sleep(1000);
      } catch (error) {
        if (signal.aborted || error.status === 403) continue;
        view.notice("connection", say("lost"));
        await sleep(pause);
        pause = Math.min(pause * 2, 15_000);
      }
    }
  } finally {
    listening = false;
    view.notice("connection", "");
    view.draw(store.load());
    later();
  }
}

// What comes later (a slow action, a reminder) is looked for a few times, then only when the person comes back; what a
// person will answer who took over is looked for sooner and longer.
function later() {
  clearTimeout(timer);
  const ago = Date.now() - lastActivity;
  const [pause, lasting] = store.load().handoff ? [PERSON_EVERY, PERSON_FOR] : [Math.max(CHECK_AFTER, ago), CHECK_FOR];
  if (document.hidden || listening || ago + pause > lasting) return;
  timer = setTimeout(async () => {
    try {
      if (await look(0)) lastActivity = Date.now();
    } catch { /* nobody waits for this look */ }
    later();
  }, pause);
}

async function back() {
  if (document.hidden) return void clearTimeout(timer);
  const state = store.load();
  if (isAwaiting(state)) return void listen();
  if (state.handoff) lastActivity = Date.now();
  if (state.conversation && Date.now() - lastLook > 5000) {
    try { await look(0); } catch { /* the next message will tell */ }
  }
  later();
}

// ---------------------------------------------------------------------------------------------- the website around it

/** The assistant speaks first, where the page is told with which words (`start`), and nothing was said yet. */
function begin() {
  const start = given.get("start") ?? settings.start;
  if (start && !store.load().entries.length) send("", start, { quiet: true });
  find("text").focus();
}

/** Another visitor has another conversation: what the one before said is not shown to them. */
function identify(token) {
  const user = userOf(token);
  identity = token;
  if (store.load().user !== user) leave({ ...emptyState(), user });
}

function leave(state) {
  store.change(() => state);
  asking.abort();
  asking = new AbortController();
  view.draw(state, { toEnd: true });
}

function saveTranscript() {
  const lines = store.load().entries.filter((entry) => !entry.quiet).map((entry) => {
    const who = say(entry.who === "me" ? "you" : "assistant");
    const words = entry.who === "me" ? entry.text || (entry.file?.name ?? "") : transcriptOf(entry.message);
    return `${new Date(entry.at).toLocaleString(locale)} ${who}${words}`;
  });
  const address = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "conversation.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// ---------------------------------------------------------------------------------------------- the person

function fit() {
  const text = find("text");
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  const surplus = text.value.trim().length - MAX_TEXT;
  find("send").disabled = !text.value.trim() || surplus > 0;
  view.notice("length", surplus > 0 ? say("tooLong", { count: surplus }) : "");
}

const readAloud = aloud({
  say,
  told: (words) => view.notice("voice", words),
  server: async (text) => client.readAloud(store.load().conversation, text),
});

find("text").addEventListener("input", fit);
find("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!find("send").disabled) find("form").requestSubmit();
  }
});
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find("text").value.trim();
  if (!text || text.length > MAX_TEXT) return;
  find("text").value = "";
  fit();
  quiet();
  view.notice("microphone", "");
  send(text);
  find("text").focus();
});
find("attach").addEventListener("click", () => find("file").click());
find("file").addEventListener("change", () => {
  for (const file of find("file").files) attach(file);
  find("file").value = "";
  find("text").focus();
});
find("text").addEventListener("paste", (event) => {
  if (page.uploads !== "yes" || !event.clipboardData?.files.length) return;
  event.preventDefault();
  for (const file of event.clipboardData.files) attach(file);
});
const chat = document.querySelector(".chat");
for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  chat.addEventListener(name, (event) => {
    if (page.uploads !== "yes" || find("text").disabled || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    chat.classList.toggle("dropping", over);
    if (name === "drop") for (const file of event.dataTransfer.files) attach(file);
  });
}
find("down").addEventListener("click", () => view.draw(store.load(), { toEnd: true }));
find("scroll").addEventListener("scroll", () => view.scrolled(), { passive: true });
find("save").addEventListener("click", saveTranscript);
find("close").addEventListener("click", () => website.tell("close"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && website.framed && !event.defaultPrevented && !document.querySelector("dialog[open]")) website.tell("close");
});
find("new").addEventListener("click", () => {
  if (store.load().entries.length) find("ask").showModal(); else find("text").focus();
});
find("ask").addEventListener("close", () => {
  if (find("ask").returnValue === "yes") {
    leave({ ...emptyState(), user: store.load().user });
    if (website.framed) begin();
  }
  find("ask").returnValue = "";
  find("text").focus();
});

function connection() {
  view.notice("offline", navigator.onLine ? "" : say("offlineNotice"));
  view.draw(store.load());
  if (!navigator.onLine) return;
  for (const entry of store.load().entries) {
    if (entry.status === "sending" || (entry.status === "failed" && entry.network)) deliver(entry.id);
  }
  back();
}

window.addEventListener("online", connection);
window.addEventListener("offline", connection);
window.addEventListener("storage", (event) => { if (event.key === store.key || event.key === null) view.draw(store.load()); });
document.addEventListener("visibilitychange", back);

/** From now on the person can write. What is typed before the page can take it would be lost. */
function start() {
  if (!find("text").disabled) return;
  find("text").disabled = false;
  find("attach").hidden = page.uploads !== "yes";
  microphone({ say, recorded: speak, told: (words) => view.notice("microphone", words) });
  for (const words of given.has("starter") ? given.getAll("starter") : settings.starters ?? []) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = String(words);
    button.addEventListener("click", () => send(String(words)));
    find("starters").append(button);
  }
  fit();
}

find("close").hidden = !website.framed;
view.draw(store.load(), { toEnd: true });
connection();
website.tell("ready");
// The widget says who its visitor is before it says "open"; what was said until then would be said by nobody.
if (!given.has("widget")) start();
if (!website.framed && matchMedia("(hover: hover)").matches) find("text").focus();

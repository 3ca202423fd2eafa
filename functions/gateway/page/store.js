// What the page remembers of a conversation: pure functions on a plain state, and the place where it is kept.
// Nothing here knows of the network or of what is drawn; tests/page runs all of it with `node --test`.

/**
 * @typedef {object} Entry
 * @property {"me"|"bot"} who
 * @property {number} at                 milliseconds since 1970
 * @property {string} [id]               of a message of one's own, made by the page
 * @property {string} [text]
 * @property {string} [payload]          what a button says in place of its title
 * @property {{seconds: number}} [voice]
 * @property {{name: string, type: string, bytes: number}} [file]  what the person sent with it
 * @property {"sending"|"sent"|"answered"|"failed"} [status]
 * @property {string} [message]          the id under which the gateway took it
 * @property {number} [sent]             when it was taken
 * @property {string|null} [trouble]     a key of the page's strings: why it failed
 * @property {string} [cause]            what the gateway said of it
 * @property {boolean} [network]         it failed because nobody could be reached, and may be sent again
 * @property {boolean} [quiet]           it was not typed, and is not shown
 * @property {number} [number]           of a message of the assistant's, in the outbox
 * @property {number} [epoch]            of that outbox
 * @property {object} [message]
 *
 * @typedef {object} State
 * @property {string|null} conversation
 * @property {number} after              the number of the last message that was taken from the outbox
 * @property {number} epoch              how often the outbox began anew
 * @property {boolean} handoff           a person may answer
 * @property {string} [user]             whom the website says its visitor is
 * @property {Object<string, boolean>} [ratings]  message that was answered -> whether the answer helped
 * @property {Entry[]} entries
 */

export const MAX_ENTRIES = 300;
export const PATIENCE = 120_000; // milliseconds until an answer is given up, as the gateway's ANSWER_WITHIN

/** @returns {State} */
export function emptyState() {
  return { conversation: null, after: 0, epoch: 0, handoff: false, entries: [] };
}

/**
 * A state as it was stored, whatever is left of it: entries that are none are dropped, never the whole transcript.
 * @returns {State|null}
 */
export function readState(text) {
  let stored;
  try { stored = JSON.parse(text); } catch { return null; }
  if (!stored || typeof stored !== "object" || !Array.isArray(stored.entries)) return null;
  return {
    conversation: typeof stored.conversation === "string" ? stored.conversation : null,
    after: Number.isInteger(stored.after) && stored.after >= 0 ? stored.after : 0,
    epoch: Number.isInteger(stored.epoch) ? stored.epoch : 0,
    handoff: stored.handoff === true,
    ...(typeof stored.user === "string" && { user: stored.user }),
    ...(isObject(stored.ratings) && { ratings: stored.ratings }),
    entries: stored.entries.map(readEntry).filter(Boolean),
  };
}

function readEntry(entry) {
  if (!entry || typeof entry !== "object" || !Number.isFinite(entry.at)) return null;
  if (entry.who === "bot") return isObject(entry.message) ? entry : null;
  return entry.who === "me" && typeof entry.id === "string" && typeof entry.text === "string" ? entry : null;
}

const isObject = (value) => Boolean(value) && typeof value === "object" && !Array.isArray(value);

export const isAwaiting = (state) => state.entries.some((entry) => entry.status === "sent");
export const isSending = (state) => state.entries.some((entry) => entry.status === "sending");

/** The state with what is kept of it: the latest entries, and no pictures that came in the message itself. */
export function trimState(state) {
  const entries = state.entries.slice(-MAX_ENTRIES).map((entry) =>
    entry.who === "bot" && String(entry.message.image ?? "").startsWith("data:")
      ? { ...entry, message: { ...entry.message, image: undefined, dropped: true } }
      : entry);
  return { ...state, entries };
}

/**
 * The state after an answer of the outbox. `asked` is the number after which it was asked for.
 *
 * An outbox that expired or was forgotten begins anew from 1; a reader that knows more is answered from its start. So a
 * first number that is not after `asked` says that it began anew. One that another tab took meanwhile is after `asked`.
 * @returns {{state: State, fresh: object[], changed: boolean}}  `fresh`: the messages that were not known
 */
export function mergeMessages(state, messages, asked) {
  const rows = Array.isArray(messages) ? messages.filter((row) => isObject(row) && isObject(row.message) && Number.isInteger(row.number)) : [];
  if (!rows.length) return { state, fresh: [], changed: false };
  let { after, epoch, handoff } = state;
  let entries = state.entries;
  const fresh = [];
  if (rows[0].number <= asked) { after = 0; epoch += 1; }
  let changed = false;
  for (const { number, at, message } of rows) {
    if (number <= after) continue;
    after = number;
    changed = true;
    if (message.end) {
      handoff = message.handoff === true;
      // Messages are answered in order: with this one the earlier ones are over too, whatever became of them.
      const last = entries.findIndex((entry) => entry.message === message.message && entry.who === "me");
      entries = entries.map((entry, index) => (index <= last && isOpen(entry) ? answered(entry) : entry));
    } else if (message.heard !== undefined) {
      entries = entries.map((entry) =>
        entry.message === message.message && entry.voice ? { ...entry, text: String(message.heard) } : entry);
    } else {
      // What was given up is answered after all.
      entries = entries.map((entry) => (entry.message === message.message && isLate(entry) ? { ...answered(entry), status: "sent", sent: Date.now() } : entry));
      fresh.push(message);
      entries = [...entries, { who: "bot", number, epoch, at: Number.isFinite(at) ? at * 1000 : Date.now(), message }];
    }
  }
  return { state: { ...state, after, epoch, handoff, entries }, fresh, changed };
}

const isLate = (entry) => entry.status === "failed" && entry.trouble === "late";
const isOpen = (entry) => entry.who === "me" && (entry.status === "sent" || isLate(entry));
const answered = (entry) => ({ ...entry, status: "answered", trouble: null });

/** The state in which messages that wait for too long have failed. */
export function giveUp(state, now) {
  if (!state.entries.some((entry) => entry.status === "sent" && now - entry.sent > PATIENCE)) return state;
  const entries = state.entries.map((entry) =>
    entry.status === "sent" && now - entry.sent > PATIENCE ? { ...entry, status: "failed", trouble: "late" } : entry);
  return { ...state, entries };
}

/**
 * Under which of the assistant's messages the person may say whether it helped: the last one, once its turn is over
 * and where the person asked for it; and those of which they said so.
 */
export function isRatable(state, index) {
  const { who, message } = state.entries[index];
  const next = state.entries[index + 1];
  if (who !== "bot" || !message.message || (next?.who === "bot" && next.message.message === message.message)) return false;
  if (state.ratings?.[message.message] !== undefined) return true;
  const asked = state.entries.some((entry, at) => at < index && entry.who === "me" && !entry.quiet);
  return asked && !next && !state.handoff && !isAwaiting(state);
}

/** The state with what the person thinks of an answer; null takes it back. */
export function rateMessage(state, message, helpful) {
  const { [message]: _, ...others } = state.ratings ?? {};
  return { ...state, ratings: helpful === null ? others : { ...others, [message]: helpful } };
}

/** The state with other fields of one entry. */
export function updateEntry(state, id, changes) {
  return { ...state, entries: state.entries.map((entry) => (entry.id === id ? { ...entry, ...changes } : entry)) };
}

/**
 * Whom a website's token names: the same visitor has a new token on each of its pages.
 * @param {string} token  base64url of {"user", "exp"}, a dot, and a signature that only the gateway can check
 */
export function userOf(token) {
  const content = token.split(".")[0];
  try {
    const bytes = Uint8Array.from(atob(content.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.codePointAt(0));
    const { user } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof user === "string" ? user : content;
  } catch {
    return content;
  }
}

/**
 * The place where the state is kept: the browser's storage, shared by its tabs; once a write failed (it is full, or
 * forbidden) this page's memory, which then wins, for the storage has an older one.
 */
export class Store {
  /** @param {Storage|null} storage  @param {string} key */
  constructor(storage, key) {
    this.key = key;
    this.storage = storage;
    this.memory = null;
  }

  /** @returns {State} */
  load() {
    if (this.memory) return this.memory;
    let text = null;
    try { text = this.storage?.getItem(this.key) ?? null; } catch { /* forbidden */ }
    return (text !== null && readState(text)) || emptyState();
  }

  /** Keeps it; the state that is returned has what is too large to be stored, too, for it is shown now. */
  save(state) {
    const kept = trimState(state);
    if (!this.memory) {
      try {
        if (!this.storage) throw new Error("no storage");
        this.storage.setItem(this.key, JSON.stringify(kept));
        return state;
      } catch { /* from now on memory has it */ }
    }
    this.memory = kept;
    // Once there is room again, other tabs and the next visit have it too.
    try {
      if (this.storage) {
        this.storage.setItem(this.key, JSON.stringify(kept));
        this.memory = null;
      }
    } catch { /* still full */ }
    return state;
  }

  /** Reads, changes and writes in one go, so that two tabs of one conversation do not undo each other. */
  change(edit) {
    const before = this.load();
    const after = edit(before);
    return after === before ? before : this.save(after);
  }
}

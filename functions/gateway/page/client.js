// The gateway's paths for the chat page. The network, the clock and pauses are given, so that `node --test` runs it.

import { piecesOf } from "./files.js";

export class CallFailed extends Error {
  /** @param {string} message  @param {number} status  0 where nobody answered */
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether the same call may succeed later. */
  get isTemporary() {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

const SECONDS = 15; // a call that takes longer than this, besides what it asked to wait, is over
const TRIES = 3;

export class Client {
  /**
   * @param {object} given
   * @param {string} given.base           address of /webhooks/webchat/
   * @param {typeof fetch} given.fetch
   * @param {(milliseconds: number) => Promise<void>} given.sleep
   * @param {() => boolean} [given.isOnline]
   */
  constructor({ base, fetch, sleep, isOnline = () => true }) {
    this.base = base;
    this.fetch = fetch;
    this.sleep = sleep;
    this.isOnline = isOnline;
  }

  /** A new conversation; with the website's token the one of its user. */
  async conversation(identity) {
    const body = identity ? { identity } : {};
    return (await this.#post("conversations", body)).conversation;
  }

  /** @returns {Promise<string>} the id under which its answers come */
  async sendText(conversation, entry, more) {
    const words = entry.payload ? { payload: entry.payload } : entry.text ? { text: entry.text } : {};
    const attachment = entry.file && { attachment: { ...entry.file, file: entry.id } };
    return (await this.#again(() => this.#post("webhook", { conversation, id: entry.id, ...words, ...attachment, ...more }))).message;
  }

  async sendRecording(conversation, id, recording, more) {
    const query = new URLSearchParams({ conversation, id, ...more });
    const options = { method: "POST", headers: { "content-type": recording.type }, body: recording };
    return (await this.#again(() => this.#call(`webhook?${query}`, options))).message;
  }

  /** A file, in pieces that each go out until they are kept; a message with `entry.file` then names it. */
  async sendFile(conversation, file, blob) {
    const pieces = piecesOf(blob);
    for (const [piece, body] of pieces.entries()) {
      const query = new URLSearchParams({ conversation, file, piece, of: pieces.length });
      const options = { method: "POST", headers: { "content-type": "application/octet-stream" }, body };
      await this.#again(() => this.#call(`files?${query}`, options));
    }
  }

  /** What the person thinks of the answer to a message. */
  async rate(conversation, message, helpful) {
    await this.#again(() => this.#post("ratings", { conversation, message, helpful }));
  }

  /** The messages after a number, after at most `wait` seconds. */
  async messages(conversation, after, wait, signal) {
    const query = new URLSearchParams({ conversation, after, wait });
    return (await this.#call(`messages?${query}`, { signal }, wait)).messages;
  }

  /** A recording of the text, or null where the server has no voice. */
  async readAloud(conversation, text) {
    try {
      const response = await this.#fetch("aloud", this.#json({ conversation, text }), SECONDS);
      return response.ok ? await response.blob() : null;
    } catch {
      return null;
    }
  }

  /** Sends up to three times, under the same id, so that twice is once. */
  async #again(call) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof CallFailed) || !error.isTemporary || attempt === TRIES || !this.isOnline()) throw error;
        await this.sleep(400 * 2 ** (attempt - 1));
      }
    }
  }

  #post(path, body) {
    return this.#call(path, this.#json(body));
  }

  #json(body) {
    return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  }

  async #call(path, options, wait = 0) {
    const response = await this.#fetch(path, options, SECONDS + wait);
    let body = null;
    try { body = await response.json(); } catch { /* a proxy's page */ }
    if (!response.ok || body === null) throw new CallFailed(body?.error ?? `status ${response.status}`, response.status);
    return body;
  }

  async #fetch(path, options, seconds) {
    const late = AbortSignal.timeout(seconds * 1000);
    const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
    try {
      return await this.fetch(this.base + path, { cache: "no-store", ...options, signal });
    } catch {
      throw new CallFailed("no connection", 0);
    }
  }
}

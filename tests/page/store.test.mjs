// The chat page's memory: what becomes of a state, whatever the outbox, the storage and other tabs do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyState, giveUp, isAwaiting, isRatable, mergeMessages, rateMessage, readState, Store, trimState, updateEntry, userOf } from "../../functions/gateway/page/store.js";

const text = (number, words = `m${number}`, message = "a") => ({ number, at: 1, message: { message, text: words } });
const end = (number, message = "a", more = {}) => ({ number, at: 1, message: { message, end: true, ...more } });
const mine = (id, more = {}) => ({ who: "me", id, text: id, at: 1, status: "sent", sent: 0, message: id, ...more });
const words = (state) => state.entries.filter((entry) => entry.who === "bot").map((entry) => entry.message.text);

class Room {
  constructor(limit = Infinity) { this.limit = limit; this.items = new Map(); }
  getItem(key) { return this.items.get(key) ?? null; }
  setItem(key, value) { if (value.length > this.limit) throw new Error("QuotaExceededError"); this.items.set(key, value); }
}

const MERGES = [
  ["messages come in order", { after: 0 }, 0, [text(1), text(2)], ["m1", "m2"], 2],
  ["what is known is not taken twice", { after: 2 }, 1, [text(2), text(3)], ["m3"], 3],
  ["another tab was quicker", { after: 5 }, 3, [text(4), text(5)], [], 5],
  ["an outbox that expired begins anew", { after: 40 }, 40, [text(1), text(2)], ["m1", "m2"], 2],
  ["one that was forgotten and is as long again", { after: 2 }, 2, [text(1), text(2)], ["m1", "m2"], 2],
  ["nothing came", { after: 7 }, 7, [], [], 7],
  ["rows that are none are left out", { after: 0 }, 0, [null, 7, { number: "1", message: {} }, { number: 1 }, text(2)], ["m2"], 2],
  ["no list at all", { after: 1 }, 1, { rows: 1 }, [], 1],
];
for (const [name, known, asked, rows, expected, after] of MERGES) {
  test(`merging: ${name}`, () => {
    const { state, fresh } = mergeMessages({ ...emptyState(), ...known }, rows, asked);
    assert.deepEqual(words(state), expected);
    assert.deepEqual(fresh.map((message) => message.text), expected);
    assert.equal(state.after, after);
  });
}

test("rows of an outbox that began anew are other rows", () => {
  const first = mergeMessages(emptyState(), [text(1)], 0).state;
  const { state } = mergeMessages(first, [text(1, "new")], 1);
  assert.deepEqual(state.entries.map((entry) => [entry.epoch, entry.number]), [[0, 1], [1, 1]]);
});

test("the end of a turn answers what was said up to it, and nothing after it", () => {
  const state = { ...emptyState(), entries: [mine("a"), mine("b"), mine("c")] };
  assert.deepEqual(mergeMessages(state, [end(1, "b")], 0).state.entries.map((entry) => entry.status), ["answered", "answered", "sent"]);
  assert.equal(mergeMessages(state, [end(1, "b", { handoff: true })], 0).state.handoff, true);
});

test("an answer that comes after it was given up is an answer", () => {
  const late = giveUp({ ...emptyState(), entries: [mine("a")] }, 200_000);
  assert.deepEqual([late.entries[0].status, late.entries[0].trouble, isAwaiting(late)], ["failed", "late", false]);
  const { state } = mergeMessages(late, [text(1), end(2)], 0);
  assert.deepEqual([state.entries[0].status, state.entries[0].trouble], ["answered", null]);
});

test("what failed for another reason stays failed", () => {
  const failed = updateEntry({ ...emptyState(), entries: [mine("a")] }, "a", { status: "failed", trouble: "notSent" });
  assert.equal(mergeMessages(failed, [end(1)], 0).state.entries[0].status, "failed");
});

test("what was heard of a recording is its text", () => {
  const state = { ...emptyState(), entries: [mine("a", { text: "", voice: { seconds: 2 } })] };
  const heard = mergeMessages(state, [{ number: 1, at: 1, message: { message: "a", heard: "play jazz" } }], 0).state;
  assert.equal(heard.entries[0].text, "play jazz");
});

test("a full storage loses nothing, and the page does not go back to what is stored", () => {
  const room = new Room(3000);
  const store = new Store(room, "k");
  for (let number = 0; number < 40; number++) {
    store.change((state) => ({ ...state, entries: [...state.entries, mine(`message-${number}`)] }));
    assert.equal(store.load().entries.length, number + 1);
  }
  assert.ok(readState(room.getItem("k")).entries.length < 40);
});

test("where there is room again, the storage has all of it", () => {
  const room = new Room(10);
  const store = new Store(room, "k");
  store.change((state) => ({ ...state, conversation: "c" }));
  room.limit = Infinity;
  store.change((state) => ({ ...state, after: 3 }));
  assert.equal(new Store(room, "k").load().after, 3);
});

for (const storage of [null, { getItem() { throw new Error("forbidden"); }, setItem() { throw new Error("forbidden"); } }]) {
  test(`without a storage the page remembers (${storage ? "forbidden" : "none"})`, () => {
    const store = new Store(storage, "k");
    store.change((state) => ({ ...state, after: 3 }));
    assert.equal(store.load().after, 3);
  });
}

test("two pages of one storage do not undo each other", () => {
  const room = new Room();
  const [one, other] = [new Store(room, "k"), new Store(room, "k")];
  one.change((state) => ({ ...state, entries: [...state.entries, mine("a")] }));
  other.change((state) => ({ ...state, entries: [...state.entries, mine("b")] }));
  assert.deepEqual(one.load().entries.map((entry) => entry.id), ["a", "b"]);
});

for (const hostile of ["", "null", "7", "[]", "{", '{"entries": 7}', '{"entries": [null, 7, {"who": "bot"}, {"who": "me", "id": 3, "at": 1}, {"who": "bot", "at": 1, "message": []}], "after": -1, "conversation": {}}']) {
  test(`stored text that is none: ${hostile.slice(0, 30)}`, () => {
    const state = new Store({ getItem: () => hostile, setItem() {} }, "k").load();
    assert.deepEqual([state.entries, state.after, state.conversation], [[], 0, null]);
  });
}

test("pictures that came in the message itself and old entries are not stored", () => {
  const entries = Array.from({ length: 400 }, (_, number) => mine(`m${number}`));
  entries.push({ who: "bot", at: 1, number: 1, epoch: 0, message: { image: `data:image/png;base64,${"A".repeat(100)}` } });
  const kept = trimState({ ...emptyState(), entries });
  assert.equal(kept.entries.length, 300);
  assert.equal(kept.entries.at(-1).message.image, undefined);
});

test("a visitor is the same one under each token that names them, and after a visit elsewhere", () => {
  const token = (document) => `${Buffer.from(JSON.stringify(document)).toString("base64url")}.signature`;
  assert.equal(userOf(token({ user: "Zoë ?>", exp: 1 })), "Zoë ?>");
  assert.equal(userOf(token({ user: "ann", exp: 1 })), userOf(token({ user: "ann", exp: 2 })));
  for (const odd of ["", "no token", "e30.x", token({ user: 7 }), token(null)]) assert.equal(typeof userOf(odd), "string");
  const room = new Room();
  new Store(room, "k").change((state) => ({ ...state, user: "ann", entries: [mine("a")] }));
  assert.equal(new Store(room, "k").load().user, "ann");
});

test("an answer can be rated where it ends a turn that the person began", () => {
  const bot = (message) => ({ who: "bot", at: 1, number: 1, message: { message, text: "hello" } });
  const asked = mine("a", { status: "answered" });
  const ratable = (state) => state.entries.map((_, index) => index).filter((index) => isRatable(state, index));
  const of = (entries, more = {}) => ({ ...emptyState(), entries, ...more });
  assert.deepEqual(ratable(of([asked, bot("a"), bot("a")])), [2]);
  assert.deepEqual(ratable(of([asked, bot("a"), mine("b", { status: "answered" }), bot("b")])), [3]);
  assert.deepEqual(ratable(of([mine("a"), bot("a")])), [], "more may come");
  assert.deepEqual(ratable(of([bot("a")])), [], "nobody asked");
  assert.deepEqual(ratable(of([{ ...asked, quiet: true }, bot("a")])), [], "a greeting");
  assert.deepEqual(ratable(of([asked, bot("a")], { handoff: true })), [], "a person answers");
  assert.deepEqual(ratable(of([asked, bot("a"), mine("b", { status: "answered" }), bot("b")], { ratings: { a: false } })), [1, 3]);
});

test("a rating is remembered, changed and taken back", () => {
  const room = new Room();
  const store = new Store(room, "k");
  store.change((state) => rateMessage(state, "a", true));
  store.change((state) => rateMessage(state, "b", false));
  assert.deepEqual(new Store(room, "k").load().ratings, { a: true, b: false });
  assert.deepEqual(rateMessage(store.load(), "a", false).ratings, { a: false, b: false });
  assert.deepEqual(rateMessage(store.load(), "a", null).ratings, { b: false });
});

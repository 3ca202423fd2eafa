// The chat page's calls: what is tried again, what is told at once, and that nothing hangs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallFailed, Client } from "../../functions/gateway/page/client.js";
import { isTaken, PIECE } from "../../functions/gateway/page/files.js";

function gateway(...answers) {
  const calls = [], pauses = [];
  const client = new Client({
    base: "https://bot.example/webhooks/webchat/",
    sleep: async (milliseconds) => { pauses.push(milliseconds); },
    fetch: async (address, options) => {
      calls.push({ address, ...options });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return new Response(answer.body === undefined ? "{}" : typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body), { status: answer.status });
    },
  });
  return { client, calls, pauses };
}

const entry = { id: "id-1", text: "hello" };

test("a message goes out with its id, and again under the same one", async () => {
  const { client, calls, pauses } = gateway(new Error("network"), { status: 503, body: { error: "busy" } }, { status: 202, body: { message: "webchat:1" } });
  assert.equal(await client.sendText("c", entry, { locale: "en" }), "webchat:1");
  assert.deepEqual(calls.map((call) => JSON.parse(call.body).id), ["id-1", "id-1", "id-1"]);
  assert.deepEqual(pauses, [400, 800]);
  assert.deepEqual(JSON.parse(calls[0].body), { conversation: "c", id: "id-1", text: "hello", locale: "en" });
});

test("a button sends its payload", async () => {
  const { client, calls } = gateway({ status: 202, body: { message: "m" } });
  await client.sendText("c", { ...entry, payload: "/greet" }, {});
  assert.deepEqual(JSON.parse(calls[0].body), { conversation: "c", id: "id-1", payload: "/greet" });
});

for (const [status, tries, temporary] of [[400, 1, false], [403, 1, false], [413, 1, false], [429, 3, true], [500, 3, true], [503, 3, true]]) {
  test(`status ${status} is ${temporary ? "tried again" : "told at once"}`, async () => {
    const { client, calls } = gateway({ status, body: { error: "why" } });
    await assert.rejects(client.sendText("c", entry, {}), (error) => error instanceof CallFailed && error.status === status && error.message === "why" && error.isTemporary === temporary);
    assert.equal(calls.length, tries);
  });
}

test("offline nothing is tried again", async () => {
  const { client, calls } = gateway(new Error("network"));
  client.isOnline = () => false;
  await assert.rejects(client.sendText("c", entry, {}), (error) => error.status === 0 && error.isTemporary);
  assert.equal(calls.length, 1);
});

test("a page of a proxy is no answer", async () => {
  const { client } = gateway({ status: 200, body: "<html>sign in</html>" });
  await assert.rejects(client.messages("c", 0, 0), CallFailed);
});

test("a call that nobody answers ends", async () => {
  const client = new Client({ base: "x/", sleep: async () => {}, fetch: (_, { signal }) => new Promise((_, fail) => {
    assert.ok(signal instanceof AbortSignal);
    fail(new DOMException("late", "TimeoutError"));
  }) });
  await assert.rejects(client.messages("c", 0, 20), (error) => error.status === 0);
});

test("the website's token makes the conversation, and is in no address", async () => {
  const { client, calls } = gateway({ status: 201, body: { conversation: "c" } });
  assert.equal(await client.conversation("token.sig"), "c");
  assert.deepEqual(JSON.parse(calls[0].body), { identity: "token.sig" });
  assert.ok(!calls[0].address.includes("token"));
});

test("where the server has no voice there is no recording", async () => {
  assert.equal(await gateway({ status: 404 }).client.readAloud("c", "hello"), null);
  assert.equal(await gateway(new Error("network")).client.readAloud("c", "hello"), null);
});

test("a file goes out in pieces, each until it is kept, and a message names it", async () => {
  const { client, calls } = gateway({ status: 201, body: {} }, new Error("network"), { status: 201, body: {} }, { status: 201, body: {} }, { status: 202, body: { message: "m" } });
  const blob = new Blob([new Uint8Array(PIECE + 3)]);
  await client.sendFile("c", "file-1", blob);
  const pieces = calls.map((call) => [new URL(call.address).searchParams.get("piece"), new URL(call.address).searchParams.get("of"), call.body.size]);
  assert.deepEqual(pieces, [["0", "2", PIECE], ["1", "2", 3], ["1", "2", 3]]);
  await client.sendFile("c", "file-2", new Blob([]));
  await client.sendText("c", { id: "file-1", text: "", file: { name: "a.pdf", type: "application/pdf", bytes: PIECE + 3 } }, {});
  assert.deepEqual(JSON.parse(calls.at(-1).body), {
    conversation: "c", id: "file-1", attachment: { file: "file-1", name: "a.pdf", type: "application/pdf", bytes: PIECE + 3 },
  });
});

test("files of kinds that nobody opens here are not taken", () => {
  for (const type of ["image/png", "audio/ogg", "video/mp4", "application/pdf", "text/plain", "text/csv"]) assert.ok(isTaken(type), type);
  for (const type of ["", "text/html", "application/zip", "application/x-msdownload", "image/", "x/image/png"]) assert.ok(!isTaken(type), type);
});

test("a rating names the message that was answered", async () => {
  const { client, calls } = gateway({ status: 202, body: {} });
  await client.rate("c", "webchat:1", false);
  assert.deepEqual(JSON.parse(calls[0].body), { conversation: "c", message: "webchat:1", helpful: false });
});

// The page's words and marks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInline, parseMarkdown, plainText } from "../../functions/gateway/page/markdown.js";
import { cardsOf, transcriptOf, wordsOf } from "../../functions/gateway/page/messages.js";
import { chooseLanguage, directionOf, sayIn, STRINGS } from "../../functions/gateway/page/strings.js";

for (const [language, strings] of Object.entries(STRINGS)) {
  test(`${language} says everything that English says, with the same values`, () => {
    assert.deepEqual(Object.keys(strings).sort(), Object.keys(STRINGS.en).sort());
    const values = (words) => (words.match(/\{\w+\}/g) ?? []).sort();
    for (const key of Object.keys(strings)) assert.deepEqual(values(strings[key]), values(STRINGS.en[key]), key);
  });
}

test("the language is the first that there is", () => {
  assert.equal(chooseLanguage(["sv-SE", "de-AT", "en"]), "de");
  assert.equal(chooseLanguage([undefined, "", "xx"]), "en");
  assert.equal(sayIn("pt")("tooLong", { count: 3 }), "3 caracteres a mais.");
  assert.deepEqual(["ar", "he-IL", "fa", "en", undefined].map(directionOf), ["rtl", "rtl", "rtl", "ltr", "ltr"]);
});

const INLINE = [
  ["plain words", [["text", "plain words"]]],
  ["a **bold** and *slanted* `word`", [["text", "a "], ["bold", "bold"], ["text", " and "], ["italic", "slanted"], ["text", " "], ["code", "word"]]],
  ["see [the page](https://a.example/x?y=1).", [["text", "see "], ["link", "the page"], ["text", "."]]],
  ["at https://a.example/b.", [["text", "at "], ["link", "https://a.example/b"], ["text", "."]]],
  ["_slanted_ ~~old~~ a_b_c ~ ~", [["italic", "slanted"], ["text", " "], ["strike", "old"], ["text", " a_b_c ~ ~"]]],
  ["\\*no\\* **a *b* c**", [["text", "*no* "], ["bold", "a b c"]]],
  ["これは**太字**です", [["text", "これは"], ["bold", "太字"], ["text", "です"]]],
  ["[write](mailto:a@e.com) or [call](tel:+1555)", [["link", "write"], ["text", " or "], ["link", "call"]]],
  ["2 * 3 * 4 = 24", [["text", "2 * 3 * 4 = 24"]]],
  ["[no](javascript:alert(1)) <b>x</b>", [["text", "[no](javascript:alert(1)) <b>x</b>"]]],
  ["**open and *half", [["text", "**open and *half"]]],
];
for (const [text, expected] of INLINE) {
  test(`marks: ${text}`, () => assert.deepEqual(parseInline(text).map((token) => [token.kind, token.text]), expected));
}

test("marks within each other are kept", () => {
  const [bold] = parseInline("**a *b* c**");
  assert.deepEqual(bold.inner.map((token) => [token.kind, token.text]), [["text", "a "], ["italic", "b"], ["text", " c"]]);
});

test("lists are blocks, and no text is lost", () => {
  assert.deepEqual(parseMarkdown("Pick:\n- one\n- **two**\nThen go").map((block) => [block.kind, block.lines.length]), [["text", 1], ["bullets", 2], ["text", 1]]);
  assert.equal(plainText("Pick:\n- one\n- **two**"), "Pick:\none\ntwo");
});

test("long texts of marks are read in time", () => {
  const began = performance.now();
  for (const mark of ["*", "**", "*a ", "_", "_a ", "~~", "~~a ", "\\", "`", "[", "[a](", "https://"]) parseMarkdown(mark.repeat(4000));
  assert.ok(performance.now() - began < 2000);
});

const CAROUSEL = { elements: [
  { title: "Green Bowl", subtitle: "Salads", buttons: [{ title: "Order", payload: "/a" }, { title: "Menu", url: "https://a.example" }] },
  { title: "Da Mario", buttons: [] }, { image_url: "https://a.example/p.png" },
] };

test("a carousel is read aloud and kept in a transcript card by card", () => {
  const say = sayIn("en");
  assert.equal(wordsOf(CAROUSEL, say), "Green Bowl, Salads. You can choose: Order, Menu. Da Mario.");
  assert.equal(transcriptOf(CAROUSEL), "* Green Bowl – Salads – [Order] [Menu]\n* Da Mario");
  assert.equal(transcriptOf({ text: "**Which?**", buttons: [{ title: "A" }, { title: "B" }] }), "Which?\n[A] [B]");
  assert.equal(transcriptOf({ image: "https://a.example/p.png" }), "https://a.example/p.png");
  assert.equal(transcriptOf({ image: "data:image/png;base64,AAAA" }), "");
});

test("cards are found in each form that there is, and nothing else is taken for one", () => {
  const card = { title: "A" };
  const template = { type: "template", payload: { template_type: "generic", elements: [card] } };
  for (const message of [{ elements: [card] }, { custom: template }, { attachment: template }, { custom: { cards: [card] } }]) {
    assert.deepEqual(cardsOf(message), [card]);
  }
  for (const message of [{}, { elements: "x" }, { elements: [null, 7] }, { custom: "x" }, { attachment: "https://a.example" }]) {
    assert.deepEqual(cardsOf(message), []);
  }
});

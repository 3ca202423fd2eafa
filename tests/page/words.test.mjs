// The page's words and marks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInline, parseMarkdown, plainText } from "../../functions/gateway/page/markdown.js";
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
  ["2 * 3 * 4 = 24", [["text", "2 * 3 * 4 = 24"]]],
  ["[no](javascript:alert(1)) <b>x</b>", [["text", "[no](javascript:alert(1)) <b>x</b>"]]],
  ["**open and *half", [["text", "**open and *half"]]],
];
for (const [text, expected] of INLINE) {
  test(`marks: ${text}`, () => assert.deepEqual(parseInline(text).map((token) => [token.kind, token.text]), expected));
}

test("lists are blocks, and no text is lost", () => {
  assert.deepEqual(parseMarkdown("Pick:\n- one\n- **two**\nThen go").map((block) => [block.kind, block.lines.length]), [["text", 1], ["bullets", 2], ["text", 1]]);
  assert.equal(plainText("Pick:\n- one\n- **two**"), "Pick:\none\ntwo");
});

test("long texts of marks are read in time", () => {
  const began = performance.now();
  for (const mark of ["*", "**", "`", "[", "[a](", "https://"]) parseMarkdown(mark.repeat(4000));
  assert.ok(performance.now() - began < 2000);
});

// A small part of Markdown, as tokens: **bold**, *italic*, `code`, [words](https://address), lists and plain addresses.
// Pure: the view makes elements of the tokens, and never HTML of a text.

const INLINE = [
  ["code", /`([^`\n]+)`/y],
  ["bold", /\*\*(?=\S)([^\n]*?\S)\*\*/y],
  ["italic", /\*(?=[^\s*])([^\n*]*?[^\s*])\*(?!\*)/y],
  ["link", /\[([^\]\n]+)\]\((https?:\/\/[^\s()<>"]+)\)/y],
  ["address", /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/iy],
];

/**
 * The blocks of a text: paragraphs and lists, each line a list of tokens.
 * @returns {{kind: "text"|"bullets"|"numbers", lines: object[][]}[]}
 */
export function parseMarkdown(text) {
  const blocks = [];
  for (const line of String(text).split("\n")) {
    const found = /^\s{0,3}[-*•]\s+(.*)$/.exec(line);
    const kind = found ? "bullets" : "text";
    const tokens = parseInline(found ? found[1] : line);
    if (blocks.at(-1)?.kind === kind) blocks.at(-1).lines.push(tokens);
    else blocks.push({ kind, lines: [tokens] });
  }
  return blocks;
}

/** @returns {{kind: string, text: string, href?: string}[]} */
export function parseInline(text) {
  const tokens = [];
  let plain = "";
  for (let index = 0; index < text.length;) {
    const token = matchAt(text, index);
    if (!token) {
      plain += text[index++];
      continue;
    }
    if (plain) tokens.push({ kind: "text", text: plain });
    plain = "";
    tokens.push(token.token);
    index += token.length;
  }
  if (plain) tokens.push({ kind: "text", text: plain });
  return tokens;
}

function matchAt(text, index) {
  if (!"`*[hH".includes(text[index])) return null;
  for (const [kind, pattern] of INLINE) {
    pattern.lastIndex = index;
    const found = pattern.exec(text);
    if (!found) continue;
    const token = kind === "link" ? { kind, text: found[1], href: found[2] }
      : kind === "address" ? { kind: "link", text: found[0], href: found[0] }
        : { kind, text: found[1] };
    return { token, length: found[0].length };
  }
  return null;
}

/** The text without its marks, as it is read aloud or kept in a file. */
export function plainText(text) {
  return parseMarkdown(text).map(({ lines }) => lines.map((tokens) => tokens.map((token) => token.text).join("")).join("\n")).join("\n");
}

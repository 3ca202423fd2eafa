// A small part of Markdown, as tokens, the same as platforms get (shared/channels/markdown.py): **bold**, *italic*,
// _italic_, ~~struck out~~, `code`, [words](https://address), backslashes before marks; and lists and plain addresses.
// Pure: the view makes elements of the tokens, and never HTML of a text.

const INLINE = [
  ["escaped", /\\([\\`*_~[\]()])/y],
  ["code", /`([^`\n]+)`/y],
  ["bold", /\*\*(?=\S)([^\n]*?\S)\*\*/y],
  ["strike", /~~(?=[^\s~])([^\n]*?[^\s~])~~/y],
  ["italic", /\*(?=[^\s*])([^\n*]*?[^\s*])\*(?!\*)/y],
  ["italic", /(?<![\p{L}\p{N}_])_(?=[^\s_])([^\n_]*?[^\s_])_(?![\p{L}\p{N}_])/uy],
  ["link", /\[([^\]\n]+)\]\(((?:https?:\/\/|mailto:|tel:)[^\s()<>"]+)\)/y],
  ["address", /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/iy],
];
const LEVELS = 4; // marks within each other

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

/** @returns {{kind: string, text: string, href?: string, inner?: object[]}[]} `inner` where there are marks within */
export function parseInline(text, level = 0) {
  const tokens = [];
  let plain = "";
  for (let index = 0; index < text.length;) {
    const found = matchAt(text, index, level);
    index += found?.length ?? 1;
    if (!found?.kind) {
      plain += found?.text ?? text[index - 1];
      continue;
    }
    if (plain) tokens.push({ kind: "text", text: plain });
    plain = "";
    const { length, ...token } = found;
    tokens.push(token);
  }
  if (plain) tokens.push({ kind: "text", text: plain });
  return tokens;
}

function matchAt(text, index, level) {
  if (!"\\`*_~[hH".includes(text[index])) return null;
  for (const [kind, pattern] of INLINE) {
    pattern.lastIndex = index;
    const found = pattern.exec(text);
    if (!found) continue;
    const length = found[0].length;
    if (kind === "address") return { kind: "link", text: found[0], href: found[0], length };
    if (kind === "escaped") return { text: found[1], length };
    const href = kind === "link" ? { href: found[2] } : {};
    const inner = kind === "code" || level === LEVELS ? [] : parseInline(found[1], level + 1);
    if (!inner.some((token) => token.kind !== "text")) return { kind, text: inner[0]?.text ?? found[1], ...href, length };
    return { kind, text: inner.map((token) => token.text).join(""), ...href, inner, length };
  }
  return null;
}

/** The text without its marks, as it is read aloud or kept in a file. */
export function plainText(text) {
  return parseMarkdown(text).map(({ lines }) => lines.map((tokens) => tokens.map((token) => token.text).join("")).join("\n")).join("\n");
}

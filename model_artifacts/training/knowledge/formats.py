"""From a file's bytes to its blocks: Markdown, HTML, text, PDF, Word, and questions with answers as CSV or YAML.

The parsers are markdown-it-py, Beautiful Soup on the standard library's parser, pypdf and python-docx. All of them read
hostile bytes: sizes are bounded before they see one, what they raise becomes Unreadable, and no markup survives.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from model_artifacts.training.knowledge.blocks import Block, Document, Unreadable

LARGEST = 20_000_000
"""Bytes of one source; more is no page that people read, and a parser would take its many times in memory."""
UNPACKED = 200_000_000
"""Bytes that a packed source (docx) may unpack to."""
PAGES = 2_000
DEEPEST = 150
"""Tags within tags of an HTML page; no page that people wrote has more."""
IGNORED = (
    "script",
    "style",
    "template",
    "noscript",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "button",
    "svg",
    "iframe",
)
LEAVES = ("p", "li", "td", "th", "dt", "dd", "pre", "blockquote", "figcaption", "caption", "summary", "div", "section")
_HEADING = re.compile(r"h([1-6])")
_DATE = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")


def read_document(name: str, content: bytes, link: str = "") -> Document:
    """The document in `content`, by the ending of its name; Unreadable says what is wrong with it."""
    ending = name.rpartition(".")[2].lower()
    reader = READERS.get(ending)
    if reader is None:
        raise Unreadable(f"{name}: nothing here reads .{ending}; take one of {', '.join(sorted(READERS))}")
    if len(content) > LARGEST:
        raise Unreadable(f"{name}: {len(content) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are read: split it")
    try:
        document = reader(name, content, link)
    except (Unreadable, ModuleNotFoundError):
        raise
    except RecursionError as exc:
        raise Unreadable(f"{name}: nested too deeply to be read") from exc
    except Exception as exc:
        raise Unreadable(f"{name}: cannot be read as {ending} ({type(exc).__name__}); save it again") from exc
    if not any(block.text.strip() for block in document.blocks):
        raise Unreadable(f"{name}: there is no text in it; a scanned page has to be recognised first (OCR)")
    return document


def read_markdown(name: str, content: bytes, link: str) -> Document:
    from markdown_it import MarkdownIt

    text = decode_text(name, content)
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    facts = _front_matter(front.group(1)) if front else {}
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text[front.end() if front else 0 :])
    document = read_html(name, html.encode(), link)
    title, date, language = (str(facts.get(key) or "") for key in ("title", "date", "language"))
    return Document(name, title or document.title, document.blocks, link, date[:10] or document.date, language)


def read_html(name: str, content: bytes, link: str) -> Document:
    """A page's headings, paragraphs, lists and tables; without navigation, scripts and forms."""
    from bs4 import BeautifulSoup

    # Beautiful Soup finds the encoding by the document's own declaration, and else by trying.
    soup = BeautifulSoup(content, "html.parser")
    for tag in soup.find_all(IGNORED):
        tag.decompose()
    for line_break in soup.find_all("br"):
        line_break.replace_with("\n" if line_break.find_parent("pre") else " ")
    root = soup.find("main") or soup.find("article") or soup.body or soup
    titled = _one_line(soup.title.get_text()) if soup.title else ""
    _check_depth(name, root)
    blocks = tuple(_html_blocks(root))
    title = titled or next((block.headings[0] for block in blocks if block.headings), "") or _stem(name)
    language = str((soup.html.get("lang") if soup.html else "") or "")[:2].lower()
    dated = soup.find("meta", attrs={"property": "article:modified_time"}) or soup.find(
        "time", attrs={"datetime": True}
    )
    date = _DATE.search(str(dated.get("content") or dated.get("datetime") or "")) if dated else None
    return Document(name, title, blocks, link, date.group(1) if date else "", language)


def _check_depth(name: str, root: Any) -> None:
    depths = {id(root): 0}
    for part in root.descendants:
        depth = depths[id(part)] = depths[id(part.parent)] + 1
        if depth > DEEPEST:
            raise Unreadable(f"{name}: nested too deeply to be read")


def _html_blocks(root: Any) -> Iterator[Block]:
    """Each leaf of the page that holds text, under the headings that came before it."""
    headings: list[tuple[int, str, str]] = []
    for tag in root.find_all(True):
        level = _HEADING.fullmatch(tag.name)
        if level:
            depth = int(level.group(1))
            headings = [heading for heading in headings if heading[0] < depth]
            text = _one_line(tag.get_text())
            if text:
                headings.append((depth, text, str(tag.get("id") or _slug(text))))
        elif tag.name == "tr" and tag.find(("td", "th")):
            cells = [_one_line(cell.get_text()) for cell in tag.find_all(("td", "th"))]
            yield _block(": ".join(cell for cell in cells if cell), headings)
        elif tag.name in LEAVES and not tag.find((*LEAVES, "table", "ul", "ol")) and not tag.find_parent("table"):
            text = tag.get_text() if tag.name == "pre" else _one_line(tag.get_text())
            if text.strip():
                yield _block(text.strip("\n"), headings)
        elif tag.name == "li" and not tag.find_parent("table"):
            # The item's own words; those of lists within it come with their own items.
            own = " ".join(str(part) for part in tag.find_all(string=True, recursive=False))
            own += " ".join(
                part.get_text(" ") for part in tag.find_all(("a", "b", "strong", "em", "code", "p"), recursive=False)
            )
            if own.strip() and not tag.find("p"):
                yield _block(_one_line(own), headings)


def _block(text: str, headings: list[tuple[int, str, str]]) -> Block:
    return Block(text, tuple(heading[1] for heading in headings), headings[-1][2] if headings else "")


def read_text(name: str, content: bytes, link: str) -> Document:
    parts = re.split(r"\n\s*\n", decode_text(name, content))
    return Document(name, _stem(name), tuple(Block(_one_line(part)) for part in parts if part.strip()), link)


def read_pdf(name: str, content: bytes, link: str) -> Document:
    """Paragraphs with their page; Unreadable where it is encrypted or has too many pages. Pictures are not read."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable(f"{name}: it is encrypted; save it without a password")
    if len(reader.pages) > PAGES:
        raise Unreadable(f"{name}: {len(reader.pages)} pages; at most {PAGES} are read: split it")
    blocks: list[Block] = []
    for number, page in enumerate(reader.pages, start=1):
        text = re.sub(r"(\w)-\n(\w)", r"\1\2", page.extract_text() or "")
        for part in re.split(r"\n\s*\n|(?<=[.!?:])\n(?=[A-ZÄÖÜ])", text):
            if part.strip():
                blocks.append(Block(_one_line(part), (f"page {number}",), f"page={number}"))
    title = str((reader.metadata.title if reader.metadata else None) or "").strip()
    return Document(name, title or _stem(name), tuple(blocks), link)


def read_word(name: str, content: bytes, link: str) -> Document:
    """Paragraphs and rows of tables below their headings (.docx); Unreadable where it unpacks to too much."""
    import docx

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(item.file_size for item in packed.infolist()) > UNPACKED:
            raise Unreadable(f"{name}: it unpacks to more than {UNPACKED / 1e6:.0f} MB")
    document = docx.Document(io.BytesIO(content))
    headings: list[tuple[int, str, str]] = []
    blocks: list[Block] = []
    for part in document.iter_inner_content():
        if hasattr(part, "rows"):
            for row in part.rows:
                cells = dict.fromkeys(_one_line(cell.text) for cell in row.cells)
                blocks.append(_block(": ".join(cell for cell in cells if cell), headings))
            continue
        style, text = str(part.style.name if part.style else ""), _one_line(part.text)
        level = re.fullmatch(r"(?:Heading|Überschrift) (\d)", style)
        if text and (level or style == "Title"):
            depth = int(level.group(1)) if level else 0
            headings = [heading for heading in headings if heading[0] < depth]
            headings.append((depth, text, ""))
        elif text:
            blocks.append(_block(text, headings))
    facts = document.core_properties
    date = facts.modified.date().isoformat() if facts.modified else ""
    return Document(name, facts.title or (headings[0][1] if headings else _stem(name)), tuple(blocks), link, date)


def read_questions_csv(name: str, content: bytes, link: str) -> Document:
    rows = list(csv.DictReader(io.StringIO(decode_text(name, content))))
    return _questions(name, [{str(k).strip().lower(): v for k, v in row.items()} for row in rows], link)


def read_questions_yaml(name: str, content: bytes, link: str) -> Document:
    """Questions with their answers; Unreadable with the line where it is no such list."""
    import yaml

    try:
        found = yaml.safe_load(decode_text(name, content))
    except yaml.YAMLError as exc:
        where = getattr(exc, "problem_mark", None)
        raise Unreadable(f"{name}:{where.line + 1 if where else 1}: this is not YAML") from exc
    items = found.get("questions") if isinstance(found, dict) else found
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unreadable(f"{name}: write a list of `- question: ...` with `answer: ...` below `questions:`")
    return _questions(name, items, link, str(found.get("title") or "") if isinstance(found, dict) else "")


def _questions(name: str, items: list[dict[str, Any]], link: str, title: str = "") -> Document:
    blocks = []
    for number, item in enumerate(items, start=1):
        question, answer = (_one_line(str(item.get(key) or "")) for key in ("question", "answer"))
        if not question or not answer:
            raise Unreadable(f"{name}: entry {number} lacks its {'question' if not question else 'answer'}")
        blocks.append(Block(answer, (question,), str(item.get("link") or ""), question))
    return Document(name, title or _stem(name), tuple(blocks), link)


def decode_text(name: str, content: bytes) -> str:
    """UTF-8, with or without a mark, or UTF-16 with one; else Windows' western encoding, which has no wrong bytes."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content[:4096]:
        raise Unreadable(f"{name}: this is no text; give it the ending of what it is")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _front_matter(text: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _one_line(text: str) -> str:
    # Control characters and marks of direction have no place in what people read.
    return " ".join(re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", text).split())


def _slug(text: str) -> str:
    """The id that GitHub and most site generators give a heading."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def _stem(name: str) -> str:
    return re.sub(r"[-_]+", " ", name.rpartition("/")[2].rpartition(".")[0]).strip() or name


READERS: dict[str, Callable[[str, bytes, str], Document]] = {
    "csv": read_questions_csv,
    "docx": read_word,
    "htm": read_html,
    "html": read_html,
    "md": read_markdown,
    "pdf": read_pdf,
    "txt": read_text,
    "yaml": read_questions_yaml,
    "yml": read_questions_yaml,
}

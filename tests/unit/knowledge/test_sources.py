"""Where documents come from, what is read of them, and what is said of those that cannot be read."""

import io
import re
import zipfile
from pathlib import Path

import docx
import pytest
from pypdf import PdfWriter

from model_artifacts.training.knowledge.blocks import Unreadable
from model_artifacts.training.knowledge.checking import check_passages
from model_artifacts.training.knowledge.compiling import compile_knowledge
from model_artifacts.training.knowledge.formats import LARGEST, read_document
from model_artifacts.training.knowledge.passages import LONGEST, cut_document, split_sentences
from model_artifacts.training.knowledge.sources import collect_documents
from tests.unit.knowledge.documents import HANDBOOK, write_handbook


def word_file(*paragraphs: tuple[str, str]) -> bytes:
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def test_every_format_becomes_blocks_under_their_headings() -> None:
    html = read_document("a.html", HANDBOOK["parking.html"].encode(), "https://x.example/a")
    assert [(block.headings, block.anchor) for block in html.blocks] == [
        (("How to find us", "By car"), "car"),
        (("How to find us", "By train"), "train"),
    ]
    assert not re.search("steal|Imprint|About", repr(html))
    markdown = read_document("a.md", HANDBOOK["dentist.md"].encode())
    assert (markdown.title, markdown.date) == ("Our practice", "2026-03-01")
    assert ("Our practice", "Paying", "Insurance") in [block.headings for block in markdown.blocks]
    assert "Cleaning: 85 euros" in [block.text for block in markdown.blocks]
    word = read_document("a.docx", word_file(("Heading 1", "Rules"), ("Normal", "No dogs."), ("Heading 2", "Cats")))
    assert [(block.headings, block.text) for block in word.blocks] == [(("Rules",), "No dogs.")]
    csv = read_document("faq.csv", "question,answer\nDo you?,We do.\n".encode("utf-16"))
    assert [(block.question, block.text) for block in csv.blocks] == [("Do you?", "We do.")]


def test_passages_follow_headings_link_to_them_and_stay_short() -> None:
    document = read_document("a.md", HANDBOOK["dentist.md"].encode(), "https://x.example/a")
    passages = list(cut_document(document, "en"))
    assert {passage.link for passage in passages} >= {
        "https://x.example/a#opening-hours",
        "https://x.example/a#insurance",
    }
    long = read_document("b.txt", ("A sentence that is said again and again. " * 200).encode())
    assert all(len(passage.text) <= LONGEST for passage in cut_document(long, "en"))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith came at 5 p.m. on Monday. He left.", ["Dr. Smith came at 5 p.m. on Monday.", "He left."]),
        ('He said "Hello there." Then he left!', ['He said "Hello there."', "Then he left!"]),
        ("Öffnet um 8 Uhr, z.B. montags. Über uns.", ["Öffnet um 8 Uhr, z.B. montags.", "Über uns."]),
        ("It costs 3.50. 20 people came.", ["It costs 3.50.", "20 people came."]),
        ("你好。再见。", ["你好。", "再见。"]),
    ],
)
def test_sentences_end_where_people_end_them(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def empty_pdf() -> bytes:
    writer, packed = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(packed)
    return packed.getvalue()


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 300_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF-1.4 and then nonsense", "cannot be read as pdf"),
        ("a.pdf", empty_pdf(), "there is no text in it"),
        ("a.docx", b"PK\x03\x04 no archive", "cannot be read as docx"),
        ("a.docx", bomb(), "unpacks to more than 200 MB"),
        ("a.txt", b"\x7fELF\x00\x00\x00", "this is no text"),
        ("a.html", b"<div>" * 50_000, "nested too deeply"),
        ("a.html", b"", "there is no text in it"),
        ("a.xlsx", b"x", "nothing here reads .xlsx"),
        ("faq.yml", b"questions: [", "faq.yml:1: this is not YAML"),
        ("faq.yml", b"questions:\n - question: Why?\n", "entry 1 lacks its answer"),
        ("a.txt", b"a" * (LARGEST + 1), "at most 20 MB are read"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(name: str, content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_document(name, content)


def test_what_cannot_be_read_keeps_nothing_else_from_being_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_handbook(tmp_path)
    (tmp_path / "knowledge" / "broken.pdf").write_bytes(b"%PDF")
    (tmp_path / "knowledge" / "table.xlsx").write_bytes(b"x")
    collected = collect_documents(tmp_path, tmp_path / "cache")
    assert len(collected.documents) == len(HANDBOOK)
    assert len(collected.problems) == 2
    (tmp_path / "empty" / "knowledge").mkdir(parents=True)
    assert compile_knowledge(tmp_path / "empty", tmp_path, "en", tmp_path / "cache") is None
    assert "there is no text in knowledge/" in capsys.readouterr().out


def test_pages_are_fetched_as_robots_allow_and_kept_for_when_they_do_not_answer(tmp_path: Path) -> None:
    site = {
        "https://a.example/robots.txt": b"User-agent: *\nDisallow: /secret\n",
        "https://a.example/sitemap.xml": b"<urlset><loc>https://a.example/one</loc><loc>https://a.example/secret</loc></urlset>",
        "https://a.example/one": b"<main><h1>One</h1><p>The first page.</p></main>",
    }
    asked: list[str] = []

    def fetch(url: str) -> tuple[bytes, str]:
        asked.append(url)
        if url not in site:
            raise OSError("no answer")
        return site[url], "text/html"

    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "sources.yml").write_text(
        "sitemaps: ['https://a.example/sitemap.xml']\nurls: ['file:///etc/passwd', 'https://a.example/two']\nurl: x\n"
    )
    collected = collect_documents(tmp_path, tmp_path / "cache", fetch)
    assert [document.name for document in collected.documents] == ["https://a.example/one"]
    assert "https://a.example/secret" not in asked
    problems = "\n".join(collected.problems)
    for said in ("robots.txt keeps", "only http and https", "does not answer", "unknown key `url`"):
        assert said in problems
    for url in list(site):
        del site[url]
    assert [document.name for document in collect_documents(tmp_path, tmp_path / "cache", fetch).documents] == [
        "https://a.example/one"
    ]


def test_duplicates_and_contradictions_are_named_with_both_places() -> None:
    texts = {
        "one.md": "# Hours\n\nThe practice opens on every weekday at 8 in the morning.",
        "two.md": "# Times\n\nThe practice opens on every weekday at 9 in the morning.",
        "three.md": "# Copy\n\nThe practice opens on every weekday at 8 in the morning.",
    }
    passages = [p for name, text in texts.items() for p in cut_document(read_document(name, text.encode()), "en")]
    contradiction, duplicate = check_passages(passages)
    assert contradiction.startswith("two.md (Times) says 9 where one.md (Hours) says 8")
    assert duplicate == "three.md (Copy): the same text stands in one.md (Hours); keep one"

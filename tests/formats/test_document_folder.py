from pathlib import Path

import pytest

from acclimate.formats.folder import DocumentFolder
from acclimate.formats.readreport import ReadReport, Reason
from acclimate.formats.splitting import PassageSize
from acclimate.types import Passage


def read(folder: Path, words: int = 200, report: ReadReport | None = None) -> list[Passage]:
    tally = (report or ReadReport()).tally("passages")
    return [row for _, row in DocumentFolder(folder, PassageSize(words, 0)).passages(tally)]


def test_plain_text_keeps_the_paragraph(tmp_path: Path) -> None:
    (tmp_path / "refund-policy.txt").write_bytes(b"One two three.\r\n\r\nFour five six.\r\n")
    assert read(tmp_path, words=4) == [
        Passage(
            "refund-policy.txt#1",
            "One two three.",
            "refund policy",
            "refund-policy.txt",
            "paragraph 1",
        ),
        Passage(
            "refund-policy.txt#2",
            "Four five six.",
            "refund policy",
            "refund-policy.txt",
            "paragraph 2",
        ),
    ]


MARKDOWN = """---
title: "The Guide"
---
Before any heading. See [the site](https://example.org).

# Install
<!-- nobody reads this -->
## Linux ##
Run it.

```sh
# no heading
pip install x
```

Windows
-------
Click it.

# Use
- a list
---
after a rule
"""


def test_markdown_is_split_by_headings(tmp_path: Path) -> None:
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "intro.md").write_text(MARKDOWN)
    found = read(tmp_path)
    assert [(row.id, row.title, row.place) for row in found] == [
        ("guide/intro.md#1", "The Guide", "paragraph 1"),
        ("guide/intro.md#2", "The Guide: Install: Linux", "section Linux"),
        ("guide/intro.md#3", "The Guide: Install: Windows", "section Windows"),
        ("guide/intro.md#4", "The Guide: Use", "section Use"),
    ]
    assert found[0].text == "Before any heading. See the site."
    assert found[1].text == "Run it.\n\n```sh\n# no heading\npip install x\n```"
    assert found[2].text == "Click it."
    assert found[3].text == "- a list\n---\nafter a rule"


def test_the_first_main_heading_is_the_title_and_comes_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Guide\nHello.\n## Usage\nCall it.\n")
    assert [row.title for row in read(tmp_path)] == ["Guide", "Guide: Usage"]


HTML = """<!DOCTYPE html><html><head><title>Caf\u00e9
 guide</title><style>p {}</style></head><body><nav>Home | Menu</nav>
<h1>Drinks</h1><p>Hot <b>tea</b>
and\u00a0coffee.<br>Cold water.</p><script>var x;</script>
<ul><li>one<li>two</ul><h2>Code</h2><pre>if x:
    y()</pre><table><tr><td>a</td><td>b</td></tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "utf-16"])
def test_html_is_split_by_headings_in_its_own_encoding(tmp_path: Path, encoding: str) -> None:
    pytest.importorskip("bs4", reason="reading HTML is an extra")
    page = HTML.replace("<title>", f'<meta charset="{encoding}"><title>')
    (tmp_path / "a.html").write_bytes(page.encode(encoding))
    drinks, code = read(tmp_path)
    assert (drinks.title, drinks.place) == ("Café guide: Drinks", "section Drinks")
    assert drinks.text == "Hot tea and coffee.\nCold water.\n\none\n\ntwo"
    assert (code.title, code.place) == ("Café guide: Drinks: Code", "section Code")
    assert code.text == "if x:\n    y()\n\na b"


def test_html_that_is_barely_any_warns_of_nothing(tmp_path: Path) -> None:
    pytest.importorskip("bs4", reason="reading HTML is an extra")
    (tmp_path / "a.html").write_text("just.words")
    (tmp_path / "b.html").write_text('<?xml version="1.0"?><html><p>x</p></html>')
    assert [row.text for row in read(tmp_path)] == ["just.words", "x"]


def test_word_files_are_split_by_headings(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx", reason="reading Word files is an extra")
    document = docx.Document()
    document.core_properties.title = "Contract"
    document.add_paragraph("Preface.")
    document.add_heading("Terms", 1)
    document.add_paragraph("Pay at once.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "price", "10"
    document.save(tmp_path / "a.docx")
    assert [(row.title, row.place, row.text) for row in read(tmp_path)] == [
        ("Contract", "paragraph 1", "Preface."),
        ("Contract: Terms", "section Terms", "Pay at once.\n\nprice | 10"),
    ]


def pdf_of(pages: list[str]) -> bytes:
    """A PDF as small as one can be, written by hand."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        lines = " T* ".join(f"({line}) Tj" for line in text.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 50 700 Td {lines} ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    tail = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode() + tail.encode()


def test_pdf_files_are_split_by_pages(tmp_path: Path) -> None:
    pytest.importorskip("pypdf", reason="reading PDF is an extra")
    (tmp_path / "a_report.pdf").write_bytes(pdf_of(["First infor-\nmation here.", "Second page."]))
    assert [(row.id, row.title, row.place, row.text) for row in read(tmp_path)] == [
        ("a_report.pdf#1", "a report", "page 1", "First information here."),
        ("a_report.pdf#2", "a report", "page 2", "Second page."),
    ]


def test_a_file_that_cannot_be_read_is_counted_with_its_reason(tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="reading PDF is an extra")
    pytest.importorskip("docx", reason="reading Word files is an extra")
    whole = pdf_of(["Some text."])
    (tmp_path / "locked.pdf").write_bytes(whole)
    locked = pypdf.PdfWriter(clone_from=tmp_path / "locked.pdf")
    locked.encrypt("secret", algorithm="RC4-128")
    locked.write(tmp_path / "locked.pdf")
    for name, raw in (
        ("broken.pdf", b"%PDF-1.4\nnothing"),
        ("empty.pdf", b""),
        ("broken.docx", b"PK not a zip"),
        ("latin.txt", "é".encode("latin-1")),
        ("good.txt", b"Good text."),
    ):
        (tmp_path / name).write_bytes(raw)
    report = ReadReport()
    assert [row.id for row in read(tmp_path, report=report)] == ["good.txt#1"]
    assert report.count(Reason.UNREADABLE_FILE) == 5
    assert "broken.docx: cannot be read as a Word file" in str(report.skips[0])


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("a.pdf", b"%PDF-1.4\nnothing", "cannot be read as PDF"),
        ("a.txt", "é".encode("latin-1"), r"a\.txt:1: byte 0xe9 is not UTF-8"),
        ("a.txt", "text".encode("utf-16"), "looks like UTF-16"),
    ],
)
def test_the_reason_names_file_and_remedy(
    tmp_path: Path, name: str, raw: bytes, message: str
) -> None:
    pytest.importorskip("pypdf", reason="reading PDF is an extra")
    (tmp_path / name).write_bytes(raw)
    report = ReadReport()
    read(tmp_path, report=report)
    (skip,) = report.skips
    assert skip.reason is Reason.UNREADABLE_FILE
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(skip.first)


def test_files_without_text_of_other_kinds_and_hidden_ones_are_left_out(tmp_path: Path) -> None:
    pytest.importorskip("pypdf", reason="reading PDF is an extra")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.txt").write_text("hidden")
    (tmp_path / ".hidden.txt").write_text("hidden")
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    (tmp_path / "blank.md").write_text("# Only a heading\n")
    (tmp_path / "scan.pdf").write_bytes(pdf_of([""]))
    report = ReadReport()
    assert read(tmp_path, report=report) == []
    assert report.count(Reason.OTHER_KIND) == 1
    assert report.count(Reason.FILE_WITHOUT_TEXT) == 2
    assert report.count(Reason.UNREADABLE_FILE) == 0

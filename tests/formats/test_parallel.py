import gzip
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acclimate.errors import InputError, UsageError
from acclimate.formats.parallel import find_parallel
from acclimate.formats.parallel_languages import language, languages_in
from acclimate.formats.readreport import ReadReport, Reason
from acclimate.types import Translation

TMX = '<?xml version="1.0"?>{doctype}<tmx version="1.4"><body>{units}</body></tmx>'
UNIT = (
    '<tu><tuv xml:lang="{one}"><seg>{a}</seg></tuv><tuv xml:lang="{two}"><seg>{b}</seg></tuv></tu>'
)

#: Texts of one line without white space at their ends, which no file of lines can keep.
LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1
).filter(lambda text: text == " ".join(text.split()) and not text.startswith("\ufeff"))
PAIRS = st.lists(st.tuples(LINE, LINE), max_size=6)
FOLDER_IS_OVERWRITTEN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(*names: Path, report: ReadReport | None = None, **options: str) -> list[Translation]:
    tally = (report or ReadReport()).tally("parallel")
    sources = find_parallel(names, **options)
    return [placed.row for source in sources for placed in source.translations(tally)]


def written(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def en_de(pairs: Sequence[tuple[str, str]]) -> list[Translation]:
    return [Translation(a, b, "en", "de") for a, b in pairs]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("en-de", ("en", "de")),
        ("tatoeba.deu-eng", ("de", "en")),
        ("TED2020-en-de-train", ("en", "de")),
        ("csb-eng", ("csb", "en")),
        ("my_en-de", ("en", "de")),
        ("corpus", ()),
        ("long-text", ()),
    ],
)
def test_languages_are_told_by_the_name(name: str, found: tuple[str, ...]) -> None:
    assert languages_in(name) == found


def test_a_language_has_one_spelling() -> None:
    assert [language(each) for each in ("de", "DE", "de-AT", "deu", "zh_Hant", "kab")] == [
        "de", "de", "de", "de", "zh", "kab",
    ]  # fmt: skip


@FOLDER_IS_OVERWRITTEN
@given(PAIRS)
def test_whatever_is_written_comes_back_from_every_format(
    tmp_path: Path, pairs: list[tuple[str, str]]
) -> None:
    # A first row that looks like a header would be one, and a cell in doubled quotes is quoted.
    safe = [pair for pair in pairs if '""' not in "".join(pair)]
    rows = "".join(f"Begin.\tLos.\n{a}\t{b}\n" for a, b in safe)
    wanted = en_de([each for pair in safe for each in (("Begin.", "Los."), pair)])
    assert read(written(tmp_path / "en-de.tsv", rows)) == wanted
    assert read(written(tmp_path / "x.en-de.tsv.gz", rows)) == wanted

    one = written(tmp_path / "c.en-de.en", "".join(f"{a}\n" for a, _ in pairs))
    written(tmp_path / "c.en-de.de", "".join(f"{b}\n" for _, b in pairs))
    assert read(one) == en_de(pairs)

    units = "".join(UNIT.format(one="en", two="de", a=escape(a), b=escape(b)) for a, b in pairs)
    assert read(written(tmp_path / "x.tmx", TMX.format(doctype="", units=units))) == en_de(pairs)


def test_csv_quotes_commas_and_line_ends_within_a_field(tmp_path: Path) -> None:
    path = written(tmp_path / "en-de.csv", 'en,de\n"Yes, ""now"".","Ja,\njetzt."\n')
    assert read(path) == en_de([('Yes, "now".', "Ja,\njetzt.")])


def test_tsv_of_an_export_is_unquoted_and_a_quoted_sentence_is_not(tmp_path: Path) -> None:
    path = written(tmp_path / "en-de.tsv", '1\t2\n"Say ""aah."""\tAh!\n"Go!"\t"Los!"\n')
    assert read(path) == en_de([('Say "aah."', "Ah!"), ('"Go!"', '"Los!"')])


def test_translations_begin_with_the_source_language(tmp_path: Path) -> None:
    path = written(tmp_path / "de-en.tsv", "Ja.\tYes.\n")
    assert read(path) == [Translation("Yes.", "Ja.", "en", "de")]
    assert read(path, source="de") == [Translation("Ja.", "Yes.", "de", "en")]
    # Neither language is the source: the file's own order stands.
    assert read(path, source="fr") == [Translation("Ja.", "Yes.", "de", "en")]


def test_table_of_several_languages_gives_a_translation_for_each(tmp_path: Path) -> None:
    rows = "Ja.\tYes.\tOui.\tby whom\nNein.\tNo.\t\tby whom\n"
    wanted = [
        Translation("Yes.", "Ja.", "en", "de"),
        Translation("Yes.", "Oui.", "en", "fr"),
        Translation("No.", "Nein.", "en", "de"),
    ]
    report = ReadReport()
    plain = written(tmp_path / "plain.tsv", rows)
    assert read(plain, report=report, languages="de-en-fr") == wanted
    assert report.count(Reason.EMPTY_SIDE) == 1
    assert report.skips[0].first.endswith("plain.tsv:2")
    headed = written(tmp_path / "headed.tsv", "de\ten\tfr\n" + rows)
    assert read(headed) == wanted


def test_folder_gives_all_that_is_parallel_in_it(tmp_path: Path) -> None:
    written(tmp_path / "README.md", "about")
    written(tmp_path / "t.deu-eng.deu", "Ja.\n")
    written(tmp_path / "t.deu-eng.eng", "Yes.\n")
    written(tmp_path / "val.en.gz", "Two.\n")
    written(tmp_path / "val.de.gz", "Zwei.\n")
    written(tmp_path / "val.cs.gz", "Dva.\n")
    assert sorted(read(tmp_path), key=str) == [
        Translation("Two.", "Dva.", "en", "cs"),
        Translation("Two.", "Zwei.", "en", "de"),
        Translation("Yes.", "Ja.", "en", "de"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("en-de.tsv", "Yes.\tJa.\nNo.\n", r"en-de\.tsv:2: 1 columns where en, de are expected"),
        ("pairs.tsv", "Yes.\tJa.\n", r"pairs\.tsv: neither its name nor a header .* languages"),
        ("en-de.csv", 'Yes.,Ja.\n"No,Nein\n', r"en-de\.csv:2: not a valid table row"),
        ("x.en-de.en", "Yes.\n", r"x\.en-de\.en: its other side is missing"),
        ("x.tmx", "<tmx><body>\n<tu></body>", r"x\.tmx:2: not valid XML \(mismatched tag\)"),
        ("x.tmx", "<tmx><tu><tuv>", r"x\.tmx:1: a <tuv> without xml:lang"),
        ("x.tmx.gz", "", r"x\.tmx\.gz:1: not valid XML \(no element found\)"),
    ],
)
def test_broken_file_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = written(tmp_path / name, text)
    with pytest.raises(InputError, match=message):
        read(path)


def test_aligned_files_of_unequal_length_are_refused(tmp_path: Path) -> None:
    one = written(tmp_path / "c.en", "Yes.\nNo.\n")
    other = written(tmp_path / "c.de", "Ja.\n")
    with pytest.raises(InputError, match=r"c\.de:2: no such line, but .*c\.en has one"):
        read(one, other)


def test_name_that_tells_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"notes\.md: no parallel data by its name"):
        read(written(tmp_path / "notes.md", "x"))
    (tmp_path / "notes.md").unlink()
    with pytest.raises(UsageError, match="a folder without parallel data"):
        read(tmp_path)


def test_tmx_keeps_text_and_drops_codes(tmp_path: Path) -> None:
    a = "Press <bpt i='1'>{\\b </bpt>the <hi>red</hi><ept i='1'>}</ept>\n   button&#33;"
    units = UNIT.format(one="EN-us", two="de", a=a, b="Drück!")
    path = written(tmp_path / "x.tmx", TMX.format(doctype="", units=units))
    assert read(path) == en_de([("Press the red button!", "Drück!")])


def test_tmx_unit_of_one_language_is_counted(tmp_path: Path) -> None:
    lone = '<tu><tuv xml:lang="en"><seg>Yes.</seg></tuv></tu>'
    report = ReadReport()
    path = written(tmp_path / "x.tmx", TMX.format(doctype="", units=lone))
    assert read(path, report=report) == []
    assert report.count(Reason.ONE_LANGUAGE) == 1


def test_tmx_may_name_its_dtd_and_may_not_declare_anything(tmp_path: Path) -> None:
    unit = UNIT.format(one="en", two="de", a="Yes.", b="Ja.")
    named = '<!DOCTYPE tmx SYSTEM "tmx14.dtd">'
    path = written(tmp_path / "x.tmx", TMX.format(doctype=named, units=unit))
    assert read(path) == en_de([("Yes.", "Ja.")])

    bomb = '<!DOCTYPE tmx [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    unit = UNIT.format(one="en", two="de", a="&b;", b="Ja.")
    path = written(tmp_path / "x.tmx", TMX.format(doctype=bomb, units=unit))
    with pytest.raises(InputError, match=r"x\.tmx:1: the file declares entities"):
        read(path)

    path = written(tmp_path / "x.tmx", TMX.format(doctype=named, units=unit))
    with pytest.raises(InputError, match=r"the entity &b; is not declared"):
        read(path)


def test_tmx_of_another_encoding_is_read(tmp_path: Path) -> None:
    unit = UNIT.format(one="en", two="de", a="Press!", b="Drück!")
    text = TMX.format(doctype="", units=unit).replace("?>", ' encoding="UTF-16"?>')
    path = tmp_path / "x.tmx"
    path.write_bytes(text.encode("utf-16"))
    assert read(path) == en_de([("Press!", "Drück!")])

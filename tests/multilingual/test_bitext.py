from __future__ import annotations

import json
from pathlib import Path

import pytest

from acclimate import api
from acclimate.cli.main import run
from acclimate.errors import InputError, UsageError
from acclimate.multilingual.bitext_settings import MiningSettings
from acclimate.multilingual.copies import nearly_same

GERMAN = [
    "Die Katze schläft auf dem Sofa.",
    "Morgen fährt der Zug um acht Uhr ab.",
    "",
    "Die Katze schläft auf dem Sofa.",
    "Er hat seinen Schlüssel im Büro vergessen.",
    "Windows 11 Pro 64-bit",
    "Wir brauchen mehr Milch und Brot.",
]
ENGLISH = [
    "We need more milk and bread.",
    "windows 11 pro 64-bit",
    "He forgot his key at the office.",
    "The cat is sleeping on the sofa.",
    "Der Hund bellt die ganze Nacht vor dem Haus.",
    "The train leaves at eight tomorrow.",
]
GOLD = [(1, 4), (2, 6), (5, 3), (7, 1)]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    source, target, gold = (tmp_path / name for name in ("de.txt", "en.txt", "gold.tsv"))
    source.write_text("\n".join(GERMAN) + "\n")
    target.write_text("\n".join(ENGLISH) + "\n")
    gold.write_text("".join(f"{x}\t{y}\n" for x, y in GOLD))
    return source, target, gold


def test_translations_are_mined_with_their_line_numbers(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    source, target, gold = files
    out = tmp_path / "pairs.tsv"
    settings = MiningSettings(threshold="1.1", target_language="en")
    found = api.mine_bitext(source, target, out, "muse", settings, gold)
    header, *rows = [line.split("\t") for line in out.read_text().splitlines()]
    assert header == ["score", "source_line", "target_line", "source", "target"]
    assert sorted((int(row[1]), int(row[2])) for row in rows) == GOLD
    assert [float(row[0]) for row in rows] == sorted((float(row[0]) for row in rows), reverse=True)
    assert all(row[3] == GERMAN[int(row[1]) - 1] for row in rows)
    assert found.pairs == 4
    assert found.dropped == {
        "nearly the same on both sides": 1,
        "source, repeated": 1,
        "source, empty": 1,
        "target, other language": 1,
    }
    assert found.quality is not None
    assert (found.quality.precision, found.quality.recall) == (1, 1)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_threshold_is_found_on_one_half_and_measured_on_the_other(
    files: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target, gold = map(str, files)
    out = str(tmp_path / "pairs.tsv")
    arguments = ["mine-bitext", source, target, "--model", "muse", "--out", out]
    assert run([*arguments, "--threshold", "auto", "--gold", gold, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["pairs"] == len(Path(out).read_text().splitlines()) - 1
    assert 0 < said["quality"]["gold"] < len(GOLD)
    assert said["quality"]["threshold"] == said["threshold"]
    assert run([*arguments, "--threshold", "auto"]) == 2
    assert "--gold FILE" in capsys.readouterr().err


def test_wrong_settings_and_files_are_refused_and_nothing_is_written(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    source, target, gold = files
    out = tmp_path / "pairs.tsv"
    with pytest.raises(UsageError, match="threshold 'high'"):
        MiningSettings(threshold="high")
    gold.write_text("1\t99\n")
    with pytest.raises(InputError, match=r"names line 99 of .*en.txt, which has 6"):
        api.mine_bitext(source, target, out, "muse", gold=gold)
    gold.write_text("1 zwei\n")
    with pytest.raises(InputError, match=r"gold.tsv:1: '1 zwei' is no pair"):
        api.mine_bitext(source, target, out, "muse", gold=gold)
    source.write_text("\n \n")
    with pytest.raises(InputError, match=r"de.txt: no line to mine from \(2 empty\); give"):
        api.mine_bitext(source, target, out, "muse")
    source.write_text("")
    with pytest.raises(InputError, match=r"de.txt: no line to mine from \(the file is empty\)"):
        api.mine_bitext(source, target, out, "muse")
    assert not out.exists()


@pytest.mark.parametrize(
    ("source", "target", "same"),
    [
        ("Windows 11 Pro", "windows 11, Pro!", True),
        ("www.example.org/start", "www.example.org/start/", True),
        ("12:30", "...", True),
        ("Tom ist müde.", "Tom is tired.", False),
        ("Das Kino ist alt", "Das Kino ist kalt", True),  # 26 of 27 letters
        ("मेरा घर", "My house", False),
    ],
)
def test_pairs_that_are_nearly_the_same_text_are_no_translations(
    source: str, target: str, same: bool
) -> None:
    assert nearly_same(source, target) is same

"""Which texts a file of test sentences holds, whatever its form."""

import gzip
from pathlib import Path

import pytest

from acclimate.errors import InputError, UsageError
from acclimate.formats.parallel_texts import texts_of
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.types import Translation


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "texts"),
    [
        ("a.en", "Yes.\n\nNo, thanks.\n", ["Yes.", "No, thanks."]),
        ("a.en-de.tsv", 'Yes.\tJa.\n"No."\tNein.\n', ["Yes.", "Ja.", '"No."', "Nein."]),
        ("sts.csv", '"A girl, alone.",So.,4.2\n', ["A girl, alone.", "So.", "4.2"]),
        ("sts.csv.gz", '"A girl, alone.",So.,0\n', ["A girl, alone.", "So.", "0"]),
        ("q.jsonl", '{"_id": "7", "text": "Who?", "metadata": {}}\n', ["7", "Who?"]),
    ],
)  # fmt: skip
def test_texts_are_read_as_the_form_quotes_them(
    tmp_path: Path, name: str, text: str, texts: list[str]
) -> None:
    path = written(tmp_path, name, text)
    assert list(texts_of([path])) == texts


def test_a_folder_gives_its_parallel_files_and_its_json_lines(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"without parallel data.* or in \.jsonl"):
        list(texts_of([tmp_path]))
    written(tmp_path, "queries.jsonl", '{"text": "Who?"}\n')
    written(tmp_path, "LICENSE", "Free for all.\n")
    assert list(texts_of([tmp_path])) == ["Who?"]
    written(tmp_path, "a.en-de.tsv", "Yes.\tJa.\n")
    assert list(texts_of([tmp_path])) == ["Who?", "Yes.", "Ja."]


def test_a_broken_table_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "sts.csv", 'one,two,1\n"open,two,1\n')
    with pytest.raises(InputError, match=r"sts\.csv:2: not a valid table row"):
        list(texts_of([path]))


def test_a_sentence_of_a_csv_file_is_kept_out_of_training(tmp_path: Path) -> None:
    path = written(tmp_path, "stsb-en-test.csv", '"A girl, alone.",She said no.,4.2\n')
    excluded = Excluded(texts_of([path]))
    assert Translation("She said no!", "Sie sagte nein.", "en", "de") in excluded
    assert Translation("A girl alone", "Ein Mädchen allein.", "en", "de") in excluded
    assert Translation("A boy.", "Ein Junge.", "en", "de") not in excluded

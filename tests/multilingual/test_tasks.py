from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from acclimate import api
from acclimate.cli.main import run
from acclimate.errors import InputError, UsageError
from acclimate.evaluate.correlation import correlations
from acclimate.formats.sts import SentencePair, read_sts

GERMAN = (
    "Eine Katze schläft.,Die Katze schläft auf dem Sofa.,4.0\n"
    '"Ein Mann, der kocht.",Ein Mann fährt Rad.,1.0\n'
    "Ein Hund rennt.,Ein Hund läuft schnell.,4.5\n"
    "Die Aktien fielen.,Ein Kind spielt Ball.,0.0\n"
)
ENGLISH = (
    "A cat is sleeping.,The cat sleeps on the sofa.,4.0\n"
    '"A man, who is cooking.",A man rides a bike.,1.0\n'
    "A dog is running.,A dog runs fast.,4.5\n"
    "The shares fell.,A child plays ball.,0.0\n"
)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "de.csv", tmp_path / "en.csv"]
    for path, text in zip(paths, (GERMAN, ENGLISH), strict=True):
        path.write_text(text)
    return [str(path) for path in paths]


def test_correlations_by_hand() -> None:
    found = correlations(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 10]))
    # Deviations -1.5 -.5 .5 1.5 and -3 -2 -1 6: 14 / sqrt(5 * 50).
    assert found.pearson.value == pytest.approx(14 / np.sqrt(250))
    assert found.spearman.value == pytest.approx(1)
    assert found.pearson.low <= found.pearson.value <= found.pearson.high
    constant = correlations(np.ones(4), np.array([1.0, 2, 3, 4]))
    assert (constant.pearson.value, constant.spearman.value) == (0, 0)
    with pytest.raises(UsageError, match="at least 3"):
        correlations(np.ones(2), np.ones(2))


def test_equal_scores_share_a_rank() -> None:
    found = correlations(np.array([1.0, 2, 3, 4]), np.array([0.0, 0, 1, 1]))
    # Ranks 1 2 3 4 and 1.5 1.5 3.5 3.5: 4 / sqrt(5 * 4).
    assert found.spearman.value == pytest.approx(4 / np.sqrt(20))


def test_similarity_is_measured_within_and_across_languages(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "muse", *files, "--task", "sts", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["sts"]
    assert [(each["first"], each["second"]) for each in found] == [
        ("de", "de"), ("en", "en"), ("de", "en"), ("en", "de"),
    ]  # fmt: skip
    assert all(each["correlations"]["pearson"]["value"] > 0.7 for each in found)


def test_files_that_hold_other_pairs_are_refused(files: list[str]) -> None:
    Path(files[1]).write_text("\n".join(ENGLISH.splitlines()[::-1]) + "\n")
    with pytest.raises(InputError, match="so its pairs are others"):
        api.evaluate_sts("muse", files)


def test_quoted_commas_are_read_and_what_is_no_pair_is_refused(
    files: list[str], tmp_path: Path
) -> None:
    second = list(read_sts(Path(files[0])))[1]
    assert second == SentencePair("Ein Mann, der kocht.", "Ein Mann fährt Rad.", 1.0)
    bad = tmp_path / "bad.csv"
    for text in ("sentence1,sentence2,score\n", "a,b\n", "a,b,nan\n"):
        bad.write_text(text)
        with pytest.raises(InputError, match=r"bad.csv:1: .* is no pair with a score"):
            list(read_sts(bad))


def test_translations_are_looked_for_in_both_directions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target, gold = (tmp_path / name for name in ("de.txt", "en.txt", "gold.tsv"))
    source.write_text("Die Katze schläft.\nDer Zug fährt ab.\nEr vergaß den Schlüssel.\n")
    target.write_text("The cat is asleep.\nThe train leaves.\nHe forgot the key.\n")
    pair = ["evaluate", "muse", str(source), str(target)]
    assert run([*pair, "--task", "bitext", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["accuracy"]
    assert (found["pairs"], found["forward"]["value"], found["backward"]["value"]) == (3, 1, 1)
    gold.write_text("1\t1\n2\t2\n3\t3\n")
    assert run([*pair, str(gold), "--task", "bitext", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mining"]["gold"] <= 3
    target.write_text("The cat is asleep.\n")
    with pytest.raises(InputError, match="name these in a third file"):
        api.evaluate_translations("muse", source, target)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "parsing"], "choose from retrieval, sts, bitext, language-bias"),
        (["--task", "sts", "--compare", "bm25"], "leave out how to search"),
        (["--task", "bitext", "b", "c", "d"], "two files, or three"),
        (["b"], "name one at a time"),
    ],
)
def test_what_a_task_cannot_use_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "muse", "a", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())

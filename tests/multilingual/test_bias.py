from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from acclimate.cli.main import run
from acclimate.corpus import open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.formats.beir import write_beir
from acclimate.models.base import Similarity, Vectors
from acclimate.multilingual.bias import measure_bias, rank_gap
from acclimate.multilingual.pool import Pool, read_pool
from acclimate.types import Judgment, Passage, Query

TEXTS = {
    "de": ["Die Katze schläft auf dem Sofa.", "Der Zug fährt um acht Uhr ab."],
    "ru": ["Кошка спит на диване.", "Поезд отправляется в восемь часов."],
}
ASKED = {
    "de": ["Wo schläft die Katze?", "Wann fährt der Zug?"],
    "ru": ["Где спит кошка?", "Когда отправляется поезд?"],
}


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    for language, texts in TEXTS.items():
        passages = [Passage(f"p{n}", text) for n, text in enumerate(texts)]
        queries = [Query(f"q{n}", text) for n, text in enumerate(ASKED[language])]
        judgments = [Judgment(f"q{n}", f"p{n}", 1) for n in range(2)]
        write_beir(tmp_path / language, passages, queries, {"test": judgments})
    return [str(tmp_path / language) for language in TEXTS]


def pool(folders: list[str]) -> Pool:
    return read_pool([open_corpus(folder) for folder in folders], "test")


def vectors(*rows: tuple[float, ...]) -> Vectors:
    return np.array(rows, dtype=np.float32)


def test_rank_gap_is_how_far_the_median_translation_stands_behind_the_own_version() -> None:
    # Three languages, two passages; passage 0 stands at the ranks 1, 4 and 6 of the pool.
    scores = vectors((9, 8), (5, 7), (1, 3))
    assert rank_gap(scores, 0, 0) == 5 - 1
    assert rank_gap(scores, 1, 0) == 3.5 - 4
    assert rank_gap(scores, 2, 0) == 2.5 - 6


def test_model_that_sees_only_the_language_is_biased_and_both_remedies_cure_it(
    folders: list[str],
) -> None:
    # Axes: German, Russian, cats, trains. The language weighs more than what is said.
    made = pool(folders)
    said = {"de": (3.0, 0.0), "ru": (0.0, 3.0)}
    encoded = {name: vectors((*said[name], 1, 0), (*said[name], 0, 1)) for name in TEXTS}
    plain, *remedied = measure_bias(made, encoded, encoded, Similarity.DOT)
    # Scores of a German question: 10 and 9 in German, 1 and 0 in Russian. Both first hits are
    # German, half of them beyond 1/2; the translation stands at rank 3 instead of 1.
    assert plain.remedy == "none"
    assert plain.mean.same_language.value == pytest.approx(0.5)
    assert plain.mean.rank_gap.value == 2
    assert plain.mean.monolingual.value == 1
    # Relevant at the ranks 1 and 3: (1 + 1/2) / (1 + 1/log2(3)).
    assert plain.mean.pooled.value == pytest.approx(1.5 / (1 + 1 / np.log2(3)))
    assert plain.change is None
    for each in remedied:
        assert each.mean.same_language.value == 0
        assert each.mean.rank_gap.value == 0
        assert (each.mean.monolingual.value, each.mean.pooled.value) == (1, 1)
        assert each.change is not None
        assert each.change.rank_gap.value == -2
        assert set(each.languages) == {"de", "ru"}


def test_model_that_sees_no_language_has_no_bias(folders: list[str]) -> None:
    made = pool(folders)
    encoded = {name: vectors((1, 0.01 * n), (0.01 * n, 1)) for n, name in enumerate(TEXTS)}
    found = measure_bias(made, encoded, encoded, Similarity.DOT)[0]
    assert found.mean.same_language.value == 0
    assert abs(found.mean.rank_gap.value) <= 1


def test_collections_that_are_not_parallel_are_refused(folders: list[str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give two or more"):
        pool(folders[:1])
    with pytest.raises(UsageError, match="called de, de"):
        pool([folders[0], folders[0]])
    write_beir(tmp_path / "fr", [Passage("p0", "Le chat dort.")])
    with pytest.raises(InputError, match=r"fr and de do not hold .*: 'p1' is in one"):
        pool([folders[0], str(tmp_path / "fr")])


def test_bias_of_a_real_model_is_told_by_language_and_remedy(
    folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "muse", *folders, "--task", "language-bias", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["language_bias"]
    assert [each["remedy"] for each in found] == ["none", "centre", "subspace"]
    assert found[0]["mean"]["monolingual"]["value"] == 1
    assert run(["evaluate", "muse", *folders, "--task", "language-bias"]) == 0
    assert "same language beyond 1/L" in capsys.readouterr().out

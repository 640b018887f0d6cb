"""The learned sparse kind, on texts that say their weights and on a small SPLADE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import toys
from acclimate.errors import UsageError
from acclimate.indexes.base import Mask, Ranked
from acclimate.indexes.columns import TermWeight
from acclimate.indexes.sparse import SparseKind, SparseLeg
from acclimate.models.sparse import SparseTextEncoder, SparseTexts
from acclimate.types import Passage
from sparse_toys import WrittenWeights, tiny_splade


def every(rows: int) -> Mask:
    return np.ones(rows, dtype=np.bool_)


def passages(texts: Sequence[str]) -> list[Passage]:
    return [Passage(f"p{number}", text) for number, text in enumerate(texts)]


def index(
    folder: Path,
    *parts: Sequence[str],
    encoder: SparseTexts | None = None,
    live: Mask | None = None,
) -> SparseLeg:
    """A leg over parts that are written one after the other."""
    kind, folders = SparseKind(encoder or WrittenWeights()), []
    for number, texts in enumerate(parts):
        folders.append(folder / f"part{number}")
        folders[-1].mkdir(parents=True)
        kind.write(folders[-1], passages(texts))
    count = sum(map(len, parts))
    return kind.open(folders, every(count) if live is None else live, np.arange(count))


def lists(found: list[Ranked]) -> list[tuple[list[int], list[float]]]:
    return [(rows.tolist(), scores.tolist()) for rows, scores in found]


def test_a_score_is_the_dot_product(tmp_path: Path) -> None:
    leg = index(tmp_path, ["1:2 5:1", "5:4"], ["1:1", "7:9"])
    assert lists(leg.search(["1:1.5 5:0.5 9:1"], 9, every(4))) == [([0, 1, 2], [3.5, 2.0, 1.5])]
    assert leg.score("1:1.5 5:0.5", np.array([3, 2, 0])).tolist() == [0, 1.5, 3.5]
    assert leg.contributions("1:1.5 5:0.5", np.array([2, 0])) == [
        (TermWeight("t1", 1.5),),
        (TermWeight("t1", 3.0), TermWeight("t5", 0.5)),
    ]


def test_merged_parts_with_deletions_equal_a_fresh_index(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    texts = [
        " ".join(
            f"{token}:{draw.uniform(0.1, 3):.4f}"
            for token in draw.choice(30, size=draw.integers(0, 8), replace=False)
        )
        for _ in range(60)
    ]
    queries, live = texts[::4], draw.random(60) < 0.7
    kept = [text for text, stays in zip(texts, live, strict=True) if stays]
    fresh = index(tmp_path / "fresh", kept).search(queries, 7, every(len(kept)))
    split = index(tmp_path, texts[:25], [], texts[25:], live=live).search(queries, 7, every(60))
    old = np.flatnonzero(live)
    assert lists(split) == [(old[rows].tolist(), scores.tolist()) for rows, scores in fresh]
    kind = SparseKind(WrittenWeights())
    (tmp_path / "merged").mkdir()
    keep = np.split(live, [25, 25])
    kind.merge(tmp_path / "merged", [tmp_path / f"part{n}" for n in range(3)], keep)
    merged = kind.open([tmp_path / "merged"], every(len(kept)), np.arange(len(kept)))
    assert lists(merged.search(queries, 7, every(len(kept)))) == lists(fresh)


def test_best_rows_that_are_not_allowed_make_room_for_others(tmp_path: Path) -> None:
    leg = index(tmp_path, ["1:5", "1:4", "1:3"], ["1:2", "2:9"])
    allowed = np.array([False, True, False, True, True])
    assert leg.search(["1:1"], 2, allowed)[0].rows.tolist() == [1, 3]
    assert leg.search(["1:1"], 9, allowed)[0].rows.tolist() == [1, 3]


def test_equal_scores_go_by_the_tiebreak(tmp_path: Path) -> None:
    index(tmp_path, ["1:1"] * 4)
    kind = SparseKind(WrittenWeights())
    leg = kind.open([tmp_path / "part0"], every(4), np.array([2, 0, 3, 1]))
    assert leg.search(["1:1"], 2, every(4))[0].rows.tolist() == [1, 3]


@pytest.mark.parametrize("parts", [[], [[]], [["", ""], []], [["1:0"]]])
def test_nothing_is_found_where_nothing_is(tmp_path: Path, parts: list[list[str]]) -> None:
    leg = index(tmp_path, *parts)
    count = sum(map(len, parts))
    assert lists(leg.search(["1:1", ""], 3, every(count))) == [([], []), ([], [])]
    assert leg.search([], 3, every(count)) == []
    assert leg.flops(["1:1"]) == 0
    assert leg.flops([]) == 0


@pytest.mark.parametrize("text", ["2:1 1:-0.5", "1:nan", "1:inf"])
def test_weights_that_cannot_be_searched_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"written: passage 'p1': a weight of .*; the index takes"):
        index(tmp_path / "a", ["1:1", text])
    leg = index(tmp_path / "b", ["1:1"])
    with pytest.raises(UsageError, match=r"written: query '.*': a weight of"):
        leg.search([text], 1, every(1))


def test_flops_count_expected_multiplications(tmp_path: Path) -> None:
    # Token 1: in half of the queries and in 2 of 3 live passages; token 2: in all and in 1 of 3.
    live = np.array([True, True, True, False])
    leg = index(tmp_path, ["1:1", "1:1 2:1"], ["3:1", "1:1 2:1"], live=live)
    assert leg.flops(["1:1 2:1", "2:3"]) == pytest.approx(0.5 * 2 / 3 + 1 * 1 / 3)


def test_identity_is_the_encoders() -> None:
    kind = SparseKind(WrittenWeights())
    assert kind.name == "sparse"
    assert kind.identity.endswith("written-1")


@pytest.fixture(scope="module")
def splade(tmp_path_factory: pytest.TempPathFactory) -> SparseTextEncoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("acclimate.models.precision.has_native_bf16", lambda device: False)
        folder = tiny_splade(tmp_path_factory.mktemp("splade"), toys.toy_texts())
        return SparseTextEncoder.load(str(folder))


def test_a_trained_model_finds_passages_by_their_words(
    splade: SparseTextEncoder, tmp_path: Path
) -> None:
    given = toys.toy_passages()
    leg = index(tmp_path, [toy.passage.content for toy in given], encoder=splade)
    queries = [" ".join([toy.own[0], *toy.topical[:2]]) for toy in given]
    found = leg.search(queries, 10, every(len(given)))
    assert all(number in rows for number, (rows, _) in enumerate(found))
    firsts = sum(rows[0] == number for number, (rows, _) in enumerate(found))
    assert firsts >= len(given) / 2
    row, score = int(found[0].rows[0]), float(found[0].scores[0])
    [parts] = leg.contributions(queries[0], np.array([row]))
    assert sum(weight for _, weight in parts) == pytest.approx(score, rel=1e-5)
    assert given[row].own[0] in [term for term, _ in parts]
    assert 0 < leg.flops(queries) < 30

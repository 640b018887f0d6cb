"""The dense kind: exact search equals the definition, and a graph finds nearly all of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from given_vectors import Given, clustered, passages_of, text_of
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.indexes import exact, vectors
from acclimate.indexes.base import Mask, Ranked
from acclimate.indexes.dense import ExactIndex
from acclimate.indexes.exact import StoredVectors
from acclimate.indexes.vectors import DenseKind, DenseLeg
from acclimate.models.base import Vectors
from acclimate.ranking import Rows
from acclimate.types import Passage

ROWS, DIMENSION, QUERIES = 2400, 32, 40
STORES = ("float32", "float16", "int8")


def exactly(dimension: int, store: str = "float32") -> DenseKind:
    return DenseKind(Given(dimension), store, approximate=False, exact_below=0)


def by_graph(dimension: int, store: str = "float32", exact_below: int = 1) -> DenseKind:
    return DenseKind(Given(dimension), store, approximate=True, exact_below=exact_below)


def written(kind: DenseKind, folder: Path, parts: Sequence[Vectors]) -> list[Path]:
    folders = [folder / str(number) for number in range(len(parts))]
    for path, rows in zip(folders, parts, strict=True):
        path.mkdir(parents=True)
        kind.write(path, passages_of(rows))
    return folders


def all_of(count: int) -> Mask:
    return np.ones(count, dtype=np.bool_)


def opened(kind: DenseKind, folders: Sequence[Path], rows: int) -> DenseLeg:
    return kind.open(folders, all_of(rows), np.arange(rows))


def brute_force(stored: StoredVectors, query: Vectors, k: int, may: Mask, tiebreak: Rows) -> Ranked:
    scores = [np.float32(np.sum(row.astype(np.float64) * query)) for row in stored]
    rows = sorted(np.flatnonzero(may), key=lambda row: (-scores[row], tiebreak[row]))[:k]
    return Ranked(np.array(rows, np.int64), np.array([scores[row] for row in rows], np.float32))


def same(found: Ranked, expected: Ranked) -> bool:
    return found.rows.tolist() == expected.rows.tolist() and bool(
        (found.scores == expected.scores).all()
    )


# Few different values, so that whole rows and scores repeat often.
CELLS = st.sampled_from([-1.0, 0.0, 0.1, 0.3, 1.0])
VECTOR = st.lists(CELLS, min_size=3, max_size=3)


def drawn_vectors(data: st.DataObject, least: int = 0, most: int = 12) -> Vectors:
    rows = data.draw(st.lists(VECTOR, min_size=least, max_size=most))
    return np.array(rows, dtype=np.float32).reshape(-1, 3)


def drawn_mask(data: st.DataObject, count: int) -> Mask:
    drawn = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return np.array(drawn, dtype=np.bool_)


@pytest.mark.parametrize("store", STORES)
def test_exact_search_equals_brute_force(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "ROW_BLOCK", 5)
    monkeypatch.setattr(exact, "QUERY_BLOCK", 2)
    monkeypatch.setattr(exact, "SPARE", 1)

    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        parts = [drawn_vectors(data) for _ in range(data.draw(st.integers(0, 3)))]
        every = np.concatenate([np.zeros((0, 3), np.float32), *parts])
        live, allowed = drawn_mask(data, len(every)), drawn_mask(data, len(every))
        tiebreak = np.array(data.draw(st.permutations(range(len(every)))), dtype=np.int64)
        k = data.draw(st.integers(1, 20))
        asked = drawn_vectors(data, least=1, most=5)
        kind = exactly(3, store)
        with TemporaryDirectory() as folder:
            leg = kind.open(written(kind, Path(folder), parts), live, tiebreak)
            found = leg.search([text_of(query) for query in asked], k, allowed)
        stored = every if store == "float32" else every.astype(np.float16)
        for query, each in zip(asked, found, strict=True):
            assert same(each, brute_force(stored, query, k, live & allowed, tiebreak))

    check()


def test_exact_search_gives_what_the_index_of_a_corpus_gives(tmp_path: Path) -> None:
    rows, asked = clustered(300, 16, 10)
    rows[100:200] = rows[:100]
    ids = [str(number) for number in range(300)]
    index = ExactIndex(Given(16), ids, rows)
    kind = exactly(16)
    places = np.argsort(np.argsort(ids))
    leg = kind.open(written(kind, tmp_path, [rows[:120], rows[120:]]), all_of(300), places)
    expected_rows, expected_scores = index.search_vectors(asked, 20)
    for found, *expected in zip(
        leg.search_vectors(asked, 20, all_of(300)), expected_rows, expected_scores, strict=True
    ):
        assert same(found, Ranked(*expected))


@pytest.mark.parametrize(
    "kind", [exactly(DIMENSION, "int8"), by_graph(DIMENSION, "float16"), exactly(DIMENSION)]
)
def test_merging_what_is_left_equals_writing_it(kind: DenseKind, tmp_path: Path) -> None:
    rows, _ = clustered(300, DIMENSION, 0)
    keep = np.random.default_rng(3).random(300) < 0.7
    parts = written(kind, tmp_path / "parts", [rows[:100], rows[100:]])
    fresh, merged = tmp_path / "fresh", tmp_path / "merged"
    fresh.mkdir()
    merged.mkdir()
    kind.write(fresh, passages_of(rows[keep]))
    kind.merge(merged, parts, [keep[:100], keep[100:]])
    names = sorted(path.name for path in fresh.iterdir())
    assert sorted(path.name for path in merged.iterdir()) == names
    for name in names:
        assert (fresh / name).read_bytes() == (merged / name).read_bytes()


def test_merging_nothing_that_is_left_gives_an_empty_part(tmp_path: Path) -> None:
    kind = by_graph(2)
    parts = written(kind, tmp_path, [np.eye(2, dtype=np.float32)])
    merged = tmp_path / "merged"
    merged.mkdir()
    kind.merge(merged, parts, [np.zeros(2, np.bool_)])
    found = opened(kind, [merged], 0).search(["1 0"], 3, all_of(0))
    assert [len(each.rows) for each in found] == [0]


class Big:
    """Enough rows for graphs, written once a store, in two parts."""

    def __init__(self, folder: Path) -> None:
        self.rows, self.asked = clustered(ROWS, DIMENSION, QUERIES)
        cut = ROWS // 4
        for store in STORES:
            written(by_graph(DIMENSION, store), folder / store, [self.rows[:cut], self.rows[cut:]])
        self.folder = folder

    def leg(self, store: str) -> DenseLeg:
        parts = [self.folder / store / "0", self.folder / store / "1"]
        return opened(by_graph(DIMENSION, store), parts, ROWS)

    def recall(self, found: Sequence[Ranked], allowed: Mask, k: int) -> float:
        rows = np.flatnonzero(allowed)
        near = rows[np.argsort(-(self.asked @ self.rows[rows].T), axis=1)[:, :k]]
        hits = [len({*a} & {*b.rows}) for a, b in zip(near, found, strict=True)]
        return sum(hits) / near.size


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Big:
    return Big(tmp_path_factory.mktemp("big"))


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs are taken even where comparing would be faster, which it is at this size."""
    monkeypatch.setattr(vectors, "ROWS_A_STEP", 0)


@pytest.mark.usefixtures("walks")
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("k", [10, 100])
def test_graph_finds_nearly_all_of_the_best(big: Big, store: str, k: int) -> None:
    found = big.leg(store).search_vectors(big.asked, k, all_of(ROWS))
    assert big.recall(found, all_of(ROWS), k) >= 0.98


@pytest.mark.usefixtures("walks")
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_graph_finds_nearly_all_that_a_filter_allows(big: Big, share: float) -> None:
    allowed = np.random.default_rng(2).random(ROWS) < share
    found = big.leg("float32").search_vectors(big.asked, 10, allowed)
    assert all(len(each.rows) == 10 and allowed[each.rows].all() for each in found)
    assert big.recall(found, allowed, 10) >= 0.98


@pytest.mark.usefixtures("walks")
def test_rows_far_from_the_query_are_found_where_only_they_are_allowed(big: Big) -> None:
    nearness = big.rows @ big.asked[0]
    allowed = nearness < np.quantile(nearness, 0.3)
    found = big.leg("float32").search_vectors(big.asked[:1], 10, allowed)
    expected = np.flatnonzero(allowed)[np.argsort(-nearness[allowed])[:10]]
    assert found[0].rows.tolist() == expected.tolist()


@pytest.mark.usefixtures("walks")
def test_as_many_rows_as_are_allowed_come_back(big: Big) -> None:
    leg = big.leg("int8")
    for count, k in itertools.product((0, 1, 7, 200), (1, 7, 50)):
        allowed = np.zeros(ROWS, dtype=np.bool_)
        allowed[np.random.default_rng(count).choice(ROWS, count, replace=False)] = True
        for found in leg.search_vectors(big.asked[:3], k, allowed):
            assert len(found.rows) == len({*found.rows.tolist()}) == min(k, count)
            assert allowed[found.rows].all()


@pytest.mark.usefixtures("walks")
def test_a_graph_gives_rows_the_scores_that_comparing_gives_them(big: Big) -> None:
    for store in STORES:
        leg = big.leg(store)
        found = leg.search_vectors(big.asked[:5], 20, all_of(ROWS))
        for query, each in zip(big.asked, found, strict=False):
            assert leg.score(text_of(query), each.rows).tolist() == each.scores.tolist()
            assert (np.diff(each.scores) <= 0).all()


@pytest.mark.usefixtures("walks")
def test_threads_that_share_a_leg_get_what_one_gets(big: Big) -> None:
    leg = big.leg("float32")
    alone = [leg.search_vectors(query[np.newaxis], 10, all_of(ROWS))[0] for query in big.asked]
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(
            lambda query: leg.search_vectors(query[np.newaxis], 10, all_of(ROWS))[0], big.asked
        )
        assert all(same(*pair) for pair in zip(alone, together, strict=True))


def test_few_rows_are_compared_and_many_walked(tmp_path: Path) -> None:
    rows, _ = clustered(60, 8, 0)
    kind = by_graph(8, exact_below=50)
    few, many = written(kind, tmp_path, [rows[:49], rows[:50]])
    assert not (few / "graph.faiss").exists()
    assert (many / "graph.faiss").exists()


def test_copies_rank_by_the_tiebreak_in_every_part(tmp_path: Path) -> None:
    kind = exactly(2)
    parts = written(kind, tmp_path, [np.ones((3, 2), np.float32)] * 2)
    leg = kind.open(parts, all_of(6), np.array([5, 3, 1, 4, 2, 0]))
    assert leg.search(["1 1"], 4, all_of(6))[0].rows.tolist() == [5, 2, 4, 1]


def test_vectors_come_back_as_they_are_stored(tmp_path: Path) -> None:
    rows, _ = clustered(20, 8, 0)
    for store in STORES:
        kind = exactly(8, store)
        leg = opened(kind, written(kind, tmp_path / store, [rows[:5], rows[5:]]), 20)
        asked = np.array([19, 0, 5, 4, 0])
        expected = rows if store == "float32" else rows.astype(np.float16).astype(np.float32)
        assert (leg.vectors(asked) == expected[asked]).all()
        assert leg.vectors(asked).dtype == np.float32
        with pytest.raises(IndexError, match=r"20 of 20"):
            leg.vectors(np.array([20]))


Damage = Callable[[Path], object]
DAMAGES: list[tuple[Damage, str]] = [
    (lambda part: np.save(part / "vectors.npy", np.zeros((59, 8), np.float16)), r"shape \(59, 8\)"),
    (lambda part: np.save(part / "vectors.npy", np.zeros((60, 8))), "float64"),
    (lambda part: (part / "vectors.npy").write_bytes(b"no array"), "not an array"),
    (lambda part: (part / "vectors.npy").unlink(), "not an array"),
    (lambda part: (part / "graph.faiss").write_bytes(b"no graph"), "not a graph"),
    (lambda part: (part / "part.json").write_text("{}"), "cannot be read"),
    (lambda part: (part / "part.json").unlink(), "cannot be read"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_files_that_are_not_what_the_part_says_are_refused(
    damage: Damage, message: str, tmp_path: Path
) -> None:
    kind = by_graph(8, "float16")
    parts = written(kind, tmp_path, [clustered(60, 8, 0)[0]])
    damage(parts[0])
    with pytest.raises(InputError, match=f"{message}.*index the corpus again"):
        opened(kind, parts, 60)


def test_a_graph_of_other_vectors_is_refused(tmp_path: Path) -> None:
    kind = by_graph(8)
    one, other = written(kind, tmp_path, [clustered(rows, 8, 0)[0] for rows in (60, 61)])
    (other / "graph.faiss").replace(one / "graph.faiss")
    with pytest.raises(InputError, match="of 61 rows of 8 dimensions"):
        opened(kind, [one], 60)


def test_codes_that_are_not_what_the_part_says_are_refused(tmp_path: Path) -> None:
    kind = exactly(8, "int8")
    parts = written(kind, tmp_path, [clustered(60, 8, 0)[0]])
    np.save(parts[0] / "scales.npy", np.zeros(59, np.float32))
    with pytest.raises(InputError, match=r"scales.npy: an array of float32, shape \(59,\)"):
        opened(kind, parts, 60)


def test_refusals_name_the_place_and_the_remedy(tmp_path: Path) -> None:
    kind = exactly(2)
    parts = written(kind, tmp_path, [np.eye(2, dtype=np.float32)])
    with pytest.raises(StaleRows, match="vectors of 2 dimensions, but given gives 3"):
        opened(exactly(3), parts, 2)
    with pytest.raises(InputError, match=r"hold 2 rows, but 'live' has shape \(5,\)"):
        opened(kind, parts, 5)
    with pytest.raises(UsageError, match="k is 0"):
        opened(kind, parts, 2).search(["1 0"], 0, all_of(2))
    with pytest.raises(UsageError, match="vectors 'bits'; choose float32"):
        exactly(2, "bits")
    broken = tmp_path / "broken"
    broken.mkdir()
    with pytest.raises(UsageError, match=r"'b': given gives .* not finite in float16"):
        exactly(2, "float16").write(broken, [Passage("a", "1 1"), Passage("b", "1e9 1")])


def test_identity_follows_model_store_and_graph() -> None:
    other = DenseKind(Given(2, identity="other"), "float32", approximate=False, exact_below=0)
    kinds = [exactly(2), exactly(2, "int8"), by_graph(2), by_graph(2, exact_below=9), other]
    assert len({kind.identity for kind in kinds}) == len(kinds)


def test_a_part_says_what_it_is_made_of(tmp_path: Path) -> None:
    (part,) = written(by_graph(2, "int8"), tmp_path, [np.eye(2, dtype=np.float32)])
    said = json.loads((part / "part.json").read_text())
    assert said == {"rows": 2, "dimension": 2, "store": "int8", "graph": True, "slack": 0.0}

"""Late interaction: MaxSim as defined, over any rows, in any company."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError, UsageError
from acclimate.indexes import late
from acclimate.indexes.base import Mask
from acclimate.indexes.late import LateKind, LateLeg
from acclimate.models.base import Vectors
from acclimate.types import Passage

Texts = list[list[list[float]]]


@dataclass(frozen=True)
class Given:
    """Reads each text as JSON: the vectors of its tokens."""

    dimension: int = 2
    name: str = "given"
    identity: str = "given-1"

    def encode_queries(self, texts: Sequence[str]) -> list[Vectors]:
        return [
            np.array(json.loads(text), dtype=np.float32).reshape(-1, self.dimension)
            for text in texts
        ]

    encode_passages = encode_queries


KIND = LateKind(Given())


def written(folder: Path, parts: Sequence[Texts]) -> list[Path]:
    folders = [folder / str(number) for number in range(len(parts))]
    for path, rows in zip(folders, parts, strict=True):
        path.mkdir(parents=True)
        KIND.write(path, [Passage(str(n), json.dumps(row)) for n, row in enumerate(rows)])
    return folders


def opened(folders: Sequence[Path], rows: int) -> LateLeg:
    return KIND.open(folders, np.ones(rows, dtype=np.bool_), np.arange(rows))


def max_sim(query: list[list[float]], row: list[list[float]]) -> np.float32:
    """By the definition, in float64; a row without tokens gets the least that unit vectors give."""
    asked = np.array(query, dtype=np.float32).astype(np.float64)
    if not row:
        return np.float32(-sum(np.linalg.norm(token) for token in asked))
    stored = [np.array(token, dtype=np.float16).astype(np.float64) for token in row]
    return np.float32(sum(max(float(token @ other) for other in stored) for token in asked))


# Few different vectors, so that rows and scores repeat often.
TOKEN = st.sampled_from([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [-1.0, 0.0], [0.1, 0.7]])
ROW = st.lists(TOKEN, max_size=4)


def test_search_equals_max_sim_by_its_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "TOKEN_BLOCK", 5)

    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        parts = data.draw(st.lists(st.lists(ROW, max_size=8), max_size=3))
        every = [row for part in parts for row in part]
        masks = st.lists(st.booleans(), min_size=len(every), max_size=len(every))
        live, allowed = (np.array(data.draw(masks), dtype=np.bool_) for _ in range(2))
        tiebreak = np.array(data.draw(st.permutations(range(len(every)))), dtype=np.int64)
        k = data.draw(st.integers(1, 12))
        queries = data.draw(st.lists(st.lists(TOKEN, min_size=1, max_size=3), max_size=3))
        with TemporaryDirectory() as folder:
            leg = KIND.open(written(Path(folder), parts), live, tiebreak)
            found = leg.search([json.dumps(query) for query in queries], k, allowed)
            rows = np.array(data.draw(st.permutations(range(len(every)))), dtype=np.int64)
            chosen = [leg.score(json.dumps(query), rows) for query in queries]
        for query, ranked, scored in zip(queries, found, chosen, strict=True):
            scores = [max_sim(query, row) for row in every]
            best = sorted(
                np.flatnonzero(live & allowed), key=lambda row: (-scores[row], tiebreak[row])
            )[:k]
            assert ranked.rows.tolist() == best
            assert ranked.scores.tolist() == [scores[row] for row in best]
            assert scored.tolist() == [scores[row] for row in rows]

    check()


def drawn_rows(count: int, dimension: int) -> Texts:
    rng = np.random.default_rng(4)
    rows = [rng.normal(size=(rng.integers(1, 30), dimension)) for _ in range(count)]
    return [(row / np.linalg.norm(row, axis=1, keepdims=True)).tolist() for row in rows]


def test_scores_do_not_depend_on_the_company_of_other_rows(tmp_path: Path) -> None:
    kind = LateKind(Given(24))
    rows = drawn_rows(80, 24)
    rows[40:] = rows[:40]
    part = tmp_path / "part"
    part.mkdir()
    kind.write(part, [Passage(str(n), json.dumps(row)) for n, row in enumerate(rows)])
    leg = kind.open([part], np.ones(80, np.bool_), np.arange(80)[::-1].copy())
    query = json.dumps(drawn_rows(1, 24)[0])
    together = leg.score(query, np.arange(80))
    alone = [leg.score(query, np.array([row]))[0] for row in range(80)]
    assert together.tolist() == alone
    (found,) = leg.search([query], 10, np.ones(80, np.bool_))
    assert (found.rows[::2] == found.rows[1::2] + 40).all()  # copies, by the tiebreak
    assert found.scores.tolist() == together[found.rows].tolist()


def test_merging_what_is_left_equals_writing_it(tmp_path: Path) -> None:
    rows: Texts = [[[1, 0]], [], [[0, 1], [0.6, 0.8]], [[-1, 0]], [[0.1, 0.7]]]
    parts = written(tmp_path / "parts", [rows[:2], rows[2:]])
    keep: list[Mask] = [np.array([False, True]), np.array([True, False, True])]
    merged = tmp_path / "merged"
    merged.mkdir()
    KIND.merge(merged, parts, keep)
    (fresh,) = written(tmp_path / "fresh", [[rows[1], rows[2], rows[4]]])
    names = {path.name for path in fresh.iterdir()}
    assert names == {path.name for path in merged.iterdir()}
    assert all((fresh / name).read_bytes() == (merged / name).read_bytes() for name in names)


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda part: np.save(part / "tokens.npy", np.zeros((3, 2), np.float32)), "float32"),
    (lambda part: np.save(part / "tokens.npy", np.zeros((4, 2), np.float16)), r"shape \(4, 2\)"),
    (lambda part: np.save(part / "offsets.npy", np.array([0, 3])), r"shape \(2,\)"),
    (lambda part: np.save(part / "offsets.npy", np.array([0, 5, 3])), "does not divide 3 tokens"),
    (lambda part: np.save(part / "offsets.npy", np.array([0, 1, 2])), "does not divide 3 tokens"),
    (lambda part: (part / "part.json").write_text("[]"), "cannot be read"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_files_that_are_not_what_the_part_says_are_refused(
    damage: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    parts = written(tmp_path, [[[[1, 0]], [[0, 1], [1, 0]]]])
    damage(parts[0])
    with pytest.raises(InputError, match=f"{message}.*index the corpus again"):
        opened(parts, 2)


def test_refusals_name_the_place_and_the_remedy(tmp_path: Path) -> None:
    parts = written(tmp_path, [[[[1, 0]]]])
    with pytest.raises(InputError, match=r"tokens.npy: .* shape \(1, 3\)"):
        LateKind(Given(3)).open(parts, np.ones(1, np.bool_), np.arange(1))
    with pytest.raises(InputError, match=r"hold 1 rows, but 'live' has shape \(2,\)"):
        opened(parts, 2)
    leg = opened(parts, 1)
    with pytest.raises(UsageError, match="k is 0"):
        leg.search(["[[1, 0]]"], 0, np.ones(1, np.bool_))
    with pytest.raises(IndexError, match="of 1"):
        leg.score("[[1, 0]]", np.array([-1]))
    broken = tmp_path / "broken"
    broken.mkdir()
    with pytest.raises(UsageError, match=r"'b': given gives .* not finite in float16"):
        KIND.write(broken, [Passage("a", "[[1, 0]]"), Passage("b", "[[1e9, 0]]")])


def test_identity_follows_the_model() -> None:
    assert LateKind(Given(identity="other")).identity != KIND.identity
    assert KIND.name == "late"

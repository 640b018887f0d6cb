"""The reference code's files: given out by a run, taken up by another."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tiny

from acclimate.adapt.artefacts import Imported, export_run, import_artefacts
from acclimate.adapt.gpl import adapt
from acclimate.adapt.label import Labelled
from acclimate.adapt.result import Adaptation
from acclimate.adapt.tools import Tools
from acclimate.corpus import open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.formats import gpl
from acclimate.recipes import apply_overrides
from acclimate.types import Mined
from toys import Toys

FILES = ["qgen-queries.jsonl", "qgen-qrels/train.tsv", "hard-negatives.jsonl",
         "gpl-training-data.tsv"]  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def finished(toy: Toys, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    return adapt(open_corpus(corpus), tmp_path_factory.mktemp("out"), tiny.recipe(toy))


@pytest.fixture(scope="module")
def exported(finished: Adaptation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("exported")
    assert export_run(finished.folder, target) == [target / name for name in FILES]
    return target


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy of the exported files, to be changed."""
    return Path(shutil.copytree(exported, tmp_path / "artefacts"))


@pytest.fixture
def tools(toy: Toys, corpus: Path, tmp_path: Path) -> Iterator[Tools]:
    with tiny.tools(corpus, tmp_path / "new", tiny.recipe(toy)) as opened:
        yield opened


def margins(labelled: list[Labelled]) -> dict[tuple[str, str, str], float]:
    return {
        (each.query_id, each.positive_id, each.negative_id): each.value
        for row in labelled
        for each in row.margins()
    }


def test_exported_and_imported_margins_are_the_same(exported: Path, tools: Tools) -> None:
    given = import_artefacts(tools, exported)
    expected = {(m.query_id, m.positive_id, m.negative_id): m.value
                for m in gpl.read_margins(exported)}  # fmt: skip
    assert margins(list(given.labelled)) == expected
    assert len(expected) == 5 * len(given.labelled) > 100


def test_exported_and_imported_queries_and_negatives_are_the_same(
    finished: Adaptation, folder: Path, tools: Tools
) -> None:
    (folder / gpl.TRAINING_DATA).unlink()
    given = import_artefacts(tools, folder)
    stages = {stage.name: stage.rows for stage in finished.stages}
    assert given.mined is not None
    assert (len(given.queries), len(given.mined)) == (stages["filter"], stages["mine"])
    assert list(given.mined) == list(gpl.read_mined(folder))
    assert list(given.queries) == list(gpl.read_generated(folder))
    assert not given.labelled


@pytest.mark.parametrize(
    ("missing", "stages"),
    [
        (FILES[2:], {"imported-queries", "filter", "mine", "label-bm25", "label-student"}),
        (FILES[3:], {"imported-queries", "imported-mined", "label-bm25", "label-student"}),
        ([], {"imported-queries", "imported-mined"}),
    ],
    ids=["queries only", "queries and negatives", "all"],
)
def test_adaptation_starts_at_the_stage_where_the_files_end(
    toy: Toys, corpus: Path, folder: Path, tmp_path: Path, missing: list[str], stages: set[str]
) -> None:
    for name in missing:
        (folder / name).unlink()
    out = tmp_path / "out"
    result = adapt(open_corpus(corpus), out, tiny.recipe(toy), imported=folder)
    found = {path.name.rpartition("-")[0] for path in (out / "stages").iterdir()}
    assert found == stages | {"vectors", "query-vectors", "train"}
    assert result.training.steps == 6


@pytest.mark.parametrize(
    ("missing", "imported", "roles"),
    [
        (FILES[2:], ("queries",), ["student", "query filter", "negative miner", "teacher"]),
        (FILES[3:], ("queries", "negatives"), ["student", "teacher"]),
        ([], ("queries", "negatives", "labels"), ["student", "judge of held-out queries"]),
    ],
    ids=["queries only", "queries and negatives", "all"],
)
def test_no_model_is_needed_or_credited_for_what_was_imported(
    toy: Toys,
    corpus: Path,
    folder: Path,
    tmp_path: Path,
    missing: list[str],
    imported: tuple[str, ...],
    roles: list[str],
) -> None:
    for name in missing:
        (folder / name).unlink()
    encoder, absent = str(toy.encoder), str(tmp_path / "nothere")
    searching = absent if "negatives" in imported else encoder
    recipe = apply_overrides(
        tiny.recipe(toy, "bm25", f"cross-encoder:{toy.cross}"),
        [
            f"generate.model={absent}",
            f"filter.retrievers=bm25,{searching}",
            f"mine.retrievers=bm25,{searching}",
        ],
    )
    result = adapt(open_corpus(corpus), tmp_path / "out", recipe, imported=folder)
    assert [use.role for use in result.models] == roles
    assert tuple(result.imported) == imported
    card = (result.model / "README.md").read_text()
    assert "nothere" not in card
    assert f"Imported, not made in this run: {imported[0]}" in card


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


REFUSED: dict[str, tuple[list[Callable[[Path], None]], str]] = {
    "no queries": ([without(FILES[0])], "no qgen-queries.jsonl in it"),
    "no qrels": ([without(FILES[1])], "train.tsv: cannot be read"),
    "passage of another corpus": (
        [edit(FILES[1], "\tp1\t", "\tp99\t")],
        "train.tsv: 'p99' is neither in this corpus",
    ),
    "negative of another corpus": (
        [without(FILES[3]), edit(FILES[2], '["p', '["x')],
        "hard-negatives.jsonl: 'x",
    ),
    "negatives of another query": (
        [without(FILES[3]), edit(FILES[2], '"qid": "', '"qid": "x')],
        "hard-negatives.jsonl: 'x",
    ),
    "margins of another query": (
        [edit(FILES[3], "g0-", "x0-")],
        "gpl-training-data.tsv: 'x0-",
    ),
    "margins of another corpus": (
        [edit(FILES[3], "\tp", "\tx")],
        "gpl-training-data.tsv: 'x",
    ),
}


@pytest.mark.parametrize(("changes", "reason"), REFUSED.values(), ids=REFUSED)
def test_files_that_do_not_fit_are_refused_by_name(
    folder: Path, tools: Tools, changes: list[Callable[[Path], None]], reason: str
) -> None:
    for change in changes:
        change(folder)
    with pytest.raises(InputError, match=reason):
        import_artefacts(tools, folder)


@pytest.mark.parametrize("name", FILES[:2])
def test_changed_file_is_read_anew(folder: Path, tools: Tools, name: str) -> None:
    first = import_artefacts(tools, folder)
    again = import_artefacts(tools, folder)
    assert again.queries == first.queries
    row = next(iter(first.queries))
    if name == FILES[0]:
        edit(name, '"text": "', '"text": "bidefu ')(folder)
    else:
        edit(name, f"{row.id}\t{row.passage_id}\t", f"{row.id}\tp9\t")(folder)
    # Its negatives are still those of the old passage; only the queries are asked about here.
    changed = import_artefacts(tools, folder).queries
    assert next(iter(changed)) == next(iter(gpl.read_generated(folder))) != row


def without_margins(folder: Path, tools: Tools, *rows: Mined) -> Imported:
    (folder / gpl.TRAINING_DATA).unlink()
    gpl.write_mined(folder, rows)
    return import_artefacts(tools, folder)


def test_copies_of_the_positive_are_no_negatives_in_imported_files_either(
    folder: Path, tools: Tools
) -> None:
    ids = [row.id for row in gpl.read_generated(folder)][:2]
    rows = [Mined(ids[0], "p0", {"bm25": ("copy", "p3")}), Mined(ids[1], "p0", {"bm25": ("copy",)})]
    given = without_margins(folder, tools, *rows)
    assert given.mined is not None
    assert list(given.mined) == [Mined(ids[0], "p0", {"bm25": ("p3",)})]


def test_query_of_several_passages_is_learned_from_with_each(
    toy: Toys, corpus: Path, folder: Path, tmp_path: Path
) -> None:
    """BEIR's own layout allows it, and the pairs that the passages share are scored once."""
    (folder / gpl.TRAINING_DATA).unlink()
    rows = list(gpl.read_mined(folder))
    taken = {rows[0].positive_id, *(pid for ids in rows[0].negatives.values() for pid in ids)}
    other = next(f"p{n}" for n in range(24) if f"p{n}" not in taken)
    gpl.write_mined(folder, [rows[0], Mined(rows[0].query_id, other, rows[0].negatives), *rows[1:]])
    with (folder / "qgen-qrels" / "train.tsv").open("a") as handle:
        handle.write(f"{rows[0].query_id}\t{other}\t1\n")
    out = tmp_path / "out"
    result = adapt(open_corpus(corpus), out, tiny.recipe(toy), imported=folder)
    counts = {stage.name: stage.rows for stage in result.stages}
    assert counts["mine"] == len(rows) + 1
    assert counts["label-bm25"] < 6 * counts["mine"]


def test_folder_without_a_finished_run_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the --out folder of a finished adapt"):
        export_run(tmp_path, tmp_path / "target")

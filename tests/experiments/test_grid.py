"""What an experiment's file can say, and how everything else is refused before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from acclimate import api
from acclimate.errors import InputError, UsageError
from acclimate.experiments.cells import cells_of
from acclimate.experiments.grid import Axis, Collection, System, read_grid
from commands import acclimate, tiny_corpus

PLAIN = """
name = "Plain"
recipe = "offline"
baseline = "BM25"
seeds = [7, 8]
systems = [{name = "BM25", search = "bm25"}, {name = "GPL", set = ["train.max_steps=9"]}]
"""
CORPORA = 'corpora = [{name = "c", corpus = "collection"}]\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tiny_corpus(tmp_path / "collection")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "grid.toml"
    path.write_text(PLAIN + CORPORA)
    return path


def test_file_is_read_as_records(file: Path) -> None:
    file.write_text(f'{PLAIN}{CORPORA}vary = {{key = "generate.temperature", values = [0.1, 1]}}\n')
    grid = read_grid(file)
    assert grid.corpora == (Collection("c", "collection"),)
    assert grid.systems == (
        System("BM25", search="bm25"),
        System("GPL", set=("train.max_steps=9",)),
    )
    assert grid.vary == Axis("generate.temperature", ("0.1", "1"))
    assert grid.measure == "nDCG@10"


def test_corpora_that_are_named_are_the_files_own_or_others(file: Path) -> None:
    own = Collection("Another", "elsewhere/another", split="dev")
    rows = '{name = "c", corpus = "collection"}, {name = "Another", corpus = "elsewhere/another", '
    file.write_text(f'{PLAIN}corpora = [{rows} split = "dev"}}]\n')
    assert read_grid(file, ["Another"]).corpora == (own,)
    assert read_grid(file, ["elsewhere/another", "c"]).corpora == (
        own,
        Collection("c", "collection"),
    )
    assert read_grid(file, ["my/own"]).corpora == (Collection("own", "my/own"),)


def test_values_of_an_axis_may_be_of_any_kind(file: Path) -> None:
    values = '[["bm25", "student"], true, "text"]'
    file.write_text(f'{PLAIN}{CORPORA}vary = {{key = "k", values = {values}}}\n')
    assert read_grid(file).vary == Axis("k", ("bm25,student", "true", "text"))


def test_cells_are_made_of_the_recipe_the_changes_the_axis_and_the_seed(file: Path) -> None:
    axis = 'vary = {key = "generate.temperature", values = [0.1, 1]}\n'
    file.write_text(f'{PLAIN}set = ["train.max_steps=5", "label.negatives=3"]\n{CORPORA}{axis}')
    cells = cells_of(read_grid(file), str(file))
    assert [cell.name for cell in cells] == [
        "c, BM25", "c, GPL (0.1), seed 7", "c, GPL (0.1), seed 8",
        "c, GPL (1), seed 7", "c, GPL (1), seed 8",
    ]  # fmt: skip
    recipe = cells[-1].recipe
    assert (recipe.train.max_steps, recipe.label.negatives) == (9, 3)
    assert (recipe.generate.temperature, recipe.seed) == (1.0, 42)
    assert (recipe.train.seed, recipe.pretrain.seed, recipe.supervised.seed) == (8, 8, 8)
    assert recipe.measure.measures == "nDCG@10 R@100"


def test_start_that_is_varied_is_measured_at_every_value(file: Path) -> None:
    systems = PLAIN.replace('search = "bm25"', 'search = "student"')
    file.write_text(f'{systems}{CORPORA}vary = {{key = "student.model", values = ["a", "b"]}}\n')
    cells = cells_of(read_grid(file), str(file))
    assert [cell.name for cell in cells[:3]] == ["c, BM25 (a)", "c, BM25 (b)", "c, GPL (a), seed 7"]
    assert [cell.recipe.student.model for cell in cells[:3]] == ["a", "b", "a"]


def test_settings_of_others_do_not_touch_a_cell_that_is_not_trained(file: Path) -> None:
    def folders(changes: str) -> list[str]:
        file.write_text(f"{PLAIN}{CORPORA}{changes}")
        return [each.folder.name for each in api.experiment_cells(file, Path("out"))]

    plain, changed = folders(""), folders('set = ["generate.top_k=5"]')
    assert plain[0] == changed[0]
    assert not set(plain[1:]) & set(changed[1:])


def test_labels_of_another_collection_are_part_of_what_decides_a_cell(
    file: Path, tmp_path: Path
) -> None:
    other = tiny_corpus(tmp_path / "other")
    steps = '"steps=supervised", "source.corpus=other", "source.split=test"'
    file.write_text(f"{PLAIN}set = [{steps}]\n{CORPORA}")

    def folders() -> list[str]:
        return [each.folder.name for each in api.experiment_cells(file, Path("out"))]

    before, again = folders(), folders()
    judged = other / "qrels" / "test.tsv"
    judged.write_text("\n".join(judged.read_text().splitlines()[:-1]) + "\n")
    after = folders()
    assert before == again
    assert before[0] == after[0]
    assert not set(before[1:]) & set(after[1:])


REFUSED = {
    "no toml": ("= 3", InputError, "not a TOML file"),
    "no name": (PLAIN.replace('"Plain"', '""') + CORPORA, UsageError, "name is ''; say what"),
    "unknown key": (f"{PLAIN}{CORPORA}sedes = [1]", UsageError, "did you mean 'seeds'"),
    "wrong type": (f"{PLAIN}{CORPORA}examples = true", UsageError, "must be a whole number"),
    "negative": (f"{PLAIN}{CORPORA}examples = -1", UsageError, "examples is -1; it must be at"),
    "no corpora": (PLAIN, UsageError, r"at least one under \[\[corpora\]\]"),
    "corpora of another form": (
        f'{PLAIN}corpora = ["collection"]', UsageError, r"each under \[\[corpora\]\]"
    ),
    "unnamed corpus": (f'{PLAIN}corpora = [{{corpus = "c"}}]', UsageError, "each with a name"),
    "corpus without a place": (f'{PLAIN}corpora = [{{name = "c"}}]', UsageError, "corpora 'c'"),
    "missing corpus": (
        f'{PLAIN}corpora = [{{name = "c", corpus = "./no"}}]', UsageError, "corpora 'c': ./no: nei"
    ),
    "missing split": (
        PLAIN + CORPORA.replace("}]", ', split = "dev"}]'), UsageError, "choose from test"
    ),
    "two of a name": (PLAIN.replace("GPL", "BM25") + CORPORA, UsageError, "two are called 'BM25'"),
    "unknown baseline": (
        PLAIN.replace('baseline = "BM25"', 'baseline = "BM24"') + CORPORA, UsageError,
        "baseline is 'BM24'; choose one of the systems: BM25, GPL",
    ),
    "a seed twice": (PLAIN.replace("[7, 8]", "[7, 7]") + CORPORA, UsageError, "each of them once"),
    "unknown key of a system": (
        PLAIN.replace("search", "serch") + CORPORA, UsageError, "systems 'BM25': there is no"
    ),
    "unknown recipe": (
        PLAIN.replace("offline", "ofline") + CORPORA, UsageError,
        "systems 'BM25': no recipe 'ofline'; did you mean 'offline'",
    ),
    "no recipe": (
        PLAIN.replace('recipe = "offline"', "") + CORPORA, UsageError, "'GPL': no recipe"
    ),
    "unknown setting": (
        PLAIN.replace("max_steps", "steps") + CORPORA, UsageError,
        "systems 'GPL': --set train.steps=9: there is no setting",
    ),
    "unknown step": (
        f'{PLAIN}{CORPORA}set = ["steps=gpl,tsda"]', UsageError, "there is no step 'tsda'"
    ),
    "another kind of student": (
        f'{PLAIN}{CORPORA}set = ["student.kind=sparse"]', UsageError,
        "systems 'GPL': student.kind is 'sparse'; GPL adapts a dense student",
    ),
    "epochs of topics": (
        f'{PLAIN}{CORPORA}set = ["train.epochs=1", "train.topic_passages=8"]', UsageError,
        "topic batches have no epochs",
    ),
    "missing source": (
        f'{PLAIN}{CORPORA}set = ["steps=udalm", "source.corpus=./no"]', UsageError,
        "systems 'GPL': source.corpus: ./no: neither",
    ),
    "missing split of a source": (
        f'{PLAIN}{CORPORA}set = ["steps=supervised", "source.corpus=collection"]', UsageError,
        "source.split is 'train'; collection has test",
    ),
    "unknown re-ranker": (
        PLAIN.replace('"bm25"', '"bm25", rerank = "ce:x"') + CORPORA, UsageError,
        "rerank is 'ce:x'; choose from cross-encoder:MODEL",
    ),
    "unknown measure": (f'{PLAIN}{CORPORA}measures = "nDCG10"', UsageError, "measures: measure"),
    "axis without values": (
        f'{PLAIN}{CORPORA}vary = {{key = "seed", values = []}}', UsageError, "list at least one"
    ),
    "unknown setting to vary": (
        f'{PLAIN}{CORPORA}vary = {{key = "temp", values = [1]}}', UsageError,
        "--set temp=1: there is no setting",
    ),
    "a value twice": (
        f'{PLAIN}{CORPORA}vary = {{key = "seed", values = [1, 1]}}', UsageError, "there twice"
    ),
    "two axes": (
        f'{PLAIN}{CORPORA}checkpoints = true\nvary = {{key = "seed", values = [1]}}', UsageError,
        "give each a file of its own",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_it_cannot_mean_is_refused_before_anything_is_written(
    file: Path, text: str, kind: type[Exception], reason: str
) -> None:
    file.write_text(text)
    with pytest.raises(kind, match=reason) as refusal:
        api.experiment(file, Path("out"))
    assert str(refusal.value).startswith(str(file))
    assert not Path("out").exists()


def test_missing_file_is_refused(tmp_path: Path) -> None:
    ran = acclimate("experiment", tmp_path / "no.toml", "--out", tmp_path / "out")
    assert (ran.code, "cannot be read" in ran.err) == (2, True)


def test_file_in_the_place_of_the_folder_is_refused(file: Path) -> None:
    with pytest.raises(UsageError, match="is a file; name a folder"):
        api.experiment(file, file)

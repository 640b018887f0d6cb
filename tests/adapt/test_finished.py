"""What a finished run notes of itself, read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from acclimate.adapt.finished import read_found, run_passages, stored_rows
from acclimate.adapt.gpl import adapt
from acclimate.adapt.result import Adaptation
from acclimate.corpus import open_corpus
from acclimate.errors import UsageError
from toys import Toys


@pytest.fixture(scope="module")
def finished(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    corpus = tiny.corpus(tmp_path_factory.mktemp("corpus"))
    return adapt(open_corpus(corpus), tmp_path_factory.mktemp("out"), tiny.recipe(toy))


def test_what_was_found_is_read_as_it_was(finished: Adaptation) -> None:
    found = read_found(finished.folder)
    assert found.verdict == finished.verdict
    assert list(found.stages) == list(finished.stages)
    assert found.check.teacher == finished.teacher_check.teacher
    assert list(found.check.others) == list(finished.teacher_check.others)


def test_passages_are_those_of_the_finished_run(finished: Adaptation) -> None:
    passages = run_passages(finished.folder, read_found(finished.folder))
    assert len(passages) == finished.passages
    assert [each.id for each in passages] == list(passages.ids)
    assert set(passages.duplicates) == tiny.TWICE


def test_rows_are_labelled_as_in_training(finished: Adaptation) -> None:
    stored = stored_rows(finished.folder)
    labelled = {row.query_id: row for row in stored.labelled()}
    assert stored.label.negatives == finished.recipe.label.negatives
    assert [row.query_id for row in stored.mined] == list(labelled)
    queries = {query.id: query.passage_id for query in stored.queries}
    assert all(row.passage_ids[0] == queries[row.query_id] for row in labelled.values())


def test_settings_that_came_later_have_their_default(finished: Adaptation, tmp_path: Path) -> None:
    noted = json.loads((finished.folder / "rows.json").read_text())
    noted["label"] = {"negatives": 3, "weights": [1.0, 2.0], "gone": True}
    (tmp_path / "rows.json").write_text(json.dumps(noted))
    (tmp_path / "stages").symlink_to(finished.folder / "stages")
    settings = stored_rows(tmp_path).label
    assert (settings.negatives, settings.weights) == (3, (1.0, 2.0))
    assert settings.source_bonus == type(settings)().source_bonus


def test_what_is_missing_is_named(finished: Adaptation, tmp_path: Path) -> None:
    for read in (read_found, stored_rows):
        with pytest.raises(UsageError, match="finished adapt"):
            read(tmp_path)
    with pytest.raises(UsageError, match="is gone"):
        run_passages(tmp_path, read_found(finished.folder))
    (tmp_path / "rows.json").write_bytes((finished.folder / "rows.json").read_bytes())
    with pytest.raises(UsageError, match="is gone"):
        stored_rows(tmp_path)

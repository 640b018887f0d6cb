"""Multilingual knowledge distillation on small models: what is learned, and what is left alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import invented
import numpy as np
import pytest
import torch
from distilling import SETTINGS, distilled
from scipy.sparse import csr_array

from acclimate.errors import InputError, UsageError
from acclimate.formats.parallel import find_parallel
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.distill import distill
from acclimate.multilingual.distill_loss import distance_to_teacher
from acclimate.multilingual.distill_student import as_given, shaped_like
from acclimate.multilingual.pair_batches import batches, shares
from acclimate.multilingual.pair_exclude import Excluded, normalised
from acclimate.multilingual.pair_result import Multilingual
from acclimate.multilingual.pair_settings import (
    DistillSettings,
    PairSettings,
    PairTrainSettings,
    VocabularySettings,
)
from acclimate.multilingual.pair_training import Lesson
from acclimate.progress import Silent
from acclimate.types import Translation


def with_train(**settings: object) -> DistillSettings:
    return replace(SETTINGS, train=replace(SETTINGS.train, **settings))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented.teacher(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="module")
def done(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Multilingual:
    return distilled(teacher, tmp_path_factory.mktemp("distilled"))


def test_loss_is_the_squared_distance_of_both_sides_as_computed_by_hand() -> None:
    wanted = np.array([[1.0, 0.0], [0.0, 2.0]], dtype=np.float32)
    sources = torch.tensor([[1.0, 1.0], [0.0, 2.0]])  # 1 and 0
    targets = torch.tensor([[0.0, 0.0], [1.0, 0.0]])  # 1 and 1 + 4
    found = distance_to_teacher(sources, targets, Lesson([("a", "b")] * 2, wanted))
    assert float(found) == pytest.approx(((1 + 1) + (0 + 5)) / 2)


def test_words_that_no_lexicon_told_are_learned_from_the_teacher(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "acclimate.multilingual.vocabulary_student.lexicon",
        lambda old, new, samples: csr_array((len(new), len(old))),
    )
    found = distilled(teacher, tmp_path)
    for each in found.languages:
        assert each.after.forward > each.before.forward + 0.3
        assert each.after.backward > each.before.backward + 0.3


def test_new_student_finds_translations_and_stays_close_to_the_teacher(done: Multilingual) -> None:
    assert [each.language for each in done.languages] == ["bg", "el"]
    for each in done.languages:
        assert each.after.forward > 0.9
        assert each.after.backward > 0.9
    assert done.agreement is not None
    assert done.agreement > 0.9
    assert done.course.best_loss < 0.7 * done.course.points[0].held_out_loss


def test_model_is_an_ordinary_folder_that_reads_every_language(done: Multilingual) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(done.model), device="cpu")
    text = invented.sentences(1)[0]
    vectors = model.encode([text, invented.backwards(text), invented.sentences(9)[-1]])
    same, other = model.similarity(vectors[:1], vectors[1:])[0].tolist()
    assert same > other + 0.1
    card = (done.model / "README.md").read_text(encoding="utf-8")
    assert "2004.09813" in card
    assert '- "el"' in card


class Killed(Exception):
    pass


class Killer(Silent):
    """Kills the training when a number of steps is done."""

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if name == "train" and done >= 7:
                raise Killed

        yield advance


def test_killed_training_ends_with_the_same_bytes(teacher: Path, tmp_path: Path) -> None:
    settings = with_train(max_steps=9, save_steps=3, dropout=True)
    whole = distilled(teacher, tmp_path / "whole", settings)
    with pytest.raises(Killed):
        distilled(teacher, tmp_path / "killed", settings, progress=Killer())
    resumed = distilled(teacher, tmp_path / "killed", settings)
    for path in sorted(whole.model.rglob("*")):
        if path.is_file():
            again = resumed.model / path.relative_to(whole.model)
            assert path.read_bytes() == again.read_bytes(), path.name


def test_student_of_other_dimensions_gets_a_layer(teacher: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense
    from sentence_transformers.sentence_transformer.modules import Normalize

    master = as_given(DenseEncoder.load(str(teacher), dtype="float32"))
    parts = [each for each in master.model if not isinstance(each, Normalize)]
    narrow = SentenceTransformer(modules=[*parts, Dense(64, 16)], device="cpu")
    narrow.save_pretrained(str(tmp_path / "narrow"))
    student = DenseEncoder.load(str(tmp_path / "narrow"), dtype="float32")
    one, again = (shaped_like(student, master, seed=1) for _ in range(2))
    other = shaped_like(student, master, seed=2)
    assert one.dimension == master.dimension == 64
    vectors = [each.encode_passages(["bamode"]) for each in (one, again, other)]
    assert np.linalg.norm(vectors[0]) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


def test_excluded_sentences_are_left_out_on_either_side_and_counted(
    teacher: Path, tmp_path: Path
) -> None:
    text, other = invented.sentences(300)[10], invented.sentences(300)[20]
    excluded = Excluded([f"  {text.upper()}! ", invented.backwards(other)])
    found = distilled(teacher, tmp_path, with_train(max_steps=1), excluded=excluded)
    assert found.excluded == 3  # the first sentence in both languages, the other one in one
    assert sum(each.learned + each.held_out for each in found.languages) <= 600 - 3


def test_what_differs_in_case_width_and_punctuation_is_the_same_text() -> None:
    assert normalised("Is it Tom's?") == normalised("is it “TOM’S”")
    assert normalised("ＡＢＣ １２") == normalised("abc12")
    # A vowel sign is no punctuation.
    assert normalised("काम") != normalised("कम")
    assert normalised("?!") == "?!"
    assert Translation("Yes!", "Ja.", "en", "de") in Excluded(["ja"])
    assert Translation("Yes!", "Ja.", "en", "de") not in Excluded([])


def test_fewer_pairs_are_a_part_of_more_and_the_held_out_ones_stay(
    teacher: Path, tmp_path: Path
) -> None:
    few, more = (
        distilled(
            teacher, tmp_path, replace(with_train(max_steps=1),
                                       pairs=replace(SETTINGS.pairs, max_pairs=count))
        ).languages
        for count in (10, 50)
    )  # fmt: skip
    assert [each.learned for each in few] == [10, 10]
    assert [each.learned for each in more] == [50, 50]
    assert [each.held_out for each in few] == [each.held_out for each in more]


def test_languages_are_drawn_by_their_sizes_to_a_power() -> None:
    assert shares([1, 100], 0.0).tolist() == [0.5, 0.5]
    assert shares([1, 100], 1.0).tolist() == [1 / 101, 100 / 101]
    assert shares([1, 100], 0.5).tolist() == [1 / 11, 10 / 11]


def test_every_translation_comes_once_before_any_comes_again() -> None:
    languages = [np.arange(4), np.arange(4, 12)]
    made = batches(languages, 6, 0.0, seed=3)
    drawn = np.concatenate([next(made) for _ in range(20)])
    for rows in languages:
        own = drawn[np.isin(drawn, rows)][: len(rows)]
        assert sorted(own.tolist()) == rows.tolist()


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("fr-de.tsv", "Oui.\tJa.\n", UsageError, "between fr and de, and the teacher reads en"),
        ("en-de.tsv", "Yes.\tJa.\n", InputError, "de: of 1 translations none is left to learn"),
        ("en-de.tsv", "Yes.\t\n", InputError, "no translations to learn from; 1 translations left"),
    ],
)
def test_data_that_cannot_be_learned_from_is_refused(
    teacher: Path, tmp_path: Path, name: str, text: str, error: type[Exception], message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        distill(
            str(teacher), "new", find_parallel([tmp_path / name]), tmp_path / "out", SETTINGS,
            Excluded(), Silent(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PairSettings(held_out=0.0), "pairs.held_out is 0.0; it is a share"),
        (lambda: VocabularySettings(size=0), "vocabulary.size is 0; it must be at least 1"),
        (lambda: PairTrainSettings(max_steps=0), "train.max_steps is 0; it must be at least 1"),
        (lambda: PairTrainSettings(learning_rate=-1.0), "train.learning_rate is -1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()

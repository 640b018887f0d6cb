"""Students of the layouts that multilingual checkpoints have can be distilled into, and aligned."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import invented
import layouts
import pytest
from distilling import SETTINGS, distilled

from acclimate.formats.parallel import find_parallel
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.align import align
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.multilingual.pair_result import Multilingual
from acclimate.multilingual.pair_settings import AlignSettings, LanguageModelSettings
from acclimate.progress import Silent

Layout = Callable[[Path, Sequence[str]], Path]
LAYOUTS = pytest.mark.parametrize("layout", [layouts.xlm_roberta, layouts.labse])
TRAIN = replace(SETTINGS.train, max_steps=100, learning_rate=5e-3)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = invented.sentences(300)
    return [*found, *(each(text) for each in invented.LANGUAGES.values() for text in found)]


def learned(found: Multilingual) -> bool:
    return all(
        each.after.forward > each.before.forward + 0.2
        and each.after.backward > each.before.backward + 0.2
        for each in found.languages
    )


@LAYOUTS
def test_a_checkpoint_learns_from_a_teacher(
    layout: Layout, texts: list[str], tmp_path: Path
) -> None:
    teacher = invented.teacher(tmp_path / "teacher")
    student = layout(tmp_path / "made", texts)
    found = distilled(teacher, tmp_path, replace(SETTINGS, train=TRAIN), student=str(student))
    assert learned(found)
    assert (
        DenseEncoder.load(str(found.model)).dimension == DenseEncoder.load(str(teacher)).dimension
    )


@LAYOUTS
def test_a_checkpoint_learns_to_find_translations(
    layout: Layout, texts: list[str], tmp_path: Path
) -> None:
    student = layout(tmp_path / "made", texts)
    settings = AlignSettings(
        pairs=SETTINGS.pairs,
        pretrain=LanguageModelSettings(mlm_steps=4, tlm_steps=4),
        train=TRAIN,
    )
    parallel = find_parallel(invented.parallel_files(tmp_path / "data"))
    found = align(str(student), parallel, tmp_path / "out", settings, Excluded(), Silent())
    assert learned(found)


def test_a_vocabulary_of_pieces_that_cannot_grow_is_learned_anew(
    texts: list[str], tmp_path: Path
) -> None:
    teacher = layouts.xlm_roberta(tmp_path / "made", texts[:300])
    found = distilled(teacher, tmp_path, replace(SETTINGS, train=replace(TRAIN, max_steps=20)))
    tokenizer = DenseEncoder.load(str(found.model)).model.tokenizer
    for text in texts[::100]:
        assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"]
    assert found.course.best_loss < found.course.points[0].held_out_loss

"""That each method learns, and what: see dialects.py for the corpus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sentence_transformers.sentence_transformer.modules import Pooling

from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.condenser import Condenser
from acclimate.pretrain.crop import Crop
from acclimate.pretrain.ct import Ct
from acclimate.pretrain.ict import Ict
from acclimate.pretrain.loop import pretrain
from acclimate.pretrain.method import Method
from acclimate.pretrain.mlm import Mlm
from acclimate.pretrain.simcse import Simcse
from acclimate.pretrain.tsdae import Tsdae
from acclimate.progress import Silent
from acclimate.settings import (
    CondenserSettings,
    IctSettings,
    MlmSettings,
    PretrainSettings,
    SimcseSettings,
    TsdaeSettings,
)
from acclimate.train.course import Course
from dialects import Dialects, spread

Student = Callable[..., DenseEncoder]


def learned(method: Method, corpus: Dialects, folder: Path, steps: int) -> Course:
    settings = PretrainSettings(
        max_steps=steps, learning_rate=3e-3, warmup_steps=10, save_steps=steps // 4
    )
    return pretrain(
        method,
        range(len(corpus.texts)),
        lambda rows: [corpus.texts[row] for row in rows],
        settings,
        folder,
        Silent(),
    )


def test_tsdae_finds_what_was_said_in_another_dialect(
    student: Student, corpus: Dialects, tmp_path: Path
) -> None:
    encoder = student("bert", "cosine")
    before = corpus.quality(encoder, corpus.foreign)
    learned(Tsdae(encoder, TsdaeSettings()), corpus, tmp_path, 80)
    assert before < 0.4
    assert corpus.quality(encoder, corpus.foreign) > before + 0.5
    assert corpus.quality(encoder, corpus.common) > 0.8


@pytest.mark.parametrize(
    "make", [lambda student: Ict(student, IctSettings()), Ct, Crop], ids=["ict", "ct", "crop"]
)
def test_contrast_finds_what_is_said_along_with_the_query_s_words(
    make: Callable[[DenseEncoder], Method], student: Student, corpus: Dialects, tmp_path: Path
) -> None:
    encoder = student("bert", "cosine")
    before = corpus.quality(encoder, corpus.common)
    learned(make(encoder), corpus, tmp_path, 80)
    assert corpus.quality(encoder, corpus.common) > before + 0.2


def test_simcse_spreads_the_vectors_out(student: Student, corpus: Dialects, tmp_path: Path) -> None:
    encoder = student("bert", "cosine")
    before = spread(encoder, corpus.texts)
    course = learned(Simcse(encoder, SimcseSettings()), corpus, tmp_path, 40)
    assert before > 0.9
    assert spread(encoder, corpus.texts) < 0.4
    assert course.points[-1].loss < course.points[0].loss / 3


@pytest.mark.parametrize(
    "make",
    [
        lambda student: Mlm(student, MlmSettings()),
        lambda student: Condenser(student, CondenserSettings()),
    ],
    ids=["mlm", "condenser"],
)
def test_masked_tokens_are_predicted_better(
    make: Callable[[DenseEncoder], Method], student: Student, corpus: Dialects, tmp_path: Path
) -> None:
    method = make(student("distilbert"))
    course = learned(method, corpus, tmp_path, 60)
    assert course.points[-1].loss < course.points[0].loss - 0.3


def test_condenser_s_student_pools_by_its_first_token(student: Student) -> None:
    encoder = student("bert")
    Condenser(encoder, CondenserSettings())
    [pooling] = [module for module in encoder.model if isinstance(module, Pooling)]
    assert pooling.get_config_dict()["pooling_mode"] == "cls"

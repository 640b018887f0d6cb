"""Pieces beside a teacher's own: its language stays as it was, and others can be spelled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import invented
import numpy as np
import pytest
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.vocabulary_growth import can_grow, grown

ENGLISH = ["the water boils", "watering the plants", "a plant"]
PIECES = ["the", "water", "##ing", "boil", "##s", "a", "plant", "w", "##a", "##t", "##e", "##r",
          "b", "##o", "##i", "##l", "t", "##h", "p", "##n", "##g", "s"]  # fmt: skip
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
#: "wate" would be longer than "w", and "plants" than "plant"; with vowel signs and accents.
OTHERS = ["wate das boot", "plants wat", "मैं ठीक हूँ", "çà et là", "我贏了"] * 3


@pytest.fixture
def teacher() -> PreTrainedTokenizerFast:
    from tokenizers import normalizers, pre_tokenizers, processors

    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *PIECES])}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    make: Any = PreTrainedTokenizerFast
    roles = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    found: PreTrainedTokenizerFast = make(
        tokenizer_object=made, **dict(zip(roles, SPECIAL, strict=True))
    )
    return found


@pytest.fixture
def student(teacher: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    return grown(teacher, OTHERS, ENGLISH, size=60)


def test_the_teachers_language_is_parted_as_the_teacher_parts_it(
    teacher: PreTrainedTokenizerFast, student: PreTrainedTokenizerFast
) -> None:
    assert len(student) > len(teacher)
    for text in ENGLISH:
        assert student(text)["input_ids"] == teacher(text)["input_ids"]


def test_accents_and_vowel_signs_stay(student: PreTrainedTokenizerFast) -> None:
    for text in OTHERS:
        pieces = student.tokenize(text)
        assert "[UNK]" not in pieces
        assert "".join(piece.removeprefix("##") for piece in pieces) == text.replace(" ", "")


def test_a_character_that_nobody_knows_leaves_those_around_it(
    student: PreTrainedTokenizerFast,
) -> None:
    pieces = student.tokenize("我贏龘了")
    assert pieces.count("[UNK]") == 1
    assert "".join(piece.removeprefix("##") for piece in pieces) == "我贏[UNK]了"


def test_the_same_texts_grow_the_same_vocabulary(
    teacher: PreTrainedTokenizerFast, student: PreTrainedTokenizerFast
) -> None:
    assert grown(teacher, OTHERS, ENGLISH, size=60).get_vocab() == student.get_vocab()


def test_a_grown_vocabulary_is_saved_and_loaded_as_it_is(
    student: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    student.save_pretrained(tmp_path)
    loaded: Any = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    for text in [*ENGLISH, *OTHERS]:
        assert loaded(text)["input_ids"] == student(text)["input_ids"]


def test_pieces_that_are_merged_in_an_order_cannot_be_added_to() -> None:
    make: Any = PreTrainedTokenizerFast
    assert not can_grow(make(tokenizer_object=Tokenizer(models.BPE())))


def test_a_vocabulary_with_gaps_is_not_added_to(teacher: PreTrainedTokenizerFast) -> None:
    backend: Any = teacher.backend_tokenizer
    described = json.loads(backend.to_str())
    described["model"]["vocab"]["far"] = 1_000
    make: Any = PreTrainedTokenizerFast
    assert can_grow(teacher)
    assert not can_grow(make(tokenizer_object=Tokenizer.from_str(json.dumps(described))))


@pytest.mark.usefixtures("fp32")
def test_a_new_student_says_what_the_teacher_says_before_it_learns(tmp_path: Path) -> None:
    import acclimate

    folder = invented.teacher(tmp_path / "teacher")
    files = [str(path) for path in invented.parallel_files(tmp_path / "pairs", 60)]
    acclimate.distill(
        str(folder), "new", files, tmp_path / "run",
        overrides=["train.max_steps=1", "train.learning_rate=1e-9", "vocabulary.size=300"],
    )  # fmt: skip
    teacher = DenseEncoder.load(str(folder), dtype="float32")
    student = DenseEncoder.load(str(tmp_path / "run" / "model"), dtype="float32")
    asked = invented.sentences(20)
    np.testing.assert_allclose(
        student.encode_passages(asked), teacher.encode_passages(asked), atol=1e-5
    )

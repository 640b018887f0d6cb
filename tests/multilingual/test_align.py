"""The LaBSE recipe on small models: losses by hand, masks, and what is learned."""

import json
from dataclasses import replace
from math import exp, log
from pathlib import Path

import invented
import pytest
import torch
from safetensors import safe_open

from acclimate.errors import UsageError
from acclimate.formats.parallel import find_parallel
from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.align import align
from acclimate.multilingual.align_loss import additive_margin, same_texts
from acclimate.multilingual.align_pretrain import alone, beside
from acclimate.multilingual.pair_exclude import Excluded
from acclimate.multilingual.pair_result import Multilingual
from acclimate.multilingual.pair_settings import (
    AlignSettings,
    LanguageModelSettings,
    PairSettings,
    PairTrainSettings,
    RankSettings,
    VocabularySettings,
)
from acclimate.progress import Silent

SETTINGS = AlignSettings(
    pairs=PairSettings(held_out=0.1),
    vocabulary=VocabularySettings(size=300),
    pretrain=LanguageModelSettings(mlm_steps=12, tlm_steps=12, learning_rate=1e-3),
    train=PairTrainSettings(
        per_device_train_batch_size=32,
        max_steps=40,
        save_steps=20,
        warmup_steps=2,
        learning_rate=3e-3,
        max_seq_length=0,
        dropout=False,
    ),
)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented.blank(tmp_path_factory.mktemp("blank"))


def aligned(student: str, folder: Path, settings: AlignSettings = SETTINGS) -> Multilingual:
    found = find_parallel(invented.parallel_files(folder / "data", 200))
    return align(student, found, folder / "out", settings, Excluded(), Silent())


def test_loss_is_what_one_computes_by_hand() -> None:
    # Cosines: .8 and .6 of the pairs, 0 and .48 crosswise.
    sources = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    targets = torch.tensor([[0.8, 0.6], [0.0, 1.0]])
    settings = RankSettings(margin=0.3, scale=2.0)
    own = [exp(2 * (0.8 - 0.3)), exp(2 * (1.0 - 0.3))]
    to, fro = exp(2 * 0.0), exp(2 * 0.6)  # the first source to the other target, and the other way
    forward = -log(own[0] / (own[0] + to)) - log(own[1] / (own[1] + fro))
    backward = -log(own[0] / (own[0] + fro)) - log(own[1] / (own[1] + to))
    found = additive_margin(sources, targets, torch.zeros(2, 2, dtype=torch.bool), settings)
    assert float(found) == pytest.approx((forward + backward) / 2)


def test_same_sentence_in_two_pairs_is_no_negative() -> None:
    pairs = [("Hi.", "Hallo!"), ("Hi.", "Grüß Gott!"), ("Bye.", "Tschüss!")]
    assert same_texts(pairs).int().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    one = torch.eye(3)
    without = additive_margin(one, one, same_texts(pairs), RankSettings())
    with_it = additive_margin(one, one, torch.eye(3).bool(), RankSettings())
    assert float(without) < float(with_it)


def test_pairs_are_read_alone_or_side_by_side_in_either_order() -> None:
    pairs = [("a", "A"), ("b", "B")]
    assert alone(pairs) == ["a", "A", "b", "B"]
    assert beside(pairs, "[SEP]") == ["A [SEP] a", "b [SEP] B"]


def test_translations_are_found_after_training_and_not_before(blank: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, pretrain=LanguageModelSettings())
    found = aligned(str(blank), tmp_path, settings)
    for each in found.languages:
        assert each.after.forward > each.before.forward + 0.3
        assert each.after.backward > each.before.backward + 0.3
    card = (found.model / "README.md").read_text(encoding="utf-8")
    assert "2007.01852" in card
    # Again: everything is there, and comes out as it was.
    assert aligned(str(blank), tmp_path, settings).languages == found.languages


def test_hidden_tokens_are_guessed_better_and_better(blank: Path, tmp_path: Path) -> None:
    few = replace(SETTINGS, train=replace(SETTINGS.train, max_steps=1, save_steps=4))
    aligned(f"new:{blank}", tmp_path, few)
    for name in ("mlm", "tlm"):
        (state,) = tmp_path.glob(f"out/stages/align-*/{name}/state.safetensors")
        with safe_open(state, framework="pt") as stored:
            points = json.loads(stored.metadata()["course"])["points"]
        assert points[-1]["loss"] < points[0]["loss"]


def test_separator_between_a_sentence_and_its_translation_is_one_token(blank: Path) -> None:
    tokenizer = DenseEncoder.load(str(blank)).model.tokenizer
    (text,) = beside([("one", "two")], tokenizer.sep_token)
    assert tokenizer.encode(text).count(tokenizer.sep_token_id) == 2


def test_student_without_a_mask_is_refused(blank: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no mask token"):
        aligned(str(blank), tmp_path)


def test_batch_of_one_is_refused() -> None:
    with pytest.raises(UsageError, match="ranked against the others of its batch"):
        AlignSettings(train=PairTrainSettings(per_device_train_batch_size=1))

"""A vocabulary for other languages: it spells everything, and starts from the teacher's."""

from pathlib import Path
from typing import Any

import invented
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from acclimate.models.dense import DenseEncoder
from acclimate.multilingual.vocabulary_embeddings import initial_embeddings, spellings
from acclimate.multilingual.vocabulary_lexicon import explained
from acclimate.multilingual.vocabulary_student import balanced, lexicon
from acclimate.multilingual.vocabulary_tokenizer import special_tokens, train_tokenizer

SENTENCES = invented.sentences(60)
PAIRS = {"el": [(text, invented.backwards(text)) for text in SENTENCES]}
TEXTS = [SENTENCES, [target for _, target in PAIRS["el"]]]
#: Scripts with marks of their own, without spaces between words, and written from the right.
REAL = ["मैं ठीक हूँ।", "我贏了，你呢？", "أنا فُزت!", "Tôi sẽ thử xem sao.", "Ça alors !"]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> DenseEncoder:
    folder = invented.teacher(tmp_path_factory.mktemp("teacher"))
    return DenseEncoder.load(str(folder), dtype="float32")


@pytest.fixture(scope="module")
def tokenizer(teacher: DenseEncoder) -> PreTrainedTokenizerFast:
    return train_tokenizer([*balanced(TEXTS, 100), *REAL], teacher.model.tokenizer, size=400)


def embeddings(encoder: DenseEncoder) -> Tensor:
    body: Any = encoder.model.transformers_model
    found: Tensor = body.get_input_embeddings().weight.detach()
    return found


def characters() -> list[str]:
    return sorted({char for text in [*SENTENCES, *REAL] for char in text if not char.isspace()})


@given(st.lists(st.sampled_from(characters()), min_size=1).map("".join))
def test_every_character_of_the_training_can_be_spelled_wherever_it_stands(text: str) -> None:
    found = BUILT["tokenizer"]
    assert found.unk_token_id not in found.encode(text)


@pytest.fixture(autouse=True, scope="module")
def _built(tokenizer: PreTrainedTokenizerFast) -> None:
    # What hypothesis calls again and again cannot ask for a fixture of the function.
    BUILT["tokenizer"] = tokenizer


BUILT: dict[str, PreTrainedTokenizerFast] = {}


def test_what_is_seen_once_is_spelled_and_no_piece_of_its_own(teacher: DenseEncoder) -> None:
    texts = ["我贏了", "你呢", "你呢"]
    made = train_tokenizer(texts, teacher.model.tokenizer, size=400)
    assert made.tokenize("我贏了") == ["▁", "我", "贏", "了"]
    assert made.tokenize("你呢")[-1].endswith("你呢")


def test_same_texts_give_the_same_vocabulary(
    teacher: DenseEncoder, tokenizer: PreTrainedTokenizerFast
) -> None:
    again = train_tokenizer([*balanced(TEXTS, 100), *REAL], teacher.model.tokenizer, size=400)
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_special_tokens_stand_where_the_teacher_has_them(
    teacher: DenseEncoder, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    old = teacher.model.tokenizer
    assert special_tokens(old)[0] == old.pad_token
    assert tokenizer.pad_token_id == old.pad_token_id
    tokenizer.save_pretrained(tmp_path)
    loaded = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    one, other = SENTENCES[0], "我贏了"
    assert loaded.convert_ids_to_tokens(loaded.encode(one))[0] == "[CLS]"
    assert loaded.encode(one, other).count(loaded.sep_token_id) == 2
    assert loaded.encode(one.upper()) == loaded.encode(one)


def test_known_pieces_keep_the_teachers_vectors(
    teacher: DenseEncoder, tokenizer: PreTrainedTokenizerFast
) -> None:
    old = teacher.model.tokenizer
    before = embeddings(teacher)
    made, origins = initial_embeddings(tokenizer, old, before, lexicon(old, tokenizer, PAIRS), 0)
    known, new = spellings(old), spellings(tokenizer)
    shared = known.keys() & new.keys()
    assert origins.copied == len(shared) > len(invented.WORDS)
    for spelling in shared:
        assert torch.equal(made[new[spelling]], before[known[spelling]])
    assert len(made) == sum(
        (origins.copied, origins.translated, origins.spelled, origins.drawn)
    ) == len(tokenizer)  # fmt: skip


@pytest.mark.parametrize(("said_in_source", "kept"), [(1, False), (3, True)])
def test_a_false_friend_starts_from_its_translation_where_it_is_at_home(
    teacher: DenseEncoder, tokenizer: PreTrainedTokenizerFast, said_in_source: int, kept: bool
) -> None:
    old, new = spellings(teacher.model.tokenizer), spellings(tokenizer)
    friend, meant, other = sorted(old.keys() & new.keys())[-3:]
    counts = np.zeros((len(tokenizer), len(teacher.model.tokenizer)))
    counts[new[friend], old[meant]] = 20
    counts[new[other], old[friend]] = said_in_source
    before = embeddings(teacher)
    made, _ = initial_embeddings(
        tokenizer, teacher.model.tokenizer, before, csr_array(counts), seed=0
    )
    assert torch.equal(made[new[friend]], before[old[friend if kept else meant]])


def test_words_of_another_language_start_from_their_translations(
    teacher: DenseEncoder, tokenizer: PreTrainedTokenizerFast
) -> None:
    old = teacher.model.tokenizer
    before = embeddings(teacher)
    made, _ = initial_embeddings(tokenizer, old, before, lexicon(old, tokenizer, PAIRS), 0)
    new, right = spellings(tokenizer), 0
    whole = [word for word in invented.WORDS if (invented.backwards(word), True) in new]
    assert len(whole) > 20
    for word in whole:
        vector = made[new[invented.backwards(word), True]]
        nearest = torch.cosine_similarity(before, vector[None]).argmax()
        right += int(nearest) == old.get_vocab()[word]
    assert right > 0.9 * len(whole)


def test_translations_are_told_by_what_they_explain() -> None:
    # das haus: the house; das buch: the book; ein buch: a book. Model 1's textbook example.
    the, house, book, a = range(4)
    das, haus, buch, ein = range(4)
    counts = explained(
        [[the, house], [the, book], [a, book]], [[das, haus], [das, buch], [ein, buch]],
        known=4, new=4, rounds=20,
    ).toarray()  # fmt: skip
    assert counts.argmax(axis=1).tolist() == [the, house, book, a]
    # No occurrence of a known piece is explained more than once.
    assert np.all(counts.sum(axis=0) <= [2, 1, 2, 1])
    assert np.all(counts >= 0)


def test_one_round_shares_each_word_among_all_that_may_explain_it() -> None:
    # "x" is explained by one of two pieces or by nothing, all alike at first.
    counts = explained([[0]], [[0, 1]], known=1, new=2, rounds=1).toarray()
    assert counts.tolist() == [[pytest.approx(1 / 3)], [pytest.approx(1 / 3)]]


def test_small_languages_come_again_until_all_are_alike() -> None:
    texts = [["a", "b", "c"], ["A", "B", "C"], ["1"]]
    assert list(balanced(texts, 10)) == ["a", "b", "c", "A", "B", "C", "1", "1", "1"]
    assert list(balanced(texts, 2)) == ["a", "b", "A", "B", "1", "1"]

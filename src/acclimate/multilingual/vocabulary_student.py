"""A student built without a hub: a body that is at hand, with a vocabulary for other languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array, diags_array
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from acclimate.models.dense import DenseEncoder
from acclimate.models.resolve import resolve
from acclimate.multilingual.pair_settings import VocabularySettings
from acclimate.multilingual.pair_split import Split
from acclimate.multilingual.pair_store import PairStore
from acclimate.multilingual.vocabulary_embeddings import initial_embeddings
from acclimate.multilingual.vocabulary_growth import can_grow, grown
from acclimate.multilingual.vocabulary_lexicon import explained
from acclimate.multilingual.vocabulary_tokenizer import train_tokenizer
from acclimate.runs import Run, key_of
from acclimate.train.saving import save_model

#: A student that is built; `new:NAME` says whose body it gets.
NEW = "new"
#: Changes when the same translations would build another student.
VERSION = 3

Pairs = Sequence[tuple[str, str]]


def student_name(
    run: Run, name: str, body: str, store: PairStore, parts: Split, settings: VocabularySettings
) -> str:
    """The name itself, or where it is `new` the folder that such a student was built into.

    `body` is whose transformer a student gets that is `new` and nothing else.
    """
    if name.partition(":")[0] != NEW:
        return name
    chosen = body_name(name, body)
    key = key_of(
        "student", VERSION, resolve(chosen).identity, settings, store.fingerprint, parts.fingerprint
    )
    folder = run.folder_of("student", key) / "model"
    if not folder.exists():
        _build(run, chosen, store, parts, settings, folder)
    return str(folder)


def body_name(name: str, body: str) -> str:
    """Whose weights a student of this name begins with."""
    kind, _, named = name.partition(":")
    return (named or body) if kind == NEW else name


def _build(
    run: Run, body: str, store: PairStore, parts: Split, settings: VocabularySettings, folder: Path
) -> None:
    samples = {
        language: store.pairs(rows[: settings.sentences])
        for language, rows in parts.learning.items()
    }
    student = DenseEncoder.load(body, dtype="float32")
    old = student.model.tokenizer
    new = _vocabulary(old, samples, settings)
    embeddings = _body(student).get_input_embeddings().weight.detach()
    weights, origins = initial_embeddings(
        new, old, embeddings.cpu(), lexicon(old, new, samples), seed=0
    )
    _give(student, new, weights)
    folder.parent.mkdir(parents=True, exist_ok=True)
    save_model(student, folder)
    run.progress.say(
        f"A new vocabulary of {len(new)} pieces for {', '.join(samples)}: {origins.copied} known "
        f"to {student.name}, {origins.translated} by their translations, {origins.spelled} by "
        f"their letters, {origins.drawn} by chance."
    )


def _vocabulary(
    old: PreTrainedTokenizerBase, samples: Mapping[str, Pairs], settings: VocabularySettings
) -> PreTrainedTokenizerFast:
    """The body's own vocabulary, grown, or a new one where that cannot be added to."""
    sources = list(dict.fromkeys(source for pairs in samples.values() for source, _ in pairs))
    targets = [[target for _, target in pairs] for pairs in samples.values()]
    if can_grow(old):
        return grown(old, balanced(targets, settings.sentences), sources, settings.size)
    return train_tokenizer(balanced([sources, *targets], settings.sentences), old, settings.size)


def balanced(texts: Sequence[Sequence[str]], limit: int) -> Iterator[str]:
    """Equally many sentences of every language; few come again and again."""
    count = min(limit, max(map(len, texts)))
    return chain.from_iterable(islice(cycle(each), count) for each in texts)


def lexicon(
    old: PreTrainedTokenizerBase, new: PreTrainedTokenizerBase, samples: Mapping[str, Pairs]
) -> csr_array:
    """How often each new piece is translated by each old one, shape (new, old).

    The rows of pieces that are rather of the source language's are empty.
    """
    table = csr_array((len(new), len(old)))
    seen = np.zeros(len(new))
    for pairs in samples.values():
        sources, targets = [source for source, _ in pairs], [target for _, target in pairs]
        pieces = _pieces(new, targets)
        seen += _counts(pieces, len(new)) - _counts(_pieces(new, sources), len(new))
        table += explained(_pieces(old, sources), pieces, len(old), len(new))
    kept: csr_array = (diags_array((seen > 0).astype(float)) @ table).tocsr()
    kept.eliminate_zeros()
    return kept


def _pieces(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The pieces of texts, those left out that stand for what is unknown."""
    found: Any = tokenizer(list(texts), add_special_tokens=False, truncation=True)["input_ids"]
    unknown = tokenizer.unk_token_id
    return [[piece for piece in line if piece != unknown] for line in found]


def _counts(lines: Iterable[Sequence[int]], size: int) -> np.ndarray[Any, Any]:
    return np.bincount(np.fromiter(chain.from_iterable(lines), dtype=np.int64), minlength=size)


def _body(student: DenseEncoder) -> Any:
    return student.model.transformers_model


@torch.no_grad()
def _give(student: DenseEncoder, tokenizer: PreTrainedTokenizerBase, weights: Tensor) -> None:
    """Put a vocabulary under the body in place of its own."""
    body = _body(student)
    layer = nn.Embedding(len(weights), weights.shape[1], padding_idx=tokenizer.pad_token_id)
    layer.weight.copy_(weights)
    body.set_input_embeddings(layer.to(body.device))
    body.config.vocab_size = len(tokenizer)
    first: Any = student.model[0]
    first.processor = tokenizer

"""What the pieces of a new vocabulary mean to a teacher's body before anything is trained.

A piece that the teacher knows keeps its vector, unless it begins a word that the translations have
many times as often as the teacher's language: "psi" is a letter to an English model, and dogs to a
Czech, while "war" is a word of both. A piece of another language gets the mean of those that it is
translated by, each as often as it is (RAMEN, Tran, arXiv 2002.07306, section 2.1). Any other piece
gets the mean of the pieces into which the teacher parts the same letters (VIPI, Mosin et al., arXiv
2112.14569), and what even that does not give is drawn on the teacher's scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_array
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from acclimate.multilingual.vocabulary_tokenizer import MARK

#: Less likely translations than this share are noise of their estimation.
LEAST_SHARE = 0.05
#: A word is at home in another language if the translations have it so many times as often.
AT_HOME = 10

#: The letters of a piece, and whether it begins a word.
Spelling = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Origins:
    """How many pieces got their vector in which way."""

    copied: int
    translated: int
    spelled: int
    drawn: int


def spellings(tokenizer: PreTrainedTokenizerBase) -> dict[Spelling, int]:
    """Every piece by its letters, whichever way the family marks the beginning of a word."""
    vocabulary: Mapping[str, int] = tokenizer.get_vocab()
    # WordPiece marks what goes on; SentencePiece and byte-level BPE mark what begins.
    marks_rest = any(piece.startswith("##") for piece in vocabulary)
    special = set(tokenizer.all_special_tokens)
    found: dict[Spelling, int] = {}
    for piece, number in vocabulary.items():
        if piece in special:
            found[piece, False] = number
        elif marks_rest:
            found[piece.removeprefix("##"), not piece.startswith("##")] = number
        else:
            found[piece.lstrip(f"{MARK}Ġ"), piece[:1] in (MARK, "Ġ")] = number
    return found


def initial_embeddings(
    new: PreTrainedTokenizerBase,
    old: PreTrainedTokenizerBase,
    embeddings: Tensor,
    translated: csr_array,
    seed: int,
) -> tuple[Tensor, Origins]:
    """Vectors of shape (new pieces, width) from the old ones, and where they came from.

    translated: (new pieces, old pieces), how often the new piece is translated by the old one; an
    empty row where it is none of another language's.
    """
    known, wanted = spellings(old), spellings(new)
    scale = embeddings.std(dim=0)
    draw = torch.Generator().manual_seed(seed)
    made = embeddings.mean(dim=0) + scale * torch.randn(
        len(new), embeddings.shape[1], generator=draw
    )
    counts = {"copied": 0, "translated": 0, "spelled": 0, "drawn": 0}
    in_translations, in_sources = translated.sum(axis=1), translated.sum(axis=0)
    for (letters, begins), number in wanted.items():
        by, weights = _translations(translated, number)
        spelled = _spelled(old, letters)
        same = known.get((letters, begins))
        elsewhere = (
            begins and same is not None and (in_translations[number] > AT_HOME * in_sources[same])
        )
        if same is not None and not elsewhere:
            made[number] = embeddings[same]
            counts["copied"] += 1
        elif len(by):
            made[number] = torch.from_numpy(weights).to(embeddings) @ embeddings[by]
            counts["translated"] += 1
        elif spelled:
            made[number] = embeddings[spelled].mean(dim=0)
            counts["spelled"] += 1
        else:
            counts["drawn"] += 1
    return made, Origins(**counts)


def _translations(
    translated: csr_array, number: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The likely translations of a piece, and their weights, which add up to one."""
    start, end = translated.indptr[number : number + 2]
    by, counts = translated.indices[start:end], translated.data[start:end]
    likely = counts >= min(LEAST_SHARE * counts.sum(), counts.max(initial=0.0))
    weights = counts[likely] / max(counts[likely].sum(), 1e-12)
    return by[likely].astype(np.int64), weights


def _spelled(old: PreTrainedTokenizerBase, letters: str) -> list[int]:
    """The teacher's pieces for some letters; none where it does not know one of them."""
    found: list[int] = old.encode(letters, add_special_tokens=False) if letters else []
    return [] if old.unk_token_id in found else found

"""Score pairs by the query's likelihood given the passage: ours against reading each pair whole.

    python -m bench.label --items 60

Both use the precision that the processor multiplies natively, although transformers as it comes
takes bf16 wherever the weights are bf16, and a processor without it then only imitates it.

The pairs are made as a run makes them: queries of the passages, each with its own passage and the
negatives that BM25 finds. So every passage comes up for several queries; ours reads it once. There
are as many queries for a passage as the recipe offline-likelihood keeps on SciFact.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from acclimate.indexes.lexical import LexicalIndex
from acclimate.models.likelihood import LikelihoodScorer
from acclimate.models.precision import best_placement
from acclimate.models.prompts import LIKELIHOOD_REQUEST, passage_part
from acclimate.models.resolve import resolve
from acclimate.settings import LabelSettings
from acclimate.types import Passage, Query
from bench.compare import Agreement, Way, compare, report
from bench.inputs import GEMMA, SEED, options, own_queries, some_passages

Pair = tuple[Query, Passage]
LIMIT = LabelSettings().max_passage_tokens
NEGATIVES = 16
BATCH = 32
#: Queries kept by the filter over passages, on SciFact: 6,000 written, 57% kept, 5,183 passages.
QUERIES_PER_PASSAGE = 0.66


def real_pairs(passages: Sequence[Passage]) -> list[Pair]:
    """Queries with their own passage and mined negatives."""
    by_id = {passage.id: passage for passage in passages}
    index = LexicalIndex.build(passages)
    chosen = own_queries(passages)[: max(1, round(QUERIES_PER_PASSAGE * len(passages)))]
    asked = [Query(row.id, row.text) for row in chosen]
    pairs: list[Pair] = []
    every = list(by_id)
    draw = random.Random(SEED)
    for row, query, hits in zip(chosen, asked, index.search(asked, NEGATIVES + 1), strict=True):
        # Among so few passages BM25 may find too little; any passage costs as much to score.
        spare = draw.sample(every, min(NEGATIVES + 1, len(every)))
        ids = dict.fromkeys([row.passage_id, *(hit.passage_id for hit in hits), *spare])
        pairs += [(query, by_id[passage_id]) for passage_id in list(ids)[: NEGATIVES + 1]]
    return pairs


class WholePairs:
    """A forward pass over passage, request and query together, 32 pairs at a time."""

    def __init__(self, name: str) -> None:
        folder = resolve(name).folder
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, padding_side="left")
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=best_placement().dtype)
        self.model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        return [
            value
            for start in range(0, len(pairs), BATCH)
            for value in self._batch(pairs[start : start + BATCH])
        ]

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _before(self, passage: Passage) -> list[int]:
        shown = self._ids(passage_part(passage.content))[:LIMIT]
        return [self.tokenizer.bos_token_id, *shown, *self._ids(LIKELIHOOD_REQUEST)]

    @torch.inference_mode()
    def _batch(self, pairs: Sequence[Pair]) -> list[float]:
        asked = [self._ids(f" {query.text}") for query, _ in pairs]
        whole = [
            self._before(passage) + ids for (_, passage), ids in zip(pairs, asked, strict=True)
        ]
        inputs = self.tokenizer.pad({"input_ids": whole}, return_tensors="pt")
        inputs = inputs.to(self.model.device)
        longest = max(map(len, asked))
        # Logits over 262,144 words are kept for the query only: even the usual way needs that.
        logits = self.model(**inputs, logits_to_keep=longest + 1).logits[:, :-1]
        wanted = inputs["input_ids"][:, -longest:]
        chances = torch.log_softmax(logits.float(), dim=-1).gather(-1, wanted[..., None])[..., 0]
        return [float(row[-len(ids) :].mean()) for row, ids in zip(chances, asked, strict=True)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report."""
    parser = options(__doc__, 90, "passages")
    parser.add_argument("--model", default=GEMMA)
    given = parser.parse_args(arguments)
    # As the label stage orders them for a teacher that reads passages once.
    pairs = sorted(
        real_pairs(some_passages(given.collection, given.items)), key=lambda pair: pair[1].id
    )
    passages = len({passage.id for _, passage in pairs})
    print(f"{len(pairs) / passages:.1f} pairs for each passage")
    ways: list[Way[Pair, list[float]]] = [
        Way("transformers, each pair whole", WholePairs(given.model)),
        Way("acclimate", LikelihoodScorer.load(given.model, max_tokens=LIMIT).score),
    ]
    found = compare("label", "pairs", pairs, ways, given.repetitions)
    likeness = float(np.corrcoef(found.results[0], found.results[1])[0, 1])
    agreements = [Agreement("correlation of the scores", likeness, 0.99)]
    return report([(found, agreements)], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())

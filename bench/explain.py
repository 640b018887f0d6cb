"""Explanations: how much of a score the words that each method names carry.

    python -m bench.explain
    python -m bench.explain --items 100 --words 10 --variants 64

For questions and passages that answer them, each method names some words of the passage. All of
them are erased together, and the drop of the model's score is compared with the drop without as
many other words, drawn at random. The more the named words carry, the better the method.
"""

from __future__ import annotations

import random
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean

import numpy as np

from acclimate.cli.quiet import silence
from acclimate.corpus import open_corpus
from acclimate.engine.attribution import (
    MOST_VARIANTS,
    ScoreTexts,
    strongest,
    without,
    word_weights,
)
from acclimate.engine.explain import by_encoder
from acclimate.engine.fidelity import Fidelity, fidelity
from acclimate.engine.records import Span, WordWeight
from acclimate.engine.snippets import highlight_words
from acclimate.engine.units import word_spans
from acclimate.evaluate.intervals import Estimate, bootstrap
from acclimate.models.base import Encoder
from acclimate.models.dense import DenseEncoder
from bench.inputs import MINILM, SEED

#: Fewer words than this leave too few others to compare with.
LEAST_WORDS = 15
#: The share of words that a random mask erases, and how strongly the fit is held back.
ERASED, RIDGE = 0.15, 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """A question and the content of a passage that answers it."""

    query: str
    content: str


#: Every word's weight for a case and its model; at most so many texts are scored.
Method = Callable[[Case, ScoreTexts, int], Sequence[WordWeight]]


def erase_everywhere(case: Case, score: ScoreTexts, most: int) -> Sequence[WordWeight]:
    """Acclimate's own."""
    return word_weights(case.content, score, most_variants=most)


def erase_each_occurrence(case: Case, score: ScoreTexts, _: int) -> Sequence[WordWeight]:
    """One occurrence of one word at a time, whatever it costs."""
    words = word_spans(case.content)
    whole, *others = score([case.content, *(without(case.content, [word]) for word in words)])
    return _weighted(case, words, [whole - other for other in others])


def random_masks(case: Case, score: ScoreTexts, most: int) -> Sequence[WordWeight]:
    """Several words at a time and a linear fit, after LIME (Ribeiro, Singh & Guestrin 2016)."""
    words = word_spans(case.content)
    kept = np.random.default_rng(SEED).random((most, len(words))) >= ERASED
    kept[0] = True
    erased = [[word for word, stays in zip(words, row, strict=True) if not stays] for row in kept]
    scores = np.asarray(score([without(case.content, group) for group in erased]))
    x, y = kept - kept.mean(axis=0), scores - scores.mean()
    weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(len(words)), x.T @ y)
    return _weighted(case, words, weights.tolist())


def words_of_the_query(case: Case, score: ScoreTexts, _: int) -> Sequence[WordWeight]:
    """What BM25 would match: no model is asked."""
    matches = highlight_words(case.query, case.content, "en")
    words = word_spans(case.content)
    return _weighted(
        case,
        words,
        [float(any(m.start < word.end and word.start < m.end for m in matches)) for word in words],
    )


METHODS: dict[str, Method] = {
    "each word erased everywhere (ours)": erase_everywhere,
    "each occurrence erased alone": erase_each_occurrence,
    "random masks and a linear fit": random_masks,
    "the query's own words": words_of_the_query,
}


def cases(collection: str, count: int) -> list[Case]:
    """Random pairs of a question and its best answer, always the same."""
    corpus = open_corpus(collection)
    queries = {query.id: query.text for query in corpus.queries()}
    contents = {passage.id: passage.content for passage in corpus.passages()}
    found = [
        Case(queries[judged.query_id], contents[judged.passage_id])
        for judged in corpus.judgments("test")
        if judged.grade > 1 and judged.passage_id in contents
    ]
    long_enough = [case for case in found if len(word_spans(case.content)) >= LEAST_WORDS]
    return random.Random(SEED).sample(long_enough, min(count, len(long_enough)))


@dataclass(slots=True)
class Counted:
    """A model that counts the texts that it is asked for."""

    score: ScoreTexts
    texts: int = 0

    def __call__(self, texts: Sequence[str]) -> Sequence[float]:
        self.texts += len(texts)
        return self.score(texts)


def measure(
    method: Method, case: Case, encoder: Encoder, words: int, most: int
) -> tuple[Fidelity, int]:
    """What the words that the method names carry, what as many others do, and the texts scored."""
    score = Counted(by_encoder(encoder, case.query))
    count = min(words, len(word_spans(case.content)) // 3)
    named = strongest(method(case, score, most), count)
    texts = score.texts
    return fidelity(case.content, [word.span for word in named], score), texts


def _weighted(case: Case, words: Sequence[Span], weights: Sequence[float]) -> list[WordWeight]:
    return [
        WordWeight(case.content[word.start : word.end], word, weight)
        for word, weight in zip(words, weights, strict=True)
    ]


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def main() -> None:
    silence(debug=False)
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--collection", default="python-stdlib", help="one with judgments")
    parser.add_argument("--model", default=MINILM, help="a bi-encoder")
    parser.add_argument("--items", type=int, default=30, help="pairs")
    parser.add_argument("--words", type=int, default=5, help="words that are named, at most")
    parser.add_argument("--variants", type=int, default=MOST_VARIANTS, help="texts for each hit")
    given = parser.parse_args()
    encoder = DenseEncoder.load(given.model)
    chosen = cases(given.collection, given.items)
    lengths = sorted(len(word_spans(case.content)) for case in chosen)
    print(f"{len(chosen)} pairs of {given.collection}, {lengths[0]} to {lengths[-1]} words each")
    print(f"{'method':36}{'drop without named':26}{'without others':26}{'wins':6}texts")
    for name, method in METHODS.items():
        one = partial(measure, method, encoder=encoder, words=given.words, most=given.variants)
        found, texts = zip(*(one(case) for case in chosen), strict=True)
        named, others = [each.named for each in found], [each.others for each in found]
        wins = sum(a > b for a, b in zip(named, others, strict=True))
        print(
            f"{name:36}{_shown(bootstrap(named)):26}{_shown(bootstrap(others)):26}"
            f"{wins:<6}{fmean(texts):.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

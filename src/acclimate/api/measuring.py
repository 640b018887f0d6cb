"""How good systems and models are, and whether one is better than another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.api.opening import as_corpus, check_split
from acclimate.api.searching import is_index
from acclimate.corpus import Corpus, CorpusSettings
from acclimate.errors import UsageError
from acclimate.progress import Progress

if TYPE_CHECKING:
    from acclimate.engine.engine import Engine
    from acclimate.engine.records import SearchOptions
    from acclimate.evaluate.captions import CaptionRecall
    from acclimate.evaluate.evaluation import Comparison, Evaluation
    from acclimate.evaluate.sts import StsResult
    from acclimate.indexes.base import Retriever
    from acclimate.multilingual.bias import LanguageBias
    from acclimate.multilingual.threshold import Quality
    from acclimate.multilingual.translations import TranslationAccuracy


#: Hits looked at by measures without a cutoff of their own.
DEPTH = 100


DEFAULT_MEASURES = "nDCG@10 RR@10 R@100"


def evaluate(
    system: str,
    corpus: str | Path | Corpus,
    split: str = "test",
    measures: str | Iterable[str] = DEFAULT_MEASURES,
    language: str = "en",
    progress: Progress | None = None,
    settings: CorpusSettings | None = None,
    options: SearchOptions | None = None,
) -> Evaluation:
    """Measure a system: bm25, a model, a TREC run, several joined by "+", or an index folder.

    `options` say how an index folder is searched; their k gives way to what the measures need.
    """
    from acclimate.evaluate import measures as measuring
    from acclimate.evaluate.evaluation import evaluate as measure
    from acclimate.systems import open_system

    parsed = measuring.parse(measures)
    depth = max(DEPTH, *(measuring.cutoff(each, DEPTH) for each in parsed.values()))
    collection = as_corpus(corpus, settings)
    check_split(collection, split)
    judgments = collection.judgments(split)
    engine = _opened(system, options) if is_index(system) else None
    if engine is not None:
        retriever = _engine_retriever(engine, collection, options, depth)
    else:
        _refuse_options(system, options)
        retriever = open_system(system, collection, language, progress)
    queries = list(collection.queries(split))
    found = measure(retriever, queries, judgments, list(parsed), depth, collection.name)
    judged = [query.text for query in queries if query.id in found.hits]
    flops = engine.flops(judged, options.mode if options else "") if engine else None
    # As the user named it: two runs in two folders may have the same file name.
    return replace(found, system=_named(system, options), flops=flops)


def evaluate_sts(model: str, files: Sequence[str | Path]) -> list[StsResult]:
    """Semantic textual similarity: each file by itself, and each language with each other.

    A file holds `first sentence,second sentence,score` a line, and the same pairs as the others.
    """
    from acclimate.evaluate.sts import measure_sts
    from acclimate.models.encoders import open_encoder

    return measure_sts(open_encoder(model), [Path(each) for each in files])


def evaluate_captions(
    model: str,
    corpus: str | Path | Corpus,
    split: str = "test",
    settings: CorpusSettings | None = None,
) -> CaptionRecall:
    """How often captions find their picture among a split's, and pictures one of their captions.

    The queries of the corpus are the captions, and its judgments say of which pictures.
    """
    from acclimate.evaluate.captions import measure_captions
    from acclimate.models.encoders import open_encoder

    collection = as_corpus(corpus, settings)
    check_split(collection, split)
    return measure_captions(open_encoder(model), collection, split)


def evaluate_translations(
    model: str, source: str | Path, target: str | Path
) -> TranslationAccuracy:
    """How often lines of two aligned files find each other, in both directions."""
    from acclimate.models.encoders import open_encoder
    from acclimate.multilingual.translations import translation_accuracy

    return translation_accuracy(open_encoder(model), Path(source), Path(target))


def evaluate_mining(
    model: str, source: str | Path, target: str | Path, gold: str | Path
) -> Quality:
    """Bitext mining on two files of which the gold pairs of line numbers are known.

    The threshold is chosen on one half of the lines, and the pairs are measured on the other.
    """
    from tempfile import TemporaryDirectory

    from acclimate.models.encoders import open_encoder
    from acclimate.multilingual.bitext import mine_bitext
    from acclimate.multilingual.bitext_settings import AUTO, MiningSettings

    settings = MiningSettings(threshold=AUTO)
    with TemporaryDirectory() as folder:
        out, encoder = Path(folder) / "pairs.tsv", open_encoder(model)
        found = mine_bitext(Path(source), Path(target), out, encoder, settings, Path(gold))
    assert found.quality is not None  # noqa: S101 - gold pairs were given
    return found.quality


def evaluate_language_bias(
    model: str,
    corpora: Sequence[str | Path | Corpus],
    split: str = "test",
    settings: CorpusSettings | None = None,
) -> list[LanguageBias]:
    """A model's language bias on parallel collections, as it is and with each remedy."""
    from acclimate.models.encoders import open_encoder
    from acclimate.multilingual.bias import measure_bias
    from acclimate.multilingual.pool import read_pool

    pool = read_pool([as_corpus(corpus, settings) for corpus in corpora], split)
    encoder = open_encoder(model)
    passages = {each: encoder.encode_passages(texts) for each, texts in pool.texts.items()}
    asked = {
        each: encoder.encode_queries([query.text for query in queries])
        for each, queries in pool.queries.items()
    }
    return measure_bias(pool, passages, asked, encoder.similarity)


def compare(baseline: Evaluation, *systems: Evaluation) -> list[Comparison]:
    """How much better each system is than the baseline, with intervals and corrected p-values."""
    from acclimate.evaluate.evaluation import compare as paired

    return paired(baseline, *systems)


def _opened(folder: str, options: SearchOptions | None) -> Engine:
    """An index folder, open for what the options ask for."""
    from acclimate.engine.engine import Engine
    from acclimate.engine.records import DEFAULTS
    from acclimate.search.rerankers import check_reranker

    asked = options or DEFAULTS
    if asked.rerank:
        check_reranker(asked.rerank)
    return Engine.open(Path(folder).expanduser(), only=(asked.mode,))


def _engine_retriever(
    engine: Engine, corpus: Corpus, options: SearchOptions | None, depth: int
) -> Retriever:
    """An index folder as a retriever for the corpus's queries, `depth` hits deep."""
    from acclimate.engine.records import DEFAULTS
    from acclimate.search.drop import DropSameId

    asked = options or DEFAULTS
    retriever = engine.retriever(replace(asked, rerank_top=min(asked.rerank_top, depth)))
    return DropSameId(retriever) if corpus.drop_same_id else retriever


def _refuse_options(system: str, options: SearchOptions | None) -> None:
    from acclimate.engine.records import DEFAULTS

    if options not in (None, DEFAULTS):
        raise UsageError(
            f"{system}: mode, rerank and where are for index folders; build one with "
            "acclimate index CORPUS --out INDEX"
        )


def _named(system: str, options: SearchOptions | None) -> str:
    """A system as it was asked for, with what was asked of it."""
    parts = (options.mode, options.rerank, options.where) if options else ()
    said = ", ".join(part for part in parts if part)
    return f"{system} ({said})" if said else system

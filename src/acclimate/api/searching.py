"""Index folders and searches, in them and without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.api.opening import as_corpus, check_split
from acclimate.corpus import Corpus, CorpusSettings
from acclimate.errors import UsageError
from acclimate.progress import Progress
from acclimate.types import Hit, Passage, Query

if TYPE_CHECKING:
    from acclimate.engine.engine import Engine
    from acclimate.engine.records import Answer, Changes, SearchOptions
    from acclimate.engine.settings import IndexSettings
    from acclimate.engine.weights import LearnedWeights
    from acclimate.pictures.read import PictureSource


@dataclass(frozen=True, slots=True)
class Found:
    """A passage found for a query, its rank counted from 1."""

    rank: int
    score: float
    passage: Passage


def index(
    corpus: str | Path | Corpus,
    out: str | Path,
    settings: IndexSettings | None = None,
    progress: Progress | None = None,
    corpus_settings: CorpusSettings | None = None,
) -> Engine:
    """Build an index folder over a corpus and open it; `out` must not be there yet."""
    from acclimate.engine.engine import Engine
    from acclimate.engine.settings import IndexSettings

    collection = as_corpus(corpus, corpus_settings)
    chosen = settings or IndexSettings()
    return Engine.create(Path(out), chosen, collection.passages(), progress=progress)


def update_index(
    corpus: str | Path | Corpus,
    folder: str | Path,
    progress: Progress | None = None,
    corpus_settings: CorpusSettings | None = None,
) -> Changes:
    """Make an index folder equal to a corpus; what has not changed is not encoded again."""
    collection = as_corpus(corpus, corpus_settings)
    return open_index(folder).update(collection.passages(), progress)


def open_index(folder: str | Path) -> Engine:
    """Open an index folder, to search it and to add and delete passages."""
    from acclimate.engine.engine import Engine

    return Engine.open(Path(folder))


def search_index(folder: str | Path, query: str, options: SearchOptions) -> Answer:
    """Answer one query from an index folder, opening only what the options need."""
    from acclimate.engine.engine import Engine
    from acclimate.search.rerankers import check_reranker

    if options.rerank:
        check_reranker(options.rerank)
    return Engine.open(Path(folder).expanduser(), only=(options.mode,)).search(query, options)


def search_index_by_picture(
    folder: str | Path, picture: PictureSource, options: SearchOptions
) -> Answer:
    """The same for a query that is a picture: a path, or the bytes of a file."""
    from acclimate.engine.engine import Engine
    from acclimate.engine.kinds import DENSE

    engine = Engine.open(Path(folder).expanduser(), only=(options.mode or DENSE,))
    return engine.search_picture(picture, options)


def weigh_by_judgments(
    folder: str | Path, corpus: str | Path | Corpus, split: str = "train"
) -> LearnedWeights:
    """Learn the weights of an index folder's hybrid search from judgments, and keep them there."""
    from acclimate.engine.hybrid import weigh

    collection = as_corpus(corpus, None)
    check_split(collection, split)
    return weigh(open_index(folder), collection.queries(split), collection.judgments(split))


def weigh_by_run(folder: str | Path, run: str | Path) -> LearnedWeights:
    """The same from the queries that `adapt` generated in a run folder."""
    from acclimate.adapt.finished import stored_rows
    from acclimate.engine.hybrid import weigh
    from acclimate.engine.weights import from_generated

    return weigh(open_index(folder), *from_generated(stored_rows(Path(run)).queries))


def export_vectors(folder: str | Path, file: str | Path) -> int:
    """Write an index folder's passages with their vectors as Parquet; returns how many."""
    from acclimate.engine.engine import Engine
    from acclimate.engine.export import check_target, write_vectors
    from acclimate.engine.kinds import DENSE
    from acclimate.engine.manifest import read_manifest

    check_target(Path(file))
    only = (DENSE,) if read_manifest(Path(folder)).settings.models else ()
    return write_vectors(Engine.open(Path(folder), only=only), Path(file))


def is_index(system: str) -> bool:
    """Whether a system's name is that of an index folder."""
    from acclimate.engine.manifest import MANIFEST

    return (Path(system).expanduser() / MANIFEST).is_file()


def search(
    system: str,
    corpus: str | Path | Corpus,
    query: str,
    k: int = 10,
    language: str = "en",
    progress: Progress | None = None,
    settings: CorpusSettings | None = None,
) -> list[Found]:
    """The best k passages for a query, best first.

    A TREC run knows only the queries it was made for: give one of them by its id or its words.
    """
    from acclimate.systems import is_run, open_system

    if k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 hit")
    if not query.strip():
        raise UsageError("the query is empty; give some words to search for")
    collection = as_corpus(corpus, settings)
    recorded = any(is_run(part) for part in system.split("+"))
    asked = _recorded_query(collection, query) if recorded else Query("query", query)
    # A query that somebody types is no passage of the corpus, so there is none to drop.
    drop_same_id = None if recorded else False
    retriever = open_system(system, collection, language, progress, drop_same_id=drop_same_id)
    return _found(collection, retriever.search([asked], k)[0])


def search_by_picture(
    model: str,
    corpus: str | Path | Corpus,
    picture: PictureSource,
    k: int = 10,
    progress: Progress | None = None,
    settings: CorpusSettings | None = None,
) -> list[Found]:
    """The best k passages for a query that is a picture; `model` is one of texts and pictures."""
    from acclimate.systems import rank_by_picture

    if k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 hit")
    collection = as_corpus(corpus, settings)
    return _found(collection, rank_by_picture(model, collection, picture, k, progress))


def _found(corpus: Corpus, hits: Sequence[Hit]) -> list[Found]:
    """Hits with their passages."""
    passages = _passages(corpus, {hit.passage_id for hit in hits})
    return [
        Found(rank, hit.score, passages.get(hit.passage_id, Passage(hit.passage_id, "")))
        for rank, hit in enumerate(hits, 1)
    ]


def _recorded_query(corpus: Corpus, query: str) -> Query:
    for split in corpus.splits():
        for known in corpus.queries(split):
            if query in (known.id, known.text):
                return known
    return Query(query, query)


def _passages(corpus: Corpus, wanted: set[str]) -> dict[str, Passage]:
    """The passages of those ids: they are read again, because no retriever keeps the texts."""
    found: dict[str, Passage] = {}
    for passage in corpus.passages() if wanted else ():
        if passage.id in wanted:
            found[passage.id] = passage
            if len(found) == len(wanted):
                break
    return found

"""What Acclimate does, each as one function; the command line calls these and nothing else.

Whatever takes long to import is imported inside, so that `import acclimate` does not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.corpus import Corpus, CorpusSettings, open_corpus
from acclimate.errors import UsageError
from acclimate.progress import Progress, Silent
from acclimate.recipes import apply_overrides, load_recipe, split_overrides
from acclimate.settings import Recipe
from acclimate.types import Hit, Passage, Query

if TYPE_CHECKING:
    from acclimate.adapt.plan import Plan
    from acclimate.adapt.result import Adaptation, Training
    from acclimate.engine.engine import Engine
    from acclimate.engine.records import Answer, Changes, SearchOptions
    from acclimate.engine.settings import IndexSettings
    from acclimate.engine.weights import LearnedWeights
    from acclimate.evaluate.captions import CaptionRecall
    from acclimate.evaluate.evaluation import Comparison, Evaluation
    from acclimate.evaluate.sts import StsResult
    from acclimate.experiments.findings import Experiment
    from acclimate.experiments.running import Outcome
    from acclimate.formats.parallel import ParallelSource
    from acclimate.indexes.base import Retriever
    from acclimate.models.neutral import LanguageMeans
    from acclimate.multilingual.bias import LanguageBias
    from acclimate.multilingual.bitext import Mined
    from acclimate.multilingual.bitext_settings import MiningSettings
    from acclimate.multilingual.pair_exclude import Excluded
    from acclimate.multilingual.pair_result import Multilingual
    from acclimate.multilingual.pair_settings import AlignSettings, DistillSettings, PairSettings
    from acclimate.multilingual.threshold import Quality
    from acclimate.multilingual.translations import TranslationAccuracy
    from acclimate.pictures.read import PictureSource

#: Hits looked at by measures without a cutoff of their own.
DEPTH = 100
DEFAULT_MEASURES = "nDCG@10 RR@10 R@100"


@dataclass(frozen=True, slots=True)
class Found:
    """A passage found for a query, its rank counted from 1."""

    rank: int
    score: float
    passage: Passage


def adapt(
    corpus: str | Path | Corpus,
    out: str | Path,
    recipe: str | Path | Recipe = "offline",
    evaluate: str | Path | Corpus | None = None,
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
    imported: str | Path | None = None,
) -> Adaptation:
    """Adapt a retriever to a corpus without labels; called again with the same `out`, it resumes.

    `evaluate` names a judged corpus to measure on before and after. `overrides` are `key=value`
    changes to the recipe, or with `corpus.` before the key, to how collections are read.
    `imported` is a folder with artefacts of the GPL code to start from. In processes that
    torchrun started, all but the first only help to train, and return what the first one does.
    """
    from acclimate.adapt.gpl import adapt as run
    from acclimate.adapt.gpl import follow
    from acclimate.train.team import join

    with join() as team:
        if team.rank > 0:
            return follow(team)
        parts = split_overrides(overrides)
        chosen = apply_overrides(_recipe(recipe), parts.recipe)
        if chosen.student.kind != "dense":
            raise UsageError(
                f"student.kind is {chosen.student.kind!r}; GPL adapts a dense student. Train one "
                "of another kind on its labels: acclimate train RUN --out DIR --kind KIND"
            )
        if chosen.train.epochs:
            raise UsageError(
                f"train.epochs is {chosen.train.epochs}, which only acclimate train heeds; set it "
                "to 0 and train.max_steps instead"
            )
        judged = None if evaluate is None else _opened(evaluate, parts.corpus)
        if judged is not None:
            _check_split(judged, chosen.measure.split)
        opened = _opened(corpus, parts.corpus)
        start = None if imported is None else Path(imported)
        return run(opened, Path(out), chosen, judged, progress or Silent(), start, team)


def train(
    source: str | Path,
    out: str | Path,
    *,
    objective: str | None = None,
    model: str | None = None,
    kind: str | None = None,
    negatives: int | None = None,
    split: str = "train",
    recipe: str | Path | Recipe = "supervised",
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Training:
    """Train a model on labels that are there; called again with the same `out`, it resumes.

    `source` names a judged collection (whose `split` is learned from), a table of pairs, triples
    or scored lists, or the folder of a finished `adapt`. `objective`, `model`, `kind` and
    `negatives` change `train.objective`, `student.model`, `student.kind` and `train.negatives` of
    the recipe; `overrides` change anything else. With the objective `clip` (recipe `pictures`) the
    collection's passages are pictures, and its queries their captions.
    """
    from acclimate.adapt.captions import train_on_captions
    from acclimate.adapt.sources import label_source
    from acclimate.adapt.supervised import follow, supervised
    from acclimate.train.team import join

    named = {"train.objective": objective, "student.model": model, "student.kind": kind,
             "train.negatives": negatives}  # fmt: skip
    changes = [f"{key}={value}" for key, value in named.items() if value is not None]
    parts = split_overrides([*changes, *overrides])
    chosen = apply_overrides(_recipe(recipe), parts.recipe)
    if chosen.train.objective == "clip":
        corpus = _opened(source, parts.corpus)
        return train_on_captions(corpus, split, Path(out), chosen, progress)
    with join() as team:
        if team.rank > 0:
            return follow(team)
        opened = label_source(source, split, parts.corpus)
        return supervised(opened, Path(out), chosen, progress or Silent(), team)


def plan(
    corpus: str | Path | Corpus,
    recipe: str | Path | Recipe = "offline",
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Plan:
    """What `adapt` would do here, stage by stage, with counts, times, memory and downloads."""
    from acclimate.adapt.plan import plan as estimate

    parts = split_overrides(overrides)
    chosen = apply_overrides(_recipe(recipe), parts.recipe)
    return estimate(_opened(corpus, parts.corpus), chosen, progress or Silent())


def experiment(
    file: str | Path,
    out: str | Path,
    corpora: Sequence[str] = (),
    progress: Progress | None = None,
) -> Experiment:
    """Run the experiment in a TOML file, and write its tables and figures to `out`/NAME.

    NAME is the file's: several experiments can share `out`, and do alike cells once. Called again
    with the same `out` it goes on where it stopped. `corpora` take the place of the file's. Cells
    that fail are in the result's `failed`; the others are done all the same.
    """
    from acclimate.experiments.results import experiment as run

    return run(Path(file), Path(out), corpora, progress or Silent())


def experiment_cells(
    file: str | Path, out: str | Path, corpora: Sequence[str] = ()
) -> list[Outcome]:
    """Every cell of an experiment, with its result where `out` has one; nothing is done."""
    from acclimate.experiments.results import cells

    return cells(Path(file), Path(out), corpora)


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
    depth = max(DEPTH, *(each.params.get("cutoff", DEPTH) for each in parsed.values()))
    collection = _opened(corpus, settings)
    _check_split(collection, split)
    judgments = collection.judgments(split)
    if is_index(system):
        retriever = _engine_retriever(system, collection, options, depth)
    else:
        _refuse_options(system, options)
        retriever = open_system(system, collection, language, progress)
    queries = collection.queries(split)
    found = measure(retriever, queries, judgments, list(parsed), depth, collection.name)
    # As the user named it: two runs in two folders may have the same file name.
    return replace(found, system=_named(system, options))


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

    collection = _opened(corpus, settings)
    _check_split(collection, split)
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

    pool = read_pool([_opened(corpus, settings) for corpus in corpora], split)
    encoder = open_encoder(model)
    passages = {each: encoder.encode_passages(texts) for each, texts in pool.texts.items()}
    asked = {
        each: encoder.encode_queries([query.text for query in queries])
        for each, queries in pool.queries.items()
    }
    return measure_bias(pool, passages, asked, encoder.similarity)


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

    collection = _opened(corpus, corpus_settings)
    chosen = settings or IndexSettings()
    return Engine.create(Path(out), chosen, collection.passages(), progress=progress)


def update_index(
    corpus: str | Path | Corpus,
    folder: str | Path,
    progress: Progress | None = None,
    corpus_settings: CorpusSettings | None = None,
) -> Changes:
    """Make an index folder equal to a corpus; what has not changed is not encoded again."""
    collection = _opened(corpus, corpus_settings)
    return open_index(folder).update(collection.passages(), progress)


def open_index(folder: str | Path) -> Engine:
    """Open an index folder, to search it and to add and delete passages."""
    from acclimate.engine.engine import Engine

    return Engine.open(Path(folder))


def search_index(folder: str | Path, query: str, options: SearchOptions) -> Answer:
    """Answer one query from an index folder, opening only what the options need."""
    from acclimate.engine.engine import Engine

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

    collection = _opened(corpus, None)
    _check_split(collection, split)
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
    from acclimate.engine.export import write_vectors
    from acclimate.engine.kinds import DENSE
    from acclimate.engine.manifest import read_manifest

    only = (DENSE,) if read_manifest(Path(folder)).settings.models else ()
    return write_vectors(Engine.open(Path(folder), only=only), Path(file))


def mine_bitext(
    source: str | Path,
    target: str | Path,
    out: str | Path,
    model: str,
    settings: MiningSettings | None = None,
    gold: str | Path | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Find the lines of two files that translate each other, and write them as a table.

    `gold` names known pairs of line numbers, to measure on and to find the threshold with.
    """
    from acclimate.models.encoders import open_encoder
    from acclimate.multilingual.bitext import mine_bitext
    from acclimate.multilingual.bitext_settings import MiningSettings

    known = None if gold is None else Path(gold)
    return mine_bitext(
        Path(source),
        Path(target),
        Path(out),
        open_encoder(model),
        settings or MiningSettings(),
        known,
        progress,
    )


def debias(
    model: str,
    corpora: Sequence[str | Path | Corpus],
    out: str | Path,
    remedy: str = "subspace",
    progress: Progress | None = None,
    settings: CorpusSettings | None = None,
) -> LanguageMeans:
    """Fit a remedy for language bias to a model and to passages, and write it as a model folder.

    `remedy` is "centre" or "subspace"; each passage's language is detected.
    """
    from acclimate.multilingual.debias import debias as fit

    opened = [_opened(corpus, settings) for corpus in corpora]
    return fit(model, opened, Path(out), remedy, progress or Silent())


def distill(
    teacher: str,
    student: str,
    parallel: Sequence[str | Path],
    out: str | Path,
    settings: DistillSettings | None = None,
    exclude: Sequence[str | Path] = (),
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Multilingual:
    """Teach a student a teacher's vectors in the languages of translations; resumes in `out`.

    `student` is a model's name, or `new` for the teacher's body with a vocabulary of its own (see
    docs/multilingual.md). Translations of which a side is among the texts of the `exclude` files
    are left out. `overrides` are `key=value` changes to the settings.
    """
    from acclimate.fields import with_changes
    from acclimate.multilingual.distill import distill as run
    from acclimate.multilingual.pair_settings import DistillSettings

    chosen = with_changes(settings or DistillSettings(), overrides)
    found = _parallel(parallel, chosen.pairs)
    excluded = _excluded(exclude)
    return run(teacher, student, found, Path(out), chosen, excluded, progress or Silent())


def align(
    parallel: Sequence[str | Path],
    out: str | Path,
    student: str = "new",
    settings: AlignSettings | None = None,
    exclude: Sequence[str | Path] = (),
    progress: Progress | None = None,
    overrides: Sequence[str] = (),
) -> Multilingual:
    """Teach a student to find translations among other sentences; resumes in `out`.

    The arguments are those of `distill`; a `new` student gets all-MiniLM-L6-v2's body.
    """
    from acclimate.fields import with_changes
    from acclimate.multilingual.align import align as run
    from acclimate.multilingual.pair_settings import AlignSettings

    chosen = with_changes(settings or AlignSettings(), overrides)
    found = _parallel(parallel, chosen.pairs)
    return run(student, found, Path(out), chosen, _excluded(exclude), progress or Silent())


def is_index(system: str) -> bool:
    """Whether a system's name is that of an index folder."""
    from acclimate.engine.manifest import MANIFEST

    return (Path(system).expanduser() / MANIFEST).is_file()


def compare(baseline: Evaluation, *systems: Evaluation) -> list[Comparison]:
    """How much better each system is than the baseline, with intervals and corrected p-values."""
    from acclimate.evaluate.evaluation import compare as paired

    return paired(baseline, *systems)


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
    collection = _opened(corpus, settings)
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
    collection = _opened(corpus, settings)
    return _found(collection, rank_by_picture(model, collection, picture, k, progress))


def _found(corpus: Corpus, hits: Sequence[Hit]) -> list[Found]:
    """Hits with their passages."""
    passages = _passages(corpus, {hit.passage_id for hit in hits})
    return [
        Found(rank, hit.score, passages.get(hit.passage_id, Passage(hit.passage_id, "")))
        for rank, hit in enumerate(hits, 1)
    ]


def _parallel(names: Sequence[str | Path], settings: PairSettings) -> list[ParallelSource]:
    from acclimate.formats.parallel import find_parallel

    return find_parallel(names, settings.languages, settings.source_language)


def _excluded(names: Sequence[str | Path]) -> Excluded:
    from acclimate.formats.parallel_texts import texts_of
    from acclimate.multilingual.pair_exclude import Excluded

    return Excluded(texts_of(names))


def _engine_retriever(
    folder: str, corpus: Corpus, options: SearchOptions | None, depth: int
) -> Retriever:
    """An index folder as a retriever for the corpus's queries, `depth` hits deep."""
    from acclimate.engine.engine import Engine
    from acclimate.engine.records import DEFAULTS
    from acclimate.search.drop import DropSameId

    asked = options or DEFAULTS
    engine = Engine.open(Path(folder).expanduser(), only=(asked.mode,))
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


def _recipe(recipe: str | Path | Recipe) -> Recipe:
    return recipe if isinstance(recipe, Recipe) else load_recipe(recipe)


def _opened(corpus: str | Path | Corpus, settings: CorpusSettings | None) -> Corpus:
    return corpus if isinstance(corpus, Corpus) else open_corpus(corpus, settings)


def _check_split(corpus: Corpus, split: str) -> None:
    """Refuse before the work what would be refused after it."""
    splits = corpus.splits()
    if split not in splits:
        known = f"it has {', '.join(splits)}" if splits else "it has no judgments"
        raise UsageError(f"{corpus.name}: no split {split!r} to measure on; {known}")


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

"""Where the labels of a supervised training come from: judgments, a file, or a finished run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.adapt.finished import MANIFEST, read_found, run_passages, stored_rows
from acclimate.adapt.store import PassageStore, store_passages
from acclimate.corpus import Corpus, CorpusSettings, open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.formats.labelled import LabelledTexts, WrittenOut, read_labelled
from acclimate.formats.tables import table_kind
from acclimate.runs import Run


@dataclass(frozen=True, slots=True)
class Known:
    """A query and passages whose labels are known; the first is the one to be found."""

    query_id: str
    text: str
    passage_ids: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What a source offers; `complete` says that it has its own negatives."""

    passages: PassageStore
    known: Sequence[Known]
    complete: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A split of a judged collection: each positive judgment is something to learn."""

    corpus: Corpus
    split: str = "train"

    @property
    def name(self) -> str:
        return f"{self.corpus.name}, judgments of {self.split}"

    def read(self, run: Run, graded: bool) -> Given:
        """With `graded`, passages of a lower grade are candidates beside a better one."""
        passages = store_passages(self.corpus, run)
        texts = {query.id: query.text for query in self.corpus.queries(self.split)}
        present = set(passages.ids)
        grades: dict[str, dict[str, float]] = {query_id: {} for query_id in texts}
        for row in self.corpus.judgments(self.split):
            if row.passage_id in present:
                grades[row.query_id][row.passage_id] = float(row.grade)
        return Given(passages, _by_positive(texts, grades, graded), complete=False)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A table of pairs, triples or scored lists; its own passages are the collection."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def read(self, run: Run, graded: bool) -> Given:
        """Pairs can have negatives mined for them; triples and lists bring their own.

        Raises UsageError where `graded` labels are wanted and there are pairs or triples, which say
        right and wrong only.
        """
        rows = read_labelled(self.path)
        pairs = [row for row in rows if not row.scored]
        if graded and pairs:
            raise UsageError(
                f"{pairs[0].place}: no scores in it, which margin-mse and kl learn from; train "
                "with --objective mnrl, or give lists, with the columns query, passages and scores"
            )
        passages = store_passages(Corpus(self.name, WrittenOut(rows)), run)
        ids = _numbered(text for row in rows for text in row.passages)
        queries = _numbered(row.query for row in rows)
        texts = {number: text for text, number in queries.items()}
        known = _by_positive(texts, _labels(pairs, queries, ids), graded) if pairs else []
        known += [_best_first(row, queries, ids) for row in rows if row.scored]
        return Given(passages, known, complete=any(len(row.passages) > 1 for row in rows))


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The queries, mined negatives and labels of an `adapt` run, for a student of any kind."""

    folder: Path

    @property
    def name(self) -> str:
        return f"the run {self.folder}"

    def read(self, run: Run, graded: bool) -> Given:
        """The run's own copy of its passages is read where it lies."""
        del run, graded
        rows = stored_rows(self.folder)
        passages = run_passages(self.folder, read_found(self.folder))
        texts = {query.id: query.text for query in rows.queries}
        known = [
            Known(row.query_id, texts[row.query_id], row.passage_ids, tuple(row.values.tolist()))
            for row in rows.labelled()
        ]
        if not known:
            raise UsageError(
                f"{self.folder}: its labels were imported and are not kept as scores; name a run "
                "whose teachers scored them"
            )
        return Given(passages, known, complete=True)


LabelSource = Judged | LabelFile | FinishedRun


def label_source(
    name: str | Path, split: str = "train", settings: CorpusSettings | None = None
) -> LabelSource:
    """What the user calls a source: a finished run's folder, a table, or a judged collection."""
    path = Path(name).expanduser()
    if (path / MANIFEST).is_file():
        return FinishedRun(path)
    if path.is_file() and table_kind(path):
        return LabelFile(path)
    return Judged(open_corpus(name, settings), split)


def _by_positive(
    texts: Mapping[str, str], labels: Mapping[str, Mapping[str, float]], graded: bool
) -> list[Known]:
    """One row for each label above 0, the best of a query first."""
    known = list(_each_positive(texts, labels, graded))
    if not known:
        raise InputError(
            f"of {len(texts)} queries none has a label above 0 for a passage that is there; give "
            "judgments or pairs whose passages are in the collection"
        )
    return known


def _each_positive(
    texts: Mapping[str, str], labels: Mapping[str, Mapping[str, float]], graded: bool
) -> Iterator[Known]:
    for query_id, values in labels.items():
        ranked = sorted(values, key=lambda passage_id: -values[passage_id])
        wrong = [passage_id for passage_id in ranked if values[passage_id] <= 0]
        for passage_id in ranked[: len(ranked) - len(wrong)]:
            # A loss without grades would take a lesser answer for a wrong one.
            lesser = [p for p in ranked if graded and 0 < values[p] < values[passage_id]]
            found = (passage_id, *lesser, *wrong)
            yield Known(query_id, texts[query_id], found, tuple(values[p] for p in found))


def _numbered(texts: Iterable[str]) -> dict[str, str]:
    """Distinct texts with their numbers, which count from 1 as `WrittenOut` counts."""
    return {text: str(number) for number, text in enumerate(dict.fromkeys(texts), 1)}


def _labels(
    rows: Iterable[LabelledTexts], queries: Mapping[str, str], ids: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """The labels of pairs and triples by query and passage; a contradiction is refused."""
    labels: dict[str, dict[str, float]] = {}
    for row in rows:
        known = labels.setdefault(queries[row.query], {})
        for text, value in zip(row.passages, row.values, strict=True):
            if known.setdefault(ids[text], value) != value:
                raise InputError(
                    f"{row.place}: {text[:60]!r} is a positive of {row.query[:60]!r} in one row "
                    "and a negative in another; remove one of them"
                )
    return labels


def _best_first(row: LabelledTexts, queries: Mapping[str, str], ids: Mapping[str, str]) -> Known:
    order = sorted(range(len(row.values)), key=lambda place: -row.values[place])
    return Known(
        queries[row.query],
        row.query,
        tuple(ids[row.passages[place]] for place in order),
        tuple(row.values[place] for place in order),
    )

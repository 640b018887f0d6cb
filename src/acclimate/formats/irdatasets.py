"""Collections that ir_datasets names, such as `beir/scifact/test`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from acclimate.errors import InputError
from acclimate.extras import need
from acclimate.formats.readreport import Placed, Tally
from acclimate.formats.rows import checked_id
from acclimate.types import Judgment, Passage, Query

RowT = TypeVar("RowT")
_SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class IrDataset:
    """A dataset of ir_datasets, which fetches what it reads.

    An id with judgments is one split, called by its last part (`test` where that is no split's
    name); an id without judgments has as splits the ids directly below it that have some.
    """

    id: str

    def passages(self, tally: Tally) -> Iterator[Placed[Passage]]:
        """One passage a document."""
        for place, doc in self._rows(self.id, "docs"):
            doc_id = checked_id(doc.doc_id, place)
            title, text = getattr(doc, "title", None), getattr(doc, "text", None)
            if text is None:  # only this dataset knows which of its fields are text
                title, text = None, doc.default_text()
            yield Placed(place, Passage(doc_id, text or "", title or "", doc_id))

    def splits(self) -> list[str]:
        """The splits with judgments: train, dev and test first, in this order."""
        found = self._split_ids()
        return sorted(found, key=lambda name: (name not in _SPLITS, *_order(name)))

    def queries(self, tally: Tally) -> Iterator[Placed[Query]]:
        """Every query of every split."""
        ids = [self.id] if _load(self.id).has_queries() else self._split_ids().values()
        for dataset_id in ids:
            for place, row in self._rows(dataset_id, "queries"):
                text = getattr(row, "text", None) or row.default_text()
                yield Placed(place, Query(checked_id(row.query_id, place), text))

    def judgments(self, split: str) -> Iterator[Placed[Judgment]]:
        """The judgments of one split."""
        for place, row in self._rows(self._split_ids()[split], "qrels"):
            query, passage = checked_id(row.query_id, place), checked_id(row.doc_id, place)
            yield Placed(place, Judgment(query, passage, int(row.relevance)))

    def _split_ids(self) -> dict[str, str]:
        last = self.id.rpartition("/")[2]
        if _load(self.id).has_qrels():
            return {last if last in _SPLITS else "test": self.id}
        below = (name for name in need("ir_datasets", "datasets").registry if _is_below(name, self))
        return {name.rpartition("/")[2]: name for name in below if _load(name).has_qrels()}

    def _rows(self, dataset_id: str, kind: str) -> Iterator[tuple[str, Any]]:
        dataset = _load(dataset_id)
        if not getattr(dataset, f"has_{kind}")():
            raise InputError(f"{dataset_id}: this ir_datasets id has no {kind}; name one that has")
        rows = _fetched(dataset_id, getattr(dataset, f"{kind}_iter"))
        return ((f"{dataset_id}: {kind} {number}", row) for number, row in enumerate(rows, 1))


def knows(dataset_id: str) -> bool:
    """Whether ir_datasets has a dataset of this id."""
    try:
        need("ir_datasets", "datasets").load(dataset_id)
    except KeyError:
        return False
    return True


def _is_below(name: str, dataset: IrDataset) -> bool:
    return name.rpartition("/")[0] == dataset.id


def _order(name: str) -> tuple[int, str]:
    return (_SPLITS.index(name) if name in _SPLITS else len(_SPLITS), name)


def _load(dataset_id: str) -> Any:
    return need("ir_datasets", "datasets").load(dataset_id)


def _fetched(dataset_id: str, rows: Callable[[], Iterator[RowT]]) -> Iterator[RowT]:
    """Rows that may have to be downloaded first, with a refusal that says what else helps."""
    try:
        yield from rows()
    # requests' errors are OSErrors; ir_datasets adds RuntimeError for what it gave up.
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{dataset_id}: ir_datasets could not fetch it ({str(error)[:200]}); connect this "
            "machine, copy ~/.ir_datasets from one that has it, or pass a BEIR folder by its path"
        ) from error

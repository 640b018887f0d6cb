"""The same passages in several languages, under the same ids, as one pool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.corpus import Corpus
from acclimate.errors import InputError, UsageError
from acclimate.types import Judgment, Query


@dataclass(frozen=True, slots=True)
class Pool:
    """Row `language number * len(ids) + passage number` is that passage in that language.

    grades: for each language, query id → passage number → grade, relevant ones only.
    """

    languages: tuple[str, ...]
    ids: tuple[str, ...]
    texts: Mapping[str, Sequence[str]]
    queries: Mapping[str, Sequence[Query]]
    grades: Mapping[str, Mapping[str, Mapping[int, int]]]

    def relevant(self, language: str, query_id: str) -> list[int]:
        """The numbers of the passages that are relevant for a query."""
        return list(self.grades[language][query_id])

    def judgments(self, language: str, versions: Iterable[int]) -> list[Judgment]:
        """A language's judgments, on rows of the pool, for the versions in some languages."""
        return [
            Judgment(query_id, str(version * len(self.ids) + passage), grade)
            for version in versions
            for query_id, grades in self.grades[language].items()
            for passage, grade in grades.items()
        ]


def read_pool(corpora: Sequence[Corpus], split: str) -> Pool:
    """Judged collections, one a language, each called by the last part of its name.

    Raises UsageError for fewer than two, InputError where they do not hold the same ids.
    """
    names = tuple(Path(corpus.name).name for corpus in corpora)
    if len(set(names)) < max(2, len(names)):
        raise UsageError(
            f"language bias is measured between languages, but the collections are called "
            f"{', '.join(names)}; give two or more, each in a folder named after its language"
        )
    texts = {
        name: {passage.id: passage.content for passage in corpus.texts()}
        for name, corpus in zip(names, corpora, strict=True)
    }
    ids = tuple(sorted(texts[names[0]]))
    for name, passages in texts.items():
        if passages.keys() != set(ids):
            odd = sorted(passages.keys() ^ set(ids))
            raise InputError(
                f"{name} and {names[0]} do not hold the same passage ids: {odd[0]!r} is in one of "
                "them; give collections in which a passage has one id in every language"
            )
    grades = {
        name: _grades(corpus.judgments(split), ids)
        for name, corpus in zip(names, corpora, strict=True)
    }
    queries = {
        name: [query for query in corpus.queries(split) if query.id in grades[name]]
        for name, corpus in zip(names, corpora, strict=True)
    }
    in_order = {name: [passages[each] for each in ids] for name, passages in texts.items()}
    return Pool(names, ids, in_order, queries, grades)


def _grades(judgments: Iterable[Judgment], ids: Sequence[str]) -> dict[str, dict[int, int]]:
    """Query id → passage number → grade, for relevant passages that are there."""
    numbers = {passage_id: number for number, passage_id in enumerate(ids)}
    found: dict[str, dict[int, int]] = {}
    for each in judgments:
        if each.grade > 0 and each.passage_id in numbers:
            found.setdefault(each.query_id, {})[numbers[each.passage_id]] = each.grade
    return found

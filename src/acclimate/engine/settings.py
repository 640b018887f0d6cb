"""What an index folder is made of. Each default lives here once."""

from __future__ import annotations

from dataclasses import dataclass

from acclimate.errors import UsageError


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Kept in the index folder, which is refused where they no longer hold."""

    #: Dense models; the first is what "dense" and "hybrid" search with. None: no dense search.
    models: tuple[str, ...] = ("sentence-transformers/all-MiniLM-L6-v2",)
    lexical: bool = True
    #: The language of BM25's analyser, ISO 639-1; "mul" detects each text's own.
    language: str = "en"
    #: A learned sparse encoder; empty for none.
    sparse: str = ""
    #: A multi-vector encoder for late interaction; empty for none.
    late: str = ""
    #: A generator of queries that are added to what BM25 reads (doc2query); empty for none.
    expand: str = ""
    #: Queries written for each passage.
    expand_queries: int = 5
    #: A teacher that keeps the better share of them (doc2query--); empty keeps all.
    expand_filter: str = ""
    #: The share of all written queries that the filter keeps.
    expand_keep: float = 0.3
    #: The least score of a query that stays. None: what gives that share of the first passages; it
    #: is noted in the index folder, so that later passages are held to the same.
    expand_threshold: float | None = None
    #: How vectors are stored: float32, float16 or int8.
    vectors: str = "float32"
    #: Search dense vectors through a graph (HNSW) instead of comparing all of them.
    approximate: bool = True
    #: A part of fewer rows than this is compared exactly, which then takes some milliseconds.
    exact_below: int = 10_000

    def __post_init__(self) -> None:
        if not (self.models or self.lexical or self.sparse or self.late):
            raise UsageError("an index of nothing; name a model, or keep the lexical index")
        if self.vectors not in ("float32", "float16", "int8"):
            raise UsageError(f"vectors {self.vectors!r}; choose float32, float16 or int8")
        if self.expand and not self.lexical:
            raise UsageError("expansions are read by the lexical index; keep it, or do not expand")
        if self.expand_filter and not self.expand:
            raise UsageError(
                f"expand_filter is {self.expand_filter!r}, but there are no queries to filter; "
                "name a generator (expand), or leave it out"
            )
        if self.expand_queries < 1:
            raise UsageError(f"expand_queries is {self.expand_queries}; write at least 1")
        if not 0 < self.expand_keep <= 1:
            raise UsageError(f"expand_keep is {self.expand_keep}; keep a share above 0, up to 1")

"""What a request may say. Limits that can be set are in bounds.py."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from acclimate.engine.records import DEFAULTS, SearchOptions
from acclimate.serve.settings import Limits
from acclimate.types import Passage

# An id stands in addresses, in run files and in judgments, whose columns tabs part.
_ID = (
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029]"
    r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
)
_WORDS = r"\S"

# The descriptions say in words what the patterns say.
_NOT_BLANK = Field(description="not blank")
Words = Annotated[str, StringConstraints(pattern=_WORDS), _NOT_BLANK]
DocumentId = Annotated[
    str,
    StringConstraints(pattern=_ID),
    Field(description="not blank, without control characters and line breaks"),
]
FieldName = Annotated[str, StringConstraints(max_length=128, pattern=_WORDS), _NOT_BLANK]


def _one_of_its_kinds(value: Any, kinds: ValidatorFunctionWrapHandler) -> Any:
    """One refusal of a value, where pydantic has one for each kind that it is not."""
    try:
        return kinds(value)
    except ValidationError as error:
        raise PydanticCustomError("no_value", "no value of these kinds") from error


Value = Annotated[
    str | bool | int | Annotated[float, Field(allow_inf_nan=False)],
    WrapValidator(_one_of_its_kinds),
]

Mode = Annotated[str, Field(description="How to search; the best that the index has if left out.")]
Rerank = Annotated[
    str, Field(description="A re-ranker that this service offers (see /info); none if left out.")
]
RerankTop = Annotated[int, Field(ge=1, description="How many hits the re-ranker reads.")]
Where = Annotated[
    str,
    Field(
        description="A condition on metadata, such as `year >= 2020 and topic = 'law'`; applied "
        "inside the search."
    ),
]
Languages = Annotated[
    str,
    Field(
        max_length=64,
        description="In an index of several languages: `alike` (no language is nearer than "
        "another), `prefer` (the query's own first) or `prefer:LANGUAGE`; as the models score if "
        "left out.",
    ),
]
Hits = Annotated[int, Field(ge=1, description="How many hits to give.")]
Explain = Annotated[bool, Field(description="Say why each hit was found.")]
ExplainIds = Annotated[
    list[str], Field(description="With explain: say it only of the hits with these ids.")
]

Snippets = Annotated[
    bool,
    Field(
        description="Cut out of each hit what shows best why it was found; without, answers come "
        "sooner and their `snippet` is empty."
    ),
]


class _Body(BaseModel):
    # Strict, so that "10" for 10 or a misspelt name is told instead of guessed.
    model_config = ConfigDict(strict=True, extra="forbid")


class SearchBody(_Body):
    """A query and how to answer it."""

    query: Words
    k: Hits = DEFAULTS.k
    mode: Mode = DEFAULTS.mode
    rerank: Rerank = DEFAULTS.rerank
    rerank_top: RerankTop = DEFAULTS.rerank_top
    where: Where = DEFAULTS.where
    languages: Languages = DEFAULTS.languages
    explain: Explain = DEFAULTS.explain
    explain_ids: ExplainIds = list(DEFAULTS.explain_ids)
    snippets: Snippets = DEFAULTS.snippets


class SearchParameters(BaseModel):
    """The same in an address, where everything is text."""

    model_config = ConfigDict(extra="forbid")

    q: Words
    k: Hits = DEFAULTS.k
    mode: Mode = DEFAULTS.mode
    rerank: Rerank = DEFAULTS.rerank
    rerank_top: RerankTop = DEFAULTS.rerank_top
    where: Where = DEFAULTS.where
    languages: Languages = DEFAULTS.languages
    explain: Explain = DEFAULTS.explain
    explain_ids: ExplainIds = list(DEFAULTS.explain_ids)
    snippets: Snippets = DEFAULTS.snippets


class PictureParameters(BaseModel):
    """How to answer a query that is a picture, which is the body."""

    model_config = ConfigDict(extra="forbid")

    k: Hits = DEFAULTS.k
    mode: Annotated[
        str, Field(description="One of /info's `picture_modes`; the first if left out.")
    ] = DEFAULTS.mode
    where: Where = DEFAULTS.where
    explain: Explain = DEFAULTS.explain


class SystemBody(_Body):
    """One of the systems that are compared."""

    name: Annotated[
        str, Field(max_length=100, description="What to call it; mode and re-ranker if left out.")
    ] = ""
    mode: Mode = DEFAULTS.mode
    rerank: Rerank = DEFAULTS.rerank
    rerank_top: RerankTop = DEFAULTS.rerank_top
    where: Where = DEFAULTS.where
    languages: Languages = DEFAULTS.languages


class CompareBody(_Body):
    """A query and the systems to answer it."""

    query: Words
    k: Hits = DEFAULTS.k
    systems: Annotated[list[SystemBody], Field(min_length=2, max_length=4)]
    explain: Explain = DEFAULTS.explain


class DocumentBody(_Body):
    """A document; it is one passage of the index, and replaces the one of the same id."""

    id: DocumentId
    text: Words
    title: str = ""
    metadata: dict[FieldName, Value] = {}

    def passage(self) -> Passage:
        """The passage that it becomes."""
        return Passage(self.id, self.text, self.title, self.id, "", dict(self.metadata))


class DocumentsBody(_Body):
    """Documents to add or replace: all of them or, on an error, none."""

    documents: Annotated[list[DocumentBody], Field(min_length=1)]


def options_of(asked: SearchBody | SearchParameters, limits: Limits) -> SearchOptions:
    """The engine's options for a request, with the seconds that each part of it may take."""
    values: dict[str, Any] = asked.model_dump(exclude={"query", "q", "explain_ids"})
    return SearchOptions(
        **values,
        rerank_seconds=limits.rerank_seconds,
        explain_ids=tuple(asked.explain_ids),
        explain_seconds=limits.explain_seconds,
    )

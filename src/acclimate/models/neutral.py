"""Two remedies for language bias: take from a vector what says only which language it is in.

Each is fitted on passages whose language is known, without translations or judgments. `Centring`
takes away the mean of a text's own language (Libovický et al., arXiv 2004.05160, section 3), so a
text's language has to be known when it is encoded. `Subspace` takes the directions in which the
means of the languages differ out of every vector, whatever its language: the singular vectors of
the means after their own mean is taken away (LSAR, Xie et al., arXiv 2401.05792, which first
refines the part that languages share; LIR, arXiv 2109.04727, takes components of each language
instead). `acclimate evaluate --task language-bias` measures what each does and costs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.models.base import Encoder, Similarity, Vectors
from acclimate.models.languages import UNKNOWN, LanguageDetector

CENTRE, SUBSPACE = "centre", "subspace"
REMEDIES = (CENTRE, SUBSPACE)
FACTS, ARRAY = "neutral.json", "neutral.safetensors"


class Remedy(Protocol):
    """A change of vectors after they are encoded."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Whose means the array holds; empty where a text's language does not matter."""
        ...

    @property
    def array(self) -> Vectors: ...

    def apply(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Vectors of shape (texts, dimension), changed; `languages` has one for each text."""
        ...


@dataclass(frozen=True, slots=True)
class Centring:
    """Takes away the mean of the text's language: `array` has shape (languages, dimension).

    From texts of other or unknown languages it takes the mean of the means.
    """

    languages: tuple[str, ...]
    array: Vectors

    def apply(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        means = np.vstack([self.array, self.array.mean(axis=0)])
        rows = {language: row for row, language in enumerate(self.languages)}
        own = [rows.get(each, len(rows)) for each in languages]
        return np.asarray(vectors - means[own], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Subspace:
    """Takes out some directions: `array` has orthonormal rows, shape (directions, dimension)."""

    array: Vectors
    languages: tuple[str, ...] = ()

    def apply(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        del languages
        inside = (vectors @ self.array.T) @ self.array
        return np.asarray(vectors - inside, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """The mean vector of each language's passages: shape (languages, dimension)."""

    languages: tuple[str, ...]
    means: Vectors

    def remedy(self, kind: str) -> Remedy:
        """The remedy of that name, fitted to these means."""
        if kind == CENTRE:
            return Centring(self.languages, self.means)
        if kind == SUBSPACE:
            return Subspace(self._directions())
        raise UsageError(f"remedy {kind!r}; choose from {', '.join(REMEDIES)}")

    def _directions(self) -> Vectors:
        apart = np.asarray(self.means, np.float64) - self.means.mean(axis=0, dtype=np.float64)
        _, strengths, directions = np.linalg.svd(apart, full_matrices=False)
        # Means of L languages differ in L - 1 directions; the last is rounding.
        real = strengths > 1e-6 * max(float(strengths[0]), 1e-12)
        return np.asarray(directions[real], dtype=np.float32)


class MeansByLanguage:
    """Sums up vectors by language as they stream by."""

    def __init__(self) -> None:
        self._sums: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
        self._counts: dict[str, int] = {}

    def add(self, vectors: Vectors, languages: Sequence[str]) -> None:
        """Vectors of shape (texts, dimension), and the language of each text."""
        for vector, language in zip(vectors, languages, strict=True):
            if language != UNKNOWN:
                self._sums[language] = self._sums.get(language, 0) + vector.astype(np.float64)
                self._counts[language] = self._counts.get(language, 0) + 1

    def means(self, least: int = 1) -> LanguageMeans:
        """The languages with at least so many texts; InputError where these are not two."""
        kept = sorted(each for each, count in self._counts.items() if count >= least)
        if len(kept) < 2:
            raise InputError(
                f"{len(kept)} languages with {least} passages or more among "
                f"{dict(sorted(self._counts.items()))}; language bias needs two, so give more "
                "corpora"
            )
        rows = [self._sums[each] / self._counts[each] for each in kept]
        return LanguageMeans(tuple(kept), np.asarray(rows, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class NeutralEncoder:
    """An Encoder whose vectors went through a remedy."""

    encoder: Encoder
    remedy: Remedy
    name: str
    detector: LanguageDetector | None

    @classmethod
    def of(cls, encoder: Encoder, remedy: Remedy, name: str) -> NeutralEncoder:
        """With a language detector where the remedy needs one."""
        return cls(encoder, remedy, name, LanguageDetector.load() if remedy.languages else None)

    @classmethod
    def load(cls, folder: Path, open_encoder: Callable[[str], Encoder]) -> NeutralEncoder:
        """What `save_neutral` wrote; StaleRows where the encoder has changed since."""
        facts, array = _read(folder)
        encoder = open_encoder(facts.encoder)
        if encoder.identity != facts.identity:
            raise StaleRows(
                f"{folder}: fitted to {facts.encoder} as {facts.identity}, which is now "
                f"{encoder.identity}; give the debias command again"
            )
        remedy = Centring(tuple(facts.languages), array) if facts.languages else Subspace(array)
        return cls.of(encoder, remedy, str(folder))

    @property
    def identity(self) -> str:
        digest = hashlib.sha256(self.remedy.array.tobytes())
        digest.update(json.dumps(self.remedy.languages).encode())
        detector = f"-{self.detector.identity}" if self.detector else ""
        return f"{self.encoder.identity}-neutral-{digest.hexdigest()[:12]}{detector}"

    @property
    def similarity(self) -> Similarity:
        return self.encoder.similarity

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._changed(self.encoder.encode_queries(texts), texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._changed(self.encoder.encode_passages(texts), texts)

    def _changed(self, vectors: Vectors, texts: Sequence[str]) -> Vectors:
        detect = self.detector.detect if self.detector else lambda text: UNKNOWN
        changed = self.remedy.apply(vectors, [detect(text) for text in texts])
        return self.similarity.prepare(changed)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What neutral.json says."""

    encoder: str
    identity: str
    languages: list[str]


def is_neutral(folder: Path) -> bool:
    """Whether `save_neutral` wrote this folder."""
    return (folder / FACTS).is_file()


def save_neutral(folder: Path, encoder: Encoder, remedy: Remedy) -> None:
    """Write the remedy and the name of its encoder; `folder` must not be there yet."""
    if folder.exists():
        raise UsageError(f"{folder} is there already; name another --out")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        save_file({"array": np.ascontiguousarray(remedy.array)}, aside / ARRAY)
        facts = {
            "encoder": encoder.name,
            "identity": encoder.identity,
            "languages": remedy.languages,
        }
        (aside / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        aside.chmod(0o755)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _read(folder: Path) -> tuple[_Facts, Vectors]:
    try:
        facts = _Facts(**json.loads((folder / FACTS).read_bytes()))
        return facts, np.asarray(load_file(folder / ARRAY)["array"], dtype=np.float32)
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise InputError(
            f"{folder}: no whole remedy ({type(error).__name__}: {error}); give the debias command "
            "again"
        ) from error

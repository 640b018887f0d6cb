"""Which language detector: how often each is right, how often it says that it does not know.

    python experiments/languages.py DATA [py3langid lingua langdetect]

DATA holds `parallel/laser_tatoeba_v1` and `xquad`. Sentences are Tatoeba's (a few words each),
questions and paragraphs XQuAD's. For another detector than py3langid, install its package first.
Tatoeba may be among what a detector was trained on; XQuAD's texts are translations of Wikipedia.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from acclimate.models.languages import UNKNOWN, LanguageDetector

SENTENCES = {
    "ara": "ar", "ces": "cs", "cmn": "zh", "deu": "de", "ell": "el", "fra": "fr", "hin": "hi",
    "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "pol": "pl", "por": "pt", "ron": "ro",
    "rus": "ru", "spa": "es", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi",
}  # fmt: skip
XQUAD = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
MOST = 300


class Case(NamedTuple):
    """A text, its language, and what kind of text it is."""

    text: str
    language: str
    kind: str


def cases(data: Path) -> Iterator[Case]:
    for code, language in SENTENCES.items():
        path = data / "parallel" / "laser_tatoeba_v1" / f"tatoeba.{code}-eng.{code}"
        for text in path.read_text(encoding="utf-8").splitlines()[:MOST]:
            yield Case(text, language, "sentence")
    for language in XQUAD:
        for kind, name in (("question", "queries.jsonl"), ("paragraph", "corpus.jsonl")):
            lines = (data / "xquad" / language / name).read_text(encoding="utf-8").splitlines()
            for line in lines[:MOST]:
                yield Case(json.loads(line)["text"], language, kind)


def py3langid() -> Callable[[str], str]:
    return LanguageDetector.load().detect


def lingua() -> Callable[[str], str]:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else UNKNOWN

    return detect


def langdetect() -> Callable[[str], str]:
    import langdetect as library

    library.DetectorFactory.seed = 0

    def detect(text: str) -> str:
        try:
            return str(library.detect(text))[:2]
        except library.LangDetectException:
            return UNKNOWN

    return detect


DETECTORS = {"py3langid": py3langid, "lingua": lingua, "langdetect": langdetect}


def main(data: Path, name: str) -> None:
    detect = DETECTORS[name]()
    detect("The first text loads what is loaded late.")
    counts: dict[str, Counter[str]] = {}
    started = time.perf_counter()
    for case in cases(data):
        told = detect(case.text)
        outcome = {case.language: "right", UNKNOWN: "unknown"}.get(told, "wrong")
        counts.setdefault(case.kind, Counter())[outcome] += 1
    seconds = time.perf_counter() - started
    print(f"{name}: {sum(map(Counter.total, counts.values())) / seconds:.0f} texts/s, ", end="")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
    for kind, found in counts.items():
        shares = {each: found[each] / found.total() for each in ("right", "unknown", "wrong")}
        print(f"  {kind}: " + ", ".join(f"{share:.4f} {each}" for each, share in shares.items()))


if __name__ == "__main__":
    for detector in sys.argv[2:] or ["py3langid"]:
        main(Path(sys.argv[1]), detector)

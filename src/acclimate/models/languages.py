"""Which language a text is in: py3langid (extra `languages`), naive Bayes over byte n-grams.

`experiments/languages.py` compares it with others. Its model comes in the package, without pickles.
Short texts are hard: where the most likely language has not at least half of the probability, or
nothing in the text tells languages apart, the answer is unknown, and whoever asks must say what
becomes of that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from acclimate.extras import need

#: The code for an undetermined language (ISO 639-2).
UNKNOWN = "und"
#: The language setting of a corpus in which each text has a language of its own (ISO 639-2).
MULTIPLE = "mul"
#: The setting to write in each text's own language.
AUTO = "auto"
#: A language needs this share of the probability to be believed.
SURE = 0.5
#: Characters that are read: enough to be sure, and no more to pay for.
READ = 1_000

# Varieties that are written so much alike that their probabilities belong together.
_WITHIN = {"yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar", "nn": "no", "nb": "no", "sa": "hi"}
_NO_LANGUAGE = "zxx"


@dataclass(frozen=True, slots=True)
class LanguageDetector:
    """Threads may share it."""

    identifier: Any

    @classmethod
    def load(cls) -> LanguageDetector:
        """Raises MissingExtra where py3langid is not installed."""
        return _loaded()

    @property
    def identity(self) -> str:
        """Changes whenever the same text might get another language."""
        return f"py3langid {version('py3langid')} {SURE}"

    def detect(self, text: str) -> str:
        """The ISO 639-1 code of the language (639-3 where that has none), or `und`."""
        shares = Counter[str]()
        for code, share in self.identifier.rank(" ".join(text[:READ].split())):
            shares[_WITHIN.get(code, code)] += share
        code, share = max(shares.items(), key=lambda item: item[1])
        return UNKNOWN if share < SURE or code == _NO_LANGUAGE else code


@cache
def _loaded() -> LanguageDetector:
    library = need("py3langid.langid", "languages")
    kind = library.LanguageIdentifier
    return LanguageDetector(kind.from_model_file(library.MODEL_FILE, norm_probs=True))

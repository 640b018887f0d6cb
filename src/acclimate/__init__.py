"""Acclimate adapts dense retrievers to collections that nobody has labelled.

import acclimate

acclimate.adapt("my-documents/", out="run", recipe="offline")
acclimate.search("run/model", "my-documents/", "how do I get a refund", k=10)
acclimate.evaluate("run/model", "judged/", measures="nDCG@10 R@100").measures
"""

from importlib import import_module

# Four functions are called like the folder that holds their code. Importing a folder sets the
# name to the module; it happens once, so it happens here, before the functions take the names.
for _folder in ("adapt", "evaluate", "search", "train"):
    import_module(f"{__name__}.{_folder}")

from acclimate.api import (  # noqa: E402
    DEFAULT_MEASURES,
    Found,
    adapt,
    align,
    compare,
    debias,
    distill,
    evaluate,
    experiment,
    index,
    mine_bitext,
    open_index,
    plan,
    search,
    train,
    update_index,
)
from acclimate.corpus import Corpus, CorpusSettings, list_corpora, open_corpus  # noqa: E402
from acclimate.engine.records import Answer, SearchOptions  # noqa: E402
from acclimate.engine.settings import IndexSettings  # noqa: E402
from acclimate.errors import AcclimateError  # noqa: E402
from acclimate.multilingual.pair_settings import (  # noqa: E402
    AlignSettings,
    DistillSettings,
)
from acclimate.recipes import (  # noqa: E402
    apply_overrides,
    describe,
    list_recipes,
    load_recipe,
)
from acclimate.settings import Recipe  # noqa: E402

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_MEASURES",
    "AcclimateError",
    "AlignSettings",
    "Answer",
    "Corpus",
    "CorpusSettings",
    "DistillSettings",
    "Found",
    "IndexSettings",
    "Recipe",
    "SearchOptions",
    "__version__",
    "adapt",
    "align",
    "apply_overrides",
    "compare",
    "debias",
    "describe",
    "distill",
    "evaluate",
    "experiment",
    "index",
    "list_corpora",
    "list_recipes",
    "load_recipe",
    "mine_bitext",
    "open_corpus",
    "open_index",
    "plan",
    "search",
    "train",
    "update_index",
]

"""What Acclimate does, each as one function; the command line calls these and nothing else.

Whatever takes long to import is imported inside, so that `import acclimate` does not wait for it.
"""

from acclimate.api.adaptation import (
    adapt,
    experiment,
    experiment_cells,
    plan,
    train,
)
from acclimate.api.languages import (
    align,
    debias,
    distill,
    mine_bitext,
)
from acclimate.api.measuring import (
    DEFAULT_MEASURES,
    compare,
    evaluate,
    evaluate_captions,
    evaluate_language_bias,
    evaluate_mining,
    evaluate_sts,
    evaluate_translations,
)
from acclimate.api.searching import (
    Found,
    export_vectors,
    index,
    is_index,
    open_index,
    search,
    search_by_picture,
    search_index,
    search_index_by_picture,
    update_index,
    weigh_by_judgments,
    weigh_by_run,
)

__all__ = [
    "DEFAULT_MEASURES",
    "Found",
    "adapt",
    "align",
    "compare",
    "debias",
    "distill",
    "evaluate",
    "evaluate_captions",
    "evaluate_language_bias",
    "evaluate_mining",
    "evaluate_sts",
    "evaluate_translations",
    "experiment",
    "experiment_cells",
    "export_vectors",
    "index",
    "is_index",
    "mine_bitext",
    "open_index",
    "plan",
    "search",
    "search_by_picture",
    "search_index",
    "search_index_by_picture",
    "train",
    "update_index",
    "weigh_by_judgments",
    "weigh_by_run",
]

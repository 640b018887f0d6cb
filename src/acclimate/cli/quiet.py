"""Third-party chatter, turned off in one place: stdout is for results, stderr for our progress."""

from __future__ import annotations

import logging
import os
import sys
import warnings


def silence(debug: bool) -> None:
    """Before any model library is imported; with `debug` the warnings stay."""
    # The tokenizers' threads would fight with torch's over the same cores, and warn of it.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    if debug:
        return
    warnings.filterwarnings("ignore")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    if not sys.stderr.isatty():  # else a download of gigabytes may well show how far it is
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    for name in ("sentence_transformers", "transformers", "torch", "pypdf"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not any(isinstance(finder, _AfterTransformers) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterTransformers())


class _AfterTransformers:
    """Turns off the bars that transformers shows while it loads weights, once it is imported.

    There is no environment variable for them, and importing transformers here would cost a
    command that needs no model two seconds.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "transformers.modeling_utils":
            sys.meta_path.remove(self)
            from huggingface_hub.utils.tqdm import enable_progress_bars
            from transformers.utils import logging as loading

            loading.disable_progress_bar()  # type: ignore[no-untyped-call]
            # That turned off the hub's bars too, for which there is a variable.
            if not os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS"):
                enable_progress_bars()

"""Where Acclimate keeps what it converts once."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The cache of converted models; ACCLIMATE_CACHE moves it."""
    return Path(os.environ.get("ACCLIMATE_CACHE") or platformdirs.user_cache_dir("acclimate"))

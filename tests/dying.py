"""Processes that kill themselves when a certain file is about to appear.

Everything that counts appears by a rename, so that just before one is where a kill hurts.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any


def arm(fatal: str, nth: int) -> None:
    """Die of the nth rename to a path that is like `fatal`."""
    for name in ("rename", "replace"):
        setattr(os, name, _deadly(getattr(os, name), fatal, nth))


def _deadly(rename: Callable[..., None], fatal: str, nth: int) -> Callable[..., None]:
    seen = 0

    def instead(source: Any, target: Any, **options: Any) -> None:
        nonlocal seen
        seen += fnmatch(str(target), fatal)
        if seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target, **options)

    return instead

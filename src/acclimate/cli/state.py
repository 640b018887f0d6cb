"""What the command line must know when something fails, whichever verb was running."""

from __future__ import annotations

import os
from dataclasses import dataclass

from acclimate.cli.failures import DEBUG_VARIABLE


@dataclass
class State:
    """Of this process's one command."""

    debug: bool = False
    #: The verb keeps what it has done, so that the same command goes on from there.
    resumable: bool = False

    def reset(self) -> None:
        """As at the start of a command."""
        self.debug = os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")
        self.resumable = False


STATE = State()

"""API keys: kept as hashes, and compared in a time that tells nothing."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import UsageError

#: A key shorter than this can be guessed.
SHORT = 16

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that may write; none where no file was named."""

    digests: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Keys:
        """Read a file of keys: one a line; empty lines and those that begin with # do not count.

        Raises UsageError where there is no such file, or no key in it.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{path}: the key file cannot be read ({error}); name a text file with a key a line"
            ) from error
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise UsageError(f"{path}: no key in it; write at least one, a line each")
        _warn(path, keys)
        return cls(tuple(_digest(key.encode()) for key in keys))

    def __bool__(self) -> bool:
        return bool(self.digests)

    def knows(self, key: bytes) -> bool:
        """Whether it is one of the keys; always compares with all of them."""
        asked = _digest(key)
        # All of them first: any() by itself would stop at the one that fits.
        fits = [hmac.compare_digest(asked, known) for known in self.digests]
        return any(fits)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _warn(path: Path, keys: list[str]) -> None:
    mode = path.stat().st_mode
    if mode & 0o077:
        _log.warning(
            "%s can be read by others (mode %03o); run: chmod 600 %s", path, mode & 0o777, path
        )
    short = sum(len(key) < SHORT for key in keys)
    if short:
        _log.warning("%s: %d keys have fewer than %d characters", path, short, SHORT)

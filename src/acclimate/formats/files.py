"""Reading a file line by line, and writing one that is either whole or absent."""

from __future__ import annotations

import gzip
import io
import os
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from acclimate.errors import InputError, UsageError

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, gzipped where the name ends in .gz, with their line ends.

    Only a line feed ends a line: text may hold any other separator that Unicode knows.
    """
    number = 0
    try:
        with _open(path) as handle:
            for number, raw in enumerate(handle, 1):
                yield decode(raw, path, number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path}:{number + 1}: the gzip data ends early or is damaged ({error}); "
            "fetch or compress the file again"
        ) from error
    except OSError as error:
        raise _unopened(path, error) from error


def read_chunks(path: Path, size: int = 1 << 16) -> Iterator[bytes]:
    """The bytes of a file piece by piece, gunzipped where the name ends in .gz."""
    try:
        with _open(path) as handle:
            while chunk := handle.read(size):
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path}: the gzip data ends early or is damaged ({error}); "
            "fetch or compress the file again"
        ) from error
    except OSError as error:
        raise _unopened(path, error) from error


def read_bytes(path: Path) -> bytes:
    """All the bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unopened(path, error) from error


def decode(raw: bytes, path: Path, number: int = 1) -> str:
    """Text of UTF-8 bytes that begin on a line of this number; a byte order mark is dropped."""
    if number == 1:
        if _looks_like_utf16(raw[:64]):
            raise InputError(
                f"{path}: looks like UTF-16, not UTF-8 (starts with {raw[:4]!r}); "
                "convert it with: iconv -f UTF-16 -t UTF-8"
            )
        raw = raw.removeprefix(_UTF8_MARK)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = number + raw.count(b"\n", 0, error.start)
        raise InputError(
            f"{path}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8; convert the file first, "
            "for example: iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


def _looks_like_utf16(start: bytes) -> bool:
    """By its mark, or because every other byte of its Latin letters is zero."""
    zeros = max(start[::2].count(0), start[1::2].count(0))
    return start.startswith(_UTF16_MARKS) or zeros > len(start) // 4


@contextmanager
def atomic_write(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text handle; the file appears whole at the end of the block, or not at all."""
    with atomic_write_bytes(path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
        try:
            yield text
        finally:
            text.detach()  # flushes, and leaves the closing to the writer below


@contextmanager
def atomic_write_bytes(path: Path) -> Iterator[BinaryIO]:
    """A binary handle; the file appears whole at the end of the block, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target: a rename is atomic only within one file system.
    aside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with open(aside, "xb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(aside, path)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(aside):
            error.filename = str(path)  # the name that people know
        raise
    _remember_rename(path.parent)


def check_writable(path: Path) -> None:
    """Raise UsageError for a file that could not be written when a long work is done."""
    parent = next(each for each in path.absolute().parents if each.exists())
    if path.is_dir() or not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UsageError(
            f"{path}: no file can be written there; name a file in a folder that may be written to"
        )


def _remember_rename(folder: Path) -> None:
    """Make the rename itself survive a power cut, where folders can be synchronised at all."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"))
    return open(path, "rb")


def _unopened(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(f"{path}: cannot be read ({reason}); check the name and its permissions")

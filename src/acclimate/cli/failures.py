"""From an exception to one line that says what to do, and the exit code that scripts rely on."""

from __future__ import annotations

import errno
import sys
import traceback

from rich.console import Console

from acclimate.errors import AcclimateError

DEBUG_VARIABLE = "ACCLIMATE_DEBUG"
INTERRUPTED = 130

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space and run the command again",
    errno.EDQUOT: "your quota on this disk is used up; free some space and run it again",
    errno.EACCES: "permission denied; change the file's rights or name another place",
    errno.EPERM: "permission denied; change the file's rights or name another place",
    errno.EROFS: "the file system is read-only; name another place",
    errno.EMFILE: "too many open files; raise the limit with: ulimit -n 4096",
    errno.ENOENT: "there is no such file or folder; check the name",
    errno.ENOTDIR: "part of the path is a file; name another place",
    errno.EISDIR: "it is a folder where a file was expected; name another place",
    errno.EEXIST: "it is there already; name another place",
}


def report(error: BaseException, resumable: bool, debug: bool) -> int:
    """Say on stderr what went wrong; returns the exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if debug and not isinstance(error, KeyboardInterrupt):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, KeyboardInterrupt):
        again = "; run the same command again to go on from here" if resumable else ""
        console.print(f"stopped{again}", style="yellow", markup=False)
        return INTERRUPTED
    console.print("error:", style="bold red", end=" ")
    console.print(_line(error, resumable), markup=False)
    for note in getattr(error, "__notes__", ()):
        console.print(note, markup=False)
    return error.exit_code if isinstance(error, AcclimateError) else 1


def _line(error: BaseException, resumable: bool) -> str:
    again = " A second run goes on where this one stopped." if resumable else ""
    if isinstance(error, AcclimateError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{_REMEDIES[error.errno]}.{again}"
    if isinstance(error, MemoryError):
        return f"out of memory; use a smaller model or batch, or a larger machine.{again}"
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return (
        f"unexpected {type(error).__name__}: {first[:300]}. Set {DEBUG_VARIABLE}=1 and run it "
        f"again for the traceback, and please report it with that.{again}"
    )

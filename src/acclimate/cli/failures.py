"""From an exception to one line that says what to do, and the exit code that scripts rely on."""

from __future__ import annotations

import errno
import re
import sys
import traceback

from rich.console import Console

from acclimate.errors import AcclimateError, UsageError

DEBUG_VARIABLE = "ACCLIMATE_DEBUG"
INTERRUPTED = 130

#: What the machine lacks; the same command can end well.
_LACKS = {
    errno.ENOSPC: "the disk is full; free some space and run the command again",
    errno.EDQUOT: "your quota on this disk is used up; free some space and run it again",
    errno.EMFILE: "too many open files; raise the limit with: ulimit -n 4096",
}
#: A path that cannot be what it was named for, which is wrong use.
_BAD_PATHS = {
    errno.EACCES: "permission denied; change the file's rights or name another place",
    errno.EPERM: "permission denied; change the file's rights or name another place",
    errno.EROFS: "the file system is read-only; name another place",
    errno.ENOENT: "there is no such file or folder; check the name",
    errno.ENOTDIR: "part of the path is a file; name another place",
    errno.EISDIR: "it is a folder where a file was expected; name another place",
    errno.EEXIST: "it is there already; name another place",
}
#: How libraries in Rust, such as safetensors and tokenizers, say an operating system's error.
_RUST = re.compile(r"\(os error (\d+)\)")


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
    if _number(error) in _BAD_PATHS:
        return UsageError.exit_code
    return error.exit_code if isinstance(error, AcclimateError) else 1


def _line(error: BaseException, resumable: bool) -> str:
    again = " A second run goes on where this one stopped." if resumable else ""
    if isinstance(error, AcclimateError):
        return str(error)
    number = _number(error)
    filename = getattr(error, "filename", None)
    place = f"{filename}: " if filename else ""
    if number in _BAD_PATHS:
        return f"{place}{_BAD_PATHS[number]}."
    if number in _LACKS:
        return f"{place}{_LACKS[number]}.{again}"
    if isinstance(error, MemoryError):
        return f"out of memory; use a smaller model or batch, or a larger machine.{again}"
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return (
        f"unexpected {type(error).__name__}: {first[:300]}. Set {DEBUG_VARIABLE}=1 and run it "
        f"again for the traceback, and please report it with that.{again}"
    )


def _number(error: BaseException) -> int:
    """The operating system's number of an error; 0 for one that is not its."""
    if isinstance(error, OSError):
        return error.errno or 0
    said = None if isinstance(error, AcclimateError) else _RUST.search(str(error))
    return int(said[1]) if said else 0

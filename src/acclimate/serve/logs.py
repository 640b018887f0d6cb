"""Logs as JSON, one object a line on stderr, without the text of queries or documents."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

#: What is logged under this key of a record's `extra` stands among the line's own fields.
FIELDS = "fields"


class JsonLines(logging.Formatter):
    """A record as one line. Of an exception only its type and places are told: its message may
    quote what a client sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said["exception"] = type(record.exc_info[1]).__name__
            said["places"] = places(record.exc_info[1])
        return json.dumps(said, ensure_ascii=True, default=str)


def places(error: BaseException) -> list[str]:
    """Where an exception came from, outermost first: file, line and function."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def log_to_stderr() -> None:
    """Send this package's log, and the server's, to stderr as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name in ("acclimate", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
    # One line a request is ours (watch.py); this one would hold the address with the query in it.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("py.warnings").handlers = [handler]
    logging.captureWarnings(True)

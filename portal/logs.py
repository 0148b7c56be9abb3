"""Program logs: one JSON object a line in WORKSPACE/logs/YYYY-MM-DD.jsonl (mode 0600), without secrets.

Members: at (RFC 3339, UTC), level, logger, message, pid, and for errors error (class) and trace.

Two guards keep secrets out: `conceal` registers every secret that this process reads (passwords, API keys, values of
environment variables that the configuration refers to) and each is replaced wherever it stands in a line; and
everything in an URL behind its host is cut, because node and mail services put keys there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
import traceback
from pathlib import Path
from typing import Final

KEPT_DAYS: Final = 30
MAX_LINE: Final = 16 * 1024  # a longer message is cut: a log is read by people

_MASK: Final = "[secret]"
_URL: Final = re.compile(r"\b([a-z][a-z0-9+.\-]{1,20})://([^\s\"'<>\\]+)", re.IGNORECASE)
_MIN_SECRET: Final = 4  # shorter ones would mask ordinary words
_secrets: set[str] = set()


def conceal(secret: str) -> str:
    """Register a secret that must never reach a log line, and return it."""
    if len(secret) >= _MIN_SECRET:
        _secrets.add(secret)
    return secret


def cleaned(text: str) -> str:
    """`text` without registered secrets and without what URLs carry besides scheme and host."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _MASK)
        escaped = json.dumps(secret)[1:-1]
        if escaped != secret:
            text = text.replace(escaped, _MASK)
    return _URL.sub(_mask_url, text)


class JsonLines(logging.Handler):
    """Appends each record to the day's file; opened per record, so that files can be moved away at any time."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a log that cannot be written must not stop the work."""
        try:
            line = json.dumps(entry(record), ensure_ascii=False) + "\n"
            path = self.folder / f"{time.strftime('%Y-%m-%d', time.gmtime(record.created))}.jsonl"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "a") as file:
                file.write(line)
        except OSError:
            self.handleError(record)


def entry(record: logging.LogRecord) -> dict[str, str | int]:
    """The members of one line."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
    members: dict[str, str | int] = {
        "at": at,
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": cleaned(record.getMessage())[:MAX_LINE],
        "pid": record.process or 0,
    }
    if record.exc_info and record.exc_info[0] is not None:
        members["error"] = record.exc_info[0].__name__
        members["trace"] = cleaned("".join(traceback.format_exception(*record.exc_info)))[-MAX_LINE:]
    return members


def start(folder: Path) -> None:
    """Send this process's logs to `folder`, and nothing to the terminal; remove files older than 30 days."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, JsonLines)]:
        root.removeHandler(handler)
    root.addHandler(JsonLines(folder))
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    dbos = logging.getLogger("dbos")  # it adds a console handler of its own unless it finds one
    dbos.handlers = [logging.NullHandler()]
    dbos.propagate = True
    oldest = time.strftime("%Y-%m-%d", time.gmtime(time.time() - KEPT_DAYS * 86_400))
    for file in folder.glob("????-??-??.jsonl"):
        if file.stem < oldest:
            file.unlink(missing_ok=True)


def started() -> bool:
    """Whether this process writes logs."""
    return any(isinstance(handler, JsonLines) for handler in logging.getLogger().handlers)


def _mask_url(match: re.Match[str]) -> str:
    scheme, rest = match[1], match[2]
    authority = re.split(r"[/?#]", rest, maxsplit=1)
    host = authority[0].rpartition("@")[2]
    cut = "/…" if len(authority) > 1 and authority[1] else ""
    return f"{scheme}://{host}{cut}"

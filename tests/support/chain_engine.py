"""Databases with the chain tables, for tests of sending and following: SQLite as portal opens it, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import Engine

from onchain.store import metadata
from portal.database import open_engine, sqlite_url


@contextmanager
def chain_engine(url_or_path: str | Path) -> Iterator[Engine]:
    """An engine on an SQLite file or a PostgreSQL URL, with the chain tables made where they are missing."""
    url = sqlite_url(url_or_path) if isinstance(url_or_path, Path) else url_or_path
    engine = open_engine(url)
    try:
        metadata.create_all(engine)
        yield engine
    finally:
        engine.dispose()

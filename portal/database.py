"""The workspace's database: one SQLAlchemy engine for our tables, one for the engine's records, and the migrations.

SQLite (the default) runs in WAL mode with full synchronisation, foreign keys, secure deletion and a busy timeout of
30 s. Rules that the rest of the house relies on:

* `engine.begin()` takes the write lock at once (BEGIN IMMEDIATE): a read inside it cannot be outdated when the write
follows.
* `engine.connect()` is for reading: one snapshot, and writers go on meanwhile.  Nothing is written through it.

PostgreSQL is used through psycopg.  `connect()` is one snapshot there too (REPEATABLE READ); `begin()` is READ
COMMITTED and takes no lock by itself: whoever writes what depends on a row locks it first (SELECT ... FOR UPDATE).

DBOS keeps its tables in the same database; it begins its transactions itself, so it gets an engine of its own from
`records_engine`, with the same pragmas.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from portal.errors import DatabaseMissing, DatabaseNewer, DatabaseOutdated, DatabaseUnreachable
from portal.migrations import HEAD, KNOWN

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 30_000  # as long as DBOS waits for the write lock

_WRITE = "tallystick_write"
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",  # first: setting WAL needs the lock as well
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


class SnapshotEngine(Engine):
    """A PostgreSQL engine whose `connect()` reads one snapshot; see the module's rules."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes; each of its statements sees what was committed before it."""
        with self.connect() as connection:
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                yield connection


class WriteFirstEngine(Engine):
    """An SQLite engine whose `begin()` holds the write lock from its first statement on."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes; see the module's rules."""
        with self.connect() as connection:
            connection.execution_options(**{_WRITE: True})
            with connection.begin():
                yield connection


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite:///{path}"


def is_sqlite(url: str) -> bool:
    """Whether `url` names an SQLite file."""
    return url.startswith("sqlite")


def open_engine(url: str) -> Engine:
    """The engine for our tables; the caller disposes of it.

    url   sqlite:///FILE or postgresql://...
    """
    if not is_sqlite(url):
        snapshots = sa.create_engine(_psycopg(url), pool_pre_ping=True, isolation_level="REPEATABLE READ")
        return SnapshotEngine(snapshots.pool, snapshots.dialect, snapshots.url)
    plain = sa.create_engine(url)
    _listen_pragmas(plain, isolation_level=None)
    engine = WriteFirstEngine(plain.pool, plain.dialect, plain.url)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def records_engine(url: str) -> Engine:
    """An engine in the form that DBOS expects (it begins its transactions itself); the caller disposes of it."""
    if not is_sqlite(url):
        return sa.create_engine(_psycopg(url), pool_pre_ping=True)
    engine = sa.create_engine(url, pool_size=20, max_overflow=0, pool_timeout=30)
    _listen_pragmas(engine, isolation_level="IMMEDIATE")
    return engine


def migrate(engine: Engine) -> None:
    """Make or bring up to date our tables, in one transaction; does nothing when they are.

    Raises DatabaseNewer, DatabaseUnreachable.
    """
    from alembic import command

    if revision(engine) == HEAD:
        return
    _refuse_newer(revision(engine))
    config = _alembic()
    with _reachable(engine), engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision(engine: Engine) -> str | None:
    """The revision of our tables, None where there are none.  Raises DatabaseUnreachable."""
    with _reachable(engine), engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return found


def require_current(engine: Engine) -> None:
    """Return when the tables are those of this release.

    Raises DatabaseMissing, DatabaseOutdated, DatabaseNewer, DatabaseUnreachable.
    """
    found = revision(engine)
    if found is None:
        raise DatabaseMissing(shown(engine.url))
    _refuse_newer(found)
    if found != HEAD:
        raise DatabaseOutdated(found, HEAD)


def shown(url: sa.URL | str) -> str:
    """A database's URL without its password, for messages."""
    return sa.make_url(url).render_as_string(hide_password=True)


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in KNOWN:
        raise DatabaseNewer(found, HEAD)


def _alembic() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _psycopg(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _listen_pragmas(engine: Engine, *, isolation_level: str | None) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # None: the driver begins nothing by itself.  "IMMEDIATE": it begins so before each writing statement.
        connection.isolation_level = isolation_level
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()


@contextmanager
def _reachable(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as exc:
        raise DatabaseUnreachable(shown(engine.url), str(exc.orig)) from exc
    except SQLAlchemyError as exc:
        raise DatabaseUnreachable(shown(engine.url), str(exc)) from exc

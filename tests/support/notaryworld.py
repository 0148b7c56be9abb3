"""A workspace's notary without its doors: database, vault and log key in a folder, a clock that the test holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from notary import store
from notary.context import NotaryContext
from notary.custody.vault import Vault
from notary.log import ledger
from notary.log.notekey import NoteKey
from notary.sealing import cases
from portal.database import open_engine, sqlite_url

ORIGIN = "tallystick.test/0123abcd"
NOW = 1_790_000_000


@dataclass
class HeldClock:
    """Time that moves only when the test says so."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class World:
    """folder: everything on disk; files: where tests put evidence."""

    folder: Path
    ctx: NotaryContext
    clock: HeldClock = field(default_factory=HeldClock)

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def put(self, name: str, data: bytes = b"evidence") -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def put_many(self, count: int, size: int = 100) -> Path:
        for i in range(count):
            self.put(f"f{i:05}.txt", b"%d:" % i + bytes(size))
        return self.files

    def with_context(self, **changes: object) -> NotaryContext:
        self.ctx = replace(self.ctx, **changes)  # type: ignore[arg-type]  # the test names the fields
        return self.ctx


def open_context(folder: Path, clock: Callable[[], int], url: str | None = None) -> NotaryContext:
    """Open, or first make, what is in `folder`; its database is there, or at `url`."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url or sqlite_url(folder / "db.sqlite"))
    if not (folder / "log-key").exists():
        with engine.begin() as connection:
            store.metadata.create_all(connection)
    key = NoteKey.create(folder / "log-key" / "note.key", ORIGIN)
    ledger.ensure_log(engine, key, clock())
    return NotaryContext(
        engine,
        Vault.create(folder / "case-keys"),
        key,
        clock,
        actor="test",
        tool="tallystick/test",
        blobs=folder / "blobs",
    )


@contextmanager
def world(folder: Path, case: str | None = "acme", url: str | None = None) -> Iterator[World]:
    """A new workspace with one open case."""
    clock = HeldClock()
    ctx = open_context(folder / "workspace", clock, url)
    made = World(folder, ctx, clock)
    made.files.mkdir(parents=True)
    if case is not None:
        cases.create_case(ctx, case, "Acme v. Widget", ("Acme Ltd", "Widget GmbH"))
    try:
        yield made
    finally:
        ctx.engine.dispose()

"""notary.log.log_export: a folder that holds a log is only ever continued, never mixed with another one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.notaryworld import ORIGIN, World, open_context, world

from notary.context import NotaryContext
from notary.log import ledger, log_export
from notary.log.ledger import Head
from notary.log.log_audit import audit
from notary.log.log_source import open_tree
from notary.log.notekey import NoteKey
from notary.sealing.seal import seal
from notary.service_errors import ExportRefused
from notary.store import LOG_CLOSED, logs
from notary.verdicts.verdict import Status

FILES = 260  # more than a full tile


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put_many(FILES)
        seal(made.ctx, "acme", [made.files])
        yield made


def export(ctx: NotaryContext, folder: Path) -> Head | None:
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
    return log_export.export(ctx.engine, log, folder)


def sound(ctx: NotaryContext, folder: Path) -> bool:
    """Whether all that can be said without a chain is good: checkpoint, entries, case heads."""
    found = audit(open_tree(str(folder)), key=ctx.note_key.public, chain=None).findings
    return all(one.status is Status.PASSED for one in found if one.reason != "no-chain")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(ctx: NotaryContext, folder: Path, match: str) -> None:
    before = files_of(folder)
    with pytest.raises(ExportRefused, match=match):
        export(ctx, folder)
    assert files_of(folder) == before


def test_export_continues_what_it_wrote_before(w: World, tmp_path: Path) -> None:
    export(w.ctx, tmp_path / "mirror")
    w.put("new", b"new")
    seal(w.ctx, "acme", [w.files / "new"])
    export(w.ctx, tmp_path / "mirror")
    export(w.ctx, tmp_path / "fresh")
    assert sound(w.ctx, tmp_path / "mirror")
    assert files_of(tmp_path / "mirror").items() >= files_of(tmp_path / "fresh").items()


def test_an_heir_is_not_written_over_the_log_that_gave_way(w: World, tmp_path: Path) -> None:
    export(w.ctx, tmp_path / "mirror")
    key = NoteKey.create(tmp_path / "note-2.key", f"{ORIGIN}/2")
    with w.ctx.engine.begin() as connection:
        old = ledger.log_of(connection, w.ctx.note_key)
        connection.execute(sa.update(logs).values(state=LOG_CLOSED, kept=old.size))
    ledger.ensure_log(w.ctx.engine, key, w.clock())
    heir = replace(w.ctx, note_key=key)
    w.put_many(FILES, size=101)
    seal(heir, "acme", [w.files])
    refused(heir, tmp_path / "mirror", f"it holds the log {ORIGIN}, not {ORIGIN}/2")
    export(heir, tmp_path / "mirror-2")
    assert sound(w.ctx, tmp_path / "mirror") and sound(heir, tmp_path / "mirror-2")


def test_a_backup_does_not_overwrite_what_is_newer_nor_another_history(w: World, tmp_path: Path) -> None:
    w.ctx.engine.dispose()
    shutil.copytree(tmp_path / "workspace", tmp_path / "backup")
    w.put("new", b"new")
    size = seal(w.ctx, "acme", [w.files / "new"]).head.size
    export(w.ctx, tmp_path / "mirror")
    backup = open_context(tmp_path / "backup", w.clock)
    refused(backup, tmp_path / "mirror", f"it holds {size} entries, the log has {size - 2} here")
    w.put("new", b"another one")
    seal(backup, "acme", [w.files / "new"])
    refused(backup, tmp_path / "mirror", f"at {size} entries it has root .*another history")
    assert sound(w.ctx, tmp_path / "mirror")
    backup.engine.dispose()


@pytest.mark.parametrize("lie", ["junk", "another key", "not text"])
def test_a_checkpoint_that_is_not_ours_is_refused(w: World, tmp_path: Path, lie: str) -> None:
    export(w.ctx, tmp_path / "mirror")
    other = NoteKey.create(tmp_path / "other.key", ORIGIN)
    forged = other.sign(1, bytes(32)).to_text().encode()
    data = {"junk": b"a\n1\n", "not text": b"\xff\xfe", "another key": forged}[lie]
    (tmp_path / "mirror" / "checkpoint").write_bytes(data)
    refused(w.ctx, tmp_path / "mirror", "its checkpoint is none of this log")


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000", f"case-heads/{FILES}.json"])
def test_what_a_cut_off_export_left_half_written_is_written_again(w: World, tmp_path: Path, name: str) -> None:
    """After a power cut a file may be there without its bytes; no checkpoint covers it then."""
    export(w.ctx, tmp_path / "mirror")
    (tmp_path / "mirror" / "checkpoint").unlink()
    (tmp_path / "mirror" / name).write_bytes(b"")
    export(w.ctx, tmp_path / "mirror")
    assert sound(w.ctx, tmp_path / "mirror")

"""The same commands on PostgreSQL: our tables and the engine's records in one database server."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from support.portalworld import deployed_workspace, finalise, tallystick
from support.postgres import postgres, postgres_bin
from support.signing import UNRECORDED

from portal.database import migrate, open_engine, revision
from portal.migrations import HEAD
from portal.migrations.tables import NAMES

pytestmark = pytest.mark.skipif(postgres_bin() is None, reason="PostgreSQL is not installed")


def test_evidence_and_plans_on_postgresql(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("I owe you 1200.\n")
    with postgres() as url, deployed_workspace(tmp_path / "w", options=("--database", url)) as w:
        assert not list(w.glob("tallystick.sqlite*"))
        tallystick("case", "new", "smith", workspace=w)
        tallystick("seal", "smith", tmp_path / "file.txt", workspace=w)
        anchor = tallystick("anchor", "--wait", "--trust-file", tmp_path / "trust.json", workspace=w).json["anchor"]
        assert anchor["status"] == "final"
        tallystick("receipts", "export", "smith", "--to", tmp_path / "r", workspace=w)
        verify = ("verify", tmp_path / "file.txt", "--receipt", tmp_path / "r", "--trust", tmp_path / "trust.json")
        assert tallystick(*verify).json["status"] == "PASSED"

        draft = ("plan", "draft", "p", "--debtor", "debtor", "--creditor", "creditor", "--token", "test")
        tallystick(*draft, "--total", "9", "--installments", "3", "--first-due", "2099-01-31", workspace=w)
        for key in ("debtor", "creditor"):
            tallystick("plan", "sign", "p", "--key", key, workspace=w)
        tallystick("plan", "open", "p", *UNRECORDED, workspace=w)
        tallystick("plan", "pay", "p", "--key", "friend", "--all", workspace=w)
        finalise(w)
        tallystick("keeper", "once", workspace=w)
        (plan,) = tallystick("plan", "list", workspace=w).json["plans"]
        assert (plan["status"], plan["principal_paid"]) == ("completed", "9000000")
        assert tallystick("doctor", workspace=w).json["healthy"] is True


def test_migrate_makes_the_tables_once() -> None:
    with postgres() as url:
        engine = open_engine(url)
        assert revision(engine) is None
        migrate(engine)
        migrate(engine)
        assert revision(engine) == HEAD
        assert set(sa.inspect(engine).get_table_names()) == NAMES | {"alembic_version"}
        engine.dispose()

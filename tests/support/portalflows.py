"""Workflows for tests of the runner."""

from __future__ import annotations

from pathlib import Path

from dbos import DBOS

from portal.errors import KeyMissing


@DBOS.workflow(name="test.count")
def count(path: str) -> int:
    return _add(path)


@DBOS.step(name="test.add")
def _add(path: str) -> int:
    file = Path(path)
    done = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(str(done))
    return done


@DBOS.workflow(name="test.refuse")
def refuse(name: str) -> str:
    raise KeyMissing(name)


@DBOS.workflow(name="test.break")
def broken(text: str) -> str:
    raise FileNotFoundError(text)

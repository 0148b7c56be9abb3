"""Alembic migrations of our tables (onchain.store, notary.store, settlement.store), oldest first.

`HEAD` and `KNOWN` are written here by hand so that a command can compare revisions without importing Alembic; a test
holds them against the files.  To write the next migration: `python -m portal.migrations.autogenerate "what changes"`.
"""

from __future__ import annotations

from typing import Final

KNOWN: Final = ("0001",)  # every revision that this release can read or bring up to date, oldest first
HEAD: Final = KNOWN[-1]

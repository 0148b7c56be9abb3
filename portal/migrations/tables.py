"""The tables that the migrations are about: those of the three stores, and no others in the same database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData, Table
from sqlalchemy.sql.schema import SchemaItem

import notary.store
import onchain.store
import settlement.store

METADATA: Final[tuple[MetaData, ...]] = (onchain.store.metadata, notary.store.metadata, settlement.store.metadata)
NAMES: Final = frozenset(name for metadata in METADATA for name in metadata.tables)


def ours(item: SchemaItem, name: str | None, kind: str, reflected: bool, compare_to: SchemaItem | None) -> bool:
    """Alembic's filter: True for our tables and what is on them; DBOS's tables are its own."""
    del reflected, compare_to
    if kind == "table":
        return name in NAMES
    table = getattr(item, "table", None)
    return not isinstance(table, Table) or table.name in NAMES

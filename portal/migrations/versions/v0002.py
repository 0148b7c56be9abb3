"""Keep log entries in bundles of 256, as they are served, instead of a row each."""

from __future__ import annotations

from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BUNDLE = -1  # the level, in log_tiles, of entry bundles
WIDTH = 256

_metadata = sa.MetaData()
_entries = sa.Table(
    "log_entries",
    _metadata,
    sa.Column("log_id", sa.Integer, primary_key=True),
    sa.Column("idx", sa.BigInteger, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
_tiles = sa.Table(
    "log_tiles",
    _metadata,
    sa.Column("log_id", sa.Integer, primary_key=True),
    sa.Column("level", sa.Integer, primary_key=True),
    sa.Column("idx", sa.BigInteger, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


def upgrade() -> None:
    """Keep log entries in bundles of 256, as they are served, instead of a row each."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(_entries).order_by(_entries.c.log_id, _entries.c.idx)).all()
    for (log, index), group in groupby(rows, lambda row: (row.log_id, row.idx // WIDTH)):
        entries = list(group)
        if [row.idx for row in entries] != [index * WIDTH + at for at in range(len(entries))]:
            raise ValueError(
                f"log {log} lacks entries in the bundle {index}: restore a whole copy of the database first"
            )
        data = b"".join(len(row.data).to_bytes(2, "big") + row.data for row in entries)
        connection.execute(sa.insert(_tiles).values(log_id=log, level=BUNDLE, idx=index, data=data))
    op.drop_table("log_entries")

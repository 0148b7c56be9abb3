"""The tables of settlement (SQLAlchemy Core, in the workspace's database). The schema is made by portal's migrations.

    plans ──< contacts            who is written to about a plan
          ──< actions             what the keeper does: one row for each key, for ever
          ──< signing_records     who each party is: sealed, by digest, or why there is none
          ──< settlement_events   final events, for plans and escrows alike
    escrows ──< settlement_events

    plan     draft -> signed -> open -> completed
    escrow   draft -> signed -> open -> funded -> released | refunded | reclaimed
    action   pending -> sent -> done          sent: a transaction that is not final yet
             pending -> suppressed            its reason has gone before it was done
             pending -> quarantined           refused again and again; `retry` makes it pending

A plan's account is the pure mirror's fold over its final events; it is written in one transaction with those events and
the cursor (applied_block, applied_index) that says how far they go.  Amounts are JSON integers of any size, times Unix
seconds, ids and addresses 0x hex, signatures bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What a plan or an escrow may be in this workspace.
DRAFT: Final = "draft"
SIGNED: Final = "signed"  # by both parties
OPEN: Final = "open"  # the opening is final
COMPLETED: Final = "completed"
FUNDED: Final = "funded"
RELEASED: Final = "released"
REFUNDED: Final = "refunded"
RECLAIMED: Final = "reclaimed"

# What an action may be.
PENDING: Final = "pending"
SENT: Final = "sent"
DONE: Final = "done"
SUPPRESSED: Final = "suppressed"
QUARANTINED: Final = "quarantined"

# What a party's signing record may be; none at all until then.
SEALED: Final = "sealed"
DECLINED: Final = "declined"

BEFORE_ALL: Final = -1
"""Cursor of a plan or escrow to which no event was applied."""


def _one_of(*words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"status IN ({listed})", name="status")


plans = sa.Table(
    "plans",
    metadata,
    sa.Column("plan_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),  # what the parties call it
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("book", sa.Text, nullable=False),
    sa.Column("terms", sa.Text, nullable=False),  # the signed document, JSON
    sa.Column("collateral_terms", sa.Text),  # JSON, where the terms name a collateral module
    sa.Column("debtor_signature", sa.LargeBinary),
    sa.Column("creditor_signature", sa.LargeBinary),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("symbol", sa.Text, nullable=False),  # of the token, made harmless
    sa.Column("decimals", sa.Integer, nullable=False),  # of the token
    sa.Column("account", sa.Text),  # JSON of the mirror's Account as of the cursor; null before the opening is final
    sa.Column("security", sa.Text),  # JSON of the collateral's position as of the cursor
    sa.Column("applied_block", sa.BigInteger, nullable=False),
    sa.Column("applied_index", sa.BigInteger, nullable=False),
    sa.Column("caught_up", sa.Boolean, nullable=False),  # whether events from before the plan came here were applied
    sa.Column("trouble", sa.Text),  # why its events do not fit; nothing is done for such a plan
    sa.Column("next_due_at", sa.BigInteger, index=True),  # due date of the oldest uncleared installment
    sa.Column("wake_at", sa.BigInteger, index=True),  # when time alone may make something due; null: never
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    _one_of(DRAFT, SIGNED, OPEN, COMPLETED),
)

escrows = sa.Table(
    "escrows",
    metadata,
    sa.Column("escrow_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("book", sa.Text, nullable=False),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("payer_signature", sa.LargeBinary),
    sa.Column("payee_signature", sa.LargeBinary),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("symbol", sa.Text, nullable=False),
    sa.Column("decimals", sa.Integer, nullable=False),
    sa.Column("applied_block", sa.BigInteger, nullable=False),
    sa.Column("applied_index", sa.BigInteger, nullable=False),
    sa.Column("caught_up", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    _one_of(DRAFT, SIGNED, OPEN, FUNDED, RELEASED, REFUNDED, RECLAIMED),
)

settlement_events = sa.Table(
    "settlement_events",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),  # plan id or escrow id
    sa.Column("block_number", sa.BigInteger, primary_key=True),
    sa.Column("log_index", sa.BigInteger, primary_key=True),
    sa.Column("block_hash", sa.Text, nullable=False),
    sa.Column("tx_hash", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),  # time of the block
    sa.Column("contract", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("args", sa.Text, nullable=False),  # JSON
    sa.Column("stage", sa.Text),  # the notice that tells of it, if any
    sa.Column("mark", sa.Text),  # what names it in that notice's key
    sa.Column("told", sa.Boolean, nullable=False),  # whether its notices are in `actions`
    sa.Index("ix_settlement_events_untold", "told", "subject"),
)

settlement_cursors = sa.Table(
    "settlement_cursors",
    metadata,
    sa.Column("chain_id", sa.BigInteger, primary_key=True),
    sa.Column("block_number", sa.BigInteger, nullable=False),  # final events up to here were given to their plans
    sa.Column("log_index", sa.BigInteger, nullable=False),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("plan_id", sa.Text, sa.ForeignKey("plans.plan_id"), primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),  # an Apprise address; secrets only as ${NAME}
)

signing_records = sa.Table(
    "signing_records",
    metadata,
    sa.Column("plan_id", sa.Text, sa.ForeignKey("plans.plan_id"), primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column(
        "sha256", sa.LargeBinary
    ),  # 32 bytes, of the record's file; a salt in it keeps that from telling anything
    sa.Column("kept_in", sa.Text),  # the case that it is sealed in
    sa.Column("reason", sa.Text),  # why there is none
    sa.Column("at", sa.BigInteger, nullable=False),  # wall clock
    _one_of(SEALED, DECLINED),
    sa.CheckConstraint(
        f"(status = '{SEALED}') = (sha256 IS NOT NULL AND kept_in IS NOT NULL) "
        f"AND (status = '{DECLINED}') = (reason IS NOT NULL)",
        name="content",
    ),
)

actions = sa.Table(
    "actions",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("plan_id", sa.Text, sa.ForeignKey("plans.plan_id"), nullable=False, index=True),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("stage", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("locale", sa.Text),
    sa.Column("due_at", sa.BigInteger, nullable=False),  # chain time
    sa.Column("derived_at", sa.BigInteger, nullable=False),  # chain time
    sa.Column("status", sa.Text, nullable=False),
    sa.Column(
        "run", sa.Integer, nullable=False
    ),  # workflows that ended without doing it; the next one bears this number
    sa.Column("attempts", sa.Integer, nullable=False),  # times that it failed
    sa.Column("retry_at", sa.BigInteger, nullable=False),  # wall clock; not tried before
    sa.Column("error", sa.Text),
    sa.Column("message_id", sa.Text),
    sa.Column("answer", sa.Text),  # the server's own words
    sa.Column("tx_hash", sa.Text),
    sa.Column("done_at", sa.BigInteger),  # wall clock
    sa.Index("ix_actions_status", "status", "retry_at"),
    _one_of(PENDING, SENT, DONE, SUPPRESSED, QUARANTINED),
)


def insert_missing(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert the rows whose primary key is not there yet; returns how many were new."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        statement: sa.Insert = sqlite.insert(table).on_conflict_do_nothing()
    else:
        statement = postgresql.insert(table).on_conflict_do_nothing()
    new = 0
    for row in rows:
        new += connection.execute(statement, dict(row)).rowcount
    return new

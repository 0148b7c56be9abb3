"""Tables of this package, on their own `metadata`: transactions with their attempts, followers with what they saw.

The caller makes the engine (SQLite in WAL mode, or PostgreSQL) and the tables. Amounts beyond 63 bits are decimal
text; hashes are 32 bytes; times Unix seconds. What must happen only once is guarded by unique keys here, not by locks
in a process.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

MAX_KEY = 200  # characters of a transaction's key
MAX_NAME = 100  # characters of a follower's name

chain_transactions = sa.Table(
    "chain_transactions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("sender", sa.String(42), nullable=False),
    sa.Column("nonce", sa.BigInteger, nullable=False),
    sa.Column("key", sa.String(MAX_KEY), nullable=False, unique=True),  # names the effect: one key, one transaction
    sa.Column("to_address", sa.String(42)),  # NULL: creates a contract
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.String(78), nullable=False),  # wei
    sa.Column("gas", sa.BigInteger, nullable=False),  # limit
    sa.Column("status", sa.String(10), nullable=False),  # pending, included, final, failed
    sa.Column("settled", sa.Boolean, nullable=False),  # in a final block (or finally impossible): never looked at again
    sa.Column("block_number", sa.BigInteger),
    sa.Column("block_hash", sa.LargeBinary(32)),
    sa.Column("mined_hash", sa.LargeBinary(32)),  # which attempt was mined
    sa.Column("gas_used", sa.BigInteger),
    sa.Column("gas_price", sa.String(78)),  # wei per gas, as charged
    sa.Column("contract", sa.String(42)),  # that a creation made
    sa.Column("error", sa.Text),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("chain_id", "sender", "nonce", name="uq_chain_transactions_nonce"),
    sa.Index("ix_chain_transactions_unsettled", "chain_id", "sender", "settled"),
)

chain_attempts = sa.Table(
    "chain_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("transaction_id", sa.ForeignKey("chain_transactions.id"), nullable=False, index=True),
    sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("raw", sa.LargeBinary, nullable=False),  # signed; stored before it is sent
    sa.Column("max_fee", sa.String(78), nullable=False),  # wei per gas; with legacy fees the gas price
    sa.Column("max_priority_fee", sa.String(78), nullable=False),
    sa.Column("sent_at", sa.BigInteger),  # NULL: no node has taken it yet
)

chain_cursors = sa.Table(
    "chain_cursors",
    metadata,
    sa.Column("follower", sa.String(MAX_NAME), primary_key=True),
    sa.Column("chain_id", sa.BigInteger, primary_key=True),
    sa.Column("subject", sa.String(64), nullable=False),  # SHA-256 of what is followed; a change begins anew
    sa.Column("seen_number", sa.BigInteger, nullable=False),  # all logs up to here were read at the head
    sa.Column("final_number", sa.BigInteger, nullable=False),  # all logs up to here are final
    sa.Column("final_hash", sa.LargeBinary(32), nullable=False),
)

chain_blocks = sa.Table(
    "chain_blocks",
    metadata,
    sa.Column("follower", sa.String(MAX_NAME), primary_key=True),
    sa.Column("chain_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),  # blocks between final and seen, to walk back by
)

chain_events = sa.Table(
    "chain_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("follower", sa.String(MAX_NAME), nullable=False),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column("block_hash", sa.LargeBinary(32), nullable=False),
    sa.Column("log_index", sa.BigInteger, nullable=False),
    sa.Column("tx_hash", sa.LargeBinary(32), nullable=False),
    sa.Column("address", sa.String(42), nullable=False),
    sa.Column("topics", sa.LargeBinary(128), nullable=False),  # up to four of 32 bytes, one after the other
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("timestamp", sa.BigInteger, nullable=False),  # of the block
    sa.Column("final", sa.Boolean, nullable=False),
    sa.UniqueConstraint("follower", "chain_id", "block_hash", "log_index", name="uq_chain_events_log"),
    sa.Index("ix_chain_events_order", "follower", "chain_id", "block_number", "log_index"),
)

"""The notary's tables (SQLAlchemy Core, in the workspace's database). The schema is made by portal's migrations.

    logs ──< log_tiles, checkpoints     the append-only log, as it is served: only `logs` rows and the last tiles change
         ──< heads ──< case_heads                    the case-head map after each batch, as changes to the one before
         ──< anchors                                 one head on one chain: pending, included, final, failed
    cases ──< claims ── stored_documents             what was sealed; everything private encrypted under the case key
          ──< custody                                the case's custody chain

Nothing here tells what was sealed once the case's key is gone: names, sizes, digests and times of files stand only in
blobs wrapped by the case key (notary/vault.py), and tags are keyed hashes. Digests are 32 bytes, times Unix seconds.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What a log may be. Only an open log is sealed into.
LOG_OPEN: Final = "open"
LOG_BEHIND: Final = "behind"  # the chain holds a longer log: entries were lost here
LOG_FORKED: Final = "forked"  # the chain holds another history
LOG_CLOSED: Final = "closed"  # it ended on purpose, or gave way to a successor

# What an anchor may be. pending -> included -> final; included -> pending when its block is reorganised away;
# failed: the contract refused this head for good, or a later head took its place on the chain.
ANCHOR_PENDING: Final = "pending"
ANCHOR_INCLUDED: Final = "included"
ANCHOR_FINAL: Final = "final"
ANCHOR_FAILED: Final = "failed"

# Where a document's ciphertext is.
DOCUMENT_LOCAL: Final = "local"  # encrypted in the workspace's blobs, not known to be on the node
DOCUMENT_STORED: Final = "stored"  # on the node, pinned


def _log_id() -> sa.ForeignKey:
    return sa.ForeignKey("logs.id")


def _case_id() -> sa.ForeignKey:
    return sa.ForeignKey("cases.id")


logs = sa.Table(
    "logs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("origin", sa.Text, nullable=False, unique=True),
    sa.Column("note_key", sa.LargeBinary, nullable=False),  # 32 bytes, Ed25519 public key
    sa.Column("size", sa.BigInteger, nullable=False),  # entries; the row is also the log's lock
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("chain_salt", sa.LargeBinary, nullable=False),  # 32 bytes; with the creator's address gives the id below
    sa.Column("chain_log_id", sa.LargeBinary),  # 32 bytes, the log's id in the EvidenceLog contract, once created there
    sa.Column("chain_id", sa.BigInteger),
    sa.Column("contract", sa.LargeBinary),  # 20 bytes
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"state IN ('{LOG_OPEN}', '{LOG_BEHIND}', '{LOG_FORKED}', '{LOG_CLOSED}')", name="state"),
)

log_tiles = sa.Table(
    "log_tiles",
    metadata,
    sa.Column("log_id", sa.Integer, _log_id(), primary_key=True),
    sa.Column("level", sa.Integer, primary_key=True),
    sa.Column("idx", sa.BigInteger, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),  # up to 256 hashes; at level tiles.BUNDLE, 256 entries
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("log_id", sa.Integer, _log_id(), primary_key=True),
    sa.Column("size", sa.BigInteger, primary_key=True),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.Text, nullable=False),  # the signed note
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # its name: see vault.CASE_NAME
    sa.Column("blinded", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # wrapped: title, parties
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("case_id", sa.Text, _case_id(), nullable=False),
    sa.Column("log_id", sa.Integer, _log_id(), nullable=False),
    sa.Column("leaf_index", sa.BigInteger, nullable=False),
    sa.Column("heads_index", sa.BigInteger, nullable=False),  # the heads leaf that ended its batch
    sa.Column("commitment", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("path_tag", sa.LargeBinary, nullable=False),  # keyed hash of the file's absolute path
    sa.Column("content_tag", sa.LargeBinary, nullable=False),  # keyed hash of name, size and SHA-256
    sa.Column("secret", sa.LargeBinary, nullable=False),  # wrapped: secret, fields, path
    sa.Column("superseded_by", sa.BigInteger),  # leaf index, in the same log, of the claim that continues this one
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("log_id", "leaf_index"),
    sa.Index("ix_claims_case_id_content_tag", "case_id", "content_tag"),
    sa.Index(  # one current claim for each file: a doubled execution cannot seal it twice
        "uq_claims_current_path",
        "case_id",
        "path_tag",
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    ),
)

custody = sa.Table(
    "custody",
    metadata,
    sa.Column("case_id", sa.Text, _case_id(), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),  # wrapped: the entry's bytes
)

heads = sa.Table(
    "heads",
    metadata,
    sa.Column("log_id", sa.Integer, _log_id(), primary_key=True),
    sa.Column("idx", sa.BigInteger, primary_key=True),  # of the heads leaf in the log
    sa.Column("leaf", sa.LargeBinary, nullable=False),
)

case_heads = sa.Table(
    "case_heads",
    metadata,
    sa.Column("log_id", sa.Integer, _log_id(), primary_key=True),
    sa.Column("blinded", sa.LargeBinary, primary_key=True),
    sa.Column("idx", sa.BigInteger, primary_key=True),  # the first heads leaf whose map holds this state of the case
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("head", sa.LargeBinary, nullable=False),
)

anchors = sa.Table(
    "anchors",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # "anchor:<chain log id>:<size>": of the transaction too
    sa.Column("log_id", sa.Integer, _log_id(), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("contract", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("tx", sa.LargeBinary),  # hash of the transaction that included it
    sa.Column("block_number", sa.BigInteger),
    sa.Column("block_hash", sa.LargeBinary),
    sa.Column("proof", sa.LargeBinary),  # once final: the anchor as it stands in receipts, JCS
    sa.Column("error", sa.Text),  # of the last attempt
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Index("ix_anchors_log_id_size", "log_id", "size"),
    sa.CheckConstraint(
        f"status IN ('{ANCHOR_PENDING}', '{ANCHOR_INCLUDED}', '{ANCHOR_FINAL}', '{ANCHOR_FAILED}')", name="status"
    ),
)

stored_documents = sa.Table(
    "stored_documents",
    metadata,
    sa.Column("claim_id", sa.Integer, sa.ForeignKey("claims.id"), primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("cid", sa.Text, nullable=False),
    sa.Column("cipher_sha256", sa.LargeBinary, nullable=False),
    sa.Column("cipher_size", sa.BigInteger, nullable=False),
    sa.Column("chunk_size", sa.Integer, nullable=False),  # of the leaves that the CID was computed over
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),  # the content key: wrapped by HPKE, then by the case key
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"status IN ('{DOCUMENT_LOCAL}', '{DOCUMENT_STORED}')", name="status"),
)

"""The notary's tables (SQLAlchemy Core, in the workspace's database). The schema is made by portal's migrations.

    logs ──< log_tiles, checkpoints     the append-only log, as it is served: only `logs` rows and the last tiles change
         ──< heads ──< case_heads                    the case-head map after each batch, as changes to the one before
         ──< anchors                                 one head on one chain: pending, included, final, failed
         ──< stamps                                  one head's time stamp: RFC 3161 token, or .ots proof
    cases ──< claims ── stored_documents             what was sealed; everything private encrypted under the case key
          ──< custody, custody_batches               the case's custody chain, and who signed which part of it
          ──< evidence_records ──< evidence_files, evidence_stamps     RFC 4998 records; rows are only ever added
ended_claims                                         public: what was superseded, revoked or erased, by blinded case

Nothing here tells what was sealed once the case's key is gone: names, sizes, digests and times of files stand only in
blobs wrapped by the case key (notary/custody/vault.py), and tags are keyed hashes. Digests are 32 bytes, times Unix
seconds.
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
LOG_RECOVERED: Final = "recovered"  # entries are back, later ones may have been signed: anchored, not sealed into
LOG_FORKED: Final = "forked"  # the chain holds another history
LOG_CLOSED: Final = "closed"  # it ended on purpose, or gave way to a successor
LOG_WAITING: Final = "waiting"  # a successor whose predecessor is not closed on the chain yet

# What an anchor may be. pending -> included -> final; included -> pending when its block is reorganised away;
# failed: the contract refused this head for good, or a later head took its place on the chain.
ANCHOR_PENDING: Final = "pending"
ANCHOR_INCLUDED: Final = "included"
ANCHOR_FINAL: Final = "final"
ANCHOR_FAILED: Final = "failed"

# What a head's time stamp may be (notary/timestamps/stamps.py). rfc3161: wanted -> obtained;
# ots: wanted -> pending -> upgraded.
STAMP_RFC3161: Final = "rfc3161"
STAMP_OTS: Final = "ots"
STAMP_WANTED: Final = "wanted"
STAMP_OBTAINED: Final = "obtained"
STAMP_PENDING: Final = "pending"  # calendars promised it: proves nothing
STAMP_UPGRADED: Final = "upgraded"  # at least one Bitcoin attestation

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
    sa.Column("appender", sa.LargeBinary),  # 20 bytes, who appends on the chain; none: the operator's key
    sa.Column("follows", sa.Integer, sa.ForeignKey("logs.id"), unique=True),  # the log that gave way to this one
    sa.Column("kept", sa.BigInteger),  # once closed: entries that heads on the chain cover; later ones do not count
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.CheckConstraint(
        f"state IN ('{LOG_OPEN}', '{LOG_BEHIND}', '{LOG_RECOVERED}', '{LOG_FORKED}', '{LOG_CLOSED}', '{LOG_WAITING}')",
        name="state",
    ),
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
    sa.Column("epoch", sa.Integer, nullable=False),  # of the case's key: each erased claim makes a new one
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
    sa.Column("custody_seq", sa.BigInteger, nullable=False),  # number of the custody entry that sealed it
    sa.Column("secret", sa.LargeBinary),  # wrapped: secret, fields, path; NULL once the claim is erased
    sa.Column(
        "superseded_by", sa.BigInteger
    ),  # leaf index, in this log, its heir or the one before, of a newer version
    sa.Column("again_of", sa.Integer, sa.ForeignKey("claims.id"), unique=True),  # the lost claim that was sealed again
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("log_id", "leaf_index"),
    sa.Index("ix_claims_case_id_content_tag", "case_id", "content_tag"),
    sa.Index("ix_claims_case_id_custody_seq", "case_id", "custody_seq"),  # read page by page in this order
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
    sa.Column("entry", sa.LargeBinary),  # wrapped: the entry's bytes; NULL once the claim is erased that it is about
)

custody_batches = sa.Table(
    "custody_batches",
    metadata,
    sa.Column("case_id", sa.Text, _case_id(), primary_key=True),
    sa.Column("last", sa.BigInteger, primary_key=True),  # number of the batch's last custody entry
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("log_id", sa.Integer, _log_id(), nullable=False),
    sa.Column("heads_index", sa.BigInteger, nullable=False),  # the heads leaf that ended the batch
    sa.Column("signatures", sa.LargeBinary),  # wrapped: JCS of the list; NULL: nobody signed
)

ended_claims = sa.Table(
    "ended_claims",
    metadata,
    sa.Column("blinded", sa.LargeBinary, primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True),  # number of the custody entry
    sa.Column("claim", sa.LargeBinary, nullable=False),  # 32 bytes, its commitment
    sa.Column("state", sa.Text, nullable=False),
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
    sa.Column("custody", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger, nullable=False),
    sa.Column("ended_root", sa.LargeBinary, nullable=False),
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

stamps = sa.Table(
    "stamps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("log_id", sa.Integer, _log_id(), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),  # entries under the head whose signed note is stamped
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("slot", sa.Integer, nullable=False),  # 1 to the number of tokens wanted of a head; ots: 1
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("nonce", sa.LargeBinary),  # ots: 16 random bytes; whoever asks calendars asks for the same commitment
    sa.Column("authority", sa.Text),  # who gave the token
    sa.Column("data", sa.LargeBinary),  # the token, or the .ots file, byte for byte as it came
    sa.Column("asked", sa.Text),  # ots: JSON list of the calendars that took it, as they are configured
    sa.Column("error", sa.Text),  # of the last attempt
    sa.Column("attempts", sa.Integer, nullable=False),  # since the status changed
    sa.Column("next_at", sa.BigInteger),  # not asked again before; null: nothing is left to ask for
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("log_id", "size", "kind", "slot"),
    sa.Index(  # two tokens of one authority are one witness
        "uq_stamps_authority",
        "log_id",
        "size",
        "authority",
        unique=True,
        sqlite_where=sa.text("authority IS NOT NULL"),
        postgresql_where=sa.text("authority IS NOT NULL"),
    ),
    sa.Index("ix_stamps_next_at", "next_at"),
    sa.CheckConstraint(
        f"kind = '{STAMP_RFC3161}' AND status IN ('{STAMP_WANTED}', '{STAMP_OBTAINED}') "
        f"OR kind = '{STAMP_OTS}' AND status IN ('{STAMP_WANTED}', '{STAMP_PENDING}', '{STAMP_UPGRADED}')",
        name="status",
    ),
    sa.CheckConstraint(f"(data IS NULL) = (status = '{STAMP_WANTED}')", name="data"),
    sa.CheckConstraint(f"(nonce IS NULL) = (kind = '{STAMP_RFC3161}')", name="nonce"),
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

evidence_records = sa.Table(
    "evidence_records",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("case_id", sa.Text, _case_id(), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # of the case's records, from 1
    sa.Column("objects", sa.LargeBinary, nullable=False),  # wrapped: names and digests of what it is about
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("case_id", "number"),
)

evidence_files = sa.Table(
    "evidence_files",
    metadata,
    sa.Column("record_id", sa.Integer, sa.ForeignKey("evidence_records.id"), primary_key=True),
    sa.Column("idx", sa.Integer, primary_key=True),  # among the record's objects
    sa.Column("data", sa.LargeBinary, nullable=False),  # wrapped: a bundle of receipts, compressed
)

evidence_stamps = sa.Table(
    "evidence_stamps",
    metadata,
    sa.Column("record_id", sa.Integer, sa.ForeignKey("evidence_records.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),  # from 0; two renewals at once cannot both have it
    sa.Column("hash_name", sa.Text, nullable=False),
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.Column("leaves", sa.LargeBinary),  # wrapped: digests and blinds, where a chain begins
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

"""Make the tables of chain, notary and settlement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of chain, notary and settlement."""
    op.create_table(
        "chain_blocks",
        sa.Column("follower", sa.String(length=100), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("follower", "chain_id", "number"),
    )
    op.create_table(
        "chain_cursors",
        sa.Column("follower", sa.String(length=100), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("seen_number", sa.BigInteger(), nullable=False),
        sa.Column("final_number", sa.BigInteger(), nullable=False),
        sa.Column("final_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("follower", "chain_id"),
    )
    op.create_table(
        "chain_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("follower", sa.String(length=100), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address", sa.String(length=42), nullable=False),
        sa.Column("topics", sa.LargeBinary(length=128), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("follower", "chain_id", "block_hash", "log_index", name="uq_chain_events_log"),
    )
    op.create_index(
        "ix_chain_events_order", "chain_events", ["follower", "chain_id", "block_number", "log_index"], unique=False
    )
    op.create_table(
        "chain_transactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.String(length=42), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("to_address", sa.String(length=42), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.String(length=78), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("mined_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("gas_price", sa.String(length=78), nullable=True),
        sa.Column("contract", sa.String(length=42), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("chain_id", "sender", "nonce", name="uq_chain_transactions_nonce"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        "ix_chain_transactions_unsettled", "chain_transactions", ["chain_id", "sender", "settled"], unique=False
    )
    op.create_table(
        "chain_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("max_fee", sa.String(length=78), nullable=False),
        sa.Column("max_priority_fee", sa.String(length=78), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["chain_transactions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index(op.f("ix_chain_attempts_transaction_id"), "chain_attempts", ["transaction_id"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("blinded", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("blinded", name=op.f("uq_cases_blinded")),
    )
    op.create_table(
        "ended_claims",
        sa.Column("blinded", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("blinded", "at", name=op.f("pk_ended_claims")),
    )
    op.create_table(
        "logs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("note_key", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("chain_salt", sa.LargeBinary(), nullable=False),
        sa.Column("chain_log_id", sa.LargeBinary(), nullable=True),
        sa.Column("chain_id", sa.BigInteger(), nullable=True),
        sa.Column("contract", sa.LargeBinary(), nullable=True),
        sa.Column("appender", sa.LargeBinary(), nullable=True),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("kept", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'behind', 'recovered', 'forked', 'closed', 'waiting')", name=op.f("ck_logs_state")
        ),
        sa.ForeignKeyConstraint(["follows"], ["logs.id"], name=op.f("fk_logs_follows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logs")),
        sa.UniqueConstraint("follows", name=op.f("uq_logs_follows")),
        sa.UniqueConstraint("origin", name=op.f("uq_logs_origin")),
    )
    op.create_table(
        "anchors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tx", sa.LargeBinary(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'included', 'final', 'failed')", name=op.f("ck_anchors_status")),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_anchors_log_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchors")),
        sa.UniqueConstraint("key", name=op.f("uq_anchors_key")),
    )
    op.create_index("ix_anchors_log_id_size", "anchors", ["log_id", "size"], unique=False)
    op.create_table(
        "case_heads",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("blinded", sa.LargeBinary(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("custody", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("ended_root", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_case_heads_log_id")),
        sa.PrimaryKeyConstraint("log_id", "blinded", "idx", name=op.f("pk_case_heads")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_checkpoints_log_id")),
        sa.PrimaryKeyConstraint("log_id", "size", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("heads_index", sa.BigInteger(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("path_tag", sa.LargeBinary(), nullable=False),
        sa.Column("content_tag", sa.LargeBinary(), nullable=False),
        sa.Column("custody_seq", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("again_of", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["again_of"], ["claims.id"], name=op.f("fk_claims_again_of")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_claims_case_id")),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_claims_log_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("again_of", name=op.f("uq_claims_again_of")),
        sa.UniqueConstraint("commitment", name=op.f("uq_claims_commitment")),
        sa.UniqueConstraint("log_id", "leaf_index", name=op.f("uq_claims_log_id_leaf_index")),
    )
    op.create_index("ix_claims_case_id_content_tag", "claims", ["case_id", "content_tag"], unique=False)
    op.create_index("ix_claims_case_id_custody_seq", "claims", ["case_id", "custody_seq"], unique=False)
    op.create_index(
        "uq_claims_current_path",
        "claims",
        ["case_id", "path_tag"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_table(
        "custody",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_custody_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_custody")),
    )
    op.create_table(
        "custody_batches",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("heads_index", sa.BigInteger(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_custody_batches_case_id")),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_custody_batches_log_id")),
        sa.PrimaryKeyConstraint("case_id", "last", name=op.f("pk_custody_batches")),
    )
    op.create_table(
        "evidence_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("objects", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_evidence_records_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_records")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_evidence_records_case_id_number")),
    )
    op.create_table(
        "heads",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_heads_log_id")),
        sa.PrimaryKeyConstraint("log_id", "idx", name=op.f("pk_heads")),
    )
    op.create_table(
        "log_tiles",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_log_tiles_log_id")),
        sa.PrimaryKeyConstraint("log_id", "level", "idx", name=op.f("pk_log_tiles")),
    )
    op.create_table(
        "stamps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(data IS NULL) = (status = 'wanted')", name=op.f("ck_stamps_data")),
        sa.CheckConstraint("(nonce IS NULL) = (kind = 'rfc3161')", name=op.f("ck_stamps_nonce")),
        sa.CheckConstraint(
            "kind = 'rfc3161' AND status IN ('wanted', 'obtained') OR kind = 'ots' AND status IN ('wanted', 'pending', 'upgraded')",
            name=op.f("ck_stamps_status"),
        ),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_stamps_log_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamps")),
        sa.UniqueConstraint("log_id", "size", "kind", "slot", name=op.f("uq_stamps_log_id_size_kind_slot")),
    )
    op.create_index("ix_stamps_next_at", "stamps", ["next_at"], unique=False)
    op.create_index(
        "uq_stamps_authority",
        "stamps",
        ["log_id", "size", "authority"],
        unique=True,
        sqlite_where=sa.text("authority IS NOT NULL"),
        postgresql_where=sa.text("authority IS NOT NULL"),
    )
    op.create_table(
        "evidence_files",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["evidence_records.id"], name=op.f("fk_evidence_files_record_id")),
        sa.PrimaryKeyConstraint("record_id", "idx", name=op.f("pk_evidence_files")),
    )
    op.create_table(
        "evidence_stamps",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash_name", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["evidence_records.id"], name=op.f("fk_evidence_stamps_record_id")),
        sa.PrimaryKeyConstraint("record_id", "seq", name=op.f("pk_evidence_stamps")),
    )
    op.create_table(
        "stored_documents",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("cipher_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("cipher_size", sa.BigInteger(), nullable=False),
        sa.Column("chunk_size", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('local', 'stored')", name=op.f("ck_stored_documents_status")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_stored_documents_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_stored_documents")),
    )
    op.create_table(
        "escrows",
        sa.Column("escrow_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("payer_signature", sa.LargeBinary(), nullable=True),
        sa.Column("payee_signature", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("applied_block", sa.BigInteger(), nullable=False),
        sa.Column("applied_index", sa.BigInteger(), nullable=False),
        sa.Column("caught_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'signed', 'open', 'funded', 'released', 'refunded', 'reclaimed')",
            name=op.f("ck_escrows_status"),
        ),
        sa.PrimaryKeyConstraint("escrow_id", name=op.f("pk_escrows")),
        sa.UniqueConstraint("name", name=op.f("uq_escrows_name")),
    )
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("collateral_terms", sa.Text(), nullable=True),
        sa.Column("debtor_signature", sa.LargeBinary(), nullable=True),
        sa.Column("creditor_signature", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("security", sa.Text(), nullable=True),
        sa.Column("applied_block", sa.BigInteger(), nullable=False),
        sa.Column("applied_index", sa.BigInteger(), nullable=False),
        sa.Column("caught_up", sa.Boolean(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("next_due_at", sa.BigInteger(), nullable=True),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'signed', 'open', 'completed')", name=op.f("ck_plans_status")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plans")),
        sa.UniqueConstraint("name", name=op.f("uq_plans_name")),
    )
    op.create_index(op.f("ix_plans_next_due_at"), "plans", ["next_due_at"], unique=False)
    op.create_index(op.f("ix_plans_wake_at"), "plans", ["wake_at"], unique=False)
    op.create_table(
        "settlement_cursors",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_settlement_cursors")),
    )
    op.create_table(
        "settlement_events",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.Text(), nullable=False),
        sa.Column("tx_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "block_number", "log_index", name=op.f("pk_settlement_events")),
    )
    op.create_index("ix_settlement_events_untold", "settlement_events", ["told", "subject"], unique=False)
    op.create_table(
        "actions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("derived_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("tx_hash", sa.Text(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'sent', 'done', 'suppressed', 'quarantined')", name=op.f("ck_actions_status")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_actions_plan_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_plan_id"), "actions", ["plan_id"], unique=False)
    op.create_index("ix_actions_status", "actions", ["status", "retry_at"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_contacts_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "role", "channel", name=op.f("pk_contacts")),
    )
    op.create_table(
        "signing_records",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("kept_in", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(status = 'sealed') = (sha256 IS NOT NULL AND kept_in IS NOT NULL) AND (status = 'declined') = (reason IS NOT NULL)",
            name=op.f("ck_signing_records_content"),
        ),
        sa.CheckConstraint("status IN ('sealed', 'declined')", name=op.f("ck_signing_records_status")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_signing_records_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "role", name=op.f("pk_signing_records")),
    )

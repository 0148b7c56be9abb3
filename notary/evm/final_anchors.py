"""That what was final still is: the block of the newest final anchor is looked for before anything builds on it.

A chain that takes back a final block broke its promise, or the node lies, or a development chain was restored from an
older state. Receipts with such an anchor fail at whoever asks a node (`block-hash-differs`); here it is an error, and
nothing is sent: the log's heads would stand on nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from notary.store import ANCHOR_FINAL, anchors
from onchain.errors import ReorgDetected

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.evm.evidence_chain import EvidenceChain


def require_final_block(ctx: NotaryContext, evidence: EvidenceChain, log_id: int) -> None:
    """Check that the block of the log's newest final anchor is still on the chain; one question to the node.

    log_id  the log's row

    Raises ReorgDetected, NodeError.
    """
    query = (
        sa.select(anchors.c.block_number, anchors.c.block_hash)
        .where(
            anchors.c.log_id == log_id,
            anchors.c.chain_id == evidence.chain.chain_id,
            anchors.c.status == ANCHOR_FINAL,
        )
        .order_by(anchors.c.size.desc(), anchors.c.id.desc())
        .limit(1)
    )
    with ctx.engine.connect() as connection:
        found = connection.execute(query).first()
    if found is None or found.block_number is None:
        return
    block = evidence.chain.block(found.block_number)
    if block is None or block.hash != found.block_hash:
        raise ReorgDetected(found.block_number, found.block_hash, b"" if block is None else block.hash)

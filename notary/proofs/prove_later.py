"""Add to a receipt the proof that its head and the log's newest one are one log, and how its claim stands now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notary.log import ledger
from notary.proofs.receipt import Receipt
from notary.proofs.receipts import Assembler
from notary.service_errors import LogNotOurs

if TYPE_CHECKING:
    from notary.context import NotaryContext


def prove_later(ctx: NotaryContext, receipt: Receipt) -> Receipt:
    """The receipt with the newest head of this workspace's log; as it was where its own head is the newest.

    The receipt may be older, or hide fields: only its commitment and its case's head are looked at. One that was made
    before the log was created on chain gets the log's id, which anchors of the newer head are about.

    Raises LogNotOurs, ClaimInvalid (its fields lead to no commitment), LogUnknown, LogDamaged.
    """
    state = receipt.note.checkpoint
    receipt.opening.check()
    with ctx.engine.connect() as connection:
        named = (receipt.log.origin, receipt.log.key)
        log = next((log for log in ledger.all_logs(connection) if (log.origin, log.note_key) == named), None)
        if log is None:
            raise LogNotOurs(receipt.log.origin)
        head = ledger.head(connection, log.id, state.size)
        if head is None or head.root != state.root:
            raise LogNotOurs(receipt.log.origin)
        on_chain = receipt.log.id if log.chain_log_id is None else log.chain_log_id
        if receipt.log.id not in (None, on_chain):
            raise LogNotOurs(receipt.log.origin)
        later = Assembler(ctx, connection, log).later(
            receipt.case_head.head.case, receipt.opening.commitment(), state.size
        )
    return replace(receipt, log=replace(receipt.log, id=on_chain), later=later)

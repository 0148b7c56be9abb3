"""Verify what was just sealed, from the rows as they are now and before anybody is told that it is sealed.

A proof that was damaged when it was made is found the same minute, while the file is still at hand, and not by a court
in ten years. Each new claim's receipt is assembled from the rows, as an export would, and verified as a stranger would:
that it is for the file's size and digest (check 2), that the claim is in the log (3, 4), the checkpoint is signed (5),
the case head holds (6), and nothing of the rest fails (standing, custody). One of each SAMPLE is written out and read
back first (1); that every receipt reads back as it was written is a matter of the format, and tested there. Anchors
come later, and are checked when they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notary.context import Progress, silent
from notary.proofs.receipt import Receipt
from notary.proofs.receipts import Assembler
from notary.sealing import cases
from notary.service_errors import SealedUnverified
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import DocumentDigests, Verifier

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.sealing.seal import SealResult
    from notary.verdicts.verdict import Verdict

MUST_PASS = (1, 2, 3, 4, 5, 6)  # the others must only not fail
STEP = 500  # receipts between two reports
SAMPLE = 50


def verify_sealed(ctx: NotaryContext, done: SealResult, progress: Progress = silent) -> int:
    """Verify every receipt that `done` made; returns how many these are.

    Raises SealedUnverified for the first that does not hold; ReceiptInvalid, LogDamaged, VaultLocked, VaultDamaged,
    CaseErased.
    """
    made = {(file.log_id, file.leaf_index): file for file in done.files if file.state in ("sealed", "superseded")}
    checked, verifier = 0, Verifier()
    with ctx.engine.connect() as connection:
        key = cases.case_key(ctx, done.case_id, connection)
        assembler = Assembler(ctx, connection)
        for log_id in sorted({log_id for log_id, _ in made}):
            places = sorted(index for log, index in made if log == log_id)
            for start in range(0, len(places), STEP):
                page = places[start : start + STEP]
                found = cases.claims_at(connection, key, log_id, page)
                if [claim.leaf_index for claim in found] != page:
                    missing = sorted(set(page) - {claim.leaf_index for claim in found})
                    raise SealedUnverified(made[log_id, missing[0]].path, "its claim is not there")
                for place, claim in enumerate(found):
                    file = made[log_id, claim.leaf_index]
                    receipt = assembler.receipt(claim, done.head.size)
                    if place % SAMPLE == 0:
                        receipt = Receipt.from_bytes(receipt.to_bytes())
                    fault = _fault(verifier.verify(receipt, DocumentDigests(file.size, {"sha256": file.sha256})))
                    if fault:
                        raise SealedUnverified(file.path, fault)
                checked += len(page)
                progress("verify", checked, len(made), "files")
    return checked


def _fault(verdict: Verdict) -> str:
    """What speaks against a receipt; empty: nothing. A digest that was not computed again is none."""
    for check in verdict.checks:
        wrong = check.status is Status.FAILED
        if (
            check.number in MUST_PASS
            and check.status is Status.INDETERMINATE
            and check.reason is not Reason.DIGEST_NOT_COMPUTED
        ):
            wrong = True
        if wrong:
            return f"check {check.number}, {check.title}: {check.detail}"
    return ""

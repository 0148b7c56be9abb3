"""What is expected of the vectors of tests/vectors/receipts: what the verifier of today says, in the index's form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from support.sealed import document_of

from notary.errors import ReceiptInvalid
from notary.proofs.bundle import read_any
from notary.records.algorithms import default_policy
from notary.records.evidence_check import validate_bytes
from notary.records.evidence_verdict import RecordVerdict
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Verdict
from notary.verdicts.verify import DocumentDigests, Verifier

HASHES = ("sha256", "sha512", "sha3_256", "sha3_512", "sm3")


def judged(data: bytes, documents: Sequence[bytes | None], trust: bytes | None) -> list[dict[str, Any]]:
    """One result for each receipt of the file, in its order; a single one for a file that is refused."""
    verifier = Verifier(None if trust is None else Trust.from_bytes(trust))
    digests = [None if document is None else document_of(document, HASHES) for document in documents]
    return [_result(verdict) for verdict in _verdicts(verifier, data, digests)]


def _verdicts(verifier: Verifier, data: bytes, digests: Sequence[DocumentDigests | None]) -> list[Verdict]:
    try:
        receipts = read_any(data)
    except ReceiptInvalid:
        return [verifier.verify_bytes(data, digests[0])]
    return [verifier.verify(receipt, digest) for receipt, digest in zip(receipts, digests, strict=True)]


def _result(verdict: Verdict) -> dict[str, Any]:
    value: dict[str, Any] = dict(verdict.to_json())
    return {
        "status": value["status"],
        "reason": value["reason"],
        "checks": [[check["number"], check["status"], check["reason"]] for check in value["checks"]],
        "interval": value["interval"],
        "standing": value["standing"],
        "notes": sorted(note.reason for note in verdict.notes if note.reason),
    }


def judged_record(data: bytes, document: bytes | None, trust: bytes | None, at: int) -> dict[str, Any]:
    """The result of one evidence record."""
    authorities = () if trust is None else Trust.from_bytes(trust).authorities
    documents = [] if document is None else [lambda name: hashlib.new(name, document).digest()]
    verdict: RecordVerdict = validate_bytes(data, documents, authorities, default_policy(), at)
    return {
        "status": verdict.status.value,
        "reason": verdict.reason,
        "checks": [[check.number, check.status.value, check.reason] for check in verdict.checks],
        "not_after": verdict.not_after,
        "uncertainty_seconds": verdict.uncertainty_seconds,
    }


def overall(results: Sequence[dict[str, Any]]) -> str:
    """As `tallystick verify` counts several."""
    found = {result["status"] for result in results}
    return "FAILED" if "FAILED" in found else "PASSED" if found == {"PASSED"} else "INDETERMINATE"

"""What the check of a signing record says: six checks, each PASSED, FAILED or INDETERMINATE.

FAILED if any failed; PASSED if all passed that were made; INDETERMINATE otherwise. The sixth is made where documents
lie beside. The first check that is not as it should be gives the reason. Reason codes are stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from notary.verdicts.verdict import Status
from portal.checked import deciding_check

if TYPE_CHECKING:
    from notary.verdicts.verdict import Verdict
    from portal.signing.record import SignedRecord
    from portal.signing.words import RecordWords


class RecordReason(StrEnum):
    """Why a check did not pass; a sentence for each is in portal/signing/words.py, in each language."""

    RECEIPT_ABSENT = "receipt-absent"
    RECEIPT_UNPROVEN = "receipt-unproven"
    RECEIPT_FAILED = "receipt-failed"
    ADDRESS_UNSIGNED = "address-unsigned"
    ADDRESS_SIGNATURE_INVALID = "address-signature-invalid"
    WALLET_UNASKED = "wallet-unasked"
    PERSON_STATED = "person-stated"
    PERSON_UNBOUND = "person-unbound"
    E_SIGNATURE_INVALID = "e-signature-invalid"
    SIGNER_UNTRUSTED = "signer-untrusted"
    SIGNER_EXPIRED = "signer-expired"
    SIGNER_UNDATED = "signer-undated"
    SIGNATURE_UNSUPPORTED = "signature-unsupported"
    PLAN_ABSENT = "plan-absent"
    PLAN_DIFFERS = "plan-differs"
    PARTY_DIFFERS = "party-differs"
    RECORD_DIFFERS = "record-differs"
    AGREEMENT_ABSENT = "agreement-absent"
    AGREEMENT_DIFFERS = "agreement-differs"
    DOCUMENT_FOREIGN = "document-foreign"


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """One check's outcome: `number` from 1; `detail` are the facts that made it so, the same in every language."""

    number: int
    status: Status
    detail: str = ""
    reason: RecordReason | None = None


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The outcome for one signing record.

    sha256   32 bytes, of the file
    receipt  the verdict on its receipt; None where there is none
    """

    signed: SignedRecord
    sha256: bytes
    checks: tuple[RecordCheck, ...]
    receipt: Verdict | None

    @property
    def deciding(self) -> RecordCheck | None:
        """The check that the status rests on; None: all passed."""
        return deciding_check(self.checks)

    @property
    def status(self) -> Status:
        """The overall outcome."""
        return Status.PASSED if self.deciding is None else self.deciding.status

    @property
    def reason(self) -> RecordReason | None:
        """Why it is not PASSED."""
        return None if self.deciding is None else self.deciding.reason

    def to_json(self, language: RecordWords, locale: str) -> dict[str, Any]:
        """The verdict as one JSON document; `language` is `words.WORDS[locale]`."""
        return {
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "text": "" if self.reason is None else language.meanings[self.reason],
            "sha256": self.sha256.hex(),
            "checks": [
                {
                    "number": check.number,
                    "title": language.titles[check.number - 1],
                    "status": check.status.value,
                    "reason": None if check.reason is None else check.reason.value,
                    "detail": check.detail,
                }
                for check in self.checks
            ],
            "record": self.signed.record.to_json(),
            "receipt": None if self.receipt is None else self.receipt.to_json(locale),
        }

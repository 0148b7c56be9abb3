"""What the check of an agreement says: two checks of the file alone, three more with the plan that was signed.

FAILED if any check failed, PASSED if all passed that were made, INDETERMINATE otherwise. The first check that is not
as it should be gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notary.verdicts.verdict import Status
from portal.agreement.values import Agreement
from portal.checked import deciding_check


class AgreementReason(StrEnum):
    """Why a check did not pass; a sentence for each is in portal/agreement/verdict_words.py. Stable."""

    TERMS_INVALID = "agreement-terms-invalid"
    NUMBER_DIFFERS = "agreement-number-differs"
    WORDS_DIFFER = "agreement-words-differ"
    PAGES_DIFFER = "agreement-pages-differ"
    COVERED = "agreement-covered"
    ADDED = "agreement-added"
    DRAWN_DIFFERENTLY = "agreement-drawn-differently"
    MAKER_DIFFERS = "agreement-maker-differs"
    PLAN_DIFFERS = "agreement-plan-differs"
    SALT_MISSING = "agreement-salt-missing"
    SALT_DIFFERS = "agreement-salt-differs"
    DIGEST_DIFFERS = "agreement-digest-differs"
    UNSIGNED = "agreement-unsigned"
    SIGNATURE_INVALID = "agreement-signature-invalid"
    WALLET_UNASKED = "agreement-wallet-unasked"


@dataclass(frozen=True, slots=True)
class AgreementCheck:
    """One check's outcome: `number` from 1; `detail` are the facts that made it so, the same in every language."""

    number: int
    status: Status
    detail: str = ""
    reason: AgreementReason | None = None


@dataclass(frozen=True, slots=True)
class AgreementVerdict:
    """The outcome for one file.

    sha256   32 bytes, of the file
    given    what it says of itself; None where that cannot be read
    plan_id  0x hex of the plan that it was held against; empty: none
    """

    sha256: bytes
    given: Agreement | None
    checks: tuple[AgreementCheck, ...]
    plan_id: str = ""

    @property
    def deciding(self) -> AgreementCheck | None:
        """The check that the status rests on; None: all passed."""
        return deciding_check(self.checks)

    @property
    def status(self) -> Status:
        """The overall outcome."""
        return Status.PASSED if self.deciding is None else self.deciding.status

    @property
    def reason(self) -> AgreementReason | None:
        """Why it is not PASSED."""
        return None if self.deciding is None else self.deciding.reason

    def to_json(self) -> dict[str, Any]:
        """The verdict as one JSON document, without words."""
        given = self.given
        return {
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "sha256": self.sha256.hex(),
            "languages": None if given is None else list(given.languages),
            "prevails": None if given is None else given.prevails,
            "plan_id": self.plan_id or None,
            "checks": [
                {
                    "number": one.number,
                    "status": one.status.value,
                    "reason": None if one.reason is None else one.reason.value,
                    "detail": one.detail,
                }
                for one in self.checks
            ],
        }

"""What the check of a dossier says: its checks, each PASSED, FAILED or INDETERMINATE, and the account that follows.

FAILED if any check failed. PASSED if all passed that were made; the seventh is made where nodes were asked, the eighth
of a completion paper.
INDETERMINATE otherwise. The first check that is not as it should be gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from notary.verdicts.reasons import Said, Words
from notary.verdicts.verdict import Status
from portal.checked import deciding_check
from portal.dossier.words import PlanReason, words
from settlement.events import Paid
from settlement.plan import PlanView


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """One check's outcome; `number` from 1."""

    number: int
    status: Status
    said: Said
    reason: PlanReason | None = None

    def to_json(self, language: Words) -> dict[str, Any]:
        """The check in a verdict's JSON."""
        return {
            "number": self.number,
            "title": language.titles[self.number - 1],
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "detail": language.tell(self.said),
        }


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment and where it is on chain.

    at     Unix seconds, the block's
    index  of the transaction in the block
    tx     32 bytes, the transaction's hash: a pointer for people, not covered by the proof
    """

    event: Paid
    at: int
    block: int
    index: int
    tx: bytes


@dataclass(frozen=True, slots=True)
class PlanVerdict:
    """The outcome for one dossier.

    plan_id  0x hex
    view     what the plan was at the end of the file, as its proven events say; None where they prove no opening
    as_of    number of the block up to which the file goes, and its time in Unix seconds; None with no view
    payments those that are proven, in their order; none with no view
    opened_at  Unix seconds; 0 with no view
    """

    plan_id: str
    name: str
    symbol: str
    decimals: int
    as_of: tuple[int, int] | None
    checks: tuple[PlanCheck, ...]
    view: PlanView | None
    payments: tuple[Payment, ...]
    opened_at: int

    @property
    def deciding(self) -> PlanCheck | None:
        """The check that the status rests on; None: all passed."""
        return deciding_check(self.checks)

    @property
    def status(self) -> Status:
        """The overall outcome."""
        return Status.PASSED if self.deciding is None else self.deciding.status

    @property
    def reason(self) -> PlanReason | None:
        """Why it is not PASSED; on PASSED it may be dev-chain."""
        if self.deciding is not None:
            return self.deciding.reason
        return next((check.reason for check in self.checks if check.reason is not None), None)

    def to_json(self, locale: str = "en") -> dict[str, Any]:
        """The verdict as one JSON document; amounts are decimal strings of units.

        locale  of titles, details and the reason's text; codes are the same in every language
        """
        view, language = self.view, words(locale)
        return {
            "plan_id": self.plan_id,
            "name": self.name,
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "text": "" if self.reason is None else language.meanings[self.reason],
            "checks": [check.to_json(language) for check in self.checks],
            "as_of": None if self.as_of is None else {"block": self.as_of[0], "time": self.as_of[1]},
            "symbol": self.symbol,
            "decimals": self.decimals,
            "payments": len(self.payments),
            "account": None
            if view is None
            else {
                "state": view.state.name.lower(),
                "principal_paid": str(view.principal_paid),
                "charges_paid": str(view.charges_paid),
                "owed_now": str(view.owed_now),
                "owed_total": str(view.owed_total),
                "withdrawable": str(view.withdrawable),
                "next_due_at": view.next_due_at or None,
            },
        }

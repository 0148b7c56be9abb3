"""What the check of a dossier says: seven checks, each PASSED, FAILED or INDETERMINATE, and the account that follows.

FAILED if any check failed. PASSED if all passed that were made; the seventh is made where nodes were asked.
INDETERMINATE otherwise. The first check that is not as it should be gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from notary.verdicts.verdict import Status
from settlement.plan import PlanView

TITLES: Final = (
    "The file names the contracts that were signed for, with the interfaces that this program knows",
    "The terms keep the contract's rules, and the openings lead to them",
    "Both parties signed these terms for this chain and this contract",
    "Each event is in its block",
    "The events are the plan's own, and every sum in them follows from the terms",
    "The blocks are blocks of that chain; the last one says as of when the file speaks",
    "The book says the same today, and is the contract that this program knows",
)


class PlanReason(StrEnum):
    """Stable codes; a sentence for each is in `MEANINGS`."""

    ABI_DIFFERS = "abi-differs"
    ADDRESS_DIFFERS = "address-differs"
    TERMS_INVALID = "terms-invalid"
    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_INVALID = "signature-invalid"
    WALLET_UNASKED = "wallet-unasked"
    PROOF_INVALID = "proof-invalid"
    NOT_OPENED = "not-opened"
    EVENT_FOREIGN = "event-foreign"
    HISTORY_INCONSISTENT = "history-inconsistent"
    BLOCK_UNCONFIRMED = "block-unconfirmed"
    BLOCK_DIFFERS = "block-differs"
    DEV_CHAIN = "dev-chain"
    MONEY_DIFFERS = "money-differs"
    LATER_EVENTS = "later-events"
    CODE_DIFFERS = "code-differs"
    NODE_SILENT = "node-silent"


MEANINGS: Final = {
    PlanReason.ABI_DIFFERS: "The interface in the file is not that of the contracts that come with this program.",
    PlanReason.ADDRESS_DIFFERS: "The file names another contract than the parties signed for.",
    PlanReason.TERMS_INVALID: "The contract would refuse these terms, or an opening does not lead to them.",
    PlanReason.SIGNATURE_MISSING: "A party has not signed.",
    PlanReason.SIGNATURE_INVALID: "A signature was not made by the party's key over these terms.",
    PlanReason.WALLET_UNASKED: "A signature is not one of a key. If it is a contract wallet's, only the chain can "
    "check it: name a node of yours with --rpc, or the book among the contracts of a trust file.",
    PlanReason.PROOF_INVALID: "An event is not in the block that it is said to be in.",
    PlanReason.NOT_OPENED: "The file proves no opening of the plan: nothing on chain follows from it.",
    PlanReason.EVENT_FOREIGN: "An event is of another plan or another contract.",
    PlanReason.HISTORY_INCONSISTENT: "The events do not follow from the terms: one is missing, doubled or foreign.",
    PlanReason.BLOCK_UNCONFIRMED: "Nothing on your side says that a block is the chain's. Name a node of yours with "
    "--rpc, or a trust file.",
    PlanReason.BLOCK_DIFFERS: "Your sources know another block of that number.",
    PlanReason.DEV_CHAIN: "The blocks are of a development chain: this proves nothing to anybody else.",
    PlanReason.MONEY_DIFFERS: "The token has another name or other decimals than the file says: its amounts mislead.",
    PlanReason.LATER_EVENTS: "The book says something else today: the file ends before its last events. Export again.",
    PlanReason.CODE_DIFFERS: "The code at the contract's address is not that of this program's contract.",
    PlanReason.NODE_SILENT: "No node could be asked about the book.",
}


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """One check's outcome; `number` from 1."""

    number: int
    status: Status
    detail: str
    reason: PlanReason | None = None

    @property
    def title(self) -> str:
        """What is checked."""
        return TITLES[self.number - 1]

    def to_json(self) -> dict[str, Any]:
        """The check in a verdict's JSON."""
        return {
            "number": self.number,
            "title": self.title,
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class PlanVerdict:
    """The outcome for one dossier.

    plan_id  0x hex
    view     what the plan was at the end of the file, as its proven events say; None where they prove no opening
    as_of    number of the block up to which the file goes, and its time in Unix seconds; None with no view
    payments how many payments are proven
    """

    plan_id: str
    name: str
    symbol: str
    decimals: int
    as_of: tuple[int, int] | None
    checks: tuple[PlanCheck, ...]
    view: PlanView | None
    payments: int

    @property
    def deciding(self) -> PlanCheck | None:
        """The check that the status rests on; None: all passed."""
        for status in (Status.FAILED, Status.INDETERMINATE):
            for check in self.checks:
                if check.status is status:
                    return check
        return None

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

    def to_json(self) -> dict[str, Any]:
        """The verdict as one JSON document; amounts are decimal strings of units."""
        view = self.view
        return {
            "plan_id": self.plan_id,
            "name": self.name,
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "checks": [check.to_json() for check in self.checks],
            "as_of": None if self.as_of is None else {"block": self.as_of[0], "time": self.as_of[1]},
            "symbol": self.symbol,
            "decimals": self.decimals,
            "payments": self.payments,
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

"""What the book says happened, as values.

The plan's id is not among the members: whoever holds an event knows its plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class PlanOpened:
    """The plan was opened with both signatures."""

    debtor: str
    creditor: str


@dataclass(frozen=True, slots=True)
class Paid:
    """Money was taken: `principal` and `charges` of this payment, and the sums after it."""

    payer: str
    principal: int
    charges: int
    principal_paid: int
    charges_paid: int

    @property
    def taken(self) -> int:
        """What left the payer."""
        return self.principal + self.charges


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The creditor took `amount` out, to the address `to`; `withdrawn` is the sum after it."""

    to: str
    amount: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class InstallmentsMissed:
    """Installments first..last, both inclusive, became late and were uncleared when this was noted."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Defaulted:
    """The plan is in default since `at`: the second at which the rule became true, not the block that noted it."""

    at: int


@dataclass(frozen=True, slots=True)
class Cured:
    """A plan in default is current again."""


@dataclass(frozen=True, slots=True)
class Completed:
    """Everything is paid."""


Event = PlanOpened | Paid | Withdrawn | InstallmentsMissed | Defaulted | Cured | Completed


def of_book(name: str, args: Mapping[str, object]) -> Event | None:
    """Return what a log of the book says, or None for events that change no account.

    args  by the names of the ABI, integers and addresses as it types them
    """

    def number(member: str) -> int:
        return cast(int, args[member])

    match name:
        case "PlanOpened":
            return PlanOpened(str(args["debtor"]), str(args["creditor"]))
        case "Paid":
            return Paid(
                payer=str(args["payer"]),
                principal=number("principal"),
                charges=number("charges"),
                principal_paid=number("principalPaid"),
                charges_paid=number("chargesPaid"),
            )
        case "Withdrawn":
            return Withdrawn(str(args["to"]), number("amount"), number("withdrawn"))
        case "InstallmentsMissed":
            return InstallmentsMissed(number("from"), number("to"))
        case "Defaulted":
            return Defaulted(number("defaultedAt"))
        case "Cured":
            return Cured()
        case "Completed":
            return Completed()
        case _:
            return None

"""What settlement's services need from the outside, put together by the portal (or by a test) once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from settlement.keeper.actions import Contact
from settlement.keeper.ladder import Role
from settlement.service_errors import ContractUnknown

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from onchain.connect import Chain
    from onchain.send import Sender
    from settlement.keeper.channels import Notifier

DEFAULT_BUDGET = 24
"""Transactions that the keeper sends for one plan in one day of chain time."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the contracts are on the plans' chain.

    first_block  the first block that can hold their events
    """

    repayment_book: str
    escrow_book: str | None = None
    collateral: str | None = None
    first_block: int = 0

    def require_escrow_book(self, chain_id: int) -> str:
        """Return the escrow book.  Raises ContractUnknown."""
        if self.escrow_book is None:
            raise ContractUnknown(name="EscrowBook", chain_id=chain_id)
        return self.escrow_book

    def require_collateral(self, chain_id: int) -> str:
        """Return the collateral module.  Raises ContractUnknown."""
        if self.collateral is None:
            raise ContractUnknown(name="Collateral", chain_id=chain_id)
        return self.collateral


@dataclass(frozen=True)
class SettlementContext:
    """The world of the keeper.

    engine          of the database that holds this package's and onchain's tables
    clock           wall clock, Unix seconds: dates of mail, pauses between attempts; all else goes by the chain's
    chain           the plans' chain
    sender          of the keeper's transactions; None: it sends none
    notifier        how notices leave
    operators       who is written to about every plan, and their addresses
    budget_per_day  transactions for one plan in one day of chain time
    """

    engine: Engine
    clock: Callable[[], int]
    chain: Chain
    addresses: Addresses
    notifier: Notifier
    sender: Sender | None = None
    operators: Mapping[Contact, str] = field(default_factory=dict)
    budget_per_day: int = DEFAULT_BUDGET


def operator_contacts(urls: Sequence[str], locale: str = "en") -> dict[Contact, str]:
    """Return the operator's contacts of a list of Apprise addresses.

    A contact is named after its address, so that changing the list's order repeats no notice.  Raises ContactInvalid,
    ContactSecret.
    """
    from settlement.keeper.channels import check_address  # Apprise takes its time to import

    found = {}
    for url in urls:
        channel = f"{url.partition(':')[0][:10].lower()}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
        check_address(url, role=Role.OPERATOR, channel=channel)
        found[Contact(Role.OPERATOR, channel, locale)] = url
    return found

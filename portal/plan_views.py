"""Plans and escrows as plain values, the same for the command line and the API.

Amounts are decimal strings in the token's smallest unit: JSON numbers would lose digits in many readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from settlement.plan import view_at
from settlement.records import history

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from settlement.records import EscrowRecord, PlanRecord


def plan_summary(plan: PlanRecord) -> dict[str, Any]:
    """The line of a plan in a list."""
    account = plan.account
    return {
        "plan_id": plan.plan_id,
        "name": plan.name,
        "chain_id": plan.chain_id,
        "book": plan.book,
        "status": plan.status,
        "symbol": plan.symbol,
        "decimals": plan.decimals,
        "total": str(plan.terms.total),
        "installments": plan.terms.installments,
        "principal_paid": None if account is None else str(account.principal_paid),
        "charges_paid": None if account is None else str(account.charges_paid),
        "withdrawn": None if account is None else str(account.withdrawn),
        "applied_block": plan.applied[0] if plan.applied[0] >= 0 else None,
    }


def plan_detail(connection: Connection, plan: PlanRecord, at: int) -> dict[str, Any]:
    """A plan with its terms, what it is at `at` (Unix seconds) as of its last final event, and its history."""
    view = None if plan.account is None else view_at(plan.terms, plan.account, at)
    return {
        **plan_summary(plan),
        "terms": plan.terms.to_dict(),
        "collateral_terms": None if plan.collateral_terms is None else plan.collateral_terms.to_dict(),
        "at": at,
        "state": None if view is None else view.state.name.lower(),
        "owed_now": None if view is None else str(view.owed_now),
        "owed_total": None if view is None else str(view.owed_total),
        "withdrawable": None if view is None else str(view.withdrawable),
        "next_due_at": (view.next_due_at or None) if view is not None else None,
        "events": tuple(
            {
                "block_number": event.block_number,
                "at": event.at,
                "name": event.name,
                "tx_hash": event.tx_hash,
                "args": {key: str(value) for key, value in event.args.items()},
            }
            for event in history(connection, plan.plan_id)
        ),
    }


def escrow_summary(escrow: EscrowRecord) -> dict[str, Any]:
    """An escrow of this workspace."""
    return {
        "escrow_id": escrow.escrow_id,
        "name": escrow.name,
        "chain_id": escrow.chain_id,
        "book": escrow.book,
        "status": escrow.status,
        "withdrawn": escrow.withdrawn,
        "symbol": escrow.symbol,
        "decimals": escrow.decimals,
        "amount": str(escrow.terms.amount),
        "terms": escrow.terms.to_dict(),
    }

"""From the chain's final events to plan and escrow rows.

1. `onchain.follow` stores events of our contracts, seen and final.  Only final ones are used here.
2. Each final event behind our cursor is given to its plan or escrow, if that is in this workspace.
3. A plan that came into the workspace after its events did is caught up with them from the beginning.
4. Accounts are folded by the pure mirror, which computes every number again.  A plan whose events do not fit is in
   trouble: it is left as it was, nothing is done for it, it is tried again (and logged) in every round, and all others
   go on.  So it is with a plan whose terms or row break the code itself: nobody's plan may stop anybody else's.
5. Anybody can have the book say `PokeSkipped` about terms that were never opened, nor checked.  It is not listened to.

Rows, events, and cursor are written in one transaction, so dying between any two lines repeats or does, never skips.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from onchain import artifacts
from onchain.decode import Event as ChainEvent
from onchain.follow import EventKey, Follower
from settlement import events as happened
from settlement.context import SettlementContext
from settlement.history import fold
from settlement.keeper.ladder import Stage
from settlement.plan import NO_ACCOUNT, Account, Status, owed_now
from settlement.records import (
    EscrowRecord,
    PlanRecord,
    Position,
    account_json,
    escrow_of_row,
    plan_of_row,
    position_json,
)
from settlement.schedule import cleared, due_at
from settlement.service_errors import ContractUnknown
from settlement.store import (
    COMPLETED,
    FUNDED,
    OPEN,
    RECLAIMED,
    REFUNDED,
    RELEASED,
    escrows,
    insert_missing,
    plans,
    settlement_cursors,
    settlement_events,
)

if TYPE_CHECKING:
    from settlement.terms import Terms

FOLLOWER = "settlement"
"""Name under which `onchain` keeps what it read for us."""

PAGE = 5_000
"""Events taken from the store at once."""

MAX_TROUBLE = 500
"""Characters kept of why a plan's events do not fit."""

SAYS_NOTHING = "PokeSkipped"
"""The book's event about a plan that it does not know: no account follows from it."""

DATABASE_FAILURES = (sa.exc.OperationalError, sa.exc.InterfaceError)
"""Locked, full, gone: failures that are no single plan's, so they end the round and the next one tries again."""

WAKE_NOW = 0
"""`wake_at` of a plan that has to be looked at in the next round, whatever the time."""

_log = logging.getLogger(__name__)

_ESCROW_STATES = {
    "EscrowOpened": OPEN,
    "Funded": FUNDED,
    "Released": RELEASED,
    "Refunded": REFUNDED,
    "Reclaimed": RECLAIMED,
}


@dataclass(frozen=True, slots=True)
class Followed:
    """What one round of following brought.

    final_up_to, seen_up_to  blocks; final_at is the time of the last final one
    """

    final_up_to: int
    final_at: int
    seen_up_to: int
    reorg_depth: int
    applied: int


def follow(context: SettlementContext) -> Followed:
    """Read what is new on the chain and apply what is final.

    Raises ReorgDetected, NodeError.
    """
    follower = _follower(context)
    result = follower.sync()
    applied = 0
    while True:
        taken, more = _apply_page(context, follower)
        applied += taken
        if not more:
            break
    final = context.chain.block(max(0, result.final_up_to)) or context.chain.final()
    return Followed(result.final_up_to, final.timestamp, result.seen_up_to, result.reorg_depth, applied)


def _follower(context: SettlementContext) -> Follower:
    addresses = context.addresses
    named = {
        "RepaymentBook": addresses.repayment_book,
        "EscrowBook": addresses.escrow_book,
        "Collateral": addresses.collateral,
    }
    known = {name: address for name, address in named.items() if address is not None}
    if not known:
        raise ContractUnknown(name="RepaymentBook", chain_id=context.chain.chain_id)
    abis = [artifacts.load(name).abi for name in known]
    return Follower(context.engine, context.chain, FOLLOWER, list(known.values()), abis, addresses.first_block)


def _apply_page(context: SettlementContext, follower: Follower) -> tuple[int, bool]:
    """Apply the next events; returns how many, and whether there may be more."""
    chain_id = context.chain.chain_id
    with context.engine.connect() as connection:
        cursor = _cursor(connection, chain_id)
        late = _not_caught_up(connection, chain_id)
    page = follower.events(final=True, after=cursor, limit=PAGE)
    earlier = _of_subjects(follower, late, cursor) if late and cursor is not None else []
    if not page and not late:
        return 0, False
    with context.engine.begin() as connection:
        if _cursor(connection, chain_id) != cursor:
            return 0, True  # another process was here in between: look again
        applied, troubled = _apply(connection, context, [*earlier, *page])
        for table in (plans, escrows):
            key = table.primary_key.columns.values()[0]
            caught_up = key.in_([subject for subject in late if subject not in troubled])
            connection.execute(table.update().where(caught_up).values(caught_up=True))
        if page:
            _move(connection, chain_id, (page[-1].block_number, page[-1].log_index))
    return applied, len(page) == PAGE


def _cursor(connection: Connection, chain_id: int) -> EventKey | None:
    row = connection.execute(settlement_cursors.select().where(settlement_cursors.c.chain_id == chain_id)).first()
    return None if row is None else (row.block_number, row.log_index)


def _move(connection: Connection, chain_id: int, to: EventKey) -> None:
    connection.execute(settlement_cursors.delete().where(settlement_cursors.c.chain_id == chain_id))
    connection.execute(settlement_cursors.insert().values(chain_id=chain_id, block_number=to[0], log_index=to[1]))


def _not_caught_up(connection: Connection, chain_id: int) -> list[str]:
    """Return the ids of plans and escrows whose earlier events were not looked for yet."""
    found: list[str] = []
    for table in (plans, escrows):
        key = table.primary_key.columns.values()[0]
        found += connection.execute(
            sa.select(key).where(table.c.caught_up == sa.false(), table.c.chain_id == chain_id)
        ).scalars()
    return found


def _of_subjects(follower: Follower, subjects: Iterable[str], up_to: EventKey) -> list[ChainEvent]:
    """Return the final events of some plans and escrows, from the first to `up_to`."""
    wanted = set(subjects)
    found: list[ChainEvent] = []
    after: EventKey | None = None
    while True:
        page = follower.events(final=True, after=after, limit=PAGE)
        for event in page:
            if (event.block_number, event.log_index) > up_to:
                return found
            if _subject(event) in wanted:
                found.append(event)
        if len(page) < PAGE:
            return found
        after = (page[-1].block_number, page[-1].log_index)


def _subject(event: ChainEvent) -> str:
    """Return the id that every event of ours has first."""
    return "0x" + cast(bytes, event.args.get("planId") or event.args.get("escrowId") or b"").hex()


def _apply(connection: Connection, context: SettlementContext, found: list[ChainEvent]) -> tuple[int, set[str]]:
    """Give events to their plans and escrows; returns how many were new to one, and the ids that failed."""
    by_subject: dict[str, list[ChainEvent]] = defaultdict(list)
    for event in sorted(found, key=lambda one: (one.block_number, one.log_index)):
        by_subject[_subject(event)].append(event)
    applied, troubled = 0, set[str]()
    for subject, theirs in by_subject.items():
        try:
            with connection.begin_nested():
                applied += _apply_to_subject(connection, context, subject, theirs)
        except DATABASE_FAILURES:
            raise
        except Exception as exc:  # of this one alone: the others go on
            troubled.add(subject)
            reason = trouble_of(exc)
            _log.warning("%s is left as it was, its events cannot be applied: %s", subject, reason)
            again = {"caught_up": False, "updated_at": context.clock()}
            connection.execute(plans.update().where(plans.c.plan_id == subject).values(trouble=reason, **again))
            connection.execute(escrows.update().where(escrows.c.escrow_id == subject).values(again))
    return applied, troubled


def trouble_of(exc: Exception) -> str:
    """Return a failure as a plan's trouble keeps it: one line of at most `MAX_TROUBLE` characters."""
    return " ".join(f"{type(exc).__name__}: {exc}".split())[:MAX_TROUBLE]


def _apply_to_subject(connection: Connection, context: SettlementContext, subject: str, found: list[ChainEvent]) -> int:
    plan = connection.execute(plans.select().where(plans.c.plan_id == subject)).first()
    if plan is not None:
        return _apply_to_plan(connection, context, plan_of_row(plan), found)
    escrow = connection.execute(escrows.select().where(escrows.c.escrow_id == subject)).first()
    return 0 if escrow is None else _apply_to_escrow(connection, context, escrow_of_row(escrow), found)


# --- plans -----------------------------------------------------------------------------------------------------------


def _apply_to_plan(
    connection: Connection, context: SettlementContext, plan: PlanRecord, found: list[ChainEvent]
) -> int:
    new = [
        event
        for event in found
        if (event.block_number, event.log_index) > plan.applied and _is_of(plan, event, context)
    ]
    if not new:
        return 0
    account, position = plan.account or NO_ACCOUNT, plan.position
    told: list[tuple[Stage, str] | None] = []
    for event in new:
        before = account
        by_book = event.address == context.addresses.repayment_book
        of_book = happened.of_book(event.name, event.args) if by_book else None
        if of_book is not None:
            account = fold(plan.terms, [(cast(int, event.timestamp), of_book)], account)
            told.append(_told_of_book(plan.terms, of_book, before, account, cast(int, event.timestamp)))
        else:
            position = _moved(position, event)
            told.append(_told_of_collateral(event, position))
    _keep(connection, plan.plan_id, new, told)
    connection.execute(
        plans.update()
        .where(plans.c.plan_id == plan.plan_id)
        .values(
            status=_status(plan, account),
            account=account_json(account),
            security=position_json(position),
            applied_block=new[-1].block_number,
            applied_index=new[-1].log_index,
            next_due_at=_next_due_at(plan.terms, account),
            wake_at=WAKE_NOW,
            trouble=None,
            updated_at=context.clock(),
        )
    )
    return len(new)


def _status(plan: PlanRecord, account: Account) -> str:
    """Return the plan's status after its events: what it was for as long as the book has no account of it."""
    if account.status is Status.NONE:
        return plan.status
    return COMPLETED if account.status is Status.COMPLETED else OPEN


def _next_due_at(terms: Terms, account: Account) -> int | None:
    """Return the due date of the oldest uncleared installment; None: there is none, or the plan was never opened."""
    if account.status is Status.NONE:
        return None  # nobody has checked its terms
    done = cleared(terms, account.principal_paid)
    return due_at(terms, done + 1) if done < terms.installments else None


def _is_of(plan: PlanRecord, event: ChainEvent, context: SettlementContext) -> bool:
    """Whether an event tells of the plan, by a contract that may: its book, or the module that its terms name."""
    if event.name == SAYS_NOTHING:
        return False
    return event.address == plan.book or (
        event.address == context.addresses.collateral and event.address == plan.terms.collateral
    )


def _told_of_book(
    terms: Terms, event: happened.Event, before: Account, after: Account, at: int
) -> tuple[Stage, str] | None:
    """Return the notice that tells of an event, and what names it there."""
    mark = f"p{after.collected}"
    match event:
        case happened.Paid(payer=payer) if payer == terms.collateral:
            return None  # the sale's own notice tells of it
        case happened.Paid():
            further = cleared(terms, after.principal_paid) > cleared(terms, before.principal_paid)
            settled = owed_now(terms, before, at) > 0 and owed_now(terms, after, at) == 0
            return (Stage.PAID if further or settled else Stage.PAID_PART), mark
        case happened.Cured():
            return Stage.CURED, mark
        case happened.Completed():
            return Stage.COMPLETED, mark
        case _:
            return None


def _moved(position: Position, event: ChainEvent) -> Position:
    """Return the collateral's position after one of its module's events."""
    args = event.args
    match event.name:
        case "CollateralReleased":
            return replace(position, released=cast(int, args["released"]))
        case "AuctionStarted":
            return replace(
                position,
                auctions=position.auctions + 1,
                started_at=cast(int, args["startedAt"]),
                ends_at=cast(int, args["endsAt"]),
                start_price=cast(int, args["startPrice"]),
            )
        case "CollateralSold":
            return replace(position, sold=cast(int, args["quantity"]), surplus=cast(int, args["surplus"]))
        case "SurplusWithdrawn":
            return replace(position, surplus=0)
        case _:
            return position


def _told_of_collateral(event: ChainEvent, position: Position) -> tuple[Stage, str] | None:
    if event.name == "AuctionStarted":
        return Stage.AUCTION_STARTED, f"a{position.auctions}"
    if event.name == "CollateralSold":
        return Stage.AUCTION_SOLD, f"a{position.auctions}"
    return None


# --- escrows ---------------------------------------------------------------------------------------------------------


def _apply_to_escrow(
    connection: Connection, context: SettlementContext, escrow: EscrowRecord, found: list[ChainEvent]
) -> int:
    new = [e for e in found if (e.block_number, e.log_index) > escrow.applied and e.address == escrow.book]
    if not new:
        return 0
    status, withdrawn = escrow.status, escrow.withdrawn
    for event in new:
        status = _ESCROW_STATES.get(event.name, status)
        withdrawn = withdrawn or event.name == "Withdrawn"
    _keep(connection, escrow.escrow_id, new, [None] * len(new))
    connection.execute(
        escrows.update()
        .where(escrows.c.escrow_id == escrow.escrow_id)
        .values(
            status=status,
            withdrawn=withdrawn,
            applied_block=new[-1].block_number,
            applied_index=new[-1].log_index,
            updated_at=context.clock(),
        )
    )
    return len(new)


# --- shared ----------------------------------------------------------------------------------------------------------


def _keep(connection: Connection, subject: str, found: list[ChainEvent], told: list[tuple[Stage, str] | None]) -> None:
    """Write events down; those that a notice tells of wait for it."""
    rows = [
        {
            "subject": subject,
            "block_number": event.block_number,
            "log_index": event.log_index,
            "block_hash": "0x" + event.block_hash.hex(),
            "tx_hash": "0x" + event.tx_hash.hex(),
            "at": event.timestamp,
            "contract": event.address,
            "name": event.name,
            "args": json.dumps({name: _plain(value) for name, value in event.args.items()}),
            "stage": None if notice is None else notice[0].value,
            "mark": None if notice is None else notice[1],
            "told": notice is None,
        }
        for event, notice in zip(found, told, strict=True)
    ]
    insert_missing(connection, settlement_events, rows)


def _plain(value: object) -> object:
    """Return an event's argument as JSON holds it."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return value

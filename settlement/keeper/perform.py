"""Doing one action: judge whether its reason still holds, do it, write down what came of it.

    judge     go        its reason holds
              held      it holds by final blocks, but newer blocks take it away: wait for them to become final
              suppressed  it holds no longer: written down, never done
    deliver   a notice, to its channel; the same key gives the same Message-ID and Idempotency-Key
    submit    a transaction under a key of `onchain.send`; the same key gives the same transaction
    settle    transactions that were sent, until they are final

Everything here may be repeated, and may die between any two lines.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from onchain.errors import (
    ChainError,
    InsufficientFunds,
    KeyConflict,
    NodeError,
    NonceTaken,
    TransactionReverted,
    TransactionStuck,
)
from settlement.book import Book
from settlement.context import SettlementContext
from settlement.errors import SettlementError
from settlement.events import Paid
from settlement.keeper.actions import Action, Kind, PlanSnapshot, still_due
from settlement.keeper.channels import reference_of
from settlement.keeper.derive import snapshot, with_security
from settlement.keeper.notices import AuctionSold, AuctionStarted, Fact, Naming, write
from settlement.records import ActionRecord, PlanRecord, contacts_of, find_action, find_plan, list_actions
from settlement.service_errors import (
    ActionNotFound,
    ChannelUnreachable,
    CollateralUnknown,
    ContactInvalid,
    ContactVariableMissing,
    KeeperUnready,
)
from settlement.store import DONE, PENDING, QUARANTINED, SENT, SUPPRESSED, actions, settlement_events

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from onchain.send import Sender

QUARANTINE_AFTER = 3
"""Refusals of one action after which it is left alone until somebody looks."""

FIRST_PAUSE_SECONDS = 15
"""Pause after the first failure; it doubles with each further one."""

LONGEST_PAUSE_SECONDS = 3_600

MAX_ERROR = 500
"""Characters kept of an error."""

_TRY_AGAIN = (ChannelUnreachable, ContactVariableMissing, NodeError, InsufficientFunds, TransactionStuck, NonceTaken)
"""Failures that say nothing against the action: it is tried again for as long as its reason holds."""

_ALREADY = frozenset(
    {"Collateral_AuctionRunning", "Collateral_NotDefaulted", "Collateral_Sold", "Collateral_NothingToSell"}
)
"""Refusals of an auction that mean: somebody was faster.  Final blocks will say so too."""


class Verdict(StrEnum):
    """What becomes of an action now."""

    GO = "go"
    HELD = "held"
    SUPPRESSED = "suppressed"
    OVER = "over"
    """It is not pending any more."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An action with its plan, as the rows have them."""

    record: ActionRecord
    plan: PlanRecord
    snapshot: PlanSnapshot

    @property
    def action(self) -> Action:
        """The action."""
        return self.record.action


def judge(context: SettlementContext, key: str) -> Verdict:
    """Decide about a pending action, right before it is done.  Raises ActionNotFound, NodeError."""
    duty = _duty(context, key)
    action = duty.action
    if duty.record.status != PENDING:
        return Verdict.OVER
    if action.kind is not Kind.NOTICE:
        if context.sender is None:
            return Verdict.HELD
        if context.sender.get(transaction_key(key, duty.record.run)) is not None:
            return Verdict.GO  # ours, and on its way
    now = context.chain.final().timestamp
    plan = with_security(duty.snapshot, duty.plan, now)
    if not still_due(action, plan, now):
        return Verdict.SUPPRESSED
    if action.kind is Kind.NOTICE and action.mark[0] in "pa":
        return Verdict.GO
    newest = Book(context.chain, duty.plan.book).account(action.plan_id)
    return Verdict.GO if still_due(action, replace(plan, account=newest), now) else Verdict.HELD


def deliver(context: SettlementContext, key: str) -> None:
    """Write a notice, hand it over, and note that it was taken.

    Raises ChannelUnreachable, ChannelRefused, ContactInvalid, NodeError.
    """
    duty = _duty(context, key)
    action, contact = duty.action, duty.action.contact
    if duty.record.status != PENDING:
        return
    if contact is None:
        raise ActionNotFound(key=key)
    with context.engine.connect() as connection:
        addresses = {**contacts_of(connection, action.plan_id), **context.operators}
        fact = _fact(connection, action)
    named = {(one.role, one.channel): address for one, address in addresses.items()}
    address = named.get((contact.role, contact.channel))
    if address is None:
        raise ContactInvalid(role=contact.role, channel=contact.channel, reason="the contact was removed")
    letter = write(
        action,
        duty.snapshot,
        now=context.chain.final().timestamp,
        naming=_naming(duty.plan),
        reference=reference_of(key),
        fact=fact,
    )
    now = context.clock()
    channel = context.notifier.channel(address, role=contact.role, name=contact.channel)
    delivery = channel.deliver(letter, key, now)
    _change(context, key, status=DONE, message_id=delivery.message_id, answer=delivery.answer, error=None, done_at=now)


def submit(context: SettlementContext, key: str, run: int) -> Verdict:
    """Send an action's transaction.

    run  number of this attempt; a transaction that was mined and failed is never signed again under the same key

    Raises ChainError, CollateralUnknown.
    """
    duty = _duty(context, key)
    plan, sender = duty.plan, _sender(context)
    book = Book(context.chain, plan.book, collateral=context.addresses.collateral, sender=sender)
    name = transaction_key(key, run)
    try:
        if duty.action.kind is Kind.POKE:
            record = book.poke(plan.terms, name)
        elif plan.collateral_terms is None:
            raise CollateralUnknown(plan_id=plan.plan_id, reason="its collateral terms are not here")
        else:
            record = book.start_auction(plan.terms, plan.collateral_terms, name)
    except TransactionReverted as exc:
        if exc.name in _ALREADY:
            return Verdict.HELD
        raise
    _change(context, key, status=SENT, tx_hash="0x" + record.tx_hash.hex(), error=None)
    return Verdict.GO


def settle(context: SettlementContext) -> int:
    """Look after transactions that were sent; returns how many are not final yet.

    One that another account sent is left to that account, with a note on its row.  Raises NodeError.
    """
    with context.engine.connect() as connection:
        sent = list_actions(connection, None, SENT)
    waiting = 0
    for record in sent:
        key = record.action.key
        try:
            transaction = _sender(context).advance(transaction_key(key, record.run))
        except KeyConflict as exc:
            _change(context, key, error=f"left alone, sent by another account: {describe(exc)}"[:MAX_ERROR])
            continue
        tx_hash = "0x" + transaction.tx_hash.hex()
        if transaction.status == "final":
            _change(context, key, status=DONE, tx_hash=tx_hash, done_at=context.clock())
        elif transaction.status == "failed" and transaction.settled:
            _change(context, key, status=PENDING, tx_hash=tx_hash)
            fail(context, key, record.run, transaction.error or "mined and failed", again=False)
        else:
            waiting += 1
    return waiting


def finish(context: SettlementContext, key: str, run: int, verdict: Verdict) -> None:
    """Write down that an action was not done in this run, and why."""
    if verdict is Verdict.SUPPRESSED:
        _change(context, key, run=run, status=SUPPRESSED, done_at=context.clock())
    elif verdict is Verdict.HELD:
        _change(context, key, run=run, values={"run": run + 1, "retry_at": context.clock() + 1, "error": None})


def fail(context: SettlementContext, key: str, run: int, error: str, *, again: bool) -> None:
    """Write down that a run failed.

    again  True: it is tried again for as long as its reason holds; False: a third such failure puts it aside
    """
    with context.engine.connect() as connection:
        record = find_action(connection, key)
    if record is None or record.run != run or record.status != PENDING:
        return
    attempts = record.attempts + 1
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 10))
    values: dict[str, object] = {
        "run": run + 1,
        "attempts": attempts,
        "retry_at": context.clock() + pause,
        "error": error[:MAX_ERROR],
    }
    if not again and attempts >= QUARANTINE_AFTER:
        values["status"] = QUARANTINED
    _change(context, key, run=run, values=values)


def is_passing(error: Exception) -> bool:
    """Whether a failure says nothing against the action."""
    return isinstance(error, _TRY_AGAIN)


def describe(error: Exception) -> str:
    """Return an error as it is kept: code and words."""
    code = error.code if isinstance(error, SettlementError | ChainError) else type(error).__name__
    return f"{code}: {error}"


def retry(context: SettlementContext, key: str) -> None:
    """Have an action that was put aside, or that pauses, tried again in the next round.  Raises ActionNotFound."""
    with context.engine.begin() as connection:
        changed = connection.execute(
            actions.update()
            .where(actions.c.key == key, actions.c.status.in_((PENDING, QUARANTINED)))
            .values(status=PENDING, attempts=0, retry_at=0)
        )
    if changed.rowcount == 0:
        raise ActionNotFound(key=key)


def transaction_key(key: str, run: int) -> str:
    """Return the name of an action's transaction in `onchain.send`."""
    return key if run == 0 else f"{key}#{run}"


def _duty(context: SettlementContext, key: str) -> Duty:
    with context.engine.connect() as connection:
        record = find_action(connection, key)
        if record is None:
            raise ActionNotFound(key=key)
        plan = find_plan(connection, record.action.plan_id)
        found = snapshot(connection, context, plan)
    contact = record.action.contact
    if contact is not None and contact not in found.contacts:
        found = replace(found, contacts=(*found.contacts, contact))
    return Duty(record, plan, found)


def _naming(plan: PlanRecord) -> Naming:
    return Naming(plan.name, plan.symbol, plan.decimals, plan.chain_id, plan.book)


def _fact(connection: Connection, action: Action) -> Fact | None:
    """Return the event that a notice tells of, if it is one of those with numbers."""
    table = settlement_events.c
    stage = None if action.stage is None else action.stage.value
    row = connection.execute(
        settlement_events.select().where(
            table.subject == action.plan_id, table.stage == stage, table.mark == action.mark
        )
    ).first()
    if row is None:
        return None
    args = json.loads(row.args)
    match row.name:
        case "Paid":
            sums = (args["principal"], args["charges"], args["principalPaid"], args["chargesPaid"])
            return Paid(args["payer"], *sums)
        case "AuctionStarted":
            return AuctionStarted(args["startPrice"], args["endsAt"])
        case "CollateralSold":
            return AuctionSold(args["price"], args["surplus"])
        case _:
            return None


def _sender(context: SettlementContext) -> Sender:
    if context.sender is None:
        raise KeeperUnready()
    return context.sender


def _change(
    context: SettlementContext,
    key: str,
    *,
    run: int | None = None,
    values: dict[str, object] | None = None,
    **columns: object,
) -> None:
    """Change an action's row; with `run`, only while that is its run."""
    where = actions.c.key == key
    if run is not None:
        where &= actions.c.run == run
    with context.engine.begin() as connection:
        connection.execute(actions.update().where(where).values({**columns, **(values or {})}))

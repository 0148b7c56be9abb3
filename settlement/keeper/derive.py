"""Which actions wait to be done: what is due, written down once for each key.

Plans are looked at when an event came or when their `wake_at` has passed; everything about one plan is one transaction,
so its actions, its told events and its next waking agree whenever the process dies.

A plan for which this fails is in trouble: the reason is written down and logged, the others go on, and it is tried
again when its pause is over or an event of it comes.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from settlement.auction import lot_for_sale
from settlement.context import SettlementContext
from settlement.keeper.actions import Action, Happening, Kind, PlanSnapshot, Security, due_actions, wake_at
from settlement.keeper.follow import DATABASE_FAILURES, MAX_TROUBLE, trouble_of
from settlement.keeper.ladder import Stage
from settlement.plan import NO_ACCOUNT, sync
from settlement.records import PlanRecord, add_actions, contacts_of, plan_of_row
from settlement.schedule import DAY
from settlement.store import COMPLETED, OPEN, PENDING, actions, plans, settlement_events

TRANSACTIONS = frozenset({Kind.POKE, Kind.AUCTION})
"""Actions that cost money."""

BUDGET_PAUSE_SECONDS = 3_600
"""How long a plan whose budget is spent is left alone."""


TROUBLE_PAUSE_SECONDS = 3_600
"""How long a plan is left alone after it could not be told what is due for it."""

UNTOLD = "what is due cannot be told: "
"""How the trouble begins that is found here; a plan in any other trouble is not looked at."""

_log = logging.getLogger(__name__)


def derive(context: SettlementContext, now: int) -> int:
    """Write down what is due; returns how many actions are new.

    now  time of the last final block that was followed
    """
    with context.engine.connect() as connection:
        awake = connection.execute(_awake(now)).scalars().all()
    new = 0
    for plan_id in awake:
        try:
            with context.engine.begin() as connection:
                row = connection.execute(plans.select().where(plans.c.plan_id == plan_id).with_for_update()).one()
                new += _derive_plan(connection, context, plan_of_row(row), now)
        except DATABASE_FAILURES:
            raise
        except Exception as exc:  # of this plan alone: the others go on
            _put_aside(context, plan_id, trouble_of(exc), now)
    return new


def _put_aside(context: SettlementContext, plan_id: str, reason: str, now: int) -> None:
    """Write down why nothing can be done for a plan, and let it pause."""
    _log.warning("%s: %s%s", plan_id, UNTOLD, reason)
    row = {"trouble": (UNTOLD + reason)[:MAX_TROUBLE], "wake_at": now + TROUBLE_PAUSE_SECONDS}
    with context.engine.begin() as connection:
        connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(row))


def snapshot(connection: Connection, context: SettlementContext, plan: PlanRecord) -> PlanSnapshot:
    """Return what decides what is due for a plan, as of its last applied event."""
    rows = connection.execute(
        settlement_events.select()
        .where(settlement_events.c.subject == plan.plan_id, settlement_events.c.told == sa.false())
        .order_by(settlement_events.c.block_number, settlement_events.c.log_index)
    )
    people = [*contacts_of(connection, plan.plan_id), *context.operators]
    return PlanSnapshot(
        plan_id=plan.plan_id,
        terms=plan.terms,
        account=plan.account or NO_ACCOUNT,
        contacts=tuple(sorted(people, key=lambda one: (one.role, one.channel))),
        happened=tuple(Happening(Stage(row.stage), row.mark, row.at) for row in rows),
    )


def with_security(found: PlanSnapshot, plan: PlanRecord, now: int) -> PlanSnapshot:
    """Return the snapshot with what an auction would sell at `now`."""
    collateral, position = plan.collateral_terms, plan.position
    if collateral is None or plan.account is None:
        return found
    account, _ = sync(plan.terms, plan.account, now)
    lot = 0 if position.sold else lot_for_sale(plan.terms, collateral, account, released=position.released)
    return replace(found, security=Security(position.auctions, position.started_at, position.ends_at, lot))


def _awake(now: int) -> sa.Select[str]:
    table = plans.c
    sound = table.trouble.is_(None) | table.trouble.startswith(UNTOLD)
    return (
        sa.select(table.plan_id)
        .where(table.status.in_((OPEN, COMPLETED)), sound, table.wake_at <= now)
        .order_by(table.wake_at, table.plan_id)
    )


def _derive_plan(connection: Connection, context: SettlementContext, plan: PlanRecord, now: int) -> int:
    found = with_security(snapshot(connection, context, plan), plan, now)
    due = due_actions([found], now)
    affordable, paused = _affordable(connection, context, plan.plan_id, due, now)
    new = add_actions(connection, affordable, status=PENDING, derived_at=now)
    told = settlement_events.c.subject == plan.plan_id
    connection.execute(settlement_events.update().where(told).values(told=True))
    wake = wake_at(replace(found, happened=()), now)
    if paused:
        wake = now + BUDGET_PAUSE_SECONDS
    connection.execute(plans.update().where(plans.c.plan_id == plan.plan_id).values(wake_at=wake, trouble=None))
    return new


def _affordable(
    connection: Connection, context: SettlementContext, plan_id: str, due: frozenset[Action], now: int
) -> tuple[list[Action], bool]:
    """Return the actions without those that the plan's budget of the day, or a missing key, forbids."""
    notices = [action for action in due if action.kind not in TRANSACTIONS]
    costly = sorted((action for action in due if action.kind in TRANSACTIONS), key=lambda one: one.key)
    if context.sender is None or not costly:
        return notices, False
    table = actions.c
    today = [
        key
        for key, derived_at in connection.execute(
            sa.select(table.key, table.derived_at).where(
                table.plan_id == plan_id, table.kind.in_([kind.value for kind in TRANSACTIONS])
            )
        )
        if derived_at > now - DAY or any(action.key == key for action in costly)
    ]
    new = [action for action in costly if action.key not in today]
    room = max(0, context.budget_per_day - len(today))
    return [*notices, *new[:room]], len(new) > room

"""Plans, escrows, contacts and actions as values, and the statements that read and write their rows.

Whatever is read comes back through the strict readers of the core, so a damaged row is an error, never a wrong number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from settlement.keeper.actions import Action, Contact, Kind
from settlement.keeper.ladder import LOCALES, Role, Stage
from settlement.plan import Account, Status
from settlement.service_errors import ContactInvalid, EscrowNotFound, PlanNotFound, RecordConflict
from settlement.store import (
    BEFORE_ALL,
    DRAFT,
    SIGNED,
    actions,
    contacts,
    escrows,
    insert_missing,
    plans,
    settlement_events,
)
from settlement.terms import CollateralTerms, EscrowTerms, Terms

if TYPE_CHECKING:
    from settlement.token import TokenInfo

MAX_NAME = 60
"""Characters of a plan's or escrow's name."""

MAX_CHANNEL = 20
"""Characters of a channel's name; it stands in keys."""


@dataclass(frozen=True, slots=True)
class Position:
    """A plan's collateral as its final events have it.

    auctions    started so far
    started_at  of the last auction; 0 = there was none
    ends_at     first second after its window
    released    given back to the debtor
    sold        went to a buyer
    surplus     the debtor's share of the sale, not yet taken out, in the plan's token
    """

    auctions: int = 0
    started_at: int = 0
    ends_at: int = 0
    start_price: int = 0
    released: int = 0
    sold: int = 0
    surplus: int = 0


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan of this workspace.

    plan_id  0x and 64 hex digits
    account  as of the final event at `applied`; None before the opening is final
    applied  (block, log index) of the last event that was applied
    trouble  why the plan's events do not fit its terms; None as it should be
    """

    plan_id: str
    name: str
    chain_id: int
    book: str
    terms: Terms
    collateral_terms: CollateralTerms | None
    debtor_signature: bytes | None
    creditor_signature: bytes | None
    status: str
    symbol: str
    decimals: int
    account: Account | None
    position: Position
    applied: tuple[int, int]
    trouble: str | None


@dataclass(frozen=True, slots=True)
class EscrowRecord:
    """An escrow of this workspace."""

    escrow_id: str
    name: str
    chain_id: int
    book: str
    terms: EscrowTerms
    payer_signature: bytes | None
    payee_signature: bytes | None
    status: str
    withdrawn: bool
    symbol: str
    decimals: int
    applied: tuple[int, int]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A final event of a plan or escrow.  Digests are 0x hex, amounts integers."""

    block_number: int
    log_index: int
    tx_hash: str
    at: int
    name: str
    args: dict[str, int | str]


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """An action and what became of it; the columns are those of `store.actions`."""

    action: Action
    derived_at: int
    status: str
    run: int
    attempts: int
    retry_at: int
    error: str | None
    message_id: str | None
    answer: str | None
    tx_hash: str | None
    done_at: int | None


# --- plans -----------------------------------------------------------------------------------------------------------


def add_plan(
    connection: Connection,
    *,
    plan_id: str,
    name: str,
    chain_id: int,
    book: str,
    terms: Terms,
    collateral_terms: CollateralTerms | None,
    token: TokenInfo,
    now: int,
) -> PlanRecord:
    """Put a plan into the workspace; the same plan again changes nothing.

    Raises RecordConflict: the name belongs to another plan, or is no name.
    """
    check_name(name)
    row = {
        "plan_id": plan_id,
        "name": name,
        "chain_id": chain_id,
        "book": book,
        "terms": terms.to_json(),
        "collateral_terms": None if collateral_terms is None else collateral_terms.to_json(),
        "status": DRAFT,
        "symbol": token.symbol,
        "decimals": token.decimals,
        "applied_block": BEFORE_ALL,
        "applied_index": BEFORE_ALL,
        "caught_up": False,
        "created_at": now,
        "updated_at": now,
    }
    _add(connection, plans, row, name)
    found = find_plan(connection, plan_id)
    if found.name != name:
        raise RecordConflict(name=found.name, field=f"name than {name}")
    return found


def sign_plan(connection: Connection, plan_id: str, *, role: Role, signature: bytes, now: int) -> PlanRecord:
    """Keep a party's signature over the plan; with both, a draft is signed.

    Raises PlanNotFound.
    """
    column = plans.c.debtor_signature if role is Role.DEBTOR else plans.c.creditor_signature
    connection.execute(plans.update().where(plans.c.plan_id == plan_id).values({column: signature, "updated_at": now}))
    both = plans.c.debtor_signature.is_not(None) & plans.c.creditor_signature.is_not(None)
    connection.execute(
        plans.update().where(plans.c.plan_id == plan_id, plans.c.status == DRAFT, both).values(status=SIGNED)
    )
    return find_plan(connection, plan_id)


def find_plan(connection: Connection, name: str) -> PlanRecord:
    """Return the plan of a name or an id.  Raises PlanNotFound."""
    row = connection.execute(plans.select().where((plans.c.name == name) | (plans.c.plan_id == name.lower()))).first()
    if row is None:
        raise PlanNotFound(name=name[:80])
    return plan_of_row(row)


def list_plans(connection: Connection) -> list[PlanRecord]:
    """Return all plans, oldest first."""
    return [
        plan_of_row(row) for row in connection.execute(plans.select().order_by(plans.c.created_at, plans.c.plan_id))
    ]


def account_json(account: Account) -> str:
    """Return an account as it is stored."""
    return json.dumps(asdict(account), sort_keys=True)


def position_json(position: Position) -> str:
    """Return a collateral's position as it is stored."""
    return json.dumps(asdict(position), sort_keys=True)


def plan_of_row(row: sa.Row[tuple[object, ...]]) -> PlanRecord:
    """Return a row of `plans` as a value."""
    account = None
    if row.account is not None:
        members = json.loads(row.account)
        account = Account(**{**members, "status": Status(members["status"])})
    return PlanRecord(
        plan_id=row.plan_id,
        name=row.name,
        chain_id=row.chain_id,
        book=row.book,
        terms=Terms.from_json(row.terms),
        collateral_terms=None if row.collateral_terms is None else CollateralTerms.from_json(row.collateral_terms),
        debtor_signature=_bytes(row.debtor_signature),
        creditor_signature=_bytes(row.creditor_signature),
        status=row.status,
        symbol=row.symbol,
        decimals=row.decimals,
        account=account,
        position=Position() if row.security is None else Position(**json.loads(row.security)),
        applied=(row.applied_block, row.applied_index),
        trouble=row.trouble,
    )


# --- escrows ---------------------------------------------------------------------------------------------------------


def add_escrow(
    connection: Connection,
    *,
    escrow_id: str,
    name: str,
    chain_id: int,
    book: str,
    terms: EscrowTerms,
    token: TokenInfo,
    now: int,
) -> EscrowRecord:
    """Put an escrow into the workspace; the same escrow again changes nothing.

    Raises RecordConflict: the name belongs to another escrow, or is no name.
    """
    check_name(name)
    row = {
        "escrow_id": escrow_id,
        "name": name,
        "chain_id": chain_id,
        "book": book,
        "terms": terms.to_json(),
        "status": DRAFT,
        "withdrawn": False,
        "symbol": token.symbol,
        "decimals": token.decimals,
        "applied_block": BEFORE_ALL,
        "applied_index": BEFORE_ALL,
        "caught_up": False,
        "created_at": now,
        "updated_at": now,
    }
    _add(connection, escrows, row, name)
    found = find_escrow(connection, escrow_id)
    if found.name != name:
        raise RecordConflict(name=found.name, field=f"name than {name}")
    return found


def sign_escrow(connection: Connection, escrow_id: str, *, payer: bool, signature: bytes, now: int) -> EscrowRecord:
    """Keep a party's signature over the escrow; with both, a draft is signed.  Raises EscrowNotFound."""
    table = escrows.c
    column = table.payer_signature if payer else table.payee_signature
    connection.execute(
        escrows.update().where(table.escrow_id == escrow_id).values({column: signature, "updated_at": now})
    )
    both = table.payer_signature.is_not(None) & table.payee_signature.is_not(None)
    connection.execute(
        escrows.update().where(table.escrow_id == escrow_id, table.status == DRAFT, both).values(status=SIGNED)
    )
    return find_escrow(connection, escrow_id)


def find_escrow(connection: Connection, name: str) -> EscrowRecord:
    """Return the escrow of a name or an id.  Raises EscrowNotFound."""
    table = escrows.c
    row = connection.execute(escrows.select().where((table.name == name) | (table.escrow_id == name.lower()))).first()
    if row is None:
        raise EscrowNotFound(name=name[:80])
    return escrow_of_row(row)


def list_escrows(connection: Connection) -> list[EscrowRecord]:
    """Return all escrows, oldest first."""
    ordered = escrows.select().order_by(escrows.c.created_at, escrows.c.escrow_id)
    return [escrow_of_row(row) for row in connection.execute(ordered)]


def escrow_of_row(row: sa.Row[tuple[object, ...]]) -> EscrowRecord:
    """Return a row of `escrows` as a value."""
    return EscrowRecord(
        escrow_id=row.escrow_id,
        name=row.name,
        chain_id=row.chain_id,
        book=row.book,
        terms=EscrowTerms.from_json(row.terms),
        payer_signature=_bytes(row.payer_signature),
        payee_signature=_bytes(row.payee_signature),
        status=row.status,
        withdrawn=bool(row.withdrawn),
        symbol=row.symbol,
        decimals=row.decimals,
        applied=(row.applied_block, row.applied_index),
    )


# --- events ----------------------------------------------------------------------------------------------------------


def history(connection: Connection, subject: str) -> list[EventRecord]:
    """Return the final events of a plan or escrow, in the chain's order."""
    table = settlement_events.c
    rows = connection.execute(
        settlement_events.select().where(table.subject == subject).order_by(table.block_number, table.log_index)
    )
    return [
        EventRecord(row.block_number, row.log_index, row.tx_hash, row.at, row.name, json.loads(row.args))
        for row in rows
    ]


# --- contacts --------------------------------------------------------------------------------------------------------


def set_contact(connection: Connection, plan_id: str, *, role: Role, channel: str, locale: str, address: str) -> None:
    """Say where somebody is written to about a plan; replaces what that channel had.

    Raises ContactInvalid, ContactSecret, PlanNotFound.
    """
    contact_of(role=role, channel=channel, locale=locale, address=address)
    find_plan(connection, plan_id)
    table = contacts.c
    connection.execute(
        contacts.delete().where(table.plan_id == plan_id, table.role == role.value, table.channel == channel)
    )
    connection.execute(
        contacts.insert().values(plan_id=plan_id, role=role.value, channel=channel, locale=locale, address=address)
    )


def contact_of(*, role: Role, channel: str, locale: str, address: str) -> Contact:
    """Return a checked contact.  Raises ContactInvalid, ContactSecret."""
    if not 1 <= len(channel) <= MAX_CHANNEL or not channel.isascii() or not channel.replace("-", "").isalnum():
        raise ContactInvalid(role=role, channel=channel[:40], reason="a channel's name is letters, digits and hyphens")
    if locale not in LOCALES:
        raise ContactInvalid(role=role, channel=channel, reason=f"notices are written in {' and '.join(LOCALES)}")
    from settlement.keeper.channels import check_address  # Apprise takes its time to import

    check_address(address, role=role, channel=channel)
    return Contact(role, channel, locale)


def contacts_of(connection: Connection, plan_id: str) -> dict[Contact, str]:
    """Return who is written to about a plan, and their addresses."""
    rows = connection.execute(contacts.select().where(contacts.c.plan_id == plan_id))
    return {Contact(Role(row.role), row.channel, row.locale): row.address for row in rows}


# --- actions ---------------------------------------------------------------------------------------------------------


def add_actions(connection: Connection, due: Sequence[Action], *, status: str, derived_at: int) -> int:
    """Write down actions that are not there yet; returns how many were new."""
    return insert_missing(
        connection,
        actions,
        [
            {
                "key": action.key,
                "kind": action.kind.value,
                "plan_id": action.plan_id,
                "mark": action.mark,
                "stage": None if action.stage is None else action.stage.value,
                "role": None if action.contact is None else action.contact.role.value,
                "channel": None if action.contact is None else action.contact.channel,
                "locale": None if action.contact is None else action.contact.locale,
                "due_at": action.due_at,
                "derived_at": derived_at,
                "status": status,
                "run": 0,
                "attempts": 0,
                "retry_at": 0,
            }
            for action in sorted(due, key=lambda one: one.key)
        ],
    )


def find_action(connection: Connection, key: str) -> ActionRecord | None:
    """Return the action of a key, or None."""
    row = connection.execute(actions.select().where(actions.c.key == key)).first()
    return None if row is None else _action(row)


def list_actions(connection: Connection, plan_id: str | None = None, *statuses: str) -> list[ActionRecord]:
    """Return actions in the order in which they were due: of one plan or all, of some statuses or all."""
    query = actions.select()
    if plan_id is not None:
        query = query.where(actions.c.plan_id == plan_id)
    if statuses:
        query = query.where(actions.c.status.in_(statuses))
    return [_action(row) for row in connection.execute(query.order_by(actions.c.due_at, actions.c.key))]


def _action(row: sa.Row[tuple[object, ...]]) -> ActionRecord:
    contact = None if row.role is None else Contact(Role(row.role), row.channel, row.locale)
    stage = None if row.stage is None else Stage(row.stage)
    return ActionRecord(
        action=Action(Kind(row.kind), row.plan_id, row.mark, row.due_at, stage, contact),
        derived_at=row.derived_at,
        status=row.status,
        run=row.run,
        attempts=row.attempts,
        retry_at=row.retry_at,
        error=row.error,
        message_id=row.message_id,
        answer=row.answer,
        tx_hash=row.tx_hash,
        done_at=row.done_at,
    )


# --- shared ----------------------------------------------------------------------------------------------------------


def check_name(name: str) -> None:
    """Return when `name` can name a plan or escrow: one printable line that is no id.

    Raises RecordConflict.
    """
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable() or name != name.strip() or name.startswith("0x"):
        raise RecordConflict(name=name[:MAX_NAME], field=f"form: a name is one line of 1 to {MAX_NAME} characters")


def _add(connection: Connection, table: sa.Table, row: dict[str, object], name: str) -> None:
    """Insert a row unless its id is there.  Raises RecordConflict when another row has its name."""
    try:
        insert_missing(connection, table, [row])
    except IntegrityError as exc:
        raise RecordConflict(name=name, field="id") from exc
    taken = connection.execute(sa.select(table.primary_key.columns.values()[0]).where(table.c.name == name)).scalar()
    if taken is not None and taken != row[table.primary_key.columns.keys()[0]]:
        raise RecordConflict(name=name, field="id")


def _bytes(value: object) -> bytes | None:
    return None if value is None else bytes(cast(bytes, value))

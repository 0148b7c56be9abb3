"""Stored transactions as values, and the few statements that read and write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from onchain.fees import Fees
from onchain.signer import SignedTransaction
from onchain.store import chain_attempts, chain_transactions


@dataclass(frozen=True)
class Attempt:
    """One signed form of a transaction. `sent_at` is None until a node took it."""

    hash: bytes
    raw: bytes
    fees: Fees
    sent_at: int | None


@dataclass(frozen=True)
class TxRecord:
    """One stored transaction, as it was last seen.

    status        "pending" (stored, perhaps sent), "included" (mined), "final", "failed" (mined and failed, or never
                  possible)
    settled       nothing changes any more: in a final block, or its nonce was finally spent by somebody else
    tx_hash       of the attempt that was mined, else of the newest one; 32 bytes
    gas_price     wei per gas, as charged; with gas_used known once mined
    contract      address that a creation made
    error         why it failed, or why no node takes it
    """

    id: int
    key: str
    chain_id: int
    sender: str
    nonce: int
    to: str | None
    data: bytes
    value: int
    gas: int
    status: str
    settled: bool
    tx_hash: bytes
    block_number: int | None
    block_hash: bytes | None
    gas_used: int | None
    gas_price: int | None
    contract: str | None
    error: str | None
    created_at: int
    attempts: tuple[Attempt, ...]


def _records(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[TxRecord]:
    rows = connection.execute(
        sa.select(chain_transactions).where(*conditions).order_by(chain_transactions.c.nonce)
    ).all()
    attempts: dict[int, list[Attempt]] = {row.id: [] for row in rows}
    ids = list(attempts)
    for start in range(0, len(ids), 500):  # SQLite bounds the number of parameters
        part = ids[start : start + 500]
        for row in connection.execute(
            sa.select(chain_attempts).where(chain_attempts.c.transaction_id.in_(part)).order_by(chain_attempts.c.id)
        ):
            fees = Fees(int(row.max_fee), int(row.max_priority_fee))
            attempts[row.transaction_id].append(Attempt(bytes(row.hash), bytes(row.raw), fees, row.sent_at))
    return [_record(row, attempts[row.id]) for row in rows]


def _record(row: sa.Row[tuple[object, ...]], attempts: Sequence[Attempt]) -> TxRecord:
    mined = None if row.mined_hash is None else bytes(row.mined_hash)
    return TxRecord(
        id=row.id,
        key=row.key,
        chain_id=row.chain_id,
        sender=row.sender,
        nonce=row.nonce,
        to=row.to_address,
        data=bytes(row.data),
        value=int(row.value),
        gas=row.gas,
        status=row.status,
        settled=bool(row.settled),
        tx_hash=mined or attempts[-1].hash,
        block_number=row.block_number,
        block_hash=None if row.block_hash is None else bytes(row.block_hash),
        gas_used=row.gas_used,
        gas_price=None if row.gas_price is None else int(row.gas_price),
        contract=row.contract,
        error=row.error,
        created_at=row.created_at,
        attempts=tuple(attempts),
    )


def read(connection: sa.Connection, key: str) -> TxRecord | None:
    """The transaction under `key`, or None."""
    found = _records(connection, chain_transactions.c.key == key)
    return found[0] if found else None


def read_at(connection: sa.Connection, chain_id: int, sender: str, nonce: int) -> TxRecord | None:
    """The transaction that has this nonce, or None."""
    table = chain_transactions.c
    found = _records(connection, table.chain_id == chain_id, table.sender == sender, table.nonce == nonce)
    return found[0] if found else None


def unsettled(connection: sa.Connection, chain_id: int, sender: str) -> list[TxRecord]:
    """All transactions of one account that may still change, lowest nonce first."""
    table = chain_transactions.c
    return _records(connection, table.chain_id == chain_id, table.sender == sender, table.settled == sa.false())


def next_nonce(connection: sa.Connection, chain_id: int, sender: str) -> int:
    """One more than the highest nonce that we stored for this account; 0 where there is none."""
    table = chain_transactions.c
    highest = connection.execute(
        sa.select(sa.func.max(table.nonce)).where(table.chain_id == chain_id, table.sender == sender)
    ).scalar()
    return 0 if highest is None else int(highest) + 1


def insert_transaction(
    connection: sa.Connection,
    *,
    chain_id: int,
    sender: str,
    nonce: int,
    key: str,
    to: str | None,
    data: bytes,
    value: int,
    gas: int,
    now: int,
) -> int:
    """Store a new pending transaction; returns its row id. Raises IntegrityError when the key or the nonce is taken."""
    result = connection.execute(
        sa.insert(chain_transactions).values(
            chain_id=chain_id,
            sender=sender,
            nonce=nonce,
            key=key,
            to_address=to,
            data=data,
            value=str(value),
            gas=gas,
            status="pending",
            settled=False,
            created_at=now,
            updated_at=now,
        )
    )
    row_id = result.inserted_primary_key
    assert row_id is not None
    return int(row_id[0])


def insert_attempt(connection: sa.Connection, transaction_id: int, signed: SignedTransaction, fees: Fees) -> None:
    """Store a signed attempt. Raises IntegrityError when the same one is stored already."""
    connection.execute(
        sa.insert(chain_attempts).values(
            transaction_id=transaction_id,
            hash=signed.hash,
            raw=signed.raw,
            max_fee=str(fees.max_fee),
            max_priority_fee=str(fees.max_priority_fee),
        )
    )


def update(
    connection: sa.Connection,
    transaction_id: int,
    *,
    values: Mapping[str, object] | None = None,
    only_pending: bool = False,
    also_settled: bool = False,
    attempt: bytes | None = None,
    sent_at: int | None = None,
) -> None:
    """Change a transaction's row (a settled one only with `also_settled`), or note when an attempt was first sent."""
    if values is not None:
        statement = sa.update(chain_transactions).where(chain_transactions.c.id == transaction_id)
        if not also_settled:
            statement = statement.where(chain_transactions.c.settled == sa.false())
        if only_pending:
            statement = statement.where(chain_transactions.c.status == "pending")
        connection.execute(statement.values(**values))
    if attempt is not None:
        connection.execute(
            sa.update(chain_attempts)
            .where(chain_attempts.c.hash == attempt, chain_attempts.c.sent_at.is_(None))
            .values(sent_at=sent_at)
        )

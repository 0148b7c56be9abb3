"""The demo's last page: every transaction that was sent, by whom, with block and gas, and where everything lies."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from portal.demo.place import Place
from portal.demo.stage import shown

# What a transaction's key says it does: `deploy:...:NAME:...`, `plan:ID:pay:...`, `escrow:ID:fund:...`.
PLAN_WORDS: Final = {
    "collateral": "pledge the collateral",
    "open": "open",
    "pay": "pay",
    "withdraw": "take the money out",
    "release": "take freed collateral out",
    "surplus": "take the surplus out",
    "buy": "buy the collateral",
    "poke": "write down what is missed",
    "auction": "start the auction",
}
OTHER_WORDS: Final = {
    "log": "create the evidence log",
    "anchor": "anchor the log's head",
    "mint": "mint test tokens",
    "demo": "make a token for the collateral",
}


@dataclass(frozen=True)
class Entry:
    """One mined transaction: chain id, block, gas used, who sent it, what it does, its hash in hex."""

    chain_id: int
    block: int
    gas: int
    who: str
    what: str
    tx: str


def show_ledger(place: Place) -> None:
    """A row for each transaction, in the order of the chains' blocks; the whole table also as a file."""
    entries = _entries(place)
    stage = place.stage
    stage.chapter("What happened, on two chains")
    stage.table(
        ("chain>", "block>", "gas>", "who", "what", "transaction"),
        ((str(e.chain_id), str(e.block), f"{e.gas:,}", e.who, e.what, f"{e.tx[:10]}…{e.tx[-6:]}") for e in entries),
    )
    with _file(place).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["chain_id", "block", "gas", "who", "what", "transaction"])
        writer.writerows([e.chain_id, e.block, e.gas, e.who, e.what, e.tx] for e in entries)


def show_paths(place: Place) -> None:
    """Where the reader finds everything."""
    folder = place.folder
    rows = (
        ("workspace", folder / "workspace"),
        ("receipts", folder / "receipts"),
        ("notices as they arrived", folder / "received"),
        ("this table, with whole hashes", _file(place)),
        ("program logs", folder / "workspace" / "logs"),
    )
    place.stage.table(("", ""), ((what, shown(path)) for what, path in rows))


def _file(place: Place) -> Path:
    return place.folder / "transactions.csv"


def _entries(place: Place) -> list[Entry]:
    from onchain.store import chain_transactions
    from settlement.records import list_escrows, list_plans

    columns = chain_transactions.c
    query = sa.select(chain_transactions).where(columns.mined_hash.is_not(None))
    with place.world.engine.connect() as connection:
        names = {plan.plan_id: plan.name for plan in list_plans(connection)}
        names |= {escrow.escrow_id: escrow.name for escrow in list_escrows(connection)}
        rows = connection.execute(query.order_by(columns.chain_id, columns.block_number, columns.nonce)).all()
    who = {key.address: key.name for key in place.world.keys.all()}
    return [
        Entry(
            row.chain_id,
            row.block_number,
            row.gas_used,
            who.get(row.sender, row.sender),
            describe(row.key, names),
            f"0x{row.mined_hash.hex()}",
        )
        for row in rows
    ]


def describe(key: str, names: Mapping[str, str]) -> str:
    """What the transaction with this key does, in words.

    names  of plans and escrows, by id
    """
    parts = key.split(":")
    if parts[0] == "deploy":
        return f"deploy {parts[3]}"
    if parts[0] not in ("plan", "escrow"):
        return OTHER_WORDS.get(parts[0], key)
    found = next((PLAN_WORDS[part] for part in parts[2:] if part in PLAN_WORDS), parts[2])  # fund, reclaim: words
    if parts[0] == "escrow" and parts[2] == "release":
        found = "release"
    if parts[-1].startswith("approve"):
        found = f"allow tokens to {found}" if not found.startswith("pledge") else "allow the collateral"
    return f"{names.get(parts[1], parts[1])}: {found}"

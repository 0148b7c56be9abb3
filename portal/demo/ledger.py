"""The demo's last page: every transaction that was sent, with block and gas, and where everything lies."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from portal.demo.place import Place
from portal.demo.stage import shown

# First words of a transaction's key in chain_transactions, and what a reader calls it. The longest match wins.
WORDS: Final = {
    "deploy": "deploy a contract",
    "log:create": "create the evidence log",
    "anchor": "anchor the log's head",
    "mint": "mint test tokens",
    "demo:pledge-token": "make and mint the pledge token",
    "open": "open",
    "pay": "pay",
    "withdraw": "creditor withdraws",
    "release": "release",
    "collateral": "allow the collateral",
    "surplus": "debtor takes the surplus",
    "buy": "buy the collateral",
    "poke": "keeper writes down what is true",
    "auction": "keeper starts the auction",
    "fund": "fund",
    "reclaim": "reclaim",
}


def show_ledger(place: Place) -> None:
    """A row for each transaction, in the order of the chains' blocks."""
    from onchain.store import chain_transactions

    names = _names(place)
    stage = place.stage
    stage.chapter("What happened, on two chains")
    columns = chain_transactions.c
    query = sa.select(chain_transactions).where(columns.mined_hash.is_not(None))
    with place.world.engine.connect() as connection:
        rows = connection.execute(query.order_by(columns.chain_id, columns.block_number, columns.nonce)).all()
    stage.table(
        ("chain>", "block>", "gas>", "what", "transaction"),
        (
            (
                str(row.chain_id),
                str(row.block_number),
                f"{row.gas_used:,}",
                _what(row.key, names),
                f"0x{row.mined_hash.hex()}",
            )
            for row in rows
        ),
    )


def _names(place: Place) -> dict[str, str]:
    from settlement.records import list_escrows, list_plans

    with place.world.engine.connect() as connection:
        plans, found = list_plans(connection), list_escrows(connection)
    return {**{p.plan_id: p.name for p in plans}, **{e.escrow_id: e.name for e in found}}


def _what(key: str, names: dict[str, str]) -> str:
    subject = next((name for long, name in names.items() if long in key), "")
    rest = key
    for long in names:
        rest = rest.replace(long, "")
    allow = " (allowance)" if rest.endswith(":allow") or ":allow:" in rest else ""
    found = [words for start, words in WORDS.items() if rest.startswith(start) or f":{start}" in rest]
    words = found[0] if found else key
    return f"{words}{f' · {subject}' if subject else ''}{allow}"


def show_paths(place: Place) -> None:
    """Where the reader finds everything."""
    folder = place.folder
    rows = (
        ("workspace", folder / "workspace"),
        ("receipts", folder / "receipts"),
        ("notices as they arrived", folder / "received"),
        ("program logs", folder / "workspace" / "logs"),
    )
    place.stage.table(("", ""), ((what, shown(path)) for what, path in rows))

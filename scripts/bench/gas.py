"""Gas of whole transactions on one anvil: ours beside EAS `timestamp` and a plain ERC-20 `transferFrom`.

The token is the same on both sides, allowances are finite on both, and nobody's balance is empty, the book's neither:
it holds another plan's money. What an empty book costs more stands in a row of its own; the token alone charges it, for
a first unit in an account. Gas does not depend on the machine, so each transaction is sent once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from harness import PEER_NPM, Row, Target, scratch

from notary.log import merkle
from onchain import abi, artifacts, wire
from onchain.contract import Contract
from onchain.devchain import DevChain
from onchain.rpc import Rpc
from settlement.eip712 import ZERO_32, ZERO_ADDRESS, as_tuple, typed_data
from settlement.terms import Allocation, Calendar, Terms, book_domain

INSTALLMENT = 1_000_000
MONTH = 30 * 86_400
ALL = 2**128 - 1
REPEATED = ("pay, second", "pay, by a third party", "pay in part")
DEBTOR, CREDITOR, THIRD = 1, 2, 3  # anvil's test accounts


class Node:
    """Sends transactions from anvil's own accounts and says what they cost."""

    def __init__(self, chain: DevChain) -> None:
        self.chain, self.rpc = chain, Rpc(chain.url, timeout=30.0)
        self.accounts = [chain.signer(i).address for i in range(4)]

    def send(self, sender: int, to: str | None, data: bytes) -> dict[str, Any]:
        tx: dict[str, Any] = {"from": self.accounts[sender], "data": wire.hex_data(data), "gas": hex(12_000_000)}
        sent = self.rpc.call("eth_sendTransaction", [tx if to is None else {**tx, "to": to}])
        for _ in range(1000):
            receipt = self.rpc.call("eth_getTransactionReceipt", [sent])
            if isinstance(receipt, dict):
                break
        else:
            raise SystemExit(f"gas: {sent} is not mined")
        if receipt["status"] != "0x1":
            raise SystemExit(f"gas: a transaction to {to} was reverted: {data[:4].hex()}")
        return receipt

    def gas(self, sender: int, contract: Contract, function: str, *args: object) -> int:
        return int(self.send(sender, contract.address, contract.encode(function, *args))["gasUsed"], 16)

    def call(self, contract: Contract, function: str, *args: object) -> int:
        request: dict[str, Any] = {"to": contract.address, "data": wire.hex_data(contract.encode(function, *args))}
        answer = wire.data(self.rpc.call("eth_call", [request, "latest"]), "answer")
        return int.from_bytes(answer)

    def hard_fork(self) -> str:
        """The rules by which this anvil prices, as it names them."""
        info = self.rpc.call("anvil_nodeInfo")
        return str(info["hardFork"]) if isinstance(info, dict) else "hard fork unknown"

    def deploy(self, bytecode: bytes, interface: list[dict[str, object]], name: str, *args: object) -> Contract:
        constructor = next((entry for entry in interface if entry["type"] == "constructor"), {})
        receipt = self.send(0, None, bytecode + abi.encode(abi.components(constructor), args))
        return Contract(name, receipt["contractAddress"], interface)

    def ours(self, name: str, *args: object) -> Contract:
        artifact = artifacts.load(name)
        return self.deploy(artifact.bytecode, list(artifact.abi), name, *args)

    def eas(self, name: str, *args: object) -> Contract:
        package = PEER_NPM / "@ethereum-attestation-service/eas-contracts/artifacts/contracts"
        artifact = json.loads((package / f"{name}.sol/{name}.json").read_text())
        return self.deploy(bytes.fromhex(artifact["bytecode"][2:]), artifact["abi"], name, *args)


def measure(_quick: bool) -> Iterator[Row]:
    with scratch("gas") as folder, DevChain.start(folder / "state.json", 31337) as chain:
        node = Node(chain)
        yield from anchors(node)
        yield from plans(node)


def anchors(node: Node) -> Iterator[Row]:
    """Heads of a log, each a whole transaction whose consistency proof the contract checks."""
    eas = node.eas("EAS", node.eas("SchemaRegistry").address)
    timestamp = node.gas(0, eas, "timestamp", sha256(b"a head").digest())
    log = node.ours("EvidenceLog")
    largest = 1_000_201
    tree = merkle.Tree(merkle.leaf_hashes([i.to_bytes(8, "big") for i in range(largest)]))

    def append(log_id: bytes, old: int, new: int) -> int:
        proof = merkle.consistency_path(old, new, tree.node_at) if old else []
        return node.gas(0, log, "append", log_id, old, new, merkle.range_hash(0, new, tree.node_at), proof)

    def first_and_second(old: int, new: int) -> tuple[int, int]:
        """Gas of a log's first head, of `old` entries, and of its second."""
        salt = sha256(f"{old} {new}".encode()).digest()
        node.gas(0, log, "create", salt, node.accounts[0], node.accounts[0], "tallystick.local/00000000", bytes(32))
        log_id = abi.keccak(abi.address_bytes(node.accounts[0]).rjust(32, b"\0") + salt)
        return append(log_id, 0, old), append(log_id, old, new)

    fork = node.hard_fork()
    what = f"anchor a head, consistency proven (rules of {fork})"
    yield Row(
        f"anchor a log's first head (rules of {fork})", first_and_second(1, 2)[0], "EAS timestamp", timestamp, "gas"
    )
    for old, new, bound in (
        (1, 201, None),
        (1_000, 1_001, 45_000),
        (1_000, 1_200, 45_000),
        (1_023, 1_200, None),  # the dearest pair of such a log: twelve proof hashes of about 1,030 gas each
        (100_000, 100_201, None),
        (1_000_000, 1_000_001, 75_000),
        (1_000_000, 1_000_200, 75_000),
    ):
        target = None if bound is None else Target("at most", bound - 1, "ours")
        cost = first_and_second(old, new)[1]
        yield Row(f"{what}: {old:,} to {new:,} entries", cost, "EAS timestamp", timestamp, "gas", target)


@dataclass(frozen=True)
class World:
    node: Node
    token: Contract
    book: Contract

    def terms(self, calendar: Calendar, installments: int) -> Terms:
        """Both kinds of plan differ in their number of installments only, not in what one of them is."""
        now = self.node.chain.now()
        due = datetime.fromtimestamp(now + MONTH, UTC).replace(day=15, hour=12, minute=0, second=0)
        by_month = calendar is Calendar.MONTHS
        return Terms(
            debtor=self.node.accounts[DEBTOR],
            creditor=self.node.accounts[CREDITOR],
            token=self.token.address,
            total=INSTALLMENT * installments,
            calendar=calendar,
            first_due_at=int(due.timestamp()),
            interval=1 if by_month else MONTH,
            installments=installments,
            anchor_day=15 if by_month else 0,
            utc_offset=28_800 if by_month else 0,
            grace_seconds=7 * 86_400,
            late_flat=20_000,
            late_daily=1_000,
            late_cap=100_000,
            allocation=Allocation.PRINCIPAL_FIRST,
            default_missed=3,
            default_seconds=90 * 86_400,
            collateral=ZERO_ADDRESS,
            collateral_terms=ZERO_32,
            agreement=sha256(b"agreement").digest(),
            jurisdiction=sha256(b"jurisdiction").digest(),
            salt=sha256(b"salt").digest(),
            sign_by=now + 86_400,
        )

    def open(self, terms: Terms) -> int:
        typed = typed_data(terms, book_domain(self.node.chain.chain_id, self.book.address))
        signatures = [self.node.chain.signer(who).sign_typed_data(typed) for who in (DEBTOR, CREDITOR)]
        return self.node.gas(0, self.book, "open", as_tuple(terms), *signatures)

    def pay(self, terms: Terms, payer: int = DEBTOR, amount: int = INSTALLMENT) -> int:
        return self.node.gas(payer, self.book, "pay", as_tuple(terms), amount)

    def withdraw(self, terms: Terms) -> int:
        return self.node.gas(CREDITOR, self.book, "withdraw", as_tuple(terms), self.node.accounts[CREDITOR], ALL)

    def poke(self, terms: Terms) -> int:
        return self.node.gas(0, self.book, "poke", as_tuple(terms))

    def late(self, terms: Terms, installment: int) -> None:
        """Move the clock to where `installment` is late, and the next one not yet due."""
        due = self.node.call(self.book, "dueAt", as_tuple(terms), installment)
        self.node.chain.warp(due + terms.grace_seconds + 86_400)

    def life(self, terms: Terms) -> dict[str, int]:
        """Gas of each step of a plan that is paid, falls behind and defaults; then the chain goes back."""
        snapshot = self.node.chain.snapshot()
        steps = {"open": self.open(terms)}
        steps["pay, first"] = self.pay(terms)
        steps["pay, second"] = self.pay(terms)
        steps["withdraw, first"] = self.withdraw(terms)
        steps["pay, by a third party"] = self.pay(terms, THIRD)
        steps["pay in part"] = self.pay(terms, amount=INSTALLMENT // 3)
        steps["withdraw, second"] = self.withdraw(terms)
        steps["poke, nothing to note"] = self.poke(terms)
        self.late(terms, 4)
        steps["poke, one missed"] = self.poke(terms)
        steps["pay, one late"] = self.pay(terms)
        self.late(terms, 12)
        steps["poke, eight late and in default"] = self.poke(terms)
        steps["pay, eight late and in default"] = self.pay(terms)
        steps["withdraw, third"] = self.withdraw(terms)
        self.node.chain.revert(snapshot)
        return steps


def plans(node: Node) -> Iterator[Row]:
    world = World(node, node.ours("DemoToken", "Demo", "DEMO", 6), node.ours("RepaymentBook"))
    for who in (DEBTOR, CREDITOR, THIRD):
        node.gas(0, world.token, "mint", node.accounts[who], 10**15)
        node.gas(who, world.token, "approve", world.book.address, 10**14)
    node.gas(DEBTOR, world.token, "approve", node.accounts[0], 10**14)
    transfer = node.gas(0, world.token, "transferFrom", node.accounts[DEBTOR], node.accounts[CREDITOR], INSTALLMENT)

    new = node.gas(0, world.token, "transferFrom", node.accounts[DEBTOR], "0x" + "42" * 20, INSTALLMENT)

    plain = world.terms(Calendar.SECONDS, 12)
    empty = world.life(plain)["pay, first"]
    other = replace(plain, salt=sha256(b"another plan").digest())
    world.open(other)
    world.pay(other)
    lives = {
        (calendar, count): world.life(world.terms(calendar, count)) for calendar in Calendar for count in (12, 360)
    }
    peer = "ERC-20 transferFrom"
    for step, cost in lives[Calendar.MONTHS, 12].items():
        target = Target("at most", 75_000, "ours") if step in REPEATED else None
        yield Row(f"{step} (12 months)", cost, peer, transfer, "gas", target)
    yield Row("pay, first, into an empty book", empty, f"{peer} to an empty account", new, "gas")
    for calendar, bound in ((Calendar.SECONDS, 200), (Calendar.MONTHS, 3_000)):
        few, many = lives[calendar, 12], lives[calendar, 360]
        step = max((name for name in few if name != "open"), key=lambda name: abs(many[name] - few[name]))
        what = f"360 installments by {calendar.name.lower()}, worst step ({step})"
        yield Row(what, many[step], "12 installments", few[step], "gas", Target("at most", bound, "difference"))

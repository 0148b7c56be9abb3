"""The settlement contracts on a real anvil, for tests that compare them with the mirror.

Every transaction names its own block time, so that a test decides to the second when what happens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from onchain import artifacts
from onchain.abi import components, encode
from onchain.contract import Contract
from onchain.decode import Log, LogDecoder, decode_error
from onchain.devchain import DevChain
from onchain.rpc import NodeRefused, Rpc
from settlement import events
from settlement.eip712 import Domain, Struct, as_tuple, fields_of, typed_data
from settlement.plan import Account, PlanView, State, Status
from settlement.terms import book_domain, escrow_domain

DEBTOR, CREDITOR, THIRD = 1, 2, 3
"""Indices of anvil's accounts."""

GAS = hex(3_000_000)
UNLIMITED = 2**256 - 1
RECEIPT_SECONDS = 20.0  # a block is mined with the transaction; the machine may be busy


@dataclass(frozen=True)
class Refused:
    """A call that the contract refused: its custom error's name."""

    error: str


@dataclass(frozen=True)
class Sent:
    """A transaction that went through: its logs as (event name, arguments)."""

    events: list[tuple[str, dict[str, Any]]]
    gas_used: int


class SettlementChain:
    """Token, collateral token, RepaymentBook, Collateral and EscrowBook, deployed; accounts funded and allowed."""

    def __init__(self, dev: DevChain, start: int) -> None:
        self.dev = dev
        self.rpc = Rpc(f"ipc://{dev.ipc}" if dev.ipc else dev.url, timeout=30.0)
        self.accounts = [dev.signer(index).address for index in range(4)]
        self._warp_to(start - 1000)
        self.token = self._deploy("DemoToken", "Euro", "EUR", 6)
        self.pledge = self._deploy("DemoToken", "Gold", "XAU", 18)
        self.book = self._deploy("RepaymentBook")
        self.collateral = self._deploy("Collateral", self.book.address)
        self.escrow = self._deploy("EscrowBook")
        contracts = (self.token, self.pledge, self.book, self.collateral, self.escrow)
        self._decoders = {contract.address: LogDecoder([contract.abi]) for contract in contracts}
        for index in (DEBTOR, CREDITOR, THIRD):
            for token in (self.token, self.pledge):
                self._must(index, token, "mint", self.accounts[index], 2**140)
                for spender in (self.book, self.collateral, self.escrow):
                    self._must(index, token, "approve", spender.address, UNLIMITED)

    @property
    def domain(self) -> Domain:
        """Domain of the RepaymentBook."""
        return book_domain(self.dev.chain_id, self.book.address)

    @property
    def escrow_domain(self) -> Domain:
        """Domain of the EscrowBook."""
        return escrow_domain(self.dev.chain_id, self.escrow.address)

    def sign(self, index: int, value: Struct, domain: Domain) -> bytes:
        """The signature of an account over typed data, made by eth_account."""
        return self.dev.signer(index).sign_typed_data(typed_data(value, domain))

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Put chain and clock back as they were."""
        snapshot = self.rpc.call("evm_snapshot")
        try:
            yield
        finally:
            assert self.rpc.call("evm_revert", [snapshot]) is True

    def attempt(self, index: int, contract: Contract, function: str, *args: object, at: int) -> Refused | None:
        """What would happen to a transaction in a block at `at`: its refusal, or None; nothing is sent."""
        call = {
            "from": self.accounts[index],
            "to": contract.address,
            "data": "0x" + contract.encode(function, *args).hex(),
            "gas": GAS,
        }
        (answer,) = self.rpc.batch([("eth_call", [call, "latest", {}, {"time": hex(at)}])])
        return Refused(decode_error(answer.data or b"")[0]) if isinstance(answer, NodeRefused) else None

    def send(self, index: int, contract: Contract, function: str, *args: object, at: int) -> Sent | Refused:
        """Send a transaction in a block of its own at `at`; a refused one is mined and fails."""
        probe = self.attempt(index, contract, function, *args, at=at)
        transaction = {
            "from": self.accounts[index],
            "to": contract.address,
            "data": "0x" + contract.encode(function, *args).hex(),
            "gas": GAS,
        }
        self.rpc.call("evm_setNextBlockTimestamp", [hex(at)])  # not in one batch: anvil runs a batch's calls at once
        receipt = self._receipt(self.rpc.call("eth_sendTransaction", [transaction]))
        block = cast(dict[str, Any], self.rpc.call("eth_getBlockByNumber", [receipt["blockNumber"], False]))
        assert int(block["timestamp"], 16) == at
        assert receipt["status"] == ("0x1" if probe is None else "0x0"), probe
        if probe is not None:
            return probe
        return Sent(list(self._events(receipt)), int(receipt["gasUsed"], 16))

    def read(self, *calls: tuple[Contract, str, tuple[object, ...]]) -> list[Any]:
        """First output of each call at the newest block; a refused one gives Refused."""
        answers = self.rpc.batch(
            [
                ("eth_call", [{"to": contract.address, "data": "0x" + contract.encode(name, *args).hex()}, "latest"])
                for contract, name, args in calls
            ]
        )
        found: list[Any] = []
        for (contract, name, _), answer in zip(calls, answers, strict=True):
            if isinstance(answer, NodeRefused):
                found.append(Refused(decode_error(answer.data or b"")[0]))
            else:
                output = contract.decode_output(name, bytes.fromhex(cast(str, answer)[2:]))
                found.append(output[0] if len(output) == 1 else output)
        return found

    def _events(self, receipt: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for raw in receipt["logs"]:
            log = Log(
                address=next(a for a in self._decoders if a.lower() == raw["address"].lower()),
                topics=tuple(bytes.fromhex(topic[2:]) for topic in raw["topics"]),
                data=bytes.fromhex(raw["data"][2:]),
                block_number=0,
                block_hash=b"",
                tx_hash=b"",
                log_index=0,
            )
            found = self._decoders[log.address].decode(log)
            assert found is not None
            yield found.name, dict(found.args)

    def _receipt(self, sent: object) -> dict[str, Any]:
        assert isinstance(sent, str), sent
        deadline = time.monotonic() + RECEIPT_SECONDS
        while time.monotonic() < deadline:
            receipt = self.rpc.call("eth_getTransactionReceipt", [sent])
            if receipt is not None:
                return cast(dict[str, Any], receipt)
        raise AssertionError("no receipt")

    def _must(self, index: int, contract: Contract, function: str, *args: object) -> None:
        data = "0x" + contract.encode(function, *args).hex()
        sent = self.rpc.call(
            "eth_sendTransaction", [{"from": self.accounts[index], "to": contract.address, "data": data, "gas": GAS}]
        )
        assert self._receipt(sent)["status"] == "0x1"

    def _deploy(self, name: str, *args: object) -> Contract:
        artifact = artifacts.load(name)
        constructor = next((entry for entry in artifact.abi if entry["type"] == "constructor"), None)
        data = artifact.bytecode + (encode(components(constructor), args) if constructor else b"")
        sent = self.rpc.call(
            "eth_sendTransaction", [{"from": self.accounts[0], "data": "0x" + data.hex(), "gas": hex(10_000_000)}]
        )
        return Contract(name, self._receipt(sent)["contractAddress"])

    def _warp_to(self, at: int) -> None:
        self.rpc.call("evm_setNextBlockTimestamp", [hex(at)])
        self.rpc.call("anvil_mine", [hex(1)])


def wire(value: Struct) -> dict[str, object]:
    """A struct as the contract's ABI names its fields."""
    return {field.label: word for field, word in zip(fields_of(type(value)), as_tuple(value), strict=True)}


def account_of(found: dict[str, Any]) -> Account:
    """What `accountOf` returned, as the mirror has it."""
    return Account(
        principal_paid=found["principalPaid"],
        charges_paid=found["chargesPaid"],
        status=Status(found["status"]),
        withdrawn=found["withdrawn"],
        charges_frozen=found["chargesFrozen"],
        opened_at=found["openedAt"],
        defaulted_at=found["defaultedAt"],
        noted=found["noted"],
    )


def view_of(found: dict[str, Any]) -> PlanView:
    """What `statusAt` returned, as the mirror has it."""
    return PlanView(
        state=State(found["state"]),
        cleared=found["cleared"],
        due=found["due"],
        overdue=found["overdue"],
        late=found["late"],
        principal_paid=found["principalPaid"],
        charges_paid=found["chargesPaid"],
        charges_assessed=found["chargesAssessed"],
        owed_now=found["owedNow"],
        owed_total=found["owedTotal"],
        withdrawable=found["withdrawable"],
        defaulted_at=found["defaultedAt"],
        next_due_at=found["nextDueAt"],
    )


def plan_events(sent: Sent) -> list[events.Event]:
    """The book's events of a transaction, in order, as the mirror has them."""
    found: list[events.Event] = []
    for name, args in sent.events:
        match name:
            case "PlanOpened":
                found.append(events.PlanOpened(args["debtor"], args["creditor"]))
            case "Paid":
                found.append(
                    events.Paid(
                        args["payer"], args["principal"], args["charges"], args["principalPaid"], args["chargesPaid"]
                    )
                )
            case "Withdrawn":
                found.append(events.Withdrawn(args["to"], args["amount"], args["withdrawn"]))
            case "InstallmentsMissed":
                found.append(events.InstallmentsMissed(args["from"], args["to"]))
            case "Defaulted":
                found.append(events.Defaulted(args["defaultedAt"]))
            case "Cured":
                found.append(events.Cured())
            case "Completed":
                found.append(events.Completed())
            case "Transfer" | "Approval":
                pass  # the token's
            case _:
                raise AssertionError(f"unexpected event {name}")
    return found

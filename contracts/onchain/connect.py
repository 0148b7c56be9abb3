"""A node of one chain, checked before anything is believed: its chain id and genesis hash must be the expected ones.

Everything else goes through `Chain`: reading of blocks, balances, code, logs and receipts, calls, and raw JSON-RPC.
Values from the node are bounded and typed by `wire.py`; errors are this package's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from onchain import wire
from onchain.abi import checksum_address
from onchain.decode import Log, decode_error
from onchain.errors import (
    InsufficientFunds,
    NodeMisbehaved,
    NodeRefused,
    TransactionReverted,
    WrongChain,
    WrongGenesis,
    mask_url,
)
from onchain.profiles import ChainProfile
from onchain.rpc import DEFAULT_TIMEOUT, Call, Rpc
from onchain.wire import Json

if TYPE_CHECKING:
    from web3 import Web3

MAX_LOGS = 200_000  # in one answer; a follower asks for less by asking for fewer blocks
MAX_NUMBER = 2**63 - 1  # block numbers, times and gas fit a database's integer

BlockId = int | str | bytes  # a number, a tag ("latest", "pending", "finalized"), or a hash


@dataclass(frozen=True)
class BlockRef:
    """One block: number, hash (32 bytes), time (Unix seconds)."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True)
class TxReceipt:
    """What became of a mined transaction. `contract` is the address that a creation made."""

    tx_hash: bytes
    ok: bool
    block_number: int
    block_hash: bytes
    index: int
    gas_used: int
    gas_price: int
    contract: str | None
    logs: tuple[Log, ...]


class Chain:
    """One chain, through one node. Build it with `connect`."""

    def __init__(self, rpc: Rpc, profile: ChainProfile, genesis: bytes) -> None:
        self._rpc, self._profile, self._genesis = rpc, profile, genesis

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        profile: ChainProfile,
        expected_genesis: bytes | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Chain:
        """Connect to `url` and check that it serves the chain of `profile`.

        expected_genesis  32 bytes pinned in the workspace; None takes the profile's, or, where that has none, what
                          the node says
        timeout           seconds that one step of one call may take

        Raises NodeUnreachable, NodeMisbehaved, WrongChain, WrongGenesis.
        """
        rpc = Rpc(url, timeout)
        answers = rpc.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
        for answer in answers:
            if isinstance(answer, NodeRefused):
                raise answer
        got_id = wire.quantity(answers[0], "chain id")
        if got_id != profile.chain_id:
            raise WrongChain(profile.chain_id, got_id)
        genesis = _block(answers[1], "genesis block").hash
        for expected in (profile.genesis, expected_genesis):
            if expected is not None and genesis != expected:
                raise WrongGenesis(profile.chain_id, expected, genesis)
        return cls(rpc, profile, genesis)

    def __repr__(self) -> str:
        return f"Chain({self.chain_id}, {self.url})"

    @property
    def profile(self) -> ChainProfile:
        return self._profile

    @property
    def chain_id(self) -> int:
        return self._profile.chain_id

    @property
    def genesis(self) -> bytes:
        """Hash of block 0: 32 bytes."""
        return self._genesis

    @property
    def url(self) -> str:
        """The node's address without its secrets."""
        return mask_url(self._rpc.url)

    @cached_property
    def w3(self) -> Web3:
        """The same node through web3.py (slow to import; nothing in this package needs it)."""
        limit = sys.getrecursionlimit()
        from onchain.web3_bridge import bridge

        sys.setrecursionlimit(limit)  # web3 imports py_ecc: see signer._library
        return bridge(self._rpc)

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        self._rpc.close()

    # -- raw ---------------------------------------------------------------------------------------------------------

    def rpc(self, method: str, params: Sequence[Json] = ()) -> Json:
        """One raw JSON-RPC call. Raises NodeUnreachable, NodeRefused, NodeMisbehaved."""
        return self._rpc.call(method, params)

    def batch(self, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        """Several raw calls in one round trip; each result is a value or the error of that call."""
        return self._rpc.batch(calls)

    def batch_all(self, calls: Sequence[Call]) -> list[Json]:
        """Several raw calls in one round trip; the first error is raised."""
        answers = self._rpc.batch(calls)
        for answer in answers:
            if isinstance(answer, NodeRefused):
                raise answer
        return cast(list[Json], answers)

    # -- blocks ------------------------------------------------------------------------------------------------------

    def block(self, at: BlockId) -> BlockRef | None:
        """A block by number, tag or hash, or None where the node has none. Raises NodeError."""
        answer = self.header(at)
        return None if answer is None else _block(answer, f"block {at!r}")

    def header(self, at: BlockId) -> dict[str, Json] | None:
        """The raw JSON of a block without its transactions, or None. Raises NodeError."""
        answer = self._rpc.call(*block_call(at))
        return None if answer is None else dict(wire.members(answer, "block"))

    def blocks(self, numbers: Sequence[int]) -> list[BlockRef | None]:
        """Many blocks by number in one round trip. Raises NodeError."""
        answers = self.batch_all([block_call(number) for number in numbers])
        return [None if a is None else _block(a, f"block {n}") for n, a in zip(numbers, answers, strict=True)]

    def head(self) -> BlockRef:
        """The newest block. Raises NodeError."""
        block = self.block("latest")
        if block is None:
            raise NodeMisbehaved(self._rpc.url, "no latest block")
        return block

    def final(self) -> BlockRef:
        """The newest block that is final by the profile's rule; block 0 on a chain that finalised nothing yet.

        Raises NodeError.
        """
        depth = self._profile.depth
        block = self.block("finalized" if depth is None else max(0, self.head().number - depth))
        return block or self._require_genesis()

    def _require_genesis(self) -> BlockRef:
        block = self.block(0)
        if block is None or block.hash != self._genesis:
            raise NodeMisbehaved(self._rpc.url, "block 0 changed")
        return block

    # -- accounts and contracts --------------------------------------------------------------------------------------

    def balance(self, address: str, at: BlockId = "latest") -> int:
        """Native coin of an account, in wei."""
        return wire.quantity(self.rpc("eth_getBalance", [checksum_address(address), block_param(at)]), "balance")

    def nonce(self, address: str, at: BlockId = "latest") -> int:
        """Transactions that an account has sent up to a block ("pending": with those in the node's pool)."""
        answer = self.rpc("eth_getTransactionCount", [checksum_address(address), block_param(at)])
        return wire.quantity(answer, "nonce", MAX_NUMBER)

    def code(self, address: str, at: BlockId = "latest") -> bytes:
        """Runtime code at an address; empty where there is none."""
        return wire.data(self.rpc("eth_getCode", [checksum_address(address), block_param(at)]), "code")

    def call(
        self,
        to: str | None,
        data: bytes,
        *,
        sender: str | None = None,
        value: int = 0,
        at: BlockId = "latest",
    ) -> bytes:
        """Run a call without sending it.

        Raises TransactionReverted with the custom error's name, InsufficientFunds, NodeError.
        """
        request = call_object(to, data, sender=sender, value=value)
        try:
            answer = self.rpc("eth_call", [request, block_param(at)])
        except NodeRefused as exc:
            raise as_revert(exc, sender, value) from exc
        return wire.data(answer, "result of a call")

    def logs(
        self,
        from_block: int,
        to_block: int,
        addresses: Sequence[str],
        topics: Sequence[bytes] = (),
        subject: bytes | None = None,
    ) -> list[Log]:
        """Logs of `addresses` in an inclusive range, in chain order.

        topics   restrict topic 0
        subject  32 bytes, restricts topic 1

        Raises NodeError.
        """
        answer = self.rpc("eth_getLogs", [log_filter(from_block, to_block, addresses, topics, subject)])
        return parse_logs(answer)

    def receipt(self, tx_hash: bytes) -> TxReceipt | None:
        """The receipt of a mined transaction, or None. Raises NodeError."""
        answer = self.rpc("eth_getTransactionReceipt", [wire.hex_data(tx_hash)])
        return None if answer is None else parse_receipt(answer, tx_hash)


# -- requests and answers, also used by batches ------------------------------------------------------------------------


def block_param(at: BlockId) -> Json:
    """A block as the second parameter of state calls: tag, number, or hash object (EIP-1898)."""
    if isinstance(at, bytes):
        return {"blockHash": wire.hex_data(at)}
    return wire.hex_quantity(at) if isinstance(at, int) else at


def block_call(at: BlockId) -> Call:
    """The raw call that reads a block without its transactions."""
    if isinstance(at, bytes):
        return ("eth_getBlockByHash", [wire.hex_data(at), False])
    return ("eth_getBlockByNumber", [wire.hex_quantity(at) if isinstance(at, int) else at, False])


def call_object(to: str | None, data: bytes, *, sender: str | None = None, value: int = 0) -> dict[str, Json]:
    """The first parameter of eth_call and eth_estimateGas."""
    request: dict[str, Json] = {"data": wire.hex_data(data)}
    if to is not None:
        request["to"] = checksum_address(to)
    if sender is not None:
        request["from"] = checksum_address(sender)
    if value:
        request["value"] = wire.hex_quantity(value)
    return request


def log_filter(
    from_block: int,
    to_block: int,
    addresses: Sequence[str],
    topics: Sequence[bytes] = (),
    subject: bytes | None = None,
) -> Json:
    """The parameter of eth_getLogs for an inclusive range; see `Chain.logs`."""
    request: dict[str, Json] = {
        "fromBlock": wire.hex_quantity(from_block),
        "toBlock": wire.hex_quantity(to_block),
        "address": [checksum_address(a) for a in addresses],
    }
    first: Json = [wire.hex_data(topic) for topic in topics] or None
    if subject is not None:
        request["topics"] = [first, wire.hex_data(subject)]
    elif topics:
        request["topics"] = [first]
    return request


def parse_block(answer: Json, what: str = "block") -> BlockRef | None:
    """A block of a batch's answer, or None where the node has none. Raises NodeMisbehaved."""
    return None if answer is None else _block(answer, what)


def _block(answer: object, what: str) -> BlockRef:
    block = wire.members(answer, what)
    return BlockRef(
        number=wire.quantity(block.get("number"), f"number of {what}", MAX_NUMBER),
        hash=wire.data(block.get("hash"), f"hash of {what}", 32),
        timestamp=wire.quantity(block.get("timestamp"), f"time of {what}", MAX_NUMBER),
    )


def parse_log(answer: object) -> Log:
    """One log. Raises NodeMisbehaved."""
    log = wire.members(answer, "log")
    return Log(
        address=checksum_address(wire.data(log.get("address"), "address of a log", 20)),
        topics=tuple(wire.data(t, "topic", 32) for t in wire.items(log.get("topics"), "topics of a log", 4)),
        data=wire.data(log.get("data"), "data of a log"),
        block_number=wire.quantity(log.get("blockNumber"), "block of a log", MAX_NUMBER),
        block_hash=wire.data(log.get("blockHash"), "block hash of a log", 32),
        tx_hash=wire.data(log.get("transactionHash"), "transaction of a log", 32),
        log_index=wire.quantity(log.get("logIndex"), "index of a log", MAX_NUMBER),
    )


def parse_logs(answer: object) -> list[Log]:
    """Logs in chain order; removed ones are left out. Raises NodeMisbehaved."""
    found = wire.items(answer, "logs", MAX_LOGS)
    logs = [parse_log(entry) for entry in found if not (isinstance(entry, dict) and entry.get("removed") is True)]
    return sorted(logs, key=lambda log: (log.block_number, log.log_index))


def parse_receipt(answer: object, tx_hash: bytes) -> TxReceipt:
    """The receipt of `tx_hash`. Raises NodeMisbehaved."""
    receipt = wire.members(answer, "receipt")
    if wire.data(receipt.get("transactionHash"), "transaction of a receipt", 32) != tx_hash:
        raise NodeMisbehaved("node", "a receipt of another transaction")
    contract = receipt.get("contractAddress")
    return TxReceipt(
        tx_hash=tx_hash,
        ok=wire.quantity(receipt.get("status"), "status of a receipt", 1) == 1,
        block_number=wire.quantity(receipt.get("blockNumber"), "block of a receipt", MAX_NUMBER),
        block_hash=wire.data(receipt.get("blockHash"), "block hash of a receipt", 32),
        index=wire.quantity(receipt.get("transactionIndex"), "index of a receipt", MAX_NUMBER),
        gas_used=wire.quantity(receipt.get("gasUsed"), "gas of a receipt", MAX_NUMBER),
        gas_price=wire.quantity(receipt.get("effectiveGasPrice", "0x0"), "gas price of a receipt"),
        contract=None if contract is None else checksum_address(wire.data(contract, "created contract", 20)),
        logs=tuple(parse_logs(receipt.get("logs"))),
    )


def as_revert(exc: NodeRefused, sender: str | None, value: int) -> Exception:
    """What a refused eth_call or eth_estimateGas means: a revert by name, missing funds, or the refusal itself."""
    text = exc.message.lower()
    if "insufficient funds" in text or "insufficient balance" in text:
        return InsufficientFunds(value, 0, sender or "the caller")
    if exc.data is not None or exc.rpc_code == 3 or "revert" in text:
        name, args = decode_error(exc.data or b"")
        return TransactionReverted(name, args)
    return exc

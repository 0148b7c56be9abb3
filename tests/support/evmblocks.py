"""Blocks of several kinds of chains as their nodes give them, made with the `rlp` and `trie` packages alone.

Raw first: receipts and header are encoded here, the trie and the hashes follow from them, and the JSON says the same.
Nothing of `onchain` or `notary` has a part in it, so both can be held against it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import rlp
from eth_hash.auto import keccak
from support.hostile_node import hostile_node, reply
from trie import HexaryTrie

LOG_ID = b"\x31" * 32
CONTRACT = b"\x32" * 20
SIZE, ROOT = 1200, b"\x33" * 32
HEAD_EVENT = keccak(b"HeadAppended(bytes32,uint64,bytes32)")
EMPTY_ROOT = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
NO_UNCLES = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"

HEADER: dict[str, bytes | int] = {
    "parentHash": b"\x11" * 32,
    "sha3Uncles": bytes.fromhex(NO_UNCLES),
    "miner": b"\x13" * 20,
    "stateRoot": b"\x14" * 32,
    "transactionsRoot": b"\x15" * 32,
    "receiptsRoot": b"",
    "logsBloom": bytes(256),
    "difficulty": 0,
    "number": 21_000_000,
    "gasLimit": 36_000_000,
    "gasUsed": 1_000_000,
    "timestamp": 1_790_000_000,
    "extraData": b"made",
    "mixHash": b"\x16" * 32,
    "nonce": bytes(8),
}
FORKS: dict[str, dict[str, bytes | int]] = {  # what each appended, in this order
    "frontier": {},
    "london": {"baseFeePerGas": 7},
    "shanghai": {"withdrawalsRoot": bytes.fromhex(EMPTY_ROOT)},
    "cancun": {"blobGasUsed": 131_072, "excessBlobGas": 0, "parentBeaconBlockRoot": b"\x18" * 32},
    "prague": {"requestsHash": b"\x19" * 32},
    "osaka": {},
    "amsterdam": {"blockAccessListHash": b"\x1a" * 32},
}


def fork(name: str) -> dict[str, bytes | int]:
    """The header fields that forks up to this one appended."""
    found: dict[str, bytes | int] = {}
    for each, fields in FORKS.items():
        found |= fields
        if each == name:
            return found
    raise KeyError(name)


@dataclass(frozen=True)
class Tx:
    """A transaction's receipt.

    kind   type byte, 0 for legacy
    more   fields that the chain appends to the receipt, by JSON name
    shown  members that a node's JSON has besides, outside the receipt
    head   it holds the HeadAppended event, behind another event
    """

    kind: int
    more: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    head: bool = True


@dataclass(frozen=True)
class MadeBlock:
    """block, receipts: as a node's JSON; header, envelopes: raw, as hashed and as in the trie."""

    about: str
    chain_id: int
    block: dict[str, Any]
    receipts: list[dict[str, Any]]
    header: bytes
    envelopes: list[bytes]

    @property
    def hash(self) -> bytes:
        return bytes(keccak(self.header))

    def to_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "chain_id": self.chain_id,
            "block": self.block,
            "receipts": self.receipts,
            "header": self.header.hex(),
            "envelopes": [one.hex() for one in self.envelopes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MadeBlock:
        header, envelopes = bytes.fromhex(data["header"]), [bytes.fromhex(one) for one in data["envelopes"]]
        return cls(data["about"], data["chain_id"], data["block"], data["receipts"], header, envelopes)


def make_block(
    about: str,
    chain_id: int,
    txs: Sequence[Tx],
    fields: Mapping[str, bytes | int],
    *,
    shown: Mapping[str, str] | None = None,
    receipts_root: bytes | None = None,
) -> MadeBlock:
    """A block.

    fields         header fields after the first fifteen, or other values for those
    shown          members that the node's JSON has besides
    receipts_root  instead of the trie's, for chains that have no such trie
    """
    envelopes = [_envelope(place, tx) for place, tx in enumerate(txs)]
    trie = HexaryTrie({}, prune=True)
    for place, envelope in enumerate(envelopes):
        trie[rlp.encode(place)] = envelope
    values = {**HEADER, **fields, "receiptsRoot": receipts_root or trie.root_hash}
    header = bytes(rlp.encode(list(values.values())))
    block_hash, number = "0x" + keccak(header).hex(), hex(int(values["number"]))
    block = {name: _json(name, value) for name, value in values.items()}
    hashes = ["0x" + keccak(b"transaction %d" % place).hex() for place in range(len(txs))]
    block |= {"hash": block_hash, "transactions": hashes, "uncles": [], **(shown or {})}
    receipts = []
    for place, tx in enumerate(txs):
        where = {"blockHash": block_hash, "blockNumber": number, "transactionHash": hashes[place]}
        receipts.append(
            {
                "type": hex(tx.kind),
                "status": "0x1",
                "cumulativeGasUsed": hex(21_000 * (place + 1)),
                "logsBloom": "0x" + "00" * 256,
                "logs": [
                    {
                        "address": "0x" + address.hex(),
                        "topics": ["0x" + topic.hex() for topic in topics],
                        "data": "0x" + data.hex(),
                        "logIndex": hex(2 * place + i),
                        **where,
                    }
                    for i, (address, topics, data) in enumerate(_logs(tx))
                ],
                "transactionIndex": hex(place),
                **where,
                **{name: hex(value) for name, value in tx.more.items()},
                **tx.shown,
            }
        )
    return MadeBlock(about, chain_id, block, receipts, header, envelopes)


def _logs(tx: Tx) -> list[tuple[bytes, list[bytes], bytes]]:
    if not tx.head:
        return []
    other = (b"\x51" * 20, [b"\x52" * 32], b"")
    return [other, (CONTRACT, [HEAD_EVENT, LOG_ID, SIZE.to_bytes(32, "big")], ROOT)]


def _envelope(place: int, tx: Tx) -> bytes:
    logs = [[address, topics, data] for address, topics, data in _logs(tx)]
    body = bytes(rlp.encode([1, 21_000 * (place + 1), bytes(256), logs, *tx.more.values()]))
    return bytes([tx.kind]) + body if tx.kind else body


def _json(name: str, value: bytes | int) -> str:
    return hex(value) if isinstance(value, int) else "0x" + value.hex()


@contextmanager
def served(made: MadeBlock, genesis: bytes, raw: bytes | None = None) -> Iterator[str]:
    """A node that knows this block alone, and a first block of that hash; yields the URL.

    raw  what it gives as the raw header; None: it refuses to
    """
    first = {"number": "0x0", "hash": "0x" + genesis.hex(), "timestamp": "0x0"}
    by_hash = {receipt["transactionHash"]: receipt for receipt in made.receipts}

    def one(call: Any) -> Any:
        method, params = call["method"], call["params"]
        known = {
            "eth_chainId": lambda: hex(made.chain_id),
            "eth_getBlockByNumber": lambda: first if params[0] == "0x0" else made.block,
            "eth_getBlockByHash": lambda: made.block if params[0] == made.block["hash"] else None,
            "eth_getTransactionReceipt": lambda: by_hash.get(params[0]),
            "eth_getBlockReceipts": lambda: made.receipts,
        }
        shell = {"jsonrpc": "2.0", "id": call["id"]}
        if method == "debug_getRawHeader":
            refused = {"code": -32601, "message": "the method debug_getRawHeader does not exist"}
            return {**shell, "error": refused} if raw is None else {**shell, "result": "0x" + raw.hex()}
        return {**shell, "result": known[method]()}

    def answer(request: Any, handler: BaseHTTPRequestHandler) -> None:
        said = [one(call) for call in request] if isinstance(request, list) else one(request)
        reply(handler, json.dumps(said).encode())

    with hostile_node(answer) as url:
        yield url

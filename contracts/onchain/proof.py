"""The whole proof of one log, to be checked without any node: raw block header, raw receipt, path in the trie.

A node's JSON holds all the fields but not the bytes; header and receipts are encoded here again (a header of a fork
that is unknown here is asked for in raw form), and what comes out is compared with what was promised: Keccak of the
header with the block's hash, the root over all receipts of the block with the header's. So a proof that is returned is
right, whatever the node said. `rlp` and `trie` build; the verifier has its own reader (notary/evm/evm_proof.py).

Encodings: header fields in the order of the yellow paper, then those that forks appended (London, Shanghai, Cancun,
Prague, Amsterdam); receipts by EIP-2718, with the OP stack's deposits (0x7e), whose receipts have two fields more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rlp.codec import encode as _encode
from trie.hexary import HexaryTrie

from onchain import wire
from onchain.abi import keccak
from onchain.connect import MAX_NUMBER, Chain, parse_log
from onchain.decode import Log
from onchain.errors import NodeRefused, ProofUnavailable
from onchain.wire import Json

MAX_RECEIPTS = 20_000  # in one block; a full one of 21,000-gas transfers on the largest chains has fewer
DEPOSIT_TYPE = 0x7E

# Header fields by JSON name: bytes ("d") or number ("q"). Fifteen are in every header; a later one needs all before it.
HEADER_FIELDS = (
    ("parentHash", "d"),
    ("sha3Uncles", "d"),
    ("miner", "d"),
    ("stateRoot", "d"),
    ("transactionsRoot", "d"),
    ("receiptsRoot", "d"),
    ("logsBloom", "d"),
    ("difficulty", "q"),
    ("number", "q"),
    ("gasLimit", "q"),
    ("gasUsed", "q"),
    ("timestamp", "q"),
    ("extraData", "d"),
    ("mixHash", "d"),
    ("nonce", "d"),
)
FORK_FIELDS = (
    ("baseFeePerGas", "q"),  # London, EIP-1559
    ("withdrawalsRoot", "d"),  # Shanghai, EIP-4895
    ("blobGasUsed", "q"),  # Cancun, EIP-4844
    ("excessBlobGas", "q"),
    ("parentBeaconBlockRoot", "d"),  # Cancun, EIP-4788
    ("requestsHash", "d"),  # Prague, EIP-7685
    ("blockAccessListHash", "d"),  # Amsterdam, EIP-7928
)


@dataclass(frozen=True)
class EvmProof:
    """All that shows, given the block's hash, that a log is in it.

    header_rlp     RLP of the header; its Keccak-256 is the block's hash
    receipt        the receipt's envelope: type byte (none for legacy) and RLP; the value in the trie
    receipt_index  position of the transaction in the block; the trie's key is its RLP
    path           RLP of the trie's nodes, root first; Keccak-256 of the first is the header's receiptsRoot
    log_index_in_receipt  position of the log within the receipt, from 0
    """

    chain_id: int
    genesis: bytes
    block_number: int
    block_hash: bytes
    tx_hash: bytes
    header_rlp: bytes
    receipt: bytes
    receipt_index: int
    path: tuple[bytes, ...]
    log_index_in_receipt: int


def build_anchor_proof(chain: Chain, tx_hash: bytes, log: int | Callable[[Log], bool]) -> EvmProof:
    """Build the proof of one log of a mined transaction.

    log  its position within the transaction's receipt, or a test that exactly one of its logs passes

    Raises ProofUnavailable (not mined, no such log, no provable receipts, receipts that do not give the root),
    NodeError.
    """
    if chain.profile.receipts != "mpt":
        raise ProofUnavailable(f"{chain.profile.name} has no Merkle-Patricia root of receipts: no offline proof")
    mined = chain.rpc("eth_getTransactionReceipt", [wire.hex_data(tx_hash)])
    if mined is None:
        raise ProofUnavailable(f"transaction 0x{tx_hash.hex()} is not in a block")
    receipt = wire.members(mined, "receipt")
    if wire.quantity(receipt.get("status"), "status of a receipt", 1) != 1:
        raise ProofUnavailable(f"transaction 0x{tx_hash.hex()} failed: it has no logs")
    position = _pick(receipt, log, tx_hash)
    block_hash = wire.data(receipt.get("blockHash"), "block hash of a receipt", 32)
    block = chain.header(block_hash)
    if block is None:
        raise ProofUnavailable(f"block 0x{block_hash.hex()} is gone")
    header = _header(chain, block, block_hash)
    index = wire.quantity(receipt.get("transactionIndex"), "index of a receipt", MAX_RECEIPTS)
    envelopes = [receipt_envelope(r) for r in _receipts(chain, block, block_hash)]
    if index >= len(envelopes):
        raise ProofUnavailable(f"block 0x{block_hash.hex()} has {len(envelopes)} receipts, none at {index}")
    if envelopes[index] != receipt_envelope(receipt):
        raise ProofUnavailable("the node gives two different receipts for one transaction")
    path = trie_path(envelopes, index, wire.data(block.get("receiptsRoot"), "receipts root", 32))
    return EvmProof(
        chain_id=chain.chain_id,
        genesis=chain.genesis,
        block_number=wire.quantity(block.get("number"), "block number", MAX_NUMBER),
        block_hash=block_hash,
        tx_hash=tx_hash,
        header_rlp=header,
        receipt=envelopes[index],
        receipt_index=index,
        path=path,
        log_index_in_receipt=position,
    )


def raw_header(chain: Chain, block_hash: bytes) -> bytes:
    """RLP of the header of the block with this hash of 32 bytes.  Raises ProofUnavailable, NodeError."""
    block = chain.header(block_hash)
    if block is None:
        raise ProofUnavailable(f"block 0x{block_hash.hex()} is gone")
    return _header(chain, block, block_hash)


def header_rlp(block: Mapping[str, Json], block_hash: bytes) -> bytes:
    """The raw header of a block given as JSON. Raises ProofUnavailable when its Keccak-256 is not `block_hash`."""
    fields = [_field(block, name, kind) for name, kind in HEADER_FIELDS]
    for name, kind in FORK_FIELDS:
        if block.get(name) is None:
            break
        fields.append(_field(block, name, kind))
    encoded = _rlp(fields)
    if keccak(encoded) != block_hash:
        raise ProofUnavailable(
            f"the header of block 0x{block_hash.hex()} hashes to 0x{keccak(encoded).hex()}: an unknown fork, or a lie"
        )
    return encoded


def receipt_envelope(receipt: Mapping[str, Json]) -> bytes:
    """The raw receipt, as the trie holds it. Raises NodeMisbehaved."""
    logs = [parse_log(entry) for entry in wire.items(receipt.get("logs"), "logs of a receipt", MAX_RECEIPTS)]
    fields: list[object] = [
        _minimal(wire.quantity(receipt.get("status"), "status of a receipt", 1)),
        _minimal(wire.quantity(receipt.get("cumulativeGasUsed"), "gas of a receipt", MAX_NUMBER)),
        wire.data(receipt.get("logsBloom"), "bloom of a receipt", 256),
        [[bytes.fromhex(log.address[2:]), list(log.topics), log.data] for log in logs],
    ]
    kind = wire.quantity(receipt.get("type") or "0x0", "type of a receipt", 0x7F)
    if kind == DEPOSIT_TYPE:
        for name in ("depositNonce", "depositReceiptVersion"):  # since Regolith and Canyon
            if receipt.get(name) is not None:
                fields.append(_minimal(wire.quantity(receipt.get(name), name, MAX_NUMBER)))
    return (bytes([kind]) if kind else b"") + _rlp(fields)


def trie_path(envelopes: Sequence[bytes], index: int, root: bytes) -> tuple[bytes, ...]:
    """RLP of the nodes from the root to receipt `index`.

    Raises ProofUnavailable when the receipts do not give `root`.
    """
    trie = HexaryTrie({}, prune=True)
    for i, envelope in enumerate(envelopes):
        trie[_rlp(i)] = envelope
    if bytes(trie.root_hash) != root:
        raise ProofUnavailable(
            f"{len(envelopes)} receipts give root 0x{trie.root_hash.hex()}, the header has 0x{root.hex()}"
        )
    nodes = [_rlp(node) for node in trie.get_proof(_rlp(index))]  # type: ignore[no-untyped-call]  # trie has no types here
    # A node of fewer than 32 bytes stands inside its parent. Receipts are longer; other tries' values need not be.
    return tuple(node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32)


def _header(chain: Chain, block: Mapping[str, Json], block_hash: bytes) -> bytes:
    """The raw header; of a fork that is unknown here the node's own bytes, where it gives them and they hash right."""
    try:
        return header_rlp(block, block_hash)
    except ProofUnavailable as unknown:
        try:
            raw = wire.data(chain.rpc("debug_getRawHeader", [wire.hex_data(block_hash)]), "raw header")
        except NodeRefused:
            raise unknown from None
        if keccak(raw) != block_hash:
            raise
        return raw


def _pick(receipt: Mapping[str, Json], log: int | Callable[[Log], bool], tx_hash: bytes) -> int:
    logs = [parse_log(entry) for entry in wire.items(receipt.get("logs"), "logs of a receipt", MAX_RECEIPTS)]
    if isinstance(log, int):
        found = [log] if 0 <= log < len(logs) else []
    else:
        found = [i for i, one in enumerate(logs) if log(one)]
    if len(found) != 1:
        raise ProofUnavailable(
            f"{len(found)} of {len(logs)} logs of transaction 0x{tx_hash.hex()} are the one in question"
        )
    return found[0]


def _receipts(chain: Chain, block: Mapping[str, Json], block_hash: bytes) -> list[Mapping[str, Json]]:
    """All receipts of a block in order: in one call, or one by one where the node does not know that call."""
    hashes = wire.items(block.get("transactions"), "transactions of a block", MAX_RECEIPTS)
    try:
        answer = chain.rpc("eth_getBlockReceipts", [wire.hex_data(block_hash)])
        found = wire.items(answer, "receipts of a block", MAX_RECEIPTS)
    except NodeRefused:
        found = chain.batch_all([("eth_getTransactionReceipt", [tx]) for tx in hashes])
    receipts = [wire.members(r, "receipt") for r in found]
    if [r.get("transactionHash") for r in receipts] != hashes:
        raise ProofUnavailable(
            f"block 0x{block_hash.hex()} has {len(hashes)} transactions, the node gave other receipts"
        )
    return receipts


def _field(block: Mapping[str, Json], name: str, kind: str) -> bytes:
    if kind == "d":
        return wire.data(block.get(name), f"header field {name}")
    return _minimal(wire.quantity(block.get(name), f"header field {name}"))


def _rlp(value: object) -> bytes:
    return bytes(_encode(value))  # type: ignore[no-untyped-call]  # rlp has no types


def _minimal(number: int) -> bytes:
    """A number as RLP takes it: big-endian without leading zeros, 0 as nothing."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")

"""The EVM anchor's proof: *if* block N of a chain has hash H, then this head of the log was recorded in it.

    1. Keccak-256 of the raw header is H, and the header's number is N.
    2. The trie path leads from the header's receiptsRoot to the raw receipt under the key RLP(index).
    3. The receipt says that the transaction succeeded, and its log number `log_index` is, from the named contract,
       HeadAppended(logId, size, root) with the log's id and the checkpoint's size and root.

Whether H really is block N of that chain is another question (notary/verdicts/trust.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from notary.errors import EvmProofInvalid, RlpInvalid
from notary.evm import rlp
from notary.evm.rlp import Item
from notary.evm.trie_proof import prove_value
from notary.keccak import keccak256
from notary.verdicts.verdict import Reason

HEAD_APPENDED = "HeadAppended(bytes32,uint64,bytes32)"
"""The event of contracts/src/notary/interfaces/IEvidenceLog.sol; log id and size are indexed."""
HEAD_APPENDED_TOPIC = bytes.fromhex("32f3892f3638ac6d643d808984442dc50076d5b5f02d5b27afb4e0801518807c")

MAX_HEADER_BYTES = 64 * 1024  # Ethereum's have about 600; some chains keep their validators in extraData
MAX_RECEIPT_BYTES = 64 * 1024  # ours have about 500
MAX_NODE_BYTES = MAX_RECEIPT_BYTES + 64  # the last node holds the receipt
MIN_HEADER_FIELDS = 15  # before London
MAX_HEADER_FIELDS = 40  # 21 since Prague; room for forks to come, whose fields follow the known ones
MAX_TX_TYPE = 0x7F  # EIP-2718
_PARENT, _RECEIPTS_ROOT, _NUMBER, _TIMESTAMP = 0, 5, 8, 11


@dataclass(frozen=True, slots=True)
class EvmAnchor:
    """A head of the log in a transaction on an EVM chain, with its whole proof.

    chain_id       EIP-155 number
    genesis        32 bytes, hash of block 0; what the maker says, compared with the verifier's
    contract       20 bytes, the EvidenceLog
    block_number   of the block
    block_hash     32 bytes
    header         the block's header, raw RLP
    receipt        the transaction's receipt as it is in the trie: type byte (if typed) and RLP
    receipt_index  of the transaction in the block
    path           trie nodes from the receipts root on, raw RLP
    log_index      of the event within this receipt
    tx             32 bytes, the transaction's hash: a pointer for people, not covered by the proof
    """

    chain_id: int
    genesis: bytes
    contract: bytes
    block_number: int
    block_hash: bytes
    header: bytes
    receipt: bytes
    receipt_index: int
    path: tuple[bytes, ...]
    log_index: int
    tx: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """What a proof needs of a block header.

    hash, parent, receipts_root  32 bytes each
    timestamp                    Unix seconds
    """

    hash: bytes
    parent: bytes
    receipts_root: bytes
    number: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Log:
    """One event of a receipt: address of 20 bytes, topics of 32, data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """A transaction's receipt: its type (0 for a legacy one), whether it succeeded, and its events."""

    tx_type: int
    succeeded: bool
    logs: tuple[Log, ...]


def parse_header(raw: bytes) -> Header:
    """Read a raw block header of any fork; fields after the known ones are covered by the hash and otherwise ignored.

    Raises EvmProofInvalid (header-invalid).
    """
    try:
        fields = rlp.decode_list(raw)
        if not MIN_HEADER_FIELDS <= len(fields) <= MAX_HEADER_FIELDS:
            raise RlpInvalid(f"{len(fields)} fields, not {MIN_HEADER_FIELDS} to {MAX_HEADER_FIELDS}")
        return Header(
            hash=keccak256(raw),
            parent=rlp.to_bytes(fields[_PARENT], 32, "parent hash"),
            receipts_root=rlp.to_bytes(fields[_RECEIPTS_ROOT], 32, "receipts root"),
            number=rlp.to_int(fields[_NUMBER], "block number"),
            timestamp=rlp.to_int(fields[_TIMESTAMP], "timestamp"),
        )
    except RlpInvalid as exc:
        raise EvmProofInvalid(Reason.HEADER_INVALID, f"the block header cannot be read: {exc}") from exc


def parse_receipt(envelope: bytes) -> TxReceipt:
    """Read a raw receipt, legacy or typed; fields after the logs (as some chains add) are ignored.

    Raises EvmProofInvalid (evm-receipt-invalid), also for receipts from before Byzantium: they do not say success.
    """
    try:
        if not envelope:
            raise RlpInvalid("it is empty")
        tx_type = envelope[0] if envelope[0] <= MAX_TX_TYPE else 0  # a legacy one starts with its list
        fields = rlp.decode_list(envelope[1:] if tx_type else envelope)
        if len(fields) < 4:
            raise RlpInvalid(f"{len(fields)} fields, at least 4 belong there")
        if fields[0] not in (b"", b"\x01"):
            raise RlpInvalid("its status is neither 0 nor 1")
        logs = tuple(_parse_log(item) for item in rlp.to_list(fields[3], "list of logs"))
        return TxReceipt(tx_type, fields[0] == b"\x01", logs)
    except RlpInvalid as exc:
        raise EvmProofInvalid(Reason.EVM_RECEIPT_INVALID, f"the transaction's receipt cannot be read: {exc}") from exc


def _parse_log(item: Item) -> Log:
    fields = rlp.to_list(item, "log")
    if len(fields) != 3 or not isinstance(fields[2], bytes):
        raise RlpInvalid("a log has an address, topics and data")
    topics = tuple(rlp.to_bytes(topic, 32, "topic") for topic in rlp.to_list(fields[1], "list of topics"))
    return Log(rlp.to_bytes(fields[0], 20, "log's address"), topics, fields[2])


def head_log(contract: bytes, log_id: bytes, size: int, root: bytes) -> Log:
    """The event that EvidenceLog emits for a head: contract of 20 bytes, log id and root of 32, size below 2**64."""
    return Log(contract, (HEAD_APPENDED_TOPIC, log_id, size.to_bytes(32, "big")), root)


def verify_anchor(anchor: EvmAnchor, log_id: bytes | None, size: int, root: bytes) -> Header:
    """Check that the anchor's block, if it is one, records this head of this log; returns the block's header.

    log_id  32 bytes; None when the receipt names no log on any chain
    size    entries under `root`, as in the checkpoint
    root    32 bytes

    Raises EvmProofInvalid with the reason of the first step that does not hold.
    """
    # 1. The header is that block's.
    header = parse_header(anchor.header)
    if header.hash != anchor.block_hash:
        detail = f"the header's hash is 0x{header.hash.hex()}, the anchor says 0x{anchor.block_hash.hex()}"
        raise EvmProofInvalid(Reason.HEADER_HASH_DIFFERS, detail)
    if header.number != anchor.block_number:
        detail = f"the header is of block {header.number}, the anchor says {anchor.block_number}"
        raise EvmProofInvalid(Reason.BLOCK_NUMBER_DIFFERS, detail)

    # 2. The receipt is in it.
    value = prove_value(header.receipts_root, rlp.encode_int(anchor.receipt_index), anchor.path)
    if value != anchor.receipt:
        detail = f"the block's receipt number {anchor.receipt_index} is not the one in the anchor"
        raise EvmProofInvalid(Reason.EVM_RECEIPT_DIFFERS, detail)

    # 3. The receipt records this head.
    receipt = parse_receipt(anchor.receipt)
    if not receipt.succeeded:
        detail = f"transaction {anchor.receipt_index} of block {anchor.block_number} failed"
        raise EvmProofInvalid(Reason.TRANSACTION_FAILED, detail)
    if anchor.log_index >= len(receipt.logs):
        detail = f"there is no event {anchor.log_index} among the transaction's {len(receipt.logs)}"
        raise EvmProofInvalid(Reason.EVENT_MISSING, detail)
    if log_id is None:
        raise EvmProofInvalid(Reason.EVENT_DIFFERS, "the receipt names no log id, so no event can be about its log")
    if receipt.logs[anchor.log_index] != head_log(anchor.contract, log_id, size, root):
        detail = (
            f"event {anchor.log_index} is not HeadAppended by 0x{anchor.contract.hex()} for this log at {size} entries"
        )
        raise EvmProofInvalid(Reason.EVENT_DIFFERS, detail)
    return header

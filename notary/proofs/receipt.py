"""The receipt: all that a verifier needs about one claim, as versioned JSON.

    {"format": "tallystick/receipt", "version": 1,
     "claim":      {"salt", "fields": [{"name", "value", "salt"} | {"hash"}, ...]},
     "log":        {"id", "origin", "key"},
     "entry":      {"index", "size", "path"},
     "checkpoint": signed note,
     "case_head":  {"entry": {"index", "size", "path"}, "leaf", "case": a map entry, "index", "size", "path"},
     "standing":   [{"entry": {"at", "claim", "state"}, "index", "size", "path"}, ...],     none, one or two
     "anchors":    [{"type": "evm", ...} | {"type": "rfc3161", "token"} | {"type": "ots", "proof"} |
                    {"type": "pending", ...} | any other type],
     "custody":    {"entry": a custody entry, "index", "size", "path", "batch": a statement, "leaf",
                    "leaf_entry": {"index", "size", "path"}, "signatures": [...]},                   (optional)
     "later":      {"checkpoint", "path", "case_head", "standing", "anchors"},                       (optional)
     "storage":    [{"type": "ipfs", ...}]}                                                          (optional)

`custody` is the entry that sealed the claim, with what was signed for its batch; `later` a newer head of the same log,
with the consistency proof that leads to it (`tallystick log prove`).

Written as JCS and a newline; read in any layout. SHA-256 digests and salts are lower-case hexadecimal, things of a
chain the same after 0x, the log's key base64. In version 1 unknown members are refused, but anchors of unknown type
are kept as they are and count for nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from notary import jcs
from notary.custody.chain import CustodyEntry
from notary.custody.signatures import Signature, Statement, read_signatures, write_signatures
from notary.errors import FormatInvalid, LogEntryInvalid, ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown
from notary.evm.evm_proof import MAX_HEADER_BYTES, MAX_NODE_BYTES, MAX_RECEIPT_BYTES, EvmAnchor
from notary.evm.trie_proof import MAX_NODES
from notary.jcs import Json
from notary.log import checkpoint as _checkpoint
from notary.log import merkle
from notary.log.checkpoint import SignedCheckpoint
from notary.log.heads import MAX_ENTRY_BYTES, CaseHead, HeadsLeaf
from notary.log.standing import Ended, Placed, State
from notary.reading import Reader, evm
from notary.sealing.claim import MAX_TEXT_BYTES, Value
from notary.sealing.commitment import MAX_FIELDS, SALT_SIZE, Entry, Hidden, Opening, Shown

FORMAT = "tallystick/receipt"
VERSION = 1
MAX_BYTES = 1024 * 1024
MAX_ANCHORS = 32  # several chains, time-stamp authorities, Bitcoin, with room
MAX_STORAGE = 16
MAX_TOKEN_BYTES = 64 * 1024  # of a time-stamp token: the largest seen has 6 KB, with room for post-quantum chains
MAX_OTS_BYTES = 64 * 1024  # of an .ots file: a complete one with leftovers has 2 KB


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where an entry is in a tree: index < size, and the sibling hashes of 32 bytes, leaf level first."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LogRef:
    """Which log.

    id      32 bytes on chain; None before the log was created there
    origin  its name in checkpoints
    key     32 bytes, Ed25519, that signs them
    """

    id: bytes | None
    origin: str
    key: bytes


@dataclass(frozen=True, slots=True)
class CaseHeadProof:
    """The heads leaf of the checkpoint's last batch, and this case's entry in its map.

    entry  of the leaf in the log
    head   the case's entry
    place  of that entry in the map

    `standing` (notary/log/standing.py) goes with it, but is the claim's own.
    """

    entry: Inclusion
    leaf: HeadsLeaf
    head: CaseHead
    place: Inclusion


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch of custody entries, and who signed for it.

    statement   what was signed
    leaf        the heads leaf that ended the batch; it holds the digest of statement and signatures
    leaf_entry  of the leaf in the log
    signatures  none: nobody signed
    """

    statement: Statement
    leaf: HeadsLeaf
    leaf_entry: Inclusion
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class CustodyProof:
    """The custody entry that sealed the claim, and its place among the entries of its batch."""

    entry: CustodyEntry
    place: Inclusion
    batch: SignedBatch


@dataclass(frozen=True, slots=True)
class PendingAnchor:
    """An anchor that is on its way: a state that is shown and proves nothing."""

    chain_id: int | None = None
    contract: bytes | None = None
    tx: bytes | None = None


@dataclass(frozen=True, slots=True)
class TimestampAnchor:
    """An RFC 3161 time-stamp token over the signed note: DER or BER of its ContentInfo, nothing verified yet."""

    token: bytes


@dataclass(frozen=True, slots=True)
class OtsAnchor:
    """An OpenTimestamps proof over the signed note's bytes: a detached .ots file, byte for byte as it came."""

    proof: bytes


@dataclass(frozen=True, slots=True)
class UnknownAnchor:
    """An anchor of a type that this program does not know: JCS of what was there, kept, counting for nothing."""

    json: bytes


Anchor: TypeAlias = EvmAnchor | TimestampAnchor | OtsAnchor | PendingAnchor | UnknownAnchor


@dataclass(frozen=True, slots=True)
class Later:
    """A newer head of the same log, and how the claim stands as of it.

    path  RFC 9162 consistency proof from the receipt's head to this one, hashes of 32 bytes
    """

    note: SignedCheckpoint
    path: tuple[bytes, ...]
    case_head: CaseHeadProof
    standing: tuple[Placed, ...]
    anchors: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class IpfsStorage:
    """Where the encrypted document is. Covered by no proof: whoever fetches checks every byte.

    cid            CIDv1, base32
    cipher_sha256  32 bytes
    cipher_size    bytes
    chunk_size     bytes per raw leaf
    """

    cid: str
    cipher_sha256: bytes
    cipher_size: int
    chunk_size: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """One claim's receipt: well-formed, nothing in it verified yet."""

    opening: Opening
    log: LogRef
    entry: Inclusion
    note: SignedCheckpoint
    case_head: CaseHeadProof
    standing: tuple[Placed, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    custody: CustodyProof | None = None
    later: Later | None = None
    storage: tuple[IpfsStorage, ...] = ()

    def shown(self) -> Mapping[str, Value]:
        """The claim's shown fields."""
        return self.opening.shown()

    @classmethod
    def from_bytes(cls, data: bytes) -> Receipt:
        """Read a receipt file.  Raises ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown."""
        if len(data) > MAX_BYTES:
            raise ReceiptTooLarge(len(data), MAX_BYTES)
        return cls.read(Reader.open(data, MAX_BYTES, "receipt", ReceiptInvalid))

    @classmethod
    def read(cls, top: Reader) -> Receipt:
        """As `from_bytes`, of JSON that is read already."""
        check_header(top, FORMAT)
        names = ("claim", "log", "entry", "checkpoint", "case_head", "standing", "anchors")
        top.only("format", "version", *names, optional=("custody", "later", "storage"))
        return cls(
            opening=read_opening(top.object("claim")),
            log=read_log(top.object("log")),
            entry=read_inclusion(top.object("entry")),
            note=read_note(top, "checkpoint"),
            case_head=read_case_head(top.object("case_head")),
            standing=read_standing(top),
            anchors=read_anchors(top),
            custody=_read_custody(top.object("custody")) if top.has("custody") else None,
            later=read_later(top.object("later")) if top.has("later") else None,
            storage=read_storage(top),
        )

    def to_json(self) -> dict[str, Json]:
        """The receipt as JSON values."""
        value: dict[str, Json] = {
            "format": FORMAT,
            "version": VERSION,
            "claim": write_opening(self.opening),
            "log": write_log(self.log),
            "entry": write_inclusion(self.entry),
            "checkpoint": self.note.to_text(),
            "case_head": write_case_head(self.case_head),
            "standing": write_standing(self.standing),
            "anchors": [write_anchor(anchor) for anchor in self.anchors],
        }
        if self.custody is not None:
            value["custody"] = {**write_custody_entry(self.custody), **write_batch(self.custody.batch)}
        if self.later is not None:
            value["later"] = write_later(self.later)
        if self.storage:
            value["storage"] = [write_storage(storage) for storage in self.storage]
        return value

    def to_bytes(self) -> bytes:
        """The receipt file: JCS and a newline."""
        return jcs.dumps(self.to_json()) + b"\n"


def check_header(top: Reader, expected: str) -> None:
    """Check format and version before anything else, so that a newer receipt is called newer and not broken."""
    if top.get("format") != expected:
        raise top.refuse("format", f"is not {expected}")
    version = top.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise top.refuse("version", "is not a version")
    if version != VERSION:
        raise ReceiptVersionUnknown(version, VERSION)


# Reading: each raises ReceiptInvalid.


def read_opening(claim: Reader) -> Opening:
    claim.only("salt", "fields")
    fields = tuple(_read_field(field) for field in claim.objects("fields", MAX_FIELDS))
    return Opening(claim.hex("salt", SALT_SIZE), fields)


def _read_field(field: Reader) -> Entry:
    if field.has("hash"):
        field.only("hash")
        return Hidden(field.hex("hash", merkle.HASH_SIZE))
    field.only("name", "value", "salt")
    value = field.get("value")
    if isinstance(value, bool) or not isinstance(value, int):
        value = field.text("value", 2 * MAX_TEXT_BYTES)  # name_bytes has two digits a byte
    return Shown(field.text("name", 64), value, field.hex("salt", SALT_SIZE))


def read_log(log: Reader) -> LogRef:
    log.only("id", "origin", "key")
    log_id = None if log.get("id") is None else log.evm_hex("id", 32)
    return LogRef(log_id, log.text("origin", 255), log.base64("key", _checkpoint.PUBLIC_KEY_SIZE))


def read_inclusion(proof: Reader, *, strict: bool = True) -> Inclusion:
    """strict: the three members of an inclusion proof and no others."""
    if strict:
        proof.only("index", "size", "path")
    size = proof.integer("size", least=1)
    path = proof.hex_list("path", merkle.MAX_PATH, merkle.HASH_SIZE)
    return Inclusion(proof.integer("index", most=size - 1), size, path)


def read_note(parent: Reader, name: str) -> SignedCheckpoint:
    try:
        return SignedCheckpoint.from_text(parent.text(name, _checkpoint.MAX_BYTES))
    except FormatInvalid as exc:
        raise ReceiptInvalid(f"the {parent.what}'s checkpoint is not one: {exc}") from exc


def read_case_head(head: Reader) -> CaseHeadProof:
    head.only("entry", "leaf", "case", "index", "size", "path")
    case = head.object("case")
    case.only("case", "count", "custody", "ended", "head")
    ended = case.object("ended")
    ended.only("n", "r")
    return CaseHeadProof(
        entry=read_inclusion(head.object("entry")),
        leaf=_read_leaf(head),
        head=CaseHead(
            case=case.hex("case", 32),
            count=case.integer("count", least=1),
            head=case.hex("head", 32),
            custody=case.integer("custody", least=1),
            ended=ended.integer("n"),
            ended_root=ended.hex("r", 32),
        ),
        place=read_inclusion(head, strict=False),
    )


def _read_leaf(parent: Reader) -> HeadsLeaf:
    try:
        return HeadsLeaf.from_bytes(parent.text("leaf", MAX_ENTRY_BYTES).encode())
    except FormatInvalid as exc:
        raise ReceiptInvalid(f"the {parent.what} has no heads leaf: {exc}") from exc


def read_standing(parent: Reader) -> tuple[Placed, ...]:
    return tuple(_read_placed(placed) for placed in parent.objects("standing", 2))


def _read_placed(placed: Reader) -> Placed:
    placed.only("entry", "index", "size", "path")
    entry = placed.object("entry")
    entry.only("at", "claim", "state")
    state = entry.text("state", 32)
    if state not in set(State):
        raise entry.refuse("state", "is not one that this program knows")
    where = read_inclusion(placed, strict=False)
    return Placed(Ended(entry.hex("claim", 32), State(state), entry.integer("at")), where.index, where.size, where.path)


def _read_custody(custody: Reader) -> CustodyProof:
    custody.only("entry", "index", "size", "path", "batch", "leaf", "leaf_entry", "signatures")
    return read_custody_entry(custody, read_batch(custody))


def read_custody_entry(custody: Reader, batch: SignedBatch) -> CustodyProof:
    try:
        entry = CustodyEntry.read(custody.object("entry"))
    except LogEntryInvalid as exc:
        raise ReceiptInvalid(f"the {custody.what} has no custody entry: {exc}") from exc
    return CustodyProof(entry, read_inclusion(custody, strict=False), batch)


def read_batch(batch: Reader) -> SignedBatch:
    return SignedBatch(
        statement=Statement.read(batch.object("batch")),
        leaf=_read_leaf(batch),
        leaf_entry=read_inclusion(batch.object("leaf_entry")),
        signatures=read_signatures(batch, "signatures"),
    )


def read_later(later: Reader) -> Later:
    later.only("checkpoint", "path", "case_head", "standing", "anchors")
    return Later(
        note=read_note(later, "checkpoint"),
        path=later.hex_list("path", 2 * merkle.MAX_PATH, merkle.HASH_SIZE),
        case_head=read_case_head(later.object("case_head")),
        standing=read_standing(later),
        anchors=read_anchors(later),
    )


def read_anchors(parent: Reader) -> tuple[Anchor, ...]:
    return tuple(_read_anchor(anchor) for anchor in parent.objects("anchors", MAX_ANCHORS))


def _read_anchor(anchor: Reader) -> Anchor:
    kind = anchor.text("type", 64)
    if kind == "pending":
        anchor.only("type", optional=("chain_id", "contract", "tx"))
        return PendingAnchor(
            chain_id=anchor.integer("chain_id", least=1) if anchor.has("chain_id") else None,
            contract=anchor.evm_hex("contract", 20) if anchor.has("contract") else None,
            tx=anchor.evm_hex("tx", 32) if anchor.has("tx") else None,
        )
    if kind == "rfc3161":
        anchor.only("type", "token")
        return TimestampAnchor(anchor.base64_bytes("token", MAX_TOKEN_BYTES))
    if kind == "ots":
        anchor.only("type", "proof")
        return OtsAnchor(anchor.base64_bytes("proof", MAX_OTS_BYTES))
    if kind != "evm":
        return UnknownAnchor(jcs.dumps(anchor.value))
    anchor.only("type", *_EVM_MEMBERS)
    return EvmAnchor(
        chain_id=anchor.integer("chain_id", least=1),
        genesis=anchor.evm_hex("genesis", 32),
        contract=anchor.evm_hex("contract", 20),
        block_number=anchor.integer("block_number"),
        block_hash=anchor.evm_hex("block_hash", 32),
        header=anchor.evm_bytes("header", MAX_HEADER_BYTES),
        receipt=anchor.evm_bytes("receipt", MAX_RECEIPT_BYTES),
        receipt_index=anchor.integer("receipt_index", most=2**32 - 1),
        path=anchor.evm_hex_list("path", MAX_NODES, 1, MAX_NODE_BYTES),
        log_index=anchor.integer("log_index", most=2**16 - 1),
        tx=anchor.evm_hex("tx", 32),
    )


_EVM_MEMBERS = tuple(EvmAnchor.__dataclass_fields__)


def read_storage(parent: Reader) -> tuple[IpfsStorage, ...]:
    if not parent.has("storage"):
        return ()
    return tuple(_read_storage(storage) for storage in parent.objects("storage", MAX_STORAGE))


def _read_storage(storage: Reader) -> IpfsStorage:
    storage.only("type", "version", "codec", "cid", "cipher_sha256", "cipher_size", "chunk_size")
    if (storage.get("type"), storage.get("version"), storage.get("codec")) != ("ipfs", 1, "raw"):
        raise storage.refuse("type", "is not ipfs with CID version 1 and raw leaves")
    return IpfsStorage(
        cid=storage.text("cid", 128),
        cipher_sha256=storage.hex("cipher_sha256", 32),
        cipher_size=storage.integer("cipher_size"),
        chunk_size=storage.integer("chunk_size", least=1),
    )


# Writing.


def write_opening(opening: Opening) -> dict[str, Json]:
    return {"salt": opening.salt.hex(), "fields": [_write_field(entry) for entry in opening.entries]}


def _write_field(entry: Entry) -> dict[str, Json]:
    if isinstance(entry, Hidden):
        return {"hash": entry.hash.hex()}
    return {"name": entry.name, "value": entry.value, "salt": entry.salt.hex()}


def write_log(log: LogRef) -> dict[str, Json]:
    log_id = None if log.id is None else evm(log.id)
    return {"id": log_id, "origin": log.origin, "key": base64.b64encode(log.key).decode()}


def write_inclusion(proof: Inclusion) -> dict[str, Json]:
    return {"index": proof.index, "size": proof.size, "path": [digest.hex() for digest in proof.path]}


def write_case_head(proof: CaseHeadProof) -> dict[str, Json]:
    return {
        "entry": write_inclusion(proof.entry),
        "leaf": proof.leaf.to_bytes().decode(),
        "case": proof.head.to_json(),
        **write_inclusion(proof.place),
    }


def write_standing(standing: tuple[Placed, ...]) -> list[Json]:
    return [
        {"entry": one.ended.to_json(), **write_inclusion(Inclusion(one.index, one.size, one.path))} for one in standing
    ]


def write_custody_entry(custody: CustodyProof) -> dict[str, Json]:
    return {"entry": custody.entry.to_json(), **write_inclusion(custody.place)}


def write_batch(batch: SignedBatch) -> dict[str, Json]:
    return {
        "batch": batch.statement.to_json(),
        "leaf": batch.leaf.to_bytes().decode(),
        "leaf_entry": write_inclusion(batch.leaf_entry),
        "signatures": write_signatures(batch.signatures),
    }


def write_later(later: Later) -> dict[str, Json]:
    return {
        "checkpoint": later.note.to_text(),
        "path": [digest.hex() for digest in later.path],
        "case_head": write_case_head(later.case_head),
        "standing": write_standing(later.standing),
        "anchors": [write_anchor(anchor) for anchor in later.anchors],
    }


def write_anchor(anchor: Anchor) -> dict[str, Json]:
    if isinstance(anchor, UnknownAnchor):
        value = jcs.loads(anchor.json, max_bytes=MAX_BYTES, what="anchor")
        assert isinstance(value, dict)  # it was one when it was read
        return value
    if isinstance(anchor, TimestampAnchor):
        return {"type": "rfc3161", "token": base64.b64encode(anchor.token).decode()}
    if isinstance(anchor, OtsAnchor):
        return {"type": "ots", "proof": base64.b64encode(anchor.proof).decode()}
    members = {name: getattr(anchor, name) for name in type(anchor).__dataclass_fields__}
    written: dict[str, Json] = {"type": "evm" if isinstance(anchor, EvmAnchor) else "pending"}
    for name, member in members.items():
        if isinstance(member, bytes):
            written[name] = evm(member)
        elif isinstance(member, tuple):
            written[name] = [evm(node) for node in member]
        elif member is not None:
            written[name] = member
    return written


def write_storage(storage: IpfsStorage) -> dict[str, Json]:
    return {
        "type": "ipfs",
        "version": 1,
        "codec": "raw",
        "cid": storage.cid,
        "cipher_sha256": storage.cipher_sha256.hex(),
        "cipher_size": storage.cipher_size,
        "chunk_size": storage.chunk_size,
    }

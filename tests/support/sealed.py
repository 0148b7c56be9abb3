"""Whole receipts without a database or a node: a small log, and a checkpoint and a chain of our own making.

The chain is built with the `trie` and `rlp` packages, not with notary's own code. It is exactly what a forger would
build: own header, own receipts trie, own event. So every receipt made here is self-consistent, and only the
verifier's own trust can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import rlp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_hash.auto import keccak
from trie import HexaryTrie

from notary.custody.chain import Action, CustodyEntry
from notary.custody.signatures import Ed25519Signature, Statement, batch_digest
from notary.evm.evm_proof import EvmAnchor
from notary.log import merkle
from notary.log.checkpoint import Checkpoint, SignedCheckpoint, sign
from notary.log.heads import CaseHead, HeadMap, blinded_case
from notary.log.standing import Ended, EndedTree, State
from notary.proofs import bundle
from notary.proofs.receipt import (
    Anchor,
    CaseHeadProof,
    CustodyProof,
    Inclusion,
    Later,
    LogRef,
    Receipt,
    SignedBatch,
)
from notary.sealing import commitment
from notary.sealing.claim import Claim, Value
from notary.sealing.commitment import Opening, claim_entry, open_claim
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
from notary.verdicts.verify import DocumentDigests

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "tallystick.local/0badcafe"
LOG_ID = hashlib.sha256(b"log").digest()
CONTRACT = bytes.fromhex("c0ffee" + "00" * 17)
GENESIS = hashlib.sha256(b"genesis").digest()
CASE_SECRET = b"\x05" * 32
HEAD_EVENT = keccak(b"HeadAppended(bytes32,uint64,bytes32)")
BLOCK_TIME = 1_800_000_000
CUSTODY_KEY = Ed25519PrivateKey.from_private_bytes(b"\x0a" * 32)
ENDED = (
    Ended(b"\x00" * 31 + b"\x01", State.REVOKED, 0),
    Ended(b"\x80" + b"\x00" * 31, State.SUPERSEDED, 1),
    Ended(b"\xff" * 32, State.ERASED, 2),
)  # of claims that stand for others of the case
VECTORS = Path(__file__).parents[1] / "vectors/receipt_v1"


@dataclass(frozen=True)
class Block:
    """A block that we made: its raw header, and the receipts in it as raw envelopes."""

    header: bytes
    receipts: Sequence[bytes]
    number: int
    trie: HexaryTrie = field(repr=False)

    @property
    def hash(self) -> bytes:
        return bytes(keccak(self.header))

    def path(self, index: int) -> tuple[bytes, ...]:
        return proof_nodes(self.trie, rlp.encode(index))


def proof_nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """The nodes of a proof as Ethereum's clients list them: those that stand inside their parent are not listed."""
    encoded = [rlp.encode(node) for node in trie.get_proof(key)]
    return tuple(node for place, node in enumerate(encoded) if place == 0 or len(node) >= 32)


def make_log(address: bytes, topics: Sequence[bytes], data: bytes) -> list[object]:
    return [address, list(topics), data]


def head_event(size: int, root: bytes, *, log_id: bytes = LOG_ID, contract: bytes = CONTRACT) -> list[object]:
    return make_log(contract, [HEAD_EVENT, log_id, size.to_bytes(32, "big")], root)


def make_receipt(logs: Sequence[object], *, tx_type: int = 2, status: int = 1, more: Sequence[object] = ()) -> bytes:
    body = rlp.encode([status, 21000, b"\0" * 256, list(logs), *more])
    return bytes(body if tx_type == 0 else bytes([tx_type]) + body)


def make_block(
    receipts: Sequence[bytes], *, number: int = 1234, timestamp: int = BLOCK_TIME, fields: int = 21
) -> Block:
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = receipt
    known: list[object] = [
        b"\x11" * 32,  # parent
        b"\x12" * 32,
        b"\x13" * 20,
        b"\x14" * 32,
        b"\x15" * 32,
        trie.root_hash,
        b"\0" * 256,
        0,
        number,
        30_000_000,
        21_000,
        timestamp,
        b"extra",
        b"\x16" * 32,
        b"\0" * 8,
        7,  # base fee, London
        b"\x17" * 32,  # withdrawals, Shanghai
        0,  # blob gas, Cancun
        0,
        b"\x18" * 32,
        b"\x19" * 32,  # requests, Prague
    ]
    known += [b"\x20" * 32] * (fields - len(known))
    return Block(rlp.encode(known[:fields]), receipts, number, trie)


def make_anchor(block: Block, index: int, log_index: int = 0, *, chain_id: int = 1) -> EvmAnchor:
    return EvmAnchor(
        chain_id=chain_id,
        genesis=GENESIS,
        contract=CONTRACT,
        block_number=block.number,
        block_hash=block.hash,
        header=block.header,
        receipt=block.receipts[index],
        receipt_index=index,
        path=block.path(index),
        log_index=log_index,
        tx=b"\x99" * 32,
    )


def document_of(data: bytes, names: Sequence[str] = ("sha256",)) -> DocumentDigests:
    return DocumentDigests(len(data), {name: hashlib.new(name, data).digest() for name in names})


def make_claim(data: bytes, **more: Value | None) -> Claim:
    values: dict[str, Value | None] = {
        "case": "Weber v. Kraft",
        "case_blinded": blinded_case(CASE_SECRET).hex(),
        "exhibit": "A-1",
        "kind": "invoice",
        "name": "rechnung-günther.pdf",
        "media_type": "application/pdf",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "captured_at": BLOCK_TIME - 3600,
        "captured_by": "M. Weber",
        "tool": "tallystick 0.1.0",
    }
    return Claim.of(values | more)


@dataclass(frozen=True)
class Sealed:
    """A batch that was sealed: a receipt of each document, all under one checkpoint.

    entries  all of the log; custody: those of the case; ended: its ended claims
    """

    documents: Sequence[bytes]
    receipts: Sequence[Receipt]
    note: SignedCheckpoint
    tree: merkle.Tree
    heads: HeadMap
    entries: Sequence[bytes]
    custody: Sequence[CustodyEntry]
    ended: Sequence[Ended]


def seal(
    documents: Sequence[bytes] = (b"one", b"two", b"three"),
    *,
    entries_before: int = 5,
    other_cases: int = 3,
    key: Ed25519PrivateKey = KEY,
    fields: Mapping[str, Value | None] | None = None,
    log_id: bytes | None = LOG_ID,
    ended: Sequence[Ended] = ENDED,
    signed: bool = True,
    each: Sequence[Mapping[str, Value | None]] = (),
) -> Sealed:
    """Seal `documents` as one batch of one case, in a log that has other entries and cases already.

    fields  of every claim; each: of one after the other
    """
    openings: list[Opening] = []
    for place, data in enumerate(documents):
        secret = hashlib.sha256(b"secret %d" % place).digest()
        openings.append(open_claim(make_claim(data, **{**(fields or {}), **(each[place] if each else {})}), secret))
    case = blinded_case(CASE_SECRET)
    at, by = BLOCK_TIME - 3600, "M. Weber"
    custody = [CustodyEntry(case, 0, None, Action.SEALED, openings[0].commitment(), at, by, custody_salt(0))]
    for opening in openings[1:]:
        salt = custody_salt(len(custody))
        custody.append(next_entry(custody[-1], Action.SEALED, opening.commitment(), at, by, salt))
    others = [other_head(n) for n in range(100, 100 + other_cases)]
    gone = EndedTree(ended)
    head = CaseHead(case, len(documents), custody[-1].hash(), len(custody), len(gone.ended), gone.root)
    heads = HeadMap([head, *others])
    batch = merkle.Tree(merkle.leaf_hashes(entry.hash() for entry in custody))
    statement = Statement(case, 0, len(custody) - 1, custody[-1].hash(), batch.root)
    signatures = (sign_custody(statement),) if signed else ()
    leaf = heads.leaf(entries_before - 1 if entries_before else None, batch_digest(statement, signatures))
    older = [commitment.claim_entry(hashlib.sha256(b"%d" % place).digest()) for place in range(entries_before)]
    entries = [*older, *(claim_entry(opening.commitment()) for opening in openings), leaf.to_bytes()]
    tree = merkle.Tree(merkle.leaf_hashes(entries))
    public = key.public_key().public_bytes_raw()
    note = sign(Checkpoint(ORIGIN, tree.size, tree.root), public, key.sign)

    def inclusion(of: merkle.Tree, index: int) -> Inclusion:
        return Inclusion(index, of.size, tuple(of.inclusion_path(index)))

    head, place, path = heads.prove(case)
    case_head = CaseHeadProof(
        inclusion(tree, tree.size - 1), leaf, head, Inclusion(place, len(heads.heads), tuple(path))
    )
    signed_batch = SignedBatch(statement, leaf, inclusion(tree, tree.size - 1), signatures)
    receipts = [
        Receipt(
            opening=opening,
            log=LogRef(log_id, ORIGIN, public),
            entry=inclusion(tree, entries_before + place),
            note=note,
            case_head=case_head,
            standing=gone.prove(opening.commitment()),
            custody=CustodyProof(custody[place], inclusion(batch, place), signed_batch),
        )
        for place, opening in enumerate(openings)
    ]
    return Sealed(documents, receipts, note, tree, heads, entries, custody, gone.ended)


def next_entry(before: CustodyEntry, action: Action, subject: bytes, at: int, by: str, salt: bytes) -> CustodyEntry:
    """The custody entry that follows `before`."""
    return CustodyEntry(before.case, before.seq + 1, before.hash(), action, subject, at, by, salt)


def custody_salt(seq: int) -> bytes:
    return hashlib.sha256(b"salt %d" % seq).digest()


def sign_custody(statement: Statement) -> Ed25519Signature:
    return Ed25519Signature(CUSTODY_KEY.public_key().public_bytes_raw(), CUSTODY_KEY.sign(statement.message()))


def other_head(n: int) -> CaseHead:
    return CaseHead(blinded_case(bytes([n]) * 32), n + 1, bytes([n]) * 32, n + 1, 0, merkle.EMPTY_ROOT)


def later(
    sealed: Sealed,
    receipt: Receipt,
    *,
    action: Action | None = None,
    key: Ed25519PrivateKey = KEY,
    anchors: Sequence[Anchor] = (),
) -> Receipt:
    """The receipt with a newer head, before which `action` ended its claim (None: nothing happened to it)."""
    case, claim = blinded_case(CASE_SECRET), receipt.opening.commitment()
    act = action or Action.ACCESSED
    salt = custody_salt(len(sealed.custody))
    entry = next_entry(sealed.custody[-1], act, claim, BLOCK_TIME + 60, "M. Weber", salt)
    ended = [*sealed.ended] if action is None else [*sealed.ended, Ended(claim, State(act.value), entry.seq)]
    gone = EndedTree(ended)
    old = next(head for head in sealed.heads.heads if head.case == case)
    head = replace(old, head=entry.hash(), custody=entry.seq + 1, ended=len(gone.ended), ended_root=gone.root)
    heads = HeadMap([head, *(other for other in sealed.heads.heads if other.case != case)])
    alone = Statement(case, entry.seq, entry.seq, entry.hash(), merkle.Tree([merkle.leaf_hash(entry.hash())]).root)
    leaf = heads.leaf(sealed.tree.size - 1, batch_digest(alone, ()))
    tree = merkle.Tree(merkle.leaf_hashes([*sealed.entries, leaf.to_bytes()]))
    note = sign(Checkpoint(ORIGIN, tree.size, tree.root), key.public_key().public_bytes_raw(), key.sign)
    _, place, path = heads.prove(case)
    newer = Later(
        note=note,
        path=tuple(merkle.consistency_path(sealed.tree.size, tree.size, tree.node_at)),
        case_head=CaseHeadProof(
            Inclusion(tree.size - 1, tree.size, tuple(tree.inclusion_path(tree.size - 1))),
            leaf,
            head,
            Inclusion(place, len(heads.heads), tuple(path)),
        ),
        standing=gone.prove(claim),
        anchors=tuple(anchors),
    )
    return replace(receipt, later=newer)


def anchor(sealed: Sealed, *anchors: Anchor) -> list[Receipt]:
    """The batch's receipts with these anchors."""
    return [replace(receipt, anchors=anchors) for receipt in sealed.receipts]


def anchored_block(sealed: Sealed, *, neighbours: int = 20, index: int = 7, number: int = 1234) -> Block:
    """A block of transactions among which number `index` records the batch's head, as its second event."""
    state = sealed.note.checkpoint
    other = make_log(b"\x31" * 20, [b"\x32" * 32], b"a transfer")
    receipts = [make_receipt([other] * (place % 3), tx_type=place % 5) for place in range(neighbours)]
    receipts[index:index] = [make_receipt([other, head_event(state.size, state.root)])]
    return make_block(receipts, number=number)


def sample(chain_id: int = 1) -> tuple[bytes, Receipt, Block]:
    """(document, receipt, block) of one anchored document."""
    sealed = seal()
    block = anchored_block(sealed)
    receipt = anchor(sealed, make_anchor(block, 7, 1, chain_id=chain_id))[1]
    return sealed.documents[1], receipt, block


def trust_in(block: Block, *, chain_id: int = 1, dev: bool = False, contracts: Sequence[bytes] = (CONTRACT,)) -> Trust:
    known = TrustedBlock(block.number, block.hash)
    return Trust((TrustedChain(chain_id, GENESIS, "ours", dev, tuple(contracts), {block.number: known}),))


def vectors() -> dict[str, bytes]:
    """The golden files of tests/vectors/receipt_v1, as the program of today writes them."""
    document, receipt, block = sample()
    return {
        "document": document,
        "receipt.json": receipt.to_bytes(),
        "receipts.json": bundle.dumps(anchor(seal(), *receipt.anchors)),
        "trusted-blocks.json": trust_in(block).to_bytes(),
    }


def write_vectors() -> None:
    for name, data in vectors().items():
        (VECTORS / name).write_bytes(data)

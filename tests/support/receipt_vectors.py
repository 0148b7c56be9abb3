"""The vectors of tests/vectors/receipts: each kind of anchor, verdict and reason, the same bytes each time.

scripts/lib/make_vectors.py writes them. Nothing here judges them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.x509.oid import ExtendedKeyUsageOID
from support import fixed, tsa
from support.sealed import (
    BLOCK_TIME,
    ENDED,
    GENESIS,
    KEY,
    ORIGIN,
    PUBLIC,
    anchored_block,
    head_event,
    later,
    make_anchor,
    make_block,
    make_receipt,
    seal,
    trust_in,
)
from support.stamped import HEIGHT, data_of, mined, ots_anchor, pending_anchor

from notary.custody.chain import Action
from notary.keccak import keccak256
from notary.log import merkle
from notary.log.checkpoint import Checkpoint, SignedCheckpoint, sign
from notary.log.standing import Ended, State
from notary.proofs import bundle
from notary.proofs.disclosure import hide
from notary.proofs.receipt import (
    Anchor,
    Inclusion,
    IpfsStorage,
    OtsAnchor,
    PendingAnchor,
    Receipt,
    TimestampAnchor,
    UnknownAnchor,
)
from notary.sealing.commitment import Shown
from notary.verdicts.trust import Trust, TrustedBlock, TrustedHeader

DOCUMENTS = (b"one", b"two", b"three")


@dataclass(frozen=True)
class Vector:
    """One file of receipts, and with what it is to be judged.

    data       the file
    documents  one for each receipt in it; None: it is judged without
    trust      None: the verifier knows nothing
    """

    name: str
    about: str
    data: bytes
    documents: tuple[bytes | None, ...] = (b"two",)
    trust: Trust | None = None


SEALED = seal()
NOTE = SEALED.note
BLOCK = anchored_block(SEALED)
EVM = make_anchor(BLOCK, 7, 1)
PLAIN = SEALED.receipts[1]
RECEIPT = replace(PLAIN, anchors=(EVM,))
KNOWN = trust_in(BLOCK)
TSA = fixed.authority()
TRUSTED = TSA.trusted(name="Vector TSA", uncertainty_seconds=30)
STAMPS = Trust(authorities=(TRUSTED,))
OTS, HEADER = ots_anchor(NOTE)
BITCOIN = Trust(bitcoin=(HEADER,))
NAMED = b"\x77" * 32


def vectors() -> Iterator[Vector]:
    """All of them; names are unique."""
    for group in (_whole, _form, _claim, _log, _evm, _blocks, _tokens, _ots, _time, _later, _standing, _bundles):
        yield from group()


def one(
    name: str, about: str, receipt: Receipt, trust: Trust | None = KNOWN, document: bytes | None = b"two"
) -> Vector:
    return Vector(name, about, receipt.to_bytes(), (document,), trust)


def at(tree: merkle.Tree, index: int) -> Inclusion:
    return Inclusion(index, tree.size, tuple(tree.inclusion_path(index)))


def signed_note(tree: merkle.Tree) -> SignedCheckpoint:
    return sign(Checkpoint(ORIGIN, tree.size, tree.root), PUBLIC, KEY.sign)


def token(note: SignedCheckpoint = NOTE, *, by: tsa.Chain = TSA, at: int = BLOCK_TIME + 5, **more: Any) -> Anchor:
    return TimestampAnchor(tsa.token(by, data_of(note), at=at, **more))


def _whole() -> Iterator[Vector]:
    yield one("evm", "anchored on an EVM chain, the block is known", RECEIPT)
    yield one("evm-unconfirmed", "the same, the verifier knows nothing", RECEIPT, None)
    yield one("rfc3161", "a token of a known authority, Ed25519", replace(PLAIN, anchors=(token(),)), STAMPS)
    for kind in ("rsa", "ecdsa"):
        stamped = replace(PLAIN, anchors=(token(by=fixed.authority(f"Vector TSA {kind}", kind)),))
        yield one(f"rfc3161-{kind}", f"a token of a known authority, {kind}", stamped, STAMPS)
    yield one("ots", "a .ots proof to a block of a Bitcoin development chain", replace(PLAIN, anchors=(OTS,)), BITCOIN)
    yield one("ots-pending", "a calendar's promise", replace(PLAIN, anchors=(pending_anchor(NOTE),)), BITCOIN)
    strange = UnknownAnchor(b'{"carved":"in stone","type":"stone"}')
    yield one("unknown-anchor", "an anchor of a type that nobody knows", replace(PLAIN, anchors=(strange,)))
    yield one("unknown-beside-good", "such a one beside a good one", replace(PLAIN, anchors=(strange, EVM)))
    yield one("no-anchor", "none at all", PLAIN)
    pending = PendingAnchor(1, EVM.contract, b"\x99" * 32)
    yield one("pending", "sent to a chain, not yet in a block", replace(PLAIN, anchors=(pending,)))
    yield one("pending-beside-good", "one on its way beside a good one", replace(PLAIN, anchors=(EVM, pending)))
    every = Trust(KNOWN.chains, (TRUSTED,), (HEADER,))
    yield one("every-anchor", "all three, all known", replace(PLAIN, anchors=(OTS, token(), EVM)), every)
    stored = IpfsStorage("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", b"\x41" * 32, 4096, 1 << 18)
    yield one("stored", "says where the encrypted document is", replace(RECEIPT, storage=(stored,)))


def _form() -> Iterator[Vector]:
    def changed(name: str, about: str, change: Callable[[Any], object]) -> Vector:
        value = json.loads(RECEIPT.to_bytes())
        change(value)
        return Vector(name, about, json.dumps(value).encode(), trust=KNOWN)

    data = RECEIPT.to_bytes()
    yield Vector("truncated", "cut off", data[:-9], trust=KNOWN)
    yield Vector("duplicate-member", "one member twice", data.replace(b'"version":1', b'"version":1,"version":1'))
    yield changed("indented", "another layout of the same JSON", lambda value: value)
    yield changed("unknown-member", "a member that version 1 has not", lambda value: value.update(more=1))
    yield changed("future-version", "version 2", lambda value: value.update(version=2))
    yield changed("other-format", "another format", lambda value: value.update(format="tallystick/other"))
    yield changed("upper-case-hex", "hex in upper case", lambda v: v["claim"].update(salt=v["claim"]["salt"].upper()))
    yield changed("index-beyond-size", "entry 9 of 9", lambda value: value["entry"].update(index=9))
    yield changed("float", "a number with a point", lambda value: value["entry"].update(index=6.0))
    yield changed("too-many-anchors", "33 anchors", lambda v: v.update(anchors=[{"type": "pending"}] * 33))


def _claim() -> Iterator[Vector]:
    yield one("no-document", "judged without the document", RECEIPT, document=None)
    yield one("size-differs", "a document of another size", RECEIPT, document=b"twoo")
    yield one("digest-differs", "a document of the same size", RECEIPT, document=b"twO")
    for field in ("sha256", "case_blinded", "name", "size"):
        yield one(f"withheld-{field}", f"{field} withheld", hide(RECEIPT, [field]))
    names = [name for name in RECEIPT.shown() if name not in ("sha256", "case_blinded")]
    yield one("withheld-most", "everything but digest and case withheld", hide(RECEIPT, names))
    more = {name: hashlib.new(name, b"two").hexdigest() for name in ("sha512", "sha3_256", "sha3_512", "sm3")}
    sealed = seal(fields={"name": "合同 ✍ عقد.pdf", **more})
    yield one("every-digest", "five digests, a name in three scripts", sealed.receipts[1], document=b"two", trust=None)
    wrong = seal(fields={**more, "sm3": "00" * 32})
    yield one("further-digest-differs", "SHA-256 is the document's, SM3 is not", wrong.receipts[1], trust=None)
    opening = RECEIPT.opening
    swapped = replace(opening, entries=opening.entries[::-1])
    yield one("claim-swapped", "fields in another order", replace(RECEIPT, opening=swapped))
    other = tuple(
        entry._replace(value="somebody else") if isinstance(entry, Shown) and entry.name == "captured_by" else entry
        for entry in opening.entries
    )
    yield one("field-altered", "one field altered", replace(RECEIPT, opening=replace(opening, entries=other)))


def _log() -> Iterator[Vector]:
    entry, log, head = RECEIPT.entry, RECEIPT.log, RECEIPT.case_head
    yield one("entry-other-size", "a proof for another size", replace(RECEIPT, entry=replace(entry, size=10)))
    moved = replace(RECEIPT, entry=SEALED.receipts[0].entry)
    yield one("entry-elsewhere", "the place of another entry", moved)
    yield one("other-origin", "a log of another name", replace(RECEIPT, log=replace(log, origin="other.example/log")))
    yield one("other-key", "another key", replace(RECEIPT, log=replace(log, key=fixed_key())))
    unsigned = replace(RECEIPT, note=replace(NOTE, signatures=(replace(NOTE.signatures[0], signature=bytes(64)),)))
    yield one("note-altered", "a signature of zeros", unsigned)
    yield one("no-log-id", "a log that is on no chain", replace(RECEIPT, log=replace(log, id=None)))
    shorter = replace(head, entry=replace(head.entry, path=()))
    yield one("case-head-not-in-log", "a case head that the log has not", replace(RECEIPT, case_head=shorter))
    forged = replace(head, head=replace(head.head, count=1))
    yield one("case-not-in-map", "a smaller number of claims", replace(RECEIPT, case_head=forged))
    neighbour = next(one for one in SEALED.heads.heads if one.case != head.head.case)
    found, place, path = SEALED.heads.prove(neighbour.case)
    stranger = replace(head, head=found, place=Inclusion(place, len(SEALED.heads.heads), tuple(path)))
    yield one("case-differs", "the head of another case", replace(RECEIPT, case_head=stranger))
    tree = merkle.Tree([*SEALED.tree.levels[0], bytes(32)])
    stale = replace(
        RECEIPT, note=signed_note(tree), entry=at(tree, entry.index), anchors=(),
        case_head=replace(head, entry=at(tree, head.entry.index)),
    )  # fmt: skip
    stale = replace(stale, anchors=(token(stale.note),), custody=None)
    yield one("case-head-stale", "a case head that is not the last entry", stale, STAMPS)


def fixed_key() -> bytes:
    return fixed.key("ed25519", "another log").public_key().public_bytes_raw()  # type: ignore[union-attr]  # Ed25519


def _evm() -> Iterator[Vector]:
    def changed(name: str, about: str, **changes: Any) -> Vector:
        return one(name, about, replace(PLAIN, anchors=(replace(EVM, **changes),)))

    raw = EVM.header
    yield changed("header-altered", "a bit of the header", header=bytes([*raw[:-1], raw[-1] ^ 1]))
    yield changed("header-garbage", "no header", header=b"\xc1\x01", block_hash=keccak256(b"\xc1\x01"))
    yield changed("block-number", "another number", block_number=1235)
    yield changed("trie-path-short", "a trie proof cut short", path=EVM.path[:-1])
    yield changed("trie-path-none", "no trie proof", path=())
    yield changed("evm-receipt-other", "another receipt", receipt=BLOCK.receipts[6])
    yield changed("event-other", "another event of the receipt", log_index=0)
    yield changed("event-none", "an event that is not there", log_index=2)
    state = NOTE.checkpoint
    event = head_event(state.size, state.root)
    blocks = {
        "transaction-failed": ("a transaction that failed", make_receipt([event], status=0)),
        "evm-receipt-garbage": ("a receipt that is none", b"\x02\xc1\x01"),
        "evm-receipt-legacy": ("a transaction without a type", make_receipt([event], tx_type=0)),
        "evm-receipt-deposit": ("a deposit of an L2: two fields more", make_receipt([event], tx_type=126, more=[7, 1])),
    }
    for name, (about, envelope) in blocks.items():
        block = make_block([envelope])
        yield one(name, about, replace(PLAIN, anchors=(make_anchor(block, 0),)), trust_in(block))
    for fields in (15, 16, 25):
        block = make_block([make_receipt([event])], fields=fields)
        receipt = replace(PLAIN, anchors=(make_anchor(block, 0),))
        yield one(f"header-{fields}-fields", f"a header of {fields} fields", receipt, trust_in(block))
    both = replace(PLAIN, anchors=(EVM, replace(EVM, log_index=0)))
    yield one("one-bad-of-two", "a good anchor and one that does not hold", both)


def _blocks() -> Iterator[Vector]:
    other = make_block([make_receipt([])], number=BLOCK.number)
    yield one("reorganised", "the verifier knows another block of that number", RECEIPT, trust_in(other))
    strange = Trust((replace(KNOWN.chains[0], genesis=b"\x01" * 32),))
    yield one("genesis-differs", "the verifier's chain has another first block", RECEIPT, strange)
    yield one(
        "contract-untrusted",
        "not the contract that the verifier names",
        RECEIPT,
        trust_in(BLOCK, contracts=[bytes(20)]),
    )
    yield one("contract-unpinned", "the verifier names no contract", RECEIPT, trust_in(BLOCK, contracts=[]))
    dev = replace(PLAIN, anchors=(make_anchor(BLOCK, 7, 1, chain_id=31337),))
    yield one(
        "dev-chain", "a development chain that the verifier trusts", dev, trust_in(BLOCK, chain_id=31337, dev=True)
    )
    yield one("dev-chain-untrusted", "one that it does not", dev, trust_in(BLOCK, chain_id=31337))


def _tokens() -> Iterator[Vector]:
    def stamped(name: str, about: str, anchor: Anchor, trust: Trust | None = STAMPS) -> Vector:
        return one(name, about, replace(PLAIN, anchors=(anchor,)), trust)

    def by(**changes: Any) -> Trust:
        return Trust(authorities=(replace(TRUSTED, **changes),))

    good = token()
    assert isinstance(good, TimestampAnchor)
    raw = good.token
    digest = hashlib.sha256(data_of(NOTE)).digest()
    bare = TimestampAnchor(tsa.signed_data(TSA, tsa.tst_info(digest, at=BLOCK_TIME), certificates=()))
    yield stamped("token-untrusted", "an authority that the verifier does not know", good, None)
    expired = token(at=fixed.LONG.ends + 1)
    yield stamped("token-expired", "stamped after its certificate ended", expired)
    listed = tsa.crl(TSA.between[0], [(TSA.leaf, BLOCK_TIME, None)])
    yield stamped("token-revoked", "the authority was revoked", good, by(crls=(listed,)))
    yield stamped("token-policy", "a policy that the verifier does not accept", good, by(policies=(tsa.OTHER_POLICY,)))
    yield stamped("token-qualified", "an authority that the verifier calls qualified", good, by(qualified=True))
    yield stamped("token-accuracy", "a token that states its accuracy", token(accuracy={"seconds": 99, "millis": 500}))
    yield stamped("token-sha512", "an imprint by SHA-512", token(hash_name="sha512"))
    yield stamped("token-other-note", "a token over another head", token(seal([b"another"]).note))
    yield stamped("token-truncated", "a token cut off", TimestampAnchor(raw[:-1]))
    yield stamped("token-signature", "a bit of its signature", TimestampAnchor(bytes([*raw[:-1], raw[-1] ^ 1])))
    yield stamped("token-bare", "a token without certificates", bare)
    yield stamped("token-bare-known", "the same, the verifier has them", bare, by(certificates=TSA.certificates))
    other = fixed.authority("Other TSA")
    named = tsa.attributes_of(info := tsa.tst_info(digest, at=BLOCK_TIME), other.leaf.der)
    wrong = TimestampAnchor(tsa.signed_data(TSA, info, attributes=named))
    yield stamped("token-certificate-differs", "a token that names another certificate", wrong)
    web = fixed.authority("Web", leaf=replace(fixed.LONG, eku=(ExtendedKeyUsageOID.SERVER_AUTH,)))
    yield stamped("token-key-usage", "a certificate that is for web servers", token(by=web))
    weak = tsa.tst_info(hashlib.sha1(data_of(NOTE)).digest(), "sha1", BLOCK_TIME)
    yield stamped("token-sha1", "an imprint by SHA-1", TimestampAnchor(tsa.signed_data(TSA, weak)))


def _ots() -> Iterator[Vector]:
    def stamped(name: str, about: str, anchor: Anchor, trust: Trust | None = BITCOIN) -> Vector:
        return one(name, about, replace(PLAIN, anchors=(anchor,)), trust)

    yield stamped("ots-unconfirmed", "the verifier has no header of that height", OTS, None)
    yield stamped(
        "ots-no-work",
        "a header without the work of the main chain",
        OTS,
        Trust(bitcoin=(replace(HEADER, regtest=False),)),
    )
    another = TrustedHeader(HEIGHT, mined(b"\x44" * 32), regtest=True)
    yield stamped("ots-other-header", "another block of that height", OTS, Trust(bitcoin=(another,)))
    yield stamped("ots-other-note", "a proof of another head", ots_anchor(seal([b"another"]).note)[0])
    yield stamped("ots-truncated", "a proof cut off", OtsAnchor(OTS.proof[:-1]))
    digest = hashlib.sha256(data_of(NOTE)).digest()
    magic = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294")
    strange = magic + b"\x01\x08" + digest + b"\x00" + bytes.fromhex("0001020304050607") + b"\x01x"
    yield stamped("ots-attestation-unknown", "an attestation that nobody knows", OtsAnchor(strange))


def _time() -> Iterator[Vector]:
    sealed = seal(fields={"not_before_block": f"1:77:0x{NAMED.hex()}"})
    block = anchored_block(sealed)
    receipt = replace(sealed.receipts[1], anchors=(make_anchor(block, 7, 1),))

    def known(seconds: int | None) -> Trust:
        time = None if seconds is None else BLOCK_TIME + seconds
        return trust_in(block).with_block(1, TrustedBlock(77, NAMED, time), GENESIS)

    yield one("interval", "not before a block that the verifier knows", receipt, known(-5000))
    yield one("not-before-unconfirmed", "a block whose time it does not know", receipt, known(None))
    yield one("not-before-same", "the same second on one chain", receipt, known(0))
    yield one("time-contradiction", "a second too late", receipt, known(1))
    stamped = replace(receipt, anchors=(token(sealed.note),))
    for seconds, name in ((936, "clocks-agree"), (937, "clocks-contradict")):
        trust = replace(known(seconds), authorities=(TRUSTED,))
        yield one(name, "a lower bound of another source, 900 and 31 seconds uncertain", stamped, trust)
    backdated = make_block([make_receipt([head_event(NOTE.checkpoint.size, NOTE.checkpoint.root)])], timestamp=10**9)
    both = replace(PLAIN, anchors=(make_anchor(backdated, 0, chain_id=31337), EVM))
    trust = Trust((*trust_in(backdated, chain_id=31337, dev=True).chains, *KNOWN.chains))
    yield one("dev-chain-does-not-date", "a development chain's earlier block beside a real one", both, trust)
    continued = seal(fields={"continues": "ab" * 32})
    newer = replace(continued.receipts[1], anchors=(token(continued.note),))
    yield one("continues", "a claim that names the one before it", newer, STAMPS)


def _later() -> Iterator[Vector]:
    newer = later(SEALED, RECEIPT)
    assert newer.later is not None
    yield one("later", "a newer head of the same log", newer)
    anchors: tuple[Anchor, ...] = (token(newer.later.note, at=BLOCK_TIME + 600),)
    trust = Trust(KNOWN.chains, (TRUSTED,))
    yield one(
        "later-anchored", "a newer head with an anchor of its own", later(SEALED, RECEIPT, anchors=anchors), trust
    )
    pending = later(SEALED, RECEIPT, anchors=(pending_anchor(newer.later.note),))
    yield one("later-pending", "one whose anchor is promised", pending)
    yield one("later-bad-anchor", "one whose anchor does not hold", later(SEALED, RECEIPT, anchors=(EVM,)))
    other = fixed.key("ed25519", "another log")
    yield one("later-other-key", "one that another key signed", later(SEALED, RECEIPT, key=other))  # type: ignore[arg-type]  # Ed25519
    rewritten = seal(entries_before=4)
    forked = later(rewritten, rewritten.receipts[1]).later
    yield one("log-rewritten", "one that does not continue the older head", replace(RECEIPT, later=forked))
    fewer = seal(ended=ENDED[:2])
    shrunk = later(replace(fewer, entries=SEALED.entries, tree=SEALED.tree, custody=SEALED.custody), RECEIPT).later
    yield one("case-shrank", "one with fewer ended claims", replace(RECEIPT, later=shrunk))


def _standing() -> Iterator[Vector]:
    for action in (Action.SUPERSEDED, Action.REVOKED, Action.ERASED):
        yield one(action.value, f"{action.value} as of a newer head", later(SEALED, RECEIPT, action=action))
    hiding = later(SEALED, RECEIPT, action=Action.REVOKED)
    assert hiding.later is not None
    hidden = replace(hiding, later=replace(hiding.later, standing=()))
    yield one("standing-left-out", "a revoked claim whose standing was taken away", hidden)
    yield one("standing-missing", "the own head's standing was taken away", replace(RECEIPT, standing=()))
    claim = PLAIN.opening.commitment()
    gone = seal(ended=(*ENDED, Ended(claim, State.REVOKED, 0)))
    dead = replace(gone.receipts[1], anchors=(token(gone.note),))
    yield one("revoked-at-once", "revoked as of its own head", dead, STAMPS)
    fresh = seal(ended=())
    none = replace(fresh.receipts[1], anchors=(token(fresh.note),))
    yield one("nothing-ended", "a case where nothing ended", none, STAMPS)


def _bundles() -> Iterator[Vector]:
    def many(name: str, about: str, receipts: Iterable[Receipt], documents: Sequence[bytes | None]) -> Vector:
        return Vector(name, about, bundle.dumps(receipts), tuple(documents), KNOWN)

    batch = [replace(receipt, anchors=(EVM,)) for receipt in SEALED.receipts]
    yield many("bundle", "a receipts file of three", batch, DOCUMENTS)
    yield many("bundle-one-altered", "one document altered, one not there", batch, (b"one", b"twO", None))
    ended = [
        later(SEALED, batch[0], action=Action.SUPERSEDED),
        later(SEALED, batch[1], action=Action.REVOKED),
        batch[2],
    ]
    yield many("bundle-standings", "superseded, revoked, current", ended, DOCUMENTS)
    broken = json.loads(bundle.dumps(batch))
    broken["receipts"][0]["checkpoint"] = 1
    yield Vector("bundle-broken", "names a checkpoint that it does not list", json.dumps(broken).encode(), (b"one",))

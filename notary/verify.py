"""Verify a receipt, offline: nine numbered checks, in this order. Nothing here opens a file, a socket or a clock.

    1  The receipt parses: format, version, bounds.
    2  The document has the size and every digest that the claim shows.
    3  The shown fields are a claim, and lead with their salts to a commitment.
    4  The commitment is an entry of the log, under the checkpoint's root.
    5  The checkpoint is signed by the key in the receipt. This says only that: this key signed.
    6  The case head is the last entry under the same root, and has this case in its map.
    7  Each EVM anchor: header, trie path, receipt and event fit each other and the checkpoint (notary/evm_proof.py).
    8  At least one anchor's block is known from the verifier's own side, and no other block of that number
       (notary/trust.py). Nothing in a receipt can pass this check: whoever makes a receipt can make a chain as well.
    9  The time: an interval, bounded above by the earliest block that passed 8, below by a block that the claim names.

FAILED if any check failed. PASSED if 1 to 8 passed. INDETERMINATE otherwise, with the first reason.

What happened to the claim later (superseded, revoked) shows only as far as the case head goes: it counts the claims
of the case up to this checkpoint and names its last custody entry. Of anything after it the verdict says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from notary import checkpoint, merkle
from notary.claim import DIGEST_SIZES, Value
from notary.commitment import claim_entry
from notary.errors import (
    ClaimInvalid,
    EvmProofInvalid,
    JsonInvalid,
    ProofInvalid,
    ReceiptInvalid,
    ReceiptVersionUnknown,
    SignatureInvalid,
    TrustInvalid,
)
from notary.evm_proof import EvmAnchor, Header, verify_anchor
from notary.receipt import CaseHeadProof, Inclusion, PendingAnchor, Receipt, UnknownAnchor
from notary.trust import Judgement, Trust, parse_block
from notary.verdict import AnchorResult, Check, Interval, Note, Reason, Status, Verdict, utc

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
MEMO_SIZE = 1024  # results kept per kind; receipts of one batch share two of them
LAST_CHECK = 9

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DocumentDigests:
    """A document as the verifier read it.

    size     bytes
    digests  by the names of claim.DIGEST_SIZES; sha256 is always there
    """

    size: int
    digests: Mapping[str, bytes]


def needed_digests(receipt: Receipt) -> tuple[str, ...]:
    """Which digests of the document its receipt asks for, sha256 always among them."""
    return tuple(name for name in DIGEST_SIZES if name == "sha256" or name in receipt.shown())


def verify(receipt: Receipt, document: DocumentDigests | None = None, trust: Trust | None = None) -> Verdict:
    """The verdict on one receipt.

    document  what the verifier read, or None: check 2 is then INDETERMINATE
    trust     what the verifier knows from its own side; nothing by default

    Raises nothing: whatever is wrong is in the verdict.
    """
    return Verifier(trust).verify(receipt, document)


def verify_bytes(data: bytes, document: DocumentDigests | None = None, trust: Trust | None = None) -> Verdict:
    """As `verify`, for a receipt file as it came; one that does not parse fails check 1."""
    return Verifier(trust).verify_bytes(data, document)


class Verifier:
    """Verifies many receipts against one trust, doing what several of them share only once.

    Checks 5, 6 and 7 of receipts of one batch are the same. Their results are kept under the very bytes that they are
    about, so a receipt that differs in a single bit is checked anew. Results are few and bounded.
    """

    def __init__(self, trust: Trust | None = None) -> None:
        self._trust = trust or Trust()
        self._signed: dict[Hashable, Check] = {}
        self._heads: dict[Hashable, Check] = {}
        self._proofs: dict[Hashable, tuple[Check, Header | None]] = {}
        self._judged: dict[Hashable, Judgement] = {}

    def verify_bytes(self, data: bytes, document: DocumentDigests | None = None) -> Verdict:
        """The verdict on a receipt file as it came."""
        try:
            receipt = Receipt.from_bytes(data)
        except ReceiptInvalid as exc:
            unknown = isinstance(exc, ReceiptVersionUnknown)
            status = INDETERMINATE if unknown else FAILED
            reason = Reason.RECEIPT_VERSION_UNKNOWN if unknown else Reason.RECEIPT_INVALID
            rest = tuple(
                Check(number, INDETERMINATE, "nothing to look at", Reason.NOT_REACHED)
                for number in range(2, LAST_CHECK + 1)
            )
            return Verdict(status, reason, (Check(1, status, str(exc), reason), *rest), Interval(None, None, 0), {})
        return self.verify(receipt, document)

    def verify(self, receipt: Receipt, document: DocumentDigests | None = None) -> Verdict:
        """The verdict on one receipt; see `verify` of the module."""
        shown, state = receipt.shown(), receipt.note.checkpoint

        # 1. The receipt parses: it would not be a Receipt otherwise.
        parsed = Check(1, PASSED, f"a receipt of version 1 with {len(receipt.opening.entries)} fields of the claim")
        # 2. The document.
        same = _document(shown, document)
        # 3. The commitment.
        claimed, commitment = _commitment(receipt)
        # 4. The entry.
        entered = _entry(receipt, commitment)
        # 5. The checkpoint.
        signed = _memo(self._signed, (receipt.note, receipt.log), lambda: _signature(receipt))
        # 6. The case head: its own proof, then whether it is this claim's.
        heads_key = (receipt.case_head, state)
        headed = _memo(self._heads, heads_key, lambda: _case_head(receipt.case_head, state.size, state.root))
        headed = _case_of(receipt, shown, headed)
        # 7. The anchors, 8. their blocks.
        anchors = tuple(self._anchor(receipt, anchor) for anchor in receipt.anchors if isinstance(anchor, EvmAnchor))
        anchored = _anchors(receipt, anchors)
        known = _known(anchors)

        # 9. The time.
        before = (parsed, same, claimed, entered, signed, headed, anchored, known)
        timed, interval = self._time(before, shown, anchors)

        checks = (*before, timed)
        status, reason = _overall(checks)
        return Verdict(status, reason, checks, interval, shown, anchors, self._notes(receipt, shown, anchors))

    def _anchor(self, receipt: Receipt, anchor: EvmAnchor) -> AnchorResult:
        state = receipt.note.checkpoint
        key = (anchor, receipt.log.id, state.size, state.root)
        proof, header = _memo(self._proofs, key, lambda: _anchor_proof(anchor, receipt.log.id, state.size, state.root))
        judged = Judgement(INDETERMINATE, "its proof does not hold", Reason.ANCHOR_INVALID)
        if header is not None:
            block = (anchor.chain_id, anchor.genesis, anchor.contract, anchor.block_number, anchor.block_hash)
            judged = _memo(self._judged, block, lambda: self._trust.judge(*block))
        return AnchorResult(
            chain_id=anchor.chain_id,
            genesis=anchor.genesis,
            block_number=anchor.block_number,
            block_hash=anchor.block_hash,
            contract=anchor.contract,
            timestamp=header.timestamp if header else None,
            proof=proof,
            trust=Check(8, judged.status, judged.detail, judged.reason),
            pinned=judged.pinned,
            uncertainty_seconds=judged.uncertainty,
        )

    def _time(
        self, checks: Sequence[Check], shown: Mapping[str, Value], anchors: Sequence[AnchorResult]
    ) -> tuple[Check, Interval]:
        nothing = Interval(None, None, 0)
        if any(check.status is FAILED for check in checks):
            return Check(9, INDETERMINATE, "no time follows from it", Reason.NOT_REACHED), nothing
        # Only anchors as good as the one that passed check 8: a dev chain's block must not date a real one's earlier.
        known = checks[-1]
        confirmed = [
            (anchor.timestamp, anchor.uncertainty_seconds)
            for anchor in anchors
            if anchor.timestamp is not None and (anchor.trust.status, anchor.trust.reason) == (PASSED, known.reason)
        ]
        if not confirmed:
            return Check(9, INDETERMINATE, "no block is known that anchors it", Reason.TIME_UNKNOWN), nothing
        not_after, uncertainty = min(confirmed)
        not_before = self._not_before(shown)
        interval = Interval(not_before, not_after, uncertainty)
        if not_before is not None and not_before > not_after:
            detail = f"not before {utc(not_before)}, says the claim; anchored at {utc(not_after)}"
            return Check(9, FAILED, detail, Reason.TIME_CONTRADICTION), interval
        begin = "at an unknown time" if not_before is None else f"after {utc(not_before)}"
        detail = f"made {begin} and before {utc(not_after)}, give or take {uncertainty} seconds"
        return Check(9, PASSED, detail), interval

    def _not_before(self, shown: Mapping[str, Value]) -> int | None:
        """The time of the block that the claim names, where the verifier's own sources know it."""
        named = shown.get("not_before_block")
        try:
            return None if named is None else self._trust.time_of(*parse_block(str(named)))
        except TrustInvalid:  # check 3 has failed on it already
            return None

    def _notes(self, receipt: Receipt, shown: Mapping[str, Value], anchors: Sequence[AnchorResult]) -> tuple[Note, ...]:
        notes = []
        for anchor in anchors:
            if anchor.trust.status is PASSED and not anchor.pinned:
                text = (
                    f"you name no contract that you trust on chain {anchor.chain_id}; this is 0x{anchor.contract.hex()}"
                )
                notes.append(Note(Reason.CONTRACT_UNPINNED, text))
        unknown = sum(isinstance(anchor, UnknownAnchor) for anchor in receipt.anchors)
        if unknown:
            text = f"{unknown} anchors of kinds that this program does not know count for nothing"
            notes.append(Note(Reason.ANCHOR_UNKNOWN, text))
        if "not_before_block" in shown and self._not_before(shown) is None:
            text = (
                f"the claim says that it is younger than block {shown['not_before_block']}, whose time you do not know"
            )
            notes.append(Note(Reason.NOT_BEFORE_UNCONFIRMED, text))
        if "continues" in shown:
            notes.append(Note(None, f"this claim supersedes the log entry with leaf hash {shown['continues']}"))
        last = receipt.note.checkpoint.size - 1
        notes.append(Note(None, f"what was sealed, superseded or revoked after entry {last} of the log does not show"))
        return tuple(notes)


def _memo(memo: dict[Hashable, T], key: Hashable, compute: Callable[[], T]) -> T:
    try:
        return memo[key]
    except KeyError:
        if len(memo) >= MEMO_SIZE:
            memo.clear()
        result = memo[key] = compute()
        return result


def _document(shown: Mapping[str, Value], document: DocumentDigests | None) -> Check:
    if document is None:
        return Check(2, INDETERMINATE, "no document was given", Reason.NO_DOCUMENT)
    size = shown.get("size")
    if size is not None and size != document.size:
        return Check(2, FAILED, f"the document has {document.size} bytes, {size} were sealed", Reason.SIZE_DIFFERS)
    compared, missing = [], []
    for name in DIGEST_SIZES:
        if name not in shown:
            continue
        digest = document.digests.get(name)
        if digest is None:
            missing.append(name)
        elif digest.hex() != shown[name]:
            detail = f"its {name} is {digest.hex()}, {shown[name]} was sealed"
            return Check(2, FAILED, detail, Reason.DIGEST_DIFFERS)
        else:
            compared.append(name)
    if "sha256" not in shown:
        return Check(2, INDETERMINATE, "the receipt hides the document's sha256", Reason.FIELD_HIDDEN)
    if missing:
        return Check(2, INDETERMINATE, f"not computed: {', '.join(missing)}", Reason.DIGEST_NOT_COMPUTED)
    return Check(2, PASSED, f"its {document.size} bytes have the sealed {', '.join(compared)}")


def _commitment(receipt: Receipt) -> tuple[Check, bytes | None]:
    try:
        receipt.opening.check()
        commitment = receipt.opening.commitment()
    except (ClaimInvalid, JsonInvalid) as exc:
        return Check(3, FAILED, str(exc), Reason.CLAIM_INVALID), None
    hidden = receipt.opening.hidden_count()
    detail = f"{len(receipt.opening.entries) - hidden} shown and {hidden} hidden fields lead to {commitment.hex()}"
    return Check(3, PASSED, detail), commitment


def _entry(receipt: Receipt, commitment: bytes | None) -> Check:
    state, entry = receipt.note.checkpoint, receipt.entry
    if commitment is None:
        return Check(4, INDETERMINATE, "there is no commitment to look for", Reason.NOT_REACHED)
    if entry.size != state.size:
        detail = f"the proof is for {entry.size} entries, the checkpoint for {state.size}"
        return Check(4, FAILED, detail, Reason.ENTRY_SIZE_DIFFERS)
    try:
        _verify_inclusion(claim_entry(commitment), entry, state.root)
    except ProofInvalid as exc:
        return Check(4, FAILED, str(exc), Reason.ENTRY_NOT_IN_LOG)
    return Check(4, PASSED, f"it is entry {entry.index} of {state.size}")


def _signature(receipt: Receipt) -> Check:
    log, state = receipt.log, receipt.note.checkpoint
    if state.origin != log.origin:
        detail = f"the checkpoint is of {state.origin}, the receipt of {log.origin}"
        return Check(5, FAILED, detail, Reason.ORIGIN_DIFFERS)
    try:
        checkpoint.verify(receipt.note, log.key)
    except SignatureInvalid as exc:
        return Check(5, FAILED, str(exc), Reason.SIGNATURE_INVALID)
    return Check(5, PASSED, f"the key {log.key.hex()} signed {state.size} entries as {log.origin}")


def _case_head(proof: CaseHeadProof, size: int, root: bytes) -> Check:
    """Check 6, first half: the case head is in the log."""
    if proof.entry.size != size:
        detail = f"the case head's proof is for {proof.entry.size} entries, the checkpoint for {size}"
        return Check(6, FAILED, detail, Reason.CASE_HEAD_NOT_IN_LOG)
    try:
        _verify_inclusion(proof.leaf.to_bytes(), proof.entry, root)
    except ProofInvalid as exc:
        return Check(6, FAILED, str(exc), Reason.CASE_HEAD_NOT_IN_LOG)
    if proof.place.size != proof.leaf.cases:
        detail = f"the map's proof is for {proof.place.size} cases, the log says {proof.leaf.cases}"
        return Check(6, FAILED, detail, Reason.CASE_NOT_IN_MAP)
    try:
        _verify_inclusion(proof.head.to_bytes(), proof.place, proof.leaf.map_root)
    except ProofInvalid as exc:
        return Check(6, FAILED, str(exc), Reason.CASE_NOT_IN_MAP)
    if proof.entry.index != size - 1:
        detail = f"the case head is entry {proof.entry.index}, {size - 1 - proof.entry.index} more come after it"
        return Check(6, INDETERMINATE, detail, Reason.CASE_HEAD_STALE)
    return Check(6, PASSED, f"up to entry {size - 1}, the case has {proof.head.count} sealed claims")


def _case_of(receipt: Receipt, shown: Mapping[str, Value], proof: Check) -> Check:
    """Check 6, second half: the head is that of the claim's own case."""
    named, head = shown.get("case_blinded"), receipt.case_head.head.case.hex()
    if proof.status is FAILED:
        return proof
    if named is None:
        return Check(6, INDETERMINATE, f"whether the case is {head} is not shown", Reason.CASE_HIDDEN)
    if named != head:
        return Check(6, FAILED, f"the claim is of case {named}, the head of case {head}", Reason.CASE_DIFFERS)
    return proof


def _anchor_proof(anchor: EvmAnchor, log_id: bytes | None, size: int, root: bytes) -> tuple[Check, Header | None]:
    try:
        header = verify_anchor(anchor, log_id, size, root)
    except EvmProofInvalid as exc:
        return Check(7, FAILED, str(exc), Reason(exc.reason)), None
    detail = (
        f"if block {anchor.block_number} of chain {anchor.chain_id} has hash 0x{anchor.block_hash.hex()}, contract "
        f"0x{anchor.contract.hex()} recorded these {size} entries in it at {utc(header.timestamp)}"
    )
    return Check(7, PASSED, detail), header


def _anchors(receipt: Receipt, results: Sequence[AnchorResult]) -> Check:
    """Check 7 of the whole receipt: one anchor that does not hold is a sign of tampering, whatever others say."""
    for result in results:
        if result.proof.status is FAILED:
            return result.proof
    if results:
        more = f" ({len(results)} anchors)" if len(results) > 1 else ""
        return Check(7, PASSED, results[0].proof.detail + more)
    if any(isinstance(anchor, PendingAnchor) for anchor in receipt.anchors):
        return Check(7, INDETERMINATE, "the log's state is still on its way to a chain", Reason.ANCHOR_PENDING)
    if receipt.anchors:
        return Check(7, INDETERMINATE, f"{len(receipt.anchors)} anchors of unknown kinds", Reason.ANCHOR_UNKNOWN)
    return Check(7, INDETERMINATE, "there is no anchor", Reason.NO_ANCHOR)


def _known(results: Sequence[AnchorResult]) -> Check:
    """Check 8 of the whole receipt: FAILED before PASSED, and a plain pass before one on a dev chain."""
    if not results:
        return Check(8, INDETERMINATE, "there is no block to know", Reason.NO_ANCHOR)
    order = (FAILED, PASSED, INDETERMINATE)
    return min((result.trust for result in results), key=lambda c: (order.index(c.status), c.reason is not None))


def _overall(checks: Sequence[Check]) -> tuple[Status, Reason | None]:
    """The first FAILED, else the first INDETERMINATE. Where 8 passed, the time is known: it can only contradict."""
    for status in (FAILED, INDETERMINATE):
        for check in checks:
            if check.status is status:
                return status, check.reason
    return PASSED, next((check.reason for check in checks if check.reason), None)


def _verify_inclusion(entry: bytes, proof: Inclusion, root: bytes) -> None:
    merkle.verify_inclusion(merkle.leaf_hash(entry), proof.index, proof.size, proof.path, root)

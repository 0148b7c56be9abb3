"""Verify a receipt, offline: twelve numbered checks, in this order. Nothing here opens a file, a socket or a clock.

    1  The receipt parses: format, version, bounds.
    2  The document has the size and every digest that the claim shows.
    3  The shown fields are a claim, and lead with their salts to a commitment.
    4  The commitment is an entry of the log, under the checkpoint's root.
    5  The checkpoint is signed by the key in the receipt. This says only that: this key signed.
    6  The case head is the last entry under the same root, and has this case in its map.
    7  Every anchor's own proof holds: of an EVM chain, of a time-stamp authority, of Bitcoin
       (notary/verdicts/verify_anchors.py). One that is only promised proves nothing; one that is wrong fails it all.
    8  At least one anchor's outside fact is known from the verifier's own side, and none is contradicted there
       (notary/verdicts/trust.py). Nothing in a receipt can pass this check: whoever makes a receipt can make a chain as
       well.
    9  The time: an interval, bounded above by the confirmed anchor whose time plus uncertainty is earliest, below by a
       block that the claim names. No confirmed anchor may be older than that block.
    10 One log: the newer head, where one is carried, is of the same log and continues this one.
    11 Standing: the claim is not superseded, revoked or erased as of the newest head that is carried.
    12 Custody: who signed the entry that sealed the claim.

FAILED if any check failed. Else INDETERMINATE, with the first reason, if one of 1 to 9 is, or if 10 to 12 is with a
reason that is not among NEUTRAL: what is not carried, or who signed where nobody vouches for them, takes nothing from
the rest. Else PASSED; dev-chain and superseded qualify it.

Of anything after the newest head that is carried the verdict says nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from notary.errors import (
    ClaimInvalid,
    JsonInvalid,
    ProofInvalid,
    ReceiptInvalid,
    ReceiptVersionUnknown,
    TrustInvalid,
)
from notary.proofs.receipt import PendingAnchor, Receipt, SignedBatch, UnknownAnchor
from notary.sealing.claim import DIGEST_SIZES, Value
from notary.sealing.commitment import claim_entry
from notary.verdicts import verify_case
from notary.verdicts.reasons import refused, said
from notary.verdicts.trust import KnownTime, Trust, parse_block
from notary.verdicts.verdict import (
    AnchorResult,
    Check,
    Interval,
    Note,
    Reason,
    SignerResult,
    Status,
    Text,
    Verdict,
    utc,
)
from notary.verdicts.verify_anchors import AnchorJudge, Stamped, memo
from notary.verdicts.verify_case import AskWallet, verify_inclusion

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
LAST_CHECK = 12
FIRST_OPEN = 10  # the first of the checks that a receipt need not carry

NEUTRAL = frozenset(
    {
        Reason.NOT_CARRIED,
        Reason.CUSTODY_UNSIGNED,
        Reason.ERC1271_OFFLINE,
        Reason.WALLET_REFUSED,
        Reason.SIGNATURE_UNKNOWN,
        Reason.SIGNATURE_UNSUPPORTED,
        Reason.SIGNER_UNTRUSTED,
        Reason.SIGNER_EXPIRED,
    }
)
"""Reasons that leave checks 10 to 12 open and the whole as it is: nobody gains by leaving the part out."""


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

    ask_wallet  tells whether a contract wallet signed, where the verifier has a node to ask (verify_case.AskWallet)

    Checks 5 to 8, 10 and 12 of receipts of one batch are the same, or nearly. Their results are kept under the very
    bytes that they are about, so a receipt that differs in a single bit is checked anew. Results are bounded.
    """

    def __init__(self, trust: Trust | None = None, ask_wallet: AskWallet | None = None) -> None:
        self._trust = trust or Trust()
        self._ask_wallet = ask_wallet
        self._anchors = AnchorJudge(self._trust)
        self._signed: dict[Hashable, Check] = {}
        self._heads: dict[Hashable, Check] = {}
        self._joined: dict[Hashable, Check] = {}
        self._batches: dict[Hashable, Check | None] = {}
        self._signers: dict[Hashable, tuple[SignerResult, ...]] = {}

    def verify_bytes(self, data: bytes, document: DocumentDigests | None = None) -> Verdict:
        """The verdict on a receipt file as it came."""
        try:
            receipt = Receipt.from_bytes(data)
        except ReceiptInvalid as exc:
            unknown = isinstance(exc, ReceiptVersionUnknown)
            status = INDETERMINATE if unknown else FAILED
            reason = Reason.RECEIPT_VERSION_UNKNOWN if unknown else Reason.RECEIPT_INVALID
            rest = tuple(
                Check(number, INDETERMINATE, said(Text.NOTHING_TO_LOOK_AT), Reason.NOT_REACHED)
                for number in range(2, LAST_CHECK + 1)
            )
            first = Check(1, status, refused(exc, reason), reason)
            return Verdict(status, reason, (first, *rest), Interval(None, None, 0), {})
        return self.verify(receipt, document)

    def verify(self, receipt: Receipt, document: DocumentDigests | None = None) -> Verdict:
        """The verdict on one receipt; see `verify` of the module."""
        shown, state = receipt.shown(), receipt.note.checkpoint

        # 1. The receipt parses: it would not be a Receipt otherwise.
        parsed = Check(1, PASSED, said(Text.WELL_FORMED, count=len(receipt.opening.entries)))
        # 2. The document.
        same = _document(shown, document)
        # 3. The commitment.
        claimed, commitment = _commitment(receipt)
        # 4. The entry.
        entered = _entry(receipt, commitment)
        # 5. The checkpoint.
        key = (receipt.note, receipt.log)
        signed = memo(self._signed, key, lambda: verify_case.signature(5, receipt.log, receipt.note))
        # 6. The case head: its own proof, then whether it is this claim's.
        head = receipt.case_head
        headed = memo(self._heads, (head, state), lambda: verify_case.case_head(6, head, state.size, state.root))
        headed = verify_case.case_of(receipt, shown, headed)
        # 7. The anchors' own proofs, 8. what the verifier knows of them.
        anchors = self._anchors.results(receipt.anchors, Stamped(receipt.log.id, receipt.note))
        anchored, known = _anchors(receipt, anchors), _known(anchors)
        # 9. The time.
        before = (parsed, same, claimed, entered, signed, headed, anchored, known)
        bound = self._bound(shown, known.reason)
        timed, interval = _time(before, anchors, bound)

        # 11 and 12 are about a claim that is in the log.
        proven = commitment if entered.status is PASSED else None
        # 10. One log.
        later_anchors, joined = self._one_log(receipt)
        # 11. The standing.
        dates = interval.not_after, _earliest(later_anchors, known.reason) if joined.status is PASSED else None
        stands, standing = verify_case.standing(receipt, proven, headed, joined, dates)
        # 12. The custody.
        custody, signers = self._custody(receipt, proven, headed, interval.not_after)

        checks = (*before, timed, joined, stands, custody)
        status, reason = _overall(checks)
        newest = standing.log_size if standing is not None else state.size
        notes = _notes(receipt, shown, (anchors, later_anchors), bound, newest)
        return Verdict(status, reason, checks, interval, shown, anchors, notes, standing, signers, later_anchors)

    def _one_log(self, receipt: Receipt) -> tuple[tuple[AnchorResult, ...], Check]:
        log, later = receipt.log, receipt.later
        if later is None:
            return (), verify_case.one_log(log, receipt.note, receipt.case_head.head, None, ())
        anchors = self._anchors.results(later.anchors, Stamped(log.id, later.note))
        key = (log, receipt.note, receipt.case_head.head, later.note, later.path, later.case_head, later.anchors)
        check = memo(
            self._joined,
            key,
            lambda: verify_case.one_log(log, receipt.note, receipt.case_head.head, later, anchors),
        )
        return anchors, check

    def _custody(
        self, receipt: Receipt, commitment: bytes | None, headed: Check, at: int | None
    ) -> tuple[Check, tuple[SignerResult, ...]]:
        """Check 12, and who signed; `at` is when, at the latest, the head was anchored."""
        proof, state = receipt.custody, receipt.note.checkpoint
        if proof is None:
            return Check(12, INDETERMINATE, said(Text.CUSTODY_MISSING), Reason.NOT_CARRIED), ()
        if commitment is None or headed.status is FAILED:
            return Check(12, INDETERMINATE, said(Text.CLAIM_UNPROVEN), Reason.NOT_REACHED), ()
        batch: SignedBatch = proof.batch
        fault = verify_case.custody_entry(receipt, proof, commitment, receipt.shown())
        fault = fault or memo(self._batches, (batch, state), lambda: verify_case.batch(batch, state.size, state.root))
        if fault is not None:
            return fault, ()
        signers = memo(
            self._signers, (batch, at), lambda: verify_case.signers(batch, self._trust, at, self._ask_wallet)
        )
        return verify_case.signed_by(signers), signers

    def _bound(self, shown: Mapping[str, Value], reason: Reason | None) -> tuple[int, KnownTime] | None:
        """Chain and time of the block that the claim names, where the verifier's own sources know it.

        reason  of check 8: a dev chain's clock, which anybody sets, bounds nothing that a real source confirms
        """
        named = shown.get("not_before_block")
        try:
            if named is None:
                return None
            chain_id, number, block_hash = parse_block(str(named))
            known = self._trust.time_of(chain_id, number, block_hash)
        except TrustInvalid:  # the field is not of that form, so check 3 has failed on it
            return None
        return None if known is None or (known.dev and reason is not Reason.DEV_CHAIN) else (chain_id, known)


def _time(
    checks: Sequence[Check], anchors: Sequence[AnchorResult], bound: tuple[int, KnownTime] | None
) -> tuple[Check, Interval]:
    """Check 9. Blocks of one chain follow each other; the clocks of two sources agree only as far as both are certain.

    A lower bound after any one of the confirmed anchors contradicts it, however well the others bound the time: one
    more anchor must not make good what another one refutes.
    """
    if any(check.status is FAILED for check in checks):
        return Check(9, INDETERMINATE, said(Text.TIME_DOES_NOT_FOLLOW), Reason.NOT_REACHED), Interval(None, None, 0)
    sources = _confirmed(anchors, checks[-1].reason)
    if not sources:
        return Check(9, INDETERMINATE, said(Text.TIME_UNKNOWN), Reason.TIME_UNKNOWN), Interval(None, None, 0)
    best = sources[0]
    if bound is None:
        interval = Interval(None, best.timestamp, best.uncertainty_seconds, sources)
        return Check(9, PASSED, interval.said), interval
    chain_id, begin = bound
    interval = Interval(begin.timestamp, best.timestamp, best.uncertainty_seconds, sources, begin.uncertainty)
    for source in sources:
        assert source.timestamp is not None
        slack = 0 if source.facts.get("chain_id") == chain_id else source.uncertainty_seconds + begin.uncertainty
        if begin.timestamp > source.timestamp + slack:
            detail = said(Text.TIME_CONTRADICTED, begin=utc(begin.timestamp), end=utc(source.timestamp))
            return Check(9, FAILED, detail, Reason.TIME_CONTRADICTION), interval
    return Check(9, PASSED, interval.said), interval


def _notes(
    receipt: Receipt,
    shown: Mapping[str, Value],
    results: tuple[Sequence[AnchorResult], Sequence[AnchorResult]],
    bound: tuple[int, KnownTime] | None,
    newest: int,
) -> tuple[Note, ...]:
    """What to know beside the checks.

    results  of the anchors of the receipt's own head, and of the newer one's
    newest   entries of the log under the head that the claim's standing was read at
    """
    anchors, later_anchors = results
    notes = []
    for anchor in anchors:
        if anchor.kind == "evm" and anchor.trust.status is PASSED and not anchor.pinned:
            values = {"chain_id": str(anchor.facts["chain_id"]), "contract": str(anchor.facts["contract"])}
            notes.append(Note(Reason.CONTRACT_UNPINNED, Text.CONTRACT_UNPINNED, values))
        if anchor.qualified and anchor.trust.status is PASSED:
            notes.append(Note(None, Text.QUALIFIED, {"name": str(anchor.facts["authority"])}))
    every = (*receipt.anchors, *(receipt.later.anchors if receipt.later else ()))
    unknown = sum(isinstance(anchor, UnknownAnchor) for anchor in every)
    if unknown:
        notes.append(Note(Reason.ANCHOR_UNKNOWN, Text.ANCHOR_UNKNOWN, {"count": unknown}))
    pending = sum(isinstance(anchor, PendingAnchor) for anchor in every)
    pending += sum(anchor.proof.reason is Reason.OTS_PENDING for anchor in (*anchors, *later_anchors))
    if pending:
        notes.append(Note(Reason.ANCHOR_PENDING, Text.ANCHOR_PENDING, {"count": pending}))
    if "not_before_block" in shown and bound is None:
        values = {"block": str(shown["not_before_block"])}
        notes.append(Note(Reason.NOT_BEFORE_UNCONFIRMED, Text.NOT_BEFORE_UNCONFIRMED, values))
    if "continues" in shown:
        notes.append(Note(None, Text.CONTINUES, {"leaf": str(shown["continues"])}))
    notes.append(Note(None, Text.LATER_UNKNOWN, {"entry": newest - 1}))
    return tuple(notes)


def _document(shown: Mapping[str, Value], document: DocumentDigests | None) -> Check:
    if document is None:
        return Check(2, INDETERMINATE, said(Text.DOCUMENT_MISSING), Reason.NO_DOCUMENT)
    size = shown.get("size")
    if size is not None and size != document.size:
        return Check(2, FAILED, said(Text.DOCUMENT_SIZE, size=document.size, sealed=size), Reason.SIZE_DIFFERS)
    compared, missing = [], []
    for name in DIGEST_SIZES:
        if name not in shown:
            continue
        digest = document.digests.get(name)
        if digest is None:
            missing.append(name)
        elif digest.hex() != shown[name]:
            detail = said(Text.DOCUMENT_DIGEST, name=name, digest=digest.hex(), sealed=shown[name])
            return Check(2, FAILED, detail, Reason.DIGEST_DIFFERS)
        else:
            compared.append(name)
    if "sha256" not in shown:
        return Check(2, INDETERMINATE, said(Text.DOCUMENT_HIDDEN), Reason.FIELD_HIDDEN)
    if missing:
        return Check(
            2, INDETERMINATE, said(Text.DOCUMENT_NOT_COMPUTED, names=tuple(missing)), Reason.DIGEST_NOT_COMPUTED
        )
    return Check(2, PASSED, said(Text.DOCUMENT_SAME, size=document.size, names=tuple(compared)))


def _commitment(receipt: Receipt) -> tuple[Check, bytes | None]:
    try:
        receipt.opening.check()
        commitment = receipt.opening.commitment()
    except (ClaimInvalid, JsonInvalid) as exc:
        return Check(3, FAILED, refused(exc, Reason.CLAIM_INVALID), Reason.CLAIM_INVALID), None
    hidden = receipt.opening.hidden_count()
    count = len(receipt.opening.entries) - hidden
    detail = said(Text.COMMITTED, shown=count, hidden=hidden, commitment=commitment.hex())
    return Check(3, PASSED, detail), commitment


def _entry(receipt: Receipt, commitment: bytes | None) -> Check:
    state, entry = receipt.note.checkpoint, receipt.entry
    if commitment is None:
        return Check(4, INDETERMINATE, said(Text.COMMITMENT_MISSING), Reason.NOT_REACHED)
    if entry.size != state.size:
        detail = said(Text.PROOF_SIZE, proof=entry.size, size=state.size)
        return Check(4, FAILED, detail, Reason.ENTRY_SIZE_DIFFERS)
    try:
        verify_inclusion(claim_entry(commitment), entry, state.root)
    except ProofInvalid as exc:
        return Check(4, FAILED, refused(exc, Reason.ENTRY_NOT_IN_LOG), Reason.ENTRY_NOT_IN_LOG)
    return Check(4, PASSED, said(Text.ENTERED, index=entry.index, size=state.size))


def _anchors(receipt: Receipt, results: Sequence[AnchorResult]) -> Check:
    """Check 7 of the whole receipt: one anchor that does not hold is a sign of tampering, whatever others say."""
    for result in results:
        if result.proof.status is FAILED:
            return result.proof
    good = [result.proof for result in results if result.proof.status is PASSED]
    if good:
        many = said(Text.ANCHOR_AND_MORE, first=good[0].said, count=len(good))
        return Check(7, PASSED, many if len(good) > 1 else good[0].said)
    if any(isinstance(anchor, PendingAnchor) for anchor in receipt.anchors):
        return Check(7, INDETERMINATE, said(Text.ANCHOR_ON_ITS_WAY), Reason.ANCHOR_PENDING)
    if results:
        return results[0].proof
    if receipt.anchors:
        return Check(7, INDETERMINATE, said(Text.ANCHORS_UNKNOWN, count=len(receipt.anchors)), Reason.ANCHOR_UNKNOWN)
    return Check(7, INDETERMINATE, said(Text.ANCHOR_MISSING), Reason.NO_ANCHOR)


def _known(results: Sequence[AnchorResult]) -> Check:
    """Check 8 of the whole receipt: FAILED before PASSED, and a plain pass before one on a dev chain."""
    if not results:
        return Check(8, INDETERMINATE, said(Text.ANCHOR_SOURCE_MISSING), Reason.NO_ANCHOR)
    order = (FAILED, PASSED, INDETERMINATE)
    return min((result.trust for result in results), key=lambda c: (order.index(c.status), c.reason is not None))


def _confirmed(results: Sequence[AnchorResult], reason: Reason | None) -> tuple[AnchorResult, ...]:
    """The anchors that date a head, the one that bounds it best first: the earliest time and uncertainty together.

    reason  of the one that passed check 8: only anchors as good as that one, for a dev chain's block must not date a
            real one's earlier
    """

    def bound(result: AnchorResult) -> tuple[int, int]:
        assert result.timestamp is not None
        return result.timestamp + result.uncertainty_seconds, result.timestamp

    good = (r for r in results if r.timestamp is not None and (r.trust.status, r.trust.reason) == (PASSED, reason))
    return tuple(sorted(good, key=bound))


def _earliest(results: Sequence[AnchorResult], own: Reason | None) -> int | None:
    """When a head was anchored at the latest, by the best of its anchors that are confirmed.

    own  the reason of check 8: a dev chain dates it only where the verdict says dev-chain already
    """
    found = _confirmed(results, None) or (_confirmed(results, own) if own is Reason.DEV_CHAIN else ())
    return found[0].timestamp if found else None


def _overall(checks: Sequence[Check]) -> tuple[Status, Reason | None]:
    """The first FAILED, else the first INDETERMINATE that counts, else PASSED with what qualifies it."""
    for check in checks:
        if check.status is FAILED:
            return FAILED, check.reason
    for check in checks:
        if check.status is INDETERMINATE and not (check.number >= FIRST_OPEN and check.reason in NEUTRAL):
            return INDETERMINATE, check.reason
    return PASSED, next((check.reason for check in checks if check.status is PASSED and check.reason), None)

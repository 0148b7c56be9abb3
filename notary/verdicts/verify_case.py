"""Checks 6 and 10 to 12: the case in the log, a newer head of the log, how the claim stands, who signed its custody.

Each function gives one check, from values that the receipt carries; none raises. Their numbered list stands in
notary/verdicts/verify.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from notary.custody.chain import Action
from notary.custody.signatures import (
    Erc1271Signature,
    Signature,
    Signer,
    Statement,
    UnknownSignature,
    X509Signature,
    batch_digest,
    judge_x509,
    verify_signature,
    wallet_signer,
)
from notary.errors import (
    ConsistencyInvalid,
    CustodySignatureInvalid,
    ProofInvalid,
    SignatureInvalid,
    SignerUnproven,
    StandingInvalid,
)
from notary.log import checkpoint, merkle
from notary.log.checkpoint import SignedCheckpoint
from notary.log.heads import CaseHead
from notary.log.standing import Ended, Placed, State, verify_standing
from notary.proofs.receipt import CaseHeadProof, CustodyProof, Inclusion, Later, LogRef, Receipt, SignedBatch
from notary.sealing.claim import Value
from notary.verdicts.reasons import Said, Text, refused, said
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import AnchorResult, Check, Reason, SignerResult, Standing, Status

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
AskWallet: TypeAlias = Callable[[Erc1271Signature, bytes], bool | None]
"""Whether a wallet's code says today that it signed the 32-byte EIP-712 digest; None where nobody can tell."""


def verify_inclusion(entry: bytes, proof: Inclusion, root: bytes) -> None:
    """Check that `entry` is in the tree.  Raises ProofInvalid."""
    merkle.verify_inclusion(merkle.leaf_hash(entry), proof.index, proof.size, proof.path, root)


# 5 and 10: a head's signature


def signature(number: int, log: LogRef, note: SignedCheckpoint) -> Check:
    """Whether the log's key signed this head."""
    state = note.checkpoint
    if state.origin != log.origin:
        detail = said(Text.CHECKPOINT_ORIGIN, checkpoint=state.origin, receipt=log.origin)
        return Check(number, FAILED, detail, Reason.ORIGIN_DIFFERS)
    try:
        checkpoint.verify(note, log.key)
    except SignatureInvalid as exc:
        return Check(number, FAILED, refused(exc, Reason.SIGNATURE_INVALID), Reason.SIGNATURE_INVALID)
    detail = said(Text.CHECKPOINT_SIGNED, key=log.key.hex(), size=state.size, origin=log.origin)
    return Check(number, PASSED, detail)


# 6 and 10: the case head of a head


def case_head(number: int, proof: CaseHeadProof, size: int, root: bytes) -> Check:
    """Whether the case head is in the log, and the last entry of it.

    size, root  of the log
    """
    if proof.entry.size != size:
        detail = said(Text.CASE_HEAD_SIZE, proof=proof.entry.size, size=size)
        return Check(number, FAILED, detail, Reason.CASE_HEAD_NOT_IN_LOG)
    try:
        verify_inclusion(proof.leaf.to_bytes(), proof.entry, root)
    except ProofInvalid as exc:
        return Check(number, FAILED, refused(exc, Reason.CASE_HEAD_NOT_IN_LOG), Reason.CASE_HEAD_NOT_IN_LOG)
    if proof.place.size != proof.leaf.cases:
        detail = said(Text.MAP_SIZE, proof=proof.place.size, cases=proof.leaf.cases)
        return Check(number, FAILED, detail, Reason.CASE_NOT_IN_MAP)
    try:
        verify_inclusion(proof.head.to_bytes(), proof.place, proof.leaf.map_root)
    except ProofInvalid as exc:
        return Check(number, FAILED, refused(exc, Reason.CASE_NOT_IN_MAP), Reason.CASE_NOT_IN_MAP)
    if proof.entry.index != size - 1:
        detail = said(Text.CASE_HEAD_OLD, index=proof.entry.index, more=size - 1 - proof.entry.index)
        return Check(number, INDETERMINATE, detail, Reason.CASE_HEAD_STALE)
    return Check(number, PASSED, said(Text.CASE_COUNT, entry=size - 1, count=proof.head.count))


def case_of(receipt: Receipt, shown: Mapping[str, Value], proof: Check) -> Check:
    """Check 6, second half: the head is that of the claim's own case."""
    named, head = shown.get("case_blinded"), receipt.case_head.head.case.hex()
    if proof.status is FAILED:
        return proof
    if named is None:
        return Check(6, INDETERMINATE, said(Text.CASE_NOT_SHOWN, case=head), Reason.CASE_HIDDEN)
    if named != head:
        return Check(6, FAILED, said(Text.CASE_OTHER, claim=named, head=head), Reason.CASE_DIFFERS)
    return proof


# 10: one log


def one_log(
    log: LogRef, note: SignedCheckpoint, head: CaseHead, later: Later | None, anchors: Sequence[AnchorResult]
) -> Check:
    """Check 10: the newer head is signed by the same key, continues the older one, and has the same case in it.

    head     of the case, under the older head
    anchors  of the newer head
    """
    if later is None:
        return Check(10, INDETERMINATE, said(Text.LATER_MISSING), Reason.NOT_CARRIED)
    old, new = note.checkpoint, later.note.checkpoint
    signed = signature(10, log, later.note)
    if signed.status is FAILED:
        return signed
    try:
        merkle.verify_consistency(old.size, new.size, old.root, new.root, later.path)
    except ConsistencyInvalid as exc:
        return Check(10, FAILED, refused(exc, Reason.LOG_REWRITTEN), Reason.LOG_REWRITTEN)
    headed = case_head(10, later.case_head, new.size, new.root)
    if headed.status is FAILED:
        return headed
    newer = later.case_head.head
    if newer.case != head.case:
        detail = said(Text.LATER_CASE_OTHER, newer=newer.case.hex(), older=head.case.hex())
        return Check(10, FAILED, detail, Reason.CASE_DIFFERS)
    for fewer, before, after in (
        (Text.FEWER_CLAIMS, head.count, newer.count),
        (Text.FEWER_CUSTODY, head.custody, newer.custody),
        (Text.FEWER_ENDED, head.ended, newer.ended),
    ):
        if after < before:
            return Check(10, FAILED, said(fewer, before=before, after=after), Reason.CASE_SHRANK)
    for anchor in anchors:
        for found in (anchor.proof, anchor.trust):
            if found.status is FAILED:
                return Check(10, FAILED, found.said, found.reason)
    if headed.status is INDETERMINATE:
        return headed
    return Check(10, PASSED, said(Text.LOG_GREW, old=old.size, new=new.size))


# 11: standing


def standing(
    receipt: Receipt, commitment: bytes | None, headed: Check, joined: Check, dates: tuple[int | None, int | None]
) -> tuple[Check, Standing | None]:
    """Check 11: whether the claim is current as of the newest head that is proven.

    headed, joined  checks 6 and 10
    dates           when the own head and the newer one were anchored at the latest, Unix seconds
    """
    if commitment is None or headed.status is FAILED:
        return Check(11, INDETERMINATE, said(Text.CLAIM_UNPROVEN), Reason.NOT_REACHED), None
    heads: list[tuple[CaseHeadProof, tuple[Placed, ...], int | None]] = [
        (receipt.case_head, receipt.standing, dates[0])
    ]
    if receipt.later is not None and joined.status is PASSED:
        heads.append((receipt.later.case_head, receipt.later.standing, dates[1]))
    result: Standing | None = None
    before: Ended | None = None
    for proof, placed, date in heads:
        head, size = proof.head, proof.entry.index + 1
        try:
            ended = verify_standing(commitment, placed, head.ended, head.ended_root)
        except (StandingInvalid, ProofInvalid) as exc:
            return Check(11, FAILED, refused(exc, Reason.STANDING_INVALID), Reason.STANDING_INVALID), None
        if before is not None and ended != before and (ended is None or not ended.follows(before)):
            values: dict[str, object] = {"before": _STATES[before.state], "before_at": before.at, "size": size}
            if ended is None:
                detail = Said(Text.STANDING_UNDONE, values)
            else:
                detail = Said(Text.STANDING_CHANGED, {**values, "now": _STATES[ended.state], "now_at": ended.at})
            return Check(11, FAILED, detail, Reason.STANDING_INVALID), None
        before = ended
        result = Standing("current", size, date) if ended is None else Standing(ended.state.value, size, date, ended.at)
    assert result is not None
    if headed.reason is Reason.CASE_HIDDEN:
        return Check(11, INDETERMINATE, said(Text.STANDING_HIDDEN), Reason.CASE_HIDDEN), Standing(None, result.log_size)
    entry = result.log_size - 1
    if before is None:
        return Check(11, PASSED, said(Text.STANDING_CURRENT, entry=entry)), result
    detail = said(Text.STANDING_ENDED, state=_STATES[before.state], entry=entry, custody=before.at)
    if before.state is State.SUPERSEDED:
        return Check(11, PASSED, detail, Reason.SUPERSEDED), result
    return Check(11, INDETERMINATE, detail, Reason(str(result.state))), result


_STATES = {
    State.SUPERSEDED: said(Text.STATE_SUPERSEDED),
    State.REVOKED: said(Text.STATE_REVOKED),
    State.ERASED: said(Text.STATE_ERASED),
}


# 12: custody


def custody_entry(receipt: Receipt, proof: CustodyProof, commitment: bytes, shown: Mapping[str, Value]) -> Check | None:
    """Check 12, first part: the entry is about this claim, in this case, where the claim says, and in the batch.

    Returns None when all of that holds, else the check.
    """
    entry, statement, head = proof.entry, proof.batch.statement, receipt.case_head.head
    before = None if entry.previous is None else entry.previous.hex()
    fault: Said | None = None
    if entry.subject != commitment or entry.action is not Action.SEALED:
        subject, claim = entry.subject.hex(), commitment.hex()
        fault = said(Text.CUSTODY_SUBJECT, action=entry.action.value, subject=subject, claim=claim)
    elif not entry.case == statement.case == head.case:
        fault = said(Text.CUSTODY_CASE, entry=entry.case.hex(), batch=statement.case.hex(), head=head.case.hex())
    elif "custody" in shown and shown["custody"] != before:
        named = shown["custody"]
        first = said(Text.CUSTODY_FIRST, claim=named)
        fault = first if before is None else said(Text.CUSTODY_BEFORE, before=before, claim=named)
    elif proof.batch.leaf_entry.index <= receipt.entry.index:
        fault = said(Text.CUSTODY_EARLY, batch=proof.batch.leaf_entry.index, entry=receipt.entry.index)
    elif proof.place.size != statement.last - statement.first + 1 or entry.seq != statement.first + proof.place.index:
        fault = said(Text.CUSTODY_PLACE, seq=entry.seq, place=proof.place.index, first=statement.first)
    elif statement.last >= head.custody:
        fault = said(Text.CUSTODY_BEYOND, last=statement.last, count=head.custody)
    elif statement.last == head.custody - 1 and statement.head != head.head:
        fault = said(Text.CUSTODY_HEAD, batch=statement.head.hex(), head=head.head.hex())
    elif entry.seq == statement.last and entry.hash() != statement.head:
        fault = said(Text.CUSTODY_LAST, head=statement.head.hex())
    if fault is None:
        try:
            verify_inclusion(entry.hash(), proof.place, statement.entries)
        except ProofInvalid as exc:
            fault = refused(exc, Reason.CUSTODY_INVALID)
    return None if fault is None else Check(12, FAILED, said(Text.CUSTODY_FAULT, fault=fault), Reason.CUSTODY_INVALID)


def batch(proof: SignedBatch, size: int, root: bytes) -> Check | None:
    """Check 12, second part: the log commits to this batch, and to these signatures. None when it does, else the check.

    size, root  of the log
    """
    if proof.leaf_entry.size != size:
        detail = said(Text.BATCH_SIZE, proof=proof.leaf_entry.size, size=size)
        return Check(12, FAILED, detail, Reason.CUSTODY_INVALID)
    try:
        verify_inclusion(proof.leaf.to_bytes(), proof.leaf_entry, root)
    except ProofInvalid as exc:
        detail = said(Text.BATCH_FAULT, fault=refused(exc, Reason.CUSTODY_INVALID))
        return Check(12, FAILED, detail, Reason.CUSTODY_INVALID)
    if batch_digest(proof.statement, proof.signatures) != proof.leaf.batch:
        first, last, count = proof.statement.first, proof.statement.last, len(proof.signatures)
        detail = said(Text.BATCH_OTHER, entry=proof.leaf_entry.index, first=first, last=last, count=count)
        return Check(12, FAILED, detail, Reason.CUSTODY_INVALID)
    return None


def signers(proof: SignedBatch, trust: Trust, at: int | None, ask_wallet: AskWallet | None) -> tuple[SignerResult, ...]:
    """Who signed the batch.

    at  Unix seconds: the batch was signed before, by an anchor; None where nothing tells
    """
    return tuple(_signer(one, proof.statement, trust, at, ask_wallet) for one in proof.signatures)


def _signer(
    signed: Signature, statement: Statement, trust: Trust, at: int | None, ask_wallet: AskWallet | None
) -> SignerResult:
    kind = _KINDS.get(type(signed).__name__, "unknown")
    try:
        if isinstance(signed, Erc1271Signature):
            signer = _wallet(signed, statement, ask_wallet)
        else:
            signer = verify_signature(signed, statement)
    except CustodySignatureInvalid as exc:
        return SignerResult(kind, "", b"", _wrong(exc))
    except SignerUnproven as exc:
        return SignerResult(kind, "", b"", _unproven(exc))
    check = Check(12, PASSED, said(Text.SIGNER_SIGNED, kind=signer.kind, identity=signer.identity))
    if isinstance(signed, X509Signature):
        check = _certificate(signed, signer, trust, at)
    return SignerResult(signer.kind, signer.identity, signer.fingerprint, check)


_KINDS = {
    "Eip712Signature": "eip712",
    "Erc1271Signature": "erc1271",
    "Ed25519Signature": "ed25519",
    "X509Signature": "x509",
    "MlDsaSignature": "ml-dsa-65",
    UnknownSignature.__name__: "unknown",
}


def _wallet(signed: Erc1271Signature, statement: Statement, ask_wallet: AskWallet | None) -> Signer:
    """Raises SignerUnproven, also for a wallet that says no: its owners may have changed since."""
    answer = None if ask_wallet is None else ask_wallet(signed, statement.eip712_digest())
    if answer is None:
        return verify_signature(signed, statement)  # which says that this cannot be told
    if not answer:
        wallet = f"0x{signed.address.hex()} on chain {signed.chain_id}"
        raise SignerUnproven(Reason.WALLET_REFUSED, f"the wallet {wallet} does not call this signature its own today")
    return wallet_signer(signed)


def _certificate(signed: X509Signature, signer: Signer, trust: Trust, at: int | None) -> Check:
    """Whether a root of the verifier's stands behind the certificate, at the time that an anchor proves."""
    if at is None:
        return Check(12, INDETERMINATE, said(Text.SIGNER_UNDATED, identity=signer.identity), Reason.TIME_UNKNOWN)
    try:
        judge_x509(signed, [one.root for one in trust.signers], at)
    except SignerUnproven as exc:
        return _unproven(exc)
    except CustodySignatureInvalid as exc:
        return _wrong(exc)
    return Check(12, PASSED, said(Text.SIGNER_TRUSTED, identity=signer.identity))


def _wrong(error: CustodySignatureInvalid) -> Check:
    reason = Reason.CUSTODY_SIGNATURE_INVALID
    return Check(12, FAILED, refused(error, reason), reason)


def _unproven(error: SignerUnproven) -> Check:
    reason = Reason(error.reason)
    return Check(12, INDETERMINATE, refused(error, reason), reason)


def signed_by(results: Sequence[SignerResult]) -> Check:
    """Check 12, last part: FAILED if one signature is wrong, PASSED if one is good."""
    if not results:
        return Check(
            12,
            INDETERMINATE,
            said(Text.SIGNER_NOBODY),
            Reason.CUSTODY_UNSIGNED,
        )
    for status in (FAILED, PASSED):
        found = [result.check for result in results if result.check.status is status]
        if found:
            return (
                found[0]
                if status is FAILED
                else Check(12, PASSED, said(Text.SIGNED_BY, signers=tuple(check.said for check in found)))
            )
    return results[0].check

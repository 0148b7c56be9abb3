"""Check a signing record, offline. Opens no file, socket or clock.

1  The record was sealed: its receipt holds, for these bytes.
2  The address says so: its key signed the record itself, or the plan's terms that lie beside.
3  The person says so: an e-signature over the record (X.509) or over the agreement (PAdES), whose certificate leads to
   a root of the verifier's, valid at the time by which the record was sealed. Documents alone are for people to judge.
4  The record is of the plan that lies beside: id, chain, contract, role, address, and, of a dossier, its own digest.
5  The agreement's digest and salt lead to the commitment, and that is the one in the terms.
6  Only where documents lie beside: each is one that the record names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard

from notary.custody.signatures import (
    Eip712Signature,
    Erc1271Signature,
    Signature,
    UnknownSignature,
    X509Signature,
    judge_x509,
    verify_signature,
)
from notary.errors import CustodySignatureInvalid, SignerUnproven
from notary.reading import evm
from notary.times import utc
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Status
from portal.dossier.check import signer_of
from portal.signing.record import Record, Role, SignedRecord
from portal.signing.verdict import RecordCheck, RecordReason, RecordVerdict
from settlement.commitments import agreement_commitment
from settlement.terms import Terms, plan_id

if TYPE_CHECKING:
    from notary.verdicts.verdict import Verdict
    from portal.papers import Paper

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
AskWallet = Callable[[Erc1271Signature, bytes], bool | None]
Outcome = tuple[Status, RecordReason | None, str]
"""Of one e-signature: status, reason, who signed."""

_UNPROVEN: Final[Mapping[str, RecordReason]] = {
    "signer-untrusted": RecordReason.SIGNER_UNTRUSTED,
    "signer-expired": RecordReason.SIGNER_EXPIRED,
}


@dataclass(frozen=True)
class Beside:
    """What lies beside the record; nothing at all by default.

    paper      the plan's terms with their signatures: the plan's own file, or a dossier's
    listed     digests of records, 32 bytes, that a dossier names, by role
    documents  SHA-256 of 32 bytes of further files, by name
    agreed     outcomes of e-signatures on the agreement itself (portal/signing/agreed.py)
    """

    paper: Paper | None = None
    listed: Mapping[str, bytes] = field(default_factory=dict)
    documents: Mapping[str, bytes] = field(default_factory=dict)
    agreed: Sequence[Outcome] = ()


def check_record(
    signed: SignedRecord,
    sha256: bytes,
    *,
    receipt: Verdict | None = None,
    beside: Beside | None = None,
    trust: Trust | None = None,
    ask_wallet: AskWallet | None = None,
) -> RecordVerdict:
    """The verdict on a record.

    sha256      32 bytes, of its file
    receipt     the verdict on its receipt, reached with the file's digests
    ask_wallet  asks a contract wallet whether it signed a digest; None: nobody is asked

    Raises nothing: whatever is wrong is in the verdict.
    """
    around = beside or Beside()
    checks = [
        _receipt(receipt),
        _address(signed, around.paper, ask_wallet),
        _person(signed, around.agreed, trust or Trust(), dated(receipt)),
        _plan(signed, sha256, around),
        _agreement(signed, around.paper),
    ]
    if around.documents:
        checks.append(_documents(signed, around.documents))
    return RecordVerdict(signed, sha256, tuple(checks), receipt)


def dated(receipt: Verdict | None) -> int | None:
    """Unix seconds by which the record was sealed, as its receipt proves; None: nothing proves a time."""
    return receipt.interval.not_after if receipt is not None and receipt.status is PASSED else None


def _receipt(receipt: Verdict | None) -> RecordCheck:
    if receipt is None:
        return RecordCheck(1, INDETERMINATE, "", RecordReason.RECEIPT_ABSENT)
    detail = "" if receipt.reason is None else receipt.reason.value
    if receipt.status is FAILED:
        return RecordCheck(1, FAILED, detail, RecordReason.RECEIPT_FAILED)
    if receipt.status is INDETERMINATE:
        return RecordCheck(1, INDETERMINATE, detail, RecordReason.RECEIPT_UNPROVEN)
    before = "" if receipt.interval.not_after is None else f"<= {utc(receipt.interval.not_after)}"
    return RecordCheck(1, PASSED, ", ".join(filter(None, (before, detail))))


def _address(signed: SignedRecord, paper: Paper | None, ask_wallet: AskWallet | None) -> RecordCheck:
    record, address = signed.record, evm(signed.record.address)
    found = RecordCheck(2, INDETERMINATE, address, RecordReason.ADDRESS_UNSIGNED)
    for one in signed.signatures:
        if isinstance(one, Eip712Signature):
            try:
                verify_signature(one, record)
            except CustodySignatureInvalid:
                return RecordCheck(2, FAILED, evm(one.address), RecordReason.ADDRESS_SIGNATURE_INVALID)
            if one.address == record.address:
                found = RecordCheck(2, PASSED, address)
        elif _is_wallet(one, record) and found.status is not PASSED:
            # A "no" is none for ever: a wallet's owners may have changed since.
            agreed = None if ask_wallet is None else ask_wallet(one, record.eip712_digest())
            found = RecordCheck(2, PASSED, address)
            if not agreed:
                found = RecordCheck(2, INDETERMINATE, address, RecordReason.WALLET_UNASKED)
    if found.status is PASSED or paper is None or not isinstance(paper.terms, Terms) or record.role not in paper.roles:
        return found
    signature = paper.signatures[paper.roles.index(record.role.value)]
    if signature is None or paper.id != evm(record.plan_id):
        return found
    signer = signer_of(plan_id(paper.terms, paper.domain), signature)
    if signer is not None and signer.lower() == address:
        return RecordCheck(2, PASSED, address)
    return RecordCheck(2, INDETERMINATE, address, RecordReason.WALLET_UNASKED)


def _is_wallet(one: Signature, record: Record) -> TypeGuard[Erc1271Signature]:
    """Whether a signature is of the record's own address, as a contract wallet on the plan's chain."""
    if not isinstance(one, Erc1271Signature):
        return False
    return (one.chain_id, one.address) == (record.chain_id, record.address)


def _person(signed: SignedRecord, agreed: Sequence[Outcome], trust: Trust, at: int | None) -> RecordCheck:
    outcomes = [*_e_signatures(signed, trust, at), *agreed]
    for wanted in (FAILED, PASSED, INDETERMINATE):
        for status, reason, who in outcomes:
            if status is wanted:
                return RecordCheck(3, status, who, reason)
    if not signed.binds:
        return RecordCheck(3, FAILED, signed.record.name, RecordReason.PERSON_UNBOUND)
    kinds = ", ".join(one.kind.value for one in signed.record.evidence)
    return RecordCheck(3, INDETERMINATE, f"{signed.record.name}: {kinds}", RecordReason.PERSON_STATED)


def _e_signatures(signed: SignedRecord, trust: Trust, at: int | None) -> list[Outcome]:
    """One outcome for each certificate's signature; other keys are nobody's, and only must not be wrong."""
    outcomes: list[Outcome] = []
    for one in signed.signatures:
        if isinstance(one, (Eip712Signature, Erc1271Signature, UnknownSignature)):
            continue  # addresses are check 2's
        try:
            signer = verify_signature(one, signed.record)
        except CustodySignatureInvalid as exc:
            outcomes.append((FAILED, RecordReason.E_SIGNATURE_INVALID, exc.kind))
            continue
        except SignerUnproven as exc:
            outcomes.append((INDETERMINATE, RecordReason.SIGNATURE_UNSUPPORTED, exc.reason))
            continue
        if isinstance(one, X509Signature):
            outcomes.append(_judged(one, signer.identity, trust, at))
    return outcomes


def _judged(one: X509Signature, who: str, trust: Trust, at: int | None) -> Outcome:
    if at is None:
        return INDETERMINATE, RecordReason.SIGNER_UNDATED, who
    try:
        judge_x509(one, [root.root for root in trust.signers], at)
    except SignerUnproven as exc:
        return INDETERMINATE, _UNPROVEN[exc.reason], who
    except CustodySignatureInvalid:
        return FAILED, RecordReason.E_SIGNATURE_INVALID, who
    return PASSED, None, who


def _plan(signed: SignedRecord, sha256: bytes, beside: Beside) -> RecordCheck:
    record, paper = signed.record, beside.paper
    wanted = evm(record.plan_id)
    if paper is None:
        return RecordCheck(4, INDETERMINATE, wanted, RecordReason.PLAN_ABSENT)
    same = (paper.id, paper.chain_id, paper.book.lower()) == (wanted, record.chain_id, evm(record.book))
    if not same:
        return RecordCheck(4, FAILED, f"{wanted} / {paper.id}", RecordReason.PLAN_DIFFERS)
    if record.role is not Role.GUARANTOR:
        party = paper.parties[paper.roles.index(record.role.value)]
        if party.lower() != evm(record.address):
            return RecordCheck(4, FAILED, f"{evm(record.address)} / {party}", RecordReason.PARTY_DIFFERS)
    listed = beside.listed.get(record.role.value, sha256)
    if listed != sha256:
        return RecordCheck(4, FAILED, f"{sha256.hex()} / {listed.hex()}", RecordReason.RECORD_DIFFERS)
    return RecordCheck(4, PASSED, wanted)


def _agreement(signed: SignedRecord, paper: Paper | None) -> RecordCheck:
    record = signed.record
    if paper is not None and paper.terms.agreement != record.commitment:
        detail = f"{record.commitment.hex()} / {paper.terms.agreement.hex()}"
        return RecordCheck(5, FAILED, detail, RecordReason.AGREEMENT_DIFFERS)
    if record.agreement is None:
        return RecordCheck(5, INDETERMINATE, "", RecordReason.AGREEMENT_ABSENT)
    digest = record.agreement.sha256
    if agreement_commitment(record.agreement.salt, digest) != record.commitment:
        return RecordCheck(5, FAILED, digest.hex(), RecordReason.AGREEMENT_DIFFERS)
    return RecordCheck(5, PASSED, digest.hex())


def _documents(signed: SignedRecord, documents: Mapping[str, bytes]) -> RecordCheck:
    record = signed.record
    named = {one.sha256 for one in record.evidence} | ({record.agreement.sha256} if record.agreement else set())
    foreign = [name for name, digest in documents.items() if digest not in named]
    if foreign:
        return RecordCheck(6, FAILED, ", ".join(foreign), RecordReason.DOCUMENT_FOREIGN)
    return RecordCheck(6, PASSED, ", ".join(documents))

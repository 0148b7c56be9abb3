"""Use cases of signing records: make one and have it signed, seal it, take one in, require them before a plan opens.

What is private stays the workspace owner's: documents and the record are files outside the workspace, sealed as any
other evidence is, so `case erase` reaches what the notary keeps of them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notary.custody.signatures import Eip712Signature, Erc1271Signature, Signature
from notary.custody.signers import Eip712Signer
from notary.sealing.hashing import Unhashable, hash_file
from notary.verdicts.verdict import Status
from portal import __version__
from portal.clock import now
from portal.errors import ArgumentInvalid, FileMissing, NotAParty, RecordNotSealed, SigningRecordInvalid
from portal.reading import read_bounded, write_output
from portal.signing.check import Beside, check_record
from portal.signing.record import (
    MAX_BYTES,
    MAX_REASON,
    Agreement,
    Evidence,
    Kind,
    Level,
    Record,
    Role,
    SignedRecord,
    State,
)
from portal.signing.rows import Kept, put_declined, put_sealed, records_of
from settlement.service_errors import NotSigned, SignatureForeign

if TYPE_CHECKING:
    from portal.papers import Paper
    from portal.world import World

RECORD_KIND: Final = "signing-record"  # of the sealed claim


@dataclass(frozen=True)
class Stated:
    """What is said of a party, by whoever makes the record.

    address    a guarantor's; of debtor and creditor the terms say it
    shown_at   Unix seconds; signed_at: None: now
    documents  by path, what each shows
    """

    role: Role
    name: str
    languages: tuple[str, ...]
    shown_at: int
    signed_at: int | None = None
    address: str | None = None
    level: Level = Level.UNSTATED
    documents: Mapping[Path, Kind] | None = None


def draft_record(paper: Paper, stated: Stated) -> Record:
    """The record of a party that has signed the terms.

    Raises NotSigned, ArgumentInvalid, FileMissing (of a document), SigningRecordInvalid.
    """
    at = now()
    opened = paper.agreement
    return Record(
        plan_id=bytes.fromhex(paper.id[2:]),
        chain_id=paper.chain_id,
        book=bytes.fromhex(paper.book[2:]),
        role=stated.role,
        name=stated.name,
        address=bytes.fromhex(_address(paper, stated)[2:]),
        commitment=paper.terms.agreement,
        agreement=None if opened is None else Agreement(bytes.fromhex(opened.text), opened.salt),
        languages=stated.languages,
        evidence=tuple(_document(path, kind, paper) for path, kind in (stated.documents or {}).items()),
        signature_level=stated.level,
        shown_at=stated.shown_at,
        signed_at=at if stated.signed_at is None else stated.signed_at,
        made_at=at,
        program=f"tallystick {__version__}",
        salt=secrets.token_bytes(32),
    )


def sign_record(world: World, record: Record, key: str) -> Signature:
    """Sign as the record's address, with a key of the workspace.  Raises NotAParty and what opening the key raises."""
    address = world.keys.address(key)
    if bytes.fromhex(address[2:]) != record.address:
        raise NotAParty(key, address, f"{record.role} 0x{record.address.hex()}")
    return Eip712Signer(world.keys.signer(key)).sign(record)


def signature_made_elsewhere(world: World, record: Record, signature: bytes) -> Signature:
    """What a wallet gave for the record's typed data: a key's signature, or one that a contract wallet calls its own.

    signature  1 to 4096 bytes

    Raises SignatureForeign, and what asking the plans' chain raises.
    """
    from eth_keys.datatypes import Signature as Recoverable
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    from notary.custody.wallet_chain import check_erc1271

    if len(signature) == 65 and signature[64] in (27, 28):
        try:
            made = Recoverable(signature[:64] + bytes([signature[64] - 27]))
            key = made.recover_public_key_from_msg_hash(record.eip712_digest())
        except (BadSignature, ValidationError):
            pass
        else:
            if key.to_canonical_address() == record.address:
                return Eip712Signature(record.address, key.to_bytes(), signature)
    chain, digest = world.chain("plans"), record.eip712_digest()
    if chain.chain_id != record.chain_id or not check_erc1271(chain, record.address, digest, signature):
        raise SignatureForeign(role=record.role.value, address=f"0x{record.address.hex()}")
    return Erc1271Signature(record.chain_id, record.address, signature)


def write_record(target: Path, signed: SignedRecord) -> None:
    """Write the file, never over another.  Raises SigningRecordInvalid (nothing binds the person), OutputRefused."""
    if not signed.binds:
        raise SigningRecordInvalid(
            signed.record.name,
            "nothing would tie the name to a person: name a document with --identity, or a --certificate",
        )
    data = signed.to_bytes()
    SignedRecord.from_bytes(data, target.name)  # what no reader would take is not written
    write_output(target, data, replace=False)


def seal_record(world: World, signed: SignedRecord, file: Path, case: str, documents: Mapping[Path, Kind]) -> Kept:
    """Seal a record's file and its documents into a case, and remember that the plan has it.

    file       outside the workspace, as all that is sealed
    documents  those of the record that are at hand; the others are whoever's who holds them

    Raises SigningRecordInvalid (a document is none of the record's, or was revoked), PlanNotFound, and what `seal`
    raises.
    """
    for path, kind in documents.items():  # all of them before anything is sealed
        if _evidence(path, kind) not in signed.record.evidence:
            raise SigningRecordInvalid(path.name, f"is no {kind} that the record names, or was changed")
    named = {one.sha256 for one in signed.record.evidence}
    for path, kind in documents.items():
        if _seal(world, case, path, kind.value) not in named:
            raise SigningRecordInvalid(path.name, "was changed while it was sealed")
    sha256 = _seal(world, case, file, RECORD_KIND)
    if sha256 != _sha256(signed.to_bytes()):
        raise SigningRecordInvalid(file.name, "was changed while it was sealed")
    plan, role = f"0x{signed.record.plan_id.hex()}", signed.record.role
    with world.engine.begin() as connection:
        put_sealed(connection, plan, role, sha256=sha256, case=case, now=now())
        return next(one for one in records_of(connection, plan) if one.role is role)


def read_record(file: Path) -> SignedRecord:
    """A record from a file.  Raises FileMissing, FileTooLarge, SigningRecordInvalid."""
    return SignedRecord.from_bytes(read_bounded(file, MAX_BYTES), file.name)


def check_taken(paper: Paper, signed: SignedRecord, where: str) -> None:
    """Return when a record from elsewhere is this plan's and nothing in it is wrong.

    Raises NotSigned, SigningRecordInvalid.
    """
    record = signed.record
    SignedRecord.from_bytes(signed.to_bytes(), where)  # with what was added here
    if record.role is not Role.GUARANTOR:
        _signed(paper, record.role)
    verdict = check_record(signed, _sha256(signed.to_bytes()), beside=Beside(paper))
    for check in verdict.checks:
        if check.status is Status.FAILED:
            raise SigningRecordInvalid(where, f"{check.reason}: {check.detail}")


def require_records(world: World, paper: Paper, without: str | None) -> tuple[Kept, ...]:
    """Return what says who the parties are, once that lets the plan open.

    without  why parties that have no sealed record give none: written down for each of them

    Raises RecordNotSealed, ArgumentInvalid.
    """
    if without is not None and (
        not 1 <= len(without) <= MAX_REASON or not without.isprintable() or without != without.strip()
    ):
        raise ArgumentInvalid("--without-record", without[:40], f"is no line of 1 to {MAX_REASON} characters")
    with world.engine.connect() as connection:
        kept = {one.role: one for one in records_of(connection, paper.id)}
    declining = []
    for role, address in zip((Role.DEBTOR, Role.CREDITOR), paper.parties, strict=True):
        row = kept.get(role)
        fault = "there is none" if row is None else "" if row.state is State.DECLINED else _fault(world, row)
        if fault and without is None:
            raise RecordNotSealed(paper.name, role, address, fault, _command(paper, role))
        if fault:
            declining.append(role)
    with world.engine.begin() as connection:
        for role in declining:
            put_declined(connection, paper.id, role, reason=without or "", now=now())
        return records_of(connection, paper.id)


def _fault(world: World, row: Kept) -> str:
    """Why a record that was sealed does not stand any more; "" where it does."""
    from notary.custody.acts import revoked
    from notary.sealing.cases import claims_of
    from notary.service_errors import CaseErased, CaseUnknown

    try:
        gone = revoked(world.notary, row.case)
        for claim in claims_of(world.notary, row.case, current_only=True):
            if claim.claim.get("sha256") == row.sha256.hex() and claim.commitment not in gone:
                return ""
    except (CaseErased, CaseUnknown):
        pass
    return f"it was revoked, erased or superseded in the case {row.case}"


def _command(paper: Paper, role: Role) -> str:
    words = "--name NAME --language LANGUAGE --shown-at TIME --identity KIND=FILE --case CASE --to FILE"
    return f"tallystick plan record {paper.name} --party {role} {words}"


def _seal(world: World, case: str, path: Path, kind: str) -> bytes:
    """Seal one file and verify its receipt; its SHA-256."""
    from notary.sealing.seal import Details, seal
    from notary.sealing.selfcheck import verify_sealed

    done = seal(world.notary, case, [path], details=Details(kind))
    verify_sealed(world.notary, done)
    (file,) = done.files
    if file.state == "revoked":
        raise SigningRecordInvalid(path.name, "was revoked in this case; `seal --again` seals it once more")
    return file.sha256


def _address(paper: Paper, stated: Stated) -> str:
    """Raises NotSigned, ArgumentInvalid."""
    if stated.role is Role.GUARANTOR:
        if stated.address is None:
            raise ArgumentInvalid("--address", "", "is needed for a guarantor, whom the terms do not name")
        return stated.address
    if stated.address is not None:
        raise ArgumentInvalid("--address", stated.address, "is a guarantor's; of the parties the terms say it")
    return _signed(paper, stated.role)


def _signed(paper: Paper, role: Role) -> str:
    """The address of a party that has signed the terms.  Raises NotSigned."""
    place = paper.roles.index(role.value)
    if paper.signatures[place] is None:
        raise NotSigned(role=role.value, address=paper.parties[place])
    return paper.parties[place]


def _document(path: Path, kind: Kind, paper: Paper) -> Evidence:
    """A document for a new record; a signed agreement is looked at first.  Raises FileMissing, SigningRecordInvalid."""
    from portal.signing import agreed

    if kind is Kind.SIGNED_AGREEMENT:
        if paper.agreement is None:
            raise SigningRecordInvalid(path.name, "the plan has no agreement that could have been signed")
        pdf = read_bounded(path, agreed.MAX_BYTES)
        for status, reason, detail in agreed.check_agreed(pdf, bytes.fromhex(paper.agreement.text), (), None):
            if status is Status.FAILED:
                raise SigningRecordInvalid(path.name, f"{reason}: {detail}")
    return _evidence(path, kind)


def _evidence(path: Path, kind: Kind) -> Evidence:
    outcome = hash_file(str(path))
    if isinstance(outcome, Unhashable):
        raise FileMissing(str(path), outcome.reason)
    return Evidence(kind, outcome.sha256, outcome.size)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

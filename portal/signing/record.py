"""The signing record of one party of a plan: who the person behind an address is, and what they were shown and signed.

    {"format": "tallystick/signing-record", "version": 1,
     "record": {
       "address":         "0x..."            that signs for the party
       "agreement":       {"salt", "sha256"} | null    opens the commitment below; null: the plan has no agreement
       "book", "chain_id", "plan_id", "role"           which plan, and whose record of it
       "commitment":      the terms' commitment to the agreement
       "evidence":        [{"kind", "sha256", "size"}, ...]      documents sealed beside it; never the documents
       "languages":       ["pt-BR", ...]     in which the party was shown what it signed (BCP 47)
       "made_at", "shown_at", "signed_at"    Unix seconds; the last two as stated, never after `made_at`
       "name":            the person or company, as stated
       "program":         what wrote the record
       "salt":            32 random bytes, so that the record's digest tells nothing about the name in it
       "signature_level": "unstated" | "advanced" | "qualified"   what the e-signature is said to be, not checked here
     },
     "signatures": [...]}           over `record`, as custody signatures are written (notary/custody/signatures.py)

The file is JCS (RFC 8785) and nothing else, so there is one file for what it says. What signs is `Record` itself:

    message  "tallystick/signing-record/v1" 00 || JCS(record)      Ed25519, X.509 and ML-DSA keys
    digest   EIP-712 of SigningRecord(string role,string name,address party,bytes32 plan,bytes32 record)
             in the domain {name: "Tallystick Signing Record", version: "1"}; record: SHA-256 of the message

A record passes through these states with its plan:

    drafted --> shown --> signed --> sealed ----> the plan may open
                             \\-----> declined --> the plan may open, and says so for ever

    drafted   the terms stand; nobody is bound (`plan draft`)
    shown     the party has read them, in the record's languages: stated by whoever makes the record
    signed    the party's signature is on the terms; only then is a record made, and the party may sign it, too
    sealed    the record and its documents are in a case's log: whoever makes the record, or receives it
    declined  the party gives none, for a reason that is written down: whoever opens the plan (`--without-record`)

What must never happen: a plan opens with a party in another state; a record is sealed that nothing binds to a person;
a sealed record changes (another one is another file and another claim); a person's name or document reaches a chain.

Pure: no file, clock, socket or environment.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from notary import jcs
from notary.custody.signatures import (
    MAX_BYTES as MAX_SIGNATURE_BYTES,
)
from notary.custody.signatures import (
    Signature,
    X509Signature,
    read_signatures,
    write_signatures,
)
from notary.errors import FormatInvalid, JsonInvalid
from notary.jcs import Json
from notary.keccak import keccak256
from notary.reading import Reader, evm
from portal.errors import SigningRecordInvalid

FORMAT: Final = "tallystick/signing-record"
VERSION: Final = 1
BEGINNING: Final = f'{{"format":"{FORMAT}",'.encode()  # of every record, as JCS sorts the members
MESSAGE_TAG: Final = b"tallystick/signing-record/v1\0"
DOMAIN_NAME: Final = "Tallystick Signing Record"
DOMAIN_TYPE: Final = "EIP712Domain(string name,string version)"
STATEMENT_TYPE: Final = "SigningRecord(string role,string name,address party,bytes32 plan,bytes32 record)"

MAX_BYTES: Final = MAX_SIGNATURE_BYTES + 32 * 1024  # without signatures an honest one has about 1 KiB
MAX_NAME: Final = 300  # characters; the longest company names have some 250
MAX_LANGUAGES: Final = 8
MAX_EVIDENCE: Final = 32
MAX_PROGRAM: Final = 80
MAX_REASON: Final = 300  # characters, of why a party gives no record
MAX_TIME: Final = 2**40  # Unix seconds; far beyond any clock
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)


class Role(StrEnum):
    """Whose record it is. Debtor and creditor sign the terms; a guarantor stands beside them."""

    DEBTOR = "debtor"
    CREDITOR = "creditor"
    GUARANTOR = "guarantor"


class Kind(StrEnum):
    """What a sealed document shows."""

    ID_DOCUMENT = "id-document"
    COMPANY_REGISTER = "company-register"
    POWER_OF_ATTORNEY = "power-of-attorney"
    VIDEO = "video"
    SIGNED_AGREEMENT = "signed-agreement"  # the agreement as PDF with the person's own PAdES signature
    OTHER = "other"


class Level(StrEnum):
    """What an e-signature is said to be (eIDAS, art. 3). Nothing here checks it."""

    UNSTATED = "unstated"
    ADVANCED = "advanced"
    QUALIFIED = "qualified"


class State(StrEnum):
    """How far a party's record has come; drawn above."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    SEALED = "sealed"
    DECLINED = "declined"


_Word = TypeVar("_Word", Role, Kind, Level)
MAY_OPEN: Final = frozenset({State.SEALED, State.DECLINED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sealed document: its kind, SHA-256 (32 bytes) and size in bytes."""

    kind: Kind
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What opens the terms' commitment: the agreement's SHA-256 and the salt, 32 bytes each."""

    sha256: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is said, and signed; see the module's text.

    plan_id, commitment, salt   32 bytes each
    book, address               20 bytes each

    Raises SigningRecordInvalid for what no record may say.
    """

    plan_id: bytes
    chain_id: int
    book: bytes
    role: Role
    name: str
    address: bytes
    commitment: bytes
    agreement: Agreement | None
    languages: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    signature_level: Level
    shown_at: int
    signed_at: int
    made_at: int
    program: str
    salt: bytes

    def __post_init__(self) -> None:
        _line("name", self.name, MAX_NAME)
        _line("program", self.program, MAX_PROGRAM)
        if not 1 <= len(self.languages) <= MAX_LANGUAGES or len(set(self.languages)) != len(self.languages):
            raise _wrong(f"names {len(self.languages)} languages, not 1 to {MAX_LANGUAGES} different ones")
        for language in self.languages:
            if not _LANGUAGE.fullmatch(language):
                raise _wrong(f"the language {language[:40]!r} is no tag such as pt-BR or zh-Hans")
        if len(self.evidence) > MAX_EVIDENCE:
            raise _wrong(f"names {len(self.evidence)} documents, at most {MAX_EVIDENCE} are allowed")
        if len({one.sha256 for one in self.evidence}) != len(self.evidence):
            raise _wrong("names one document twice")
        if not 0 <= self.shown_at <= self.signed_at <= self.made_at <= MAX_TIME:
            raise _wrong(
                f"was shown at {self.shown_at}, signed at {self.signed_at} and made at {self.made_at}: "
                "each is at or after the one before"
            )

    def to_json(self) -> dict[str, Json]:
        """The member `record`."""
        agreement = self.agreement
        return {
            "address": evm(self.address),
            "agreement": None
            if agreement is None
            else {"salt": agreement.salt.hex(), "sha256": agreement.sha256.hex()},
            "book": evm(self.book),
            "chain_id": self.chain_id,
            "commitment": self.commitment.hex(),
            "evidence": [
                {"kind": one.kind.value, "sha256": one.sha256.hex(), "size": one.size} for one in self.evidence
            ],
            "languages": list(self.languages),
            "made_at": self.made_at,
            "name": self.name,
            "plan_id": evm(self.plan_id),
            "program": self.program,
            "role": self.role.value,
            "salt": self.salt.hex(),
            "shown_at": self.shown_at,
            "signature_level": self.signature_level.value,
            "signed_at": self.signed_at,
        }

    def message(self) -> bytes:
        """The bytes that Ed25519, X.509 and ML-DSA keys sign."""
        return MESSAGE_TAG + jcs.dumps(self.to_json())

    @property
    def digest(self) -> bytes:
        """32 bytes, SHA-256 of the message."""
        return hashlib.sha256(self.message()).digest()

    def eip712_digest(self) -> bytes:
        """The 32 bytes that Ethereum keys sign.  Source: EIP-712, hashStruct and encodeData."""
        domain = b"".join(keccak256(text.encode()) for text in (DOMAIN_TYPE, DOMAIN_NAME, str(VERSION)))
        struct = b"".join(keccak256(text.encode()) for text in (STATEMENT_TYPE, self.role.value, self.name))
        struct += bytes(12) + self.address + self.plan_id + self.digest
        return keccak256(b"\x19\x01" + keccak256(domain) + keccak256(struct))

    def typed_data(self) -> dict[str, object]:
        """The same as EIP-712 JSON, for wallets: whom the person says to be stands in plain text in it."""
        return {
            "types": {"EIP712Domain": _members(DOMAIN_TYPE), "SigningRecord": _members(STATEMENT_TYPE)},
            "primaryType": "SigningRecord",
            "domain": {"name": DOMAIN_NAME, "version": str(VERSION)},
            "message": {
                "role": self.role.value,
                "name": self.name,
                "party": evm(self.address),
                "plan": evm(self.plan_id),
                "record": evm(self.digest),
            },
        }


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A record with the signatures over it; none of them is checked by reading."""

    record: Record
    signatures: tuple[Signature, ...] = ()

    @property
    def binds(self) -> bool:
        """Whether anything in it ties the name to a person: documents, or a certificate."""
        return bool(self.record.evidence) or any(isinstance(one, X509Signature) for one in self.signatures)

    def signed_by(self, signature: Signature) -> SignedRecord:
        """This record with one more signature."""
        return replace(self, signatures=(*self.signatures, signature))

    def to_bytes(self) -> bytes:
        """The file: JCS, and nothing after it."""
        return jcs.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "record": self.record.to_json(),
                "signatures": write_signatures(self.signatures),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes, where: str = "the record") -> SignedRecord:
        """Read a record; nothing in it is believed yet.

        where  names the file in messages

        Raises SigningRecordInvalid: too long, no JSON, other members, values out of bounds, not in canonical form.
        """
        try:
            read = _read(Reader.open(data, MAX_BYTES, "signing record", FormatInvalid))
            canonical = read.to_bytes()
        except (FormatInvalid, JsonInvalid) as exc:
            raise SigningRecordInvalid(where, str(exc)) from exc
        except SigningRecordInvalid as exc:
            raise SigningRecordInvalid(where, exc.reason) from exc
        if canonical != data:
            raise SigningRecordInvalid(where, "is not in its one canonical form (RFC 8785)")
        return read


def _read(top: Reader) -> SignedRecord:
    if top.get("format") != FORMAT:
        raise top.refuse("format", f"is not {FORMAT}")
    if top.integer("version") != VERSION:
        raise top.refuse("version", f"is not {VERSION}, the one that this release reads")
    top.only("format", "version", "record", "signatures")
    one = top.object("record")
    one.only(
        *("address", "agreement", "book", "chain_id", "commitment", "evidence", "languages", "made_at", "name"),
        *("plan_id", "program", "role", "salt", "shown_at", "signature_level", "signed_at"),
    )
    record = Record(
        plan_id=one.evm_hex("plan_id", 32),
        chain_id=one.integer("chain_id", least=1),
        book=one.evm_hex("book", 20),
        role=_choice(one, "role", Role),
        name=one.text("name", MAX_NAME),
        address=one.evm_hex("address", 20),
        commitment=one.hex("commitment", 32),
        agreement=None if one.get("agreement") is None else _agreement(one.object("agreement")),
        languages=tuple(_texts(one, "languages", MAX_LANGUAGES)),
        evidence=tuple(_evidence(item) for item in one.objects("evidence", MAX_EVIDENCE)),
        signature_level=_choice(one, "signature_level", Level),
        shown_at=one.integer("shown_at", most=MAX_TIME),
        signed_at=one.integer("signed_at", most=MAX_TIME),
        made_at=one.integer("made_at", most=MAX_TIME),
        program=one.text("program", MAX_PROGRAM),
        salt=one.hex("salt", 32),
    )
    return SignedRecord(record, read_signatures(top, "signatures"))


def _agreement(item: Reader) -> Agreement:
    item.only("salt", "sha256")
    return Agreement(item.hex("sha256", 32), item.hex("salt", 32))


def _evidence(item: Reader) -> Evidence:
    item.only("kind", "sha256", "size")
    return Evidence(_choice(item, "kind", Kind), item.hex("sha256", 32), item.integer("size"))


def _choice(item: Reader, name: str, kind: type[_Word]) -> _Word:
    text = item.text(name, 40)
    try:
        return kind(text)
    except ValueError:
        raise item.refuse(name, f"is none of {', '.join(kind)}") from None


def _texts(item: Reader, name: str, count: int) -> list[str]:
    found = item.items(name, count)
    if not all(isinstance(text, str) for text in found):
        raise item.refuse(name, "is not a list of texts")
    return [str(text) for text in found]


def _line(what: str, text: str, most: int) -> None:
    """Refuse what is no single line that looks as it reads: control and direction characters, spaces at its ends."""
    if not 1 <= len(text) <= most or not text.isprintable() or text != text.strip():
        raise _wrong(f"its {what} is no line of 1 to {most} printable characters")


def _wrong(reason: str) -> SigningRecordInvalid:
    return SigningRecordInvalid("the record", reason)


def _members(kind: str) -> list[dict[str, str]]:
    pairs = (member.split(" ") for member in kind[kind.index("(") + 1 : -1].split(","))
    return [{"name": name, "type": of} for of, name in pairs]

"""A plan or an escrow as a file that goes from party to party until both have signed.

    {"format": "tallystick/plan" | "tallystick/escrow", "version": 1,
     "name", "chain_id", "book", "symbol", "decimals",
     "terms": {...},                               what is signed (settlement's document)
     "collateral_terms": {...} | null,             plans only; its hash is in the terms
     "agreement": {"sha256", "salt"} | null,       opens the commitment in the terms: for the parties, not for the chain
     "jurisdiction": {"tag", "salt"} | null,       plans only; the same
     "signatures": {PARTY: "0x..." | null, ...}}   debtor and creditor, or payer and payee

Reading checks everything that can be checked without a chain: forms, bounds, and that the openings lead to the
commitments.  Symbol and decimals are for showing amounts; whoever opens the plan asks the token itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from portal.errors import PaperInvalid
from portal.reading import read_bounded
from settlement.commitments import agreement_commitment, jurisdiction_commitment
from settlement.eip712 import Domain, typed_data
from settlement.errors import SettlementError
from settlement.terms import (
    CollateralTerms,
    EscrowTerms,
    Terms,
    book_domain,
    collateral_terms_hash,
    escrow_domain,
    escrow_id,
    plan_id,
)

PLAN: Final = "tallystick/plan"
ESCROW: Final = "tallystick/escrow"
VERSION: Final = 1
MAX_BYTES: Final = 64 * 1024  # an honest file has about 3 KiB, plus signatures of contract wallets
MAX_SIGNATURE: Final = 8 * 1024  # an EOA's has 65 bytes, a contract wallet's a few hundred
MAX_NAME: Final = 80

_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*", re.ASCII)


@dataclass(frozen=True)
class Opening:
    """What a salted commitment in the terms stands for: a digest in hex, or a tag; and the salt of 32 bytes."""

    text: str
    salt: bytes


@dataclass(frozen=True)
class Paper:
    """A drafted plan or escrow with the signatures that it has so far."""

    name: str
    chain_id: int
    book: str
    symbol: str
    decimals: int
    terms: Terms | EscrowTerms
    collateral_terms: CollateralTerms | None = None
    agreement: Opening | None = None
    jurisdiction: Opening | None = None
    signatures: tuple[bytes | None, bytes | None] = (None, None)

    @property
    def is_plan(self) -> bool:
        """Whether it is a plan; else it is an escrow."""
        return isinstance(self.terms, Terms)

    @property
    def roles(self) -> tuple[str, str]:
        """The parties' roles, in the order of the signatures."""
        return ("debtor", "creditor") if self.is_plan else ("payer", "payee")

    @property
    def parties(self) -> tuple[str, str]:
        """The parties' addresses, in the order of the signatures."""
        first, second = self.roles
        return getattr(self.terms, first), getattr(self.terms, second)

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain: chain and contract that the signatures are for."""
        return book_domain(self.chain_id, self.book) if self.is_plan else escrow_domain(self.chain_id, self.book)

    @property
    def id(self) -> str:
        """The plan's or escrow's id, 0x hex."""
        terms = self.terms
        digest = plan_id(terms, self.domain) if isinstance(terms, Terms) else escrow_id(terms, self.domain)
        return f"0x{digest.hex()}"

    @property
    def typed_data(self) -> dict[str, object]:
        """What wallets show and sign."""
        return typed_data(self.terms, self.domain)

    @property
    def signed(self) -> bool:
        """Whether both parties have signed."""
        return None not in self.signatures

    def with_signature(self, role: str, signature: bytes) -> Paper:
        """This paper with one party's signature."""
        both = list(self.signatures)
        both[self.roles.index(role)] = signature
        return replace(self, signatures=(both[0], both[1]))

    def to_bytes(self) -> bytes:
        """The file."""
        members: dict[str, Any] = {
            "format": PLAN if self.is_plan else ESCROW,
            "version": VERSION,
            "name": self.name,
            "chain_id": self.chain_id,
            "book": self.book,
            "symbol": self.symbol,
            "decimals": self.decimals,
            "terms": self.terms.to_dict(),
            "agreement": _opening(self.agreement, "sha256"),
            "signatures": {
                role: None if value is None else "0x" + value.hex()
                for role, value in zip(self.roles, self.signatures, strict=True)
            },
        }
        if self.is_plan:
            collateral = self.collateral_terms
            members["collateral_terms"] = None if collateral is None else collateral.to_dict()
            members["jurisdiction"] = _opening(self.jurisdiction, "tag")
        return json.dumps(members, indent=2, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def read(cls, path: Path) -> Paper:
        """Read a file.  Raises FileMissing, FileTooLarge, PaperInvalid, and what settlement says of its terms."""
        return cls.from_bytes(read_bounded(path, MAX_BYTES), path.name)

    @classmethod
    def from_bytes(cls, data: bytes, where: str = "the file") -> Paper:
        """As `read`, of bytes; `where` stands in messages."""
        paper = cls.unchecked(data, where)
        paper.check(where)
        return paper

    @classmethod
    def unchecked(cls, data: bytes, where: str = "the file") -> Paper:
        """As `from_bytes`, but its openings may lead to something else than its terms: for whoever is to say so."""
        top = _parse(data, where)
        kind = top.get("format")
        if kind not in (PLAN, ESCROW):
            raise PaperInvalid(where, f"is neither {PLAN} nor {ESCROW}")
        if type(top.get("version")) is not int or top["version"] != VERSION:
            raise PaperInvalid(where, f"is of version {str(top.get('version'))[:20]}, this release reads {VERSION}")
        names = {
            "format",
            "version",
            "name",
            "chain_id",
            "book",
            "symbol",
            "decimals",
            "terms",
            "agreement",
            "signatures",
        }
        if kind == PLAN:
            names |= {"collateral_terms", "jurisdiction"}
        if top.keys() != names:
            wrong = sorted(top.keys() ^ names)[0]
            raise PaperInvalid(where, f"the member {wrong[:40]!r} is {'missing' if wrong in names else 'not known'}")
        roles = ("debtor", "creditor") if kind == PLAN else ("payer", "payee")
        terms: Terms | EscrowTerms
        terms = (
            Terms.from_dict(_object(top, "terms", where))
            if kind == PLAN
            else EscrowTerms.from_dict(_object(top, "terms", where))
        )
        collateral = None
        if kind == PLAN and top["collateral_terms"] is not None:
            collateral = CollateralTerms.from_dict(_object(top, "collateral_terms", where))
        return cls(
            name=_text(top, "name", where, MAX_NAME),
            chain_id=_number(top, "chain_id", where, 1, 2**53 - 1),
            book=_address(top, "book", where),
            symbol=_text(top, "symbol", where, 12),
            decimals=_number(top, "decimals", where, 0, 36),
            terms=terms,
            collateral_terms=collateral,
            agreement=_read_opening(top, "agreement", "sha256", where),
            jurisdiction=_read_opening(top, "jurisdiction", "tag", where) if kind == PLAN else None,
            signatures=_read_signatures(_object(top, "signatures", where), roles, where),
        )

    def check(self, where: str = "the paper") -> None:
        """Return when the openings and the collateral's terms lead to what the terms say.  Raises PaperInvalid."""
        try:
            if self.agreement is not None:
                digest = bytes.fromhex(self.agreement.text)
                if agreement_commitment(self.agreement.salt, digest) != self.terms.agreement:
                    raise PaperInvalid(where, "the agreement's digest and salt do not lead to the terms' commitment")
            if not isinstance(self.terms, Terms):
                return
            if self.jurisdiction is not None:
                stated = jurisdiction_commitment(self.jurisdiction.salt, self.jurisdiction.text)
                if stated != self.terms.jurisdiction:
                    raise PaperInvalid(where, "the jurisdiction's tag and salt do not lead to the terms' commitment")
            if self.terms.has_collateral != (self.collateral_terms is not None):
                raise PaperInvalid(where, "collateral is in the terms or in the file, but not in both")
            pledged = self.collateral_terms
            if pledged is not None and collateral_terms_hash(pledged) != self.terms.collateral_terms:
                raise PaperInvalid(where, "the collateral's terms are not those that the terms were signed with")
        except (ValueError, SettlementError) as exc:
            raise PaperInvalid(where, str(exc)) from exc


def _parse(data: bytes, where: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise PaperInvalid(where, "a member is there twice")
        return found

    try:
        top = json.loads(data.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as exc:
        raise PaperInvalid(where, f"is no JSON: {str(exc)[:100]}") from exc
    if not isinstance(top, dict):
        raise PaperInvalid(where, "is no JSON object")
    return top


def _object(top: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    value = top[name]
    if not isinstance(value, dict):
        raise PaperInvalid(where, f"{name} is no object")
    return value


def _text(top: dict[str, Any], name: str, where: str, longest: int) -> str:
    value = top[name]
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise PaperInvalid(where, f"{name} is no line of 1 to {longest} characters")
    return value


def _number(top: dict[str, Any], name: str, where: str, least: int, most: int) -> int:
    value = top[name]
    if type(value) is not int or not least <= value <= most:
        raise PaperInvalid(where, f"{name} is no number from {least} to {most}")
    return value


def _address(top: dict[str, Any], name: str, where: str) -> str:
    from onchain.abi import checksum_address

    value = top[name]
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise PaperInvalid(where, f"{name} is no address")
    return checksum_address(value.lower())


def _bytes(value: object, name: str, where: str, longest: int) -> bytes:
    if not isinstance(value, str) or len(value) > 2 + 2 * longest or not _HEX.fullmatch(value):
        raise PaperInvalid(where, f"{name} is not 0x and at most {longest} bytes in lower-case hex")
    return bytes.fromhex(value[2:])


def _opening(opening: Opening | None, name: str) -> dict[str, str] | None:
    return None if opening is None else {name: opening.text, "salt": "0x" + opening.salt.hex()}


def _read_opening(top: dict[str, Any], member: str, name: str, where: str) -> Opening | None:
    if top[member] is None:
        return None
    value = _object(top, member, where)
    if value.keys() != {name, "salt"}:
        raise PaperInvalid(where, f"{member} has other members than {name} and salt")
    text = _text(value, name, where, 64)
    return Opening(text, _bytes(value["salt"], f"{member}.salt", where, 32))


def _read_signatures(value: dict[str, Any], roles: tuple[str, str], where: str) -> tuple[bytes | None, bytes | None]:
    if value.keys() != set(roles):
        raise PaperInvalid(where, f"signatures are of other parties than {' and '.join(roles)}")
    first, second = (
        None if value[role] is None else _bytes(value[role], f"signature of the {role}", where, MAX_SIGNATURE)
        for role in roles
    )
    return first, second

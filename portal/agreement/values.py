"""What an agreement is made of: the terms without the field that commits to it, and how it is to be said.

All of it travels inside the PDF as agreement.json, so that anybody can make the same pages again:

    {"format": "tallystick/agreement", "version": 1,
     "languages": [one or two], "prevails": one of them, "drawn_at": Unix seconds,
     "chain_id", "chain_name", "book": "0x...", "symbol", "decimals",
     "terms": {...},                                              settlement's document; `agreement` is all zero
     "collateral": {"terms": {...}, "symbol", "decimals"} | null,
     "jurisdiction": {"tag", "salt"} | null,                      opens the terms' commitment
     "names": {"debtor", "creditor"},                             may be empty
     "edition": hex, of the sources that words, figures and layout come from,
     "unshown": [code points that the maker's fonts lack, ...]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notary import jcs
from notary.errors import FormatInvalid
from notary.jcs import Json
from notary.reading import Reader
from portal.errors import AgreementInvalid
from settlement.commitments import jurisdiction_commitment
from settlement.eip712 import ZERO_32, checksum_address
from settlement.errors import SettlementError
from settlement.money import MAX_DECIMALS
from settlement.rules import validate, validate_collateral
from settlement.terms import CollateralTerms, Terms

FORMAT: Final = "tallystick/agreement"
VERSION: Final = 1
FILE: Final = "agreement.json"
LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant", "pt-BR", "vi", "de")
MAX_BYTES: Final = 64 * 1024  # of agreement.json; an honest one has about 3 KiB
MAX_NAME: Final = 200  # characters of a party's name, and of the chain's
MAX_SYMBOL: Final = 12  # as settlement.token keeps them
MAX_UNSHOWN: Final = 1000  # names are short
LATEST: Final = 253_402_214_400  # Unix seconds; a PDF's date has a year of four digits
_MEMBERS: Final = (
    "format",
    "version",
    "languages",
    "prevails",
    "drawn_at",
    "chain_id",
    "chain_name",
    "book",
    "symbol",
    "decimals",
    "terms",
    "collateral",
    "jurisdiction",
    "names",
    "edition",
    "unshown",
)


@dataclass(frozen=True, slots=True)
class Pledge:
    """The collateral's terms, and what its token says of itself."""

    terms: CollateralTerms
    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """What the terms' commitment to a jurisdiction stands for: a tag, and the salt of 32 bytes."""

    tag: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything that an agreement says; its pages follow from this alone.

    terms       as they are to be signed, with `agreement` all zero: no file can hold its own digest
    chain_id    EIP-155; book: address of the RepaymentBook
    symbol      of the token, which has so many decimals
    languages   one, or two that stand side by side, of LANGUAGES
    prevails    the one whose text counts where the two differ
    drawn_at    Unix seconds; the date of the PDF
    unshown     code points that the maker's fonts lacked; edition: of the sources; both are set when it is rendered

    Raises AgreementInvalid, also for terms that the contract would refuse.
    """

    terms: Terms
    chain_id: int
    book: str
    symbol: str
    decimals: int
    languages: tuple[str, ...]
    prevails: str
    drawn_at: int
    chain_name: str = ""
    collateral: Pledge | None = None
    jurisdiction: Jurisdiction | None = None
    debtor_name: str = ""
    creditor_name: str = ""
    unshown: frozenset[int] = field(default=frozenset())
    edition: str = ""

    def __post_init__(self) -> None:
        check_languages(self.languages, self.prevails)
        if not 0 <= self.drawn_at <= LATEST:
            raise AgreementInvalid(f"it was drawn up at {self.drawn_at}, which no calendar has")
        if self.terms.agreement != ZERO_32:
            raise AgreementInvalid("its terms carry an agreement's commitment; it is made from terms without one")
        for name, text, most in (
            ("the debtor's name", self.debtor_name, MAX_NAME),
            ("the creditor's name", self.creditor_name, MAX_NAME),
            ("the chain's name", self.chain_name, MAX_NAME),
            ("the token's symbol", self.symbol, MAX_SYMBOL),
            ("the collateral's symbol", self.collateral.symbol if self.collateral else "", MAX_SYMBOL),
        ):
            if len(text) > most:
                raise AgreementInvalid(f"{name} has {len(text)} characters, at most {most} are allowed")
        self._check_terms()

    def _check_terms(self) -> None:
        terms, pledged, place = self.terms, self.collateral, self.jurisdiction
        try:
            validate(terms, now=min(terms.sign_by, terms.first_due_at), book=self.book)
            if terms.has_collateral != (pledged is not None):
                raise AgreementInvalid("collateral is in the terms or beside them, but not in both")
            if pledged is not None:
                validate_collateral(pledged.terms, terms)
            if place is not None and jurisdiction_commitment(place.salt, place.tag) != terms.jurisdiction:
                raise AgreementInvalid("the jurisdiction's tag and salt do not lead to the terms' commitment")
        except SettlementError as exc:
            raise AgreementInvalid(str(exc)) from exc

    def to_bytes(self) -> bytes:
        """agreement.json: JCS and a newline."""
        pledged, place = self.collateral, self.jurisdiction
        value: dict[str, Json] = {
            "format": FORMAT,
            "version": VERSION,
            "languages": list(self.languages),
            "prevails": self.prevails,
            "drawn_at": self.drawn_at,
            "chain_id": self.chain_id,
            "chain_name": self.chain_name,
            "book": self.book,
            "symbol": self.symbol,
            "decimals": self.decimals,
            "terms": {**self.terms.to_dict()},
            "collateral": None
            if pledged is None
            else {"terms": {**pledged.terms.to_dict()}, "symbol": pledged.symbol, "decimals": pledged.decimals},
            "jurisdiction": None if place is None else {"tag": place.tag, "salt": "0x" + place.salt.hex()},
            "names": {"debtor": self.debtor_name, "creditor": self.creditor_name},
            "edition": self.edition,
            "unshown": [*sorted(self.unshown)],
        }
        return jcs.dumps(value) + b"\n"

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Agreement:
        """The agreement that a PDF carries as its only file.  Raises AgreementInvalid."""
        if set(files) != {FILE}:
            raise AgreementInvalid(f"the PDF carries {len(files)} files, an agreement carries {FILE} and nothing else")
        return cls.from_bytes(files[FILE])

    @classmethod
    def from_bytes(cls, data: bytes) -> Agreement:
        """Read agreement.json; what it says is checked against the contract's rules.  Raises AgreementInvalid."""
        try:
            return _read(Reader.open(data, MAX_BYTES, FILE, FormatInvalid))
        except (FormatInvalid, SettlementError) as exc:
            raise AgreementInvalid(str(exc)) from exc


def check_languages(languages: tuple[str, ...], prevails: str) -> None:
    """Return when an agreement can be made in these languages.  Raises AgreementInvalid."""
    known = ", ".join(LANGUAGES)
    if not 1 <= len(languages) <= 2 or len(set(languages)) != len(languages) or not set(languages) <= set(LANGUAGES):
        said = ", ".join(map(str, languages))[:100]
        raise AgreementInvalid(f"it is written in one or two different languages of {known}, not in {said!r}")
    if prevails not in languages:
        raise AgreementInvalid(f"the text that prevails is one of {', '.join(languages)}, not {prevails[:40]!r}")


def _read(top: Reader) -> Agreement:
    if top.get("format") != FORMAT or top.get("version") != VERSION:
        raise AgreementInvalid(f"{FILE} is not of the format {FORMAT}, version {VERSION}")
    top.only(*_MEMBERS)
    names = top.object("names")
    names.only("debtor", "creditor")
    languages, unshown = top.items("languages", 2), top.items("unshown", MAX_UNSHOWN)
    if not all(isinstance(one, str) for one in languages):
        raise top.refuse("languages", "is not a list of texts")
    if not all(isinstance(one, int) and 0 <= one <= 0x10FFFF for one in unshown):
        raise top.refuse("unshown", "is not a list of code points")
    return Agreement(
        terms=Terms.from_dict(top.object("terms").value),
        chain_id=top.integer("chain_id", least=1),
        book=checksum_address(top.text("book", 42)),
        symbol=_line(top, "symbol", MAX_SYMBOL),
        decimals=top.integer("decimals", most=MAX_DECIMALS),
        languages=tuple(map(str, languages)),
        prevails=top.text("prevails", 40),
        drawn_at=top.integer("drawn_at"),
        chain_name=top.text("chain_name", MAX_NAME),
        collateral=None if top.get("collateral") is None else _pledge(top.object("collateral")),
        jurisdiction=None if top.get("jurisdiction") is None else _jurisdiction(top.object("jurisdiction")),
        debtor_name=names.text("debtor", MAX_NAME),
        creditor_name=names.text("creditor", MAX_NAME),
        edition=top.text("edition", 64),
        unshown=frozenset(one for one in unshown if isinstance(one, int)),
    )


def _pledge(item: Reader) -> Pledge:
    item.only("terms", "symbol", "decimals")
    terms = CollateralTerms.from_dict(item.object("terms").value)
    return Pledge(terms, _line(item, "symbol", MAX_SYMBOL), item.integer("decimals", most=MAX_DECIMALS))


def _jurisdiction(item: Reader) -> Jurisdiction:
    item.only("tag", "salt")
    return Jurisdiction(item.text("tag", 64), item.evm_hex("salt", 32))


def _line(item: Reader, name: str, most: int) -> str:
    text = item.text(name, most)
    if not text or not text.isprintable():
        raise item.refuse(name, f"is no line of 1 to {most} characters")
    return text

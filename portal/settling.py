"""Use cases of plans and escrows that join files, rows, keys and the chain: draft, sign, take in, find, open.

What the books do with them is `settlement.book` and `settlement.escrow_book`; this module brings them their arguments.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from notary.sealing.hashing import Unhashable, hash_file
from portal.clock import now
from portal.errors import ArgumentInvalid, EscrowUnknown, FileMissing, NotAParty, PaperInvalid, PlanUnknown
from portal.papers import Opening, Paper
from portal.reading import write_output
from settlement.book import Book
from settlement.commitments import agreement_commitment, jurisdiction_commitment
from settlement.draft import draft, draft_collateral, draft_escrow
from settlement.eip712 import ZERO_32
from settlement.escrow_book import EscrowBook
from settlement.keeper.ladder import Role
from settlement.records import (
    PlanRecord,
    add_escrow,
    add_plan,
    find_plan,
    list_escrows,
    list_plans,
    sign_escrow,
    sign_plan,
)
from settlement.rules import validate, validate_collateral, validate_escrow
from settlement.service_errors import PlanNotFound
from settlement.terms import Calendar, Terms

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from portal.agreement.drafting import Wanted
    from portal.world import World
    from settlement.records import EscrowRecord
    from settlement.token import TokenInfo

DAY: Final = 86_400
_EVERY: Final = re.compile(r"([1-9][0-9]{0,8})?(months?|days?|hours?|seconds?)", re.ASCII)
_SECONDS: Final = {"day": DAY, "hour": 3600, "second": 1}
_SHORTEST_PREFIX: Final = 6  # characters of an id, 0x included


@dataclass(frozen=True)
class Security:
    """Collateral for a plan, as a person writes it.

    token    a key's name, address, or "test" for the token to try out with
    amount   in that token; reserve in the plan's token
    """

    token: str
    amount: str
    reserve: str
    start_percent: int
    auction_hours: int


@dataclass(frozen=True)
class Checked:
    """A paper that fits this workspace: its chain, its book, and tokens that are what the paper says.

    module   this workspace's Collateral contract, None where it has none
    pledged  the collateral's token as the chain has it; None without collateral
    file     the file that it was read from; None when the workspace's own row was meant
    """

    paper: Paper
    module: str | None
    pledged: TokenInfo | None
    file: Path | None = None


def chain_now(world: World) -> int:
    """The time of the plans' chain, which decides about money."""
    return world.chain("plans").head().timestamp


def token_address(world: World, text: str) -> str:
    """The address meant by "test" (the token to try out with), a key's name, or an address.

    Raises DeploymentMissing, AddressInvalid, KeyMissing.
    """
    from portal.deployments import placed_on
    from portal.test_token import NAME

    if text == "test":
        return placed_on(world.workspace, world.chain("plans"), NAME).address
    return world.keys.resolve(text)


def ask_token(book: Book | EscrowBook, option: str, address: str) -> TokenInfo:
    """What the token at an address says about itself.

    Raises ArgumentInvalid where there is no contract, TokenInvalid.
    """
    from onchain.errors import NoSuchContract

    try:
        return book.token(address)
    except NoSuchContract as exc:
        raise ArgumentInvalid(option, address, "there is no contract at that address on the plans' chain") from exc


def book(world: World, record: PlanRecord | Paper, key: str | None = None) -> Book:
    """The repayment book that the plan is of, to look at or, with a key, to send to."""
    sender = None if key is None else world.sender("plans", key)
    return Book(world.chain("plans"), record.book, collateral=world.addresses().collateral, sender=sender)


def escrow_book(world: World, record: EscrowRecord | Paper, key: str | None = None) -> EscrowBook:
    """The escrow book that the escrow is of, to look at or, with a key, to send to."""
    return EscrowBook(world.chain("plans"), record.book, sender=None if key is None else world.sender("plans", key))


def draft_plan(
    world: World,
    name: str,
    *,
    debtor: str,
    creditor: str,
    token: str,
    every: str,
    agreement: Path | Wanted | None,
    jurisdiction: str,
    security: Security | None,
    **terms: Any,  # as `settlement.draft.draft` names and checks them
) -> Paper:
    """Draft a plan, keep it in the workspace and write its file, and its agreement's where one is wanted.

    debtor, creditor   a key's name or an address
    every              time between installments: "month", "3months", "30days", "12hours", "60seconds"
    agreement          a file of the parties' own, or how the one that is made from the terms is to be said

    Raises what `draft`, `draft_collateral`, `agree`, `KeyRing.resolve` and `Book.token` raise, ArgumentInvalid,
    FileMissing.
    """
    chain, addresses = world.chain("plans"), world.addresses()
    looking = Book(chain, addresses.repayment_book)
    info = ask_token(looking, "--token", token_address(world, token))
    calendar, interval = parse_every(every)
    file, wanted = (agreement, None) if agreement is None or isinstance(agreement, Path) else (None, agreement)
    opened = _agreement(file)
    tag = Opening(jurisdiction, secrets.token_bytes(32)) if jurisdiction else None
    module = pledged = other = None
    if security is not None:
        module = addresses.require_collateral(chain.chain_id)
        other = ask_token(looking, "--collateral-token", token_address(world, security.token))
        pledged = draft_collateral(
            token=other.address,
            decimals=other.decimals,
            amount=security.amount,
            reserve=security.reserve,
            payment_decimals=info.decimals,
            start_bps=security.start_percent * 100,
            auction_seconds=security.auction_hours * 3600,
        )
    at = chain.head().timestamp
    made = draft(
        now=at,
        debtor=world.keys.resolve(debtor),
        creditor=world.keys.resolve(creditor),
        token=info.address,
        decimals=info.decimals,
        agreement=ZERO_32 if wanted else _commitment(opened),
        jurisdiction=jurisdiction_commitment(tag.salt, tag.text) if tag else secrets.token_bytes(32),
        salt=secrets.token_bytes(32),
        calendar=calendar,
        interval=interval,
        collateral=module,
        collateral_terms=pledged,
        book=addresses.repayment_book,
        **terms,
    )
    pdf = b""
    if wanted is not None:
        from portal.agreement.drafting import agree
        from portal.fonts import report_fonts

        made, opened, pdf = agree(
            wanted,
            made,
            chain=(chain.chain_id, chain.profile.name),
            book=addresses.repayment_book,
            token=info,
            pledged=pledged,
            pledged_token=other,
            jurisdiction=tag,
            drawn_at=at,
            fonts_of=report_fonts,
        )
    paper = Paper(
        name, chain.chain_id, addresses.repayment_book, info.symbol, info.decimals, made, pledged, opened, tag
    )
    if pdf:
        write_output(agreement_file(world, paper), pdf)
    return keep(world, paper, info)


def draft_an_escrow(
    world: World,
    name: str,
    *,
    payer: str,
    payee: str,
    token: str,
    amount: str,
    fund_by: int,
    expires_at: int,
    agreement: Path | None,
) -> Paper:
    """Draft an escrow, keep it in the workspace and write its file.  Raises as `draft_plan` and `draft_escrow`."""
    chain = world.chain("plans")
    address = world.addresses().require_escrow_book(chain.chain_id)
    info = ask_token(EscrowBook(chain, address), "--token", token_address(world, token))
    opened = _agreement(agreement)
    made = draft_escrow(
        now=chain.head().timestamp,
        payer=world.keys.resolve(payer),
        payee=world.keys.resolve(payee),
        token=info.address,
        decimals=info.decimals,
        amount=amount,
        fund_by=fund_by,
        expires_at=expires_at,
        agreement=_commitment(opened),
        salt=secrets.token_bytes(32),
        book=address,
    )
    paper = Paper(name, chain.chain_id, address, info.symbol, info.decimals, made, agreement=opened)
    return keep(world, paper, info)


def keep(world: World, paper: Paper, token: TokenInfo) -> Paper:
    """Put a paper into the workspace: its row with its signatures, and its file.  Raises RecordConflict."""
    at = now()
    common: dict[str, Any] = {
        "name": paper.name,
        "chain_id": paper.chain_id,
        "book": paper.book,
        "token": token,
        "now": at,
    }
    with world.engine.begin() as connection:
        if isinstance(paper.terms, Terms):
            plan = paper.id
            add_plan(connection, plan_id=plan, terms=paper.terms, collateral_terms=paper.collateral_terms, **common)
            for role, signature in zip((Role.DEBTOR, Role.CREDITOR), paper.signatures, strict=True):
                if signature is not None:
                    sign_plan(connection, plan, role=role, signature=signature, now=at)
        else:
            add_escrow(connection, escrow_id=paper.id, terms=paper.terms, **common)
            for payer, signature in zip((True, False), paper.signatures, strict=True):
                if signature is not None:
                    sign_escrow(connection, paper.id, payer=payer, signature=signature, now=at)
    write_output(paper_file(world, paper), paper.to_bytes())
    return paper


def check_paper(world: World, paper: Paper, *, foreign_module: bool = False, file: Path | None = None) -> Checked:
    """Return when a paper fits this workspace, its tokens are what it says, and its terms obey the books' rules.

    The rules are checked without the clock, so that a plan of long ago is still one.

    foreign_module   True: to look at only; collateral may be with a contract that is not this workspace's

    Raises PaperInvalid, TokenInvalid and the TermsInvalid subclass of the first rule that is broken.
    """
    chain, addresses = world.chain("plans"), world.addresses()
    ours = addresses.repayment_book if paper.is_plan else addresses.require_escrow_book(chain.chain_id)
    if paper.chain_id != chain.chain_id:
        raise PaperInvalid(paper.name, f"is for chain {paper.chain_id}, this workspace uses {chain.chain_id}")
    if paper.book != ours:
        raise PaperInvalid(paper.name, f"is for the book {paper.book}, this workspace uses {ours}")
    terms, collateral = paper.terms, paper.collateral_terms
    if isinstance(terms, Terms):
        if terms.has_collateral and terms.collateral != addresses.collateral and not foreign_module:
            raise PaperInvalid(
                paper.name,
                f"puts the collateral into {terms.collateral}, "
                f"this workspace's Collateral contract is {addresses.collateral or 'not there'}",
            )
        validate(terms, now=min(terms.sign_by, terms.first_due_at), book=ours)
        if collateral is not None:
            validate_collateral(collateral, terms)
    else:
        validate_escrow(terms, now=terms.fund_by, book=ours)
    looking = Book(chain, addresses.repayment_book)
    info = _paper_token(looking, paper, terms.token)
    if (info.decimals, info.symbol) != (paper.decimals, paper.symbol):
        raise PaperInvalid(
            paper.name,
            f"says {paper.decimals} decimals of {paper.symbol}, the token says {info.decimals} of {info.symbol}",
        )
    pledged = None if collateral is None else _paper_token(looking, paper, collateral.token)
    return Checked(paper, addresses.collateral, pledged, file)


def take_in(world: World, paper: Paper) -> Paper:
    """Keep a paper that came from somebody else.  Raises what `check_paper` raises, and RecordConflict."""
    check_paper(world, paper)
    token = Book(world.chain("plans"), world.addresses().repayment_book).token(paper.terms.token)
    return keep(world, paper, token)


def sign_paper(world: World, paper: Paper, key: str) -> Paper:
    """Sign with a key of the workspace, which must be a party's.  Raises NotAParty and what opening the key raises."""
    address = world.keys.address(key)
    if address not in paper.parties:
        raise NotAParty(key, address, ", ".join(f"{r} {a}" for r, a in zip(paper.roles, paper.parties, strict=True)))
    role = paper.roles[paper.parties.index(address)]
    return paper.with_signature(role, world.keys.signer(key).sign_typed_data(paper.typed_data))


def paper_file(world: World, paper: Paper) -> Path:
    """Where the workspace keeps a paper."""
    return world.workspace.plans / f"{paper.id}.json"


def agreement_file(world: World, paper: Paper) -> Path:
    """Where the workspace keeps the agreement that was made from a plan's terms."""
    return world.workspace.plans / f"{paper.id}.agreement.pdf"


def trusted_paper(world: World, text: str, *, foreign_module: bool = False) -> Checked:
    """The paper meant by the name or id of a plan or escrow of the workspace, or else by a file's path; checked.

    A name or id that the workspace knows comes before any file, and the workspace's row is then the truth.  Only what
    has a "/" or ends in ".json" is taken for a path, so that no file that lies about can stand for a name.

    Raises PlanUnknown, FileMissing and what `check_paper` raises.
    """
    known = _known_paper(world, text)
    if known is not None:
        return check_paper(world, known, foreign_module=foreign_module)
    if "/" not in text and not text.endswith(".json"):
        raise PlanUnknown(text)
    file = Path(text)
    return check_paper(world, Paper.read(file), foreign_module=foreign_module, file=file)


def _known_paper(world: World, text: str) -> Paper | None:
    record: PlanRecord | EscrowRecord
    try:
        record = find_plan_record(world, text)
    except PlanUnknown:
        try:
            record = find_escrow_record(world, text)
        except EscrowUnknown:
            return None
    if isinstance(record, PlanRecord):
        collateral, signatures = record.collateral_terms, (record.debtor_signature, record.creditor_signature)
    else:
        collateral, signatures = None, (record.payer_signature, record.payee_signature)
    paper = Paper(
        record.name,
        record.chain_id,
        record.book,
        record.symbol,
        record.decimals,
        record.terms,
        collateral,
        signatures=signatures,
    )
    file = paper_file(world, paper)
    if not file.is_file():
        return paper
    # The openings of the commitments, and a signature that came with a file put there by hand, are only in the file.
    kept = Paper.read(file)
    if kept.id != paper.id:
        raise PaperInvalid(str(file), f"is not the paper of {record.name}, whose id is {paper.id}")
    first, second = (mine or theirs for mine, theirs in zip(paper.signatures, kept.signatures, strict=True))
    return replace(paper, agreement=kept.agreement, jurisdiction=kept.jurisdiction, signatures=(first, second))


def find_plan_record(world: World, text: str) -> PlanRecord:
    """The plan of a name, an id, or the beginning of one id.  Raises PlanUnknown."""
    with world.engine.connect() as connection:
        found = [p for p in list_plans(connection) if _means(text, p.name, p.plan_id)]
    if len(found) != 1:
        raise PlanUnknown(text)
    return found[0]


def maybe_plan(connection: Connection, plan_id: str) -> PlanRecord | None:
    """The plan of an id, None where the workspace has none."""
    try:
        return find_plan(connection, plan_id)
    except PlanNotFound:
        return None


def find_escrow_record(world: World, text: str) -> EscrowRecord:
    """The escrow of a name, an id, or the beginning of one id.  Raises EscrowUnknown."""
    with world.engine.connect() as connection:
        found = [e for e in list_escrows(connection) if _means(text, e.name, e.escrow_id)]
    if len(found) != 1:
        raise EscrowUnknown(text)
    return found[0]


def parse_every(text: str) -> tuple[Calendar, int]:
    """Calendar and interval of "month", "3months", "30days", "12hours", "60seconds".  Raises ArgumentInvalid."""
    match = _EVERY.fullmatch(text.replace(" ", ""))
    if match is None:
        raise ArgumentInvalid("--every", text, "is none of: month, 3months, 30days, 12hours, 60seconds")
    count, unit = int(match[1] or 1), match[2].rstrip("s")
    return (Calendar.MONTHS, count) if unit == "month" else (Calendar.SECONDS, count * _SECONDS[unit])


def _means(text: str, name: str, known: str) -> bool:
    by_id = text.startswith("0x") and len(text) >= _SHORTEST_PREFIX and known.startswith(text.lower())
    return text == name or by_id


def _paper_token(book: Book, paper: Paper, address: str) -> TokenInfo:
    from onchain.errors import NoSuchContract

    try:
        return book.token(address)
    except NoSuchContract as exc:
        raise PaperInvalid(paper.name, f"there is no contract at its token's address {address}") from exc


def _agreement(path: Path | None) -> Opening | None:
    if path is None:
        return None
    outcome = hash_file(str(path))
    if isinstance(outcome, Unhashable):
        raise FileMissing(str(path), outcome.reason)
    return Opening(outcome.sha256.hex(), secrets.token_bytes(32))


def _commitment(opened: Opening | None) -> bytes:
    """The agreement's commitment; without an agreement 32 random bytes, which say nothing to anybody."""
    if opened is None:
        return hashlib.sha256(secrets.token_bytes(32)).digest()
    return agreement_commitment(opened.salt, bytes.fromhex(opened.text))

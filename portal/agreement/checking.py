"""Check an agreement against what it carries, by making it again, and against the plan that was signed.

1  It carries terms that the contract would accept, and nothing else.
2  Every page says what these terms say: made again and compared, as a report is (notary/report/checking.py).
3  The plan's terms are these, but for the one field `agreement`; chain, contract, token and collateral, too.
4  Digest and salt lead to that field: this file, or this file before a signature was added behind it.
5  Both parties signed the plan. A contract wallet's signature only its chain can check (the plan's dossier does).

The first two need the file alone. No network, no clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from notary.errors import ReportInvalid
from notary.report import embedded
from notary.report.checking import Difference, ReportReason, compare
from notary.report.fonts import Fonts
from notary.report.text import BREAK
from notary.verdicts.verdict import Status
from portal.agreement.render import agreement_pdf, edition
from portal.agreement.values import FILE, MAX_BYTES, Agreement
from portal.agreement.verdict import AgreementCheck, AgreementReason, AgreementVerdict
from portal.dossier.check import SIGNATURE_BYTES, signer_of
from portal.errors import AgreementInvalid
from portal.papers import Opening, Paper
from settlement.commitments import agreement_commitment
from settlement.eip712 import ZERO_32, fields_of
from settlement.errors import SettlementError
from settlement.terms import Terms, plan_id

MAX_PDF_BYTES: Final = 32 * 1024 * 1024  # an honest one has about 250 KB; with signatures and their lists a few more
MAX_REVISIONS: Final = 16  # of a PDF that signatures were added to
_SHOWN: Final = 80  # characters of a text that differs
_END: Final = b"%%EOF"

FontsOf = Callable[[tuple[str, ...]], Fonts]

_REASONS: Final = {
    ReportReason.PAGES_DIFFER: AgreementReason.PAGES_DIFFER,
    ReportReason.COVERED: AgreementReason.COVERED,
    ReportReason.ADDED: AgreementReason.ADDED,
    ReportReason.DRAWN_DIFFERENTLY: AgreementReason.DRAWN_DIFFERENTLY,
}
_CERTAIN: Final = (ReportReason.COVERED, ReportReason.ADDED)  # wrong, whoever rendered it


class _Open(Exception):
    """A check that did not pass; private, turned into an AgreementCheck."""

    def __init__(self, reason: AgreementReason, detail: str, status: Status = Status.FAILED) -> None:
        super().__init__(detail)
        self.reason, self.status = reason, status


def carries_agreement(pdf: bytes) -> bool:
    """Whether a PDF says of itself that it is an agreement."""
    try:
        return len(pdf) <= MAX_PDF_BYTES and FILE in embedded.files(pdf, MAX_BYTES)
    except ReportInvalid:
        return False


def agreement_of(pdf: bytes) -> Agreement:
    """What an agreement carries: terms, languages, which text prevails.  Raises AgreementInvalid."""
    if len(pdf) > MAX_PDF_BYTES:
        raise AgreementInvalid(f"it has {len(pdf)} bytes, at most {MAX_PDF_BYTES} are allowed")
    try:
        return Agreement.from_files(embedded.files(pdf, MAX_BYTES))
    except ReportInvalid as exc:
        raise AgreementInvalid(str(exc)) from exc


def check_agreement(pdf: bytes, fonts_of: FontsOf, paper: Paper | None = None) -> AgreementVerdict:
    """The verdict on an agreement.

    fonts_of  gives the fonts for languages; may raise FontsMissing
    paper     the plan that it is held against, its opening unchecked (`Paper.unchecked`)

    Raises FontsMissing, ReportUnmade; whatever is wrong with the file is in the verdict.
    """
    sha256 = hashlib.sha256(pdf).digest()
    plan = "" if paper is None else paper.id
    try:
        given = agreement_of(pdf)
    except AgreementInvalid as exc:
        found = AgreementCheck(1, Status.FAILED, str(exc), AgreementReason.TERMS_INVALID)
        return AgreementVerdict(sha256, None, (found,), plan)
    again = agreement_pdf(given, fonts_of(given.languages))
    made = ((1, lambda: _terms(given)), (2, lambda: _pages(pdf, again, given)))
    checks = [_make(number, check) for number, check in made]
    if paper is not None:
        same = checks[1].status is Status.PASSED
        checks += [
            _make(3, lambda: _plan(given, paper)),
            _make(4, lambda: _digest(pdf, again if same else None, paper)),
            _make(5, lambda: _signatures(paper)),
        ]
    return AgreementVerdict(sha256, given, tuple(checks), plan)


def _make(number: int, check: Callable[[], str]) -> AgreementCheck:
    try:
        return AgreementCheck(number, Status.PASSED, check())
    except _Open as exc:
        return AgreementCheck(number, exc.status, str(exc), exc.reason)


def _terms(given: Agreement) -> str:
    """Reading it has held the terms against the contract's rules."""
    return f"{', '.join(given.languages)}; {given.prevails}; RepaymentBook {given.book}, chain {given.chain_id}"


def _pages(pdf: bytes, again: bytes, given: Agreement) -> str:
    try:
        found = compare(pdf, again, given.edition == edition())
        if found.status is Status.PASSED:
            return ""
        first = next((one for one in found.differences if one.reason in _CERTAIN), found.differences[0])
        detail = f"page {first.page}: {first.detail}" if first.page else first.detail
        if found.status is Status.INDETERMINATE:
            raise _Open(AgreementReason.MAKER_DIFFERS, detail, Status.INDETERMINATE)
        raise _Open(_reason(first, pdf, again), detail)
    except ReportInvalid as exc:
        raise _Open(AgreementReason.PAGES_DIFFER, str(exc)) from exc


def _reason(difference: Difference, pdf: bytes, again: bytes) -> AgreementReason:
    if difference.reason is not ReportReason.TEXT_DIFFERS:
        return _REASONS[difference.reason]
    theirs, mine = (_numbers(embedded.open_pdf(one).pages[difference.page - 1]) for one in (pdf, again))
    return AgreementReason.WORDS_DIFFER if mine == theirs else AgreementReason.NUMBER_DIFFERS


def _numbers(page: Any) -> list[str]:
    """Whatever has a digit in it: amounts, dates, addresses, digests."""
    words = str(page.extract_text()).replace(BREAK, "").split()
    return [word for word in words if any(char.isdigit() for char in word)]


def _plan(given: Agreement, paper: Paper) -> str:
    if not isinstance(paper.terms, Terms):
        raise _Open(AgreementReason.PLAN_DIFFERS, "the file beside is an escrow")
    signed = replace(paper.terms, agreement=ZERO_32)
    pairs: list[tuple[str, object, object]] = [
        (field.label, getattr(given.terms, field.name), getattr(signed, field.name)) for field in fields_of(Terms)
    ]
    pledged = None if given.collateral is None else given.collateral.terms
    pairs += [
        ("chain", given.chain_id, paper.chain_id),
        ("book", given.book, paper.book),
        ("symbol", given.symbol, paper.symbol),
        ("decimals", given.decimals, paper.decimals),
        ("collateralTerms", pledged, paper.collateral_terms),
    ]
    for name, mine, theirs in pairs:
        if mine != theirs:
            detail = f"{name}: {_said(mine)} in the agreement, {_said(theirs)} in the plan"
            raise _Open(AgreementReason.PLAN_DIFFERS, detail)
    return f"plan {paper.id}"


def _said(value: object) -> str:
    return (("0x" + value.hex()) if isinstance(value, bytes) else str(value))[:_SHOWN]


def _digest(pdf: bytes, again: bytes | None, paper: Paper) -> str:
    opened = paper.agreement
    if opened is None:
        detail = "the plan beside does not say which salt its terms were made with"
        raise _Open(AgreementReason.SALT_MISSING, detail, Status.INDETERMINATE)
    digests = [hashlib.sha256(one).digest() for one in _revisions(pdf)]
    if again is not None:  # the same pages, though another program wrote the file anew
        digests.append(hashlib.sha256(again).digest())
    for digest in digests:
        if _leads(opened, digest, paper):
            return f"sha256 {digest.hex()}"
    own = digests[0].hex()
    if opened.text in [digest.hex() for digest in digests]:
        raise _Open(AgreementReason.SALT_DIFFERS, f"sha256 {opened.text} with salt 0x{opened.salt.hex()}")
    raise _Open(AgreementReason.DIGEST_DIFFERS, f"this file {own}, the plan's {opened.text[:64]}")


def _leads(opened: Opening, digest: bytes, paper: Paper) -> bool:
    try:
        return agreement_commitment(opened.salt, digest) == paper.terms.agreement
    except SettlementError:  # a salt of another length
        return False


def _revisions(pdf: bytes) -> Iterator[bytes]:
    """The file, and what it was before parts were added behind it, as a signature is."""
    yield pdf
    end = len(pdf)
    for _ in range(MAX_REVISIONS):
        end = pdf.rfind(_END, 0, end)
        if end < 0:
            return
        after = end + len(_END)
        yield pdf[:after]
        yield pdf[: after + 1]  # with the end of its line
        yield pdf[: after + 2]


def _signatures(paper: Paper) -> str:
    assert isinstance(paper.terms, Terms)
    digest = plan_id(paper.terms, paper.domain)
    for role, party, signature in zip(paper.roles, paper.parties, paper.signatures, strict=True):
        if signature is None:
            raise _Open(AgreementReason.UNSIGNED, f"{role} {party}", Status.INDETERMINATE)
        if signer_of(digest, signature) == party:
            continue
        if len(signature) == SIGNATURE_BYTES:
            raise _Open(AgreementReason.SIGNATURE_INVALID, f"{role} {party}")
        raise _Open(AgreementReason.WALLET_UNASKED, f"{role} {party}", Status.INDETERMINATE)
    return f"{paper.parties[0]}, {paper.parties[1]}"

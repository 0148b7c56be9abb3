"""Reports for tests, of receipts that need no chain; with the fonts that the setup scripts fetch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from support import sealed, stamped

from notary.proofs import bundle
from notary.proofs.receipt import Receipt
from notary.report.facts import build
from notary.report.fonts import Fonts
from notary.report.inputs import ChainFacts, Party, ReportInput, Side
from notary.report.values import Heading, Line, Pairs, Paragraph, Report, Table
from notary.verdicts.trust import Trust
from notary.verdicts.verify import DocumentDigests

FOLDER = Path(__file__).parents[2] / ".tools/fonts"
MADE_AT = sealed.BLOCK_TIME + 86_400
DIGEST = hashlib.sha256(b"bundle").digest()


@cache
def fonts(languages: tuple[str, ...] = ("en",)) -> Fonts:
    return Fonts.find([FOLDER], languages)


def side(receipts: Sequence[Receipt], trust: Trust | None = None, documents: Sequence[bytes] = (), **more: Any) -> Side:
    digests = tuple(sealed.document_of(one) for one in documents)
    known = None if trust is None else trust.to_bytes()
    return Side(bundle.dumps(receipts), known, bundle_digest=DIGEST, documents=digests, **more)


def given(*sides: Side, **more: Any) -> ReportInput:
    """A report's input; by default of one receipt with every kind of anchor, all of them confirmed."""
    full = stamped.full()
    one = side([full.receipt], full.trust, [full.document])
    base = ReportInput(
        sides=sides or (one,),
        made_at=MADE_AT,
        case="Weber v. Kraft",
        parties=(Party("Weber GmbH", "claimant"), Party("A. Kraft", "respondent")),
        prepared_by="M. Weber",
        program="tallystick 0.4.0",
        program_digest=hashlib.sha256(b"program").digest(),
        page_digest=hashlib.sha256(b"page").digest(),
        chains=(ChainFacts(1, "Ethereum", "https://etherscan.io", "final"),),
    )
    return replace(base, **more)


def many(names: Sequence[str], **more: Any) -> ReportInput:
    """A report of files with these names, anchored in a block of a chain."""
    documents = [b"document %d" % place for place in range(len(names))]
    claims = [{"name": name, "exhibit": f"A-{place + 1}"} for place, name in enumerate(names)]
    batch = sealed.seal(documents, each=claims)
    block = sealed.anchored_block(batch)
    receipts = sealed.anchor(batch, sealed.make_anchor(block, 7, 1))
    return given(side(receipts, sealed.trust_in(block), documents), **more)


def document(data: bytes) -> DocumentDigests:
    return sealed.document_of(data)


def texts(report: Report, place: int = 0) -> str:
    """All that a report says in one of its languages, a line a text."""
    found: list[str] = []

    def said(text: Any) -> None:
        found.append(text if isinstance(text, str) else text[place])

    def lines(cell: Sequence[Line]) -> None:
        for line in cell:
            said(line.text)

    for block in report.blocks:
        if isinstance(block, Heading | Paragraph):
            said(block.text)
        elif isinstance(block, Pairs):
            for name, cell in block.rows:
                said(name)
                lines(cell)
        elif isinstance(block, Table):
            for row in block.rows:
                for cell in row:
                    lines(cell)
        elif hasattr(block, "items"):
            for item in block.items:
                said(getattr(item, "address", item))
    return "\n".join(found)


def said(made: ReportInput, place: int = 0) -> str:
    return texts(build(made), place)

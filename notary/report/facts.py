"""From receipts to everything that a report prints. Pure: no network, clock, file or environment."""

from __future__ import annotations

from notary.report import closing, exhibits, heads
from notary.report.annexes import annexes
from notary.report.inputs import ReportInput
from notary.report.judged import everything, judge
from notary.report.page_one import page_one
from notary.report.text import shown
from notary.report.timeline import timeline
from notary.report.values import Block, Break, Contents, Report
from notary.report.words import Sayer

_CASE_IN_FOOTER = 40  # characters of the case's name; page one has all of it


def build(given: ReportInput) -> Report:
    """The report of what was given; the same input gives the same report.

    Raises ReportInvalid, ReceiptInvalid, TrustInvalid.
    """
    sayer = Sayer(given.languages, given.utc_offset_minutes)
    sides = judge(given)
    listed = everything(sides)
    blocks: list[Block] = [
        *page_one(given, sides, sayer),
        Break(),
        Contents(sayer.say("contents")),
        *exhibits.index(sides, sayer),
        *timeline(listed, sayer),
        *exhibits.custody(sides, sayer),
        *heads.anchors(given, listed, sayer),
        *exhibits.results(listed, sayer),
        *closing.records(given, sides, sayer),
        *closing.limits(sayer),
        *closing.checking(sayer),
        *closing.made(given, sides, sayer),
        *exhibits.technical(listed, sayer),
        *closing.glossary(sayer),
        *annexes(given, sides, sayer),
        *closing.signatures(sayer),
    ]
    case = shown(given.case)
    if len(case) > _CASE_IN_FOOTER:
        case = case[:_CASE_IN_FOOTER] + "…"
    digests = [side.side.bundle_digest for side in sides]
    bundles = " + ".join(digest.hex() for digest in digests if digest is not None)
    footer = sayer.say("footer", case=case or sayer.say("one.not-stated"), bundle=bundles or sayer.say("footer.none"))
    return Report(
        languages=given.languages,
        title=sayer.say("title"),
        made_at=given.made_at,
        footer=footer,
        page=sayer.say("page", page="{page}", pages="{pages}"),
        blocks=tuple(blocks),
    )

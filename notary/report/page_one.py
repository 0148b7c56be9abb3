"""Page one: what was sealed, when, what follows and what does not, for a reader who has never heard of a hash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notary.report.inputs import Party, ReportInput
from notary.report.judged import Exhibit, Judged, everything
from notary.report.text import shown
from notary.report.values import Block, Bullets, Cell, Heading, Line, Pairs, Paragraph, Said, cell
from notary.report.words import Sayer
from notary.verdicts.verdict import Status

PARTIES_ON_PAGE_ONE: Final = 3
NAME_ON_PAGE_ONE: Final = 40  # characters


def page_one(given: ReportInput, sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    exhibits = everything(sides)
    return [
        Paragraph(sayer.say("one.lead")),
        Pairs(_who(given, sayer)),
        *(Paragraph(text, "warning") for text in _warnings(exhibits, sayer)),
        Heading(2, sayer.say("one.sealed")),
        Paragraph(_sealed(exhibits, sayer)),
        Paragraph(sayer.say("one.sealed.how")),
        Heading(2, sayer.say("one.when")),
        *_when(exhibits, sayer),
        Heading(2, sayer.say("one.result")),
        Pairs(_result(exhibits, sayer)),
        Heading(2, sayer.say("one.follows")),
        Bullets(_follows(exhibits, sayer)),
        Heading(2, sayer.say("one.not")),
        Bullets(tuple(sayer.say(f"one.not.{name}") for name in ("truth", "author", "before", "other", "after"))),
    ]


def _who(given: ReportInput, sayer: Sayer) -> tuple[tuple[Said, Cell], ...]:
    """Names are cut where they would push the rest off the page; closing.made has them whole."""
    nothing = cell(sayer.say("one.not-stated"))
    parties: Cell = tuple(Line(party(one, NAME_ON_PAGE_ONE)) for one in given.parties[:PARTIES_ON_PAGE_ONE])
    left = len(given.parties) - PARTIES_ON_PAGE_ONE
    if left > 0:
        parties = (*parties, Line(sayer.say("fill.more", count=left, part=sayer.say("made"))))
    return (
        (sayer.say("one.case"), cell(cut(given.case)) if given.case else nothing),
        (sayer.say("one.parties"), parties or nothing),
        (sayer.say("one.prepared-by"), cell(cut(given.prepared_by)) if given.prepared_by else nothing),
        (sayer.say("one.prepared-at"), cell(sayer.date(given.made_at))),
    )


def party(one: Party, most: int) -> str:
    """Name and role, in `most` characters each."""
    name = cut(one.name, most)
    return f"{name} ({cut(one.role, most)})" if one.role else name


def cut(text: str, most: int = NAME_ON_PAGE_ONE) -> str:
    return shown(text) if len(text) <= most else shown(text[:most]) + "…"


def _warnings(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> list[Said]:
    total, found = len(exhibits), []

    def count(which: Callable[[Exhibit], bool]) -> int:
        return sum(map(which, exhibits))

    failed = count(lambda one: one.verdict.status is Status.FAILED)
    timeless = count(lambda one: one.latest is None and one.verdict.status is not Status.FAILED)
    dev = count(lambda one: one.dev and one.latest is not None)
    ended = count(lambda one: one.verdict.standing is not None and one.verdict.standing.state not in (None, "current"))
    passed = sayer.status(Status.PASSED)
    if failed:
        found.append(sayer.say("warn.failed", count=failed, total=total))
    if timeless == total:
        proven = any(one.verdict.check(7).status is Status.PASSED for one in exhibits)
        found.append(sayer.say("warn.unconfirmed" if proven else "warn.no-anchor"))
    elif timeless:
        found.append(sayer.say("warn.some-anchor", count=timeless, total=total, passed=passed))
    if dev:
        found.append(sayer.say("warn.dev", count=dev, total=total))
    if ended:
        found.append(sayer.say("warn.ended", count=ended, total=total))
    return found


def _sealed(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> Said:
    if len(exhibits) == 1:
        return sayer.say("one.sealed.one", first=exhibits[0].label)
    return sayer.say("one.sealed.count", count=len(exhibits), first=exhibits[0].label, last=exhibits[-1].label)


def _when(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> list[Block]:
    total = len(exhibits)
    begins = [one.earliest for one in exhibits if one.earliest is not None]
    ends = [one.latest for one in exhibits if one.latest is not None]

    def said(key: str, known: list[int], date: Said) -> Said:
        if len(known) == total:
            return date
        return sayer.say(key, date=date, known=len(known), count=total)

    earliest = said("one.earliest.some", begins, sayer.date(min(begins))) if begins else sayer.say("one.earliest.none")
    latest = said("one.latest.some", ends, sayer.date(max(ends))) if ends else sayer.say("one.latest.none")
    rows = (
        (sayer.say("one.earliest"), cell(earliest, "strong")),
        (sayer.say("one.latest"), cell(latest, "strong")),
    )
    if not ends:
        return [Pairs(rows)]
    return [Pairs(rows), Paragraph(sayer.say("one.when.margin", sources=_sources(exhibits, sayer)), "small")]


def _sources(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> Said:
    """Who noted the time: each kind of source once, in a few words."""
    found: dict[str, None] = {}
    for exhibit in exhibits:
        if exhibit.latest is not None:
            found |= dict.fromkeys(source.kind for source in exhibit.verdict.interval.sources)
    return sayer.join([sayer.say(f"one.source.{kind}") for kind in found])


def _result(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> tuple[tuple[Said, Cell], ...]:
    rows: list[tuple[Said, Cell]] = []
    means = {Status.PASSED: "passed", Status.INDETERMINATE: "open", Status.FAILED: "failed"}
    for status, name in means.items():
        count = sum(one.verdict.status is status for one in exhibits)
        if count:
            said = sayer.say("one.result.count", status=sayer.status(status), count=count, total=len(exhibits))
            rows.append((said, cell(sayer.say(f"one.result.{name}"))))
    return tuple(rows)


def _follows(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> tuple[Said, ...]:
    if all(one.latest is None for one in exhibits):
        found = [sayer.say("one.follows.nothing"), sayer.say("one.follows.same")]
    else:
        found = [
            sayer.say("one.follows.time", passed=sayer.status(Status.PASSED)),
            sayer.say("one.follows.same"),
            sayer.say("one.follows.change"),
        ]
    compared = sum(one.same_document.status is Status.PASSED for one in exhibits)
    if compared:
        found.append(sayer.say("one.follows.compared", count=compared, total=len(exhibits)))
    return tuple(found)

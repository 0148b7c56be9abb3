"""The timeline: between which two points in time the files came to be, as bars on one scale."""

from __future__ import annotations

from notary.report.judged import Exhibit, grouped, numbers
from notary.report.values import Block, Heading, Mark, Paragraph, Timeline
from notary.report.words import Sayer, iso

MOST_BARS = 24  # that fit a page; the rest stands in the index, and the report says so
SCALE = 1000
_TICKS = 4
_LEAST_SPAN = 60  # seconds across the picture


def timeline(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> list[Block]:
    heading = Heading(1, sayer.say("timeline"))
    limits = grouped(exhibits, lambda one: (one.earliest, one.latest))
    groups = [(begin, end, members) for (begin, end), members in limits if end is not None]
    if not groups:
        return [heading, Paragraph(sayer.say("timeline.none"))]
    groups.sort(key=lambda group: (group[1], group[0] or 0))
    drawn, left = groups[:MOST_BARS], groups[MOST_BARS:]
    points = [point for begin, end, _ in drawn for point in (begin, end) if point is not None]
    first, last = min(points), max(points)
    span = max(last - first, _LEAST_SPAN)
    first, last = first - span // 10, last + span // 20

    def place(seconds: int) -> int:
        return (seconds - first) * SCALE // (last - first)

    marks = tuple(
        Mark(
            sayer.say("timeline.group", exhibits=numbers(members), count=len(members)),
            f"{'…' if begin is None else iso(begin)} – {iso(end)}",
            None if begin is None else place(begin),
            place(end),
        )
        for begin, end, members in drawn
    )
    step = (last - first) // (_TICKS - 1)
    ticks = tuple((place(first + number * step), iso(first + number * step)) for number in range(_TICKS))
    alt = sayer.say("timeline.alt", first=iso(first), last=iso(last), count=len(marks))
    blocks: list[Block] = [heading, Paragraph(sayer.say("timeline.lead")), Timeline(marks, ticks, alt)]
    if left:
        files = sum(len(members) for _, _, members in left)
        blocks.append(Paragraph(sayer.say("timeline.more", count=len(left), files=files)))
    return blocks

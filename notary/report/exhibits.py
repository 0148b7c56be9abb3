"""The exhibits one by one: index, who had them, results with their reasons, particulars for an expert."""

from __future__ import annotations

from notary.report.judged import Exhibit, Judged, grouped, numbers
from notary.report.text import shown
from notary.report.values import Block, Cell, Column, Heading, Line, Paragraph, Said, Table, cell
from notary.report.words import Sayer, iso, quoted
from notary.sealing.claim import DIGEST_SIZES
from notary.verdicts.verdict import LOCALES, Reason, Status, printable

_MORE_DIGESTS = tuple(name for name in DIGEST_SIZES if name != "sha256")


def index(sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    """Every exhibit: what it is, when, and what came out."""
    blocks: list[Block] = [Heading(1, sayer.say("index")), Paragraph(sayer.say("index.lead"))]
    columns = (
        Column(sayer.say("index.number"), 11),
        Column(sayer.say("custody.exhibit"), 18),
        Column(sayer.say("index.file"), 98),
        Column(sayer.say("index.time"), 35),
        Column(sayer.say("index.result"), 28),
    )
    for side in sides:
        blocks += _of_side(side, sides, sayer)
        blocks.append(Table(columns, tuple(_row(exhibit, sayer) for exhibit in side.exhibits)))
    return blocks


def _of_side(side: Judged, sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    """Whose the following is, where several put something forward."""
    if len(sides) == 1:
        return []
    return [Heading(2, sayer.say("index.side", label=shown(side.side.label) or f"{sides.index(side) + 1}"))]


def _row(exhibit: Exhibit, sayer: Sayer) -> tuple[Cell, ...]:
    hidden = sayer.say("index.hidden")

    def text(name: str) -> Said:
        value = exhibit.field(name)
        return hidden if value is None else quoted(value)

    what = [sayer.say("index.bytes", size=text("size"))]
    if exhibit.field("media_type") is not None:
        what.insert(0, text("media_type"))
    if exhibit.field("kind") is not None:
        what.insert(0, text("kind"))
    unknown = sayer.say("index.unknown")
    earliest: Said = unknown if exhibit.earliest is None else iso(exhibit.earliest)
    latest: Said = unknown if exhibit.latest is None else iso(exhibit.latest)
    label: Said = sayer.say("index.unnumbered") if exhibit.field("exhibit") is None else exhibit.label
    return (
        cell(str(exhibit.number)),
        cell(label, "strong"),
        (Line(text("name"), "strong"), Line(sayer.join(what), "small"), Line(text("sha256"), "code")),
        (Line(earliest, "small"), Line(latest, "small")),
        (Line(sayer.status(exhibit.verdict.status), "strong"), *_state(exhibit, sayer)),
    )


def _state(exhibit: Exhibit, sayer: Sayer) -> Cell:
    """What else to know beside the result: the code of its reason, its end, whether the file was compared."""
    lines = []
    if exhibit.verdict.reason is not None:
        lines.append(Line(exhibit.verdict.reason.value, "small"))
    standing = exhibit.verdict.standing
    if standing is not None and standing.state not in (None, "current"):
        lines.append(Line(sayer.say(f"index.state.{standing.state}"), "small"))
    compared = {Status.PASSED: "same", Status.FAILED: "other"}.get(exhibit.same_document.status, "none")
    lines.append(Line(sayer.say(f"index.document.{compared}"), "small"))
    return tuple(lines)


def custody(sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    """Who collected, who sealed, who signed for it: as stated, with what the log fixed of it."""
    blocks: list[Block] = [Heading(1, sayer.say("custody")), Paragraph(sayer.say("custody.lead"))]
    columns = (
        Column(sayer.say("index.number"), 12),
        Column(sayer.say("custody.exhibit"), 20),
        Column(sayer.say("custody.collected"), 58),
        Column(sayer.say("custody.sealed"), 50),
        Column(sayer.say("custody.signed"), 50),
    )
    for side in sides:
        blocks += _of_side(side, sides, sayer)
        blocks.append(Table(columns, tuple(_custody_row(exhibit, sayer) for exhibit in side.exhibits)))
        heads = {}
        for exhibit in side.exhibits:
            newest = exhibit.receipt.later.case_head if exhibit.receipt.later else exhibit.receipt.case_head
            if exhibit.verdict.check(6).status is Status.PASSED:
                heads[newest.head.case, newest.head.custody] = newest.head
        blocks += [
            Paragraph(sayer.say("custody.count", count=head.custody, head=head.head.hex()), "small")
            for head in heads.values()
        ]
    return blocks


def _custody_row(exhibit: Exhibit, sayer: Sayer) -> tuple[Cell, ...]:
    collected = [
        Line(text, "small")
        for text in (
            _when(exhibit, "captured_at"),
            _named(exhibit, sayer, "captured_by", "custody.by"),
            _named(exhibit, sayer, "source", "custody.from"),
            _named(exhibit, sayer, "tool", "custody.with"),
        )
        if text
    ]
    return (
        cell(str(exhibit.number)),
        cell(exhibit.label, "strong"),
        tuple(collected) or cell(sayer.say("custody.not-stated"), "small"),
        _sealed(exhibit, sayer),
        _signers(exhibit, sayer),
    )


def _when(exhibit: Exhibit, name: str) -> Said:
    value = exhibit.field(name)
    return iso(value) if isinstance(value, int) else ""


def _named(exhibit: Exhibit, sayer: Sayer, name: str, key: str) -> str:
    value = exhibit.field(name)
    return "" if value is None else sayer.named(key, quoted(value))


def _sealed(exhibit: Exhibit, sayer: Sayer) -> Cell:
    proof = exhibit.receipt.custody
    if proof is None or exhibit.verdict.check(12).status is Status.FAILED:
        return cell(sayer.say("custody.not-carried"), "small")
    entry = proof.entry
    lines: list[Said] = [
        iso(entry.at),
        sayer.named("custody.by", shown(entry.by)),
        sayer.say("custody.entry", seq=entry.seq),
    ]
    if entry.about:
        lines.append(shown(entry.about))
    return tuple(Line(text, "small") for text in lines)


def _signers(exhibit: Exhibit, sayer: Sayer) -> Cell:
    if exhibit.receipt.custody is None:
        return cell(sayer.say("custody.not-carried"), "small")
    lines: list[Line] = []
    for signer in exhibit.verdict.signers:
        lines.append(Line(f"{signer.kind} {shown(signer.identity)}", "small"))
        lines.append(Line(sayer.status(signer.check.status), "small"))
    return tuple(lines) or cell(sayer.say("custody.nobody"), "small")


def results(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> list[Block]:
    """The twelve checks of every exhibit; those with the same outcome together, none left out."""
    blocks: list[Block] = [Heading(1, sayer.say("results")), Paragraph(sayer.say("results.lead"))]
    columns = (
        Column(sayer.say("results.check"), 62),
        Column(sayer.say("results.outcome"), 38),
        Column(sayer.say("results.why"), 90),
    )

    def outcome(exhibit: Exhibit) -> tuple[tuple[Status, Reason | None], ...]:
        return tuple((check.status, check.reason) for check in exhibit.verdict.checks)

    for _, members in grouped(exhibits, outcome):
        first, status = members[0], sayer.status(members[0].verdict.status)
        which = sayer.say("timeline.group", exhibits=numbers(members), count=len(members))
        blocks.append(Heading(2, sayer.say("results.group", exhibits=which, status=status)))
        rows: list[tuple[Cell, ...]] = []
        for check in first.verdict.checks:
            why: list[Line] = []
            if check.reason is not None:
                why.append(Line(sayer.meaning(check.reason), "small"))
            if check.reason is not Reason.NOT_REACHED and check.number != 9:
                why.append(Line(printable(check.detail), "small"))
            if check.number == 9 and check.status is Status.PASSED:
                why.append(Line(_interval(first, sayer), "small"))
            code = () if check.reason is None else (Line(check.reason.value, "small"),)
            title = sayer.join([f"{check.number}", sayer.check(check.number)], "list.number")
            rows.append((cell(title), (Line(sayer.status(check.status), "strong"), *code), tuple(why)))
        blocks.append(Table(columns, tuple(rows)))
        blocks += [Paragraph(_note(first, place, sayer), "small") for place in range(len(first.verdict.notes))]
    return blocks


def _interval(exhibit: Exhibit, sayer: Sayer) -> Said:
    from notary.verdicts.reasons import words

    return tuple(shown(exhibit.verdict.interval.say(words(language))) for language in sayer.languages)


def _note(exhibit: Exhibit, place: int, sayer: Sayer) -> Said:
    from notary.verdicts.reasons import words

    assert set(sayer.languages) <= set(LOCALES)
    note = exhibit.verdict.notes[place]
    return sayer.say("results.note", text=tuple(shown(note.say(words(language))) for language in sayer.languages))


def technical(exhibits: tuple[Exhibit, ...], sayer: Sayer) -> list[Block]:
    """What an expert looks for first; the proofs themselves are in the embedded receipts."""
    columns = (
        Column(sayer.say("index.number"), 12),
        Column(sayer.say("custody.exhibit"), 20),
        Column(sayer.say("technical.entry"), 26),
        Column(sayer.say("technical.values"), 132),
    )
    rows = []
    for exhibit in exhibits:
        entry, opening = exhibit.receipt.entry, exhibit.receipt.opening
        values: list[str] = []
        if exhibit.verdict.check(3).status is Status.PASSED:
            values.append(sayer.named("technical.commitment", opening.commitment().hex()))
        for name in (*_MORE_DIGESTS, "name_bytes"):
            if exhibit.field(name) is not None:
                values.append(f"{name}: {quoted(exhibit.field(name))}")
        for name, key in (("continues", "technical.continues"), ("not_before_block", "technical.not-before")):
            if exhibit.field(name) is not None:
                values.append(sayer.named(key, quoted(exhibit.field(name))))
        values += [sayer.named("technical.storage", shown(one.cid)) for one in exhibit.receipt.storage]
        lines = [Line(value, "code") for value in values]
        if opening.hidden_count():
            lines.append(Line(sayer.say("technical.hidden", count=opening.hidden_count()), "small"))
        place = sayer.say("technical.entry.of", index=entry.index, size=entry.size)
        rows.append((cell(str(exhibit.number)), cell(exhibit.label, "strong"), cell(place, "small"), tuple(lines)))
    lead = Paragraph(sayer.say("technical.lead"))
    return [Heading(1, sayer.say("technical")), lead, Table(columns, tuple(rows))]

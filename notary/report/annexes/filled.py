"""The facts that forms of annexes ask for, as far as the receipts and the issuer's statements answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from notary.report.inputs import ReportInput
from notary.report.judged import Exhibit, Judged, everything, grouped, numbers
from notary.report.text import shown
from notary.report.values import Cell, Line, Said, cell
from notary.report.words import Sayer, iso, quoted
from notary.verdicts.verdict import AnchorResult, Status

MOST_LINES = 12  # of one field; the rest is in the parts that the field names


class Filler:
    """facts  by the names that notary/report/annexes uses"""

    def __init__(self, given: ReportInput, sides: tuple[Judged, ...], sayer: Sayer) -> None:
        self._given, self._sayer = given, sayer
        self._exhibits = everything(sides)
        self.facts: Mapping[str, Callable[[], Cell]] = {
            "authorities": self._authorities,
            "blocks": self._blocks,
            "case": self._case,
            "collected": self._collected,
            "compared": self._compared,
            "digests": self._digests,
            "enclosed": lambda: cell(sayer.say("fill.enclosed")),
            "entered": self._entered,
            "files": self._files,
            "platform": self._platform,
            "process": lambda: cell(sayer.say("fill.process")),
            "program": self._program,
            "retrieved": lambda: cell(sayer.say("fill.retrieved", date=sayer.date(given.made_at))),
            "sha256": lambda: cell(sayer.say("fill.sha256")),
            "times": self._times,
        }

    def _lines(self, lines: list[Line], part: str) -> Cell:
        """At most MOST_LINES, and where the rest is."""
        if len(lines) <= MOST_LINES:
            return tuple(lines) or cell(self._sayer.say("fill.none"))
        more = self._sayer.say("fill.more", count=len(lines) - MOST_LINES, part=self._sayer.say(part))
        return (*lines[:MOST_LINES], Line(more, "small"))

    def _case(self) -> Cell:
        return cell(shown(self._given.case)) if self._given.case else cell(self._sayer.say("one.not-stated"))

    def _files(self) -> Cell:
        said = self._sayer.say("fill.files", count=len(self._exhibits), part=self._sayer.say("index"))
        return cell(said)

    def _digests(self) -> Cell:
        lines = []
        for one in self._exhibits:
            digest = one.field("sha256")
            said: Said = f"{one.label}: {digest}"
            if digest is None:
                said = self._sayer.say("list.pair", name=one.label, value=self._sayer.say("index.hidden"))
            lines.append(Line(said, "code"))
        return self._lines(lines, "index")

    def _compared(self) -> Cell:
        same = sum(one.same_document.status is Status.PASSED for one in self._exhibits)
        return cell(self._sayer.say("fill.compared", count=same, total=len(self._exhibits)))

    def _collected(self) -> Cell:
        lines = []

        def told(one: Exhibit) -> tuple[str, str, str]:
            return field(one, "captured_by"), field(one, "source"), field(one, "tool")

        def field(one: Exhibit, name: str) -> str:
            return quoted(one.field(name) or "–")

        for (by, source, tool), members in grouped(self._exhibits, told):
            said = self._sayer.say("fill.collected", numbers=numbers(members), by=by, source=source, tool=tool)
            lines.append(Line(said, "small"))
        return self._lines(lines, "custody")

    def _anchors(self, kind: str) -> list[AnchorResult]:
        """Confirmed ones that date exhibits, each once."""
        sources = (
            source for one in self._exhibits if one.latest is not None for source in one.verdict.interval.sources
        )
        of_kind = grouped((one for one in sources if one.kind == kind), lambda one: (one.timestamp, repr(one.facts)))
        return [members[0] for _, members in of_kind]

    def _blocks(self) -> Cell:
        chains = {one.chain_id: shown(one.name) for one in self._given.chains}
        lines = []
        for result in self._anchors("evm"):
            facts = result.facts
            chain_id = facts["chain_id"]
            name = chains.get(chain_id, "") if isinstance(chain_id, int) else ""
            said = self._sayer.say(
                "fill.block",
                chain=f"{name} ({chain_id})",
                number=str(facts["block_number"]),
                hash=str(facts["block_hash"]),
                time=iso(result.timestamp or 0),
            )
            lines.append(Line(said, "small"))
        for result in self._anchors("ots"):
            facts = result.facts
            said = self._sayer.say(
                "fill.block",
                chain="Bitcoin",
                number=str(facts["height"]),
                hash=str(facts["block_hash"]),
                time=iso(result.timestamp or 0),
            )
            lines.append(Line(said, "small"))
        return self._lines(lines, "anchors")

    def _authorities(self) -> Cell:
        lines = []
        for result in self._anchors("rfc3161"):
            qualified = self._sayer.say(f"anchor.qualified.{'yes' if result.qualified else 'no'}")
            said = self._sayer.say(
                "fill.stamp",
                name=shown(str(result.facts["authority"])),
                time=iso(result.timestamp or 0),
                serial=str(result.facts["serial"]),
                qualified=qualified,
            )
            lines.append(Line(said, "small"))
        return self._lines(lines, "anchors")

    def _entered(self) -> Cell:
        lines = []
        for (latest,), members in grouped(self._exhibits, lambda one: (one.latest,)):
            time: Said = self._sayer.say("one.latest.none") if latest is None else iso(latest)
            lines.append(Line(self._sayer.say("fill.entered", numbers=numbers(members), time=time), "small"))
        return self._lines(lines, "index")

    def _times(self) -> Cell:
        lines = []
        for (begin, end), members in grouped(self._exhibits, lambda one: (one.earliest, one.latest)):
            unknown = self._sayer.say("index.unknown")
            said = self._sayer.say(
                "fill.times",
                numbers=numbers(members),
                begin=unknown if begin is None else iso(begin),
                end=unknown if end is None else iso(end),
            )
            lines.append(Line(said, "small"))
        return self._lines(lines, "index")

    def _platform(self) -> Cell:
        origins = dict.fromkeys(shown(one.receipt.log.origin) for one in self._exhibits)
        lines = [Line(self._sayer.say("fill.platform", origin=origin), "small") for origin in origins]
        return self._lines(lines, "anchors")

    def _program(self) -> Cell:
        digest = self._given.program_digest
        known: Said = self._sayer.say("made.not-known") if digest is None else digest.hex()
        program: Said = shown(self._given.program) or self._sayer.say("made.not-known")
        return cell(self._sayer.say("fill.program", program=program, digest=known))

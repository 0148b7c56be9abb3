"""What a validation of an evidence record found: numbered checks with reason codes, and until when to renew it.

The reason codes are stable: programs may rely on them. The sentences beside them are for people and may change.
"""

from __future__ import annotations

from dataclasses import dataclass

from notary.jcs import Json
from notary.records.algorithms import Ending, Facts
from notary.verdicts.reasons import words
from notary.verdicts.reasons.records import EN, RECORD_WORDS, RecordReason
from notary.verdicts.verdict import Status, printable, utc

TITLES = EN.titles
"""What each check looks at; check n is TITLES[n - 1]."""


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """One numbered check; `reason` is set unless it passed, `detail` is one sentence with its numbers."""

    number: int
    status: Status
    detail: str
    reason: RecordReason | None = None

    @property
    def title(self) -> str:
        return TITLES[self.number - 1]

    def to_json(self) -> dict[str, Json]:
        return {
            "number": self.number,
            "title": self.title,
            "status": self.status.value,
            "reason": self.reason.value if self.reason else None,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class StampResult:
    """What was found about one archive time-stamp.

    chain, place  both from 0
    hash_name     of its chain
    at            genTime, Unix seconds; None where the token cannot be read
    facts         what it rests on; None where its signature does not hold
    """

    chain: int
    place: int
    hash_name: str | None
    at: int | None
    facts: Facts | None

    def to_json(self) -> dict[str, Json]:
        uses: list[Json] = [] if self.facts is None else [str(use) for use in self.facts.uses]
        return {"chain": self.chain, "place": self.place, "hash": self.hash_name, "time": self.at, "algorithms": uses}


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The result of a validation.

    checks               all eight, in order
    stamps               the archive time-stamps, the oldest first
    not_after            Unix seconds by which the documents existed; None unless the verdict is PASSED
    uncertainty_seconds  of `not_after`
    next_end             what of the last time-stamp ends first, so until when to renew it; None: no end is known
    """

    status: Status
    reason: RecordReason | None
    checks: tuple[RecordCheck, ...]
    stamps: tuple[StampResult, ...] = ()
    not_after: int | None = None
    uncertainty_seconds: int = 0
    next_end: Ending | None = None

    def check(self, number: int) -> RecordCheck:
        return self.checks[number - 1]

    def explain(self, locale: str = "en") -> list[str]:
        """Plain-language lines: the result, each check, what ends next, what is not proven.

        locale  one of notary.verdicts.reasons.LOCALES; details with numbers, and names of algorithms, stay in English
        """
        said, general = RECORD_WORDS[locale], words(locale)
        opened, closed = general.brackets

        def code(reason: RecordReason | None) -> str:
            return f"{opened}{reason}{closed}" if reason else ""

        lines = [f"{general.statuses[self.status]}{code(self.reason)}"]
        if self.reason:
            lines.append(said.meanings[self.reason])
        for check in self.checks:
            title, status = said.titles[check.number - 1], general.statuses[check.status]
            lines.append(f"{check.number}. {title}: {status}{code(check.reason)}. {printable(check.detail)}")
        if self.next_end is not None and self.next_end.until is not None:
            lines.append(said.renew.format(until=utc(self.next_end.until), what=printable(self.next_end.what)))
        return [*lines, said.not_proven]

    def to_json(self) -> dict[str, Json]:
        ending = self.next_end
        return {
            "status": self.status.value,
            "reason": self.reason.value if self.reason else None,
            "checks": [check.to_json() for check in self.checks],
            "stamps": [stamp.to_json() for stamp in self.stamps],
            "not_after": self.not_after,
            "uncertainty_seconds": self.uncertainty_seconds,
            "next_end": None if ending is None else {"what": ending.what, "until": ending.until},
        }

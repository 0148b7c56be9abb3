"""What a validation of an evidence record found: numbered checks with reason codes, and until when to renew it.

The reason codes are stable: programs may rely on them. The sentences beside them are for people and may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from notary.algorithms import Ending, Facts
from notary.jcs import Json
from notary.verdict import Status, printable, utc


class RecordReason(StrEnum):
    """Why a check did not simply pass. The codes are stable; each has its sentence in MEANINGS."""

    INVALID = "er-invalid"
    ENCRYPTED = "er-encrypted"
    NO_DOCUMENT = "er-no-document"
    OBJECT_MISSING = "er-object-missing"
    ROOT_DIFFERS = "er-root-differs"
    CHAIN_BROKEN = "er-chain-broken"
    TOKEN_INVALID = "er-token-invalid"  # noqa: S105 (time-stamp tokens)
    TOKEN_UNTRUSTED = "er-token-untrusted"  # noqa: S105
    TOKEN_EXPIRED = "er-token-expired"  # noqa: S105
    TOKEN_REVOKED = "er-token-revoked"  # noqa: S105
    ALGORITHM_WEAK = "er-algorithm-weak"
    NOT_REACHED = "er-not-reached"


MEANINGS: Mapping[RecordReason, str] = {
    RecordReason.INVALID: "The record was cut off, altered, or is no evidence record. Ask for it again.",
    RecordReason.ENCRYPTED: "The record is about encrypted objects; this program validates records of plain ones.",
    RecordReason.NO_DOCUMENT: "The document that the record is about was not given, or not in every hash it needs.",
    RecordReason.OBJECT_MISSING: "The record is about another document, or this one was changed.",
    RecordReason.ROOT_DIFFERS: "A hash tree does not lead to what its time-stamp stamps: the record was altered.",
    RecordReason.CHAIN_BROKEN: "A renewal does not cover what came before it: the record was altered or put together.",
    RecordReason.TOKEN_INVALID: "A time-stamp's signature does not hold: the token was altered.",
    RecordReason.TOKEN_UNTRUSTED: "You trust no authority that made this time-stamp. Give its root with a trust file.",
    RecordReason.TOKEN_EXPIRED: "A time-stamp was not renewed before its authority's certificate ended.",
    RecordReason.TOKEN_REVOKED: "The certificate of a time-stamp's authority was revoked.",
    RecordReason.ALGORITHM_WEAK: "An algorithm reached its end, by your policy, before it was renewed.",
    RecordReason.NOT_REACHED: "An earlier check failed, so this one says nothing.",
}

TITLES = (
    "record is well-formed",
    "document is an object of the record",
    "hash trees lead to what the tokens stamp",
    "renewals cover what came before them",
    "tokens are signed",
    "authorities are trusted, and tokens were renewed in time",
    "algorithms were good until they were renewed",
    "time",
)
"""What each check looks at; check n is TITLES[n - 1]."""

NOT_PROVEN = "Not proven: that the contents are true, or who made the document; a time-stamp says that it existed."


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

    def explain(self) -> list[str]:
        """Plain-language lines: the result, each check, what ends next, what is not proven."""
        lines = [f"{self.status}{f' ({self.reason})' if self.reason else ''}"]
        if self.reason:
            lines.append(MEANINGS[self.reason])
        for check in self.checks:
            reason = f" ({check.reason})" if check.reason else ""
            lines.append(f"{check.number}. {check.title}: {check.status}{reason}. {printable(check.detail)}")
        if self.next_end is not None and self.next_end.until is not None:
            lines.append(f"Renew before {utc(self.next_end.until)}: {printable(self.next_end.what)} ends then.")
        return [*lines, NOT_PROVEN]

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

"""A side's receipts with their verdicts, in the form that all parts of a report ask for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from notary.errors import ReportInvalid
from notary.proofs import bundle
from notary.proofs.receipt import Receipt
from notary.report.inputs import ReportInput, Side
from notary.report.text import shown
from notary.sealing.claim import Value
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Check, Reason, Status, Verdict
from notary.verdicts.verify import DocumentDigests, Verifier

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One receipt and what came out for it.

    number    1, 2, ... through the whole report
    document  what the issuer read of its document; None: it was not at hand
    """

    number: int
    receipt: Receipt
    verdict: Verdict
    document: DocumentDigests | None

    def field(self, name: str) -> Value | None:
        """A shown field of the claim; None where it is withheld or was never there."""
        return self.verdict.fields.get(name)

    @property
    def label(self) -> str:
        """The exhibit's own number, else its place in the report."""
        value = self.field("exhibit")
        return f"#{self.number}" if value is None else shown(str(value))

    @property
    def earliest(self) -> int | None:
        """Unix seconds with the margin counted in; None: not shown."""
        interval = self.verdict.interval
        if self.latest is None or interval.not_before is None:
            return None
        return interval.not_before - interval.not_before_uncertainty_seconds

    @property
    def latest(self) -> int | None:
        """Unix seconds with the margin counted in; None: no time is proven."""
        timed = self.verdict.check(9).status is Status.PASSED and self.verdict.status is not Status.FAILED
        interval = self.verdict.interval
        if not timed or interval.not_after is None:
            return None
        return interval.not_after + interval.uncertainty_seconds

    @property
    def dev(self) -> bool:
        """The time is a development chain's."""
        return self.verdict.check(8).reason is Reason.DEV_CHAIN

    @property
    def same_document(self) -> Check:
        return self.verdict.check(2)


@dataclass(frozen=True, slots=True)
class Judged:
    """One side."""

    side: Side
    trust: Trust
    exhibits: tuple[Exhibit, ...]


def judge(given: ReportInput) -> tuple[Judged, ...]:
    """Each side's receipts against the trust that the side relies on.

    Raises ReportInvalid, ReceiptInvalid, TrustInvalid.
    """
    found, number = [], 0
    for side in given.sides:
        receipts = bundle.read_any(side.receipts)
        trust = Trust() if side.trust is None else Trust.from_bytes(side.trust)
        documents = side.documents or (None,) * len(receipts)
        if len(documents) != len(receipts):
            raise ReportInvalid(f"{len(documents)} documents are stated for {len(receipts)} receipts")
        verifier = Verifier(trust)
        exhibits = []
        for receipt, document in zip(receipts, documents, strict=True):
            number += 1
            exhibits.append(Exhibit(number, receipt, verifier.verify(receipt, document), document))
        found.append(Judged(side, trust, tuple(exhibits)))
    return tuple(found)


def everything(sides: Iterable[Judged]) -> tuple[Exhibit, ...]:
    return tuple(exhibit for side in sides for exhibit in side.exhibits)


def grouped(items: Iterable[T], key: Callable[[T], K]) -> list[tuple[K, list[T]]]:
    """Items with the same key together, in the order of their first ones."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())


def numbers(exhibits: Sequence[Exhibit]) -> str:
    """1–40, 57: places in the report."""
    runs: list[list[int]] = []
    for exhibit in exhibits:
        if runs and exhibit.number == runs[-1][1] + 1:
            runs[-1][1] = exhibit.number
        else:
            runs.append([exhibit.number, exhibit.number])
    return ", ".join(f"{first}–{last}" if last > first else f"{first}" for first, last in runs)

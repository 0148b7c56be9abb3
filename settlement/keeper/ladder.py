"""The reminder ladder: which notice belongs to which moment of a plan, and who reads it.

    before due     14, 7, 3 and 1 days ahead, then the due date's own morning
    in grace       right after the due date; on the last day of grace
    late           the first late second, then 7, 15 and 30 days later
    default        7 days ahead, and when it has come
    what happened  payment, part payment, cure, completion, auction started, auction sold

A dated notice is due from its moment until the next one of the same installment takes over, so a keeper that was down
for a week sends the one notice that fits the day, not all that it missed.  Moments are chain time; reminders before and
on the due date wait for the morning at the plan's own UTC offset.  The others go out at their exact moment, also at
night: hours in which contact is lawful come with the policy packs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from settlement.schedule import DAY, due_at
from settlement.terms import Terms

LOCALES = ("en", "zh-Hans")
"""Languages in which every notice can be written."""

MORNING = 9 * 3_600
"""Seconds after local midnight at which a day's reminders begin."""

DEFAULT_WARNING_SECONDS = 7 * DAY
"""How long before a default the warning goes out."""


class Role(StrEnum):
    """Who is written to."""

    DEBTOR = "debtor"
    CREDITOR = "creditor"
    OPERATOR = "operator"
    """Whoever runs this workspace; a web hook of their own system."""


class Stage(StrEnum):
    """A rung of the ladder; the word stands in keys, tables and template names, so it never changes."""

    BEFORE_14 = "before-14d"
    BEFORE_7 = "before-7d"
    BEFORE_3 = "before-3d"
    BEFORE_1 = "before-1d"
    DUE_DAY = "due-day"
    GRACE_START = "grace-start"
    GRACE_LAST = "grace-last-day"
    MISSED_1 = "missed-1"
    MISSED_7 = "missed-7d"
    MISSED_15 = "missed-15d"
    MISSED_30 = "missed-30d"
    DEFAULT_WARNING = "default-warning"
    DEFAULT = "default"
    PAID_PART = "paid-part"
    PAID = "paid"
    CURED = "cured"
    COMPLETED = "completed"
    AUCTION_STARTED = "auction-started"
    AUCTION_SOLD = "auction-sold"


ALL_ROLES = frozenset(Role)
DEBTOR_SIDE = frozenset({Role.DEBTOR, Role.OPERATOR})

AUDIENCES: dict[Stage, frozenset[Role]] = {
    Stage.BEFORE_14: DEBTOR_SIDE,
    Stage.BEFORE_7: DEBTOR_SIDE,
    Stage.BEFORE_3: DEBTOR_SIDE,
    Stage.BEFORE_1: DEBTOR_SIDE,
    Stage.DUE_DAY: DEBTOR_SIDE,
    Stage.GRACE_START: DEBTOR_SIDE,
    Stage.GRACE_LAST: DEBTOR_SIDE,
    Stage.MISSED_1: ALL_ROLES,
    Stage.MISSED_7: ALL_ROLES,
    Stage.MISSED_15: ALL_ROLES,
    Stage.MISSED_30: ALL_ROLES,
    Stage.DEFAULT_WARNING: ALL_ROLES,
    Stage.DEFAULT: ALL_ROLES,
    Stage.PAID_PART: ALL_ROLES,
    Stage.PAID: ALL_ROLES,
    Stage.CURED: ALL_ROLES,
    Stage.COMPLETED: ALL_ROLES,
    Stage.AUCTION_STARTED: ALL_ROLES,
    Stage.AUCTION_SOLD: ALL_ROLES,
}
"""Who reads which notice."""

BEFORE_DUE: tuple[tuple[Stage, int], ...] = (
    (Stage.BEFORE_14, 14),
    (Stage.BEFORE_7, 7),
    (Stage.BEFORE_3, 3),
    (Stage.BEFORE_1, 1),
    (Stage.DUE_DAY, 0),
)
"""Stages before the due date and their days ahead, earliest first."""

AFTER_GRACE: tuple[tuple[Stage, int], ...] = (
    (Stage.MISSED_1, 0),
    (Stage.MISSED_7, 7),
    (Stage.MISSED_15, 15),
    (Stage.MISSED_30, 30),
)
"""Stages of lateness and their days after its first second."""

FIRST_MISS = Stage.MISSED_1
"""The one stage of lateness that every installment gets; later ones are only for the oldest uncleared."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A stage of one installment, and the first second at which it is due."""

    at: int
    stage: Stage


def rungs(terms: Terms, k: int) -> Iterator[Rung]:
    """Yield the rungs of installment k in the order of their moments; a later one of the same second takes over.

    k  1..installments

    A stage before the due date that would fall before the previous installment's due date is left out: plans with short
    intervals are reminded of the next installment only.
    """
    due = due_at(terms, k)
    previous = due_at(terms, k - 1) if k > 1 else None
    midnight = due - (due + terms.utc_offset) % DAY
    for stage, days in BEFORE_DUE:
        at = min(midnight + MORNING, due) - days * DAY
        if previous is None or at >= previous:
            yield Rung(at, stage)
    late = due + terms.grace_seconds + 1
    if terms.grace_seconds > 0:
        yield Rung(due + 1, Stage.GRACE_START)
    if terms.grace_seconds > DAY:
        yield Rung(late - DAY, Stage.GRACE_LAST)
    for stage, days in AFTER_GRACE:
        yield Rung(late + days * DAY, stage)

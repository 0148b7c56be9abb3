"""Verdicts that are a list of checks: which of them decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from notary.verdicts.verdict import Status


class Outcome(Protocol):
    """A check with what it found."""

    @property
    def status(self) -> Status: ...


CheckT = TypeVar("CheckT", bound=Outcome)


def deciding_check(checks: Sequence[CheckT]) -> CheckT | None:
    """The check that the overall status rests on: the first that failed, else the first that is indeterminate.

    None: all passed.
    """
    for status in (Status.FAILED, Status.INDETERMINATE):
        for check in checks:
            if check.status is status:
                return check
    return None

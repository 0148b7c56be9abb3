"""Annexes for single forums."""

from __future__ import annotations

from notary.report.inputs import ReportInput
from notary.report.judged import Judged
from notary.report.values import Block
from notary.report.words import Sayer


def annexes(given: ReportInput, sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    return []

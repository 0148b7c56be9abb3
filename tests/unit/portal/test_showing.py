"""portal.cli.showing: whoever signs has seen all of what is signed."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from enum import IntEnum
from typing import Any

import pytest
from support.papers import CREDITOR, MODULE, PLEDGED, escrow_paper, plan_paper

from portal.cli.showing import paper_json, paper_lines
from portal.settling import Checked
from settlement.eip712 import ZERO_32, ZERO_ADDRESS
from settlement.terms import Calendar, CollateralTerms, EscrowTerms, Terms
from settlement.token import TokenInfo

OTHER = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
GOLD = TokenInfo(PLEDGED, "GOLD", 8)


def seen(paper: Any) -> Checked:
    return Checked(paper, MODULE, GOLD if paper.collateral_terms else None)


def body(paper: Any) -> list[str]:
    """The printed lines without the first, which has the id: it changes with everything and says nothing."""
    return list(paper_lines(seen(paper)))[1:]


def changed(value: Any) -> Any:
    """Another value that the same field can hold."""
    if isinstance(value, IntEnum):
        return next(one for one in type(value) if one is not value)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return OTHER


def names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


class TestEverySignedMember:
    @pytest.mark.parametrize("name", names(Terms))
    def test_a_plans_lines_and_members_change_with_every_term(self, name: str) -> None:
        paper = plan_paper()
        other = replace(paper, terms=replace(paper.terms, **{name: changed(getattr(paper.terms, name))}))
        assert body(other) != body(paper)
        assert paper_json(seen(other))["terms"] != paper_json(seen(paper))["terms"]

    @pytest.mark.parametrize("name", names(CollateralTerms))
    def test_a_plans_lines_and_members_change_with_every_term_of_its_collateral(self, name: str) -> None:
        paper = plan_paper()
        pledged = paper.collateral_terms
        assert pledged is not None
        other = replace(paper, collateral_terms=replace(pledged, **{name: changed(getattr(pledged, name))}))
        assert body(other) != body(paper)
        assert paper_json(seen(other))["collateral_terms"] != paper_json(seen(paper))["collateral_terms"]

    @pytest.mark.parametrize("name", names(EscrowTerms))
    def test_an_escrows_lines_and_members_change_with_every_term(self, name: str) -> None:
        paper = escrow_paper()
        other = replace(paper, terms=replace(paper.terms, **{name: changed(getattr(paper.terms, name))}))
        assert body(other) != body(paper)
        assert paper_json(seen(other))["terms"] != paper_json(seen(paper))["terms"]

    @pytest.mark.parametrize("name", sorted(set(names(Terms)) - {"anchor_day", "utc_offset"}))
    def test_terms_of_a_calendar_of_seconds_are_shown_but_for_two_that_the_rules_make_zero(self, name: str) -> None:
        paper = plan_paper()
        paper = replace(paper, terms=replace(paper.terms, calendar=Calendar.SECONDS, anchor_day=0, utc_offset=0))
        other = replace(paper, terms=replace(paper.terms, **{name: changed(getattr(paper.terms, name))}))
        assert body(other) != body(paper)


class TestWords:
    def test_a_plan_is_told_in_words_and_whole_tokens(self) -> None:
        paper = plan_paper()
        terms = replace(
            paper.terms,
            interval=1,
            anchor_day=28,
            utc_offset=-10_800,
            grace_seconds=432_000,
            default_missed=0,
            default_seconds=7_776_000,
            late_flat=5_000_000,
            late_daily=1_500_000,
            late_cap=20_000_000,
        )
        text = "\n".join(body(replace(paper, terms=terms)))
        for words in (
            "every     1 month, on day 28, read at UTC-03:00",
            "grace     5 days",
            "5.000000 TEST and 1.500000 TEST a day, at most 20.000000 TEST for one installment",
            "pays      first principal, then late charges",
            "by count: off",
            "by time: when one is more than 90 days overdue",
            f"held by {MODULE}, this workspace's Collateral contract",
            "500.00000000 GOLD",
            f"of the token {PLEDGED}  GOLD, 8 decimals",
            "at least 300.000000 TEST",
            "auction from 150.00% of the debt, over 72 hours",
            "agreement sha256 abab",
            "jurisdiction BR-consumer, commitment 0x",
        ):
            assert words in text

    def test_a_foreign_collateral_contract_is_called_so(self) -> None:
        paper = plan_paper()
        other = replace(paper, terms=replace(paper.terms, collateral=CREDITOR))
        assert f"held by {CREDITOR}, FOREIGN: not this workspace's" in "\n".join(body(other))
        assert paper_json(seen(other))["collateral_is_ours"] is False
        assert paper_json(seen(paper))["collateral_is_ours"] is True

    def test_a_plan_without_collateral_says_so(self) -> None:
        paper = plan_paper()
        terms = replace(paper.terms, collateral=ZERO_ADDRESS, collateral_terms=ZERO_32)
        assert "  security  none" in body(replace(paper, terms=terms, collateral_terms=None))

    def test_a_time_beyond_pythons_calendar_is_shown_as_a_number(self) -> None:
        paper = escrow_paper()
        text = "\n".join(body(replace(paper, terms=replace(paper.terms, expires_at=2**40 - 1))))
        assert f"expires   {2**40 - 1} seconds after 1970" in text

    def test_the_members_are_json(self) -> None:
        members = json.loads(json.dumps(paper_json(seen(plan_paper()))))
        assert members["collateral_token"] == {"address": PLEDGED, "symbol": "GOLD", "decimals": 8}
        assert members["jurisdiction"] == {"tag": "BR-consumer"}

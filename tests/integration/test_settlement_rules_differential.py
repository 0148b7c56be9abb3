"""What the contracts refuse to open, the mirror refuses before anybody signs, and for the same reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from support.devchain import dev_chain
from support.settlement_chain import CREDITOR, DEBTOR, THIRD, Refused, SettlementChain, wire
from support.settlement_strategies import START, ZERO, terms

from settlement import terms_errors as wrong
from settlement.errors import TermsInvalid
from settlement.rules import validate
from settlement.schedule import DAY
from settlement.terms import Calendar, Terms

SAME_RULE: dict[type[TermsInvalid], str] = {
    wrong.PartyMissing: "Terms_ZeroParty",
    wrong.PartiesSame: "Terms_PartiesSame",
    wrong.PartyReserved: "Terms_PartyReserved",
    wrong.TotalOutOfRange: "Terms_TotalOutOfRange",
    wrong.InstallmentsOutOfRange: "Terms_InstallmentsOutOfRange",
    wrong.IntervalOutOfRange: "Terms_IntervalOutOfRange",
    wrong.AnchorDayOutOfRange: "Terms_AnchorDayOutOfRange",
    wrong.UtcOffsetOutOfRange: "Terms_UtcOffsetOutOfRange",
    wrong.FirstDueOffCalendar: "Terms_FirstDueOffCalendar",
    wrong.FirstDuePast: "Terms_FirstDuePast",
    wrong.LastDueTooLate: "Terms_LastDueTooLate",
    wrong.GraceTooLong: "Terms_GraceTooLong",
    wrong.LateFlatAboveCap: "Terms_LateFlatAboveCap",
    wrong.LateCapUnreachable: "Terms_LateCapUnreachable",
    wrong.ChargesTooLarge: "Terms_ChargesTooLarge",
    wrong.DefaultMissedOutOfRange: "Terms_DefaultMissedOutOfRange",
    wrong.DefaultBeforeGrace: "Terms_DefaultBeforeGrace",
    wrong.CollateralWithoutDefaultSeconds: "Terms_CollateralWithoutDefaultSeconds",
    wrong.CollateralMismatch: "Terms_CollateralMismatch",
    wrong.SignByPassed: "Terms_SignByPassed",
}


@pytest.fixture(scope="module")
def chain() -> Iterator[SettlementChain]:
    with dev_chain() as dev:
        yield SettlementChain(dev, START)


@st.composite
def changed(draw: st.DrawFn, plan: Terms, parties: list[str]) -> Terms:
    """Valid terms with one or two fields set to something at or beyond a border."""
    by_months = plan.calendar is Calendar.MONTHS
    n = plan.installments
    borders: dict[str, st.SearchStrategy[object]] = {
        "debtor": st.sampled_from([ZERO, plan.creditor, *parties]),
        "creditor": st.sampled_from([ZERO, plan.debtor, *parties]),
        "token": st.sampled_from([ZERO, plan.debtor, *parties]),
        "total": st.sampled_from([0, n - 1, n, 2**112 - 1, 2**112, 2**112 - n * plan.late_cap - 1, 2**128 - 1]),
        "calendar": st.sampled_from(list(Calendar)),
        "first_due_at": st.sampled_from([START - 1, START, plan.first_due_at + DAY, 2**40 - 1]),
        "interval": st.sampled_from([0, 1, 59, 60, 120, 121, 2**32 - 1]),
        "installments": st.sampled_from([0, 1, 600, 601, 2**16 - 1]),
        "anchor_day": st.sampled_from([0, 1, 28, 31, 32, 255]),
        "utc_offset": st.sampled_from([0, 1, -50_400, -50_401, 50_400, 50_401, 2**31 - 1, -(2**31)]),
        "grace_seconds": st.sampled_from([0, 366 * DAY, 366 * DAY + 1, plan.default_seconds, plan.default_seconds + 1]),
        "late_flat": st.sampled_from([plan.late_cap, plan.late_cap + 1, 2**128 - 1]),
        "late_daily": st.sampled_from([0, 1, 2**128 - 1]),
        "late_cap": st.sampled_from([0, plan.late_flat, plan.late_cap + 1, 2**128 - 1]),
        "default_missed": st.sampled_from([0, n, n + 1, 2**16 - 1]),
        "default_seconds": st.sampled_from([0, 1, max(0, plan.grace_seconds - 1), plan.grace_seconds, 2**32 - 1]),
        "collateral": st.sampled_from([parties[0], parties[-1]]),
        "collateral_terms": st.just(b"\x01" * 32),
        "sign_by": st.sampled_from([0, START - 1, START]),
    }
    if by_months:
        borders["first_due_at"] = st.sampled_from(
            [START - 1, plan.first_due_at + DAY, plan.first_due_at - DAY, 2**40 - 1]
        )
    names = draw(st.lists(st.sampled_from(sorted(borders)), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()) and "collateral" in names and "collateral_terms" not in names:
        names.append("collateral_terms")
    return dataclasses.replace(plan, **{name: draw(borders[name]) for name in names})


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_open_is_refused_by_both_for_the_same_rule(chain: SettlementChain, data: st.DataObject) -> None:
    base = data.draw(
        terms(
            debtor=chain.accounts[DEBTOR],
            creditor=chain.accounts[CREDITOR],
            token=chain.token.address,
            max_installments=24,
        )
    )
    parties = [chain.accounts[THIRD], chain.book.address, chain.token.address]
    plan = data.draw(changed(base, parties))
    signatures = [chain.sign(index, plan, chain.domain) for index in (DEBTOR, CREDITOR)]
    answer = chain.attempt(THIRD, chain.book, "open", wire(plan), *signatures, at=START)
    if answer == Refused("Terms_TokenWithoutCode"):  # only the chain knows, and it looks before most of the rules
        assert plan.token != chain.token.address
        return
    try:
        validate(plan, now=START, book=chain.book.address)
    except TermsInvalid as refused:
        event(type(refused).__name__)
        assert isinstance(answer, Refused)
        assert answer.error == SAME_RULE[type(refused)], refused
        return
    if answer is None:
        event("opened")
        return
    # What only the chain knows: who signed, and who may open a plan with collateral.
    event(answer.error)
    assert {
        "RepaymentBook_BadSignature": (plan.debtor, plan.creditor) != (base.debtor, base.creditor),
        "RepaymentBook_OnlyCollateral": plan.has_collateral,
    }[answer.error]

"""The Collateral contract on a real chain against `settlement.auction`: release, price, lot, proceeds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.devchain import dev_chain
from support.settlement_chain import (
    CREDITOR,
    DEBTOR,
    THIRD,
    Refused,
    Sent,
    SettlementChain,
    account_of,
    wire,
)
from support.settlement_strategies import START, moments, terms

from settlement.auction import floor_price, is_running, lot_for_sale, price_at, releasable, start_price
from settlement.plan import Account, State, apply_open, apply_pay, apply_poke, owed_total, view_at
from settlement.rules import validate, validate_collateral
from settlement.schedule import last_due_at
from settlement.terms import CollateralTerms, Terms, collateral_terms_hash, plan_id

FAST_PLANS = 60
HELD, SOLD = 1, 2


@dataclasses.dataclass
class Model:
    """What the contract should hold for one plan."""

    account: Account
    custody: int = HELD
    started_at: int = 0
    start_price: int = 0
    released: int = 0
    sold_quantity: int = 0
    surplus: int = 0


@pytest.fixture(scope="module")
def chain() -> Iterator[SettlementChain]:
    with dev_chain() as dev:
        yield SettlementChain(dev, START)


@st.composite
def pledged(draw: st.DrawFn, chain: SettlementChain) -> tuple[Terms, CollateralTerms]:
    """Terms with a default rule, and collateral terms that they commit to."""
    collateral = CollateralTerms(
        token=chain.pledge.address,
        amount=draw(st.one_of(st.integers(1, 20), st.integers(1, 2**90))),
        start_bps=draw(st.one_of(st.sampled_from([10_000, 1_000_000]), st.integers(10_000, 30_000))),
        reserve=draw(st.one_of(st.integers(1, 1000), st.integers(1, 2**90))),
        auction_seconds=draw(st.one_of(st.just(60), st.integers(60, 10**6))),
    )
    base = draw(
        terms(
            debtor=chain.accounts[DEBTOR],
            creditor=chain.accounts[CREDITOR],
            token=chain.token.address,
            max_installments=6,
            max_total=2**90,
        )
    )
    plan = dataclasses.replace(
        base,
        default_seconds=base.default_seconds or base.grace_seconds or 1,
        collateral=chain.collateral.address,
        collateral_terms=collateral_terms_hash(collateral),
    )
    return plan, collateral


def test_collateral_equals_the_mirror_after_every_step(chain: SettlementChain) -> None:
    counted: Counter[str] = Counter()

    @settings(max_examples=FAST_PLANS, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        plan, collateral = data.draw(pledged(chain))
        acts = data.draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["pay", "release", "auction", "auction", "buy", "buy", "withdraw surplus"]),
                    st.one_of(moments(plan), st.just(0)),
                    st.sampled_from([1, 30, 58, 59, 60, collateral.auction_seconds - 1, collateral.auction_seconds]),
                    st.integers(1, 100),
                ),
                min_size=4,
                max_size=12,
            )
        )
        late = last_due_at(plan) + plan.grace_seconds + plan.default_seconds + 1
        wait = data.draw(st.sampled_from([1, 30, collateral.auction_seconds - 1]))
        sale = [("auction", late, 1, 1), ("buy", 0, wait, 1), ("withdraw surplus", 0, 1, 1), ("release", 0, 1, 100)]
        with chain.restored():
            _compare(chain, plan, collateral, acts + sale, counted)

    compare()
    assert counted["steps"] >= 5 * FAST_PLANS
    assert {"released", "auction started", "sold", "surplus withdrawn", "refused"} <= counted.keys()


def _compare(
    chain: SettlementChain,
    plan: Terms,
    collateral: CollateralTerms,
    acts: list[tuple[str, int, int, int]],
    counted: Counter[str],
) -> None:
    validate(plan, now=START, book=chain.book.address)
    validate_collateral(collateral, plan)
    signatures = [chain.sign(index, plan, chain.domain) for index in (DEBTOR, CREDITOR)]
    opened = chain.send(THIRD, chain.collateral, "openWith", wire(plan), wire(collateral), *signatures, at=START)
    assert isinstance(opened, Sent)
    model = Model(apply_open(plan, at=START)[0])
    now = START
    for what, moment, wait, percent in acts:
        now = max(moment, now + wait)
        counted["steps"] += 1
        counted[_act(chain, plan, collateral, model, what, now, percent)] += 1
        _check(chain, plan, collateral, model, now)


def _act(
    chain: SettlementChain, plan: Terms, collateral: CollateralTerms, model: Model, what: str, at: int, percent: int
) -> str:
    """Do one thing on both; returns what came of it."""
    both = (wire(plan), wire(collateral))
    sold = model.custody == SOLD
    lot = lot_for_sale(plan, collateral, model.account, released=model.released)
    view = view_at(plan, model.account, at)
    running = is_running(collateral, started_at=model.started_at, defaulted_at=view.defaulted_at, at=at)

    if what == "pay":
        amount = max(1, view.owed_total * percent // 200)
        answer = chain.send(THIRD, chain.book, "pay", wire(plan), amount, at=at)
        if view.owed_total == 0:
            assert answer == Refused("RepaymentBook_NothingOwed")
            return "refused"
        assert isinstance(answer, Sent)
        model.account, _ = apply_pay(plan, model.account, at=at, amount=amount, payer=chain.accounts[THIRD])
        return "paid"

    if what == "release":
        free = _free(plan, collateral, model)
        amount = max(1, free * percent // 100)
        answer = chain.send(DEBTOR, chain.collateral, "release", *both, chain.accounts[DEBTOR], amount, at=at)
        if free == 0:
            assert answer == Refused("Collateral_NothingToWithdraw")
            return "refused"
        assert isinstance(answer, Sent)
        model.released += amount
        return "released"

    if what == "auction":
        answer = chain.send(THIRD, chain.collateral, "startAuction", *both, at=at)
        if sold or running or view.state is not State.DEFAULTED or lot == 0:
            assert isinstance(answer, Refused)
            assert answer.error == (
                "Collateral_Sold"
                if sold
                else "Collateral_NotDefaulted"
                if view.state is not State.DEFAULTED
                else "Collateral_AuctionRunning"
                if running
                else "Collateral_NothingToSell"
            )
            return "refused"
        assert isinstance(answer, Sent)
        model.account, _ = apply_poke(plan, model.account, at=at)
        model.started_at, model.start_price = at, start_price(collateral, view.owed_total, lot)
        started = dict(answer.events)["AuctionStarted"]
        assert (started["startPrice"], started["floorPrice"], started["lot"], started["endsAt"]) == (
            model.start_price,
            floor_price(collateral, lot),
            lot,
            at + collateral.auction_seconds,
        )
        return "auction started"

    if what == "buy":
        buyer = chain.accounts[THIRD]
        answer = chain.send(THIRD, chain.collateral, "buy", *both, 2**128 - 1, 0, buyer, at=at)
        if sold or not running or view.state is not State.DEFAULTED or lot == 0:
            assert isinstance(answer, Refused)
            return "refused"
        assert isinstance(answer, Sent), answer
        price = price_at(collateral, started_at=model.started_at, start=model.start_price, lot=lot, at=at)
        debt = owed_total(plan, model.account, at)
        model.account, _ = apply_pay(
            plan, model.account, at=at, amount=min(price, debt), payer=chain.collateral.address
        )
        model.custody, model.sold_quantity, model.surplus = SOLD, lot, max(0, price - debt)
        made = dict(answer.events)["CollateralSold"]
        assert (made["price"], made["quantity"], made["paidIn"], made["surplus"]) == (
            price,
            lot,
            min(price, debt),
            model.surplus,
        )
        return "sold"

    answer = chain.send(DEBTOR, chain.collateral, "withdrawSurplus", wire(plan), chain.accounts[DEBTOR], at=at)
    if model.surplus == 0:
        assert answer == Refused("Collateral_NothingToWithdraw")
        return "refused"
    assert isinstance(answer, Sent)
    model.surplus = 0
    return "surplus withdrawn"


def _free(plan: Terms, collateral: CollateralTerms, model: Model) -> int:
    return releasable(plan, collateral, model.account, released=model.released, sold=model.sold_quantity)


def _check(chain: SettlementChain, plan: Terms, collateral: CollateralTerms, model: Model, at: int) -> None:
    both = (wire(plan), wire(collateral))
    identifier = plan_id(plan, chain.domain)
    account, position, free, lot, price = chain.read(
        (chain.book, "accountOf", (identifier,)),
        (chain.collateral, "positionOf", (identifier,)),
        (chain.collateral, "releasable", both),
        (chain.collateral, "lotOf", both),
        (chain.collateral, "priceAt", (*both, at)),
    )
    assert account_of(account) == model.account
    assert list(position.values()) == [
        model.custody,
        model.started_at,
        model.start_price,
        model.released,
        model.sold_quantity,
        model.surplus,
    ]
    assert free == _free(plan, collateral, model)
    if model.custody == SOLD:
        assert (lot, price) == (0, Refused("Collateral_Sold"))
        return
    expected = lot_for_sale(plan, collateral, model.account, released=model.released)
    assert lot == expected
    defaulted_at = view_at(plan, model.account, at).defaulted_at
    if is_running(collateral, started_at=model.started_at, defaulted_at=defaulted_at, at=at):
        assert price == price_at(collateral, started_at=model.started_at, start=model.start_price, lot=expected, at=at)
    else:
        assert price == Refused("Collateral_NoAuction")

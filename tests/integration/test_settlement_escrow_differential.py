"""The EscrowBook on a real chain against its mirror: same states, same refusals, at every second around the borders."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from support.devchain import dev_chain
from support.settlement_chain import CREDITOR, DEBTOR, THIRD, Refused, Sent, SettlementChain, wire
from support.settlement_strategies import START

from settlement import escrow as mirror
from settlement.errors import (
    EscrowAlreadyWithdrawn,
    EscrowFundingClosed,
    EscrowNotParty,
    EscrowReclaimEarly,
    EscrowReleaseClosed,
    EscrowStateWrong,
    SettlementError,
)
from settlement.escrow import Escrow, EscrowState
from settlement.terms import EscrowTerms, escrow_id

REFUSALS: dict[type[SettlementError], str] = {
    EscrowStateWrong: "EscrowBook_WrongState",
    EscrowFundingClosed: "EscrowBook_FundByPassed",
    EscrowNotParty: "EscrowBook_OnlyParty",
    EscrowReleaseClosed: "EscrowBook_Expired",
    EscrowReclaimEarly: "EscrowBook_NotExpired",
    EscrowAlreadyWithdrawn: "EscrowBook_Withdrawn",
}
FUNDING, RUNNING = 50, 60
"""Seconds from opening to fund_by, and from there to expires_at."""


@pytest.fixture(scope="module")
def chain() -> Iterator[SettlementChain]:
    with dev_chain() as dev:
        yield SettlementChain(dev, START)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    amount=st.integers(1, 2**100),
    salt=st.binary(min_size=32, max_size=32),
    funded=st.sampled_from([True, True, True, False]),
    drawn=st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from([49, 50, 51, 109, 110, 111]),
                st.integers(2, 200),
            ),
            st.sampled_from(["fund", "fund", "release", "refund", "reclaim", "withdraw", "withdraw"]),
            st.sampled_from([DEBTOR, DEBTOR, CREDITOR, CREDITOR, THIRD]),
        ),
        min_size=3,
        max_size=10,
        unique_by=lambda step: step[0],
    ),
)
def test_escrow_equals_the_mirror_after_every_step(
    chain: SettlementChain, amount: int, salt: bytes, funded: bool, drawn: list[tuple[int, str, int]]
) -> None:
    payer, payee = chain.accounts[DEBTOR], chain.accounts[CREDITOR]
    terms = EscrowTerms(
        payer=payer,
        payee=payee,
        token=chain.token.address,
        amount=amount,
        fund_by=START + FUNDING,
        expires_at=START + FUNDING + RUNNING,
        agreement=bytes(32),
        salt=salt,
    )
    signatures = [chain.sign(index, terms, chain.escrow_domain) for index in (DEBTOR, CREDITOR)]
    with chain.restored():
        opened = chain.send(THIRD, chain.escrow, "open", wire(terms), *signatures, at=START)
        assert isinstance(opened, Sent)
        escrow = mirror.apply_open(terms, at=START, book=chain.escrow.address)
        funding = [(1, "fund", THIRD)] if funded else []
        for offset, what, who in funding + sorted(drawn):
            escrow = _step(chain, terms, escrow, START + offset, what, who)
            (found,) = chain.read((chain.escrow, "escrowOf", (escrow_id(terms, chain.escrow_domain),)))
            assert tuple(found) == (escrow.state, escrow.withdrawn)
            held = amount if escrow.state >= EscrowState.FUNDED and not escrow.withdrawn else 0
            assert chain.read((chain.token, "balanceOf", (chain.escrow.address,))) == [held]
        event(f"ends {escrow.state.name}, withdrawn {escrow.withdrawn}")


def _step(chain: SettlementChain, terms: EscrowTerms, escrow: Escrow, at: int, what: str, who: int) -> Escrow:
    caller = chain.accounts[who]
    steps: dict[str, Callable[[], Escrow]] = {
        "fund": lambda: mirror.apply_fund(terms, escrow, at=at),
        "release": lambda: mirror.apply_release(terms, escrow, at=at, caller=caller),
        "refund": lambda: mirror.apply_refund(terms, escrow, caller=caller),
        "reclaim": lambda: mirror.apply_reclaim(terms, escrow, at=at),
        "withdraw": lambda: mirror.apply_withdraw(terms, escrow, caller=caller),
    }
    arguments = (wire(terms), caller) if what == "withdraw" else (wire(terms),)
    answer = chain.send(who, chain.escrow, what, *arguments, at=at)
    try:
        after = steps[what]()
    except SettlementError as refused:
        assert answer == Refused(REFUSALS[type(refused)])
        return escrow
    assert isinstance(answer, Sent)
    return after

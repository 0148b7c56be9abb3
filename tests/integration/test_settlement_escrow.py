"""The escrow book on a real anvil."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.settlement_world import CREDITOR, DEBTOR, OPERATOR, THIRD, World, settlement_world

from onchain.errors import KeyConflict, NonceTaken, TransactionReverted, TransactionStuck
from settlement.eip712 import as_tuple
from settlement.errors import (
    EscrowAlreadyWithdrawn,
    EscrowFundingClosed,
    EscrowNotParty,
    EscrowReclaimEarly,
    EscrowReleaseClosed,
    EscrowStateWrong,
    EscrowUnknown,
    TermsInvalid,
)
from settlement.escrow import EscrowState
from settlement.escrow_book import EscrowBook
from settlement.schedule import DAY
from settlement.service_errors import FundsShort, SignatureForeign
from settlement.terms import EscrowTerms
from settlement.token import Token

AMOUNT = 250_000_000
PAYER, PAYEE = DEBTOR, CREDITOR


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with settlement_world(tmp_path_factory.mktemp("escrow")) as made:
        yield made


def terms_of(world: World, **changes: int | str) -> EscrowTerms:
    world.salts += 1
    now = world.dev.now()
    members: dict[str, object] = {
        "payer": world.address(PAYER),
        "payee": world.address(PAYEE),
        "token": world.money,
        "amount": AMOUNT,
        "fund_by": now + DAY,
        "expires_at": now + 10 * DAY,
        "agreement": bytes(32),
        "salt": world.salts.to_bytes(32, "big"),
        **changes,
    }
    return EscrowTerms(**members)  # type: ignore[arg-type]  # members are of their fields' types


def opened(world: World) -> EscrowTerms:
    terms = terms_of(world)
    world.escrow_book(OPERATOR).open(terms, world.sign_escrow(terms, PAYER), world.sign_escrow(terms, PAYEE))
    return terms


def funded(world: World) -> EscrowTerms:
    terms = opened(world)
    world.escrow_book(PAYER).fund(terms)
    return terms


def state(world: World, terms: EscrowTerms) -> EscrowState:
    book = world.escrow_book(OPERATOR)
    return book.escrow(book.escrow_id(terms)).state


class TestOpen:
    def test_by_anybody_with_both_signatures(self, world: World) -> None:
        assert state(world, opened(world)) is EscrowState.OPEN

    def test_refused_with_a_foreign_signature(self, world: World) -> None:
        terms = terms_of(world)
        with pytest.raises(SignatureForeign, match="payee"):
            world.escrow_book(OPERATOR).open(terms, world.sign_escrow(terms, PAYER), world.sign_escrow(terms, THIRD))

    def test_refused_for_one_party_on_both_sides_and_for_dates_past(self, world: World) -> None:
        for changes in ({"payee": world.address(PAYER)}, {"fund_by": world.dev.now() - 1}):
            with pytest.raises(TermsInvalid):
                world.escrow_book(OPERATOR).open(terms_of(world, **changes), b"", b"")  # type: ignore[arg-type]


class TestFund:
    def test_takes_exactly_the_amount_once(self, world: World) -> None:
        terms = opened(world)
        before = world.balance(world.money, PAYER)
        for _ in range(2):
            world.escrow_book(PAYER).fund(terms)
        assert world.balance(world.money, PAYER) == before - AMOUNT
        with pytest.raises(EscrowStateWrong, match="funded"):
            world.escrow_book(THIRD).fund(terms)

    def test_refused_without_the_money_or_after_its_date(self, world: World) -> None:
        terms = opened(world)
        with pytest.raises(FundsShort):
            world.escrow_book(OPERATOR).fund(terms)
        world.dev.warp(terms.fund_by + 1)
        with pytest.raises(EscrowFundingClosed):
            world.escrow_book(PAYER).fund(terms)

    def test_refused_for_an_escrow_that_is_not_there(self, world: World) -> None:
        with pytest.raises(EscrowUnknown):
            world.escrow_book(PAYER).fund(terms_of(world))


class TestEnds:
    def test_release_gives_the_sum_to_the_payee_once(self, world: World) -> None:
        terms = funded(world)
        with pytest.raises(EscrowNotParty):
            world.escrow_book(PAYEE).release(terms)
        world.escrow_book(PAYER).release(terms)
        before = world.balance(world.money, PAYEE)
        with pytest.raises(EscrowNotParty):
            world.escrow_book(PAYER).withdraw(terms)
        world.escrow_book(PAYEE).withdraw(terms)
        assert world.balance(world.money, PAYEE) == before + AMOUNT
        with pytest.raises(EscrowAlreadyWithdrawn):
            world.elsewhere().escrow_book(PAYEE).withdraw(terms)

    def test_refund_gives_it_back_to_the_payer(self, world: World) -> None:
        terms = funded(world)
        world.escrow_book(PAYEE).refund(terms)
        before = world.balance(world.money, PAYER)
        world.escrow_book(PAYER).withdraw(terms)
        assert world.balance(world.money, PAYER) == before + AMOUNT
        assert state(world, terms) is EscrowState.REFUNDED

    def test_release_until_expiry_reclaim_from_then_on(self, world: World) -> None:
        terms = funded(world)
        world.dev.warp(terms.expires_at - 1)
        with pytest.raises(EscrowReclaimEarly):
            world.escrow_book(THIRD).reclaim(terms)
        world.dev.warp(terms.expires_at)
        with pytest.raises(EscrowReleaseClosed):
            world.escrow_book(PAYER).release(terms)
        world.escrow_book(THIRD).reclaim(terms)
        assert state(world, terms) is EscrowState.RECLAIMED
        world.escrow_book(PAYER).withdraw(terms)


def hasty(world: World, who: int) -> EscrowBook:
    """The escrow book, used by an account that does not wait long."""
    sender = world.sender(who)
    return EscrowBook(sender.chain, world.addresses.require_escrow_book(0), sender=sender, wait_seconds=0.3)


class TestFailedForGood:
    def test_withdraw_whose_nonce_was_taken_is_done_after_all_and_once(self, world: World) -> None:
        terms = funded(world)
        world.escrow_book(PAYER).release(terms)
        book = hasty(world, PAYEE)
        key = f"escrow:{book.escrow_id(terms)}:withdraw"
        world.dev.set_automine(False)
        with pytest.raises(TransactionStuck):
            book.withdraw(terms)
        world.take_nonce(PAYEE, key)
        before = world.balance(world.money, PAYEE)
        with pytest.raises(NonceTaken):  # told once
            book.withdraw(terms)
        sent = world.escrow_book(PAYEE).withdraw(terms)
        assert sent.record.key == f"{key}#1"
        assert world.escrow_book(PAYEE).withdraw(terms).record.tx_hash == sent.record.tx_hash
        assert world.balance(world.money, PAYEE) == before + AMOUNT

    def test_fund_that_failed_in_a_block_not_yet_final_is_not_sent_under_a_second_name(self, world: World) -> None:
        terms = opened(world)
        book = hasty(world, PAYER)
        for who in (PAYER, THIRD):
            token = Token(world.sender(who).chain, world.money)
            token.allow(
                world.sender(who), book.book.address, AMOUNT, key=f"before:{who}:{terms.salt.hex()}", timeout=20
            )
        key = f"escrow:{book.escrow_id(terms)}:fund:{terms.payer}"
        ours = world.sender(PAYER)
        world.dev.set_automine(False)
        with pytest.raises(TransactionStuck):
            book.fund(terms)
        waiting = ours.get(key)
        assert waiting is not None
        world.dev.drop(waiting.tx_hash)
        world.sender(THIRD).call_contract(f"faster:{key}", book.book, "fund", as_tuple(terms))
        world.dev.mine()
        ours.advance(key)  # broadcast again, behind the other one
        world.dev.mine()
        world.dev.set_automine(True)
        for _ in range(2):
            with pytest.raises(TransactionReverted):
                book.fund(terms)
        assert ours.get(f"{key}#1") is None
        world.dev.finalise()
        with pytest.raises(EscrowStateWrong, match="funded"):  # free to go on, and refused by what is true now
            book.fund(terms)

    def test_anothers_transaction_is_not_finished_with_this_key(self, world: World) -> None:
        terms = opened(world)
        with pytest.raises(KeyConflict):
            world.escrow_book(THIRD).open(terms, b"", b"")

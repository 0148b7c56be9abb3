"""The repayment book and its collateral module on a real anvil."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.settlement_world import CREDITOR, DEBTOR, OPERATOR, RICH, THIRD, World, settlement_world

from onchain.contract import Contract
from onchain.errors import (
    InsufficientFunds,
    KeyConflict,
    NonceTaken,
    NoSuchContract,
    TransactionReverted,
    TransactionStuck,
)
from onchain.records import TxRecord
from onchain.send import Sender
from settlement.book import Book
from settlement.errors import AmountZero, NotCreditor, NothingOwed, PlanUnknown, TermsInvalid, WithdrawTooLarge
from settlement.plan import ALL, State, Status, view_at
from settlement.schedule import DAY
from settlement.service_errors import (
    AllowanceShort,
    CollateralUnknown,
    FundsShort,
    NotSender,
    SignatureForeign,
    TokenInvalid,
)

EACH = 100_000_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with settlement_world(tmp_path_factory.mktemp("book")) as made:
        yield made


class TestOpen:
    def test_by_anybody_with_both_signatures_and_once(self, world: World) -> None:
        terms = world.terms()
        book = world.book(OPERATOR)
        sent = book.open(terms, world.sign(terms, DEBTOR), world.sign(terms, CREDITOR))
        again = book.open(terms, world.sign(terms, DEBTOR), world.sign(terms, CREDITOR))
        assert sent.first("PlanOpened") is not None
        assert again.record.tx_hash == sent.record.tx_hash
        assert book.account(book.plan_id(terms)).status is Status.ACTIVE

    @pytest.mark.parametrize(("wrong", "role"), [(0, "debtor"), (1, "creditor")])
    def test_refused_with_somebody_elses_signature(self, world: World, wrong: int, role: str) -> None:
        terms = world.terms()
        signatures = [world.sign(terms, DEBTOR), world.sign(terms, CREDITOR)]
        signatures[wrong] = world.sign(terms, THIRD)
        with pytest.raises(SignatureForeign, match=role):
            world.book(OPERATOR).open(terms, *signatures)

    def test_refused_before_sending_when_a_rule_is_broken(self, world: World) -> None:
        late = world.terms(first_due_at=world.dev.now() - 1)
        same = world.terms(creditor=world.address(DEBTOR))
        for terms in (late, same):
            with pytest.raises(TermsInvalid):
                world.book(OPERATOR).open(terms, b"\x01" * 65, b"\x02" * 65)
            assert world.sender(OPERATOR).get(f"plan:{world.book(OPERATOR).plan_id(terms)}:open") is None

    def test_refused_for_a_token_that_is_none(self, world: World) -> None:
        nothing = world.terms(token=world.dev.signer(50).address)
        with pytest.raises(NoSuchContract):
            world.book(OPERATOR).open(nothing, b"", b"")
        no_token = world.terms(token=world.addresses.escrow_book)
        with pytest.raises(TokenInvalid):
            world.book(OPERATOR).open(no_token, b"", b"")

    def test_refused_without_gas_money(self, world: World) -> None:
        terms = world.terms()
        poor = Sender(world.engine, world.dev.chain(), world.dev.signer(60), lambda: 0)
        book = Book(poor.chain, world.addresses.repayment_book, sender=poor)
        with pytest.raises(InsufficientFunds):
            book.open(terms, world.sign(terms, DEBTOR), world.sign(terms, CREDITOR))


class TestPay:
    def test_by_debtor_and_by_a_third_party_counts_for_the_plan(self, world: World) -> None:
        terms = world.terms()
        plan = world.open(terms)
        first = world.book(DEBTOR).pay(terms, EACH // 2, "a").first("Paid")
        second = world.book(THIRD).pay(terms, EACH // 2, "a-too").first("Paid")
        assert first is not None and first.args["principalPaid"] == EACH // 2
        assert second is not None and second.args["payer"] == world.address(THIRD)
        book = world.book(OPERATOR)
        assert book.account(plan).principal_paid == EACH
        now = world.dev.now()
        assert book.view(terms, now) == view_at(terms, book.account(plan), now)
        assert book.view(terms, now).cleared == 1

    def test_same_nonce_pays_once(self, world: World) -> None:
        terms = world.terms()
        plan = world.open(terms)
        before = world.balance(world.money, DEBTOR)
        sent = [world.book(DEBTOR).pay(terms, EACH, "once") for _ in range(3)]
        assert len({one.record.tx_hash for one in sent}) == 1
        assert world.balance(world.money, DEBTOR) == before - EACH
        assert world.book(DEBTOR).account(plan).principal_paid == EACH

    def test_everything_takes_exactly_what_is_owed_and_completes(self, world: World) -> None:
        terms = world.terms()
        plan = world.open(terms)
        before = world.balance(world.money, DEBTOR)
        sent = world.book(DEBTOR).pay(terms, ALL, "all")
        assert sent.first("Completed") is not None
        assert world.balance(world.money, DEBTOR) == before - terms.total
        assert world.book(DEBTOR).account(plan).status is Status.COMPLETED
        with pytest.raises(NothingOwed):
            world.book(DEBTOR).pay(terms, 1, "more")

    def test_refused_before_sending(self, world: World) -> None:
        terms = world.terms()
        with pytest.raises(PlanUnknown):
            world.book(DEBTOR).pay(terms, 1, "x")
        world.open(terms)
        with pytest.raises(AmountZero):
            world.book(DEBTOR).pay(terms, 0, "x")
        with pytest.raises(FundsShort) as caught:
            world.book(OPERATOR).pay(terms, 5, "x")
        assert caught.value.values["held"] == 0 and caught.value.values["needed"] == 5
        with pytest.raises(NotSender):
            Book(world.dev.chain(), world.addresses.repayment_book).pay(terms, 5, "x")

    def test_goes_on_where_it_died_between_approval_and_payment(self, world: World) -> None:
        terms = world.terms()
        plan = world.open(terms)
        sender = world.sender(DEBTOR)
        key = f"plan:{plan}:pay:died"
        token = world.money
        from settlement.token import Token

        Token(sender.chain, token).allow(sender, world.addresses.repayment_book, EACH, key=key, timeout=20)
        assert Token(sender.chain, token).allowance(sender.address, world.addresses.repayment_book) == EACH
        world.book(DEBTOR).pay(terms, EACH, "died")
        assert world.book(DEBTOR).account(plan).principal_paid == EACH
        assert Token(sender.chain, token).allowance(sender.address, world.addresses.repayment_book) == 0

    def test_smaller_standing_allowance_is_taken_back_first(self, world: World) -> None:
        from settlement.token import Token

        terms = world.terms()
        plan = world.open(terms)
        sender = world.sender(DEBTOR)
        Token(sender.chain, world.money).allow(sender, world.addresses.repayment_book, 7, key="left", timeout=20)
        world.book(DEBTOR).pay(terms, EACH, "after")
        assert world.book(DEBTOR).account(plan).principal_paid == EACH
        approvals = [sender.get(f"plan:{plan}:pay:after:approve-{n}") for n in range(3)]
        assert [approval is not None for approval in approvals] == [True, True, False]


class TestWithdraw:
    def test_creditor_takes_part_then_the_rest_to_another_address(self, world: World) -> None:
        terms = world.terms()
        world.open(terms)
        world.book(DEBTOR).pay(terms, 3 * EACH, "p")
        before = world.balance(world.money, CREDITOR), world.balance(world.money, THIRD)
        world.book(CREDITOR).withdraw(terms, "1", amount=EACH)
        world.book(CREDITOR).withdraw(terms, "2", to=world.address(THIRD))
        assert world.balance(world.money, CREDITOR) == before[0] + EACH
        assert world.balance(world.money, THIRD) == before[1] + 2 * EACH

    def test_refused_before_sending(self, world: World) -> None:
        terms = world.terms()
        world.open(terms)
        world.book(DEBTOR).pay(terms, EACH, "p")
        with pytest.raises(NotCreditor):
            world.book(DEBTOR).withdraw(terms, "x")
        with pytest.raises(WithdrawTooLarge):
            world.book(CREDITOR).withdraw(terms, "x", amount=EACH + 1)


class TestCollateral:
    def test_is_released_in_proportion_and_all_at_the_end(self, world: World) -> None:
        terms, pledge = world.secured()
        world.open(terms, pledge)
        debtor = world.book(DEBTOR)
        start = world.balance(world.gold, DEBTOR)
        assert debtor.releasable(terms, pledge) == 0
        debtor.pay(terms, 3 * EACH, "p")
        assert debtor.releasable(terms, pledge) == pledge.amount // 4
        debtor.release(terms, pledge, "1")
        assert world.balance(world.gold, DEBTOR) == start + pledge.amount // 4
        debtor.pay(terms, ALL, "rest")
        debtor.release(terms, pledge, "2")
        assert world.balance(world.gold, DEBTOR) == start + pledge.amount

    def test_needs_the_debtors_allowance_before_opening(self, world: World) -> None:
        terms, pledge = world.secured()
        signatures = (world.sign(terms, DEBTOR), world.sign(terms, CREDITOR))
        with pytest.raises(AllowanceShort):
            world.book(OPERATOR).open(terms, *signatures, pledge)
        with pytest.raises(CollateralUnknown):
            world.book(OPERATOR).open(terms, *signatures)
        with pytest.raises(NotSender):
            world.book(OPERATOR).allow_collateral(terms, pledge)

    def test_foreign_signature_is_found_before_anything_is_allowed(self, world: World) -> None:
        terms, pledge = world.secured()
        with pytest.raises(SignatureForeign, match="creditor"):
            world.book(OPERATOR).open(terms, world.sign(terms, DEBTOR), world.sign(terms, THIRD), pledge)

    def test_of_another_module_is_refused(self, world: World) -> None:
        terms, pledge = world.secured()
        foreign = replace(terms, collateral=world.addresses.escrow_book)
        with pytest.raises(CollateralUnknown):
            world.book(DEBTOR).allow_collateral(foreign, pledge)


class TestAuction:
    def test_sale_after_default_pays_the_debt_and_leaves_the_surplus_to_the_debtor(self, world: World) -> None:
        terms, pledge = world.secured()
        plan = world.open(terms, pledge)
        book = world.book(OPERATOR)
        with pytest.raises(TransactionReverted, match="Collateral_NotDefaulted"):
            book.start_auction(terms, pledge, f"plan:{plan}:early")
        world.dev.warp(terms.first_due_at + DAY + terms.grace_seconds + 1)
        book.start_auction(terms, pledge, f"plan:{plan}:auction")
        world.sender(OPERATOR).wait(f"plan:{plan}:auction", 20)
        assert book.account(plan).status is Status.DEFAULTED
        position = book.position(plan)
        world.dev.warp(position.started_at + 100)
        gold, money = world.balance(world.gold, THIRD), world.balance(world.money, THIRD)
        sold = world.book(THIRD).buy(terms, pledge, "buy", max_price=RICH).first("CollateralSold")
        assert sold is not None
        price, surplus = sold.args["price"], sold.args["surplus"]
        assert isinstance(price, int) and isinstance(surplus, int)
        assert world.balance(world.gold, THIRD) == gold + pledge.amount
        assert world.balance(world.money, THIRD) == money - price
        assert book.view(terms, world.dev.now()).state is State.COMPLETED
        assert surplus > 0
        before = world.balance(world.money, DEBTOR)
        world.book(DEBTOR).withdraw_surplus(terms, "s")
        assert world.balance(world.money, DEBTOR) == before + surplus

    def test_buyer_never_pays_more_than_the_limit(self, world: World) -> None:
        terms, pledge = world.secured(first_due_at=world.dev.now() + 5 * DAY)
        plan = world.open(terms, pledge)
        world.dev.warp(terms.first_due_at + DAY + terms.grace_seconds + 1)
        world.book(OPERATOR).start_auction(terms, pledge, f"plan:{plan}:auction")
        world.sender(OPERATOR).wait(f"plan:{plan}:auction", 20)
        with pytest.raises(TransactionReverted, match="Collateral_PriceAboveMaximum"):
            world.book(THIRD).buy(terms, pledge, "cheap", max_price=1_000)

    def test_lot_that_a_payment_just_ahead_shrank_is_refused_and_nothing_is_paid(self, world: World) -> None:
        terms, pledge = world.secured(first_due_at=world.dev.now() + 5 * DAY)
        plan = world.open(terms, pledge)
        world.dev.warp(terms.first_due_at + DAY + terms.grace_seconds + 1)
        world.book(OPERATOR).start_auction(terms, pledge, f"plan:{plan}:auction")
        world.sender(OPERATOR).wait(f"plan:{plan}:auction", 20)
        book = world.book(OPERATOR)
        assert book.lot(terms, pledge) == pledge.amount
        before = world.balance(world.money, THIRD), world.balance(world.gold, THIRD)

        class Overtaken(Sender):
            """A buyer's sender whose purchase the debtor's payment overtakes."""

            def call_contract(
                self, key: str, contract: Contract, function: str, *args: object, value: int = 0
            ) -> TxRecord:
                if function == "buy":
                    world.book(DEBTOR).pay(terms, EACH, "just-ahead")
                return super().call_contract(key, contract, function, *args, value=value)

        sender = Overtaken(world.engine, world.dev.chain(), world.dev.signer(THIRD), lambda: 0)
        addresses = world.addresses
        buyer = Book(sender.chain, addresses.repayment_book, collateral=addresses.collateral, sender=sender)
        with pytest.raises(TransactionReverted, match="Collateral_QuantityBelowMinimum"):
            buyer.buy(terms, pledge, "overtaken", max_price=RICH)
        assert book.view(terms, world.dev.now()).state is State.DEFAULTED
        assert 0 < book.lot(terms, pledge) < pledge.amount
        assert (world.balance(world.money, THIRD), world.balance(world.gold, THIRD)) == before

        world.book(THIRD).buy(terms, pledge, "smaller", max_price=RICH)
        assert book.lot(terms, pledge) == 0


class TestPokeMany:
    def test_skips_what_is_unknown_and_notes_the_rest(self, world: World) -> None:
        known, unknown = world.terms(first_due_at=world.dev.now() + DAY), world.terms()
        plan = world.open(known)
        world.dev.warp(known.first_due_at + known.grace_seconds + 1)
        sent = world.book(OPERATOR).poke_many([known, unknown], f"many:{plan}")
        assert {event.name for event in sent.events} == {"InstallmentsMissed", "PokeSkipped"}
        assert world.book(OPERATOR).account(plan).noted == 1


class TestFailedForGood:
    def hasty(self, world: World, who: int) -> Book:
        sender = world.sender(who)
        return Book(sender.chain, world.addresses.repayment_book, sender=sender, wait_seconds=0.3)

    def test_open_whose_nonce_was_taken_is_done_after_all(self, world: World) -> None:
        terms = world.terms()
        book = self.hasty(world, OPERATOR)
        signatures = (world.sign(terms, DEBTOR), world.sign(terms, CREDITOR))
        world.dev.set_automine(False)
        with pytest.raises(TransactionStuck):
            book.open(terms, *signatures)
        world.take_nonce(OPERATOR, f"plan:{book.plan_id(terms)}:open")
        with pytest.raises(NonceTaken):
            book.open(terms, *signatures)
        assert world.book(OPERATOR).open(terms, *signatures).first("PlanOpened") is not None

    def test_payment_whose_approval_and_then_itself_lost_the_nonce_is_paid_once(self, world: World) -> None:
        terms = world.terms()
        plan, book, sender = world.open(terms), self.hasty(world, DEBTOR), world.sender(DEBTOR)
        key = f"plan:{plan}:pay:rent"
        world.dev.set_automine(False)
        with pytest.raises(TransactionStuck):
            book.pay(terms, EACH, "rent")
        world.take_nonce(DEBTOR, f"{key}:approve-0")
        with pytest.raises(NonceTaken):
            book.pay(terms, EACH, "rent")
        world.dev.set_automine(False)
        with pytest.raises(TransactionStuck):
            book.pay(terms, EACH, "rent")
        world.dev.mine()  # the second approval
        with pytest.raises(TransactionStuck):
            book.pay(terms, EACH, "rent")
        world.take_nonce(DEBTOR, key)
        with pytest.raises(NonceTaken):
            book.pay(terms, EACH, "rent")
        sent = [world.book(DEBTOR).pay(terms, EACH, "rent").record for _ in range(2)]
        assert {record.key for record in sent} == {f"{key}#1"}
        assert book.account(plan).principal_paid == EACH
        world.book(DEBTOR).pay(terms, EACH, "rent#1")  # another word, another payment
        assert book.account(plan).principal_paid == 2 * EACH
        assert sender.get(f"{key}#2") is None

    def test_word_of_anothers_waiting_payment_is_refused_not_signed_with_this_key(self, world: World) -> None:
        terms = world.terms()
        plan = world.open(terms)
        world.dev.set_automine(False)
        with pytest.raises(TransactionStuck):
            self.hasty(world, DEBTOR).pay(terms, EACH, "rent")
        with pytest.raises(KeyConflict):  # already at the approval
            self.hasty(world, THIRD).pay(terms, EACH, "rent")
        world.dev.set_automine(True)
        world.dev.mine()
        world.book(DEBTOR).pay(terms, EACH, "rent")
        with pytest.raises(KeyConflict):
            world.book(THIRD).pay(terms, EACH, "rent")
        assert world.book(DEBTOR).account(plan).principal_paid == EACH

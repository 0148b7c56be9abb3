// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {Account, PlanState, Status, View} from "tallystick/settlement/types/Account.sol";
import {Allocation, Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";

contract PayTest is PlanFixture {
    function test_pay_reverts_when_there_is_no_such_plan() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = book.planIdOf(terms);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_UnknownPlan.selector, planId));
        book.pay(terms, 1);
    }

    function test_pay_reverts_when_the_amount_is_zero() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_ZeroAmount.selector, planId));
        book.pay(terms, 0);
    }

    function test_pay_reverts_when_the_plan_is_completed() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        pay(terms, ALL);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_NothingOwed.selector, planId));
        book.pay(terms, 1);
        vm.warp(dueOf(terms, 12) + 5000 days);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_NothingOwed.selector, planId));
        book.pay(terms, 1);
    }

    function test_pay_counts_for_the_plan_whoever_pays() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        fund(STRANGER, address(book), 500);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Paid(planId, STRANGER, 500, 0, 500, 0);
        vm.prank(STRANGER);
        vm.assertEq(book.pay(terms, 500), 500, "taken");

        View memory plan = viewNow(terms);
        vm.assertEq(plan.principalPaid, 500, "principal");
        vm.assertEq(plan.withdrawable, 500, "withdrawable");
        vm.assertEq(token.balanceOf(address(book)), 500, "held");
        vm.assertEq(token.balanceOf(creditor), 0, "nothing goes to the creditor");
    }

    function test_pay_touches_no_other_plan() external {
        Terms memory terms = secondsTerms();
        open(terms);
        Terms memory other = secondsTerms();
        other.salt = keccak256("another");
        bytes32 otherId = open(other);
        vm.warp(dueOf(terms, 2) + GRACE + 1);
        bytes memory before = abi.encode(book.accountOf(otherId), viewNow(other));
        pay(terms, 150_000_000);
        vm.assertEq(abi.encode(book.accountOf(otherId), viewNow(other)), before, "the other plan");
    }

    function test_pay_is_all_principal_when_nothing_is_late() external {
        Terms memory terms = secondsTerms();
        open(terms);
        vm.warp(dueOf(terms, 1) + GRACE);
        pay(terms, sumOf(terms, 5) + 1);
        View memory plan = viewNow(terms);
        vm.assertEq(plan.principalPaid, sumOf(terms, 5) + 1, "principal");
        vm.assertEq(plan.chargesAssessed, 0, "charges");
        vm.assertEq(plan.cleared, 5, "cleared");
        vm.assertEq(plan.nextDueAt, dueOf(terms, 6), "next due");
    }

    /// @notice I8: more than owed is never taken, and dust paid just ahead never makes an honest payoff revert.
    function testFuzz_pay_takes_only_what_is_owed_when_dust_comes_first(uint128 dust, uint128 extra, uint32 later)
        external
    {
        Terms memory terms = secondsTerms();
        open(terms);
        vm.warp(NOW + bound(later, 0, 500 days));
        uint128 payoff = viewNow(terms).owedTotal;
        dust = uint128(bound(dust, 1, payoff - 1));
        fund(debtor, address(book), uint256(payoff) + extra);
        payAs(STRANGER, terms, dust);
        uint256 before = token.balanceOf(debtor);
        vm.prank(debtor);
        uint128 taken = book.pay(terms, extra > type(uint128).max - payoff ? ALL : payoff + extra);
        vm.assertEq(taken, payoff - dust, "taken");
        vm.assertEq(before - token.balanceOf(debtor), taken, "debited");
        vm.assertTrue(viewNow(terms).state == PlanState.Completed, "completed");
    }

    function test_pay_pays_principal_first_when_the_terms_say_so() external {
        Terms memory terms = secondsTerms();
        open(terms);
        vm.warp(dueOf(terms, 1) + 10 days); // charge of installment 1: 1,000,000 + 10 * 100,000
        pay(terms, sumOf(terms, 1));
        View memory plan = viewNow(terms);
        vm.assertEq(plan.principalPaid, sumOf(terms, 1), "principal");
        vm.assertEq(plan.chargesPaid, 0, "charges paid");
        vm.assertEq(plan.owedNow, 2_000_000, "the charge stays owed");
        pay(terms, TOTAL - sumOf(terms, 1));
        vm.assertEq(viewNow(terms).chargesPaid, 0, "principal in full comes before the charge");
        vm.assertTrue(viewNow(terms).state == PlanState.Current, "not completed while a charge is owed");
        pay(terms, 2_000_000);
        vm.assertTrue(viewNow(terms).state == PlanState.Completed, "completed");
    }

    function test_pay_pays_charges_first_when_the_terms_say_so() external {
        Terms memory terms = secondsTerms();
        terms.allocation = Allocation.ChargesFirst;
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 1) + 10 days);
        pay(terms, 1_999_999);
        vm.assertEq(viewNow(terms).chargesPaid, 1_999_999, "all to the charge");
        vm.assertEq(viewNow(terms).principalPaid, 0, "nothing to the principal");
        fund(debtor, address(book), 100);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Paid(planId, debtor, 99, 1, 99, 2_000_000);
        vm.prank(debtor);
        book.pay(terms, 100);
    }

    function test_pay_fixes_the_charges_of_what_it_clears_and_of_nothing_else() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 2) + 10 days); // 40 days late: 5,000,000; 10 days late: 2,000,000
        vm.assertEq(viewNow(terms).chargesAssessed, 7_000_000, "assessed");
        pay(terms, sumOf(terms, 1) + 7);
        vm.assertEq(book.accountOf(planId).chargesFrozen, 5_000_000, "frozen");
        vm.assertEq(viewNow(terms).chargesAssessed, 7_000_000, "a payment changes no charge");
        vm.warp(dueOf(terms, 2) + 20 days);
        vm.assertEq(viewNow(terms).chargesAssessed, 5_000_000 + 3_000_000, "only the uncleared one grew");
    }

    function test_pay_announces_what_was_missed_before_it_counts_the_payment() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        pay(terms, sumOf(terms, 1));
        vm.warp(dueOf(terms, 3) + GRACE + 1);
        fund(debtor, address(book), 10);
        vm.expectEmit(address(book));
        emit IRepaymentBook.InstallmentsMissed(planId, 2, 3);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Paid(planId, debtor, 10, 0, sumOf(terms, 1) + 10, 0);
        vm.prank(debtor);
        book.pay(terms, 10);
        vm.assertEq(book.accountOf(planId).noted, 3, "noted");
    }

    function test_pay_cures_when_charges_first_and_all_due_is_paid_and_not_a_unit_before() external {
        Terms memory terms = secondsTerms();
        terms.allocation = Allocation.ChargesFirst;
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 3) + GRACE + 1);
        book.poke(terms);
        vm.assertEq(book.accountOf(planId).defaultedAt, dueOf(terms, 1) + 60 days + 1, "defaulted by seconds first");
        uint128 owed = viewNow(terms).owedNow;

        pay(terms, owed - 1);
        vm.assertTrue(viewNow(terms).state == PlanState.Defaulted, "a unit is missing");
        fund(debtor, address(book), 1);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Cured(planId);
        vm.prank(debtor);
        book.pay(terms, 1);
        vm.assertTrue(viewNow(terms).state == PlanState.Current, "cured");
        vm.assertEq(book.accountOf(planId).defaultedAt, 0, "no longer in default");
        vm.assertEq(viewNow(terms).owedNow, 0, "nothing owed now");
    }

    function test_pay_cures_when_principal_first_and_the_due_principal_is_paid_and_not_a_unit_before() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 3) + GRACE + 1);
        book.poke(terms);
        uint128 due = sumOf(terms, 3);
        uint128 charges = viewNow(terms).owedNow - due;
        vm.assertGt(charges, 0, "charges are owed");

        pay(terms, due - 1);
        vm.assertTrue(viewNow(terms).state == PlanState.Defaulted, "a unit is missing");
        vm.assertTrue(book.accountOf(planId).status == Status.Defaulted, "stored too");
        fund(debtor, address(book), 1);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Cured(planId);
        vm.prank(debtor);
        book.pay(terms, 1);
        vm.assertTrue(viewNow(terms).state == PlanState.Current, "cured");
        vm.assertEq(book.accountOf(planId).defaultedAt, 0, "no longer in default");
        vm.assertEq(viewNow(terms).owedNow, charges, "the charges stay owed");
    }

    function test_pay_writes_default_at_its_own_moment_and_cures_in_one_go_when_nobody_poked() external {
        Terms memory terms = secondsTerms();
        terms.allocation = Allocation.ChargesFirst;
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 5) + 17);
        uint128 owed = viewNow(terms).owedNow;
        fund(debtor, address(book), owed);
        vm.expectEmit(address(book));
        emit IRepaymentBook.InstallmentsMissed(planId, 1, 4);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Defaulted(planId, uint40(dueOf(terms, 1) + 60 days + 1));
        vm.expectEmit(address(book));
        emit IRepaymentBook.Paid(
            planId, debtor, sumOf(terms, 5), owed - sumOf(terms, 5), sumOf(terms, 5), owed - sumOf(terms, 5)
        );
        vm.expectEmit(address(book));
        emit IRepaymentBook.Cured(planId);
        vm.prank(debtor);
        book.pay(terms, owed);
        vm.assertTrue(book.accountOf(planId).status == Status.Active, "active again");
    }

    function test_pay_completes_when_everything_is_paid() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        pay(terms, TOTAL - 1);
        fund(debtor, address(book), 1);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Completed(planId);
        vm.prank(debtor);
        book.pay(terms, 1);
        vm.assertTrue(book.accountOf(planId).status == Status.Completed, "completed");
    }

    function test_pay_completes_when_everything_is_paid_in_default() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 12) + 400 days); // every charge is at its cap
        book.poke(terms);
        vm.assertEq(pay(terms, ALL), TOTAL + 12 * terms.lateCap, "taken");
        Account memory account = book.accountOf(planId);
        vm.assertTrue(account.status == Status.Completed, "completed");
        vm.assertEq(account.defaultedAt, 0, "no longer in default");
        vm.assertEq(account.chargesFrozen, 12 * terms.lateCap, "every charge is fixed");
    }

    /// @notice After the principal nothing grows: the last charge stays what it was, for ever.
    function test_pay_can_settle_the_last_charge_fifty_years_later() external {
        Terms memory terms = secondsTerms();
        open(terms);
        vm.warp(dueOf(terms, 1) + 10 days);
        pay(terms, TOTAL);
        vm.warp(block.timestamp + 50 * 365 days);
        vm.assertEq(viewNow(terms).owedTotal, 2_000_000, "owed");
        vm.assertEq(pay(terms, ALL), 2_000_000, "taken");
    }
}

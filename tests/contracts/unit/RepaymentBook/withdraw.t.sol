// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";

contract WithdrawTest is PlanFixture {
    Terms private terms;
    bytes32 private planId;

    function setUp() public override {
        super.setUp();
        terms = secondsTerms();
        planId = open(terms);
    }

    function test_withdraw_reverts_when_there_is_no_such_plan() external {
        Terms memory other = terms;
        other.salt = keccak256("another");
        bytes32 otherId = book.planIdOf(other);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_UnknownPlan.selector, otherId));
        book.withdraw(other, VAULT, 1);
    }

    function test_withdraw_reverts_when_the_caller_is_not_the_creditor() external {
        pay(terms, 1000);
        address[2] memory callers = [debtor, STRANGER];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(Errors.RepaymentBook_OnlyCreditor.selector, planId, callers[i], creditor)
            );
            vm.prank(callers[i]);
            book.withdraw(terms, VAULT, 1);
        }
    }

    function test_withdraw_reverts_when_nothing_is_withdrawable() external {
        refused(1, VAULT, abi.encodeWithSelector(Errors.RepaymentBook_NothingToWithdraw.selector, planId));
        pay(terms, 1000);
        withdraw(ALL);
        refused(ALL, VAULT, abi.encodeWithSelector(Errors.RepaymentBook_NothingToWithdraw.selector, planId));
    }

    function test_withdraw_reverts_when_the_amount_is_zero() external {
        pay(terms, 1000);
        refused(0, VAULT, abi.encodeWithSelector(Errors.RepaymentBook_ZeroAmount.selector, planId));
    }

    function test_withdraw_sends_what_is_withdrawable_and_reverts_on_one_unit_more() external {
        pay(terms, 1000);
        refused(1001, VAULT, abi.encodeWithSelector(Errors.RepaymentBook_WithdrawExceeds.selector, planId, 1001, 1000));
        vm.expectEmit(address(book));
        emit IRepaymentBook.Withdrawn(planId, VAULT, 400, 400);
        withdraw(400);
        vm.expectEmit(address(book));
        emit IRepaymentBook.Withdrawn(planId, VAULT, 600, 1000);
        withdraw(600);
        vm.assertEq(token.balanceOf(VAULT), 1000, "arrived");
        vm.assertEq(viewNow(terms).withdrawable, 0, "withdrawable");
    }

    function test_withdraw_reverts_when_the_recipient_is_zero_or_the_book() external {
        pay(terms, 1000);
        refused(1, address(0), abi.encodeWithSelector(Errors.ExactTransfer_BadRecipient.selector, address(0)));
        refused(1, address(book), abi.encodeWithSelector(Errors.ExactTransfer_BadRecipient.selector, address(book)));
    }

    function test_withdraw_works_in_every_state_and_fifty_years_later() external {
        pay(terms, 1000);
        withdraw(1); // Current
        vm.warp(dueOf(terms, 1) + 1);
        withdraw(1); // InGrace
        vm.warp(dueOf(terms, 1) + GRACE + 1);
        withdraw(1); // Arrears
        vm.warp(dueOf(terms, 4));
        book.poke(terms);
        withdraw(1); // Defaulted
        pay(terms, ALL);
        vm.warp(block.timestamp + 50 * 365 days);
        withdraw(ALL); // Completed
        vm.assertEq(token.balanceOf(address(book)), 0, "all is out");
    }

    function withdraw(uint128 amount) private {
        vm.prank(creditor);
        book.withdraw(terms, VAULT, amount);
    }

    function refused(uint128 amount, address to, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(creditor);
        book.withdraw(terms, to, amount);
    }
}

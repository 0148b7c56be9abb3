// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {PlanState} from "tallystick/settlement/types/Account.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {IMintable, PlanFixture} from "../../support/PlanFixture.sol";
import {
    DenylistToken,
    FalseToken,
    FeeToken,
    NoReturnToken,
    ReenteringToken,
    SenderFeeToken
} from "../../support/tokens/HostileTokens.sol";

/// @notice Tokens that misbehave, at pay and withdraw. Part of pay.tree and withdraw.tree.
contract PayHostileTest is PlanFixture {
    function test_pay_reverts_when_the_token_takes_a_fee() external {
        token = IMintable(address(new FeeToken()));
        Terms memory terms = unpayable();
        vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, token, 999, 1000));
        vm.prank(debtor);
        book.pay(terms, 1000);
        untouched(terms);
    }

    function test_pay_reverts_when_the_token_lies() external {
        FalseToken liar = new FalseToken();
        token = IMintable(address(liar));
        Terms memory terms = unpayable();
        liar.set(false, true);
        vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, token, 0, 1000));
        vm.prank(debtor);
        book.pay(terms, 1000);
        untouched(terms);
    }

    function test_pay_reverts_when_the_token_returns_false() external {
        FalseToken failing = new FalseToken();
        token = IMintable(address(failing));
        Terms memory terms = unpayable();
        failing.set(true, false);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token));
        vm.prank(debtor);
        book.pay(terms, 1000);
        untouched(terms);
    }

    function test_pay_and_withdraw_work_when_the_token_returns_nothing() external {
        NoReturnToken silent = new NoReturnToken();
        token = IMintable(address(silent));
        Terms memory terms = secondsTerms();
        open(terms);
        silent.mint(debtor, 1000);
        vm.prank(debtor);
        silent.approve(address(book), 1000);
        vm.prank(debtor);
        vm.assertEq(book.pay(terms, 1000), 1000, "taken");
        vm.prank(creditor);
        vm.assertEq(book.withdraw(terms, VAULT, ALL), 1000, "sent");
        vm.assertEq(silent.balanceOf(VAULT), 1000, "arrived");
    }

    /// @notice I7 in one case: the creditor is denylisted, and still the debtor pays off and the creditor gets its money.
    function test_pay_works_and_withdraw_goes_elsewhere_when_the_creditor_is_denylisted() external {
        DenylistToken listed = new DenylistToken();
        token = IMintable(address(listed));
        Terms memory terms = secondsTerms();
        open(terms);
        listed.deny(creditor, true);
        pay(terms, ALL);
        vm.assertTrue(viewNow(terms).state == PlanState.Completed, "completed");

        vm.expectRevert(abi.encodeWithSelector(DenylistToken.Denied.selector, creditor));
        vm.prank(creditor);
        book.withdraw(terms, creditor, ALL);
        vm.prank(creditor);
        book.withdraw(terms, VAULT, ALL);
        vm.assertEq(listed.balanceOf(VAULT), TOTAL, "arrived");
    }

    function test_withdraw_reverts_when_the_token_takes_more_than_told() external {
        SenderFeeToken greedy = new SenderFeeToken();
        token = IMintable(address(greedy));
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        pay(terms, 1000);
        greedy.mint(address(book), 5000); // what another plan would have there
        greedy.set(true);
        vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, token, 601, 600));
        vm.prank(creditor);
        book.withdraw(terms, VAULT, 600);
        vm.assertEq(book.accountOf(planId).withdrawn, 0, "nothing withdrawn");
    }

    function test_withdraw_reverts_when_the_token_returns_false() external {
        FalseToken failing = new FalseToken();
        token = IMintable(address(failing));
        Terms memory terms = secondsTerms();
        open(terms);
        pay(terms, 1000);
        failing.set(true, false);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token));
        vm.prank(creditor);
        book.withdraw(terms, VAULT, ALL);
        vm.assertEq(viewNow(terms).withdrawable, 1000, "still there");
    }

    function test_pay_locks_out_a_token_that_pays_or_withdraws_again() external {
        for (uint256 i = 0; i < 4; ++i) {
            ReenteringToken hostile = new ReenteringToken();
            token = IMintable(address(hostile));
            Terms memory terms = secondsTerms();
            open(terms);
            bytes memory call = i < 2
                ? abi.encodeCall(book.pay, (terms, uint128(10)))
                : abi.encodeCall(book.withdraw, (terms, VAULT, uint128(1)));
            hostile.arm(address(book), call, i % 2 == 0);
            pay(terms, 1000);
            vm.assertEq(hostile.tries(), 1, "tried");
            vm.assertEq(hostile.successes(), 0, "locked out");
            vm.assertEq(
                hostile.lastResult(),
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                "by the guard"
            );
            vm.assertEq(viewNow(terms).principalPaid, 1000, "paid once");
        }
    }

    function test_pay_lets_a_token_poke_and_look_in_the_middle_without_harm() external {
        ReenteringToken hostile = new ReenteringToken();
        token = IMintable(address(hostile));
        Terms memory terms = secondsTerms();
        open(terms);
        vm.warp(dueOf(terms, 4) + GRACE + 1);
        hostile.arm(address(book), abi.encodeCall(book.poke, (terms)), true);
        uint128 owed = viewNow(terms).owedTotal;
        pay(terms, 1000);
        vm.assertEq(hostile.successes(), 1, "poked");
        vm.assertEq(viewNow(terms).owedTotal, owed - 1000, "owed");
        vm.assertTrue(viewNow(terms).state == PlanState.Defaulted, "default is written once");
    }

    function unpayable() private returns (Terms memory terms) {
        terms = secondsTerms();
        open(terms);
        fund(debtor, address(book), 10_000);
    }

    function untouched(Terms memory terms) private view {
        vm.assertEq(viewNow(terms).principalPaid, 0, "nothing paid");
        vm.assertEq(token.balanceOf(address(book)), 0, "nothing held");
        vm.assertEq(token.balanceOf(debtor), 10_000, "nothing taken");
    }
}

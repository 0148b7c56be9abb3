// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IEscrowBook} from "tallystick/settlement/interfaces/IEscrowBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {EscrowState} from "tallystick/settlement/types/EscrowTerms.sol";

import {EscrowFixture} from "../../support/EscrowFixture.sol";
import {IMintable} from "../../support/PlanFixture.sol";
import {DenylistToken, FalseToken, FeeToken, ReenteringToken} from "../../support/tokens/HostileTokens.sol";

contract ExitsTest is EscrowFixture {
    function test_fund_takes_exactly_the_sum_from_anybody() external {
        open();
        token.mint(STRANGER, AMOUNT + 5);
        vm.prank(STRANGER);
        token.approve(address(escrows), AMOUNT + 5);
        vm.expectEmit(address(escrows));
        emit IEscrowBook.Funded(escrowId, STRANGER, AMOUNT);
        vm.prank(STRANGER);
        escrows.fund(terms);
        vm.assertEq(token.balanceOf(address(escrows)), AMOUNT, "held");
        vm.assertEq(token.balanceOf(STRANGER), 5, "the rest stays");
        expectState(EscrowState.Funded);
    }

    function test_fund_takes_the_last_second_of_fundBy_and_reverts_after_it() external {
        open();
        uint256 before = vm.snapshotState();
        vm.warp(terms.fundBy);
        fundAs(payer);
        vm.revertToState(before);
        vm.warp(terms.fundBy + 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_FundByPassed.selector, terms.fundBy + 1, terms.fundBy));
        escrows.fund(terms);
    }

    function test_fund_reverts_when_the_token_misbehaves_and_changes_nothing() external {
        FeeToken fee = new FeeToken();
        openIn(address(fee));
        refusedFund(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, fee, AMOUNT - 1, AMOUNT));
        FalseToken liar = new FalseToken();
        openIn(address(liar));
        liar.set(false, true);
        refusedFund(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, liar, 0, AMOUNT));
        liar.set(true, false);
        refusedFund(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, liar));
    }

    function test_fund_locks_out_a_token_that_comes_back_in() external {
        ReenteringToken hostile = new ReenteringToken();
        openIn(address(hostile));
        bytes[4] memory calls = [
            abi.encodeCall(escrows.fund, (terms)),
            abi.encodeCall(escrows.release, (terms)),
            abi.encodeCall(escrows.reclaim, (terms)),
            abi.encodeCall(escrows.withdraw, (terms, VAULT))
        ];
        uint256 opened = vm.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            hostile.arm(address(escrows), calls[i], i % 2 == 0);
            fundAs(payer);
            vm.assertGt(hostile.tries(), 0, "tried");
            vm.assertEq(hostile.successes(), 0, "locked out");
            vm.assertEq(
                hostile.lastResult(),
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                "by the guard"
            );
            expectState(EscrowState.Funded);
            vm.revertToState(opened);
        }
    }

    function test_release_reverts_when_the_caller_is_not_the_payer() external {
        openAndFund();
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_OnlyParty.selector, escrowId, payee, payer));
        vm.prank(payee);
        escrows.release(terms);
    }

    function test_refund_reverts_when_the_caller_is_not_the_payee() external {
        openAndFund();
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_OnlyParty.selector, escrowId, payer, payee));
        vm.prank(payer);
        escrows.refund(terms);
    }

    /// @notice Release and reclaim share no second and leave none out: at every second around the expiry exactly one is
    /// possible.
    function test_release_and_reclaim_share_no_second_and_leave_none_out() external {
        openAndFund();
        uint256 funded = vm.snapshotState();
        for (uint256 moment = terms.expiresAt - 2; moment <= terms.expiresAt + 2; ++moment) {
            vm.warp(moment);
            bool before = moment < terms.expiresAt;
            if (!before) {
                vm.expectRevert(
                    abi.encodeWithSelector(Errors.EscrowBook_Expired.selector, escrowId, moment, terms.expiresAt)
                );
            }
            vm.prank(payer);
            escrows.release(terms);
            expectState(before ? EscrowState.Released : EscrowState.Funded);
            vm.revertToState(funded);

            vm.warp(moment);
            if (before) {
                vm.expectRevert(
                    abi.encodeWithSelector(Errors.EscrowBook_NotExpired.selector, escrowId, moment, terms.expiresAt)
                );
            }
            escrows.reclaim(terms);
            expectState(before ? EscrowState.Funded : EscrowState.Reclaimed);
            vm.revertToState(funded);
        }
    }

    function test_refund_works_before_and_after_the_expiry() external {
        openAndFund();
        uint256 funded = vm.snapshotState();
        uint40[3] memory moments = [NOW, terms.expiresAt, terms.expiresAt + 50 * 365 days];
        for (uint256 i = 0; i < 3; ++i) {
            vm.warp(moments[i]);
            vm.expectEmit(address(escrows));
            emit IEscrowBook.Refunded(escrowId);
            vm.prank(payee);
            escrows.refund(terms);
            withdraws(payer, payee);
            vm.revertToState(funded);
        }
    }

    function test_release_makes_the_sum_the_payees() external {
        openAndFund();
        vm.expectEmit(address(escrows));
        emit IEscrowBook.Released(escrowId);
        vm.prank(payer);
        escrows.release(terms);
        withdraws(payee, payer);
    }

    function test_reclaim_makes_the_sum_the_payers_fifty_years_later_too() external {
        openAndFund();
        vm.warp(terms.expiresAt + 50 * 365 days);
        vm.expectEmit(address(escrows));
        emit IEscrowBook.Reclaimed(escrowId);
        vm.prank(STRANGER);
        escrows.reclaim(terms);
        withdraws(payer, payee);
    }

    /// @notice I12: from every state, every step that does not start there reverts, before and after the expiry.
    function test_every_other_step_from_every_state_reverts() external {
        uint256 nothing = vm.snapshotState();
        for (uint256 goal = 0; goal <= uint256(EscrowState.Reclaimed); ++goal) {
            reach(EscrowState(goal));
            if (goal != uint256(EscrowState.Open)) {
                expectWrongState();
                escrows.fund(terms);
            }
            if (goal != uint256(EscrowState.Funded)) {
                expectWrongState();
                vm.prank(payer);
                escrows.release(terms);
                expectWrongState();
                vm.prank(payee);
                escrows.refund(terms);
                expectWrongState();
                escrows.reclaim(terms);
            }
            if (goal < uint256(EscrowState.Released)) {
                expectWrongState();
                vm.prank(payer);
                escrows.withdraw(terms, VAULT);
            }
            expectState(EscrowState(goal));
            vm.revertToState(nothing);
        }
    }

    function test_withdraw_reverts_when_the_recipient_is_zero_or_the_contract() external {
        reach(EscrowState.Released);
        address[2] memory bad = [address(0), address(escrows)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_BadRecipient.selector, bad[i]));
            vm.prank(payee);
            escrows.withdraw(terms, bad[i]);
        }
    }

    function test_withdraw_goes_elsewhere_when_the_party_is_denylisted() external {
        DenylistToken listed = new DenylistToken();
        openIn(address(listed));
        fundAs(payer);
        listed.deny(payee, true);
        vm.prank(payer);
        escrows.release(terms);
        vm.expectRevert(abi.encodeWithSelector(DenylistToken.Denied.selector, payee));
        vm.prank(payee);
        escrows.withdraw(terms, payee);
        vm.prank(payee);
        escrows.withdraw(terms, VAULT);
        vm.assertEq(listed.balanceOf(VAULT), AMOUNT, "arrived");
    }

    function withdraws(address owner, address other) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_OnlyParty.selector, escrowId, other, owner));
        vm.prank(other);
        escrows.withdraw(terms, VAULT);

        vm.expectEmit(address(escrows));
        emit IEscrowBook.Withdrawn(escrowId, VAULT, AMOUNT);
        vm.prank(owner);
        escrows.withdraw(terms, VAULT);
        vm.assertEq(token.balanceOf(VAULT), AMOUNT, "arrived");
        vm.assertEq(token.balanceOf(address(escrows)), 0, "nothing left");

        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_Withdrawn.selector, escrowId));
        vm.prank(owner);
        escrows.withdraw(terms, VAULT);
    }

    function reach(EscrowState goal) private {
        if (goal == EscrowState.None) return;
        open();
        if (goal == EscrowState.Open) return;
        fundAs(payer);
        if (goal == EscrowState.Released) {
            vm.prank(payer);
            escrows.release(terms);
        } else if (goal == EscrowState.Refunded) {
            vm.prank(payee);
            escrows.refund(terms);
        } else if (goal == EscrowState.Reclaimed) {
            vm.warp(terms.expiresAt);
            escrows.reclaim(terms);
        }
    }

    function openIn(address other) private {
        token = IMintable(other);
        terms.token = other;
        open();
    }

    function refusedFund(bytes memory reason) private {
        token.mint(payer, AMOUNT);
        vm.prank(payer);
        token.approve(address(escrows), AMOUNT);
        vm.expectRevert(reason);
        vm.prank(payer);
        escrows.fund(terms);
        expectState(EscrowState.Open);
    }
}

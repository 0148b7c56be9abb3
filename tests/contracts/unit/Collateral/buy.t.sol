// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {PlanState} from "tallystick/settlement/types/Account.sol";
import {CollateralTerms, Custody} from "tallystick/settlement/types/CollateralTerms.sol";
import {Allocation, Terms} from "tallystick/settlement/types/Terms.sol";

import {IMintable} from "../../support/PlanFixture.sol";
import {SecuredFixture} from "../../support/SecuredFixture.sol";
import {FeeToken, ReenteringToken} from "../../support/tokens/HostileTokens.sol";

contract BuyTest is SecuredFixture {
    function test_buy_reverts_without_an_auction_and_after_its_last_second() external {
        toDefault();
        noAuction();
        startAuction();
        uint256 endsAt = block.timestamp + 1 hours;
        uint256 running = vm.snapshotState();
        vm.warp(endsAt);
        noAuction();
        vm.revertToState(running);
        vm.warp(endsAt - 1);
        (uint128 price,) = buyAs(BUYER, ct.reserve, ct.amount);
        vm.assertEq(price, ct.reserve, "the last second costs the floor");
    }

    function test_buy_reverts_when_the_plan_was_cured_meanwhile() external {
        terms.allocation = Allocation.ChargesFirst;
        reopen();
        startAuction();
        fund(BUYER, address(collateral), 2 * TOTAL);
        uint128 owed = viewNow(terms).owedNow;
        pay(terms, owed - 1);
        uint256 stillInDefault = vm.snapshotState();
        buyAs(BUYER, ALL, 0);
        vm.revertToState(stillInDefault);
        pay(terms, 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NotDefaulted.selector, planId, PlanState.Current));
        vm.prank(BUYER);
        collateral.buy(terms, ct, ALL, 0, VAULT);
    }

    function test_buy_reverts_when_the_plan_was_completed_meanwhile() external {
        startAuction();
        pay(terms, ALL);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NotDefaulted.selector, planId, PlanState.Completed));
        vm.prank(BUYER);
        collateral.buy(terms, ct, ALL, 0, VAULT);
    }

    function test_buy_reverts_when_the_lot_was_sold() external {
        startAuction();
        buyAs(BUYER, ALL, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_Sold.selector, planId));
        vm.prank(BUYER);
        collateral.buy(terms, ct, ALL, 0, VAULT);
    }

    function test_buy_takes_a_maximum_of_the_price_and_reverts_one_unit_below() external {
        uint128 start = startAuction();
        fund(BUYER, address(collateral), start);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_PriceAboveMaximum.selector, planId, start, start - 1));
        vm.prank(BUYER);
        collateral.buy(terms, ct, start - 1, 0, VAULT);
        vm.prank(BUYER);
        collateral.buy(terms, ct, start, 0, VAULT);
    }

    /// @notice Without the bound the debtor could pay almost all, keep the gold, and get the buyer's money as surplus.
    function test_buy_reverts_when_a_payment_just_ahead_shrank_the_lot() external {
        startAuctionWithAllDue();
        fund(BUYER, address(collateral), 2 * TOTAL);
        pay(terms, TOTAL - 1000);
        uint128 lot = collateral.lotOf(terms, ct);
        vm.assertLt(lot, ct.amount / 1000, "almost nothing is left");
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_QuantityBelowMinimum.selector, planId, lot, ct.amount));
        vm.prank(BUYER);
        collateral.buy(terms, ct, ALL, ct.amount, VAULT);
    }

    function test_buy_above_the_debt_completes_the_plan_and_credits_the_surplus() external {
        uint128 start = startAuction();
        uint128 debt = viewNow(terms).owedTotal;
        fund(BUYER, address(collateral), start);
        vm.expectEmit(address(collateral));
        emit ICollateral.CollateralSold(planId, BUYER, VAULT, start, ct.amount, debt, start - debt);
        vm.prank(BUYER);
        collateral.buy(terms, ct, start, ct.amount, VAULT);

        vm.assertTrue(viewNow(terms).state == PlanState.Completed, "completed");
        vm.assertEq(viewNow(terms).withdrawable, debt, "the creditor's");
        vm.assertEq(pledge.balanceOf(VAULT), ct.amount, "the buyer's");
        vm.assertEq(token.balanceOf(BUYER), 0, "paid");
        vm.assertEq(collateral.positionOf(planId).surplus, start - debt, "the debtor's");
        vm.assertTrue(collateral.positionOf(planId).custody == Custody.Sold, "sold");
        expectHeld(0, start - debt);
    }

    function test_buy_below_the_debt_pays_all_of_it_in_and_the_rest_stays_owed() external {
        startAuctionWithAllDue();
        uint128 debt = viewNow(terms).owedTotal;
        vm.warp(block.timestamp + 3599);
        buyAs(BUYER, ct.reserve, ct.amount);
        vm.assertEq(viewNow(terms).owedTotal, debt - ct.reserve, "rest of the debt");
        vm.assertTrue(viewNow(terms).state == PlanState.Defaulted, "still in default");
        vm.assertEq(collateral.positionOf(planId).surplus, 0, "no surplus");
        expectHeld(0, 0);
        pay(terms, ALL);
        vm.assertTrue(viewNow(terms).state == PlanState.Completed, "can still be completed");
    }

    function test_buy_below_the_debt_cures_when_it_pays_all_due_principal() external {
        startAuction();
        vm.assertLt(sumOf(terms, viewNow(terms).due), ct.reserve, "the floor covers what is due");
        uint128 debt = viewNow(terms).owedTotal;
        vm.warp(block.timestamp + 3599);
        buyAs(BUYER, ct.reserve, ct.amount);
        vm.assertEq(viewNow(terms).owedTotal, debt - ct.reserve, "rest of the debt");
        vm.assertTrue(viewNow(terms).state == PlanState.Current, "cured");
        expectHeld(0, 0);
    }

    function test_buy_sells_the_rest_only_when_part_was_released_before() external {
        pay(terms, sumOf(terms, 7));
        vm.prank(debtor);
        uint128 released = collateral.release(terms, ct, VAULT, ALL);
        vm.warp(dueOf(terms, 8) + terms.defaultSeconds + 1);
        collateral.startAuction(terms, ct);
        uint128 lot = ct.amount - released;
        uint128 floor = uint128((uint256(ct.reserve) * lot + ct.amount - 1) / ct.amount);
        vm.warp(block.timestamp + 3599);
        (uint128 price, uint128 quantity) = buyAs(BUYER, ALL, lot);
        vm.assertEq(price, floor, "floor of the lot");
        vm.assertEq(quantity, lot, "the rest");
        expectHeld(0, collateral.positionOf(planId).surplus);
    }

    /// @notice In any auction, after any payments: gold and euros in are gold and euros out, to the unit.
    function testFuzz_buy_keeps_every_unit(uint128 paid, uint32 elapsed, uint128 paidMeanwhile) external {
        paid = uint128(bound(paid, 0, sumOf(terms, 4) - 1));
        if (paid > 0) pay(terms, paid);
        vm.warp(dueOf(terms, 5) + terms.defaultSeconds + 1);
        uint128 start = collateral.startAuction(terms, ct);
        paidMeanwhile = uint128(bound(paidMeanwhile, 0, TOTAL - paid - 1));
        if (paidMeanwhile > 0) pay(terms, paidMeanwhile);
        if (viewNow(terms).state != PlanState.Defaulted) return;
        vm.warp(block.timestamp + bound(elapsed, 0, 3599));
        uint128 debt = viewNow(terms).owedTotal;
        uint256 inBook = token.balanceOf(address(book));
        uint256 free = collateral.releasable(terms, ct);
        (uint128 price, uint128 quantity) = buyAs(BUYER, ALL, 0);
        vm.assertLe(price, start, "price within the auction");
        vm.assertGe(price, (uint256(ct.reserve) * quantity + ct.amount - 1) / ct.amount, "not below the reserve");
        uint256 paidIn = price < debt ? price : debt;
        vm.assertEq(token.balanceOf(address(book)) - inBook, paidIn, "into the plan");
        vm.assertEq(viewNow(terms).owedTotal, debt - paidIn, "the debt fell by it");
        vm.assertEq(free + quantity, ct.amount, "gold: free and sold are all");
        vm.assertEq(collateral.releasable(terms, ct), free, "what was free is free");
        expectHeld(free, price - paidIn);
    }

    function startAuctionWithAllDue() private {
        vm.warp(dueOf(terms, 12) + 1);
        collateral.startAuction(terms, ct);
    }

    function test_buy_locks_out_a_token_that_comes_back_in() external {
        ReenteringToken hostile = reentering();
        uint128 start = startAuction();
        bytes[3] memory calls = [
            abi.encodeCall(collateral.buy, (terms, ct, ALL, 0, VAULT)),
            abi.encodeCall(collateral.startAuction, (terms, ct)),
            abi.encodeCall(collateral.release, (terms, ct, VAULT, ALL))
        ];
        uint256 armed = vm.snapshotState();
        for (uint256 i = 0; i < 3; ++i) {
            hostile.arm(address(collateral), calls[i], i % 2 == 0);
            buyAs(BUYER, start, ct.amount);
            vm.assertGt(hostile.tries(), 0, "tried");
            vm.assertEq(hostile.successes(), 0, "locked out");
            vm.assertEq(
                hostile.lastResult(),
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                "by the guard"
            );
            vm.revertToState(armed);
        }
    }

    function test_buy_reverts_when_the_token_lets_somebody_pay_in_between() external {
        ReenteringToken hostile = reentering();
        uint128 start = startAuction();
        uint128 debt = viewNow(terms).owedTotal;
        hostile.mint(address(hostile), 100);
        vm.prank(address(hostile));
        hostile.approve(address(book), 100);
        hostile.arm(address(book), abi.encodeCall(book.pay, (terms, uint128(100))), true);
        fund(BUYER, address(collateral), start);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_PaymentChanged.selector, planId, debt - 100, debt));
        vm.prank(BUYER);
        collateral.buy(terms, ct, start, 0, VAULT);
        vm.assertTrue(collateral.positionOf(planId).custody == Custody.Held, "nothing is sold");
    }

    function test_buy_reverts_when_the_payment_token_takes_a_fee() external {
        FeeToken fee = new FeeToken();
        token = IMintable(address(fee));
        reopen();
        uint128 start = startAuction();
        fund(BUYER, address(collateral), start);
        vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, fee, start - 1, start));
        vm.prank(BUYER);
        collateral.buy(terms, ct, start, 0, VAULT);
    }

    function reentering() private returns (ReenteringToken hostile) {
        hostile = new ReenteringToken();
        token = IMintable(address(hostile));
        reopen();
    }

    /// @dev The same plan in the token of this test.
    function reopen() private {
        Terms memory other = terms;
        CollateralTerms memory gold = ct;
        other.token = address(token);
        terms = other;
        planId = openSecured(other, gold);
    }

    function noAuction() private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NoAuction.selector, planId, block.timestamp));
        vm.prank(BUYER);
        collateral.buy(terms, ct, ALL, 0, VAULT);
    }
}

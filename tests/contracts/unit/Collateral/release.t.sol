// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {CollateralTerms} from "tallystick/settlement/types/CollateralTerms.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {SecuredFixture} from "../../support/SecuredFixture.sol";

contract ReleaseTest is SecuredFixture {
    function test_release_reverts_when_the_collateral_terms_are_not_the_signed_ones() external {
        CollateralTerms memory other = ct;
        other.amount *= 2;
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_TermsMismatch.selector, hashOf(other), hashOf(ct)));
        vm.prank(debtor);
        collateral.release(terms, other, VAULT, ALL);
    }

    function test_release_reverts_when_nothing_is_held_for_the_plan() external {
        Terms memory other = terms;
        other.salt = keccak256("another");
        bytes32 otherId = book.planIdOf(other);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_UnknownPlan.selector, otherId));
        vm.prank(debtor);
        collateral.release(other, ct, VAULT, ALL);
    }

    function test_release_reverts_when_the_caller_is_not_the_debtor() external {
        pay(terms, TOTAL);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_OnlyDebtor.selector, planId, creditor, debtor));
        vm.prank(creditor);
        collateral.release(terms, ct, VAULT, ALL);
    }

    function test_release_reverts_when_nothing_is_free_or_asked_for() external {
        refused(ALL, VAULT, abi.encodeWithSelector(Errors.Collateral_NothingToWithdraw.selector, planId));
        pay(terms, sumOf(terms, 1));
        refused(0, VAULT, abi.encodeWithSelector(Errors.Collateral_NothingToWithdraw.selector, planId));
        release(ALL);
        refused(1, VAULT, abi.encodeWithSelector(Errors.Collateral_NothingToWithdraw.selector, planId));
    }

    function test_release_sends_what_is_free_and_reverts_on_one_unit_more() external {
        pay(terms, sumOf(terms, 3));
        uint128 free = uint128(uint256(ct.amount) * sumOf(terms, 3) / TOTAL);
        vm.assertEq(collateral.releasable(terms, ct), free, "free");
        refused(
            free + 1, VAULT, abi.encodeWithSelector(Errors.Collateral_ReleaseExceeds.selector, planId, free + 1, free)
        );
        vm.expectEmit(address(collateral));
        emit ICollateral.CollateralReleased(planId, VAULT, free - 1, free - 1);
        release(free - 1);
        vm.expectEmit(address(collateral));
        emit ICollateral.CollateralReleased(planId, VAULT, 1, free);
        release(1);
        vm.assertEq(pledge.balanceOf(VAULT), free, "arrived");
        expectHeld(ct.amount - free, 0);
    }

    function testFuzz_release_frees_in_proportion_rounded_down(uint128 paid) external {
        paid = uint128(bound(paid, 1, TOTAL));
        pay(terms, paid);
        uint256 free = collateral.releasable(terms, ct);
        vm.assertLe(free * TOTAL, uint256(ct.amount) * paid, "not above the share");
        vm.assertGt((free + 1) * TOTAL, uint256(ct.amount) * paid, "the largest such");
        vm.assertEq(free + collateral.lotOf(terms, ct), ct.amount, "free and lot are all of it");
    }

    function test_release_frees_nothing_for_charges_and_all_for_the_principal() external {
        vm.warp(dueOf(terms, 1) + 10 days);
        pay(terms, TOTAL);
        vm.assertEq(collateral.releasable(terms, ct), ct.amount, "all for the principal");
        release(ALL);
        pay(terms, ALL); // the charge
        refused(1, VAULT, abi.encodeWithSelector(Errors.Collateral_NothingToWithdraw.selector, planId));
        expectHeld(0, 0);
    }

    function test_release_stays_possible_in_default_and_shrinks_the_lot_by_what_is_paid() external {
        pay(terms, sumOf(terms, 1));
        vm.warp(dueOf(terms, 2) + terms.defaultSeconds + 1);
        collateral.startAuction(terms, ct);
        uint128 lot = collateral.lotOf(terms, ct);
        release(ALL);
        vm.assertEq(collateral.lotOf(terms, ct), lot, "releasing changes no lot");
        pay(terms, sumOf(terms, 1));
        vm.assertEq(collateral.lotOf(terms, ct), ct.amount - uint256(ct.amount) * 2 * sumOf(terms, 1) / TOTAL, "paying");
    }

    function test_release_frees_the_rest_when_the_lot_was_sold() external {
        pay(terms, sumOf(terms, 6));
        uint128 free = collateral.releasable(terms, ct);
        vm.warp(dueOf(terms, 7) + terms.defaultSeconds + 1);
        collateral.startAuction(terms, ct);
        vm.warp(block.timestamp + 3599); // for the floor, so that a debt remains
        buyAs(BUYER, ALL, 0);
        vm.assertEq(collateral.releasable(terms, ct), free, "all that was not sold, and no more");
        vm.assertEq(collateral.lotOf(terms, ct), 0, "nothing to sell");
        pay(terms, 1);
        vm.assertEq(collateral.releasable(terms, ct), free, "later payments free nothing");
        release(ALL);
    }

    function test_release_reverts_when_the_recipient_is_zero_or_the_module() external {
        pay(terms, sumOf(terms, 1));
        refused(1, address(0), abi.encodeWithSelector(Errors.ExactTransfer_BadRecipient.selector, address(0)));
        refused(1, address(collateral), abi.encodeWithSelector(Errors.ExactTransfer_BadRecipient.selector, collateral));
    }

    function release(uint128 amount) private {
        vm.prank(debtor);
        collateral.release(terms, ct, VAULT, amount);
    }

    function refused(uint128 amount, address to, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(debtor);
        collateral.release(terms, ct, to, amount);
    }
}

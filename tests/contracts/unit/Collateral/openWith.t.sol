// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {PlanState, Status} from "tallystick/settlement/types/Account.sol";
import {CollateralTerms, Custody} from "tallystick/settlement/types/CollateralTerms.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";
import {FeeToken} from "../../support/tokens/HostileTokens.sol";

contract OpenWithTest is PlanFixture {
    function test_constructor_reverts_when_the_book_has_no_code() external {
        vm.expectRevert();
        vm.deployCode("Collateral.sol:Collateral", abi.encode(STRANGER));
    }

    function test_openWith_reverts_when_the_terms_name_another_module() external {
        CollateralTerms memory ct = goldTerms();
        Terms memory terms = secured(secondsTerms(), ct);
        terms.collateral = STRANGER;
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NotThisModule.selector, STRANGER));
        collateral.openWith(terms, ct, "", "");
    }

    function test_openWith_reverts_when_the_collateral_terms_are_not_the_signed_ones() external {
        CollateralTerms memory ct = goldTerms();
        Terms memory terms = secured(secondsTerms(), ct);
        ct.reserve -= 1;
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Collateral_TermsMismatch.selector, hashOf(ct), terms.collateralTerms)
        );
        collateral.openWith(terms, ct, "", "");
    }

    function test_openWith_reverts_when_a_rule_of_the_collateral_terms_is_broken() external {
        CollateralTerms memory ct = goldTerms();
        ct.token = STRANGER;
        refused(ct, abi.encodeWithSelector(Errors.Collateral_TokenWithoutCode.selector, STRANGER));
        ct = goldTerms();
        ct.amount = 0;
        refused(ct, abi.encodeWithSelector(Errors.Collateral_ZeroAmount.selector));
        ct = goldTerms();
        ct.reserve = 0;
        refused(ct, abi.encodeWithSelector(Errors.Collateral_ZeroReserve.selector));
        ct = goldTerms();
        ct.startBps = 9999;
        refused(ct, abi.encodeWithSelector(Errors.Collateral_StartBpsOutOfRange.selector, 9999, 10_000, 1_000_000));
        ct.startBps = 1_000_001;
        refused(ct, abi.encodeWithSelector(Errors.Collateral_StartBpsOutOfRange.selector, 1_000_001, 10_000, 1_000_000));
        ct = goldTerms();
        ct.auctionSeconds = 59;
        refused(ct, abi.encodeWithSelector(Errors.Collateral_AuctionSecondsOutOfRange.selector, 59, 60));
    }

    function test_openWith_takes_the_last_values_that_keep_the_rules() external {
        CollateralTerms memory ct = goldTerms();
        (ct.amount, ct.reserve, ct.startBps, ct.auctionSeconds) = (1, 1, 10_000, 60);
        Terms memory terms = secondsTerms();
        openSecured(secured(terms, ct), ct);
        (ct.amount, ct.reserve) = (type(uint128).max, type(uint128).max);
        (ct.startBps, ct.auctionSeconds) = (1_000_000, type(uint32).max);
        openSecured(secured(terms, ct), ct);
    }

    function test_openWith_reverts_when_the_debtor_has_not_approved() external {
        CollateralTerms memory ct = goldTerms();
        Terms memory terms = secured(secondsTerms(), ct);
        bytes32 planId = book.planIdOf(terms);
        (bytes memory debtorSig, bytes memory creditorSig) = (sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, collateral, 0, ct.amount)
        );
        collateral.openWith(terms, ct, debtorSig, creditorSig);
        vm.assertTrue(book.accountOf(planId).status == Status.None, "no plan");
    }

    function test_openWith_reverts_when_the_collateral_takes_a_fee() external {
        CollateralTerms memory ct = goldTerms();
        FeeToken fee = new FeeToken();
        ct.token = address(fee);
        Terms memory terms = secured(secondsTerms(), ct);
        fee.mint(debtor, ct.amount);
        vm.prank(debtor);
        fee.approve(address(collateral), ct.amount);
        bytes32 planId = book.planIdOf(terms);
        (bytes memory debtorSig, bytes memory creditorSig) = (sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
        vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_Inexact.selector, fee, ct.amount - 1, ct.amount));
        collateral.openWith(terms, ct, debtorSig, creditorSig);
    }

    function test_openWith_reverts_when_a_signature_is_wrong_and_the_debtor_keeps_its_tokens() external {
        CollateralTerms memory ct = goldTerms();
        Terms memory terms = secured(secondsTerms(), ct);
        approve(ct);
        bytes32 planId = book.planIdOf(terms);
        bytes memory debtorSig = sign(DEBTOR_KEY, planId);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_BadSignature.selector, planId, creditor));
        collateral.openWith(terms, ct, debtorSig, debtorSig);
        vm.assertEq(pledge.balanceOf(debtor), ct.amount, "the debtor's");
    }

    function test_openWith_reverts_when_the_plan_is_open_and_takes_nothing_twice() external {
        CollateralTerms memory ct = goldTerms();
        Terms memory terms = secured(secondsTerms(), ct);
        bytes32 planId = openSecured(terms, ct);
        approve(ct);
        (bytes memory debtorSig, bytes memory creditorSig) = (sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_AlreadyOpen.selector, planId));
        collateral.openWith(terms, ct, debtorSig, creditorSig);
        vm.assertEq(pledge.balanceOf(debtor), ct.amount, "the debtor's");
    }

    function test_openWith_takes_the_collateral_and_opens_the_plan() external {
        CollateralTerms memory ct = goldTerms();
        Terms memory terms = secured(secondsTerms(), ct);
        approve(ct);
        bytes32 planId = book.planIdOf(terms);
        (bytes memory debtorSig, bytes memory creditorSig) = (sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
        vm.expectEmit(address(collateral));
        emit ICollateral.CollateralHeld(planId, debtor, address(pledge), ct.amount);
        vm.prank(STRANGER);
        vm.assertEq(collateral.openWith(terms, ct, debtorSig, creditorSig), planId, "plan id");
        vm.assertEq(pledge.balanceOf(address(collateral)), ct.amount, "held");
        vm.assertTrue(collateral.positionOf(planId).custody == Custody.Held, "custody");
        vm.assertTrue(viewNow(terms).state == PlanState.Current, "open");
        vm.assertEq(collateral.releasable(terms, ct), 0, "nothing is free yet");
        vm.assertEq(collateral.lotOf(terms, ct), ct.amount, "all of it is the lot");
    }

    function approve(CollateralTerms memory ct) private {
        pledge.mint(debtor, ct.amount);
        vm.prank(debtor);
        pledge.approve(address(collateral), ct.amount);
    }

    function refused(CollateralTerms memory ct, bytes memory reason) private {
        Terms memory terms = secured(secondsTerms(), ct);
        vm.expectRevert(reason);
        collateral.openWith(terms, ct, "", "");
    }
}

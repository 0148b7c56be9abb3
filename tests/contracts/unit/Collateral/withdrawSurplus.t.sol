// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";

import {SecuredFixture} from "../../support/SecuredFixture.sol";

contract WithdrawSurplusTest is SecuredFixture {
    function test_withdrawSurplus_reverts_when_the_caller_is_not_the_debtor() external {
        sell();
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_OnlyDebtor.selector, planId, creditor, debtor));
        vm.prank(creditor);
        collateral.withdrawSurplus(terms, VAULT);
    }

    function test_withdrawSurplus_reverts_when_there_is_no_credit() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NothingToWithdraw.selector, planId));
        vm.prank(debtor);
        collateral.withdrawSurplus(terms, VAULT);
    }

    function test_withdrawSurplus_reverts_when_the_recipient_is_zero_or_the_module() external {
        sell();
        address[2] memory bad = [address(0), address(collateral)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Errors.ExactTransfer_BadRecipient.selector, bad[i]));
            vm.prank(debtor);
            collateral.withdrawSurplus(terms, bad[i]);
        }
    }

    function test_withdrawSurplus_sends_all_of_it_once() external {
        uint128 surplus = sell();
        vm.expectEmit(address(collateral));
        emit ICollateral.SurplusWithdrawn(planId, VAULT, surplus);
        vm.prank(debtor);
        vm.assertEq(collateral.withdrawSurplus(terms, VAULT), surplus, "sent");
        vm.assertEq(token.balanceOf(VAULT), surplus, "arrived");
        expectHeld(0, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NothingToWithdraw.selector, planId));
        vm.prank(debtor);
        collateral.withdrawSurplus(terms, VAULT);
    }

    function sell() private returns (uint128 surplus) {
        startAuction();
        buyAs(BUYER, ALL, 0);
        surplus = collateral.positionOf(planId).surplus;
        vm.assertGt(surplus, 0, "there is a surplus");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralTerms} from "tallystick/settlement/types/CollateralTerms.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "./PlanFixture.sol";

/// @notice A secured plan: ten gold for the whole debt of TOTAL; reserve 600,000,000; an hour of auction from 150 %.
abstract contract SecuredFixture is PlanFixture {
    address internal constant BUYER = address(0xB1);

    Terms internal terms;
    CollateralTerms internal ct;
    bytes32 internal planId;

    function setUp() public virtual override {
        super.setUp();
        CollateralTerms memory gold = goldTerms();
        ct = gold;
        terms = secured(secondsTerms(), gold);
        planId = openSecured(terms, gold);
    }

    /// @notice The first second of default.
    function toDefault() internal {
        vm.warp(dueOf(terms, 1) + terms.defaultSeconds + 1);
    }

    function startAuction() internal returns (uint128 startPrice) {
        toDefault();
        return collateral.startAuction(terms, ct);
    }

    function buyAs(address buyer, uint128 maxPrice, uint128 minQuantity)
        internal
        returns (uint128 price, uint128 quantity)
    {
        fund(buyer, address(collateral), maxPrice == ALL ? 2 ** 112 : maxPrice);
        vm.prank(buyer);
        return collateral.buy(terms, ct, maxPrice, minQuantity, VAULT);
    }

    /// @notice Collateral and surplus held must be all that is owed out of the module, to the unit.
    function expectHeld(uint256 gold, uint256 euros) internal view {
        vm.assertEq(pledge.balanceOf(address(collateral)), gold, "collateral held");
        vm.assertEq(token.balanceOf(address(collateral)), euros, "surplus held");
        vm.assertEq(token.allowance(address(collateral), address(book)), 0, "no allowance stands");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {PlanState, Status} from "tallystick/settlement/types/Account.sol";
import {CollateralTerms} from "tallystick/settlement/types/CollateralTerms.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {LibraryHarness} from "../../support/LibraryHarness.sol";
import {SecuredFixture} from "../../support/SecuredFixture.sol";

contract StartAuctionTest is SecuredFixture {
    function test_startAuction_reverts_up_to_the_last_second_before_default() external {
        refusedAs(PlanState.Current);
        vm.warp(dueOf(terms, 1) + terms.defaultSeconds);
        refusedAs(PlanState.Arrears);
        vm.warp(block.timestamp + 1);
        collateral.startAuction(terms, ct);
    }

    function test_startAuction_writes_the_default_that_nobody_poked() external {
        toDefault();
        uint128 debt = viewNow(terms).owedTotal;
        uint128 start = uint128((uint256(debt) * 3 + 1) / 2);
        vm.expectEmit(address(collateral));
        emit ICollateral.AuctionStarted(
            planId, start, ct.reserve, ct.amount, uint40(block.timestamp), uint40(block.timestamp + 1 hours)
        );
        vm.prank(STRANGER);
        vm.assertEq(collateral.startAuction(terms, ct), start, "start price");
        vm.assertTrue(book.accountOf(planId).status == Status.Defaulted, "on record");
    }

    function test_startAuction_reverts_when_only_charges_are_owed() external {
        toDefault();
        pay(terms, TOTAL);
        vm.assertGt(viewNow(terms).owedTotal, 0, "charges are owed");
        refusedAs(PlanState.Current);
    }

    function test_startAuction_reverts_while_one_is_running_and_starts_again_after_its_end() external {
        startAuction();
        uint256 endsAt = block.timestamp + 1 hours;
        vm.warp(endsAt - 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_AuctionRunning.selector, planId, endsAt));
        collateral.startAuction(terms, ct);
        vm.warp(endsAt + 40 days); // later, the debt has grown by charges
        uint128 debt = viewNow(terms).owedTotal;
        vm.assertEq(collateral.startAuction(terms, ct), (uint256(debt) * 3 + 1) / 2, "from the debt then");
    }

    function test_startAuction_starts_anew_in_a_later_default_though_the_old_window_is_still_open() external {
        ct.auctionSeconds = 400 days;
        terms.collateralTerms = hashOf(ct);
        planId = openSecured(terms, ct);
        startAuction();
        uint256 begin = block.timestamp;
        pay(terms, viewNow(terms).owedNow); // cured: the auction is over
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NoAuction.selector, planId, begin));
        collateral.priceAt(terms, ct, uint40(begin));

        uint256 next = viewNow(terms).nextDueAt + terms.defaultSeconds + 1;
        vm.warp(next);
        vm.assertTrue(viewNow(terms).state == PlanState.Defaulted, "in default again");
        vm.assertLt(next, begin + ct.auctionSeconds, "within the old window");
        fund(BUYER, address(collateral), 2 ** 112);
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NoAuction.selector, planId, next));
        vm.prank(BUYER);
        collateral.buy(terms, ct, ALL, 0, VAULT);

        uint128 debt = viewNow(terms).owedTotal;
        vm.assertEq(collateral.startAuction(terms, ct), (uint256(debt) * 3 + 1) / 2, "from the debt of this default");
        buyAs(BUYER, ALL, 0);
    }

    function test_startAuction_reverts_when_the_lot_was_sold() external {
        startAuction();
        buyAs(BUYER, ALL, 0);
        toDefault();
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_Sold.selector, planId));
        collateral.startAuction(terms, ct);
    }

    function test_startAuction_starts_at_the_floor_when_the_debt_is_small() external {
        ct.reserve = 10 * TOTAL;
        terms.collateralTerms = hashOf(ct);
        planId = openSecured(terms, ct);
        vm.assertEq(startAuction(), ct.reserve, "start price");
        vm.assertEq(price(block.timestamp), ct.reserve, "from the first second");
        vm.assertEq(price(block.timestamp + 1 hours - 1), ct.reserve, "to the last");
    }

    function test_priceAt_falls_from_the_start_price_to_the_floor_in_the_last_second() external {
        uint128 start = startAuction();
        uint256 begin = block.timestamp;
        vm.assertEq(price(begin), start, "first second");
        vm.assertEq(price(begin + 3599), ct.reserve, "last second");
        vm.assertEq(price(begin + 1800), up(uint256(start - ct.reserve) * 1799, 3599) + ct.reserve, "in the middle");
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NoAuction.selector, planId, begin - 1));
        collateral.priceAt(terms, ct, uint40(begin - 1));
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NoAuction.selector, planId, begin + 3600));
        collateral.priceAt(terms, ct, uint40(begin + 3600));
    }

    function test_priceAt_reverts_when_no_auction_was_started() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NoAuction.selector, planId, NOW));
        collateral.priceAt(terms, ct, NOW);
    }

    function testFuzz_priceUp_never_rises_and_stays_between_start_and_floor(
        uint128 start,
        uint128 floor,
        uint32 duration,
        uint32 elapsed
    ) external {
        LibraryHarness harness = new LibraryHarness();
        floor = uint128(bound(floor, 1, type(uint128).max));
        start = uint128(bound(start, floor, type(uint128).max));
        duration = uint32(bound(duration, 60, type(uint32).max));
        elapsed = uint32(bound(elapsed, 1, duration - 1));
        uint256 before = harness.priceUp(start, floor, elapsed - 1, duration);
        uint256 here = harness.priceUp(start, floor, elapsed, duration);
        vm.assertLe(here, before, "never rises");
        vm.assertGe(here, floor, "not below the floor");
        vm.assertLe(before, start, "not above the start");
        vm.assertEq(harness.priceUp(start, floor, 0, duration), start, "starts at the start price");
        vm.assertEq(harness.priceUp(start, floor, duration - 1, duration), floor, "ends at the floor");
    }

    function price(uint256 moment) private view returns (uint128) {
        return collateral.priceAt(terms, ct, uint40(moment));
    }

    function up(uint256 a, uint256 b) private pure returns (uint256) {
        return (a + b - 1) / b;
    }

    function refusedAs(PlanState state) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Collateral_NotDefaulted.selector, planId, state));
        collateral.startAuction(terms, ct);
    }
}

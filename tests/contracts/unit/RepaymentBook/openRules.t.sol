// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";

/// @notice Each rule of the terms: the last value that keeps it opens, the first that breaks it reverts with numbers.
/// Part of open.tree.
contract OpenRulesTest is PlanFixture {
    uint256 private constant MOST = type(uint112).max;

    function test_open_reverts_when_a_party_is_zero() external {
        Terms memory terms = secondsTerms();
        terms.debtor = address(0);
        refused(terms, abi.encodeWithSelector(Errors.Terms_ZeroParty.selector));
        terms = secondsTerms();
        terms.creditor = address(0);
        refused(terms, abi.encodeWithSelector(Errors.Terms_ZeroParty.selector));
    }

    function test_open_reverts_when_one_party_stands_on_both_sides() external {
        Terms memory terms = secondsTerms();
        terms.creditor = debtor;
        refused(terms, abi.encodeWithSelector(Errors.Terms_PartiesSame.selector, debtor));
    }

    function test_open_reverts_when_a_party_is_the_book_or_the_token() external {
        Terms memory terms = secondsTerms();
        address[2] memory reserved = [address(book), address(token)];
        for (uint256 i = 0; i < 2; ++i) {
            (terms.debtor, terms.creditor) = (reserved[i], creditor);
            refused(terms, abi.encodeWithSelector(Errors.Terms_PartyReserved.selector, reserved[i]));
            (terms.debtor, terms.creditor) = (debtor, reserved[i]);
            refused(terms, abi.encodeWithSelector(Errors.Terms_PartyReserved.selector, reserved[i]));
        }
        (terms.creditor, terms.token) = (creditor, address(book));
        refused(terms, abi.encodeWithSelector(Errors.Terms_PartyReserved.selector, address(book)));
    }

    function test_open_reverts_when_the_token_has_no_code() external {
        Terms memory terms = secondsTerms();
        terms.token = address(0xDEAD);
        refused(terms, abi.encodeWithSelector(Errors.Terms_TokenWithoutCode.selector, address(0xDEAD)));
    }

    function test_open_takes_1_to_600_installments() external {
        Terms memory terms = secondsTerms();
        terms.defaultMissed = 0;
        terms.installments = 1;
        accepted(terms);
        terms.installments = 600;
        accepted(terms);
        terms.installments = 0;
        refused(terms, abi.encodeWithSelector(Errors.Terms_InstallmentsOutOfRange.selector, 0, 600));
        terms.installments = 601;
        refused(terms, abi.encodeWithSelector(Errors.Terms_InstallmentsOutOfRange.selector, 601, 600));
    }

    function test_open_takes_a_total_of_one_unit_per_installment_up_to_112_bits() external {
        Terms memory terms = secondsTerms();
        (terms.lateFlat, terms.lateDaily, terms.lateCap) = (0, 0, 0);
        terms.total = 12;
        accepted(terms);
        terms.total = uint128(MOST);
        accepted(terms);
        terms.total = 11;
        refused(terms, abi.encodeWithSelector(Errors.Terms_TotalOutOfRange.selector, 11, 12, MOST));
        terms.total = uint128(MOST + 1);
        refused(terms, abi.encodeWithSelector(Errors.Terms_TotalOutOfRange.selector, MOST + 1, 12, MOST));
        terms.total = 0;
        refused(terms, abi.encodeWithSelector(Errors.Terms_TotalOutOfRange.selector, 0, 12, MOST));
    }

    function test_open_takes_a_first_due_date_from_now_on() external {
        Terms memory terms = secondsTerms();
        terms.firstDueAt = NOW;
        accepted(terms);
        terms.firstDueAt = NOW - 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_FirstDuePast.selector, NOW - 1, NOW));
    }

    function test_open_takes_an_interval_of_at_least_60_seconds() external {
        Terms memory terms = secondsTerms();
        (terms.lateFlat, terms.lateCap) = (7, 7);
        terms.interval = 60;
        accepted(terms);
        terms.interval = 59;
        refused(
            terms, abi.encodeWithSelector(Errors.Terms_IntervalOutOfRange.selector, 59, 60, uint256(type(uint32).max))
        );
    }

    function test_open_takes_an_interval_of_1_to_120_months() external {
        Terms memory terms = monthsTerms();
        terms.interval = 120;
        accepted(terms);
        terms.interval = 0;
        refused(terms, abi.encodeWithSelector(Errors.Terms_IntervalOutOfRange.selector, 0, 1, 120));
        terms.interval = 121;
        refused(terms, abi.encodeWithSelector(Errors.Terms_IntervalOutOfRange.selector, 121, 1, 120));
    }

    function test_open_takes_an_anchor_day_of_1_to_31_by_months_and_0_by_seconds() external {
        Terms memory terms = secondsTerms();
        terms.anchorDay = 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_AnchorDayOutOfRange.selector, 1));
        terms = monthsTerms();
        accepted(terms);
        terms.firstDueAt = 1_801_476_000; // 1 February 2027, 10:00 UTC
        terms.anchorDay = 1;
        accepted(terms);
        terms.anchorDay = 0;
        refused(terms, abi.encodeWithSelector(Errors.Terms_AnchorDayOutOfRange.selector, 0));
        terms.anchorDay = 32;
        refused(terms, abi.encodeWithSelector(Errors.Terms_AnchorDayOutOfRange.selector, 32));
    }

    function test_open_takes_an_offset_of_14_hours_by_months_and_0_by_seconds() external {
        Terms memory terms = secondsTerms();
        terms.utcOffset = 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_UtcOffsetOutOfRange.selector, int256(1)));
        terms = monthsTerms();
        terms.firstDueAt = 1_801_440_000; // 1 February 2027, 00:00 UTC: the 31st west of it
        terms.utcOffset = -50_400;
        accepted(terms);
        terms.utcOffset = -50_401;
        refused(terms, abi.encodeWithSelector(Errors.Terms_UtcOffsetOutOfRange.selector, int256(-50_401)));
        terms.firstDueAt = 1_801_353_600; // 31 January 2027, 00:00 UTC
        terms.utcOffset = 50_400;
        terms.anchorDay = 31;
        accepted(terms);
        terms.utcOffset = 50_401;
        refused(terms, abi.encodeWithSelector(Errors.Terms_UtcOffsetOutOfRange.selector, int256(50_401)));
    }

    function test_open_reverts_when_the_first_due_date_is_off_the_anchor_day() external {
        Terms memory terms = monthsTerms();
        terms.firstDueAt = 1_801_389_600 - 1 days; // the 30th
        refused(
            terms, abi.encodeWithSelector(Errors.Terms_FirstDueOffCalendar.selector, terms.firstDueAt, 1_801_389_600)
        );
        terms.firstDueAt = 1_803_808_800; // 28 February, the last day of a month without a 31st
        accepted(terms);
    }

    function test_open_reverts_when_the_last_due_date_does_not_fit_into_40_bits() external {
        Terms memory terms = secondsTerms();
        terms.installments = 2;
        terms.defaultMissed = 0;
        terms.interval = 1 days;
        terms.lateFlat = terms.lateCap;
        terms.firstDueAt = type(uint40).max - 1 days;
        accepted(terms);
        terms.firstDueAt += 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_LastDueTooLate.selector, 2 ** 40, 2 ** 40));
    }

    function test_open_takes_a_grace_of_at_most_366_days() external {
        Terms memory terms = secondsTerms();
        terms.defaultSeconds = 0;
        terms.graceSeconds = 366 days;
        accepted(terms);
        terms.graceSeconds = 366 days + 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_GraceTooLong.selector, 366 days + 1, 366 days));
    }

    function test_open_takes_a_flat_charge_of_at_most_the_cap() external {
        Terms memory terms = secondsTerms();
        terms.lateFlat = terms.lateCap;
        accepted(terms);
        terms.lateFlat = terms.lateCap + 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_LateFlatAboveCap.selector, terms.lateCap + 1, terms.lateCap));
    }

    function test_open_takes_a_cap_that_twelve_periods_reach() external {
        Terms memory terms = secondsTerms();
        terms.lateCap = terms.lateFlat + 360 * terms.lateDaily;
        accepted(terms);
        terms.lateCap += 1;
        refused(
            terms, abi.encodeWithSelector(Errors.Terms_LateCapUnreachable.selector, terms.lateCap - 1, terms.lateCap)
        );
        terms = monthsTerms();
        terms.lateCap = terms.lateFlat + 365 * terms.lateDaily;
        accepted(terms);
        terms.lateCap += 1;
        refused(
            terms, abi.encodeWithSelector(Errors.Terms_LateCapUnreachable.selector, terms.lateCap - 1, terms.lateCap)
        );
    }

    function test_open_takes_total_and_charges_that_fit_into_112_bits() external {
        Terms memory terms = secondsTerms();
        terms.total = uint128(MOST - 12 * uint256(terms.lateCap));
        accepted(terms);
        terms.total += 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_ChargesTooLarge.selector, MOST + 1, MOST));
    }

    function test_open_takes_a_default_rule_of_at_most_all_installments() external {
        Terms memory terms = secondsTerms();
        terms.defaultMissed = 12;
        accepted(terms);
        terms.defaultMissed = 13;
        refused(terms, abi.encodeWithSelector(Errors.Terms_DefaultMissedOutOfRange.selector, 13, 12));
    }

    function test_open_takes_a_default_from_the_end_of_grace_on() external {
        Terms memory terms = secondsTerms();
        terms.defaultSeconds = GRACE;
        accepted(terms);
        terms.defaultSeconds = GRACE - 1;
        refused(terms, abi.encodeWithSelector(Errors.Terms_DefaultBeforeGrace.selector, GRACE - 1, GRACE));
    }

    function test_open_reverts_when_collateral_and_its_terms_do_not_go_together() external {
        Terms memory terms = secondsTerms();
        terms.collateral = address(collateral);
        refused(terms, abi.encodeWithSelector(Errors.Terms_CollateralMismatch.selector, collateral, bytes32(0)));
        terms.collateral = address(0);
        terms.collateralTerms = keccak256("terms");
        refused(terms, abi.encodeWithSelector(Errors.Terms_CollateralMismatch.selector, address(0), keccak256("terms")));
    }

    function test_open_reverts_when_collateral_could_be_stuck_without_default_by_seconds() external {
        Terms memory terms = secured(secondsTerms(), goldTerms());
        terms.defaultSeconds = 0; // the last installments but one could stay unpaid for ever
        refused(terms, abi.encodeWithSelector(Errors.Terms_CollateralWithoutDefaultSeconds.selector, collateral));
        terms.defaultMissed = 0;
        refused(terms, abi.encodeWithSelector(Errors.Terms_CollateralWithoutDefaultSeconds.selector, collateral));
        terms.collateral = address(0);
        terms.collateralTerms = 0;
        accepted(terms);
    }

    function accepted(Terms memory terms) private {
        uint256 before = vm.snapshotState();
        open(terms);
        vm.revertToState(before);
    }

    function refused(Terms memory terms, bytes memory reason) private {
        vm.expectRevert(reason);
        book.open(terms, "", "");
    }
}

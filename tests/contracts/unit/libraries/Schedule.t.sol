// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {Calendar, Terms} from "tallystick/settlement/types/Terms.sol";

import {LibraryHarness} from "../../support/LibraryHarness.sol";
import {PlanFixture} from "../../support/PlanFixture.sol";
import {ScheduleReference} from "../../support/ScheduleReference.sol";
import {TermsMaker} from "../../support/TermsMaker.sol";

contract ScheduleTest is PlanFixture {
    LibraryHarness private harness;

    function setUp() public override {
        super.setUp();
        harness = new LibraryHarness();
    }

    function testFuzz_cumulativeDown_is_exact_and_even(uint128 total, uint16 installments) external view {
        Terms memory terms = secondsTerms();
        terms.installments = uint16(bound(installments, 1, 600));
        terms.total = uint128(bound(total, terms.installments, type(uint112).max));
        vm.assertEq(harness.cumulativeDown(terms, 0), 0, "S(0)");
        vm.assertEq(harness.cumulativeDown(terms, terms.installments), terms.total, "S(n)");
        uint256 least = terms.total / terms.installments;
        uint256 previous;
        uint256 step = terms.installments > 40 ? terms.installments / 40 : 1;
        for (uint256 k = 1; k <= terms.installments; k += step) {
            previous = harness.cumulativeDown(terms, k - 1);
            uint256 installment = harness.cumulativeDown(terms, k) - previous;
            vm.assertTrue(installment == least || installment == least + 1, "installments differ by at most one");
        }
    }

    function test_cumulativeDown_reverts_beyond_the_last_installment() external {
        Terms memory terms = secondsTerms();
        vm.expectRevert(abi.encodeWithSelector(Errors.Schedule_NoSuchInstallment.selector, 13, 12));
        harness.cumulativeDown(terms, 13);
    }

    function testFuzz_cleared_is_the_inverse_of_cumulativeDown(uint128 total, uint16 installments, uint128 paid)
        external
        view
    {
        Terms memory terms = secondsTerms();
        terms.installments = uint16(bound(installments, 1, 600));
        terms.total = uint128(bound(total, terms.installments, type(uint112).max));
        paid = uint128(bound(paid, 0, terms.total));
        uint256 count = harness.cleared(terms, paid);
        vm.assertLe(harness.cumulativeDown(terms, count), paid, "S(cleared) <= P");
        if (count < terms.installments) {
            vm.assertGt(harness.cumulativeDown(terms, count + 1), paid, "P < S(cleared + 1)");
        }
    }

    function testFuzz_cleared_counts_an_installment_at_its_last_unit(uint128 total, uint16 installments, uint16 k)
        external
        view
    {
        Terms memory terms = secondsTerms();
        terms.installments = uint16(bound(installments, 1, 600));
        terms.total = uint128(bound(total, terms.installments, type(uint112).max));
        uint256 sum = harness.cumulativeDown(terms, bound(k, 1, terms.installments));
        vm.assertEq(harness.cleared(terms, sum), bound(k, 1, terms.installments), "at S(k)");
        vm.assertEq(harness.cleared(terms, sum - 1), bound(k, 1, terms.installments) - 1, "at S(k) - 1");
    }

    function test_dueAt_reverts_outside_the_schedule() external {
        Terms memory terms = secondsTerms();
        uint256[2] memory outside = [uint256(0), 13];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Errors.Schedule_NoSuchInstallment.selector, outside[i], 12));
            harness.dueAt(terms, outside[i]);
        }
    }

    /// @notice Dates from a calendar on the wall, 18:00 in UTC+8.
    function test_dueAt_gives_published_dates_when_months_are_short() external view {
        Terms memory terms = monthsTerms();
        terms.installments = 600;
        vm.assertEq(harness.dueAt(terms, 1), 1_801_389_600, "31 January 2027");
        vm.assertEq(harness.dueAt(terms, 2), 1_803_808_800, "28 February 2027");
        vm.assertEq(harness.dueAt(terms, 3), 1_806_487_200, "31 March 2027");
        vm.assertEq(harness.dueAt(terms, 4), 1_809_079_200, "30 April 2027");
        vm.assertEq(harness.dueAt(terms, 12), 1_830_247_200, "31 December 2027");
        vm.assertEq(harness.dueAt(terms, 14), 1_835_431_200, "29 February 2028");
        terms.interval = 120;
        // 31 January 2097 and on: 2100 is no leap year.
        vm.assertEq(harness.dueAt(terms, 8), 4_010_464_800, "31 January 2097");
        terms.interval = 1;
        terms.firstDueAt = 4_105_072_800; // 31 January 2100, 10:00 UTC
        vm.assertEq(harness.dueAt(terms, 2), 4_107_492_000, "28 February 2100");
    }

    function testFuzz_dueAt_agrees_with_walking_the_calendar(uint256 seed, uint256 k) external view {
        Terms memory terms = TermsMaker.make(secondsTerms(), seed, 600, 1500 days);
        harness.validate(terms, address(book), NOW);
        k = bound(k, 1, terms.installments);
        vm.assertEq(harness.dueAt(terms, k), ScheduleReference.dueAt(terms, k), "due date");
    }

    function testFuzz_counts_agree_with_looking_at_every_due_date(uint256 seed, uint256 moment) external view {
        Terms memory terms = TermsMaker.make(secondsTerms(), seed, 24, 1500 days);
        uint256[] memory dates = ScheduleReference.dates(terms);
        moment = bound(moment, 0, dates[dates.length - 1] + terms.graceSeconds + 10 days);
        checkCounts(terms, dates, moment);
    }

    function testFuzz_counts_step_exactly_at_a_due_date(uint256 seed, uint256 k) external view {
        Terms memory terms = TermsMaker.make(secondsTerms(), seed, 24, 1500 days);
        uint256[] memory dates = ScheduleReference.dates(terms);
        k = bound(k, 1, terms.installments);
        for (uint256 i = 0; i < 3; ++i) {
            checkCounts(terms, dates, dates[k - 1] + i - 1);
            checkCounts(terms, dates, dates[k - 1] + terms.graceSeconds + i - 1);
        }
    }

    function testFuzz_charges_agree_with_looking_at_every_installment(
        uint256 seed,
        uint256 from,
        uint256 to,
        uint256 moment
    ) external view {
        Terms memory terms = TermsMaker.make(secondsTerms(), seed, 30, 1500 days);
        uint256[] memory dates = ScheduleReference.dates(terms);
        from = bound(from, 1, terms.installments);
        to = bound(to, from, terms.installments);
        moment = bound(moment, dates[0], dates[dates.length - 1] + terms.graceSeconds + 20 * 30 days);
        vm.assertEq(
            harness.sumAt(terms, from, to, moment),
            ScheduleReference.charges(terms, dates, from, to, moment),
            "sum of charges"
        );
    }

    function test_charges_agree_when_hundreds_of_installments_are_late() external view {
        Terms memory terms = secondsTerms();
        (terms.installments, terms.interval) = (600, 9 days); // the cap is reached after ten periods
        uint256[] memory dates = ScheduleReference.dates(terms);
        for (uint256 k = 580; k <= 600; ++k) {
            uint256 moment = dates[k - 1] + GRACE + 1;
            vm.assertEq(
                harness.sumAt(terms, 1, 600, moment),
                ScheduleReference.charges(terms, dates, 1, 600, moment),
                "sum of charges"
            );
        }
    }

    function test_charges_step_with_grace_and_with_each_whole_day() external view {
        Terms memory terms = secondsTerms();
        uint256 due = terms.firstDueAt;
        vm.assertEq(harness.sumAt(terms, 1, 12, due + GRACE), 0, "last second of grace");
        vm.assertEq(harness.sumAt(terms, 1, 12, due + GRACE + 1), 1_500_000, "first second after, five days late");
        vm.assertEq(harness.sumAt(terms, 1, 12, due + 6 days - 1), 1_500_000, "last second of the sixth day");
        vm.assertEq(harness.sumAt(terms, 1, 12, due + 6 days), 1_600_000, "six days late");
        vm.assertEq(harness.sumAt(terms, 1, 1, due + 90 days - 1), 9_900_000, "a second before the cap");
        vm.assertEq(harness.sumAt(terms, 1, 1, due + 90 days), 10_000_000, "at the cap");
        vm.assertEq(harness.sumAt(terms, 1, 1, due + 900 days), 10_000_000, "never above the cap");
    }

    function checkCounts(Terms memory terms, uint256[] memory dates, uint256 moment) private view {
        (uint256 due, uint256 overdue, uint256 late) = harness.counts(terms, moment);
        vm.assertEq(due, ScheduleReference.countUntil(dates, 0, moment), "due");
        vm.assertEq(overdue, ScheduleReference.countUntil(dates, 1, moment), "overdue");
        vm.assertEq(late, ScheduleReference.countUntil(dates, uint256(terms.graceSeconds) + 1, moment), "late");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibraryHarness} from "../../support/LibraryHarness.sol";
import {Test} from "../../support/Test.sol";
import {TermsMaker} from "../../support/TermsMaker.sol";

/// @notice Every month of 440 years, so that each kind of leap year and each guess of the year comes up.
contract MonthCalendarTest is Test {
    uint256 private constant MARCH_1970 = 1970 * 12; // months from March of year 0

    LibraryHarness private harness;

    function setUp() external {
        harness = new LibraryHarness();
    }

    function test_monthOf_tells_the_first_and_last_second_of_every_month_apart() external view {
        uint256 day = 0;
        for (uint256 i = 0; i < 440 * 12; ++i) {
            (uint256 year, uint256 month) = (1970 + i / 12, i % 12 + 1);
            uint256 length = TermsMaker.daysOfMonth(year, month);
            uint256 expected = MARCH_1970 - 2 + i;
            (uint256 got, uint256 timeOfDay) = harness.monthOf(day * DAY, 0);
            vm.assertEq(got, expected, "first second");
            vm.assertEq(timeOfDay, 0, "midnight");
            (got, timeOfDay) = harness.monthOf((day + length) * DAY - 1, 0);
            vm.assertEq(got, expected, "last second");
            vm.assertEq(timeOfDay, DAY - 1, "a second before midnight");
            day += length;
        }
    }

    function test_momentOf_is_the_inverse_and_clips_for_every_month() external view {
        uint256 day = 0;
        for (uint256 i = 0; i < 440 * 12; ++i) {
            uint256 length = TermsMaker.daysOfMonth(1970 + i / 12, i % 12 + 1);
            uint256 month = MARCH_1970 - 2 + i;
            vm.assertEq(harness.momentOf(month, 7, 1, 0), day * DAY + 7, "the first");
            uint256 wanted = 28 + i % 4; // 28 to 31
            uint256 clipped = wanted < length ? wanted : length;
            vm.assertEq(harness.momentOf(month, 7, wanted, 0), (day + clipped - 1) * DAY + 7, "the last ones");
            day += length;
        }
    }

    function test_monthOf_reads_the_clock_of_the_offset() external view {
        uint256 newYear = 1_798_761_600; // 1 January 2027, 00:00 UTC
        uint256 january = MARCH_1970 - 2 + (2027 - 1970) * 12;
        (uint256 month, uint256 timeOfDay) = harness.monthOf(newYear, -1);
        vm.assertEq(month, january - 1, "a second west it is still December");
        vm.assertEq(timeOfDay, DAY - 1, "just before midnight");
        (month, timeOfDay) = harness.monthOf(newYear, 50_400);
        vm.assertEq(month, january, "east it is January");
        vm.assertEq(timeOfDay, 50_400, "afternoon");
        vm.assertEq(harness.momentOf(january, 50_400, 1, 50_400), newYear, "and back");
        vm.assertEq(harness.momentOf(january - 1, DAY - 1, 31, -1), newYear, "and back, west");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Auction} from "tallystick/settlement/libraries/Auction.sol";
import {Charges} from "tallystick/settlement/libraries/Charges.sol";
import {MonthCalendar} from "tallystick/settlement/libraries/MonthCalendar.sol";
import {Schedule} from "tallystick/settlement/libraries/Schedule.sol";
import {TermsLib} from "tallystick/settlement/libraries/TermsLib.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

/// @notice The pure libraries behind calls, so that tests can hand them calldata.
contract LibraryHarness {
    function validate(Terms calldata terms, address book, uint256 moment) external view {
        TermsLib.validate(terms, book, moment);
    }

    function dueAt(Terms calldata terms, uint256 k) external pure returns (uint256) {
        return Schedule.dueAt(terms, k);
    }

    function cumulativeDown(Terms calldata terms, uint256 k) external pure returns (uint256) {
        return Schedule.cumulativeDown(terms, k);
    }

    function cleared(Terms calldata terms, uint256 principalPaid) external pure returns (uint256) {
        return Schedule.cleared(terms, principalPaid);
    }

    function counts(Terms calldata terms, uint256 moment)
        external
        pure
        returns (uint256 due, uint256 overdue, uint256 late)
    {
        due = Schedule.countDue(terms, moment);
        overdue = Schedule.countOverdue(terms, moment);
        late = Schedule.countLate(terms, moment);
    }

    function sumAt(Terms calldata terms, uint256 from, uint256 to, uint256 moment) external pure returns (uint256) {
        return Charges.sumAt(terms, from, to, Schedule.countLate(terms, moment), moment);
    }

    function monthOf(uint256 moment, int32 utcOffset) external pure returns (uint256 month, uint256 timeOfDay) {
        return MonthCalendar.monthOf(moment, utcOffset);
    }

    function momentOf(uint256 month, uint256 timeOfDay, uint256 dayWanted, int32 utcOffset)
        external
        pure
        returns (uint256)
    {
        return MonthCalendar.momentOf(month, timeOfDay, dayWanted, utcOffset);
    }

    function priceUp(uint256 startPrice, uint256 floor, uint256 elapsed, uint256 duration)
        external
        pure
        returns (uint256)
    {
        return Auction.priceUp(startPrice, floor, elapsed, duration);
    }
}

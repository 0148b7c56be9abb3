// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Allocation, Calendar, Terms} from "tallystick/settlement/types/Terms.sol";

/// @notice Terms out of one number: every rule of TermsLib holds, everything else is random.
library TermsMaker {
    uint256 private constant DAY = 86_400;

    /// @param most    installments at most
    /// @param spread  seconds within which the first due date lies after the base's
    function make(Terms memory base, uint256 seed, uint16 most, uint256 spread)
        internal
        pure
        returns (Terms memory terms)
    {
        terms = base;
        terms.firstDueAt = uint40(pick(seed, "first", terms.firstDueAt, terms.firstDueAt + spread));
        terms.installments = uint16(pick(seed, "n", 1, most));
        terms.total = uint128(pick(seed, "total", terms.installments, 10 ** pick(seed, "digits", 4, 24)));
        terms.allocation = pick(seed, "allocation", 0, 1) == 0 ? Allocation.PrincipalFirst : Allocation.ChargesFirst;
        terms.graceSeconds = uint32(pick(seed, "grace?", 0, 3) == 0 ? 0 : pick(seed, "grace", 0, 40 days));
        terms.salt = bytes32(seed);
        if (pick(seed, "calendar", 0, 1) == 0) bySeconds(terms, seed);
        else byMonths(terms, seed);
        charges(terms, seed);
        defaults(terms, seed);
    }

    function bySeconds(Terms memory terms, uint256 seed) private pure {
        terms.calendar = Calendar.Seconds;
        terms.interval = uint32(pick(seed, "interval", 60, 100 days));
        terms.anchorDay = 0;
        terms.utcOffset = 0;
    }

    function byMonths(Terms memory terms, uint256 seed) private pure {
        terms.calendar = Calendar.Months;
        terms.interval = uint32(pick(seed, "months", 1, 13));
        terms.utcOffset = int32(int256(pick(seed, "offset", 0, 2 * 50_400))) - 50_400;
        // Anchored on the day of the first due date, or above if that ends its month.
        (uint256 day, uint256 length) = dayOfMonth(uint256(int256(uint256(terms.firstDueAt)) + terms.utcOffset) / DAY);
        terms.anchorDay = uint8(day < length ? day : pick(seed, "anchor", day, 31));
    }

    /// @dev Any flat sum and cap; the daily sum at least what reaches the cap within twelve periods.
    function charges(Terms memory terms, uint256 seed) private pure {
        uint256 periodDays =
            terms.calendar == Calendar.Seconds ? (12 * uint256(terms.interval)) / DAY : 365 * uint256(terms.interval);
        terms.lateCap = uint128(pick(seed, "cap", 0, terms.total));
        if (periodDays == 0) {
            terms.lateFlat = terms.lateCap;
            terms.lateDaily = 0;
            return;
        }
        terms.lateFlat = uint128(pick(seed, "flat", 0, terms.lateCap));
        uint256 least = (uint256(terms.lateCap) - terms.lateFlat + periodDays - 1) / periodDays;
        terms.lateDaily = uint128(pick(seed, "daily", least, least * 20 + 10));
    }

    function defaults(Terms memory terms, uint256 seed) private pure {
        terms.defaultMissed = uint16(pick(seed, "missed", 0, terms.installments < 6 ? terms.installments : 6));
        terms.defaultSeconds = pick(seed, "after?", 0, 1) == 0
            ? 0
            : uint32(pick(seed, "after", terms.graceSeconds == 0 ? 1 : terms.graceSeconds, 200 days));
    }

    function pick(uint256 seed, string memory what, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + uint256(keccak256(abi.encode(seed, what))) % (most - least + 1);
    }

    /// @notice Day of the month and the month's length of a day counted from 1970, by walking year after year.
    function dayOfMonth(uint256 daysSince1970) internal pure returns (uint256 day, uint256 length) {
        (,, day, length) = civil(daysSince1970);
    }

    function civil(uint256 daysSince1970)
        internal
        pure
        returns (uint256 year, uint256 month, uint256 day, uint256 length)
    {
        uint256 rest = daysSince1970;
        for (year = 1970; rest >= daysOfYear(year); ++year) {
            rest -= daysOfYear(year);
        }
        for (month = 1; rest >= daysOfMonth(year, month); ++month) {
            rest -= daysOfMonth(year, month);
        }
        (day, length) = (rest + 1, daysOfMonth(year, month));
    }

    function daysOfYear(uint256 year) internal pure returns (uint256) {
        return daysOfMonth(year, 2) == 29 ? 366 : 365;
    }

    function daysOfMonth(uint256 year, uint256 month) internal pure returns (uint256) {
        if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }
}

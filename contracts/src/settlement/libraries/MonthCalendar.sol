// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title MonthCalendar
/// @notice Months of the proleptic Gregorian calendar. Months are numbered in one line from March of year 0, so that
/// February, with its leap day, is the last month of its year and needs no rule of its own.
/// @dev All moments are below 2^41 seconds and all offsets at most 14 hours (TermsLib), so no sum here reaches 2^64
/// and every sum is positive: 1 March of year 0 lies 719,468 days before 1970.
library MonthCalendar {
    uint256 internal constant DAY = 86_400;
    uint256 private constant DAYS_TO_1970 = 719_468; // from 1 March of year 0
    uint256 private constant DAYS_IN_400_YEARS = 146_097;

    /// @notice The month of a moment, and how far into its day it is, as a clock `utcOffset` seconds east of UTC shows.
    /// @return month      months since March of year 0
    /// @return timeOfDay  seconds since local midnight
    function monthOf(uint256 moment, int32 utcOffset) internal pure returns (uint256 month, uint256 timeOfDay) {
        unchecked {
            uint256 local = _local(moment, utcOffset);
            uint256 day = local / DAY;
            timeOfDay = local % DAY;

            // The mean year gives the year or the one before it.
            uint256 year = (day * 400) / DAYS_IN_400_YEARS;
            if (firstDayOf((year + 1) * 12) <= day) ++year;

            // 153 days are five months from March or August on.
            uint256 dayOfYear = day - firstDayOf(year * 12);
            month = year * 12 + (dayOfYear * 5 + 2) / 153;
        }
    }

    /// @notice The moment at `timeOfDay` on day `dayWanted` of a month, or on its last day if it is shorter.
    /// @param month      months since March of year 0
    /// @param timeOfDay  seconds since local midnight
    /// @param dayWanted  1 to 31
    function momentOf(uint256 month, uint256 timeOfDay, uint256 dayWanted, int32 utcOffset)
        internal
        pure
        returns (uint256 moment)
    {
        unchecked {
            uint256 first = firstDayOf(month);
            uint256 length = firstDayOf(month + 1) - first;
            uint256 day = first + (dayWanted < length ? dayWanted : length) - 1;
            moment = uint256(int256(day * DAY + timeOfDay) - int256(DAYS_TO_1970 * DAY) - utcOffset);
        }
    }

    /// @notice Days from 1 March of year 0 to the first of a month.
    function firstDayOf(uint256 month) internal pure returns (uint256 day) {
        unchecked {
            uint256 year = month / 12;
            day = year * 365 + year / 4 - year / 100 + year / 400 + ((month % 12) * 153 + 2) / 5;
        }
    }

    /// @dev Local seconds since 1 March of year 0.
    function _local(uint256 moment, int32 utcOffset) private pure returns (uint256 local) {
        unchecked {
            local = uint256(int256(moment + DAYS_TO_1970 * DAY) + utcOffset);
        }
    }
}

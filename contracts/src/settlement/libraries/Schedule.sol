// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Errors} from "./Errors.sol";
import {MonthCalendar} from "./MonthCalendar.sol";
import {Calendar, Terms} from "../types/Terms.sol";

/// @title Schedule
/// @notice Which sum is due when. Closed forms, so the cost does not grow with the number of installments.
///
/// With total T, installments n and S(k) the sum due with the first k installments:
/// - S(k) = floor(T * k / n); S(0) = 0, S(n) = T; two installments differ by at most one unit
/// - cleared(P) = the largest k with S(k) <= P
/// - counts at a moment t: due dueAt(k) <= t; overdue dueAt(k) < t; late dueAt(k) + grace < t
library Schedule {
    /// @notice S(k): the sum due with the first `k` installments, rounded down. 0 <= k <= installments.
    function cumulativeDown(Terms calldata terms, uint256 k) internal pure returns (uint256 sum) {
        uint16 installments = terms.installments;
        if (k > installments) revert Errors.Schedule_NoSuchInstallment(k, installments);
        unchecked {
            sum = (uint256(terms.total) * k) / installments; // below 2^144
        }
    }

    /// @notice Installments fully covered by `principalPaid`, which is at most the total.
    function cleared(Terms calldata terms, uint256 principalPaid) internal pure returns (uint256 count) {
        unchecked {
            // S(k) <= P  <=>  T * k < (P + 1) * n; the product is below 2^129 and at least n, so minus one is safe.
            uint256 installments = terms.installments;
            count = ((principalPaid + 1) * installments - 1) / terms.total;
            if (count > installments) count = installments;
        }
    }

    /// @notice Due date of installment `k`, 1 <= k <= installments.
    function dueAt(Terms calldata terms, uint256 k) internal pure returns (uint256 moment) {
        uint16 installments = terms.installments;
        if (k == 0 || k > installments) revert Errors.Schedule_NoSuchInstallment(k, installments);
        (uint256 month, uint256 timeOfDay) = origin(terms);
        return dueFrom(terms, month, timeOfDay, k);
    }

    /// @notice What the due dates of a calendar of months are counted from: month and local time of day of the first.
    /// Both 0 in a calendar of seconds.
    function origin(Terms calldata terms) internal pure returns (uint256 month, uint256 timeOfDay) {
        if (terms.calendar == Calendar.Months) return MonthCalendar.monthOf(terms.firstDueAt, terms.utcOffset);
    }

    /// @notice Due date of installment `k`, at least 1, given the schedule's origin. For who needs several.
    function dueFrom(Terms calldata terms, uint256 month, uint256 timeOfDay, uint256 k)
        internal
        pure
        returns (uint256 moment)
    {
        unchecked {
            uint256 periods = (k - 1) * terms.interval; // below 2^42
            if (terms.calendar == Calendar.Seconds) return terms.firstDueAt + periods;
            return MonthCalendar.momentOf(month + periods, timeOfDay, terms.anchorDay, terms.utcOffset);
        }
    }

    /// @notice Installments with dueAt(k) <= moment.
    function countDue(Terms calldata terms, uint256 moment) internal pure returns (uint256 count) {
        uint256 firstDueAt = terms.firstDueAt;
        if (moment < firstDueAt) return 0;
        uint256 installments = terms.installments;
        unchecked {
            if (terms.calendar == Calendar.Seconds) {
                count = (moment - firstDueAt) / terms.interval + 1;
                return count < installments ? count : installments;
            }
            (uint256 firstMonth, uint256 timeOfDay) = origin(terms);
            (uint256 month,) = MonthCalendar.monthOf(moment, terms.utcOffset);
            // Installments before this month are due; the one that may fall into it needs a look. (The last one gets it
            // even when its month is over: the cost must not depend on how many installments there are.)
            count = (month - firstMonth) / terms.interval + 1;
            if (count > installments) count = installments;
            if (dueFrom(terms, firstMonth, timeOfDay, count) > moment) --count;
        }
    }

    /// @notice Installments with dueAt(k) < moment.
    function countOverdue(Terms calldata terms, uint256 moment) internal pure returns (uint256 count) {
        unchecked {
            return moment == 0 ? 0 : countDue(terms, moment - 1);
        }
    }

    /// @notice Installments with dueAt(k) + grace < moment.
    function countLate(Terms calldata terms, uint256 moment) internal pure returns (uint256 count) {
        uint256 graceSeconds = terms.graceSeconds;
        unchecked {
            return moment <= graceSeconds ? 0 : countDue(terms, moment - graceSeconds - 1);
        }
    }
}

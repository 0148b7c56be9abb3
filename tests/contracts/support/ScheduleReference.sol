// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calendar, Terms} from "tallystick/settlement/types/Terms.sol";

import {TermsMaker} from "./TermsMaker.sol";

/// @notice Due dates, counts and charges by walking every day, month and installment: slow, plain, the judge of the
/// closed forms.
library ScheduleReference {
    uint256 private constant DAY = 86_400;

    function dueAt(Terms memory terms, uint256 k) internal pure returns (uint256) {
        if (terms.calendar == Calendar.Seconds) {
            uint256 moment = terms.firstDueAt;
            for (uint256 i = 1; i < k; ++i) {
                moment += terms.interval;
            }
            return moment;
        }
        uint256 local = uint256(int256(uint256(terms.firstDueAt)) + terms.utcOffset);
        (uint256 year, uint256 month,,) = TermsMaker.civil(local / DAY);
        for (uint256 i = (k - 1) * terms.interval; i > 0; --i) {
            if (++month == 13) (year, month) = (year + 1, 1);
        }
        uint256 length = TermsMaker.daysOfMonth(year, month);
        uint256 day = terms.anchorDay < length ? terms.anchorDay : length;
        uint256 count = day - 1;
        for (uint256 m = 1; m < month; ++m) {
            count += TermsMaker.daysOfMonth(year, m);
        }
        for (uint256 y = 1970; y < year; ++y) {
            count += TermsMaker.daysOfYear(y);
        }
        return uint256(int256(count * DAY + local % DAY) - terms.utcOffset);
    }

    /// @notice All due dates, first to last.
    function dates(Terms memory terms) internal pure returns (uint256[] memory list) {
        list = new uint256[](terms.installments);
        for (uint256 k = 1; k <= terms.installments; ++k) {
            list[k - 1] = dueAt(terms, k);
        }
    }

    /// @notice Installments with dueAt(k) + shift <= moment.
    function countUntil(uint256[] memory list, uint256 shift, uint256 moment) internal pure returns (uint256 count) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] + shift <= moment) ++count;
        }
    }

    /// @notice Installments covered by the principal paid.
    function cleared(Terms memory terms, uint256 principalPaid) internal pure returns (uint256 count) {
        for (uint256 k = 1; k <= terms.installments; ++k) {
            if (uint256(terms.total) * k / terms.installments <= principalPaid) count = k;
        }
    }

    /// @notice Late charges of installments `from` to `to` at a moment, each looked at.
    function charges(Terms memory terms, uint256[] memory list, uint256 from, uint256 to, uint256 moment)
        internal
        pure
        returns (uint256 sum)
    {
        for (uint256 k = from; k <= to; ++k) {
            uint256 due = list[k - 1];
            if (moment <= due + terms.graceSeconds) continue;
            uint256 charge = terms.lateFlat + uint256(terms.lateDaily) * ((moment - due) / DAY);
            sum += charge < terms.lateCap ? charge : terms.lateCap;
        }
    }
}

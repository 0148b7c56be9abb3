// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Schedule} from "./Schedule.sol";
import {Terms} from "../types/Terms.sol";

/// @title Charges
/// @notice Late charges. Nothing is rounded: a day counts when it is over.
///
/// charge(k, t) = 0 while t <= dueAt(k) + grace, else min(lateCap, lateFlat + lateDaily * whole days since dueAt(k)).
///
/// TermsLib makes sure that twelve periods of lateness reach the cap. So with L late installments every one up to
/// L - 12 costs exactly the cap, and at most twelve are looked at, however many there are.
library Charges {
    using Schedule for Terms;

    uint256 private constant DAY = 86_400;
    /// @dev Periods within which a late charge reaches its cap.
    uint256 internal constant CAPPED_AFTER = 12;

    /// @notice Late charge at a moment of an installment that was due at `due` and is late by then.
    function chargeOfLate(Terms calldata terms, uint256 due, uint256 moment) internal pure returns (uint256 charge) {
        unchecked {
            charge = terms.lateFlat + uint256(terms.lateDaily) * ((moment - due) / DAY); // below 2^170, a 40-bit time
        }
        if (charge > terms.lateCap) charge = terms.lateCap;
    }

    /// @notice Late charges of installments `from` to `to`, both included, at a moment; 0 if `from` > `to`.
    /// @param late  installments late at that moment: Schedule.countLate(at)
    function sumAt(Terms calldata terms, uint256 from, uint256 to, uint256 late, uint256 moment)
        internal
        pure
        returns (uint256 sum)
    {
        if (to > late) to = late; // what is not late costs nothing
        if (from > to) return 0;
        unchecked {
            uint256 capped = late > CAPPED_AFTER ? late - CAPPED_AFTER : 0;
            if (from <= capped) {
                uint256 last = to < capped ? to : capped;
                sum = (last - from + 1) * terms.lateCap; // at most 600 caps, below 2^112 by TermsLib
                from = last + 1;
            }
            (uint256 month, uint256 timeOfDay) = terms.origin();
            for (; from <= to; ++from) {
                sum += chargeOfLate(terms, terms.dueFrom(month, timeOfDay, from), moment);
            }
        }
    }
}

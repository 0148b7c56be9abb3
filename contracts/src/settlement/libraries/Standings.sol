// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Charges} from "./Charges.sol";
import {Schedule} from "./Schedule.sol";
import {Account} from "../types/Account.sol";
import {Allocation, Terms} from "../types/Terms.sol";

/// @notice Where a plan stands at a moment, in memory only.
struct Standing {
    uint256 principalPaid;
    uint256 chargesPaid;
    uint256 cleared; // installments covered by the principal paid
    uint256 late; // installments late at the moment, cleared ones included
    uint256 chargesAssessed; // late charges up to the moment, paid ones included
    uint256 owedCharges; // of them, what is not paid
    uint256 owedTotal; // remaining principal plus owedCharges
}

/// @title Standings
/// @notice The fold of terms, payments and time that every rule of the book reads.
library Standings {
    using Charges for Terms;
    using Schedule for Terms;

    /// @dev No default moment lies ahead.
    uint256 internal constant NEVER = type(uint256).max;

    /// @notice Where the plan stands at a moment, which must not lie before its last payment.
    /// @dev For an earlier moment charges are assessed as of then, and what is owed of them stops at zero.
    function standingAt(Terms calldata terms, Account storage account, uint256 moment)
        internal
        view
        returns (Standing memory standing)
    {
        standing.principalPaid = account.principalPaid;
        standing.chargesPaid = account.chargesPaid;
        standing.cleared = terms.cleared(standing.principalPaid);
        standing.late = terms.countLate(moment);
        unchecked {
            // All sums stay below 2^113: total plus all caps fits into 112 bits (TermsLib).
            standing.chargesAssessed =
                account.chargesFrozen + terms.sumAt(standing.cleared + 1, standing.late, standing.late, moment);
            if (standing.chargesAssessed > standing.chargesPaid) {
                standing.owedCharges = standing.chargesAssessed - standing.chargesPaid;
            }
            standing.owedTotal = terms.total - standing.principalPaid + standing.owedCharges;
        }
    }

    /// @notice How a payment, at most owedTotal, is split by the terms.
    function allocate(Terms calldata terms, Standing memory standing, uint256 amount)
        internal
        pure
        returns (uint256 principal, uint256 charges)
    {
        unchecked {
            if (terms.allocation == Allocation.PrincipalFirst) {
                uint256 remaining = terms.total - standing.principalPaid;
                principal = amount < remaining ? amount : remaining;
                charges = amount - principal;
            } else {
                charges = amount < standing.owedCharges ? amount : standing.owedCharges;
                principal = amount - charges;
            }
        }
    }

    /// @notice The last second at which the plan is not in default, if nothing more is paid; NEVER if none lies ahead.
    function defaultMoment(Terms calldata terms, uint256 cleared) internal pure returns (uint256 moment) {
        moment = NEVER;
        unchecked {
            uint256 installments = terms.installments;
            uint256 missed = terms.defaultMissed;
            if (missed != 0 && cleared + missed <= installments) {
                moment = terms.dueAt(cleared + missed) + terms.graceSeconds;
            }
            uint256 defaultSeconds = terms.defaultSeconds;
            if (defaultSeconds != 0 && cleared < installments) {
                uint256 bySeconds = terms.dueAt(cleared + 1) + defaultSeconds;
                if (bySeconds < moment) moment = bySeconds;
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Charges} from "./Charges.sol";
import {Errors} from "./Errors.sol";
import {Schedule} from "./Schedule.sol";
import {Calendar, Terms} from "../types/Terms.sol";

/// @title TermsLib
/// @notice The EIP-712 hash of terms, and the rules that they must keep to be opened. All later arithmetic relies on
/// these rules: what is open has passed them, and its terms are fixed by their hash.
library TermsLib {
    bytes32 internal constant TYPE_HASH = keccak256(
        "Terms(address debtor,address creditor,address token,uint128 total,uint8 calendar,uint40 firstDueAt,"
        "uint32 interval,uint16 installments,uint8 anchorDay,int32 utcOffset,uint32 graceSeconds,uint128 lateFlat,"
        "uint128 lateDaily,uint128 lateCap,uint8 allocation,uint16 defaultMissed,uint32 defaultSeconds,"
        "address collateral,bytes32 collateralTerms,bytes32 agreement,bytes32 jurisdiction,bytes32 salt,uint40 signBy)"
    );

    uint128 internal constant MAX_SUM = type(uint112).max; // what an Account's fields hold
    uint16 internal constant MAX_INSTALLMENTS = 600; // 50 years of months
    uint32 internal constant MIN_SECONDS = 60;
    uint32 internal constant MAX_MONTHS = 120;
    int32 internal constant MAX_UTC_OFFSET = 50_400; // 14 hours, the widest zone
    uint32 internal constant MAX_GRACE = 366 days;
    uint256 internal constant DUE_LIMIT = 2 ** 40;
    uint256 private constant DAY = 86_400;
    uint256 private constant DAYS_IN_12_MONTHS = 365; // at least

    /// @notice hashStruct of the terms (EIP-712), without the domain.
    function hash(Terms calldata terms) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(TYPE_HASH, terms));
    }

    /// @notice Revert unless the terms can be opened at this book at this moment.
    function validate(Terms calldata terms, address book, uint256 moment) internal view {
        if (moment > terms.signBy) revert Errors.Terms_SignByPassed(moment, terms.signBy);
        _validateParties(terms, book);
        _validateSchedule(terms, moment);
        _validateCharges(terms);
        _validateDefault(terms);
    }

    function _validateParties(Terms calldata terms, address book) private view {
        (address debtor, address creditor, address token) = (terms.debtor, terms.creditor, terms.token);
        if (debtor == address(0) || creditor == address(0)) revert Errors.Terms_ZeroParty();
        if (debtor == creditor) revert Errors.Terms_PartiesSame(debtor);
        if (debtor == book || debtor == token) revert Errors.Terms_PartyReserved(debtor);
        if (creditor == book || creditor == token) revert Errors.Terms_PartyReserved(creditor);
        if (token == book) revert Errors.Terms_PartyReserved(token);
        if (token.code.length == 0) revert Errors.Terms_TokenWithoutCode(token);
    }

    function _validateSchedule(Terms calldata terms, uint256 moment) private pure {
        uint16 installments = terms.installments;
        if (installments == 0 || installments > MAX_INSTALLMENTS) {
            revert Errors.Terms_InstallmentsOutOfRange(installments, MAX_INSTALLMENTS);
        }
        uint128 total = terms.total;
        if (total < installments || total > MAX_SUM) revert Errors.Terms_TotalOutOfRange(total, installments, MAX_SUM);

        uint40 firstDueAt = terms.firstDueAt;
        if (firstDueAt < moment) revert Errors.Terms_FirstDuePast(firstDueAt, moment);
        if (terms.calendar == Calendar.Seconds) _validateSeconds(terms);
        else _validateMonths(terms);

        uint256 lastDueAt = Schedule.dueAt(terms, installments);
        if (lastDueAt >= DUE_LIMIT) revert Errors.Terms_LastDueTooLate(lastDueAt, DUE_LIMIT);
    }

    function _validateSeconds(Terms calldata terms) private pure {
        uint32 interval = terms.interval;
        if (interval < MIN_SECONDS) {
            revert Errors.Terms_IntervalOutOfRange(interval, MIN_SECONDS, type(uint32).max);
        }
        if (terms.anchorDay != 0) revert Errors.Terms_AnchorDayOutOfRange(terms.anchorDay);
        if (terms.utcOffset != 0) revert Errors.Terms_UtcOffsetOutOfRange(terms.utcOffset);
    }

    function _validateMonths(Terms calldata terms) private pure {
        uint32 interval = terms.interval;
        if (interval == 0 || interval > MAX_MONTHS) revert Errors.Terms_IntervalOutOfRange(interval, 1, MAX_MONTHS);
        uint8 anchorDay = terms.anchorDay;
        if (anchorDay == 0 || anchorDay > 31) revert Errors.Terms_AnchorDayOutOfRange(anchorDay);
        int32 utcOffset = terms.utcOffset;
        if (utcOffset < -MAX_UTC_OFFSET || utcOffset > MAX_UTC_OFFSET) {
            revert Errors.Terms_UtcOffsetOutOfRange(utcOffset);
        }
        // The first due date is what the calendar gives for its own month.
        uint256 expected = Schedule.dueAt(terms, 1);
        if (expected != terms.firstDueAt) revert Errors.Terms_FirstDueOffCalendar(terms.firstDueAt, expected);
    }

    function _validateCharges(Terms calldata terms) private pure {
        uint32 graceSeconds = terms.graceSeconds;
        if (graceSeconds > MAX_GRACE) revert Errors.Terms_GraceTooLong(graceSeconds, MAX_GRACE);
        (uint128 lateFlat, uint128 lateCap) = (terms.lateFlat, terms.lateCap);
        if (lateFlat > lateCap) revert Errors.Terms_LateFlatAboveCap(lateFlat, lateCap);

        // Charges looks at twelve installments only, so a charge must be at its cap after twelve periods.
        uint256 daysIn12 = terms.calendar == Calendar.Seconds
            ? (Charges.CAPPED_AFTER * terms.interval) / DAY
            : DAYS_IN_12_MONTHS * terms.interval;
        uint256 reached = lateFlat + uint256(terms.lateDaily) * daysIn12;
        if (reached < lateCap) revert Errors.Terms_LateCapUnreachable(reached, lateCap);

        uint256 sum = terms.total + uint256(terms.installments) * lateCap;
        if (sum > MAX_SUM) revert Errors.Terms_ChargesTooLarge(sum, MAX_SUM);
    }

    function _validateDefault(Terms calldata terms) private pure {
        (uint16 missed, uint32 defaultSeconds) = (terms.defaultMissed, terms.defaultSeconds);
        if (missed > terms.installments) revert Errors.Terms_DefaultMissedOutOfRange(missed, terms.installments);
        if (defaultSeconds != 0 && defaultSeconds < terms.graceSeconds) {
            revert Errors.Terms_DefaultBeforeGrace(defaultSeconds, terms.graceSeconds);
        }
        address collateral = terms.collateral;
        if ((collateral == address(0)) != (terms.collateralTerms == 0)) {
            revert Errors.Terms_CollateralMismatch(collateral, terms.collateralTerms);
        }
        // Missed installments alone never bring default once fewer than that many are left.
        if (collateral != address(0) && defaultSeconds == 0) {
            revert Errors.Terms_CollateralWithoutDefaultSeconds(collateral);
        }
    }
}

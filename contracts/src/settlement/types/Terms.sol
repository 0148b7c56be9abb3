// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice In what the interval between due dates counts.
enum Calendar {
    Seconds, // fixed number of seconds
    Months // whole months of the Gregorian calendar, read at a fixed offset from UTC
}

/// @notice What a payment covers first while late charges are owed.
enum Allocation {
    PrincipalFirst, // the principal, oldest installment first, then charges
    ChargesFirst // charges, then the principal
}

/// @notice The signed terms of a plan: an EIP-712 struct of fixed length, in this order. Amounts: the token's smallest
/// unit. Times: Unix seconds, UTC. Ranges are checked when the plan opens (TermsLib).
struct Terms {
    address debtor;
    address creditor;
    address token; // plain ERC-20: no fee on transfer, no rebasing
    uint128 total; // principal, interest agreed beforehand included; installments <= total <= 2^112 - 1
    Calendar calendar;
    uint40 firstDueAt; // due date of installment 1; a payment at that very second is on time
    uint32 interval; // seconds, at least 60; or months, 1 to 120
    uint16 installments; // 1 to 600, equal up to one unit
    uint8 anchorDay; // Months: wanted day of the month, 1 to 31, clipped to the month's length; Seconds: 0
    int32 utcOffset; // Months: seconds east of UTC, -50,400 to 50,400; Seconds: 0
    uint32 graceSeconds; // at most 366 days; late begins one second after due date plus grace
    uint128 lateFlat; // late charge of an installment: min(lateCap, lateFlat + lateDaily * whole days since due)
    uint128 lateDaily;
    uint128 lateCap;
    Allocation allocation;
    uint16 defaultMissed; // default when so many late installments are uncleared; 0: rule off
    uint32 defaultSeconds; // default when the oldest uncleared installment is longer than this past due; 0: rule off
    address collateral; // the Collateral module that holds security; zero: none
    bytes32 collateralTerms; // hashStruct of CollateralTerms; zero if and only if there is no module
    bytes32 agreement; // salted commitment to the agreement's digest
    bytes32 jurisdiction; // salted commitment to the jurisdiction tag
    bytes32 salt; // makes equal terms different plans
    uint40 signBy; // the plan can be opened up to and including this second
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What is written down of a plan's state. Time alone moves a plan further than this says: see PlanState.
enum Status {
    None, // no such plan
    Active, // open and not in default, as far as written down
    Defaulted, // in default until cured or completed
    Completed // principal and charges are paid; final
}

/// @notice A plan's state at a moment, derived from what is stored, the terms and the clock.
enum PlanState {
    None, // no such plan
    Current, // nothing uncleared is overdue
    InGrace, // something uncleared is overdue, nothing uncleared is late
    Arrears, // something uncleared is late
    Defaulted, // a default rule of the terms holds, or held and was not cured
    Completed // principal and charges are paid; final
}

/// @notice What is stored of one plan. Amounts: the token's smallest unit. Times: Unix seconds, UTC.
/// @dev 112 bits hold total plus all late charges that the terms can ever give; TermsLib refuses larger ones.
struct Account {
    // slot 0: all that an on-time payment writes
    uint112 principalPaid; // only grows
    uint112 chargesPaid; // only grows; collected = principalPaid + chargesPaid
    Status status;
    // slot 1
    uint112 withdrawn; // by the creditor; only grows; withdrawable = collected - withdrawn
    uint112 chargesFrozen; // late charges of cleared installments, fixed when they were cleared; only grows
    // slot 2
    uint40 openedAt;
    uint40 defaultedAt; // first second of default; 0 while not in default
    uint16 noted; // installments 1 to `noted` were announced as missed, or were cleared in time
}

/// @notice A plan at a moment, as if everything that is true by then were written down.
struct View {
    PlanState state;
    uint16 cleared; // installments fully covered by the principal paid
    uint16 due; // installments with dueAt <= moment, cleared ones included
    uint16 overdue; // installments with dueAt < moment, cleared ones included
    uint16 late; // installments with dueAt + grace < moment, cleared ones included
    uint128 principalPaid;
    uint128 chargesPaid;
    uint128 chargesAssessed; // late charges up to the moment, paid ones included
    uint128 owedNow; // what is due at the moment and not paid, charges included
    uint128 owedTotal; // what remains of the whole plan at the moment, charges included
    uint128 withdrawable; // by the creditor
    uint40 defaultedAt; // first second of default; 0 while not in default
    uint40 nextDueAt; // due date of the oldest uncleared installment, also when it has passed; 0: all are cleared
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowState} from "../types/EscrowTerms.sol";
import {PlanState} from "../types/Account.sol";

/// @title Errors
/// @notice Every custom error of the settlement room, sorted. Arguments: which plan, what was got, what is allowed.
library Errors {
    /// @notice Thrown when an auction is started while one is running.
    error Collateral_AuctionRunning(bytes32 planId, uint256 endsAt);

    /// @notice Thrown when the length of the auction is below the minimum, in seconds.
    error Collateral_AuctionSecondsOutOfRange(uint32 auctionSeconds, uint32 minimum);

    /// @notice Thrown when this contract was deployed for a book that has no code.
    error Collateral_BookWithoutCode(address book);

    /// @notice Thrown when the plan is not in default now.
    error Collateral_NotDefaulted(bytes32 planId, PlanState state);

    /// @notice Thrown when the terms name another module than this contract.
    error Collateral_NotThisModule(address named);

    /// @notice Thrown when nothing of the collateral is left to sell.
    error Collateral_NothingToSell(bytes32 planId);

    /// @notice Thrown when nothing is there to release or to withdraw.
    error Collateral_NothingToWithdraw(bytes32 planId);

    /// @notice Thrown when no auction is running.
    error Collateral_NoAuction(bytes32 planId, uint256 moment);

    /// @notice Thrown when somebody else than the debtor acts for it.
    error Collateral_OnlyDebtor(bytes32 planId, address caller, address debtor);

    /// @notice Thrown when the debt moved while the buyer's price was being paid.
    error Collateral_PaymentChanged(bytes32 planId, uint128 taken, uint128 expected);

    /// @notice Thrown when the price is above what the buyer allows.
    error Collateral_PriceAboveMaximum(bytes32 planId, uint128 price, uint128 maximum);

    /// @notice Thrown when the lot is smaller than what the buyer asks for.
    error Collateral_QuantityBelowMinimum(bytes32 planId, uint128 quantity, uint128 minimum);

    /// @notice Thrown when more is asked for than can be released.
    error Collateral_ReleaseExceeds(bytes32 planId, uint128 amount, uint128 releasable);

    /// @notice Thrown when the collateral was sold before.
    error Collateral_Sold(bytes32 planId);

    /// @notice Thrown when the start price's share of the debt is outside its range.
    error Collateral_StartBpsOutOfRange(uint32 startBps, uint32 minimum, uint32 maximum);

    /// @notice Thrown when the collateral terms are not the ones that the plan's terms commit to.
    error Collateral_TermsMismatch(bytes32 got, bytes32 signed);

    /// @notice Thrown when the collateral's token has no code.
    error Collateral_TokenWithoutCode(address token);

    /// @notice Thrown when this contract holds nothing for the plan.
    error Collateral_UnknownPlan(bytes32 planId);

    /// @notice Thrown when the collateral's amount is zero.
    error Collateral_ZeroAmount();

    /// @notice Thrown when the reserve is zero.
    error Collateral_ZeroReserve();

    /// @notice Thrown when an escrow is opened a second time.
    error EscrowBook_AlreadyOpen(bytes32 escrowId);

    /// @notice Thrown when a signature is not the named signer's over this escrow.
    error EscrowBook_BadSignature(bytes32 escrowId, address signer);

    /// @notice Thrown when the payer releases at or after the expiry.
    error EscrowBook_Expired(bytes32 escrowId, uint256 moment, uint40 expiresAt);

    /// @notice Thrown when the last second to fund does not lie before the expiry.
    error EscrowBook_FundByNotBeforeExpiry(uint40 fundBy, uint40 expiresAt);

    /// @notice Thrown when the escrow is opened or funded after the last second to do so.
    error EscrowBook_FundByPassed(uint256 moment, uint40 fundBy);

    /// @notice Thrown when the sum is reclaimed before the expiry.
    error EscrowBook_NotExpired(bytes32 escrowId, uint256 moment, uint40 expiresAt);

    /// @notice Thrown when somebody else than the one party that may acts.
    error EscrowBook_OnlyParty(bytes32 escrowId, address caller, address party);

    /// @notice Thrown when payer and payee are the same.
    error EscrowBook_PartiesSame(address party);

    /// @notice Thrown when a party is this contract or the token, or the token is this contract.
    error EscrowBook_PartyReserved(address party);

    /// @notice Thrown when the token has no code.
    error EscrowBook_TokenWithoutCode(address token);

    /// @notice Thrown when the escrow's sum was withdrawn before.
    error EscrowBook_Withdrawn(bytes32 escrowId);

    /// @notice Thrown when the escrow is in another state than the one that this step starts from.
    error EscrowBook_WrongState(bytes32 escrowId, EscrowState state);

    /// @notice Thrown when the sum is zero.
    error EscrowBook_ZeroAmount();

    /// @notice Thrown when a party is the zero address.
    error EscrowBook_ZeroParty();

    /// @notice Thrown when the recipient is zero or the paying contract itself.
    error ExactTransfer_BadRecipient(address to);

    /// @notice Thrown when a token moved another sum than it was told to: it takes a fee, rebases or lies.
    error ExactTransfer_Inexact(address token, uint256 moved, uint256 expected);

    /// @notice Thrown when a plan is opened a second time.
    error RepaymentBook_AlreadyOpen(bytes32 planId);

    /// @notice Thrown when a signature is not the named signer's over this plan.
    error RepaymentBook_BadSignature(bytes32 planId, address signer);

    /// @notice Thrown when nothing is owed.
    error RepaymentBook_NothingOwed(bytes32 planId);

    /// @notice Thrown when nothing is there to withdraw.
    error RepaymentBook_NothingToWithdraw(bytes32 planId);

    /// @notice Thrown when a plan with collateral is opened by anybody else than its module.
    error RepaymentBook_OnlyCollateral(bytes32 planId, address caller, address collateral);

    /// @notice Thrown when somebody else than the creditor withdraws.
    error RepaymentBook_OnlyCreditor(bytes32 planId, address caller, address creditor);

    /// @notice Thrown when no plan has these terms.
    error RepaymentBook_UnknownPlan(bytes32 planId);

    /// @notice Thrown when more is asked for than can be withdrawn.
    error RepaymentBook_WithdrawExceeds(bytes32 planId, uint128 amount, uint128 withdrawable);

    /// @notice Thrown when a payment of zero is made.
    error RepaymentBook_ZeroAmount(bytes32 planId);

    /// @notice Thrown when an installment is asked for that the schedule does not have.
    error Schedule_NoSuchInstallment(uint256 installment, uint16 installments);

    /// @notice Thrown when the anchor day is no day of a month (Months), or not 0 (Seconds).
    error Terms_AnchorDayOutOfRange(uint8 anchorDay);

    /// @notice Thrown when total plus all late charges that can ever arise do not fit into 112 bits.
    error Terms_ChargesTooLarge(uint256 sum, uint256 maximum);

    /// @notice Thrown when a collateral module stands without terms, or terms stand without a module.
    error Terms_CollateralMismatch(address collateral, bytes32 collateralTerms);

    /// @notice Thrown when collateral is pledged but default by seconds is off: the last installments, fewer than
    /// defaultMissed, could stay unpaid for ever without default, and the collateral would be stuck.
    error Terms_CollateralWithoutDefaultSeconds(address collateral);

    /// @notice Thrown when default would begin before the grace period ends, in seconds after a due date.
    error Terms_DefaultBeforeGrace(uint32 defaultSeconds, uint32 graceSeconds);

    /// @notice Thrown when default needs more missed installments than there are.
    error Terms_DefaultMissedOutOfRange(uint16 defaultMissed, uint16 installments);

    /// @notice Thrown when the first due date does not fall on the anchor day, or on its month's last day if that is
    /// shorter.
    error Terms_FirstDueOffCalendar(uint40 firstDueAt, uint256 expected);

    /// @notice Thrown when the first due date lies in the past.
    error Terms_FirstDuePast(uint40 firstDueAt, uint256 moment);

    /// @notice Thrown when the grace period is too long, in seconds.
    error Terms_GraceTooLong(uint32 graceSeconds, uint32 maximum);

    /// @notice Thrown when there are no installments or too many.
    error Terms_InstallmentsOutOfRange(uint16 installments, uint16 maximum);

    /// @notice Thrown when the interval is outside its range, in seconds or months as the calendar says.
    error Terms_IntervalOutOfRange(uint32 interval, uint32 minimum, uint32 maximum);

    /// @notice Thrown when the last due date does not fit into 40 bits.
    error Terms_LastDueTooLate(uint256 lastDueAt, uint256 limit);

    /// @notice Thrown when the late charge does not reach its cap within twelve periods.
    error Terms_LateCapUnreachable(uint256 reached, uint128 lateCap);

    /// @notice Thrown when the flat late charge alone is above the cap.
    error Terms_LateFlatAboveCap(uint128 lateFlat, uint128 lateCap);

    /// @notice Thrown when debtor and creditor are the same.
    error Terms_PartiesSame(address party);

    /// @notice Thrown when a party is the book or the token, or the token is the book.
    error Terms_PartyReserved(address party);

    /// @notice Thrown when the last second to open the plan has passed.
    error Terms_SignByPassed(uint256 moment, uint40 signBy);

    /// @notice Thrown when the token has no code.
    error Terms_TokenWithoutCode(address token);

    /// @notice Thrown when the total is below one unit per installment or does not fit into 112 bits.
    error Terms_TotalOutOfRange(uint128 total, uint128 minimum, uint128 maximum);

    /// @notice Thrown when the offset is no zone's (Months), or not 0 (Seconds).
    error Terms_UtcOffsetOutOfRange(int32 utcOffset);

    /// @notice Thrown when a party is the zero address.
    error Terms_ZeroParty();
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IRepaymentBook} from "./interfaces/IRepaymentBook.sol";
import {Charges} from "./libraries/Charges.sol";
import {Errors} from "./libraries/Errors.sol";
import {ExactTransfer} from "./libraries/ExactTransfer.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {Standing, Standings} from "./libraries/Standings.sol";
import {TermsLib} from "./libraries/TermsLib.sol";
import {Account, PlanState, Status, View} from "./types/Account.sol";
import {Terms} from "./types/Terms.sol";

/// @title RepaymentBook
/// @notice See IRepaymentBook.
/// @dev Narrowing casts: every amount is at most total plus all caps, below 2^112; every time is below 2^40 (TermsLib).
contract RepaymentBook is IRepaymentBook, EIP712, ReentrancyGuardTransient {
    using Charges for Terms;
    using Schedule for Terms;
    using Standings for Terms;
    using TermsLib for Terms;

    /// @dev The amount that means: all that can be withdrawn.
    uint128 private constant ALL = type(uint128).max;
    uint40 private constant NOT_DEFAULTED = 0;

    mapping(bytes32 planId => Account) private _accounts;

    constructor() EIP712("Tallystick RepaymentBook", "1") {}

    /// @inheritdoc IRepaymentBook
    function open(Terms calldata terms, bytes calldata debtorSig, bytes calldata creditorSig)
        external
        returns (bytes32 planId)
    {
        // Check: the rules, then consent. The custody of collateral comes before the debt.
        terms.validate(address(this), block.timestamp);
        planId = planIdOf(terms);
        Account storage account = _accounts[planId];
        if (account.status != Status.None) revert Errors.RepaymentBook_AlreadyOpen(planId);
        address collateral = terms.collateral;
        if (collateral != address(0) && msg.sender != collateral) {
            revert Errors.RepaymentBook_OnlyCollateral(planId, msg.sender, collateral);
        }
        _checkSignature(planId, terms.debtor, debtorSig);
        _checkSignature(planId, terms.creditor, creditorSig);

        account.status = Status.Active;
        account.openedAt = uint40(block.timestamp);
        emit PlanOpened(planId, terms.debtor, terms.creditor, terms);
    }

    /// @inheritdoc IRepaymentBook
    function pay(Terms calldata terms, uint128 amount) external nonReentrant returns (uint128 taken) {
        bytes32 planId = planIdOf(terms);
        Account storage account = _known(planId);

        // Effect: what time alone has made true by now.
        Standing memory standing = terms.standingAt(account, block.timestamp);
        _sync(planId, terms, account, standing.cleared, standing.late);

        // Check: something is owed; more than that is never taken.
        if (standing.owedTotal == 0) revert Errors.RepaymentBook_NothingOwed(planId);
        if (amount == 0) revert Errors.RepaymentBook_ZeroAmount(planId);
        taken = amount < standing.owedTotal ? amount : uint128(standing.owedTotal);

        // Effect: this plan's slots only; the creditor's credit and the releasable collateral follow from them.
        _book(planId, terms, account, standing, taken);

        // Interaction: the only call to an outside contract, and the last line; nothing goes to the creditor here.
        ExactTransfer.receiveExactly(terms.token, msg.sender, taken);
    }

    /// @inheritdoc IRepaymentBook
    function withdraw(Terms calldata terms, address to, uint128 amount) external nonReentrant returns (uint128 sent) {
        bytes32 planId = planIdOf(terms);
        Account storage account = _known(planId);
        if (msg.sender != terms.creditor) {
            revert Errors.RepaymentBook_OnlyCreditor(planId, msg.sender, terms.creditor);
        }
        uint112 withdrawn = account.withdrawn;
        uint128 withdrawable = uint128(account.principalPaid) + account.chargesPaid - withdrawn;
        if (withdrawable == 0) revert Errors.RepaymentBook_NothingToWithdraw(planId);
        if (amount == 0) revert Errors.RepaymentBook_ZeroAmount(planId);
        sent = amount == ALL ? withdrawable : amount;
        if (sent > withdrawable) revert Errors.RepaymentBook_WithdrawExceeds(planId, sent, withdrawable);

        withdrawn += uint112(sent);
        account.withdrawn = withdrawn;
        emit Withdrawn(planId, to, sent, withdrawn);

        ExactTransfer.sendExactly(terms.token, to, sent);
    }

    /// @inheritdoc IRepaymentBook
    function poke(Terms calldata terms) external {
        bytes32 planId = planIdOf(terms);
        _poke(planId, terms, _known(planId));
    }

    /// @inheritdoc IRepaymentBook
    function pokeMany(Terms[] calldata list) external {
        for (uint256 i = 0; i < list.length; ++i) {
            bytes32 planId = planIdOf(list[i]);
            Account storage account = _accounts[planId];
            if (account.status == Status.None) emit PokeSkipped(planId);
            else _poke(planId, list[i], account);
        }
    }

    /// @inheritdoc IRepaymentBook
    function accountOf(bytes32 planId) external view returns (Account memory account) {
        return _accounts[planId];
    }

    /// @inheritdoc IRepaymentBook
    function statusAt(Terms calldata terms, uint40 moment) external view returns (View memory plan) {
        Account storage account = _accounts[planIdOf(terms)];
        Status status = account.status;
        if (status == Status.None) return plan;

        Standing memory standing = terms.standingAt(account, moment);
        plan.cleared = uint16(standing.cleared);
        plan.due = uint16(terms.countDue(moment));
        plan.overdue = uint16(terms.countOverdue(moment));
        plan.late = uint16(standing.late);
        plan.principalPaid = uint128(standing.principalPaid);
        plan.chargesPaid = uint128(standing.chargesPaid);
        plan.chargesAssessed = uint128(standing.chargesAssessed);
        plan.owedNow = uint128(_owedNow(terms, standing.principalPaid, standing.owedCharges, moment));
        plan.owedTotal = uint128(standing.owedTotal);
        plan.withdrawable = plan.principalPaid + plan.chargesPaid - account.withdrawn;
        plan.defaultedAt = account.defaultedAt;
        if (standing.cleared < terms.installments) plan.nextDueAt = uint40(terms.dueAt(standing.cleared + 1));

        if (status == Status.Active) {
            uint256 lastGood = terms.defaultMoment(standing.cleared);
            if (moment > lastGood) {
                status = Status.Defaulted;
                plan.defaultedAt = uint40(lastGood + 1);
            }
        }
        plan.state = _stateOf(status, plan);
    }

    /// @inheritdoc IRepaymentBook
    function dueAt(Terms calldata terms, uint256 k) external pure returns (uint256 moment) {
        return Schedule.dueAt(terms, k);
    }

    /// @inheritdoc IRepaymentBook
    function cumulative(Terms calldata terms, uint256 k) external pure returns (uint256 sum) {
        return terms.cumulativeDown(k);
    }

    /// @inheritdoc IRepaymentBook
    function planIdOf(Terms calldata terms) public view returns (bytes32 planId) {
        return _hashTypedDataV4(terms.hash());
    }

    /// @dev Write a payment of `amount`, at most what is owed in total, into the plan's slots.
    function _book(
        bytes32 planId,
        Terms calldata terms,
        Account storage account,
        Standing memory standing,
        uint256 amount
    ) private {
        (uint256 principal, uint256 charges) = terms.allocate(standing, amount);
        uint256 principalPaid = standing.principalPaid + principal;
        uint256 chargesPaid = standing.chargesPaid + charges;

        // Installments that this payment clears stop costing more: their charges are fixed as of now.
        if (standing.late > standing.cleared) {
            uint256 frozen =
                terms.sumAt(standing.cleared + 1, terms.cleared(principalPaid), standing.late, block.timestamp);
            if (frozen != 0) account.chargesFrozen += uint112(frozen);
        }
        account.principalPaid = uint112(principalPaid);
        account.chargesPaid = uint112(chargesPaid);
        emit Paid(
            planId, msg.sender, uint128(principal), uint128(charges), uint128(principalPaid), uint128(chargesPaid)
        );

        if (account.status == Status.Defaulted) {
            // All due principal cures, whatever charges are owed: PrincipalFirst reaches those last of all.
            if (principalPaid >= terms.cumulativeDown(terms.countDue(block.timestamp))) {
                account.status = Status.Active;
                account.defaultedAt = NOT_DEFAULTED;
                emit Cured(planId);
            }
        }
        if (amount == standing.owedTotal) {
            account.status = Status.Completed;
            emit Completed(planId);
        }
    }

    function _poke(bytes32 planId, Terms calldata terms, Account storage account) private {
        _sync(planId, terms, account, terms.cleared(account.principalPaid), terms.countLate(block.timestamp));
    }

    /// @dev Write down what time alone has made true. Nothing can be true unless something uncleared is late: a default
    /// rule never holds earlier than that (TermsLib).
    function _sync(bytes32 planId, Terms calldata terms, Account storage account, uint256 cleared, uint256 late)
        private
    {
        if (late <= cleared) return;

        uint256 noted = account.noted;
        if (noted < cleared) noted = cleared;
        if (late > noted) {
            account.noted = uint16(late);
            emit InstallmentsMissed(planId, uint16(noted + 1), uint16(late));
        }

        if (account.status != Status.Active) return;
        uint256 lastGood = terms.defaultMoment(cleared);
        if (block.timestamp > lastGood) {
            uint40 defaultedAt = uint40(lastGood + 1);
            account.status = Status.Defaulted;
            account.defaultedAt = defaultedAt;
            emit Defaulted(planId, defaultedAt);
        }
    }

    function _known(bytes32 planId) private view returns (Account storage account) {
        account = _accounts[planId];
        if (account.status == Status.None) revert Errors.RepaymentBook_UnknownPlan(planId);
    }

    function _checkSignature(bytes32 planId, address signer, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, planId, signature)) {
            revert Errors.RepaymentBook_BadSignature(planId, signer);
        }
    }

    /// @dev What is due and not paid, charges included.
    function _owedNow(Terms calldata terms, uint256 principalPaid, uint256 owedCharges, uint256 moment)
        private
        pure
        returns (uint256 owed)
    {
        uint256 due = terms.cumulativeDown(terms.countDue(moment));
        return (due > principalPaid ? due - principalPaid : 0) + owedCharges;
    }

    function _stateOf(Status status, View memory plan) private pure returns (PlanState state) {
        if (status == Status.Completed) return PlanState.Completed;
        if (status == Status.Defaulted) return PlanState.Defaulted;
        if (plan.late > plan.cleared) return PlanState.Arrears;
        if (plan.overdue > plan.cleared) return PlanState.InGrace;
        return PlanState.Current;
    }
}

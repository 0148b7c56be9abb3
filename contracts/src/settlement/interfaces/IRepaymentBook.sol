// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account, View} from "../types/Account.sol";
import {Terms} from "../types/Terms.sol";

/// @title IRepaymentBook
/// @notice Ledger of repayment plans that both parties signed. One deployment per chain; no owner, no admin, no fee, no
/// pause, no upgrade.
///
/// A plan's state follows from its terms, the payments with their block times, and now. The clock alone moves it on;
/// `poke` only writes down what is already true, so it changes no sum, and a plan that nobody ever pokes is no
/// different. Stored states and who moves them:
///
///     None --open (both signatures)--> Active --time (poke, pay)--> Defaulted --pay: all due and all charges--> Active
///     Active, Defaulted --pay: everything--> Completed, which is final
///
/// Money comes in by `pay` alone and goes out by `withdraw` alone. What the creditor can withdraw is derived from the
/// plan's own sums, so one plan never touches another's.
///
/// Units: amounts are the token's smallest unit, times Unix seconds, UTC. `moment` must not lie before the last block:
/// for an earlier moment payments made since are counted all the same.
///
/// Assumptions, and what breaks if they fail:
/// - The token is a plain ERC-20: a transfer moves exactly the stated sum, and balances change by transfers only.
///   A transfer that moves another sum reverts. A token that later shrinks balances by itself (rebasing, confiscation)
///   leaves less than the plans in that token are owed; who withdraws first is served first. Other tokens' plans are
///   not touched.
/// - The token lets this contract hold and send. If the token denylists this contract, plans in that token stand still.
///   If it denylists the creditor, payments go on and the creditor withdraws to another address.
/// - A re-entering token finds every effect already written, and `pay` and `withdraw` locked; `poke` and views stay
///   open, and change nothing that is not true anyway.
/// - Block time is right to within seconds. A validator who bends it moves a due date by as much.
/// - A party with code answers ERC-1271 for itself. A signature is looked at once, when the plan opens.
///
/// The collateral module is chosen by both signatures and is otherwise not trusted: the book never calls it. The worst
/// that a hostile module can do here is to open the plan that both signed, or to refuse to.
interface IRepaymentBook {
    /// @notice A plan was opened.
    event PlanOpened(bytes32 indexed planId, address indexed debtor, address indexed creditor, Terms terms);

    /// @notice `payer` paid `principal + charges`; the plan's sums are now `principalPaid` and `chargesPaid`.
    event Paid(
        bytes32 indexed planId,
        address indexed payer,
        uint128 principal,
        uint128 charges,
        uint128 principalPaid,
        uint128 chargesPaid
    );

    /// @notice The creditor sent `amount` to `to`; the plan's sum of withdrawals is now `withdrawn`.
    event Withdrawn(bytes32 indexed planId, address indexed to, uint128 amount, uint128 withdrawn);

    /// @notice Installments `from` to `to`, both included, are late and not cleared. Each is announced at most once.
    event InstallmentsMissed(bytes32 indexed planId, uint16 from, uint16 to);

    /// @notice The plan has been in default since `defaultedAt`: the second at which a rule of the terms became true,
    /// not the second at which somebody wrote it down.
    event Defaulted(bytes32 indexed planId, uint40 defaultedAt);

    /// @notice All principal that was due is paid: the plan is no longer in default. Under ChargesFirst all charges are
    /// paid by then as well; under PrincipalFirst they may still be owed.
    event Cured(bytes32 indexed planId);

    /// @notice Principal and charges are paid in full.
    event Completed(bytes32 indexed planId);

    /// @notice `pokeMany` met terms that belong to no plan.
    event PokeSkipped(bytes32 indexed planId);

    /// @notice Open a plan. Anybody may relay the signatures, except that a plan with collateral is opened by its
    /// module, which took the collateral into custody first.
    /// Requirements: the terms keep every rule of TermsLib at this moment; `signBy` has not passed; the plan was not
    /// opened before; each signature is its party's over `planIdOf(terms)` (ECDSA, or ERC-1271 if the party has code).
    /// Emits PlanOpened.
    /// @return planId the EIP-712 digest that both signed
    function open(Terms calldata terms, bytes calldata debtorSig, bytes calldata creditorSig)
        external
        returns (bytes32 planId);

    /// @notice Pay into a plan: anybody, any amount; never more than what remains of the plan in total is taken.
    /// Requirements: the plan is open; something is owed; `amount` is not zero; the caller has the tokens and has
    /// approved this contract for what is taken.
    /// A plan in default is cured when, after the payment, all principal due by then is paid, in both allocations.
    /// Emits, in this order and as they apply: InstallmentsMissed, Defaulted, Paid, Cured, Completed.
    /// @return taken what was taken: min(amount, owedTotal)
    function pay(Terms calldata terms, uint128 amount) external returns (uint128 taken);

    /// @notice Send collected money to `to`. Works in every state.
    /// Requirements: called by the creditor; `amount` is not zero and at most what is withdrawable, or the largest
    /// uint128, which means all of it; `to` is neither zero nor this contract.
    /// Emits Withdrawn.
    /// @return sent what was sent
    function withdraw(Terms calldata terms, address to, uint128 amount) external returns (uint128 sent);

    /// @notice Write down what is already true: missed installments and default. Anybody, at any time, as often as
    /// they like; changes no sum. Requirements: the plan exists. Emits InstallmentsMissed and Defaulted as they apply.
    function poke(Terms calldata terms) external;

    /// @notice `poke` for many plans. Terms of no plan are skipped with PokeSkipped instead of a revert.
    function pokeMany(Terms[] calldata list) external;

    /// @notice The plan's id: the EIP-712 digest of the terms in this book's domain. The plan need not exist.
    function planIdOf(Terms calldata terms) external view returns (bytes32 planId);

    /// @notice What is stored of a plan; all zero if there is none.
    function accountOf(bytes32 planId) external view returns (Account memory account);

    /// @notice The plan at a moment, as if everything that is true by then were written down; all zero if there is no
    /// such plan.
    function statusAt(Terms calldata terms, uint40 moment) external view returns (View memory plan);

    /// @notice Due date of installment `k`, 1 <= k <= installments. The plan need not exist.
    function dueAt(Terms calldata terms, uint256 k) external pure returns (uint256 moment);

    /// @notice Sum due with the first `k` installments, rounded down, 0 <= k <= installments. The plan need not exist.
    function cumulative(Terms calldata terms, uint256 k) external pure returns (uint256 sum);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowState, EscrowTerms} from "../types/EscrowTerms.sol";

/// @title IEscrowBook
/// @notice Sums held against a performance, on terms that both parties signed. One deployment per chain; no owner, no
/// admin, no fee, no pause, no upgrade.
///
///     None --open: both signatures, now <= fundBy--> Open --fund: anybody, now <= fundBy--> Funded
///     Funded --release: payer, now < expiresAt--> Released, the sum is the payee's
///     Funded --refund: payee, at any time--> Refunded, the sum is the payer's
///     Funded --reclaim: anybody, now >= expiresAt--> Reclaimed, the sum is the payer's
///
/// Release and reclaim share no second and leave none out. The last three states are final and move no token: the party
/// to whom the sum belongs withdraws it, once, to any address, without anybody's help.
///
/// Units: amounts are the token's smallest unit, times Unix seconds, UTC.
///
/// Assumptions, and what breaks if they fail:
/// - The token is a plain ERC-20; a transfer that moves another sum than stated reverts. A token that later shrinks
///   balances by itself leaves less than the escrows in that token are owed.
/// - The token lets this contract hold and send; otherwise escrows in that token stand still. A denylisted party
///   withdraws to another address.
/// - Whoever funds gives the sum away: a refund goes to the payer that the terms name, not to the funder.
interface IEscrowBook {
    /// @notice Both parties' signatures were accepted.
    event EscrowOpened(bytes32 indexed escrowId, address indexed payer, address indexed payee, EscrowTerms terms);

    /// @notice The sum arrived from `funder`.
    event Funded(bytes32 indexed escrowId, address indexed funder, uint128 amount);

    /// @notice The payer gave the sum to the payee.
    event Released(bytes32 indexed escrowId);

    /// @notice The payee gave the sum back to the payer.
    event Refunded(bytes32 indexed escrowId);

    /// @notice The escrow expired and the sum fell back to the payer.
    event Reclaimed(bytes32 indexed escrowId);

    /// @notice The sum left this contract.
    event Withdrawn(bytes32 indexed escrowId, address indexed to, uint128 amount);

    /// @notice Record both signatures. Anybody may relay them.
    /// Requirements: parties are not zero, differ, and are neither this contract nor the token, which has code; the sum
    /// is not zero; now <= fundBy < expiresAt; not opened before; each signature is its party's over
    /// `escrowIdOf(terms)` (ECDSA, or ERC-1271 if the party has code). Emits EscrowOpened.
    function open(EscrowTerms calldata terms, bytes calldata payerSig, bytes calldata payeeSig)
        external
        returns (bytes32 escrowId);

    /// @notice Pay the sum in: anybody, exactly the signed amount.
    /// Requirements: the escrow is Open; now <= fundBy; the caller has approved this contract. Emits Funded.
    function fund(EscrowTerms calldata terms) external;

    /// @notice Give the sum to the payee.
    /// Requirements: called by the payer; the escrow is Funded; now < expiresAt. Emits Released.
    function release(EscrowTerms calldata terms) external;

    /// @notice Give the sum back to the payer.
    /// Requirements: called by the payee; the escrow is Funded. Emits Refunded.
    function refund(EscrowTerms calldata terms) external;

    /// @notice Let the sum fall back to the payer after the expiry: anybody, as late as they like.
    /// Requirements: the escrow is Funded; now >= expiresAt. Emits Reclaimed.
    function reclaim(EscrowTerms calldata terms) external;

    /// @notice Send the sum to `to`, once.
    /// Requirements: the escrow is Released and the caller the payee, or it is Refunded or Reclaimed and the caller the
    /// payer; not withdrawn before; `to` is neither zero nor this contract. Emits Withdrawn.
    function withdraw(EscrowTerms calldata terms, address to) external;

    /// @notice The escrow's id: the EIP-712 digest of the terms in this contract's domain. It need not exist.
    function escrowIdOf(EscrowTerms calldata terms) external view returns (bytes32 escrowId);

    /// @notice The escrow's state, and whether its sum has left.
    function escrowOf(bytes32 escrowId) external view returns (EscrowState state, bool withdrawn);
}

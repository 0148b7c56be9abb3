// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The signed terms of an escrow: an EIP-712 struct, in this order. One sum against one performance.
struct EscrowTerms {
    address payer;
    address payee;
    address token; // plain ERC-20: no fee on transfer, no rebasing
    uint128 amount; // in the token's smallest unit, more than 0
    uint40 fundBy; // can be opened and funded up to and including this second
    uint40 expiresAt; // the payer can release before it, the sum can be reclaimed from it on; after fundBy
    bytes32 agreement; // salted commitment to the agreement's digest
    bytes32 salt; // makes equal terms different escrows
}

/// @notice The escrow's state. The last three are final and say to whom the sum belongs.
enum EscrowState {
    None, // no such escrow
    Open, // signed by both, not funded; simply lapses after fundBy
    Funded, // the contract holds the sum
    Released, // by the payer: the payee's
    Refunded, // by the payee: the payer's
    Reclaimed // expired: the payer's
}

/// @notice What is stored of one escrow.
struct Escrow {
    EscrowState state;
    bool withdrawn; // the sum has left the contract
}

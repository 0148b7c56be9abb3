// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The signed terms of a plan's security: an EIP-712 struct, in this order; the plan's terms carry its hash.
struct CollateralTerms {
    address token; // plain ERC-20 held as security
    uint128 amount; // the whole collateral, in that token's smallest unit
    uint32 startBps; // auction's start price, in 1/10,000 of the debt owed in total when it starts; 10,000 to 1,000,000
    uint128 reserve; // lowest price of the whole collateral, in the plan's token; scaled down to the lot, rounded up
    uint32 auctionSeconds; // length of an auction, at least 60
}

/// @notice How far the security of a plan is.
enum Custody {
    None, // nothing was taken into custody for this plan
    Held, // held; an auction may be running
    Sold // the unreleased part was sold; final
}

/// @notice What is stored of one plan's security.
struct Position {
    // slot 0
    Custody custody;
    uint40 startedAt; // of the last auction; 0: there was none
    uint128 startPrice; // of the last auction, in the plan's token
    // slot 1
    uint128 released; // given back to the debtor; only grows
    uint128 soldQuantity; // went to the buyer; 0 until sold
    // slot 2
    uint128 surplus; // sale proceeds above the debt: the debtor's credit, in the plan's token
}

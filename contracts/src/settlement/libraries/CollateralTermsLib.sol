// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Errors} from "./Errors.sol";
import {CollateralTerms} from "../types/CollateralTerms.sol";

/// @title CollateralTermsLib
/// @notice The EIP-712 hash of collateral terms, and the rules that they must keep to be opened.
library CollateralTermsLib {
    bytes32 internal constant TYPE_HASH = keccak256(
        "CollateralTerms(address token,uint128 amount,uint32 startBps,uint128 reserve,uint32 auctionSeconds)"
    );

    uint32 internal constant MIN_START_BPS = 10_000; // the whole debt
    uint32 internal constant MAX_START_BPS = 1_000_000; // a hundred times the debt; keeps prices within 128 bits
    uint32 internal constant MIN_AUCTION_SECONDS = 60;

    /// @notice hashStruct of the collateral terms (EIP-712), without a domain: the plan's terms carry it.
    function hash(CollateralTerms calldata terms) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(TYPE_HASH, terms));
    }

    /// @notice Revert unless these are the terms that a plan's signers committed to.
    function check(CollateralTerms calldata terms, bytes32 signed) internal pure {
        bytes32 got = hash(terms);
        if (got != signed) revert Errors.Collateral_TermsMismatch(got, signed);
    }

    /// @notice Revert unless collateral can be taken on these terms.
    function validate(CollateralTerms calldata terms) internal view {
        if (terms.token.code.length == 0) revert Errors.Collateral_TokenWithoutCode(terms.token);
        if (terms.amount == 0) revert Errors.Collateral_ZeroAmount();
        uint32 startBps = terms.startBps;
        if (startBps < MIN_START_BPS || startBps > MAX_START_BPS) {
            revert Errors.Collateral_StartBpsOutOfRange(startBps, MIN_START_BPS, MAX_START_BPS);
        }
        if (terms.reserve == 0) revert Errors.Collateral_ZeroReserve();
        if (terms.auctionSeconds < MIN_AUCTION_SECONDS) {
            revert Errors.Collateral_AuctionSecondsOutOfRange(terms.auctionSeconds, MIN_AUCTION_SECONDS);
        }
    }
}

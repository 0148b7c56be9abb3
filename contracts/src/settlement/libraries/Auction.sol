// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Auction
/// @notice Price of a Dutch auction: it falls in a straight line and reaches its floor in the last second. Rounded up.
library Auction {
    uint256 internal constant BPS = 10_000;

    /// @notice The reserve of the whole collateral, scaled to the lot, rounded up.
    function floorUp(uint256 reserve, uint256 lot, uint256 amount) internal pure returns (uint256 price) {
        return Math.ceilDiv(reserve * lot, amount);
    }

    /// @notice Price to start from: a share of the debt, rounded up, and never below the floor.
    function startPriceUp(uint256 debt, uint256 startBps, uint256 floor) internal pure returns (uint256 price) {
        return Math.max(Math.ceilDiv(debt * startBps, BPS), floor);
    }

    /// @notice Price at a moment of the auction.
    /// @param elapsed  seconds since its start, 0 <= elapsed < duration
    /// @param duration seconds, at least 2
    /// @param floor    at most `startPrice`
    function priceUp(uint256 startPrice, uint256 floor, uint256 elapsed, uint256 duration)
        internal
        pure
        returns (uint256 price)
    {
        return floor + Math.ceilDiv((startPrice - floor) * (duration - 1 - elapsed), duration - 1);
    }
}

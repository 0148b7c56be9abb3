// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {Errors} from "./Errors.sol";

/// @title ExactTransfer
/// @notice Transfers that move exactly the stated sum or revert. Sums of one token lie together, so a token that moves
/// another sum than told would take it from somebody else's.
library ExactTransfer {
    using SafeERC20 for IERC20;

    /// @notice Pull exactly `amount` from `from` into this contract.
    function receiveExactly(address token, address from, uint256 amount) internal {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(from, address(this), amount);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        unchecked {
            // A balance that fell makes the difference huge, never equal.
            if (afterwards - before != amount) revert Errors.ExactTransfer_Inexact(token, afterwards - before, amount);
        }
    }

    /// @notice Send exactly `amount` out of this contract. What arrives is the token's and the recipient's affair.
    function sendExactly(address token, address to, uint256 amount) internal {
        if (to == address(0) || to == address(this)) revert Errors.ExactTransfer_BadRecipient(to);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(to, amount);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        unchecked {
            if (before - afterwards != amount) revert Errors.ExactTransfer_Inexact(token, before - afterwards, amount);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title DemoToken
/// @notice A plain ERC-20 for demo and tests. Anybody can mint: it is worth nothing, never use it for anything real.
contract DemoToken is ERC20 {
    uint8 private immutable _decimals;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        _decimals = decimals_;
    }

    /// @notice Make `amount` new units for `to`. Open to everybody.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice How many digits of an amount stand behind the point.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}

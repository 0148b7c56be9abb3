// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Tokens as they are found in the wild, and worse. All mint to anybody.
abstract contract MintableToken is ERC20 {
    constructor() ERC20("Hostile", "HOST") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Takes one unit of each transfer from what arrives, once switched on.
contract FeeToken is MintableToken {
    bool public on = true;

    function set(bool on_) external {
        on = on_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (on && from != address(0) && to != address(0) && value > 0) super._update(to, address(0), 1);
    }
}

/// @notice Takes one unit more from the sender than it was told, once switched on.
contract SenderFeeToken is MintableToken {
    bool public on;

    function set(bool on_) external {
        on = on_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (on && from != address(0) && to != address(0)) super._update(from, address(0), 1);
    }
}

/// @notice Refuses transfers from and to the addresses on its list.
contract DenylistToken is MintableToken {
    mapping(address account => bool) public denied;

    error Denied(address account);

    function deny(address account, bool denied_) external {
        denied[account] = denied_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (denied[from]) revert Denied(from);
        if (from != address(0) && denied[to]) revert Denied(to); // minting stays possible
        super._update(from, to, value);
    }
}

/// @notice Says false instead of reverting when it does not transfer, and says true having done nothing when it lies.
contract FalseToken is MintableToken {
    bool public failing;
    bool public lying;

    function set(bool failing_, bool lying_) external {
        failing = failing_;
        lying = lying_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (failing) return false;
        return lying || super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (failing) return false;
        return lying || super.transferFrom(from, to, value);
    }
}

/// @notice Returns nothing at all from transfers and approvals, as some of the most used tokens do.
contract NoReturnToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 value) external {
        require(value == 0 || allowance[msg.sender][spender] == 0, "set to zero first");
        allowance[msg.sender][spender] = value;
    }

    function transfer(address to, uint256 value) external {
        move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        allowance[from][msg.sender] -= value;
        move(from, to, value);
    }

    function move(address from, address to, uint256 value) private {
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }
}

/// @notice Calls back into whatever it was armed with, in the middle of each transfer, and keeps what came of it.
contract ReenteringToken is MintableToken {
    address public target;
    bytes public call;
    bool public before;
    uint256 public tries;
    uint256 public successes;
    bytes public lastResult;

    /// @param before_ whether the call comes before the balances move, or after
    function arm(address target_, bytes calldata call_, bool before_) external {
        (target, call, before) = (target_, call_, before_);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (before) strike(from, to);
        super._update(from, to, value);
        if (!before) strike(from, to);
    }

    function strike(address from, address to) private {
        if (target == address(0) || from == address(0) || to == address(0)) return;
        (address aim, bytes memory payload) = (target, call);
        target = address(0); // once, not for ever
        (bool success, bytes memory result) = aim.call(payload);
        ++tries;
        if (success) ++successes;
        lastResult = result;
        target = aim;
    }
}

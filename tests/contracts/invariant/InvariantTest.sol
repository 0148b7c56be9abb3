// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../support/Test.sol";

/// @notice One handler as the target of random calls, its drain left for the end of a run.
abstract contract InvariantTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address private handlerOfRun;
    bytes4 private drainOfRun;

    /// @dev The name that forge prints with -vv.
    event log_named_uint(string key, uint256 val);

    function target(address handler, bytes4 drain) internal {
        (handlerOfRun, drainOfRun) = (handler, drain);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = handlerOfRun;
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0].addr = handlerOfRun;
        list[0].selectors = new bytes4[](1);
        list[0].selectors[0] = drainOfRun;
    }

    /// @notice Call a handler's function with arguments that follow from world and step; any revert fails the test.
    function drive(address handler, bytes4 selector, uint256 world, uint256 step) internal {
        uint256 a = uint256(keccak256(abi.encode("a", world, step)));
        uint256 b = uint256(keccak256(abi.encode("b", world, step)));
        uint256 c = uint256(keccak256(abi.encode("c", world, step))) % 2; // also where a bool is asked for
        (bool success, bytes memory reason) = handler.call(
            selector == bytes4(keccak256("withdraw(uint256,bool)"))
                ? abi.encodeWithSelector(selector, a, c == 0)
                : abi.encodeWithSelector(selector, a, b, c)
        );
        if (!success) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}

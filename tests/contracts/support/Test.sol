// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @notice What all tests share. Every test starts at NOW, so that no test depends on the machine's clock.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint40 internal constant NOW = 1_800_000_000; // 15 January 2027, 08:00:00 UTC
    uint256 internal constant DAY = 86_400;

    /// @notice `value` folded into the range from `least` to `most`, both included.
    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        unchecked {
            uint256 span = most - least + 1;
            return span == 0 ? value : least + value % span;
        }
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory signature) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}

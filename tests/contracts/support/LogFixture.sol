// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "tallystick/notary/interfaces/IEvidenceLog.sol";

import {MerkleReference} from "./MerkleReference.sol";
import {Test} from "./Test.sol";

/// @notice One log of this test, with a cold owner and a hot appender.
abstract contract LogFixture is Test {
    address internal constant OWNER = address(0x0E);
    address internal constant APPENDER = address(0xA9);
    address internal constant STRANGER = address(0x57);
    bytes32 internal constant SALT = keccak256("salt");
    string internal constant ORIGIN = "evidence.example/log/1";
    bytes internal constant NOTE_KEY = hex"01aabbccdd";

    IEvidenceLog internal log;
    bytes32 internal logId;

    function setUp() public virtual {
        vm.warp(NOW);
        log = IEvidenceLog(vm.deployCode("EvidenceLog.sol:EvidenceLog"));
        logId = log.create(SALT, OWNER, APPENDER, ORIGIN, NOTE_KEY);
    }

    /// @notice Append the first `size` leaves of MerkleReference.leaves to an empty log.
    function grow(uint64 size) internal returns (bytes32[] memory list) {
        list = MerkleReference.leaves(size);
        append(0, size, MerkleReference.root(list, size), new bytes32[](0));
    }

    /// @notice Append as the appender. Hashing calls a precompile, which would use up a prank: hence the arguments first.
    function append(uint64 fromSize, uint64 toSize, bytes32 root, bytes32[] memory proof) internal {
        vm.prank(APPENDER);
        log.append(logId, fromSize, toSize, root, proof);
    }

    function close(bytes32 successor) internal {
        vm.prank(OWNER);
        log.close(logId, successor);
    }

    function expectHead(uint64 size, bytes32 root) internal view {
        (uint64 gotSize, bytes32 gotRoot,,,,) = log.head(logId);
        vm.assertEq(gotSize, size, "size of the head");
        vm.assertEq(gotRoot, root, "root of the head");
    }
}

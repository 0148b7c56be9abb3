// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The cheat codes of Foundry that these tests use, and no others.
interface Vm {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 moment) external;
    function assume(bool condition) external pure;
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function prank(address caller) external;
    function startPrank(address caller) external;
    function stopPrank() external;
    function expectRevert(bytes calldata reason) external;
    function expectRevert(bytes4 selector) external;
    function expectRevert() external;
    function expectEmit(address emitter) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
    function deployCode(string calldata artifact) external returns (address);
    function deployCode(string calldata artifact, bytes calldata arguments) external returns (address);
    function etch(address target, bytes calldata code) external;
    function lastCallGas() external view returns (Gas memory gas);
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool);
    function label(address account, string calldata name) external;
    function chainId(uint256 id) external;
    function store(address target, bytes32 slot, bytes32 value) external;
    function load(address target, bytes32 slot) external view returns (bytes32 value);
    function toString(uint256 value) external pure returns (string memory);

    function assertEq(uint256 got, uint256 expected, string calldata what) external pure;
    function assertEq(address got, address expected, string calldata what) external pure;
    function assertEq(bytes32 got, bytes32 expected, string calldata what) external pure;
    function assertEq(bytes calldata got, bytes calldata expected, string calldata what) external pure;
    function assertEq(bool got, bool expected, string calldata what) external pure;
    function assertTrue(bool condition, string calldata what) external pure;
    function assertLe(uint256 got, uint256 most, string calldata what) external pure;
    function assertLt(uint256 got, uint256 limit, string calldata what) external pure;
    function assertGe(uint256 got, uint256 least, string calldata what) external pure;
    function assertGt(uint256 got, uint256 limit, string calldata what) external pure;
}

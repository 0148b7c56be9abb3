// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "tallystick/notary/interfaces/IEvidenceLog.sol";
import {Errors} from "tallystick/notary/libraries/Errors.sol";

import {LogFixture} from "../../support/LogFixture.sol";
import {MerkleReference, UniformTree} from "../../support/MerkleReference.sol";

contract AppendTest is LogFixture {
    bytes32[] private none;

    function test_append_reverts_when_the_caller_is_not_the_appender() external {
        address[2] memory callers = [OWNER, STRANGER];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(Errors.EvidenceLog_OnlyAppender.selector, logId, callers[i], APPENDER)
            );
            vm.prank(callers[i]);
            log.append(logId, 0, 1, keccak256("root"), none);
        }
    }

    function test_append_reverts_when_there_is_no_such_log() external {
        bytes32 unknown = keccak256("nothing");
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyAppender.selector, unknown, APPENDER, address(0)));
        vm.prank(APPENDER);
        log.append(unknown, 0, 1, keccak256("root"), none);
    }

    function test_append_reverts_when_the_log_is_closed() external {
        bytes32[] memory list = grow(3);
        close(0);
        bytes32[] memory longer = MerkleReference.leaves(4);
        bytes32[] memory proof = MerkleReference.consistency(longer, 3, 4);
        bytes32 root = MerkleReference.root(longer, 4);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_Closed.selector, logId));
        append(3, 4, root, proof);
        expectHead(3, MerkleReference.root(list, 3));
    }

    function test_append_reverts_when_it_starts_from_another_size() external {
        grow(5);
        bytes32 root = MerkleReference.root(MerkleReference.leaves(8), 8);
        uint64[2] memory wrong = [uint64(4), 6];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(Errors.EvidenceLog_FromSizeMismatch.selector, logId, wrong[i], uint64(5))
            );
            append(wrong[i], 8, root, none);
        }
    }

    function test_append_reverts_when_the_new_size_is_not_larger() external {
        bytes32[] memory list = grow(5);
        uint64[2] memory sizes = [uint64(4), 5];
        for (uint256 i = 0; i < sizes.length; ++i) {
            bytes32 root = MerkleReference.root(list, sizes[i]);
            vm.expectRevert(
                abi.encodeWithSelector(Errors.EvidenceLog_SizeNotLarger.selector, logId, sizes[i], uint64(5))
            );
            append(5, sizes[i], root, none);
        }
    }

    function test_append_stores_the_first_head_and_emits() external {
        bytes32 root = MerkleReference.root(MerkleReference.leaves(7), 7);
        vm.expectEmit(address(log));
        emit IEvidenceLog.HeadAppended(logId, 7, root);
        append(0, 7, root, none);
        expectHead(7, root);
    }

    function test_append_reverts_when_the_first_head_comes_with_a_proof() external {
        bytes32[] memory proof = new bytes32[](1);
        vm.expectRevert(abi.encodeWithSelector(Errors.MerkleTree_ConsistencyInvalid.selector, 0, 7, 1));
        append(0, 7, keccak256("root"), proof);
    }

    function test_append_takes_the_proof_of_every_pair_of_sizes_up_to_20() external {
        bytes32[] memory list = MerkleReference.leaves(20);
        uint256 empty = vm.snapshotState();
        for (uint64 first = 1; first < 20; ++first) {
            for (uint64 second = first + 1; second <= 20; ++second) {
                grow(first);
                bytes32 root = MerkleReference.root(list, second);
                bytes32[] memory proof = MerkleReference.consistency(list, first, second);
                append(first, second, root, proof);
                expectHead(second, root);
                vm.revertToState(empty);
            }
        }
    }

    function testFuzz_append_takes_the_proof_of_any_pair_of_sizes(uint64 first, uint64 second) external {
        first = uint64(bound(first, 1, 79));
        second = uint64(bound(second, first + 1, 80));
        grow(first);
        bytes32[] memory list = MerkleReference.leaves(second);
        bytes32 root = MerkleReference.root(list, second);
        bytes32[] memory proof = MerkleReference.consistency(list, first, second);
        append(first, second, root, proof);
        expectHead(second, root);
    }

    /// forge-config: default.fuzz.runs = 16
    /// forge-config: deep.fuzz.runs = 300
    function testFuzz_append_takes_the_proof_of_any_pair_of_large_sizes(uint64 first, uint64 second) external {
        first = uint64(bound(first, 1, 2 ** 40));
        second = uint64(bound(second, first + 1, 2 ** 41));
        append(0, first, UniformTree.root(first), none);
        bytes32 root = UniformTree.root(second);
        append(first, second, root, UniformTree.consistency(first, second));
        expectHead(second, root);
    }

    function test_append_takes_the_proof_from_and_to_the_largest_size() external {
        uint64 largest = type(uint64).max;
        append(0, 1, UniformTree.root(1), none);
        append(1, largest - 1, UniformTree.root(largest - 1), UniformTree.consistency(1, largest - 1));
        append(largest - 1, largest, UniformTree.root(largest), UniformTree.consistency(largest - 1, largest));
        expectHead(largest, UniformTree.root(largest));
    }

    function test_append_reverts_when_the_proof_is_empty() external {
        grow(4);
        vm.expectRevert(abi.encodeWithSelector(Errors.MerkleTree_ConsistencyInvalid.selector, 4, 8, 0));
        append(4, 8, keccak256("root"), none);
    }

    /// @notice Not even the appender can drop or rewrite: an honest proof of a tree with one old entry changed fails.
    function testFuzz_append_reverts_when_an_old_entry_is_changed(uint64 first, uint64 second, uint64 victim) external {
        first = uint64(bound(first, 1, 39));
        second = uint64(bound(second, first + 1, 40));
        victim = uint64(bound(victim, 0, first - 1));
        bytes32[] memory before = grow(first);
        bytes32[] memory list = MerkleReference.leaves(second);
        list[victim] = MerkleReference.leafHash("rewritten");
        bytes32[] memory proof = MerkleReference.consistency(list, first, second);
        bytes32 root = MerkleReference.root(list, second);
        expectInvalid(first, second, proof.length);
        append(first, second, root, proof);
        expectHead(first, MerkleReference.root(before, first));
    }

    function testFuzz_append_reverts_when_a_bit_is_changed(uint64 first, uint64 second, uint256 place, uint8 bit)
        external
    {
        first = uint64(bound(first, 1, 39));
        second = uint64(bound(second, first + 1, 40));
        grow(first);
        bytes32[] memory list = MerkleReference.leaves(second);
        bytes32[] memory proof = MerkleReference.consistency(list, first, second);
        bytes32 root = MerkleReference.root(list, second);
        place = bound(place, 0, proof.length);
        bytes32 flip = bytes32(uint256(1) << bit);
        if (place == proof.length) root ^= flip;
        else proof[place] ^= flip;
        expectInvalid(first, second, proof.length);
        append(first, second, root, proof);
    }

    function testFuzz_append_reverts_when_the_proof_is_too_long_or_too_short(uint64 first, uint64 second, bool longer)
        external
    {
        first = uint64(bound(first, 1, 39));
        second = uint64(bound(second, first + 1, 40));
        grow(first);
        bytes32[] memory list = MerkleReference.leaves(second);
        bytes32[] memory proof = MerkleReference.consistency(list, first, second);
        bytes32 root = MerkleReference.root(list, second);
        if (longer) proof = MerkleReference.push(proof, root);
        else proof = allButLast(proof);
        expectInvalid(first, second, proof.length);
        append(first, second, root, proof);
    }

    /// @notice A proof for one pair of sizes is none for another, whatever the roots.
    function testFuzz_append_reverts_when_the_claimed_size_is_another(uint64 first, uint64 second, uint64 claimed)
        external
    {
        first = uint64(bound(first, 2, 39));
        second = uint64(bound(second, first + 1, 40));
        claimed = uint64(bound(claimed, first + 1, 200));
        bytes32[] memory list = MerkleReference.leaves(second);
        bytes32[] memory proof = MerkleReference.consistency(list, first, second);
        vm.assume(claimed != second && !sameShape(first, second, claimed));
        grow(first);
        bytes32 root = MerkleReference.root(list, second);
        expectInvalid(first, claimed, proof.length);
        append(first, claimed, root, proof);
    }

    function expectInvalid(uint64 first, uint64 second, uint256 length) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.MerkleTree_ConsistencyInvalid.selector, first, second, length));
    }

    function allButLast(bytes32[] memory list) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](list.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = list[i];
        }
    }

    /// @dev Two sizes with the same path from the last entry of the first tree up: the proof fits both, and the roots
    /// (which the leaf count does not enter) are those of `second`. RFC 9162 binds sizes by the signed head.
    function sameShape(uint64 first, uint64 a, uint64 b) private pure returns (bool) {
        (uint64 node, uint64 x, uint64 y) = (first - 1, a - 1, b - 1);
        while (node & 1 == 1) (node, x, y) = (node >> 1, x >> 1, y >> 1);
        while (x != 0 || y != 0) {
            if ((x == 0) != (y == 0) || (node == x) != (node == y)) return false;
            (node, x, y) = (node >> 1, x >> 1, y >> 1);
        }
        return true;
    }
}

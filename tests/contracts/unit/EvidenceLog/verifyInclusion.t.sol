// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Errors} from "tallystick/notary/libraries/Errors.sol";

import {LogFixture} from "../../support/LogFixture.sol";
import {MerkleReference} from "../../support/MerkleReference.sol";

contract VerifyInclusionTest is LogFixture {
    function test_verifyInclusion_reverts_when_there_is_no_such_log() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_UnknownLog.selector, keccak256("nothing")));
        log.verifyInclusion(keccak256("nothing"), 0, 0, new bytes32[](0));
    }

    function test_verifyInclusion_reverts_when_the_log_is_empty() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.MerkleTree_InclusionInvalid.selector, 0, 0, 0));
        log.verifyInclusion(logId, 0, 0, new bytes32[](0));
    }

    function test_verifyInclusion_returns_for_every_entry_of_every_size_up_to_17() external {
        uint256 empty = vm.snapshotState();
        for (uint64 size = 1; size <= 17; ++size) {
            bytes32[] memory list = grow(size);
            for (uint64 i = 0; i < size; ++i) {
                log.verifyInclusion(logId, list[i], i, MerkleReference.inclusion(list, i, size));
            }
            vm.revertToState(empty);
        }
    }

    /// @notice The eight inputs and the roots that the Certificate Transparency projects publish for RFC 6962 trees.
    function test_verifyInclusion_returns_for_the_published_vectors() external {
        bytes32[] memory list = new bytes32[](8);
        list[0] = MerkleReference.leafHash("");
        list[1] = MerkleReference.leafHash(hex"00");
        list[2] = MerkleReference.leafHash(hex"10");
        list[3] = MerkleReference.leafHash(hex"2021");
        list[4] = MerkleReference.leafHash(hex"3031");
        list[5] = MerkleReference.leafHash(hex"40414243");
        list[6] = MerkleReference.leafHash(hex"5051525354555657");
        list[7] = MerkleReference.leafHash(hex"606162636465666768696a6b6c6d6e6f");
        bytes32[8] memory roots = [
            bytes32(0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d),
            0xfac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125,
            0xaeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77,
            0xd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7,
            0x4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4,
            0x76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef,
            0xddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c,
            0x5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
        ];
        for (uint64 size = 1; size <= 8; ++size) {
            bytes32[] memory proof = size == 1 ? new bytes32[](0) : MerkleReference.consistency(list, size - 1, size);
            append(size - 1, size, roots[size - 1], proof);
            for (uint64 i = 0; i < size; ++i) {
                log.verifyInclusion(logId, list[i], i, MerkleReference.inclusion(list, i, size));
            }
        }
    }

    function testFuzz_verifyInclusion_reverts_when_the_index_is_not_below_the_size(uint64 size, uint64 index) external {
        size = uint64(bound(size, 1, 20));
        index = uint64(bound(index, size, type(uint64).max));
        bytes32[] memory list = grow(size);
        bytes32[] memory proof = MerkleReference.inclusion(list, size - 1, size);
        expectInvalid(index, size, proof.length);
        log.verifyInclusion(logId, list[size - 1], index, proof);
    }

    function testFuzz_verifyInclusion_reverts_when_a_bit_is_changed(uint64 size, uint64 index, uint256 place, uint8 bit)
        external
    {
        size = uint64(bound(size, 1, 40));
        index = uint64(bound(index, 0, size - 1));
        bytes32[] memory list = grow(size);
        bytes32[] memory proof = MerkleReference.inclusion(list, index, size);
        bytes32 leaf = list[index];
        place = bound(place, 0, proof.length);
        bytes32 flip = bytes32(uint256(1) << bit);
        if (place == proof.length) leaf ^= flip;
        else proof[place] ^= flip;
        expectInvalid(index, size, proof.length);
        log.verifyInclusion(logId, leaf, index, proof);
    }

    function testFuzz_verifyInclusion_reverts_when_the_proof_is_too_long_or_too_short(
        uint64 size,
        uint64 index,
        bool longer
    ) external {
        size = uint64(bound(size, 2, 40));
        index = uint64(bound(index, 0, size - 1));
        bytes32[] memory list = grow(size);
        bytes32[] memory proof = MerkleReference.inclusion(list, index, size);
        bytes32[] memory wrong = new bytes32[](longer ? proof.length + 1 : proof.length - 1);
        for (uint256 i = 0; i < wrong.length && i < proof.length; ++i) {
            wrong[i] = proof[i];
        }
        expectInvalid(index, size, wrong.length);
        log.verifyInclusion(logId, list[index], index, wrong);
    }

    /// @notice An inner node handed in as a leaf, with the rest of its path, leads to the right root: only the level
    /// gives it away.
    function test_verifyInclusion_reverts_when_an_inner_node_is_passed_off_as_an_entry() external {
        bytes32[] memory list = grow(11);
        bytes32[] memory path = MerkleReference.inclusion(list, 0, 11); // entry 0 is the first child on every level
        bytes32 node = list[0];
        for (uint256 level = 0; level < path.length; ++level) {
            node = MerkleReference.parent(node, path[level]);
            bytes32[] memory rest = new bytes32[](path.length - level - 1);
            for (uint256 i = 0; i < rest.length; ++i) {
                rest[i] = path[level + 1 + i];
            }
            expectInvalid(0, 11, rest.length);
            log.verifyInclusion(logId, node, 0, rest);
        }
    }

    function test_verifyInclusion_still_answers_when_the_log_is_closed() external {
        bytes32[] memory list = grow(5);
        close(0);
        log.verifyInclusion(logId, list[2], 2, MerkleReference.inclusion(list, 2, 5));
    }

    function expectInvalid(uint64 index, uint64 size, uint256 length) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.MerkleTree_InclusionInvalid.selector, index, size, length));
    }
}

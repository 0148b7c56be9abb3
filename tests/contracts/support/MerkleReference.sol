// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice RFC 9162 trees by their recursive definitions, slow and plain. Judge of the library's verification.
library MerkleReference {
    function leafHash(bytes memory entry) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), entry));
    }

    function parent(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice Entries that differ by their place: leaf hashes of 0, 1, 2, ...
    function leaves(uint256 size) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            list[i] = leafHash(abi.encode(i));
        }
    }

    /// @notice Root hash of the first `size` leaves (section 2.1.1).
    function root(bytes32[] memory list, uint256 size) internal pure returns (bytes32) {
        return rootOf(list, 0, size);
    }

    function rootOf(bytes32[] memory list, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return list[from];
        uint256 k = split(to - from);
        return parent(rootOf(list, from, from + k), rootOf(list, from + k, to));
    }

    /// @notice Inclusion proof of leaf `index` among the first `size` (section 2.1.3.1).
    function inclusion(bytes32[] memory list, uint256 index, uint256 size) internal pure returns (bytes32[] memory) {
        return path(list, index, 0, size);
    }

    function path(bytes32[] memory list, uint256 index, uint256 from, uint256 to)
        private
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 k = split(to - from);
        if (index < from + k) return push(path(list, index, from, from + k), rootOf(list, from + k, to));
        return push(path(list, index, from + k, to), rootOf(list, from, from + k));
    }

    /// @notice Consistency proof from the first `first` leaves to the first `second` (section 2.1.4.1).
    function consistency(bytes32[] memory list, uint256 first, uint256 second)
        internal
        pure
        returns (bytes32[] memory)
    {
        return subproof(list, first, 0, second, true);
    }

    function subproof(bytes32[] memory list, uint256 m, uint256 from, uint256 to, bool whole)
        private
        pure
        returns (bytes32[] memory)
    {
        if (m == to - from) return whole ? new bytes32[](0) : push(new bytes32[](0), rootOf(list, from, to));
        uint256 k = split(to - from);
        if (m <= k) return push(subproof(list, m, from, from + k, whole), rootOf(list, from + k, to));
        return push(subproof(list, m - k, from + k, to, false), rootOf(list, from, from + k));
    }

    /// @notice The largest power of two below `size`.
    function split(uint256 size) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < size) k *= 2;
    }

    function push(bytes32[] memory list, bytes32 item) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = item;
    }
}

/// @notice Trees whose leaves are all the same, so that a tree of a million needs only its sizes. For measuring gas.
library UniformTree {
    bytes32 private constant LEAF = sha256(hex"00");

    function root(uint256 size) internal pure returns (bytes32) {
        if (size == 1) return LEAF;
        uint256 k = MerkleReference.split(size);
        bytes32 left = full(k);
        return MerkleReference.parent(left, k * 2 == size ? left : root(size - k));
    }

    function consistency(uint256 first, uint256 second) internal pure returns (bytes32[] memory) {
        return subproof(first, second, true);
    }

    function subproof(uint256 m, uint256 size, bool whole) private pure returns (bytes32[] memory) {
        if (m == size) {
            return whole ? new bytes32[](0) : MerkleReference.push(new bytes32[](0), root(size));
        }
        uint256 k = MerkleReference.split(size);
        if (m <= k) return MerkleReference.push(subproof(m, k, whole), root(size - k));
        return MerkleReference.push(subproof(m - k, size - k, false), full(k));
    }

    function full(uint256 size) private pure returns (bytes32 hash) {
        hash = LEAF;
        for (; size > 1; size /= 2) {
            hash = MerkleReference.parent(hash, hash);
        }
    }
}

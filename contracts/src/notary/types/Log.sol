// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What is stored of one log. An append writes slots 0 and 1 only.
struct Log {
    // slot 0
    address appender; // the hot key; replaceable by the owner; zero: nobody can append
    uint64 size; // entries under `root`; only grows
    bool closed; // once true, the log never changes again
    // slot 1
    bytes32 root; // RFC 9162 root hash of the first `size` entries; zero while size is 0
    // slot 2
    address owner; // the cold key; zero: there is no such log
    // slot 3
    address pendingOwner; // named by the owner, becomes the owner by accepting
    // slot 4
    bytes32 successor; // the log that continues this one; set when closed; zero: none
}

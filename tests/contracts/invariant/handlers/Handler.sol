// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../../support/Test.sol";
import {Store} from "../Store.sol";
import {Zoo} from "../Zoo.sol";

/// @notice What every handler has: the clock, the tokens, and calls that must succeed or must change nothing.
abstract contract Handler is Test {
    address internal constant VAULT = address(0x7A);
    Store internal immutable store;
    Zoo internal immutable zoo;

    error MustSucceed(string what, bytes reason);
    error MustFail(string what);

    constructor(Store store_, Zoo zoo_) {
        (store, zoo) = (store_, zoo_);
    }

    /// @dev Each call of a run starts at the run's own time, and remembers what was before it: what an invariant writes
    /// itself is forgotten.
    modifier timed() {
        vm.warp(store.time());
        remember();
        _;
    }

    function remember() internal virtual;

    function must(string memory what, address caller, address target, bytes memory data)
        internal
        returns (bytes memory result)
    {
        bool success;
        vm.prank(caller);
        (success, result) = target.call(data);
        if (!success) revert MustSucceed(what, result);
        store.hit(what);
    }

    function mustFail(string memory what, address caller, address target, bytes memory data) internal {
        vm.prank(caller);
        (bool success,) = target.call(data);
        if (success) revert MustFail(what);
        store.hit(what);
    }
}

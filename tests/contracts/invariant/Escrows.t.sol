// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrowBook} from "tallystick/settlement/interfaces/IEscrowBook.sol";
import {EscrowState, EscrowTerms} from "tallystick/settlement/types/EscrowTerms.sol";

import {Store} from "./Store.sol";
import {IZooToken, Zoo} from "./Zoo.sol";
import {InvariantTest} from "./InvariantTest.sol";
import {EscrowHandler} from "./handlers/EscrowHandler.sol";

/// @notice The invariants of escrows; README.md lists them.
contract EscrowsInvariantTest is InvariantTest {
    Store private store;
    Zoo private zoo;
    IEscrowBook private escrows;
    EscrowHandler private handler;

    function setUp() external {
        vm.warp(NOW);
        store = new Store(NOW);
        zoo = new Zoo();
        escrows = IEscrowBook(vm.deployCode("EscrowBook.sol:EscrowBook"));
        handler = new EscrowHandler(store, zoo, escrows);
        target(address(handler), handler.drain.selector);
    }

    function invariant_I1_I2_I12_escrows() external view {
        solvencyWithoutSurplus();
        absorbing();
    }

    /// @notice The handlers reach every step, done and refused: what they check is not empty.
    function test_handlers_reach_everything() external {
        bytes4[9] memory steps = [
            handler.open.selector,
            handler.fund.selector,
            handler.release.selector,
            handler.refund.selector,
            handler.reclaim.selector,
            handler.withdraw.selector,
            handler.pass.selector,
            handler.donate.selector,
            handler.disturb.selector
        ];
        string[10] memory kinds = [
            "escrow open",
            "escrow fund",
            "escrow fund refused",
            "escrow release",
            "escrow release refused",
            "escrow refund",
            "escrow reclaim",
            "escrow reclaim refused",
            "escrow withdraw",
            "escrow withdraw refused"
        ];
        uint256[10] memory hits;
        uint256 fresh = vm.snapshotState();
        for (uint256 world = 0; world < 10; ++world) {
            drive(address(handler), steps[world % 9], world, 100);
            for (uint256 i = 0; i < 100; ++i) {
                drive(address(handler), steps[uint256(keccak256(abi.encode(world, i))) % 9], world, i);
                solvencyWithoutSurplus();
                absorbing();
            }
            for (uint256 i = 0; i < kinds.length; ++i) {
                hits[i] += store.hits(kinds[i]);
            }
            vm.revertToState(fresh);
        }
        for (uint256 i = 0; i < kinds.length; ++i) {
            emit log_named_uint(kinds[i], hits[i]);
            vm.assertGt(hits[i], 0, kinds[i]);
        }
    }

    function afterInvariant() external {
        vm.warp(store.time());
        handler.drain();
        address[6] memory tokens = zoo.tokens();
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertEq(
                IZooToken(tokens[i]).balanceOf(address(escrows)),
                store.donated(address(escrows), tokens[i]),
                "I13: only donations remain"
            );
        }
    }

    function absorbing() private view {
        EscrowTerms[] memory all = handler.all();
        for (uint256 i = 0; i < all.length; ++i) {
            bytes32 id = escrows.escrowIdOf(all[i]);
            (EscrowState state, bool withdrawn) = escrows.escrowOf(id);
            EscrowState before = handler.stateBefore(id);
            vm.assertGe(uint256(state), uint256(before), "I12: no way back");
            if (before >= EscrowState.Released) vm.assertTrue(state == before, "I12: a final state absorbs");
            if (handler.withdrawnBefore(id)) vm.assertTrue(withdrawn, "I12: withdrawn once and for ever");
            vm.assertTrue(!withdrawn || state >= EscrowState.Released, "withdrawn only in a final state");
        }
    }

    function solvencyWithoutSurplus() private view {
        EscrowTerms[] memory all = handler.all();
        address[6] memory tokens = zoo.tokens();
        for (uint256 t = 0; t < 6; ++t) {
            uint256 held;
            for (uint256 i = 0; i < all.length; ++i) {
                (EscrowState state, bool withdrawn) = escrows.escrowOf(escrows.escrowIdOf(all[i]));
                if (all[i].token == tokens[t] && state >= EscrowState.Funded && !withdrawn) held += all[i].amount;
            }
            vm.assertEq(
                IZooToken(tokens[t]).balanceOf(address(escrows)),
                held + store.donated(address(escrows), tokens[t]),
                "I1, I2: held and donated"
            );
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "tallystick/notary/interfaces/IEvidenceLog.sol";
import {Errors} from "tallystick/notary/libraries/Errors.sol";

import {LogFixture} from "../../support/LogFixture.sol";
import {MerkleReference} from "../../support/MerkleReference.sol";

contract CloseTest is LogFixture {
    function test_close_reverts_when_the_caller_is_not_the_owner() external {
        address[2] memory callers = [APPENDER, STRANGER];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyOwner.selector, logId, callers[i], OWNER));
            vm.prank(callers[i]);
            log.close(logId, 0);
        }
    }

    function test_close_reverts_when_the_log_is_closed_already() external {
        close(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_Closed.selector, logId));
        close(0);
    }

    function test_close_reverts_when_the_successor_is_the_log_itself() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OwnSuccessor.selector, logId));
        close(logId);
    }

    function test_close_reverts_when_the_successor_is_no_log() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_UnknownLog.selector, keccak256("nothing")));
        close(keccak256("nothing"));
    }

    function test_close_ends_the_log_without_an_heir_when_the_successor_is_zero() external {
        close(0);
        (,,,, bool closed, bytes32 successor) = log.head(logId);
        vm.assertTrue(closed, "closed");
        vm.assertEq(successor, bytes32(0), "successor");
    }

    function test_close_names_the_heir_and_keeps_the_head() external {
        bytes32 root = MerkleReference.root(grow(3), 3);
        bytes32 heir = log.create(keccak256("heir"), OWNER, APPENDER, ORIGIN, NOTE_KEY);
        vm.expectEmit(address(log));
        emit IEvidenceLog.LogClosed(logId, heir, 3, root);
        close(heir);
        (,,,, bool closed, bytes32 successor) = log.head(logId);
        vm.assertTrue(closed, "closed");
        vm.assertEq(successor, heir, "successor");
        expectHead(3, root);
    }
}

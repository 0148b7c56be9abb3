// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "tallystick/notary/interfaces/IEvidenceLog.sol";
import {Errors} from "tallystick/notary/libraries/Errors.sol";

import {LogFixture} from "../../support/LogFixture.sol";

contract TransferOwnershipTest is LogFixture {
    address private constant NEXT = address(0x2E);

    function test_transferOwnership_reverts_when_the_caller_is_not_the_owner() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyOwner.selector, logId, APPENDER, OWNER));
        vm.prank(APPENDER);
        log.transferOwnership(logId, NEXT);
    }

    function test_transferOwnership_reverts_when_the_log_is_closed() external {
        close(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_Closed.selector, logId));
        name(NEXT);
    }

    function test_transferOwnership_leaves_the_owner_in_charge_until_accepted() external {
        vm.expectEmit(address(log));
        emit IEvidenceLog.OwnershipTransferStarted(logId, OWNER, NEXT);
        name(NEXT);
        vm.assertEq(log.pendingOwnerOf(logId), NEXT, "pending owner");
        vm.assertEq(owner(), OWNER, "owner");

        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyOwner.selector, logId, NEXT, OWNER));
        vm.prank(NEXT);
        log.setAppender(logId, NEXT);
    }

    function test_transferOwnership_takes_a_naming_back_when_the_next_owner_is_zero() external {
        name(NEXT);
        name(address(0));
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyPendingOwner.selector, logId, NEXT, address(0)));
        vm.prank(NEXT);
        log.acceptOwnership(logId);
    }

    function test_acceptOwnership_reverts_when_there_is_no_such_log() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_UnknownLog.selector, keccak256("nothing")));
        vm.prank(address(0));
        log.acceptOwnership(keccak256("nothing"));
    }

    function test_acceptOwnership_reverts_when_the_caller_was_not_named() external {
        name(NEXT);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyPendingOwner.selector, logId, STRANGER, NEXT));
        vm.prank(STRANGER);
        log.acceptOwnership(logId);
    }

    function test_acceptOwnership_reverts_when_the_log_was_closed_meanwhile() external {
        name(NEXT);
        close(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_Closed.selector, logId));
        vm.prank(NEXT);
        log.acceptOwnership(logId);
    }

    function test_acceptOwnership_hands_the_log_over() external {
        name(NEXT);
        vm.expectEmit(address(log));
        emit IEvidenceLog.OwnershipTransferred(logId, OWNER, NEXT);
        vm.prank(NEXT);
        log.acceptOwnership(logId);
        vm.assertEq(owner(), NEXT, "owner");
        vm.assertEq(log.pendingOwnerOf(logId), address(0), "pending owner");

        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyOwner.selector, logId, OWNER, NEXT));
        vm.prank(OWNER);
        log.setAppender(logId, OWNER);
    }

    function name(address next) private {
        vm.prank(OWNER);
        log.transferOwnership(logId, next);
    }

    function owner() private view returns (address got) {
        (,,, got,,) = log.head(logId);
    }
}

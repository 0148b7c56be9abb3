// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "tallystick/notary/interfaces/IEvidenceLog.sol";
import {Errors} from "tallystick/notary/libraries/Errors.sol";

import {LogFixture} from "../../support/LogFixture.sol";

contract SetAppenderTest is LogFixture {
    address private constant NEXT = address(0xA2);

    function test_setAppender_reverts_when_there_is_no_such_log() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_UnknownLog.selector, keccak256("nothing")));
        log.setAppender(keccak256("nothing"), NEXT);
    }

    function test_setAppender_reverts_when_the_caller_is_not_the_owner() external {
        address[2] memory callers = [APPENDER, STRANGER];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyOwner.selector, logId, callers[i], OWNER));
            vm.prank(callers[i]);
            log.setAppender(logId, NEXT);
        }
    }

    function test_setAppender_reverts_when_the_log_is_closed() external {
        close(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_Closed.selector, logId));
        vm.prank(OWNER);
        log.setAppender(logId, NEXT);
    }

    function test_setAppender_moves_the_right_to_append() external {
        vm.expectEmit(address(log));
        emit IEvidenceLog.AppenderSet(logId, NEXT);
        vm.prank(OWNER);
        log.setAppender(logId, NEXT);

        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyAppender.selector, logId, APPENDER, NEXT));
        vm.prank(APPENDER);
        log.append(logId, 0, 1, keccak256("root"), new bytes32[](0));
        vm.prank(NEXT);
        log.append(logId, 0, 1, keccak256("root"), new bytes32[](0));
        expectHead(1, keccak256("root"));
    }

    function test_setAppender_stops_all_appending_when_the_appender_is_zero() external {
        vm.prank(OWNER);
        log.setAppender(logId, address(0));
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OnlyAppender.selector, logId, APPENDER, address(0)));
        vm.prank(APPENDER);
        log.append(logId, 0, 1, keccak256("root"), new bytes32[](0));
    }
}

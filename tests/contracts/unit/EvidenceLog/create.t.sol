// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "tallystick/notary/interfaces/IEvidenceLog.sol";
import {Errors} from "tallystick/notary/libraries/Errors.sol";

import {LogFixture} from "../../support/LogFixture.sol";

contract CreateTest is LogFixture {
    bytes32 private constant OTHER_SALT = keccak256("other");

    function test_create_reverts_when_the_owner_is_zero() external {
        vm.expectRevert(Errors.EvidenceLog_ZeroOwner.selector);
        log.create(OTHER_SALT, address(0), APPENDER, ORIGIN, NOTE_KEY);
    }

    function test_create_reverts_when_the_origin_is_empty() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OriginLength.selector, 0, 256));
        log.create(OTHER_SALT, OWNER, APPENDER, "", NOTE_KEY);
    }

    function test_create_takes_an_origin_of_256_bytes_and_reverts_on_257() external {
        log.create(OTHER_SALT, OWNER, APPENDER, string(new bytes(256)), NOTE_KEY);
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_OriginLength.selector, 257, 256));
        log.create(keccak256("third"), OWNER, APPENDER, string(new bytes(257)), NOTE_KEY);
    }

    function test_create_takes_a_note_key_of_4096_bytes_and_reverts_on_4097() external {
        log.create(OTHER_SALT, OWNER, APPENDER, ORIGIN, new bytes(4096));
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_NoteKeyTooLong.selector, 4097, 4096));
        log.create(keccak256("third"), OWNER, APPENDER, ORIGIN, new bytes(4097));
    }

    function test_create_reverts_when_the_creator_used_the_salt_before() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.EvidenceLog_Exists.selector, logId));
        log.create(SALT, OWNER, APPENDER, ORIGIN, NOTE_KEY);
    }

    function test_create_stores_owner_and_appender_and_emits() external {
        bytes32 id = keccak256(abi.encode(address(this), OTHER_SALT));
        vm.expectEmit(address(log));
        emit IEvidenceLog.LogCreated(id, OWNER, APPENDER, ORIGIN, NOTE_KEY);
        vm.assertEq(log.create(OTHER_SALT, OWNER, APPENDER, ORIGIN, NOTE_KEY), id, "id");

        (uint64 size, bytes32 root, address appender, address owner, bool closed, bytes32 successor) = log.head(id);
        vm.assertEq(size, 0, "size");
        vm.assertEq(root, bytes32(0), "root");
        vm.assertEq(appender, APPENDER, "appender");
        vm.assertEq(owner, OWNER, "owner");
        vm.assertEq(closed, false, "closed");
        vm.assertEq(successor, bytes32(0), "successor");
    }

    function test_create_gives_another_id_to_another_creator_of_the_same_salt() external {
        vm.prank(STRANGER);
        bytes32 other = log.create(SALT, OWNER, APPENDER, ORIGIN, NOTE_KEY);
        vm.assertEq(other, log.logIdOf(STRANGER, SALT), "id by creator");
        vm.assertTrue(other != logId, "ids differ");
    }

    function test_head_is_zero_when_there_is_no_such_log() external view {
        (,,, address owner,,) = log.head(keccak256("nothing"));
        vm.assertEq(owner, address(0), "owner");
    }
}

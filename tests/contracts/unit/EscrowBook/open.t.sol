// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrowBook} from "tallystick/settlement/interfaces/IEscrowBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {EscrowState, EscrowTerms} from "tallystick/settlement/types/EscrowTerms.sol";

import {EscrowFixture} from "../../support/EscrowFixture.sol";

contract OpenTest is EscrowFixture {
    function test_open_is_open_and_emits_whoever_relays() external {
        (bytes memory payerSig, bytes memory payeeSig) = (sign(PAYER_KEY, escrowId), sign(PAYEE_KEY, escrowId));
        EscrowTerms memory expected = terms;
        vm.expectEmit(address(escrows));
        emit IEscrowBook.EscrowOpened(escrowId, payer, payee, expected);
        vm.prank(STRANGER);
        vm.assertEq(escrows.open(terms, payerSig, payeeSig), escrowId, "id");
        expectState(EscrowState.Open);
    }

    /// @notice The id is the EIP-712 digest, built here by hand.
    function test_escrowIdOf_is_the_digest_of_the_typed_data() external view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tallystick EscrowBook"),
                keccak256("1"),
                block.chainid,
                address(escrows)
            )
        );
        bytes32 typeHash = keccak256(
            "EscrowTerms(address payer,address payee,address token,uint128 amount,uint40 fundBy,uint40 expiresAt,bytes32 agreement,bytes32 salt)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, terms));
        vm.assertEq(escrowId, keccak256(abi.encodePacked(hex"1901", domain, structHash)), "EIP-712 digest");
    }

    function test_open_reverts_when_a_party_is_zero() external {
        terms.payer = address(0);
        refused(abi.encodeWithSelector(Errors.EscrowBook_ZeroParty.selector));
        (terms.payer, terms.payee) = (payer, address(0));
        refused(abi.encodeWithSelector(Errors.EscrowBook_ZeroParty.selector));
    }

    function test_open_reverts_when_one_party_stands_on_both_sides() external {
        terms.payee = payer;
        refused(abi.encodeWithSelector(Errors.EscrowBook_PartiesSame.selector, payer));
    }

    function test_open_reverts_when_a_party_is_the_contract_or_the_token() external {
        address[2] memory reserved = [address(escrows), address(token)];
        for (uint256 i = 0; i < 2; ++i) {
            (terms.payer, terms.payee) = (reserved[i], payee);
            refused(abi.encodeWithSelector(Errors.EscrowBook_PartyReserved.selector, reserved[i]));
            (terms.payer, terms.payee) = (payer, reserved[i]);
            refused(abi.encodeWithSelector(Errors.EscrowBook_PartyReserved.selector, reserved[i]));
        }
        (terms.payee, terms.token) = (payee, address(escrows));
        refused(abi.encodeWithSelector(Errors.EscrowBook_PartyReserved.selector, address(escrows)));
    }

    function test_open_reverts_when_the_token_has_no_code() external {
        terms.token = STRANGER;
        refused(abi.encodeWithSelector(Errors.EscrowBook_TokenWithoutCode.selector, STRANGER));
    }

    function test_open_reverts_when_the_sum_is_zero() external {
        terms.amount = 0;
        refused(abi.encodeWithSelector(Errors.EscrowBook_ZeroAmount.selector));
    }

    function test_open_takes_a_fundBy_just_before_the_expiry_and_reverts_at_it() external {
        terms.fundBy = terms.expiresAt;
        refused(
            abi.encodeWithSelector(Errors.EscrowBook_FundByNotBeforeExpiry.selector, terms.expiresAt, terms.expiresAt)
        );
        terms.fundBy = terms.expiresAt - 1;
        open();
    }

    function test_open_takes_the_last_second_of_fundBy_and_reverts_after_it() external {
        uint256 fresh = vm.snapshotState();
        vm.warp(terms.fundBy);
        open();
        vm.revertToState(fresh);
        vm.warp(terms.fundBy + 1);
        refused(abi.encodeWithSelector(Errors.EscrowBook_FundByPassed.selector, terms.fundBy + 1, terms.fundBy));
    }

    function test_open_reverts_when_the_escrow_is_open_already_in_every_later_state() external {
        open();
        refused(abi.encodeWithSelector(Errors.EscrowBook_AlreadyOpen.selector, escrowId));
        fundAs(payer);
        refused(abi.encodeWithSelector(Errors.EscrowBook_AlreadyOpen.selector, escrowId));
        vm.prank(payee);
        escrows.refund(terms);
        refused(abi.encodeWithSelector(Errors.EscrowBook_AlreadyOpen.selector, escrowId));
    }

    function test_open_reverts_when_a_signature_is_not_its_partys() external {
        bytes memory payerSig = sign(PAYER_KEY, escrowId);
        bytes memory payeeSig = sign(PAYEE_KEY, escrowId);
        bytes memory other = sign(PAYER_KEY, keccak256("other terms"));
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_BadSignature.selector, escrowId, payer));
        escrows.open(terms, payeeSig, payerSig);
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_BadSignature.selector, escrowId, payer));
        escrows.open(terms, other, payeeSig);
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_BadSignature.selector, escrowId, payee));
        escrows.open(terms, payerSig, "");
    }

    function test_open_takes_the_signature_of_a_wallet_with_code() external {
        terms.payee = vm.deployCode("DemoWallet.sol:DemoWallet", abi.encode(payee));
        open();
        expectState(EscrowState.Open);
    }

    function refused(bytes memory reason) private {
        vm.expectRevert(reason);
        escrows.open(terms, "", "");
    }
}

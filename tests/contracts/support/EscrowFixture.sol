// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrowBook} from "tallystick/settlement/interfaces/IEscrowBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {EscrowState, EscrowTerms} from "tallystick/settlement/types/EscrowTerms.sol";

import {IMintable} from "./PlanFixture.sol";
import {Test} from "./Test.sol";

/// @notice An escrow of 1,000,000: a day to fund, thirty days to release.
abstract contract EscrowFixture is Test {
    uint256 internal constant PAYER_KEY = 0xAA;
    uint256 internal constant PAYEE_KEY = 0xBB;
    uint128 internal constant AMOUNT = 1_000_000;
    address internal constant STRANGER = address(0x57);
    address internal constant VAULT = address(0x7A);
    address internal immutable payer = vm.addr(PAYER_KEY);
    address internal immutable payee = vm.addr(PAYEE_KEY);

    IEscrowBook internal escrows;
    IMintable internal token;
    EscrowTerms internal terms;
    bytes32 internal escrowId;

    function setUp() public virtual {
        vm.warp(NOW);
        escrows = IEscrowBook(vm.deployCode("EscrowBook.sol:EscrowBook"));
        token = IMintable(vm.deployCode("DemoToken.sol:DemoToken", abi.encode("Euro", "EUR", 6)));
        terms = EscrowTerms({
            payer: payer,
            payee: payee,
            token: address(token),
            amount: AMOUNT,
            fundBy: NOW + 1 days,
            expiresAt: NOW + 30 days,
            agreement: keccak256("agreement"),
            salt: keccak256("salt")
        });
        escrowId = escrows.escrowIdOf(terms);
    }

    function open() internal {
        escrowId = escrows.escrowIdOf(terms);
        escrows.open(terms, sign(PAYER_KEY, escrowId), sign(PAYEE_KEY, escrowId));
    }

    function fundAs(address funder) internal {
        token.mint(funder, AMOUNT);
        vm.prank(funder);
        token.approve(address(escrows), AMOUNT);
        vm.prank(funder);
        escrows.fund(terms);
    }

    function openAndFund() internal {
        open();
        fundAs(payer);
    }

    function state() internal view returns (EscrowState got) {
        (got,) = escrows.escrowOf(escrowId);
    }

    function expectState(EscrowState expected) internal view {
        vm.assertEq(uint256(state()), uint256(expected), "state");
    }

    function expectWrongState() internal {
        vm.expectRevert(abi.encodeWithSelector(Errors.EscrowBook_WrongState.selector, escrowId, state()));
    }
}

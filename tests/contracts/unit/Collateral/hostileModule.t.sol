// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {PlanState, Status} from "tallystick/settlement/types/Account.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";

/// @notice A module that does as it likes: the book never calls it, so any call to it that is not its own reverts.
contract HostileModule {
    function act(address target, bytes calldata data) external returns (bool success, bytes memory result) {
        (success, result) = target.call(data);
    }

    fallback() external {
        revert("the book called the module");
    }
}

/// @notice What the worst module can do to the book. Part of openWith.tree.
contract HostileModuleTest is PlanFixture {
    HostileModule private module;
    Terms private terms;
    bytes32 private planId;

    function setUp() public override {
        super.setUp();
        module = new HostileModule();
        Terms memory signed = secondsTerms();
        signed.collateral = address(module);
        signed.collateralTerms = keccak256("whatever");
        terms = signed;
        planId = book.planIdOf(signed);
    }

    function test_hostile_module_can_refuse_to_open_and_nobody_else_can_open() external {
        (bytes memory debtorSig, bytes memory creditorSig) = signatures();
        vm.expectRevert(
            abi.encodeWithSelector(Errors.RepaymentBook_OnlyCollateral.selector, planId, address(this), module)
        );
        book.open(terms, debtorSig, creditorSig);
    }

    function test_hostile_module_cannot_open_what_was_not_signed() external {
        (bytes memory debtorSig, bytes memory creditorSig) = signatures();
        Terms memory other = terms;
        other.total += 1;
        bytes32 otherId = book.planIdOf(other);
        fails(
            abi.encodeCall(IRepaymentBook.open, (other, debtorSig, creditorSig)),
            abi.encodeWithSelector(Errors.RepaymentBook_BadSignature.selector, otherId, debtor)
        );
        fails(
            abi.encodeCall(IRepaymentBook.open, (terms, debtorSig, "")),
            abi.encodeWithSelector(Errors.RepaymentBook_BadSignature.selector, planId, creditor)
        );
    }

    function test_hostile_module_can_open_the_signed_plan_and_nothing_more() external {
        (bytes memory debtorSig, bytes memory creditorSig) = signatures();
        (bool success,) =
            module.act(address(book), abi.encodeCall(IRepaymentBook.open, (terms, debtorSig, creditorSig)));
        vm.assertTrue(success, "opened");
        vm.assertTrue(book.accountOf(planId).status == Status.Active, "active");

        // No second opening, no money out.
        fails(
            abi.encodeCall(IRepaymentBook.open, (terms, debtorSig, creditorSig)),
            abi.encodeWithSelector(Errors.RepaymentBook_AlreadyOpen.selector, planId)
        );
        pay(terms, 1000);
        fails(
            abi.encodeCall(IRepaymentBook.withdraw, (terms, address(module), ALL)),
            abi.encodeWithSelector(Errors.RepaymentBook_OnlyCreditor.selector, planId, module, creditor)
        );

        // The whole life of the plan runs without one call to the module, which would revert.
        vm.warp(dueOf(terms, 5));
        book.poke(terms);
        vm.assertTrue(viewNow(terms).state == PlanState.Defaulted, "in default");
        pay(terms, viewNow(terms).owedNow);
        vm.prank(creditor);
        book.withdraw(terms, VAULT, ALL);
        pay(terms, ALL);
        vm.prank(creditor);
        book.withdraw(terms, VAULT, ALL);
        vm.assertTrue(viewNow(terms).state == PlanState.Completed, "completed");
        vm.assertEq(token.balanceOf(address(book)), 0, "all is out");
    }

    function fails(bytes memory data, bytes memory reason) private {
        (bool success, bytes memory result) = module.act(address(book), data);
        vm.assertEq(success, false, "fails");
        vm.assertEq(result, reason, "reason");
    }

    function signatures() private view returns (bytes memory, bytes memory) {
        return (sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
    }
}

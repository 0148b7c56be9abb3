// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {Account, Status} from "tallystick/settlement/types/Account.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";

contract OpenTest is PlanFixture {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141; // of secp256k1

    function test_open_stores_the_plan_and_emits_its_terms() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = book.planIdOf(terms);
        bytes memory debtorSig = sign(DEBTOR_KEY, planId);
        bytes memory creditorSig = sign(CREDITOR_KEY, planId);
        vm.expectEmit(address(book));
        emit IRepaymentBook.PlanOpened(planId, debtor, creditor, terms);
        vm.prank(STRANGER);
        vm.assertEq(book.open(terms, debtorSig, creditorSig), planId, "plan id");

        Account memory expected;
        expected.status = Status.Active;
        expected.openedAt = NOW;
        vm.assertEq(abi.encode(book.accountOf(planId)), abi.encode(expected), "account");
    }

    /// @notice The id is the EIP-712 digest, built here by hand.
    function test_planIdOf_is_the_digest_of_the_typed_data() external view {
        Terms memory terms = monthsTerms();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tallystick RepaymentBook"),
                keccak256("1"),
                block.chainid,
                address(book)
            )
        );
        bytes32 typeHash = keccak256(
            "Terms(address debtor,address creditor,address token,uint128 total,uint8 calendar,uint40 firstDueAt,uint32 interval,uint16 installments,uint8 anchorDay,int32 utcOffset,uint32 graceSeconds,uint128 lateFlat,uint128 lateDaily,uint128 lateCap,uint8 allocation,uint16 defaultMissed,uint32 defaultSeconds,address collateral,bytes32 collateralTerms,bytes32 agreement,bytes32 jurisdiction,bytes32 salt,uint40 signBy)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, terms));
        vm.assertEq(book.planIdOf(terms), keccak256(abi.encodePacked(hex"1901", domain, structHash)), "EIP-712 digest");
    }

    function test_open_reverts_when_the_plan_is_open_already_or_completed() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        expect(Errors.RepaymentBook_AlreadyOpen.selector, abi.encode(planId));
        tryOpen(terms);
        pay(terms, ALL);
        expect(Errors.RepaymentBook_AlreadyOpen.selector, abi.encode(planId));
        tryOpen(terms);
    }

    function test_open_takes_the_last_second_of_signBy_and_reverts_after_it() external {
        Terms memory terms = secondsTerms();
        uint256 fresh = vm.snapshotState();
        vm.warp(terms.signBy);
        open(terms);
        vm.revertToState(fresh);
        vm.warp(terms.signBy + 1);
        expect(Errors.Terms_SignByPassed.selector, abi.encode(terms.signBy + 1, terms.signBy));
        tryOpen(terms);
    }

    function test_open_reverts_when_a_signature_is_not_its_partys() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = book.planIdOf(terms);
        bytes memory good = sign(DEBTOR_KEY, planId);
        bytes memory creditorSig = sign(CREDITOR_KEY, planId);

        bytes[] memory bad = new bytes[](6);
        bad[0] = creditorSig;
        bad[1] = sign(0xBAD, planId);
        bad[2] = sign(DEBTOR_KEY, keccak256("other terms"));
        bad[3] = mirrored(planId);
        bad[4] = "";
        bad[5] = abi.encodePacked(good, uint8(0));
        for (uint256 i = 0; i < bad.length; ++i) {
            expect(Errors.RepaymentBook_BadSignature.selector, abi.encode(planId, debtor));
            book.open(terms, bad[i], creditorSig);
        }
        expect(Errors.RepaymentBook_BadSignature.selector, abi.encode(planId, creditor));
        book.open(terms, good, good);
    }

    function test_open_reverts_when_the_signatures_are_for_another_book_or_chain() external {
        Terms memory terms = secondsTerms();
        IRepaymentBook other = IRepaymentBook(vm.deployCode("RepaymentBook.sol:RepaymentBook"));
        bytes32 there = other.planIdOf(terms);
        bytes32 here = book.planIdOf(terms);
        (bytes memory debtorSig, bytes memory creditorSig) = (sign(DEBTOR_KEY, there), sign(CREDITOR_KEY, there));
        expect(Errors.RepaymentBook_BadSignature.selector, abi.encode(here, debtor));
        book.open(terms, debtorSig, creditorSig);

        (debtorSig, creditorSig) = (sign(DEBTOR_KEY, here), sign(CREDITOR_KEY, here));
        vm.chainId(block.chainid + 1);
        bytes32 onFork = book.planIdOf(terms);
        vm.assertTrue(onFork != here, "ids differ by chain");
        expect(Errors.RepaymentBook_BadSignature.selector, abi.encode(onFork, debtor));
        book.open(terms, debtorSig, creditorSig);
    }

    function test_open_takes_the_signature_of_a_wallet_with_code() external {
        Terms memory terms = secondsTerms();
        terms.debtor = vm.deployCode("DemoWallet.sol:DemoWallet", abi.encode(debtor));
        bytes32 planId = book.planIdOf(terms);
        bytes memory creditorSig = sign(CREDITOR_KEY, planId);
        bytes memory wrong = sign(0xBAD, planId);
        expect(Errors.RepaymentBook_BadSignature.selector, abi.encode(planId, terms.debtor));
        book.open(terms, wrong, creditorSig);

        book.open(terms, sign(DEBTOR_KEY, planId), creditorSig);
        vm.assertTrue(book.accountOf(planId).status == Status.Active, "active");
    }

    function test_open_reverts_when_a_party_with_code_does_not_answer() external {
        Terms memory terms = secondsTerms();
        terms.debtor = address(pledge); // a contract without ERC-1271
        bytes32 planId = book.planIdOf(terms);
        expect(Errors.RepaymentBook_BadSignature.selector, abi.encode(planId, terms.debtor));
        book.open(terms, sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
    }

    function test_open_reverts_when_anybody_but_the_module_opens_a_secured_plan() external {
        Terms memory terms = secured(secondsTerms(), goldTerms());
        bytes32 planId = book.planIdOf(terms);
        expect(Errors.RepaymentBook_OnlyCollateral.selector, abi.encode(planId, address(this), address(collateral)));
        tryOpen(terms);
    }

    /// @dev Signing and hashing call contracts, so the expectation must stand right before `open`.
    function tryOpen(Terms memory terms) private {
        book.open(terms, "", "");
    }

    function expect(bytes4 selector, bytes memory arguments) private {
        vm.expectRevert(abi.encodePacked(selector, arguments));
    }

    /// @dev The debtor's signature with the other of the two s values: valid to ecrecover, malleable.
    function mirrored(bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(DEBTOR_KEY, digest);
        return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }
}

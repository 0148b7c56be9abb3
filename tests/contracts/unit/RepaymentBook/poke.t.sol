// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Errors} from "tallystick/settlement/libraries/Errors.sol";
import {Account, Status} from "tallystick/settlement/types/Account.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";
import {Vm} from "../../support/Vm.sol";

contract PokeTest is PlanFixture {
    function test_poke_reverts_when_there_is_no_such_plan() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = book.planIdOf(terms);
        vm.expectRevert(abi.encodeWithSelector(Errors.RepaymentBook_UnknownPlan.selector, planId));
        book.poke(terms);
    }

    function test_poke_does_nothing_up_to_the_last_second_of_grace() external {
        Terms memory terms = secondsTerms();
        open(terms);
        silent(terms);
        vm.warp(dueOf(terms, 1) + GRACE);
        silent(terms);
    }

    function test_poke_announces_each_missed_installment_once_and_cleared_ones_never() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        vm.warp(dueOf(terms, 1) + GRACE + 1);
        announces(terms, planId, 1, 1);
        silent(terms);
        pay(terms, sumOf(terms, 3));
        vm.warp(dueOf(terms, 5) + GRACE + 1);
        announces(terms, planId, 4, 5);
        silent(terms);
    }

    function test_poke_writes_default_by_missed_installments_at_its_own_moment() external {
        Terms memory terms = secondsTerms();
        terms.defaultSeconds = 0;
        bytes32 planId = open(terms);
        uint256 last = dueOf(terms, 3) + GRACE;
        vm.warp(last);
        book.poke(terms);
        vm.assertTrue(book.accountOf(planId).status == Status.Active, "not yet");
        vm.warp(last + 1);
        defaults(terms, planId, last + 1);
    }

    function test_poke_writes_default_by_seconds_at_its_own_moment() external {
        Terms memory terms = secondsTerms();
        terms.defaultMissed = 0;
        bytes32 planId = open(terms);
        uint256 last = dueOf(terms, 1) + terms.defaultSeconds;
        vm.warp(last);
        book.poke(terms);
        vm.assertTrue(book.accountOf(planId).status == Status.Active, "not yet");
        vm.warp(last + 1);
        defaults(terms, planId, last + 1);
    }

    function test_poke_writes_the_same_moment_fifty_years_later() external {
        Terms memory terms = secondsTerms();
        bytes32 planId = open(terms);
        vm.warp(NOW + 50 * 365 days);
        defaults(terms, planId, dueOf(terms, 1) + terms.defaultSeconds + 1);
        silent(terms);
    }

    function test_poke_never_finds_default_when_both_rules_are_off() external {
        Terms memory terms = secondsTerms();
        (terms.defaultMissed, terms.defaultSeconds) = (0, 0);
        bytes32 planId = open(terms);
        vm.warp(NOW + 50 * 365 days);
        book.poke(terms);
        vm.assertTrue(book.accountOf(planId).status == Status.Active, "active");
        vm.assertEq(book.accountOf(planId).noted, 12, "noted");
    }

    function test_poke_does_nothing_when_the_plan_is_completed() external {
        Terms memory terms = secondsTerms();
        open(terms);
        pay(terms, ALL);
        vm.warp(NOW + 50 * 365 days);
        silent(terms);
    }

    function test_pokeMany_pokes_each_plan_and_skips_terms_of_none() external {
        Terms memory first = secondsTerms();
        Terms memory last = secondsTerms();
        last.salt = keccak256("another");
        Terms memory nobody = secondsTerms();
        nobody.total = 0; // could never be opened
        bytes32 firstId = open(first);
        bytes32 lastId = open(last);
        bytes32 nobodyId = book.planIdOf(nobody);
        Terms[] memory list = new Terms[](3);
        (list[0], list[1], list[2]) = (first, nobody, last);
        vm.warp(dueOf(first, 1) + GRACE + 1);
        vm.expectEmit(address(book));
        emit IRepaymentBook.InstallmentsMissed(firstId, 1, 1);
        vm.expectEmit(address(book));
        emit IRepaymentBook.PokeSkipped(nobodyId);
        vm.expectEmit(address(book));
        emit IRepaymentBook.InstallmentsMissed(lastId, 1, 1);
        book.pokeMany(list);
    }

    function announces(Terms memory terms, bytes32 planId, uint16 from, uint16 to) private {
        Account memory before = book.accountOf(planId);
        vm.expectEmit(address(book));
        emit IRepaymentBook.InstallmentsMissed(planId, from, to);
        book.poke(terms);
        before.noted = to;
        vm.assertEq(abi.encode(book.accountOf(planId)), abi.encode(before), "nothing else changed");
    }

    function defaults(Terms memory terms, bytes32 planId, uint256 moment) private {
        vm.expectEmit(address(book));
        emit IRepaymentBook.Defaulted(planId, uint40(moment));
        book.poke(terms);
        Account memory account = book.accountOf(planId);
        vm.assertTrue(account.status == Status.Defaulted, "defaulted");
        vm.assertEq(account.defaultedAt, moment, "since");
        vm.assertEq(uint256(account.principalPaid) + account.chargesPaid + account.chargesFrozen, 0, "no sum changed");
    }

    function silent(Terms memory terms) private {
        bytes32 planId = book.planIdOf(terms);
        bytes memory before = abi.encode(book.accountOf(planId));
        vm.recordLogs();
        book.poke(terms);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 0, "no event");
        vm.assertEq(abi.encode(book.accountOf(planId)), before, "nothing written");
    }
}

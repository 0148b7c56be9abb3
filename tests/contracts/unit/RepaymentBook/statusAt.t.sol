// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {PlanState, View} from "tallystick/settlement/types/Account.sol";
import {Allocation, Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";
import {ScheduleReference} from "../../support/ScheduleReference.sol";
import {TermsMaker} from "../../support/TermsMaker.sol";

contract StatusAtTest is PlanFixture {
    function test_statusAt_is_all_zero_when_there_is_no_such_plan() external view {
        View memory empty;
        vm.assertEq(abi.encode(viewNow(secondsTerms())), abi.encode(empty), "view");
    }

    function test_statusAt_walks_the_states_at_their_exact_seconds() external {
        Terms memory terms = secondsTerms();
        open(terms);
        uint256 due = dueOf(terms, 1);
        state(terms, due - 1, PlanState.Current);
        state(terms, due, PlanState.Current);
        state(terms, due + 1, PlanState.InGrace);
        state(terms, due + GRACE, PlanState.InGrace);
        state(terms, due + GRACE + 1, PlanState.Arrears);
        state(terms, due + 60 days, PlanState.Arrears);
        state(terms, due + 60 days + 1, PlanState.Defaulted);
        vm.assertEq(book.statusAt(terms, uint40(due + 900 days)).defaultedAt, due + 60 days + 1, "since");
        vm.assertEq(book.statusAt(terms, uint40(due - 1)).owedNow, 0, "not due");
        vm.assertEq(book.statusAt(terms, uint40(due)).owedNow, sumOf(terms, 1), "due");
    }

    function test_statusAt_stays_in_default_when_only_the_late_ones_are_cleared() external {
        Terms memory terms = secondsTerms();
        open(terms);
        vm.warp(dueOf(terms, 4) + 1); // three late, the fourth in grace
        pay(terms, sumOf(terms, 3));
        View memory plan = viewNow(terms);
        vm.assertTrue(plan.state == PlanState.Defaulted, "in default");
        vm.assertEq(plan.defaultedAt, dueOf(terms, 1) + 60 days + 1, "since");
        vm.assertEq(plan.cleared, 3, "cleared");
        vm.assertEq(plan.late, 3, "late");
    }

    function test_statusAt_owes_no_less_than_nothing_before_charges_that_are_paid() external {
        Terms memory terms = secondsTerms();
        terms.allocation = Allocation.ChargesFirst;
        open(terms);
        vm.warp(dueOf(terms, 1) + 10 days);
        pay(terms, 2_000_000);
        vm.assertEq(book.statusAt(terms, NOW).owedTotal, TOTAL, "principal only");
    }

    /// @notice Random terms, payments and times: two books, one poked at random moments, the other never, and a plain
    /// second implementation beside them. I10, and the formulas.
    function testFuzz_statusAt_agrees_with_the_reference_and_is_the_same_lazy_and_eager(uint256 seed) external {
        Terms memory terms = TermsMaker.make(secondsTerms(), seed, 18, 1500 days);
        terms.signBy = NOW;
        IRepaymentBook eager = book;
        open(terms);
        book = IRepaymentBook(vm.deployCode("RepaymentBook.sol:RepaymentBook"));
        open(terms);
        uint256[] memory dates = ScheduleReference.dates(terms);
        Reference memory ref;
        uint256 moment = NOW;
        uint256 span = (dates[dates.length - 1] + terms.graceSeconds + 60 days - NOW) / 4;
        for (uint256 i = 0; i < 8; ++i) {
            moment += TermsMaker.pick(seed, string.concat("step", vm.toString(i)), 0, span);
            vm.warp(moment);
            compare(terms, dates, ref, moment);
            if (TermsMaker.pick(seed, string.concat("poke", vm.toString(i)), 0, 1) == 0) pokeTwice(eager, terms);
            payBoth(eager, terms, dates, ref, TermsMaker.pick(seed, string.concat("pay", vm.toString(i)), 0, 5));
        }
        book.poke(terms);
        eager.poke(terms);
        vm.assertEq(
            abi.encode(book.accountOf(book.planIdOf(terms))),
            abi.encode(eager.accountOf(eager.planIdOf(terms))),
            "lazy and eager stored state"
        );
    }

    struct Reference {
        uint256 principal;
        uint256 charges;
        uint256 frozen;
        bool defaulted;
        uint256 defaultedAt;
    }

    function pokeTwice(IRepaymentBook eager, Terms memory terms) private {
        View memory before = eager.statusAt(terms, uint40(block.timestamp));
        eager.poke(terms);
        bytes32 planId = eager.planIdOf(terms);
        bytes memory once = abi.encode(eager.accountOf(planId));
        eager.poke(terms);
        vm.assertEq(abi.encode(eager.accountOf(planId)), once, "two pokes are one");
        vm.assertEq(
            abi.encode(eager.statusAt(terms, uint40(block.timestamp))), abi.encode(before), "a poke changes no view"
        );
    }

    function payBoth(
        IRepaymentBook eager,
        Terms memory terms,
        uint256[] memory dates,
        Reference memory ref,
        uint256 choice
    ) private {
        View memory plan = viewNow(terms);
        if (choice == 0 || plan.owedTotal == 0) return;
        uint128[5] memory amounts = [1, plan.owedNow, plan.owedNow / 2, plan.owedTotal / 3, plan.owedTotal];
        uint128 amount = amounts[choice - 1] == 0 ? 1 : amounts[choice - 1];
        fund(debtor, address(eager), amount);
        vm.prank(debtor);
        eager.pay(terms, amount);
        pay(terms, amount);
        settle(terms, dates, ref, amount);
        vm.assertEq(
            abi.encode(eager.statusAt(terms, uint40(block.timestamp))),
            abi.encode(viewNow(terms)),
            "lazy and eager view"
        );
    }

    /// @dev The reference's payment: the order of the book's own description, on plain numbers.
    function settle(Terms memory terms, uint256[] memory dates, Reference memory ref, uint256 amount) private view {
        noteDefault(terms, dates, ref, block.timestamp);
        uint256 owedCharges = assessed(terms, dates, ref, block.timestamp) - ref.charges;
        uint256 charges = terms.allocation == Allocation.ChargesFirst
            ? least(amount, owedCharges)
            : amount - least(amount, terms.total - ref.principal);
        uint256 before = ScheduleReference.cleared(terms, ref.principal);
        ref.principal += amount - charges;
        ref.charges += charges;
        uint256 afterwards = ScheduleReference.cleared(terms, ref.principal);
        ref.frozen += ScheduleReference.charges(terms, dates, before + 1, afterwards, block.timestamp);
        uint256 due = ScheduleReference.countUntil(dates, 0, block.timestamp);
        if (uint256(terms.total) * due / terms.installments <= ref.principal) {
            (ref.defaulted, ref.defaultedAt) = (false, 0);
        }
    }

    /// @dev Default by its meaning: the first second at which so many uncleared are late, or one is so long overdue.
    function noteDefault(Terms memory terms, uint256[] memory dates, Reference memory ref, uint256 moment)
        private
        pure
    {
        if (ref.defaulted) return;
        uint256 cleared = ScheduleReference.cleared(terms, ref.principal);
        uint256 since = type(uint256).max;
        if (terms.defaultMissed != 0 && cleared + terms.defaultMissed <= dates.length) {
            since = dates[cleared + terms.defaultMissed - 1] + terms.graceSeconds + 1;
        }
        if (terms.defaultSeconds != 0 && cleared < dates.length) {
            since = least(since, dates[cleared] + terms.defaultSeconds + 1);
        }
        if (since <= moment) (ref.defaulted, ref.defaultedAt) = (true, since);
    }

    function compare(Terms memory terms, uint256[] memory dates, Reference memory ref, uint256 moment) private view {
        noteDefault(terms, dates, ref, moment);
        View memory plan = book.statusAt(terms, uint40(moment));
        uint256 cleared = ScheduleReference.cleared(terms, ref.principal);
        uint256 due = ScheduleReference.countUntil(dates, 0, moment);
        uint256 overdue = ScheduleReference.countUntil(dates, 1, moment);
        uint256 late = ScheduleReference.countUntil(dates, uint256(terms.graceSeconds) + 1, moment);
        uint256 owedCharges = assessed(terms, dates, ref, moment) - ref.charges;
        uint256 dueSum = uint256(terms.total) * due / terms.installments;
        vm.assertEq(plan.cleared, cleared, "cleared");
        vm.assertEq(plan.due, due, "due");
        vm.assertEq(plan.overdue, overdue, "overdue");
        vm.assertEq(plan.late, late, "late");
        vm.assertEq(plan.principalPaid, ref.principal, "principal paid");
        vm.assertEq(plan.chargesPaid, ref.charges, "charges paid");
        vm.assertEq(plan.chargesAssessed, owedCharges + ref.charges, "charges assessed");
        vm.assertEq(plan.owedTotal, terms.total - ref.principal + owedCharges, "owed in total");
        vm.assertEq(plan.owedNow, (dueSum > ref.principal ? dueSum - ref.principal : 0) + owedCharges, "owed now");
        vm.assertEq(plan.withdrawable, ref.principal + ref.charges, "withdrawable");
        vm.assertEq(plan.nextDueAt, cleared < dates.length ? dates[cleared] : 0, "next due");
        vm.assertEq(plan.defaultedAt, ref.defaultedAt, "defaulted at");
        PlanState expected = PlanState.Current;
        if (plan.owedTotal == 0) expected = PlanState.Completed;
        else if (ref.defaulted) expected = PlanState.Defaulted;
        else if (late > cleared) expected = PlanState.Arrears;
        else if (overdue > cleared) expected = PlanState.InGrace;
        vm.assertEq(uint256(plan.state), uint256(expected), "state");
    }

    function assessed(Terms memory terms, uint256[] memory dates, Reference memory ref, uint256 moment)
        private
        pure
        returns (uint256)
    {
        uint256 cleared = ScheduleReference.cleared(terms, ref.principal);
        return ref.frozen + ScheduleReference.charges(terms, dates, cleared + 1, dates.length, moment);
    }

    function state(Terms memory terms, uint256 moment, PlanState expected) private view {
        vm.assertEq(uint256(book.statusAt(terms, uint40(moment)).state), uint256(expected), "state");
    }

    function least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}

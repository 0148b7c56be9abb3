// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "tallystick/settlement/types/Terms.sol";

import {PlanFixture} from "../../support/PlanFixture.sol";

/// forge-config: default.isolate = true
/// forge-config: deep.isolate = true
contract GasTest is PlanFixture {
    struct Costs {
        uint256 pay;
        uint256 poke;
        uint256 withdraw;
    }

    event Measured(string what, uint256 gas);
    event MeasuredCosts(string what, uint256 lateInstallments, uint256 pay, uint256 poke, uint256 withdraw);

    function test_pay_costs_less_than_75000_gas_from_the_second_on() external {
        Terms memory terms = secondsTerms();
        open(terms);
        emit Measured("open", used());
        token.mint(debtor, 10 * TOTAL);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(debtor);
            token.approve(address(book), i == 2 ? type(uint256).max : TOTAL / 12);
            vm.prank(debtor);
            book.pay(terms, TOTAL / 12);
            uint256 gas = used();
            emit Measured(i == 0 ? "first pay" : i == 1 ? "pay, exact approval" : "pay, unlimited approval", gas);
            if (i > 0) vm.assertLt(gas, 75_000, "pay from the second on");
        }
        token.approve(address(this), 1);
        token.mint(address(this), 2);
        token.transferFrom(address(this), debtor, 1);
        emit Measured("plain transferFrom, for comparison", used());
        vm.prank(creditor);
        book.withdraw(terms, VAULT, 1000);
        vm.prank(creditor);
        book.withdraw(terms, VAULT, 1000);
        emit Measured("withdraw", used());
        vm.assertLt(used(), 65_000, "withdraw from the second on");
    }

    function test_open_stays_below_its_ceiling() external {
        open(secondsTerms());
        vm.assertLt(used(), 115_000, "open by seconds");
        open(monthsTerms());
        vm.assertLt(used(), 118_000, "open by months");
    }

    function test_costs_do_not_grow_with_the_number_of_installments_by_seconds() external {
        compare(secondsTerms(), 200);
    }

    function test_costs_do_not_grow_with_the_number_of_installments_by_months() external {
        Terms memory terms = monthsTerms();
        terms.defaultSeconds = 62 days;
        compare(terms, 200); // DESIGN allows 3,000
    }

    function test_costs_stay_below_their_ceilings_when_600_installments_are_late() external {
        Terms memory terms = secondsTerms();
        (terms.installments, terms.interval) = (600, 9 days);
        Costs memory costs = measure(terms, dueOf(terms, 600) + GRACE + 1, "600 by seconds");
        vm.assertLt(costs.pay, 110_000, "pay");
        vm.assertLt(costs.poke, 65_000, "poke");
        terms = monthsTerms();
        terms.installments = 600;
        costs = measure(terms, terms.firstDueAt + 600 * 31 days, "600 by months");
        vm.assertLt(costs.pay, 130_000, "pay");
        vm.assertLt(costs.poke, 70_000, "poke");
    }

    /// @dev The same plan with 12 and with 360 installments, at moments with 0, 1, 2 and more late ones. The plan of 12
    /// has no thirteenth: its twelve are all late then, as are the twelve that are looked at of the 360.
    function compare(Terms memory terms, uint256 most) private {
        uint256[4] memory moments = [
            uint256(terms.firstDueAt) - 1,
            terms.firstDueAt + GRACE + 1,
            terms.firstDueAt + 50 days,
            terms.firstDueAt + 341 days
        ];
        uint256[4] memory late = [uint256(0), 1, 2, 12];
        for (uint256 i = 0; i < 4; ++i) {
            terms.installments = 12;
            Costs memory few = measure(terms, moments[i], "12");
            terms.installments = 360;
            Costs memory many = measure(terms, moments[i], "360");
            vm.assertEq(lateAt(terms, moments[i]), late[i], "late installments at this moment");
            vm.assertLe(distance(few.pay, many.pay), most, "pay");
            vm.assertLe(distance(few.poke, many.poke), most, "poke");
            vm.assertLe(distance(few.withdraw, many.withdraw), most, "withdraw");
        }
    }

    function lateAt(Terms memory terms, uint256 moment) private returns (uint256 late) {
        uint256 before = vm.snapshotState();
        open(terms);
        late = book.statusAt(terms, uint40(moment)).late;
        vm.revertToState(before);
    }

    /// @dev Second payment, first poke and second withdrawal at that moment, each as a whole transaction.
    function measure(Terms memory terms, uint256 moment, string memory what) private returns (Costs memory costs) {
        uint256 before = vm.snapshotState();
        open(terms);
        fund(debtor, address(book), 10 * TOTAL);
        vm.prank(debtor);
        book.pay(terms, 1000);
        vm.prank(creditor);
        book.withdraw(terms, VAULT, 100);
        vm.warp(moment);
        uint256 late = book.statusAt(terms, uint40(moment)).late;

        uint256 there = vm.snapshotState();
        book.poke(terms);
        costs.poke = used();
        vm.revertToState(there);
        vm.prank(debtor);
        book.pay(terms, 1000);
        costs.pay = used();
        vm.prank(creditor);
        book.withdraw(terms, VAULT, 100);
        costs.withdraw = used();
        emit MeasuredCosts(what, late, costs.pay, costs.poke, costs.withdraw);
        vm.revertToState(before);
    }

    function used() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }
}

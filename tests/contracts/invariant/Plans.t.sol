// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Account, Status, View} from "tallystick/settlement/types/Account.sol";
import {Custody, Position} from "tallystick/settlement/types/CollateralTerms.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {Store} from "./Store.sol";
import {IZooToken, Zoo} from "./Zoo.sol";
import {InvariantTest} from "./InvariantTest.sol";
import {BookHandler} from "./handlers/BookHandler.sol";

/// @notice The invariants of plans and their collateral; README.md lists them.
contract PlansInvariantTest is InvariantTest {
    Store private store;
    Zoo private zoo;
    IRepaymentBook private book;
    IRepaymentBook private eager;
    ICollateral private collateral;
    BookHandler private handler;

    function setUp() external {
        vm.warp(NOW);
        store = new Store(NOW);
        zoo = new Zoo();
        book = IRepaymentBook(vm.deployCode("RepaymentBook.sol:RepaymentBook"));
        eager = IRepaymentBook(vm.deployCode("RepaymentBook.sol:RepaymentBook"));
        collateral = ICollateral(vm.deployCode("Collateral.sol:Collateral", abi.encode(book)));
        handler = new BookHandler(store, zoo, book, eager, collateral);
        target(address(handler), handler.drain.selector);
    }

    /// @dev What is poked here is forgotten: forge keeps no change of an invariant.
    function invariant_I1_I2_I3_I5_I10_I12_plans() external {
        holds();
    }

    /// @notice The handlers reach every step, done and refused: what they check is not empty.
    function test_handlers_reach_everything() external {
        string[14] memory kinds = [
            "open",
            "openWith",
            "pay",
            "pay in default",
            "completed",
            "pay refused: token misbehaves",
            "pay refused: nothing owed",
            "withdraw",
            "withdraw refused: token misbehaves",
            "poke",
            "release",
            "startAuction",
            "buy",
            "withdrawSurplus"
        ];
        uint256[14] memory hits;
        uint256 fresh = vm.snapshotState();
        for (uint256 world = 0; world < 12; ++world) {
            for (uint256 i = 0; i < 100; ++i) {
                drive(address(handler), step(uint256(keccak256(abi.encode(world, i)))), world, i);
                if (i % 10 == 0) {
                    uint256 here = vm.snapshotState();
                    holds();
                    vm.revertToState(here);
                }
            }
            scheduleHolds();
            for (uint256 i = 0; i < kinds.length; ++i) {
                hits[i] += store.hits(kinds[i]);
            }
            vm.revertToState(fresh);
        }
        for (uint256 i = 0; i < kinds.length; ++i) {
            emit log_named_uint(kinds[i], hits[i]);
            vm.assertGt(hits[i], 0, kinds[i]);
        }
    }

    function step(uint256 seed) private view returns (bytes4) {
        bytes4[12] memory steps = [
            handler.open.selector,
            handler.pay.selector,
            handler.pass.selector,
            handler.withdraw.selector,
            handler.startAuction.selector,
            handler.buy.selector,
            handler.withdrawSurplus.selector,
            handler.release.selector,
            handler.pokeEager.selector,
            handler.pokeManyEager.selector,
            handler.donate.selector,
            handler.disturb.selector
        ];
        return steps[seed % 12];
    }

    function holds() private {
        vm.warp(store.time());
        solvency();
        noHiddenSurplus();
        conservation();
        monotoneAndAbsorbing();
        lazyIsEager();
    }

    function solvency() private view {
        address[6] memory tokens = zoo.tokens();
        for (uint256 i = 0; i < 6; ++i) {
            (uint256 credits, uint256 held) = owed(tokens[i]);
            vm.assertGe(IZooToken(tokens[i]).balanceOf(address(book)), credits, "I1: the book");
            vm.assertGe(IZooToken(tokens[i]).balanceOf(address(collateral)), held, "I1: the collateral");
        }
    }

    function conservation() private view {
        BookHandler.Plan[] memory plans = handler.plans();
        for (uint256 i = 0; i < plans.length; ++i) {
            bytes32 id = plans[i].id;
            Account memory account = book.accountOf(id);
            vm.assertEq(uint256(account.principalPaid) + account.chargesPaid, store.paid(id), "I3: payments");
            vm.assertEq(account.withdrawn, store.withdrawn(id), "I3: withdrawals");
            vm.assertLe(account.principalPaid, plans[i].terms.total, "I3: principal within the total");
            if (!plans[i].secured) continue;
            Position memory position = collateral.positionOf(id);
            vm.assertEq(position.released, store.released(id), "I3: released");
            vm.assertEq(position.soldQuantity, store.sold(id), "I3: sold");
            vm.assertLe(
                uint256(position.released) + position.soldQuantity, plans[i].ct.amount, "I3: never more than was held"
            );
        }
    }

    function scheduleHolds() private view {
        BookHandler.Plan[] memory plans = handler.plans();
        for (uint256 i = 0; i < plans.length; ++i) {
            Terms memory terms = plans[i].terms;
            uint256 least = terms.total / terms.installments;
            uint256 sum;
            for (uint256 k = 1; k <= terms.installments; ++k) {
                uint256 next = book.cumulative(terms, k);
                vm.assertTrue(next - sum == least || next - sum == least + 1, "I4: even installments");
                if (k > 1) vm.assertGt(book.dueAt(terms, k), book.dueAt(terms, k - 1), "I4: later and later");
                sum = next;
            }
            vm.assertEq(sum, terms.total, "I4: exact");
        }
    }

    function monotoneAndAbsorbing() private view {
        BookHandler.Plan[] memory plans = handler.plans();
        for (uint256 i = 0; i < plans.length; ++i) {
            bytes32 id = plans[i].id;
            (Account memory before, Position memory was) = handler.before(id);
            Account memory account = book.accountOf(id);
            vm.assertGe(account.principalPaid, before.principalPaid, "I5: principal");
            vm.assertGe(account.chargesPaid, before.chargesPaid, "I5: charges");
            vm.assertGe(account.chargesFrozen, before.chargesFrozen, "I5: frozen charges");
            vm.assertGe(account.withdrawn, before.withdrawn, "I5: withdrawn");
            vm.assertGe(account.noted, before.noted, "I5: noted");
            vm.assertTrue(account.status != Status.None, "I12: a plan stays a plan");
            if (before.status == Status.Completed) {
                vm.assertTrue(account.status == Status.Completed, "I12: Completed absorbs");
            }
            Position memory position = collateral.positionOf(id);
            vm.assertGe(position.released, was.released, "I5: released");
            if (was.custody == Custody.Sold) {
                vm.assertTrue(position.custody == Custody.Sold, "I12: Sold absorbs");
                vm.assertEq(position.soldQuantity, was.soldQuantity, "I12: sold once");
                vm.assertLe(position.surplus, was.surplus, "I12: no new surplus");
            }
        }
    }

    function lazyIsEager() private {
        BookHandler.Plan[] memory plans = handler.plans();
        for (uint256 i = 0; i < plans.length; ++i) {
            if (plans[i].secured) continue;
            Terms memory terms = plans[i].terms;
            vm.assertEq(
                abi.encode(book.statusAt(terms, uint40(block.timestamp))),
                abi.encode(eager.statusAt(terms, uint40(block.timestamp))),
                "I10: views"
            );
            View memory derived = book.statusAt(terms, uint40(block.timestamp));
            book.poke(terms);
            eager.poke(terms);
            Account memory account = book.accountOf(plans[i].id);
            vm.assertEq(
                abi.encode(account),
                abi.encode(eager.accountOf(eager.planIdOf(terms))),
                "I10: stored state after a poke"
            );
            vm.assertEq(account.defaultedAt, derived.defaultedAt, "I10: the derived default is the stored one");
            vm.assertEq(
                abi.encode(book.statusAt(terms, uint40(block.timestamp))),
                abi.encode(derived),
                "I10: a poke changes no view"
            );
        }
    }

    /// @notice I4 and I13, at the end of every run.
    function afterInvariant() external {
        vm.warp(store.time());
        scheduleHolds();
        handler.drain();
        noHiddenSurplus();
        address[6] memory tokens = zoo.tokens();
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertEq(
                IZooToken(tokens[i]).balanceOf(address(book)), store.donated(address(book), tokens[i]), "I13: the book"
            );
            vm.assertEq(
                IZooToken(tokens[i]).balanceOf(address(collateral)),
                store.donated(address(collateral), tokens[i]),
                "I13: the collateral"
            );
        }
    }

    function noHiddenSurplus() private view {
        address[6] memory tokens = zoo.tokens();
        for (uint256 i = 0; i < 6; ++i) {
            (uint256 credits, uint256 held) = owed(tokens[i]);
            vm.assertEq(
                IZooToken(tokens[i]).balanceOf(address(book)),
                credits + store.donated(address(book), tokens[i]),
                "I2: the book"
            );
            vm.assertEq(
                IZooToken(tokens[i]).balanceOf(address(collateral)),
                held + store.donated(address(collateral), tokens[i]),
                "I2: the collateral"
            );
        }
    }

    /// @dev What book and collateral owe of a token: from their own public views.
    function owed(address token) private view returns (uint256 credits, uint256 held) {
        BookHandler.Plan[] memory plans = handler.plans();
        for (uint256 i = 0; i < plans.length; ++i) {
            if (plans[i].terms.token == token) {
                credits += book.statusAt(plans[i].terms, uint40(block.timestamp)).withdrawable;
                held += collateral.positionOf(plans[i].id).surplus;
            }
            if (plans[i].secured && plans[i].ct.token == token) {
                Position memory position = collateral.positionOf(plans[i].id);
                held += plans[i].ct.amount - position.released - position.soldQuantity;
            }
        }
    }
}

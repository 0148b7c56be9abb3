// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {Account, PlanState, View} from "tallystick/settlement/types/Account.sol";
import {CollateralTerms, Custody, Position} from "tallystick/settlement/types/CollateralTerms.sol";
import {Terms} from "tallystick/settlement/types/Terms.sol";

import {TermsMaker} from "../../support/TermsMaker.sol";
import {Store} from "../Store.sol";
import {Zoo} from "../Zoo.sol";
import {Handler} from "./Handler.sol";

/// @notice Debtors, creditors, strangers, buyers and keepers of up to six plans, some of them secured. Plans without
/// collateral live in a second book too, where everything happens the same except that it alone is poked at random.
contract BookHandler is Handler {
    struct Plan {
        Terms terms;
        CollateralTerms ct;
        bytes32 id;
        bool secured;
    }

    uint256 private constant MOST_PLANS = 6;
    uint256 private constant DEBTOR_KEY = 0xD1;
    uint256 private constant CREDITOR_KEY = 0xC1;
    address private constant STRANGER = address(0x57);
    address private constant BUYER = address(0xB1);
    uint128 private constant ALL = type(uint128).max;

    IRepaymentBook public immutable book;
    IRepaymentBook public immutable eager;
    ICollateral public immutable collateral;
    address private immutable debtor = vm.addr(DEBTOR_KEY);
    address private immutable creditor = vm.addr(CREDITOR_KEY);
    address private immutable wallet = vm.deployCode("DemoWallet.sol:DemoWallet", abi.encode(vm.addr(DEBTOR_KEY)));

    Plan[] private _plans;
    mapping(bytes32 planId => Account) private _accountBefore;
    mapping(bytes32 planId => Position) private _positionBefore;

    constructor(Store store_, Zoo zoo_, IRepaymentBook book_, IRepaymentBook eager_, ICollateral collateral_)
        Handler(store_, zoo_)
    {
        (book, eager, collateral) = (book_, eager_, collateral_);
    }

    function plans() external view returns (Plan[] memory) {
        return _plans;
    }

    /// @notice What was stored of a plan before the last call; all zero if it did not exist then.
    function before(bytes32 planId) external view returns (Account memory account, Position memory position) {
        return (_accountBefore[planId], _positionBefore[planId]);
    }

    function open(uint256 seed) external timed {
        if (_plans.length == MOST_PLANS) return;
        Terms memory terms = TermsMaker.make(base(seed), seed, 14, 20 days);
        terms.salt = keccak256(abi.encode(seed, _plans.length)); // the fuzzer likes to repeat itself
        Plan memory plan;
        plan.secured = TermsMaker.pick(seed, "secured", 0, 1) == 0 && (terms.defaultSeconds != 0);
        if (plan.secured) {
            plan.ct = collateralTerms(terms, seed);
            if (denied(plan.ct.token, terms.debtor)) return;
            terms.collateral = address(collateral);
            terms.collateralTerms = hashOf(plan.ct);
        }
        (plan.terms, plan.id) = (terms, book.planIdOf(terms));
        _plans.push(plan);
        if (plan.secured) {
            zoo.give(plan.ct.token, terms.debtor, address(collateral), plan.ct.amount);
            bytes memory data = abi.encodeCall(
                ICollateral.openWith, (terms, plan.ct, sign(DEBTOR_KEY, plan.id), sign(CREDITOR_KEY, plan.id))
            );
            must("openWith", STRANGER, address(collateral), data);
        } else {
            openIn(book, terms);
            openIn(eager, terms);
        }
    }

    /// @notice I7 and I8: it must succeed and take exactly min(amount, owed); with a misbehaving token it must change
    /// nothing.
    function pay(uint256 which, uint256 amount, uint256 who) external timed {
        if (_plans.length == 0) return;
        Plan memory plan = _plans[which % _plans.length];
        View memory standing = viewOf(plan);
        uint128 sum = amountOf(standing, amount);
        address payer = who % 3 == 0 ? STRANGER : who % 3 == 1 ? plan.terms.debtor : BUYER;
        bytes memory data = abi.encodeCall(IRepaymentBook.pay, (plan.terms, sum));
        zoo.give(plan.terms.token, payer, address(book), sum == ALL ? 2 ** 113 : sum);
        if (standing.owedTotal == 0) {
            mustFail("pay refused: nothing owed", payer, address(book), data);
            return;
        }
        if (zoo.misbehavesIn(plan.terms.token) || denied(plan.terms.token, payer)) {
            bytes memory untouched = abi.encode(book.accountOf(plan.id));
            mustFail("pay refused: token misbehaves", payer, address(book), data);
            require(
                keccak256(abi.encode(book.accountOf(plan.id))) == keccak256(untouched), "a failed pay changed something"
            );
            return;
        }
        uint128 taken = abi.decode(must("pay", payer, address(book), data), (uint128));
        require(taken == (sum < standing.owedTotal ? sum : standing.owedTotal), "I8: took another sum");
        store.pay(plan.id, taken);
        if (standing.state == PlanState.Defaulted) store.hit("pay in default");
        if (taken == standing.owedTotal) store.hit("completed");
        if (!plan.secured) {
            zoo.give(plan.terms.token, payer, address(eager), sum == ALL ? 2 ** 113 : sum);
            must("pay, eager book", payer, address(eager), data);
        }
    }

    function withdraw(uint256 which, uint256 amount) external timed {
        if (_plans.length == 0) return;
        Plan memory plan = _plans[which % _plans.length];
        uint128 most = viewOf(plan).withdrawable;
        if (most == 0) return;
        uint128 sum = amount % 3 == 0 ? ALL : uint128(bound(amount, 1, most));
        bytes memory data = abi.encodeCall(IRepaymentBook.withdraw, (plan.terms, VAULT, sum));
        if (zoo.misbehavesOut(plan.terms.token)) {
            mustFail("withdraw refused: token misbehaves", creditor, address(book), data);
            return;
        }
        store.withdraw(plan.id, abi.decode(must("withdraw", creditor, address(book), data), (uint128)));
        if (!plan.secured) must("withdraw, eager book", creditor, address(eager), data);
    }

    /// @notice Pokes on the eager book only: the lazy one is written by payments alone.
    function pokeEager(uint256 which) external timed {
        if (_plans.length == 0) return;
        Plan memory plan = _plans[which % _plans.length];
        if (!plan.secured) must("poke", STRANGER, address(eager), abi.encodeCall(IRepaymentBook.poke, (plan.terms)));
    }

    function pokeManyEager() external timed {
        Terms[] memory list = new Terms[](_plans.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _plans[i].terms; // the secured ones are unknown there and must be skipped
        }
        must("pokeMany", STRANGER, address(eager), abi.encodeCall(IRepaymentBook.pokeMany, (list)));
    }

    function release(uint256 which, uint256 amount) external timed {
        (Plan memory plan, bool found) = securedPlan(which);
        if (!found) return;
        uint128 free = collateral.releasable(plan.terms, plan.ct);
        if (free == 0) return;
        uint128 sum = amount % 3 == 0 ? ALL : uint128(bound(amount, 1, free));
        bytes memory data = abi.encodeCall(ICollateral.release, (plan.terms, plan.ct, VAULT, sum));
        store.release(plan.id, abi.decode(must("release", plan.terms.debtor, address(collateral), data), (uint128)));
    }

    function startAuction(uint256 which) external timed {
        (Plan memory plan, bool found) = securedPlan(which);
        if (!found) return;
        bytes memory data = abi.encodeCall(ICollateral.startAuction, (plan.terms, plan.ct));
        Position memory position = collateral.positionOf(plan.id);
        bool running = position.startedAt != 0 && block.timestamp < position.startedAt + plan.ct.auctionSeconds;
        bool possible = viewOf(plan).state == PlanState.Defaulted && position.custody == Custody.Held && !running
            && collateral.lotOf(plan.terms, plan.ct) != 0;
        if (possible) must("startAuction", STRANGER, address(collateral), data);
        else mustFail("startAuction refused", STRANGER, address(collateral), data);
    }

    function buy(uint256 which) external timed {
        (Plan memory plan, bool found) = securedPlan(which);
        if (!found) return;
        bytes memory data = abi.encodeCall(ICollateral.buy, (plan.terms, plan.ct, ALL, 1, VAULT));
        Position memory position = collateral.positionOf(plan.id);
        bool running = position.startedAt != 0 && block.timestamp < position.startedAt + plan.ct.auctionSeconds;
        View memory standing = viewOf(plan);
        zoo.give(plan.terms.token, BUYER, address(collateral), 2 ** 127);
        bool possible = standing.state == PlanState.Defaulted && position.custody == Custody.Held && running
            && collateral.lotOf(plan.terms, plan.ct) != 0 && !zoo.misbehavesIn(plan.terms.token)
            && !denied(plan.terms.token, BUYER);
        if (!possible) {
            mustFail("buy refused", BUYER, address(collateral), data);
            return;
        }
        (uint128 price, uint128 quantity) =
            abi.decode(must("buy", BUYER, address(collateral), data), (uint128, uint128));
        store.sell(plan.id, quantity);
        store.pay(plan.id, price < standing.owedTotal ? price : standing.owedTotal);
    }

    function withdrawSurplus(uint256 which) external timed {
        (Plan memory plan, bool found) = securedPlan(which);
        if (!found || collateral.positionOf(plan.id).surplus == 0 || zoo.misbehavesOut(plan.terms.token)) return;
        bytes memory data = abi.encodeCall(ICollateral.withdrawSurplus, (plan.terms, VAULT));
        must("withdrawSurplus", plan.terms.debtor, address(collateral), data);
    }

    /// @notice Move the clock: by days, or to a second around a due date, a grace's end, a default or an auction's end.
    function pass(uint256 seed) external timed {
        uint256 to = block.timestamp + bound(seed >> 16, 1, 45 days);
        if (_plans.length != 0 && seed % 2 == 0) {
            Plan memory plan = _plans[(seed >> 8) % _plans.length];
            uint256 due = viewOf(plan).nextDueAt;
            uint256[4] memory edges = [
                due,
                due + plan.terms.graceSeconds,
                due + plan.terms.defaultSeconds,
                collateral.positionOf(plan.id).startedAt + uint256(plan.ct.auctionSeconds)
            ];
            uint256 edge = edges[(seed >> 4) % 4] + (seed >> 12) % 3;
            if (edge > block.timestamp + 1 && edge < block.timestamp + 400 days) to = edge - 1;
        }
        store.setTime(to);
    }

    function donate(uint256 seed, uint256 amount) external timed {
        address token = zoo.pick(seed);
        address holder = (seed >> 8) % 2 == 0 ? address(book) : address(collateral);
        amount = bound(amount, 1, 1e12);
        zoo.give(token, holder, STRANGER, amount);
        store.donate(holder, token, amount);
    }

    /// @notice Switch a token's misbehaviour, deny a party, or arm the re-entering token with a call of this world.
    function disturb(uint256 seed) external timed {
        address[3] memory victims = [creditor, STRANGER, debtor];
        bytes memory call;
        address target = address(book);
        if (_plans.length != 0) {
            Plan memory plan = _plans[(seed >> 16) % _plans.length];
            uint256 kind = (seed >> 24) % 4;
            if (kind == 0) {
                call = abi.encodeCall(IRepaymentBook.pay, (plan.terms, 1));
            } else if (kind == 1) {
                call = abi.encodeCall(IRepaymentBook.withdraw, (plan.terms, VAULT, 1));
            } else if (kind == 2) {
                call = abi.encodeCall(IRepaymentBook.poke, (plan.terms));
            } else {
                (target, call) =
                (address(collateral), abi.encodeCall(ICollateral.buy, (plan.terms, plan.ct, ALL, 0, VAULT)));
            }
        }
        zoo.disturb(seed, victims[(seed >> 32) % 3], target, call);
        if (seed % 4 == 0) zoo.calm();
    }

    /// @notice I13: the creditor and the debtor alone draw out all that is theirs.
    function drain() external timed {
        zoo.calm();
        for (uint256 i = 0; i < _plans.length; ++i) {
            Plan memory plan = _plans[i];
            if (viewOf(plan).withdrawable != 0) {
                must(
                    "drain", creditor, address(book), abi.encodeCall(IRepaymentBook.withdraw, (plan.terms, VAULT, ALL))
                );
            }
            if (!plan.secured) continue;
            // The debtor pays what remains and has its collateral back.
            uint128 owed = viewOf(plan).owedTotal;
            if (owed != 0) {
                zoo.give(plan.terms.token, VAULT, address(book), owed);
                must("drain", VAULT, address(book), abi.encodeCall(IRepaymentBook.pay, (plan.terms, owed)));
                must(
                    "drain", creditor, address(book), abi.encodeCall(IRepaymentBook.withdraw, (plan.terms, VAULT, ALL))
                );
            }
            if (collateral.releasable(plan.terms, plan.ct) != 0) {
                bytes memory data = abi.encodeCall(ICollateral.release, (plan.terms, plan.ct, VAULT, ALL));
                must("drain", plan.terms.debtor, address(collateral), data);
            }
            if (collateral.positionOf(plan.id).surplus != 0) {
                bytes memory data = abi.encodeCall(ICollateral.withdrawSurplus, (plan.terms, VAULT));
                must("drain", plan.terms.debtor, address(collateral), data);
            }
        }
    }

    function remember() internal override {
        for (uint256 i = 0; i < _plans.length; ++i) {
            bytes32 id = _plans[i].id;
            _accountBefore[id] = book.accountOf(id);
            _positionBefore[id] = collateral.positionOf(id);
        }
    }

    function openIn(IRepaymentBook where, Terms memory terms) private {
        bytes32 id = where.planIdOf(terms);
        bytes memory data = abi.encodeCall(IRepaymentBook.open, (terms, sign(DEBTOR_KEY, id), sign(CREDITOR_KEY, id)));
        must("open", STRANGER, address(where), data);
    }

    /// @dev Half the debtors are wallets with code.
    function base(uint256 seed) private view returns (Terms memory terms) {
        terms.debtor = TermsMaker.pick(seed, "wallet", 0, 1) == 0 ? wallet : debtor;
        terms.creditor = creditor;
        terms.token = zoo.pick(TermsMaker.pick(seed, "token", 0, 5));
        terms.firstDueAt = uint40(block.timestamp);
        terms.signBy = uint40(block.timestamp);
    }

    function collateralTerms(Terms memory terms, uint256 seed) private view returns (CollateralTerms memory ct) {
        ct.token = zoo.pickSteady(TermsMaker.pick(seed, "gold", 0, 2));
        ct.amount = uint128(TermsMaker.pick(seed, "amount", 1, 10 ** TermsMaker.pick(seed, "size", 0, 24)));
        ct.startBps = uint32(TermsMaker.pick(seed, "start", 10_000, 40_000));
        ct.reserve = uint128(TermsMaker.pick(seed, "reserve", 1, uint256(terms.total) * 2));
        ct.auctionSeconds = uint32(TermsMaker.pick(seed, "auction", 60, 90 days));
    }

    function hashOf(CollateralTerms memory ct) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "CollateralTerms(address token,uint128 amount,uint32 startBps,uint128 reserve,uint32 auctionSeconds)"
                ),
                ct
            )
        );
    }

    /// @dev Mostly small sums, so that plans live long enough to be missed.
    function amountOf(View memory standing, uint256 seed) private pure returns (uint128) {
        uint256 kind = seed % 16;
        if (kind == 0) return ALL;
        if (kind == 1 && standing.owedTotal != 0) return standing.owedTotal;
        if (kind == 2) return 1;
        if (kind < 6 && standing.owedNow != 0) return standing.owedNow;
        return uint128(bound(seed >> 8, 1, uint256(standing.owedTotal) / 12 + 1));
    }

    function denied(address token, address account) private view returns (bool) {
        return token == address(zoo.denylist()) && zoo.denylist().denied(account);
    }

    function securedPlan(uint256 which) private view returns (Plan memory plan, bool found) {
        for (uint256 i = 0; i < _plans.length && !found; ++i) {
            plan = _plans[(which % _plans.length + i) % _plans.length];
            found = plan.secured;
        }
    }

    function viewOf(Plan memory plan) private view returns (View memory) {
        return book.statusAt(plan.terms, uint40(block.timestamp));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ICollateral} from "tallystick/settlement/interfaces/ICollateral.sol";
import {IRepaymentBook} from "tallystick/settlement/interfaces/IRepaymentBook.sol";
import {CollateralTerms} from "tallystick/settlement/types/CollateralTerms.sol";
import {View} from "tallystick/settlement/types/Account.sol";
import {Allocation, Calendar, Terms} from "tallystick/settlement/types/Terms.sol";

import {Test} from "./Test.sol";

interface IMintable is IERC20 {
    function mint(address to, uint256 amount) external;
}

/// @notice A book, its collateral module, two tokens, two parties with keys, and terms to start from.
abstract contract PlanFixture is Test {
    uint256 internal constant DEBTOR_KEY = 0xD1;
    uint256 internal constant CREDITOR_KEY = 0xC1;
    uint128 internal constant ALL = type(uint128).max;
    uint128 internal constant TOTAL = 1_200_000_007; // does not divide by 12
    uint40 internal constant FIRST_DUE = NOW + 30 days;
    uint32 internal constant INTERVAL = 30 days;
    uint32 internal constant GRACE = 5 days;

    address internal immutable debtor = vm.addr(DEBTOR_KEY);
    address internal immutable creditor = vm.addr(CREDITOR_KEY);
    address internal constant STRANGER = address(0x57);
    address internal constant VAULT = address(0x7A);

    IRepaymentBook internal book;
    ICollateral internal collateral;
    IMintable internal token;
    IMintable internal pledge;

    function setUp() public virtual {
        vm.warp(NOW);
        book = IRepaymentBook(vm.deployCode("RepaymentBook.sol:RepaymentBook"));
        collateral = ICollateral(vm.deployCode("Collateral.sol:Collateral", abi.encode(book)));
        token = demoToken("Euro", "EUR", 6);
        pledge = demoToken("Gold", "XAU", 18);
    }

    function demoToken(string memory name, string memory symbol, uint8 decimals) internal returns (IMintable) {
        return IMintable(vm.deployCode("DemoToken.sol:DemoToken", abi.encode(name, symbol, decimals)));
    }

    /// @notice Twelve installments of 30 days, 5 days of grace, default after 3 missed or 60 days.
    function secondsTerms() internal view returns (Terms memory terms) {
        terms.debtor = debtor;
        terms.creditor = creditor;
        terms.token = address(token);
        terms.total = TOTAL;
        terms.calendar = Calendar.Seconds;
        terms.firstDueAt = FIRST_DUE;
        terms.interval = INTERVAL;
        terms.installments = 12;
        terms.graceSeconds = GRACE;
        terms.lateFlat = 1_000_000;
        terms.lateDaily = 100_000;
        terms.lateCap = 10_000_000; // reached after 90 days
        terms.allocation = Allocation.PrincipalFirst;
        terms.defaultMissed = 3;
        terms.defaultSeconds = 60 days;
        terms.agreement = keccak256("agreement");
        terms.jurisdiction = keccak256("jurisdiction");
        terms.salt = keccak256("salt");
        terms.signBy = NOW + 1 days;
    }

    /// @notice The same by months: due on the 31st, or the last day of shorter months, at 18:00 in UTC+8.
    function monthsTerms() internal view returns (Terms memory terms) {
        terms = secondsTerms();
        terms.calendar = Calendar.Months;
        terms.firstDueAt = 1_801_389_600; // 31 January 2027, 10:00:00 UTC
        terms.interval = 1;
        terms.anchorDay = 31;
        terms.utcOffset = 8 hours;
    }

    /// @notice Ten units of gold for the whole debt; auctions of one hour from 150 % of the debt.
    function goldTerms() internal view returns (CollateralTerms memory) {
        return CollateralTerms({
            token: address(pledge), amount: 10e18, startBps: 15_000, reserve: 600_000_000, auctionSeconds: 1 hours
        });
    }

    function secured(Terms memory terms, CollateralTerms memory ct) internal view returns (Terms memory) {
        terms.collateral = address(collateral);
        terms.collateralTerms = hashOf(ct);
        return terms;
    }

    function hashOf(CollateralTerms memory ct) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "CollateralTerms(address token,uint128 amount,uint32 startBps,uint128 reserve,uint32 auctionSeconds)"
                ),
                ct
            )
        );
    }

    function open(Terms memory terms) internal returns (bytes32 planId) {
        planId = book.planIdOf(terms);
        book.open(terms, sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
    }

    function openSecured(Terms memory terms, CollateralTerms memory ct) internal returns (bytes32 planId) {
        planId = book.planIdOf(terms);
        IMintable(ct.token).mint(terms.debtor, ct.amount);
        vm.prank(terms.debtor);
        IERC20(ct.token).approve(address(collateral), ct.amount);
        collateral.openWith(terms, ct, sign(DEBTOR_KEY, planId), sign(CREDITOR_KEY, planId));
    }

    function fund(address payer, address spender, uint256 amount) internal {
        token.mint(payer, amount);
        vm.prank(payer);
        token.approve(spender, type(uint256).max);
    }

    function pay(Terms memory terms, uint128 amount) internal returns (uint128 taken) {
        return payAs(terms.debtor, terms, amount);
    }

    function payAs(address payer, Terms memory terms, uint128 amount) internal returns (uint128 taken) {
        fund(payer, address(book), amount == ALL ? 2 ** 112 : amount);
        vm.prank(payer);
        return book.pay(terms, amount);
    }

    function viewNow(Terms memory terms) internal view returns (View memory) {
        return book.statusAt(terms, uint40(block.timestamp));
    }

    /// @notice Sum due with the first `k` installments.
    function sumOf(Terms memory terms, uint256 k) internal pure returns (uint128) {
        return uint128(uint256(terms.total) * k / terms.installments);
    }

    /// @notice Due date of installment `k` by seconds.
    function dueOf(Terms memory terms, uint256 k) internal pure returns (uint256) {
        return terms.firstDueAt + (k - 1) * terms.interval;
    }
}

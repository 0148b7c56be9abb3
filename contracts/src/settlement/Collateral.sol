// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICollateral} from "./interfaces/ICollateral.sol";
import {IRepaymentBook} from "./interfaces/IRepaymentBook.sol";
import {Auction} from "./libraries/Auction.sol";
import {CollateralTermsLib} from "./libraries/CollateralTermsLib.sol";
import {Errors} from "./libraries/Errors.sol";
import {ExactTransfer} from "./libraries/ExactTransfer.sol";
import {PlanState, View} from "./types/Account.sol";
import {CollateralTerms, Custody, Position} from "./types/CollateralTerms.sol";
import {Terms} from "./types/Terms.sol";

/// @title Collateral
/// @notice See ICollateral.
/// @dev Narrowing casts: quantities are at most CollateralTerms.amount; prices at most the larger of the reserve and a
/// hundred times a debt below 2^113.
contract Collateral is ICollateral, ReentrancyGuardTransient {
    using CollateralTermsLib for CollateralTerms;
    using SafeERC20 for IERC20;

    /// @dev The amount that means: all that can be released.
    uint128 private constant ALL = type(uint128).max;
    uint40 private constant NEVER_STARTED = 0;

    /// @inheritdoc ICollateral
    IRepaymentBook public immutable book;

    mapping(bytes32 planId => Position) private _positions;

    constructor(IRepaymentBook book_) {
        if (address(book_).code.length == 0) revert Errors.Collateral_BookWithoutCode(address(book_));
        book = book_;
    }

    /// @inheritdoc ICollateral
    function openWith(
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        bytes calldata debtorSig,
        bytes calldata creditorSig
    ) external nonReentrant returns (bytes32 planId) {
        if (terms.collateral != address(this)) {
            revert Errors.Collateral_NotThisModule(terms.collateral);
        }
        collateralTerms.check(terms.collateralTerms);
        collateralTerms.validate();

        planId = book.planIdOf(terms);
        _positions[planId].custody = Custody.Held;
        emit CollateralHeld(planId, terms.debtor, collateralTerms.token, collateralTerms.amount);

        // Custody before debt. The book refuses a second opening and a false signature, and with that all of this.
        ExactTransfer.receiveExactly(collateralTerms.token, terms.debtor, collateralTerms.amount);
        book.open(terms, debtorSig, creditorSig);
    }

    /// @inheritdoc ICollateral
    function release(Terms calldata terms, CollateralTerms calldata collateralTerms, address to, uint128 amount)
        external
        nonReentrant
        returns (uint128 sent)
    {
        (bytes32 planId, Position storage position) = _held(terms, collateralTerms);
        _checkDebtor(planId, terms);
        uint128 free = _releasable(planId, terms, collateralTerms, position);
        if (free == 0 || amount == 0) revert Errors.Collateral_NothingToWithdraw(planId);
        sent = amount == ALL ? free : amount;
        if (sent > free) revert Errors.Collateral_ReleaseExceeds(planId, sent, free);

        uint128 released = position.released + sent;
        position.released = released;
        emit CollateralReleased(planId, to, sent, released);

        ExactTransfer.sendExactly(collateralTerms.token, to, sent);
    }

    /// @inheritdoc ICollateral
    function startAuction(Terms calldata terms, CollateralTerms calldata collateralTerms)
        external
        nonReentrant
        returns (uint128 startPrice)
    {
        (bytes32 planId, Position storage position) = _held(terms, collateralTerms);
        if (position.custody == Custody.Sold) revert Errors.Collateral_Sold(planId);
        book.poke(terms);
        View memory plan = _defaulted(planId, terms);
        if (_running(position, collateralTerms, plan.defaultedAt, block.timestamp)) {
            revert Errors.Collateral_AuctionRunning(planId, _endsAt(position, collateralTerms));
        }
        uint128 lot = _lot(planId, terms, collateralTerms, position);
        if (lot == 0) revert Errors.Collateral_NothingToSell(planId);

        uint128 floorPrice = uint128(Auction.floorUp(collateralTerms.reserve, lot, collateralTerms.amount));
        startPrice = uint128(Auction.startPriceUp(plan.owedTotal, collateralTerms.startBps, floorPrice));
        position.startedAt = uint40(block.timestamp);
        position.startPrice = startPrice;
        emit AuctionStarted(
            planId,
            startPrice,
            floorPrice,
            lot,
            uint40(block.timestamp),
            uint40(block.timestamp + collateralTerms.auctionSeconds)
        );
    }

    /// @inheritdoc ICollateral
    function buy(
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        uint128 maxPrice,
        uint128 minQuantity,
        address to
    ) external nonReentrant returns (uint128 price, uint128 quantity) {
        (bytes32 planId, Position storage position) = _held(terms, collateralTerms);
        if (position.custody == Custody.Sold) revert Errors.Collateral_Sold(planId);

        // Check: still in default, an auction of this default, and both bounds of the buyer.
        View memory plan = _defaulted(planId, terms);
        if (!_running(position, collateralTerms, plan.defaultedAt, block.timestamp)) {
            revert Errors.Collateral_NoAuction(planId, block.timestamp);
        }
        uint128 paidIn = plan.owedTotal;
        quantity = _lot(planId, terms, collateralTerms, position);
        if (quantity == 0) revert Errors.Collateral_NothingToSell(planId);
        if (quantity < minQuantity) revert Errors.Collateral_QuantityBelowMinimum(planId, quantity, minQuantity);
        price = _price(position, collateralTerms, quantity, block.timestamp);
        if (price > maxPrice) revert Errors.Collateral_PriceAboveMaximum(planId, price, maxPrice);
        if (price < paidIn) paidIn = price;

        // Effect: sold, and what exceeds the debt is the debtor's.
        position.custody = Custody.Sold;
        position.soldQuantity = quantity;
        position.surplus = price - paidIn;
        emit CollateralSold(planId, msg.sender, to, price, quantity, paidIn, price - paidIn);

        // Interactions: the price in, the debt's part on to the book, the lot out.
        ExactTransfer.receiveExactly(terms.token, msg.sender, price);
        _payIn(planId, terms, paidIn);
        ExactTransfer.sendExactly(collateralTerms.token, to, quantity);
    }

    /// @inheritdoc ICollateral
    function withdrawSurplus(Terms calldata terms, address to) external nonReentrant returns (uint128 sent) {
        bytes32 planId = book.planIdOf(terms);
        _checkDebtor(planId, terms);
        Position storage position = _positions[planId];
        sent = position.surplus;
        if (sent == 0) revert Errors.Collateral_NothingToWithdraw(planId);

        position.surplus = 0;
        emit SurplusWithdrawn(planId, to, sent);

        ExactTransfer.sendExactly(terms.token, to, sent);
    }

    /// @inheritdoc ICollateral
    function positionOf(bytes32 planId) external view returns (Position memory position) {
        return _positions[planId];
    }

    /// @inheritdoc ICollateral
    function releasable(Terms calldata terms, CollateralTerms calldata collateralTerms)
        external
        view
        returns (uint128 amount)
    {
        (bytes32 planId, Position storage position) = _held(terms, collateralTerms);
        return _releasable(planId, terms, collateralTerms, position);
    }

    /// @inheritdoc ICollateral
    function lotOf(Terms calldata terms, CollateralTerms calldata collateralTerms) external view returns (uint128 lot) {
        (bytes32 planId, Position storage position) = _held(terms, collateralTerms);
        if (position.custody == Custody.Sold) return 0;
        return _lot(planId, terms, collateralTerms, position);
    }

    /// @inheritdoc ICollateral
    function priceAt(Terms calldata terms, CollateralTerms calldata collateralTerms, uint40 moment)
        external
        view
        returns (uint128 price)
    {
        (bytes32 planId, Position storage position) = _held(terms, collateralTerms);
        if (position.custody == Custody.Sold) revert Errors.Collateral_Sold(planId);
        uint256 defaultedAt = book.statusAt(terms, moment).defaultedAt;
        if (!_running(position, collateralTerms, defaultedAt, moment)) {
            revert Errors.Collateral_NoAuction(planId, moment);
        }
        return _price(position, collateralTerms, _lot(planId, terms, collateralTerms, position), moment);
    }

    /// @dev Pay a part of the proceeds into the plan. A token that let somebody pay in between is caught here.
    function _payIn(bytes32 planId, Terms calldata terms, uint128 amount) private {
        IERC20(terms.token).forceApprove(address(book), amount);
        uint128 taken = book.pay(terms, amount);
        if (taken != amount) revert Errors.Collateral_PaymentChanged(planId, taken, amount);
    }

    /// @dev The plan's security, if something is or was held for it on these terms.
    function _held(Terms calldata terms, CollateralTerms calldata collateralTerms)
        private
        view
        returns (bytes32 planId, Position storage position)
    {
        collateralTerms.check(terms.collateralTerms);
        planId = book.planIdOf(terms);
        position = _positions[planId];
        if (position.custody == Custody.None) revert Errors.Collateral_UnknownPlan(planId);
    }

    function _checkDebtor(bytes32 planId, Terms calldata terms) private view {
        if (msg.sender != terms.debtor) revert Errors.Collateral_OnlyDebtor(planId, msg.sender, terms.debtor);
    }

    /// @dev The plan as it stands now, if it is in default.
    function _defaulted(bytes32 planId, Terms calldata terms) private view returns (View memory plan) {
        plan = book.statusAt(terms, uint40(block.timestamp));
        if (plan.state != PlanState.Defaulted) revert Errors.Collateral_NotDefaulted(planId, plan.state);
    }

    /// @dev What of the collateral is the debtor's, released or not. Before a sale it grows with the principal paid.
    function _entitledDown(
        bytes32 planId,
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        Position storage position
    ) private view returns (uint128 entitled) {
        uint128 amount = collateralTerms.amount;
        if (position.custody == Custody.Sold) return amount - position.soldQuantity;
        return uint128((uint256(amount) * book.accountOf(planId).principalPaid) / terms.total);
    }

    function _releasable(
        bytes32 planId,
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        Position storage position
    ) private view returns (uint128 amount) {
        return _entitledDown(planId, terms, collateralTerms, position) - position.released;
    }

    /// @dev What is not the debtor's yet. `released` never exceeds `entitled`, so this is amount - entitled.
    function _lot(
        bytes32 planId,
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        Position storage position
    ) private view returns (uint128 lot) {
        return collateralTerms.amount - _entitledDown(planId, terms, collateralTerms, position);
    }

    function _price(Position storage position, CollateralTerms calldata collateralTerms, uint128 lot, uint256 moment)
        private
        view
        returns (uint128 price)
    {
        uint256 floorPrice = Auction.floorUp(collateralTerms.reserve, lot, collateralTerms.amount);
        uint256 elapsed = moment - position.startedAt;
        return uint128(Auction.priceUp(position.startPrice, floorPrice, elapsed, collateralTerms.auctionSeconds));
    }

    /// @dev An auction belongs to the default that it was started in: a cure ends it, because a later default begins
    /// after the cure (something not due then was missed), so after the auction's start.
    /// @param defaultedAt  first second of the plan's default at the moment; 0 while it is in none
    function _running(
        Position storage position,
        CollateralTerms calldata collateralTerms,
        uint256 defaultedAt,
        uint256 moment
    ) private view returns (bool running) {
        uint40 startedAt = position.startedAt;
        return startedAt != NEVER_STARTED && defaultedAt != 0 && startedAt >= defaultedAt && startedAt <= moment
            && moment < _endsAt(position, collateralTerms);
    }

    function _endsAt(Position storage position, CollateralTerms calldata collateralTerms)
        private
        view
        returns (uint256 endsAt)
    {
        return uint256(position.startedAt) + collateralTerms.auctionSeconds;
    }
}

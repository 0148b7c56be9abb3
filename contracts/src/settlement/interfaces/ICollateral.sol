// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CollateralTerms, Position} from "../types/CollateralTerms.sol";
import {Terms} from "../types/Terms.sol";
import {IRepaymentBook} from "./IRepaymentBook.sol";

/// @title ICollateral
/// @notice Security for plans of one RepaymentBook, in ERC-20 tokens: held, given back in proportion to the principal
/// paid, and in default sold once by Dutch auction. No owner, no admin, no fee, no pause, no upgrade.
///
///     None --openWith--> Held --buy, once--> Sold, which is final
///
/// - Entitled: of the collateral `amount`, the debtor can have back floor(amount * principalPaid / total); after a sale
///   all that was not sold. Paying the whole principal frees all of it.
/// - Lot: what an auction sells is the rest at the moment of buying: amount - max(entitled, released).
/// - Price: a straight line from the start price down to the floor, reserve * lot / amount, rounded up. The lot can be
///   bought while startedAt <= t < startedAt + auctionSeconds; the last second costs the floor. Without a buyer anybody
///   may start an auction again, from the debt at that time. An auction belongs to the default that it was started
///   in: a cure ends it, and a later default needs a new one.
/// - Proceeds go into the plan as a payment; what exceeds the debt is the debtor's.
///
/// The book is trusted (its address is fixed and its source checkable); tokens and buyers are not.
///
/// Units: collateral in `CollateralTerms.token`'s smallest unit, prices and debt in `Terms.token`'s, times in Unix
/// seconds, UTC; 10,000 basis points are the whole debt.
///
/// Assumptions, and what breaks if they fail:
/// - Both tokens are plain ERC-20; a transfer that moves another sum than stated reverts. A token that later shrinks
///   balances by itself leaves less than its plans are owed.
/// - Both tokens let this contract hold and send; if the collateral's token stops doing so, it can be neither released
///   nor sold. Denylisted debtors and buyers name another address.
/// - The chain lets buyers in while the auction runs; it does not know of outages. The reserve bounds the harm.
interface ICollateral {
    /// @notice `amount` of `token` was taken into custody from the debtor, and the plan was opened.
    event CollateralHeld(bytes32 indexed planId, address indexed debtor, address indexed token, uint128 amount);

    /// @notice `amount` went back to the debtor's address of choice; in all it is now `released`.
    event CollateralReleased(bytes32 indexed planId, address indexed to, uint128 amount, uint128 released);

    /// @notice An auction of `lot` runs from `startPrice` down to `floorPrice`, from now until before `endsAt`.
    event AuctionStarted(
        bytes32 indexed planId, uint128 startPrice, uint128 floorPrice, uint128 lot, uint40 startedAt, uint40 endsAt
    );

    /// @notice `buyer` paid `price` for `quantity`; `paidIn` went into the plan, `surplus` is the debtor's credit.
    event CollateralSold(
        bytes32 indexed planId,
        address indexed buyer,
        address indexed to,
        uint128 price,
        uint128 quantity,
        uint128 paidIn,
        uint128 surplus
    );

    /// @notice The debtor's credit left this contract.
    event SurplusWithdrawn(bytes32 indexed planId, address indexed to, uint128 amount);

    /// @notice Take the collateral from the debtor and open the plan. Anybody may relay.
    /// Requirements: `terms` name this contract and commit to `collateralTerms`, which CollateralTermsLib accepts;
    /// the debtor has the collateral and has approved this contract for it; all that the book's `open` requires.
    /// Emits CollateralHeld, and the book PlanOpened.
    function openWith(
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        bytes calldata debtorSig,
        bytes calldata creditorSig
    ) external returns (bytes32 planId);

    /// @notice Send freed collateral to `to`. Works in every state of the plan.
    /// Requirements: called by the debtor; `amount` is not zero and at most what is releasable, or the largest uint128,
    /// which means all of it; `to` is neither zero nor this contract. Emits CollateralReleased.
    /// @return sent what was sent
    function release(Terms calldata terms, CollateralTerms calldata collateralTerms, address to, uint128 amount)
        external
        returns (uint128 sent);

    /// @notice Start an auction: anybody. The book is poked first, so that the default is on record.
    /// Requirements: the plan is in default now; not sold before; no auction is running; something is left to sell.
    /// Emits AuctionStarted. The start price is owedTotal * startBps / 10,000, rounded up, but at least the floor.
    /// @return startPrice price of the first second
    function startAuction(Terms calldata terms, CollateralTerms calldata collateralTerms)
        external
        returns (uint128 startPrice);

    /// @notice Buy the lot at the present price: anybody.
    /// Requirements: an auction is running; the plan is in default now; the price is at most `maxPrice`; the lot is at
    /// least `minQuantity` (it shrinks when somebody pays in between: without this bound a payment just ahead of the
    /// buyer would sell almost nothing at the full price); the caller has approved this contract for the price; `to` is
    /// neither zero nor this contract. Emits CollateralSold, and the book what a payment emits.
    /// @return price    what the caller paid
    /// @return quantity what `to` received
    function buy(
        Terms calldata terms,
        CollateralTerms calldata collateralTerms,
        uint128 maxPrice,
        uint128 minQuantity,
        address to
    ) external returns (uint128 price, uint128 quantity);

    /// @notice Send the whole credit from a sale's surplus to `to`.
    /// Requirements: called by the debtor; there is a credit; `to` is neither zero nor this contract.
    /// Emits SurplusWithdrawn.
    /// @return sent what was sent
    function withdrawSurplus(Terms calldata terms, address to) external returns (uint128 sent);

    /// @notice The book whose plans are secured here.
    function book() external view returns (IRepaymentBook);

    /// @notice What is stored of a plan's security; all zero if there is none.
    function positionOf(bytes32 planId) external view returns (Position memory position);

    /// @notice What the debtor can have released now.
    function releasable(Terms calldata terms, CollateralTerms calldata collateralTerms)
        external
        view
        returns (uint128 amount);

    /// @notice What an auction would sell now; 0 after the sale.
    function lotOf(Terms calldata terms, CollateralTerms calldata collateralTerms) external view returns (uint128 lot);

    /// @notice Price of the present lot at a moment of the last auction; reverts outside its window and after the sale.
    function priceAt(Terms calldata terms, CollateralTerms calldata collateralTerms, uint40 moment)
        external
        view
        returns (uint128 price);
}

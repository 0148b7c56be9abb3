"""What becomes of the collateral: released in proportion to what is paid, sold by a falling price after default.

    entitled   = floor(amount * principal_paid / total), all of it once the plan is completed
    lot        = amount - max(entitled, released)                                        what an auction sells
    floor      = ceil(reserve * lot / amount)                                            least price of the lot
    start      = max(ceil(debt * start_bps / 10000), floor)
    price(t)   = floor + ceil((start - floor) * (seconds - 1 - elapsed) / (seconds - 1))

Buyable at started_at <= t < started_at + auction_seconds, in the default that it was started in; the last of these
seconds is at the floor.  Prices round up, what the debtor gets back rounds down to the unit: the remainder follows with
the last payment.
"""

from __future__ import annotations

from settlement.errors import AuctionNotRunning
from settlement.plan import Account, Status
from settlement.terms import CollateralTerms, Terms

BPS = 10_000


def entitled(terms: Terms, collateral: CollateralTerms, account: Account) -> int:
    """Return how much of the unsold collateral is the debtor's again, released or not, in the collateral's units."""
    if account.status is Status.COMPLETED:
        return collateral.amount
    return collateral.amount * account.principal_paid // terms.total


def releasable(terms: Terms, collateral: CollateralTerms, account: Account, *, released: int, sold: int = 0) -> int:
    """Return what the debtor can take out now.

    released  taken out before
    sold      quantity that an auction sold; after a sale all the rest is the debtor's
    """
    own = collateral.amount - sold if sold else entitled(terms, collateral, account)
    return max(0, own - released)


def lot_for_sale(terms: Terms, collateral: CollateralTerms, account: Account, *, released: int) -> int:
    """Return the quantity that an auction sells now."""
    return collateral.amount - max(entitled(terms, collateral, account), released)


def floor_price(collateral: CollateralTerms, lot: int) -> int:
    """Return the least price of a lot: the reserve in proportion, rounded up."""
    return _ceil_div(collateral.reserve * lot, collateral.amount)


def start_price(collateral: CollateralTerms, debt: int, lot: int) -> int:
    """Return the price that an auction starts from.

    debt  owed in total at the auction's start
    """
    return max(_ceil_div(debt * collateral.start_bps, BPS), floor_price(collateral, lot))


def is_running(collateral: CollateralTerms, *, started_at: int, defaulted_at: int, at: int) -> bool:
    """Return whether an auction started at `started_at` (0 = none) can still be bought from at `at`.

    defaulted_at  first second of the plan's default at `at`, 0 while it is in none: an auction belongs to the default
                  that it was started in, and a cure ends it
    """
    return 0 < defaulted_at <= started_at <= at < started_at + collateral.auction_seconds


def price_at(collateral: CollateralTerms, *, started_at: int, start: int, lot: int, at: int) -> int:
    """Return the price of the lot at `at`, rounded up.

    start  the price that the auction started from

    Raises AuctionNotRunning.
    """
    seconds = collateral.auction_seconds
    if not started_at <= at < started_at + seconds:
        raise AuctionNotRunning(started_at=started_at, ends_at=started_at + seconds, now=at)
    floor = floor_price(collateral, lot)
    return floor + _ceil_div((start - floor) * (seconds - 1 - (at - started_at)), seconds - 1)


def _ceil_div(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)

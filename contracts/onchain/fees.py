"""What a transaction offers to pay for gas: pure arithmetic on what a node reports. All amounts in wei per gas."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FEE_PER_GAS = 5_000 * 10**9  # we never offer more, whatever a node suggests
MIN_PRIORITY_FEE = 1
BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8  # a replacement must offer at least a tenth more; an eighth is customary


@dataclass(frozen=True)
class Fees:
    """One offer. With legacy fees both are the gas price."""

    max_fee: int
    max_priority_fee: int


def suggest(base_fee: int, priority_fee: int, cap: int = MAX_FEE_PER_GAS) -> Fees:
    """EIP-1559: twice the base fee and the tip, which stays valid for six full blocks; bounded by `cap`."""
    tip = min(max(priority_fee, MIN_PRIORITY_FEE), cap)
    return Fees(max_fee=min(2 * base_fee + tip, cap), max_priority_fee=tip)


def suggest_legacy(gas_price: int, cap: int = MAX_FEE_PER_GAS) -> Fees:
    """A quarter above the node's gas price, bounded by `cap`."""
    price = min(gas_price + gas_price // 4, cap)
    return Fees(max_fee=price, max_priority_fee=price)


def bump(old: Fees, now: Fees, cap: int = MAX_FEE_PER_GAS) -> Fees | None:
    """The offer that replaces `old`: an eighth more in both parts, rounded up, or `now` where that is higher.

    None where that would be above `cap`.
    """
    max_fee = max(-(-old.max_fee * BUMP_NUMERATOR // BUMP_DENOMINATOR), now.max_fee)
    tip = max(-(-old.max_priority_fee * BUMP_NUMERATOR // BUMP_DENOMINATOR), now.max_priority_fee)
    return Fees(max_fee=max(max_fee, tip), max_priority_fee=tip) if max(max_fee, tip) <= cap else None

"""Disclose parts of a receipt: some fields shown, the rest hidden and provable later; nothing else changes.

A hidden field leaves only its hash, under a salt of its own, so it cannot be guessed; whoever keeps the whole receipt
can show it later, and it leads to the same commitment. The custody entry says who acted, so it is left out unless it is
asked for. A document is compared by `sha256`, which is enough without its size, the case by `case_blinded`: where one
of them is hidden, a verifier says INDETERMINATE.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from notary.errors import ClaimInvalid
from notary.proofs.receipt import Receipt
from notary.sealing.claim import FIELDS

NEEDED = ("case_blinded", "sha256")  # without these a receipt cannot PASS


def show_only(receipt: Receipt, names: Collection[str], *, custody: bool = False) -> Receipt:
    """The receipt with all fields hidden but `names`.

    custody  keep the custody entry and its signatures

    Raises ClaimInvalid for names that are no fields, or that the receipt does not show.
    """
    _check(receipt, names)
    return replace(receipt, opening=receipt.opening.show_only(names), custody=receipt.custody if custody else None)


def hide(receipt: Receipt, names: Collection[str], *, custody: bool = False) -> Receipt:
    """The receipt with the fields `names` hidden, the others as they are.  Raises as `show_only`."""
    _check(receipt, names)
    return replace(receipt, opening=receipt.opening.hide(names), custody=receipt.custody if custody else None)


def _check(receipt: Receipt, names: Collection[str]) -> None:
    shown = receipt.shown()
    for name in names:
        if name not in FIELDS:
            raise ClaimInvalid(f"{name[:40]!r} is not a field of a claim; fields: {', '.join(FIELDS)}")
        if name not in shown:
            raise ClaimInvalid(f"the receipt does not show the field {name}; it shows {', '.join(shown)}")

"""Which stored transaction goes on for an effect whose earlier ones failed for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onchain.send import Sender

MAX_TRIES = 16
"""Transactions for one effect; each but the last has failed for good."""


def going(sender: Sender, key: str) -> str:
    """Return the name under which the effect `key` goes on: `key` itself, or `key#1`, `key#2`, … after failures.

    A transaction that failed in a final block, or whose nonce is finally spent by another one, did nothing and never
    will; the next name is free for a new one. One that failed in a block that is not final may still come to life: its
    own name is returned. After MAX_TRIES the last name is returned, and waiting for it says why it failed.

    Raises KeyConflict when a name is another account's, ReorgDetected, NodeError.
    """
    name = key
    for number in range(MAX_TRIES):
        name = key if number == 0 else f"{key}#{number}"
        record = sender.own(name)
        if record is not None and record.status == "failed" and not record.settled:
            record = sender.advance(name)  # its block may be final by now
        if record is None or record.status != "failed" or not record.settled:
            break
    return name


def spelled(word: str) -> str:
    """Return a caller's word as it stands in a key: `#` doubled, so that no word is another word's second try."""
    return word.replace("#", "##")

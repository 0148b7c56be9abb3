"""What the command line's exit codes mean, and which error leads to which.

    0   done; for verify: every check PASSED
    1   verify: at least one check FAILED
    2   the command line is wrong (unknown option, missing argument)
    3   verify: nothing FAILED, but not everything could be checked (INDETERMINATE)
    4   something that was given cannot be used: a file, an amount, a date, a receipt, a configuration
    5   something outside is unreachable or not what is configured: a node, another chain, IPFS, mail, a database server
    6   locked, not permitted, or a wrong or missing password
    7   the chain refused: reverted, no funds, or a rule of the contract
    70  a mistake in this program
    130 interrupted

An error's code is looked up along its class tree, the most special first, so a package may add a class below a listed
one without touching this table.  The roots themselves are not listed: a test walks all classes and fails on one that
leads nowhere.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """Exit codes; their meanings stand in the module's docstring."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INDETERMINATE = 3
    INPUT = 4
    OUTSIDE = 5
    LOCKED = 6
    REFUSED = 7
    BUG = 70
    INTERRUPTED = 130


BY_CODE: Final[dict[str, Exit]] = {
    # portal
    "portal.workspace": Exit.INPUT,
    "portal.workspace-locked": Exit.LOCKED,
    "portal.workspace-permission": Exit.LOCKED,
    "portal.config": Exit.INPUT,
    "portal.key": Exit.INPUT,
    "portal.password-missing": Exit.LOCKED,
    "portal.database": Exit.INPUT,
    "portal.database-unreachable": Exit.OUTSIDE,
    "portal.engine": Exit.OUTSIDE,
    "portal.chain": Exit.INPUT,
    "portal.input": Exit.INPUT,
    "portal.not-found": Exit.INPUT,
    "portal.serve": Exit.INPUT,
    "portal.demo": Exit.BUG,
    "portal.request": Exit.INPUT,
}


def of_class(error: type[BaseException]) -> Exit | None:
    """The exit code that `error` leads to, None when it is in no listed tree."""
    for ancestor in error.__mro__:
        found = BY_CODE.get(ancestor.__dict__.get("code", ""))
        if found is not None:
            return found
    return None

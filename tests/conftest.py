"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from support.devchain import dev_chain

from onchain.devchain import DevChain

RECURSION_LIMIT = sys.getrecursionlimit()


def pytest_collection_finish() -> None:
    """Put the recursion limit back: test files import eth_account, whose py_ecc raises it beyond what the stack holds.

    Without this a test with deeply nested JSON would end the process (SIGSEGV) instead of seeing RecursionError.
    """
    sys.setrecursionlimit(RECURSION_LIMIT)


@pytest.fixture(scope="session")
def devchain() -> Iterator[DevChain]:
    """One anvil (chain 31337) for the whole run of a worker; tests on it must not rely on block numbers or balances."""
    with dev_chain() as running:
        yield running

"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from support.devchain import dev_chain

from onchain.devchain import DevChain

RECURSION_LIMIT = sys.getrecursionlimit()


DEEP_SECONDS = 3600  # a deep test may take long, the longer the busier the machine is


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give deep tests their time; what hangs in the others ends after pyproject.toml's."""
    for item in items:
        if item.get_closest_marker("deep") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(DEEP_SECONDS))


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

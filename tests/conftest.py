"""Fixtures that several kinds of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.devchain import dev_chain

from onchain.devchain import DevChain


@pytest.fixture(scope="session")
def devchain() -> Iterator[DevChain]:
    """One anvil (chain 31337) for the whole run of a worker; tests on it must not rely on block numbers or balances."""
    with dev_chain() as running:
        yield running

"""A real anvil for tests: `with dev_chain() as chain:` gives a DevChain (`url`, `pid`, `chain()`, `signer(i)`, …).

Each has its own folder in the system's temporary one and is ended by its own process id, whatever the test does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onchain.devchain import DevChain


@contextmanager
def dev_chain(
    chain_id: int = 31337,
    *,
    folder: Path | None = None,
    ipc: bool = True,
    automine: bool = True,
    block_time: int | None = None,
) -> Iterator[DevChain]:
    """Start an anvil on a free port, and end it. Its state is `folder`/chain.json (default: a new temporary folder)."""
    with tempfile.TemporaryDirectory(prefix="tally-") as temporary:
        state = (folder or Path(temporary)) / "chain.json"
        with DevChain.start(state, chain_id, ipc=ipc, automine=automine, block_time=block_time) as running:
            yield running

"""A real go-ethereum node for tests: `geth --dev`, which seals a block for each transaction and finalises every 32.

The program is named by TALLYSTICK_GETH, or is on the path. To get it, where Go is at hand:

    go install github.com/ethereum/go-ethereum/cmd/geth@latest
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onchain.connect import Chain
from onchain.errors import NodeUnreachable
from onchain.processes import free_port
from onchain.profiles import ChainProfile
from onchain.rpc import Rpc
from onchain.wire import Json

CHAIN_ID = 1337
EPOCH = 32  # blocks; the last block of the epoch before is final
START_SECONDS = 30.0
PROFILE = ChainProfile(CHAIN_ID, "geth --dev", "tag:finalized", "mpt", "eip1559", "", True, 1, None)


def geth_program() -> str | None:
    """The geth to run, or None."""
    return os.environ.get("TALLYSTICK_GETH") or shutil.which("geth")


@dataclass(frozen=True)
class GethNode:
    """url: http on loopback."""

    url: str

    def chain(self) -> Chain:
        return Chain.connect(self.url, profile=PROFILE)

    def give(self, address: str, wei: int) -> None:
        """Send coins from the developer's account; that makes a block."""
        chain = self.chain()
        accounts = chain.rpc("eth_accounts")
        assert isinstance(accounts, list)
        request: Json = {"from": accounts[0], "to": address, "value": hex(wei)}
        before = chain.head().number
        chain.rpc("eth_sendTransaction", [request])
        deadline = time.monotonic() + START_SECONDS
        while chain.head().number == before:
            assert time.monotonic() < deadline, "geth sealed no block"
            time.sleep(0.02)
        chain.close()

    def mine(self, blocks: int = 1) -> None:
        """Make blocks, with a transaction each: an empty one is never sealed."""
        for _ in range(blocks):
            self.give("0x" + "00" * 19 + "99", 1)


@contextmanager
def geth_node(folder: Path) -> Iterator[GethNode]:
    """Run geth in `folder` on a free port, and end it."""
    program = geth_program()
    assert program is not None
    port = free_port()
    command = [program, "--dev", "--datadir", str(folder / "geth"), "--verbosity", "2"]
    command += ["--http", "--http.addr", "127.0.0.1", "--http.port", str(port), "--http.api", "eth,debug,net,web3"]
    command += ["--ipcdisable", "--nodiscover", "--maxpeers", "0", "--port", "0", "--authrpc.port", "0"]
    with (folder / "geth.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                Rpc(url).call("eth_chainId")
                break
            except NodeUnreachable:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield GethNode(url)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

"""A process that sends: `python -m support.send_worker DATABASE NODE PREFIX COUNT` submits and awaits every key.

Tests run several at once, or kill one at any moment: run again with the same arguments it must finish the same effects.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from support.chain_engine import chain_engine

from onchain.connect import Chain
from onchain.profiles import profile
from onchain.send import Sender
from onchain.signer import UnlockedSigner

SINK = "0x" + "51" * 20


def main(database: str, node: str, prefix: str, count: int) -> None:
    dev = profile(31337)
    target = database if database.startswith("postgresql://") else Path(database)
    signer = UnlockedSigner.open(dev, 0)
    with chain_engine(target) as engine:
        sender = Sender(engine, Chain.connect(node, profile=dev), signer, lambda: int(time.time()))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for i in range(count):
            sender.submit(f"{prefix}{i}", SINK, b"", 1)
            sender.wait(f"{prefix}{i}", 30)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

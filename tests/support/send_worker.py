"""A process that sends: `python -m support.send_worker DATABASE NODE PREFIX COUNT [serve]` awaits every key.

Tests run several at once, or kill one at any moment: run again with the same arguments it must finish the same effects.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from support.chain_engine import chain_engine

from onchain.connect import Chain
from onchain.profiles import profile
from onchain.send import Sender
from onchain.signer import UnlockedSigner

SINK = "0x" + "51" * 20


def work(database: str, node: str, prefix: str, count: int) -> None:
    """Submit and await every key."""
    dev = profile(31337)
    target = database if database.startswith("postgresql://") else Path(database)
    signer = UnlockedSigner.open(dev, 0)
    with chain_engine(target) as engine:
        sender = Sender(engine, Chain.connect(node, profile=dev), signer, lambda: int(time.time()))
        for i in range(count):
            sender.submit(f"{prefix}{i}", SINK, b"", 1)
            sender.wait(f"{prefix}{i}", 30)


def serve(database: str, node: str, prefix: str, count: int) -> None:
    """For each line on stdin: do the work in a new process, print its id, and its exit status when it has ended.

    A test that kills many of them pays for the imports once.
    """
    UnlockedSigner.open(profile(31337), 0)
    ended = 0
    for _ in sys.stdin:
        if ended:
            os.waitpid(ended, 0)
        ended = os.fork()
        if ended == 0:
            try:
                work(database, node, prefix, count)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(ended, flush=True)
        result = os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)  # its id stays taken: a late kill hits nobody else
        assert result is not None
        print(result.si_status if result.si_code == os.CLD_EXITED else -result.si_status, flush=True)


if __name__ == "__main__":
    run = serve if sys.argv[5:] == ["serve"] else work
    run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

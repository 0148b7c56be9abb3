"""Processes that do settlement work and are killed: a keeper, and a payer.

`spawn` gives a process that a test may SIGKILL at any moment; nothing in it handles that in any way.  It is forked from
a server that has all imports done, so that it is at work within some ten milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import eth_abi
import eth_account

import portal.engine_records
from onchain.connect import Chain
from onchain.profiles import profile
from onchain.send import Sender
from onchain.signer import UnlockedSigner
from portal.database import open_engine, sqlite_url
from portal.engine import Runner
from settlement.book import Book
from settlement.context import Addresses, SettlementContext
from settlement.keeper import workflows
from settlement.keeper.actions import Contact
from settlement.keeper.channels import Notifier
from settlement.keeper.ladder import Role
from settlement.terms import Terms

WARM = (eth_abi, eth_account, portal.engine_records)
"""Imported late by the code under test; the server has them, so a child need not wait for them."""

CHAIN_ID = 31338
HOOK = Contact(Role.OPERATOR, "hook", "en")


@dataclass(frozen=True)
class Settings:
    """All that a process needs to know of the world; plain values only."""

    folder: Path
    node: str
    addresses: Addresses
    smtp_url: str
    hook_url: str

    @property
    def ready(self) -> Path:
        """A file that a keeper makes when its engine is launched and it can be ended in order."""
        return self.folder / "keeper.ready"


def spawn(target: Callable[..., None], *args: object) -> ForkServerProcess:
    """Start `target(*args)` in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)  # for the server's own imports
    process = context.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def keep(settings: Settings) -> None:
    """Be a keeper, round after round without a pause, until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    sender = _sender(settings, 0)
    context = SettlementContext(
        engine=open_engine(_url(settings)),
        clock=_wall,
        chain=sender.chain,
        addresses=settings.addresses,
        notifier=Notifier("origin.test", settings.smtp_url),
        sender=sender,
        operators={HOOK: settings.hook_url},
    )
    prepare = lambda: workflows.configure(context)  # noqa: E731
    with Runner(settings.folder / "engine.lock", _url(settings), "keeper", prepare) as runner:
        runner.launch()
        settings.ready.touch()
        workflows.run_forever(stop, 0.05)


def pay(settings: Settings, who: int, terms: Terms, amount: int, nonce: str) -> None:
    """Make one payment."""
    sender = _sender(settings, who)
    Book(sender.chain, settings.addresses.repayment_book, sender=sender).pay(terms, amount, nonce)


def _sender(settings: Settings, who: int) -> Sender:
    rules = profile(CHAIN_ID)
    chain = Chain.connect(settings.node, profile=rules)
    return Sender(open_engine(_url(settings)), chain, UnlockedSigner.open(rules, who), _wall)


def _url(settings: Settings) -> str:
    return sqlite_url(settings.folder / "world.sqlite")


def _wall() -> int:
    return int(time.time())

"""What the notary's services are given: the workspace's parts, opened by whoever calls (portal, a test)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from notary.custody.vault import Vault
from notary.log.notekey import NoteKey

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine

    from notary.custody.signers import CustodySigner
    from notary.evm.evidence_chain import EvidenceChain
    from notary.sharing.ipfs import IpfsNode
    from notary.timestamps.stamp_sources import TimestampSources

Clock = Callable[[], int]
"""Unix seconds, UTC, now."""


class Progress(Protocol):
    """Told how far a long step has come.

    step   "hash", "seal", "store", "fetch", "export", "anchor"
    done   of `total`, in `unit` ("bytes", "files", "blocks")
    """

    def __call__(self, step: str, done: int, total: int, unit: str) -> None: ...


def silent(step: str, done: int, total: int, unit: str) -> None:
    """Progress that nobody watches."""


def nobody() -> tuple[CustodySigner, ...]:
    """Nobody signs custody entries."""
    return ()


@dataclass(frozen=True, slots=True)
class NotaryContext:
    """One workspace as the notary sees it.

    engine     tables of notary.store; `engine.begin()` must hold the write lock from its first statement (SQLite)
    vault      keys of the cases
    note_key   signs checkpoints; its origin names the log
    clock      time for rows and custody entries
    actor      who acts, in custody entries
    tool       what seals, in claims; name and version
    blobs      folder for ciphertext; needed to store documents
    exclude    folders that are never sealed (the workspace itself)
    ipfs       the configured node, if there is one
    evidence   opens the chain that heads are anchored on; raises what the chain package raises; None: not configured
    signers    opens the keys that sign each batch of custody entries; by default nobody signs
    timestamps who time-stamps heads besides the chain; None: nobody is configured
    """

    engine: Engine
    vault: Vault
    note_key: NoteKey
    clock: Clock
    actor: str = "operator"
    tool: str = "tallystick"
    blobs: Path | None = None
    exclude: tuple[str | os.PathLike[str], ...] = ()
    ipfs: IpfsNode | None = None
    evidence: Callable[[], EvidenceChain] | None = field(default=None, repr=False)
    timestamps: TimestampSources | None = None
    signers: Callable[[], tuple[CustodySigner, ...]] = field(default=nobody, repr=False)

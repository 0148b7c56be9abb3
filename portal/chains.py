"""The workspace's two chains: where evidence is anchored, and where plans live.

An embedded chain is an anvil of this workspace, shared by all commands that run at the same time.  Each holds a shared
lock on `chains/ROLE/users.lock` while it uses the chain; who leaves last (the lock can be had exclusively) stops it in
order, so nothing is left running behind a command, and nobody loses the chain under another's hands.  The lock ends
with its process, so a killed command does not count.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

from portal.config import reveal
from portal.workspace import Workspace

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.devchain import DevChain
    from onchain.profiles import ChainProfile
    from portal.config import ChainPart

Role = Literal["evidence", "plans"]
ROLES: Final[tuple[Role, ...]] = ("evidence", "plans")
STATE: Final = "state.json"
PROFILES: Final = "profiles.json"  # a workspace's own chain profiles, beside tallystick.toml


class ChainUse:
    """One process's use of one chain of the workspace; `close` ends it."""

    def __init__(self, workspace: Workspace, role: Role) -> None:
        self.workspace, self.role = workspace, role
        self._lock: int | None = None
        self._dev: DevChain | None = None
        self._chain: Chain | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def part(self) -> ChainPart:
        """The chain's part of the configuration."""
        chains = self.workspace.config.chains
        return chains.evidence if self.role == "evidence" else chains.plans

    @property
    def embedded(self) -> bool:
        """Whether the chain is an anvil of this workspace."""
        return self.part.kind == "embedded"

    @property
    def profile(self) -> ChainProfile:
        """The chain's rules.  Raises UnknownChain, ProfileInvalid."""
        from onchain.profiles import profile

        found = profile(self.part.chain_id, self.workspace.root / PROFILES)
        return replace(found, block_seconds=self.part.block_seconds) if self.embedded else found

    @property
    def genesis(self) -> bytes | None:
        """Hash of block 0 that the configuration pins, None while it pins none."""
        return bytes.fromhex(self.part.genesis[2:]) if self.part.genesis else None

    def dev(self) -> DevChain:
        """The embedded chain, started if it does not run.  Raises AnvilMissing, DevChainError, WorkspaceError."""
        from onchain.devchain import DevChain
        from onchain.errors import DevChainError

        if not self.embedded:
            raise DevChainError(f"the chain for {self.role} is not embedded in this workspace")
        if self._dev is None:
            folder = self.workspace.chain_folder(self.role)
            for made in (folder.parent, folder):
                made.mkdir(mode=0o700, exist_ok=True)
            if self._lock is None:
                self._lock = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._lock, fcntl.LOCK_SH)
            self._dev = DevChain.start(
                folder / STATE, self.part.chain_id, block_time=self.part.block_seconds, log_path=folder / "anvil.log"
            )
        return self._dev

    def connect(self) -> Chain:
        """The chain, its id and genesis checked.  Raises NodeUnreachable, WrongChain, WrongGenesis, SecretMissing."""
        from onchain.connect import Chain

        if self._chain is None:
            url = self.dev().url if self.embedded else reveal(self.part.url)
            timeout = float(self.part.timeout_seconds)
            self._chain = Chain.connect(url, profile=self.profile, expected_genesis=self.genesis, timeout=timeout)
        return self._chain

    def close(self) -> None:
        """Disconnect; stop an embedded chain that nobody else uses."""
        if self._chain is not None:
            self._chain.close()
            self._chain = None
        dev, self._dev = self._dev, None
        lock, self._lock = self._lock, None
        if lock is None:
            return
        try:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if dev is not None:
                    dev.stop()
        finally:
            os.close(lock)

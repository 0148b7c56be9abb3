"""The parts of one workspace, opened as they are asked for and closed together: database, keys, chains, contexts,
engine.

A command opens a `World`, asks it for what a service needs, and leaves; nothing is opened that is not asked for, so a
command that only reads needs neither a password nor a node.
"""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from portal import __version__
from portal.chains import ChainUse, Role
from portal.clock import now
from portal.config import references, reveal
from portal.custody import open_signers
from portal.database import open_engine, require_current
from portal.deployments import EVIDENCE_LOG, book_addresses, placed_on
from portal.engine import Runner
from portal.errors import KeyMissing, PortalError
from portal.keys import OPERATOR, Ask, KeyRing
from portal.logs import conceal
from portal.timestamps import sources
from portal.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from notary.context import NotaryContext
    from notary.custody.signers import CustodySigner
    from notary.evm.evidence_chain import EvidenceChain
    from notary.sharing.ipfs import IpfsNode
    from onchain.connect import Chain
    from onchain.send import Sender
    from settlement.context import Addresses, SettlementContext


class World:
    """One process's view of a workspace.

    purpose   what this process is, for whoever waits for its locks: "anchor", "keeper run"
    ask       asked for passwords
    """

    def __init__(self, workspace: Workspace, *, purpose: str, ask: Ask) -> None:
        self.workspace, self.purpose = workspace, purpose
        self.keys = KeyRing(workspace.keys, ask)
        self._open = ExitStack()
        self._chains: dict[Role, ChainUse] = {}
        self._senders: dict[tuple[Role, str], Sender] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened, the last first."""
        self._open.close()

    @cached_property
    def engine(self) -> Engine:
        """The database.  Raises DatabaseError."""
        engine = open_engine(self.workspace.database_url)
        self._open.callback(engine.dispose)
        require_current(engine)
        return engine

    def use(self, role: Role) -> ChainUse:
        """This process's use of a chain; connected or started only by what is asked of it."""
        if role not in self._chains:
            self._chains[role] = self._open.enter_context(ChainUse(self.workspace, role))
        return self._chains[role]

    def chain(self, role: Role) -> Chain:
        """A chain, checked.  Raises NodeError, WrongChain, WrongGenesis, DevChainError, SecretMissing."""
        return self.use(role).connect()

    def sender(self, role: Role, key: str = OPERATOR) -> Sender:
        """Sends with the key of that name.  Raises what `chain` and `KeyRing.signer` raise."""
        from onchain.send import Sender

        if (role, key) not in self._senders:
            signer = self.keys.signer(key)  # before the chain is started: a wrong password changes nothing
            self._senders[role, key] = Sender(self.engine, self.chain(role), signer, now)
        return self._senders[role, key]

    @cached_property
    def ipfs(self) -> IpfsNode | None:
        """The configured IPFS node, None where there is none."""
        from notary.sharing.ipfs import IpfsNode

        part = self.workspace.config.ipfs
        return IpfsNode(reveal(part.api), timeout_seconds=part.timeout_seconds) if part.api else None

    @cached_property
    def custody_signers(self) -> tuple[CustodySigner, ...]:
        """Who signs custody entries, with their keys opened.  Raises what `custody.open_signer` raises."""
        return open_signers(self.workspace.config.custody.signers, self.keys, self.workspace.root)

    @cached_property
    def notary(self) -> NotaryContext:
        """What the notary's services are given.  Raises DatabaseError, VaultLocked, VaultDamaged."""
        from notary.context import NotaryContext
        from notary.custody.vault import Vault
        from notary.log.note_keys import present_key

        return NotaryContext(
            engine=self.engine,
            vault=Vault(self.workspace.case_keys),
            note_key=present_key(self.engine, self.workspace.log_key),
            clock=now,
            actor=OPERATOR,
            tool=f"tallystick {__version__}",
            blobs=self.workspace.blobs,
            exclude=(self.workspace.root,),
            ipfs=self.ipfs,
            evidence=self.evidence,
            signers=lambda: self.custody_signers,
            timestamps=sources(self.workspace.config.timestamps, self.workspace.root),
        )

    def evidence(self) -> EvidenceChain:
        """The chain and contract that heads are anchored on, with the key that appends: the operator's, or the one that
        took its place (`log rotate-appender`).

        Raises DeploymentMissing, KeyMissing and what `sender` raises.
        """
        from notary.evm.evidence_chain import EvidenceChain
        from onchain.contract import Contract

        sender = self.sender("evidence", self._appender())
        placed = placed_on(self.workspace, sender.chain, EVIDENCE_LOG)
        contract = Contract(EVIDENCE_LOG, placed.address)
        return EvidenceChain(sender.chain, sender, contract, first_block=placed.block)

    def _appender(self) -> str:
        """Name of the key that appends to the present log.  Raises KeyMissing."""
        from notary.log import ledger
        from notary.service_errors import LogUnknown
        from onchain.abi import checksum_address

        try:
            with self.engine.connect() as connection:
                appender = ledger.log_of(connection, self.notary.note_key).appender
        except LogUnknown:  # the database was lost; `log recover` makes it again
            return OPERATOR
        if appender is None:
            return OPERATOR
        name = self.keys.name_of(checksum_address("0x" + appender.hex()))
        if name.startswith("0x"):
            raise KeyMissing(name)
        return name

    def addresses(self) -> Addresses:
        """Where the contracts of plans are.  Raises DeploymentMissing and what `chain` raises."""
        return book_addresses(self.workspace, self.chain("plans"))

    def settlement(self) -> SettlementContext:
        """What the keeper is given.  Raises DeploymentMissing, ContactInvalid and what `sender` raises."""
        from settlement.context import SettlementContext, operator_contacts
        from settlement.keeper.channels import Notifier

        config = self.workspace.config
        self._conceal_secrets()
        sender = self.sender("plans")
        notifier = Notifier(
            origin=config.workspace.origin, smtp_url=config.notify.smtp or None, environment=dict(os.environ)
        )
        return SettlementContext(
            engine=self.engine,
            clock=now,
            chain=sender.chain,
            addresses=self.addresses(),
            notifier=notifier,
            sender=sender,
            operators=operator_contacts(config.notify.urls, config.notify.locale),
            budget_per_day=config.keeper.budget_per_day,
        )

    def _conceal_secrets(self) -> None:
        """Keep what addresses of notices refer to out of the logs; the services look it up by themselves."""
        from settlement.store import contacts

        with self.engine.connect() as connection:
            addresses = list(connection.execute(sa.select(contacts.c.address)).scalars())
        notify = self.workspace.config.notify
        for address in (*notify.urls, notify.smtp, *addresses):
            for name in references(address):
                conceal(os.environ.get(name, ""))

    def runner(self) -> Runner:
        """Runs durable work, here or in the process that holds the engine."""
        runner = Runner(self.workspace.engine_lock, self.workspace.database_url, self.purpose, self._prepare)
        return self._open.enter_context(runner)

    def _prepare(self) -> None:
        """Import the workflows and give them this world; only in the process that runs the engine.

        All of them: work of a process that has died may be of any kind.
        """
        from notary.evm import anchoring
        from notary.timestamps import stamping
        from onchain.errors import ChainError
        from settlement.errors import SettlementError
        from settlement.keeper import workflows

        require_current(self.engine)
        anchoring.configure(lambda: self.notary)
        stamping.configure(lambda: self.notary)
        try:
            workflows.configure(self.settlement())
        except (PortalError, ChainError, SettlementError) as exc:
            # Not every workspace has plans, and their chain may be down while evidence is anchored.  A plan's action
            # that this process meets then ends as "not ready" and is done by the keeper's next round.
            logging.getLogger("portal").warning("plans are left alone by this process: %s", exc)
            workflows.configure(None)

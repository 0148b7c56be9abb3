"""Where the contracts are: deploy what is missing, find what is there.

Addresses come from the workspace's deployments/ folder, then from those that this release ships.  `deploy_all` may be
repeated: what is recorded and still on the chain is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portal.chains import ROLES, ChainUse, Role
from portal.config import Config, pin
from portal.errors import DeploymentMissing
from portal.workspace import Workspace, replace_file

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.contract import Contract
    from onchain.deploy import Deployment
    from portal.world import World
    from settlement.context import Addresses

EVIDENCE_LOG: Final = "EvidenceLog"
REPAYMENT_BOOK: Final = "RepaymentBook"
COLLATERAL: Final = "Collateral"
ESCROW_BOOK: Final = "EscrowBook"
CONTRACTS: Final[dict[Role, tuple[str, ...]]] = {
    "evidence": (EVIDENCE_LOG,),
    "plans": (REPAYMENT_BOOK, COLLATERAL, ESCROW_BOOK),
}
DEV_COINS_WEI: Final = 1_000 * 10**18  # what each key gets on an embedded chain, when it has less than half of it

Step = Callable[[int, int], None]  # (done, of)


@dataclass(frozen=True)
class Placed:
    """A contract on one of the workspace's chains."""

    role: Role
    chain_id: int
    deployment: Deployment


def deploy_all(world: World, advance: Step) -> list[Placed]:
    """Deploy what is missing on both chains, create the evidence log there, and pin the chains' genesis hashes.

    Embedded chains are started, and every key of the workspace gets coins for gas.

    Raises WrongPassword, WrongChain, WrongGenesis, NodeError, InsufficientFunds, TransactionReverted, ArtifactMismatch.
    """
    from notary.evm.anchors import ensure_log
    from onchain.deploy import deploy

    world.keys.signer("operator")  # a wrong password changes nothing
    total, done, placed = sum(map(len, CONTRACTS.values())) + 1, 0, []
    for role in ROLES:
        pin_genesis(world.use(role))
    for role in ROLES:
        fund_keys(world, role)
        sender, found = world.sender(role), dict[str, "Deployment"]()
        for name in CONTRACTS[role]:
            arguments = [found[REPAYMENT_BOOK].address] if name == COLLATERAL else []
            found[name] = deploy(name, arguments, sender, world.workspace.deployments)
            placed.append(Placed(role, sender.chain.chain_id, found[name]))
            done += 1
            advance(done, total)
    ensure_log(world.notary, world.evidence())
    advance(total, total)
    return placed


def pin_genesis(use: ChainUse) -> None:
    """Write the chain's genesis hash into the configuration, unless one is pinned."""
    chain = use.connect()
    if use.genesis is None:
        file = use.workspace.config_file
        text = pin(file.read_text(), f"chains.{use.role}", "genesis", f"0x{chain.genesis.hex()}")
        Config.parse(text.encode(), str(file))
        replace_file(file, text.encode())
        use.workspace.__dict__.pop("config", None)  # read it again


def fund_keys(world: World, role: Role) -> list[str]:
    """On an embedded chain, give coins to keys that have few; returns the names of those."""
    use = world.use(role)
    if not use.embedded:
        return []
    chain, given = use.connect(), []
    for key in world.keys.all():
        if chain.balance(key.address) < DEV_COINS_WEI // 2:
            use.dev().fund(key.address, DEV_COINS_WEI)
            given.append(key.name)
    return given


def placed_on(workspace: Workspace, chain: Chain, name: str) -> Deployment:
    """The recorded deployment of a contract.  Raises DeploymentMissing, DeploymentInvalid."""
    from onchain.deploy import find
    from onchain.errors import NoSuchContract

    try:
        return find(name, chain, (workspace.deployments, shipped()))
    except NoSuchContract as exc:
        raise DeploymentMissing(name, chain.chain_id) from exc


def evidence_contract(workspace: Workspace, chain: Chain) -> Contract:
    """EvidenceLog on the evidence chain.  Raises DeploymentMissing."""
    from onchain.contract import Contract

    return Contract(EVIDENCE_LOG, placed_on(workspace, chain, EVIDENCE_LOG).address)


def book_addresses(workspace: Workspace, chain: Chain) -> Addresses:
    """The contracts on the plans' chain.  Raises DeploymentMissing for the repayment book."""
    from settlement.context import Addresses

    book = placed_on(workspace, chain, REPAYMENT_BOOK)
    others = {name: _maybe(workspace, chain, name) for name in (ESCROW_BOOK, COLLATERAL)}
    blocks = [book.block, *(found.block for found in others.values() if found is not None)]
    escrow, collateral = others[ESCROW_BOOK], others[COLLATERAL]
    return Addresses(
        repayment_book=book.address,
        escrow_book=None if escrow is None else escrow.address,
        collateral=None if collateral is None else collateral.address,
        first_block=min(blocks),
    )


def shipped() -> Path:
    """Deployments that come with this release."""
    import onchain

    folder = Path(onchain.__file__).parent / "deployments"
    return folder if folder.is_dir() else Path(onchain.__file__).parent.parent / "deployments"


def _maybe(workspace: Workspace, chain: Chain, name: str) -> Deployment | None:
    try:
        return placed_on(workspace, chain, name)
    except DeploymentMissing:
        return None

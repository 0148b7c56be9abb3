"""Ask a node about a log: the workspace's own log through its own node, or anybody's through a node that is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portal.config import reveal
from portal.errors import ArgumentInvalid

if TYPE_CHECKING:
    from notary.log.ledger import LogRow
    from notary.log.log_events import ChainSide
    from notary.proofs.receipt import Receipt
    from onchain.connect import Chain
    from portal.world import World

TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Whose:
    """A log by what finds it on a chain.

    log       32 bytes, its id
    contract  0x address of the EvidenceLog that it is in
    """

    log: bytes
    contract: str


def ask_own(world: World, log: LogRow) -> ChainSide | None:
    """What the workspace's own node says of one of its logs; None: that is not on a chain yet.

    Raises DeploymentMissing, NodeError, WrongChain, WrongGenesis.
    """
    return None if log.chain_log_id is None else ask_placed(world, log.chain_log_id)


def ask_placed(world: World, log_id: bytes) -> ChainSide:
    """What the workspace's own node says of a log (its id of 32 bytes) in the workspace's own contract.

    Raises DeploymentMissing, NodeError, WrongChain, WrongGenesis.
    """
    from notary.log.log_events import ask
    from portal.deployments import EVIDENCE_LOG, evidence_contract, placed_on

    chain = world.chain("evidence")
    placed = placed_on(world.workspace, chain, EVIDENCE_LOG)
    return ask(chain, evidence_contract(world.workspace, chain), log_id, placed.block)


def ask_node(url: str, whose: Whose, first: int) -> ChainSide:
    """What the node at `url` says of a log; `first`: a block before its creation.

    Raises NodeError, AbiError, SecretMissing.
    """
    from notary.log.log_events import ask
    from onchain.contract import Contract

    chain = _connect(reveal(url))
    try:
        return ask(chain, Contract("EvidenceLog", whose.contract), whose.log, first)
    finally:
        chain.close()


def _connect(url: str) -> Chain:
    """The chain that the node serves, whichever it is."""
    from onchain import wire
    from onchain.connect import Chain
    from onchain.errors import UnknownChain
    from onchain.profiles import ChainProfile, profile
    from onchain.rpc import Rpc

    rpc = Rpc(url, TIMEOUT_SECONDS)
    try:
        chain_id = wire.quantity(rpc.call("eth_chainId"), "chain id")
    finally:
        rpc.close()
    try:
        rules = profile(chain_id)
    except UnknownChain:
        rules = ChainProfile(chain_id, f"chain {chain_id}", "depth:64", "none", "eip1559", "", False, 12, None)
    return Chain.connect(url, profile=rules, timeout=TIMEOUT_SECONDS)


def of_receipt(receipt: Receipt) -> tuple[bytes | None, str | None]:
    """(log id, contract) that a receipt names, as far as it does."""
    from notary.evm.evm_proof import EvmAnchor
    from notary.proofs.receipt import PendingAnchor

    for anchor in receipt.anchors:
        if isinstance(anchor, (EvmAnchor, PendingAnchor)) and anchor.contract is not None:
            return receipt.log.id, "0x" + anchor.contract.hex()
    return receipt.log.id, None


def log_id(text: str) -> bytes:
    """A log's id from the command line.  Raises ArgumentInvalid."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise ArgumentInvalid("--log", text, "is 0x and 64 hexadecimal digits")
    return value

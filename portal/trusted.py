"""Block hashes from the verifier's own side: a node of theirs (`verify --rpc`), or ours (`anchor --trust-file`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from notary.evm_proof import EvmAnchor
from notary.trust import Trust, TrustedBlock
from portal.config import reveal

if TYPE_CHECKING:
    from notary.receipt import Receipt
    from onchain.connect import Chain
    from portal.world import World

UNKNOWN_DEPTH: Final = 64  # blocks on top before a block of a chain without a profile is taken for final
TIMEOUT_SECONDS: Final = 20.0


def ask_node(trust: Trust, url: str, receipts: Iterable[Receipt]) -> Trust:
    """`trust` and the blocks of the node's chain that anchors of `receipts` name, as far as they are final there.

    Raises NodeUnreachable, NodeMisbehaved, WrongGenesis, SecretMissing, TrustInvalid.
    """
    anchors = [anchor for receipt in receipts for anchor in receipt.anchors if isinstance(anchor, EvmAnchor)]
    chain = _connect(reveal(url))
    try:
        here = (chain.chain_id, chain.genesis)
        numbers = sorted({anchor.block_number for anchor in anchors if (anchor.chain_id, anchor.genesis) == here})
        final = chain.final().number
        for number, block in zip(numbers, chain.blocks(numbers) if numbers else [], strict=True):
            if block is not None and number <= final:
                trusted = TrustedBlock(number, block.hash, block.timestamp, source=f"the node {chain.url}")
                trust = trust.with_block(chain.chain_id, trusted, chain.genesis)
    finally:
        chain.close()
    return trust


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
        name = f"chain {chain_id}"
        rules = ChainProfile(chain_id, name, f"depth:{UNKNOWN_DEPTH}", "mpt", "eip1559", "", False, 12, None)
    return Chain.connect(url, profile=rules, timeout=TIMEOUT_SECONDS)


def own_trust(world: World) -> Trust:
    """What this workspace's own node says about the blocks of its final anchors.

    A development chain is trusted in it: whoever asks for this file asks for that.

    Raises DeploymentMissing, NodeError.
    """
    from notary.anchors import list_anchors
    from notary.store import ANCHOR_FINAL
    from notary.trust import TrustedChain
    from portal.deployments import evidence_contract

    chain = world.chain("evidence")
    contract = bytes.fromhex(evidence_contract(world.workspace, chain).address[2:])
    final = [a for a in list_anchors(world.notary) if a.status == ANCHOR_FINAL and a.chain_id == chain.chain_id]
    numbers = sorted({anchor.block_number for anchor in final if anchor.block_number is not None})
    found = chain.blocks(numbers) if numbers else []
    blocks = {b.number: TrustedBlock(b.number, b.hash, b.timestamp) for b in found if b is not None}
    rules = chain.profile
    known = TrustedChain(chain.chain_id, chain.genesis, rules.name, rules.dev, (contract,), blocks)
    return Trust((known,))

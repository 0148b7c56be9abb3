"""The evidence log's contract on a real anvil, for the notary's tests."""

from __future__ import annotations

from support.notaryworld import World

from notary.context import NotaryContext
from notary.evm import anchors
from notary.evm.anchors import AnchorRow
from notary.evm.evidence_chain import EvidenceChain
from notary.store import ANCHOR_FINAL
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
from onchain import store as chain_store
from onchain.contract import Contract
from onchain.deploy import deploy, deployments_path, find
from onchain.devchain import DevChain
from onchain.send import Sender

MAX_STEPS = 50


def give_chain(world: World, dev: DevChain) -> NotaryContext:
    """Deploy EvidenceLog on `dev` and let the world anchor there; each use connects anew, as each command does."""
    with world.ctx.engine.begin() as connection:
        chain_store.metadata.create_all(connection)
    chain = dev.chain()
    sender = Sender(world.ctx.engine, chain, dev.signer(), world.clock)
    deploy("EvidenceLog", [], sender, deployments_path(world.folder / "deployments", chain))
    return world.with_context(evidence=lambda: connect(world, dev))


def evidence_address(world: World, dev: DevChain) -> str:
    """Where `give_chain` deployed the contract."""
    return find("EvidenceLog", dev.chain(), [world.folder / "deployments"]).address


def connect(world: World, dev: DevChain, address: str | None = None) -> EvidenceChain:
    """Connect to the contract; waiting makes blocks."""
    sender = Sender(world.ctx.engine, dev.chain(), dev.signer(), world.clock)
    contract = Contract("EvidenceLog", address or evidence_address(world, dev))
    return EvidenceChain(sender.chain, sender, contract, between=dev.mine)


def anchor_to_final(ctx: NotaryContext, dev: DevChain) -> AnchorRow:
    """Anchor the newest head and mine until that is final."""
    anchor = anchors.request(ctx)
    assert anchor is not None
    for _ in range(MAX_STEPS):
        if anchor.status == ANCHOR_FINAL:
            return anchor
        anchor = anchors.advance(ctx, anchor.id)
        dev.mine()
    raise AssertionError(f"not final after {MAX_STEPS} steps: {anchor}")


def trust_in(dev: DevChain) -> Trust:
    """A verifier who knows every block of this dev chain from its own node, and accepts that it is one."""
    chain = dev.chain()
    blocks = {}
    for number in range(chain.head().number + 1):
        block = chain.block(number)
        assert block is not None
        blocks[number] = TrustedBlock(number, block.hash, block.timestamp, "the test's own node")
    return Trust((TrustedChain(dev.chain_id, chain.genesis, dev=True, blocks=blocks),))

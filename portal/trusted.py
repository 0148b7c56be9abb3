"""Block hashes from the verifier's own side: nodes of theirs (`verify --rpc`), or ours (`anchor --trust-file`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from notary.errors import TrustInvalid
from notary.evm.evm_proof import EvmAnchor
from notary.verdicts.node_answers import AskedTrust, NodeAnswer
from notary.verdicts.trust import Trust, TrustedBlock, parse_block
from portal.config import reveal

if TYPE_CHECKING:
    from notary.proofs.receipt import Receipt
    from notary.verdicts.reasons import Said
    from onchain.connect import Chain
    from onchain.profiles import ChainProfile
    from portal.world import World

UNKNOWN_DEPTH: Final = 64  # blocks on top before a block of a chain without a profile is taken for final
TIMEOUT_SECONDS: Final = 20.0  # for one step of one call; a node that is slower does not count
BATCH: Final = 500  # blocks in one request
AT_ONCE: Final = 8  # nodes that are asked side by side


@dataclass(frozen=True, slots=True)
class Question:
    """The blocks that receipts speak of: (chain id, number), of anchors and of the claims' lower bounds."""

    blocks: frozenset[tuple[int, int]]

    @classmethod
    def about(cls, receipts: Iterable[Receipt]) -> Question:
        """What nodes are to be asked for `receipts`."""
        blocks = set()
        for receipt in receipts:
            anchors = [*receipt.anchors, *(receipt.later.anchors if receipt.later else ())]
            blocks |= {(one.chain_id, one.block_number) for one in anchors if isinstance(one, EvmAnchor)}
            try:
                named = receipt.shown().get("not_before_block")
                if named is not None:
                    blocks.add(parse_block(str(named))[:2])
            except TrustInvalid:  # check 3 says so
                continue
        return cls(frozenset(blocks))


def ask_nodes(
    trust: Trust, urls: Sequence[str], receipts: Iterable[Receipt], timeout: float = TIMEOUT_SECONDS
) -> tuple[AskedTrust, tuple[str, ...]]:
    """As `ask_about`, of the blocks that `receipts` name."""
    return ask_about(trust, urls, Question.about(receipts), timeout, "these receipts name")


def ask_about(
    trust: Trust,
    urls: Sequence[str],
    question: Question,
    timeout: float = TIMEOUT_SECONDS,
    who: str = "this file names",
) -> tuple[AskedTrust, tuple[str, ...]]:
    """`trust` and what each node says of the blocks in question, and why nodes do not count, a sentence each.

    timeout  seconds that one step of one call may take
    who      names the blocks, for the sentences

    Raises SecretMissing; and the first node's error where no node at all could be asked.
    """
    from onchain.errors import ChainError

    revealed = [reveal(url) for url in urls]

    def ask(url: str) -> list[NodeAnswer] | ChainError:
        try:
            return _ask(url, question, timeout)
        except ChainError as exc:
            return exc

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = list(pool.map(ask, revealed))
    errors = [said for said in asked if isinstance(said, ChainError)]
    if errors and len(errors) == len(asked):
        raise errors[0]
    answers, notes = [], []
    for url, said in zip(revealed, asked, strict=True):
        if isinstance(said, ChainError):
            notes.append(f"{_name(url)} did not count: {said}")
        elif said:
            answers += said
        else:
            notes.append(f"{_name(url)} serves a chain on which {who} no block")
    return AskedTrust.of(trust, answers), tuple(notes)


def _name(url: str) -> str:
    from onchain.errors import mask_url

    return f"the node {mask_url(url)}"


def _ask(url: str, question: Question, timeout: float) -> list[NodeAnswer]:
    """What one node says.  Raises ChainError."""
    from onchain.errors import NodeMisbehaved

    chain = connect_any(url, timeout)
    try:
        numbers = iter(sorted(number for chain_id, number in question.blocks if chain_id == chain.chain_id))
        final = chain.final().number  # before the blocks: what is final stays, so no hash of them can change meanwhile
        answers = []
        while some := list(islice(numbers, BATCH)):
            for number, block in zip(some, chain.blocks(some), strict=True):
                if block is not None and block.number != number:
                    raise NodeMisbehaved(chain.url, f"block {block.number} instead of block {number}")
                answers.append(
                    NodeAnswer(
                        node=chain.url,
                        chain_id=chain.chain_id,
                        genesis=chain.genesis,
                        number=number,
                        hash=block.hash if block else None,
                        timestamp=block.timestamp if block else None,
                        final=final,
                        finality=_finality(chain.profile),
                    )
                )
        return answers
    finally:
        chain.close()


def _finality(rules: ChainProfile) -> Said:
    """What "final" rests on there, as ChainProfile.finality_in_words says it in English."""
    from notary.verdicts.reasons import Text, said

    if rules.depth is None:
        return said(Text.FINAL) if rules.l1 is None else said(Text.FINAL_WITH_L1, chain=rules.l1)
    return said(Text.DEEP if rules.l1 is None else Text.DEEP_UNASKED, blocks=rules.depth)


def connect_any(url: str, timeout: float) -> Chain:
    """The chain that the node serves, whichever it is."""
    from onchain import wire
    from onchain.connect import Chain
    from onchain.errors import UnknownChain
    from onchain.profiles import ChainProfile, profile
    from onchain.rpc import Rpc

    rpc = Rpc(url, timeout)
    try:
        chain_id = wire.quantity(rpc.call("eth_chainId"), "chain id")
    finally:
        rpc.close()
    try:
        rules = profile(chain_id)
    except UnknownChain:
        name = f"chain {chain_id}"
        rules = ChainProfile(chain_id, name, f"depth:{UNKNOWN_DEPTH}", "mpt", "eip1559", "", False, 12, None)
    return Chain.connect(url, profile=rules, timeout=timeout)


def own_trust(world: World) -> Trust:
    """What this workspace's own node says about the blocks of its final anchors.

    A development chain is trusted in it: whoever asks for this file asks for that.

    Raises DeploymentMissing, NodeError.
    """
    from notary.evm.anchors import list_anchors
    from notary.store import ANCHOR_FINAL
    from notary.verdicts.trust import TrustedChain
    from portal.deployments import evidence_contract

    chain = world.chain("evidence")
    contract = bytes.fromhex(evidence_contract(world.workspace, chain).address[2:])
    every = list_anchors(world.notary, every_log=True)
    final = [a for a in every if a.status == ANCHOR_FINAL and a.chain_id == chain.chain_id]
    numbers = sorted({anchor.block_number for anchor in final if anchor.block_number is not None})
    found = chain.blocks(numbers) if numbers else []
    blocks = {b.number: TrustedBlock(b.number, b.hash, b.timestamp) for b in found if b is not None}
    rules = chain.profile
    known = TrustedChain(chain.chain_id, chain.genesis, rules.name, rules.dev, (contract,), blocks)
    return Trust((known,))

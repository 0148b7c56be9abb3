"""What nodes that the verifier chose say of blocks (`verify --rpc`), and how that is weighed.

Each node is asked on its own for the hash of a block and for how far its chain is final. A node counts for a block
that it calls final. When two sources name different blocks of one number, one of them is wrong and nobody here can say
which: that is never a pass, and the verdict names both. A node of another chain, or one that cannot be asked, counts
for nothing.

Pure: who asks is portal/trusted.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notary.reading import evm
from notary.verdicts.reasons import Said, Text, said
from notary.verdicts.trust import Judgement, KnownTime, Trust, TrustedBlock, block_known, known_time
from notary.verdicts.verdict import Reason, Status


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What one node says of one block number.

    node        its address without secrets
    genesis     32 bytes, hash of its block 0
    hash        32 bytes; None: it has no block of that number
    timestamp   Unix seconds; None with no hash
    final       number of its newest final block
    finality    what makes a block final there, in words
    """

    node: str
    chain_id: int
    genesis: bytes
    number: int
    hash: bytes | None
    timestamp: int | None
    final: int
    finality: Said

    @property
    def is_final(self) -> bool:
        return self.hash is not None and self.number <= self.final


KNOWS = frozenset({Reason.CONTRACT_UNTRUSTED, Reason.DEV_CHAIN_UNTRUSTED})
"""Reasons for which a block is not trusted though the verifier's own source names this very block."""


@dataclass(frozen=True, slots=True)
class AskedTrust(Trust):
    """What the verifier knows, and what nodes of theirs answered; `answers` by (chain id, block number)."""

    answers: Mapping[tuple[int, int], Sequence[NodeAnswer]] = field(default_factory=dict)

    @classmethod
    def of(cls, trust: Trust, answers: Iterable[NodeAnswer]) -> AskedTrust:
        """`trust` and these answers."""
        by_block: dict[tuple[int, int], list[NodeAnswer]] = {}
        for answer in answers:
            by_block.setdefault((answer.chain_id, answer.number), []).append(answer)
        return cls(trust.chains, trust.authorities, trust.bitcoin, trust.signers, by_block)

    def judge(self, chain_id: int, genesis: bytes, contract: bytes, number: int, block_hash: bytes) -> Judgement:
        """As Trust.judge, with the nodes' answers.

        1. Nodes of another chain with this number count for nothing. But a receipt that names a chain which neither a
           node nor the verifier's side knows by its genesis is not confirmed: no proof covers the name.
        2. A source that names another block contradicts; with one that confirms beside it, nothing is known.
        3. Who confirms, and calls the block final, counts as a block of the verifier's own.
        """
        # 1. The same chain.
        asked = self.answers.get((chain_id, number), ())
        here = [a for a in asked if a.genesis == genesis]
        known = Trust.judge(self, chain_id, genesis, contract, number, block_hash)
        if known.reason is Reason.GENESIS_DIFFERS:
            return known
        named = any((chain.chain_id, chain.genesis) == (chain_id, genesis) for chain in self.chains)
        if asked and not here and not named and known.reason is not Reason.BLOCK_HASH_DIFFERS:
            detail = said(Text.NODE_GENESIS, node=asked[0].node, chain=chain_id, genesis=evm(genesis))
            return Judgement(Status.INDETERMINATE, detail, Reason.GENESIS_DIFFERS)

        # 2. Contradiction.
        confirming = [a for a in here if a.is_final and a.hash == block_hash]
        other = [a for a in here if a.hash not in (None, block_hash)]
        if other and (confirming or known.status is Status.PASSED or known.reason in KNOWS):
            source = _nodes(confirming) if confirming else said(Text.SOURCE_KNOWN)
            one = block_known(source, chain_id, TrustedBlock(number, block_hash))
            return _disagreement(one, _others(other))
        if confirming and known.reason is Reason.BLOCK_HASH_DIFFERS:
            return _disagreement(known.said, said(Text.NODES_SAY, nodes=_nodes(confirming), hash=evm(block_hash)))
        final = [a for a in other if a.is_final]
        if final:
            detail = said(Text.NODES_AGAINST, number=number, chain=chain_id, others=_others(final))
            return Judgement(Status.FAILED, detail, Reason.BLOCK_HASH_DIFFERS)

        # 3. Confirmation.
        if confirming:
            source = said(Text.SOURCE_FINAL_THERE, nodes=_nodes(confirming), finality=confirming[0].finality)
            block = TrustedBlock(number, block_hash, confirming[0].timestamp, source)
            of_number = self._about(chain_id, number).with_block(chain_id, block, genesis)
            return of_number.judge(chain_id, genesis, contract, number, block_hash)
        if here and known.reason is Reason.BLOCK_HASH_UNCONFIRMED:
            more = tuple(_open(a, block_hash) for a in here)
            return replace(known, said=said(Text.OPEN_STILL, known=known.said, more=more))
        return known

    def time_of(self, chain_id: int, number: int, block_hash: bytes) -> KnownTime | None:
        """As Trust.time_of, with the nodes' answers; None also where any source names another block."""
        asked = [a for a in self.answers.get((chain_id, number), ()) if a.hash is not None]
        if any(a.hash != block_hash for a in asked):
            return None
        known = Trust.time_of(self, chain_id, number, block_hash)
        if known is not None:
            return known
        about = self._about(chain_id, number).chains
        if any(block.hash != block_hash for chain in about for block in chain.blocks.values()):
            return None
        for answer in asked:
            if answer.is_final and answer.timestamp is not None:
                chains = [chain for chain in about if chain.genesis in (None, answer.genesis)]
                return known_time(chain_id, chains, answer.timestamp)
        return None

    def _about(self, chain_id: int, number: int) -> Trust:
        """What the verifier's own side says of this chain number, with none but this block: it may know very many."""
        return Trust(
            tuple(
                replace(chain, blocks={number: chain.blocks[number]} if number in chain.blocks else {})
                for chain in self.chains
                if chain.chain_id == chain_id
            )
        )


def _disagreement(one: Said, other: Said | tuple[Said, ...]) -> Judgement:
    detail = said(Text.BOTH, one=one, other=other)
    return Judgement(Status.INDETERMINATE, detail, Reason.SOURCES_DISAGREE)


def _nodes(answers: Sequence[NodeAnswer]) -> Said:
    names = tuple(answer.node for answer in answers)
    return said(Text.SOURCE_NODE, node=names[0]) if len(names) == 1 else said(Text.SOURCE_NODES, nodes=names)


def _others(answers: Sequence[NodeAnswer]) -> tuple[Said, ...]:
    return tuple(said(Text.NODE_SAYS, node=a.node, hash=evm(a.hash or b"")) for a in answers)


def _open(answer: NodeAnswer, block_hash: bytes) -> Said:
    """Why an answer that is no contradiction of a final block does not confirm either."""
    if answer.hash is None:
        return said(Text.NODE_WITHOUT_BLOCK, node=answer.node, number=answer.number)
    if answer.hash == block_hash:
        return said(Text.NODE_NOT_FINAL, node=answer.node, final=answer.final)
    return said(Text.NODE_OTHER_NOT_FINAL, node=answer.node, hash=evm(answer.hash), final=answer.final)

"""Many objects under the same archive time-stamps: what is kept of them, and each object's evidence record.

One token stamps the hash tree over all objects. What is kept is one row for each chain: the hash, each object's digest
and blind under it, and the tokens. Every object's RFC 4998 record follows from that, with its own reduced tree, and
proves the object without the others.

    object's group   {digest, blind}: two values that are proven together. The blind is 32 bytes or more that only the
                     owner can tell; without it a neighbour's digest would stand in the records of other documents, and
                     who knows a digest can guess what a short document says. RFC 4998, section 4.2, allows any value
                     to be added.
    next chain       the digest is that of `evidence_record.tree_value`: of the object and of its own record so far. It
                     stands alone in the first list (section 5.2, step 5), the blind in the second.

An object that is no longer there when a tree is renewed has no digest in that chain or any later one; its record ends.
Of an object that was erased only the node of its group is kept: the others' proofs need it, and it tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from notary.errors import HashTreeInvalid
from notary.records.evidence_record import EvidenceRecord, new_record, tree_value
from notary.records.hash_tree import HashTree, apart, digest_of, node_of


class Leaf(NamedTuple):
    """An object in a chain: its own digest under the chain's hash, and the blind, of the same size."""

    digest: bytes
    blind: bytes


class Gone(NamedTuple):
    """What is left of an erased object in a chain: the node of its group."""

    node: bytes


AnyLeaf: TypeAlias = Leaf | Gone | None
"""None: the object was left out from this chain on."""


@dataclass(frozen=True, slots=True)
class SetChain:
    """One chain.

    hash_name  from hash_tree.HASH_SIZES
    leaves     one for each object of the set, in its order
    tokens     the first stamps the tree's root, each later one the token before it
    """

    hash_name: str
    leaves: tuple[AnyLeaf, ...]
    tokens: tuple[bytes, ...]


class Stamped(NamedTuple):
    """What is to be stamped next: these bytes, by their hash of this name."""

    data: bytes
    hash_name: str

    @property
    def imprint(self) -> bytes:
        return digest_of(self.hash_name, self.data)


class EvidenceSet:
    """Chains over a set of objects, the oldest first.  Raises HashTreeInvalid where they do not fit each other."""

    def __init__(self, chains: Sequence[SetChain] = ()) -> None:
        self.chains: tuple[SetChain, ...] = ()
        self._records: tuple[EvidenceRecord | None, ...] = ()  # of each object, by all chains so far
        for chain in chains:
            self._records = self._grown(chain)
            self.chains = (*self.chains, chain)

    def record(self, index: int) -> EvidenceRecord:
        """The evidence record of one object, as far as it was kept.  Raises IndexError, KeyError (it was erased)."""
        record = self._records[index]
        if record is None:
            raise KeyError(index)
        return record

    def begins(self, hash_name: str, leaves: Sequence[AnyLeaf]) -> Stamped:
        """What the first token of the next chain stamps: of the first chain, or of a hash-tree renewal."""
        return Stamped(_tree(self._groups(hash_name, leaves), hash_name).root_data, hash_name)

    def renewal(self) -> Stamped:
        """What the next token of the last chain stamps: a time-stamp renewal.  Raises IndexError without a chain."""
        last = self.chains[-1]
        return Stamped(last.tokens[-1], last.hash_name)

    def with_chain(self, hash_name: str, leaves: Sequence[AnyLeaf], token: bytes) -> EvidenceSet:
        """The set with the chain that `token` begins."""
        return EvidenceSet((*self.chains, SetChain(hash_name, tuple(leaves), (token,))))

    def with_token(self, token: bytes) -> EvidenceSet:
        """The set after a time-stamp renewal."""
        last = self.chains[-1]
        return EvidenceSet((*self.chains[:-1], replace(last, tokens=(*last.tokens, token))))

    def without(self, places: AbstractSet[int]) -> EvidenceSet:
        """The set after these objects were erased: the others' records stay as they are, byte for byte."""
        kept: list[SetChain] = []
        for at, chain in enumerate(self.chains):
            groups = EvidenceSet(self.chains[:at])._groups(chain.hash_name, chain.leaves)
            leaves = tuple(
                Gone(node_of(group, chain.hash_name)) if place in places and group is not None else leaf
                for place, (leaf, group) in enumerate(zip(chain.leaves, groups, strict=True))
            )
            kept.append(replace(chain, leaves=leaves))
        return EvidenceSet(kept)

    def _groups(self, hash_name: str, leaves: Sequence[AnyLeaf]) -> list[tuple[bytes, ...] | None]:
        """Each object's group in the tree of the chain that comes next."""
        if not self.chains and None in leaves:
            raise HashTreeInvalid("the first chain is over every object")
        if self.chains and len(leaves) != len(self._records):
            raise HashTreeInvalid(f"a chain over {len(leaves)} objects follows one over {len(self._records)}")
        groups: list[tuple[bytes, ...] | None] = []
        for place, leaf in enumerate(leaves):
            if self.chains and leaf is not None and self.chains[-1].leaves[place] is None:
                raise HashTreeInvalid(f"object {place} comes back after it was left out of a chain")
            if isinstance(leaf, Leaf) and self.chains:
                record = self._records[place]
                if record is None:
                    raise HashTreeInvalid(f"object {place} comes back after it was erased")
                groups.append((tree_value(record.chains, leaf.digest, hash_name), leaf.blind))
            else:
                groups.append(leaf)
        return groups

    def _grown(self, chain: SetChain) -> tuple[EvidenceRecord | None, ...]:
        if not chain.tokens:
            raise HashTreeInvalid("a chain needs at least one token")
        groups = self._groups(chain.hash_name, chain.leaves)
        tree = _tree(groups, chain.hash_name)
        records: list[EvidenceRecord | None] = []
        position = 0  # among the groups that are in the tree
        for place, (leaf, group) in enumerate(zip(chain.leaves, groups, strict=True)):
            before = self._records[place] if self.chains else None
            if group is None:
                records.append(before)
                continue
            lists = tree.reduced(position)
            position += 1
            if not isinstance(leaf, Leaf):
                records.append(None)
                continue
            if before is None:
                record = new_record(chain.hash_name, lists, chain.tokens[0])
            else:
                record = before.with_chain(chain.hash_name, apart(lists, group[0]), chain.tokens[0])
            for token in chain.tokens[1:]:
                record = record.with_time_stamp(chain.hash_name, token)
            records.append(record)
        return tuple(records)


def _tree(groups: Sequence[tuple[bytes, ...] | None], hash_name: str) -> HashTree:
    return HashTree((group for group in groups if group is not None), hash_name)

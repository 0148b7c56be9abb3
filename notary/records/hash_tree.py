"""Hash trees of RFC 4998: from many digests to one value, and from one digest back to it without the others.

    node      H of its values, sorted ascending as byte strings and joined; a single value is its own node
    group     the values of one data object, or of several that are proven together; its node is a leaf of the tree
    tree      binary: neighbours become one node, the last of an odd number goes up as it is (section 4.2)
    reduced   the lists of values that lead from one group to the root: the group, then what each step adds (4.3)

The leaves are sorted as well, which the standard leaves open: a tree then says nothing about the order of its objects.
A value that is there twice is there once: two equal documents have one proof.

Source: RFC 4998, sections 4.2 and 4.3. Not the trees of notary/log/merkle.py: these sort, and know no index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from notary.errors import HashTreeInvalid
from notary.timestamps.tsp_values import HASH_NAMES

Lists: TypeAlias = tuple[tuple[bytes, ...], ...]
"""A reduced hash tree: lists of values, the object's own first."""

HASH_SIZES = {name: hashlib.new(name).digest_size for name in HASH_NAMES}
"""Hashes of trees, those that tokens stamp (notary/timestamps/tsp_values.py), by their names in hashlib, with the bytes
of a value. Whether one is still good is a matter of time: notary/records/algorithms.py."""


def digest_of(hash_name: str, *parts: bytes) -> bytes:
    """The hash of `parts`, joined."""
    state = hashlib.new(hash_name)
    for part in parts:
        state.update(part)
    return state.digest()


def node_of(values: Iterable[bytes], hash_name: str) -> bytes:
    """The node over `values`, in any order.  Raises HashTreeInvalid where there are none."""
    ordered = sorted(values)
    if not ordered:
        raise HashTreeInvalid("a list of hash values is empty")
    return ordered[0] if len(ordered) == 1 else digest_of(hash_name, *ordered)


class HashTree:
    """The tree over groups of values.

    groups     one for each data object, each of one or more values of the hash's size
    hash_name  from HASH_SIZES

    Raises HashTreeInvalid for no groups, an empty group, or a value of another size.
    """

    __slots__ = ("_levels", "_place", "groups", "hash_name")

    def __init__(self, groups: Iterable[Iterable[bytes]], hash_name: str) -> None:
        self.hash_name = hash_name
        self.groups = tuple(tuple(sorted(set(group))) for group in groups)
        for group in self.groups:
            check_sizes(group, hash_name)
        leaves = sorted({node_of(group, hash_name) for group in self.groups})
        if not leaves:
            raise HashTreeInvalid("a hash tree needs at least one value")
        self._place = {leaf: place for place, leaf in enumerate(leaves)}
        self._levels = [leaves]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([node_of(below[at : at + 2], hash_name) for at in range(0, len(below), 2)])

    @property
    def root(self) -> bytes:
        """What a time-stamp of this tree stamps."""
        return self._levels[-1][0]

    @property
    def root_data(self) -> bytes:
        """Bytes whose hash is the root.  Raises HashTreeInvalid for a single value, which is its own root."""
        values = self._levels[-2] if len(self._levels) > 1 else self.groups[0]
        if len(values) < 2:
            raise HashTreeInvalid("the root is a single value, not the hash of several")
        return b"".join(sorted(values))

    def reduced(self, index: int) -> Lists:
        """The lists that lead from group `index` to the root; none where that group is the whole tree.

        A group of one value stands in the first list together with its neighbour, as section 4.2 has it.
        """
        group = self.groups[index]
        place = self._place[node_of(group, self.hash_name)]
        added: list[tuple[bytes, ...]] = []
        for level in self._levels[:-1]:
            neighbour = place ^ 1
            if neighbour < len(level):
                added.append((level[neighbour],))
            place //= 2
        if len(group) > 1:
            return (group, *added)
        if not added:
            return ()
        return (tuple(sorted((*group, *added[0]))), *added[1:])


def apart(lists: Lists, value: bytes) -> Lists:
    """The same proof with `value` alone in the first list, and the rest of that list in the second.

    A first list of this kind says that the time-stamp is about this object and no other (section 5.2, step 5).
    """
    if not lists or len(lists[0]) == 1:
        return lists
    return ((value,), tuple(other for other in lists[0] if other != value), *lists[1:])


def root_of(lists: Lists, values: Sequence[bytes], hash_name: str) -> bytes:
    """The root that a reduced tree leads to from the values of one group.

    lists      as `HashTree.reduced` gives them, or from outside: lists of any width
    values     of the objects that are to be proven; each must be in the first list

    Raises HashTreeInvalid.  Source: RFC 4998, section 4.3, steps 2 to 4.
    """
    check_sizes(values, hash_name)
    if not lists:
        return node_of(values, hash_name)
    for level in lists:
        check_sizes(level, hash_name)
    missing = [value for value in values if value not in lists[0]]
    if missing or not values:
        what = missing[0].hex() if missing else "no value at all"
        raise HashTreeInvalid(f"{what} is not among the {len(lists[0])} values of the first list")
    node = node_of(lists[0], hash_name)
    for level in lists[1:]:
        node = node_of((*level, node), hash_name)
    return node


def check_sizes(values: Sequence[bytes], hash_name: str) -> None:
    """Check that there are values and each has the hash's size.  Raises HashTreeInvalid."""
    size = HASH_SIZES.get(hash_name)
    if size is None:
        raise HashTreeInvalid(f"{hash_name!r} is no hash that trees are read with")
    if not values:
        raise HashTreeInvalid("a list of hash values is empty")
    for value in values:
        if len(value) != size:
            raise HashTreeInvalid(f"a value of {len(value)} bytes is none of {hash_name}, which has {size}")

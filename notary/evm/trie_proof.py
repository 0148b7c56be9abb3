"""Check that a Merkle-Patricia trie holds a value under a key, given the nodes on the way.

Source: Ethereum Yellow Paper, appendices C and D. A node of 32 or more encoded bytes is referred to by its
Keccak-256; a shorter one stands inside its parent and is not listed. Only presence is checked: a receipt never needs
absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notary.errors import EvmProofInvalid, RlpInvalid
from notary.evm import rlp
from notary.evm.rlp import Item
from notary.keccak import keccak256
from notary.verdicts.verdict import Reason

MAX_NODES = 64  # one per nibble of a 32-byte key; the key of a transaction receipt has at most 10 nibbles


def prove_value(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """The value under `key` in the trie with root hash `root`.

    root   32 bytes
    key    the raw key; for a block's receipts the RLP of the transaction's index
    nodes  RLP of the nodes from the root on, each needed and no other

    Raises EvmProofInvalid (trie-path-invalid).
    """
    if len(nodes) > MAX_NODES:
        raise _invalid(f"it has {len(nodes)} nodes, at most {MAX_NODES} are allowed")
    path = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    given = iter(nodes)
    reference: Item = root
    while True:
        node = _resolve(reference, given)
        if len(node) == 17:
            if not path:
                return _finish(node[16], given)
            reference = node[path.pop(0)]
        elif len(node) == 2:
            part, is_leaf = _hex_prefix(node[0])
            if path[: len(part)] != part or (is_leaf and len(part) != len(path)):
                raise _invalid("a node on the path belongs to another key")
            path = path[len(part) :]
            if is_leaf:
                return _finish(node[1], given)
            if not part:
                raise _invalid("an extension node extends by nothing")
            reference = node[1]
        else:
            raise _invalid(f"a node has {len(node)} items, neither 17 nor 2")


def _resolve(reference: Item, given: Iterator[bytes]) -> list[Item]:
    """The node that `reference` stands for: itself where it is inside its parent, else the next one given."""
    if isinstance(reference, list):
        if len(rlp.encode(reference)) >= 32:
            raise _invalid("a node of 32 bytes or more stands inside its parent")
        return reference
    if len(reference) != 32:
        raise _invalid("the path ends where the trie has nothing")
    encoded = next(given, None)
    if encoded is None:
        raise _invalid("nodes are missing at its end")
    if keccak256(encoded) != reference:
        raise _invalid("a node does not have the hash that its parent names")
    try:
        return rlp.decode_list(encoded)
    except RlpInvalid as exc:
        raise _invalid(str(exc)) from exc


def _hex_prefix(item: Item) -> tuple[list[int], bool]:
    """(nibbles, is it a leaf) of a short node's first item."""
    if not isinstance(item, bytes) or not item or item[0] >> 4 > 3:
        raise _invalid("a short node has no valid prefix")
    nibbles = [nibble for byte in item for nibble in (byte >> 4, byte & 15)]
    flags = nibbles[0]
    if not flags & 1 and nibbles[1] != 0:
        raise _invalid("a short node has no valid prefix")
    return nibbles[1 if flags & 1 else 2 :], bool(flags & 2)


def _finish(value: Item, given: Iterator[bytes]) -> bytes:
    if not isinstance(value, bytes) or not value:
        raise _invalid("the trie has no value there")
    if next(given, None) is not None:
        raise _invalid("it has nodes that are not needed")
    return value


def _invalid(detail: str) -> EvmProofInvalid:
    return EvmProofInvalid(Reason.TRIE_PATH_INVALID, f"the trie path is not valid: {detail}")

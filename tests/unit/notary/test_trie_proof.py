from __future__ import annotations

import pytest
import rlp
from eth_hash.auto import keccak
from support.sealed import proof_nodes
from trie import HexaryTrie

from notary.errors import EvmProofInvalid
from notary.evm.rlp import encode
from notary.evm.trie_proof import prove_value
from notary.verdicts.verdict import Reason


def trie_of(content: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    return trie


def refused(root: bytes, key: bytes, nodes: tuple[bytes, ...]) -> str:
    with pytest.raises(EvmProofInvalid) as caught:
        prove_value(root, key, nodes)
    assert caught.value.reason == Reason.TRIE_PATH_INVALID
    return str(caught.value)


class TestProveValue:
    def test_a_single_leaf_is_its_own_root(self) -> None:
        trie = trie_of({b"\x80": b"v"})
        assert prove_value(trie.root_hash, b"\x80", proof_nodes(trie, b"\x80")) == b"v"

    def test_the_ethereum_wiki_trie_is_read_with_nodes_inside_their_parents(self) -> None:
        content = {b"do": b"verb", b"dog": b"puppy", b"doge": b"coin", b"horse": b"stallion"}
        trie = trie_of(content)
        assert trie.root_hash.hex() == "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84"
        inside = 0
        for key, value in content.items():
            nodes = proof_nodes(trie, key)
            inside += len(trie.get_proof(key)) - len(nodes)
            assert prove_value(trie.root_hash, key, nodes) == value
        assert inside > 0

    def test_an_absent_key_is_refused_wherever_the_path_ends(self) -> None:
        trie = trie_of({b"do": b"verb", b"dog": b"puppy", b"doge": b"coin", b"horse": b"stallion"})
        for key in (b"d", b"dogs", b"doges", b"x", b"horses", b"hors", b"do\0"):
            refused(trie.root_hash, key, proof_nodes(trie, key))

    def test_a_value_in_a_branch_is_not_given_for_a_longer_key(self) -> None:
        trie = trie_of({b"\x12": b"a" * 40, b"\x12\x34": b"b" * 40, b"\x12\x56": b"c" * 40})
        assert prove_value(trie.root_hash, b"\x12", proof_nodes(trie, b"\x12")) == b"a" * 40
        assert prove_value(trie.root_hash, b"\x12\x34", proof_nodes(trie, b"\x12\x34")) == b"b" * 40

    def test_a_leaf_of_another_key_with_the_right_hash_is_refused(self) -> None:
        leaf = rlp.encode([b"\x20\x80", b"value" * 10])
        assert prove_value(keccak(leaf), b"\x80", (leaf,)) == b"value" * 10
        assert "another key" in refused(keccak(leaf), b"\x01", (leaf,))

    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            ([b"\x20\x80", b"v"] * 2, "neither 17 nor 2"),
            ([b"\x40\x80", b"v"], "prefix"),
            ([b"", b"v"], "prefix"),
            ([b"\x21\x80", b"v"], "prefix"),
            ([b"\x31\x80", b"v"], "another key"),
            ([b"\x20\x80", b""], "no value"),
            ([b"\x20\x80", [b"v"]], "no value"),
            ([b"\x00", b"\x11" * 32], "extends by nothing"),
            ([[b"\x20"], b"v"], "prefix"),
            ([b"\x00\x80", b"short"], "has nothing"),
            ([b"\x00\x80", [b"\x20", b"x" * 40]], "32 bytes or more stands inside"),
            ([b""] * 17, "has nothing"),
            (b"bytes", "list"),
        ],
    )
    def test_malformed_nodes_are_refused(self, item: object, reason: str) -> None:
        node = rlp.encode(item)
        assert reason in refused(keccak(node), b"\x80", (node,))

    def test_a_node_of_31_bytes_stands_inside_its_parent_and_one_of_32_does_not(self) -> None:
        for size, inside in ((31, True), (32, False)):
            leaf = [b"\x30", b"v" * (size - 3)]
            assert len(rlp.encode(leaf)) == size
            branch = rlp.encode([leaf, *[b""] * 7, leaf, *[b""] * 8])
            extension = rlp.encode([b"\x18", leaf])
            for node, key in ((branch, b"\x80"), (extension, b"\x80")):
                if inside:
                    assert prove_value(keccak(node), key, (node,)) == leaf[1]
                else:
                    assert "stands inside" in refused(keccak(node), key, (node,))

    def test_a_node_after_the_value_is_refused(self) -> None:
        trie = trie_of({b"\x80": b"v" * 40, b"\x01": b"w" * 40})
        nodes = proof_nodes(trie, b"\x80")
        assert "not needed" in refused(trie.root_hash, b"\x80", (*nodes, nodes[0]))
        assert "missing" in refused(trie.root_hash, b"\x80", nodes[:-1])
        assert "missing" in refused(trie.root_hash, b"\x80", ())

    def test_64_nodes_are_looked_at_and_65_are_not(self) -> None:
        leaf = encode([b"\x20\x80", b"v"])
        assert "not needed" in refused(keccak(leaf), b"\x80", (leaf,) * 64)
        assert "at most 64" in refused(keccak(leaf), b"\x80", (leaf,) * 65)

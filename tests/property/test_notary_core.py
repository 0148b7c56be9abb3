"""JCS, the tree, RLP and the trie check against rfc8785, the RFC written down recursively, rlp and trie."""

from __future__ import annotations

import json
import random

import pytest
import rfc8785
import rlp as rlp_package
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import merkle_reference as reference
from support.sealed import proof_nodes
from trie import HexaryTrie

from notary import jcs
from notary.errors import ConsistencyInvalid, EvmProofInvalid, JsonInvalid, ProofInvalid, RlpInvalid
from notary.evm import rlp
from notary.evm.trie_proof import prove_value
from notary.keccak import _through_pycryptodome, keccak256
from notary.log import merkle, tiles

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-jcs.MAX_INT, jcs.MAX_INT)
leaves = st.none() | st.booleans() | integers | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)
items: st.SearchStrategy[rlp.Item] = st.recursive(
    st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=12
)


class TestJcs:
    @given(values)
    @settings(max_examples=300, deadline=None)
    def test_dumps_gives_the_bytes_of_rfc8785(self, value: jcs.Json) -> None:
        try:
            ours = jcs.dumps(value)
        except JsonInvalid:
            assert depth(value) > jcs.MAX_DEPTH
            return
        assert ours == rfc8785.dumps(value)  # type: ignore[arg-type]
        assert jcs.loads(ours, max_bytes=len(ours)) == value

    @given(values)
    @settings(max_examples=100, deadline=None)
    def test_loads_reads_any_layout_as_json_does(self, value: jcs.Json) -> None:
        if depth(value) <= jcs.MAX_DEPTH:
            data = json.dumps(value, indent=1).encode()
            assert jcs.loads(data, max_bytes=len(data)) == value

    @given(st.binary(max_size=200))
    @settings(max_examples=300, deadline=None)
    def test_loads_refuses_any_other_bytes_with_our_error_only(self, data: bytes) -> None:
        try:
            jcs.loads(data, max_bytes=1000)
        except JsonInvalid:
            return
        json.loads(data)


def depth(value: jcs.Json) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max(map(depth, inner), default=-1) if isinstance(value, dict | list) else 0


class TestTree:
    @given(st.integers(0, 300), st.data())
    @settings(max_examples=60, deadline=None)
    def test_roots_and_proofs_are_those_of_the_reference(self, size: int, data: st.DataObject) -> None:
        entries = [b"%d" % place for place in range(size)]
        tree = merkle.Tree(merkle.leaf_hashes(entries))
        assert tree.root == merkle.root(merkle.leaf_hashes(entries)) == reference.mth(entries)
        if size:
            index = data.draw(st.integers(0, size - 1))
            path = merkle.inclusion_path(index, size, tree.node_at)
            assert path == tree.inclusion_path(index) == reference.path(index, entries)
            merkle.verify_inclusion(merkle.leaf_hash(entries[index]), index, size, path, tree.root)
            old = data.draw(st.integers(1, size))
            proof = tree.consistency_path(old)
            assert proof == reference.proof(old, entries)
            merkle.verify_consistency(old, size, reference.mth(entries[:old]), tree.root, proof)

    @given(st.lists(st.integers(0, 40), max_size=12), st.data())
    @settings(max_examples=60, deadline=None)
    def test_a_log_grown_in_batches_gives_the_same_as_one_built_at_once(
        self, batches: list[int], data: st.DataObject
    ) -> None:
        hashes = merkle.leaf_hashes(b"%d" % place for place in range(sum(batches)))
        frontier, stored = merkle.Frontier(), dict[tuple[int, int], bytes]()
        for batch in batches:
            made = frontier.extend(hashes[frontier.size : frontier.size + batch])
            for growth in tiles.growth(made):
                known = stored.get((growth.level, growth.index), b"")
                assert growth.offset * 32 == len(known)
                stored[growth.level, growth.index] = known + growth.data
        tree = merkle.Tree(hashes)
        node_at = tiles.node_reader(lambda level, index: stored[level, index])
        assert frontier.root == tree.root == merkle.range_hash(0, tree.size, node_at)
        assert merkle.Frontier.from_nodes(tree.size, node_at).edge == frontier.edge
        wanted = {(t.level, t.index): t.width * 32 for t in tiles.tiles_of(tree.size) if t.level is not None}
        assert {key: len(value) for key, value in stored.items()} == wanted
        if tree.size:
            index = data.draw(st.integers(0, tree.size - 1))
            assert merkle.inclusion_path(index, tree.size, node_at) == tree.inclusion_path(index)

    @given(st.integers(1, 64), st.data())
    @settings(max_examples=150, deadline=None)
    def test_a_changed_inclusion_proof_is_judged_as_by_the_reference(self, size: int, data: st.DataObject) -> None:
        tree = merkle.Tree(merkle.leaf_hashes(b"%d" % place for place in range(size)))
        index = data.draw(st.integers(0, size - 1))
        path = changed(tree.inclusion_path(index), data)
        claimed_index, claimed_size = (
            data.draw(st.integers(0, 66)),
            data.draw(st.sampled_from([size, size + 1, size - 1])),
        )
        leaf = tree.levels[0][index]
        fits = (
            claimed_index < claimed_size
            and reference.root_from_path(leaf, claimed_index, claimed_size, path) == tree.root
        )
        if fits:
            merkle.verify_inclusion(leaf, claimed_index, claimed_size, path, tree.root)
        else:
            with pytest.raises(ProofInvalid):
                merkle.verify_inclusion(leaf, claimed_index, claimed_size, path, tree.root)

    @given(st.integers(1, 64), st.data())
    @settings(max_examples=150, deadline=None)
    def test_a_changed_consistency_proof_is_judged_as_by_the_reference(self, size: int, data: st.DataObject) -> None:
        hashes = merkle.leaf_hashes(b"%d" % place for place in range(size))
        old = data.draw(st.integers(1, size))
        old_root, new_root = merkle.root(hashes[:old]), merkle.root(hashes)
        path = changed(merkle.Tree(hashes).consistency_path(old), data)
        claimed_old = data.draw(st.sampled_from([old, old - 1, old + 1, size]))
        claimed_new = data.draw(st.sampled_from([size, size + 1]))
        fits = 0 < claimed_old <= claimed_new and reference.roots_from_proof(
            claimed_old, claimed_new, old_root, path
        ) == (old_root, new_root)
        if fits:
            merkle.verify_consistency(claimed_old, claimed_new, old_root, new_root, path)
        else:
            with pytest.raises(ConsistencyInvalid):
                merkle.verify_consistency(claimed_old, claimed_new, old_root, new_root, path)


def changed(path: list[bytes], data: st.DataObject) -> list[bytes]:
    """The path as it is, or with one hash changed, dropped, added, or two swapped."""
    kind = data.draw(st.sampled_from(["same", "flip", "drop", "add", "swap"]))
    place = data.draw(st.integers(0, max(len(path) - 1, 0)))
    if kind == "add":
        return [*path[:place], b"\x55" * 32, *path[place:]]
    if kind == "same" or not path:
        return path
    if kind == "drop":
        return path[:place] + path[place + 1 :]
    if kind == "swap":
        return path[::-1]
    return [*path[:place], bytes([path[place][0] ^ 1]) + path[place][1:], *path[place + 1 :]]


class TestRlp:
    @given(items)
    @settings(max_examples=200, deadline=None)
    def test_encoding_is_that_of_the_rlp_package_and_decodes_to_the_same(self, item: rlp.Item) -> None:
        encoded = rlp.encode(item)
        assert encoded == rlp_package.encode(item)
        if nesting(item) <= rlp.MAX_DEPTH:
            assert rlp.decode(encoded) == item
        else:
            with pytest.raises(RlpInvalid, match="deeper"):
                rlp.decode(encoded)

    @given(st.binary(max_size=80))
    @settings(max_examples=500, deadline=None)
    def test_any_bytes_decode_exactly_where_the_strict_rlp_package_decodes_them(self, data: bytes) -> None:
        try:
            expected = rlp_package.decode(data, strict=True)
        except Exception:
            expected = None
        try:
            assert rlp.decode(data) == expected
        except RlpInvalid as exc:
            assert expected is None or "deeper" in str(exc)

    @given(st.integers(0, 2**64 - 1))
    def test_integers_survive(self, number: int) -> None:
        assert rlp.encode_int(number) == rlp_package.encode(number)
        assert rlp.to_int(rlp.decode(rlp.encode_int(number)), "number") == number


def nesting(item: rlp.Item) -> int:
    return 1 + max(map(nesting, item), default=0) if isinstance(item, list) else 0


class TestTrie:
    @given(
        st.dictionaries(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=60), min_size=1, max_size=40),
        st.binary(min_size=1, max_size=4),
        st.randoms(use_true_random=False),
    )
    @settings(max_examples=300, deadline=None)
    def test_proofs_of_the_trie_package_are_accepted_and_forged_ones_refused(
        self, content: dict[bytes, bytes], absent: bytes, source: random.Random
    ) -> None:
        trie = HexaryTrie({})
        for key, value in content.items():
            trie[key] = value
        for key, value in content.items():
            nodes = proof_nodes(trie, key)
            assert prove_value(trie.root_hash, key, nodes) == value
            # Another root, a missing, a repeated, a changed node: none leads to a value.
            forged = [nodes[:-1], (*nodes, nodes[-1]), tuple(reversed(nodes)) if len(nodes) > 1 else ()]
            place, bit = source.randrange(len(nodes)), source.randrange(8 * len(nodes[-1]))
            broken = bytearray(nodes[place])
            broken[bit // 8 % len(broken)] ^= 1 << bit % 8
            forged.append((*nodes[:place], bytes(broken), *nodes[place + 1 :]))
            for path in forged:
                with pytest.raises(EvmProofInvalid):
                    prove_value(trie.root_hash, key, path)
            with pytest.raises(EvmProofInvalid):
                prove_value(keccak(trie.root_hash), key, nodes)
        if absent not in content:
            with pytest.raises(EvmProofInvalid):
                prove_value(trie.root_hash, absent, proof_nodes(trie, absent))

    @given(st.integers(1, 400), st.data())
    @settings(max_examples=25, deadline=None)
    def test_a_receipts_trie_proves_each_index_its_own_receipt_only(self, count: int, data: st.DataObject) -> None:
        trie = HexaryTrie({})
        for index in range(count):
            trie[rlp_package.encode(index)] = b"receipt %d " % index * 20
        index, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count))
        nodes = proof_nodes(trie, rlp_package.encode(index))
        assert prove_value(trie.root_hash, rlp.encode_int(index), nodes) == b"receipt %d " % index * 20
        if other != index:
            with pytest.raises(EvmProofInvalid):
                prove_value(trie.root_hash, rlp.encode_int(other), nodes)


@given(st.binary(max_size=1000))
@settings(max_examples=100, deadline=None)
def test_keccak_is_the_same_by_both_doors_and_by_eth_hash(data: bytes) -> None:
    assert keccak256(data) == _through_pycryptodome(data) == keccak(data)

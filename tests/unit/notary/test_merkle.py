from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from reference import merkle_reference as reference

from notary.errors import ConsistencyInvalid, ProofInvalid
from notary.log import merkle

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/ct_roots.json").read_text())
ENTRIES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
LEAVES = merkle.leaf_hashes(ENTRIES)


class TestRoot:
    @pytest.mark.parametrize("size", sorted(VECTORS["roots"], key=int))
    def test_root_is_that_of_certificate_transparency(self, size: str) -> None:
        assert merkle.root(LEAVES[: int(size)]).hex() == VECTORS["roots"][size]
        assert reference.mth(ENTRIES[: int(size)]).hex() == VECTORS["roots"][size]

    def test_root_of_nothing_is_the_hash_of_nothing(self) -> None:
        assert merkle.root([]) == merkle.Tree([]).root == merkle.Frontier().root == hashlib.sha256(b"").digest()

    def test_leaf_and_node_have_different_prefixes(self) -> None:
        left, right = LEAVES[:2]
        assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)
        assert merkle.leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()
        assert merkle.node_hash(left, right) == hashlib.sha256(b"\1" + left + right).digest()


class TestTree:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000])
    def test_inclusion_paths_gives_all_paths_in_order(self, size: int) -> None:
        tree = merkle.Tree([bytes([n % 256, n // 256]) * 16 for n in range(size)])
        assert [list(path) for path in tree.inclusion_paths()] == [tree.inclusion_path(n) for n in range(size)]

    def test_inclusion_paths_of_an_empty_tree_are_none(self) -> None:
        assert list(merkle.Tree([]).inclusion_paths()) == []

    def test_node_at_gives_complete_nodes_only(self) -> None:
        tree = merkle.Tree(LEAVES[:5])
        assert tree.node_at(2, 0) == merkle.root(LEAVES[:4])
        with pytest.raises(IndexError):
            tree.node_at(1, 2)

    @pytest.mark.parametrize("index", [-1, 8])
    def test_inclusion_path_refuses_an_entry_that_is_not_there(self, index: int) -> None:
        tree = merkle.Tree(LEAVES)
        with pytest.raises(ProofInvalid, match="no such entry"):
            tree.inclusion_path(index)
        with pytest.raises(ProofInvalid, match="no such entry"):
            merkle.inclusion_path(index, 8, tree.node_at)


class TestInclusionPaths:
    @pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 768, 1000])
    def test_of_gives_the_path_of_each_entry_in_any_order(self, size: int) -> None:
        tree = merkle.Tree([bytes([n % 256, n // 256]) * 16 for n in range(size + 5)])  # the log has grown since
        paths = merkle.InclusionPaths(size, tree.node_at)
        for index in [*range(size), *range(size - 1, -1, -97), 0]:
            assert list(paths.of(index)) == merkle.inclusion_path(index, size, tree.node_at)

    def test_of_refuses_an_entry_that_is_not_there(self) -> None:
        paths = merkle.InclusionPaths(7, merkle.Tree(LEAVES).node_at)
        assert paths.of(6)
        for index in (-1, 7):
            with pytest.raises(ProofInvalid, match="no such entry"):
                paths.of(index)


class TestVerifyInclusion:
    def test_a_path_of_one_hash_less_or_more_is_refused(self) -> None:
        tree = merkle.Tree(LEAVES)
        path = tree.inclusion_path(3)
        merkle.verify_inclusion(LEAVES[3], 3, 8, path, tree.root)
        with pytest.raises(ProofInvalid, match="too short"):
            merkle.verify_inclusion(LEAVES[3], 3, 8, path[:-1], tree.root)
        with pytest.raises(ProofInvalid, match="too long"):
            merkle.verify_inclusion(LEAVES[3], 3, 8, [*path, path[0]], tree.root)

    def test_the_last_entry_passes_and_the_one_after_is_refused(self) -> None:
        tree = merkle.Tree(LEAVES)
        merkle.verify_inclusion(LEAVES[7], 7, 8, tree.inclusion_path(7), tree.root)
        with pytest.raises(ProofInvalid, match="no such entry"):
            merkle.verify_inclusion(LEAVES[7], 8, 8, tree.inclusion_path(7), tree.root)

    def test_a_node_cannot_pass_for_an_entry(self) -> None:
        tree = merkle.Tree(LEAVES)
        node = merkle.node_hash(LEAVES[0], LEAVES[1])
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(node, 0, 8, tree.inclusion_path(0)[1:], tree.root)

    def test_hashes_of_31_or_33_bytes_are_refused(self) -> None:
        tree = merkle.Tree(LEAVES[:2])
        for sibling in (LEAVES[1][:31], LEAVES[1] + b"\0"):
            with pytest.raises(ProofInvalid, match="32 bytes"):
                merkle.verify_inclusion(LEAVES[0], 0, 2, [sibling], tree.root)

    def test_a_tree_of_one_has_an_empty_path(self) -> None:
        merkle.verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[0])
        with pytest.raises(ProofInvalid, match="leads to"):
            merkle.verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[1])


class TestVerifyConsistency:
    def test_from_size_zero_is_refused_even_where_the_roots_are_equal(self) -> None:
        empty = merkle.EMPTY_ROOT
        for new_size in (0, 1):
            with pytest.raises(ConsistencyInvalid):
                merkle.verify_consistency(0, new_size, empty, empty, [])
        with pytest.raises(ConsistencyInvalid):
            merkle.consistency_path(0, 4, merkle.Tree(LEAVES).node_at)

    def test_the_same_size_needs_the_same_root_and_no_path(self) -> None:
        root, other = merkle.root(LEAVES), merkle.root(LEAVES[:7])
        merkle.verify_consistency(8, 8, root, root, [])
        with pytest.raises(ConsistencyInvalid, match="two roots"):
            merkle.verify_consistency(8, 8, other, root, [])
        with pytest.raises(ConsistencyInvalid, match="no path"):
            merkle.verify_consistency(8, 8, root, root, [root])

    def test_a_rewritten_entry_is_refused(self) -> None:
        rewritten = [*LEAVES[:2], LEAVES[7], *LEAVES[3:]]
        honest, forged = merkle.Tree(LEAVES), merkle.Tree(rewritten)
        merkle.verify_consistency(5, 8, merkle.root(LEAVES[:5]), honest.root, honest.consistency_path(5))
        with pytest.raises(ConsistencyInvalid):
            merkle.verify_consistency(5, 8, merkle.root(LEAVES[:5]), forged.root, forged.consistency_path(5))

    def test_hashes_of_31_or_33_bytes_are_refused(self) -> None:
        tree = merkle.Tree(LEAVES)
        path = tree.consistency_path(5)
        for broken in (path[0][:31], path[0] + b"\0"):
            with pytest.raises(ConsistencyInvalid, match="32 bytes"):
                merkle.verify_consistency(5, 8, merkle.root(LEAVES[:5]), tree.root, [broken, *path[1:]])

    def test_a_path_of_one_hash_less_or_another_new_root_is_refused(self) -> None:
        tree, old_root = merkle.Tree(LEAVES), merkle.root(LEAVES[:5])
        path = tree.consistency_path(5)
        with pytest.raises(ConsistencyInvalid, match="too short"):
            merkle.verify_consistency(5, 8, old_root, tree.root, path[:-1])
        with pytest.raises(ConsistencyInvalid, match="too long"):
            merkle.verify_consistency(5, 8, old_root, tree.root, [*path, path[0]])
        with pytest.raises(ConsistencyInvalid, match="new root"):
            merkle.verify_consistency(5, 8, old_root, merkle.root(LEAVES[:7]), path)

    def test_an_empty_path_is_too_short_where_one_is_needed(self) -> None:
        with pytest.raises(ConsistencyInvalid, match="too short"):
            merkle.verify_consistency(3, 8, merkle.root(LEAVES[:3]), merkle.root(LEAVES), [])


class TestFrontier:
    def test_the_edge_must_fit_the_size(self) -> None:
        merkle.Frontier(3, LEAVES[:2])
        for size, edge in ((3, LEAVES[:1]), (2, LEAVES[:2]), (-1, []), (1, [b"short"])):
            with pytest.raises(ValueError, match="frontier"):
                merkle.Frontier(size, edge)

    def test_a_copy_grows_on_its_own(self) -> None:
        frontier = merkle.Frontier()
        frontier.extend(LEAVES[:3])
        copy = frontier.copy()
        copy.extend(LEAVES[3:])
        assert (frontier.size, copy.size) == (3, 8)
        assert (frontier.root, copy.root) == (merkle.root(LEAVES[:3]), merkle.root(LEAVES))

    def test_extend_by_nothing_changes_nothing(self) -> None:
        frontier = merkle.Frontier(1, LEAVES[:1])
        assert frontier.extend([]) == []
        assert frontier.edge == LEAVES[:1]

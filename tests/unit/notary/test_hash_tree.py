"""Hash trees of RFC 4998: the example of the standard, the shapes of reduced trees, what is refused."""

from __future__ import annotations

import hashlib

import pytest

from notary.errors import HashTreeInvalid
from notary.records.hash_tree import HASH_SIZES, HashTree, apart, node_of, root_of


def h(*values: bytes) -> bytes:
    return hashlib.sha256(b"".join(values)).digest()


A, B, C = (bytes([i]) * 32 for i in (1, 2, 3))


class TestHashTree:
    def test_root_is_the_value_itself_for_a_single_object(self) -> None:
        tree = HashTree([[A]], "sha256")
        assert tree.root == A
        assert tree.reduced(0) == ()

    def test_root_is_as_in_figure_1_for_three_groups(self) -> None:
        group = [C, b"\x04" * 32]  # of two objects; its node is 91..., behind A and B
        tree = HashTree([[A], [B], group], "sha256")
        assert tree.root == h(*sorted([h(A, B), h(*group)]))

    def test_reduced_is_as_in_figures_2_and_3(self) -> None:
        group = (C, b"\x04" * 32)
        tree = HashTree([[A], [B], group], "sha256")
        assert tree.reduced(0) == ((A, B), (h(*group),))
        assert tree.reduced(2) == (group, (h(A, B),))

    def test_values_are_sorted_as_unsigned_bytes(self) -> None:
        low, high = b"\x7f" * 32, b"\x80" * 32
        assert HashTree([[high], [low]], "sha256").root == h(low, high)

    @pytest.mark.parametrize("groups", [[[A, B]], [[A], [B]], [[A], [B], [C]], [[A, C], [B], [C]]])
    def test_root_data_hashes_to_the_root(self, groups: list[list[bytes]]) -> None:
        tree = HashTree(groups, "sha256")
        assert h(tree.root_data) == tree.root

    def test_root_data_of_a_single_value_is_refused(self) -> None:
        with pytest.raises(HashTreeInvalid):
            _ = HashTree([[A]], "sha256").root_data

    def test_equal_objects_have_one_leaf_and_one_proof(self) -> None:
        tree = HashTree([[A], [B], [A]], "sha256")
        assert tree.root == h(A, B)
        assert tree.reduced(0) == tree.reduced(2)

    @pytest.mark.parametrize("count", range(1, 18))
    def test_reduced_leads_back_to_the_root_from_every_object(self, count: int) -> None:
        leaves = [h(bytes([i])) for i in range(count)]
        tree = HashTree([[leaf] for leaf in leaves], "sha256")
        for place, leaf in enumerate(leaves):
            lists = tree.reduced(place)
            assert root_of(lists, [leaf], "sha256") == tree.root
            assert root_of(apart(lists, leaf), [leaf], "sha256") == tree.root

    @pytest.mark.parametrize("name", HASH_SIZES)
    def test_every_hash_that_is_read_builds_a_tree(self, name: str) -> None:
        values = [hashlib.new(name, bytes([i])).digest() for i in range(3)]
        tree = HashTree([[value] for value in values], name)
        assert len(tree.root) == HASH_SIZES[name]
        assert root_of(tree.reduced(1), [values[1]], name) == tree.root

    @pytest.mark.parametrize("groups", [[], [[]], [[A], []], [[A[:31]]], [[A + b"\0"]]])
    def test_groups_that_are_none_are_refused(self, groups: list[list[bytes]]) -> None:
        with pytest.raises(HashTreeInvalid):
            HashTree(groups, "sha256")

    def test_an_unknown_hash_is_refused(self) -> None:
        with pytest.raises(HashTreeInvalid, match="md5"):
            HashTree([[bytes(16)]], "md5")


class TestApart:
    def test_the_value_stands_alone_and_the_rest_follows(self) -> None:
        assert apart(((A, B), (C,)), B) == ((B,), (A,), (C,))

    def test_a_value_that_is_alone_stays_as_it_is(self) -> None:
        assert apart(((A,), (C,)), A) == ((A,), (C,))
        assert apart((), A) == ()


class TestRootOf:
    def test_a_list_of_any_width_is_read(self) -> None:
        assert root_of(((C, A, B),), [B], "sha256") == h(A, B, C)
        assert root_of(((A, B), (C, A)), [A, B], "sha256") == h(*sorted([h(A, B), A, C]))

    def test_without_lists_a_group_is_its_own_root(self) -> None:
        assert root_of((), [A], "sha256") == A
        assert root_of((), [B, A], "sha256") == h(A, B)

    @pytest.mark.parametrize("values", [[C], [A, C], []])
    def test_a_value_that_is_not_in_the_first_list_is_refused(self, values: list[bytes]) -> None:
        with pytest.raises(HashTreeInvalid):
            root_of(((A, B), (C,)), values, "sha256")

    @pytest.mark.parametrize("lists", [((),), ((A,), ()), ((A, B[:31]),), ((A,), (bytes(33),))])
    def test_lists_that_are_none_are_refused(self, lists: tuple[tuple[bytes, ...], ...]) -> None:
        with pytest.raises(HashTreeInvalid):
            root_of(lists, [A], "sha256")


class TestNodeOf:
    def test_no_value_is_refused(self) -> None:
        with pytest.raises(HashTreeInvalid):
            node_of([], "sha256")

"""notary.log.standing: each claim's standing is proven against the tree of ended claims, and nothing else is."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from notary.errors import ProofInvalid, StandingInvalid
from notary.log import merkle
from notary.log.standing import Ended, EndedTree, Placed, State, verify_standing


def claim(number: int) -> bytes:
    return number.to_bytes(32, "big")


def tree(size: int) -> EndedTree:
    """Claims 10, 20, ... ended."""
    return EndedTree(Ended(claim(10 * (n + 1)), list(State)[n % 3], n) for n in range(size))


@pytest.mark.parametrize("size", [*range(1, 9), 33])
class TestProve:
    def test_every_ended_claim_is_shown_as_what_it_is(self, size: int) -> None:
        ended = tree(size)
        for one in ended.ended:
            assert verify_standing(one.claim, ended.prove(one.claim), size, ended.root) == one

    def test_every_other_claim_is_shown_as_current(self, size: int) -> None:
        ended = tree(size)
        for number in (1, 9, 11, 10 * size - 1, 10 * size + 1, 10**9):
            if claim(number) not in {one.claim for one in ended.ended}:
                assert verify_standing(claim(number), ended.prove(claim(number)), size, ended.root) is None

    def test_no_proof_of_an_ended_claim_shows_it_as_current(self, size: int) -> None:
        ended = tree(size)
        everything = [ended.prove(one.claim)[0] for one in ended.ended]
        for one in ended.ended:
            for left in [None, *everything]:
                for right in [None, *everything]:
                    proof = [each for each in (left, right) if each is not None]
                    with contextlib.suppress(StandingInvalid):
                        assert verify_standing(one.claim, proof, size, ended.root) == one


class TestVerifyStanding:
    def test_a_case_without_ended_claims_needs_no_proof_and_takes_none(self) -> None:
        assert verify_standing(claim(1), (), 0, merkle.EMPTY_ROOT) is None
        with pytest.raises(StandingInvalid):
            verify_standing(claim(1), tree(1).prove(claim(1)), 0, merkle.EMPTY_ROOT)
        with pytest.raises(StandingInvalid):
            verify_standing(claim(1), (), 0, bytes(32))

    def test_no_entries_are_refused_where_there_are_some(self) -> None:
        with pytest.raises(StandingInvalid):
            verify_standing(claim(1), (), 3, tree(3).root)

    @pytest.mark.parametrize(
        "change",
        [
            lambda one: replace(one, size=4),
            lambda one: replace(one, index=one.index + 1),
            lambda one: replace(one, path=one.path[:-1]),
            lambda one: replace(one, ended=replace(one.ended, at=99)),
            lambda one: replace(one, ended=replace(one.ended, claim=claim(14))),
            lambda one: replace(one, ended=replace(one.ended, state=State.ERASED)),
        ],
    )
    def test_a_changed_entry_is_refused(self, change: object) -> None:
        ended = tree(5)
        first, last = ended.prove(claim(15))
        assert callable(change)
        changed: Placed = change(first)
        with pytest.raises((StandingInvalid, ProofInvalid)):
            verify_standing(claim(15), (changed, last), 5, ended.root)

    def test_two_heads_of_one_claim_are_no_tree(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            EndedTree([Ended(claim(1), State.REVOKED, 0), Ended(claim(1), State.ERASED, 1)])

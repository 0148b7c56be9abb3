"""Sets of objects under shared time-stamps: each record proves its object alone, and tells nothing of the others."""

from __future__ import annotations

import hashlib
from itertools import count

import pytest
from reference import evidence_record_reference as reference
from support.stamper import Stamper

from notary.errors import HashTreeInvalid
from notary.records.evidence_record import EvidenceRecord
from notary.records.evidence_set import AnyLeaf, EvidenceSet, Leaf, Stamped
from notary.records.hash_tree import HASH_SIZES

STAMPER = Stamper()
DOCUMENTS = [b"contract", b"invoice", b"delivery", b"chat", b"receipts"]
times = count(1_600_000_000, 1000)


def leaves(hash_name: str, documents: list[bytes] = DOCUMENTS) -> list[Leaf]:
    return [
        Leaf(hashlib.new(hash_name, document).digest(), hashlib.new(hash_name, b"blind %d" % place).digest())
        for place, document in enumerate(documents)
    ]


def token(stamped: Stamped) -> bytes:
    return STAMPER.stamp(stamped.imprint, stamped.hash_name, next(times))


def first(hash_name: str = "sha256", documents: list[bytes] = DOCUMENTS) -> EvidenceSet:
    made = leaves(hash_name, documents)
    return EvidenceSet().with_chain(hash_name, made, token(EvidenceSet().begins(hash_name, made)))


def tree_renewed(before: EvidenceSet, hash_name: str, left_out: int | None = None) -> EvidenceSet:
    made: list[Leaf | None] = list(leaves(hash_name))
    if left_out is not None:
        made[left_out] = None
    return before.with_chain(hash_name, made, token(before.begins(hash_name, made)))


class TestEvidenceSet:
    def test_each_record_proves_its_object_by_the_reference(self) -> None:
        made = first()
        made = made.with_token(token(made.renewal()))
        made = tree_renewed(made, "sha512")
        made = made.with_token(token(made.renewal()))
        made = tree_renewed(made, "sha3_256")
        for place, document in enumerate(DOCUMENTS):
            data = made.record(place).to_bytes()
            proven = reference.check(data, reference.of(document))
            assert len(proven) == 5
            with pytest.raises(reference.Wrong):
                reference.check(data, lambda name: hashlib.new(name, b"another").digest())

    def test_a_record_holds_no_digest_of_another_object(self) -> None:
        made = tree_renewed(first(), "sha512")
        for place in range(len(DOCUMENTS)):
            data = made.record(place).to_bytes()
            for other, document in enumerate(DOCUMENTS):
                for name in HASH_SIZES:
                    known = hashlib.new(name, document).digest() in data
                    assert known == (other == place and name == "sha256"), (place, other, name)

    def test_the_object_of_a_tree_renewal_stands_alone_in_the_first_list(self) -> None:
        record = tree_renewed(first(), "sha512").record(2)
        assert len(record.chains[0][0].lists[0]) == 2  # with its blind
        assert len(record.chains[1][0].lists[0]) == 1

    def test_a_time_stamp_renewal_has_no_tree(self) -> None:
        made = first()
        assert made.with_token(token(made.renewal())).record(0).chains[0][1].lists == ()

    def test_a_single_object_is_proven_too(self) -> None:
        made = first(documents=[b"only"])
        assert len(reference.check(made.record(0).to_bytes(), lambda n: hashlib.new(n, b"only").digest())) == 1

    def test_the_same_chains_give_the_same_records(self) -> None:
        made = tree_renewed(first(), "sha512")
        again = EvidenceSet(made.chains)
        assert [again.record(i).to_bytes() for i in range(5)] == [made.record(i).to_bytes() for i in range(5)]
        assert EvidenceRecord.from_bytes(again.record(4).to_bytes()) == made.record(4)

    def test_an_object_that_is_left_out_keeps_its_record_as_far_as_it_went(self) -> None:
        before = first()
        made = tree_renewed(before, "sha512", left_out=1)
        made = made.with_token(token(made.renewal()))
        assert made.record(1) == before.record(1)
        assert [len(chain) for chain in made.record(0).chains] == [1, 2]

    def test_an_object_does_not_come_back(self) -> None:
        made = tree_renewed(first(), "sha512", left_out=1)
        with pytest.raises(HashTreeInvalid, match="object 1"):
            made.begins("sha3_512", leaves("sha3_512"))

    def test_the_first_chain_is_over_every_object(self) -> None:
        with pytest.raises(HashTreeInvalid):
            EvidenceSet().begins("sha256", [None, *leaves("sha256")])

    @pytest.mark.parametrize("change", [-1, 1])
    def test_a_chain_over_another_number_of_objects_is_refused(self, change: int) -> None:
        other = leaves("sha512")[:change] if change < 0 else [*leaves("sha512"), leaves("sha512")[0]]
        with pytest.raises(HashTreeInvalid, match=f"{5 + change} objects"):
            first().begins("sha512", other)

    def test_no_object_at_all_is_refused(self) -> None:
        with pytest.raises(HashTreeInvalid):
            EvidenceSet().begins("sha256", [])
        made = first()
        with pytest.raises(HashTreeInvalid):
            made.begins("sha512", [None] * 5)

    @pytest.mark.parametrize("gone", [{0}, {1, 3}, {4}])
    def test_what_was_erased_is_gone_and_the_other_records_stay(self, gone: set[int]) -> None:
        made = tree_renewed(tree_renewed(first(), "sha512"), "sha3_512")
        made = made.with_token(token(made.renewal()))
        without = made.without(gone)
        kept = repr(without.chains)
        for place, document in enumerate(DOCUMENTS):
            if place in gone:
                with pytest.raises(KeyError):
                    without.record(place)
                assert not any(repr(hashlib.new(name, document).digest()) in kept for name in HASH_SIZES)
            else:
                assert without.record(place) == made.record(place)

    def test_an_erased_object_is_renewed_no_more_and_the_others_are(self) -> None:
        without = first().without({2})
        made: list[AnyLeaf] = list(leaves("sha512"))
        with pytest.raises(HashTreeInvalid, match="erased"):
            without.begins("sha512", made)
        made[2] = None
        renewed = without.with_chain("sha512", made, token(without.begins("sha512", made)))
        data = renewed.record(0).to_bytes()
        assert len(reference.check(data, lambda name: hashlib.new(name, DOCUMENTS[0]).digest())) == 2
        with pytest.raises(KeyError):
            renewed.record(2)

"""Evidence records against the second implementation: trees, renewals in any order, bytes of any kind."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import evidence_record_reference as reference
from support.stamper import Stamper

from notary.errors import EvidenceRecordInvalid, HashTreeInvalid
from notary.records.algorithms import default_policy
from notary.records.evidence_check import Validator
from notary.records.evidence_record import EvidenceRecord, new_record
from notary.records.evidence_set import EvidenceSet, Leaf
from notary.records.hash_tree import HASH_SIZES, HashTree, apart, root_of
from notary.verdicts.trust import TrustedAuthority
from notary.verdicts.verdict import Status

STAMPER = Stamper()
hashes = st.sampled_from(sorted(HASH_SIZES))


@st.composite
def groups(draw: st.DrawFn) -> tuple[str, list[list[bytes]]]:
    name = draw(hashes)
    size = hashlib.new(name).digest_size
    value = st.binary(min_size=size, max_size=size) | st.integers(0, 9).map(lambda n: bytes([n]) * size)
    return name, draw(st.lists(st.lists(value, min_size=1, max_size=4), min_size=1, max_size=20))


class TestTrees:
    @given(groups())
    @settings(max_examples=200, deadline=None)
    def test_root_and_reduced_trees_are_those_of_the_reference(self, made: tuple[str, list[list[bytes]]]) -> None:
        name, values = made
        tree = HashTree(values, name)
        assert tree.root == reference.root(values, name)
        for place, group in enumerate(values):
            lists = tree.reduced(place)
            assert root_of(lists, sorted(set(group)), name) == tree.root
            if not lists:
                continue
            for value in group:
                assert reference.walk(lists, value, name) == tree.root
                assert reference.walk(apart(lists, value), value, name) == tree.root

    @given(groups(), st.data())
    @settings(max_examples=100, deadline=None)
    def test_a_changed_value_leads_elsewhere_or_nowhere(
        self, made: tuple[str, list[list[bytes]]], data: st.DataObject
    ) -> None:
        name, values = made
        tree = HashTree(values, name)
        place = data.draw(st.integers(0, len(values) - 1))
        value = data.draw(st.sampled_from(values[place]))
        changed = bytearray(value)
        changed[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        lists = tree.reduced(place)
        try:
            assert root_of(lists, [bytes(changed)], name) == reference.walk(lists, bytes(changed), name)
        except HashTreeInvalid:
            assert lists and bytes(changed) not in lists[0]


def leaf(name: str, document: bytes, place: int) -> Leaf:
    return Leaf(hashlib.new(name, document).digest(), hashlib.new(name, b"blind %d" % place).digest())


class TestRenewals:
    @given(
        st.lists(st.binary(max_size=20), min_size=1, max_size=9, unique=True),
        st.lists(hashes | st.none(), min_size=1, max_size=5),
        hashes,
    )
    @settings(max_examples=40, deadline=None)
    def test_any_renewals_give_records_that_the_reference_accepts(
        self, documents: list[bytes], renewals: list[str | None], begin: str
    ) -> None:
        made, at = EvidenceSet(), 1_600_000_000
        for name in [begin, *renewals]:
            at += 1
            if name is None:
                stamped = made.renewal()
                made = made.with_token(STAMPER.stamp(stamped.imprint, stamped.hash_name, at))
            else:
                leaves = [leaf(name, document, place) for place, document in enumerate(documents)]
                stamped = made.begins(name, leaves)
                made = made.with_chain(name, leaves, STAMPER.stamp(stamped.imprint, name, at))
        for place, document in enumerate(documents):
            record = made.record(place)
            data = record.to_bytes()
            assert EvidenceRecord.from_bytes(data) == record
            found = reference.check(data, reference.of(document))
            assert len(found) == 1 + len(renewals)


class TestBytes:
    @given(st.binary(max_size=300))
    @settings(max_examples=300, deadline=None)
    def test_any_bytes_are_read_or_refused_with_our_error_only(self, data: bytes) -> None:
        try:
            record = EvidenceRecord.from_bytes(data)
        except EvidenceRecordInvalid:
            return
        assert EvidenceRecord.from_bytes(record.to_bytes()) == record

    @given(st.integers(0, 10_000), st.integers(0, 7))
    @settings(max_examples=300, deadline=None)
    def test_a_changed_bit_is_read_as_another_record_or_refused(self, place: int, bit: int) -> None:
        value = bytes(32)
        record = new_record("sha256", ((value, b"\1" * 32),), STAMPER.stamp(value, "sha256", 1_600_000_000))
        data = bytearray(record.to_bytes())
        data[place % len(data)] ^= 1 << bit
        try:
            read = EvidenceRecord.from_bytes(bytes(data))
        except EvidenceRecordInvalid:
            return
        assert read != record


def whole_record() -> tuple[bytes, dict[str, bytes]]:
    """A record of three tokens in two chains, and the digests of its document."""
    documents = [b"one", b"two", b"three"]
    made = EvidenceSet()
    leaves = [leaf("sha256", document, place) for place, document in enumerate(documents)]
    made = made.with_chain("sha256", leaves, STAMPER.stamp(made.begins("sha256", leaves).imprint, "sha256", AT))
    made = made.with_token(STAMPER.stamp(made.renewal().imprint, "sha256", AT + 1000))
    leaves = [leaf("sha512", document, place) for place, document in enumerate(documents)]
    made = made.with_chain("sha512", leaves, STAMPER.stamp(made.begins("sha512", leaves).imprint, "sha512", AT + 2000))
    digests = {name: hashlib.new(name, b"two").digest() for name in ("sha256", "sha512")}
    return made.record(1).to_bytes(), digests


AT = 1_600_000_000


class TestMutants:
    """A bit that is changed anywhere is refused, or changes nothing that is claimed."""

    def validator(self) -> Validator:
        return Validator((TrustedAuthority("Stamper", STAMPER.root_der),), default_policy(), AT + 10_000)

    def judge(self, places: Iterable[int]) -> Counter[str]:
        record, digests = whole_record()
        claimed = self.validator().validate_bytes(record, [digests.get])
        assert claimed.status is Status.PASSED
        found, validator = Counter[str](), self.validator()
        for place in places:
            mutant = bytearray(record)
            mutant[place // 8 % len(record)] ^= 1 << place % 8
            verdict = validator.validate_bytes(bytes(mutant), [digests.get])
            if verdict.status is Status.PASSED:
                assert verdict == claimed
                found["nothing changed"] += 1
            else:
                assert verdict.not_after is None
                found[str(verdict.reason)] += 1
        return found

    def test_sampled_bits(self) -> None:
        bits = 8 * len(whole_record()[0])
        found = self.judge(random.Random(4998).sample(range(bits), 250))
        assert found["nothing changed"] < 60, found

    @pytest.mark.deep
    @pytest.mark.parametrize("part", range(8))
    def test_every_bit(self, capsys: pytest.CaptureFixture[str], part: int) -> None:
        places = range(part, 8 * len(whole_record()[0]), 8)
        found = self.judge(places)
        with capsys.disabled():
            print(f"\nevidence record: {len(places)} mutants, {dict(found)}")
        assert sum(found.values()) == len(places)

    @pytest.mark.parametrize("size", [0, 1, 100, 1000, 2000])
    def test_cuts(self, size: int) -> None:
        record, digests = whole_record()
        assert self.validator().validate_bytes(record[:size], [digests.get]).status is Status.FAILED

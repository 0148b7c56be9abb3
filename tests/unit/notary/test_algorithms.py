"""Lifetimes of algorithms: the earliest source counts, what nobody vouches for has ended, every row has its source."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources

import pytest

from notary.errors import PolicyInvalid
from notary.records.algorithms import Ending, Facts, Policy, Use, default_policy
from notary.records.hash_tree import HASH_SIZES

ROW: dict[str, object] = {
    "kind": "hash",
    "algorithm": "sha256",
    "until": "2030-12-31",
    "source": "a standard",
    "published": "2026-01",
    "statement": "good until then",
}
END_2030 = int(datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


def policy(*rows: dict[str, object], **top: object) -> Policy:
    value = {"format": "tallystick/algorithm-lifetimes", "version": 1, "rows": list(rows), **top}
    return Policy.from_bytes(json.dumps(value).encode())


class TestPolicy:
    def test_the_last_day_belongs_to_the_lifetime(self) -> None:
        ending = policy(ROW).ending(Use("hash", "sha256"))
        assert ending.until == END_2030
        assert not ending.ended(END_2030)
        assert ending.ended(END_2030 + 1)

    def test_of_two_sources_the_earlier_end_counts(self) -> None:
        other = {**ROW, "until": "2028-12-31", "source": "another"}
        for rows in ((ROW, other), (other, ROW), (ROW, {**ROW, "until": None}, other)):
            found = policy(*rows).ending(Use("hash", "sha256"))
            assert found.row is not None
            assert found.row.source == "another"

    def test_no_end_is_known_where_no_source_names_one(self) -> None:
        ending = policy({**ROW, "until": None}).ending(Use("hash", "sha256"))
        assert ending.until is None
        assert not ending.ended(2**40)

    def test_what_no_row_names_has_ended(self) -> None:
        ending = policy(ROW).ending(Use("hash", "md5"))
        assert ending.row is None
        assert ending.ended(1)

    @pytest.mark.parametrize(("bits", "covered"), [(2047, False), (2048, True), (2999, True), (3000, False)])
    def test_bounds_of_sizes_hold_from_the_first_and_without_the_last(self, bits: int, covered: bool) -> None:
        row = {**ROW, "kind": "signature", "algorithm": "rsa", "bits_from": 2048, "bits_below": 3000}
        assert (policy(row).ending(Use("signature", "rsa", bits)).row is not None) == covered

    def test_a_hash_and_a_signature_of_one_name_are_two_things(self) -> None:
        assert policy(ROW).ending(Use("signature", "sha256")).row is None

    def test_weakest_is_what_ends_first_of_algorithms_and_certificates(self) -> None:
        lifetimes = policy(ROW, {**ROW, "algorithm": "sha512", "until": None})
        facts = Facts((Use("hash", "sha512"), Use("hash", "sha256")), (("a certificate", END_2030 + 1),))
        assert lifetimes.weakest(facts) == lifetimes.ending(Use("hash", "sha256"))
        sooner = Facts(facts.uses, (("a certificate", END_2030 - 1),))
        assert lifetimes.weakest(sooner) == Ending("a certificate", END_2030 - 1)

    def test_weakest_is_nothing_where_no_end_is_known(self) -> None:
        assert policy({**ROW, "until": None}).weakest(Facts((Use("hash", "sha256"),))) is None

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "cipher"},
            {"until": "2030"},
            {"until": "2030-13-01"},
            {"until": 2030},
            {"source": None},
            {"bits_from": -1},
            {"bits_below": 0},
            {"surprise": 1},
        ],
    )
    def test_a_row_that_is_none_is_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(PolicyInvalid):
            policy({**ROW, **change})

    @pytest.mark.parametrize("top", [{"format": "x"}, {"version": 2}, {"rows": {}}, {"more": 1}])
    def test_a_file_that_is_none_is_refused(self, top: dict[str, object]) -> None:
        with pytest.raises(PolicyInvalid):
            policy(ROW, **top)

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"{"])
    def test_bytes_that_are_none_are_refused(self, data: bytes) -> None:
        with pytest.raises(PolicyInvalid):
            Policy.from_bytes(data)


class TestDefaultPolicy:
    def test_every_row_says_who_says_it_and_when(self) -> None:
        for row in default_policy().rows:
            assert row.source
            assert row.published[:2] == "20"
            assert row.statement.endswith(".")

    def test_every_hash_of_trees_is_named_and_has_not_ended(self) -> None:
        for name in HASH_SIZES:
            assert default_policy().ending(Use("hash", name)).row is not None
            assert not default_policy().ending(Use("hash", name)).ended(1_800_000_000)

    @pytest.mark.parametrize(
        ("use", "year"),
        [
            (Use("hash", "sha1"), 2013),
            (Use("hash", "sha224"), 2030),
            (Use("signature", "rsa", 1024), 2013),
            (Use("signature", "rsa", 2048), 2028),
            (Use("signature", "rsa", 3072), 2035),
            (Use("signature", "ecdsa", 256), 2035),
            (Use("signature", "ed25519"), 2035),
        ],
    )
    def test_an_algorithm_ends_with_the_year_that_its_source_says(self, use: Use, year: int) -> None:
        until = default_policy().ending(use).until
        assert until is not None
        assert datetime.fromtimestamp(until, UTC) == datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)

    def test_the_file_is_the_one_that_is_read(self) -> None:
        data = resources.files("notary.records").joinpath("algorithms.json").read_bytes()
        assert Policy.from_bytes(data) == default_policy()

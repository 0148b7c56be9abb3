"""JSON documents: round trips, and hostile ones refused by name."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.settlement_samples import COLLATERAL, ESCROW, MONTHLY
from support.settlement_strategies import terms

from settlement.errors import (
    DocumentInvalid,
    DocumentKindUnknown,
    DocumentMalformed,
    DocumentTooLarge,
    DocumentVersionUnknown,
    MemberInvalid,
    MemberMissing,
    MemberUnknown,
)
from settlement.terms import CollateralTerms, EscrowTerms, Terms
from settlement.wire import MAX_DOCUMENT_BYTES, Document, parse_object


def changed(**members: object) -> str:
    return json.dumps(MONTHLY.to_dict() | members)


class TestRoundTrip:
    @pytest.mark.parametrize("value", [MONTHLY, COLLATERAL, ESCROW])
    def test_from_json_reads_what_to_json_wrote(self, value: Document) -> None:
        assert type(value).from_json(value.to_json()) == value
        assert type(value).from_json(value.to_json().encode()) == value
        assert type(value).from_dict(value.to_dict()) == value

    @given(terms(max_installments=600))
    def test_any_terms_survive(self, plan: Terms) -> None:
        assert Terms.from_json(plan.to_json()) == plan

    def test_the_document_says_what_it_is_and_names_members_as_they_are_signed(self) -> None:
        document = MONTHLY.to_dict()
        assert (document["kind"], document["version"]) == ("tallystick/plan-terms", 1)
        assert document["total"] == "1000"
        assert document["calendar"] == "months"
        assert document["allocation"] == "principal-first"
        assert document["firstDueAt"] == MONTHLY.first_due_at

    def test_the_longest_document_is_far_below_the_limit(self) -> None:
        most = {
            field: (2 ** int(abi[4:])) - 1
            for field, abi in [("total", "uint128"), ("late_flat", "uint128"), ("first_due_at", "uint40")]
        }
        assert len(dataclasses.replace(MONTHLY, **most).to_json()) < MAX_DOCUMENT_BYTES // 4


class TestRefusals:
    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "1", "null", "[" * 5000, '{"a": NaN}', "{'a': 1}", b"\xff\xfe\x00"]
    )
    def test_text_that_is_no_object(self, text: str | bytes) -> None:
        with pytest.raises(DocumentInvalid) as refused:
            Terms.from_json(text)
        assert isinstance(refused.value, DocumentMalformed | DocumentKindUnknown)

    def test_one_byte_more_than_the_limit(self) -> None:
        padding = MAX_DOCUMENT_BYTES - len(MONTHLY.to_json())
        assert Terms.from_json(MONTHLY.to_json() + " " * padding) == MONTHLY
        with pytest.raises(DocumentTooLarge) as refused:
            Terms.from_json(MONTHLY.to_json() + " " * (padding + 1))
        assert refused.value.values == {"size": MAX_DOCUMENT_BYTES + 1, "allowed": MAX_DOCUMENT_BYTES}

    def test_the_limit_counts_bytes_not_characters(self) -> None:
        with pytest.raises(DocumentTooLarge):
            parse_object('{"a": "' + "é" * (MAX_DOCUMENT_BYTES // 2) + '"}')

    def test_a_number_with_more_digits_than_python_reads(self) -> None:
        with pytest.raises(DocumentMalformed):
            Terms.from_json('{"kind": ' + "9" * 5000 + "}")

    def test_another_kind(self) -> None:
        with pytest.raises(DocumentKindUnknown) as refused:
            Terms.from_json(ESCROW.to_json())
        assert refused.value.values == {"got": "tallystick/escrow-terms", "expected": "tallystick/plan-terms"}

    @pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5])
    def test_another_version(self, version: object) -> None:
        with pytest.raises(DocumentVersionUnknown):
            Terms.from_json(changed(version=version))

    @pytest.mark.parametrize("member", [name for name in MONTHLY.to_dict() if name not in ("kind", "version")])
    def test_each_missing_member(self, member: str) -> None:
        document = MONTHLY.to_dict()
        del document[member]
        with pytest.raises(MemberMissing) as refused:
            Terms.from_dict(document)
        assert refused.value.values["member"] == member

    def test_an_unknown_member(self) -> None:
        with pytest.raises(MemberUnknown, match="bonus"):
            Terms.from_json(changed(bonus=1))

    def test_a_member_that_stands_there_twice(self) -> None:
        twice = MONTHLY.to_json().replace('"total": "1000"', '"total": "1000", "total": "9"')
        with pytest.raises(MemberUnknown, match="total"):
            Terms.from_json(twice)

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("total", 1000),
            ("total", "01000"),
            ("total", "-1"),
            ("total", "1e3"),
            ("total", "9" * 39),
            ("total", "١٢"),
            ("firstDueAt", "1800000000"),
            ("firstDueAt", 1.5),
            ("firstDueAt", True),
            ("firstDueAt", 2**40),
            ("utcOffset", 2**31),
            ("calendar", 1),
            ("calendar", "weeks"),
            ("allocation", "PRINCIPAL_FIRST"),
            ("salt", "0x" + "0" * 63),
            ("salt", "0c" * 32),
            ("debtor", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
            ("debtor", None),
            ("collateralTerms", []),
        ],
    )
    def test_a_member_of_another_shape(self, member: str, value: object) -> None:
        with pytest.raises(MemberInvalid) as refused:
            Terms.from_json(changed(**{member: value}))
        assert refused.value.values["member"] == member

    @given(
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists),
        st.sampled_from(list(MONTHLY.to_dict())),
    )
    def test_any_value_in_any_member_is_read_or_refused_by_name(self, value: object, member: str) -> None:
        try:
            assert Terms.from_dict(MONTHLY.to_dict() | {member: value}).to_dict()[member] == value
        except DocumentInvalid as refused:
            assert refused.hint

    @pytest.mark.parametrize("struct", [Terms, CollateralTerms, EscrowTerms])
    @given(text=st.text(max_size=200))
    def test_any_text_is_refused_by_name(self, struct: type[Document], text: str) -> None:
        with pytest.raises(DocumentInvalid):
            struct.from_json(text)

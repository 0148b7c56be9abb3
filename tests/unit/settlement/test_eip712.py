"""Signed structs: hashes against eth_account, the standard's own example, and canonical values."""

from __future__ import annotations

import dataclasses
import json

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from support.settlement_samples import BOOK, COLLATERAL, DEBTOR, ESCROW, MODULE, MONTHLY, but
from support.settlement_strategies import terms

from settlement.eip712 import (
    Domain,
    Struct,
    as_tuple,
    checksum_address,
    encode_type,
    fields_of,
    hash_struct,
    keccak256,
    typed_data,
)
from settlement.errors import FieldOutOfRange
from settlement.terms import (
    Calendar,
    Terms,
    book_domain,
    collateral_terms_hash,
    escrow_domain,
    escrow_id,
    plan_id,
)

DOMAIN = book_domain(31337, BOOK)


def oracle(value: Struct, domain: Domain) -> tuple[bytes, bytes, bytes]:
    """(domain separator, struct hash, digest) as eth_account computes them from the JSON that wallets get."""
    message = encode_typed_data(full_message=json.loads(json.dumps(typed_data(value, domain))))
    return message.header, message.body, keccak(b"\x19\x01" + message.header + message.body)


class TestDigest:
    @given(
        terms(max_installments=600),
        st.integers(0, 2**64),
        st.binary(min_size=20, max_size=20),
        st.integers(0, 2**128 - 1),
        st.integers(-(2**31), 2**31 - 1),
    )
    @settings(deadline=None)
    def test_equals_eth_accounts_for_any_terms_and_domain(
        self, plan: Terms, chain_id: int, book: bytes, wide: int, offset: int
    ) -> None:
        plan = dataclasses.replace(plan, late_cap=wide, utc_offset=offset, collateral=MODULE)
        domain = book_domain(chain_id, "0x" + book.hex())
        assert oracle(plan, domain) == (domain.separator(), hash_struct(plan), plan_id(plan, domain))

    def test_equals_eth_accounts_for_an_escrow(self) -> None:
        domain = escrow_domain(1, BOOK)
        assert oracle(ESCROW, domain) == (domain.separator(), hash_struct(ESCROW), escrow_id(ESCROW, domain))

    def test_of_collateral_terms_has_no_domain(self) -> None:
        assert oracle(COLLATERAL, DOMAIN)[1] == collateral_terms_hash(COLLATERAL)

    def test_stays_what_it_was(self) -> None:
        """Golden values: a change here invalidates every signature made before."""
        assert plan_id(MONTHLY, DOMAIN).hex() == GOLDEN_PLAN_ID
        assert escrow_id(ESCROW, escrow_domain(31337, BOOK)).hex() == GOLDEN_ESCROW_ID
        assert collateral_terms_hash(COLLATERAL).hex() == GOLDEN_COLLATERAL_HASH

    @pytest.mark.parametrize("field", [field.name for field in fields_of(Terms)])
    def test_changes_with_every_field(self, field: str) -> None:
        value = getattr(MONTHLY, field)
        other = MODULE if isinstance(value, str) else bytes(31) + b"\x01" if isinstance(value, bytes) else value ^ 1
        assert plan_id(but(MONTHLY, **{field: other}), DOMAIN) != plan_id(MONTHLY, DOMAIN)

    def test_changes_with_chain_and_book(self) -> None:
        found = {plan_id(MONTHLY, domain) for domain in (DOMAIN, book_domain(1, BOOK), book_domain(31337, MODULE))}
        assert len(found) == 3


GOLDEN_PLAN_ID = "4691ec716c4d4411bf757b5608eba40a7cb4e2014acc54eb003cf048921a4f20"
GOLDEN_ESCROW_ID = "417b3b1dda50cef95436035932f5c5309941aeed427bf0f12ee746b4c0520101"
GOLDEN_COLLATERAL_HASH = "30abfdc39eecb14752e0e8288e19defc4a31219141564f5884cabdf5558ab471"


class TestEncodeType:
    def test_is_the_contracts_type_string(self) -> None:
        assert encode_type(Terms) == (
            "Terms(address debtor,address creditor,address token,uint128 total,uint8 calendar,uint40 firstDueAt,"
            "uint32 interval,uint16 installments,uint8 anchorDay,int32 utcOffset,uint32 graceSeconds,"
            "uint128 lateFlat,uint128 lateDaily,uint128 lateCap,uint8 allocation,uint16 defaultMissed,"
            "uint32 defaultSeconds,address collateral,bytes32 collateralTerms,bytes32 agreement,"
            "bytes32 jurisdiction,bytes32 salt,uint40 signBy)"
        )

    def test_has_at_most_32_words(self) -> None:
        assert len(fields_of(Terms)) <= 32

    def test_of_the_domain_is_the_standards(self) -> None:
        assert encode_type(Domain) == (
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        )


class TestDomain:
    def test_separator_is_that_of_the_standards_example(self) -> None:
        mail = Domain("Ether Mail", "1", 1, "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC")
        assert mail.separator().hex() == "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"


class TestTypedData:
    def test_writes_wide_integers_as_text_and_small_ones_as_numbers(self) -> None:
        message = typed_data(MONTHLY, DOMAIN)["message"]
        assert isinstance(message, dict)
        assert (message["total"], message["firstDueAt"], message["calendar"]) == ("1000", MONTHLY.first_due_at, 1)
        assert message["salt"] == "0x" + "0c" * 32
        assert json.loads(json.dumps(message)) == message


class TestAsTuple:
    def test_gives_plain_values_in_signed_order(self) -> None:
        values = as_tuple(MONTHLY)
        assert values[:5] == (MONTHLY.debtor, MONTHLY.creditor, MONTHLY.token, 1000, 1)
        assert {type(value) for value in values} == {str, int, bytes}
        assert len(values) == 23


class TestChecksumAddress:
    @pytest.mark.parametrize(
        "address",
        [  # ERC-55's own examples
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ],
    )
    def test_spells_the_standards_examples(self, address: str) -> None:
        assert checksum_address(address) == address
        assert checksum_address(address.lower()) == address
        assert checksum_address("0x" + address[2:].upper()) == address

    def test_refuses_a_mistyped_letter_case(self) -> None:
        with pytest.raises(FieldOutOfRange, match="checksum"):
            checksum_address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")

    @pytest.mark.parametrize("text", ["", "0x", DEBTOR[2:], DEBTOR + "0", DEBTOR[:-1], "0X" + DEBTOR[2:], 5, None])
    def test_refuses_other_shapes(self, text: str) -> None:
        with pytest.raises(FieldOutOfRange):
            checksum_address(text)


class TestFields:
    @pytest.mark.parametrize(
        ("field", "last_good", "first_bad"),
        [
            ("total", 2**128 - 1, 2**128),
            ("total", 0, -1),
            ("first_due_at", 2**40 - 1, 2**40),
            ("interval", 2**32 - 1, 2**32),
            ("installments", 2**16 - 1, 2**16),
            ("anchor_day", 255, 256),
            ("utc_offset", 2**31 - 1, 2**31),
            ("utc_offset", -(2**31), -(2**31) - 1),
            ("calendar", 1, 2),
            ("allocation", 0, -1),
        ],
    )
    def test_hold_what_their_type_holds(self, field: str, last_good: int, first_bad: int) -> None:
        assert getattr(but(MONTHLY, **{field: last_good}), field) == last_good
        with pytest.raises(FieldOutOfRange):
            but(MONTHLY, **{field: first_bad})

    @pytest.mark.parametrize(
        ("field", "value"),
        [("total", True), ("total", 1.0), ("total", "1"), ("salt", b"\0" * 31), ("salt", "0x00"), ("debtor", "me")],
    )
    def test_refuse_values_of_another_kind(self, field: str, value: object) -> None:
        with pytest.raises(FieldOutOfRange):
            but(MONTHLY, **{field: value})

    def test_keep_enums_and_checksummed_addresses(self) -> None:
        terms = but(MONTHLY, calendar=0, debtor=DEBTOR.lower())
        assert terms.calendar is Calendar.SECONDS
        assert terms.debtor == DEBTOR

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            MONTHLY.total = 1  # type: ignore[misc]


def test_keccak256_is_keccak_and_not_sha3() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"

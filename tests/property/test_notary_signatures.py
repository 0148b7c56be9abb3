"""Laws of custody signatures: what is written is read back; what is signed is accepted; any other statement is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from notary import jcs
from notary.custody.signatures import (
    MAX_BYTES,
    MAX_SIGNATURES,
    MLDSA65_KEY_SIZE,
    MLDSA65_SIGNATURE_SIZE,
    SECP256K1_ORDER,
    X509_ALGORITHMS,
    Ed25519Signature,
    Eip712Signature,
    Erc1271Signature,
    MlDsaSignature,
    Signature,
    Statement,
    UnknownSignature,
    X509Signature,
    batch_digest,
    read_signatures,
    verify_signature,
    write_signatures,
)
from notary.errors import CustodySignatureInvalid, ReceiptInvalid
from notary.reading import Reader

INTEGERS = st.integers(0, jcs.MAX_INT)
SCALARS: st.SearchStrategy[jcs.Json] = (
    st.none() | st.booleans() | INTEGERS | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)

VALUES: st.SearchStrategy[jcs.Json] = SCALARS | st.lists(SCALARS, max_size=3)


def octets(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    first, last = sorted((draw(INTEGERS), draw(INTEGERS)))
    return Statement(draw(octets(32)), first, last, draw(octets(32)), draw(octets(32)))


SIGNATURES: st.SearchStrategy[Signature] = st.one_of(
    st.builds(Eip712Signature, octets(20), octets(64), octets(65)),
    st.builds(Erc1271Signature, st.integers(1, jcs.MAX_INT), octets(20), st.binary(min_size=1, max_size=300)),
    st.builds(Ed25519Signature, octets(32), octets(64)),
    st.builds(
        X509Signature,
        st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=8).map(tuple),
        st.binary(min_size=1, max_size=300),
        st.sampled_from(X509_ALGORITHMS),
    ),
    st.builds(MlDsaSignature, octets(MLDSA65_KEY_SIZE), octets(MLDSA65_SIGNATURE_SIZE)),
    st.dictionaries(st.sampled_from(["a", "b", "key", "signature"]), VALUES).map(
        lambda members: UnknownSignature(jcs.dumps({**members, "type": "of-the-future"}))
    ),
)


@given(statements(), st.lists(SIGNATURES, max_size=MAX_SIGNATURES).map(tuple))
@settings(deadline=None)
def test_what_is_written_is_read_back_and_has_the_same_digest(
    statement: Statement, signatures: tuple[Signature, ...]
) -> None:
    text = jcs.dumps({"signatures": write_signatures(signatures)})
    found = read_signatures(Reader.open(text, 2 * MAX_BYTES, "batch", ReceiptInvalid), "signatures")
    assert found == signatures
    assert batch_digest(statement, found) == batch_digest(statement, signatures)


@given(statements(), statements(), st.lists(SIGNATURES, max_size=3), st.lists(SIGNATURES, max_size=3))
@settings(deadline=None)
def test_two_batches_have_one_digest_only_when_they_are_the_same(
    said: Statement, other: Statement, one: list[Signature], more: list[Signature]
) -> None:
    assert (batch_digest(said, one) == batch_digest(said, more)) == (one == more)
    assert (batch_digest(said, one) == batch_digest(other, one)) == (said == other)


@given(statements(), statements(), octets(32))
@settings(deadline=None)
def test_ed25519_accepts_what_was_signed_and_nothing_else(one: Statement, other: Statement, seed: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = Ed25519Signature(key.public_key().public_bytes_raw(), key.sign(one.message()))
    assert verify_signature(signature, one).identity == signature.key.hex()
    if other != one:
        with pytest.raises(CustodySignatureInvalid):
            verify_signature(signature, other)


@given(statements(), statements(), st.integers(1, SECP256K1_ORDER - 1))
@settings(deadline=None, max_examples=30)
def test_eip712_accepts_what_eth_account_signed_and_nothing_else(one: Statement, other: Statement, secret: int) -> None:
    key = PrivateKey(secret.to_bytes(32, "big"))
    signed = Account.sign_typed_data(key.to_bytes(), full_message=one.typed_data())
    address = key.public_key.to_canonical_address()
    signature = Eip712Signature(address, key.public_key.to_bytes(), bytes(signed.signature))
    assert verify_signature(signature, one).identity == "0x" + address.hex()
    if other != one:
        with pytest.raises(CustodySignatureInvalid):
            verify_signature(signature, other)
    with pytest.raises(CustodySignatureInvalid):
        verify_signature(replace(signature, address=bytes(20)), one)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner)))
@settings(deadline=None)
def test_reading_anything_gives_signatures_or_a_refusal(value: jcs.Json) -> None:
    shapes: list[jcs.Json] = [
        value,
        [value],
        [{"type": "x509", "chain": value}],
        [{"type": "eip712", "address": value}],
    ]
    for shape in shapes:
        reader = Reader({"signatures": shape}, "batch", ReceiptInvalid)
        try:
            found = read_signatures(reader, "signatures")
        except ReceiptInvalid:
            continue
        assert write_signatures(found) == shape

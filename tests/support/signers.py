"""One signer of each kind for custody statements, and signatures of theirs to bend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from support.certificates import Certified, certify

from notary.custody.signatures import (
    Ed25519Signature,
    Eip712Signature,
    MlDsaSignature,
    Signature,
    Statement,
    X509Signature,
    verify_signature,
)
from notary.errors import CustodySignatureInvalid

KEY = bytes.fromhex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")
ADDRESS = "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"  # published with the key in web3.py's documentation
STATEMENT = Statement(bytes(range(32)), 3, 9, b"\xaa" * 32, b"\xbb" * 32)
MESSAGE = (
    b"tallystick/custody-signature/v1\0"
    b'{"case":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
    b'"entries":"' + b"bb" * 32 + b'","first":3,"head":"' + b"aa" * 32 + b'","last":9}'
)


def typed(statement: Statement) -> dict[str, Any]:
    """The statement in eth-account's words, written out by hand."""
    kinds = ("bytes32 case", "uint64 first", "uint64 last", "bytes32 head", "bytes32 entries")
    return {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}],
            "Custody": [{"name": kind.split()[1], "type": kind.split()[0]} for kind in kinds],
        },
        "primaryType": "Custody",
        "domain": {"name": "Tallystick Custody", "version": "1"},
        "message": {name.split()[1]: getattr(statement, name.split()[1]) for name in kinds},
    }


def eip712(statement: Statement = STATEMENT) -> Eip712Signature:
    signed = Account.sign_typed_data(KEY, full_message=typed(statement))
    return Eip712Signature(bytes.fromhex(ADDRESS[2:]), PrivateKey(KEY).public_key.to_bytes(), bytes(signed.signature))


def ed25519(statement: Statement = STATEMENT) -> Ed25519Signature:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return Ed25519Signature(key.public_key().public_bytes_raw(), key.sign(statement.message()))


def mldsa(statement: Statement = STATEMENT) -> MlDsaSignature:
    key = MLDSA65PrivateKey.from_seed_bytes(bytes(range(32)))
    return MlDsaSignature(key.public_key().public_bytes_raw(), key.sign(statement.message()))


ROOT = certify("Root", ca=True)
MIDDLE = certify("Middle", ROOT, ca=True, path_length=0)
LEAF = certify("Ada Clerk", MIDDLE)


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def signed_by(
    *chain: Certified, algorithm: str = "ecdsa-sha256", statement: Statement = STATEMENT, salt: int = 32
) -> X509Signature:
    """A signature by the first one's key, as `algorithm` says."""
    key, message = chain[0].key, statement.message()
    made = {
        "ecdsa-sha256": lambda: key.sign(message, ec.ECDSA(hashes.SHA256())),
        "rsa-pkcs1-sha256": lambda: key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
        "rsa-pss-sha256": lambda: key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256()),
        "ed25519": lambda: key.sign(message),
    }[algorithm]()
    return X509Signature(tuple(link.der for link in chain), made, algorithm)


GOOD: dict[str, Callable[[], Signature]] = {
    "eip712": eip712,
    "ed25519": ed25519,
    "ml-dsa-65": mldsa,
    "x509": lambda: signed_by(LEAF, MIDDLE, ROOT),
}


def flipped(data: bytes, step: int = 1) -> Iterator[bytes]:
    """`data` with one bit changed, for every `step`th bit."""
    for bit in range(0, 8 * len(data), step):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << (bit % 8)
        yield bytes(changed)


def refused(signature: Signature, statement: Statement = STATEMENT) -> None:
    with pytest.raises(CustodySignatureInvalid) as caught:
        verify_signature(signature, statement)
    assert caught.value.reason == "custody-signature-invalid"
    assert str(caught.value).isprintable()

"""The vectors of tests/vectors/receipts that are about who signed custody entries."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from eth_keys.datatypes import PrivateKey
from support import fixed
from support.receipt_vectors import PLAIN, SEALED, TRUSTED, Vector, at, one, signed_note, token
from support.sealed import BLOCK_TIME
from support.tsa_chain import ISSUER, Shape

from notary.custody.signatures import (
    Ed25519Signature,
    Eip712Signature,
    Erc1271Signature,
    MlDsaSignature,
    Signature,
    UnknownSignature,
    X509Signature,
    batch_digest,
)
from notary.log import merkle
from notary.proofs.receipt import CustodyProof, Receipt
from notary.verdicts.trust import Trust, TrustedSigner

KEPT = Path(__file__).parents[1] / "vectors/receipts/ml-dsa-65.base64"
STAMPS = Trust(authorities=(TRUSTED,))


def custody() -> CustodyProof:
    assert PLAIN.custody is not None
    return PLAIN.custody


STATEMENT = custody().batch.statement


def resigned(signatures: Sequence[Signature]) -> Receipt:
    """The receipt with these custody signatures, in a log that commits to them."""
    leaf = replace(PLAIN.case_head.leaf, batch=batch_digest(STATEMENT, signatures))
    tree = merkle.Tree(merkle.leaf_hashes([*SEALED.entries[:-1], leaf.to_bytes()]))
    last, note = at(tree, tree.size - 1), signed_note(tree)
    batch = replace(custody().batch, leaf=leaf, leaf_entry=last, signatures=tuple(signatures))
    return replace(
        PLAIN,
        note=note,
        entry=at(tree, PLAIN.entry.index),
        case_head=replace(PLAIN.case_head, entry=last, leaf=leaf),
        custody=replace(custody(), batch=batch),
        anchors=(token(note),),
    )


def eip712() -> Eip712Signature:
    key = PrivateKey(b"\x0c" * 32)
    signed = key.sign_msg_hash(STATEMENT.eip712_digest())
    v = bytes([signed.to_bytes()[64] + 27])
    return Eip712Signature(key.public_key.to_canonical_address(), key.public_key.to_bytes(), signed.to_bytes()[:64] + v)


@cache
def ml_dsa() -> MlDsaSignature:
    """ML-DSA-65 by the key of a fixed seed. Each signature is another one, so the first that was made is kept."""
    key = MLDSA65PrivateKey.from_seed_bytes(bytes(range(32)))
    public = key.public_key()
    if not KEPT.exists():
        KEPT.write_bytes(base64.b64encode(key.sign(STATEMENT.message())) + b"\n")
    signature = base64.b64decode(KEPT.read_bytes())
    public.verify(signature, STATEMENT.message())
    return MlDsaSignature(public.public_bytes_raw(), signature)


def certificate(ends: int) -> tuple[X509Signature, Trust]:
    """A signature by a certificate that ends then, and trust in its root."""
    shape = replace(ISSUER, ends=ends)
    root = fixed.certified("Court root", None, shape)
    leaf = fixed.certified("A. Clerk", root, Shape(ends=ends))
    assert isinstance(leaf.key, Ed25519PrivateKey)
    signature = X509Signature((leaf.der,), leaf.key.sign(STATEMENT.message()), "ed25519")
    return signature, STAMPS.with_signer(TrustedSigner("Court", root.der))


def vectors() -> Iterator[Vector]:
    """All of them; names are unique."""

    def signed(name: str, about: str, *signatures: Signature, trust: Trust = STAMPS) -> Vector:
        return one(name, about, resigned(signatures), trust)

    def altered(name: str, about: str, **changes: Any) -> Vector:
        stamped = replace(PLAIN, anchors=(token(PLAIN.note),))
        return one(name, about, replace(stamped, custody=replace(custody(), **changes)), STAMPS)

    good = custody().batch.signatures[0]
    assert isinstance(good, Ed25519Signature)
    wallet = Erc1271Signature(1, b"\x31" * 20, b"\x32" * 65)
    yield signed("custody-ed25519", "signed by an Ed25519 key", good)
    yield signed("custody-eip712", "signed by an Ethereum key", eip712())
    yield signed("custody-ml-dsa", "signed by ML-DSA-65", ml_dsa())
    yield signed("custody-wallet", "signed by a contract, which nobody asked", wallet)
    yield signed("custody-unknown", "a signature of a type that nobody knows", UnknownSignature(b'{"type":"wax"}'))
    yield signed("custody-unsigned", "signed by nobody")
    yield signed("custody-wallet-and-key", "by a contract and a key", wallet, good)
    yield signed("custody-signature-wrong", "a signature of zeros", good, replace(good, signature=bytes(64)))
    clerk, trust = certificate(BLOCK_TIME + 1000)
    yield signed("custody-x509", "signed by a certificate of a known root", clerk, trust=trust)
    yield signed("custody-x509-untrusted", "of a root that the verifier does not know", clerk)
    expired, trust = certificate(BLOCK_TIME - 1)
    yield signed("custody-x509-expired", "by a certificate that had ended", expired, trust=trust)
    undated = one("custody-x509-undated", "nothing proves when", resigned([clerk]), None)
    yield undated
    yield one("custody-missing", "without custody", replace(PLAIN, custody=None, anchors=(token(PLAIN.note),)), STAMPS)
    entry, statement = custody().entry, custody().batch.statement
    yield altered("custody-entry-altered", "another person in the entry", entry=replace(entry, by="somebody else"))
    batch = replace(custody().batch, statement=replace(statement, first=1))
    yield altered("custody-statement-altered", "another number in the statement", batch=batch)
    batch = replace(custody().batch, signatures=())
    yield altered("custody-signatures-removed", "what was signed by somebody shown as signed by nobody", batch=batch)

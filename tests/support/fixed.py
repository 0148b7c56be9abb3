"""Time-stamp authorities and certificates whose bytes are the same each time: fixed keys, numbers and times.

For vectors that are written into files. The keys follow from their titles and protect nothing. Ed25519 and RSA
(PKCS #1) signatures are the same by themselves; an ECDSA key here signs time stamps alone, by RFC 6979.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.sealed import BLOCK_TIME
from support.tsa_chain import ISSUER, LEAF, YEAR, Chain, Key, Member, Shape, member

LONG = replace(LEAF, ends=BLOCK_TIME + 20 * YEAR)
UPPER = replace(ISSUER, ends=BLOCK_TIME + 20 * YEAR)
_SMALL = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]


def _number(title: str, size: int) -> int:
    return int.from_bytes(hashlib.shake_256(title.encode()).digest(size), "big")


@cache
def key(kind: str, title: str) -> Key:
    """A key of that kind: ed25519, ecdsa or rsa."""
    if kind == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(_number(title, 32).to_bytes(32, "big"))
    if kind == "ecdsa":
        return ec.derive_private_key(_number(title, 31), ec.SECP256R1())
    p, q = (_prime(f"{title} {part}") for part in "pq")
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _prime(title: str) -> int:
    """A prime of 1,024 bits, the two highest of them set."""
    found = _number(title, 128) | 3 << 1022 | 1
    while any(found % small == 0 for small in _SMALL) or found % 65537 == 1 or pow(2, found - 1, found) != 1:
        found += 2
    return found


def certified(title: str, issuer: Member | None, shape: Shape, kind: str = "ed25519") -> Member:
    """A certificate of that kind of key."""
    return member(title, issuer, shape, key(kind, title), _number(title, 8) >> 1 | 1)


@cache
def issuers() -> tuple[Member, Member]:
    """Root, and what it issued to issue others."""
    root = certified("Vector root", None, UPPER)
    return root, certified("Vector intermediate", root, UPPER, "rsa")


def authority(title: str = "Vector TSA", kind: str = "ed25519", leaf: Shape = LONG) -> Chain:
    """A time-stamp authority under `issuers`.  kind: of its own key."""
    root, between = issuers()
    return Chain(root, (between,), certified(title, between, leaf, kind), kind)


@cache
def alone(title: str, begins: int, ends: int) -> Chain:
    """A time-stamp authority with a root of its own and nothing between."""
    root = certified(f"{title} root", None, replace(ISSUER, begins=begins - 10 * YEAR, ends=ends + 10 * YEAR))
    return Chain(root, (), certified(title, root, replace(LEAF, begins=begins, ends=ends)), "ed25519")

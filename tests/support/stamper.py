"""A time-stamp authority in the test's own process, for tokens of any time: openssl's own knows only today."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from support.tsa import ISSUER, LEAF, YEAR, Chain, Key, member, signed_data, tst_info

__all__ = ["YEAR", "Stamper"]


@dataclass
class Stamper:
    """An authority: a root, and a certificate for time-stamping under it.

    begins, ends  Unix seconds, of the time-stamping certificate; the root lives ten years longer on either side
    """

    title: str = "Stamper"
    begins: int = 1_500_000_000
    ends: int = 2_500_000_000
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        wide = replace(ISSUER, begins=max(0, self.begins - 10 * YEAR), ends=self.ends + 10 * YEAR)
        root = member(f"{self.title} root", None, wide, ec.generate_private_key(ec.SECP256R1()))
        leaf = member(self.title, root, replace(LEAF, begins=self.begins, ends=self.ends), self.key)
        self.chain = Chain(root, (), leaf, "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa")

    @property
    def root_der(self) -> bytes:
        return self.chain.root.der

    @property
    def leaf_der(self) -> bytes:
        return self.chain.leaf.der

    def stamp(self, imprint: bytes, hash_name: str, at: int) -> bytes:
        """A token over `imprint`, which a hash of that name gave, of the time `at`."""
        return signed_data(self.chain, tst_info(imprint, hash_name, at))

    def stamp_data(self, data: bytes, hash_name: str, at: int) -> bytes:
        """A token over the hash of `data`."""
        return self.stamp(hashlib.new(hash_name, data).digest(), hash_name, at)

"""The tokens of evidence records: read, checked and judged once, however many records share them.

The records of a case's documents differ in their trees and have their tokens in common. Results are kept under the
very bytes that they are about; they are few and bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

from notary.errors import TokenInvalid, TokenUntrusted
from notary.records.algorithms import Facts, Use
from notary.records.evidence_record import der_token
from notary.timestamps import tsp
from notary.verdicts.trust import TrustedAuthority

if TYPE_CHECKING:
    from notary.timestamps.tsp import Token, Vouched

MEMO_SIZE = 1024  # results kept per kind: a record has some ten tokens

T = TypeVar("T")


class Tokens:
    """What the verifier finds of tokens.

    authorities   that the verifier trusts
    certificates  DER of further ones at hand, for tokens that come without
    """

    def __init__(self, authorities: Sequence[TrustedAuthority], certificates: Sequence[bytes] = ()) -> None:
        self._authorities = tuple(authorities)
        self._certificates = [der for authority in authorities for der in authority.certificates]
        self._certificates += certificates
        self._read: dict[Hashable, Token | TokenInvalid] = {}
        self._signers: dict[Hashable, bytes | TokenInvalid] = {}
        self._judged: dict[Hashable, Vouched | TokenUntrusted] = {}
        self._der: dict[Hashable, bytes] = {}

    def read(self, token: bytes) -> Token | TokenInvalid:
        """What the token says, or why it cannot be read."""
        return _memo(self._read, token, lambda: _tried(lambda: tsp.read_token(token)))

    def signer(self, token: bytes) -> bytes | TokenInvalid:
        """DER of the certificate that signed it, or why its own proof does not hold."""
        read = self.read(token)
        if isinstance(read, TokenInvalid):
            return read
        return _memo(self._signers, token, lambda: _tried(lambda: tsp.check_signature(read, self._certificates)))

    def vouched(self, token: bytes, at: int) -> Vouched | TokenUntrusted:
        """The authority that it leads to by certificates valid at `at`, or what stands against that.

        token  one whose own proof holds
        at     Unix seconds: the token's own time, or a later one until which it is needed
        """
        return _memo(self._judged, (token, at), lambda: self._judge(token, at))

    def facts(self, token: bytes, at: int) -> Facts | None:
        """What it rests on when it is needed until `at`; None where its own proof does not hold."""
        read, signer = self.read(token), self.signer(token)
        if isinstance(read, TokenInvalid) or isinstance(signer, TokenInvalid):
            return None
        for time in (at, read.gen_time):  # a path that holds still, or else the one that did
            vouched = self.vouched(token, max(time, read.gen_time))
            if not isinstance(vouched, TokenUntrusted):
                return token_facts(read, signer, vouched.path)
        return token_facts(read, signer)

    def der(self, token: bytes) -> bytes:
        """The token as those hash it who write DER."""
        return _memo(self._der, token, lambda: der_token(token))

    def _judge(self, token: bytes, at: int) -> Vouched | TokenUntrusted:
        read, signer = self.read(token), self.signer(token)
        assert not isinstance(read, TokenInvalid)
        assert not isinstance(signer, TokenInvalid)
        try:
            return tsp.judge_by_all(read, signer, self._authorities, at)
        except TokenUntrusted as exc:
            return exc


def token_facts(token: Token, signer: bytes, path: tuple[tuple[str, int], ...] = ()) -> Facts:
    """What a token rests on: the hashes it uses, its signer's key, and how long the certificates last.

    signer  DER, as tsp.check_signature returned it
    path    as tsp.Vouched has it; empty where no authority is known: the signer's certificate alone counts
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    certificate = x509.load_der_x509_certificate(signer)
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        use = Use("signature", "rsa", key.key_size)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        use = Use("signature", "ecdsa", key.curve.key_size)
    else:  # what tsp.check_signature lets pass besides
        use = Use("signature", "ed25519")
    hashes = dict.fromkeys((token.hash_name, token.signer.digest))
    ends = int(certificate.not_valid_after_utc.timestamp())
    whose = f"the certificate of {certificate.subject.rfc4514_string()[:200] or 'the authority'}"
    return Facts((*(Use("hash", name) for name in hashes), use), path or ((whose, ends),))


def _tried(work: Callable[[], T]) -> T | TokenInvalid:
    try:
        return work()
    except TokenInvalid as exc:
        return exc


def _memo(memo: dict[Hashable, T], key: Hashable, compute: Callable[[], T]) -> T:
    try:
        return memo[key]
    except KeyError:
        if len(memo) >= MEMO_SIZE:
            memo.clear()
        result = memo[key] = compute()
        return result

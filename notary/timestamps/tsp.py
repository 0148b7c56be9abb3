"""RFC 3161 time-stamp tokens: read them, check their own proof, judge them by a configured authority. Pure.

A token says: "whoever holds the signer's key saw this digest at genTime". Four questions:

    read_token, read_response  what does it say?                              TokenInvalid
    check_token                does it hold, as far as it proves itself?      TokenInvalid     verify, check 7
    judge_by_all, judge_token  does its signer lead to an authority that      TokenUntrusted   verify, checks 8 and 9
                               the verifier configured, at the token's time?
    uncertainty                how far may the true time be from genTime?

Nothing in a token is ever trusted: a root that comes along counts for nothing. The errors carry `reason`:

    token-invalid              cannot be read, or breaks the form (more than one signature, no ESSCertID, ...)
    token-imprint-differs      it stamps something else
    token-signature-invalid    the signature, or the digest that it covers, is wrong
    token-certificate-missing  the signer's certificate is neither in it nor at hand
    token-certificate-differs  the certificate of that name is not the one signed for (ESSCertID)
    token-key-usage            the signer's certificate is not for time stamps alone
    token-algorithm-weak       MD5, SHA-1, SHA-224, an RSA key under 2048 bits, a curve under 256
    token-policy-differs       another policy than asked for
    token-nonce-differs        another nonce than asked with
    token-refused              the authority refused; the detail is what it said
    authority-untrusted        no path to the configured root (TokenUntrusted from here on)
    authority-expired          a certificate of the path was not valid at genTime
    authority-revoked          a certificate of the path was revoked, see notary/timestamps/tsp_path.py
    policy-untrusted           a policy that is not configured

How a verifier uses it (`TrustedAuthority` is notary.verdicts.trust's), for receipts and evidence records alike:

    token = read_token(anchor.token)
    signer = check_token(token, note, certificates)      # note: the bytes of the whole signed checkpoint
    vouched = judge_by_all(token, signer, authorities)
    time, give_or_take = token.gen_time, uncertainty(token, vouched.authority.uncertainty_seconds)

`certificates` are those of all configured authorities, for tokens that come without. Importing this module loads no
package; asn1crypto and cryptography are loaded by the first call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notary.errors import TokenInvalid, TokenUntrusted
from notary.timestamps.tsp_values import HASH_NAMES, MAX_TOKEN_BYTES, MICROSECONDS, SignerInfo, Token

if TYPE_CHECKING:
    from notary.verdicts.trust import TrustedAuthority

__all__ = [
    "HASH_NAMES",
    "MAX_TOKEN_BYTES",
    "SignerInfo",
    "Token",
    "Vouched",
    "accept_response",
    "check_imprint",
    "check_signature",
    "check_token",
    "is_earlier",
    "judge_by_all",
    "judge_token",
    "read_response",
    "read_token",
    "request",
    "uncertainty",
]

URGENCY = ("authority-revoked", "authority-expired", "policy-untrusted", "authority-untrusted")
"""Which of several reasons against a token is told."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a token's signer leads to.

    path  (whose, Unix seconds of its last second) of each certificate from the signer's to the root
    """

    authority: TrustedAuthority
    path: tuple[tuple[str, int], ...]


def read_token(data: bytes) -> Token:
    """Read a time-stamp token: a CMS ContentInfo in DER or BER, nothing behind it, at most MAX_TOKEN_BYTES.

    Raises TokenInvalid (token-invalid, token-algorithm-weak).  Source: RFC 3161, section 2.4.2.
    """
    from notary.timestamps import tsp_read

    return tsp_read.read_token(data)


def read_response(data: bytes) -> Token:
    """Read an authority's answer (TimeStampResp) and the token in it.

    Raises TokenInvalid (token-refused with what the authority said; token-invalid, token-algorithm-weak).
    """
    from notary.timestamps import tsp_read

    return tsp_read.read_response(data)


def check_token(token: Token, data: bytes, certificates: Sequence[bytes] = ()) -> bytes:
    """Check the token's own proof: that it stamps `data`, and that its signer's certificate signed it.

    data          what was stamped, whole; hashed here with the token's hash
    certificates  DER of further ones at hand, for tokens that come without

    Returns DER of the signer's certificate, which nothing vouches for yet.  Raises TokenInvalid.
    """
    check_imprint(token, hashlib.new(token.hash_name, data).digest())
    return check_signature(token, certificates)


def check_imprint(token: Token, digest: bytes) -> None:
    """Check that the token stamps `digest`, which is of the token's hash.  Raises TokenInvalid."""
    if token.imprint != digest:
        raise TokenInvalid(
            "token-imprint-differs",
            f"the token stamps {token.hash_name} {token.imprint.hex()[:16]}..., expected is {digest.hex()[:16]}...",
        )


def check_signature(token: Token, certificates: Sequence[bytes] = ()) -> bytes:
    """As check_token, without looking at what was stamped: for those who compare the imprint themselves."""
    from notary.timestamps import tsp_signature

    return tsp_signature.check_signature(token, certificates)


def judge_token(
    token: Token, signer: bytes, authority: TrustedAuthority, valid_at: int | None = None
) -> tuple[tuple[str, int], ...]:
    """Check that the signer leads to the authority's root, by certificates that were valid at the token's time.

    signer     DER, as check_token returned it for this token
    authority  its root, intermediate certificates, policies (empty: any) and revocation lists
    valid_at   Unix seconds at which the certificates must be valid instead; revocation is about the token's own time

    Returns the path as Vouched has it.  Raises TokenUntrusted; what is checked stands in
    notary/timestamps/tsp_path.py.
    """
    from notary.timestamps import tsp_path

    return tsp_path.judge(token, signer, authority, token.gen_time if valid_at is None else valid_at)


def judge_by_all(
    token: Token, signer: bytes, authorities: Sequence[TrustedAuthority], valid_at: int | None = None
) -> Vouched:
    """As judge_token, by several authorities: the first that accepts, unless any of them says that it was revoked.

    One root may stand there twice, with and without a revocation list: who knows less overrules nobody.

    Raises TokenUntrusted: the first by URGENCY.
    """
    found: Vouched | None = None
    worst: TokenUntrusted | None = None
    for authority in authorities:
        try:
            path = judge_token(token, signer, authority, valid_at)
        except TokenUntrusted as exc:
            worst = min(worst or exc, exc, key=lambda one: URGENCY.index(one.reason))
        else:
            found = found or Vouched(authority, path)
    if found is not None and (worst is None or worst.reason != "authority-revoked"):
        return found
    raise worst or TokenUntrusted("authority-untrusted", "you name no time-stamp authority that you trust")


def uncertainty(token: Token, configured: int) -> int:
    """How many seconds the true time may be from `gen_time`, either way.

    configured  seconds, of its authority: an authority's own word can widen that, and not narrow it

    The larger of the two, and one second more, since gen_time is rounded down.
    """
    return max(configured, -(-(token.accuracy_us or 0) // MICROSECONDS)) + 1


def is_earlier(token: Token, than: Token) -> bool:
    """Whether the token's time lies before another's, as exactly as both state theirs: in seconds, or with fractions.

    DER writes no fraction of zero, so zero microseconds are a time that is known to the second only.
    """
    if token.gen_time_us and than.gen_time_us:
        return (token.gen_time, token.gen_time_us) < (than.gen_time, than.gen_time_us)
    return token.gen_time < than.gen_time


def request(digest: bytes, hash_name: str, nonce: int, policy: str | None = None) -> bytes:
    """DER of a TimeStampReq that asks for the authority's certificate as well.

    digest     of the hash that `hash_name`, one of HASH_NAMES, says
    nonce      from 1; 64 random bits serve
    policy     dotted object identifier, None: the authority's own

    Raises ValueError for another hash, a digest of another size, or a policy that is no object identifier.
    Source: RFC 3161, section 2.4.1.
    """
    from notary.timestamps import tsp_read

    if hash_name not in HASH_NAMES or len(digest) != hashlib.new(hash_name).digest_size:
        raise ValueError(f"{len(digest)} bytes are no digest of {hash_name}; known are {', '.join(HASH_NAMES)}")
    return tsp_read.request(digest, hash_name, nonce, policy)


def accept_response(data: bytes, digest: bytes, hash_name: str, nonce: int, policy: str | None = None) -> Token:
    """Read an authority's answer and check that it answers this request; the arguments are those of `request`.

    The token's signature is not looked at: check_token does that.  Raises TokenInvalid.
    """
    token = read_response(data)
    if token.hash_name != hash_name:
        raise TokenInvalid("token-imprint-differs", f"the token stamps by {token.hash_name}, asked was {hash_name}")
    check_imprint(token, digest)
    if token.nonce != nonce:
        got = "none" if token.nonce is None else f"{token.nonce:x}"
        raise TokenInvalid("token-nonce-differs", f"the token's nonce is {got}, asked was {nonce:x}")
    if policy is not None and token.policy != policy:
        raise TokenInvalid("token-policy-differs", f"the token's policy is {token.policy[:80]}, asked was {policy}")
    return token

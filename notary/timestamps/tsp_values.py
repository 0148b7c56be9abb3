"""What a time-stamp token says, as values; nothing here reads bytes or loads a package."""

from __future__ import annotations

from dataclasses import dataclass, field

MICROSECONDS = 1_000_000
MAX_TOKEN_BYTES = 64 * 1024  # of a token, and of a response; with a whole chain they have 6 KB
HASHES = {  # object identifiers, as hashlib names them; what is not listed is not known. NIST's register of algorithms
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
}
HASH_NAMES = tuple(HASHES.values())


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """The one signature of a token, and how it names its signer.

    issuer, serial     of the signer's certificate: DER of the issuer's name, and its number; None with key_id
    key_id             the certificate's subject key identifier; None with issuer and serial
    digest             hashlib name of the hash over the content, and over the signed attributes
    algorithm          dotted object identifier of the signature algorithm
    pss                (hash, hash of MGF1, bytes of salt) of RSASSA-PSS, else None; hashlib names
    signed             what is signed, one or two encodings: the attributes in the order they came, and sorted
    message_digest     as the attributes say it
    certificate_ids    (hashlib name, digest, issuer's DER or None, serial or None) of the signer's certificate by
                       ESSCertID or ESSCertIDv2; one or both of them
    signature          bytes
    """

    issuer: bytes | None
    serial: int | None
    key_id: bytes | None
    digest: str
    algorithm: str
    pss: tuple[str, str, int] | None
    signed: tuple[bytes, ...]
    message_digest: bytes
    certificate_ids: tuple[tuple[str, bytes, bytes | None, int | None], ...]
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An RFC 3161 time-stamp token.

    der           the ContentInfo as it came, DER or BER
    policy        dotted object identifier under which the authority stamps
    hash_name     hashlib name of the imprint's hash: sha256, sha384, sha512, sha3_256, sha3_384 or sha3_512
    imprint       the digest that was stamped
    serial        the token's number at its authority
    gen_time      Unix seconds, rounded down
    gen_time_us   microseconds within that second, rounded down
    accuracy_us   microseconds on either side of the time; None: not stated
    nonce         as in the request, None: without
    certificates  DER of those that came along, any order, proven by nothing
    content       DER of the TSTInfo, which the signature covers by its digest
    signer        the signature
    """

    der: bytes = field(repr=False)
    policy: str
    hash_name: str
    imprint: bytes
    serial: int
    gen_time: int
    gen_time_us: int
    accuracy_us: int | None
    nonce: int | None
    certificates: tuple[bytes, ...] = field(repr=False)
    content: bytes = field(repr=False)
    signer: SignerInfo = field(repr=False)

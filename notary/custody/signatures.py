"""Custody signatures: who says what happened to the evidence of a case. One signature covers a batch of entries.

    statement  {"case", "entries", "first", "head", "last"}
    message    "tallystick/custody-signature/v1" 00 || JCS(statement)        what Ed25519, X.509 and ML-DSA keys sign
    digest     EIP-712 of Custody(bytes32 case,uint64 first,uint64 last,bytes32 head,bytes32 entries)
               in the domain {name: "Tallystick Custody", version: "1"}       what EOAs and ERC-1271 wallets sign

The domain names no chain: what is signed is a statement that holds everywhere, and moves nothing.

    type        carries                         says who
    eip712      public key, address             an address, by its key
    erc1271     chain and address of a wallet   nothing offline: only the wallet's code on its chain can tell
    ed25519     public key                      a key
    x509        certificates, leaf first        the subject of a certificate; whether its issuer is one to believe is
                                                asked apart, at the time in question (`judge_x509`)
    ml-dsa-65   public key                      a key, also after quantum computers (FIPS 204, empty context)

A signature of another type is kept as it is and counts for nothing.  Nothing here opens a file, a socket or a clock.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol, TypeAlias

from notary import jcs
from notary.errors import CustodySignatureInvalid, SignerUnproven
from notary.jcs import MAX_INT, Json
from notary.keccak import keccak256
from notary.reading import Reader, evm

MESSAGE_TAG: Final = b"tallystick/custody-signature/v1\0"
BATCH_TAG: Final = b"tallystick/custody-batch/v1\0"
DOMAIN_NAME: Final = "Tallystick Custody"
DOMAIN_VERSION: Final = "1"
DOMAIN_TYPE: Final = "EIP712Domain(string name,string version)"
STATEMENT_TYPE: Final = "Custody(bytes32 case,uint64 first,uint64 last,bytes32 head,bytes32 entries)"

MAX_SIGNATURES: Final = 8  # of one batch
MAX_BYTES: Final = 128 * 1024  # of all signatures of a batch, as JCS; three certificates and a key are some 8 KiB
MAX_WALLET_SIGNATURE: Final = 4096  # bytes; a multi-signature wallet's holds 65 for each owner
MAX_CHAIN: Final = 8  # certificates
MAX_CERTIFICATE: Final = 16 * 1024  # bytes; honest ones have under 4 KiB
MAX_X509_SIGNATURE: Final = 2048  # bytes: RSA of 16,384 bits
MLDSA65_KEY_SIZE: Final = 1952  # FIPS 204, table 2
MLDSA65_SIGNATURE_SIZE: Final = 3309
X509_ALGORITHMS: Final = ("rsa-pss-sha256", "rsa-pkcs1-sha256", "ecdsa-sha256", "ed25519")

SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_FIELD = 2**255 - 19  # of Ed25519
# The y coordinates of the points whose order divides 8.  Such a "key" has signatures that fit every message.
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})


class Signable(Protocol):
    """What these signatures can be over: custody (`Statement`), or who a plan's party is (portal/signing)."""

    def message(self) -> bytes:
        """The bytes that Ed25519, X.509 and ML-DSA keys sign; they begin with a tag that nothing else begins with."""
        ...

    def eip712_digest(self) -> bytes:
        """The 32 bytes that Ethereum keys sign."""
        ...

    def typed_data(self) -> dict[str, object]:
        """The same as EIP-712 JSON, for wallets."""
        ...


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed: these entries, in this order, are the case's custody from `first` to `last`.

    case     32 bytes, the blinded case id
    first    seq of the batch's first custody entry
    last     seq of its last
    head     32 bytes, the custody head after `last`
    entries  32 bytes, MTH over the hashes of the entries `first` to `last`
    """

    case: bytes
    first: int
    last: int
    head: bytes
    entries: bytes

    def __post_init__(self) -> None:
        if any(len(value) != 32 for value in (self.case, self.head, self.entries)):
            raise ValueError("case, head and entries have 32 bytes each")
        if not 0 <= self.first <= self.last <= MAX_INT:
            raise ValueError(f"custody entries {self.first} to {self.last} are no batch")

    @classmethod
    def read(cls, batch: Reader) -> Statement:
        """From the JSON object.  Raises the reader's error."""
        batch.only("case", "entries", "first", "head", "last")
        first = batch.integer("first")
        return cls(
            batch.hex("case", 32), first, batch.integer("last", first), batch.hex("head", 32), batch.hex("entries", 32)
        )

    def to_json(self) -> dict[str, Json]:
        return {
            "case": self.case.hex(),
            "entries": self.entries.hex(),
            "first": self.first,
            "head": self.head.hex(),
            "last": self.last,
        }

    def message(self) -> bytes:
        """The bytes that Ed25519, X.509 and ML-DSA keys sign."""
        return MESSAGE_TAG + jcs.dumps(self.to_json())

    def eip712_digest(self) -> bytes:
        """The 32 bytes that Ethereum keys sign.  Source: EIP-712, hashStruct and encodeData."""
        domain, kind = _eip712_constants()
        numbers = self.first.to_bytes(32, "big") + self.last.to_bytes(32, "big")
        return keccak256(b"\x19\x01" + domain + keccak256(kind + self.case + numbers + self.head + self.entries))

    def typed_data(self) -> dict[str, object]:
        """The same as EIP-712 JSON, for wallets: {types, primaryType, domain, message}."""
        return {
            "types": {"EIP712Domain": _members(DOMAIN_TYPE), "Custody": _members(STATEMENT_TYPE)},
            "primaryType": "Custody",
            "domain": {"name": DOMAIN_NAME, "version": DOMAIN_VERSION},
            "message": {
                "case": evm(self.case),
                "first": self.first,
                "last": self.last,
                "head": evm(self.head),
                "entries": evm(self.entries),
            },
        }


@cache
def _eip712_constants() -> tuple[bytes, bytes]:
    """(domain separator, type hash), 32 bytes each."""
    name, version = keccak256(DOMAIN_NAME.encode()), keccak256(DOMAIN_VERSION.encode())
    return keccak256(keccak256(DOMAIN_TYPE.encode()) + name + version), keccak256(STATEMENT_TYPE.encode())


def _members(kind: str) -> list[dict[str, str]]:
    pairs = (member.split(" ") for member in kind[kind.index("(") + 1 : -1].split(","))
    return [{"name": name, "type": of} for of, name in pairs]


@dataclass(frozen=True, slots=True)
class Eip712Signature:
    """By the key of an externally owned account.

    address    20 bytes
    key        64 bytes: x and y of the public key, so that nothing is recovered from the signature
    signature  65 bytes: r, s (at most half the order), v. v is 27 or 28 and tells ecrecover the parity of the y of r's
               point; contracts need it, and nothing that is checked here hangs on which of the two it is
    """

    address: bytes
    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Erc1271Signature:
    """By a wallet with code.

    chain_id   EIP-155 id of the chain that the wallet is on
    address    20 bytes, the wallet's
    signature  1 to 4096 bytes that its isValidSignature judges
    """

    chain_id: int
    address: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Ed25519Signature:
    """key 32 bytes, signature 64 (RFC 8032)."""

    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class X509Signature:
    """By the key of a certificate.

    chain      1 to 8 certificates, DER, leaf first, each signed by the next
    signature  as `algorithm` says: RSA integers big-endian, ECDSA as DER, Ed25519 64 bytes
    algorithm  one of X509_ALGORITHMS
    """

    chain: tuple[bytes, ...]
    signature: bytes
    algorithm: str


@dataclass(frozen=True, slots=True)
class MlDsaSignature:
    """By ML-DSA-65 (FIPS 204), pure, empty context: key 1952 bytes, signature 3309."""

    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class UnknownSignature:
    """A signature of a type that this program does not know: JCS of what was there, kept, counting for nothing."""

    json: bytes


Signature: TypeAlias = (
    Eip712Signature | Erc1271Signature | Ed25519Signature | X509Signature | MlDsaSignature | UnknownSignature
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who made a valid signature.

    kind         "eip712", "erc1271", "ed25519", "x509", "ml-dsa-65"
    identity     printable: the address, the key in hexadecimal, the certificate's subject, or the key's SHA-256
    fingerprint  32 bytes, SHA-256 of the public key as carried, of the certificate, or of chain id and address
    """

    kind: str
    identity: str
    fingerprint: bytes


# Reading and writing


def read_signatures(parent: Reader, name: str) -> tuple[Signature, ...]:
    """The list of signatures in the member `name`.  Raises the reader's error."""
    items = parent.items(name, MAX_SIGNATURES)
    size = len(jcs.dumps(items))
    if size > MAX_BYTES:
        raise parent.refuse(name, f"has {size} bytes, at most {MAX_BYTES} are allowed")
    return tuple(_read(signature) for signature in parent.objects(name, MAX_SIGNATURES))


def _read(item: Reader) -> Signature:
    kind = item.text("type", 64)
    if kind == "eip712":
        item.only("type", "address", "key", "signature")
        return Eip712Signature(item.evm_hex("address", 20), item.evm_hex("key", 64), item.evm_hex("signature", 65))
    if kind == "erc1271":
        item.only("type", "chain_id", "address", "signature")
        signature = item.evm_bytes("signature", MAX_WALLET_SIGNATURE)
        return Erc1271Signature(item.integer("chain_id", least=1), item.evm_hex("address", 20), signature)
    if kind == "ed25519":
        item.only("type", "key", "signature")
        return Ed25519Signature(item.base64("key", 32), item.base64("signature", 64))
    if kind == "ml-dsa-65":
        item.only("type", "key", "signature")
        return MlDsaSignature(item.base64("key", MLDSA65_KEY_SIZE), item.base64("signature", MLDSA65_SIGNATURE_SIZE))
    if kind != "x509":
        return UnknownSignature(jcs.dumps(item.value))
    item.only("type", "chain", "signature", "algorithm")
    algorithm = item.text("algorithm", 64)
    if algorithm not in X509_ALGORITHMS:
        raise item.refuse("algorithm", f"is none of {', '.join(X509_ALGORITHMS)}")
    chain = item.base64_list("chain", MAX_CHAIN, MAX_CERTIFICATE)
    if not chain:
        raise item.refuse("chain", "is empty")
    return X509Signature(chain, item.base64_bytes("signature", MAX_X509_SIGNATURE), algorithm)


def write_signature(signature: Signature) -> dict[str, Json]:
    """The JSON object, as `read_signatures` reads it."""
    if isinstance(signature, UnknownSignature):
        value = jcs.loads(signature.json, max_bytes=MAX_BYTES, what="signature")
        assert isinstance(value, dict)  # it was one when it was read
        return value
    if isinstance(signature, Eip712Signature):
        address, key = evm(signature.address), evm(signature.key)
        return {"type": "eip712", "address": address, "key": key, "signature": evm(signature.signature)}
    if isinstance(signature, Erc1271Signature):
        address, made = evm(signature.address), evm(signature.signature)
        return {"type": "erc1271", "chain_id": signature.chain_id, "address": address, "signature": made}
    made = _base64(signature.signature)
    if isinstance(signature, X509Signature):
        chain: list[Json] = [_base64(certificate) for certificate in signature.chain]
        return {"type": "x509", "chain": chain, "signature": made, "algorithm": signature.algorithm}
    kind = "ed25519" if isinstance(signature, Ed25519Signature) else "ml-dsa-65"
    return {"type": kind, "key": _base64(signature.key), "signature": made}


def write_signatures(signatures: Sequence[Signature]) -> list[Json]:
    """All of a batch, in their order."""
    return [write_signature(signature) for signature in signatures]


def batch_digest(statement: Statement, signatures: Sequence[Signature]) -> bytes:
    """32 bytes that the log commits to: which entries the batch has, signed or not, and who signed them.

    SHA-256("tallystick/custody-batch/v1" 00 || JCS({"signatures": the list, "statement": the statement}))
    """
    value: dict[str, Json] = {"signatures": write_signatures(signatures), "statement": statement.to_json()}
    return hashlib.sha256(BATCH_TAG + jcs.dumps(value)).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# Checking


def verify_signature(signature: Signature, statement: Signable) -> Signer:
    """Who signed `statement`.

    Raises CustodySignatureInvalid, and SignerUnproven where it cannot be told from here: a wallet's (only its chain
    knows; see notary/evm/evidence_chain.py), a type that is unknown, an algorithm that this build's OpenSSL lacks.
    What an X.509 signer's name is worth depends on the issuer: `judge_x509`.
    """
    if isinstance(signature, Eip712Signature):
        return _verify_eip712(signature, statement)
    if isinstance(signature, Erc1271Signature):
        wallet = f"{evm(signature.address)} on chain {signature.chain_id}"
        raise SignerUnproven("erc1271-offline", f"only the wallet {wallet} can tell whether it signed")
    if isinstance(signature, Ed25519Signature):
        return _verify_ed25519(signature, statement)
    if isinstance(signature, X509Signature):
        from notary.custody.signature_chain import verify_x509

        return verify_x509(signature, statement)
    if isinstance(signature, MlDsaSignature):
        return _verify_mldsa(signature, statement)
    raise SignerUnproven("signature-unknown", "a signature of a type that this program does not know")


def judge_x509(signature: X509Signature, roots: Sequence[bytes], at: int) -> None:
    """Check that a certificate chain leads to one of `roots` and was valid at the time `at`.

    roots  DER, what the verifier trusts from their own side; a certificate of the chain itself may be among them
    at     Unix seconds: the time that an anchor proves, not today's

    Certificates revoked before `at` are not noticed: no revocation list is looked at.  Raises SignerUnproven with
    reason "signer-untrusted" or "signer-expired", and CustodySignatureInvalid for a chain that is none.
    """
    from notary.custody.signature_chain import judge

    judge(signature, roots, at)


def wallet_signer(signature: Erc1271Signature) -> Signer:
    """The signer, once the wallet's own chain has said that the signature is valid."""
    chain_id = signature.chain_id.to_bytes(32, "big")
    identity = f"{evm(signature.address)} on chain {signature.chain_id}"
    return Signer("erc1271", identity, hashlib.sha256(chain_id + signature.address).digest())


def _verify_eip712(signature: Eip712Signature, statement: Signable) -> Signer:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    key, address = signature.key, signature.address
    r, s, v = (int.from_bytes(signature.signature[i:j], "big") for i, j in ((0, 32), (32, 64), (64, 65)))
    if keccak256(key)[12:] != address:
        raise CustodySignatureInvalid("eip712", f"the public key is not that of {evm(address)}")
    if not (0 < r < SECP256K1_ORDER and 0 < s <= SECP256K1_ORDER // 2 and v in (27, 28)):
        raise CustodySignatureInvalid("eip712", f"r, s or v ({v}) is out of range; s may be half the order at most")
    try:
        x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256K1()).public_key()
        digest = statement.eip712_digest()
        public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))  # any hash of 32 bytes
    except (InvalidSignature, ValueError) as exc:
        raise CustodySignatureInvalid("eip712", f"the key of {evm(address)} did not sign this") from exc
    return Signer("eip712", evm(address), hashlib.sha256(key).digest())


def _verify_ed25519(signature: Ed25519Signature, statement: Signable) -> Signer:
    check_ed25519("ed25519", signature.key, signature.signature, statement.message())
    return Signer("ed25519", signature.key.hex(), hashlib.sha256(signature.key).digest())


def check_ed25519(kind: str, key: bytes, signature: bytes, message: bytes) -> None:
    """Check one Ed25519 signature, refusing keys of small order.  Raises CustodySignatureInvalid."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    y = int.from_bytes(key, "little") & (2**255 - 1)
    if y % _FIELD in _SMALL_ORDER_Y:
        raise CustodySignatureInvalid(kind, f"{key.hex()} is no key: everything would be signed by it")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as exc:
        raise CustodySignatureInvalid(kind, f"the key {key.hex()} did not sign this") from exc


def _verify_mldsa(signature: MlDsaSignature, statement: Signable) -> Signer:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

    fingerprint = hashlib.sha256(signature.key).digest()
    try:
        MLDSA65PublicKey.from_public_bytes(signature.key).verify(signature.signature, statement.message())
    except UnsupportedAlgorithm as exc:
        raise SignerUnproven("signature-unsupported", "this build of OpenSSL does not know ML-DSA-65") from exc
    except (InvalidSignature, ValueError) as exc:
        name = f"the key with SHA-256 {fingerprint.hex()}"
        raise CustodySignatureInvalid("ml-dsa-65", f"{name} did not sign this") from exc
    return Signer("ml-dsa-65", f"sha256:{fingerprint.hex()}", fingerprint)

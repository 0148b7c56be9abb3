"""A time-stamp authority in the test's own process, for tokens of any time: openssl's own knows only today.

It signs with `cryptography` and writes with asn1crypto; `openssl ts -verify` accepts its tokens (see the tests).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TypeAlias

from asn1crypto import algos, cms, core, tsp, x509
from cryptography import x509 as certs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

POLICY = "1.3.6.1.4.1.99999.1"
YEAR = 365 * 86_400


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def name(text: str) -> certs.Name:
    return certs.Name([certs.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Stamper:
    """An authority: a root, and a certificate for time-stamping under it.

    begins, ends  Unix seconds, of the time-stamping certificate; the root lives ten years longer on either side
    """

    title: str = "Stamper"
    begins: int = 1_500_000_000
    ends: int = 2_500_000_000
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    serials: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        root_key = ec.generate_private_key(ec.SECP384R1())
        self.root = self._certificate(f"{self.title} root", root_key, f"{self.title} root", root_key, root=True)
        self.leaf = self._certificate(self.title, self.key, f"{self.title} root", root_key, root=False)

    def _certificate(
        self, subject: str, key: Key, issuer: str, signer: ec.EllipticCurvePrivateKey, *, root: bool
    ) -> certs.Certificate:
        margin = 10 * YEAR if root else 0
        builder = (
            certs.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(certs.random_serial_number())
            .not_valid_before(moment(max(0, self.begins - margin)))
            .not_valid_after(moment(self.ends + margin))
            .add_extension(certs.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(certs.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(certs.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if root:
            usage = certs.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            usage = certs.KeyUsage(True, False, False, False, False, False, False, False, False)
            builder = builder.add_extension(usage, critical=True).add_extension(
                certs.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        return builder.sign(signer, hashes.SHA384())

    @property
    def root_der(self) -> bytes:
        return self.root.public_bytes(Encoding.DER)

    @property
    def leaf_der(self) -> bytes:
        return self.leaf.public_bytes(Encoding.DER)

    def stamp(self, imprint: bytes, hash_name: str, at: int) -> bytes:
        """A token over `imprint`, which a hash of that name gave, of the time `at`."""
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": hash_name},
                    "hashed_message": imprint,
                },
                "serial_number": next(self.serials),
                "gen_time": moment(at),
                "nonce": 7,
            }
        ).dump()
        leaf = x509.Certificate.load(self.leaf_der)
        certificate_id = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(self.leaf_der).digest()})
        signing_certificate = tsp.SigningCertificateV2({"certs": [certificate_id]})
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
                {"type": "signing_certificate_v2", "values": [signing_certificate]},
            ]
        )
        signed = attributes.dump()
        if isinstance(self.key, rsa.RSAPrivateKey):
            signature = self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
            algorithm = "sha256_rsa"
        else:
            signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
            algorithm = "sha256_ecdsa"
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    cms.IssuerAndSerialNumber({"issuer": leaf.issuer, "serial_number": leaf.serial_number}),
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": algorithm}),
                "signature": signature,
            }
        )
        content = cms.EncapsulatedContentInfo({"content_type": "tst_info", "content": core.ParsableOctetString(info)})
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": content,
                "certificates": [cms.CertificateChoices("certificate", leaf)],
                "signer_infos": [signer],
            }
        )
        token: bytes = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
        return token

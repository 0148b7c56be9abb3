"""Who may sign a token, how, and with what: signed attributes, algorithms, the signer's certificate."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from asn1crypto import cms  # type: ignore[import-untyped,unused-ignore]  # it brings no types
from asn1crypto import x509 as asn1
from cryptography.x509.oid import ExtendedKeyUsageOID
from support.tokens import DATA, DIGEST, refusal
from support.tsa import attributes_of, ess_v1, ess_v2, sign, signed_data, token, tst_info
from support.tsa_chain import LEAF, Chain, Shape, chain

from notary.timestamps.tsp import (
    check_token,
    read_token,
)


@pytest.fixture(scope="module")
def authority() -> Chain:
    return chain()


class TestSignedAttributes:
    def check(self, authority: Chain, attributes: list[Any]) -> str:
        return refusal(signed_data(authority, tst_info(DIGEST), attributes=cms.CMSAttributes(attributes)))

    def good(self, authority: Chain) -> list[Any]:
        return [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(tst_info(DIGEST)).digest()]},
            ess_v2(authority.leaf.der),
        ]

    @pytest.mark.parametrize("left_out", [0, 1, 2])
    def test_each_is_needed(self, authority: Chain, left_out: int) -> None:
        attributes = self.good(authority)
        del attributes[left_out]
        assert self.check(authority, attributes) == "token-invalid"

    @pytest.mark.parametrize("twice", [0, 1, 2])
    def test_none_may_stand_twice(self, authority: Chain, twice: int) -> None:
        attributes = self.good(authority)
        assert self.check(authority, [*attributes, attributes[twice]]) == "token-invalid"

    def test_none_may_have_two_values(self, authority: Chain) -> None:
        attributes = self.good(authority)
        attributes[1]["values"].append(bytes(32))
        assert self.check(authority, attributes) == "token-invalid"

    def test_the_content_type_is_that_of_a_time_stamp(self, authority: Chain) -> None:
        attributes = self.good(authority)
        attributes[0]["values"] = ["data"]
        assert self.check(authority, attributes) == "token-invalid"

    def test_a_signature_over_the_content_itself_is_refused(self, authority: Chain) -> None:
        def edit(fields: dict[str, Any]) -> None:
            signer = fields["signer_infos"][0]
            _, signature = sign(authority.leaf, authority.kind, tst_info(DIGEST))
            fields["signer_infos"] = [
                {
                    "version": "v1",
                    "sid": signer["sid"],
                    "digest_algorithm": signer["digest_algorithm"],
                    "signature_algorithm": signer["signature_algorithm"],
                    "signature": signature,
                }
            ]

        assert refusal(signed_data(authority, tst_info(DIGEST), edit=edit)) == "token-invalid"

    @pytest.mark.parametrize("ess", ["v1", "v2", "both", "sha512", "issuer"])
    def test_every_way_to_name_the_certificate_passes(self, authority: Chain, ess: str) -> None:
        der = authority.leaf.der
        loaded = asn1.Certificate.load(der)
        issuers = [asn1.GeneralName("directory_name", loaded.issuer)]
        issuer_serial = {"issuer": issuers, "serial_number": loaded.serial_number}
        ways = {
            "v1": [ess_v1(der)],
            "v2": [ess_v2(der)],
            "both": [ess_v1(der), ess_v2(der)],
            "sha512": [ess_v2(der, "sha512")],
            "issuer": [ess_v2(der, issuer_serial=issuer_serial)],
        }
        info = tst_info(DIGEST)
        given = signed_data(authority, info, attributes=attributes_of(info, der, ess=ways[ess]))
        assert check_token(read_token(given), DATA) == der

    @pytest.mark.parametrize("ess", ["v1", "v2", "v1 good, v2 bad", "v1 bad, v2 good", "number", "issuer"])
    def test_a_certificate_named_wrongly_is_refused(self, authority: Chain, ess: str) -> None:
        der, other = authority.leaf.der, authority.root.der
        loaded = asn1.Certificate.load(der)
        names = [asn1.GeneralName("directory_name", each) for each in (loaded.issuer, loaded.subject)]
        number = {"issuer": names[:1], "serial_number": loaded.serial_number + 1}
        issuer = {"issuer": names[1:], "serial_number": loaded.serial_number}
        ways = {
            "v1": [ess_v1(other)],
            "v2": [ess_v2(other)],
            "v1 good, v2 bad": [ess_v1(der), ess_v2(other)],
            "v1 bad, v2 good": [ess_v1(other), ess_v2(der)],
            "number": [ess_v2(der, issuer_serial=number)],
            "issuer": [ess_v2(der, issuer_serial=issuer)],
        }
        info = tst_info(DIGEST)
        given = signed_data(authority, info, attributes=attributes_of(info, der, ess=ways[ess]))
        assert refusal(given) == "token-certificate-differs"


class TestWeakAlgorithms:
    def test_a_sha1_imprint_is_refused(self, authority: Chain) -> None:
        assert refusal(token(authority, DATA, hash_name="sha1")) == "token-algorithm-weak"

    def test_a_sha1_digest_of_the_content_is_refused(self, authority: Chain) -> None:
        def edit(fields: dict[str, Any]) -> None:
            fields["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}

        assert refusal(signed_data(authority, tst_info(DIGEST), edit=edit)) == "token-algorithm-weak"

    @pytest.mark.parametrize("algorithm", ["sha1_rsa", "md5_rsa", "sha1_ecdsa", "sha224_ecdsa", "sha1_dsa"])
    def test_a_weak_signature_is_refused(self, authority: Chain, algorithm: str) -> None:
        def edit(fields: dict[str, Any]) -> None:
            fields["signer_infos"][0]["signature_algorithm"] = {"algorithm": algorithm}

        assert refusal(signed_data(authority, tst_info(DIGEST), edit=edit)) == "token-algorithm-weak"

    @pytest.mark.parametrize("kind", ["rsa-1024", "ecdsa-192"])
    def test_a_short_key_is_refused(self, kind: str) -> None:
        assert refusal(token(chain(kind), DATA)) == "token-algorithm-weak"

    @pytest.mark.parametrize("algorithm", ["1.2.3.4.5", "1.2.840.113549.1.1.12"])
    def test_an_unknown_or_contradicting_algorithm_is_refused(self, algorithm: str) -> None:
        def edit(fields: dict[str, Any]) -> None:
            fields["signer_infos"][0]["signature_algorithm"] = {"algorithm": algorithm}

        assert refusal(signed_data(chain("rsa"), tst_info(DIGEST), edit=edit)) == "token-invalid"

    def test_an_unknown_hash_is_refused(self, authority: Chain) -> None:
        info = tst_info(DIGEST, message_imprint={"hash_algorithm": {"algorithm": "shake256"}, "hashed_message": DIGEST})
        assert refusal(signed_data(authority, info)) == "token-invalid"


class TestLeaf:
    @pytest.mark.parametrize(
        "shape",
        [
            Shape(),
            Shape(eku=LEAF.eku, eku_critical=False),
            Shape(eku=(ExtendedKeyUsageOID.SERVER_AUTH,)),
            Shape(eku=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
            Shape(eku=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH)),
            Shape(eku=(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.TIME_STAMPING)),
            Shape(eku=LEAF.eku, ca=True),
            Shape(eku=LEAF.eku, ca=True, usage=("digital_signature", "key_cert_sign")),
            Shape(eku=LEAF.eku, usage=("digital_signature", "key_cert_sign")),
            Shape(eku=LEAF.eku, usage=("digital_signature", "crl_sign")),
            Shape(eku=LEAF.eku, usage=("digital_signature", "key_encipherment")),
            Shape(eku=LEAF.eku, usage=("key_agreement",)),
        ],
    )
    def test_a_certificate_not_for_time_stamps_alone_is_refused(self, shape: Shape) -> None:
        assert refusal(token(chain(leaf=shape), DATA)) == "token-key-usage"

    @pytest.mark.parametrize(
        "shape",
        [
            Shape(eku=LEAF.eku, ca=None),
            Shape(eku=LEAF.eku, usage=None),
            Shape(eku=LEAF.eku, usage=("content_commitment",)),
            Shape(eku=LEAF.eku, usage=("digital_signature", "content_commitment")),
        ],
    )
    def test_a_certificate_for_time_stamps_alone_passes(self, shape: Shape) -> None:
        authority = chain(leaf=shape)
        assert check_token(read_token(token(authority, DATA)), DATA) == authority.leaf.der

"""X.509 in notary.custody.signatures: keys, certificates, and whether a verifier trusts them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.certificates import BEGIN, END, Certified, certify
from support.signers import (
    LEAF,
    MIDDLE,
    ROOT,
    STATEMENT,
    flipped,
    refused,
    rsa_key,
    signed_by,
)

from notary.custody.signatures import (
    judge_x509,
    verify_signature,
)
from notary.errors import CustodySignatureInvalid, SignerUnproven


class TestX509:
    @pytest.mark.parametrize("algorithm", ["rsa-pss-sha256", "rsa-pkcs1-sha256"])
    def test_verify_takes_rsa(self, algorithm: str) -> None:
        leaf = certify("R", ROOT, key=rsa_key(2048))
        assert verify_signature(signed_by(leaf, ROOT, algorithm=algorithm), STATEMENT).identity == "CN=R"

    @pytest.mark.parametrize("salt", [0, 20, 222])
    def test_verify_takes_a_pss_salt_of_any_length(self, salt: int) -> None:
        leaf = certify("R", key=rsa_key(2048))
        verify_signature(signed_by(leaf, algorithm="rsa-pss-sha256", salt=salt), STATEMENT)

    @pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
    def test_verify_takes_ecdsa_on_every_common_curve(self, curve: ec.EllipticCurve) -> None:
        leaf = certify("E", ROOT, key=ec.generate_private_key(curve))
        verify_signature(signed_by(leaf, ROOT), STATEMENT)

    def test_verify_takes_ed25519_all_the_way(self) -> None:
        root = certify("Root", ca=True, key=Ed25519PrivateKey.generate())
        leaf = certify("L", root, key=Ed25519PrivateKey.generate())
        signature = signed_by(leaf, root, algorithm="ed25519")
        assert verify_signature(signature, STATEMENT).identity == "CN=L"
        judge_x509(signature, [root.der], BEGIN)

    @pytest.mark.parametrize("algorithm", ["rsa-pss-sha256", "rsa-pkcs1-sha256", "ed25519"])
    def test_verify_refuses_an_algorithm_that_is_not_the_keys(self, algorithm: str) -> None:
        refused(replace(signed_by(LEAF, MIDDLE), algorithm=algorithm))

    def test_verify_refuses_pkcs1_called_pss_and_the_other_way_round(self) -> None:
        leaf = certify("R", key=rsa_key(2048))
        for made, called in (("rsa-pss-sha256", "rsa-pkcs1-sha256"), ("rsa-pkcs1-sha256", "rsa-pss-sha256")):
            refused(replace(signed_by(leaf, algorithm=made), algorithm=called))

    @pytest.mark.parametrize("bits", [1024, 2048])
    def test_verify_refuses_rsa_keys_below_2048_bits(self, bits: int) -> None:
        signature = signed_by(certify("R", key=rsa_key(bits)), algorithm="rsa-pss-sha256")
        if bits < 2048:
            refused(signature)
        else:
            verify_signature(signature, STATEMENT)

    @pytest.mark.parametrize(
        ("usage", "good"),
        [
            (("digital_signature",), True),
            (("content_commitment",), True),
            (None, True),
            (("key_encipherment",), False),
            (("key_agreement", "crl_sign"), False),
        ],
    )
    def test_verify_asks_whether_the_key_may_sign(self, usage: tuple[str, ...] | None, good: bool) -> None:
        signature = signed_by(certify("L", ROOT, usage=usage), ROOT)
        if good:
            verify_signature(signature, STATEMENT)
        else:
            refused(signature)

    @pytest.mark.parametrize(
        "chain",
        [
            (LEAF, ROOT, MIDDLE),
            (LEAF, ROOT),
            (LEAF, LEAF),
            (LEAF, MIDDLE, MIDDLE),
            (LEAF, certify("Middle", ROOT, ca=True)),  # the issuer's name on another key
            (LEAF, replace(MIDDLE, certificate=certify("Other", ROOT, ca=True, key=MIDDLE.key).certificate)),
        ],
    )
    def test_verify_refuses_a_chain_in_which_one_did_not_issue_the_one_before(
        self, chain: tuple[Certified, ...]
    ) -> None:
        refused(signed_by(*chain))

    def test_verify_refuses_an_issuer_that_is_no_ca(self) -> None:
        refused(signed_by(certify("Child", LEAF), LEAF, MIDDLE))

    def test_verify_refuses_a_ca_that_may_not_sign_certificates(self) -> None:
        middle = certify("Middle", ROOT, ca=True, usage=("crl_sign",))
        refused(signed_by(certify("L", middle), middle))

    @pytest.mark.parametrize(("allowed", "good"), [(0, False), (1, True), (None, True)])
    def test_verify_keeps_to_the_length_of_path_that_a_ca_allows(self, allowed: int | None, good: bool) -> None:
        root = certify("Root", ca=True, path_length=allowed)
        middle = certify("Middle", root, ca=True)
        signature = signed_by(certify("L", middle), middle, root)
        if good:
            verify_signature(signature, STATEMENT)
            judge_x509(replace(signature, chain=signature.chain[:2]), [root.der], BEGIN)
        else:
            refused(signature)
            with pytest.raises(SignerUnproven):
                judge_x509(replace(signature, chain=signature.chain[:2]), [root.der], BEGIN)

    @pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # serial numbers below 0
    def test_every_changed_bit_of_a_chain_is_refused_by_verify_or_by_judge(self) -> None:
        leaf = certify("L", ROOT)
        good = signed_by(leaf, ROOT)
        judge_x509(good, [ROOT.der], BEGIN)
        for der in flipped(leaf.der):  # also of what no signature covers, such as the count of unused bits
            refused(replace(good, chain=(der, ROOT.der)))
        for der in flipped(ROOT.der):
            other = replace(good, chain=(leaf.der, der))
            with pytest.raises((CustodySignatureInvalid, SignerUnproven)):
                verify_signature(other, STATEMENT)
                judge_x509(other, [ROOT.der], BEGIN)
        for made in flipped(good.signature):
            refused(replace(good, signature=made))

    @pytest.mark.parametrize("cut", [0, 1, 50, -1])
    def test_verify_refuses_a_truncated_certificate(self, cut: int) -> None:
        refused(replace(signed_by(LEAF, MIDDLE), chain=(LEAF.der[:cut], MIDDLE.der)))

    def test_verify_shows_a_subject_without_control_characters_and_cut_off(self) -> None:
        signature = signed_by(certify("Ada\x1b[2J\u202e" + "x" * 40))
        shown = verify_signature(signature, STATEMENT).identity
        assert shown.isprintable()
        assert "\\x1b" in shown
        assert "\\u202e" in shown
        many = x509.Name(
            [x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, f"{i}" + "y" * 50) for i in range(20)]
        )
        assert len(verify_signature(signed_by(certify(many)), STATEMENT).identity) == 256


class TestJudge:
    def test_judge_takes_a_chain_with_or_without_its_root(self) -> None:
        for chain in ((LEAF, MIDDLE, ROOT), (LEAF, MIDDLE)):
            judge_x509(signed_by(*chain), [certify("Other", ca=True).der, ROOT.der], BEGIN)

    def test_judge_takes_any_certificate_of_the_chain_as_a_root(self) -> None:
        for pinned in (LEAF, MIDDLE, ROOT):
            judge_x509(signed_by(LEAF, MIDDLE, ROOT), [pinned.der], BEGIN)

    def test_judge_does_not_trust_a_root_because_it_is_in_the_chain(self) -> None:
        for roots in ([], [certify("Root", ca=True).der], [b"no certificate"]):
            with pytest.raises(SignerUnproven, match="Ada Clerk") as caught:
                judge_x509(signed_by(LEAF, MIDDLE, ROOT), roots, BEGIN)
            assert caught.value.reason == "signer-untrusted"

    @pytest.mark.parametrize(("at", "good"), [(BEGIN - 1, False), (BEGIN, True), (END, True), (END + 1, False)])
    def test_judge_asks_whether_all_was_valid_at_the_time(self, at: int, good: bool) -> None:
        if good:
            judge_x509(signed_by(LEAF, MIDDLE), [ROOT.der], at)
        else:
            with pytest.raises(SignerUnproven, match="valid") as caught:
                judge_x509(signed_by(LEAF, MIDDLE), [ROOT.der], at)
            assert caught.value.reason == "signer-expired"

    @pytest.mark.parametrize("at", [0, 2**63])
    def test_judge_says_so_when_the_time_is_beyond_every_calendar(self, at: int) -> None:
        with pytest.raises(SignerUnproven, match=str(at)):
            judge_x509(signed_by(LEAF, MIDDLE), [ROOT.der], at)

    @pytest.mark.parametrize("expired", ["leaf", "middle", "root"])
    def test_judge_refuses_when_one_of_them_had_expired(self, expired: str) -> None:
        ends = {name: BEGIN + 10 if name == expired else END for name in ("leaf", "middle", "root")}
        root = certify("Root", ca=True, end=ends["root"])
        middle = certify("Middle", root, ca=True, end=ends["middle"])
        signature = signed_by(certify("L", middle, end=ends["leaf"]), middle)
        judge_x509(signature, [root.der], BEGIN + 10)
        with pytest.raises(SignerUnproven) as caught:
            judge_x509(signature, [root.der], BEGIN + 11)
        assert caught.value.reason == "signer-expired"

    def test_judge_takes_the_root_that_is_still_valid_when_two_have_one_key(self) -> None:
        old = certify("Root", ca=True, key=ROOT.key, end=BEGIN + 1)
        judge_x509(signed_by(LEAF, MIDDLE), [old.der, ROOT.der], BEGIN + 2)

    def test_judge_refuses_a_critical_extension_that_it_does_not_understand(self) -> None:
        limits = x509.NameConstraints([x509.DNSName("example.org")], None)
        middle = certify("Middle", ROOT, ca=True, critical=limits)
        with pytest.raises(SignerUnproven, match=r"2\.5\.29\.30") as caught:
            judge_x509(signed_by(certify("L", middle), middle), [ROOT.der], BEGIN)
        assert caught.value.reason == "signer-untrusted"

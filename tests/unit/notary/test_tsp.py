"""Reading tokens and checking their own proof; the tokens are written by hand with real keys."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import cms, core, tsp  # type: ignore[import-untyped,unused-ignore]  # it brings no types
from asn1crypto import x509 as asn1
from cryptography import x509
from support.tokens import DATA, DIGEST, refusal
from support.tsa import POLICY, attributes_of, response, sign, signed_data, token, tst_info
from support.tsa_chain import AT, KINDS, LEAF, Chain, Shape, chain, key_of, member, name

from notary.errors import TokenInvalid
from notary.timestamps import tsp_ber
from notary.timestamps.tsp import (
    HASH_NAMES,
    MAX_TOKEN_BYTES,
    accept_response,
    check_imprint,
    check_signature,
    check_token,
    read_response,
    read_token,
    request,
)


@pytest.fixture(scope="module")
def authority() -> Chain:
    return chain()


def indefinite(der: bytes) -> bytes:
    """The same in BER: every list of indefinite length, every long octet string in pieces."""
    head = der[:1]
    if not der[0] & 0x20:
        content = der[len(der) - _content_size(der) :]
        if head == b"\x04" and len(content) > 40:
            half = len(content) // 2
            pieces = tsp_ber.encode(b"\x04", content[:half]) + tsp_ber.encode(b"\x04", content[half:])
            return b"\x24\x80" + pieces + b"\x00\x00"
        return der
    return head + b"\x80" + b"".join(indefinite(part) for part in tsp_ber.children(der)) + b"\x00\x00"


def _content_size(der: bytes) -> int:
    return der[1] if der[1] < 0x80 else int.from_bytes(der[2 : 2 + (der[1] & 0x7F)], "big")


class TestReadToken:
    def test_facts_are_read(self, authority: Chain) -> None:
        given = token(
            authority,
            DATA,
            accuracy={"seconds": 1, "millis": 500, "micros": 20},
            ordering=True,
            nonce=2**64 - 1,
            tsa=asn1.GeneralName("directory_name", asn1.Certificate.load(authority.leaf.der).subject),
        )
        read = read_token(given)
        assert read.der == given
        assert (read.policy, read.hash_name, read.imprint, read.serial) == (POLICY, "sha256", DIGEST, 4711)
        assert (read.gen_time, read.gen_time_us, read.accuracy_us) == (AT, 0, 1_500_020)
        assert read.nonce == 2**64 - 1
        assert set(read.certificates) == set(authority.certificates)
        assert read.signer.serial == authority.leaf.certificate.serial_number
        assert (read.signer.digest, read.signer.key_id) == ("sha256", None)

    def test_what_may_be_missing_is_none(self, authority: Chain) -> None:
        read = read_token(token(authority, DATA, nonce=None))
        assert (read.nonce, read.accuracy_us) == (None, None)

    @pytest.mark.parametrize(
        ("text", "seconds", "microseconds"),
        [
            ("20231114221320Z", AT, 0),
            ("20231114221320.5Z", AT, 500_000),
            ("20231114221320.000001Z", AT, 1),
            ("20231114221320.9999999Z", AT, 999_999),
            ("20231114221320,25Z", AT, 250_000),
            ("19691231235959.75Z", -1, 750_000),
        ],
    )
    def test_fractions_of_a_second_are_rounded_down(
        self, authority: Chain, text: str, seconds: int, microseconds: int
    ) -> None:
        read = read_token(signed_data(authority, with_time(text)))
        assert (read.gen_time, read.gen_time_us) == (seconds, microseconds)
        check_token(read, DATA)

    @pytest.mark.parametrize(
        "text",
        [
            "20231114221320",
            "20231114221320+0100",
            "202311142213Z",
            "20231314221320Z",
            "20230229000000Z",
            "20231114221320.Z",
            "20231114221320.5",
            "231114221320Z",
            "2023111422132\u0660Z",
            " 20231114221320Z",
            "20231114221320.5Z\n",
        ],
    )
    def test_a_time_of_another_form_is_refused(self, authority: Chain, text: str) -> None:
        assert refusal(signed_data(authority, with_time(text))) == "token-invalid"

    @pytest.mark.parametrize("accuracy", [{"millis": 1000}, {"micros": 1000}, {"seconds": -1}, {"seconds": 2**40}])
    def test_an_accuracy_out_of_range_is_refused(self, authority: Chain, accuracy: dict[str, int]) -> None:
        assert refusal(token(authority, DATA, accuracy=accuracy)) == "token-invalid"

    @pytest.mark.parametrize(
        "accuracy", [{"millis": 999}, {"micros": 999}, {"seconds": 0}, {"seconds": 10 * 366 * 86_400}]
    )
    def test_the_largest_accuracies_are_read(self, authority: Chain, accuracy: dict[str, int]) -> None:
        assert read_token(token(authority, DATA, accuracy=accuracy)).accuracy_us is not None

    def test_a_token_of_the_largest_size_is_read_and_a_larger_one_refused(self) -> None:
        authority = chain("ed25519")  # its signatures are all of one size

        def padded(size: int) -> bytes:
            def edit(fields: dict[str, Any]) -> None:
                values = [core.OctetString(bytes(size))]
                fields["signer_infos"][0]["unsigned_attrs"] = [{"type": "1.2.3.4", "values": values}]

            return signed_data(authority, tst_info(DIGEST), edit=edit)

        assert len(padded(60_000)) == len(padded(60_001)) - 1
        spare = MAX_TOKEN_BYTES - len(padded(60_000))
        check_token(read_token(padded(60_000 + spare)), DATA)
        with pytest.raises(TokenInvalid, match="has 65537 bytes"):
            read_token(padded(60_000 + spare + 1))

    @pytest.mark.parametrize("changes", [{"serial_number": 2**511}, {"nonce": 2**511}, {"serial_number": -1}])
    def test_large_and_negative_numbers_are_read(self, authority: Chain, changes: dict[str, Any]) -> None:
        check_token(read_token(token(authority, DATA, **changes)), DATA)

    @pytest.mark.parametrize("changes", [{"serial_number": 2**512}, {"nonce": 2**512}, {"nonce": 2**200_000}])
    def test_numbers_beyond_512_bits_are_refused(self, authority: Chain, changes: dict[str, Any]) -> None:
        assert refusal(token(authority, DATA, **changes)) == "token-invalid"

    @pytest.mark.parametrize("critical", [True, False])
    def test_an_unknown_extension_is_refused_when_it_is_critical(self, authority: Chain, critical: bool) -> None:
        extension = {"extn_id": "1.3.6.1.5.5.7.1.3", "critical": critical, "extn_value": b"\x05\x00"}
        given = token(authority, DATA, extensions=[extension])
        if critical:
            assert refusal(given) == "token-invalid"
        else:
            check_token(read_token(given), DATA)

    @pytest.mark.parametrize("version", [0, 2])
    def test_another_version_is_refused(self, authority: Chain, version: int) -> None:
        assert refusal(token(authority, DATA, version=version)) == "token-invalid"

    def test_bytes_behind_the_token_are_refused(self, authority: Chain) -> None:
        assert refusal(token(authority, DATA) + b"\x00") == "token-invalid"

    def test_every_truncation_is_refused(self, authority: Chain) -> None:
        given = token(authority, DATA)
        for size in range(len(given)):
            with pytest.raises(TokenInvalid):
                read_token(given[:size])

    @pytest.mark.parametrize(
        "given", [b"", b"\x00", b"\x30\x00", b"\x05\x00", b"\x30\x80" * 30_000, b"<html>", b"\xff" * 99]
    )
    def test_what_is_no_token_is_refused(self, given: bytes) -> None:
        with pytest.raises(TokenInvalid) as caught:
            read_token(given)
        assert caught.value.reason == "token-invalid"

    def test_signed_data_around_something_else_is_refused(self, authority: Chain) -> None:
        assert refusal(signed_data(authority, tst_info(DIGEST), content_type="data")) == "token-invalid"

    @pytest.mark.parametrize("number", [0, 2])
    def test_any_number_of_signatures_but_one_is_refused(self, authority: Chain, number: int) -> None:
        def edit(fields: dict[str, Any]) -> None:
            fields["signer_infos"] = [fields["signer_infos"][0].copy() for _ in range(number)]

        assert refusal(signed_data(authority, tst_info(DIGEST), edit=edit)) == "token-invalid"

    def test_more_certificates_than_looked_at_are_refused(self, authority: Chain) -> None:
        small = chain("ed25519", title="Small", issuers="ed25519", between=())
        others = [member(f"{number}", small.root, LEAF, small.leaf.key).der for number in range(32)]
        fits = signed_data(small, tst_info(DIGEST), certificates=[small.leaf.der, *others[:31]])
        check_token(read_token(fits), DATA)
        assert refusal(signed_data(small, tst_info(DIGEST), certificates=[small.leaf.der, *others])) == "token-invalid"

    def test_importing_loads_no_package(self) -> None:
        script = "import sys, notary.timestamps.tsp; print('asn1crypto' in sys.modules, 'cryptography' in sys.modules)"
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert run.stdout.split() == ["False", "False"]


def with_time(text: str) -> bytes:
    made = tsp.TSTInfo.load(tst_info(DIGEST))
    fields = [made[key].dump() for key in ("version", "policy", "message_imprint", "serial_number")]
    return tsp_ber.encode(b"\x30", b"".join([*fields, tsp_ber.encode(b"\x18", text.encode())]))


class TestCheckToken:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
    def test_every_kind_of_signature_passes(self, kind: str, digest: str) -> None:
        authority = chain(kind)
        given = signed_data(authority, tst_info(DIGEST), digest=digest)
        assert check_token(read_token(given), DATA) == authority.leaf.der

    @pytest.mark.parametrize("hash_name", HASH_NAMES)
    def test_every_hash_of_the_imprint_passes(self, authority: Chain, hash_name: str) -> None:
        read = read_token(token(authority, DATA, hash_name=hash_name))
        assert read.hash_name == hash_name
        check_token(read, DATA)

    def test_other_data_are_refused(self, authority: Chain) -> None:
        assert refusal(token(authority, DATA), DATA + b"\n") == "token-imprint-differs"

    def test_the_signature_alone_can_be_checked(self, authority: Chain) -> None:
        read = read_token(token(authority, DATA))
        assert check_signature(read) == authority.leaf.der
        check_imprint(read, DIGEST)
        with pytest.raises(TokenInvalid) as caught:
            check_imprint(read, bytes(32))
        assert caught.value.reason == "token-imprint-differs"

    @pytest.mark.parametrize("kind", KINDS)
    def test_ber_of_indefinite_length_passes(self, kind: str) -> None:
        authority = chain(kind)
        given = token(authority, DATA)
        loose = indefinite(given)
        assert loose != given
        assert check_token(read_token(loose), DATA) == authority.leaf.der
        assert read_token(loose).der == loose

    def test_attributes_that_are_signed_sorted_but_sent_unsorted_pass(self, authority: Chain) -> None:
        assert check_token(read_token(unsorted(authority, sign_sent=False)), DATA) == authority.leaf.der

    def test_attributes_that_are_signed_as_sent_unsorted_pass(self, authority: Chain) -> None:
        assert check_token(read_token(unsorted(authority, sign_sent=True)), DATA) == authority.leaf.der

    def test_signed_data_of_version_1_passes(self, authority: Chain) -> None:
        given = token(authority, DATA).replace(b"\x02\x01\x03", b"\x02\x01\x01", 1)
        assert cms.ContentInfo.load(given)["content"]["version"].native == "v1"
        check_token(read_token(given), DATA)

    def test_the_signer_is_found_by_key_identifier(self, authority: Chain) -> None:
        given = signed_data(authority, tst_info(DIGEST), sid="subject_key_identifier")
        assert read_token(given).signer.key_id is not None
        assert check_token(read_token(given), DATA) == authority.leaf.der

    def test_a_token_without_certificates_passes_with_one_at_hand(self, authority: Chain) -> None:
        given = signed_data(authority, tst_info(DIGEST), certificates=())
        assert read_token(given).certificates == ()
        assert check_token(read_token(given), DATA, [authority.root.der, authority.leaf.der]) == authority.leaf.der
        assert refusal(given) == "token-certificate-missing"
        assert refusal(given, certificates=(authority.root.der, b"rubbish")) == "token-certificate-missing"

    @pytest.mark.parametrize("first", [True, False])
    def test_of_two_certificates_the_one_named_by_issuer_and_number_is_chosen(
        self, authority: Chain, first: bool
    ) -> None:
        other = member("Test TSA", authority.between[0], LEAF, key_of("ecdsa", "another"))
        both = [authority.leaf.der, other.der] if first else [other.der, authority.leaf.der]
        given = signed_data(authority, tst_info(DIGEST), certificates=both)
        assert check_token(read_token(given), DATA) == authority.leaf.der

    def test_of_two_certificates_of_one_number_the_one_named_by_digest_is_chosen(self, authority: Chain) -> None:
        number = authority.leaf.certificate.serial_number
        twin = member("Twin", authority.between[0], LEAF, key_of("ecdsa", "twin"), number)
        given = signed_data(authority, tst_info(DIGEST), certificates=[twin.der, authority.leaf.der])
        assert check_token(read_token(given), DATA) == authority.leaf.der
        only_twin = signed_data(authority, tst_info(DIGEST), certificates=[twin.der])
        assert refusal(only_twin) == "token-certificate-differs"

    def test_a_certificate_for_the_same_key_is_not_the_one_signed_for(self, authority: Chain) -> None:
        number = authority.leaf.certificate.serial_number
        twin = member("Longer", authority.between[0], Shape(eku=LEAF.eku, ends=AT + 99), authority.leaf.key, number)
        given = signed_data(authority, tst_info(DIGEST), certificates=[twin.der])
        assert refusal(given) == "token-certificate-differs"

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_key_of_another_is_refused(self, kind: str) -> None:
        authority, stranger = chain(kind), chain(kind, title="Stranger")
        forged = Chain(authority.root, authority.between, member_of(authority, stranger), kind)
        assert refusal(token(forged, DATA)) == "token-signature-invalid"

    def test_an_algorithm_that_does_not_fit_the_key_is_refused(self, authority: Chain) -> None:
        rsa = chain("rsa")
        forged = Chain(authority.root, authority.between, member_of(authority, rsa), "rsa")
        assert refusal(token(forged, DATA)) == "token-signature-invalid"

    def test_another_content_under_the_same_signature_is_refused(self, authority: Chain) -> None:
        info, other = tst_info(DIGEST), tst_info(DIGEST, at=AT - 86_400)
        given = signed_data(authority, other, attributes=attributes_of(info, authority.leaf.der))
        assert refusal(given) == "token-signature-invalid"


def member_of(shown: Chain, key_holder: Chain) -> Any:
    """The certificate of one with the key of another."""
    return type(shown.leaf)(shown.leaf.certificate, key_holder.leaf.key)


def unsorted(authority: Chain, *, sign_sent: bool) -> bytes:
    """A token whose attributes stand in the wrong order, signed as they stand or sorted."""
    info = tst_info(DIGEST)
    attributes = attributes_of(info, authority.leaf.der)
    in_order = tsp_ber.children(attributes.dump())
    backwards = b"".join(reversed(in_order))
    assert backwards != b"".join(in_order)
    given = signed_data(authority, info)
    outer = cms.ContentInfo.load(given)
    signer = outer["content"]["signer_infos"][0]
    signed = tsp_ber.encode(b"\x31", backwards) if sign_sent else attributes.dump()
    _, signature = sign(authority.leaf, authority.kind, signed)
    parts = list(tsp_ber.children(signer.dump()))
    parts[3] = tsp_ber.encode(b"\xa0", backwards)
    parts[5] = tsp_ber.encode(b"\x04", signature)
    replaced = tsp_ber.encode(b"\x30", b"".join(parts))
    data = list(tsp_ber.children(outer["content"].untag().dump()))
    data[-1] = tsp_ber.encode(b"\x31", replaced)
    inner = tsp_ber.encode(b"\xa0", tsp_ber.encode(b"\x30", b"".join(data)))
    return tsp_ber.encode(b"\x30", outer["content_type"].dump() + inner)


class TestResponses:
    def facts(self) -> tuple[bytes, str, int, str]:
        return DIGEST, "sha256", 7, POLICY

    def test_a_request_says_what_is_asked(self) -> None:
        read = tsp.TimeStampReq.load(request(DIGEST, "sha256", 2**63, POLICY), strict=True)
        assert read.native == {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256", "parameters": None},
                "hashed_message": DIGEST,
            },
            "req_policy": POLICY,
            "nonce": 2**63,
            "cert_req": True,
            "extensions": None,
        }

    @pytest.mark.parametrize(
        ("digest", "hash_name"), [(bytes(31), "sha256"), (bytes(20), "sha1"), (bytes(32), "SHA256")]
    )
    def test_a_request_for_no_digest_is_refused(self, digest: bytes, hash_name: str) -> None:
        with pytest.raises(ValueError, match="are no digest of"):
            request(digest, hash_name, 1)

    @pytest.mark.parametrize("status", [0, 1])
    def test_an_answer_to_the_request_is_accepted(self, authority: Chain, status: int) -> None:
        given = token(authority, DATA)
        assert accept_response(response(given, status), *self.facts()).der == given

    def test_the_token_is_kept_as_it_came_in_a_response_of_indefinite_length(self, authority: Chain) -> None:
        given = token(authority, DATA)
        loose = indefinite(response(given))
        assert read_response(loose).der == indefinite(given)

    @pytest.mark.parametrize("status", [2, 3, 4, 5, 99])
    def test_a_refusal_says_what_the_authority_said(self, authority: Chain, status: int) -> None:
        with pytest.raises(TokenInvalid, match=r"closed today.*unaccepted_policy") as caught:
            read_response(response(token(authority, DATA), status, "closed today", "unaccepted_policy"))
        assert caught.value.reason == "token-refused"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"nonce": 8}, "token-nonce-differs"),
            ({"nonce": None}, "token-nonce-differs"),
            ({"policy": "1.2.3"}, "token-policy-differs"),
            ({"hash_name": "sha384"}, "token-imprint-differs"),
        ],
    )
    def test_an_answer_to_another_request_is_refused(
        self, authority: Chain, changes: dict[str, Any], reason: str
    ) -> None:
        with pytest.raises(TokenInvalid) as caught:
            accept_response(response(token(authority, DATA, **changes)), *self.facts())
        assert caught.value.reason == reason

    def test_an_answer_about_other_data_is_refused(self, authority: Chain) -> None:
        with pytest.raises(TokenInvalid) as caught:
            accept_response(response(token(authority, b"other")), *self.facts())
        assert caught.value.reason == "token-imprint-differs"

    def test_any_policy_is_accepted_when_none_was_asked(self, authority: Chain) -> None:
        given = token(authority, DATA, policy="1.2.3")
        assert accept_response(response(given), DIGEST, "sha256", 7).policy == "1.2.3"

    @pytest.mark.parametrize("given", [b"", b"\x30\x00", response(None), b"\x30\x03\x02\x01\x00", bytes(70_000)])
    def test_what_is_no_answer_is_refused(self, given: bytes) -> None:
        with pytest.raises(TokenInvalid) as caught:
            read_response(given)
        assert caught.value.reason == "token-invalid"


def test_names_written_in_another_kind_of_string_are_equal(authority: Chain) -> None:
    """Some authorities write the issuer as PrintableString in the certificate and as UTF8String in the signature."""

    def edit(fields: dict[str, Any]) -> None:
        other = asn1.Name.build({"common_name": "Test TSA intermediate 1"}, use_printable=True)
        fields["signer_infos"][0]["sid"].chosen["issuer"] = other

    given = signed_data(authority, tst_info(DIGEST), edit=edit)
    issuer = read_token(given).signer.issuer
    assert issuer is not None
    assert issuer != authority.leaf.certificate.issuer.public_bytes()
    assert x509.Name.from_bytes(issuer) == name("Test TSA intermediate 1")
    assert check_token(read_token(given), DATA) == authority.leaf.der


def test_a_token_of_the_year_9999_is_read(authority: Chain) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert read_token(token(authority, DATA, at=int(last.timestamp()))).gen_time == 253_402_300_799

"""Real authorities on loopback (`openssl ts`), asked by our client; and our verifier held against openssl's."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.tsa import (
    OTHER_POLICY,
    POLICY,
    Running,
    attributes_of,
    ess_v1,
    ess_v2,
    handmade_tsa,
    openssl_cms_verifies,
    openssl_reply,
    openssl_tsa,
    openssl_verifies,
    signed_data,
    token,
    tst_info,
)
from support.tsa_chain import AT, ISSUER, LEAF, STAMPING, YEAR, Chain, Shape, chain, key_of, member

from notary.errors import NotaryError, TokenInvalid, TokenUntrusted
from notary.service_errors import TimestampRefused, TimestampUnavailable
from notary.timestamps.stamp_sources import Authority
from notary.timestamps.tsp import Token, accept_response, check_token, judge_token, read_token, request
from notary.timestamps.tsp_client import stamp, stamp_any
from notary.verdicts.trust import TrustedAuthority

DATA = b"example.com/log\n1000\nAAAA\n"
DIGEST = hashlib.sha256(DATA).digest()
NONCE = 0xC0FFEE


def now() -> int:
    return int(time.time())


def living(kind: str = "ecdsa", title: str = "Living TSA", **leaf: Any) -> Chain:
    """An authority whose certificates are good today, as openssl needs them."""
    times = {"begins": now() - YEAR, "ends": now() + YEAR}
    upper = Shape(ca=True, usage=("key_cert_sign", "crl_sign"), begins=now() - YEAR, ends=now() + 10 * YEAR)
    return chain(kind, title=title, leaf=Shape(**{"eku": STAMPING, **times, **leaf}), root=upper, between=[upper])


def verdict(given: bytes, authority: TrustedAuthority, data: bytes = DATA) -> str:
    """passed, or why not."""
    try:
        read = read_token(given)
        judge_token(read, check_token(read, data, authority.certificates), authority)
    except (TokenInvalid, TokenUntrusted) as exc:
        return exc.reason
    return "passed"


class TestOpensslTokens:
    @pytest.mark.parametrize("kind", ["ecdsa", "rsa", "rsa-pss"])
    @pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
    @pytest.mark.parametrize("ess", ["sha1", "sha256", "sha384"])
    def test_what_openssl_answers_passes(self, tmp_path: Path, kind: str, hash_name: str, ess: str) -> None:
        authority = living(kind)
        digest = hashlib.new(hash_name, DATA).digest()
        query = request(digest, hash_name, NONCE, POLICY)
        read = accept_response(openssl_reply(authority, query, tmp_path, ess=ess), digest, hash_name, NONCE, POLICY)
        assert abs(read.gen_time - now()) < 60
        assert read.accuracy_us == 1_500_100
        assert verdict(read.der, authority.trusted()) == "passed"
        assert verdict(read.der, authority.trusted(), DATA + b"\n") == "token-imprint-differs"
        assert openssl_verifies(read.der, DATA, authority.root.der, tmp_path, at=None)

    def test_a_token_that_names_its_whole_chain_passes(self, tmp_path: Path) -> None:
        """`ess_cert_id_chain = yes`: several ESSCertIDs, which other readers refuse as an unsorted set."""
        authority = living("rsa")
        query = request(DIGEST, "sha256", NONCE)
        read = accept_response(
            openssl_reply(authority, query, tmp_path, ess="sha1", whole=True), DIGEST, "sha256", NONCE
        )
        assert len(read.certificates) == 3
        assert verdict(read.der, authority.trusted()) == "passed"
        assert openssl_verifies(read.der, DATA, authority.root.der, tmp_path, at=None)

    def test_the_root_that_openssl_puts_into_its_token_is_not_trusted(self, tmp_path: Path) -> None:
        attacker, ours = living(title="Attacker"), living(title="Ours")
        answer = openssl_reply(attacker, request(DIGEST, "sha256", NONCE), tmp_path)
        read = accept_response(answer, DIGEST, "sha256", NONCE)
        assert attacker.root.der in read.certificates
        assert verdict(read.der, attacker.trusted()) == "passed"
        assert verdict(read.der, ours.trusted()) == "authority-untrusted"
        assert not openssl_verifies(read.der, DATA, ours.root.der, tmp_path, at=None)

    @pytest.mark.parametrize("digest", ["sha384", "sha512"])
    def test_longer_digests_of_the_signature_pass(self, tmp_path: Path, digest: str) -> None:
        authority = living("rsa")
        answer = openssl_reply(authority, request(DIGEST, "sha256", NONCE), tmp_path, digest=digest)
        read = accept_response(answer, DIGEST, "sha256", NONCE)
        assert read.signer.digest == digest
        assert verdict(read.der, authority.trusted()) == "passed"


def cases() -> dict[str, tuple[bytes, Chain, bytes]]:
    """Tokens of every kind that openssl's own verifier can judge as well: token, the authority to trust, the data."""
    good, stranger = chain(), chain(title="Stranger")
    leaf = good.leaf.der
    info = tst_info(DIGEST)
    expired = chain(title="Expired", leaf=Shape(eku=STAMPING, ends=AT - 1))
    expired_root = chain(title="Expired root", root=Shape(ca=True, usage=("key_cert_sign",), ends=AT - 1))
    attack = signed_data(stranger, info, certificates=[*stranger.certificates, stranger.root.der])
    other = member("Test TSA", good.between[0], LEAF, key_of("ecdsa", "another"))
    made: dict[str, tuple[bytes, Chain, bytes]] = {
        "good": (token(good, DATA), good, DATA),
        "good, rsa": (token(chain("rsa"), DATA), chain("rsa"), DATA),
        "good, sha512": (token(good, DATA, hash_name="sha512"), good, DATA),
        "good, fraction": (token(good, DATA, accuracy={"micros": 5}), good, DATA),
        "good, ESSCertID": (
            signed_data(good, info, attributes=attributes_of(info, leaf, ess=[ess_v1(leaf)])),
            good,
            DATA,
        ),
        "good, two leaves": (signed_data(good, info, certificates=[other.der, *good.certificates]), good, DATA),
        "good, no intermediate": (signed_data(good, info, certificates=[leaf]), good, DATA),
        "other data": (token(good, DATA), good, DATA + b"\n"),
        "unrelated root": (token(good, DATA), stranger, DATA),
        "embedded root": (attack, good, DATA),
        "expired": (token(expired, DATA), expired, DATA),
        "expired root": (token(expired_root, DATA), expired_root, DATA),
        "wrong ESSCertID": (
            signed_data(good, info, attributes=attributes_of(info, leaf, ess=[ess_v2(good.root.der)])),
            good,
            DATA,
        ),
        "no ESSCertID": (signed_data(good, info, attributes=attributes_of(info, leaf, ess=[])), good, DATA),
        "other content": (
            signed_data(good, tst_info(DIGEST, at=AT - 1), attributes=attributes_of(info, leaf)),
            good,
            DATA,
        ),
        "no data": (signed_data(good, info, content_type="data"), good, DATA),
    }
    shapes: dict[str, dict[str, Any]] = {
        "no key usage": {"usage": None},
        "non-repudiation": {"usage": ("content_commitment",)},
        "no extended key usage": {"eku": None},
        "not critical": {"eku_critical": False},
        "encipherment": {"usage": ("digital_signature", "key_encipherment")},
        "signs certificates": {"usage": ("digital_signature", "key_cert_sign")},
    }
    for title, shape in shapes.items():
        odd = chain(title=title, leaf=Shape(**{"eku": STAMPING, **shape}))
        made[f"leaf: {title}"] = (token(odd, DATA), odd, DATA)
    uppers: dict[str, dict[str, Any]] = {
        "no authority": {"ca": False},
        "may not sign": {"usage": ("crl_sign",)},
        "no room": {"path_length": 0},
    }
    for title, shape in uppers.items():
        upper = Shape(**{"ca": True, "usage": ("key_cert_sign", "crl_sign"), **shape})
        short = chain(title=f"upper {title}", root=ISSUER, between=[upper, ISSUER] if "room" in title else [upper])
        made[f"issuer: {title}"] = (token(short, DATA), short, DATA)
    return made


CASES = cases()


@pytest.mark.parametrize("case", CASES)
def test_openssl_agrees_on_good_and_bad_tokens(case: str, tmp_path: Path) -> None:
    given, authority, data = CASES[case]
    at_hand = authority.certificates
    ours = verdict(given, authority.trusted(certificates=at_hand), data)
    theirs = openssl_verifies(given, data, authority.root.der, tmp_path, untrusted=at_hand)
    good = case.startswith("good") or case in ("leaf: no key usage", "leaf: non-repudiation")
    assert (ours == "passed", theirs) == (good, good), ours


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "rsa-pss"])
def test_openssl_agrees_on_signatures_that_its_time_stamp_command_does_not_know(kind: str, tmp_path: Path) -> None:
    authority, stranger = chain(kind), chain(title="Stranger")
    given = token(authority, DATA)
    changed = given[:-1] + bytes([given[-1] ^ 1])
    assert openssl_cms_verifies(given, authority.root.der, tmp_path)
    assert not openssl_cms_verifies(given, stranger.root.der, tmp_path)
    assert not openssl_cms_verifies(changed, authority.root.der, tmp_path)
    assert [verdict(given, authority.trusted()), verdict(changed, authority.trusted())] == [
        "passed",
        "token-signature-invalid",
    ]


class TestFlips:
    """No changed bit of a token may change what it says while it still passes."""

    def facts(self, read: Token) -> tuple[Any, ...]:
        said = (read.policy, read.hash_name, read.imprint, read.serial, read.gen_time, read.gen_time_us)
        return (*said, read.accuracy_us, read.nonce)

    def survivors(self, given: bytes, authority: Chain, bits: Iterator[int] | range | list[int]) -> list[int]:
        """The bits whose change leaves the token passing; whatever it says is then unchanged."""
        wanted, trusted = self.facts(read_token(given)), authority.trusted()
        found: list[int] = []
        for bit in bits:
            mutant = bytearray(given)
            mutant[bit // 8] ^= 0x80 >> bit % 8
            try:
                read = read_token(bytes(mutant))
                signer = check_token(read, DATA)
                judge_token(read, signer, trusted)
            except (TokenInvalid, TokenUntrusted):
                continue
            assert self.facts(read) == wanted, f"bit {bit} changed what the token says"
            assert signer == authority.leaf.der
            found.append(bit)
        signed = [start for part in self.signed(given, authority) for start in range(*self.span(given, part))]
        assert not {bit // 8 for bit in found} & set(signed)
        return found

    def signed(self, given: bytes, authority: Chain) -> tuple[bytes, ...]:
        """The parts of the token in which no bit may change: what is signed, the signature, who signed."""
        read = read_token(given)
        attributes = read.signer.signed[0][4:]  # behind the header, which the token writes with another tag
        return read.content, attributes[-80:], read.signer.signature, authority.leaf.der

    def span(self, given: bytes, part: bytes) -> tuple[int, int]:
        start = given.index(part)
        return start, start + len(part)

    def full(self, authority: Chain) -> bytes:
        return token(authority, DATA, accuracy={"seconds": 1, "millis": 2, "micros": 3}, ordering=True)

    def test_no_sampled_bit_changes_what_a_passing_token_says(self) -> None:
        authority = chain("ed25519", issuers="ed25519", title="Flips")
        given = self.full(authority)
        bits = random.Random(3).sample(range(8 * len(given)), 3000)
        survived = self.survivors(given, authority, bits)
        assert len(survived) < len(bits) / 20  # what nobody signs: versions, sets of algorithms

    @pytest.mark.deep
    @pytest.mark.parametrize("kind", ["ecdsa", "rsa", "rsa-pss", "ed25519"])
    def test_no_bit_changes_what_a_passing_token_says(self, kind: str) -> None:
        authority = chain(kind, title=f"Flips of {kind}")
        given = self.full(authority)
        survived = self.survivors(given, authority, range(8 * len(given)))
        print(f"{kind}: {8 * len(given)} mutants, {len(survived)} change nothing that is said")
        assert survived


@pytest.fixture(scope="module")
def living_chain() -> Chain:
    return living()


@pytest.fixture
def running(living_chain: Chain, tmp_path: Path) -> Iterator[Running]:
    with openssl_tsa(living_chain, tmp_path / "tsa") as it:
        yield it


class TestStamp:
    def configured(self, running: Running, authority: Chain, **changes: Any) -> Authority:
        return Authority(**{"name": "local", "url": running.url, "root": authority.root.der, **changes})

    def test_a_token_comes_back_verified(self, running: Running, living_chain: Chain) -> None:
        given = stamp(self.configured(running, living_chain, policy=OTHER_POLICY, hash="sha512"), DATA, now())
        assert verdict(given, living_chain.trusted(policies=(OTHER_POLICY,))) == "passed"
        assert read_token(given).hash_name == "sha512"
        assert running.media_types == ["application/timestamp-query"]

    def test_a_policy_that_is_none_is_the_failure_of_its_authority_alone(
        self, running: Running, living_chain: Chain
    ) -> None:
        good = self.configured(running, living_chain)
        bad = replace(good, name="bad", policy="1.99.3")
        with pytest.raises(TimestampUnavailable, match="no object identifier"):
            stamp(bad, DATA, now())
        assert running.asked == []
        given = stamp_any([bad, good], DATA, now())
        assert given.authority == "local" and [name for name, _ in given.failures] == ["bad"]

    def test_every_request_has_a_nonce_of_its_own(self, running: Running, living_chain: Chain) -> None:
        local = self.configured(running, living_chain)
        nonces = {read_token(stamp(local, DATA, now())).nonce for _ in range(3)}
        assert len(nonces) == 3
        assert None not in nonces

    def test_without_a_root_only_the_tokens_own_proof_is_checked(self, running: Running, living_chain: Chain) -> None:
        stamp(self.configured(running, living_chain, root=None), DATA, now())
        running.behaviour = "bit-flip"
        with pytest.raises(TimestampRefused, match="token-signature-invalid"):
            stamp(self.configured(running, living_chain, root=None), DATA, now())

    def test_a_token_without_certificates_passes_where_they_are_configured(
        self, running: Running, living_chain: Chain
    ) -> None:
        running.behaviour = "no-certificates"
        given = stamp(self.configured(running, living_chain, certificates=living_chain.certificates), DATA, now())
        assert read_token(given).certificates == ()

    @pytest.mark.parametrize(
        ("behaviour", "said"),
        [
            ("error", "HTTP 503"),
            ("redirect", "elsewhere"),
            ("garbage", "token-invalid"),
            ("empty", "token-invalid"),
            ("huge", "more than 65536 bytes"),
            ("rejection", "closed"),
            ("granted-without-token", "token-invalid"),
            ("wrong-nonce", "token-nonce-differs"),
            ("no-nonce", "token-nonce-differs"),
            ("wrong-imprint", "token-imprint-differs"),
            ("wrong-policy", "token-policy-differs"),
            ("no-certificates", "token-certificate-missing"),
            ("truncated", "token-invalid"),
            ("bit-flip", "token-signature-invalid"),
        ],
    )
    def test_what_is_no_answer_to_the_request_is_refused(
        self, running: Running, living_chain: Chain, behaviour: str, said: str
    ) -> None:
        running.behaviour = behaviour
        with pytest.raises(TimestampRefused, match=said) as caught:
            stamp(self.configured(running, living_chain, policy=POLICY), DATA, now())
        assert caught.value.authority == "local"
        assert len(running.asked) == 1  # a redirect was not followed
        assert "\x07" not in str(caught.value)

    @pytest.mark.parametrize(("behaviour", "said"), [("drop", "broke the connection off"), ("slow", "within 0.5 s")])
    def test_who_does_not_answer_is_unavailable(
        self, running: Running, living_chain: Chain, behaviour: str, said: str
    ) -> None:
        running.behaviour, running.seconds = behaviour, 0.01
        begun = time.monotonic()
        with pytest.raises(TimestampUnavailable, match=said):
            stamp(
                self.configured(running, living_chain), DATA, now(), timeout_seconds=0.5 if behaviour == "slow" else 20
            )
        assert time.monotonic() - begun < 10

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:9/", "ftp://127.0.0.1/", "nonsense", "http://[::1/", "http://127.0.0.1:99999/", ""]
    )
    def test_an_address_where_nobody_answers_is_unavailable_and_its_password_not_told(
        self, living_chain: Chain, url: str
    ) -> None:
        with pytest.raises(TimestampUnavailable) as caught:
            stamp(Authority("local", url.replace("//", "//user:geheim@")), DATA, now())
        assert "geheim" not in str(caught.value)

    def test_an_unknown_hash_asks_nobody(self, running: Running, living_chain: Chain) -> None:
        with pytest.raises(TimestampUnavailable, match="hash"):
            stamp(self.configured(running, living_chain, hash="sha1"), DATA, now())
        assert running.asked == []

    @pytest.mark.parametrize(("off", "passes"), [(-86_000, True), (86_000, True), (-87_000, False), (87_000, False)])
    def test_an_authority_whose_clock_is_a_day_off_is_refused(
        self, running: Running, living_chain: Chain, off: int, passes: bool
    ) -> None:
        local = self.configured(running, living_chain)
        if passes:
            stamp(local, DATA, now() + off)
        else:
            with pytest.raises(TimestampRefused, match="this machine"):
                stamp(local, DATA, now() + off)

    def test_an_untrusted_authority_is_refused(self, running: Running, living_chain: Chain) -> None:
        other = living(title="Other")
        with pytest.raises(TimestampRefused, match="authority-untrusted"):
            stamp(self.configured(running, living_chain, root=other.root.der), DATA, now())

    @pytest.mark.parametrize("kind", ["ed25519", "rsa-pss"])
    def test_authorities_with_keys_that_openssl_does_not_sign_with_are_understood(self, kind: str) -> None:
        made = living(kind, title=f"Handmade {kind}")
        with handmade_tsa(made, now) as running:
            given = stamp(self.configured(running, made), DATA, now())
        assert verdict(given, made.trusted()) == "passed"

    @pytest.mark.parametrize(
        ("leaf", "reason"),
        [
            ({"ends": AT}, "authority-expired"),
            ({"ca": True}, "token-key-usage"),
            ({"eku_critical": False}, "token-key-usage"),
            ({"eku": None}, "token-key-usage"),
        ],
    )
    def test_an_authority_with_a_bad_certificate_is_refused(self, leaf: dict[str, Any], reason: str) -> None:
        made = living(title=f"Bad {reason} {sorted(leaf)}", **{"begins": AT - YEAR, **leaf})
        with handmade_tsa(made, now) as running, pytest.raises(TimestampRefused, match=reason):
            stamp(self.configured(running, made), DATA, now())


class TestStampAny:
    def test_the_next_one_is_asked_when_one_fails(self, running: Running, living_chain: Chain, tmp_path: Path) -> None:
        spare = living(title="Spare TSA")
        running.behaviour = "garbage"
        with openssl_tsa(spare, tmp_path / "spare") as second:
            order = [
                Authority("gone", "http://127.0.0.1:9/"),
                Authority("first", running.url, root=living_chain.root.der),
                Authority("second", second.url, root=spare.root.der),
                Authority("third", running.url),
            ]
            given = stamp_any(order, DATA, now())
        assert given.authority == "second"
        assert [(name, type(error)) for name, error in given.failures] == [
            ("gone", TimestampUnavailable),
            ("first", TimestampRefused),
        ]
        assert len(running.asked) == 1
        assert verdict(given.token, spare.trusted()) == "passed"

    def test_when_none_gives_a_token_each_is_named_with_its_reason(self, running: Running) -> None:
        running.behaviour = "rejection"
        order = [Authority("gone", "http://127.0.0.1:9/"), Authority("closed", running.url)]
        with pytest.raises(TimestampUnavailable, match=r"gone, closed.*cannot be reached.*Service is"):
            stamp_any(order, DATA, now())

    def test_the_only_one_speaks_for_itself(self, running: Running) -> None:
        running.behaviour = "rejection"
        with pytest.raises(NotaryError, match="Service is") as caught:
            stamp_any([Authority("closed", running.url)], DATA, now())
        assert isinstance(caught.value, TimestampRefused)

    def test_nobody_to_ask_is_unavailable(self) -> None:
        with pytest.raises(TimestampUnavailable, match="nobody was asked"):
            stamp_any([], DATA, now())

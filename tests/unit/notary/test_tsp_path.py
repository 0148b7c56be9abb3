"""Judging a token's signer by a configured authority: good and bad chains, judged at the token's own time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from support.tokens import DATA, DIGEST
from support.tsa import OTHER_POLICY, POLICY, signed_data, token, tst_info
from support.tsa_chain import AT, ISSUER, KINDS, LEAF, STAMPING, YEAR, Chain, Member, Shape, chain, crl, key_of, member

from notary.errors import TokenUntrusted
from notary.timestamps.tsp import Token, check_token, is_earlier, judge_by_all, judge_token, read_token, uncertainty
from notary.timestamps.tsp_path import MAX_PATH
from notary.verdicts.trust import TrustedAuthority

SERVERS = (ExtendedKeyUsageOID.SERVER_AUTH,)
POLICIES = x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(POLICY), None)])
NAMES = x509.NameConstraints(permitted_subtrees=[x509.DNSName("a.example")], excluded_subtrees=None)
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")


def judge(given: bytes, authority: TrustedAuthority) -> None:
    read = read_token(given)
    judge_token(read, check_token(read, DATA, authority.certificates), authority)


def refusal(given: bytes, authority: TrustedAuthority) -> str:
    with pytest.raises(TokenUntrusted) as caught:
        judge(given, authority)
    assert str(caught.value)
    return caught.value.reason


def issuer_shape(**changes: Any) -> Shape:
    return Shape(**{"ca": True, "usage": ("key_cert_sign", "crl_sign"), **changes})


@pytest.fixture(scope="module")
def authority() -> Chain:
    return chain()


class TestRoot:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("issuers", ["ecdsa", "rsa", "ed25519"])
    def test_a_chain_of_any_keys_to_the_configured_root_passes(self, kind: str, issuers: str) -> None:
        made = chain(kind, title=f"{kind} under {issuers}", issuers=issuers)
        judge(token(made, DATA), made.trusted())

    @pytest.mark.parametrize("issuers", ["rsa-1024", "ecdsa-192"])
    def test_an_authority_with_a_short_key_is_refused(self, issuers: str) -> None:
        made = chain(title=f"Short {issuers}", issuers=issuers)
        assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"

    @pytest.mark.parametrize("between", [0, 1, 3])
    def test_a_chain_of_any_length_passes(self, between: int) -> None:
        made = chain(between=[ISSUER] * between)
        judge(token(made, DATA), made.trusted())

    def test_a_chain_to_a_root_embedded_in_the_token_is_refused(self, authority: Chain) -> None:
        """rfc3161-client up to 1.0.8 accepted this: the token brings its own root, another one is configured."""
        attacker = chain(title="Attacker")
        given = signed_data(attacker, tst_info(DIGEST), certificates=[*attacker.certificates, attacker.root.der])
        judge(given, attacker.trusted())
        assert refusal(given, authority.trusted()) == "authority-untrusted"
        with_both = signed_data(
            attacker,
            tst_info(DIGEST),
            certificates=[*attacker.certificates, attacker.root.der, authority.root.der, *authority.certificates],
        )
        assert refusal(with_both, authority.trusted(certificates=authority.certificates)) == "authority-untrusted"

    def test_a_root_of_the_same_name_is_refused(self, authority: Chain) -> None:
        namesake = Member(
            member("Test TSA root", None, ISSUER, key_of("ecdsa", "namesake")).certificate, authority.root.key
        )
        given = signed_data(authority, tst_info(DIGEST), certificates=[*authority.certificates, authority.root.der])
        assert refusal(given, TrustedAuthority("Namesake", namesake.der)) == "authority-untrusted"

    def test_an_intermediate_of_the_attackers_under_the_roots_name_is_refused(self, authority: Chain) -> None:
        false_root = member("Test TSA root", None, ISSUER, key_of("ecdsa", "false root"))
        false = member("False", false_root, ISSUER, key_of("ecdsa", "false"))
        leaf = member("False TSA", false, LEAF, key_of("ecdsa", "false leaf"))
        forged = Chain(false_root, (false,), leaf)
        given = signed_data(forged, tst_info(DIGEST), certificates=[leaf.der, false.der, false_root.der])
        judge(given, forged.trusted())
        assert refusal(given, authority.trusted()) == "authority-untrusted"

    def test_the_configured_root_need_not_be_self_signed(self, authority: Chain) -> None:
        judge(token(authority, DATA), TrustedAuthority("Intermediate", authority.between[0].der))

    def test_the_signers_own_certificate_is_no_root(self, authority: Chain) -> None:
        assert refusal(token(authority, DATA), TrustedAuthority("Leaf", authority.leaf.der)) == "authority-untrusted"

    def test_a_self_signed_signer_is_refused(self, authority: Chain) -> None:
        alone = member("Alone", None, LEAF, key_of("ecdsa", "alone"))
        given = token(Chain(alone, (), alone), DATA)
        assert refusal(given, authority.trusted()) == "authority-untrusted"
        assert refusal(given, TrustedAuthority("Alone", alone.der)) == "authority-untrusted"

    @pytest.mark.parametrize("root", [b"", b"rubbish", b"\x30\x03\x02\x01\x00"])
    def test_a_root_that_cannot_be_read_trusts_nobody(self, authority: Chain, root: bytes) -> None:
        assert refusal(token(authority, DATA), TrustedAuthority("Rubbish", root)) == "authority-untrusted"


class TestPath:
    def test_missing_intermediates_are_found_among_the_configured_ones(self, authority: Chain) -> None:
        given = signed_data(authority, tst_info(DIGEST), certificates=[authority.leaf.der])
        assert refusal(given, authority.trusted()) == "authority-untrusted"
        judge(given, authority.trusted(certificates=(authority.between[0].der,)))

    def test_a_token_without_certificates_passes_where_they_are_configured(self, authority: Chain) -> None:
        given = signed_data(authority, tst_info(DIGEST), certificates=())
        judge(given, authority.trusted(certificates=authority.certificates))

    def test_certificates_that_cannot_be_read_do_no_harm(self, authority: Chain) -> None:
        judge(token(authority, DATA), authority.trusted(certificates=(b"rubbish", b"", authority.root.der)))

    def test_of_two_issuers_of_one_name_the_one_that_signed_is_found(self, authority: Chain) -> None:
        other = member("Test TSA intermediate 1", authority.root, ISSUER, key_of("ecdsa", "renewed"))
        expired = member("Test TSA intermediate 1", authority.root, issuer_shape(ends=AT - 1), authority.between[0].key)
        for pool in ([other.der, expired.der], [expired.der, other.der]):
            given = signed_data(authority, tst_info(DIGEST), certificates=[*pool, *authority.certificates, *pool[:1]])
            judge(given, authority.trusted())

    def test_circles_and_many_namesakes_end(self, authority: Chain) -> None:
        key = key_of("ecdsa", "circle")
        one, two = Member(authority.root.certificate, key), Member(authority.between[0].certificate, key)
        circle = [member("A", Member(member("B", one, ISSUER, key).certificate, key), ISSUER, key)]
        for number in range(15):
            previous = circle[-1]
            circle.append(member("AB"[number % 2 == 0], previous, ISSUER, key))
        leaf = member("In circles", circle[-1], LEAF, key_of("ecdsa", "in circles"))
        made = Chain(two, tuple(circle), leaf)
        assert refusal(token(made, DATA), authority.trusted()) == "authority-untrusted"

    @pytest.mark.parametrize("between", [MAX_PATH - 2, MAX_PATH - 1])
    def test_the_length_of_a_path_is_bounded(self, between: int) -> None:
        made = chain(title="Long", between=[ISSUER] * between)
        if between <= MAX_PATH - 2:
            judge(token(made, DATA), made.trusted())
        else:
            assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"

    @pytest.mark.parametrize(
        "shape",
        [
            issuer_shape(ca=False),
            issuer_shape(ca=None),
            issuer_shape(usage=("crl_sign",)),
            issuer_shape(usage=("digital_signature",)),
            issuer_shape(eku=SERVERS),
            issuer_shape(extra=((UNKNOWN, True),)),
            issuer_shape(extra=((NAMES, True),)),
            issuer_shape(hash=hashes.SHA224()),
        ],
    )
    def test_an_intermediate_that_may_not_issue_is_refused(self, shape: Shape) -> None:
        made = chain(title="Bad intermediate", between=[shape])
        assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"

    @pytest.mark.parametrize(
        "shape",
        [
            issuer_shape(usage=None),
            issuer_shape(eku=STAMPING),
            issuer_shape(eku=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
            issuer_shape(extra=((UNKNOWN, False),)),
            issuer_shape(extra=((POLICIES, True),)),
            issuer_shape(hash=hashes.SHA384()),
        ],
    )
    def test_an_intermediate_that_may_issue_passes(self, shape: Shape) -> None:
        made = chain(title="Good intermediate", between=[shape])
        judge(token(made, DATA), made.trusted())

    @pytest.mark.parametrize(
        "shape", [issuer_shape(ca=False), issuer_shape(ca=None), issuer_shape(usage=("crl_sign",))]
    )
    def test_a_root_that_may_not_issue_is_refused(self, shape: Shape) -> None:
        made = chain(title="Bad root", root=shape)
        assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"

    @pytest.mark.parametrize(
        ("root", "first", "passes"), [(1, 0, True), (0, 0, False), (2, None, True), (None, 0, True)]
    )
    def test_the_lengths_that_authorities_allow_below_them_hold(
        self, root: int | None, first: int | None, passes: bool
    ) -> None:
        made = chain(title="Short", root=issuer_shape(path_length=root), between=[issuer_shape(path_length=first)])
        if passes:
            judge(token(made, DATA), made.trusted())
        else:
            assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"

    @pytest.mark.parametrize(("length", "passes"), [(2, True), (1, False)])
    def test_every_intermediate_counts_for_the_length(self, length: int, passes: bool) -> None:
        made = chain(title="Three", root=issuer_shape(path_length=length), between=[ISSUER, ISSUER])
        if passes:
            judge(token(made, DATA), made.trusted())
        else:
            assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"

    def test_a_leaf_with_an_unknown_critical_extension_is_refused(self) -> None:
        made = chain(title="Odd leaf", leaf=Shape(eku=STAMPING, extra=((UNKNOWN, True),)))
        assert refusal(token(made, DATA), made.trusted()) == "authority-untrusted"


class TestTime:
    def test_a_chain_valid_then_and_expired_since_passes(self) -> None:
        """The chain is judged at genTime: a token does not lose its worth when its certificate ends."""
        past = 1_100_000_000
        shape: dict[str, Any] = {"begins": past - YEAR, "ends": past + YEAR}
        made = chain(
            title="Past", leaf=Shape(eku=STAMPING, **shape), root=issuer_shape(**shape), between=[issuer_shape(**shape)]
        )
        judge(token(made, DATA, at=past), made.trusted())

    @pytest.mark.parametrize("which", ["leaf", "between", "root"])
    @pytest.mark.parametrize(
        ("at", "passes"),
        [(AT - 101, False), (AT - 100, True), (AT, True), (AT + 100, True), (AT + 101, False)],
    )
    def test_every_certificate_is_valid_at_the_time_of_the_token(self, which: str, at: int, passes: bool) -> None:
        short: dict[str, Any] = {"begins": AT - 100, "ends": AT + 100}
        made = chain(
            title=f"Short {which}",
            leaf=Shape(eku=STAMPING, **short) if which == "leaf" else LEAF,
            root=issuer_shape(**short) if which == "root" else ISSUER,
            between=[issuer_shape(**short) if which == "between" else ISSUER],
        )
        if passes:
            judge(token(made, DATA, at=at), made.trusted())
        else:
            assert refusal(token(made, DATA, at=at), made.trusted()) == "authority-expired"


class TestPolicy:
    @pytest.mark.parametrize("accepted", [(), (POLICY,), (OTHER_POLICY, POLICY)])
    def test_an_accepted_policy_passes(self, authority: Chain, accepted: tuple[str, ...]) -> None:
        judge(token(authority, DATA), authority.trusted(policies=accepted))

    def test_another_policy_is_refused(self, authority: Chain) -> None:
        assert refusal(token(authority, DATA), authority.trusted(policies=(OTHER_POLICY,))) == "policy-untrusted"


REASONS = x509.ReasonFlags


class TestSeveralAuthorities:
    def by_all(self, given: bytes, authorities: list[TrustedAuthority]) -> str:
        read = read_token(given)
        return judge_by_all(read, check_token(read, DATA), authorities).authority.name

    def test_who_knows_less_does_not_overrule_a_revocation(self, authority: Chain) -> None:
        listed = crl(authority.between[0], [(authority.leaf, AT, REASONS.key_compromise)])
        knowing, other = authority.trusted(crls=(listed,)), replace(authority.trusted(), name="Without a list")
        given = token(authority, DATA)
        assert self.by_all(given, [other]) == "Without a list"
        for authorities in ([knowing], [knowing, other], [other, knowing]):
            with pytest.raises(TokenUntrusted) as caught:
                self.by_all(given, authorities)
            assert caught.value.reason == "authority-revoked"

    def test_the_first_that_accepts_is_named_whatever_strangers_say(self, authority: Chain) -> None:
        stranger, own = chain(title="Stranger").trusted(), authority.trusted()
        assert self.by_all(token(authority, DATA), [stranger, own, replace(own, name="Again")]) == own.name

    def test_nobody_trusts_nobody(self, authority: Chain) -> None:
        with pytest.raises(TokenUntrusted) as caught:
            self.by_all(token(authority, DATA), [])
        assert caught.value.reason == "authority-untrusted"

    def test_every_certificate_of_the_path_is_told_with_its_end(self, authority: Chain) -> None:
        short = chain(title="Short", between=[issuer_shape(ends=AT + YEAR)])
        read = read_token(token(short, DATA))
        vouched = judge_by_all(read, check_token(read, DATA), [short.trusted()])
        assert [end for _, end in vouched.path] == [AT + 20 * YEAR, AT + YEAR, AT + 20 * YEAR]
        assert all(whose.startswith("the certificate of CN=Short") for whose, _ in vouched.path)
        assert judge_token(read, check_token(read, DATA), short.trusted(), AT + YEAR) == vouched.path
        with pytest.raises(TokenUntrusted) as caught:
            judge_token(read, check_token(read, DATA), short.trusted(), AT + YEAR + 1)
        assert caught.value.reason == "authority-expired"
        assert "needed at" in str(caught.value)


class TestWhichTime:
    @pytest.mark.parametrize(
        ("stated", "configured", "seconds"),
        [(None, 60, 61), ({"seconds": 1}, 60, 61), ({"seconds": 60, "millis": 1}, 60, 62), ({"seconds": 1}, 0, 2)],
    )
    def test_the_larger_of_the_stated_and_the_configured_uncertainty_counts(
        self, authority: Chain, stated: dict[str, int] | None, configured: int, seconds: int
    ) -> None:
        assert uncertainty(read_token(token(authority, DATA, accuracy=stated)), configured) == seconds

    @pytest.mark.parametrize(
        ("one", "other", "earlier"),
        [
            ((0, 0), (0, 900_000), False),  # known to the second only
            ((0, 900_000), (0, 0), False),
            ((0, 100_000), (0, 900_000), True),
            ((0, 900_000), (0, 100_000), False),
            ((0, 900_000), (1, 0), True),
            ((1, 0), (0, 900_000), False),
        ],
    )
    def test_times_are_compared_as_exactly_as_both_are_stated(
        self, authority: Chain, one: tuple[int, int], other: tuple[int, int], earlier: bool
    ) -> None:
        def at(seconds: int, micros: int) -> Token:
            made = datetime.fromtimestamp(AT + seconds, UTC) + timedelta(microseconds=micros)
            return read_token(token(authority, DATA, gen_time=made))

        assert is_earlier(at(*one), at(*other)) == earlier


class TestRevocation:
    def lists(self, authority: Chain, *ders: bytes) -> TrustedAuthority:
        return authority.trusted(crls=tuple(ders))

    def test_a_list_without_the_certificate_passes(self, authority: Chain) -> None:
        other = member("Other", authority.between[0], LEAF, key_of("ecdsa", "revoked other"))
        given = crl(authority.between[0], [(other, AT - 1, REASONS.key_compromise)])
        judge(token(authority, DATA), self.lists(authority, given, crl(authority.root)))

    @pytest.mark.parametrize("reason", [None, *(one for one in REASONS if one is not REASONS.remove_from_crl)])
    def test_a_certificate_revoked_before_is_refused_for_any_reason(
        self, authority: Chain, reason: x509.ReasonFlags | None
    ) -> None:
        given = crl(authority.between[0], [(authority.leaf, AT, reason)])
        assert refusal(token(authority, DATA), self.lists(authority, given)) == "authority-revoked"

    @pytest.mark.parametrize(
        ("reason", "passes"),
        [
            (None, False),
            (REASONS.key_compromise, False),
            (REASONS.ca_compromise, False),
            (REASONS.aa_compromise, False),
            (REASONS.certificate_hold, False),
            (REASONS.privilege_withdrawn, False),
            (REASONS.affiliation_changed, True),
            (REASONS.superseded, True),
            (REASONS.unspecified, True),  # said, and not left out: RFC 3161, section 4
            (REASONS.cessation_of_operation, True),
        ],
    )
    def test_a_certificate_revoked_afterwards_is_judged_by_the_reason(
        self, authority: Chain, reason: x509.ReasonFlags | None, passes: bool
    ) -> None:
        given = crl(authority.between[0], [(authority.leaf, AT + 1, reason)])
        if passes:
            judge(token(authority, DATA), self.lists(authority, given))
        else:
            assert refusal(token(authority, DATA), self.lists(authority, given)) == "authority-revoked"

    @pytest.mark.parametrize("valid_at", [AT, AT + 2, AT + YEAR])
    def test_a_later_time_that_a_token_is_needed_until_changes_nothing_about_a_revocation(
        self, authority: Chain, valid_at: int
    ) -> None:
        read = read_token(token(authority, DATA))
        signer = check_token(read, DATA)
        harmless = crl(authority.between[0], [(authority.leaf, AT + 1, REASONS.superseded)])
        judge_token(read, signer, self.lists(authority, harmless), valid_at)
        before = crl(authority.between[0], [(authority.leaf, AT, REASONS.superseded)])
        with pytest.raises(TokenUntrusted) as caught:
            judge_token(read, signer, self.lists(authority, before), valid_at)
        assert caught.value.reason == "authority-revoked"

    def test_a_revoked_intermediate_is_refused(self, authority: Chain) -> None:
        given = crl(authority.root, [(authority.between[0], AT - 1, REASONS.superseded)])
        assert refusal(token(authority, DATA), self.lists(authority, given)) == "authority-revoked"

    def test_a_list_that_the_issuer_did_not_sign_does_not_count(self, authority: Chain) -> None:
        revoked = [(authority.leaf, AT - 1, REASONS.key_compromise)]
        stranger = crl(authority.between[0], revoked, key=key_of("ecdsa", "stranger"))
        of_another = crl(authority.root, revoked)
        judge(token(authority, DATA), self.lists(authority, stranger, of_another))

    def test_a_list_of_an_issuer_that_may_not_sign_lists_does_not_count(self) -> None:
        made = chain(title="No lists", between=[issuer_shape(usage=("key_cert_sign",))])
        given = crl(made.between[0], [(made.leaf, AT - 1, REASONS.key_compromise)])
        judge(token(made, DATA), self.lists(made, given))

    @pytest.mark.parametrize("given", [b"", b"rubbish", b"\x30\x00"])
    def test_a_list_that_cannot_be_read_trusts_nobody(self, authority: Chain, given: bytes) -> None:
        assert refusal(token(authority, DATA), self.lists(authority, given)) == "authority-untrusted"

    def test_an_indirect_or_unknown_list_trusts_nobody(self, authority: Chain) -> None:
        indirect = crl(authority.root, extra=[(distribution(indirect=True), True)])
        unknown = crl(authority.root, extra=[(UNKNOWN, True)])
        assert refusal(token(authority, DATA), self.lists(authority, indirect)) == "authority-untrusted"
        assert refusal(token(authority, DATA), self.lists(authority, unknown)) == "authority-untrusted"

    def test_lists_of_a_part_and_of_changes_count(self, authority: Chain) -> None:
        revoked = [(authority.leaf, AT - 1, REASONS.superseded)]
        part = crl(authority.between[0], revoked, extra=[(distribution(indirect=False), True)])
        changes = crl(authority.between[0], revoked, extra=[(x509.DeltaCRLIndicator(1), True)])
        for given in (part, changes):
            assert refusal(token(authority, DATA), self.lists(authority, given)) == "authority-revoked"

    def test_a_certificate_taken_off_hold_passes(self, authority: Chain) -> None:
        released = [(authority.leaf, AT - 1, REASONS.remove_from_crl)]
        given = crl(authority.between[0], released, extra=[(x509.DeltaCRLIndicator(1), True)])
        judge(token(authority, DATA), self.lists(authority, given))

    def test_a_revocation_is_told_before_an_expiry(self) -> None:
        made = chain(title="Both", leaf=LEAF, root=issuer_shape(ends=AT - 1))
        given = crl(made.between[0], [(made.leaf, AT - 1, None)])
        assert refusal(token(made, DATA), made.trusted()) == "authority-expired"
        assert refusal(token(made, DATA), self.lists(made, given)) == "authority-revoked"


class TestBrokenInput:
    """Whatever is wrong with a certificate or a list, it is said in our words."""

    def mutants(self, der: bytes) -> Iterator[bytes]:
        chosen = random.Random(len(der))
        for bit in chosen.sample(range(8 * len(der)), 400):
            yield der[: bit // 8] + bytes([der[bit // 8] ^ (1 << bit % 8)]) + der[bit // 8 + 1 :]
        for size in chosen.sample(range(len(der)), 20):
            yield der[:size]

    def outcomes(self, given: bytes, signer: bytes, authorities: Iterator[TrustedAuthority]) -> set[str]:
        read, found = read_token(given), set()
        for one in authorities:
            try:
                judge_token(read, signer, one)
            except TokenUntrusted as exc:
                found.add(exc.reason)
            else:
                found.add("passed")
        return found

    def test_of_the_root(self, authority: Chain) -> None:
        found = self.outcomes(
            token(authority, DATA),
            authority.leaf.der,
            (authority.trusted(root=der) for der in self.mutants(authority.root.der)),
        )
        assert "authority-untrusted" in found

    def test_of_an_intermediate(self, authority: Chain) -> None:
        given = signed_data(authority, tst_info(DIGEST), certificates=[authority.leaf.der])
        mutants = self.mutants(authority.between[0].der)
        found = self.outcomes(given, authority.leaf.der, (authority.trusted(certificates=(der,)) for der in mutants))
        # Passed: cryptography reads a signature whose last bit is said to be unused
        assert {"authority-untrusted"} <= found <= {"authority-untrusted", "authority-expired", "passed"}

    def test_of_the_signer(self, authority: Chain) -> None:
        read, trusted = read_token(token(authority, DATA)), authority.trusted()
        for der in self.mutants(authority.leaf.der):
            with pytest.raises(TokenUntrusted):
                judge_token(read, der, trusted)

    def test_of_a_list(self, authority: Chain) -> None:
        given = crl(authority.between[0], [(authority.leaf, AT - 1, REASONS.key_compromise)])
        found = self.outcomes(
            token(authority, DATA),
            authority.leaf.der,
            (authority.trusted(crls=(der,)) for der in self.mutants(given)),
        )
        assert found <= {"passed", "authority-untrusted", "authority-revoked"}
        assert found >= {"passed", "authority-untrusted"}  # a list with a broken signature is nobody's


def distribution(*, indirect: bool) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://crl.example/a.crl")],
        relative_name=None,
        only_contains_user_certs=not indirect,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=indirect,
        only_contains_attribute_certs=False,
    )

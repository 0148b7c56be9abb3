"""Validation of evidence records: each way to be wrong has its own reason; expired tokens prove what was renewed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from reference import evidence_record_reference as reference
from support.stamper import YEAR, Stamper
from support.tsa import signed_data, tst_info
from support.tsa_chain import ISSUER, LEAF, Chain, crl, member

from notary.records.algorithms import Policy, Use, default_policy
from notary.records.evidence_check import validate, validate_bytes
from notary.records.evidence_record import ArchiveTimeStamp, EvidenceRecord, new_record
from notary.records.evidence_set import EvidenceSet, Leaf
from notary.records.evidence_verdict import TITLES, RecordVerdict
from notary.verdicts.reasons import LOCALES
from notary.verdicts.reasons.records import RECORD_WORDS, RecordReason
from notary.verdicts.trust import TrustedAuthority
from notary.verdicts.verdict import Status

START = 1_600_000_000
YOUNG = Stamper("First", begins=START - YEAR, ends=START + 3 * YEAR)  # ends long before the last validation
LATER = Stamper("Second", begins=START + YEAR, ends=START + 8 * YEAR)
LATEST = Stamper("Third", begins=START + 4 * YEAR, ends=START + 12 * YEAR)
AUTHORITIES = tuple(TrustedAuthority(one.title, one.root_der) for one in (YOUNG, LATER, LATEST))
NOW = START + 6 * YEAR
DOCUMENTS = [b"contract", b"invoice", b"chat"]
POLICY = default_policy()


def leaves(name: str) -> list[Leaf]:
    return [
        Leaf(hashlib.new(name, document).digest(), hashlib.new(name, b"%d" % place).digest())
        for place, document in enumerate(DOCUMENTS)
    ]


def stamp(stamper: Stamper, what: tuple[bytes, str], at: int) -> bytes:
    data, name = what
    return stamper.stamp(hashlib.new(name, data).digest(), name, at)


def document(data: bytes) -> Callable[[str], bytes | None]:
    return lambda name: hashlib.new(name, data).digest()


def begun(at: int = START, stamper: Stamper = YOUNG, name: str = "sha256") -> EvidenceSet:
    return EvidenceSet().with_chain(name, leaves(name), stamp(stamper, EvidenceSet().begins(name, leaves(name)), at))


def renewed(before: EvidenceSet, at: int = START + 2 * YEAR, stamper: Stamper = LATER) -> EvidenceSet:
    return before.with_token(stamp(stamper, before.renewal(), at))


def rehashed(before: EvidenceSet, at: int = START + 5 * YEAR, stamper: Stamper = LATEST) -> EvidenceSet:
    token = stamp(stamper, before.begins("sha3_512", leaves("sha3_512")), at)
    return before.with_chain("sha3_512", leaves("sha3_512"), token)


WHOLE = rehashed(renewed(begun()))
RECORD = WHOLE.record(1)


def check(
    record: EvidenceRecord = RECORD,
    data: bytes = b"invoice",
    authorities: tuple[TrustedAuthority, ...] = AUTHORITIES,
    policy: Policy = POLICY,
    at: int = NOW,
) -> RecordVerdict:
    return validate_bytes(record.to_bytes(), [document(data)], authorities, policy, at)


def reasons(verdict: RecordVerdict) -> dict[int, str]:
    return {one.number: one.reason.value for one in verdict.checks if one.reason is not None}


class TestPassed:
    def test_a_record_that_was_renewed_twice_proves_its_first_time(self) -> None:
        verdict = check()
        assert (verdict.status, verdict.reason) == (Status.PASSED, None)
        assert reasons(verdict) == {}
        assert verdict.not_after == START
        assert verdict.uncertainty_seconds == 61  # a token's time is rounded down
        assert [(one.chain, one.place, one.hash_name) for one in verdict.stamps] == [
            (0, 0, "sha256"),
            (0, 1, "sha256"),
            (1, 0, "sha3_512"),
        ]

    def test_the_tokens_alone_are_of_no_use_any_more(self) -> None:
        assert check(begun().record(1)).reason is RecordReason.TOKEN_EXPIRED
        assert check(renewed(begun()).record(1)).status is Status.PASSED

    def test_what_ends_next_is_said(self) -> None:
        ending = check().next_end
        assert ending is not None
        assert ending.what == "the certificate of CN=Third"
        assert ending.until == LATEST.ends

    def test_json_and_words_say_the_same(self) -> None:
        verdict = check()
        value = json.loads(json.dumps(verdict.to_json()))
        assert value["status"] == "PASSED"
        assert [one["title"] for one in value["checks"]] == list(TITLES)
        assert value["next_end"]["until"] == LATEST.ends
        assert verdict.explain()[0] == "PASSED"
        assert any("Renew before" in line for line in verdict.explain())

    def test_a_record_over_one_object_without_a_tree_is_proven(self) -> None:
        digest = hashlib.sha256(b"alone").digest()
        record = new_record("sha256", (), YOUNG.stamp(digest, "sha256", START))
        assert check(record, b"alone", at=START + YEAR).status is Status.PASSED
        assert check(record, b"other", at=START + YEAR).reason is RecordReason.OBJECT_MISSING

    def test_a_list_of_one_value_in_a_renewal_is_read(self) -> None:
        first = begun().record(0)
        value = hashlib.sha256(first.chains[0][0].token).digest()
        later = ArchiveTimeStamp(
            LATER.stamp(value, "sha256", START + 2 * YEAR), ((value,),), first.chains[0][0].algorithm
        )
        record = replace(first, chains=((*first.chains[0], later),))
        assert check(record, b"contract").status is Status.PASSED

    def test_the_hash_of_the_token_counts_where_the_record_names_none(self) -> None:
        first = begun().record(0)
        record = replace(first, chains=((replace(first.chains[0][0], algorithm=None),),))
        assert check(record, b"contract", at=START + YEAR).status is Status.PASSED

    def test_several_documents_of_one_group_are_proven_together(self) -> None:
        digests = tuple(sorted(hashlib.sha256(one).digest() for one in DOCUMENTS))
        root = hashlib.sha256(b"".join(digests)).digest()
        record = new_record("sha256", (digests,), YOUNG.stamp(root, "sha256", START))
        verdict = validate(record, [document(one) for one in DOCUMENTS], AUTHORITIES, POLICY, START + YEAR)
        assert verdict.status is Status.PASSED
        foreign = validate(record, [document(b"contract"), document(b"x")], AUTHORITIES, POLICY, START + YEAR)
        assert foreign.reason is RecordReason.OBJECT_MISSING


class TestDocuments:
    def test_another_document_is_not_the_object(self) -> None:
        verdict = check(data=b"invoice!")
        assert verdict.status is Status.FAILED
        assert reasons(verdict)[2] == "er-object-missing"
        assert verdict.not_after is None

    def test_a_neighbour_is_not_the_object(self) -> None:
        assert check(data=b"contract").reason is RecordReason.OBJECT_MISSING

    def test_no_document_is_no_proof(self) -> None:
        verdict = validate(RECORD, [], AUTHORITIES, POLICY, NOW)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, RecordReason.NO_DOCUMENT)
        assert reasons(verdict) == {2: "er-no-document", 4: "er-no-document", 8: "er-not-reached"}

    def test_a_hash_that_is_not_at_hand_is_no_proof(self) -> None:
        known = {"sha256": hashlib.sha256(b"invoice").digest()}
        verdict = validate(RECORD, [known.get], AUTHORITIES, POLICY, NOW)
        assert reasons(verdict) == {4: "er-no-document", 8: "er-not-reached"}


class TestForm:
    @pytest.mark.parametrize("data", [b"", b"\x30\x00", RECORD.to_bytes()[:-1], RECORD.to_bytes() + b"\0"])
    def test_bytes_that_are_no_record_fail_the_first_check(self, data: bytes) -> None:
        verdict = validate_bytes(data, [], AUTHORITIES, POLICY, NOW)
        assert (verdict.status, verdict.reason) == (Status.FAILED, RecordReason.INVALID)
        assert len(verdict.checks) == 8

    def test_a_hash_that_is_not_listed_fails(self) -> None:
        verdict = check(replace(RECORD, algorithms=RECORD.algorithms[:1]))
        assert (verdict.status, verdict.reason) == (Status.FAILED, RecordReason.INVALID)

    def test_a_record_of_encrypted_objects_is_not_judged(self) -> None:
        verdict = check(replace(RECORD, encryption_info=b"\x06\x01\x2a\x05\x00"))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, RecordReason.ENCRYPTED)

    def test_what_no_time_stamp_covers_changes_nothing(self) -> None:
        assert check(replace(RECORD, crypto_infos=b"\x30\x03\x06\x01\x2a")).status is Status.PASSED


class TestTrees:
    def test_a_changed_neighbour_leads_elsewhere(self) -> None:
        stamp_ = RECORD.chains[0][0]
        lists = (stamp_.lists[0], (bytes(32),), *stamp_.lists[2:])
        record = replace(RECORD, chains=((replace(stamp_, lists=lists), RECORD.chains[0][1]), RECORD.chains[1]))
        found = reasons(check(record))
        assert found[3] == "er-root-differs"

    def test_a_value_of_another_size_leads_nowhere(self) -> None:
        first = begun().record(1)
        lists = (*first.chains[0][0].lists, (bytes(31),))
        record = replace(first, chains=((replace(first.chains[0][0], lists=lists),),))
        assert check(record, at=START + YEAR).reason is RecordReason.ROOT_DIFFERS

    def test_a_tree_of_another_hash_than_the_token_s_fails(self) -> None:
        first = begun().record(1)
        algorithm = rehashed(begun()).record(1).chains[1][0].algorithm
        record = replace(
            first, chains=((replace(first.chains[0][0], algorithm=algorithm),),), algorithms=RECORD.algorithms
        )
        assert check(record, at=START + YEAR).status is Status.FAILED


class TestChains:
    def test_a_renewal_of_another_token_fails(self) -> None:
        other = renewed(begun(START + 1)).record(1)
        record = replace(RECORD, chains=((RECORD.chains[0][0], other.chains[0][1]),))
        assert reasons(check(record))[4] == "er-chain-broken"

    def test_a_new_chain_over_other_chains_fails(self) -> None:
        other = rehashed(renewed(begun(START + 1))).record(1)
        record = replace(RECORD, chains=(RECORD.chains[0], other.chains[1]))
        assert reasons(check(record))[4] == "er-chain-broken"

    def test_a_new_chain_over_another_document_fails(self) -> None:
        record = replace(RECORD, chains=(RECORD.chains[0], WHOLE.record(0).chains[1]))
        assert reasons(check(record)) == {
            4: "er-chain-broken",
            6: "er-not-reached",
            7: "er-not-reached",
            8: "er-not-reached",
        }

    def test_a_dropped_renewal_before_a_new_chain_fails(self) -> None:
        record = replace(RECORD, chains=(RECORD.chains[0][:1], RECORD.chains[1]))
        assert reasons(check(record))[4] == "er-chain-broken"

    def test_a_dropped_end_only_shortens_what_is_proven(self) -> None:
        assert check(replace(RECORD, chains=RECORD.chains[:1])).status is Status.PASSED  # the second still lives

    @pytest.mark.parametrize(("at", "passes"), [(START, True), (START - 1, False)])
    def test_times_do_not_go_back(self, at: int, passes: bool) -> None:
        record = renewed(begun(), at, YOUNG).record(1)
        verdict = check(record, at=START + YEAR)
        assert (verdict.status is Status.PASSED) == passes
        if not passes:
            assert reasons(verdict)[4] == "er-chain-broken"

    def test_a_chain_keeps_its_hash(self) -> None:
        first = begun()
        token = LATER.stamp(hashlib.sha512(first.chains[0].tokens[0]).digest(), "sha512", START + 2 * YEAR)
        record = first.record(1).with_chain("sha512", (), token)
        mixed = replace(record, chains=((*record.chains[0], *record.chains[1]),))
        assert reasons(check(mixed))[4] == "er-chain-broken"


class TestTokens:
    def test_an_altered_signature_fails(self) -> None:
        first = begun().record(1)
        token = first.chains[0][0].token
        altered = token[:-1] + bytes([token[-1] ^ 1])
        record = replace(first, chains=((replace(first.chains[0][0], token=altered),),))
        verdict = check(record, at=START + YEAR)
        assert (verdict.status, verdict.reason) == (Status.FAILED, RecordReason.TOKEN_INVALID)

    def test_what_is_no_token_fails(self) -> None:
        first = begun().record(1)
        record = replace(first, chains=((replace(first.chains[0][0], token=b"\x30\x00"),),))
        assert check(record).reason is RecordReason.TOKEN_INVALID

    def test_nobody_is_trusted_by_default(self) -> None:
        verdict = check(authorities=())
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, RecordReason.TOKEN_UNTRUSTED)

    @pytest.mark.parametrize("missing", range(3))
    def test_each_authority_must_be_trusted(self, missing: int) -> None:
        others = tuple(one for place, one in enumerate(AUTHORITIES) if place != missing)
        verdict = check(authorities=others)
        assert verdict.reason is RecordReason.TOKEN_UNTRUSTED
        assert verdict.not_after is None

    @pytest.mark.parametrize(("at", "reason"), [(YOUNG.ends, None), (YOUNG.ends + 1, RecordReason.TOKEN_EXPIRED)])
    def test_a_token_is_renewed_before_its_authority_ends(self, at: int, reason: RecordReason | None) -> None:
        verdict = check(renewed(begun(), at).record(1))
        assert verdict.reason is reason
        assert verdict.status is (Status.PASSED if reason is None else Status.INDETERMINATE)

    @pytest.mark.parametrize(("at", "reason"), [(LATEST.ends, None), (LATEST.ends + 1, RecordReason.TOKEN_EXPIRED)])
    def test_the_last_token_must_live_now(self, at: int, reason: RecordReason | None) -> None:
        assert check(at=at).reason is reason

    @pytest.mark.parametrize(
        ("when", "why", "passes"),
        [
            (START, x509.ReasonFlags.superseded, False),
            (START + 1, x509.ReasonFlags.superseded, True),  # RFC 3161, section 4: what was stamped before stays valid
            (START + 2 * YEAR + 1, x509.ReasonFlags.superseded, True),
            (START + 2 * YEAR + 1, x509.ReasonFlags.key_compromise, False),  # any token may be forged
        ],
    )
    def test_a_revoked_authority_proves_nothing_unless_the_token_is_older_and_the_key_was_not_stolen(
        self, when: int, why: x509.ReasonFlags, passes: bool
    ) -> None:
        revoked = crl(YOUNG.chain.root, [(YOUNG.chain.leaf, when, why)])
        trusted = (replace(AUTHORITIES[0], crls=(revoked,)), *AUTHORITIES[1:])
        verdict = check(authorities=trusted)
        assert verdict.status is (Status.PASSED if passes else Status.INDETERMINATE)
        assert verdict.reason is (None if passes else RecordReason.TOKEN_REVOKED)

    def test_a_token_that_was_never_renewed_outlives_a_harmless_revocation(self) -> None:
        revoked = crl(YOUNG.chain.root, [(YOUNG.chain.leaf, START + YEAR // 2, x509.ReasonFlags.superseded)])
        trusted = (replace(AUTHORITIES[0], crls=(revoked,)),)
        assert check(begun().record(1), authorities=trusted, at=START + YEAR).status is Status.PASSED

    def test_a_revocation_is_not_overruled_by_another_entry_of_the_same_root(self) -> None:
        revoked = crl(YOUNG.chain.root, [(YOUNG.chain.leaf, START + 100, x509.ReasonFlags.key_compromise)])
        without = TrustedAuthority("Without a list", YOUNG.root_der)
        knowing = replace(without, name="With a list", crls=(revoked,))
        for authorities in ((knowing,), (knowing, without), (without, knowing)):
            verdict = check(begun().record(1), authorities=authorities, at=START + YEAR)
            assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, RecordReason.TOKEN_REVOKED)

    def test_a_token_of_the_future_proves_nothing_yet_but_its_clock_may_be_as_much_ahead_as_it_is_uncertain(
        self,
    ) -> None:
        assert check(begun().record(1), at=START - 61).status is Status.PASSED
        verdict = check(begun().record(1), at=START - 62)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, RecordReason.TOKEN_UNTRUSTED)

    def test_a_certificate_that_began_only_when_it_stamped_is_valid_to_a_clock_behind_it(self) -> None:
        fresh = Stamper("Fresh", begins=START, ends=START + YEAR)
        trusted = (TrustedAuthority("Fresh", fresh.root_der),)
        assert check(begun(stamper=fresh).record(1), authorities=trusted, at=START - 1).status is Status.PASSED

    def test_the_certificate_of_the_path_that_ends_first_is_the_one_to_renew_before(self) -> None:
        wide = replace(ISSUER, begins=START - YEAR, ends=START + 2 * YEAR)
        root = member("Short root", None, wide, ec.generate_private_key(ec.SECP256R1()))
        shape = replace(LEAF, begins=START - YEAR, ends=START + 9 * YEAR)
        leaf = member("Long leaf", root, shape, ec.generate_private_key(ec.SECP256R1()))
        digest = hashlib.sha256(b"alone").digest()
        token = signed_data(Chain(root, (), leaf, "ecdsa"), tst_info(digest, "sha256", START))
        record, trusted = new_record("sha256", (), token), (TrustedAuthority("Short", root.der),)
        verdict = check(record, b"alone", trusted, at=START + YEAR)
        assert verdict.status is Status.PASSED
        assert verdict.next_end is not None
        assert (verdict.next_end.what, verdict.next_end.until) == ("the certificate of CN=Short root", wide.ends)
        assert check(record, b"alone", trusted, at=wide.ends).status is Status.PASSED
        late = check(record, b"alone", trusted, at=wide.ends + 1)
        assert late.reason is RecordReason.TOKEN_EXPIRED
        assert late.next_end is not None and late.next_end.until == wide.ends
        unknown = check(record, b"alone", (), at=START + YEAR).next_end
        assert unknown is not None and unknown.until == shape.ends  # nobody knows its root

    @pytest.mark.parametrize(
        ("first", "second", "passes"), [(900_000, 0, True), (0, 900_000, True), (2, 1, False), (500_000, 550_000, True)]
    )
    def test_a_time_without_a_fraction_is_compared_by_its_second(self, first: int, second: int, passes: bool) -> None:
        def token(what: tuple[bytes, str], micros: int) -> bytes:
            made = datetime.fromtimestamp(START, UTC) + timedelta(microseconds=micros)
            imprint = hashlib.new(what[1], what[0]).digest()
            return signed_data(YOUNG.chain, tst_info(imprint, what[1], START, gen_time=made))

        begun_ = EvidenceSet().with_chain(
            "sha256", leaves("sha256"), token(EvidenceSet().begins("sha256", leaves("sha256")), first)
        )
        record = begun_.with_token(token(begun_.renewal(), second)).record(1)
        assert check(record, at=START + YEAR).reason is (None if passes else RecordReason.CHAIN_BROKEN)
        if passes:
            assert len(reference.check(record.to_bytes(), reference.of(b"invoice"))) == 2
        else:
            with pytest.raises(reference.Wrong, match="go back"):
                reference.check(record.to_bytes(), reference.of(b"invoice"))

    def test_a_stated_accuracy_widens_the_uncertainty_of_the_time(self) -> None:
        digest = hashlib.sha256(b"alone").digest()
        for seconds, counts in ((1, 61), (99, 100)):
            info = tst_info(digest, "sha256", START, accuracy={"seconds": seconds})
            record = new_record("sha256", (), signed_data(YOUNG.chain, info))
            verdict = check(record, b"alone", at=START + YEAR)
            assert (verdict.not_after, verdict.uncertainty_seconds) == (START, counts)


class TestAlgorithms:
    def policy(self, use: Use, until: str) -> Policy:
        rows = [row for row in POLICY.rows if (row.kind, row.algorithm) != (use.kind, use.algorithm)]
        value = {
            "format": "tallystick/algorithm-lifetimes",
            "version": 1,
            "rows": [
                {
                    "kind": use.kind,
                    "algorithm": use.algorithm,
                    "until": until,
                    "source": "a test",
                    "published": "2026",
                    "statement": "It ends.",
                }
            ],
        }
        return Policy((*rows, *Policy.from_bytes(json.dumps(value).encode()).rows))

    @pytest.mark.parametrize(("until", "blamed"), [("2025-09-12", "chain 2"), ("2025-09-11", "chain 1")])
    def test_the_hash_of_a_chain_lasts_until_the_next_chain(self, until: str, blamed: str) -> None:
        # The second chain begins on 2025-09-12; its own signer uses SHA-256 still, which is then to blame.
        verdict = check(policy=self.policy(Use("hash", "sha256"), until))
        assert verdict.reason is RecordReason.ALGORITHM_WEAK
        assert verdict.check(7).detail.startswith(f"time-stamp 1 of {blamed} ")

    def test_a_hash_that_ended_before_its_renewal_is_weak(self) -> None:
        verdict = check(renewed(begun()).record(1), policy=self.policy(Use("hash", "sha256"), "2022-12-31"))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, RecordReason.ALGORITHM_WEAK)
        assert "a test" in verdict.check(7).detail

    def test_a_signature_lasts_until_the_next_token(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        old = Stamper("RSA", begins=START - YEAR, ends=START + 20 * YEAR, key=key)
        trusted = (*AUTHORITIES, TrustedAuthority("RSA", old.root_der))
        record = begun(stamper=old).record(1)
        until = POLICY.ending(Use("signature", "rsa", 2048)).until
        assert until is not None
        assert check(record, authorities=trusted, at=until).status is Status.PASSED
        assert check(record, authorities=trusted, at=until + 1).reason is RecordReason.ALGORITHM_WEAK
        saved = renewed(begun(stamper=old)).record(1)
        assert check(saved, authorities=trusted).status is Status.PASSED

    def test_an_algorithm_that_no_row_names_is_weak(self) -> None:
        rows = tuple(row for row in POLICY.rows if row.algorithm != "ecdsa")
        assert check(policy=Policy(rows)).reason is RecordReason.ALGORITHM_WEAK

    def test_an_unknown_hash_is_weak(self) -> None:
        first = begun().record(1)
        record = replace(first, chains=((replace(first.chains[0][0], algorithm=b"\x06\x01\x2a"),),))
        verdict = check(record, at=START + YEAR)
        assert verdict.status is not Status.PASSED
        assert verdict.check(2).reason is RecordReason.ALGORITHM_WEAK

    def test_a_larger_curve_lives_as_long_as_its_row(self) -> None:
        stamper = Stamper("P-521", begins=START, ends=START + 2 * YEAR, key=ec.generate_private_key(ec.SECP521R1()))
        trusted = (TrustedAuthority("P-521", stamper.root_der),)
        assert check(begun(stamper=stamper).record(1), authorities=trusted, at=START + YEAR).status is Status.PASSED


class TestReasons:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_each_reason_and_check_has_its_words_in_every_language(self, locale: str) -> None:
        said = RECORD_WORDS[locale]
        assert said.meanings.keys() == set(RecordReason)
        assert len(said.titles) == len(TITLES)
        lines = check(authorities=()).explain(locale)
        assert said.meanings[RecordReason.TOKEN_UNTRUSTED] in lines
        assert "er-token-untrusted" in lines[0]
        assert lines[-1] == said.not_proven
        assert len({words.not_proven for words in RECORD_WORDS.values()}) == len(LOCALES)

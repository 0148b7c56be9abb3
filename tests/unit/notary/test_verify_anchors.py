from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from support import tsa
from support.sealed import (
    BLOCK_TIME,
    GENESIS,
    anchored_block,
    document_of,
    make_anchor,
    make_block,
    make_receipt,
    seal,
    trust_in,
)
from support.stamped import (
    CALENDAR,
    HEIGHT,
    authority,
    data_of,
    full,
    mined,
    ots_anchor,
    pending_anchor,
    token_anchor,
    trusting,
)

from notary.proofs.receipt import Anchor, OtsAnchor, PendingAnchor, Receipt, TimestampAnchor
from notary.verdicts.trust import Trust, TrustedAuthority, TrustedBlock, TrustedHeader
from notary.verdicts.verdict import Reason, Status, Verdict
from notary.verdicts.verify import Verifier, verify

SEALED = seal()
NOTE = SEALED.note
DIGESTS = document_of(SEALED.documents[1])
TRUSTED = authority().trusted(uncertainty_seconds=30)
STAMPED_AT = BLOCK_TIME + 5


def receipt(*anchors: Anchor) -> Receipt:
    return replace(SEALED.receipts[1], anchors=anchors)


def judged(anchors: Sequence[Anchor], trust: Trust | None = None) -> Verdict:
    return verify(receipt(*anchors), DIGESTS, trust)


def found(verdict: Verdict, number: int) -> tuple[Status, Reason | None]:
    return verdict.check(number).status, verdict.check(number).reason


class TestTimestamp:
    def test_a_token_of_a_trusted_authority_dates_a_receipt_without_any_chain(self) -> None:
        verdict = judged([token_anchor(NOTE, at=STAMPED_AT)], trusting(TRUSTED))
        assert (verdict.status, verdict.reason) == (Status.PASSED, None)
        assert (verdict.interval.not_after, verdict.interval.uncertainty_seconds) == (STAMPED_AT, 31)
        (result,) = verdict.anchors
        assert result.facts == {"authority": "Test TSA", "policy": tsa.POLICY, "serial": "4711", "hash": "sha256"}
        assert "the time-stamp authority Test TSA" in verdict.check(9).detail

    @pytest.mark.parametrize(("seconds", "counts"), [(1, 31), (30, 32), (99, 101)])
    def test_its_stated_accuracy_widens_the_configured_uncertainty_and_never_narrows_it(
        self, seconds: int, counts: int
    ) -> None:
        token = token_anchor(NOTE, at=STAMPED_AT, accuracy={"seconds": seconds, "millis": 500})
        assert judged([token], trusting(TRUSTED)).interval.uncertainty_seconds == counts

    @pytest.mark.parametrize("hash_name", ["sha384", "sha512", "sha3_256"])
    def test_its_imprint_may_be_by_any_strong_hash(self, hash_name: str) -> None:
        token = token_anchor(NOTE, at=STAMPED_AT, hash_name=hash_name)
        verdict = judged([token], trusting(TRUSTED))
        assert (verdict.status, verdict.anchors[0].facts["hash"]) == (Status.PASSED, hash_name)

    def test_without_a_configured_root_it_is_untrusted_though_it_brings_one(self) -> None:
        brought = tsa.signed_data(authority(), _info(), certificates=(*authority().certificates, authority().root.der))
        for trust in (Trust(), trusting(tsa.chain(title="Other TSA").trusted())):
            verdict = judged([TimestampAnchor(brought)], trust)
            assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.AUTHORITY_UNTRUSTED)
            assert found(verdict, 7) == (Status.PASSED, None)
            assert verdict.interval.not_after is None

    def test_any_of_several_authorities_will_do(self) -> None:
        other = tsa.chain(title="Other TSA").trusted(name="Other")
        for authorities in ((other, TRUSTED), (TRUSTED, other)):
            verdict = judged([token_anchor(NOTE)], trusting(*authorities))
            assert verdict.anchors[0].facts["authority"] == "Test TSA"

    def test_an_authority_that_had_expired_when_it_stamped_is_told_apart(self) -> None:
        end = BLOCK_TIME + 20 * tsa.YEAR
        assert judged([token_anchor(NOTE, at=end)], trusting(TRUSTED)).status is Status.PASSED
        verdict = judged([token_anchor(NOTE, at=end + 1)], trusting(TRUSTED))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.AUTHORITY_EXPIRED)

    def test_a_revoked_authority_is_told_apart_also_where_another_entry_of_it_has_no_list(self) -> None:
        chain = authority()
        issuer = chain.between[0]
        listed = tsa.crl(issuer, [(chain.leaf, STAMPED_AT - 1, x509.ReasonFlags.key_compromise)])
        revoked = chain.trusted(crls=(listed,))
        for authorities in ((revoked,), (TRUSTED, revoked), (revoked, TRUSTED)):
            verdict = judged([token_anchor(NOTE, at=STAMPED_AT)], trusting(*authorities))
            assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.AUTHORITY_REVOKED)

    def test_a_policy_that_is_not_accepted_is_told_apart(self) -> None:
        asked = replace(TRUSTED, policies=(tsa.OTHER_POLICY,))
        assert judged([token_anchor(NOTE)], trusting(asked)).reason is Reason.POLICY_UNTRUSTED
        asked = replace(TRUSTED, policies=(tsa.OTHER_POLICY, tsa.POLICY))
        assert judged([token_anchor(NOTE)], trusting(asked)).status is Status.PASSED

    def test_a_token_of_another_head_fails(self) -> None:
        other = seal([b"another"]).note
        verdict = judged([token_anchor(other)], trusting(TRUSTED))
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.STAMP_IMPRINT_DIFFERS)

    def test_a_token_over_the_body_alone_fails_for_the_whole_note_is_stamped(self) -> None:
        body = TimestampAnchor(tsa.token(authority(), NOTE.checkpoint.body().encode()))
        assert judged([body], trusting(TRUSTED)).reason is Reason.STAMP_IMPRINT_DIFFERS

    @pytest.mark.parametrize("trust", [Trust(), trusting(TRUSTED)])
    def test_an_altered_or_truncated_token_fails_whatever_is_trusted(self, trust: Trust) -> None:
        good = token_anchor(NOTE).token
        altered = bytes([*good[:-1], good[-1] ^ 1])
        assert judged([TimestampAnchor(altered)], trust).reason is Reason.STAMP_SIGNATURE_INVALID
        verdict = judged([TimestampAnchor(good[:-1])], trust)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.STAMP_INVALID)

    def test_a_token_without_certificates_needs_one_from_the_verifier(self) -> None:
        bare = TimestampAnchor(tsa.signed_data(authority(), _info(), certificates=()))
        verdict = judged([bare], trusting(TRUSTED))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.STAMP_CERTIFICATE_MISSING)
        given = replace(TRUSTED, certificates=authority().certificates)
        assert judged([bare], trusting(given)).status is Status.PASSED

    def test_a_broken_hash_proves_nothing_and_spoils_nothing(self) -> None:
        digest = hashlib.sha1(data_of(NOTE)).digest()
        weak = TimestampAnchor(tsa.signed_data(authority(), tsa.tst_info(digest, "sha1")))
        verdict = judged([weak], trusting(TRUSTED))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.STAMP_ALGORITHM_WEAK)
        both = judged([weak, token_anchor(NOTE)], trusting(TRUSTED))
        assert both.status is Status.PASSED and len(both.interval.sources) == 1

    def test_a_certificate_that_is_not_for_time_stamps_fails(self) -> None:
        web = tsa.chain(title="Web", leaf=replace(tsa.LEAF, eku=(ExtendedKeyUsageOID.SERVER_AUTH,)))
        verdict = judged([token_anchor(NOTE, chain=web, at=tsa.AT)], trusting(web.trusted()))
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.STAMP_KEY_USAGE)

    def test_a_qualified_authority_is_named_as_such_by_the_verifiers_word_alone(self) -> None:
        qualified = replace(TRUSTED, qualified=True)
        verdict = judged([token_anchor(NOTE)], trusting(qualified))
        assert verdict.anchors[0].qualified and verdict.to_json()["anchors"][0]["qualified"]  # type: ignore[index,call-overload]  # JSON
        assert any("qualified" in line and "Test TSA" in line for line in verdict.explain())
        assert not judged([token_anchor(NOTE)], trusting(TRUSTED)).anchors[0].qualified


def _info() -> bytes:
    return tsa.tst_info(hashlib.sha256(data_of(NOTE)).digest())


class TestOts:
    def test_a_calendars_promise_is_never_proven(self) -> None:
        verdict = judged([pending_anchor(NOTE)], trusting(headers=(ots_anchor(NOTE)[1],)))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.OTS_PENDING)
        assert found(verdict, 7) == found(verdict, 8) == (Status.INDETERMINATE, Reason.OTS_PENDING)
        (result,) = verdict.anchors
        assert (result.timestamp, result.facts["calendars"]) == (None, [CALENDAR])
        assert not verdict.interval.sources

    def test_a_promise_beside_a_good_anchor_is_noted_and_counts_for_nothing(self) -> None:
        verdict = judged([pending_anchor(NOTE), token_anchor(NOTE, at=STAMPED_AT)], trusting(TRUSTED))
        assert (verdict.status, verdict.interval.not_after) == (Status.PASSED, STAMPED_AT)
        assert Reason.ANCHOR_PENDING in {note.reason for note in verdict.notes}

    def test_a_complete_proof_needs_the_header_from_the_verifier(self) -> None:
        anchor, header = ots_anchor(NOTE)
        verdict = judged([anchor])
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.BITCOIN_HEADER_UNKNOWN)
        assert found(verdict, 7) == (Status.PASSED, None)
        assert verdict.anchors[0].facts["height"] == HEIGHT
        verdict = judged([anchor], trusting(headers=(header,)))
        assert (verdict.interval.not_after, verdict.interval.uncertainty_seconds) == (BLOCK_TIME, 7200)
        assert "Bitcoin block 812345" in verdict.check(9).detail

    def test_a_development_chain_of_bitcoin_says_so(self) -> None:
        anchor, header = ots_anchor(NOTE)
        verdict = judged([anchor], trusting(headers=(header,)))
        assert (verdict.status, verdict.reason) == (Status.PASSED, Reason.DEV_CHAIN)

    def test_a_header_without_the_main_chains_work_is_none(self) -> None:
        anchor, header = ots_anchor(NOTE)
        verdict = judged([anchor], trusting(headers=(replace(header, regtest=False),)))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.BITCOIN_HEADER_INVALID)

    def test_another_block_at_that_height_fails(self) -> None:
        anchor, _ = ots_anchor(NOTE)
        other = TrustedHeader(HEIGHT, mined(b"\x44" * 32), regtest=True)
        verdict = judged([anchor], trusting(headers=(other,)))
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.BITCOIN_ROOT_DIFFERS)

    def test_a_proof_of_another_head_or_none_at_all_fails(self) -> None:
        anchor, header = ots_anchor(seal([b"another"]).note)
        trust = trusting(headers=(header,))
        assert judged([anchor], trust).reason is Reason.OTS_DIGEST_DIFFERS
        verdict = judged([OtsAnchor(anchor.proof[:-1])], trust)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.OTS_INVALID)


class TestSeveral:
    def test_every_sources_own_bound_is_listed_the_best_first(self) -> None:
        block = anchored_block(SEALED)
        token = token_anchor(NOTE, at=BLOCK_TIME + 700)
        anchors: list[Anchor] = [make_anchor(block, 7, 1), token]
        verdict = judged(anchors, trusting(TRUSTED, more=trust_in(block)))
        bounds = [(one.kind, one.timestamp, one.uncertainty_seconds) for one in verdict.interval.sources]
        assert bounds == [("rfc3161", BLOCK_TIME + 700, 31), ("evm", BLOCK_TIME, 900)]
        assert any("before 2027-01-15 08:00:00 UTC, give or take 900 seconds" in line for line in verdict.explain())
        later = judged([anchors[0], token_anchor(NOTE, at=BLOCK_TIME + 870)], trusting(TRUSTED, more=trust_in(block)))
        assert [one.kind for one in later.interval.sources] == ["evm", "rfc3161"]  # 900 and 901 seconds after

    def test_different_times_of_one_head_are_no_contradiction(self) -> None:
        verdict = judged(
            [token_anchor(NOTE, at=STAMPED_AT), token_anchor(NOTE, at=STAMPED_AT + 5 * tsa.YEAR)], trusting(TRUSTED)
        )
        assert (verdict.status, verdict.interval.not_after) == (Status.PASSED, STAMPED_AT)

    def test_one_that_does_not_hold_fails_however_many_do(self) -> None:
        bad = TimestampAnchor(token_anchor(NOTE).token[:-1])
        verdict = judged([token_anchor(NOTE), bad], trusting(TRUSTED))
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.STAMP_INVALID)

    def test_a_dev_block_does_not_date_a_token_earlier(self) -> None:
        dev, header = ots_anchor(NOTE, time=1_000_000_000)
        verdict = judged([dev, token_anchor(NOTE, at=STAMPED_AT)], trusting(TRUSTED, headers=(header,)))
        assert (verdict.reason, verdict.interval.not_after) == (None, STAMPED_AT)

    def test_a_lower_bound_contradicts_only_beyond_the_uncertainty_of_both_sources(self) -> None:
        named = b"\x77" * 32
        sealed = seal(fields={"not_before_block": f"1:77:0x{named.hex()}"})
        token = token_anchor(sealed.note, at=STAMPED_AT)
        receipt_ = replace(sealed.receipts[1], anchors=(token,))
        for seconds, status in ((931, Status.PASSED), (932, Status.FAILED)):  # 900 of the chain, 31 of the token
            block = TrustedBlock(77, named, STAMPED_AT + seconds)
            trust = trusting(TRUSTED, more=Trust().with_block(1, block, GENESIS))
            verdict = verify(receipt_, DIGESTS, trust)
            assert verdict.check(9).status is status, seconds

    def test_the_verifiers_headers_are_gone_through_once_however_many_proofs_there_are(self) -> None:
        scans = []

        class Counted(tuple[TrustedHeader, ...]):
            def __iter__(self) -> Iterator[TrustedHeader]:
                scans.append(1)
                return super().__iter__()

        proof, header = ots_anchor(NOTE)
        verifier = Verifier(replace(trusting(), bitcoin=Counted([header])))
        for count in range(1, 9):
            receipt = replace(SEALED.receipts[1], anchors=(proof,) * count)
            assert verifier.verify(receipt, DIGESTS).check(8).status is Status.PASSED
        assert len(scans) == 1

    def test_pending_anchors_of_other_kinds_are_told_first(self) -> None:
        verdict = judged([PendingAnchor(1), pending_anchor(NOTE)])
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.ANCHOR_PENDING)

    def test_a_receipt_with_every_kind_says_each_in_its_json(self) -> None:
        whole = full()
        value = verify(whole.receipt, document_of(whole.document), whole.trust).to_json()
        assert [anchor["type"] for anchor in value["anchors"]] == ["evm", "rfc3161", "ots"]  # type: ignore[index,union-attr,call-overload]  # JSON
        assert [anchor["type"] for anchor in value["later_anchors"]] == ["rfc3161", "ots"]  # type: ignore[index,union-attr,call-overload]  # JSON

    def test_a_forged_block_is_caught_whatever_else_confirms(self) -> None:
        block = anchored_block(SEALED)
        real = make_block([make_receipt([])], number=block.number)
        trust = trusting(TRUSTED, more=trust_in(real))
        verdict = judged([make_anchor(block, 7, 1), token_anchor(NOTE)], trust)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)


class TestAuthorityFile:
    def test_a_trust_file_says_all_of_it(self) -> None:
        whole = full()
        trust = replace(whole.trust, authorities=(replace(TRUSTED, policies=(tsa.POLICY,), qualified=True),))
        again = Trust.from_bytes(trust.to_bytes())
        assert isinstance(again.authorities[0], TrustedAuthority) and again.authorities == trust.authorities
        assert again.bitcoin == trust.bitcoin
        assert verify(whole.receipt, document_of(whole.document), again).status is Status.PASSED

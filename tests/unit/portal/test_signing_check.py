"""The check of signing records: each of its six checks, passed, failed and undecided."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from typing import Any

import pytest
from support.certificates import BEGIN, END, Certified, certify
from support.papers import plan_paper
from support.signing import record

from notary.custody.signatures import (
    Ed25519Signature,
    Eip712Signature,
    Erc1271Signature,
    Signature,
    UnknownSignature,
    X509Signature,
)
from notary.verdicts.trust import Trust, TrustedSigner
from notary.verdicts.verdict import Interval, Reason, Status, Verdict
from portal.papers import Paper
from portal.signing.check import Beside, check_record
from portal.signing.record import Agreement, Evidence, Kind, Level, Record, Role, SignedRecord
from portal.signing.verdict import RecordReason, RecordVerdict
from portal.signing.words import WORDS
from settlement.terms import Terms, plan_id

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
DOCUMENT = hashlib.sha256(b"passport").digest()
SEALED_AT = (BEGIN + END) // 2


class Key:
    """An account's key, as eth-keys has it."""

    def __init__(self, seed: int) -> None:
        from eth_keys.datatypes import PrivateKey

        self.private = PrivateKey(seed.to_bytes(32, "big"))
        self.address = self.private.public_key.to_canonical_address()
        self.text = self.private.public_key.to_checksum_address()

    def sign(self, digest: bytes) -> bytes:
        made = self.private.sign_msg_hash(digest)
        return bytes(made.r.to_bytes(32, "big") + made.s.to_bytes(32, "big") + bytes([27 + made.v]))

    def over(self, one: Record) -> Eip712Signature:
        return Eip712Signature(self.address, self.private.public_key.to_bytes(), self.sign(one.eip712_digest()))


DEBTOR, OTHER = Key(7), Key(8)


def paper(signer: Key | None = DEBTOR) -> Paper:
    """A plan of the debtor's key; signed by a key, or not."""
    made = plan_paper()
    assert isinstance(made.terms, Terms)
    made = replace(made, terms=replace(made.terms, debtor=DEBTOR.text))
    assert isinstance(made.terms, Terms)
    if signer is None:
        return made
    return made.with_signature("debtor", signer.sign(plan_id(made.terms, made.domain)))


def of_paper(one: Paper, **changes: Any) -> Record:
    """The debtor's record of a plan."""
    assert one.agreement is not None
    values: dict[str, Any] = {
        "plan_id": bytes.fromhex(one.id[2:]),
        "chain_id": one.chain_id,
        "book": bytes.fromhex(one.book[2:]),
        "address": DEBTOR.address,
        "commitment": one.terms.agreement,
        "agreement": Agreement(bytes.fromhex(one.agreement.text), one.agreement.salt),
        "evidence": (Evidence(Kind.ID_DOCUMENT, DOCUMENT, 8),),
    }
    return record(**{**values, **changes})


def sealed(status: Status = PASSED, reason: Reason | None = None, at: int | None = SEALED_AT) -> Verdict:
    return Verdict(status, reason, (), Interval(None, at, 60), {})


def certified(one: Record, person: Certified) -> X509Signature:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    made = person.key.sign(one.message(), ec.ECDSA(hashes.SHA256()))
    return X509Signature((person.der,), made, "ecdsa-sha256")


ROOT = certify("Root", ca=True)
PERSON = certify("Aurora Ltda.", ROOT)
TRUST = Trust(signers=(TrustedSigner("root", ROOT.der),))


def check(
    one: Record,
    *signatures: Signature,
    beside: Beside | None = None,
    receipt: Verdict | None = None,
    trust: Trust | None = None,
    ask_wallet: Any = None,
) -> RecordVerdict:
    signed = SignedRecord(one, signatures)
    digest = hashlib.sha256(signed.to_bytes()).digest()
    return check_record(signed, digest, receipt=receipt, beside=beside, trust=trust, ask_wallet=ask_wallet)


def said(verdict: RecordVerdict, number: int) -> tuple[Status, RecordReason | None]:
    found = verdict.checks[number - 1]
    assert found.number == number
    return found.status, found.reason


class TestWhole:
    def test_passes_when_person_and_address_signed_and_all_lies_beside(self) -> None:
        plan = paper()
        one = of_paper(plan)
        verdict = check(
            one, certified(one, PERSON), beside=Beside(plan, {}, {"id.jpg": DOCUMENT}), receipt=sealed(), trust=TRUST
        )
        assert (verdict.status, verdict.reason, len(verdict.checks)) == (PASSED, None, 6)

    def test_failed_check_decides_before_an_open_one(self) -> None:
        plan = paper()
        verdict = check(of_paper(plan, address=OTHER.address), beside=Beside(plan))
        assert (verdict.status, verdict.reason) == (FAILED, RecordReason.PARTY_DIFFERS)

    def test_every_reason_role_and_kind_has_words_in_each_language(self) -> None:
        for language in WORDS.values():
            assert set(language.meanings) == set(RecordReason)
            assert set(language.roles) == set(Role)
            assert set(language.kinds) == set(Kind)
            assert len(language.titles) == 6
            assert all((*language.meanings.values(), *language.titles, language.not_proven))
        assert len({words.meanings[RecordReason.PLAN_ABSENT] for words in WORDS.values()}) == 3


class TestMutants:
    def test_a_record_with_any_member_changed_fails_under_its_old_signatures(self) -> None:
        plan = paper()
        one = of_paper(plan)
        signatures = (DEBTOR.over(one), certified(one, PERSON))
        changes: dict[str, Any] = {
            "plan_id": b"\x01" * 32,
            "chain_id": one.chain_id + 1,
            "book": b"\x01" * 20,
            "role": Role.CREDITOR,
            "name": one.name + "x",
            "address": OTHER.address,
            "commitment": b"\x01" * 32,
            "agreement": None,
            "languages": ("zh-Hans",),
            "evidence": (),
            "signature_level": Level.QUALIFIED,
            "shown_at": one.shown_at - 1,
            "signed_at": one.signed_at - 1,
            "made_at": one.made_at + 1,
            "program": "another",
            "salt": b"\x01" * 32,
        }
        assert set(changes) == {field.name for field in fields(Record)}
        for name, value in changes.items():
            verdict = check(replace(one, **{name: value}), *signatures, receipt=sealed(), trust=TRUST)
            assert said(verdict, 2) == (FAILED, RecordReason.ADDRESS_SIGNATURE_INVALID), name
            assert said(verdict, 3) == (FAILED, RecordReason.E_SIGNATURE_INVALID), name


class TestReceipt:
    @pytest.mark.parametrize(
        ("receipt", "expected"),
        [
            (None, (INDETERMINATE, RecordReason.RECEIPT_ABSENT)),
            (sealed(FAILED, Reason.DIGEST_DIFFERS), (FAILED, RecordReason.RECEIPT_FAILED)),
            (sealed(INDETERMINATE, Reason.TIME_UNKNOWN), (INDETERMINATE, RecordReason.RECEIPT_UNPROVEN)),
            (sealed(), (PASSED, None)),
        ],
    )
    def test_says_what_the_receipts_verdict_says(self, receipt: Verdict | None, expected: object) -> None:
        assert said(check(of_paper(paper()), receipt=receipt), 1) == expected

    def test_pass_says_by_when_it_was_sealed(self) -> None:
        of_dev = sealed(PASSED, Reason.DEV_CHAIN, 1_790_000_000)
        assert check(of_paper(paper()), receipt=of_dev).checks[0].detail == "<= 2026-09-21 14:13:20 UTC, dev-chain"


class TestAddress:
    def test_signature_over_the_record_or_over_the_terms_passes(self) -> None:
        plan = paper()
        one = of_paper(plan)
        assert said(check(one, DEBTOR.over(one)), 2) == (PASSED, None)
        assert said(check(one, beside=Beside(plan)), 2) == (PASSED, None)

    def test_silence_is_open_and_anothers_signature_counts_for_nothing(self) -> None:
        plan = paper(None)
        one = of_paper(plan)
        nothing = (INDETERMINATE, RecordReason.ADDRESS_UNSIGNED)
        assert said(check(one, beside=Beside(plan)), 2) == nothing
        assert said(check(one, OTHER.over(one), beside=Beside(plan)), 2) == nothing
        other_plan = replace(paper(), chain_id=5)
        assert said(check(one, beside=Beside(other_plan)), 2) == nothing

    def test_signature_over_another_record_fails(self) -> None:
        one = of_paper(paper())
        moved = DEBTOR.over(replace(one, name="Somebody Else"))
        assert said(check(one, moved), 2) == (FAILED, RecordReason.ADDRESS_SIGNATURE_INVALID)

    def test_wallet_is_asked_on_its_chain_and_a_no_is_no_verdict(self) -> None:
        one = of_paper(paper())
        wallet = Erc1271Signature(one.chain_id, one.address, b"\1\2")
        unasked = (INDETERMINATE, RecordReason.WALLET_UNASKED)
        asked: list[bytes] = []

        def yes(_wallet: Erc1271Signature, digest: bytes) -> bool:
            asked.append(digest)
            return True

        assert said(check(one, wallet), 2) == unasked
        assert said(check(one, wallet, ask_wallet=lambda *_: False), 2) == unasked
        assert said(check(one, wallet, ask_wallet=lambda *_: None), 2) == unasked
        assert said(check(one, wallet, ask_wallet=yes), 2) == (PASSED, None)
        elsewhere = replace(wallet, chain_id=one.chain_id + 1)
        assert said(check(one, elsewhere, ask_wallet=yes), 2)[1] is RecordReason.ADDRESS_UNSIGNED
        assert asked == [one.eip712_digest()]

    def test_terms_signed_by_no_key_of_the_address_are_a_wallets(self) -> None:
        plan = paper(OTHER)
        assert said(check(of_paper(plan), beside=Beside(plan)), 2) == (INDETERMINATE, RecordReason.WALLET_UNASKED)


class TestPerson:
    def test_certificate_needs_root_and_time(self) -> None:
        one = of_paper(paper())
        made = certified(one, PERSON)
        assert said(check(one, made, receipt=sealed(), trust=TRUST), 3) == (PASSED, None)
        assert said(check(one, made, receipt=sealed()), 3) == (INDETERMINATE, RecordReason.SIGNER_UNTRUSTED)
        assert said(check(one, made, trust=TRUST), 3) == (INDETERMINATE, RecordReason.SIGNER_UNDATED)
        late = sealed(at=END + 1)
        assert said(check(one, made, receipt=late, trust=TRUST), 3) == (INDETERMINATE, RecordReason.SIGNER_EXPIRED)
        undated = sealed(INDETERMINATE, Reason.TIME_UNKNOWN)
        assert said(check(one, made, receipt=undated, trust=TRUST), 3)[1] is RecordReason.SIGNER_UNDATED

    def test_certificate_over_another_record_fails_beside_a_good_one(self) -> None:
        one = of_paper(paper())
        other = certified(replace(one, address=OTHER.address), PERSON)
        verdict = check(one, certified(one, PERSON), other, receipt=sealed(), trust=TRUST)
        assert said(verdict, 3) == (FAILED, RecordReason.E_SIGNATURE_INVALID)

    def test_documents_alone_are_for_people_to_judge(self) -> None:
        assert said(check(of_paper(paper())), 3) == (INDETERMINATE, RecordReason.PERSON_STATED)

    def test_nothing_that_binds_fails_and_keys_of_nobody_do_not_bind(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        one = of_paper(paper(), evidence=())
        unbound = (FAILED, RecordReason.PERSON_UNBOUND)
        assert said(check(one), 3) == unbound
        assert said(check(one, UnknownSignature(b'{"type":"next"}')), 3) == unbound
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        assert said(check(one, Ed25519Signature(public, key.sign(one.message()))), 3) == unbound
        wrong = check(one, Ed25519Signature(public, key.sign(b"else")))
        assert said(wrong, 3) == (FAILED, RecordReason.E_SIGNATURE_INVALID)

    def test_outcome_over_the_agreement_counts_as_one_over_the_record(self) -> None:
        plan = paper()
        outcome = (PASSED, None, "CN=Aurora")
        verdict = check(of_paper(plan), beside=Beside(plan, agreed=[outcome]))
        assert (said(verdict, 3), verdict.checks[2].detail) == ((PASSED, None), "CN=Aurora")


class TestPlan:
    def test_other_plan_other_contract_or_other_address_fails(self) -> None:
        plan = paper()
        for changed, reason in (
            (of_paper(plan, plan_id=b"\x99" * 32), RecordReason.PLAN_DIFFERS),
            (of_paper(plan, chain_id=plan.chain_id + 1), RecordReason.PLAN_DIFFERS),
            (of_paper(plan, book=b"\x99" * 20), RecordReason.PLAN_DIFFERS),
            (of_paper(plan, address=OTHER.address), RecordReason.PARTY_DIFFERS),
            (of_paper(plan, role=Role.CREDITOR), RecordReason.PARTY_DIFFERS),
        ):
            assert said(check(changed, beside=Beside(plan)), 4) == (FAILED, reason)

    def test_no_plan_beside_is_open_and_a_guarantor_is_of_any_address(self) -> None:
        plan = paper()
        assert said(check(of_paper(plan)), 4) == (INDETERMINATE, RecordReason.PLAN_ABSENT)
        guarantor = of_paper(plan, role=Role.GUARANTOR, address=OTHER.address)
        verdict = check(guarantor, OTHER.over(guarantor), beside=Beside(plan))
        assert (said(verdict, 2), said(verdict, 4)) == ((PASSED, None), (PASSED, None))

    def test_dossier_that_names_another_record_fails(self) -> None:
        plan = paper()
        one = of_paper(plan)
        digest = hashlib.sha256(SignedRecord(one).to_bytes()).digest()
        assert said(check(one, beside=Beside(plan, {"debtor": digest})), 4) == (PASSED, None)
        assert said(check(one, beside=Beside(plan, {"creditor": b"\0" * 32})), 4) == (PASSED, None)
        other = check(one, beside=Beside(plan, {"debtor": b"\0" * 32}))
        assert said(other, 4) == (FAILED, RecordReason.RECORD_DIFFERS)


class TestAgreement:
    def test_digest_and_salt_lead_to_the_terms(self) -> None:
        plan = paper()
        one = of_paper(plan)
        assert one.agreement is not None
        assert said(check(one), 5) == (PASSED, None)
        differs = (FAILED, RecordReason.AGREEMENT_DIFFERS)
        for agreement in (replace(one.agreement, sha256=b"\0" * 32), replace(one.agreement, salt=b"\0" * 32)):
            assert said(check(replace(one, agreement=agreement)), 5) == differs
        assert said(check(replace(one, commitment=b"\0" * 32, agreement=None), beside=Beside(plan)), 5) == differs
        assert said(check(replace(one, agreement=None), beside=Beside(plan)), 5) == (
            INDETERMINATE,
            RecordReason.AGREEMENT_ABSENT,
        )


class TestDocuments:
    def test_those_named_pass_and_any_other_fails(self) -> None:
        one = of_paper(paper())
        assert one.agreement is not None
        known = {"id.jpg": DOCUMENT, "agreement.pdf": one.agreement.sha256}
        assert said(check(one, beside=Beside(documents=known)), 6) == (PASSED, None)
        other = Beside(documents={**known, "id-2.jpg": b"\0" * 32})
        verdict = check(one, beside=other)
        assert said(verdict, 6) == (FAILED, RecordReason.DOCUMENT_FOREIGN)
        assert verdict.checks[5].detail == "id-2.jpg"
        assert len(check(one).checks) == 5

"""Evidence records of a case, with real tokens: an authority run by openssl, and one whose clock the test holds."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from reference import evidence_record_reference as reference
from support import tsa
from support.notaryworld import World, world
from support.postgres import postgres, postgres_bin
from support.stamper import YEAR, Stamper

from notary.custody import erasure
from notary.errors import TokenInvalid
from notary.proofs import bundle
from notary.records import record_rows, renewal_due, renewals
from notary.records.algorithms import Policy, Use, default_policy
from notary.records.evidence_check import validate_bytes
from notary.records.record_export import export, validate_case
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import (
    CaseUnknown,
    DocumentsMissing,
    RecordBusy,
    RecordRefused,
    RecordUnknown,
    TimestampUnavailable,
)
from notary.store import evidence_files, evidence_records, evidence_stamps
from notary.timestamps.stamp_sources import Authority, TimestampSources
from notary.verdicts.reasons.records import RecordReason
from notary.verdicts.trust import TrustedAuthority
from notary.verdicts.verdict import Status

POLICY = default_policy()
FILES = {"contract.pdf": b"contract", "invoice.pdf": b"invoice", "chat/one.json": b"chat", "chat/two.json": b"chat"}


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        for name, data in FILES.items():
            made.put(name, data)
        seal(made.ctx, "acme", [made.files])
        yield made


class Stamping:
    """Stamps by an authority of the test; each token is a thousand seconds younger than the one before."""

    def __init__(self, w: World) -> None:
        self.w, self.stamper, self.asked = w, Stamper(), 0
        self.trusted = (TrustedAuthority("Stamper", self.stamper.root_der),)

    def __call__(self, data: bytes, hash_name: str) -> bytes:
        self.asked += 1
        self.w.clock.now += 1000
        return self.stamper.stamp_data(data, hash_name, self.w.clock.now)


@pytest.fixture
def stamp(w: World) -> Stamping:
    return Stamping(w)


def rows(w: World) -> dict[str, int]:
    with w.ctx.engine.connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (evidence_records, evidence_stamps, evidence_files)
        }


def statuses(w: World, stamp: Stamping) -> list[Status]:
    return [one.verdict.status for one in validate_case(w.ctx, "acme", stamp.trusted, POLICY)]


def exported(w: World, folder: Path) -> dict[str, bytes]:
    export(w.ctx, "acme", folder, per_document=True)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestWithOpenssl:
    """The whole way, as configured: over HTTP, tokens by `openssl ts -reply`, judged by `openssl ts -verify`."""

    def test_records_are_made_renewed_and_written_out(self, w: World, tmp_path: Path) -> None:
        w.clock.now = int(time.time())
        now = w.clock.now
        chain = tsa.chain(
            leaf=tsa.Shape(begins=now - YEAR, ends=now + YEAR, eku=tsa.STAMPING),
            root=tsa.Shape(begins=now - YEAR, ends=now + 9 * YEAR, ca=True, usage=("key_cert_sign",)),
            between=(),
        )
        asked: list[tuple[bytes, str]] = []
        with tsa.openssl_tsa(chain, tmp_path / "tsa") as running:
            dead = Authority("dead", "http://127.0.0.1:9/", root=chain.root.der)
            alive = Authority("alive", running.url, root=chain.root.der)
            w.with_context(timestamps=TimestampSources(authorities=(dead, alive)))
            configured = renewals.configured(w.ctx)

            def stamp(data: bytes, hash_name: str) -> bytes:
                asked.append((data, hash_name))
                return configured(data, hash_name)

            renewals.create(w.ctx, "acme", stamp)
            renewals.renew_stamps(w.ctx, "acme", stamp)
            renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY)
        w.clock.now += 10
        trusted = (TrustedAuthority("alive", chain.root.der),)
        found = validate_case(w.ctx, "acme", trusted, POLICY)
        assert [one.verdict.status for one in found] == [Status.PASSED] * 5
        written = exported(w, tmp_path / "out")
        tokens = [written[f"record-1/token-{number}.tst"] for number in (1, 2, 3)]
        assert [name for _, name in asked] == ["sha256", "sha256", "sha512"]
        for token, (data, _) in zip(tokens, asked, strict=True):
            assert tsa.openssl_verifies(token, data, chain.root.der, tmp_path / "judge", at=None)
            assert not tsa.openssl_verifies(token, data + b"!", chain.root.der, tmp_path / "judge", at=None)
        assert asked[1][0] == tokens[0]  # what a time-stamp renewal stamps is the token before
        for name, data in FILES.items():
            record = written[f"record-1/{name}.er"]
            times = reference.check(record, reference.of(data))
            assert len(times) == 3
            document = {one: hashlib.new(one, data).digest() for one in ("sha256", "sha512")}
            assert validate_bytes(record, [document.get], trusted, POLICY, w.clock.now).status is Status.PASSED

    def test_nobody_configured_is_an_error_before_anything(self, w: World) -> None:
        with pytest.raises(TimestampUnavailable):
            renewals.configured(w.ctx)
        assert rows(w) == {"evidence_records": 0, "evidence_stamps": 0, "evidence_files": 0}


class TestCreate:
    def test_a_record_is_about_each_document_and_the_receipts(self, w: World, stamp: Stamping, tmp_path: Path) -> None:
        assert renewals.uncovered(w.ctx, "acme") == 4
        made = renewals.create(w.ctx, "acme", stamp)
        assert (made.number, made.objects, made.hash_name) == (1, 5, "sha256")
        assert renewals.uncovered(w.ctx, "acme") == 0
        assert rows(w) == {"evidence_records": 1, "evidence_stamps": 1, "evidence_files": 1}
        written = exported(w, tmp_path)
        assert {name for name in written if name.endswith(".er")} == {
            *(f"record-1/{name}.er" for name in FILES),
            "record-1/acme.receipts.json.er",
        }
        receipts = bundle.loads(written["record-1/acme.receipts.json"])
        assert len(receipts) == 4
        assert statuses(w, stamp) == [Status.PASSED] * 5

    def test_each_document_is_proven_without_the_others(self, w: World, stamp: Stamping, tmp_path: Path) -> None:
        renewals.create(w.ctx, "acme", stamp)
        written = exported(w, tmp_path)
        for name in FILES:
            record = written[f"record-1/{name}.er"]
            for other, data in FILES.items():
                digest = hashlib.sha256(data).digest()
                assert (digest in record) == (FILES[other] == FILES[name])
                verdict = validate_bytes(record, [{"sha256": digest}.get], stamp.trusted, POLICY, w.clock.now)
                assert (verdict.status is Status.PASSED) == (FILES[other] == FILES[name])

    def test_what_is_sealed_later_gets_a_record_of_its_own(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        w.put("late.pdf", b"late")
        seal(w.ctx, "acme", [w.files])
        assert renewals.uncovered(w.ctx, "acme") == 1
        assert renewals.create(w.ctx, "acme", stamp).number == 2
        assert [record.number for record in record_rows.records_of(w.ctx, "acme")] == [1, 2]
        assert [one.number for one in renewals.renew_stamps(w.ctx, "acme", stamp)] == [1, 2]
        assert statuses(w, stamp) == [Status.PASSED] * (5 + 6)

    def test_many_receipts_are_several_bundles(
        self, w: World, stamp: Stamping, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("notary.proofs.receipts.BUNDLE_RECEIPTS", 3)
        assert renewals.create(w.ctx, "acme", stamp).objects == 6
        written = exported(w, tmp_path)
        assert len(bundle.loads(written["record-1/acme.receipts.json"])) == 3
        assert len(bundle.loads(written["record-1/acme-2.receipts.json"])) == 1
        assert statuses(w, stamp) == [Status.PASSED] * 6

    def test_an_empty_case_is_refused(self, w: World, stamp: Stamping) -> None:
        cases.create_case(w.ctx, "empty")
        with pytest.raises(RecordRefused):
            renewals.create(w.ctx, "empty", stamp)
        with pytest.raises(CaseUnknown):
            renewals.create(w.ctx, "nobody", stamp)
        assert stamp.asked == 0

    def test_nothing_that_is_kept_tells_of_the_documents(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY)
        w.ctx.engine.dispose()
        kept = b"".join(path.read_bytes() for path in (w.folder / "workspace").rglob("*") if path.is_file())
        for name, data in FILES.items():
            for hash_name in ("sha256", "sha512"):
                digest = hashlib.new(hash_name, data)
                assert digest.digest() not in kept
                assert digest.hexdigest().encode() not in kept
            assert name.encode() not in kept


class TestRenewals:
    def test_nothing_to_renew_is_said(self, w: World, stamp: Stamping) -> None:
        with pytest.raises(RecordUnknown):
            renewals.renew_stamps(w.ctx, "acme", stamp)
        with pytest.raises(RecordUnknown):
            renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY)
        with pytest.raises(RecordUnknown):
            export(w.ctx, "acme", w.folder / "out")
        with pytest.raises(RecordUnknown):
            validate_case(w.ctx, "acme", (), POLICY)

    def test_a_record_grows_no_longer_than_it_is_read(
        self, w: World, stamp: Stamping, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notary.records.renewals.MAX_STAMPS", 2)
        renewals.create(w.ctx, "acme", stamp)
        renewals.renew_stamps(w.ctx, "acme", stamp)
        with pytest.raises(RecordRefused, match="2 time-stamps"):
            renewals.renew_stamps(w.ctx, "acme", stamp)

    def test_records_live_through_authorities_and_hashes_that_end(self, w: World) -> None:
        """Thirty years: five authorities of eight years each, two changes of the hash."""
        first = w.clock.now
        trusted: list[TrustedAuthority] = []
        for number in range(5):
            begins = first + number * 6 * YEAR - 1000
            stamper = Stamper(f"Authority {number}", begins=begins, ends=begins + 8 * YEAR)
            trusted.append(TrustedAuthority(stamper.title, stamper.root_der))
            w.clock.now = begins + 1000

            def stamp(data: bytes, hash_name: str, stamper: Stamper = stamper) -> bytes:
                return stamper.stamp_data(data, hash_name, w.clock.now)

            if number == 0:
                renewals.create(w.ctx, "acme", stamp)
            elif number in (2, 4):
                renewals.renew_trees(w.ctx, "acme", {2: "sha512", 4: "sha3_512"}[number], [w.files], stamp, POLICY)
            else:
                renewals.renew_stamps(w.ctx, "acme", stamp)
        w.clock.now += 5 * YEAR
        patient = Policy(tuple(replace(row, until=None) for row in POLICY.rows))
        found = validate_case(w.ctx, "acme", trusted, patient)
        assert [(one.verdict.status, one.verdict.not_after) for one in found] == [(Status.PASSED, first)] * 5
        by_ours = validate_case(w.ctx, "acme", trusted, POLICY)
        assert {one.verdict.reason for one in by_ours} == {RecordReason.ALGORITHM_WEAK}  # ECDSA ends in 2035

    def test_a_document_that_is_not_there_stops_the_renewal(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        before = rows(w)
        (w.files / "invoice.pdf").write_bytes(b"invoice, changed")
        with pytest.raises(DocumentsMissing) as caught:
            renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY)
        assert caught.value.names == ("invoice.pdf",)
        assert rows(w) == before

    def test_a_document_may_be_left_out_and_its_record_ends(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        (w.files / "invoice.pdf").unlink()
        (done,) = renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY, leave_out=True)
        assert (done.objects, done.left_out) == (4, ("invoice.pdf",))
        assert statuses(w, stamp) == [Status.PASSED] * 5
        (record,) = record_rows.records_of(w.ctx, "acme")
        places = {one.name: place for place, one in enumerate(record.objects) if one is not None}
        assert len(record.chains.record(places["invoice.pdf"]).chains) == 1
        assert len(record.chains.record(places["contract.pdf"]).chains) == 2
        (w.files / "invoice.pdf").write_bytes(b"invoice")
        (again,) = renewals.renew_trees(w.ctx, "acme", "sha3_512", [w.files], stamp, POLICY)
        assert again.objects == 4  # what was left out does not come back

    def test_a_document_that_was_left_out_needs_a_record_again(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        (w.files / "invoice.pdf").unlink()
        renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY, leave_out=True)
        assert renewals.uncovered(w.ctx, "acme") == 1
        assert [one.uncovered for one in renewal_due.due(w.ctx, POLICY) if one.record is None] == [1]
        renewals.create(w.ctx, "acme", stamp)
        assert renewals.uncovered(w.ctx, "acme") == 0

    def test_a_record_of_which_nothing_is_left_is_refused_before_any_is_renewed(
        self, w: World, stamp: Stamping
    ) -> None:
        renewals.create(w.ctx, "acme", stamp)
        first = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "invoice.pdf")
        erasure.erase(w.ctx, "acme", [first.leaf_index])  # the bundle, too, so that only documents are left
        renewals.create(w.ctx, "acme", stamp)
        before = rows(w)
        with pytest.raises(DocumentsMissing):
            renewals.renew_trees(w.ctx, "acme", "sha512", [], stamp, POLICY, leave_out=True)
        assert rows(w) == before

    def test_a_renewal_within_the_second_counts_only_as_far_as_both_times_are_known(
        self, w: World, stamp: Stamping
    ) -> None:
        def of(micros: int) -> renewals.Stamp:
            def token(data: bytes, name: str) -> bytes:
                made = datetime.fromtimestamp(w.clock.now, UTC) + timedelta(microseconds=micros)
                return tsa.token(stamp.stamper.chain, data, hash_name=name, at=w.clock.now, gen_time=made)

            return token

        renewals.create(w.ctx, "acme", of(900_000))
        with pytest.raises(TokenInvalid):
            renewals.renew_stamps(w.ctx, "acme", of(800_000))
        renewals.renew_stamps(w.ctx, "acme", of(0))  # known to the second only
        assert statuses(w, stamp) == [Status.PASSED] * 5

    def test_documents_may_lie_anywhere_and_have_any_name(self, w: World, stamp: Stamping, tmp_path: Path) -> None:
        renewals.create(w.ctx, "acme", stamp)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        for number, data in enumerate(FILES.values()):
            (elsewhere / f"{number}.bin").write_bytes(data)
        (elsewhere / "unrelated").write_bytes(b"unrelated")
        (done,) = renewals.renew_trees(w.ctx, "acme", "sha512", [elsewhere], stamp, POLICY)
        assert done.left_out == ()

    @pytest.mark.parametrize("hash_name", ["sha256", "sha1", "md5", "sha384", "nonsense"])
    def test_a_hash_that_is_no_step_forward_is_refused(self, w: World, stamp: Stamping, hash_name: str) -> None:
        renewals.create(w.ctx, "acme", stamp)
        with pytest.raises(RecordRefused):
            renewals.renew_trees(w.ctx, "acme", hash_name, [w.files], stamp, POLICY)

    def test_a_hash_that_has_ended_is_refused(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        without = Policy(tuple(row for row in POLICY.rows if row.algorithm != "sha512"))
        with pytest.raises(RecordRefused, match="sha512"):
            renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, without)


class TestHostileStamps:
    @pytest.mark.parametrize("kind", ["garbage", "imprint", "hash", "older"])
    def test_a_token_that_does_not_fit_is_not_kept(self, w: World, stamp: Stamping, kind: str) -> None:
        renewals.create(w.ctx, "acme", stamp)
        before = rows(w)

        def bad(data: bytes, hash_name: str) -> bytes:
            if kind == "garbage":
                return b"\x30\x03garbage"
            if kind == "imprint":
                return stamp(data + b"!", hash_name)
            if kind == "hash":
                return stamp(data, "sha3_384")
            return stamp.stamper.stamp_data(data, hash_name, w.clock.now - 1)

        with pytest.raises(TokenInvalid):
            renewals.renew_stamps(w.ctx, "acme", bad)
        with pytest.raises(TokenInvalid):
            renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], bad, POLICY)
        assert rows(w) == before
        assert statuses(w, stamp) == [Status.PASSED] * 5

    def test_an_authority_that_fails_leaves_everything_as_it_was(self, w: World, stamp: Stamping) -> None:
        def down(data: bytes, hash_name: str) -> bytes:
            raise TimestampUnavailable("test", "it is down")

        with pytest.raises(TimestampUnavailable):
            renewals.create(w.ctx, "acme", down)
        assert rows(w) == {"evidence_records": 0, "evidence_stamps": 0, "evidence_files": 0}
        renewals.create(w.ctx, "acme", stamp)
        with pytest.raises(TimestampUnavailable):
            renewals.renew_stamps(w.ctx, "acme", down)
        assert statuses(w, stamp) == [Status.PASSED] * 5


class TestAtTheSameTime:
    def test_of_two_renewals_the_second_says_so(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)

        def slow(data: bytes, hash_name: str) -> bytes:
            renewals.renew_stamps(w.ctx, "acme", stamp)  # another process, meanwhile
            return stamp(data, hash_name)

        with pytest.raises(RecordBusy):
            renewals.renew_stamps(w.ctx, "acme", slow)
        with pytest.raises(RecordBusy):
            renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], slow, POLICY)
        assert rows(w)["evidence_stamps"] == 3
        assert statuses(w, stamp) == [Status.PASSED] * 5

    def test_of_two_that_make_a_record_the_second_says_so(self, w: World, stamp: Stamping) -> None:
        def slow(data: bytes, hash_name: str) -> bytes:
            renewals.create(w.ctx, "acme", stamp)
            return stamp(data, hash_name)

        with pytest.raises(RecordBusy):
            renewals.create(w.ctx, "acme", slow)
        assert rows(w)["evidence_records"] == 1
        assert renewals.create(w.ctx, "acme", stamp).number == 2  # one that was asked for on purpose

    def test_a_bundle_that_was_erased_since_the_record_was_read_says_so(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        (record,) = record_rows.records_of(w.ctx, "acme")
        assert record_rows.bundle_of(w.ctx, record, 4)
        erasure.erase(w.ctx, "acme", [next(cases.claims_of(w.ctx, "acme")).leaf_index])
        with pytest.raises(RecordBusy):
            record_rows.bundle_of(w.ctx, record, 4)

    def test_an_erasure_meanwhile_is_not_undone(self, w: World, stamp: Stamping) -> None:
        claim = next(cases.claims_of(w.ctx, "acme"))

        def slow(data: bytes, hash_name: str) -> bytes:
            erasure.erase(w.ctx, "acme", [claim.leaf_index])
            return stamp(data, hash_name)

        with pytest.raises(RecordBusy):
            renewals.create(w.ctx, "acme", slow)
        assert rows(w)["evidence_records"] == 0
        assert renewals.create(w.ctx, "acme", stamp).objects == 4


class TestErasure:
    def test_an_erased_claim_leaves_no_trace_and_the_others_are_still_proven(
        self, w: World, stamp: Stamping, tmp_path: Path
    ) -> None:
        renewals.create(w.ctx, "acme", stamp)
        renewals.renew_trees(w.ctx, "acme", "sha512", [w.files], stamp, POLICY)
        before = exported(w, tmp_path / "before")
        gone = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "invoice.pdf")
        erasure.erase(w.ctx, "acme", [gone.leaf_index])
        after = exported(w, tmp_path / "after")
        assert set(before) - set(after) == {
            "record-1/invoice.pdf.er",
            "record-1/acme.receipts.json",
            "record-1/acme.receipts.json.er",
        }
        assert all(before[name] == data for name, data in after.items())
        assert statuses(w, stamp) == [Status.PASSED] * 3
        assert renewals.renew_stamps(w.ctx, "acme", stamp)[0].objects == 3
        assert renewals.renew_trees(w.ctx, "acme", "sha3_512", [w.files], stamp, POLICY)[0].objects == 3
        assert statuses(w, stamp) == [Status.PASSED] * 3
        value = hashlib.sha256(b"invoice").digest()
        for record in record_rows.records_of(w.ctx, "acme"):
            assert repr(value) not in repr(record.chains.chains)

    def test_receipts_of_a_bundle_that_went_with_an_erased_one_are_carried_on_by_the_next_record(
        self, w: World, stamp: Stamping
    ) -> None:
        renewals.create(w.ctx, "acme", stamp)
        gone = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "invoice.pdf")
        erasure.erase(w.ctx, "acme", [gone.leaf_index])
        assert renewals.uncovered(w.ctx, "acme") == 3
        assert [one.uncovered for one in renewal_due.due(w.ctx, POLICY) if one.record is None] == [3]
        renewals.create(w.ctx, "acme", stamp)
        assert renewals.uncovered(w.ctx, "acme") == 0
        renewals.renew_stamps(w.ctx, "acme", stamp)
        assert renewals.uncovered(w.ctx, "acme") == 0
        assert [one.record for one in renewal_due.due(w.ctx, POLICY)] == [1, 2]

    def test_an_erased_case_has_nothing_to_renew(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        erasure.erase_case(w.ctx, "acme")
        assert renewal_due.due(w.ctx, POLICY) == []
        assert rows(w)["evidence_files"] == 0


class TestDue:
    def test_what_weakens_next_is_said_with_what_helps(self, w: World, stamp: Stamping) -> None:
        (receipts,) = renewal_due.due(w.ctx, POLICY)
        assert (receipts.record, receipts.uncovered, receipts.action) == (None, 4, "tallystick renew acme")
        assert receipts.until == POLICY.ending(Use("signature", "ed25519")).until
        renewals.create(w.ctx, "acme", stamp)
        (record,) = renewal_due.due(w.ctx, POLICY)
        assert (record.record, record.uncovered, record.action) == (1, 0, "tallystick renew acme")
        assert record.until == POLICY.ending(Use("signature", "ecdsa", 256)).until

    def test_a_certificate_that_ends_first_is_named(self, w: World) -> None:
        short = Stamper("Short", begins=w.clock.now - 10, ends=w.clock.now + 100)
        renewals.create(w.ctx, "acme", lambda data, name: short.stamp_data(data, name, w.clock.now))
        (due,) = renewal_due.due(w.ctx, POLICY)
        assert due.until == short.ends
        assert due.ending is not None and "CN=Short" in due.ending.what

    def test_a_root_that_ends_before_the_stamping_certificate_is_named_where_it_is_configured(self, w: World) -> None:
        begins, ends = w.clock.now - YEAR, w.clock.now + YEAR
        root = tsa.member(
            "Short root", None, replace(tsa.ISSUER, begins=begins, ends=ends), tsa.key_of("ecdsa", "short")
        )
        leaf = tsa.member("Leaf", root, replace(tsa.LEAF, begins=begins, ends=ends + YEAR), tsa.key_of("ecdsa", "leaf"))

        def token(data: bytes, name: str) -> bytes:
            return tsa.token(tsa.Chain(root, (), leaf, "ecdsa"), data, hash_name=name, at=w.clock.now)

        renewals.create(w.ctx, "acme", token)
        (unknown,) = renewal_due.due(w.ctx, POLICY)
        assert unknown.until == ends + YEAR
        w.with_context(timestamps=TimestampSources((Authority("Short", "http://127.0.0.1:9/", root=root.der),)))
        (due,) = renewal_due.due(w.ctx, POLICY)
        assert due.until == ends
        assert due.ending is not None and due.ending.what == "the certificate of CN=Short root"

    def test_a_hash_that_ends_first_asks_for_a_new_tree(self, w: World, stamp: Stamping) -> None:
        renewals.create(w.ctx, "acme", stamp)
        row = next(row for row in POLICY.rows if row.algorithm == "sha1")
        ended = Policy((*POLICY.rows, replace(row, algorithm="sha256")))
        (due,) = renewal_due.due(w.ctx, ended)
        assert due.action == "tallystick renew acme --tree sha512 --documents FOLDER"
        assert due.ending is not None and due.ending.ended(w.clock.now)


@pytest.mark.skipif(postgres_bin() is None, reason="PostgreSQL is not installed")
def test_records_are_made_renewed_and_erased_on_postgresql(tmp_path: Path) -> None:
    with postgres() as url, world(tmp_path, url=url) as w:
        for name, data in FILES.items():
            w.put(name, data)
        seal(w.ctx, "acme", [w.files])
        stamp = Stamping(w)
        renewals.create(w.ctx, "acme", stamp)
        renewals.renew_stamps(w.ctx, "acme", stamp)
        renewals.renew_trees(w.ctx, "acme", "sha3_512", [w.files], stamp, POLICY)
        assert statuses(w, stamp) == [Status.PASSED] * 5

        def slow(data: bytes, hash_name: str) -> bytes:
            renewals.renew_stamps(w.ctx, "acme", stamp)
            return stamp(data, hash_name)

        with pytest.raises(RecordBusy):
            renewals.renew_stamps(w.ctx, "acme", slow)
        erasure.erase(w.ctx, "acme", [next(cases.claims_of(w.ctx, "acme")).leaf_index])
        assert statuses(w, stamp) == [Status.PASSED] * 3

"""The same services on PostgreSQL: rows, locks and proofs come out as on SQLite."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.checker import check_world
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect, give_chain, trust_in
from support.notaryworld import World, world
from support.postgres import postgres, postgres_bin

from notary import store
from notary.evm import anchors
from notary.log import ledger, log_export, log_recovery, note_keys, succession
from notary.log.log_events import ask
from notary.log.log_source import open_tree
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import CaseExists, LogBusy
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import verify
from onchain import store as chain_store
from portal.database import open_engine, sqlite_url

pytestmark = pytest.mark.skipif(postgres_bin() is None, reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def w(tmp_path: Path, server: str) -> Iterator[World]:
    with world(tmp_path, url=server) as made:
        yield made
        with made.ctx.engine.begin() as connection:
            for metadata in (store.metadata, chain_store.metadata):
                metadata.drop_all(connection)


def assert_log_is_sound(w: World) -> None:
    with w.ctx.engine.connect() as connection:
        assert list(ledger.audit(connection, ledger.log_of(connection, w.ctx.note_key))) == []


def test_seal_again_and_supersede_on_postgresql(w: World) -> None:
    w.put_many(600)
    assert seal(w.ctx, "acme", [w.files], batch_claims=250).count("sealed") == 600
    w.put("f00007.txt", b"new")
    again = seal(w.ctx, "acme", [w.files])
    assert (again.count("unchanged"), again.count("superseded")) == (599, 1)
    case = cases.show_case(w.ctx, "acme")
    assert (case.title, case.count, case.current) == ("Acme v. Widget", 601, 600)
    assert_log_is_sound(w)
    with pytest.raises(CaseExists):
        cases.create_case(w.ctx, "acme")


def test_writers_at_once_leave_one_claim_for_each_file_on_postgresql(w: World) -> None:
    w.put_many(120)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: seal(w.ctx, "acme", [w.files], batch_claims=7), range(4)))
    assert sum(result.count("sealed") for result in results) == 120
    names = Counter(str(sealed.claim.get("name")) for sealed in cases.claims_of(w.ctx, "acme"))
    assert set(names.values()) == {1} and len(names) == 120
    assert_log_is_sound(w)


def test_waiting_too_long_for_a_lock_is_log_busy_on_postgresql(w: World, server: str) -> None:
    impatient = open_engine(f"{server}?options=-c%20lock_timeout%3D100")
    try:
        with w.ctx.engine.begin() as holder:
            ledger.lock(holder, w.ctx.note_key)
            with pytest.raises(LogBusy), ledger.write(impatient) as connection:
                ledger.lock(connection, w.ctx.note_key)
    finally:
        impatient.dispose()


def test_one_of_two_that_wait_for_each_other_is_told_that_the_log_is_busy_on_postgresql(w: World) -> None:
    cases.create_case(w.ctx, "other")
    both_hold_one = threading.Barrier(2, timeout=30)

    def lock_both(first: str, second: str) -> type[BaseException] | None:
        try:
            with ledger.write(w.ctx.engine) as connection:
                cases.lock_case(w.ctx, first, connection)
                both_hold_one.wait()
                cases.lock_case(w.ctx, second, connection)
        except Exception as exc:
            return type(exc)
        return None

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lock_both, ("acme", "other"), ("other", "acme")))
    assert Counter(ends) == {LogBusy: 1, None: 1}


def test_the_partial_unique_index_holds_on_postgresql(w: World) -> None:
    w.put("a.txt")
    seal(w.ctx, "acme", [w.files])
    doubled = sa.text(
        "INSERT INTO claims (case_id, log_id, leaf_index, heads_index, commitment, path_tag, content_tag, secret,"
        " created_at) SELECT case_id, log_id, 9, 10, 'x', path_tag, content_tag, secret, 0 FROM claims"
    )
    with pytest.raises(sa.exc.IntegrityError), w.ctx.engine.begin() as connection:
        connection.execute(doubled)


def test_receipts_leave_out_what_is_sealed_meanwhile_on_postgresql(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_PAGE", 2)
    w.put_many(3)
    seal(w.ctx, "acme", [w.files])
    reading = receipts.receipts_of(w.ctx, "acme")
    found = [next(reading)]
    w.put("f00002.txt", b"a newer version")
    seal(w.ctx, "acme", [w.files])
    found += reading
    assert [(sealed.leaf_index, sealed.superseded_by) for sealed, _ in found] == [(0, None), (1, None), (2, None)]


def test_connect_is_one_snapshot_and_begin_sees_what_was_committed_on_postgresql(w: World) -> None:
    count = sa.select(sa.func.count()).select_from(store.cases)
    engine = w.ctx.engine
    for _ in range(2):  # a connection that wrote goes back to reading snapshots
        with engine.connect() as reader, engine.begin() as writer:
            before = reader.execute(count).scalar_one()
            assert writer.execute(count).scalar_one() == before
            cases.create_case(w.ctx, f"case-{before}")
            assert reader.execute(count).scalar_one() == before
            assert writer.execute(count).scalar_one() == before + 1


def test_an_anchored_receipt_passes_on_postgresql(w: World) -> None:
    w.put("a.txt")
    seal(w.ctx, "acme", [w.files])
    with dev_chain() as dev:
        give_chain(w, dev)
        anchor_to_final(w.ctx, dev)
        verdict = verify(receipts.receipt_for(w.ctx, 1), None, trust_in(dev))
    assert [check.status for check in verdict.checks[2:9]] == [Status.PASSED] * 7
    assert verdict.reason is Reason.NO_DOCUMENT


def test_sealing_goes_on_after_a_recovery_from_a_second_copy_on_postgresql(w: World, tmp_path: Path) -> None:
    """Rows that come with their ids do not move PostgreSQL's own counters."""
    with dev_chain() as dev:
        give_chain(w, dev)
        w.put_many(3)
        seal(w.ctx, "acme", [w.files])
        anchor_to_final(w.ctx, dev)
        copy = open_engine(sqlite_url(tmp_path / "copy.sqlite"))
        with w.ctx.engine.begin() as connection, copy.begin() as second:
            store.metadata.create_all(second)
            for table in store.metadata.sorted_tables:
                rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                if rows:
                    second.execute(sa.insert(table), rows)
            log = ledger.log_of(connection, w.ctx.note_key)
            for table in reversed(store.metadata.sorted_tables):
                connection.execute(sa.delete(table))
            for name in ("claims", "evidence_records"):  # as in a database that was made anew
                connection.exec_driver_sql(f"ALTER SEQUENCE {name}_id_seq RESTART")
        evidence = connect(w, dev)
        assert log.chain_log_id is not None
        told = ask(evidence.chain, evidence.contract, log.chain_log_id)
        log_recovery.begin_again(w.ctx, told, evidence.address)
        done = log_recovery.recover(w.ctx, None, told, copy=copy, newest=True)
        copy.dispose()
        assert (done.rows["claims"], done.log.state) == (3, store.LOG_OPEN)
        w.put("new", b"new")
        assert seal(w.ctx, "acme", [w.files]).count("sealed") == 1
        assert_log_is_sound(w)


def test_a_backup_is_recovered_and_a_log_gives_way_to_its_heir_on_postgresql(w: World, tmp_path: Path) -> None:
    with dev_chain() as dev:
        give_chain(w, dev)
        w.put_many(300)
        seal(w.ctx, "acme", [w.files])
        anchor_to_final(w.ctx, dev)
        with w.ctx.engine.connect() as connection:
            log = ledger.log_of(connection, w.ctx.note_key)
        assert log.chain_log_id is not None
        log_export.export(w.ctx.engine, log, tmp_path / "out")
        evidence = connect(w, dev)
        told = ask(evidence.chain, evidence.contract, log.chain_log_id)
        with w.ctx.engine.begin() as connection:
            for table in reversed(store.metadata.sorted_tables):
                connection.execute(sa.delete(table))
        log_recovery.begin_again(w.ctx, told, evidence.address)
        assert log_recovery.recover(w.ctx, open_tree(str(tmp_path / "out")), told).entries == log.size
        assert anchors.adopt(w.ctx, evidence, told.history) == 1
        assert_log_is_sound(w)
        keys = w.folder / "workspace" / "log-key"
        done = succession.close(w.ctx, evidence, evidence.sender, log.origin, keys)
        assert done.heir is not None and (done.old.kept, done.heir.state) == (log.size, store.LOG_OPEN)
        w.with_context(note_key=note_keys.present_key(w.ctx.engine, keys))
        cases.create_case(w.ctx, "acme")
        seal(w.ctx, "acme", [w.files])
        assert_log_is_sound(w)
        check_world(w, dev)

"""portal.database, portal.migrations: locking, pragmas, and a schema that is what the stores describe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from portal import migrations
from portal.database import migrate, open_engine, records_engine, require_current, revision, shown, sqlite_url
from portal.errors import DatabaseMissing, DatabaseNewer, DatabaseOutdated, DatabaseUnreachable
from portal.migrations.tables import METADATA, NAMES, ours

COUNTERS = sa.Table("counters", sa.MetaData(), sa.Column("value", sa.Integer, primary_key=True))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "a.sqlite"))
    yield engine
    engine.dispose()


class TestOpenEngine:
    @pytest.mark.parametrize(
        ("pragma", "value"),
        [
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("secure_delete", 1),
            ("busy_timeout", 30_000),
        ],
    )
    def test_each_connection_has_the_pragmas(self, tmp_path: Path, pragma: str, value: object) -> None:
        for make in (open_engine, records_engine):
            engine = make(sqlite_url(tmp_path / "a.sqlite"))
            with engine.connect() as one, engine.connect() as other:
                assert [c.exec_driver_sql(f"PRAGMA {pragma}").scalar() for c in (one, other)] == [value, value]
            engine.dispose()

    def test_begin_reads_what_is_true_when_it_writes(self, engine: Engine) -> None:
        with engine.begin() as connection:
            COUNTERS.metadata.create_all(connection)
        together = threading.Barrier(8)

        def count() -> None:
            together.wait()
            for _ in range(5):
                with engine.begin() as connection:
                    highest = connection.execute(
                        sa.select(sa.func.coalesce(sa.func.max(COUNTERS.c.value), 0))
                    ).scalar_one()
                    connection.execute(COUNTERS.insert().values(value=highest + 1))

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count(), sa.func.max(COUNTERS.c.value))).one() == (40, 40)

    def test_connect_sees_one_snapshot_while_another_writes(self, engine: Engine) -> None:
        with engine.begin() as connection:
            COUNTERS.metadata.create_all(connection)
        count = sa.select(sa.func.count()).select_from(COUNTERS)
        with engine.connect() as reader:
            assert reader.execute(count).scalar() == 0
            with engine.begin() as writer:
                writer.execute(COUNTERS.insert().values(value=1))
            assert reader.execute(count).scalar() == 0
        with engine.connect() as reader:
            assert reader.execute(count).scalar() == 1

    def test_begin_takes_everything_back_when_the_block_fails(self, engine: Engine) -> None:
        with engine.begin() as connection:
            COUNTERS.metadata.create_all(connection)
        with pytest.raises(RuntimeError), engine.begin() as connection:
            connection.execute(COUNTERS.insert().values(value=1))
            raise RuntimeError
        with engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(COUNTERS)).scalar() == 0


class TestMigrate:
    def test_migrate_makes_exactly_the_tables_of_the_stores(self, engine: Engine) -> None:
        migrate(engine)
        with engine.connect() as connection:
            tables = set(sa.inspect(connection).get_table_names())
            assert tables == NAMES | {"alembic_version"}
            options = {"include_object": ours, "compare_type": True, "target_metadata": list(METADATA)}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, list(METADATA)) == []

    def test_migrate_makes_the_same_constraints_as_the_stores(self, engine: Engine, tmp_path: Path) -> None:
        migrate(engine)
        plain = open_engine(sqlite_url(tmp_path / "plain.sqlite"))
        with plain.begin() as connection:
            for metadata in METADATA:
                metadata.create_all(connection)
        for name in sorted(NAMES):
            for kind in ("get_check_constraints", "get_unique_constraints", "get_foreign_keys"):
                found, wanted = (sorted(map(str, getattr(sa.inspect(each), kind)(name))) for each in (engine, plain))
                assert found == wanted, f"{name}: {kind}"
            found, wanted = (sa.inspect(each).get_pk_constraint(name) for each in (engine, plain))
            assert found == wanted
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name != 'alembic_version'"
        indexes = []
        for each in (engine, plain):
            with each.connect() as connection:
                indexes.append(
                    {(row.name, " ".join((row.sql or "").split())) for row in connection.exec_driver_sql(query)}
                )
        assert indexes[0] == indexes[1]
        plain.dispose()

    def test_migrate_again_changes_nothing(self, engine: Engine) -> None:
        migrate(engine)
        migrate(engine)
        assert revision(engine) == migrations.HEAD
        require_current(engine)

    def test_known_revisions_are_the_files_in_their_order(self) -> None:
        folder = Path(migrations.__file__).parent / "versions"
        files = sorted(path.stem.removeprefix("v") for path in folder.glob("v*.py"))
        assert tuple(files) == migrations.KNOWN


class TestRequireCurrent:
    def test_a_database_without_tables_is_missing(self, engine: Engine) -> None:
        with pytest.raises(DatabaseMissing):
            require_current(engine)

    def test_a_database_of_the_future_is_refused_and_left_alone(self, engine: Engine) -> None:
        migrate(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        for call in (require_current, migrate):
            with pytest.raises(DatabaseNewer):
                call(engine)
        assert revision(engine) == "9999"

    def test_an_older_database_is_outdated(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        migrate(engine)
        monkeypatch.setattr("portal.database.HEAD", "0002")
        with pytest.raises(DatabaseOutdated, match=migrations.HEAD):
            require_current(engine)

    def test_a_file_that_is_no_database_is_unreachable(self, tmp_path: Path) -> None:
        (tmp_path / "a.sqlite").write_bytes(b"no database, but long enough to be read as one" * 100)
        engine = open_engine(sqlite_url(tmp_path / "a.sqlite"))
        with pytest.raises(DatabaseUnreachable):
            require_current(engine)
        engine.dispose()

    def test_a_server_that_is_not_there_is_unreachable_and_its_password_unsaid(self) -> None:
        engine = open_engine("postgresql://me:hunter22@127.0.0.1:1/none")
        with pytest.raises(DatabaseUnreachable) as caught:
            require_current(engine)
        assert "hunter22" not in str(caught.value)
        assert "hunter22" not in shown(engine.url)

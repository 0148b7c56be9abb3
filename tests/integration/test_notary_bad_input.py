"""Inputs that cannot be evidence: a clear error, and nothing changes."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.notaryworld import World, world

from notary import store
from notary.sealing import hashing
from notary.sealing.seal import seal
from notary.service_errors import InputsRefused, VaultLocked


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put("good.txt", b"good")
        yield made


def rows(w: World) -> dict[str, int]:
    with w.ctx.engine.connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in store.metadata.sorted_tables
        }


def refused(w: World, *paths: Path | str) -> list[tuple[str, str]]:
    """(code, name) of each refusal; asserts that the error teaches and that no row changed."""
    before = rows(w)
    with pytest.raises(InputsRefused) as caught:
        seal(w.ctx, "acme", paths or [w.files])
    assert caught.value.hint and caught.value.code == "notary.inputs-refused"
    assert str(len(caught.value.refusals)) in str(caught.value)
    assert rows(w) == before
    return [(refusal.code, Path(refusal.path).name) for refusal in caught.value.refusals]


class TestRefusedInputs:
    def test_seal_refuses_a_missing_path_although_others_are_good(self, w: World) -> None:
        assert refused(w, w.files, w.files / "gone") == [("missing", "gone")]

    def test_seal_refuses_an_empty_folder(self, w: World) -> None:
        (w.folder / "empty").mkdir()
        assert refused(w, w.files, w.folder / "empty") == [("empty-folder", "empty")]

    def test_seal_refuses_no_paths_at_all(self, w: World) -> None:
        with pytest.raises(InputsRefused):
            seal(w.ctx, "acme", [])

    def test_seal_refuses_a_socket(self, w: World) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(w.files / "s"))
            assert refused(w) == [("socket", "s")]

    def test_seal_refuses_a_pipe_and_does_not_wait_for_it(self, w: World) -> None:
        os.mkfifo(w.files / "p")
        assert refused(w) == [("fifo", "p")]

    def test_seal_refuses_links_in_circles_and_links_out_of_the_folder(self, w: World) -> None:
        (w.files / "loop").symlink_to("loop")
        (w.files / "out").symlink_to("/etc/hostname")
        assert refused(w) == [("symlink-loop", "loop"), ("symlink", "out")]

    def test_seal_lists_every_refusal_of_the_call_at_once(self, w: World) -> None:
        for i in range(7):
            (w.files / f"link{i}").symlink_to("good.txt")
        assert [name for _, name in refused(w)] == [f"link{i}" for i in range(7)]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
    def test_seal_refuses_a_file_that_may_not_be_read(self, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
        w.put("locked.txt").chmod(0o000)
        real = hashing.hash_files

        def as_nobody(*arguments: object, **options: object) -> object:
            for folder in (w.files, *w.files.parents):
                if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001 and folder != Path("/"):
                    opened.append((folder, folder.stat().st_mode))
                    folder.chmod(folder.stat().st_mode | 0o011)
            os.seteuid(65534)
            try:
                return real(*arguments, **options)  # type: ignore[arg-type]
            finally:
                os.seteuid(0)

        opened: list[tuple[Path, int]] = []
        monkeypatch.setattr("notary.sealing.seal.hash_files", as_nobody)
        try:
            assert refused(w) == [("unreadable", "locked.txt")]
        finally:
            for folder, mode in opened:
                folder.chmod(mode)

    def test_seal_refuses_a_file_that_reading_fails_on(self, w: World) -> None:
        assert refused(w, "/proc/self/mem") == [("unreadable", "mem")]

    def test_seal_refuses_a_file_that_grows_while_it_is_read(self, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
        path = w.put("growing.log", bytes(8 << 20))
        read = os.readv

        def read_while_it_grows(fd: int, buffers: list[memoryview]) -> int:
            with path.open("ab") as file:
                file.write(b"line\n")
            return read(fd, buffers)

        monkeypatch.setattr(os, "readv", read_while_it_grows)
        assert refused(w) == [("changed", "growing.log")]

    def test_seal_refuses_a_file_that_vanished_between_finding_and_reading(
        self, w: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = w.put("fleeting.txt")
        real = hashing.hash_files

        def after_removal(*arguments: object, **options: object) -> object:
            path.unlink()
            return real(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr("notary.sealing.seal.hash_files", after_removal)
        assert refused(w) == [("missing", "fleeting.txt")]

    def test_seal_refuses_a_file_that_became_a_link_between_finding_and_reading(
        self, w: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = w.put("swapped.txt")
        real = hashing.hash_files

        def after_swap(*arguments: object, **options: object) -> object:
            path.unlink()
            path.symlink_to("/etc/hostname")
            return real(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr("notary.sealing.seal.hash_files", after_swap)
        assert refused(w) == [("symlink", "swapped.txt")]

    def test_a_refusal_shows_names_without_control_characters(self, w: World) -> None:
        (w.files / "a\x1b[31mred\n").symlink_to("good.txt")
        with pytest.raises(InputsRefused) as caught:
            seal(w.ctx, "acme", [w.files])
        assert "\x1b" not in str(caught.value) and "\n" not in str(caught.value)
        assert "\\x1b[31mred\\n" in str(caught.value)


class TestAccepted:
    @pytest.mark.parametrize(
        "make",
        [
            lambda files: (files / "empty.bin").write_bytes(b""),
            lambda files: Path(os.fsdecode(os.fsencode(files) + b"/\xff\xfe")).write_bytes(b"x"),
            lambda files: (files / "line\nbreak").write_bytes(b"x"),
            lambda files: (files / ("n" * 255)).write_bytes(b"x"),
            lambda files: (files / "合同 №1 — копия.pdf").write_bytes(b"x"),
            lambda files: (files / ".hidden").write_bytes(b"x"),
        ],
    )
    def test_seal_accepts_empty_files_and_odd_names(self, w: World, make: Callable[[Path], object]) -> None:
        make(w.files)
        assert seal(w.ctx, "acme", [w.files]).count("sealed") == 2
        assert seal(w.ctx, "acme", [w.files]).count("unchanged") == 2


class TestLockedVault:
    def test_seal_refuses_when_the_case_key_may_be_read_by_others(self, w: World) -> None:
        before = rows(w)
        (w.folder / "workspace" / "case-keys" / "case-acme.key").chmod(0o644)
        with pytest.raises(VaultLocked, match="644"):
            seal(w.ctx, "acme", [w.files])
        assert rows(w) == before

    def test_seal_refuses_when_the_case_key_is_gone(self, w: World) -> None:
        before = rows(w)
        (w.folder / "workspace" / "case-keys" / "case-acme.key").unlink()
        with pytest.raises(VaultLocked):
            seal(w.ctx, "acme", [w.files])
        assert rows(w) == before

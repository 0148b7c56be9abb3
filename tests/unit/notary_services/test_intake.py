"""notary.sealing.intake: what is found, what is refused, under which names."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from notary.sealing import intake
from notary.sealing.intake import MAX_DEPTH, find_files


def names(*paths: Path, **options: object) -> list[str]:
    found = find_files(paths, **options)  # type: ignore[arg-type]
    assert found.refused == ()
    return [file.name for file in found.files]


def codes(*paths: Path | str) -> list[str]:
    return [refusal.code for refusal in find_files(paths).refused]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    (made / "b" / "c").mkdir(parents=True)
    (made / "a.txt").write_bytes(b"a")
    (made / "b" / "c" / "d.txt").write_bytes(b"dd")
    (made / "empty.txt").write_bytes(b"")
    return made


class TestFound:
    def test_find_files_names_files_below_the_folder_sorted_by_their_bytes(self, folder: Path) -> None:
        assert names(folder) == ["a.txt", "b/c/d.txt", "empty.txt"]

    def test_find_files_gives_absolute_paths_and_sizes(self, folder: Path) -> None:
        found = find_files([folder]).files
        assert [(file.path, file.size) for file in found] == [
            (str(folder / "a.txt"), 1),
            (str(folder / "b/c/d.txt"), 2),
            (str(folder / "empty.txt"), 0),
        ]

    def test_find_files_takes_a_file_by_its_own_name(self, folder: Path) -> None:
        assert names(folder / "b" / "c" / "d.txt") == ["d.txt"]

    def test_find_files_takes_once_what_is_named_twice(self, folder: Path) -> None:
        assert names(folder, folder, folder / "a.txt") == ["a.txt", "b/c/d.txt", "empty.txt"]

    def test_find_files_follows_a_link_that_is_named_itself(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(folder)
        assert names(tmp_path / "link") == ["a.txt", "b/c/d.txt", "empty.txt"]

    def test_find_files_accepts_relative_paths(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        assert names(Path("b")) == ["c/d.txt"]
        assert find_files(["b"]).files[0].path == str(folder / "b/c/d.txt")

    def test_find_files_keeps_names_that_are_not_utf_8(self, folder: Path) -> None:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_bytes(b"x")
        assert os.fsencode(names(folder)[-1]) == b"\xff.txt"

    def test_find_files_skips_and_reports_excluded_folders(self, folder: Path) -> None:
        found = find_files([folder], exclude=[folder / "b"])
        assert [file.name for file in found.files] == ["a.txt", "empty.txt"]
        assert found.skipped == (str(folder / "b"),)
        assert found.refused == ()

    def test_find_files_ignores_an_empty_folder_inside_a_folder_with_files(self, folder: Path) -> None:
        (folder / "nothing").mkdir()
        assert names(folder) == ["a.txt", "b/c/d.txt", "empty.txt"]


class TestRefused:
    def test_find_files_refuses_what_is_missing(self, tmp_path: Path) -> None:
        assert codes(tmp_path / "none") == ["missing"]
        assert codes("") == ["missing"]
        assert codes("a\0b") == ["missing"]

    def test_find_files_refuses_a_folder_without_any_file(self, tmp_path: Path) -> None:
        (tmp_path / "x" / "y").mkdir(parents=True)
        assert codes(tmp_path / "x") == ["empty-folder"]

    def test_find_files_refuses_sockets_pipes_and_devices(self, folder: Path) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(folder / "s"))
            os.mkfifo(folder / "p")
            assert codes(folder) == ["fifo", "socket"]
        assert codes("/dev/null") == ["device"]

    def test_find_files_refuses_a_link_inside_a_folder_and_names_where_it_is(
        self, folder: Path, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside"
        outside.write_bytes(b"x")
        (folder / "link").symlink_to(outside)
        found = find_files([folder])
        assert [(r.code, r.path) for r in found.refused] == [("symlink", str(folder / "link"))]
        assert "outside" not in [file.name for file in found.files]

    def test_find_files_refuses_a_link_to_a_folder_inside_a_folder(self, folder: Path) -> None:
        (folder / "up").symlink_to(folder)
        assert codes(folder) == ["symlink"]

    def test_find_files_refuses_links_that_lead_in_a_circle(self, folder: Path) -> None:
        (folder / "x").symlink_to("y")
        (folder / "y").symlink_to("x")
        assert codes(folder) == ["symlink-loop", "symlink-loop"]
        assert codes(folder / "x") == ["symlink-loop"]

    def test_find_files_refuses_a_link_that_leads_nowhere(self, folder: Path) -> None:
        (folder / "x").symlink_to("gone")
        assert codes(folder) == ["symlink"]
        assert codes(folder / "x") == ["missing"]

    def test_find_files_refuses_two_files_of_one_name(self, tmp_path: Path) -> None:
        for part in ("a", "b"):
            (tmp_path / part).mkdir()
            (tmp_path / part / "x.txt").write_bytes(part.encode())
        assert codes(tmp_path / "a", tmp_path / "b") == ["duplicate-name"]
        assert codes(tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt") == ["duplicate-name"]

    def test_find_files_refuses_a_name_that_is_too_long_once_its_odd_bytes_are_written_out(
        self, tmp_path: Path
    ) -> None:
        parts = [b"\xff" * 250] * 5
        folder = os.fsencode(tmp_path) + b"/top"
        Path(os.fsdecode(b"/".join([folder, *parts]))).mkdir(parents=True)
        # 3 * (5 * 250 + n) + 5 bytes: 4,085 for 110, 4,097 for 114
        for count, expected in ((110, []), (114, ["name-too-long"])):
            Path(os.fsdecode(b"/".join([folder, *parts, b"\xff" * count]))).write_bytes(b"x")
            assert codes(tmp_path / "top") == expected

    def test_find_files_refuses_folders_deeper_than_the_bound_and_accepts_the_last(self, tmp_path: Path) -> None:
        deep = tmp_path / "top"
        for _ in range(MAX_DEPTH):
            deep = deep / "d"
        deep.mkdir(parents=True)
        (deep / "f").write_bytes(b"")
        assert codes(tmp_path / "top") == []
        (deep / "d").mkdir()
        (deep / "d" / "f").write_bytes(b"")
        assert codes(tmp_path / "top") == ["too-deep"]

    def test_find_files_refuses_more_files_than_the_bound_and_accepts_as_many(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(intake, "MAX_FILES", 4)
        assert codes(folder) == []
        monkeypatch.setattr(intake, "MAX_FILES", 3)
        assert codes(folder) == []
        monkeypatch.setattr(intake, "MAX_FILES", 2)
        assert codes(folder) == ["too-many"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
    def test_find_files_refuses_a_folder_that_cannot_be_read(self, tmp_path: Path) -> None:
        locked = Path("/tmp") / f"tally-locked-{os.getpid()}"
        locked.mkdir(mode=0o000)
        try:
            os.seteuid(65534)
            try:
                assert codes(locked) == ["unreadable"]
            finally:
                os.seteuid(0)
        finally:
            locked.rmdir()

"""portal.workspace: the folder appears whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from portal.errors import WorkspaceExists, WorkspaceMissing, WorkspacePermission
from portal.workspace import FOLDERS, Workspace, building, locate, replace_file, safe_name, write_private


class TestBuilding:
    def test_building_makes_all_folders_private_when_the_block_ends(self, tmp_path: Path) -> None:
        with building(tmp_path / "a" / "w") as workspace:
            assert not (tmp_path / "a" / "w").exists()
            write_private(workspace.config_file, b"")
        made = tmp_path / "a" / "w"
        assert [name for name in FOLDERS if not (made / name).is_dir()] == []
        folders = [made, *(path for path in made.rglob("*") if path.is_dir())]
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
        assert made / "chains" in folders
        assert list((tmp_path / "a").iterdir()) == [made]

    def test_building_takes_an_empty_folder(self, tmp_path: Path) -> None:
        (tmp_path / "w").mkdir()
        with building(tmp_path / "w"):
            pass
        assert (tmp_path / "w" / "keys").is_dir()

    def test_building_leaves_nothing_when_the_block_fails(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError), building(tmp_path / "w"):
            raise RuntimeError
        assert list(tmp_path.iterdir()) == []

    def test_building_refuses_when_the_folder_holds_something(self, tmp_path: Path) -> None:
        (tmp_path / "w").mkdir()
        (tmp_path / "w" / "file").write_text("mine")
        with pytest.raises(WorkspaceExists, match="not empty"), building(tmp_path / "w"):
            pass
        (tmp_path / "w" / "tallystick.toml").write_text("")
        with pytest.raises(WorkspaceExists, match="already"), building(tmp_path / "w"):
            pass
        assert (tmp_path / "w" / "file").read_text() == "mine"

    def test_building_refuses_when_the_place_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "w").write_text("mine")
        with pytest.raises(WorkspaceExists), building(tmp_path / "w"):
            pass
        with pytest.raises(WorkspacePermission), building(tmp_path / "w" / "below"):
            pass


class TestOpen:
    def test_open_refuses_when_there_is_no_configuration(self, tmp_path: Path) -> None:
        with pytest.raises(WorkspaceMissing) as caught:
            Workspace.open(tmp_path)
        assert str(tmp_path) in str(caught.value)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_open_refuses_when_the_folder_may_not_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "tallystick.toml").write_text("")
        tmp_path.chmod(0o500)
        with pytest.raises(WorkspacePermission):
            Workspace.open(tmp_path)
        tmp_path.chmod(0o700)


class TestLocate:
    def test_locate_prefers_option_then_variable_then_here_then_default(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("TALLYSTICK_WORKSPACE", raising=False)
        assert locate(None) == Path("tallystick")
        (tmp_path / "tallystick.toml").write_text("")
        assert locate(None) == Path()
        monkeypatch.setenv("TALLYSTICK_WORKSPACE", "/elsewhere")
        assert locate(None) == Path("/elsewhere")
        assert locate("named") == Path("named")


class TestFiles:
    def test_write_private_never_overwrites(self, tmp_path: Path) -> None:
        write_private(tmp_path / "k", b"one")
        assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
        with pytest.raises(FileExistsError):
            write_private(tmp_path / "k", b"two")
        assert (tmp_path / "k").read_bytes() == b"one"

    def test_replace_file_keeps_the_mode(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_text("one")
        (tmp_path / "f").chmod(0o644)
        replace_file(tmp_path / "f", b"two")
        assert (tmp_path / "f").read_bytes() == b"two"
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o644
        assert [p.name for p in tmp_path.iterdir()] == ["f"]

    @pytest.mark.parametrize("name", ["a", "creditor-2", "a" * 40])
    def test_safe_name_accepts(self, name: str) -> None:
        assert safe_name(name)

    @pytest.mark.parametrize("name", ["", "-a", "2a", "A", "a/b", "..", "a.b", "a" * 41, "ü", "a\n"])
    def test_safe_name_refuses(self, name: str) -> None:
        assert not safe_name(name)

"""What is generated: settings from one file, a folder that is exactly what the sources give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from onchain.artifacts import Artifact, load
from onchain.compile import checkout_root, compile_all, compiler_settings, differences, write
from onchain.errors import CompileFailed


@pytest.fixture
def artifacts() -> dict[str, Artifact]:
    return {"EvidenceLog": load("EvidenceLog"), "testing/DemoToken": load("DemoToken")}


def test_settings_are_those_that_forge_uses() -> None:
    settings = compiler_settings(checkout_root())
    text = (checkout_root() / "foundry.toml").read_text(encoding="utf-8")
    assert f"optimizer_runs = {settings['optimizer']['runs']}" in text
    assert f'evm_version = "{settings["evmVersion"]}"' in text
    assert settings["metadata"] == {"bytecodeHash": "none", "appendCBOR": False}


def test_written_files_do_not_differ(artifacts: dict[str, Artifact], tmp_path: Path) -> None:
    write(artifacts, tmp_path)
    assert differences(artifacts, tmp_path) == []
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json")) == [
        "EvidenceLog.json",
        "testing/DemoToken.json",
    ]


def test_each_kind_of_difference_is_named(artifacts: dict[str, Artifact], tmp_path: Path) -> None:
    write(artifacts, tmp_path)
    (tmp_path / "Old.json").write_text("{}", encoding="utf-8")
    (tmp_path / "testing" / "DemoToken.json").unlink()
    changed = {**artifacts, "EvidenceLog": replace(artifacts["EvidenceLog"], compiler="other")}
    assert differences(changed, tmp_path) == [
        "EvidenceLog.json: differs from what the sources give",
        "Old.json: belongs to no contract",
        "testing/DemoToken.json: not there",
    ]


def test_write_removes_what_belongs_to_no_contract(artifacts: dict[str, Artifact], tmp_path: Path) -> None:
    (tmp_path / "Old.json").write_text("{}", encoding="utf-8")
    write(artifacts, tmp_path)
    assert differences(artifacts, tmp_path) == []


def test_a_folder_without_compiler_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CompileFailed, match="missing"):
        compile_all(tmp_path)


def test_settings_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "foundry.toml").write_text("[profile.default]\n", encoding="utf-8")
    with pytest.raises(CompileFailed, match="remappings"):
        compiler_settings(tmp_path)

"""Where a report's fonts are looked for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portal import fonts


def test_report_fonts_takes_those_that_setup_fetched() -> None:
    found = fonts.report_fonts(["en", "zh-Hans", "zh-Hant"])
    assert {"Noto Sans", "Noto Sans SC", "Noto Sans TC"} <= set(found.families)
    assert all(path.is_relative_to(fonts.CHECKOUT) for path in found.files if path.name.startswith("Noto"))


def test_report_fonts_prefers_the_folder_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(fonts.CHECKOUT / "NotoSans_400Regular.ttf", tmp_path)
    monkeypatch.setenv(fonts.FOLDER_VARIABLE, str(tmp_path))
    found = fonts.report_fonts(["en"])
    assert tmp_path / "NotoSans_400Regular.ttf" in found.files
    assert fonts.CHECKOUT / "NotoSans_400Regular.ttf" not in found.files

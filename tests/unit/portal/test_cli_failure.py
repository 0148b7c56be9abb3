"""portal.cli.failure, portal.cli.words, portal.cli.shell: how errors and times reach the reader."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from onchain.errors import NodeUnreachable
from portal.cli.failure import show
from portal.cli.shell import read_password
from portal.cli.words import at, moment, plural, short
from portal.errors import ArgumentInvalid, FileMissing, FileTooLarge, KeyMissing, PasswordMissing

CASES: list[tuple[BaseException, int, str]] = [
    (KeyMissing("creditor"), 4, "portal.key-missing"),
    (PasswordMissing("operator"), 6, "portal.password-missing"),
    (NodeUnreachable("http://u:hunter22@127.0.0.1:1/secret", "refused"), 5, "chain.node-unreachable"),
    (click.UsageError("no such option: --x"), 2, "cli.usage"),
    (KeyboardInterrupt(), 130, "cli.interrupted"),
    (PermissionError(13, "Permission denied", "/x"), 6, "cli.permission"),
    (FileNotFoundError(2, "No such file or directory", "/x"), 5, "cli.os"),
    (ValueError("what https://host/secret said"), 70, "cli.bug"),
]


class TestShow:
    @pytest.mark.parametrize(("error", "exit_code", "code"), CASES, ids=[case[2] for case in CASES])
    def test_show_as_json_is_one_document_on_standard_output(
        self, error: BaseException, exit_code: int, code: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert show(error, as_json=True) == exit_code
        found = json.loads(capsys.readouterr().out)["error"]
        assert found["code"] == code
        assert found["exit"] == exit_code
        assert found["message"]
        assert "hunter22" not in str(found)
        assert "secret" not in str(found)

    @pytest.mark.parametrize(("error", "exit_code", "code"), CASES, ids=[case[2] for case in CASES])
    def test_show_as_text_says_message_hint_and_code_on_standard_error(
        self, error: BaseException, exit_code: int, code: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert show(error, as_json=False) == exit_code
        said = capsys.readouterr()
        assert said.out == ""
        assert "error: " in said.err
        assert f"code: {code}" in said.err

    def test_show_lets_a_library_leave(self) -> None:
        with pytest.raises(SystemExit):
            show(SystemExit(3), as_json=True)


class TestMoment:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("", None),
            ("0", 0),
            ("1795458116", 1795458116),
            ("1970-01-01T00:00:01Z", 1),
            ("1970-01-01T08:00:00+08:00", 0),
            ("2026-11-23T18:00:00-03:30", 1795469400),
        ],
    )
    def test_moment_reads(self, text: str, seconds: int | None) -> None:
        assert moment("--at", text) == seconds

    @pytest.mark.parametrize("text", ["soon", "2026-11-23T18:00:00", "2026-11-23", "2026-13-01T00:00:00Z", "1" * 13])
    def test_moment_refuses_what_could_mean_several_moments_or_none(self, text: str) -> None:
        with pytest.raises(ArgumentInvalid):
            moment("--at", text)

    def test_at_writes_what_moment_reads(self) -> None:
        assert moment("--at", at(1795458116).replace(" UTC", "Z").replace(" ", "T")) == 1795458116


class TestWords:
    def test_plural_and_short(self) -> None:
        assert [plural(n, "entry", "entries") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
        assert plural(2, "file") == "2 files"
        assert short("0x0123456789ab") == "0x01234567…"
        assert short("0x012345678") == "0x012345678"


class TestReadPassword:
    def test_read_password_takes_the_first_line_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "p").write_bytes("  pass wörd \nsecond".encode())
        assert read_password(tmp_path / "p", "k") == "  pass wörd "

    def test_read_password_refuses_missing_empty_and_large_files(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissing):
            read_password(tmp_path / "none", "k")
        (tmp_path / "empty").write_text("\n")
        with pytest.raises(PasswordMissing):
            read_password(tmp_path / "empty", "k")
        (tmp_path / "large").write_text("x" * 4097)
        with pytest.raises(FileTooLarge):
            read_password(tmp_path / "large", "k")

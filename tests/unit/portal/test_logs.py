"""portal.logs: lines of JSON, and no secret in them."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path

import pytest

from portal import logs


@pytest.fixture
def folder(tmp_path: Path):
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.start(tmp_path)
    yield tmp_path
    root.handlers, root.level = before, level


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


class TestStart:
    def test_start_writes_one_object_a_line(self, folder: Path) -> None:
        logging.getLogger("portal.x").warning("two\nlines %d", 3)
        (line,) = lines(folder)
        assert line["message"] == "two\nlines 3"
        assert line["level"] == "warning"
        assert line["logger"] == "portal.x"

    def test_a_line_is_readable_by_its_owner_alone_whatever_the_umask(self, folder: Path) -> None:
        before = os.umask(0)
        try:
            logging.getLogger("portal.x").warning("private")
        finally:
            os.umask(before)
        assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]

    def test_start_twice_writes_each_line_once(self, folder: Path) -> None:
        logs.start(folder)
        logging.getLogger("portal.x").warning("once")
        assert len(lines(folder)) == 1

    def test_start_removes_files_older_than_thirty_days_and_no_others(self, folder: Path) -> None:
        for name in ("2020-01-01.jsonl", "2999-01-01.jsonl", "notes.txt"):
            (folder / name).write_text("")
        logs.start(folder)
        assert sorted(p.name for p in folder.iterdir()) == ["2999-01-01.jsonl", "notes.txt"]


class TestSecrets:
    def test_a_planted_password_is_in_no_byte_of_the_logs(self, folder: Path) -> None:
        secret = logs.conceal('correct "horse" bättery')
        log = logging.getLogger("portal.x")
        log.warning("the password is %s", secret)
        log.warning(json.dumps({"password": secret}))
        try:
            raise ValueError(f"could not use {secret}")
        except ValueError:
            log.exception("failed")
        written = b"".join(p.read_bytes() for p in folder.iterdir())
        assert written.count(b"[secret]") == 3
        assert b"horse" not in written

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://user:hunter22@node.example:8545/v3/key123?x=1", "https://node.example:8545/…"),
            ("mailto://li:hunter22@mail.example", "mailto://mail.example"),
            ("json://127.0.0.1:9/token", "json://127.0.0.1:9/…"),
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("https://node.example?key=1", "https://node.example/…"),
            ("https://a:b@c@host/x", "https://host/…"),
        ],
    )
    def test_an_url_shows_scheme_and_host_only(self, url: str, shown: str) -> None:
        assert logs.cleaned(f"cannot reach {url} now") == f"cannot reach {shown} now"

    def test_a_key_in_an_url_that_a_library_logs_is_cut(self, folder: Path) -> None:
        logging.getLogger("httpx").info('HTTP Request: POST https://node.example/v3/KEY0123456789 "HTTP/1.1 200 OK"')
        assert "KEY0123456789" not in json.dumps(lines(folder))

from __future__ import annotations

import pytest

from notary.verdicts.verdict import Check, Interval, Note, Reason, Status, Text, Verdict, printable, said, utc


class TestExplain:
    def test_a_file_name_cannot_rewrite_the_terminal(self) -> None:
        evil = said(Text.DOCUMENT_NOT_COMPUTED, names="evil\x1b[2K\r\u202ename")
        check = Check(2, Status.FAILED, evil, Reason.DIGEST_DIFFERS)
        notes = (Note(None, Text.CONTINUES, {"leaf": "\x07"}),)
        verdict = Verdict(Status.FAILED, Reason.DIGEST_DIFFERS, (check,), Interval(None, None, 0), {}, notes=notes)
        text = "\n".join(verdict.explain())
        assert all(char.isprintable() or char == "\n" for char in text)
        assert "evil\\x1b[2K\\r\\u202ename" in text


class TestPrintable:
    @pytest.mark.parametrize("text", ["plain", "Größe", "案件", "a b", "\U0001f600"])
    def test_readable_text_stays(self, text: str) -> None:
        assert printable(text) == text


class TestUtc:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "1970-01-01 00:00:00 UTC"),
            (1_800_000_000, "2027-01-15 08:00:00 UTC"),
            (2**64 - 1, "18446744073709551615 seconds after 1970"),
        ],
    )
    def test_times_of_any_size_are_written(self, seconds: int, text: str) -> None:
        assert utc(seconds) == text

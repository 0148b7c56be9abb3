"""Text from outside in reports: nothing hidden, nothing left out."""

from __future__ import annotations

import pytest

from notary.report.text import BREAK, MARKS, breakable, printed, shown


def everything(char: str, base: str) -> bool:
    return True


class TestShown:
    @pytest.mark.parametrize("name", ["contract.pdf", "合同 第1号.pdf", "محضر.pdf", "Grüße 1.txt", "全角\u3000空格"])
    def test_shown_leaves_what_can_be_seen(self, name: str) -> None:
        assert shown(name) == name

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a\u202egpj.exe", "a[U+202E]gpj.exe"),
            ("a\nb\x1b[31m", "a[U+000A]b[U+001B][31m"),
            ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
            ("no\u00a0break", "no[U+00A0]break"),
            ("zero\u200bwidth", "zero[U+200B]width"),
            ("variant\ufe0f", "variant[U+FE0F]"),
            ("filler\u3164", "filler[U+3164]"),
            ("private\ue000", "private[U+E000]"),
            ("a  b", "a [U+0020]b"),
            (" a ", "[U+0020]a[U+0020]"),
            ("tag\U000e0041", "tag[U+E0041]"),
        ],
    )
    def test_shown_writes_out_what_cannot_be_seen(self, name: str, expected: str) -> None:
        assert shown(name) == expected


class TestPrinted:
    def test_printed_writes_out_what_no_font_has(self) -> None:
        assert printed("aᏣb", lambda char, base: char != "Ꮳ") == ("a[U+13E3]b", {0x13E3})

    def test_printed_keeps_as_many_marks_as_a_language_uses_and_writes_out_the_next(self) -> None:
        fits, more = "a" + "\u0301" * MARKS, "a" + "\u0301" * (MARKS + 1)
        assert printed(fits, everything) == (fits, set())
        assert printed(more, everything) == (fits + "[U+0301]", set())

    def test_printed_asks_for_a_mark_together_with_its_base(self) -> None:
        asked: list[tuple[str, str]] = []

        def has(char: str, base: str) -> bool:
            asked.append((char, base))
            return True

        printed("é\u0323x", has)
        assert asked == [("é", ""), ("\u0323", "é"), ("x", "")]


class TestBreakable:
    @pytest.mark.parametrize(
        "text", ["short", "many short words in one line of text", "x" * 24, "任何人都无法从指纹，还原出文件内容。" * 3]
    )
    def test_breakable_leaves_words_that_fit(self, text: str) -> None:
        assert breakable(text) == text

    def test_breakable_breaks_what_no_sentence_has(self) -> None:
        assert breakable("，" * 24) == "，" * 24
        assert BREAK in breakable("，" * 25)

    def test_breakable_changes_nothing_but_where_a_line_may_end(self) -> None:
        text = "x" * 25 + "[U+202E]" + "y" * 300
        broken = breakable(text)
        assert broken.replace(BREAK, "") == text
        assert "[U+202E]" in broken
        assert max(map(len, broken.split(BREAK))) <= 17

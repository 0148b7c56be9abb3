"""notary.characters: the same answer from every Python."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from notary.characters import UNICODE, category


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE, reason="this Python has other tables")
def test_every_category_is_that_of_the_tables_of_this_version() -> None:
    differing = [p for p in range(sys.maxunicode + 1) if category(chr(p)) != unicodedata.category(chr(p))]
    assert differing == []


@pytest.mark.parametrize("later", ["\U0001fae8", "\U0001f6dc", "\u1c89", "\U00011f00"])
def test_what_came_after_that_version_is_unassigned_whatever_this_python_knows(
    later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unicodedata, "category", lambda _: "So")  # as a later Python says
    assert category(later) == "Cn"
    assert category("\U0001fae0") == "So"  # of Unicode 14.0

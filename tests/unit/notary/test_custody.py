from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from support.sealed import next_entry

from notary import jcs
from notary.custody.chain import Action, CustodyEntry
from notary.errors import JsonInvalid, LogEntryInvalid

FIRST = CustodyEntry(b"\1" * 32, 0, None, Action.SEALED, b"\2" * 32, 1_800_000_000, "M. Weber", b"\4" * 32)
SECOND = next_entry(FIRST, Action.SEALED, b"\3" * 32, 1_800_000_100, "M. Weber", b"\5" * 32)
THIRD = next_entry(SECOND, Action.ACCESSED, b"\3" * 32, 1_800_000_200, "court", b"\6" * 32)


class TestCustodyEntry:
    def test_the_hash_is_over_tag_and_canonical_json(self) -> None:
        text = (
            f'{{"about":null,"action":"sealed","at":1800000000,"by":"M. Weber","case":"{"01" * 32}",'
            f'"prev":null,"salt":"{"04" * 32}","seq":0,"subject":"{"02" * 32}"}}'
        )
        assert FIRST.to_bytes().decode() == text
        assert FIRST.hash() == hashlib.sha256(b"tallystick/custody/v1\0" + text.encode()).digest()

    def test_text_is_jcs_of_the_json_values_and_is_read_back(self) -> None:
        for entry in (FIRST, replace(SECOND, by='"\\\n\x7f é 陈 🂡', about="to \u2028 whom"), THIRD):
            assert entry.to_bytes() == jcs.dumps(entry.to_json())
            assert CustodyEntry.from_kept(entry.to_bytes()) == entry

    def test_text_that_is_no_unicode_is_refused(self) -> None:
        for change in ({"by": "\ud800"}, {"about": "\udfff"}):
            with pytest.raises(JsonInvalid, match="lone surrogate"):
                replace(FIRST, **change).hash()  # type: ignore[arg-type]

    def test_the_largest_values_pass(self) -> None:
        largest = replace(SECOND, seq=2**53 - 1, at=2**53 - 1, by="x" * 4096)
        assert len(largest.hash()) == 32

    @pytest.mark.parametrize(
        "change",
        [
            {"case": b"short"},
            {"subject": b""},
            {"previous": b"\0" * 32},
            {"seq": 1},
            {"seq": -1},
            {"at": -1},
            {"at": 2**53},
            {"seq": 2**53, "previous": b"\0" * 32},
            {"by": ""},
            {"by": "x" * 4097},
            {"salt": b"\4" * 31},
            {"salt": b"\4" * 33},
        ],
    )
    def test_what_breaks_the_rules_is_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(LogEntryInvalid):
            replace(FIRST, **change)  # type: ignore[arg-type]

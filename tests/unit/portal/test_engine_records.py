"""portal.engine_records: plain values and errors survive, nothing else is written."""

from __future__ import annotations

import json

import pytest

from onchain.errors import InsufficientFunds, TransactionReverted
from portal.engine_records import JsonRecords, RecordedError
from portal.errors import DeploymentMissing, KeyMissing

RECORDS = JsonRecords()


class TestValues:
    @pytest.mark.parametrize("value", [None, True, 0, -1, 2**70, 1.5, "ü\0", [], [1, [2]], {"args": [1], "kwargs": {}}])
    def test_a_plain_value_is_read_back_the_same(self, value: object) -> None:
        assert RECORDS.deserialize(RECORDS.serialize(value)) == value

    @pytest.mark.parametrize("value", [b"secret", object(), {1, 2}, print])
    def test_anything_else_is_refused(self, value: object) -> None:
        with pytest.raises(TypeError):
            RECORDS.serialize(value)


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            KeyMissing("creditor"),
            DeploymentMissing("EvidenceLog", 31337),
            InsufficientFunds(5, 3, "0xabc"),
            TransactionReverted("EvidenceLog_NotAppender", ("0xabc",), b"\x01" * 32),
            ValueError("plain", 3),
            KeyError("k"),
        ],
    )
    def test_an_error_keeps_class_text_code_and_hint(self, error: Exception) -> None:
        back = RECORDS.deserialize(RECORDS.serialize(error))
        assert type(back) is type(error)
        assert str(back) == str(error)
        for name in ("code", "hint", "name", "needed", "has"):
            assert getattr(back, name, None) == getattr(error, name, None)

    def test_an_error_of_a_foreign_package_is_read_back_as_its_text(self) -> None:
        back = RECORDS.deserialize(RECORDS.serialize(json.JSONDecodeError("no", "x", 0)))
        assert isinstance(back, RecordedError)
        assert "JSONDecodeError: no" in str(back)

    @pytest.mark.parametrize(
        "planted",
        [
            {"module": "os", "name": "system", "text": "", "args": ["true"], "members": {}},
            {"module": "builtins", "name": "eval", "text": "", "args": ["1"], "members": {}},
            {"module": "builtins", "name": "object", "text": "", "args": [], "members": {}},
            {"module": "portal.nowhere", "name": "X", "text": "", "args": [], "members": {}},
            {"module": 1, "name": None, "text": "", "args": [], "members": {}},
        ],
    )
    def test_a_planted_record_builds_no_other_class(self, planted: dict[str, object]) -> None:
        back = RECORDS.deserialize(json.dumps({"$error": planted}))
        assert type(back) is RecordedError

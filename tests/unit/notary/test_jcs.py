from __future__ import annotations

import pytest

from notary import jcs
from notary.errors import JsonInvalid


def loads(data: bytes) -> jcs.Json:
    return jcs.loads(data, max_bytes=10_000)


class TestDumps:
    def test_names_are_sorted_by_utf16_as_in_rfc8785(self) -> None:
        names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
        written = jcs.dumps(dict.fromkeys(names, 0)).decode()
        order = ["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
        assert written == "{" + ",".join(f'"{name}":0' for name in order) + "}"

    def test_strings_are_escaped_as_in_rfc8785(self) -> None:
        assert jcs.dumps('€$\u000f\nA\'B"\\"/\u007f') == '"€$\\u000f\\nA\'B\\"\\\\\\"/\u007f"'.encode()

    def test_containers_have_no_white_space(self) -> None:
        assert (
            jcs.dumps({"b": [1, True, None, {}, []], "a": {"x": False}}) == b'{"a":{"x":false},"b":[1,true,null,{},[]]}'
        )

    def test_integers_up_to_two_to_53_pass_and_the_next_is_refused(self) -> None:
        assert jcs.dumps([2**53 - 1, 1 - 2**53]) == b"[9007199254740991,-9007199254740991]"
        for number in (2**53, -(2**53)):
            with pytest.raises(JsonInvalid, match="not within"):
                jcs.dumps(number)

    @pytest.mark.parametrize("value", [1.0, b"x", {1: 2}, {None: 1}, object()])
    def test_other_types_are_refused(self, value: jcs.Json) -> None:
        with pytest.raises(JsonInvalid):
            jcs.dumps(value)

    @pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}])
    def test_lone_surrogates_are_refused(self, value: jcs.Json) -> None:
        with pytest.raises(JsonInvalid, match="surrogate"):
            jcs.dumps(value)

    def test_nesting_of_16_passes_and_17_is_refused(self) -> None:
        assert loads(jcs.dumps(nested(16))) == nested(16)
        with pytest.raises(JsonInvalid, match="deeper"):
            jcs.dumps(nested(17))


def nested(depth: int) -> jcs.Json:
    value: jcs.Json = 0
    for _ in range(depth):
        value = [value]
    return value


class Counted(str):
    """A name that counts how often any of its kind is compared: time that grows with the square shows in it."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class TestLoads:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b'{"a":1,"a":1}', "twice"),
            (b'{"a":{"c":0,"b":1,"b":2}}', "the name 'b' is there twice"),
            (b"1.0", "not an integer"),
            (b"1e3", "not an integer"),
            (b"NaN", "not an integer"),
            (b"-Infinity", "not an integer"),
            (b"-0", "not an integer"),
            (b"9007199254740992", "not an integer"),
            (b"1" * 5000, "not an integer"),
            (b'"\\ud800"', "surrogate"),
            (b'{"\\uDFFF":1}', "surrogate"),
            (b'"\xff"', "UTF-8"),
            (b"\xef\xbb\xbf1", "JSON"),
            (b"01", "JSON"),
            (b"", "JSON"),
            (b'"a\nb"', "JSON"),
            (b"[1,]", "JSON"),
            (b"[" * 18 + b"]" * 18, "deeper"),
            (b"[" * 5000, "deeper"),
            (b'{"a":' * 1900, "deeper"),
        ],
    )
    def test_what_two_programs_could_read_differently_is_refused(self, data: bytes, reason: str) -> None:
        with pytest.raises(JsonInvalid, match=reason):
            loads(data)

    def test_a_repeated_name_is_found_with_about_one_comparison_however_many_names_there_are(self) -> None:
        for count in (1_000, 8_000):
            Counted.compared = 0
            pairs: list[tuple[str, jcs.Json]] = [(Counted(f"name {n}"), n) for n in range(count)]
            with pytest.raises(JsonInvalid, match=f"'name {count - 1}' is there twice"):
                jcs._object([*pairs, (Counted(f"name {count - 1}"), 0)])
            assert 1 <= Counted.compared < count / 10

    def test_a_list_inside_16_others_passes(self) -> None:
        data = b"[" * 17 + b"]" * 17
        assert jcs.dumps(loads(data)) == data

    def test_as_many_values_as_allowed_pass_and_one_more_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jcs, "MAX_VALUES", 4)
        assert loads(b"[1,2,3,4]") == [1, 2, 3, 4]
        for data in (b"[1,2,3,4,5]", b"[[[[[", b'{"a":{"a":{"a":{"a":{"a":1}}}}}'):
            with pytest.raises(JsonInvalid, match="more than 4 values"):
                loads(data)

    def test_the_largest_integers_are_read(self) -> None:
        assert loads(b"[9007199254740991,-9007199254740991]") == [2**53 - 1, 1 - 2**53]

    def test_paired_surrogate_escapes_are_one_character(self) -> None:
        assert loads(b'"\\ud83d\\ude00"') == "\U0001f600"

    def test_the_last_allowed_byte_passes_and_one_more_is_refused(self) -> None:
        assert jcs.loads(b'"abc"', max_bytes=5) == "abc"
        with pytest.raises(JsonInvalid, match="6 bytes, at most 5"):
            jcs.loads(b'"abcd"', max_bytes=5)

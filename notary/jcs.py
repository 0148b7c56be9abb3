"""Canonical JSON (RFC 8785), for the values that our formats allow, and a strict reader for JSON from outside.

Values are str, int below 2**53 in size, bool, None, list and dict with str keys. There are no floats, so the hard part
of RFC 8785 (printing doubles) is not needed. The reader refuses what two programs could read differently: repeated
names, floats, numbers out of range, lone surrogates, deep nesting.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring as _quote  # the C one where there is one: exactly RFC 8785's escapes
from typing import Any, NoReturn, TypeAlias

from notary.errors import JsonInvalid

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

MAX_INT = 2**53 - 1  # larger ones are not exact in every JSON reader (RFC 8785, section 3.2.2.3)
MAX_DEPTH = 16  # our deepest format nests 7
MAX_VALUES = 4_000_000  # a bundle of 10,000 receipts has about 1.5 million; each costs some 100 bytes of memory


def dumps(value: Json) -> bytes:
    """The canonical UTF-8 bytes of `value`.

    Raises JsonInvalid for floats, integers beyond +-(2**53 - 1), keys that are no strings, lone surrogates.
    Source: RFC 8785, section 3.2.
    """
    try:
        if type(value) is str:  # most calls: a claim's fields
            return _quote(value).encode()
        if _is_plain(value):
            return _encode(value).encode()
        out: list[str] = []
        _write(value, out, 0)
        return "".join(out).encode()
    except UnicodeEncodeError as exc:
        raise JsonInvalid("a string contains a lone surrogate, which is not Unicode text") from exc


def scalar(value: str | int) -> str:
    """The canonical text of a string or an integer, to be put between other text.

    A lone surrogate stays in it, and is refused by `encode` with the whole.  Raises JsonInvalid for other integers.
    """
    if type(value) is str:
        return _quote(value)
    if type(value) is int and -MAX_INT <= value <= MAX_INT:
        return str(value)
    return dumps(value).decode()


def encode(text: str) -> bytes:
    """The bytes of canonical text that was put together from parts.  Raises JsonInvalid for lone surrogates."""
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise JsonInvalid("a string contains a lone surrogate, which is not Unicode text") from exc


def _is_plain(value: Json) -> bool:
    """Whether Python's own encoder writes it canonically: the types are ours, and every name is ASCII, whose order is
    the same in UTF-16. Five times as fast as `_write`, which has the last word on everything else.
    """
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Json] = []
        for item in level:
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if kind is dict:
                try:
                    if not all(map(str.isascii, item)):  # type: ignore[arg-type]  # it is a dict
                        return False
                except TypeError:
                    return False
                inner += item.values()  # type: ignore[union-attr]
            elif kind is list:
                inner += item  # type: ignore[arg-type]
            elif kind is not int or not -MAX_INT <= item <= MAX_INT:  # type: ignore[operator]
                return False
        if not inner:
            return True
        level = inner
    return False


def _write(value: Json, out: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise JsonInvalid(f"JSON is nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        out.append(_quote(value))
    elif value is None or isinstance(value, bool):
        out.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, int):
        if not -MAX_INT <= value <= MAX_INT:
            raise JsonInvalid(f"integer {value} is not within +-{MAX_INT}")
        out.append(str(int(value)))
    elif isinstance(value, list):
        separator = "["
        for item in value:
            out.append(separator)
            _write(item, out, depth + 1)
            separator = ","
        out.append("[]" if separator == "[" else "]")
    elif isinstance(value, dict):
        separator = "{"
        for key in sorted(value, key=_utf16):
            out.append(f"{separator}{_quote(key)}:")
            _write(value[key], out, depth + 1)
            separator = ","
        out.append("{}" if separator == "{" else "}")
    else:
        raise JsonInvalid(f"a value of type {type(value).__name__} has no place in our formats")


def _utf16(key: str) -> bytes:
    if not isinstance(key, str):
        raise JsonInvalid(f"a name of type {type(key).__name__} instead of text")
    return key.encode("utf-16-be", "surrogatepass")


def loads(data: bytes, *, max_bytes: int, what: str = "file") -> Json:
    """Read one JSON value from outside.

    data       UTF-8, any layout of white space
    max_bytes  refused above, before anything is read
    what       names the thing in messages

    Raises JsonInvalid: not UTF-8, not JSON, repeated names, floats, integers beyond +-(2**53 - 1), "-0", lone
    surrogates, nesting deeper than MAX_DEPTH.
    """
    if len(data) > max_bytes:
        raise JsonInvalid(f"the {what} has {len(data)} bytes, at most {max_bytes} are allowed")
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise JsonInvalid(f"the {what} has more than {MAX_VALUES} values")
    try:
        value: Json = _decoder.decode(data.decode())
    except UnicodeDecodeError as exc:
        raise JsonInvalid(f"the {what} is not UTF-8 text at byte {exc.start}") from exc
    except json.JSONDecodeError as exc:
        raise JsonInvalid(f"the {what} is not JSON at line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    except RecursionError as exc:
        raise JsonInvalid(f"the {what} is nested deeper than {MAX_DEPTH}") from exc
    # Escapes are the only way in for a surrogate, as the bytes were UTF-8.
    _check(value, what, b"\\ud" in data.lower() if b"\\u" in data else False)
    return value


def loads_kept(data: bytes) -> Any:
    """Read what `dumps` gave, from a row that a key of ours has just authenticated: nothing is checked again.

    Raises ValueError for what is no JSON.
    """
    return _read_kept(data.decode())[0]


def _check(value: Json, what: str, surrogates: bool) -> None:
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Json] = []
        for item in level:
            if not surrogates and type(item) is str:  # most of them
                continue
            if isinstance(item, dict):
                inner += item.values()
                if surrogates:
                    inner += item.keys()
            elif isinstance(item, list):
                inner += item
            elif surrogates and isinstance(item, str) and any("\ud800" <= char <= "\udfff" for char in item):
                raise JsonInvalid(f"the {what} contains a lone surrogate, which is not Unicode text")
        if not inner:
            return
        level = inner
    raise JsonInvalid(f"the {what} is nested deeper than {MAX_DEPTH}")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen = set[str]()
        for name, _ in pairs:
            if name in seen:
                raise JsonInvalid(f"the name {name[:40]!r} is there twice")
            seen.add(name)
    return value


def _integer(text: str) -> int:
    if len(text) > 17 or text == "-0" or not -MAX_INT <= (number := int(text)) <= MAX_INT:
        raise JsonInvalid(f"the number {text[:20]} is not an integer within +-{MAX_INT}")
    return number


def _refuse(text: str) -> NoReturn:
    raise JsonInvalid(f"the number {text[:20]} is not an integer; our formats know no others")


_read_kept = json.JSONDecoder().raw_decode
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode

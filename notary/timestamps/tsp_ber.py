"""BER brought to definite lengths, so that whatever else reads a time-stamp token meets one encoding only.

RFC 3161 tokens come in BER as often as in DER. Rewritten is what must be: elements of indefinite length, strings in
pieces, and what encloses them. All else stays byte for byte, because a signature may cover it: order in sets, lengths
that are longer than needed, the values themselves.  Source: ITU-T X.690, section 8.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_DEPTH = 40  # a certificate in a token in a response nests 16 deep

_CONSTRUCTED = 0x20
_END = b"\x00\x00"
_OCTET_STRING = 0x04
# OCTET STRING, UTF8String, the other strings and the two kinds of time
_IN_PIECES = frozenset({_OCTET_STRING, 0x0C, *range(0x12, 0x1F)})


class BerError(ValueError):
    """Bytes that are no BER: cut off, nested too deep, or with something after them."""


class _Element(NamedTuple):
    """identifier: its bytes; content: the first offset behind the header; length: None when indefinite."""

    identifier: bytes
    content: int
    length: int | None


def definite(data: bytes) -> bytes:
    """The one element that `data` is, with definite lengths and whole strings.  Raises BerError."""
    out, end = _rewrite(data, 0, len(data), 0)
    if end != len(data):
        raise BerError(f"{len(data) - end} bytes follow the {end} that belong there")
    return out


def children(data: bytes) -> tuple[bytes, ...]:
    """The elements inside the one that `data` is, as they came.  Raises BerError."""
    element = _header(data, 0, len(data))
    if not element.identifier[0] & _CONSTRUCTED:
        raise BerError("an element has no parts")
    end = len(data) if element.length is None else element.content + element.length
    found: list[bytes] = []
    at = element.content
    while at < end:
        if element.length is None and data[at : at + 2] == _END:
            at += 2
            break
        _, after = _rewrite(data, at, end, 1)
        found.append(data[at:after])
        at = after
    if at != len(data):
        raise BerError(f"{len(data) - at} bytes follow the {at} that belong there")
    return tuple(found)


def encode(identifier: bytes, content: bytes) -> bytes:
    """An element with the shortest length.  identifier: its bytes, usually one."""
    size = len(content)
    if size < 0x80:
        return identifier + bytes([size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return identifier + bytes([0x80 | len(length)]) + length + content


def _header(data: bytes, at: int, end: int) -> _Element:
    """Read an identifier and a length at `at`; the element must end at `end` or before."""
    start = at
    at += 1
    if at < end and data[start] & 0x1F == 0x1F:  # a tag of more than one byte
        while at < end and data[at] & 0x80:
            at += 1
        at += 1
    if at >= end:
        raise BerError(f"it is cut off after {end} bytes")
    identifier, first = data[start:at], data[at]
    at += 1
    if first == 0x80:
        return _Element(identifier, at, None)
    length = first
    if first & 0x80:
        octets = first & 0x7F
        if at + octets > end:
            raise BerError(f"it is cut off after {end} bytes")
        length = int.from_bytes(data[at : at + octets], "big")
        at += octets
    if at + length > end:
        raise BerError(f"an element at byte {start} needs {length} bytes, {end - at} are there")
    return _Element(identifier, at, length)


def _rewrite(data: bytes, start: int, end: int, depth: int) -> tuple[bytes, int]:
    """The element at `start` in definite form, and the first offset behind it."""
    if depth > MAX_DEPTH:
        raise BerError(f"its elements nest more than {MAX_DEPTH} deep")
    identifier, content, length = _header(data, start, end)
    if not identifier[0] & _CONSTRUCTED:
        if length is None:
            raise BerError(f"the element at byte {start} has no length and no parts")
        return data[start : content + length], content + length

    inner_end = end if length is None else content + length
    parts: list[bytes] = []
    at, closed = content, length is not None
    while at < inner_end:
        if length is None and data[at : at + 2] == _END:
            at, closed = at + 2, True
            break
        part, at = _rewrite(data, at, inner_end, depth + 1)
        parts.append(part)
    if not closed:
        raise BerError(f"the element at byte {start} does not end")
    if identifier[0] ^ _CONSTRUCTED in _IN_PIECES:
        kind = bytes([identifier[0] ^ _CONSTRUCTED])
        return encode(kind, b"".join(_piece(part, kind[0]) for part in parts)), at
    joined = b"".join(parts)
    if length is not None and joined == data[content:inner_end]:
        return data[start:at], at
    return encode(identifier, joined), at


def _piece(part: bytes, kind: int) -> bytes:
    """The content of a piece of a string: one of the string's own kind, or an OCTET STRING."""
    if part[0] not in (kind, _OCTET_STRING):
        raise BerError(f"a string of kind {kind} has a piece of kind {part[0]}")
    element = _header(part, 0, len(part))
    return part[element.content :]

"""Ethereum's RLP, canonical form only, bounded: enough to read headers, receipts and trie nodes.

An item is a byte string or a list of items. Every value has exactly one encoding here; any other is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from notary.errors import RlpInvalid

Item: TypeAlias = "bytes | list[Item]"

MAX_DEPTH = 8  # a receipt nests 4: receipt, logs, log, topics


def decode(data: bytes) -> Item:
    """The one item that `data` encodes.

    Raises RlpInvalid: cut off, bytes left over, a length or a byte that could be written shorter, deep nesting.
    Source: Ethereum Yellow Paper, appendix B.
    """
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise RlpInvalid(f"{len(data) - end} bytes are left over after the RLP item")
    return item


def decode_list(data: bytes) -> list[Item]:
    """As `decode`, and the item is a list."""
    item = decode(data)
    if not isinstance(item, list):
        raise RlpInvalid("the RLP item is a byte string where a list belongs")
    return item


def _item(data: bytes, start: int, limit: int, depth: int) -> tuple[Item, int]:
    if start >= limit:
        raise RlpInvalid(f"RLP is cut off at byte {start}")
    first = data[start]
    if first < 0x80:  # a single byte stands for itself
        return data[start : start + 1], start + 1
    is_list = first >= 0xC0
    begin, length = _span(data, start, limit, first - (0xC0 if is_list else 0x80))
    end = begin + length
    if end > limit:
        raise RlpInvalid(f"the RLP item at byte {start} says {length} bytes, {limit - begin} are there")
    if not is_list:
        if length == 1 and data[begin] < 0x80:
            raise RlpInvalid(f"the single byte at {begin} has a length before it")
        return data[begin:end], end
    if depth == MAX_DEPTH:
        raise RlpInvalid(f"RLP is nested deeper than {MAX_DEPTH}")
    items: list[Item] = []
    while begin < end:
        item, begin = _item(data, begin, end, depth + 1)
        items.append(item)
    return items, end


def _span(data: bytes, start: int, limit: int, code: int) -> tuple[int, int]:
    """(begin, length) of the content, from the part of the first byte above 0x80 or 0xC0."""
    if code <= 55:
        return start + 1, code
    begin = start + 1 + code - 55
    if begin > limit:
        raise RlpInvalid(f"RLP is cut off within the length at byte {start}")
    length = int.from_bytes(data[start + 1 : begin], "big")
    if data[start + 1] == 0 or length <= 55:
        raise RlpInvalid(f"the length at byte {start} could be written shorter")
    return begin, length


def encode(item: bytes | Sequence[Item]) -> bytes:
    """The one encoding of `item`."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefix(len(item), 0x80) + item
    content = b"".join(encode(part) for part in item)
    return _prefix(len(content), 0xC0) + content


def _prefix(length: int, base: int) -> bytes:
    if length <= 55:
        return bytes([base + length])
    size = (length.bit_length() + 7) // 8
    return bytes([base + 55 + size]) + length.to_bytes(size, "big")


def encode_int(number: int) -> bytes:
    """The encoding of an integer from 0: big-endian, no leading zeros."""
    return encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def to_int(item: Item, what: str) -> int:
    """The integer that an item of at most 8 bytes stands for.  Raises RlpInvalid."""
    if not isinstance(item, bytes) or len(item) > 8 or item[:1] == b"\0":
        raise RlpInvalid(f"the {what} is not an integer of at most 8 bytes without leading zeros")
    return int.from_bytes(item, "big")


def to_bytes(item: Item, size: int, what: str) -> bytes:
    """The item, which must be a byte string of `size` bytes.  Raises RlpInvalid."""
    if not isinstance(item, bytes) or len(item) != size:
        raise RlpInvalid(f"the {what} does not have {size} bytes")
    return item


def to_list(item: Item, what: str) -> list[Item]:
    """The item, which must be a list.  Raises RlpInvalid."""
    if not isinstance(item, list):
        raise RlpInvalid(f"the {what} is not a list")
    return item

"""A node's answers are hostile: each value is read by a function that says what it must be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from onchain.errors import NodeMisbehaved

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


def quantity(value: object, what: str, maximum: int = 2**256 - 1) -> int:
    """A number written as 0x and hex digits. Raises NodeMisbehaved."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        number = int(value, 16)
        if number <= maximum:
            return number
    raise NodeMisbehaved("node", f"{what} is not a quantity up to {maximum}: {str(value)[:80]!r}")


def data(value: object, what: str, length: int | None = None) -> bytes:
    """Bytes written as 0x and pairs of hex digits, `length` of them where given. Raises NodeMisbehaved."""
    if isinstance(value, str) and _DATA.fullmatch(value):
        raw = bytes.fromhex(value[2:])
        if length is None or len(raw) == length:
            return raw
    raise NodeMisbehaved(
        "node", f"{what} is not {'' if length is None else f'{length} '}bytes of hex: {str(value)[:80]!r}"
    )


def members(value: object, what: str) -> Mapping[str, Json]:
    """A JSON object. Raises NodeMisbehaved."""
    if isinstance(value, dict):
        return value
    raise NodeMisbehaved("node", f"{what} is not an object: {str(value)[:80]!r}")


def items(value: object, what: str, maximum: int) -> list[Json]:
    """A JSON list of at most `maximum` items. Raises NodeMisbehaved."""
    if isinstance(value, list) and len(value) <= maximum:
        return value
    raise NodeMisbehaved("node", f"{what} is not a list of at most {maximum} items")


def hex_quantity(number: int) -> str:
    """A number as JSON-RPC writes it."""
    return hex(number)


def hex_data(raw: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + raw.hex()

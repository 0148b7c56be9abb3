"""Typed reading of JSON members from outside: each with its bound, each refusal naming the member."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from notary import jcs
from notary.errors import FormatInvalid, JsonInvalid
from notary.jcs import MAX_INT, Json

MAX_TEXT = 4096  # characters of a text member, unless said otherwise


class Reader:
    """One JSON object.

    what   names it in messages, such as "receipt's log"
    error  the class that every refusal raises
    """

    __slots__ = ("error", "value", "what")

    def __init__(self, value: Json, what: str, error: type[FormatInvalid]) -> None:
        if not isinstance(value, dict):
            raise error(f"the {what} is not a JSON object")
        self.value, self.what, self.error = value, what, error

    @classmethod
    def open(cls, data: bytes, max_bytes: int, what: str, error: type[FormatInvalid]) -> Reader:
        """The object that a whole file holds."""
        try:
            return cls(jcs.loads(data, max_bytes=max_bytes, what=what), what, error)
        except JsonInvalid as exc:
            raise error(str(exc)) from exc

    def refuse(self, name: str, reason: str) -> FormatInvalid:
        return self.error(f"the {self.what}: the member {name[:40]!r} {reason}")

    def only(self, *required: str, optional: tuple[str, ...] = ()) -> None:
        """Refuse missing and unknown members."""
        for name in required:
            if name not in self.value:
                raise self.refuse(name, "is missing")
        if len(self.value) > len(required):
            for name in self.value:
                if name not in required and name not in optional:
                    raise self.refuse(name, "is unknown")

    def has(self, name: str) -> bool:
        return name in self.value

    def get(self, name: str) -> Json:
        return self.value.get(name)

    def text(self, name: str, most: int = MAX_TEXT) -> str:
        value = self.value.get(name)
        if not isinstance(value, str) or len(value) > most:
            raise self.refuse(name, f"is not text of at most {most} characters")
        return value

    def integer(self, name: str, least: int = 0, most: int = MAX_INT) -> int:
        value = self.value.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refuse(name, f"is not an integer from {least} to {most}")
        return value

    def boolean(self, name: str) -> bool:
        value = self.value.get(name)
        if not isinstance(value, bool):
            raise self.refuse(name, "is neither true nor false")
        return value

    def hex(self, name: str, size: int) -> bytes:
        """`size` bytes in lower-case hexadecimal, without 0x: digests and salts of ours."""
        text = self.value.get(name)
        try:
            value = bytes.fromhex(text)  # type: ignore[arg-type]  # a TypeError is caught
        except (TypeError, ValueError):
            value = b""
        if len(value) == size and value.hex() == text:
            return value
        return self._hex(name, text, "", size, size)  # finds what is wrong

    def evm_hex(self, name: str, size: int) -> bytes:
        """`size` bytes in lower-case hexadecimal after 0x: hashes and addresses of a chain."""
        return self._hex(name, self.value.get(name), "0x", size, size)

    def evm_bytes(self, name: str, most: int) -> bytes:
        """1 to `most` bytes in lower-case hexadecimal after 0x."""
        return self._hex(name, self.value.get(name), "0x", 1, most)

    def base64(self, name: str, size: int) -> bytes:
        """`size` bytes in standard base64 with padding."""
        value = self.base64_bytes(name, size)
        if len(value) != size:
            raise self.refuse(name, f"is not {size} bytes in base64")
        return value

    def base64_bytes(self, name: str, most: int) -> bytes:
        """1 to `most` bytes in standard base64 with padding."""
        return self._base64(name, self.value.get(name), most)

    def hex_list(self, name: str, count: int, size: int) -> tuple[bytes, ...]:
        """At most `count` times `size` bytes, written as by `hex`."""
        items = self.items(name, count)
        try:
            values = tuple(map(bytes.fromhex, items))  # type: ignore[arg-type]  # a TypeError is caught
        except (TypeError, ValueError):
            values = ()
        if list(map(bytes.hex, values)) == items and set(map(len, values)) <= {size}:
            return values
        return tuple(self._hex(name, item, "", size, size) for item in items)  # finds what is wrong

    def base64_list(self, name: str, count: int, most: int) -> tuple[bytes, ...]:
        """At most `count` times 1 to `most` bytes, written as by `base64_bytes`."""
        return tuple(self._base64(name, item, most) for item in self.items(name, count))

    def evm_hex_list(self, name: str, count: int, least: int, most: int) -> tuple[bytes, ...]:
        """At most `count` times `least` to `most` bytes, written after 0x."""
        return tuple(self._hex(name, item, "0x", least, most) for item in self.items(name, count))

    def object(self, name: str) -> Reader:
        return Reader(self.value.get(name), f"{self.what}'s {name}", self.error)

    def objects(self, name: str, count: int) -> Iterator[Reader]:
        """At most `count` objects."""
        what = f"{self.what}'s {name}"
        return (Reader(item, what, self.error) for item in self.items(name, count))

    def items(self, name: str, count: int) -> list[Json]:
        value = self.value.get(name)
        if not isinstance(value, list) or len(value) > count:
            raise self.refuse(name, f"is not a list of at most {count}")
        return value

    def _base64(self, name: str, text: Json, most: int) -> bytes:
        if isinstance(text, str) and len(text) <= 4 * ((most + 2) // 3):
            try:
                value = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                value = b""
            if 0 < len(value) <= most and base64.b64encode(value).decode() == text:
                return value
        raise self.refuse(name, f"is not 1 to {most} bytes in base64")

    def _hex(self, name: str, text: Json, prefix: str, least: int, most: int) -> bytes:
        try:
            if isinstance(text, str) and text.startswith(prefix) and len(text) <= len(prefix) + 2 * most:
                value = bytes.fromhex(text[len(prefix) :])
                if len(value) >= least and prefix + value.hex() == text:
                    return value
        except ValueError:
            pass
        wanted = f"{least} to {most}" if least != most else str(least)
        raise self.refuse(name, f"is not {wanted} bytes in lower-case hexadecimal{' after 0x' if prefix else ''}")


def evm(value: bytes) -> str:
    """How a chain's hashes, addresses and raw bytes are written."""
    return "0x" + value.hex()

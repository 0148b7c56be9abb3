"""Keccak, addresses, selectors, and values to and from ABI bytes.

eth_abi does the coding; it is imported when first used.

Values on this side: addresses are EIP-55 strings, integers `int`, byte strings `bytes`, structs dicts by field name
(a sequence in field order is taken as well when encoding), lists tuples when decoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast

from Crypto.Hash import keccak as _keccak

from onchain.artifacts import AbiEntry
from onchain.errors import AbiError

MAX_ABI_BYTES = 8 * 1024 * 1024  # larger than any call or answer we make; bounds work on hostile bytes
ZERO_ADDRESS = "0x" + "00" * 20


def keccak(data: bytes) -> bytes:
    """Keccak-256 of `data`: 32 bytes."""
    return _keccak.new(digest_bits=256, data=data).digest()


@lru_cache(maxsize=65536)
def checksum_address(address: str | bytes) -> str:
    """The EIP-55 form of an address: 20 bytes, or 40 hex digits after 0x in one case or with a right checksum.

    Raises AbiError.
    """
    if isinstance(address, bytes):
        if len(address) != 20:
            raise AbiError(f"an address has 20 bytes, not {len(address)}")
        digits = address.hex()
    else:
        if not re.fullmatch(r"0x[0-9a-fA-F]{40}", address):
            raise AbiError(f"not an address: {address!r}")
        digits = address[2:].lower()
    mask = keccak(digits.encode("ascii")).hex()
    checked = "0x" + "".join(c.upper() if int(m, 16) >= 8 else c for c, m in zip(digits, mask, strict=False))
    if isinstance(address, str) and address[2:] not in (digits, digits.upper()) and address != checked:
        raise AbiError(f"address {address} has a wrong checksum: one of its digits is mistyped")
    return checked


def address_bytes(address: str) -> bytes:
    """The 20 bytes of an address. Raises AbiError."""
    return bytes.fromhex(checksum_address(address)[2:])


def components(entry: Mapping[str, object], part: str = "inputs") -> list[AbiEntry]:
    """The parameters of an ABI entry, or the fields of a struct."""
    return cast(list[AbiEntry], entry.get(part) or [])


def canonical_type(parameter: Mapping[str, object]) -> str:
    """The type as selectors spell it: structs as tuples of their fields' types."""
    kind = cast(str, parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(canonical_type(c) for c in components(parameter, "components")) + ")" + kind[5:]


def signature(entry: Mapping[str, object]) -> str:
    """Name and types, e.g. `transfer(address,uint256)`."""
    return f"{entry['name']}(" + ",".join(canonical_type(p) for p in components(entry)) + ")"


def selector(entry: Mapping[str, object]) -> bytes:
    """First four bytes of the signature's hash: of a function or a custom error."""
    return keccak(signature(entry).encode("ascii"))[:4]


def topic(entry: Mapping[str, object]) -> bytes:
    """Hash of an event's signature: topic 0 of its logs."""
    return keccak(signature(entry).encode("ascii"))


def to_abi(parameter: Mapping[str, object], value: object) -> object:
    """Bring one value into the form that eth_abi takes; structs may be mappings by field name. Raises AbiError."""
    kind = cast(str, parameter["type"])
    if kind.endswith("]"):
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            raise AbiError(f"{parameter.get('name') or kind}: expected a list, got {type(value).__name__}")
        inner = {**parameter, "type": kind[: kind.rindex("[")]}
        return [to_abi(inner, item) for item in value]
    if kind == "tuple":
        fields = components(parameter, "components")
        if isinstance(value, Mapping):
            names = {cast(str, f["name"]) for f in fields}
            if set(value) != names:
                wrong = sorted(names.symmetric_difference(value))
                raise AbiError(f"{parameter.get('name') or kind}: field {wrong[0]!r} missing or unknown")
            return tuple(to_abi(f, value[f["name"]]) for f in fields)
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or len(value) != len(fields):
            raise AbiError(f"{parameter.get('name') or kind}: expected {len(fields)} fields")
        return tuple(to_abi(f, item) for f, item in zip(fields, value, strict=True))
    if kind == "address" and isinstance(value, (str, bytes)):
        return checksum_address(value)
    return value


def from_abi(parameter: Mapping[str, object], value: object) -> object:
    """Bring one value that eth_abi decoded into this package's form (see the module's docstring)."""
    kind = cast(str, parameter["type"])
    if kind.endswith("]"):
        inner = {**parameter, "type": kind[: kind.rindex("[")]}
        return tuple(from_abi(inner, item) for item in cast(Sequence[object], value))
    if kind == "tuple":
        fields = components(parameter, "components")
        return {
            cast(str, f["name"]) or str(i): from_abi(f, item)
            for i, (f, item) in enumerate(zip(fields, cast(Sequence[object], value), strict=True))
        }
    if kind == "address":
        return checksum_address(cast(str, value))
    return value


def encode(parameters: Sequence[Mapping[str, object]], values: Sequence[object]) -> bytes:
    """ABI bytes of `values`. Raises AbiError when number, type or range does not fit."""
    from eth_abi.abi import encode as eth_encode
    from eth_abi.exceptions import EncodingError

    if len(parameters) != len(values):
        raise AbiError(f"expected {len(parameters)} values, got {len(values)}")
    prepared = [to_abi(p, v) for p, v in zip(parameters, values, strict=True)]
    try:
        return eth_encode([canonical_type(p) for p in parameters], prepared)
    except (EncodingError, ValueError, TypeError, OverflowError) as exc:
        raise AbiError(f"cannot encode: {exc}") from exc


def decode(parameters: Sequence[Mapping[str, object]], data: bytes) -> tuple[object, ...]:
    """Values of ABI bytes; bytes from outside are bounded and checked. Raises AbiError."""
    from eth_abi.abi import decode as eth_decode
    from eth_abi.exceptions import DecodingError

    if len(data) > MAX_ABI_BYTES:
        raise AbiError(f"{len(data)} bytes of ABI data, at most {MAX_ABI_BYTES}")
    try:
        values = eth_decode([canonical_type(p) for p in parameters], data)
    except (DecodingError, ValueError, OverflowError, UnicodeDecodeError) as exc:
        raise AbiError(f"cannot decode: {exc}") from exc
    return tuple(from_abi(p, v) for p, v in zip(parameters, values, strict=True))

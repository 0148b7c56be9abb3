"""Signed values: frozen structs whose fields are one static EVM word each, hashed as EIP-712 says.

A subclass of `Struct` is a frozen dataclass whose annotations name the Solidity types; type string, hash, typed data
for wallets and ABI tuple all follow from them, so they cannot disagree.  Field names are snake_case here and camelCase
there.

Source: EIP-712, "Definition of encodeType", "encodeData", "hashStruct" and "domainSeparator".
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Annotated, ClassVar, TypeVar, cast, get_args, get_origin, get_type_hints

from Crypto.Hash import keccak

from settlement.errors import FieldOutOfRange

Address = Annotated[str, "address"]
Bytes32 = Annotated[bytes, "bytes32"]
Uint8 = Annotated[int, "uint8"]
Uint16 = Annotated[int, "uint16"]
Uint32 = Annotated[int, "uint32"]
Uint40 = Annotated[int, "uint40"]
Uint128 = Annotated[int, "uint128"]
Uint256 = Annotated[int, "uint256"]
Int32 = Annotated[int, "int32"]

ZERO_ADDRESS = "0x" + "00" * 20
ZERO_32 = bytes(32)

JSON_SAFE_BITS = 53
"""Integers of more bits go into JSON as decimal strings: readers that keep numbers as doubles would alter them."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_ABI_INT = re.compile(r"(u?)int([0-9]+)", re.ASCII)


def keccak256(data: bytes) -> bytes:
    """Return the 32 bytes of Keccak-256, Ethereum's hash."""
    return keccak.new(digest_bits=256, data=data).digest()


def checksum_address(text: str) -> str:
    """Return an address in its checksummed spelling.

    text  0x and 40 hex digits: in one case, or mixed with the right checksum

    Raises FieldOutOfRange: another shape, or a checksum that says a digit was mistyped.  Source: ERC-55.
    """
    if not isinstance(text, str) or _ADDRESS.fullmatch(text) is None:
        raise FieldOutOfRange(field="address", abi="address", reason=f"{str(text)[:64]!r} is not 0x and 40 hex digits")
    lower = text[2:].lower()
    marks = keccak256(lower.encode()).hex()
    spelled = "0x" + "".join(c.upper() if int(mark, 16) >= 8 else c for c, mark in zip(lower, marks, strict=False))
    if text[2:] not in (lower, lower.upper()) and text != spelled:
        raise FieldOutOfRange(
            field="address", abi="address", reason=f"{text} has a wrong checksum: a digit is mistyped"
        )
    return spelled


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One member of a struct: its name here, its name in the signed format, its Solidity type, its enum if any."""

    name: str
    label: str
    abi: str
    enum: type[IntEnum] | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest value of an integer type, both inclusive."""
        match = _ABI_INT.fullmatch(self.abi)
        if match is None:
            raise TypeError(f"{self.abi} is not an integer type")
        bits = int(match[2])
        return (0, 2**bits - 1) if match[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    @property
    def wide(self) -> bool:
        """Whether values can exceed what a JSON number carries safely."""
        return self.abi not in ("address", "bytes32") and self.bounds[1] >= 2**JSON_SAFE_BITS

    def canonical(self, value: object) -> object:
        """Return `value` in the one form this package keeps, or raise FieldOutOfRange."""
        if self.abi == "address":
            try:
                return checksum_address(value)  # type: ignore[arg-type]  # it checks the type itself
            except FieldOutOfRange as wrong:
                raise self._wrong(str(wrong.values["reason"])) from None
        if self.abi == "bytes32":
            if isinstance(value, bytes) and len(value) == 32:
                return value
            raise self._wrong("not 32 bytes")
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong("not an integer")
        if self.enum is not None:
            try:
                return self.enum(value)
            except ValueError:
                raise self._wrong(f"{value} is none of {[int(member) for member in self.enum]}") from None
        least, most = self.bounds
        if not least <= value <= most:
            raise self._wrong(f"{value} is not in {least}..{most}")
        return value

    def word(self, value: object) -> bytes:
        """Return the 32 bytes that encodeData uses for a canonical value."""
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            return bytes(12) + bytes.fromhex(value[2:])
        if isinstance(value, int):
            return value.to_bytes(32, "big", signed=self.bounds[0] < 0)
        raise TypeError(f"{self.name} is not canonical")

    def wallet(self, value: object) -> int | str:
        """Return the value as wallets read it in typed data: hex, a number, or decimal text for wide integers."""
        if isinstance(value, bytes):
            return "0x" + value.hex()
        if isinstance(value, int):
            return str(value) if self.wide else int(value)
        return str(value)

    def _wrong(self, reason: str) -> FieldOutOfRange:
        return FieldOutOfRange(field=self.label, abi=self.abi, reason=reason)


_T = TypeVar("_T")


class Struct:
    """Base of the signed values.  Subclasses are frozen dataclasses; every instance fits its Solidity types.

    Raises FieldOutOfRange on construction when a value does not fit.
    """

    __slots__ = ()

    NAME: ClassVar[str]
    """The struct's name in the EIP-712 type string."""

    def __post_init__(self) -> None:
        for field in fields_of(type(self)):
            object.__setattr__(self, field.name, field.canonical(getattr(self, field.name)))


def _per_class(function: Callable[[type[Struct]], _T]) -> Callable[[type[Struct]], _T]:
    """Cache a function of a class; the cast is there because mypy takes no class for Hashable (its issue 11470)."""
    return cast("Callable[[type[Struct]], _T]", cache(function))


@_per_class
def fields_of(struct: type[Struct]) -> tuple[Field, ...]:
    """Return the fields of a struct class in signed order."""
    hints = get_type_hints(struct, include_extras=True)
    fields = []
    for member in dataclasses.fields(struct):  # type: ignore[arg-type]  # every subclass is a dataclass
        hint = hints[member.name]
        head, *rest = member.name.split("_")
        label = head + "".join(part.capitalize() for part in rest)
        if get_origin(hint) is Annotated:
            fields.append(Field(member.name, label, get_args(hint)[1]))
        else:
            fields.append(Field(member.name, label, "uint8", hint))
    return tuple(fields)


@_per_class
def encode_type(struct: type[Struct]) -> str:
    """Return the EIP-712 type string, `Name(type name,...)`."""
    return f"{struct.NAME}({','.join(f'{field.abi} {field.label}' for field in fields_of(struct))})"


@_per_class
def type_hash(struct: type[Struct]) -> bytes:
    """Return keccak256 of the type string."""
    return keccak256(encode_type(struct).encode())


def hash_struct(value: Struct) -> bytes:
    """Return the 32 bytes of EIP-712's hashStruct."""
    words = [field.word(getattr(value, field.name)) for field in fields_of(type(value))]
    return keccak256(type_hash(type(value)) + b"".join(words))


@dataclasses.dataclass(frozen=True, slots=True)
class Domain(Struct):
    """An EIP-712 domain: the one contract on the one chain for which a signature counts.

    chain_id            EIP-155 id
    verifying_contract  address of the book
    """

    NAME: ClassVar[str] = "EIP712Domain"

    name: Annotated[str, "string"]
    version: Annotated[str, "string"]
    chain_id: Uint256
    verifying_contract: Address

    def __post_init__(self) -> None:
        for field in fields_of(Domain)[2:]:
            object.__setattr__(self, field.name, field.canonical(getattr(self, field.name)))

    def separator(self) -> bytes:
        """Return the 32 bytes of the domain separator."""
        chain_id, contract = fields_of(Domain)[2:]
        return keccak256(
            type_hash(Domain)
            + keccak256(self.name.encode())
            + keccak256(self.version.encode())
            + chain_id.word(self.chain_id)
            + contract.word(self.verifying_contract)
        )


def digest(value: Struct, domain: Domain) -> bytes:
    """Return the 32 bytes that are signed: keccak256(0x1901 || domainSeparator || hashStruct(value))."""
    return keccak256(b"\x19\x01" + domain.separator() + hash_struct(value))


def typed_data(value: Struct, domain: Domain) -> dict[str, object]:
    """Return the JSON object that wallets (`eth_signTypedData_v4`) and eth_account sign.

    Integers that may exceed 53 bits are decimal strings, digests are 0x and 64 hex digits.
    """
    return {
        "types": {
            struct.NAME: [{"name": field.label, "type": field.abi} for field in fields_of(struct)]
            for struct in (Domain, type(value))
        },
        "primaryType": value.NAME,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.verifying_contract,
        },
        "message": {field.label: field.wallet(getattr(value, field.name)) for field in fields_of(type(value))},
    }


def as_tuple(value: Struct) -> tuple[int | str | bytes, ...]:
    """Return the fields in struct order as the ABI encoders of web3 and eth_abi take them."""
    return tuple(
        int(member) if isinstance(member, int) else member
        for member in (getattr(value, field.name) for field in fields_of(type(value)))
    )

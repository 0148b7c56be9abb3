"""EIP-712 data that is exactly what its types say.

Libraries fill gaps with zeros and turn one type into another. A signer must not: it would sign what was not shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from onchain.abi import checksum_address
from onchain.errors import AbiError, SignerRefused

MAX_NESTING = 8  # structs and lists within each other; ours have one


def strict_typed_data(typed: Mapping[str, object], *, statement: bool = False) -> dict[str, object]:
    """The same data, when domain and message have exactly their types' members, each of its kind and range.

    typed  {types, primaryType, domain, message}; numbers as int or decimal text (wallets take both; int comes out),
           byte strings as bytes or 0x hex, structs as mappings

    statement  what is signed holds everywhere and permits nothing, so no contract may be able to act on it: the domain
               must name neither chainId nor verifyingContract

    Else a domain that lacks one of these two is refused: its signature would be valid elsewhere too.
    Raises SignerRefused.
    """
    types, primary = typed.get("types"), typed.get("primaryType")
    if set(typed) != {"types", "primaryType", "domain", "message"} or not isinstance(types, Mapping):
        raise SignerRefused("typed data needs types, primaryType, domain and message, and nothing else")
    domain = typed["domain"]
    places = {"chainId", "verifyingContract"}
    if statement and (not isinstance(domain, Mapping) or places & set(domain)):
        raise SignerRefused("a statement whose domain names a chainId or verifyingContract is not signed")
    if not statement and (not isinstance(domain, Mapping) or not places <= set(domain)):
        raise SignerRefused("typed data whose domain names no chainId and verifyingContract is not signed")
    if not isinstance(primary, str) or primary not in types or "EIP712Domain" not in types:
        raise SignerRefused("typed data does not define its primary type and its domain")
    return {
        "types": types,
        "primaryType": primary,
        "domain": _read(types, "EIP712Domain", domain, "domain", 0),
        "message": _read(types, primary, typed["message"], "message", 0),
    }


def _read(types: Mapping[str, object], kind: str, value: object, where: str, depth: int) -> object:
    if depth > MAX_NESTING:
        raise SignerRefused(f"malformed typed data: {where} is nested deeper than {MAX_NESTING}")
    listed = re.fullmatch(r"(.+)\[([0-9]*)\]", kind)
    if listed:
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            raise SignerRefused(f"malformed typed data: {where} is no list")
        if listed[2] and len(value) != int(listed[2]):
            raise SignerRefused(f"malformed typed data: {where} has {len(value)} items, not {listed[2]}")
        return [_read(types, listed[1], item, where, depth + 1) for item in value]
    if kind in types:
        fields = types[kind]
        if not isinstance(fields, Sequence) or not all(isinstance(f, Mapping) for f in fields):
            raise SignerRefused(f"malformed typed data: type {kind} is no list of fields")
        kinds = {str(f.get("name")): str(f.get("type")) for f in fields}
        if not isinstance(value, Mapping) or set(kinds) != set(value) or len(kinds) != len(fields):
            raise SignerRefused(f"malformed typed data: {where} does not have exactly the members of {kind}")
        return {name: _read(types, of, value[name], f"{where}.{name}", depth + 1) for name, of in kinds.items()}
    number = re.fullmatch(r"u?int[0-9]{1,3}", kind)
    if number and isinstance(value, str) and re.fullmatch(r"0|-?[1-9][0-9]{0,77}", value):
        value = int(value)
    if not _fits(kind, value):
        raise SignerRefused(f"malformed typed data: {where} is no {kind}")
    return value


def _fits(kind: str, value: object) -> bool:
    if kind in ("string", "bool"):
        return isinstance(value, str if kind == "string" else bool)
    if kind == "address":
        try:
            return isinstance(value, str) and bool(checksum_address(value))
        except AbiError:
            return False
    number = re.fullmatch(r"(u?)int([0-9]{1,3})", kind)
    if number:
        bits = int(number[2])
        low, high = (0, 2**bits) if number[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        return isinstance(value, int) and not isinstance(value, bool) and 8 <= bits <= 256 and low <= value < high
    octets = re.fullmatch(r"bytes([0-9]{0,2})", kind)
    if octets is None:
        return False
    if isinstance(value, str):
        if not re.fullmatch(r"0x(?:[0-9a-fA-F]{2})*", value):
            return False
        value = bytes.fromhex(value[2:])
    return isinstance(value, bytes) and (not octets[1] or len(value) == int(octets[1]))

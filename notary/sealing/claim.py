"""A claim: the named fields that say what one piece of evidence is.

Fields stand in one fixed order and none is there twice; an absent optional field is simply not there. A value is text
or an integer. The claim itself is private: only a commitment to it (notary/sealing/commitment.py) enters the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from notary.errors import ClaimInvalid
from notary.jcs import MAX_INT

Value: TypeAlias = str | int

MAX_TEXT_BYTES = 4096  # of one text value as UTF-8; the longest file path of Linux
MAX_NAME_BYTES = 4096  # of a file's name on disk

DIGEST_SIZES: Mapping[str, int] = {"sha256": 32, "sha512": 64, "sha3_256": 32, "sha3_512": 64, "sm3": 32}
"""Digest fields in their order, with the digest's bytes; the names are those of `hashlib.new`."""

_TEXT = re.compile(r"[^\x00]+", re.DOTALL)
_BLOCK = re.compile(r"[1-9][0-9]{0,15}:(?:0|[1-9][0-9]{0,15}):0x[0-9a-f]{64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME_BYTES = re.compile(rf"(?:[0-9a-f]{{2}}){{1,{MAX_NAME_BYTES}}}")
_COUNT = None  # an integer from 0

FIELDS: Mapping[str, re.Pattern[str] | None] = {
    "case": _TEXT,  # the case's own name, as its owner calls it
    "case_blinded": _HASH,  # heads.blinded_case: ties the claim to its entry in the case-head map
    "exhibit": _TEXT,
    "kind": _TEXT,  # contract, invoice, delivery-proof, chat, ...
    "name": _TEXT,  # as shown; bytes that are not UTF-8 stand as %FF
    "name_bytes": _NAME_BYTES,  # hex of the name on disk, only where it is not UTF-8
    "media_type": _TEXT,
    "size": _COUNT,  # bytes
    **{name: re.compile(rf"[0-9a-f]{{{2 * size}}}") for name, size in DIGEST_SIZES.items()},
    "captured_at": _COUNT,  # Unix seconds, UTC
    "captured_by": _TEXT,
    "source": _TEXT,  # where it was taken from
    "tool": _TEXT,  # with what
    "continues": _HASH,  # leaf hash of the log entry that this one supersedes
    "not_before_block": _BLOCK,  # chain:number:hash of a finalised block; the claim cannot be older
    "custody": _HASH,  # hash of the predecessor in the case's custody chain
}
"""Every field in its fixed order, with the form of its value: a pattern of the whole text, or None for an integer."""

ORDER: Mapping[str, int] = {name: position for position, name in enumerate(FIELDS)}
REQUIRED = ("case", "case_blinded", "name", "size", "sha256")


@dataclass(frozen=True, slots=True)
class Claim:
    """Fields in their fixed order, each known, well-formed and there once; the required ones are there.

    Raises ClaimInvalid when built from anything else.
    """

    fields: tuple[tuple[str, Value], ...]

    def __post_init__(self) -> None:
        for name, value in self.fields:
            check_value(name, value)
        check_order([name for name, _ in self.fields])
        values = dict(self.fields)
        for name in REQUIRED:
            if name not in values:
                raise ClaimInvalid(f"the field {name} is missing")
        check_name(values)

    @classmethod
    def of(cls, values: Mapping[str, Value | None]) -> Claim:
        """The claim with `values` in any order; a None is an absent field."""
        for name in values.keys() - ORDER.keys():
            raise ClaimInvalid(f"{name[:40]!r} is not a field of a claim")
        present = [(name, value) for name in FIELDS if (value := values.get(name)) is not None]
        return cls(tuple(present))

    @classmethod
    def from_kept(cls, fields: tuple[tuple[str, Value], ...]) -> Claim:
        """The claim that was checked when it was sealed, from a row that the case's key has just authenticated."""
        claim = object.__new__(cls)
        object.__setattr__(claim, "fields", fields)
        return claim

    def get(self, name: str) -> Value | None:
        return dict(self.fields).get(name)


def check_value(name: str, value: Value) -> None:
    """Check that `name` is a field and `value` has its form.  Raises ClaimInvalid."""
    if name not in ORDER:
        raise ClaimInvalid(f"{name[:40]!r} is not a field of a claim")
    form = FIELDS[name]
    if form is None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INT:
            raise ClaimInvalid(f"the field {name} must be an integer from 0 to {MAX_INT}")
        return
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ClaimInvalid(f"the field {name} does not have the form {form.pattern[:40]}")
    if form is _TEXT:
        try:
            length = len(value.encode())
        except UnicodeEncodeError as exc:
            raise ClaimInvalid(f"the field {name} is not Unicode text") from exc
        if length > MAX_TEXT_BYTES:
            raise ClaimInvalid(f"the field {name} has {length} bytes, at most {MAX_TEXT_BYTES} are allowed")


def check_order(names: Iterable[str | None]) -> None:
    """Check that shown fields stand in the fixed order, once each, and that hidden ones (None) fit between them.

    Raises ClaimInvalid.
    """
    next_place = 0
    for name in names:
        place = next_place if name is None else ORDER[name]
        if place < next_place or place >= len(ORDER):
            raise ClaimInvalid(f"the field {name or '(hidden)'} stands where the fixed order has no place for it")
        next_place = place + 1


def check_name(values: Mapping[str, Value]) -> None:
    """Check that `name` is what `name_bytes`, where present, is shown as.  Raises ClaimInvalid."""
    raw, name = values.get("name_bytes"), values.get("name")
    if raw is not None and name is not None and (name, raw) != name_fields(bytes.fromhex(str(raw))):
        raise ClaimInvalid("the fields name and name_bytes do not say the same name")


def name_fields(on_disk: bytes) -> tuple[str, str | None]:
    """How a file's name is written in a claim: (name, name_bytes); name_bytes is None where the name is UTF-8.

    Bytes that are not UTF-8 are shown as %FF, so `name` alone may stand for several names; `name_bytes` is exact.

    Raises ClaimInvalid for an empty or too long name and for one with a zero byte.
    """
    if not on_disk or len(on_disk) > MAX_NAME_BYTES or b"\0" in on_disk:
        raise ClaimInvalid(
            f"a file name has 1 to {MAX_NAME_BYTES} bytes, none of them zero; this one has {len(on_disk)}"
        )
    try:
        return on_disk.decode(), None
    except UnicodeDecodeError:
        text = on_disk.decode(errors="surrogateescape")
        shown = "".join(f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in text)
        return shown, on_disk.hex()

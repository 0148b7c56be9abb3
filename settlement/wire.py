"""Structs as JSON: bounded, versioned, strict.

A document is an object with `kind`, `version` and exactly the members that are signed, under their signed names.
Amounts are decimal strings, times and counts are numbers, digests and addresses are 0x hex, enums are words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar, Self

from settlement.eip712 import Field, Struct, fields_of
from settlement.errors import (
    DocumentKindUnknown,
    DocumentMalformed,
    DocumentTooLarge,
    DocumentVersionUnknown,
    FieldOutOfRange,
    MemberInvalid,
    MemberMissing,
    MemberUnknown,
)

MAX_DOCUMENT_BYTES = 16 * 1024
"""Longest document read: the longest honest one, terms with every number at its maximum, is below 3 KiB."""

_DIGEST = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_UNITS = re.compile(r"0|[1-9][0-9]{0,38}", re.ASCII)  # 39 digits hold every uint128


class Document(Struct):
    """A struct that has a JSON form."""

    __slots__ = ()

    KIND: ClassVar[str]
    """Value of the member `kind`."""
    VERSION: ClassVar[int] = 1
    """Value of the member `version`."""

    def to_dict(self) -> dict[str, int | str]:
        """Return the JSON object."""
        document: dict[str, int | str] = {"kind": self.KIND, "version": self.VERSION}
        for field in fields_of(type(self)):
            value = getattr(self, field.name)
            document[field.label] = _word_of(field, value) if field.enum is not None else field.wallet(value)
        return document

    def to_json(self) -> str:
        """Return the JSON text: two spaces of indent, members in signed order."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Self:
        """Read a parsed JSON object.

        Raises DocumentKindUnknown, DocumentVersionUnknown, MemberMissing, MemberUnknown, MemberInvalid.
        """
        kind, version = document.get("kind"), document.get("version")
        if kind != cls.KIND:
            raise DocumentKindUnknown(got=str(kind)[:64], expected=cls.KIND)
        if version != cls.VERSION or isinstance(version, bool):
            raise DocumentVersionUnknown(kind=cls.KIND, got=str(version)[:64], expected=cls.VERSION)
        fields = fields_of(cls)
        for unknown in sorted(document.keys() - {"kind", "version"} - {field.label for field in fields}):
            raise MemberUnknown(kind=cls.KIND, member=unknown[:64])
        values: dict[str, object] = {}
        for field in fields:
            if field.label not in document:
                raise MemberMissing(kind=cls.KIND, member=field.label)
            values[field.name] = _read(cls.KIND, field, document[field.label])
        return cls(**values)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read JSON text from outside.

        Raises DocumentTooLarge, DocumentMalformed and all that `from_dict` raises.
        """
        return cls.from_dict(parse_object(text))


def parse_object(text: str | bytes, limit: int = MAX_DOCUMENT_BYTES) -> dict[str, object]:
    """Parse one JSON object; a member that stands there twice is refused.

    text   at most `limit` bytes in UTF-8

    Raises DocumentTooLarge, DocumentMalformed, MemberUnknown.
    """
    if len(text) > limit or (isinstance(text, str) and len(text.encode("utf-8", "surrogatepass")) > limit):
        raise DocumentTooLarge(size=len(text), allowed=limit)
    try:
        parsed = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as wrong:  # ValueError holds decoding and digit-limit errors too
        raise DocumentMalformed(reason=str(wrong)[:200]) from None
    if not isinstance(parsed, dict):
        raise DocumentMalformed(reason=f"the top is a {type(parsed).__name__}")
    return parsed


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise MemberUnknown(kind="the document", member=name[:64])
        members[name] = value
    return members


def _word_of(field: Field, value: int) -> str:
    assert field.enum is not None
    return field.enum(value).name.lower().replace("_", "-")


def _read(kind: str, field: Field, value: object) -> object:
    """Return the canonical value of one member, or raise MemberInvalid."""

    def wrong(reason: str) -> MemberInvalid:
        return MemberInvalid(kind=kind, member=field.label, reason=reason)

    if field.enum is not None:
        words = {_word_of(field, member): member for member in field.enum}
        if not isinstance(value, str) or value not in words:
            raise wrong(f"expected one of {', '.join(words)}")
        return words[value]
    if field.abi == "bytes32":
        if not isinstance(value, str) or _DIGEST.fullmatch(value) is None:
            raise wrong("expected 0x and 64 hex digits")
        return bytes.fromhex(value[2:])
    if field.wide:
        if not isinstance(value, str) or _UNITS.fullmatch(value) is None:
            raise wrong("expected a decimal string without sign, point or leading zeros")
        value = int(value)
    try:
        return field.canonical(value)
    except FieldOutOfRange as error:
        raise wrong(str(error.values["reason"])) from None

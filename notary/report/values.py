"""What a report prints, as values: blocks in their order, without a word about how they look.

A text that is the same in all languages (a name, a digest, a date) is a string; one that is said in each language is a
tuple with one string a language, in the report's order of languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Said: TypeAlias = str | tuple[str, ...]
Style: TypeAlias = Literal["plain", "strong", "small", "code", "link"]


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph of a cell.

    address  where a link leads; empty: no link
    """

    text: Said
    style: Style = "plain"
    address: str = ""


Cell: TypeAlias = tuple[Line, ...]
"""Empty: a blank for a person to fill in."""


@dataclass(frozen=True, slots=True)
class Heading:
    """level  1: a part of the report, on the outline; 2: a section of it; 3: below"""

    level: int
    text: Said


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Said
    style: Literal["plain", "strong", "small", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values."""

    rows: tuple[tuple[Said, Cell], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """width  its share of the page's width"""

    title: Said
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of the timeline.

    begin, end  0 to 1000 across the picture; begin None: open to the left; equal: a point
    """

    label: Said
    note: str
    begin: int | None
    end: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """alt says in words what the picture shows; ticks are (0 to 1000, text)."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[int, str], ...]
    alt: Said


@dataclass(frozen=True, slots=True)
class Code:
    """An address as a QR code, with the address in print beside it."""

    address: str
    caption: Said


@dataclass(frozen=True, slots=True)
class Codes:
    items: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Lines for a person to sign on."""

    role: Said
    lines: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The parts of the report and their pages."""

    title: Said


@dataclass(frozen=True, slots=True)
class Break:
    """What follows begins on a new page."""


Block: TypeAlias = Heading | Paragraph | Bullets | Pairs | Table | Timeline | Codes | Signature | Contents | Break


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is printed.

    languages  of notary.verdicts.reasons.LOCALES, 1 to 3, each once; a Said tuple has as many texts
    made_at    Unix seconds, UTC
    footer     stands on every page, beside its number
    """

    languages: tuple[str, ...]
    title: Said
    made_at: int
    footer: Said
    page: Said
    blocks: tuple[Block, ...]


def cell(text: Said, style: Style = "plain", address: str = "") -> Cell:
    """A cell of one line."""
    return (Line(text, style, address),)


BLANK: Cell = ()

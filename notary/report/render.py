"""The adapter to Typst: a report's values to PDF/A-3a and PDF/UA-1 with its files embedded.

The words and numbers are all in the values; template/report.typ only lays them out. The same values, fonts and version
of Typst give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from notary.report.facts import build
from notary.report.fonts import Fonts
from notary.report.inputs import ReportInput
from notary.report.text import breakable, printed
from notary.report.values import (
    Block,
    Break,
    Bullets,
    Cell,
    Codes,
    Contents,
    Heading,
    Line,
    Pairs,
    Paragraph,
    Report,
    Said,
    Signature,
    Table,
    Timeline,
)
from notary.service_errors import ReportUnmade

_TYPES: Final = {".json": "application/json", ".er": "application/octet-stream"}
MAX_SAID: Final = 2000  # characters of what Typst says
_WHOLE_ROW: Final = 900  # characters of a row that is kept on one page


def render(given: ReportInput, fonts: Fonts) -> bytes:
    """The report as a PDF.  Raises ReportInvalid, ReceiptInvalid, TrustInvalid, ReportUnmade."""
    page, stated = laid_out(given, fonts)
    return compile_pdf(page, stated.files(), fonts, given.made_at)


def laid_out(given: ReportInput, fonts: Fonts) -> tuple[dict[str, Any], ReportInput]:
    """What the template reads, and the input with what the report states of its making.

    Raises ReportInvalid, ReceiptInvalid, TrustInvalid.
    """
    page, unshown = page_of(build(given), fonts, given.unshown)
    # The report says which characters the issuer's fonts lacked, and of which edition its sentences are.
    return page, replace(given, unshown=unshown, edition=edition())


def page_of(report: Report, fonts: Fonts, unshown: frozenset[int]) -> tuple[dict[str, Any], frozenset[int]]:
    """What the template reads, and all code points that are written out in it.

    unshown  those that are written out although `fonts` may have them
    """
    while True:  # a mark may lack on one base only; it is written out everywhere then, here and where it is checked
        lacking = set(unshown)
        page = _Writer(partial(_has, fonts, unshown), lacking).report(report, fonts)
        if lacking == unshown:
            return page, unshown
        unshown = frozenset(lacking)


def _has(fonts: Fonts, unshown: frozenset[int], char: str, base: str) -> bool:
    return ord(char) not in unshown and fonts.has(char, base)


@cache
def edition(*packages: str) -> str:
    """SHA-256, hex, over the sources that the words, the facts and the layout of a PDF come from; none: of a report."""
    digest = hashlib.sha256()
    for package in packages or ("notary.report", "notary.verdicts"):
        for path, data in sorted(_sources(resources.files(package), package)):
            digest.update(f"{path} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for item in folder.iterdir():
        path = f"{name}/{item.name}"
        if item.is_dir() and item.name != "__pycache__":
            yield from _sources(item, path)
        elif item.name.endswith((".py", ".typ")):
            yield path, item.read_bytes()


def compile_pdf(page: dict[str, Any], files: Mapping[str, bytes], fonts: Fonts, made_at: int) -> bytes:
    """The PDF with `files` embedded.  Raises ReportUnmade."""
    import typst

    with tempfile.TemporaryDirectory(prefix="tallystick-report-") as name:
        folder = Path(name)
        for file, data in files.items():
            (folder / file).write_bytes(data)
        page["files"] = [{"name": file, "type": _TYPES[Path(file).suffix]} for file in files]
        (folder / "page.json").write_text(json.dumps(page, ensure_ascii=False))
        template = resources.files("notary.report").joinpath("template/report.typ").read_bytes()
        (folder / "report.typ").write_bytes(template)
        (folder / "fonts").mkdir()  # it takes folders; whole ones of a system would be read through each time
        for number, path in enumerate(fonts.files):
            (folder / "fonts" / f"{number}{path.suffix}").symlink_to(path.resolve())
        compiler = typst.Compiler(
            folder / "report.typ", root=folder, font_paths=[folder / "fonts"], ignore_system_fonts=True
        )
        try:
            made = compiler.compile(format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=made_at)
        except typst.TypstError as exc:
            raise ReportUnmade(f"Typst refused it: {exc.diagnostic[:MAX_SAID]}") from exc
    assert isinstance(made, bytes)
    return made + b"\n"  # what is added behind it, as a signature is, begins on a line of its own


class _Writer:
    """The values as the JSON that the template reads.

    has      whether a character can be set
    lacking  code points that could not; grows
    """

    def __init__(self, has: Callable[[str, str], bool], lacking: set[int]) -> None:
        self._has, self._lacking = has, lacking

    def report(self, report: Report, fonts: Fonts) -> dict[str, Any]:
        return {
            "languages": list(report.languages),
            "fonts": {language: fonts.of(language) for language in report.languages},
            "code": {language: fonts.code(language) for language in report.languages},
            "title": self.said(report.title),
            "footer": self.said(report.footer),
            "page": self.said(report.page),
            "date": list(datetime.fromtimestamp(report.made_at, UTC).timetuple()[:6]),
            "blocks": [self.block(block) for block in report.blocks],
        }

    def text(self, text: str) -> str:
        written, lacking = printed(text, self._has)
        self._lacking |= lacking
        return breakable(written)

    def said(self, said: Said) -> Any:
        return self.text(said) if isinstance(said, str) else [self.text(text) for text in said]

    def cell(self, cell: Cell) -> list[dict[str, Any]]:
        return [self.line(line) for line in cell]

    def line(self, line: Line) -> dict[str, Any]:
        return {"text": self.said(line.text), "style": line.style, "address": line.address}

    def block(self, block: Block) -> dict[str, Any]:
        match block:
            case Heading(level, text):
                return {"is": "heading", "level": level, "text": self.said(text)}
            case Paragraph(text, style):
                return {"is": "paragraph", "text": self.said(text), "style": style}
            case Bullets(items):
                return {"is": "bullets", "items": [self.said(item) for item in items]}
            case Pairs(rows):
                return {"is": "pairs", "rows": [[self.said(name), self.cell(value)] for name, value in rows]}
            case Table(columns, rows):
                return {
                    "is": "table",
                    "columns": [{"title": self.said(one.title), "width": one.width} for one in columns],
                    "rows": [{"cells": [self.cell(one) for one in row], "whole": _is_short(row)} for row in rows],
                }
            case Timeline(marks, ticks, alt):
                bars = [
                    {"label": self.said(one.label), "note": one.note, "begin": one.begin, "end": one.end}
                    for one in marks
                ]
                return {"is": "timeline", "marks": bars, "ticks": list(ticks), "alt": self.said(alt)}
            case Codes(items):
                return {
                    "is": "codes",
                    "items": [
                        {
                            "address": one.address,
                            "shown": self.text(one.address),
                            "caption": self.said(one.caption),
                            "image": _qr(one.address),
                        }
                        for one in items
                    ],
                }
            case Signature(role, lines):
                return {"is": "signature", "role": self.said(role), "lines": [self.said(line) for line in lines]}
            case Contents(title):
                return {"is": "contents", "title": self.said(title)}
            case Break():
                return {"is": "break"}


def _is_short(row: tuple[Cell, ...]) -> bool:
    texts = (
        text for cell in row for line in cell for text in ([line.text] if isinstance(line.text, str) else line.text)
    )
    return sum(map(len, texts)) <= _WHOLE_ROW


def _qr(address: str) -> str:
    """The QR code as SVG."""
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False)
    return out.getvalue().decode()

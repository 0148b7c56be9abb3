"""An agreement as a PDF, and what the terms say of it: digest and commitment.

The same agreement, fonts and version of Typst give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from notary.report.fonts import Fonts
from notary.report.render import compile_pdf, page_of
from portal.agreement.facts import build
from portal.agreement.values import FILE, Agreement
from settlement.commitments import agreement_commitment

_SOURCES: Final = {
    "portal.agreement": (),
    "notary.report": ("fonts.py", "render.py", "text.py", "values.py", "report.typ"),
    "settlement": ("auction.py", "charges.py", "eip712.py", "money.py", "plan.py", "schedule.py", "terms.py"),
}
"""What words, figures and layout come from; empty: all of the package."""


def agreement_pdf(given: Agreement, fonts: Fonts) -> bytes:
    """The agreement as a PDF/A-3a that carries agreement.json.

    fonts  for its languages; portal.fonts.report_fonts finds them

    Raises ReportUnmade.
    """
    page, unshown = page_of(build(given), fonts, given.unshown)
    stated = replace(given, unshown=unshown, edition=edition())
    return compile_pdf(page, {FILE: stated.to_bytes()}, fonts, given.drawn_at)


def agreement_digest(pdf: bytes) -> bytes:
    """SHA-256 of the whole file: what the terms commit to, and what a signing record names."""
    return hashlib.sha256(pdf).digest()


def commitment_of(pdf: bytes, salt: bytes) -> bytes:
    """The 32 bytes that the terms' field `agreement` holds for this file.

    salt  32 random bytes

    Raises FieldOutOfRange.
    """
    return agreement_commitment(salt, agreement_digest(pdf))


@cache
def edition() -> str:
    """SHA-256, hex, over the sources that the words, the figures and the layout of an agreement come from."""
    digest = hashlib.sha256()
    for package, names in _SOURCES.items():
        for path, data in sorted(_files(resources.files(package), package, names)):
            digest.update(f"{path} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _files(folder: Traversable, name: str, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for item in folder.iterdir():
        path = f"{name}/{item.name}"
        if item.is_dir() and item.name != "__pycache__":
            yield from _files(item, path, names)
        elif item.name in names or (not names and item.name.endswith((".py", ".toml"))):
            yield path, item.read_bytes()

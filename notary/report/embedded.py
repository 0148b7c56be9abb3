"""The files that a PDF carries, taken out without trusting it: bounded in number and size, and no error but ours."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from typing import Any, Final

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import StreamObject

from notary.errors import ReportInvalid
from notary.proofs.bundle import MAX_BYTES as MAX_RECEIPTS_BYTES

MAX_PDF_BYTES: Final = 512 * 1024 * 1024
MAX_FILES: Final = 10_100  # evidence records, and two files of each side
MAX_TOTAL: Final = 2 * MAX_RECEIPTS_BYTES  # bytes of all of them, unpacked
MAX_NAME: Final = 200  # characters
MAX_PAGES: Final = 20_000
BROKEN: Final = (
    PyPdfError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # too deep, or not implemented
    AssertionError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What pypdf raises: its own errors, and others where a file is broken in ways that it does not expect."""

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # it says what is odd about a PDF, on standard error


def is_pdf(data: bytes) -> bool:
    """Whether a file calls itself one, as readers look for it."""
    return b"%PDF-" in data[:1024]


def files(pdf: bytes, most: int = MAX_TOTAL) -> dict[str, bytes]:
    """The embedded files by name.

    most  bytes of all of them, unpacked

    Raises ReportInvalid for what is no PDF, carries nothing, or too much, or two files of one name.
    """
    found: dict[str, bytes] = {}
    total = 0
    for name, stream in streams(open_pdf(pdf)):
        if name in found:
            raise ReportInvalid(f"the PDF carries two files named {name[:MAX_NAME]!r}")
        if len(found) >= MAX_FILES:
            raise ReportInvalid(f"the PDF carries more than {MAX_FILES} files")
        data = _unpacked(stream, most - total)
        total += len(data)
        found[name] = data
    if not found:
        raise ReportInvalid("the PDF carries no files, so no receipts")
    return found


def open_pdf(pdf: bytes) -> Any:
    """pypdf's reader.  Raises ReportInvalid."""
    if len(pdf) > MAX_PDF_BYTES:
        raise ReportInvalid(f"the PDF has {len(pdf)} bytes, at most {MAX_PDF_BYTES} are allowed")
    try:
        reader = pypdf.PdfReader(io.BytesIO(pdf), strict=False)
        if reader.is_encrypted:
            raise ReportInvalid("the PDF is encrypted")
        if len(reader.pages) > MAX_PAGES:
            raise ReportInvalid(f"the PDF has {len(reader.pages)} pages, at most {MAX_PAGES} are allowed")
    except ReportInvalid:
        raise
    except BROKEN as exc:
        raise ReportInvalid(f"the file is no PDF that can be read: {_said(exc)}") from exc
    return reader


def _said(exc: BaseException) -> str:
    return f"{type(exc).__name__}: {str(exc)[:200]}"


def streams(reader: Any) -> list[tuple[str, Any]]:
    """Names and streams of the name tree of embedded files, in its order.  Raises ReportInvalid."""
    found: list[tuple[str, Any]] = []
    try:
        names = reader.root_object.get("/Names")
        tree = names.get_object().get("/EmbeddedFiles") if names is not None else None
        waiting, seen = [tree] if tree is not None else [], 0
        while waiting:
            node = waiting.pop(0).get_object()
            seen += 1
            if seen > MAX_FILES:
                raise ReportInvalid(f"the PDF's tree of files has more than {MAX_FILES} nodes")
            waiting += list(node.get("/Kids", []))
            pairs = list(node.get("/Names", []))
            for spec in pairs[1::2]:
                if len(found) > MAX_FILES:
                    raise ReportInvalid(f"the PDF carries more than {MAX_FILES} files")
                whole = spec.get_object()
                name = str(whole.get("/UF") or whole.get("/F") or "")
                if not 0 < len(name) <= MAX_NAME:
                    raise ReportInvalid(f"a file in the PDF has a name of {len(name)} characters")
                found.append((name, whole["/EF"]["/F"].get_object()))
    except ReportInvalid:
        raise
    except BROKEN as exc:
        raise ReportInvalid(f"the files in the PDF cannot be read: {_said(exc)}") from exc
    return found


def _unpacked(stream: Any, most: int) -> bytes:
    """A stream's bytes, plain or deflated, at most `most`."""
    if not isinstance(stream, StreamObject):
        raise ReportInvalid("a file in the PDF is no stream")
    filters = stream.get("/Filter")
    if isinstance(filters, list):
        filters = filters[0] if len(filters) == 1 else "several"
    raw = bytes(stream._data)  # as they stand in the file; pypdf's own unpacking has no bound that we set
    if filters is None:
        data = raw
    elif filters == "/FlateDecode" and "/DecodeParms" not in stream:
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(raw, most + 1)
        except zlib.error as exc:
            raise ReportInvalid(f"a file in the PDF is damaged: {exc}") from exc
        if not unpacker.eof and len(data) <= most:
            raise ReportInvalid("a file in the PDF is cut off")
    else:
        raise ReportInvalid("a file in the PDF is packed in a way that no report uses")
    if len(data) > most:
        raise ReportInvalid(f"a file in the PDF has more than the {most} bytes that are left for it")
    return data

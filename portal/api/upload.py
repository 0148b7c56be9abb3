"""Read a multipart request as it streams in: the document goes through the hashes and is nowhere kept.

Parts: `receipt` (one), `document` (at most one; behind the receipt only the digests that it asks for are computed),
`trust` (at most one trusted-blocks file), `block` (any number of CHAIN:NUMBER:0xHASH).  Each has its bound; the bound
of the whole body is their sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from notary.errors import ReceiptInvalid
from notary.proofs.receipt import MAX_BYTES as MAX_RECEIPT
from notary.proofs.receipt import Receipt
from notary.sealing.hashing import EXTRA_DIGESTS
from notary.verdicts.verify import needed_digests
from portal.errors import BodyInvalid, BodyTooLarge

MAX_DOCUMENT: Final = 4 * 1024**3  # larger files are verified where they are
MAX_TRUST: Final = 1024 * 1024
MAX_BLOCK: Final = 128  # "chain:number:0xhash"
MAX_BLOCKS: Final = 64
_BOUNDS: Final = {"document": MAX_DOCUMENT, "receipt": MAX_RECEIPT, "trust": MAX_TRUST, "block": MAX_BLOCK}


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass
class Upload:
    """What a request carried; `size` and `digests` of the document, which is not kept.

    size   None when there was no document
    """

    receipt: bytes = b""
    trust: bytes | None = None
    blocks: list[str] = field(default_factory=list)
    size: int | None = None
    digests: dict[str, bytes] = field(default_factory=dict)


async def read_upload(content_type: str, chunks: AsyncIterator[bytes]) -> Upload:
    """Read a whole body.

    Raises BodyInvalid, BodyTooLarge.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise BodyInvalid(("send multipart/form-data with the parts receipt and document",))
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_field,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_headers_finished": reader.headers_finished,
                "on_part_data": reader.data,
                "on_part_end": reader.end,
                "on_end": reader.all,
            },
        )
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except MultipartParseError as exc:
        raise BodyInvalid((f"the body is no multipart/form-data: {exc}",)) from exc
    return reader.done()


class _Reader:
    """The parser's callbacks: collects small parts, hashes the document."""

    def __init__(self) -> None:
        self.upload = Upload()
        self._seen: set[str] = set()
        self._whole = False
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._part = ""
        self._bytes = bytearray()
        self._count = 0
        self._hashes: dict[str, _Hash] = {}

    def begin(self) -> None:
        self._disposition, self._part, self._count = b"", "", 0
        self._bytes.clear()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        name = parse_options_header(self._disposition)[1].get(b"name", b"").decode("utf-8", "replace")
        if name not in _BOUNDS:
            raise BodyInvalid((f"there is no part {name[:40]!r}; the parts are {', '.join(_BOUNDS)}",))
        if name != "block" and name in self._seen:
            raise BodyInvalid((f"the part {name!r} is there twice",))
        if name == "block" and len(self.upload.blocks) >= MAX_BLOCKS:
            raise BodyInvalid((f"more than {MAX_BLOCKS} blocks",))
        self._seen.add(name)
        self._part = name
        if name == "document":
            self._hashes = {name: hashlib.new(name) for name in self._needed()}

    def _needed(self) -> tuple[str, ...]:
        """The digests that the receipt asks for; all that one may ask for while it has not come yet."""
        if "receipt" not in self._seen:
            return ("sha256", *EXTRA_DIGESTS)
        try:
            return needed_digests(Receipt.from_bytes(self.upload.receipt))
        except ReceiptInvalid:
            return ("sha256",)

    def data(self, data: bytes, start: int, end: int) -> None:
        self._count += end - start
        if self._count > _BOUNDS[self._part]:
            raise BodyTooLarge(_BOUNDS[self._part])
        if self._part == "document":
            for each in self._hashes.values():
                each.update(memoryview(data)[start:end])
        else:
            self._bytes += data[start:end]

    def end(self) -> None:
        if self._part == "document":
            self.upload.size = self._count
            self.upload.digests = {name: each.digest() for name, each in self._hashes.items()}
        elif self._part == "receipt":
            self.upload.receipt = bytes(self._bytes)
        elif self._part == "trust":
            self.upload.trust = bytes(self._bytes)
        else:
            self.upload.blocks.append(self._bytes.decode("utf-8", "replace"))

    def all(self) -> None:
        self._whole = True

    def done(self) -> Upload:
        if not self._whole:
            raise BodyInvalid(("the body ends before its last boundary",))
        if "receipt" not in self._seen:
            raise BodyInvalid(("the part 'receipt' is missing",))
        return self.upload

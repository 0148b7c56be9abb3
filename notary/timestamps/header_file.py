"""A local file of Bitcoin headers: 80 bytes each, one after the other; the whole chain is 75 MB.

Bitcoin Core gives them with `getblockheader HASH false`, block by block. The file is read piece by piece, and is never
in memory as a whole.
"""

from __future__ import annotations

import os
from pathlib import Path

from notary.errors import BitcoinHeaderInvalid
from notary.timestamps.bitcoin import HEADER_BYTES, MAINNET, MAX_HEADERS, BlockHeader, HeaderChain, Network


class HeaderFile:
    """The headers in a file, checked as a chain (bitcoin.HeaderChain) when it is opened.

    first_height  of the first header in it

    Raises BitcoinHeaderInvalid, also when the file cannot be read; so does `at`, when it was cut off meanwhile.
    """

    def __init__(self, path: Path, first_height: int = 0, network: Network = MAINNET) -> None:
        self.chain = HeaderChain(_Bytes(path), first_height, network)

    def at(self, height: int) -> BlockHeader | None:
        return self.chain.at(height)


class _Bytes:
    """A file's bytes, read where they are asked for. Not mapped: a mapped file that shrinks ends the process."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._file = path.open("rb")
            self._size = self._file.seek(0, os.SEEK_END)
        except OSError as exc:
            raise BitcoinHeaderInvalid(f"{path.name} cannot be read: {exc.strerror}") from exc
        if not 0 < self._size <= MAX_HEADERS * HEADER_BYTES:
            raise BitcoinHeaderInvalid(
                f"{path.name} has {self._size} bytes, not {HEADER_BYTES} to {MAX_HEADERS * HEADER_BYTES}"
            )

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: slice, /) -> bytes:
        begin, end, _ = key.indices(self._size)
        try:
            self._file.seek(begin)
            data = self._file.read(end - begin)
        except OSError as exc:
            raise BitcoinHeaderInvalid(f"{self._name} cannot be read: {exc.strerror}") from exc
        if len(data) != end - begin:
            raise BitcoinHeaderInvalid(f"{self._name} was cut off while it was read, at byte {begin + len(data)}")
        return data

"""A local file of Bitcoin headers: 80 bytes each, one after the other; the whole chain is 75 MB.

Bitcoin Core writes one with `getblockheader HASH false` for each block; OpenTimestamps' users share them. The file is
mapped, not read: only what is looked at is in memory.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from notary.bitcoin import HEADER_BYTES, MAINNET, MAX_HEADERS, BlockHeader, HeaderChain, Network
from notary.errors import BitcoinHeaderInvalid


class HeaderFile:
    """The headers in a file, checked as a chain (bitcoin.HeaderChain) when it is opened.

    first_height  of the first header in it

    Raises BitcoinHeaderInvalid, also when the file cannot be read.
    """

    def __init__(self, path: Path, first_height: int = 0, network: Network = MAINNET) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                size = file.seek(0, 2)
                if not 0 < size <= MAX_HEADERS * HEADER_BYTES:
                    raise BitcoinHeaderInvalid(
                        f"{path.name} has {size} bytes, not {HEADER_BYTES} to {MAX_HEADERS * HEADER_BYTES}"
                    )
                mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        except OSError as exc:
            raise BitcoinHeaderInvalid(f"{path.name} cannot be read: {exc.strerror}") from exc
        self.chain = HeaderChain(mapped, first_height, network)

    def at(self, height: int) -> BlockHeader | None:
        return self.chain.at(height)

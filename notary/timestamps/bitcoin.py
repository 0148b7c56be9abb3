"""Bitcoin block headers, as far as a time stamp needs them: read, checked for work, chained.  Pure.

    header  = version (4) previous hash (32) merkle root (32) time (4) bits (4) nonce (4), integers little-endian
    hash    = SHA-256(SHA-256(header)); as a little-endian integer at most the target that `bits` encodes

A header is known from the verifier's side alone: as a single one that a person looked up in explorers and wrote into
the trust file, or in a file of all of them (notary/timestamps/header_file.py). Every check here makes a forgery dearer,
and catches a damaged file; none tells which chain people use. A chain from the genesis block on, with every target
recomputed, says by its `work` what it would have cost.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from notary.errors import BitcoinHeaderInvalid

HEADER_BYTES = 80
MAX_HEADERS = 4_000_000  # in one chain; Bitcoin has them around the year 2085
BLOCKS_PER_TARGET = 2016
SECONDS_PER_TARGET = 14 * 24 * 3600
MAX_FACTOR = 4  # by which the target changes at most, up or down
_FIELDS = struct.Struct("<I32s32sIII")

UNCERTAINTY_SECONDS = 2 * 3600
"""How far a block's time may be from the true one. Nodes refuse a header more than two hours ahead of their clock;
behind it, its time must only exceed the median of the eleven before, which is about one hour back and under miners'
influence: two hours on either side is the usual figure (OpenTimestamps shows days for this reason)."""


@dataclass(frozen=True, slots=True)
class Network:
    """Rules of one chain of blocks.

    name        as people write it
    limit_bits  of the easiest target that it allows
    genesis     32 bytes, hash of block 0 in header order
    retargets   whether the target is recomputed every BLOCKS_PER_TARGET blocks; if not, it never changes
    known       (height, hash in header order) of later blocks, which a chain of those heights must have
    """

    name: str
    limit_bits: int
    genesis: bytes
    retargets: bool
    known: tuple[tuple[int, bytes], ...] = ()


MAINNET: Final = Network(
    "mainnet",
    0x1D00FFFF,
    bytes.fromhex("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")[::-1],
    retargets=True,
    known=(  # their headers and what attests their heights: tests/vectors/ots_mainnet.json
        (358391, bytes.fromhex("000000000000000003e892881a8cdcdc117c06d444057c98b6f04a9ee75a2319")[::-1]),
        (428648, bytes.fromhex("000000000000000000ca478eb185560e1f1178746ee05e3d9bc9a31765f6f4a3")[::-1]),
    ),
)
REGTEST: Final = Network(
    "regtest",  # anybody makes its blocks in no time: for tests, and only where it is named
    0x207FFFFF,
    bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1],
    retargets=False,
)


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """A header whose hash meets its own target.

    previous, merkle_root, hash  32 bytes each, in header order (explorers show them reversed)
    time                         Unix seconds, uncertain by UNCERTAINTY_SECONDS
    bits                         the target, compact
    """

    version: int
    previous: bytes
    merkle_root: bytes
    time: int
    bits: int
    nonce: int
    hash: bytes

    @classmethod
    def from_bytes(cls, raw: bytes, network: Network = MAINNET) -> BlockHeader:
        """Read a header and check its work.  Raises BitcoinHeaderInvalid."""
        if len(raw) != HEADER_BYTES:
            raise BitcoinHeaderInvalid(f"a Bitcoin header has {HEADER_BYTES} bytes, this has {len(raw)}")
        version, previous, merkle_root, time, bits, nonce = _FIELDS.unpack(raw)
        digest = block_hash(raw)
        target = target_of(bits)
        if target > target_of(network.limit_bits):
            raise BitcoinHeaderInvalid(f"target {bits:#010x} is easier than {network.name} allows")
        if int.from_bytes(digest, "little") > target:
            raise BitcoinHeaderInvalid(f"block hash {digest[::-1].hex()} does not meet its target {bits:#010x}")
        return cls(version, previous, merkle_root, time, bits, nonce, digest)

    def to_bytes(self) -> bytes:
        """The 80 bytes that it was read from."""
        return _FIELDS.pack(self.version, self.previous, self.merkle_root, self.time, self.bits, self.nonce)


class Headers(Protocol):
    """Headers that the verifier knows."""

    def at(self, height: int) -> BlockHeader | None:
        """The header of that block, None if it is not among them."""


@dataclass(frozen=True, slots=True)
class KnownHeaders:
    """Single headers, by height: as in a trust file."""

    headers: Mapping[int, BlockHeader]

    def at(self, height: int) -> BlockHeader | None:
        return self.headers.get(height)


@dataclass(frozen=True, slots=True)
class HeaderSources:
    """Several sources as one.  `at` raises BitcoinHeaderInvalid when two know different headers of a height."""

    sources: Sequence[Headers]

    def at(self, height: int) -> BlockHeader | None:
        found = {header for source in self.sources if (header := source.at(height)) is not None}
        if len(found) > 1:
            hashes = " and ".join(sorted(header.hash[::-1].hex() for header in found))
            raise BitcoinHeaderInvalid(f"two headers are given for block {height}: {hashes}")
        return found.pop() if found else None


class Raw(Protocol):
    """Bytes that need not be in memory: `bytes`, or a mapped file."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> bytes: ...


class HeaderChain:
    """Consecutive headers, wholly checked when this is made.

        1. Each header has the hash of the one before it.
        2. Each hash meets its target, and no target is easier than the network allows.
        3. A target changes at multiples of BLOCKS_PER_TARGET alone, to what the times of the blocks before make it;
           where these begin before the chain does, by a factor of MAX_FACTOR at most.
        4. A chain from block 0 on begins with the network's genesis block, and has the later blocks that are known.

    raw           80 bytes a header
    first_height  of the first of them. For a chain that begins later than block 0 it is the maker's word, of which
                  rule 3 catches most mistakes

    The whole is checked, not a window around the block that is asked for. A window at an easy target costs a forger
    a minute, and so does a whole chain whose targets were kept easy from the beginning; one that has to pass through
    a known block of 2016 must go on from there at that block's target (2^68 hashes a block), and can make it easier
    by MAX_FACTOR once in BLOCKS_PER_TARGET blocks. A file that begins later than the known blocks lacks this. A
    million headers take 1.1 s (measured on one core, Python 3.11); objects are made for those asked for alone.

    Raises BitcoinHeaderInvalid.
    """

    def __init__(self, raw: Raw, first_height: int = 0, network: Network = MAINNET) -> None:
        if not raw or len(raw) % HEADER_BYTES:
            raise BitcoinHeaderInvalid(f"headers have {HEADER_BYTES} bytes each, {len(raw)} bytes are no whole number")
        if len(raw) // HEADER_BYTES > MAX_HEADERS:
            raise BitcoinHeaderInvalid(f"{len(raw) // HEADER_BYTES} headers, at most {MAX_HEADERS} are allowed")
        if first_height < 0:
            raise BitcoinHeaderInvalid(f"the first height is {first_height}, it cannot be below 0")
        self._raw, self.network = raw, network
        self.first_height = first_height
        self.last_height = first_height + len(raw) // HEADER_BYTES - 1
        self._check()

    def at(self, height: int) -> BlockHeader | None:
        if not self.first_height <= height <= self.last_height:
            return None
        return BlockHeader.from_bytes(self._slice(height, height + 1), self.network)

    def _slice(self, begin: int, end: int) -> bytes:
        first = self.first_height
        return self._raw[(begin - first) * HEADER_BYTES : (end - first) * HEADER_BYTES]

    def _check(self) -> None:
        """Raises BitcoinHeaderInvalid."""
        begin, previous = self.first_height, b""
        while begin <= self.last_height:
            end = min(begin + BLOCKS_PER_TARGET - begin % BLOCKS_PER_TARGET, self.last_height + 1)
            part = self._slice(begin, end)
            bits = int.from_bytes(part[72:76], "little")
            self._check_target(begin, bits)
            previous = self._check_part(begin, part, previous, bits)
            begin = end
        for height, known in self.network.known:
            raw = self._slice(height, height + 1) if self.first_height <= height <= self.last_height else b""
            if raw and block_hash(raw) != known:
                raise BitcoinHeaderInvalid(
                    f"block {height} is {block_hash(raw)[::-1].hex()}, {self.network.name} has {known[::-1].hex()}"
                )

    def _check_part(self, begin: int, part: bytes, previous: bytes, bits: int) -> bytes:
        """Check headers of one target.  Returns the last one's hash. previous: the hash before; empty if unknown."""
        sha256, from_bytes, target = hashlib.sha256, int.from_bytes, target_of(bits)
        bits_bytes = part[72:76]
        for start in range(0, len(part), HEADER_BYTES):
            raw = part[start : start + HEADER_BYTES]
            digest = sha256(sha256(raw).digest()).digest()
            if raw[4:36] != previous and previous:
                raise BitcoinHeaderInvalid(f"block {begin + start // HEADER_BYTES} does not follow the one before it")
            if raw[72:76] != bits_bytes:
                raise BitcoinHeaderInvalid(
                    f"block {begin + start // HEADER_BYTES} changes the target from {bits:#010x} between two multiples "
                    f"of {BLOCKS_PER_TARGET}"
                )
            if from_bytes(digest, "little") > target:
                raise BitcoinHeaderInvalid(
                    f"block {begin + start // HEADER_BYTES}: hash {digest[::-1].hex()} does not meet {bits:#010x}"
                )
            if not previous and begin == 0 and digest != self.network.genesis:
                raise BitcoinHeaderInvalid(
                    f"block 0 is {digest[::-1].hex()}, {self.network.name} begins with "
                    f"{self.network.genesis[::-1].hex()}"
                )
            previous = digest
        return previous

    def _check_target(self, height: int, bits: int) -> None:
        """Check the target that begins at `height`: a multiple of BLOCKS_PER_TARGET, or the chain's first."""
        limit = target_of(self.network.limit_bits)
        target = target_of(bits)
        if target > limit:
            raise BitcoinHeaderInvalid(f"block {height}: target {bits:#010x} is easier than {self.network.name} allows")
        if height == self.first_height:
            return
        last = _FIELDS.unpack(self._slice(height - 1, height))
        before = target_of(last[4])
        if not self.network.retargets:
            fits, expected = bits == last[4], f"{last[4]:#010x}"
        elif height - BLOCKS_PER_TARGET >= self.first_height:
            first = _FIELDS.unpack(self._slice(height - BLOCKS_PER_TARGET, height - BLOCKS_PER_TARGET + 1))
            right = next_bits(last[4], last[3] - first[3], self.network)
            fits, expected = bits == right, f"{right:#010x}"
        else:
            least, most = target_of(bits_of(before // MAX_FACTOR)), min(before * MAX_FACTOR, limit)
            fits, expected = least <= target <= most, f"within a factor of {MAX_FACTOR} of {last[4]:#010x}"
        if not fits:
            raise BitcoinHeaderInvalid(f"block {height} has target {bits:#010x}, it must be {expected}")


def block_hash(raw: bytes) -> bytes:
    """32 bytes, in header order."""
    return hashlib.sha256(hashlib.sha256(raw).digest()).digest()


def target_of(bits: int) -> int:
    """The target that compact `bits` encode.  Raises BitcoinHeaderInvalid: negative, zero, or beyond 256 bits."""
    size, word = bits >> 24, bits & 0x7FFFFF
    target = word >> 8 * (3 - size) if size < 3 else word << 8 * (size - 3)
    if bits & 0x800000 or not target or target >> 256:
        raise BitcoinHeaderInvalid(f"target {bits:#010x} is none")
    return target


def bits_of(target: int) -> int:
    """The compact form of a target, rounded down to three significant bytes; the first bit of these is never set."""
    size = (target.bit_length() + 7) // 8
    word = target << 8 * (3 - size) if size < 3 else target >> 8 * (size - 3)
    if word & 0x800000:
        word, size = word >> 8, size + 1
    return size << 24 | word


def next_bits(bits: int, seconds: int, network: Network) -> int:
    """The target after BLOCKS_PER_TARGET blocks of target `bits`, of which the last is `seconds` after the first."""
    seconds = min(max(seconds, SECONDS_PER_TARGET // MAX_FACTOR), SECONDS_PER_TARGET * MAX_FACTOR)
    return bits_of(min(target_of(bits) * seconds // SECONDS_PER_TARGET, target_of(network.limit_bits)))

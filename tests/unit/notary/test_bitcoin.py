from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import pytest
from support.calendar import GENESIS, RegtestChain, mined
from support.ots_bytes import mainnet

from notary.errors import BitcoinHeaderInvalid
from notary.timestamps import bitcoin
from notary.timestamps.bitcoin import (
    BLOCKS_PER_TARGET,
    MAINNET,
    REGTEST,
    BlockHeader,
    HeaderChain,
    HeaderSources,
    KnownHeaders,
    Network,
)
from notary.timestamps.header_file import HeaderFile

BLOCK_0 = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
    "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
BLOCK_1 = bytes.fromhex(
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee1467"
    "7ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"
)
EASY = Network("easy", 0x207FFFFF, hashlib.sha256(b"").digest(), retargets=True)  # regtest's work, mainnet's rules


def made(previous: bytes, time: int, bits: int = 0x207FFFFF, root: bytes = bytes(32)) -> bytes:
    """A header that meets `bits`."""
    head = struct.pack("<I32s32sII", 1, previous, root, time, bits)
    target = bitcoin.target_of(bits)
    for nonce in range(1 << 32):
        raw = head + struct.pack("<I", nonce)
        if int.from_bytes(bitcoin.block_hash(raw), "little") <= target:
            return raw
    raise AssertionError


def chain_of(count: int, spacing: int, first_time: int = 1_000_000) -> list[bytes]:
    headers = [made(bytes(32), first_time)]
    for i in range(1, count):
        headers.append(made(bitcoin.block_hash(headers[-1]), first_time + i * spacing))
    return headers


class TestBlockHeader:
    def test_mainnets_first_blocks_are_read(self) -> None:
        one = BlockHeader.from_bytes(BLOCK_1)
        assert one.hash[::-1].hex() == "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"
        assert one.previous == BlockHeader.from_bytes(BLOCK_0).hash == MAINNET.genesis
        assert (one.version, one.time, one.bits, one.nonce) == (1, 1231469665, 0x1D00FFFF, 0x9962E301)
        assert one.merkle_root[::-1].hex() == "0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098"

    def test_later_blocks_are_read(self) -> None:
        for raw in mainnet().headers.values():
            header = BlockHeader.from_bytes(raw)
            assert header.hash[-8:] == bytes(8) and header.to_bytes() == raw

    def test_regtests_first_block_is_read_where_regtest_is_named(self) -> None:
        assert BlockHeader.from_bytes(GENESIS, REGTEST).hash == REGTEST.genesis
        with pytest.raises(BitcoinHeaderInvalid, match="easier than mainnet"):
            BlockHeader.from_bytes(GENESIS)

    @pytest.mark.parametrize("size", [0, 79, 81])
    def test_another_length_is_refused(self, size: int) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match=f"80 bytes, this has {size}"):
            BlockHeader.from_bytes(bytes(size))

    def test_no_flip_of_a_bit_of_a_real_header_is_accepted(self) -> None:
        for bit in range(640):
            raw = bytearray(BLOCK_1)
            raw[bit // 8] ^= 1 << bit % 8
            with pytest.raises(BitcoinHeaderInvalid):
                BlockHeader.from_bytes(bytes(raw))


class TestTargets:
    @pytest.mark.parametrize(
        ("bits", "target"),
        [
            (0x1D00FFFF, 0xFFFF << 208),
            (0x181686F5, 0x1686F5 << 168),
            (0x03123456, 0x123456),
            (0x02123400, 0x1234),
            (0x01120000, 0x12),
            (0x207FFFFF, 0x7FFFFF << 232),
        ],
    )
    def test_compact_targets_are_read_and_written(self, bits: int, target: int) -> None:
        assert bitcoin.target_of(bits) == target
        assert bitcoin.bits_of(target) == bits

    def test_a_target_whose_first_bit_is_set_gets_another_byte(self) -> None:
        assert bitcoin.bits_of(0x80) == 0x02008000
        assert bitcoin.bits_of(0x92340000) == 0x05009234

    @pytest.mark.parametrize(
        "bits", [0, 0x01000000, 0x1D000000, 0x01FEDCBA, 0x04923456, 0x2100FFFF + (1 << 24), 0xFF123456]
    )
    def test_a_target_that_is_none_is_refused(self, bits: int) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match="is none"):
            bitcoin.target_of(bits)

    @pytest.mark.parametrize(
        ("bits", "seconds", "after"),
        [  # mainnet's own: blocks 2015, 32255, 68543, 46367, with the times of the first and last of their 2016
            (0x1D00FFFF, 1233061996 - 1231006505, 0x1D00FFFF),
            (0x1D00FFFF, 1262152739 - 1261130161, 0x1D00D86A),
            (0x1C05A3F4, 1279297671 - 1279008237, 0x1C0168FD),
            (0x1C387F6F, 1269211443 - 1263163443, 0x1D00E1FD),
        ],
    )
    def test_the_next_target_is_mainnets(self, bits: int, seconds: int, after: int) -> None:
        assert bitcoin.next_bits(bits, seconds, MAINNET) == after

    def test_the_next_target_changes_by_the_factor_4_at_most(self) -> None:
        two_weeks, bits = 14 * 24 * 3600, 0x1B0404CB
        assert bitcoin.next_bits(bits, two_weeks, MAINNET) == bits
        assert bitcoin.next_bits(bits, 4 * two_weeks, MAINNET) == bitcoin.next_bits(bits, 99 * two_weeks, MAINNET)
        assert bitcoin.next_bits(bits, two_weeks // 4, MAINNET) == bitcoin.next_bits(bits, -5, MAINNET)


class TestHeaderChain:
    def test_mainnets_first_blocks_are_a_chain(self) -> None:
        chain = HeaderChain(BLOCK_0 + BLOCK_1)
        assert (chain.first_height, chain.last_height) == (0, 1)
        assert chain.at(1) == BlockHeader.from_bytes(BLOCK_1)
        assert chain.at(2) is None and chain.at(-1) is None

    def test_a_chain_that_begins_elsewhere_counts_from_there(self) -> None:
        chain = HeaderChain(BLOCK_1, 1)
        assert chain.at(0) is None and chain.at(1) is not None and chain.at(2) is None

    def test_another_first_block_is_refused(self) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match="mainnet begins with 000000000019d668"):
            HeaderChain(BLOCK_1)
        with pytest.raises(BitcoinHeaderInvalid, match="regtest begins with 0f9188f1"):
            HeaderChain(mined(bytes(32), bytes(32), 1), 0, REGTEST)

    @pytest.mark.parametrize("data", [b"", BLOCK_0[:-1], BLOCK_0 + b"\0"])
    def test_bytes_that_are_no_whole_headers_are_refused(self, data: bytes) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match="80 bytes each"):
            HeaderChain(data)

    def test_too_many_headers_and_a_height_below_0_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match="cannot be below 0"):
            HeaderChain(BLOCK_1, -1)
        monkeypatch.setattr(bitcoin, "MAX_HEADERS", 1)
        HeaderChain(BLOCK_0)
        with pytest.raises(BitcoinHeaderInvalid, match="2 headers, at most 1"):
            HeaderChain(BLOCK_0 + BLOCK_1)

    def test_a_block_that_does_not_follow_is_refused_with_its_height(self) -> None:
        chain = RegtestChain()
        for _ in range(4):
            chain.add(bytes(32))
        HeaderChain(b"".join(chain.headers), 0, REGTEST)
        for gone in (1, 2, 3):
            rest = b"".join(chain.headers[:gone] + chain.headers[gone + 1 :])
            with pytest.raises(BitcoinHeaderInvalid, match=f"block {gone} does not follow"):
                HeaderChain(rest, 0, REGTEST)

    def test_a_block_without_work_is_refused_with_its_height(self) -> None:
        raw = next(
            raw
            for nonce in range(1 << 32)
            if bitcoin.block_hash(raw := mined(REGTEST.genesis, bytes(32), 5)[:76] + struct.pack("<I", nonce))[-1]
            >= 128
        )
        with pytest.raises(BitcoinHeaderInvalid, match=r"block 1: hash \w+ does not meet"):
            HeaderChain(GENESIS + raw, 0, REGTEST)

    def test_no_flip_of_a_bit_of_a_chain_is_accepted_but_of_its_last_block(self) -> None:
        chain = RegtestChain()
        for _ in range(3):
            chain.add(bytes(32))
        data = b"".join(chain.headers)
        for bit in range(8 * 80 * 3):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(BitcoinHeaderInvalid):
                HeaderChain(bytes(changed), 0, REGTEST)

    def test_regtests_target_never_changes(self) -> None:
        first = made(bytes(32), 1, 0x207FFFFF)
        other = made(bitcoin.block_hash(first), 2, 0x203FFFFF)
        with pytest.raises(BitcoinHeaderInvalid, match="must be 0x207fffff"):
            HeaderChain(first + other, BLOCKS_PER_TARGET - 1, REGTEST)

    def test_a_target_changes_only_at_multiples_of_2016(self) -> None:
        first = made(bytes(32), 1, 0x207FFFFF)
        harder = made(bitcoin.block_hash(first), 2, 0x203FFFFF)
        assert HeaderChain(first + harder, BLOCKS_PER_TARGET - 1, EASY).last_height == BLOCKS_PER_TARGET
        for height in (BLOCKS_PER_TARGET - 2, BLOCKS_PER_TARGET):
            with pytest.raises(BitcoinHeaderInvalid, match=f"block {height + 1} changes the target"):
                HeaderChain(first + harder, height, EASY)

    def test_a_target_changes_by_the_factor_4_at_most_where_the_times_are_not_in_the_chain(self) -> None:
        first = made(bytes(32), 1, 0x207FFFFF)
        digest = bitcoin.block_hash(first)
        HeaderChain(first + made(digest, 2, 0x201FFFFF), BLOCKS_PER_TARGET - 1, EASY)
        with pytest.raises(BitcoinHeaderInvalid, match="within a factor of 4 of 0x207fffff"):
            HeaderChain(first + made(digest, 2, 0x201FFFFE), BLOCKS_PER_TARGET - 1, EASY)
        first = made(bytes(32), 1, 0x200FFFFF)
        digest = bitcoin.block_hash(first)
        HeaderChain(first + made(digest, 2, 0x203FFFFC), BLOCKS_PER_TARGET - 1, EASY)
        with pytest.raises(BitcoinHeaderInvalid, match="within a factor of 4"):
            HeaderChain(first + made(digest, 2, 0x203FFFFD), BLOCKS_PER_TARGET - 1, EASY)

    def test_the_target_is_recomputed_from_the_times_in_the_chain(self) -> None:
        """Half the time that was meant: half the target; the first and last of the 2016 are taken, 2015 intervals."""
        headers = chain_of(BLOCKS_PER_TARGET, 300)
        right = bitcoin.next_bits(0x207FFFFF, 300 * (BLOCKS_PER_TARGET - 1), EASY)
        assert right not in (0x207FFFFF, 0x203FFFFF)
        digest, base = bitcoin.block_hash(headers[-1]), BLOCKS_PER_TARGET
        good = made(digest, 9, right)
        chain = HeaderChain(b"".join(headers) + good, base, EASY)
        assert chain.at(2 * base) == BlockHeader.from_bytes(good, EASY)
        for wrong in (right - 1, right + 1, 0x207FFFFF):
            with pytest.raises(BitcoinHeaderInvalid, match=f"block {2 * base} has target {wrong:#010x}, it must be"):
                HeaderChain(b"".join(headers) + made(digest, 9, wrong), base, EASY)

    @pytest.mark.parametrize(
        ("first", "fits"), [(8, True), (9, False), (10, True), (11, False), (12, False), (13, True)]
    )
    def test_a_chain_that_has_the_height_of_a_known_block_must_have_the_block(self, first: int, fits: bool) -> None:
        """Four blocks; the third of them is known as block 12."""
        headers = chain_of(4, 600)
        network = Network("made", 0x207FFFFF, bytes(32), True, ((12, bitcoin.block_hash(headers[2])),))
        if fits:  # the block is where it belongs, or its height is before or behind the chain
            HeaderChain(b"".join(headers), first, network)
            return
        with pytest.raises(BitcoinHeaderInvalid, match=r"block 12 is \w+, made has"):
            HeaderChain(b"".join(headers), first, network)

    def test_mainnets_known_blocks_are_those_of_the_vectors(self) -> None:
        assert dict(MAINNET.known) == {h: bitcoin.block_hash(raw) for h, raw in mainnet().headers.items()}
        for height, raw in mainnet().headers.items():
            assert HeaderChain(raw, height).at(height) is not None
        with pytest.raises(BitcoinHeaderInvalid, match="block 358391 is"):
            HeaderChain(mainnet().headers[428648], 358391)

    def test_a_target_easier_than_the_network_allows_is_refused(self) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match="easier than mainnet allows"):
            HeaderChain(mined(bytes(32), bytes(32), 1), 5)


class TestHeaderFile:
    def test_a_file_gives_its_headers(self, tmp_path: Path) -> None:
        chain = RegtestChain()
        height = chain.add(hashlib.sha256(b"root").digest())
        known = HeaderFile(chain.write(tmp_path / "headers"), 0, REGTEST)
        found = known.at(height)
        assert found is not None and found.merkle_root == hashlib.sha256(b"root").digest()
        assert known.at(height + 1) is None and known.chain.first_height == 0

    def test_a_file_that_begins_later_needs_its_first_height(self, tmp_path: Path) -> None:
        (tmp_path / "headers").write_bytes(BLOCK_1)
        assert HeaderFile(tmp_path / "headers", 1).at(1) == BlockHeader.from_bytes(BLOCK_1)
        with pytest.raises(BitcoinHeaderInvalid, match="begins with"):
            HeaderFile(tmp_path / "headers")

    def test_a_file_that_is_missing_empty_or_a_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        for name in ("missing", "empty", "."):
            with pytest.raises(BitcoinHeaderInvalid) as caught:
                HeaderFile(tmp_path / name)
            assert str(tmp_path.parent) not in str(caught.value)

    def test_a_file_that_is_cut_off_while_it_is_in_use_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "headers").write_bytes(BLOCK_0 + BLOCK_1)
        known = HeaderFile(tmp_path / "headers")
        os.truncate(tmp_path / "headers", 100)
        with pytest.raises(BitcoinHeaderInvalid, match="cut off while it was read, at byte 100"):
            known.at(1)

    def test_a_file_of_another_size_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "headers").write_bytes(BLOCK_0 + b"\n")
        with pytest.raises(BitcoinHeaderInvalid, match="81 bytes"):
            HeaderFile(tmp_path / "headers")


class TestSources:
    ONE, TWO = BlockHeader.from_bytes(BLOCK_0), BlockHeader.from_bytes(BLOCK_1)

    def test_the_first_source_that_knows_a_height_answers(self) -> None:
        sources = HeaderSources([KnownHeaders({5: self.ONE}), KnownHeaders({5: self.ONE, 6: self.TWO})])
        assert (sources.at(5), sources.at(6), sources.at(7)) == (self.ONE, self.TWO, None)

    def test_sources_that_contradict_each_other_are_refused(self) -> None:
        with pytest.raises(BitcoinHeaderInvalid, match="two headers are given for block 5"):
            HeaderSources([KnownHeaders({5: self.ONE}), KnownHeaders({5: self.TWO})]).at(5)

"""verify.html reads a file of Bitcoin headers as `tallystick verify --bitcoin-headers` does."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support import sealed
from support.browser_verifier import DIGESTS, node_path, run_core, run_page, same
from support.calendar import GENESIS, RegtestChain, mined
from support.ots_bytes import mainnet
from support.stamped import ots_anchor

from notary.errors import BitcoinHeaderInvalid
from notary.timestamps.bitcoin import BLOCKS_PER_TARGET, MAINNET, REGTEST, HeaderChain, Network, block_hash, next_bits
from notary.verdicts.trust import Trust
from notary.verdicts.verify import Verifier
from portal.trust_files import trust_headers

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
in_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here (Debian: apt-get install chromium)")
HEIGHT = 358391
BLOCK_0 = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
    "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
BLOCK_1 = bytes.fromhex(
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee1467"
    "7ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"
)
EASY = replace(REGTEST, name="easy", retargets=True)  # regtest's work, mainnet's rules


@dataclass(frozen=True)
class GivenHeaders:
    """A file of headers, as a network would have it."""

    data: bytes
    first: int = 0
    network: Network = MAINNET

    def line(self) -> str:
        other: dict[str, Any] = {}
        if self.network is not MAINNET:
            other = {
                "name": self.network.name,
                "limitBits": self.network.limit_bits,
                "retargets": self.network.retargets,
                "genesis": encoded(self.network.genesis),
                "known": [],
            }
        return json.dumps({"headers": encoded(self.data), "first": self.first, "network": other})

    def python(self) -> str:
        try:
            HeaderChain(self.data, self.first, self.network)
        except BitcoinHeaderInvalid as exc:
            return str(exc)
        return ""


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def harder(previous: bytes, bits: int, time: int = 9) -> bytes:
    """A header of other work than regtest's; its target is not far from that."""
    for at in range(1 << 16):
        raw = mined(previous, at.to_bytes(32, "big"), time)
        raw = raw[:72] + bits.to_bytes(4, "little") + raw[76:]
        if int.from_bytes(block_hash(raw), "little") >> 240 < (bits & 0x7FFFFF) >> 8:
            return raw
    raise AssertionError("no header was found")


def files() -> list[GivenHeaders]:
    chain = RegtestChain()
    for _ in range(4):
        chain.add(bytes(32))
    regtest = b"".join(chain.headers)
    long = RegtestChain(block_seconds=300)
    for _ in range(2 * BLOCKS_PER_TARGET - 1):
        long.add(bytes(32))
    whole = b"".join(long.headers[BLOCKS_PER_TARGET:])
    last = block_hash(long.headers[-1])
    right = next_bits(0x207FFFFF, 300 * (BLOCKS_PER_TARGET - 1), EASY)
    found = [
        GivenHeaders(BLOCK_0 + BLOCK_1),
        GivenHeaders(BLOCK_1, 1),
        GivenHeaders(BLOCK_1),
        GivenHeaders(BLOCK_1 + BLOCK_0),
        GivenHeaders(BLOCK_0[:-1]),
        GivenHeaders(BLOCK_0[:72] + bytes(8)),
        GivenHeaders(GENESIS, 5),
        GivenHeaders(mainnet().headers[428648], HEIGHT),
        GivenHeaders(regtest, 0, REGTEST),
        GivenHeaders(regtest, 0, EASY),
        GivenHeaders(regtest[:160] + regtest[240:], 0, REGTEST),
        GivenHeaders(regtest[80:], BLOCKS_PER_TARGET - 2, REGTEST),
        *(GivenHeaders(raw, height) for height, raw in mainnet().headers.items()),
        *(GivenHeaders(whole + harder(last, bits), BLOCKS_PER_TARGET, EASY) for bits in (right, right - 1, 0x207FFFFF)),
        *(
            GivenHeaders(whole[-80:] + harder(last, bits), 2 * BLOCKS_PER_TARGET - 1, EASY)
            for bits in (right, 0x200FFFFF)
        ),
        GivenHeaders(whole[-80:] + harder(last, right), 2 * BLOCKS_PER_TARGET - 1, REGTEST),
        GivenHeaders(whole[-80:] + harder(last, right), 2 * BLOCKS_PER_TARGET - 2, EASY),
    ]
    for bit in range(0, 8 * len(regtest), 61):
        changed = bytearray(regtest)
        changed[bit // 8] ^= 1 << bit % 8
        found.append(GivenHeaders(bytes(changed), 0, REGTEST))
    return found


@pytest.fixture(scope="module")
def node() -> str:
    return node_path() or pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")


class TestCore:
    def test_a_chain_of_headers_is_accepted_or_refused_in_the_words_of_python(self, tmp_path: Path, node: str) -> None:
        given = files()
        python = [one.python() for one in given]
        assert python.count("") >= 6
        for word in (
            "follow",
            "changes the target",
            "does not meet",
            "begins with",
            "whole number",
            "easier",
            "is none",
        ):
            assert any(word in text for text in python), word
        for word in ("must be 0x", "within a factor", f"block {HEIGHT} is"):
            assert any(word in text for text in python), word
        assert run_core(given, tmp_path, node) == python


@in_chromium
class TestPage:
    def run(self, node: str, *runs: dict[str, Any]) -> list[dict[str, Any]]:
        document, receipt, _ = sealed.sample()
        anchored = replace(receipt, anchors=(ots_anchor(receipt.note, height=HEIGHT)[0],))
        name = str(anchored.shown()["name"])
        given = [[f"{name}.receipt.json", encoded(anchored.to_bytes())], [name, encoded(document)]]
        return run_page([{"files": given, **one} for one in runs], node, CHROMIUM)

    def test_a_header_of_the_file_decides_as_in_python(self, node: str, tmp_path: Path) -> None:
        document, receipt, _ = sealed.sample()
        anchored = replace(receipt, anchors=(ots_anchor(receipt.note, height=HEIGHT)[0],))
        raw = mainnet().headers[HEIGHT]
        (tmp_path / "headers").write_bytes(raw)
        trust = trust_headers(Trust(), [], [f"{tmp_path / 'headers'}@{HEIGHT}"], [anchored])
        python = Verifier(trust).verify(anchored, sealed.document_of(document, DIGESTS)).to_json()
        (shown,) = self.run(node, {"headers": ["headers", encoded(raw), HEIGHT]})
        assert python["reason"] == "bitcoin-root-differs"
        assert same(python, shown["verdicts"][0])
        without, elsewhere = self.run(node, {}, {"headers": ["headers", encoded(raw), HEIGHT + 1]})
        assert without["verdicts"][0]["reason"] == "bitcoin-header-unknown"
        assert elsewhere["verdicts"][0]["reason"] == "bitcoin-header-unknown"

    def test_a_file_that_is_no_chain_is_refused_and_nothing_is_judged_with_it(self, node: str) -> None:
        wrong, height, good = self.run(
            node,
            {"headers": ["headers", encoded(BLOCK_1 + BLOCK_0), 0]},
            {"headers": ["headers", encoded(BLOCK_0), "-1"]},
            {"headers": ["headers", encoded(BLOCK_0), 0]},
        )
        assert "mainnet begins with 000000000019d668" in wrong["fault"]
        assert height["fault"] == "'-1' is no height of a block"
        assert wrong["verdicts"] == height["verdicts"] == []
        assert good["fault"] == "" and len(good["verdicts"]) == 1

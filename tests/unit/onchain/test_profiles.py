"""Chain profiles: the shipped ones are complete, broken ones are refused with the member's name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from onchain.errors import ProfileInvalid, UnknownChain
from onchain.profiles import (
    MAX_DEPTH,
    MAX_PROFILES_BYTES,
    MAX_SOURCE,
    ChainProfile,
    profile,
    read_profiles,
    shipped_profiles,
)

GOOD: dict[str, Any] = {
    "chain_id": 7,
    "name": "seven",
    "finality": "depth:12",
    "receipts": "mpt",
    "fees": "legacy",
    "explorer": "",
    "dev": False,
    "block_seconds": 5,
    "genesis": "0x" + "ab" * 32,
}


class TestShipped:
    def test_the_named_chains_are_there(self) -> None:
        ids = [p.chain_id for p in shipped_profiles()]
        assert ids == [1, 10, 100, 137, 324, 1337, 8453, 31337, 31338, 42161, 11155111]

    def test_only_the_local_chains_are_dev_and_pin_no_genesis_with_zksync(self) -> None:
        assert [p.chain_id for p in shipped_profiles() if p.dev] == [1337, 31337, 31338]
        assert [p.chain_id for p in shipped_profiles() if p.genesis is None] == [324, 1337, 31337, 31338]

    def test_each_says_who_says_so_and_an_l2_on_which_chain_it_settles(self) -> None:
        assert all(p.source for p in shipped_profiles())
        assert [p.chain_id for p in shipped_profiles() if p.l1 == 1] == [10, 324, 8453, 42161]
        assert [p.chain_id for p in shipped_profiles() if p.l1 not in (None, 1)] == []

    def test_what_final_rests_on_is_said_in_words(self) -> None:
        assert profile(1).finality_in_words == "final"
        assert profile(10).finality_in_words == "final with its L1, chain 1"
        deep = ChainProfile.from_mapping(GOOD)
        assert deep.finality_in_words == "12 blocks deep"
        assert (
            dataclasses.replace(deep, l1=1).finality_in_words
            == "12 blocks deep by the sequencer's word, its L1 not asked"
        )

    def test_zksync_says_that_it_has_no_provable_receipts(self) -> None:
        assert profile(324).receipts == "none"
        assert profile(1).receipts == "mpt"

    def test_unknown_chain_is_an_error_that_names_it(self) -> None:
        with pytest.raises(UnknownChain, match="999999"):
            profile(999999)


class TestFromMapping:
    def test_a_good_profile_is_read(self) -> None:
        read = ChainProfile.from_mapping(GOOD)
        assert (read.chain_id, read.depth, read.genesis) == (7, 12, b"\xab" * 32)

    def test_the_finalized_tag_has_no_depth(self) -> None:
        assert ChainProfile.from_mapping({**GOOD, "finality": "tag:finalized"}).depth is None

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("chain_id", 0),
            ("chain_id", 2**53),
            ("chain_id", "7"),
            ("chain_id", True),
            ("name", ""),
            ("finality", "depth:0"),
            ("finality", f"depth:{MAX_DEPTH + 1}"),
            ("finality", "tag:safe"),
            ("receipts", "ssz"),
            ("fees", "none"),
            ("explorer", "http://plain.example"),
            ("dev", 1),
            ("block_seconds", 0),
            ("genesis", "0x12"),
            ("genesis", "0x" + "AB" * 32),
            ("l1", 0),
            ("l1", 7),
            ("l1", True),
            ("l1", "1"),
            ("source", 1),
            ("source", "two\nlines"),
            ("source", "x" * (MAX_SOURCE + 1)),
            ("colour", "red"),
        ],
    )
    def test_a_wrong_member_is_refused(self, member: str, value: object) -> None:
        with pytest.raises(ProfileInvalid):
            ChainProfile.from_mapping({**GOOD, member: value})

    def test_boundaries_pass(self) -> None:
        ChainProfile.from_mapping({**GOOD, "chain_id": 2**53 - 1, "finality": f"depth:{MAX_DEPTH}", "genesis": None})


class TestWorkspaceFile:
    def test_a_workspace_adds_and_overrides(self, tmp_path: Path) -> None:
        own = tmp_path / "profiles.json"
        own.write_text(json.dumps([GOOD, {**GOOD, "chain_id": 1, "name": "mine"}]), encoding="utf-8")
        assert profile(7, own).name == "seven"
        assert profile(1, own).name == "mine"
        assert profile(10, own).name == "OP Mainnet"
        assert profile(1, tmp_path / "missing.json").name == "Ethereum"

    @pytest.mark.parametrize(
        "text",
        ["", "{}", "[1]", json.dumps([GOOD, GOOD]), "[" * 100_000, " " * (MAX_PROFILES_BYTES + 1)],
        ids=["empty", "object", "number", "twice", "deep", "large"],
    )
    def test_a_broken_file_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "profiles.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ProfileInvalid):
            read_profiles(path)

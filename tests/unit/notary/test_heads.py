from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest
from reference import merkle_reference as reference

from notary.errors import FormatInvalid
from notary.log import merkle
from notary.log.heads import CaseHead, HeadMap, HeadsLeaf, blinded_case

HEADS = [CaseHead(blinded_case(bytes([n]) * 32), n + 1, bytes([n]) * 32, n + 2, n, bytes([n]) * 32) for n in range(7)]


class TestBlindedCase:
    def test_it_is_an_hmac_of_the_case_secret(self) -> None:
        assert blinded_case(b"s" * 32) == hmac.digest(b"s" * 32, b"tallystick/case/v1", hashlib.sha256)


class TestHeadMap:
    def test_the_root_is_over_the_sorted_entries(self) -> None:
        entries = [head.to_bytes() for head in sorted(HEADS, key=lambda head: head.case.hex())]
        assert HeadMap(HEADS).root == HeadMap(HEADS[::-1]).root == reference.mth(entries)

    def test_each_case_is_proven(self) -> None:
        heads = HeadMap(HEADS)
        for head in HEADS:
            found, index, path = heads.prove(head.case)
            assert found == head
            merkle.verify_inclusion(merkle.leaf_hash(head.to_bytes()), index, len(HEADS), path, heads.root)

    def test_an_unknown_case_is_a_key_error(self) -> None:
        with pytest.raises(KeyError):
            HeadMap(HEADS).prove(b"\0" * 32)

    def test_two_heads_of_one_case_are_refused(self) -> None:
        with pytest.raises(ValueError, match="two heads"):
            HeadMap([*HEADS, replace(HEADS[0], count=9)])

    def test_an_entry_is_canonical_json(self) -> None:
        head = CaseHead(b"\1" * 32, 2, b"\3" * 32, 5, 1, b"\4" * 32)
        ended = f'{{"n":1,"r":"{"04" * 32}"}}'
        text = f'{{"case":"{"01" * 32}","count":2,"custody":5,"ended":{ended},"head":"{"03" * 32}"}}'
        assert head.to_bytes().decode() == text


class TestHeadsLeaf:
    @pytest.mark.parametrize("previous", [None, 0, 41])
    def test_a_leaf_reads_back(self, previous: int | None) -> None:
        leaf = HeadMap(HEADS).leaf(previous, b"\5" * 32)
        assert HeadsLeaf.from_bytes(leaf.to_bytes()) == leaf
        assert (leaf.cases, leaf.previous, leaf.batch) == (7, previous, b"\5" * 32)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            '{"n":1,"p":null,"r":"RR","t":"claim"}',
            '{"n":1,"p":null,"r":"R","s":"SS","t":"heads"}',
            '{"n":-1,"p":null,"r":"RR","s":"SS","t":"heads"}',
            '{"n":true,"p":null,"r":"RR","s":"SS","t":"heads"}',
            '{"n":1,"p":-1,"r":"RR","s":"SS","t":"heads"}',
            '{"n":1,"p":"0","r":"RR","s":"SS","t":"heads"}',
            '{"n":1,"p":null,"r":"RR","s":"SS","t":"heads","x":1}',
            '{"p":null,"n":1,"r":"RR","s":"SS","t":"heads"}',
            '{"n":1,"p":null,"r":"RR","s":"SS","t":"heads"} ',
            '{"n":1,"p":null,"r":5,"s":"SS","t":"heads"}',
            '{"n":1,"p":null,"r":"RR","s":5,"t":"heads"}',
            '{"n":1,"p":null,"r":"RR","s":null,"t":"heads"}',
            '{"n":1,"p":null,"r":"RR","s":"","t":"heads"}',
            '{"n":1,"p":null,"r":"RR","t":"heads"}',
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(FormatInvalid):
            HeadsLeaf.from_bytes(text.replace("RR", "ab" * 32).replace("SS", "cd" * 32).encode())

"""portal.papers: what goes from party to party is read back the same, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.errors import FileTooLarge, PaperInvalid
from portal.papers import MAX_BYTES, Paper
from settlement.errors import DocumentInvalid
from tests.support import papers
from tests.support.papers import BOOK, MODULE, escrow_paper


def plan_paper(**changes: Any) -> Paper:
    return replace(papers.plan_paper(), **changes)


class TestRoundTrip:
    @pytest.mark.parametrize("paper", [plan_paper(), escrow_paper(), plan_paper(agreement=None, jurisdiction=None)])
    def test_a_paper_is_read_back_the_same(self, paper: Paper, tmp_path: Path) -> None:
        (tmp_path / "p.json").write_bytes(paper.to_bytes())
        assert Paper.read(tmp_path / "p.json") == paper

    def test_signatures_travel_and_change_no_id(self) -> None:
        paper = plan_paper()
        signed = paper.with_signature("creditor", b"\7" * 65)
        assert signed.id == paper.id
        assert not signed.signed
        both = Paper.from_bytes(signed.with_signature("debtor", b"\x08" * 200).to_bytes())
        assert both.signed
        assert both.signatures == (b"\x08" * 200, b"\7" * 65)

    def test_the_id_is_of_chain_and_book(self) -> None:
        ids = {plan_paper().id, plan_paper(chain_id=1).id, plan_paper(book=MODULE).id, escrow_paper().id}
        assert len(ids) == 4

    def test_typed_data_names_chain_and_contract(self) -> None:
        domain: Any = plan_paper().typed_data["domain"]
        assert (int(domain["chainId"]), domain["verifyingContract"].lower()) == (31338, BOOK)


def changed(**members: object) -> bytes:
    top = json.loads(plan_paper().to_bytes())
    for name, value in members.items():
        if value is None:
            del top[name]
        else:
            top[name] = value
    return json.dumps(top).encode()


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "no JSON"),
            (b"\xff", "no JSON"),
            (b"[" * 100_000, "no JSON"),
            (b"[]", "no JSON object"),
            (b'{"format": 1, "format": 2}', "twice"),
            (changed(format="tallystick/other"), "neither"),
            (changed(version=2), "version"),
            (changed(version=True), "version"),
            (changed(book=None), "'book'"),
            (changed(extra=1), "'extra'"),
            (changed(name=""), "name"),
            (changed(name="a\nb"), "name"),
            (changed(name="x" * 81), "name"),
            (changed(chain_id="31338"), "chain_id"),
            (changed(chain_id=0), "chain_id"),
            (changed(decimals=37), "decimals"),
            (changed(book="0x12"), "book"),
            (changed(terms=[]), "terms"),
            (changed(signatures={"debtor": None}), "signatures"),
            (changed(signatures={"debtor": None, "payer": None}), "signatures"),
            (changed(signatures={"debtor": "0xAB", "creditor": None}), "debtor"),
            (changed(signatures={"debtor": "0x" + "00" * 8193, "creditor": None}), "debtor"),
            (changed(agreement={"sha256": "ab" * 32}), "agreement"),
            (changed(agreement={"sha256": "ac" * 32, "salt": "0x" + "01" * 32}), "do not lead"),
            (changed(agreement={"sha256": "zz", "salt": "0x" + "01" * 32}), "hex"),
            (changed(agreement={"sha256": "ab" * 32, "salt": "0x01"}), "32"),
            (changed(jurisdiction={"tag": "BR-company", "salt": "0x" + "02" * 32}), "do not lead"),
        ],
    )
    def test_a_file_that_is_no_paper_is_refused_with_its_reason(self, data: bytes, says: str) -> None:
        with pytest.raises(PaperInvalid) as caught:
            Paper.from_bytes(data)
        assert says in str(caught.value)

    def test_collateral_that_was_not_signed_is_refused(self) -> None:
        top = json.loads(plan_paper().to_bytes())
        top["collateral_terms"]["amount"] = "1"
        with pytest.raises(PaperInvalid, match="collateral"):
            Paper.from_bytes(json.dumps(top).encode())
        top["collateral_terms"] = None
        with pytest.raises(PaperInvalid, match="collateral"):
            Paper.from_bytes(json.dumps(top).encode())

    def test_terms_that_are_none_are_refused_by_their_own_reader(self) -> None:
        top = json.loads(plan_paper().to_bytes())
        top["terms"]["total"] = 1.5
        with pytest.raises(DocumentInvalid):
            Paper.from_bytes(json.dumps(top).encode())

    def test_the_largest_file_is_read_and_one_byte_more_is_not(self, tmp_path: Path) -> None:
        data = plan_paper().to_bytes()
        (tmp_path / "p").write_bytes(data + b" " * (MAX_BYTES - len(data)))
        assert Paper.read(tmp_path / "p") == plan_paper()
        (tmp_path / "p").write_bytes(data + b" " * (MAX_BYTES - len(data) + 1))
        with pytest.raises(FileTooLarge):
            Paper.read(tmp_path / "p")

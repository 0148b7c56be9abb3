"""notary.proofs.disclosure: what is hidden is nowhere in the receipt, and everything still leads to the same
commitment.
"""

from __future__ import annotations

import pytest
from reference.receipt_reference import holds
from support.sealed import GENESIS, document_of, sample, trust_in

from notary.errors import ClaimInvalid
from notary.proofs.disclosure import NEEDED, hide, show_only
from notary.proofs.receipt import Receipt
from notary.verdicts.verdict import Status
from notary.verdicts.verify import verify

DOCUMENT, RECEIPT, BLOCK = sample()


class TestShowOnly:
    def test_only_the_named_fields_are_left_and_the_commitment_is_the_same(self) -> None:
        part = show_only(RECEIPT, ["size", "sha256"])
        assert list(part.shown()) == ["size", "sha256"]
        assert part.opening.commitment() == RECEIPT.opening.commitment()
        text = part.to_bytes().decode()
        assert "Weber" not in text and "rechnung" not in text
        assert Receipt.from_bytes(part.to_bytes()) == part

    def test_each_field_can_be_shown_alone(self) -> None:
        for name, value in RECEIPT.shown().items():
            part = show_only(RECEIPT, [name])
            assert part.shown() == {name: value}
            assert part.opening.commitment() == RECEIPT.opening.commitment()

    def test_the_custody_entry_stays_only_when_it_is_asked_for(self) -> None:
        assert show_only(RECEIPT, ["size"]).custody is None
        assert show_only(RECEIPT, ["size"], custody=True).custody == RECEIPT.custody

    @pytest.mark.parametrize("name", ["sha1", "", "sm3", "captured_by "])
    def test_a_field_that_is_not_there_is_refused(self, name: str) -> None:
        with pytest.raises(ClaimInvalid):
            show_only(RECEIPT, [name])
        with pytest.raises(ClaimInvalid):
            hide(RECEIPT, [name])


class TestHide:
    @pytest.mark.parametrize("name", RECEIPT.shown())
    def test_each_field_hidden_alone_lets_a_receipt_pass_unless_it_is_needed(self, name: str) -> None:
        part = hide(RECEIPT, [name])
        verdict = verify(part, document_of(DOCUMENT), trust_in(BLOCK))
        assert (verdict.status is Status.PASSED) == (name not in NEEDED)
        known = {(1, "0x" + GENESIS.hex(), BLOCK.number): "0x" + BLOCK.hash.hex()}
        assert holds(part.to_bytes(), DOCUMENT, known) == (name not in NEEDED)

    def test_the_named_fields_are_gone_and_the_others_stay(self) -> None:
        part = hide(RECEIPT, ["name", "captured_by"])
        assert set(RECEIPT.shown()) - set(part.shown()) == {"name", "captured_by"}
        assert part.opening.commitment() == RECEIPT.opening.commitment()

    def test_what_one_hid_another_cannot_hide_again_or_show(self) -> None:
        part = hide(RECEIPT, ["name"])
        for call in (hide, show_only):
            with pytest.raises(ClaimInvalid):
                call(part, ["name"])

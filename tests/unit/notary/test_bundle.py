from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.sealed import anchor, anchored_block, make_anchor, sample, seal

from notary.errors import ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown
from notary.proofs import bundle
from notary.proofs.receipt import MAX_BYTES, IpfsStorage

SEALED = seal([b"document %d" % place for place in range(40)])
BLOCK = anchored_block(SEALED)
RECEIPTS = anchor(SEALED, make_anchor(BLOCK, 7, 1))


class TestRoundTrip:
    def test_receipts_come_back_in_order_and_each_part_is_there_once(self) -> None:
        data = bundle.dumps(RECEIPTS)
        assert bundle.loads(data) == tuple(RECEIPTS)
        value = json.loads(data)
        assert [len(value[name]) for name in ("logs", "checkpoints", "case_heads", "receipts")] == [1, 1, 1, 40]
        assert len(data) < 0.6 * sum(len(receipt.to_bytes()) for receipt in RECEIPTS)

    def test_receipts_of_several_logs_states_and_anchors_keep_their_own(self) -> None:
        other = seal([b"x"], entries_before=1, log_id=b"\x01" * 32)
        storage = (IpfsStorage("bafy", b"\x01" * 32, 1, 1),)
        mixed = [RECEIPTS[0], *other.receipts, SEALED.receipts[0], replace(RECEIPTS[1], storage=storage)]
        assert bundle.loads(bundle.dumps(mixed)) == tuple(mixed)

    def test_a_bundle_without_a_receipt_is_neither_written_nor_read(self) -> None:
        with pytest.raises(ReceiptInvalid, match="not 0"):
            bundle.dumps([])
        value = json.loads(bundle.dumps(RECEIPTS)) | {"receipts": []}
        with pytest.raises(ReceiptInvalid, match="at least one receipt"):
            bundle.read_any(json.dumps(value).encode())

    def test_what_no_reader_would_take_is_not_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        size = len(bundle.dumps(RECEIPTS))
        monkeypatch.setattr(bundle, "MAX_BYTES", size)
        monkeypatch.setattr(bundle, "MAX_RECEIPTS", 40)
        assert len(bundle.loads(bundle.dumps(RECEIPTS))) == 40
        monkeypatch.setattr(bundle, "MAX_BYTES", size - 1)
        with pytest.raises(ReceiptTooLarge):
            bundle.dumps(RECEIPTS)
        monkeypatch.setattr(bundle, "MAX_RECEIPTS", 39)
        with pytest.raises(ReceiptInvalid, match="1 to 39 receipts, not 40"):
            bundle.dumps(RECEIPTS)

    def test_a_bundle_at_its_bound_is_read_and_one_byte_more_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = bundle.dumps(RECEIPTS)
        monkeypatch.setattr(bundle, "MAX_BYTES", len(data))
        assert len(bundle.loads(data)) == 40
        with pytest.raises(ReceiptTooLarge, match="bundle"):
            bundle.loads(data + b" ")


class TestReadAny:
    def test_a_receipt_and_a_bundle_are_told_apart(self) -> None:
        assert bundle.read_any(RECEIPTS[0].to_bytes()) == (RECEIPTS[0],)
        assert bundle.read_any(bundle.dumps(RECEIPTS)) == tuple(RECEIPTS)

    def test_a_large_file_may_be_a_bundle_but_no_receipt(self) -> None:
        padding = b" " * MAX_BYTES
        single = RECEIPTS[0].to_bytes()
        assert bundle.read_any(single + padding[len(single) :]) == (RECEIPTS[0],)
        assert len(bundle.read_any(bundle.dumps(RECEIPTS) + padding)) == 40
        with pytest.raises(ReceiptTooLarge):
            bundle.read_any(RECEIPTS[0].to_bytes() + padding)

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format":"other","version":1}'])
    def test_other_files_are_refused(self, data: bytes) -> None:
        with pytest.raises(ReceiptInvalid):
            bundle.read_any(data)


class TestLoads:
    @pytest.mark.parametrize(
        "change",
        [
            lambda v: v["receipts"][0].update(checkpoint=1),
            lambda v: v["receipts"][0].update(checkpoint=-1),
            lambda v: v["receipts"][0].update(log=1),
            lambda v: v["receipts"][0].update(case_head="0"),
            lambda v: v["receipts"][0].update(note="x"),
            lambda v: v["receipts"][0].pop("entry"),
            lambda v: v["checkpoints"][0].update(x=1),
            lambda v: v.update(x=1),
            lambda v: v.pop("logs"),
            lambda v: v.update(receipts={}),
            lambda v: v.update(format="tallystick/receipt"),
        ],
    )
    def test_what_lacks_its_form_is_refused(self, change: Callable[[Any], object]) -> None:
        value = json.loads(bundle.dumps(RECEIPTS[:2]))
        change(value)
        with pytest.raises(ReceiptInvalid):
            bundle.loads(json.dumps(value).encode())

    def test_a_future_version_is_called_newer(self) -> None:
        with pytest.raises(ReceiptVersionUnknown):
            bundle.loads(b'{"format":"tallystick/receipts","version":2}')

    def test_a_single_receipt_is_no_bundle(self) -> None:
        with pytest.raises(ReceiptInvalid):
            bundle.loads(sample()[1].to_bytes())

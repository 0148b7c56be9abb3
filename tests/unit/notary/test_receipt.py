from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.sealed import CONTRACT, sample, seal

from notary.errors import ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown
from notary.proofs.receipt import (
    MAX_BYTES,
    IpfsStorage,
    OtsAnchor,
    PendingAnchor,
    Receipt,
    TimestampAnchor,
    UnknownAnchor,
    write_storage,
)

_, RECEIPT, _ = sample()
STORAGE = IpfsStorage("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", b"\x01" * 32, 5000, 262144)


def changed(change: Callable[[Any], object]) -> bytes:
    value = json.loads(RECEIPT.to_bytes())
    change(value)
    return json.dumps(value).encode()


def stored(**change: object) -> dict[str, object]:
    return write_storage(STORAGE) | change


class TestRoundTrip:
    def test_a_receipt_reads_back_and_is_written_as_canonical_json(self) -> None:
        data = RECEIPT.to_bytes()
        assert Receipt.from_bytes(data) == RECEIPT
        text = json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert data == text.encode() + b"\n"

    def test_another_layout_reads_as_the_same(self) -> None:
        value = json.loads(RECEIPT.to_bytes())
        assert Receipt.from_bytes(json.dumps(value, indent=4).encode()) == RECEIPT

    @pytest.mark.parametrize(
        "anchors",
        [
            (),
            (PendingAnchor(),),
            (PendingAnchor(31337, CONTRACT, b"\x01" * 32),),
            (UnknownAnchor(b'{"deep":{"er":[1,null,true,"x"]},"type":"sundial"}'), *RECEIPT.anchors),
            (TimestampAnchor(b"\x30\x03abc"), OtsAnchor(b"\0OpenTimestamps")),
        ],
    )
    def test_anchors_of_every_kind_survive(self, anchors: tuple[Any, ...]) -> None:
        receipt = replace(RECEIPT, anchors=anchors, storage=(STORAGE,))
        assert Receipt.from_bytes(receipt.to_bytes()) == receipt

    def test_a_log_without_an_id_on_chain_survives(self) -> None:
        receipt = seal(log_id=None).receipts[0]
        assert json.loads(receipt.to_bytes())["log"]["id"] is None
        assert Receipt.from_bytes(receipt.to_bytes()) == receipt

    def test_hidden_fields_survive(self) -> None:
        opening = RECEIPT.opening.show_only(["sha256"])
        receipt = replace(RECEIPT, opening=opening, custody=None)  # a custody entry says who acted
        assert Receipt.from_bytes(receipt.to_bytes()) == receipt
        assert "Weber" not in receipt.to_bytes().decode()


class TestFromBytes:
    def test_one_mebibyte_passes_and_one_byte_more_is_refused(self) -> None:
        data = RECEIPT.to_bytes()
        assert Receipt.from_bytes(data + b" " * (MAX_BYTES - len(data))) == RECEIPT
        with pytest.raises(ReceiptTooLarge, match="1048577 bytes, at most 1048576"):
            Receipt.from_bytes(data + b" " * (MAX_BYTES - len(data) + 1))

    @pytest.mark.parametrize("version", [2, 3, 10**6])
    def test_a_future_version_is_called_newer_even_where_all_else_changed(self, version: int) -> None:
        with pytest.raises(ReceiptVersionUnknown, match=f"version {version} is unknown") as caught:
            Receipt.from_bytes(json.dumps({"format": "tallystick/receipt", "version": version}).encode())
        assert "newest version" in caught.value.hint

    @pytest.mark.parametrize("version", [0, -1, "1", None, True])
    def test_what_is_no_version_is_refused(self, version: object) -> None:
        with pytest.raises(ReceiptInvalid, match="not a version"):
            Receipt.from_bytes(changed(lambda value: value.update(version=version)))

    @pytest.mark.parametrize(
        "place",
        [
            [],
            ["claim"],
            ["log"],
            ["entry"],
            ["case_head"],
            ["case_head", "entry"],
            ["case_head", "case"],
            ["case_head", "case", "ended"],
            ["standing", 0],
            ["standing", 0, "entry"],
            ["anchors", 0],
            ["custody"],
            ["custody", "entry"],
            ["custody", "batch"],
            ["custody", "leaf_entry"],
            ["custody", "signatures", 0],
        ],
    )
    def test_unknown_and_missing_members_are_refused_everywhere(self, place: list[Any]) -> None:
        def walk(value: Any) -> Any:
            for step in place:
                value = value[step]
            return value

        with pytest.raises(ReceiptInvalid, match="'surplus' is unknown"):
            Receipt.from_bytes(changed(lambda value: walk(value).update(surplus=1)))
        for name in walk(json.loads(RECEIPT.to_bytes())).keys() - {"custody"}:
            with pytest.raises(ReceiptInvalid):
                Receipt.from_bytes(changed(lambda value, name=name: walk(value).pop(name)))  # type: ignore[misc]

    @pytest.mark.parametrize(
        "change",
        [
            lambda v: v.update(format="tallystick/receipts"),
            lambda v: v["claim"].update(salt="AB" * 32),
            lambda v: v["claim"].update(salt="ab" * 31),
            lambda v: v["claim"].update(salt="ab" * 31 + " ab"),
            lambda v: v["claim"].update(fields={}),
            lambda v: v["claim"].update(fields=v["claim"]["fields"] * 9),
            lambda v: v["claim"]["fields"][0].update(hash="ab" * 32),
            lambda v: v["claim"]["fields"][0].update(value=None),
            lambda v: v["claim"]["fields"][0].update(value=[]),
            lambda v: v["claim"]["fields"][0].update(value=True),
            lambda v: v["claim"]["fields"][0].update(value="x" * 8193),
            lambda v: v["log"].update(id="ab" * 32),
            lambda v: v["log"].update(key=v["log"]["key"][:-1]),
            lambda v: v["log"].update(key=v["log"]["key"].replace("=", "") + "A"),
            lambda v: v["log"].update(key=""),
            lambda v: v["entry"].update(index=v["entry"]["size"]),
            lambda v: v["entry"].update(index=-1),
            lambda v: v["entry"].update(size=0),
            lambda v: v["entry"].update(path=["ab" * 32] * 54),
            lambda v: v["entry"].update(path="ab"),
            lambda v: v.update(checkpoint=v["checkpoint"] + "\n"),
            lambda v: v.update(checkpoint=5),
            lambda v: v["case_head"].update(leaf=v["case_head"]["leaf"] + " "),
            lambda v: v["case_head"]["case"].update(count=0),
            lambda v: v.update(anchors=[v["anchors"][0]] * 33),
            lambda v: v.update(anchors=[{}]),
            lambda v: v["anchors"][0].update(chain_id=0),
            lambda v: v["anchors"][0].update(block_hash=v["anchors"][0]["block_hash"][2:]),
            lambda v: v["anchors"][0].update(block_hash=v["anchors"][0]["block_hash"].upper()),
            lambda v: v["anchors"][0].update(header="0x"),
            lambda v: v["anchors"][0].update(header="0x" + "00" * 65537),
            lambda v: v["anchors"][0].update(receipt="0x" + "00" * 65537),
            lambda v: v["anchors"][0].update(path=["0x00"] * 65),
            lambda v: v["anchors"][0].update(path=["0x"]),
            lambda v: v["anchors"][0].update(log_index=2**16),
            lambda v: v["anchors"][0].update(receipt_index=2**32),
            lambda v: v.update(anchors=[{"type": "pending", "since": 1}]),
            lambda v: v.update(anchors=[{"type": "pending", "chain_id": None}]),
            lambda v: v.update(storage=[{"type": "s3"}]),
            lambda v: v.update(storage=[stored(type="s3")]),
            lambda v: v.update(storage=[stored(version=0)]),
            lambda v: v.update(storage=[stored(codec="dag-pb")]),
            lambda v: v.update(storage=[stored(chunk_size=0)]),
            lambda v: v.update(storage=[stored(cid="b" * 129)]),
            lambda v: v.update(storage=[{}] * 17),
        ],
    )
    def test_what_lacks_its_form_or_bound_is_refused(self, change: Callable[[Any], object]) -> None:
        with pytest.raises(ReceiptInvalid):
            Receipt.from_bytes(changed(change))

    @pytest.mark.parametrize("data", [b"", b"null", b"[]", b'"x"', b"{}", b"\x00" * 100, b"%PDF-1.7", b'{"version":1}'])
    def test_other_files_are_refused(self, data: bytes) -> None:
        with pytest.raises(ReceiptInvalid) as caught:
            Receipt.from_bytes(data)
        assert caught.value.hint

    def test_a_repeated_name_is_refused(self) -> None:
        data = RECEIPT.to_bytes().replace(b'{"anchors"', b'{"version":1,"anchors"')
        with pytest.raises(ReceiptInvalid, match="twice"):
            Receipt.from_bytes(data)

"""Many receipts in one file that holds each log, checkpoint, anchor and case head once.

    {"format": "tallystick/receipts", "version": 1,
     "logs":        [as in a receipt, ...],
     "checkpoints": [{"note": signed note, "anchors": [as in a receipt, ...]}, ...],
     "case_heads":  [as in a receipt, ...],
     "batches":     [{"batch", "leaf", "leaf_entry", "signatures"} as in a receipt's custody, ...],
     "receipts":    [{"claim", "entry", "standing", "later", "storage"} as in a receipt,
                      "custody": {"entry", "index", "size", "path", "batch": place in the list above},
                      and "log", "checkpoint", "case_head": places in the lists above]}

Reading gives ordinary receipts that share their parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from notary import jcs
from notary import receipt as _receipt
from notary.checkpoint import SignedCheckpoint
from notary.errors import ReceiptInvalid, ReceiptTooLarge
from notary.jcs import Json
from notary.reading import Reader
from notary.receipt import VERSION, CustodyProof, Receipt, SignedBatch

FORMAT = "tallystick/receipts"
MAX_BYTES = 128 * 1024 * 1024
MAX_RECEIPTS = 25_000  # about 3 KB each

T = TypeVar("T")


def dumps(receipts: Iterable[Receipt]) -> bytes:
    """The bundle file of `receipts`, in their order: JCS and a newline.

    Raises ReceiptInvalid, ReceiptTooLarge when they are none, or more than a reader would take.
    """
    logs: dict[object, int] = {}
    checkpoints: dict[object, int] = {}
    case_heads: dict[object, int] = {}
    batches: dict[object, int] = {}
    batch_list: list[Json] = []
    log_list: list[Json] = []
    checkpoint_list: list[Json] = []
    case_head_list: list[Json] = []
    receipt_list: list[bytes] = []  # written at once: as JSON values they would take ten times the memory
    for receipt in receipts:
        sealed = (receipt.note, receipt.anchors)
        if receipt.log not in logs:
            logs[receipt.log] = len(logs)
            log_list.append(_receipt.write_log(receipt.log))
        if sealed not in checkpoints:
            checkpoints[sealed] = len(checkpoints)
            anchors: list[Json] = [_receipt.write_anchor(anchor) for anchor in receipt.anchors]
            checkpoint_list.append({"note": receipt.note.to_text(), "anchors": anchors})
        if receipt.case_head not in case_heads:
            case_heads[receipt.case_head] = len(case_heads)
            case_head_list.append(_receipt.write_case_head(receipt.case_head))
        value: dict[str, Json] = {
            "claim": _receipt.write_opening(receipt.opening),
            "entry": _receipt.write_inclusion(receipt.entry),
            "log": logs[receipt.log],
            "checkpoint": checkpoints[sealed],
            "case_head": case_heads[receipt.case_head],
            "standing": _receipt.write_standing(receipt.standing),
        }
        if receipt.custody is not None:
            batch = receipt.custody.batch
            if batch not in batches:
                batches[batch] = len(batches)
                batch_list.append(_receipt.write_batch(batch))
            value["custody"] = {**_receipt.write_custody_entry(receipt.custody), "batch": batches[batch]}
        if receipt.later is not None:
            value["later"] = _receipt.write_later(receipt.later)
        if receipt.storage:
            value["storage"] = [_receipt.write_storage(storage) for storage in receipt.storage]
        receipt_list.append(jcs.dumps(value))
    if not 1 <= len(receipt_list) <= MAX_RECEIPTS:
        raise ReceiptInvalid(f"a bundle holds 1 to {MAX_RECEIPTS} receipts, not {len(receipt_list)}")
    top: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "logs": log_list,
        "checkpoints": checkpoint_list,
        "case_heads": case_head_list,
        "batches": batch_list,
        "receipts": [],
    }
    head, mark, tail = jcs.dumps(top).rpartition(b'"receipts":[')
    data = b"".join((head, mark, b",".join(receipt_list), tail, b"\n"))
    if len(data) > MAX_BYTES:
        raise ReceiptTooLarge(len(data), MAX_BYTES, "bundle")
    return data


def loads(data: bytes) -> tuple[Receipt, ...]:
    """The receipts of a bundle.  Raises ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown."""
    return _read(_open(data))


def read_any(data: bytes) -> tuple[Receipt, ...]:
    """The receipts of a file that is either one receipt or a bundle.

    Raises ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown.
    """
    top = _open(data)
    if top.get("format") == FORMAT:
        return _read(top)
    if len(data) > _receipt.MAX_BYTES:
        raise ReceiptTooLarge(len(data), _receipt.MAX_BYTES)
    return (Receipt.read(top),)


def _open(data: bytes) -> Reader:
    if len(data) > MAX_BYTES:
        raise ReceiptTooLarge(len(data), MAX_BYTES, "bundle")
    return Reader.open(data, MAX_BYTES, "receipt file", ReceiptInvalid)


def _read(top: Reader) -> tuple[Receipt, ...]:
    _receipt.check_header(top, FORMAT)
    top.only("format", "version", "logs", "checkpoints", "case_heads", "batches", "receipts")
    logs = [_receipt.read_log(log) for log in top.objects("logs", MAX_RECEIPTS)]
    heads = [_receipt.read_case_head(head) for head in top.objects("case_heads", MAX_RECEIPTS)]
    sealed = [(_note(item), _receipt.read_anchors(item)) for item in top.objects("checkpoints", MAX_RECEIPTS)]
    batches = [_batch(item) for item in top.objects("batches", MAX_RECEIPTS)]
    receipts = []
    for item in top.objects("receipts", MAX_RECEIPTS):
        names = ("claim", "entry", "log", "checkpoint", "case_head", "standing")
        item.only(*names, optional=("custody", "later", "storage"))
        note, anchors = _pick(item, "checkpoint", sealed)
        receipts.append(
            Receipt(
                opening=_receipt.read_opening(item.object("claim")),
                log=_pick(item, "log", logs),
                entry=_receipt.read_inclusion(item.object("entry")),
                note=note,
                case_head=_pick(item, "case_head", heads),
                standing=_receipt.read_standing(item),
                anchors=anchors,
                custody=_custody(item.object("custody"), batches) if item.has("custody") else None,
                later=_receipt.read_later(item.object("later")) if item.has("later") else None,
                storage=_receipt.read_storage(item),
            )
        )
    if not receipts:
        raise top.refuse("receipts", "is empty: a bundle holds at least one receipt")
    return tuple(receipts)


def _note(item: Reader) -> SignedCheckpoint:
    item.only("note", "anchors")
    return _receipt.read_note(item, "note")


def _batch(item: Reader) -> SignedBatch:
    item.only("batch", "leaf", "leaf_entry", "signatures")
    return _receipt.read_batch(item)


def _custody(item: Reader, batches: Sequence[SignedBatch]) -> CustodyProof:
    item.only("entry", "index", "size", "path", "batch")
    return _receipt.read_custody_entry(item, _pick(item, "batch", batches))


def _pick(item: Reader, name: str, choices: Sequence[T]) -> T:
    place = item.integer(name)
    if place >= len(choices):
        raise item.refuse(name, f"is {place}, but the bundle lists only {len(choices)}")
    return choices[place]

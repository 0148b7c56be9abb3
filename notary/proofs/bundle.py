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

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from notary import jcs
from notary.errors import ReceiptInvalid, ReceiptTooLarge
from notary.jcs import Json
from notary.log.checkpoint import SignedCheckpoint
from notary.memory import no_cycle_search
from notary.proofs import receipt as _receipt
from notary.proofs import receipt_text
from notary.proofs.receipt import VERSION, Anchor, CustodyProof, Receipt, SignedBatch
from notary.reading import Reader

FORMAT = "tallystick/receipts"
MAX_BYTES = 128 * 1024 * 1024
MAX_RECEIPTS = 25_000  # about 3 KB each

T = TypeVar("T")


def dumps(receipts: Iterable[Receipt]) -> bytes:
    """The bundle file of `receipts`, in their order: JCS and a newline.

    Raises ReceiptInvalid, ReceiptTooLarge when they are none, or more than a reader would take.
    """
    logs, checkpoints = _Once(_receipt.write_log), _Once(_write_checkpoint)
    case_heads, batches = _Once(_receipt.write_case_head), _Once(_receipt.write_batch)
    receipt_list: list[bytes] = []  # written at once: as JSON values they would take ten times the memory
    for receipt in receipts:
        custody = later = storage = ""
        if receipt.custody is not None:
            batch = batches.place(receipt.custody.batch)
            custody = f'"custody":{receipt_text.write_custody_entry(receipt.custody, batch)},'
        if receipt.later is not None:
            later = f'"later":{_text(_receipt.write_later(receipt.later))},'
        if receipt.storage:
            storage = f',"storage":{_text([_receipt.write_storage(one) for one in receipt.storage])}'
        text = (
            f'{{"case_head":{case_heads.place(receipt.case_head)},'
            f'"checkpoint":{checkpoints.place(receipt.note, receipt.anchors)},'
            f'"claim":{receipt_text.write_opening(receipt.opening)},{custody}'
            f'"entry":{receipt_text.write_inclusion(receipt.entry)},{later}'
            f'"log":{logs.place(receipt.log)},'
            f'"standing":{_text(_receipt.write_standing(receipt.standing))}{storage}}}'
        )
        receipt_list.append(jcs.encode(text))
    if not 1 <= len(receipt_list) <= MAX_RECEIPTS:
        raise ReceiptInvalid(f"a bundle holds 1 to {MAX_RECEIPTS} receipts, not {len(receipt_list)}")
    top: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "logs": logs.written,
        "checkpoints": checkpoints.written,
        "case_heads": case_heads.written,
        "batches": batches.written,
        "receipts": [],
    }
    head, mark, tail = jcs.dumps(top).rpartition(b'"receipts":[')
    data = b"".join((head, mark, b",".join(receipt_list), tail, b"\n"))
    if len(data) > MAX_BYTES:
        raise ReceiptTooLarge(len(data), MAX_BYTES, "bundle")
    return data


class _Once:
    """Parts that receipts share, each written once; `written` has them in the order of their places."""

    def __init__(self, write: Callable[..., Json]) -> None:
        self.written: list[Json] = []
        self._write = write
        self._places: dict[tuple[Hashable, ...], int] = {}
        self._last: tuple[Hashable, ...] = ()
        self._last_place = -1

    def place(self, *part: Hashable) -> int:
        """Where the part stands; it is written when it is new."""
        # Receipts of one batch share the very objects; to hash one of them takes longer than the rest of a receipt.
        if len(part) != len(self._last) or not all(map(operator.is_, part, self._last)):
            if part not in self._places:
                self._places[part] = len(self.written)
                self.written.append(self._write(*part))
            self._last, self._last_place = part, self._places[part]
        return self._last_place


def _write_checkpoint(note: SignedCheckpoint, anchors: tuple[Anchor, ...]) -> Json:
    return {"note": note.to_text(), "anchors": [_receipt.write_anchor(anchor) for anchor in anchors]}


def _text(value: Json) -> str:
    return jcs.dumps(value).decode() if value else "[]"


def loads(data: bytes) -> tuple[Receipt, ...]:
    """The receipts of a bundle.  Raises ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown."""
    with no_cycle_search():
        return _read(_open(data))


def read_any(data: bytes) -> tuple[Receipt, ...]:
    """The receipts of a file that is either one receipt or a bundle.

    Raises ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown.
    """
    with no_cycle_search():
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

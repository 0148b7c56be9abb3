"""The dossier of a plan: one JSON file (RFC 8785) that says what was agreed and proves what happened.

    {"format": "tallystick/dossier", "version": 1,
     "paper":     text of the plan's own file (portal/papers.py): terms, openings of commitments, both signatures
     "chain":     {"chain_id", "genesis": "0x..."}
     "contracts": [{"name", "address": "0x...", "abi": text}, ...]           the book first, then the collateral's
     "blocks":    [{"header": base64 of RLP}, ...]            each once, in the chain's order; the last one is the
                                                              final block up to which events were looked for
     "receipts":  [{"block": place above, "index", "path": [base64], "receipt": base64, "tx": "0x..."}, ...]
     "events":    [{"receipt": place above, "log": place in that receipt}, ...]           in the chain's order
     "records":   [{"role", "sha256"} | {"role", "reason"}, ...]}     who the parties are: digests of their signing
                                                                      records (portal/signing), or why there is none

Each event is proven as an anchor is (notary/evm/evm_proof.py): header, trie path, receipt. That none was left out only
the book itself can say; a file that lacks a payment before another one does not add up, because each states the sums
after it. What "records" says is the exporter's word; whoever holds a record holds it against its digest here.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from notary import jcs
from notary.errors import FormatInvalid
from notary.evm.evm_proof import MAX_HEADER_BYTES, MAX_NODE_BYTES, MAX_RECEIPT_BYTES
from notary.evm.trie_proof import MAX_NODES
from notary.jcs import Json
from notary.reading import Reader, evm
from portal.errors import DossierInvalid
from portal.papers import MAX_BYTES as MAX_PAPER_BYTES
from portal.papers import Paper
from portal.signing.record import MAX_REASON, Role

FORMAT: Final = "tallystick/dossier"
VERSION: Final = 1
MAX_BYTES: Final = 64 * 1024 * 1024  # a payment on Ethereum takes about 6 KB
MAX_EVENTS: Final = 20_000
MAX_CONTRACTS: Final = 8
MAX_ABI: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class ContractRef:
    """A contract of the plan: its artifact's name, its address of 20 bytes, its ABI as JSON text."""

    name: str
    address: bytes
    abi: str


@dataclass(frozen=True, slots=True)
class ProvenReceipt:
    """A transaction's receipt with its way to the block.

    block    place in the dossier's blocks
    index    of the transaction in the block
    path     trie nodes from the receipts root on, raw RLP
    receipt  as it is in the trie
    tx       32 bytes, the transaction's hash: a pointer for people, not covered by the proof
    """

    block: int
    index: int
    path: tuple[bytes, ...]
    receipt: bytes
    tx: bytes


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """What says who a party is: a signing record, or why there is none.

    sha256  32 bytes, of the record's file; empty where there is none
    reason  one line; empty where there is a record
    """

    role: Role
    sha256: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """The file's content; see the module's text.

    headers  raw RLP, each once; at least one, the last is that of the block up to which the file goes
    events   (place in receipts, place of the log in it)
    """

    paper: Paper
    chain_id: int
    genesis: bytes
    contracts: tuple[ContractRef, ...]
    headers: tuple[bytes, ...]
    receipts: tuple[ProvenReceipt, ...]
    events: tuple[tuple[int, int], ...]
    records: tuple[PartyRecord, ...] = ()

    def to_bytes(self) -> bytes:
        """The file: JCS and a newline."""
        top: dict[str, Json] = {
            "format": FORMAT,
            "version": VERSION,
            "paper": self.paper.to_bytes().decode(),
            "chain": {"chain_id": self.chain_id, "genesis": evm(self.genesis)},
            "contracts": [{"name": c.name, "address": evm(c.address), "abi": c.abi} for c in self.contracts],
            "blocks": [{"header": _base64(header)} for header in self.headers],
            "receipts": [
                {
                    "block": one.block,
                    "index": one.index,
                    "path": [_base64(node) for node in one.path],
                    "receipt": _base64(one.receipt),
                    "tx": evm(one.tx),
                }
                for one in self.receipts
            ],
            "events": [{"receipt": receipt, "log": log} for receipt, log in self.events],
            "records": [
                {"role": one.role.value, "sha256": one.sha256.hex()}
                if one.sha256
                else {"role": one.role.value, "reason": one.reason}
                for one in self.records
            ],
        }
        return jcs.dumps(top) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, where: str = "the dossier") -> Dossier:
        """Read a dossier; nothing in it is believed yet.

        Raises DossierInvalid, and what the settlement's terms say of themselves (SettlementError, PaperInvalid).
        """
        try:
            return _read(Reader.open(data, MAX_BYTES, "dossier", FormatInvalid), where)
        except FormatInvalid as exc:
            raise DossierInvalid(where, str(exc)) from exc


def _read(top: Reader, where: str) -> Dossier:
    if top.get("format") != FORMAT:
        raise top.refuse("format", f"is not {FORMAT}")
    if top.integer("version") != VERSION:
        raise top.refuse("version", f"is not {VERSION}, the one that this release reads")
    top.only("format", "version", "paper", "chain", "contracts", "blocks", "receipts", "events", "records")
    chain = top.object("chain")
    chain.only("chain_id", "genesis")
    headers = tuple(_header(item) for item in top.objects("blocks", MAX_EVENTS + 1))
    if not headers:
        raise top.refuse("blocks", "is empty")
    paper = Paper.from_bytes(top.text("paper", MAX_PAPER_BYTES).encode(errors="replace"), where)
    if not paper.is_plan:
        raise top.refuse("paper", "is of an escrow; dossiers are of plans")
    receipts = tuple(_receipt(item, len(headers)) for item in top.objects("receipts", MAX_EVENTS))
    records = tuple(_record(item) for item in top.objects("records", len(Role)))
    if len({one.role for one in records}) != len(records):
        raise top.refuse("records", "names one role twice")
    return Dossier(
        paper=paper,
        chain_id=chain.integer("chain_id", least=1),
        genesis=chain.evm_hex("genesis", 32),
        contracts=tuple(_contract(item) for item in top.objects("contracts", MAX_CONTRACTS)),
        headers=headers,
        receipts=receipts,
        events=tuple(_event(item, len(receipts)) for item in top.objects("events", MAX_EVENTS)),
        records=records,
    )


def _contract(item: Reader) -> ContractRef:
    item.only("name", "address", "abi")
    return ContractRef(item.text("name", 80), item.evm_hex("address", 20), item.text("abi", MAX_ABI))


def _header(item: Reader) -> bytes:
    item.only("header")
    return item.base64_bytes("header", MAX_HEADER_BYTES)


def _receipt(item: Reader, blocks: int) -> ProvenReceipt:
    item.only("block", "index", "path", "receipt", "tx")
    return ProvenReceipt(
        block=item.integer("block", most=blocks - 1),
        index=item.integer("index"),
        path=item.base64_list("path", MAX_NODES, MAX_NODE_BYTES),
        receipt=item.base64_bytes("receipt", MAX_RECEIPT_BYTES),
        tx=item.evm_hex("tx", 32),
    )


def _event(item: Reader, receipts: int) -> tuple[int, int]:
    item.only("receipt", "log")
    return item.integer("receipt", most=receipts - 1), item.integer("log")


def _record(item: Reader) -> PartyRecord:
    text = item.text("role", 20)
    if text not in list(Role):
        raise item.refuse("role", f"is none of {', '.join(Role)}")
    if item.has("sha256"):
        item.only("role", "sha256")
        return PartyRecord(Role(text), item.hex("sha256", 32))
    item.only("role", "reason")
    reason = item.text("reason", MAX_REASON)
    if not reason or not reason.isprintable():
        raise item.refuse("reason", f"is no line of 1 to {MAX_REASON} printable characters")
    return PartyRecord(Role(text), reason=reason)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

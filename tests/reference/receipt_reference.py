"""A second verifier of receipts, written from the format alone: json, hashlib, cryptography, and the packages rfc8785,
rlp and trie where notary uses code of its own. It shares no line with notary and gives only yes or no, by the claim,
the log (log_reference) and EVM anchors; what time-stamp tokens and .ots files say is left to `openssl ts` and `ots`.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import Any

import rlp
from eth_hash.auto import keccak
from reference import log_reference as log
from trie import HexaryTrie

ORDER = [
    "case",
    "case_blinded",
    "exhibit",
    "kind",
    "name",
    "name_bytes",
    "media_type",
    "size",
    "sha256",
    "sha512",
    "sha3_256",
    "sha3_512",
    "sm3",
    "captured_at",
    "captured_by",
    "source",
    "tool",
    "continues",
    "not_before_block",
    "custody",
]  # a list of twenty lines says no more


def holds(data: bytes, document: bytes, blocks: dict[tuple[int, str, int], str]) -> bool:
    """Is this receipt, for this document, proven by a block that `blocks` names by (chain id, genesis, number)?"""
    try:
        _check(json.loads(data), document, blocks)
    except Exception:
        return False
    return True


def _check(receipt: Any, document: bytes, blocks: dict[tuple[int, str, int], str]) -> None:
    assert (receipt["format"], receipt["version"]) == ("tallystick/receipt", 1)
    fields = receipt["claim"]["fields"]
    shown = {field["name"]: field["value"] for field in fields if "name" in field}
    places = [ORDER.index(name) for name in shown]
    assert places == sorted(set(places)) and len(shown) == len([f for f in fields if "name" in f])
    assert shown.get("size", len(document)) == len(document) and shown["sha256"] == sha256(document).hexdigest()

    origin, key = receipt["log"]["origin"], base64.b64decode(receipt["log"]["key"])
    size, root = log.checkpoint(receipt["checkpoint"], origin, key)
    commitment = log.commitment(receipt["claim"])
    log.included(log.claim_entry(commitment), receipt["entry"], size, root)
    case = log.case_head(receipt["case_head"], size, root)
    assert shown["case_blinded"] == case["case"]
    state = log.standing(commitment, receipt["standing"], case["ended"])
    assert state in (None, "superseded")
    if "custody" in receipt:
        assert receipt["custody"]["batch"]["case"] == case["case"]
        log.custody(receipt["custody"], commitment, size, root)
    if "later" in receipt:
        later = receipt["later"]
        newer = log.checkpoint(later["checkpoint"], origin, key)
        log.continues((size, root), newer, later["path"])
        newest = log.case_head(later["case_head"], *newer)
        assert newest["case"] == case["case"] and newest["custody"] >= case["custody"]
        assert log.standing(commitment, later["standing"], newest["ended"]) in ("superseded", state)
        assert state is None or later["standing"][0]["entry"] == receipt["standing"][0]["entry"]

    anchors = [anchor for anchor in receipt["anchors"] if anchor["type"] == "evm"]
    for anchor in anchors:
        _anchored(anchor, receipt["log"]["id"], size, root)
        assert blocks.get(_block(anchor), anchor["block_hash"]) == anchor["block_hash"]
    assert any(_block(anchor) in blocks for anchor in anchors)


def _block(anchor: Any) -> tuple[int, str, int]:
    return anchor["chain_id"], anchor["genesis"], anchor["block_number"]


def _anchored(anchor: Any, log_id: str, size: int, root: bytes) -> None:
    raw = {name: bytes.fromhex(anchor[name][2:]) for name in ("header", "receipt", "block_hash", "contract")}
    assert keccak(raw["header"]) == raw["block_hash"]
    header = rlp.decode(raw["header"])
    assert int.from_bytes(header[8], "big") == anchor["block_number"]
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in anchor["path"]]
    found = HexaryTrie.get_from_proof(header[5], rlp.encode(anchor["receipt_index"]), nodes)
    assert found == raw["receipt"]
    receipt = rlp.decode(found if found[0] >= 0xC0 else found[1:])
    address, topics, data = receipt[3][anchor["log_index"]]
    event = [keccak(b"HeadAppended(bytes32,uint64,bytes32)"), bytes.fromhex(log_id[2:]), size.to_bytes(32, "big")]
    assert receipt[0] == b"\x01" and address == raw["contract"] and list(topics) == event and data == root

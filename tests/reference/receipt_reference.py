"""A second verifier of receipts, written from the format alone: json, hashlib, cryptography, and the packages rfc8785,
rlp and trie where notary uses code of its own. It shares no line with notary and gives only yes or no.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import Any

import rfc8785
import rlp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_hash.auto import keccak
from reference.merkle_reference import h, mth, root_from_path
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
    assert shown["size"] == len(document) and shown["sha256"] == sha256(document).hexdigest()

    hashes = []
    for field in fields:
        if "hash" in field:
            hashes.append(bytes.fromhex(field["hash"]))
        else:
            pair = rfc8785.dumps({"name": field["name"], "value": field["value"]})
            hashes.append(h(b"tallystick/field/v1\0" + bytes.fromhex(field["salt"]) + pair))
    commitment = h(b"tallystick/commitment/v1\0" + bytes.fromhex(receipt["claim"]["salt"]) + mth(hashes))

    body, _, signatures = receipt["checkpoint"].rpartition("\n\n")
    origin, size_text, root_text = body.split("\n")[:3]
    size, root = int(size_text), base64.b64decode(root_text)
    assert origin == receipt["log"]["origin"]
    key = base64.b64decode(receipt["log"]["key"])
    key_id = sha256(origin.encode() + b"\n\x01" + key).digest()[:4]
    lines = [line.split(" ") for line in signatures.splitlines()]
    blobs = [base64.b64decode(blob) for dash, name, blob in lines if (dash, name) == ("—", origin)]
    (signature,) = [blob[4:] for blob in blobs if blob[:4] == key_id]
    Ed25519PublicKey.from_public_bytes(key).verify(signature, f"{body}\n".encode())

    _included(rfc8785.dumps({"t": "claim", "c": commitment.hex()}), receipt["entry"], size, root)
    head = receipt["case_head"]
    _included(head["leaf"].encode(), head["entry"], size, root)
    assert head["entry"]["index"] == size - 1
    leaf = json.loads(head["leaf"])
    assert leaf["t"] == "heads"
    _included(rfc8785.dumps(head["case"]), head, leaf["n"], bytes.fromhex(leaf["r"]))
    assert shown["case_blinded"] == head["case"]["case"]

    anchors = [anchor for anchor in receipt["anchors"] if anchor["type"] == "evm"]
    for anchor in anchors:
        _anchored(anchor, receipt["log"]["id"], size, root)
        assert blocks.get(_block(anchor), anchor["block_hash"]) == anchor["block_hash"]
    assert any(_block(anchor) in blocks for anchor in anchors)


def _block(anchor: Any) -> tuple[int, str, int]:
    return anchor["chain_id"], anchor["genesis"], anchor["block_number"]


def _included(entry: bytes, proof: Any, size: int, root: bytes) -> None:
    assert proof["size"] == size and 0 <= proof["index"] < size
    path = [bytes.fromhex(node) for node in proof["path"]]
    assert root_from_path(h(b"\x00" + entry), proof["index"], size, path) == root


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

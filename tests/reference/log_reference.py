"""A second implementation of the log and of what receipts prove about it, from docs/receipt-format.md and
docs/formats/evidence.md alone.

Slow, plain and recursive; nothing is shared with notary: json, hashlib, rfc8785, cryptography, and the tree of
merkle_reference. Every function returns something or raises AssertionError (or whatever a malformed input makes Python
raise); none repairs anything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from reference.merkle_reference import h, mth, root_from_path, roots_from_proof

STATES = ("superseded", "revoked", "erased")


# -- checkpoints -----------------------------------------------------------------------------------------------------


def checkpoint(note: str, origin: str, key: bytes) -> tuple[int, bytes]:
    """(size, root) of a note that this key signed under this name, exactly once."""
    body, _, rest = note.rpartition("\n\n")
    name, size, root = body.split("\n")[:3]
    assert name == origin
    key_id = sha256(origin.encode() + b"\n\x01" + key).digest()[:4]
    lines = [line.split(" ") for line in rest.splitlines()]
    blobs = [base64.b64decode(blob, validate=True) for dash, who, blob in lines if (dash, who) == ("—", origin)]
    (signature,) = [blob[4:] for blob in blobs if blob[:4] == key_id]
    Ed25519PublicKey.from_public_bytes(key).verify(signature, f"{body}\n".encode())
    return int(size), base64.b64decode(root, validate=True)


# -- proofs ----------------------------------------------------------------------------------------------------------


def included(entry: bytes, proof: Any, size: int, root: bytes) -> None:
    assert proof["size"] == size and 0 <= proof["index"] < size
    path = [bytes.fromhex(node) for node in proof["path"]]
    assert root_from_path(h(b"\x00" + entry), proof["index"], size, path) == root


def continues(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[str]) -> None:
    """The tree `new` (size, root) begins with the tree `old`."""
    assert 0 < old[0] <= new[0]
    found = roots_from_proof(old[0], new[0], old[1], [bytes.fromhex(node) for node in path])
    assert found == (old[1], new[1])


def standing(claim: str, shown: Any, ended: Any) -> str | None:
    """How the claim (hex commitment) stands by the tree {"n", "r"}: superseded, revoked, erased; None: current."""
    root, size = bytes.fromhex(ended["r"]), ended["n"]
    if size == 0:
        assert shown == [] and root == sha256(b"").digest()
        return None
    for one in shown:
        assert one["entry"].keys() == {"at", "claim", "state"} and one["entry"]["state"] in STATES
        included(rfc8785.dumps(one["entry"]), one, size, root)
    own = [one for one in shown if one["entry"]["claim"] == claim]
    if own:
        assert len(shown) == 1
        return str(own[0]["entry"]["state"])
    if len(shown) == 2:
        left, right = shown
        assert left["index"] + 1 == right["index"] and left["entry"]["claim"] < claim < right["entry"]["claim"]
        return None
    (one,) = shown
    first, last = one["index"] == 0, one["index"] == size - 1
    assert (first and claim < one["entry"]["claim"]) or (last and claim > one["entry"]["claim"])
    return None


def commitment(claim: Any) -> str:
    """The hex commitment that a receipt's claim leads to."""
    hashes = []
    for field in claim["fields"]:
        if "hash" in field:
            hashes.append(bytes.fromhex(field["hash"]))
        else:
            pair = rfc8785.dumps({"name": field["name"], "value": field["value"]})
            hashes.append(h(b"tallystick/field/v1\0" + bytes.fromhex(field["salt"]) + pair))
    return h(b"tallystick/commitment/v1\0" + bytes.fromhex(claim["salt"]) + mth(hashes)).hex()


def claim_entry(committed: str) -> bytes:
    return bytes(rfc8785.dumps({"t": "claim", "c": committed}))


def case_head(head: Any, size: int, root: bytes) -> Any:
    """The case's map entry that a receipt shows under the head of `size` entries."""
    included(head["leaf"].encode(), head["entry"], size, root)
    assert head["entry"]["index"] == size - 1
    leaf = json.loads(head["leaf"])
    assert leaf["t"] == "heads" and rfc8785.dumps(leaf) == head["leaf"].encode()
    included(rfc8785.dumps(head["case"]), head, leaf["n"], bytes.fromhex(leaf["r"]))
    return head["case"]


def custody_hash(entry: Any) -> bytes:
    assert len(bytes.fromhex(entry["salt"])) == 32
    return h(b"tallystick/custody/v1\0" + rfc8785.dumps(entry))


def custody(part: Any, claim: str, size: int, root: bytes) -> None:
    """The custody entry of a receipt: of this claim, in its batch, and the batch's signatures are the log's."""
    entry, batch = part["entry"], part["batch"]
    assert entry["subject"] == claim and entry["case"] == batch["case"]
    assert batch["first"] <= entry["seq"] <= batch["last"] and part["index"] == entry["seq"] - batch["first"]
    included(custody_hash(entry), part, batch["last"] - batch["first"] + 1, bytes.fromhex(batch["entries"]))
    included(part["leaf"].encode(), part["leaf_entry"], size, root)
    whole = {"signatures": part["signatures"], "statement": batch}
    assert json.loads(part["leaf"])["s"] == h(b"tallystick/custody-batch/v1\0" + rfc8785.dumps(whole)).hex()
    message = b"tallystick/custody-signature/v1\0" + rfc8785.dumps(batch)
    for signature in part["signatures"]:
        if signature["type"] == "ed25519":
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["key"], validate=True))
            key.verify(base64.b64decode(signature["signature"], validate=True), message)


# -- whole logs ------------------------------------------------------------------------------------------------------


def read_bundles(bundles: Sequence[bytes]) -> list[bytes]:
    """Entries of C2SP bundles: each has its length before it, two bytes, big endian."""
    entries = []
    for bundle in bundles:
        while bundle:
            length = bundle[0] * 256 + bundle[1]
            assert len(bundle) >= 2 + length
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
    return entries


def follow_cases(entries: Sequence[bytes], changes: dict[int, Any]) -> dict[str, Any]:
    """The map of cases after all entries: {case: map entry}. Checks every leaf, and that no case goes back.

    changes  case-heads/INDEX.json by index
    """
    cases: dict[str, Any] = {}
    ended: dict[str, dict[str, Any]] = {}
    previous, batch = None, 0
    for index, entry in enumerate(entries):
        value = json.loads(entry)
        assert rfc8785.dumps(value) == entry
        if value["t"] == "claim":
            assert value.keys() == {"c", "t"} and len(bytes.fromhex(value["c"])) == 32
            batch += 1
            continue
        assert value.keys() == {"n", "p", "r", "s", "t"} and value["t"] == "heads" and value["p"] == previous
        change = changes[index]
        assert change["index"] == index and change["heads"]
        for one in change["ended"]:
            old = ended.setdefault(one["case"], {}).get(one["claim"])
            assert old is None or (old["at"] < one["at"] and STATES.index(old["state"]) < STATES.index(one["state"]))
            ended[one["case"]][one["claim"]] = {name: one[name] for name in ("at", "claim", "state")}
        grown, began = 0, False
        for head in change["heads"]:
            case, old = head["case"], cases.get(head["case"])
            gone = [rfc8785.dumps(one) for _, one in sorted(ended.get(case, {}).items())]
            assert head["ended"] == {"n": len(gone), "r": mth(gone).hex()}
            began = began or old is None
            if old is not None:
                assert head["count"] >= old["count"] and head["custody"] > old["custody"]
                assert head["ended"]["n"] >= old["ended"]["n"]
            grown += head["count"] - (0 if old is None else old["count"])
            cases[case] = head
        assert grown == batch or (began and grown > batch)
        shown = [rfc8785.dumps(head) for _, head in sorted(cases.items())]
        assert (value["n"], value["r"]) == (len(shown), mth(shown).hex())
        previous, batch = index, 0
    assert batch == 0
    return cases

"""An independent checker: what anybody finds who has only public data. It ends the tests of storage, chain and faults.

    check          exported tiles, a node asked by raw JSON-RPC, receipts and the files they are for
    check_world    the same for a test's World: writes out log and receipts first, as the program does

It finds, or raises AssertionError with the numbers:

    1  the log is append-only: each head on chain is the root of the first entries shown, sizes grow, the node's events
       lead to the contract's present head, and the newest checkpoint is the root of all entries
    2  nothing is counted twice: no commitment is in the log twice, and the cases' counts add up to the claims
    3  no case ever goes back, and every heads leaf commits to the map that is shown
    4  each receipt is of this log, under a head that is a beginning of it, and leads to its entry
    5  each file has one valid receipt: exactly one that shows its digest and is current

No line of notary runs in `check`; the tree, the proofs and the case heads are those of tests/reference.
"""

from __future__ import annotations

import base64
import json
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode
from eth_hash.auto import keccak
from reference import log_reference as reference
from reference.merkle_reference import mth

if TYPE_CHECKING:
    from support.notaryworld import World

    from onchain.devchain import DevChain

CREATED = keccak(b"LogCreated(bytes32,address,address,string,bytes)")
APPENDED = keccak(b"HeadAppended(bytes32,uint64,bytes32)")
HEAD = keccak(b"head(bytes32)")[:4]


@dataclass(frozen=True)
class Public:
    """What the checker saw: entries of the log, roots of the heads on chain by size, the receipts that it accepted."""

    size: int
    claims: int
    heads: Mapping[int, bytes]
    receipts: int


@dataclass(frozen=True)
class Chain:
    """A node, the contract's 0x address, and the log's 0x id in it."""

    url: str
    contract: str
    log_id: str


def check(
    tiles: Path,
    receipts: Iterable[bytes],
    documents: Mapping[str, bytes] | None = None,
    chain: Chain | None = None,
) -> Public:
    """Check one log.

    documents  by any name; each must have exactly one current receipt among `receipts`. None: not asked
    chain      None: nothing is anchored yet, and 1 is checked against the checkpoint only
    """
    note = (tiles / "checkpoint").read_text(encoding="utf-8")
    origin, size = note.split("\n")[0], int(note.split("\n")[1])
    entries = _entries(tiles, size)
    roots: dict[int, bytes] = {}

    def root(upto: int) -> bytes:
        if upto not in roots:
            roots[upto] = mth(entries[:upto])
        return roots[upto]

    # 1
    heads: dict[int, bytes] = {}
    key = None if chain is None else _created(chain, origin)
    if chain is not None:
        heads = _heads(chain)
        for upto, said in heads.items():
            assert upto <= size, f"the chain holds a head of {upto} entries, {size} are shown"
            assert said == root(upto), (
                f"the head of {upto} entries on chain is not the root of the first {upto} entries"
            )
    if key is not None:
        assert reference.checkpoint(note, origin, key) == (size, root(size))
    assert base64.b64decode(note.split("\n")[2]) == root(size), f"the checkpoint of {size} is not the entries' root"

    # 2 and 3
    values = [json.loads(entry) for entry in entries]
    claims = [value["c"] for value in values if value["t"] == "claim"]
    twice = [claim for claim, count in Counter(claims).items() if count > 1]
    assert not twice, f"{len(twice)} commitments are in the log twice"
    changes = {
        index: json.loads((tiles / "case-heads" / f"{index}.json").read_bytes())
        for index, value in enumerate(values)
        if value["t"] == "heads"
    }
    reference.follow_cases(entries, changes)

    # 4 and 5
    current: Counter[str] = Counter()
    accepted = 0
    for data in receipts:
        receipt = json.loads(data)
        state = _receipt(receipt, origin, key, entries, root)
        accepted += 1
        if state is None:
            current[str(_shown(receipt)["sha256"])] += 1
    if documents is not None:
        wanted = Counter(sha256(document).hexdigest() for document in documents.values())
        assert current == wanted, f"files and current receipts differ: {_difference(wanted, current)}"
    return Public(size, len(claims), heads, accepted)


def _difference(wanted: Counter[str], found: Counter[str]) -> str:
    return ", ".join(
        f"{digest[:12]} has {found[digest]} of {wanted[digest]}"
        for digest in sorted(wanted | found)
        if wanted[digest] != found[digest]
    )


def _entries(tiles: Path, size: int) -> list[bytes]:
    bundles = []
    for index in range(-(-size // 256)):
        number = f"{index % 1000:03}"
        rest = index // 1000
        while rest:
            number, rest = f"x{rest % 1000:03}/{number}", rest // 1000
        width = min(256, size - 256 * index)
        path = tiles / "tile" / "entries" / (number if width == 256 else f"{number}.p/{width}")
        bundles.append(path.read_bytes())
    entries = reference.read_bundles(bundles)
    assert len(entries) == size
    return entries


def _receipt(receipt: Any, origin: str, key: bytes | None, entries: list[bytes], root: Any) -> str | None:
    """How the claim stands by its receipt, which must lead to its entry."""
    own_key = base64.b64decode(receipt["log"]["key"])
    assert receipt["log"]["origin"] == origin and key in (None, own_key)
    size, said = reference.checkpoint(receipt["checkpoint"], origin, own_key)
    assert size <= len(entries) and said == root(size), f"a receipt's head of {size} is not of this log"
    committed = reference.commitment(receipt["claim"])
    entry = reference.claim_entry(committed)
    assert entries[receipt["entry"]["index"]] == entry, f"entry {receipt['entry']['index']} is another claim"
    reference.included(entry, receipt["entry"], size, said)
    head = reference.case_head(receipt["case_head"], size, said)
    assert head["case"] == _shown(receipt)["case_blinded"]
    if "custody" in receipt:
        reference.custody(receipt["custody"], committed, size, said)
    state = reference.standing(committed, receipt["standing"], head["ended"])
    if "later" in receipt:
        later = receipt["later"]
        newer = reference.checkpoint(later["checkpoint"], origin, own_key)
        assert newer[1] == root(newer[0])
        reference.continues((size, said), newer, later["path"])
        newest = reference.case_head(later["case_head"], *newer)
        state = reference.standing(committed, later["standing"], newest["ended"])
    return state


def _shown(receipt: Any) -> dict[str, Any]:
    return {field["name"]: field["value"] for field in receipt["claim"]["fields"] if "name" in field}


# -- the chain, by raw JSON-RPC --------------------------------------------------------------------------------------


def _rpc(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        said = json.load(answer)
    assert "error" not in said, said["error"]
    return said["result"]


def _events(chain: Chain, topic: bytes) -> list[Any]:
    asked = {
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": chain.contract,
        "topics": ["0x" + topic.hex(), chain.log_id],
    }
    return list(_rpc(chain.url, "eth_getLogs", asked))


def _created(chain: Chain, origin: str) -> bytes:
    """The note key that the log was created with, under this name."""
    (event,) = _events(chain, CREATED)
    _, name, key = decode(["address", "string", "bytes"], bytes.fromhex(event["data"][2:]))
    assert name == origin and key[:1] == b"\x01" and len(key) == 33
    return bytes(key[1:])


def _heads(chain: Chain) -> dict[int, bytes]:
    """All heads on chain in order; they grow, and the last one is what the contract holds."""
    heads: dict[int, bytes] = {}
    for event in _events(chain, APPENDED):
        size = int(event["topics"][2], 16)
        assert size > max(heads, default=0), f"a head of {size} entries after one of {max(heads, default=0)}"
        heads[size] = bytes.fromhex(event["data"][2:])
    call = {"to": chain.contract, "data": "0x" + HEAD.hex() + chain.log_id[2:]}
    held = bytes.fromhex(_rpc(chain.url, "eth_call", call, "latest")[2:])
    size = int.from_bytes(held[:32], "big")
    assert size == max(heads, default=0), f"events lead to {max(heads, default=0)} entries, the contract holds {size}"
    if size:
        assert held[32:64] == heads[size]
    return heads


# -- a test's own world ----------------------------------------------------------------------------------------------


def check_world(
    w: World,
    dev: DevChain | None = None,
    *,
    documents: Mapping[str, bytes] | None = None,
    contract: str | None = None,
) -> Public:
    """Write the world's log and all its receipts out, as the program does, with `log prove`, and check that.

    documents  by any name: each must have one current receipt (`files_of` gives all files below `w.files`)
    """
    from support.evidencechain import evidence_address

    from notary.log import ledger, log_export
    from notary.proofs import receipts
    from notary.proofs.prove_later import prove_later
    from notary.sealing import cases
    from notary.service_errors import CaseErased

    with w.ctx.engine.connect() as connection:
        log = ledger.log_of(connection, w.ctx.note_key)
    chain = None
    if dev is not None and log.chain_log_id is not None:
        chain = Chain(dev.url, contract or evidence_address(w, dev), "0x" + log.chain_log_id.hex())
    found: list[bytes] = []
    for case in cases.list_cases(w.ctx):
        try:
            pairs = list(receipts.receipts_of(w.ctx, case.id))
        except CaseErased:
            continue
        mine = (receipt for sealed, receipt in pairs if sealed.log_id == log.id)
        found += [prove_later(w.ctx, receipt).to_bytes() for receipt in mine]
    with tempfile.TemporaryDirectory(prefix="tally-check-") as folder:
        head = log_export.export(w.ctx.engine, log, folder)
        if head is None:
            assert not found and not documents, "the log is empty, files were sealed"
            return Public(0, 0, {}, 0)
        return check(Path(folder), found, documents, chain)


def files_of(w: World) -> dict[str, bytes]:
    """All files below `w.files`, as `documents` of a check."""
    return {str(path.relative_to(w.files)): path.read_bytes() for path in w.files.rglob("*") if path.is_file()}

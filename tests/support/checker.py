"""An independent checker: what anybody finds who has only public data. It ends the tests of storage, chain and faults.

    check            exported tiles, a node asked by raw JSON-RPC, receipts and the files they are for
    check_logs       the same for a log and its heirs: a file may be current in any of them
    check_world      check for a test's World: writes out log and receipts first, as the program does
    check_workspace  check_logs for a workspace: writes out all its logs and receipts first, by the program's commands;
                     check_exported: for one that has no chain

It finds, or raises AssertionError with the numbers:

    1  the log is append-only: each head on chain is the root of the first entries shown, sizes grow, the node's events
       lead to the contract's present head, and the newest checkpoint is the root of all entries
    2  nothing is counted twice: no commitment is in the log twice, and the cases' counts add up to the claims
    3  no case ever goes back, and every heads leaf commits to the map that is shown
    4  each receipt is of this log, under a head that is a beginning of it, and leads to its entry
    5  each file has one valid receipt: exactly one that shows its digest and is current

In `check_logs` a claim is current when no log ends it, and a closed log's claims count as far as its last head on
chain.

No line of notary runs in `check` and `check_logs`; tree, proofs and case heads are those of tests/reference.
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
PENDING_OWNER = keccak(b"pendingOwnerOf(bytes32)")[:4]


@dataclass(frozen=True)
class Public:
    """What the checker saw.

    size      entries of the log; claims: how many of them are claims
    heads     roots of the heads on chain, by size
    receipts  how many it accepted
    current   of those that are current: (place in the log, hex commitment, hex SHA-256 of the file)
    revoked   the same of those that were revoked
    ended     hex commitments of all claims that the log says have ended
    """

    size: int
    claims: int
    heads: Mapping[int, bytes]
    receipts: int
    current: tuple[tuple[int, str, str], ...] = ()
    revoked: tuple[tuple[int, str, str], ...] = ()
    ended: frozenset[str] = frozenset()


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
    *,
    given_up: bool = False,
    heir: bool = False,
) -> Public:
    """Check one log.

    documents  by any name; each must have exactly one current receipt among `receipts`. None: not asked
    chain      None: nothing is anchored yet, and 1 is checked against the checkpoint only
    given_up   the log was closed: from some head on, those on chain may be another copy's; they are left out of `heads`
    heir       the log continues another one, whose claims its cases count, too
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
        if given_up:
            others = (upto for upto, said in heads.items() if upto > size or said != root(upto))
            first = next(others, size + 1)
            heads = {upto: said for upto, said in heads.items() if upto < first}
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
    cases = reference.follow_cases(entries, changes)
    counted = sum(case["count"] for case in cases.values())
    assert counted == len(claims) or heir, f"the cases count {counted} claims, the log has {len(claims)}"

    # 4 and 5
    stand: dict[str | None, list[tuple[int, str, str]]] = {state: [] for state in (None, *reference.STATES)}
    accepted = 0
    for data in receipts:
        receipt = json.loads(data)
        state = _receipt(receipt, origin, key, entries, root)
        accepted += 1
        committed = reference.commitment(receipt["claim"])
        stand[state].append((receipt["entry"]["index"], committed, _shown(receipt)["sha256"]))
    current = tuple(stand[None])
    if documents is not None:
        _one_each(documents, (digest for _, _, digest in current))
    ended = frozenset(one["claim"] for change in changes.values() for one in change["ended"])
    return Public(size, len(claims), heads, accepted, current, tuple(stand["revoked"]), ended)


def check_logs(
    logs: Mapping[Path, Chain | None], receipts: Iterable[bytes], documents: Mapping[str, bytes] | None = None
) -> list[Public]:
    """Check a log and its heirs, the eldest first.

    logs       where each is exported to, and where it is on a chain
    receipts   of whichever log
    documents  as in `check`
    """
    names = {(folder / "checkpoint").read_text(encoding="utf-8").split("\n")[0]: folder for folder in logs}
    assert len(names) == len(logs), "two logs have one name"
    by_name: dict[str, list[bytes]] = {name: [] for name in names}
    for data in receipts:
        by_name[json.loads(data)["log"]["origin"]].append(data)
    closed = [chain is not None and _closed(chain) for chain in logs.values()]
    found = [
        check(folder, by_name[name], None, logs[folder], given_up=at_end, heir=number > 0)
        for number, ((name, folder), at_end) in enumerate(zip(names.items(), closed, strict=True))
    ]
    entered = Counter(claim for folder in logs for claim in _claims(folder))
    twice = [claim for claim, count in entered.items() if count > 1]
    assert not twice, f"{len(twice)} commitments are in two logs"
    if documents is not None:
        ended = frozenset[str]().union(*(one.ended for one in found))
        digests = [
            digest
            for one, at_end in zip(found, closed, strict=True)
            for place, committed, digest in one.current
            if committed not in ended and (not at_end or place < max(one.heads, default=0))
        ]
        _one_each(documents, digests)
    return found


def _one_each(documents: Mapping[str, bytes], digests: Iterable[str]) -> None:
    """Each document has one current receipt, and there is no other one."""
    found, wanted = Counter(digests), Counter(sha256(document).hexdigest() for document in documents.values())
    assert found == wanted, f"files and current receipts differ: {_difference(wanted, found)}"


def _claims(tiles: Path) -> list[str]:
    size = int((tiles / "checkpoint").read_text(encoding="utf-8").split("\n")[1])
    values = (json.loads(entry) for entry in _entries(tiles, size))
    return [value["c"] for value in values if value["t"] == "claim"]


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


def created_logs(url: str, contract: str) -> dict[str, str]:
    """All logs that were ever created in the contract: {0x id: name}, in order."""
    asked = {"fromBlock": "0x0", "toBlock": "latest", "address": contract, "topics": ["0x" + CREATED.hex()]}
    found = {}
    for event in _rpc(url, "eth_getLogs", asked):
        _, name, _ = decode(["address", "string", "bytes"], bytes.fromhex(event["data"][2:]))
        found[event["topics"][1]] = str(name)
    return found


def ask_head(chain: Chain) -> bytes:
    """What the contract says of the log now: (uint64 size, bytes32 root, appender, owner, bool closed, successor)."""
    return _call(chain, HEAD)


def ask_next_owner(chain: Chain) -> bytes:
    """Who may take the log over, as a word."""
    return _call(chain, PENDING_OWNER)


def _call(chain: Chain, function: bytes) -> bytes:
    call = {"to": chain.contract, "data": "0x" + function.hex() + chain.log_id[2:]}
    return bytes.fromhex(_rpc(chain.url, "eth_call", call, "latest")[2:])


def _closed(chain: Chain) -> bool:
    return ask_head(chain)[159] == 1


def _heads(chain: Chain) -> dict[int, bytes]:
    """All heads on chain in order; they grow, and the last one is what the contract holds."""
    heads: dict[int, bytes] = {}
    for event in _events(chain, APPENDED):
        size = int(event["topics"][2], 16)
        assert size > max(heads, default=0), f"a head of {size} entries after one of {max(heads, default=0)}"
        heads[size] = bytes.fromhex(event["data"][2:])
    held = ask_head(chain)
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
        return check(Path(folder), found, documents, chain, heir=log.follows is not None)


def check_workspace(
    workspace: Path, url: str, contract: str, documents: Mapping[str, bytes] | None = None
) -> list[Public]:
    """Write all logs and receipts of a workspace out by the program's commands, with `log prove`, and check that.

    Every log in the contract must be one of this workspace.
    """
    with tempfile.TemporaryDirectory(prefix="tally-check-") as temporary:
        root = Path(temporary)
        chains = {root / log_id: Chain(url, contract, log_id) for log_id in created_logs(url, contract)}
        sizes = {out: _export(workspace, out, "--log", chain.log_id) for out, chain in chains.items()}
        logs = {out: chain for out, chain in chains.items() if sizes[out]}
        return check_logs(logs, _export_receipts(workspace, root / "receipts"), documents)


def check_exported(workspace: Path, documents: Mapping[str, bytes] | None = None) -> list[Public]:
    """The same for a workspace whose only log is not on a chain yet."""
    with tempfile.TemporaryDirectory(prefix="tally-check-") as temporary:
        root = Path(temporary)
        _export(workspace, root / "log")
        return check_logs({root / "log": None}, _export_receipts(workspace, root / "receipts"), documents)


def _export(workspace: Path, out: Path, *options: str) -> int:
    from support.portalworld import tallystick

    return int(tallystick("log", "export", out, *options, workspace=workspace).json["size"])


def _export_receipts(workspace: Path, out: Path) -> list[bytes]:
    from support.portalworld import tallystick

    for case in tallystick("case", "list", workspace=workspace).json["cases"]:
        if case["title"] is not None:  # it was not erased
            tallystick("receipts", "export", case["case"], "--to", out / case["case"], workspace=workspace)
    files = sorted(out.rglob("*.receipt.json"))
    if files:
        tallystick("log", "prove", *files, workspace=workspace)
    return [path.read_bytes() for path in files]


def files_of(w: World) -> dict[str, bytes]:
    """All files below `w.files`, as `documents` of a check."""
    return {str(path.relative_to(w.files)): path.read_bytes() for path in w.files.rglob("*") if path.is_file()}

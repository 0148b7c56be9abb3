"""The verifier of portal/verifier beside Python's: the same receipts given to both, and what differs."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from support import sealed, stamped
from support.sealed import anchor, anchored_block, later, make_anchor, seal

from notary.proofs.disclosure import hide
from notary.verdicts.trust import Trust
from notary.verdicts.verify import verify_bytes

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "portal/verifier"
VECTORS = ROOT / "tests/vectors"
PAGE = FOLDER / "dist/verify.html"
DIGESTS = ("sha256", "sha512", "sha3_256", "sha3_512", "sm3")

# Words that come from a library, which is another one in the browser: JSON, certificates, CMS.
FOREIGN = ("cannot be read", "cannot be used", "cannot be checked", "is not JSON at", "not base64")


class Lined(Protocol):
    """What test/run_core.mjs reads."""

    def line(self) -> str: ...


@dataclass(frozen=True)
class Given:
    """What both verifiers get: a receipt file, perhaps its document, perhaps a trust file."""

    receipt: bytes
    document: bytes | None
    trust: bytes | None

    def line(self) -> str:
        return json.dumps(
            [
                None if part is None else base64.b64encode(part).decode()
                for part in (self.receipt, self.document, self.trust)
            ]
        )

    def python(self) -> dict[str, Any]:
        document = None if self.document is None else sealed.document_of(self.document, DIGESTS)
        trust = None if self.trust is None else Trust.from_bytes(self.trust)
        return dict(verify_bytes(self.receipt, document, trust).to_json())


def samples() -> list[Given]:
    """Receipts of every kind of anchor, custody signature and verdict, each good and then in some ways not."""
    full, plain = stamped.full(), seal()
    block = anchored_block(plain)
    one = anchor(plain, make_anchor(block, 7, 1))[1]
    receipts = [
        full.receipt,
        one,
        plain.receipts[0],
        later(plain, one),
        hide(one, ["name", "sha256"]),
        hide(full.receipt, ["case_blinded"]),
        replace(one, anchors=(stamped.pending_anchor(plain.note),)),
    ]
    trusts = [None, full.trust.to_bytes(), Trust().to_bytes()]
    documents = [full.document, None, b"another document"]
    found = [Given(r.to_bytes(), d, t) for r in receipts for d in documents for t in trusts]
    golden = VECTORS / "receipt_v1"
    parts = [(golden / name).read_bytes() for name in ("receipt.json", "document", "trusted-blocks.json")]
    found.append(Given(parts[0], parts[1], parts[2]))
    for index in VECTORS.glob("receipts/index.json"):
        found += _listed(json.loads(index.read_bytes())["receipts"], index.parent)
    return found


def _listed(vectors: Sequence[dict[str, Any]], folder: Path) -> Iterable[Given]:
    """The vectors of single receipts."""
    for vector in vectors:
        receipt, document = (folder / vector["file"]).read_bytes(), vector["results"][0]["document"]
        if b'"tallystick/receipts"' not in receipt:
            data = (folder / document).read_bytes() if document else None
            yield Given(receipt, data, (folder / vector["trust"]).read_bytes() if vector["trust"] else None)


def mutants(count: int, seed: int) -> Iterable[Given]:
    """Samples with some bytes changed: of the file, of a member, or of what a base64 or hex text holds."""
    chance = random.Random(seed)
    judged = [(one, one.python()) for one in samples()]
    every = [one for one, verdict in judged if verdict["checks"][0]["status"] == "PASSED"]
    good = [one for one, verdict in judged if verdict["status"] == "PASSED"]
    for _ in range(count):
        one = chance.choice(every if chance.random() < 0.2 else good)
        yield replace(one, receipt=_altered(one.receipt, chance))


def _altered(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return bytes_changed(data, chance)
    value = json.loads(data)
    places: list[tuple[Any, Any]] = []
    _places(value, places)
    proofs = [(parent, key) for parent, key in places if key in ("token", "proof")]
    if proofs and chance.random() < 0.3:
        places = proofs
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        parent, key = chance.choice(places)
        parent[key] = _changed(parent[key], chance)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")


def _places(value: Any, found: list[tuple[Any, Any]]) -> None:
    for key in value if isinstance(value, dict) else range(len(value)):
        found.append((value, key))
        if isinstance(value[key], dict | list):
            _places(value[key], found)


def _changed(value: Any, chance: random.Random) -> Any:
    if not isinstance(value, int | str) or isinstance(value, bool):
        return chance.choice([None, True, [], {}, 0, "", value])
    if isinstance(value, int):
        return chance.choice(
            [value + 1, value - 1, value + 2**32, 2**53 - 1, 2**53, -value, 0, float(value), str(value)]
        )
    prefix = "0x" if value.startswith("0x") else ""
    try:
        raw = bytes.fromhex(value[len(prefix) :])
        return prefix + bytes_changed(raw, chance).hex()
    except ValueError:
        pass
    try:
        raw = base64.b64decode(value, validate=True)
        if len(value) > 20:
            return base64.b64encode(bytes_changed(raw, chance)).decode()
    except ValueError:
        pass
    at = chance.randrange(len(value) + 1)
    return (
        value[:at]
        + chance.choice(["x", "\n", "\u202e", "é", "\x7f", " ", "\ud800", "😀"])
        + value[at + chance.randrange(2) :]
    )


def bytes_changed(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw or b"\0")
    at = chance.randrange(len(data))
    kind = chance.randrange(5)
    if kind <= 2:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 3:
        del data[at : at + chance.choice((1, 1, 2, 8))]
    else:
        data[at:at] = chance.randbytes(chance.choice((1, 1, 4)))
    return bytes(data)


def same(python: Any, other: Any) -> bool:
    """Whether two verdicts are the same, but for words that a library chose."""
    if isinstance(python, dict) and isinstance(other, dict):
        return python.keys() == other.keys() and all(
            same(value, other[key])
            or (key == "detail" and any(word in value or word in other[key] for word in FOREIGN))
            for key, value in python.items()
        )
    if isinstance(python, list) and isinstance(other, list):
        return len(python) == len(other) and all(map(same, python, other))
    return type(python) is type(other) and bool(python == other)


def node_path() -> str:
    """Where node is, if the packages of portal/verifier are here as well; or ""."""
    return (shutil.which("node") or "") if (FOLDER / "node_modules").is_dir() else ""


def run_page(runs: Sequence[dict[str, Any]], node: str, chromium: str) -> list[dict[str, Any]]:
    """What verify.html shows in Chromium, for each run as portal/verifier/test/run_page.mjs reads it."""
    command = [node, str(FOLDER / "test/run_page.mjs"), chromium, str(PAGE)]
    lines = "".join(json.dumps(run) + "\n" for run in runs)
    found = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in found.stdout.removesuffix("\n").split("\n")]


def run_core(given: Sequence[Lined], folder: Path, node: str) -> list[Any]:
    """What the browser's verifier says of each, run by Node without its page; a fault of the program is a text."""
    core = folder / "core.mjs"
    subprocess.run([node, str(FOLDER / "build.mjs"), "--core", str(core)], check=True)
    lines = "".join(one.line() + "\n" for one in given)
    found = subprocess.run(
        [node, str(FOLDER / "test/run_core.mjs"), str(core)], input=lines, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in found.stdout.removesuffix("\n").split("\n")]

"""How each chain behaves, as data: finality rule, receipt kind, fee rule, and who says so.

On an L2, final is the sequencer's word until its L1 is final. The tag `finalized` of OP-stack, Arbitrum and zkSync
nodes names the newest block whose batch is in a final block of the L1, so "tag:finalized" waits for the L1 there.

The list is `profiles.json`; a workspace may add to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from onchain.errors import ProfileInvalid, UnknownChain

MAX_PROFILES_BYTES = 256 * 1024  # a file of profiles is a few kilobytes
MAX_DEPTH = 100_000  # blocks; more than a week of any chain
MAX_SOURCE = 300  # characters
MAX_CHAIN_ID = 2**53 - 1  # what JSON readers everywhere keep exact

FINALIZED_TAG = "tag:finalized"


@dataclass(frozen=True)
class ChainProfile:
    """One chain's rules.

    chain_id       1 … 2^53-1
    name           for people
    finality       "tag:finalized" (the node says), or "depth:N" (N blocks on top, 1 <= N <= 100,000)
    receipts       "mpt" (the header has a Merkle-Patricia root of receipts) or "none" (no offline proof exists)
    fees           "eip1559" or "legacy"
    explorer       base URL of a block explorer, or ""
    dev            a local test chain: public keys sign there, and it is never trusted by default
    block_seconds  usual time between blocks, at least 1; paces polling and replacement, decides nothing
    genesis        32 bytes, or None where the workspace pins what it found first
    l1             chain id of the chain that it settles on, or None
    source         where these facts are said: one line
    """

    chain_id: int
    name: str
    finality: str
    receipts: str
    fees: str
    explorer: str
    dev: bool
    block_seconds: int
    genesis: bytes | None
    l1: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        where = f"of chain {self.chain_id}"
        if not 1 <= self.chain_id <= MAX_CHAIN_ID:
            raise ProfileInvalid(where, f"chain_id must be from 1 to {MAX_CHAIN_ID}")
        if not 1 <= len(self.name) <= 100:
            raise ProfileInvalid(where, "name must have 1 to 100 characters")
        depth = re.fullmatch(r"depth:([0-9]{1,6})", self.finality)
        if self.finality != FINALIZED_TAG and not (depth and 1 <= int(depth[1]) <= MAX_DEPTH):
            raise ProfileInvalid(where, f'finality must be "{FINALIZED_TAG}" or "depth:N" with N from 1 to {MAX_DEPTH}')
        if self.receipts not in ("mpt", "none"):
            raise ProfileInvalid(where, 'receipts must be "mpt" or "none"')
        if self.fees not in ("eip1559", "legacy"):
            raise ProfileInvalid(where, 'fees must be "eip1559" or "legacy"')
        if self.explorer and not self.explorer.startswith("https://"):
            raise ProfileInvalid(where, "explorer must be an https URL or empty")
        if not 1 <= self.block_seconds <= 3600:
            raise ProfileInvalid(where, "block_seconds must be from 1 to 3600")
        if self.genesis is not None and len(self.genesis) != 32:
            raise ProfileInvalid(where, "genesis must be 32 bytes or null")
        if self.l1 is not None and (not 1 <= self.l1 <= MAX_CHAIN_ID or self.l1 == self.chain_id):
            raise ProfileInvalid(where, f"l1 must be another chain's id from 1 to {MAX_CHAIN_ID}, or null")
        if len(self.source) > MAX_SOURCE or not self.source.isprintable():
            raise ProfileInvalid(where, f"source must be one line of at most {MAX_SOURCE} characters")

    @property
    def depth(self) -> int | None:
        """Blocks on top that make a block final, or None where the node's `finalized` tag decides."""
        return None if self.finality == FINALIZED_TAG else int(self.finality.removeprefix("depth:"))

    @property
    def finality_in_words(self) -> str:
        """What "final" rests on there: on an L2 the sequencer's word until its L1 is final, and this says which."""
        if self.depth is None:
            return "final" if self.l1 is None else f"final with its L1, chain {self.l1}"
        deep = f"{self.depth} blocks deep"
        return deep if self.l1 is None else f"{deep} by the sequencer's word, its L1 not asked"

    @classmethod
    def from_mapping(cls, data: Mapping[str, object], where: str = "") -> ChainProfile:
        """Read one profile from parsed JSON or TOML. Raises ProfileInvalid."""
        kinds: dict[str, type] = {
            "chain_id": int,
            "name": str,
            "finality": str,
            "receipts": str,
            "fees": str,
            "explorer": str,
            "dev": bool,
            "block_seconds": int,
        }
        unknown = sorted(set(data) - set(kinds) - {"genesis", "l1", "source"})
        if unknown:
            raise ProfileInvalid(where, f"unknown member {unknown[0]!r}")
        values: dict[str, object] = {}
        for name, kind in kinds.items():
            value = data.get(name)
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise ProfileInvalid(where, f"{name} must be of type {kind.__name__}")
            values[name] = value
        genesis = data.get("genesis")
        if genesis is not None and not (isinstance(genesis, str) and re.fullmatch(r"0x[0-9a-f]{64}", genesis)):
            raise ProfileInvalid(where, "genesis must be 0x and 64 lower-case hex digits, or null")
        values["genesis"] = bytes.fromhex(genesis[2:]) if isinstance(genesis, str) else None
        values["l1"], values["source"] = data.get("l1"), data.get("source", "")
        if values["l1"] is not None and (not isinstance(values["l1"], int) or isinstance(values["l1"], bool)):
            raise ProfileInvalid(where, "l1 must be a chain id or null")
        if not isinstance(values["source"], str):
            raise ProfileInvalid(where, "source must be of type str")
        return cls(**values)  # type: ignore[arg-type]  # each value's type was checked above


def read_profiles(path: Path) -> dict[int, ChainProfile]:
    """Read a JSON list of profiles. Raises ProfileInvalid."""
    try:
        if path.stat().st_size > MAX_PROFILES_BYTES:
            raise ProfileInvalid(str(path), f"more than {MAX_PROFILES_BYTES} bytes")
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise ProfileInvalid(str(path), f"unreadable: {type(exc).__name__}") from exc
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ProfileInvalid(str(path), "must be a list of objects")
    profiles = [ChainProfile.from_mapping(item, f"{i + 1} in {path.name}") for i, item in enumerate(data)]
    by_id = {p.chain_id: p for p in profiles}
    if len(by_id) != len(profiles):
        raise ProfileInvalid(str(path), "one chain_id twice")
    return by_id


@lru_cache(maxsize=1)
def _shipped() -> dict[int, ChainProfile]:
    return read_profiles(Path(__file__).with_name("profiles.json"))


def profile(chain_id: int, extra: Path | None = None) -> ChainProfile:
    """The rules of chain `chain_id`; `extra` names a workspace's own file, which wins.

    Raises UnknownChain, ProfileInvalid.
    """
    own = read_profiles(extra) if extra is not None and extra.exists() else {}
    found = own.get(chain_id) or _shipped().get(chain_id)
    if found is None:
        raise UnknownChain(chain_id)
    return found


def shipped_profiles() -> tuple[ChainProfile, ...]:
    """All profiles that come with this package, by chain id."""
    return tuple(sorted(_shipped().values(), key=lambda p: p.chain_id))

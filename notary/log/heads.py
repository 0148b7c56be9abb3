"""Case heads: the leaf that ends every batch and says, for each case, how much was sealed and what became of it.

The leaf commits to a map from blinded case id to the case's state: claims ever sealed, custody entries ever written,
the hash of the last one, and the tree of its ended claims (notary/log/standing.py). A receipt carries this leaf and its
case's entry, so a cut-off tail or a hidden later claim shows. The map is a RFC 9162 tree over its entries, sorted by
blinded id, so that gaps can be proven too.

    map entry   JCS({"case": hex, "count": int, "custody": int, "ended": {"n": int, "r": hex}, "head": hex})
    heads leaf  JCS({"n": cases, "p": index of the previous heads leaf or null, "r": hex of map root,
                     "s": hex of the digest of the batch's custody statement and its signatures, "t": "heads"})
    blinded id  HMAC-SHA256(case secret, "tallystick/case/v1")
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from notary import jcs
from notary.errors import LogEntryInvalid
from notary.log import merkle

_HEX = re.compile(r"[0-9a-f]{64}")
MAX_ENTRY_BYTES = 512


def blinded_case(case_secret: bytes) -> bytes:
    """The 32 bytes that stand for a case in public; without the secret nobody can tell which case it is."""
    return hmac.digest(case_secret, b"tallystick/case/v1", "sha256")


@dataclass(frozen=True, slots=True)
class CaseHead:
    """One case's entry in the map.

    case        32 bytes, the blinded id
    count       claims ever sealed in the case, at least 1
    head        32 bytes, hash of the case's last custody entry
    custody     custody entries ever written in the case; the last one has the number custody - 1
    ended       how many of its claims were superseded, revoked or erased
    ended_root  32 bytes, root of the tree over these
    """

    case: bytes
    count: int
    head: bytes
    custody: int
    ended: int
    ended_root: bytes

    def to_json(self) -> dict[str, jcs.Json]:
        return {
            "case": self.case.hex(),
            "count": self.count,
            "custody": self.custody,
            "ended": {"n": self.ended, "r": self.ended_root.hex()},
            "head": self.head.hex(),
        }

    def to_bytes(self) -> bytes:
        return jcs.dumps(self.to_json())


class HeadMap:
    """The map of all cases of a log, sorted by blinded id.  Raises ValueError when a case is there twice."""

    __slots__ = ("_place", "_tree", "heads")

    def __init__(self, heads: Iterable[CaseHead]) -> None:
        self.heads = tuple(sorted(heads, key=lambda head: head.case))
        self._place = {head.case: place for place, head in enumerate(self.heads)}
        if len(self._place) != len(self.heads):
            raise ValueError("a case has two heads")
        self._tree = merkle.Tree(merkle.leaf_hashes(head.to_bytes() for head in self.heads))

    @property
    def root(self) -> bytes:
        return self._tree.root

    def prove(self, case: bytes) -> tuple[CaseHead, int, list[bytes]]:
        """(head, index, path) of the case with this blinded id.  Raises KeyError if it has no head."""
        place = self._place[case]
        return self.heads[place], place, self._tree.inclusion_path(place)

    def leaf(self, previous: int | None, batch: bytes) -> HeadsLeaf:
        """The leaf that ends a batch.

        previous  log index of the heads leaf before it
        batch     32 bytes, digest of the batch's custody statement and signatures (notary/custody/signatures.py)
        """
        return HeadsLeaf(self.root, len(self.heads), previous, batch)


@dataclass(frozen=True, slots=True)
class HeadsLeaf:
    """The log entry that commits to a map of case heads.

    map_root  32 bytes
    cases     number of entries in the map
    previous  log index of the heads leaf before, or None for the first
    batch     32 bytes, digest of the batch's custody statement and its signatures
    """

    map_root: bytes
    cases: int
    previous: int | None
    batch: bytes

    def to_bytes(self) -> bytes:
        batch = self.batch.hex()
        return jcs.dumps({"t": "heads", "r": self.map_root.hex(), "n": self.cases, "p": self.previous, "s": batch})

    @classmethod
    def from_bytes(cls, entry: bytes) -> HeadsLeaf:
        """Raises LogEntryInvalid or JsonInvalid unless the bytes are exactly those that `to_bytes` gives."""
        value = jcs.loads(entry, max_bytes=MAX_ENTRY_BYTES, what="heads leaf")
        if not isinstance(value, dict) or value.keys() != {"t", "r", "n", "p", "s"} or value["t"] != "heads":
            raise LogEntryInvalid("the entry is not a heads leaf")
        map_root, cases, previous, batch = value["r"], value["n"], value["p"], value["s"]
        if not isinstance(map_root, str) or not _HEX.fullmatch(map_root) or not _natural(cases):
            raise LogEntryInvalid("the heads leaf has no map root or no number of cases")
        if previous is not None and not _natural(previous):
            raise LogEntryInvalid("the heads leaf names no index of its predecessor")
        if not isinstance(batch, str) or not _HEX.fullmatch(batch):
            raise LogEntryInvalid("the heads leaf has no digest of its batch")
        assert isinstance(cases, int) and (previous is None or isinstance(previous, int))
        leaf = cls(bytes.fromhex(map_root), cases, previous, bytes.fromhex(batch))
        if leaf.to_bytes() != entry:
            raise LogEntryInvalid("the heads leaf is not in canonical form")
        return leaf


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

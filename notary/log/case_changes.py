"""What one heads leaf changed in the map of cases, as a public file, so that the map can be followed from leaf to leaf.

The log's entries hold only the map's root. Whoever audits or recovers a log needs the map itself; it is public (blinded
ids, counts, hashes), and is exported beside the tiles:

    case-heads/<index of the heads leaf>.json
        JCS({"ended": [{"at", "case", "claim", "state"}, ...], "heads": [map entry, ...], "index": int})

heads: the map entries (notary/log/heads.py) that are new or changed since the heads leaf before, sorted by case; ended:
the ended claims (notary/log/standing.py) that are new or changed, sorted by case and claim. Nothing in the file is
believed: `CaseWalk` applies it and compares with the root that the leaf commits to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from notary import jcs
from notary.errors import LogEntryInvalid
from notary.log.heads import CaseHead, HeadMap, HeadsLeaf
from notary.log.standing import Ended, EndedTree, State
from notary.reading import Reader

MAX_BYTES: Final = 8 << 20  # a batch has at most a few thousand claims, each ended one takes 220 bytes
MAX_CHANGED: Final = 20_000  # entries of either list


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What the heads leaf at log index `index` changed. ended: pairs of (case, ended claim)."""

    index: int
    heads: tuple[CaseHead, ...]
    ended: tuple[tuple[bytes, Ended], ...] = ()

    def to_bytes(self) -> bytes:
        heads: list[jcs.Json] = [head.to_json() for head in sorted(self.heads, key=lambda one: one.case)]
        ended: list[jcs.Json] = [
            {**one.to_json(), "case": case.hex()}
            for case, one in sorted(self.ended, key=lambda pair: (pair[0], pair[1].claim))
        ]
        return jcs.dumps({"ended": ended, "heads": heads, "index": self.index})

    @classmethod
    def from_bytes(cls, data: bytes) -> CaseChange:
        """Read a file from outside.  Raises LogEntryInvalid unless the bytes are exactly those of `to_bytes`."""
        top = Reader.open(data, MAX_BYTES, "change of case heads", LogEntryInvalid)
        top.only("ended", "heads", "index")
        heads = tuple(_head(each) for each in top.objects("heads", MAX_CHANGED))
        ended = tuple(_ended(each) for each in top.objects("ended", MAX_CHANGED))
        change = cls(top.integer("index"), heads, ended)
        if change.to_bytes() != data:
            raise LogEntryInvalid(f"the change of case heads at {change.index} is not in canonical form")
        return change


def _head(each: Reader) -> CaseHead:
    each.only("case", "count", "custody", "ended", "head")
    ended = each.object("ended")
    ended.only("n", "r")
    return CaseHead(
        case=each.hex("case", 32),
        count=each.integer("count"),
        head=each.hex("head", 32),
        custody=each.integer("custody"),
        ended=ended.integer("n"),
        ended_root=ended.hex("r", 32),
    )


def _ended(each: Reader) -> tuple[bytes, Ended]:
    each.only("at", "case", "claim", "state")
    try:
        state = State(each.text("state"))
    except ValueError as exc:
        raise each.refuse("state", "is none of superseded, revoked, erased") from exc
    return each.hex("case", 32), Ended(each.hex("claim", 32), state, each.integer("at"))


@dataclass
class CaseWalk:
    """The map of cases, followed from heads leaf to heads leaf. `apply` checks everything that must never go back.

    heads  by case; ended  by case and claim
    """

    heads: dict[bytes, CaseHead] = field(default_factory=dict)
    ended: dict[bytes, dict[bytes, Ended]] = field(default_factory=dict)
    previous: int | None = None

    def apply(self, index: int, leaf: HeadsLeaf, change: CaseChange, claims: int) -> None:
        """Go on by one heads leaf.

        index   of the leaf in the log
        claims  claim entries of its batch: those between the heads leaf before and this one

        Raises LogEntryInvalid with the numbers; the walk is of no use afterwards.
        """
        if leaf.previous != self.previous:
            raise LogEntryInvalid(f"the heads leaf at {index} names {leaf.previous} before it, that is {self.previous}")
        if change.index != index:
            raise LogEntryInvalid(f"the change of case heads for {index} says that it is for {change.index}")
        for case, one in change.ended:
            known = self.ended.setdefault(case, {})
            old = known.get(one.claim)
            if old is not None and not one.follows(old):
                told = f"was {old.state} at custody entry {old.at} and is {one.state} at {one.at}"
                raise LogEntryInvalid(f"at {index}: a claim {told}: superseded < revoked < erased")
            known[one.claim] = one
        grown, new = 0, False
        for head in change.heads:
            before = self.heads.get(head.case)
            self._check(index, before, head)
            grown += head.count - (0 if before is None else before.count)
            new = new or before is None
            self.heads[head.case] = head
        if {case for case, _ in change.ended} - {head.case for head in change.heads}:
            raise LogEntryInvalid(f"at {index}: a claim ended in a case whose head did not change")
        # A case that is new here may have been begun in the log before this one, so its count may be larger.
        if grown < claims or (grown > claims and not new):
            raise LogEntryInvalid(f"the heads leaf at {index} counts {grown} new claims, its batch has {claims}")
        if (len(self.heads), HeadMap(self.heads.values()).root) != (leaf.cases, leaf.map_root):
            raise LogEntryInvalid(f"the heads leaf at {index} commits to another map of cases")
        self.previous = index

    def _check(self, index: int, before: CaseHead | None, head: CaseHead) -> None:
        ended = self.ended.get(head.case, {})
        if any(one.at >= head.custody for one in ended.values()):
            raise LogEntryInvalid(f"at {index}: a claim ended at a custody entry that is not there ({head.custody})")
        if (len(ended), EndedTree(ended.values()).root) != (head.ended, head.ended_root):
            raise LogEntryInvalid(f"at {index}: a case's head commits to other ended claims ({head.ended})")
        if before is None:
            return
        pairs = (("claims", before.count, head.count), ("ended claims", before.ended, head.ended))
        for what, old, now in pairs:
            if now < old:
                raise LogEntryInvalid(f"at {index}: a case went back from {old} to {now} {what}")
        if head.custody <= before.custody:
            raise LogEntryInvalid(f"at {index}: a case went from {before.custody} to {head.custody} custody entries")


def change_of(index: int, heads: Iterable[CaseHead], ended: Iterable[tuple[bytes, Ended]] = ()) -> CaseChange:
    """The change of one heads leaf, in the order that its file has."""
    return CaseChange(
        index,
        tuple(sorted(heads, key=lambda one: one.case)),
        tuple(sorted(ended, key=lambda pair: (pair[0], pair[1].claim))),
    )

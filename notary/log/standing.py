"""Standing: whether a claim is still current, as the case's head commits to it.

A claim that was superseded, revoked or erased stands in its case's tree of ended claims, once, with the gravest state:

    ended entry  JCS({"at": number of the custody entry, "claim": hex commitment, "state": "superseded" | ...})
    ended root   RFC 9162 root over these, sorted by commitment

Nothing takes an end back: superseded < revoked < erased, and a state gives way to a graver one only. A newer version of
a revoked document does not make the revoked claim a superseded one, which would pass.

A claim that is there is shown with its own entry; that one is not there is shown by its neighbours: two entries side by
side with its commitment between them, or the first or the last one beyond which it would stand. So "not superseded or
revoked as of head N" is a proof of a few hundred bytes, however long the case is. The other claims' commitments that
it shows tell nothing about them.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from notary import jcs
from notary.errors import StandingInvalid
from notary.log import merkle


class State(StrEnum):
    """What ended a claim; a later one is graver."""

    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    ERASED = "erased"


_GRAVITY = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Ended:
    """One ended claim.

    claim  32 bytes, its commitment
    state  the gravest thing that happened to it
    at     number of the custody entry that says so
    """

    claim: bytes
    state: State
    at: int

    def follows(self, older: Ended | None) -> bool:
        """Whether a claim may have gone from `older` (None: current) to this end: only to a graver one, and later."""
        return older is None or (_GRAVITY[self.state] > _GRAVITY[older.state] and self.at > older.at)

    def to_json(self) -> dict[str, jcs.Json]:
        return {"at": self.at, "claim": self.claim.hex(), "state": self.state.value}

    def to_bytes(self) -> bytes:
        return jcs.dumps(self.to_json())


@dataclass(frozen=True, slots=True)
class Placed:
    """An ended claim and where it stands in the tree: index < size, path of 32-byte hashes, leaf level first."""

    ended: Ended
    index: int
    size: int
    path: tuple[bytes, ...]


class EndedTree:
    """All ended claims of a case.  Raises ValueError when a claim is there twice."""

    __slots__ = ("_claims", "_tree", "ended")

    def __init__(self, ended: Iterable[Ended]) -> None:
        self.ended = tuple(sorted(ended, key=lambda one: one.claim))
        self._claims = [one.claim for one in self.ended]
        if len(set(self._claims)) != len(self._claims):
            raise ValueError("a claim has ended twice")
        self._tree = merkle.Tree(merkle.leaf_hashes(one.to_bytes() for one in self.ended))

    @property
    def root(self) -> bytes:
        return self._tree.root

    def prove(self, claim: bytes) -> tuple[Placed, ...]:
        """What shows how `claim` (32 bytes, a commitment) stands: its own entry, or its neighbours."""
        place = bisect.bisect_left(self._claims, claim)
        if place < len(self._claims) and self._claims[place] == claim:
            return (self._placed(place),)
        return tuple(self._placed(at) for at in (place - 1, place) if 0 <= at < len(self._claims))

    def _placed(self, index: int) -> Placed:
        return Placed(self.ended[index], index, len(self.ended), tuple(self._tree.inclusion_path(index)))


def verify_standing(claim: bytes, proof: Sequence[Placed], size: int, root: bytes) -> Ended | None:
    """What ended the claim, or None when it is current.

    claim  32 bytes, its commitment
    size   ended claims of the case, root their tree's root of 32 bytes: both from the case's head

    Raises StandingInvalid when the proof shows neither, ProofInvalid when an entry is not in the tree.
    """
    if size == 0:
        if proof or root != merkle.EMPTY_ROOT:
            raise StandingInvalid("the case has no ended claims, yet entries of them are shown")
        return None
    if not 1 <= len(proof) <= 2:
        raise StandingInvalid(f"{len(proof)} of {size} ended claims are shown; one or two are needed")
    for placed in proof:
        if placed.size != size:
            raise StandingInvalid(f"the proof is for {placed.size} ended claims, the case's head for {size}")
        leaf = merkle.leaf_hash(placed.ended.to_bytes())
        merkle.verify_inclusion(leaf, placed.index, size, placed.path, root)
    first, last = proof[0], proof[-1]
    if first.ended.claim == claim:
        if len(proof) != 1:
            raise StandingInvalid("the claim's own entry is shown with another one")
        return first.ended
    if len(proof) == 2:
        between = first.index + 1 == last.index and first.ended.claim < claim < last.ended.claim
    else:
        at_the_end = first.index == size - 1 and first.ended.claim < claim
        between = at_the_end or (first.index == 0 and claim < first.ended.claim)
    if not between:
        raise StandingInvalid("the entries shown are not the claim's neighbours")
    return None

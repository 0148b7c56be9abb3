"""The log judged by its second implementation: proofs of all sizes to 64, standings, case heads, their mutants."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import log_reference as reference
from reference.merkle_reference import mth, path, proof

from notary.errors import FormatInvalid, NotaryError
from notary.log import merkle
from notary.log.case_changes import CaseChange, CaseWalk, change_of
from notary.log.heads import CaseHead, HeadMap, HeadsLeaf
from notary.log.standing import Ended, EndedTree, State, verify_standing
from notary.sealing.commitment import claim_entry

SIZES = range(1, 65)
ENTRIES = [b"entry %d" % place for place in range(64)]
LEAVES = merkle.leaf_hashes(ENTRIES)


def holds(check: Any, *values: Any) -> bool:
    """Whether one of our checks accepts; it must refuse with its own error only."""
    try:
        check(*values)
    except NotaryError:
        return False
    return True


def agrees(check: Any, *values: Any) -> bool:
    """Whether the reference accepts."""
    try:
        check(*values)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("size", SIZES)
def test_every_root_and_every_proof_of_every_size_is_the_references(size: int) -> None:
    tree, root = merkle.Tree(LEAVES[:size]), mth(ENTRIES[:size])
    assert tree.root == root
    for index in range(size):
        ours = tree.inclusion_path(index)
        assert ours == path(index, ENTRIES[:size]) == merkle.inclusion_path(index, size, tree.node_at)
        merkle.verify_inclusion(LEAVES[index], index, size, ours, root)
    for old in range(1, size + 1):
        ours = merkle.consistency_path(old, size, tree.node_at)
        assert ours == proof(old, ENTRIES[:size])
        merkle.verify_consistency(old, size, mth(ENTRIES[:old]), root, ours)


CLAIMS = st.binary(min_size=32, max_size=32)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_standing_and_its_mutants_are_judged_as_by_the_reference(data: st.DataObject) -> None:
    claims = data.draw(st.lists(CLAIMS, unique=True, max_size=9))
    ended = EndedTree(Ended(claim, data.draw(st.sampled_from(State)), at) for at, claim in enumerate(claims))
    asked = data.draw(st.one_of(CLAIMS, st.sampled_from(claims) if claims else CLAIMS))
    shown = ended.prove(data.draw(st.one_of(st.just(asked), CLAIMS)))
    shown = tuple(data.draw(st.permutations(shown))) if data.draw(st.booleans()) else shown
    shown = shown[: data.draw(st.integers(0, 2))] if data.draw(st.booleans()) else shown
    size = data.draw(st.sampled_from((len(claims), len(claims) + 1)))
    plain = [
        {"entry": one.ended.to_json(), "index": one.index, "size": one.size, "path": [n.hex() for n in one.path]}
        for one in shown
    ]
    try:
        expected: Any = (reference.standing(asked.hex(), plain, {"n": size, "r": mth_of(ended).hex()}),)
    except Exception:
        expected = None
    try:
        found = verify_standing(asked, shown, size, ended.root)
        said: Any = (None if found is None else found.state.value,)
    except NotaryError:
        said = None
    assert said == expected


def mth_of(ended: EndedTree) -> bytes:
    return mth([one.to_bytes() for one in ended.ended])


@dataclass
class Grown:
    """A log grown by a test: entries, changes, and the state of its cases."""

    entries: list[bytes] = field(default_factory=list)
    changes: dict[int, CaseChange] = field(default_factory=dict)
    heads: dict[bytes, CaseHead] = field(default_factory=dict)
    ended: dict[bytes, dict[bytes, Ended]] = field(default_factory=dict)
    claims: dict[bytes, list[bytes]] = field(default_factory=dict)
    previous: int | None = None

    def may_end(self, case: bytes, claim: bytes, state: State) -> bool:
        """Whether a claim of the case that stands as it does may become `state`."""
        known = self.ended.get(case, {}).get(claim)
        return known is None or list(State).index(known.state) < list(State).index(state)

    def batch(self, case: bytes, new: list[bytes], ends: list[tuple[bytes, State]]) -> None:
        old = self.heads.get(case)
        count, custody = (0, 0) if old is None else (old.count, old.custody)
        gone = self.ended.setdefault(case, {})
        fresh = [Ended(claim, state, custody + len(new) + place) for place, (claim, state) in enumerate(ends)]
        gone.update({one.claim: one for one in fresh})
        tree = EndedTree(gone.values())
        custody += len(new) + len(ends) or 1
        head = CaseHead(case, count + len(new), custody.to_bytes(32, "big"), custody, len(gone), tree.root)
        self.heads[case] = head
        self.claims.setdefault(case, []).extend(new)
        self.entries += [claim_entry(claim) for claim in new]
        index = len(self.entries)
        self.entries.append(HeadMap(self.heads.values()).leaf(self.previous, bytes(32)).to_bytes())
        self.changes[index] = change_of(index, [head], {one.claim: (case, one) for one in fresh}.values())
        self.previous = index


@st.composite
def grown(draw: st.DrawFn) -> Grown:
    log, cases = Grown(), [bytes([n]) * 32 for n in range(3)]
    fresh = iter(draw(st.lists(CLAIMS, unique=True, min_size=24, max_size=24)))
    for _ in range(draw(st.integers(1, 6))):
        case = draw(st.sampled_from(cases))
        new = [next(fresh) for _ in range(draw(st.integers(0 if case in log.heads else 1, 4)))]
        known = log.claims.get(case, [])
        ends = (
            [] if not known else draw(st.lists(st.tuples(st.sampled_from(known), st.sampled_from(State)), max_size=2))
        )
        if len({claim for claim, _ in ends}) == len(ends):
            log.batch(case, new, [one for one in ends if log.may_end(case, *one)])
    return log


def walked(entries: list[bytes], changes: dict[int, bytes]) -> CaseWalk:
    walk, batch = CaseWalk(), 0
    for index, entry in enumerate(entries):
        if b'"t":"claim"' in entry:
            batch += 1
            continue
        walk.apply(index, HeadsLeaf.from_bytes(entry), CaseChange.from_bytes(changes[index]), batch)
        batch = 0
    return walk


@settings(max_examples=150, deadline=None)
@given(grown(), st.data())
def test_case_heads_and_their_mutants_are_judged_as_by_the_reference(log: Grown, data: st.DataObject) -> None:
    files = {index: change.to_bytes() for index, change in log.changes.items()}
    plain = {index: json.loads(file) for index, file in files.items()}
    final = reference.follow_cases(log.entries, plain)
    assert final == {case.hex(): head.to_json() for case, head in walked(log.entries, files).heads.items()}
    for file in files.values():
        assert CaseChange.from_bytes(file).to_bytes() == file

    mutant, index = copy.deepcopy(plain), data.draw(st.sampled_from(sorted(plain)))
    head = data.draw(st.sampled_from(mutant[index]["heads"]))
    name = data.draw(st.sampled_from(("count", "custody", "head", "case", "n", "drop", "ended")))
    if name in ("count", "custody"):
        head[name] = max(0, head[name] + data.draw(st.sampled_from((-1, 1))))
    elif name in ("head", "case"):
        head[name] = data.draw(CLAIMS).hex()
    elif name == "n":
        head["ended"]["n"] += 1
    elif name == "drop":
        mutant[index]["heads"].remove(head)
    elif mutant[index]["ended"]:
        mutant[index]["ended"].pop()
    changed = {at: json.dumps(value, sort_keys=True, separators=(",", ":")).encode() for at, value in mutant.items()}
    expected = agrees(reference.follow_cases, log.entries, mutant)
    assert holds(walked, log.entries, changed) == expected
    assert expected == (mutant == plain)


@settings(max_examples=60, deadline=None)
@given(grown(), st.data())
def test_a_claim_that_ended_is_followed_to_graver_states_only(log: Grown, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(sorted(log.heads)))
    claim, state = data.draw(st.sampled_from(log.claims[case])), data.draw(st.sampled_from(State))
    allowed = log.may_end(case, claim, state)
    log.batch(case, [], [(claim, state)])
    files = {index: change.to_bytes() for index, change in log.changes.items()}
    plain = {index: json.loads(file) for index, file in files.items()}
    assert holds(walked, log.entries, files) == agrees(reference.follow_cases, log.entries, plain) == allowed


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_change_of_case_heads_are_refused_with_our_error(junk: bytes) -> None:
    with pytest.raises(FormatInvalid):
        CaseChange.from_bytes(junk)

"""What an heir takes over, on a real chain: claims under no common head are sealed again, acts are said again, and what
is erased then is gone from both logs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from support.checker import check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, connect
from support.notaryworld import World
from support.succession import (
    anchor_to_final_of_other,
    closed,
    copied,
    current,
    forked,
    keys,
    owned_world,
    owner,
    row,
    sealed,
    states,
)

from notary.custody import acts, erasure
from notary.custody.chain import Action
from notary.evm import anchors
from notary.log import inheritance, merkle, note_keys, succession
from notary.log.log_export import case_change
from notary.proofs import receipts
from notary.sealing import cases
from notary.sealing.commitment import claim_entry
from notary.sealing.seal import seal
from notary.service_errors import ActRefused, ExhibitUnknown, LogBehindChain, LogForked, VaultDamaged
from onchain.devchain import DevChain


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with owned_world(tmp_path, dev) as made:
        yield made


class TestForked:
    def test_the_copy_that_lost_seals_again_what_the_chain_does_not_hold(self, w: World, dev: DevChain) -> None:
        kept = sealed(w, "a")
        anchor_to_final(w.ctx, dev)
        other = copied(w, dev)
        sealed(w, "b", ctx=other.ctx)
        anchor_to_final(other.ctx, dev)
        (w.files / "b").unlink()
        sealed(w, "c", "d")
        with pytest.raises(LogForked):
            anchors.request(w.ctx)
        done = closed(w, dev)
        assert (done.old.kept, done.again, done.lost) == (kept, 2, 0)
        anchor_to_final(w.ctx, dev)
        assert current(w) == [("a", done.old.id), ("c", 2), ("d", 2)]
        again = {str(s.claim.get("name")): r for s, r in receipts.receipts_of(w.ctx, "acme", current_only=True)}
        shown = again["c"].shown()
        assert "continues" not in shown and shown["exhibit"] == "2" and shown["custody"]
        assert again["c"].custody is not None and "sealed again" in again["c"].custody.entry.about
        check_world(w, dev, documents={name: data for name, data in files_of(w).items() if name != "a"})
        other.ctx.engine.dispose()

    def test_lost_versions_are_sealed_again_one_continuing_the_other_and_revoked_claims_are_not(
        self, w: World, dev: DevChain
    ) -> None:
        kept = forked(w, dev, before=("a",))
        w.put("a", b"a, second")
        sealed(w, "b", "c")
        w.put("a", b"a, third")
        w.put("b", b"b, second")
        sealed(w)
        revoked = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "c")
        acts.revoke(w.ctx, "acme", [revoked.leaf_index], "forged")
        done = closed(w, dev)
        assert (done.old.kept, done.again, done.lost) == (kept, 4, 0)  # both lost versions of a and of b
        assert current(w) == [("a", 2), ("b", 2), ("c", 1)]
        anchor_to_final(w.ctx, dev)
        made = [r for s, r in receipts.receipts_of(w.ctx, "acme") if s.log_id == 2]
        entries = {merkle.leaf_hash(claim_entry(r.opening.commitment())).hex(): r.shown()["sha256"] for r in made}
        shown = {one["sha256"]: one for one in (r.shown() for r in made)}
        continued = {d: entries[str(one["continues"])] for d, one in shown.items() if "continues" in one}
        assert continued == {digest(b"a, third"): digest(b"a, second"), digest(b"b, second"): digest(b"b")}
        older = {(name, log): "superseded" for name in ("a", "b") for log in (1, 2)}
        assert states(w) == older | {("c", 1): "revoked"}
        check_world(w, dev, documents={"a": b"a, third", "b": b"b, second"})
        with pytest.raises(ActRefused, match="later version"):
            erasure.erase(w.ctx, "acme", [next(s.leaf_index for s in cases.claims_of(w.ctx, "acme") if s.log_id == 2)])

    @pytest.mark.parametrize("act", ["revoke", "erase", "record"])
    def test_an_act_that_only_the_lost_part_holds_is_carried_into_the_heir(
        self, w: World, dev: DevChain, act: str
    ) -> None:
        kept = forked(w, dev, before=("a", "c"))
        claim = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "a")
        if act == "revoke":
            acts.revoke(w.ctx, "acme", [claim.leaf_index], "forged")
        elif act == "erase":
            erasure.erase(w.ctx, "acme", [claim.leaf_index])
        else:
            acts.record(w.ctx, "acme", [claim.leaf_index], Action.ACCESSED, "to counsel")
        length = len(acts.history(w.ctx, "acme"))
        done = closed(w, dev)
        assert (done.old.kept, done.again) == (kept, 0) and row(w).size == 1
        anchor_to_final(w.ctx, dev)
        with w.ctx.engine.connect() as connection:
            change = case_change(connection, row(w).id, 0)
        assert change is not None and change.heads[0].custody == length + 1
        gone = [(one.claim, one.state.value) for _, one in change.ended]
        assert gone == ([] if act == "record" else [(claim.commitment, f"{act}d")])
        last = acts.history(w.ctx, "acme")[-1].entry
        assert last is not None and last.subject == claim.commitment and last.about.startswith("again")
        check_world(w, dev)
        again = succession.close(w.ctx, connect(w, dev), owner(w, dev), done.old.origin, keys(w))
        assert again.again == 0 and row(w).size == 1

    def test_a_case_whose_key_is_gone_is_counted_as_lost(self, w: World, dev: DevChain) -> None:
        cases.create_case(w.ctx, "beta", "Beta", ())
        anchor_to_final_of_other(w, dev)
        w.put("beta/x", b"x")
        seal(w.ctx, "beta", [w.files / "beta"])
        with pytest.raises(LogBehindChain):
            anchors.request(w.ctx)
        w.ctx.vault.erase_case("beta")
        done = closed(w, dev)
        assert (done.again, done.lost) == (0, 1)

    def test_an_earlier_version_is_sealed_again_although_its_newer_one_is_gone(self, w: World, dev: DevChain) -> None:
        kept = forked(w, dev, before=("z",))
        sealed(w, "a", "b", "c")
        for name in ("a", "b", "c"):
            w.put(name, f"{name}, second".encode())
        sealed(w)
        w.put("c", b"c, third")
        sealed(w)
        newest = {str(one.claim.get("name")): one.leaf_index for one in cases.claims_of(w.ctx, "acme")}
        middle = next(one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == "c" and sha(one) == C2)
        acts.revoke(w.ctx, "acme", [newest["a"], middle.leaf_index], "forged")
        erasure.erase(w.ctx, "acme", [newest["b"]])
        done = closed(w, dev)
        assert (done.old.kept, done.again, done.lost) == (kept, 4, 0)  # first of all three, third of c
        again = [one for one in cases.claims_of(w.ctx, "acme") if one.log_id == 2]
        assert [(sha(one), one.superseded_by is None) for one in again] == [
            (digest(b"a"), False),
            (digest(b"b"), False),
            (digest(b"c"), False),
            (digest(b"c, third"), True),
        ]
        assert all(one.claim.get("continues") is None for one in again)
        assert current(w) == [("a", 1), ("c", 2), ("z", 1)]  # the revoked a, the last of c
        seal(w.ctx, "acme", [w.files])  # what is still on disk but was erased is new
        anchor_to_final(w.ctx, dev)
        check_world(w, dev, documents={"b": b"b, second", "c": b"c, third"})

    def test_a_version_sealed_before_the_inheritance_was_done_does_not_hide_the_lost_one(
        self, w: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forked(w, dev, before=("z",))
        sealed(w, "a", "b")
        origin = row(w).origin
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(succession, "seal_again", cut)
            succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
        w.with_context(note_key=note_keys.present_key(w.ctx.engine, keys(w)))
        w.put("a", b"a, second")
        sealed(w)
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
        assert (done.again, done.lost) == (2, 0)
        assert current(w) == [("a", 2), ("b", 2), ("z", 1)]
        anchor_to_final(w.ctx, dev)
        check_world(w, dev, documents={"a": b"a, second", "b": b"b"})
        again = next(one for one in cases.claims_of(w.ctx, "acme") if one.log_id == 2 and sha(one) == digest(b"a"))
        with pytest.raises(ActRefused, match="later version"):
            erasure.erase(w.ctx, "acme", [again.leaf_index])  # the newest names the lost one, which would go, too

    def test_many_versions_are_sealed_again_batch_by_batch(
        self, w: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forked(w, dev, before=("z",))
        for version in range(5):
            w.put("a", b"a, %d" % version)
            w.put("b", b"b, %d" % version)
            sealed(w)
        monkeypatch.setattr(inheritance, "BATCH_CLAIMS", 3)
        done = closed(w, dev)
        assert (done.again, done.lost) == (10, 0)
        made = {one.leaf_index: one for one in cases.claims_of(w.ctx, "acme") if one.log_id == 2}
        for one in made.values():
            if one.superseded_by is not None:
                newer = made[one.superseded_by]
                leaf = merkle.leaf_hash(claim_entry(one.commitment)).hex()
                assert (newer.claim.get("name"), newer.claim.get("continues")) == (one.claim.get("name"), leaf)
        assert current(w) == [("a", 2), ("b", 2), ("z", 1)]
        anchor_to_final(w.ctx, dev)
        check_world(w, dev, documents={"a": b"a, 4", "b": b"b, 4"})

    def test_a_case_whose_key_cannot_be_opened_stops_no_other(
        self, w: World, dev: DevChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for case in ("aaa", "zzz"):
            cases.create_case(w.ctx, case)
        forked(w, dev, before=("x",))
        for case in ("aaa", "zzz"):
            w.put(f"{case}/f", case.encode())
            seal(w.ctx, case, [w.files / case])
        with suppress(LogForked):
            anchors.compare(w.ctx)
        hidden = w.folder / "workspace" / "case-keys" / "case-aaa.key"
        origin, data = row(w).origin, hidden.read_bytes()
        hidden.write_bytes(b"damaged")
        with pytest.raises(VaultDamaged, match="aaa"):
            succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
        assert [one.log_id for one in cases.claims_of(w.ctx, "zzz", current_only=True)] == [2]
        hidden.write_bytes(data)
        w.with_context(note_key=note_keys.present_key(w.ctx.engine, keys(w)))
        done = succession.close(w.ctx, connect(w, dev), owner(w, dev), origin, keys(w))
        assert (done.again, done.lost) == (1, 0)
        assert [one.log_id for one in cases.claims_of(w.ctx, "aaa", current_only=True)] == [2]


class TestErase:
    """Of a claim that was lost and sealed again: it is one document, in two logs."""

    SECRET = "passport-of-Rosalind-Okonkwo"

    @pytest.mark.parametrize("named", ["lost", "again"])
    @pytest.mark.parametrize("heirs", [1, 2])
    def test_erasing_either_of_them_leaves_nothing_of_it_in_any_log(
        self, w: World, dev: DevChain, named: str, heirs: int
    ) -> None:
        forked(w, dev, before=("z",))
        w.put(self.SECRET, self.SECRET.encode())
        sealed(w)
        closed(w, dev)
        if heirs == 2:
            fork_present(w, dev)
            closed(w, dev)
        of_it = [one for one in cases.claims_of(w.ctx, "acme") if one.claim.get("name") == self.SECRET]
        assert [one.log_id for one in of_it] == list(range(1, heirs + 2))
        chosen = of_it[0] if named == "lost" else of_it[-1]
        w.ctx.engine.dispose()
        done = erasure.erase(w.ctx, "acme", [chosen.leaf_index], "GDPR art. 17", log_id=chosen.log_id)
        assert done.claims == heirs + 1
        assert [str(one.claim.get("name")) for one in cases.claims_of(w.ctx, "acme")] == ["z"]
        gone = {one.commitment for one in of_it}
        left = [line.entry for line in acts.history(w.ctx, "acme") if line.entry is not None]
        assert all(entry.action is Action.ERASED for entry in left if entry.subject in gone)
        assert not [entry for entry in left if "sealed again" in entry.about]
        w.ctx.engine.dispose()
        kept = b"\0".join(path.read_bytes() for path in (w.folder / "workspace").rglob("*") if path.is_file())
        for planted in (self.SECRET, digest(self.SECRET.encode()), *(one.secret.hex() for one in of_it)):
            assert planted.encode() not in kept
        anchor_to_final(w.ctx, dev)
        check_world(w, dev, documents={})

    def test_the_command_that_names_the_file_erases_both(self, w: World, dev: DevChain) -> None:
        from portal.cli.acts import _places

        forked(w, dev, before=("z",))
        w.put(self.SECRET, self.SECRET.encode())
        sealed(w)
        closed(w, dev)
        log_id, places = _places(w.ctx, "acme", [self.SECRET])
        assert erasure.erase(w.ctx, "acme", places, log_id=log_id).claims == 2
        assert len(list(cases.claims_of(w.ctx, "acme"))) == 1

    def test_the_command_tells_entries_of_an_earlier_log_from_those_of_the_present_one(
        self, w: World, dev: DevChain
    ) -> None:
        from portal.cli.acts import _places

        sealed(w, "a")
        old = closed(w, dev).old
        sealed(w, "b")
        assert _places(w.ctx, "acme", ["#0"]) == _places(w.ctx, "acme", ["b"]) == (row(w).id, [0])
        assert _places(w.ctx, "acme", [f"{old.origin}#0"]) == _places(w.ctx, "acme", ["a"]) == (old.id, [0])
        for unknown in ("elsewhere#0", "#x", f"{old.origin}#"):
            with pytest.raises(ExhibitUnknown):
                _places(w.ctx, "acme", [unknown])
        w.put("sub/a", b"another")
        seal(w.ctx, "acme", [w.files / "sub"])
        with pytest.raises(ActRefused, match=f"name one of {old.origin}#0, #2$"):
            _places(w.ctx, "acme", ["a"])


def fork_present(w: World, dev: DevChain) -> None:
    """A copy anchors into the present log what this workspace does not have, before anything of it is anchored."""
    other = copied(w, dev, "copy-of-heir")
    other.with_context(note_key=w.ctx.note_key)
    w.put("of another copy", b"x")
    sealed(w, ctx=other.ctx)
    anchor_to_final(other.ctx, dev)
    other.ctx.engine.dispose()
    (w.files / "of another copy").unlink()


def cut(*_: object) -> None:
    raise KeyboardInterrupt


def sha(one: cases.SealedClaim) -> str:
    return str(one.claim.get("sha256"))


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


C2 = digest(b"c, second")

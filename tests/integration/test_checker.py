"""The checker that ends the fault tests: it accepts a sound log, and names each kind of fault that it is for."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from reference.log_reference import read_bundles
from reference.merkle_reference import mth
from support import checker
from support.checker import Chain, check, check_logs, check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, evidence_address, give_chain
from support.notaryworld import World, world

from notary.log import ledger
from notary.log.log_export import export
from notary.proofs import receipts
from notary.sealing.seal import seal
from onchain.devchain import DevChain

SIZES = (6, 9)  # of the two heads; the last entry of each is its heads leaf


@pytest.fixture
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def w(tmp_path: Path, dev: DevChain) -> Iterator[World]:
    with world(tmp_path) as made:
        give_chain(made, dev)
        made.put_many(5)
        seal(made.ctx, "acme", [made.files])
        anchor_to_final(made.ctx, dev)
        made.put("f00000.txt", b"a newer version")
        made.put("new.txt", b"new")
        seal(made.ctx, "acme", [made.files])
        anchor_to_final(made.ctx, dev)
        yield made


def shown(w: World, folder: Path) -> list[bytes]:
    """The exported log in `folder`, and all receipts under the newest head."""
    with w.ctx.engine.connect() as connection:
        log = ledger.log_of(connection, w.ctx.note_key)
    export(w.ctx.engine, log, folder)
    return [receipts.receipt_for(w.ctx, claim, log.size).to_bytes() for claim in range(1, 8)]


def chain_of(w: World, dev: DevChain) -> Chain:
    with w.ctx.engine.connect() as connection:
        log_id = ledger.log_of(connection, w.ctx.note_key).chain_log_id
    assert log_id is not None
    return Chain(dev.url, evidence_address(w, dev), "0x" + log_id.hex())


def entries_in(folder: Path) -> list[bytes]:
    return read_bundles([(folder / f"tile/entries/000.p/{SIZES[1]}").read_bytes()])


def publish(folder: Path, entries: list[bytes], changes: dict[int, Any] | None = None) -> None:
    """Write a log that holds together: these entries, the checkpoint that they lead to (with the old signature), and
    these case heads, to whose map each heads leaf commits.
    """
    if changes is not None:
        cases: dict[str, bytes] = {}
        for index, change in changes.items():
            cases |= {head["case"]: rfc8785.dumps(head) for head in change["heads"]}
            leaf = json.loads(entries[index])
            entries[index] = rfc8785.dumps(
                leaf | {"n": len(cases), "r": mth([m for _, m in sorted(cases.items())]).hex()}
            )
            (folder / f"case-heads/{index}.json").write_bytes(rfc8785.dumps(change))
    size = len(entries)
    bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    (folder / f"tile/entries/000.p/{size}").write_bytes(bundle)
    lines = (folder / "checkpoint").read_text().split("\n")
    lines[1:3] = [str(size), base64.b64encode(mth(entries)).decode()]
    (folder / "checkpoint").write_text("\n".join(lines))


def changes_in(folder: Path) -> dict[int, Any]:
    return {size - 1: json.loads((folder / f"case-heads/{size - 1}.json").read_bytes()) for size in SIZES}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


class TestAppendOnly:
    def test_a_rewritten_entry_is_found(self, w: World, out: Path) -> None:
        shown(w, out)
        bundle = out / "tile/entries/000.p/9"
        data = bundle.read_bytes()
        at = data.index(b'"c":"') + 5
        bundle.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
        with pytest.raises(AssertionError, match="is not the entries' root"):
            check(out, [])

    def test_entries_that_lead_to_another_root_than_the_chains_are_found(
        self, w: World, dev: DevChain, out: Path
    ) -> None:
        shown(w, out)
        entries = entries_in(out)
        entries[0], entries[1] = entries[1], entries[0]
        publish(out, entries)
        with pytest.raises(AssertionError, match="head of 6 entries on chain is not the root of the first 6"):
            check(out, [], chain=chain_of(w, dev))

    def test_a_checkpoint_that_the_logs_key_did_not_sign_is_found(self, w: World, dev: DevChain, out: Path) -> None:
        shown(w, out)
        entry = rfc8785.dumps({"c": "00" * 32, "t": "claim"})
        publish(out, [*entries_in(out), entry])
        with pytest.raises(InvalidSignature):
            check(out, [], chain=chain_of(w, dev))

    def test_a_head_on_chain_that_the_tiles_do_not_reach_is_found(self, w: World, dev: DevChain, out: Path) -> None:
        made = shown(w, out)
        w.put("later.txt", b"later")
        seal(w.ctx, "acme", [w.files])
        anchor_to_final(w.ctx, dev)
        with pytest.raises(AssertionError, match="the chain holds a head of 11 entries, 9 are shown"):
            check(out, made, chain=chain_of(w, dev))

    @pytest.mark.parametrize(
        ("told", "match"),
        [
            (lambda found: found[:-1], "events lead to 6 entries, the contract holds 9"),
            (lambda found: found[::-1], "a head of 6 entries after one of 9"),
        ],
    )
    def test_a_node_whose_events_do_not_lead_to_the_contracts_head_is_found(
        self,
        w: World,
        dev: DevChain,
        out: Path,
        monkeypatch: pytest.MonkeyPatch,
        told: Callable[[list[Any]], list[Any]],
        match: str,
    ) -> None:
        shown(w, out)
        ask = checker._rpc

        def lies(url: str, method: str, *params: Any) -> Any:
            answer = ask(url, method, *params)
            asked = method == "eth_getLogs" and params[0]["topics"][0] == "0x" + checker.APPENDED.hex()
            return told(answer) if asked else answer

        monkeypatch.setattr(checker, "_rpc", lies)
        with pytest.raises(AssertionError, match=match):
            check(out, [], chain=chain_of(w, dev))


class TestNothingTwice:
    def test_a_commitment_that_is_in_the_log_twice_is_found(self, w: World, out: Path) -> None:
        shown(w, out)
        entries, changes = entries_in(out), changes_in(out)
        entries.insert(8, entries[0])
        publish(out, entries, {5: changes[5], 9: changes[8] | {"index": 9}})
        with pytest.raises(AssertionError, match="1 commitments are in the log twice"):
            check(out, [])

    def test_a_case_that_counts_a_claim_twice_is_found(self, w: World, out: Path) -> None:
        shown(w, out)
        changes = changes_in(out)
        for change in changes.values():
            change["heads"][0]["count"] += 1
        publish(out, entries_in(out), changes)
        with pytest.raises(AssertionError, match="the cases count 8 claims, the log has 7"):
            check(out, [])

    def test_a_commitment_that_is_in_two_logs_is_found(self, w: World, out: Path, tmp_path: Path) -> None:
        shown(w, out)
        shutil.copytree(out, tmp_path / "heir")
        with pytest.raises(AssertionError, match="two logs have one name"):
            check_logs({out: None, tmp_path / "heir": None}, [])
        note = tmp_path / "heir/checkpoint"
        note.write_text("another/2\n" + note.read_text().partition("\n")[2])
        with pytest.raises(AssertionError, match="7 commitments are in two logs"):
            check_logs({out: None, tmp_path / "heir": None}, [])


class TestCases:
    @pytest.mark.parametrize(
        ("member", "less"), [("count", -1), ("custody", -3)], ids=["fewer claims", "fewer custody entries"]
    )
    def test_a_case_that_goes_back_is_found(self, w: World, out: Path, member: str, less: int) -> None:
        shown(w, out)
        changes = changes_in(out)
        before = changes[5]["heads"][0][member]
        changes[8]["heads"][0][member] = before + less + 1 if member == "custody" else before + less
        publish(out, entries_in(out), changes)
        with pytest.raises(AssertionError):
            check(out, [])

    def test_a_claim_that_is_not_ended_any_more_is_found(self, w: World, out: Path) -> None:
        shown(w, out)
        changes = changes_in(out)
        assert len(changes[8]["ended"]) == 1
        changes[8]["ended"] = []
        publish(out, entries_in(out), changes)
        with pytest.raises(AssertionError):
            check(out, [])

    def test_a_leaf_that_commits_to_another_map_is_found(self, w: World, out: Path) -> None:
        shown(w, out)
        change = out / "case-heads/8.json"
        value = json.loads(change.read_bytes())
        value["heads"][0]["head"] = "00" * 32
        change.write_text(json.dumps(value))
        with pytest.raises(AssertionError):
            check(out, [])


class TestReceipts:
    def test_a_receipt_of_another_log_is_found(self, w: World, out: Path, tmp_path: Path) -> None:
        made = json.loads(shown(w, out)[0])
        made["log"]["origin"] = "another/1"
        with pytest.raises(AssertionError):
            check(out, [json.dumps(made).encode()])

    def test_a_receipt_under_a_head_that_is_no_beginning_of_the_log_is_found(
        self, w: World, out: Path, tmp_path: Path
    ) -> None:
        shown(w, out)
        w.put("one.txt", b"one")
        seal(w.ctx, "acme", [w.files])
        receipt = receipts.receipt_for(w.ctx, 8, 11).to_bytes()
        entries = entries_in(out)
        other = rfc8785.dumps({"c": sha256(b"another claim").hexdigest(), "t": "claim"})
        leaf = json.loads(entries[8]) | {"p": 8}
        changes = changes_in(out)
        more = json.loads(json.dumps(changes[8])) | {"index": 10, "ended": []}
        more["heads"][0] |= {"count": 8, "custody": changes[8]["heads"][0]["custody"] + 1}
        publish(out, [*entries, other, rfc8785.dumps(leaf)], changes | {10: more})
        check(out, [])
        with pytest.raises(AssertionError, match="a receipt's head of 11 is not of this log"):
            check(out, [receipt])

    def test_a_receipt_that_points_at_another_claims_entry_is_found(self, w: World, out: Path) -> None:
        one, two = (json.loads(receipt) for receipt in shown(w, out)[:2])
        one["entry"] = two["entry"]
        with pytest.raises(AssertionError, match="entry 1 is another claim"):
            check(out, [json.dumps(one).encode()])

    @pytest.mark.parametrize("part", ["entry", "case_head", "standing"])
    def test_a_receipt_whose_proof_does_not_lead_there_is_found(self, w: World, out: Path, part: str) -> None:
        made = json.loads(shown(w, out)[0])
        holder = {"entry": made["entry"], "case_head": made["case_head"]["entry"], "standing": made["standing"][0]}[
            part
        ]
        holder["path"] = [*holder["path"], "00" * 32]
        with pytest.raises(AssertionError):
            check(out, [json.dumps(made).encode()])


class TestOneReceiptEach:
    def test_a_file_without_a_receipt_and_one_with_two_are_found(self, w: World, out: Path) -> None:
        made = shown(w, out)
        with pytest.raises(AssertionError, match="files and current receipts differ"):
            check(out, made[1:-1], files_of(w))
        with pytest.raises(AssertionError, match="files and current receipts differ"):
            check(out, [*made, made[-1]], files_of(w))

    def test_a_receipt_that_hides_that_its_claim_was_superseded_is_found(self, w: World, out: Path) -> None:
        made = shown(w, out)
        older = receipts.receipt_for(w.ctx, 1, SIZES[0]).to_bytes()
        check(out, made, files_of(w))
        with pytest.raises(AssertionError, match="has 1 of 0"):
            check(out, [older, *made[1:]], files_of(w))

    def test_two_current_receipts_in_two_logs_are_found_and_those_of_claims_that_another_log_ended_are_none(
        self, w: World, out: Path, tmp_path: Path
    ) -> None:
        made = shown(w, out)
        older = receipts.receipt_for(w.ctx, 1, SIZES[0]).to_bytes()
        check_logs({out: None}, [older, *made[1:]], files_of(w))  # the log itself says that it ended
        with world(tmp_path / "other") as other:
            same = seal(other.ctx, "acme", [w.files / "new.txt"])
            with other.ctx.engine.connect() as connection:
                log = ledger.log_of(connection, other.ctx.note_key)
            export(other.ctx.engine, log, tmp_path / "heir")
            assert same.head.size == 2
            note = tmp_path / "heir/checkpoint"
            note.write_text("another/2\n" + note.read_text().partition("\n")[2])
            again = json.loads(receipts.receipt_for(other.ctx, 1).to_bytes())
            again["log"]["origin"] = "another/2"
            again["checkpoint"] = signed_as(other, again["checkpoint"])
        with pytest.raises(AssertionError, match="has 2 of 1"):
            check_logs({out: None, tmp_path / "heir": None}, [*made, json.dumps(again).encode()], files_of(w))


def signed_as(other: World, note: str) -> str:
    """The note of a log that is called another/2 and has the same key."""
    from dataclasses import replace

    size, root = int(note.split("\n")[1]), base64.b64decode(note.split("\n")[2])
    return replace(other.ctx.note_key, origin="another/2").sign(size, root).to_text()


def test_a_sound_world_passes_with_and_without_its_chain(w: World, dev: DevChain, out: Path) -> None:
    found = check_world(w, dev)
    assert (found.claims, found.receipts, sorted(found.heads)) == (7, 7, [*SIZES])
    made = shown(w, out)
    assert check(out, made, files_of(w)).receipts == 7
    (same,) = check_logs({out: chain_of(w, dev)}, made, files_of(w))
    assert (len(same.current), len(same.ended)) == (6, 1)

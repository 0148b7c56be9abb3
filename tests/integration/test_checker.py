"""The checker that ends the fault tests: it accepts a sound log, and names each kind of fault that it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import checker
from support.checker import check, check_world, files_of
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, give_chain
from support.notaryworld import World, world

from notary.log import ledger
from notary.log.log_export import export
from notary.proofs import receipts
from notary.sealing.seal import seal
from onchain.devchain import DevChain


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


def test_a_sound_world_passes_with_and_without_its_chain(w: World, dev: DevChain, tmp_path: Path) -> None:
    found = check_world(w, dev)
    assert (found.claims, found.receipts, sorted(found.heads)) == (7, 7, [6, 9])
    made = shown(w, tmp_path / "out")
    assert check(tmp_path / "out", made, files_of(w)).receipts == 7


def test_a_file_without_a_receipt_and_one_with_two_are_found(w: World, tmp_path: Path) -> None:
    made = shown(w, tmp_path / "out")
    with pytest.raises(AssertionError, match="files and current receipts differ"):
        check(tmp_path / "out", made[1:-1], files_of(w))
    with pytest.raises(AssertionError, match="files and current receipts differ"):
        check(tmp_path / "out", [*made, made[-1]], files_of(w))


def test_a_rewritten_entry_and_one_counted_twice_are_found(w: World, dev: DevChain, tmp_path: Path) -> None:
    made = shown(w, tmp_path / "out")
    bundle = tmp_path / "out/tile/entries/000.p/9"
    data = bundle.read_bytes()
    at = data.index(b'"c":"') + 5
    bundle.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
    with pytest.raises(AssertionError, match="is not the entries' root"):
        check(tmp_path / "out", made)
    bundle.write_bytes(data)
    change = tmp_path / "out/case-heads/8.json"
    value = json.loads(change.read_bytes())
    value["heads"][0]["count"] += 1
    change.write_text(json.dumps(value))
    with pytest.raises(AssertionError):
        check(tmp_path / "out", made)


def test_a_head_on_chain_that_the_tiles_do_not_reach_is_found(w: World, dev: DevChain, tmp_path: Path) -> None:
    made = shown(w, tmp_path / "out")
    w.put("later.txt", b"later")
    seal(w.ctx, "acme", [w.files])
    anchor_to_final(w.ctx, dev)
    with w.ctx.engine.connect() as connection:
        log_id = ledger.log_of(connection, w.ctx.note_key).chain_log_id
    from support.evidencechain import evidence_address

    assert log_id is not None
    chain = checker.Chain(dev.url, evidence_address(w, dev), "0x" + log_id.hex())
    with pytest.raises(AssertionError, match="the chain holds a head of 11 entries, 9 are shown"):
        check(tmp_path / "out", made, chain=chain)

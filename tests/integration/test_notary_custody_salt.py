"""Whoever holds only the public export of a log cannot find custody entries by guessing what they say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from support.notaryworld import World, world

from notary.custody import acts, erasure
from notary.custody.chain import Action, CustodyEntry
from notary.log import ledger, log_export
from notary.log.log_source import open_tree
from notary.sealing import cases
from notary.sealing.seal import seal

ABOUT = "to Counsellor Fontaine"


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put("a.txt", b"one")
        made.put("b.txt", b"two")
        seal(made.ctx, "acme", [made.files])
        yield made


def export(w: World) -> Path:
    folder = w.folder / "export"
    with w.ctx.engine.connect() as connection:
        log_export.export(w.ctx.engine, ledger.log_of(connection, w.ctx.note_key), folder)
    return folder


def public_salts(folder: Path) -> set[bytes]:
    """Every value of 32 bytes that the export shows, raw or in hex, and what nobody would have to guess."""
    shown = {bytes(32), hashlib.sha256(b"").digest()}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            shown |= {bytes.fromhex(found.decode()) for found in re.findall(rb"(?=([0-9a-f]{64}))", data)}
            if "tile" in path.parts:
                shown |= {data[at : at + 32] for at in range(0, len(data) - 31, 32)}
    return shown


def found_by_guessing(folder: Path, action: Action, times: Iterable[int], salts: Iterable[bytes]) -> list[str]:
    """Custody heads of the export whose entry this list of names, seconds and salts finds; as strangers would."""
    last = int((folder / "checkpoint").read_text().splitlines()[1])
    entries = [json.loads(entry) for entry in open_tree(str(folder)).entries(0, last, last)]
    subjects = [entry["c"] for entry in entries if entry["t"] == "claim"]
    files = sorted((folder / "case-heads").iterdir(), key=lambda path: int(path.stem))
    changes = [json.loads(path.read_bytes())["heads"][0] for path in files]
    found = []
    for before, after in pairwise(changes):
        for subject, at, by, about in product(subjects, times, ("operator", "test"), ("to Weber", ABOUT)):
            guess: dict[str, Any] = {
                "about": about,
                "action": action.value,
                "at": at,
                "by": by,
                "case": after["case"],
                "prev": before["head"],
                "seq": after["custody"] - 1,
                "subject": subject,
            }
            for more in ({}, *({"salt": salt.hex()} for salt in salts)):
                text = b"tallystick/custody/v1\0" + rfc8785.dumps(guess | more)
                if hashlib.sha256(text).hexdigest() == after["head"]:
                    found.append(about)
    return found


@pytest.mark.parametrize("action", [Action.TRANSFERRED, Action.REVOKED])
def test_guessing_over_a_public_export_finds_no_entry_before_or_after_erasure(w: World, action: Action) -> None:
    place = min(claim.leaf_index for claim in cases.claims_of(w.ctx, "acme"))
    if action is Action.REVOKED:
        acts.revoke(w.ctx, "acme", [place], ABOUT)
    else:
        acts.record(w.ctx, "acme", [place], action, ABOUT)
    entry = acts.history(w.ctx, "acme")[-1].entry
    assert entry is not None
    times = range(w.clock.now - 2, w.clock.now + 2)
    folder = export(w)
    assert found_by_guessing(folder, action, times, [entry.salt]) == [ABOUT], "the guesses do not meet the entry at all"
    assert found_by_guessing(folder, action, times, public_salts(folder)) == []
    erasure.erase(w.ctx, "acme", [place])
    folder = export(w)
    assert found_by_guessing(folder, action, times, public_salts(folder)) == []


def test_no_two_entries_have_one_salt_and_an_erased_one_leaves_none(w: World) -> None:
    places = [claim.leaf_index for claim in cases.claims_of(w.ctx, "acme")]
    acts.record(w.ctx, "acme", places, Action.ACCESSED, ABOUT)
    before = [line.entry for line in acts.history(w.ctx, "acme")]
    assert len({entry.salt for entry in before if entry is not None}) == 4
    erasure.erase(w.ctx, "acme", places[:1])
    kept = [line.entry for line in acts.history(w.ctx, "acme")]
    gone = [old for old, new in zip(before, kept, strict=False) if new is None]
    assert len(gone) == 2
    w.ctx.engine.dispose()
    everything = b"\0".join(path.read_bytes() for path in w.folder.rglob("*") if path.is_file())
    for entry in gone:
        assert isinstance(entry, CustodyEntry)
        assert entry.salt not in everything and entry.salt.hex().encode() not in everything

"""A copied workspace, and both copies used: what the chain lets through, what the program says, and who can see it.

Both copies have the same keys, so each can do whatever the other can. Only the contract's compare-and-set tells them
apart: a head must continue the one that is there. Nothing that either handed out may be contradicted silently.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.checker import Chain, check, check_workspace, created_logs
from support.commands import Commands
from support.devchain import dev_chain
from support.drills import Place, blocks, prepare
from support.portalworld import Answer, tallystick
from support.tsa import openssl_tsa, write_pem
from support.tsa_chain import chain

ONE, TWO = "tallystick", "second-copy"
FOLDERS = {ONE: "ours", TWO: "theirs"}
AUTHORITY = chain()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two copies of a workspace in use, with an authority that stamps for both."""
    folder = tmp_path_factory.mktemp("copies")
    with (
        openssl_tsa(AUTHORITY, folder / "tsa") as tsa,
        dev_chain(ipc=False) as dev,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.chdir(folder)
        with blocks(dev):
            place = prepare(folder, dev)
        for copy in (ONE, TWO):
            write_pem(folder / copy / "root.pem", AUTHORITY.root.der)
            with (folder / copy / "tallystick.toml").open("a") as file:
                file.write(f'\n[[timestamps.authorities]]\nname = "good"\nurl = "{tsa.url}"\nroot = "root.pem"\n')
        yield place


@pytest.fixture
def place(prepared: Place, tmp_path: Path) -> Iterator[Place]:
    """A pair of copies of its own; afterwards the chain is as it was."""
    with own(prepared, tmp_path / "here") as mine:
        yield mine


@contextmanager
def own(prepared: Place, to: Path) -> Iterator[Place]:
    shutil.copytree(prepared.folder, to, ignore=shutil.ignore_patterns("tsa"))
    before, here = prepared.dev.snapshot(), Path.cwd()
    os.chdir(to)
    try:
        with blocks(prepared.dev):
            yield Place(to, prepared.dev, prepared.names)
    finally:
        os.chdir(here)
        prepared.dev.revert(before)


@pytest.fixture(scope="module")
def commands() -> Iterator[tuple[Commands, Commands]]:
    with Commands() as one, Commands() as two:
        yield one, two


def at_once(commands: tuple[Commands, Commands], *words: str) -> dict[str, Answer]:
    """What the same command says in both copies, when both begin together."""
    for each, copy in zip(commands, (ONE, TWO), strict=True):
        each.begin(*words, "--workspace", copy)
    answers = [each.end() for each in commands]
    assert None not in answers
    return {copy: answer for copy, answer in zip((ONE, TWO), answers, strict=True) if answer is not None}


def contract(place: Place) -> str:
    return str(json.loads(Path(place.names["RECEIPT"]).read_bytes())["anchors"][0]["contract"])


def on_chain(place: Place) -> Chain:
    return Chain(place.dev.url, contract(place), place.names["LOG"])


def hand_out(copy: str) -> list[Path]:
    """Receipts of this copy, given to somebody."""
    to = Path(f"receipts-of-{copy}")
    tallystick("receipts", "export", "smith", "--to", to, workspace=Path(copy))
    return sorted(path for path in to.glob("*.receipt.json") if path.name[0] in "cdef")


def seal_both() -> dict[str, list[Path]]:
    """Each copy seals files of its own and gives their receipts away."""
    for copy, folder in FOLDERS.items():
        tallystick("seal", "smith", folder, workspace=Path(copy))
    return {copy: hand_out(copy) for copy in (ONE, TWO)}


def audit(tiles: str, receipt: Path) -> Answer:
    return tallystick("log", "audit", "--tiles", tiles, "--receipt", receipt, expect=(0, 1, 3))


def finding(answer: Answer, name: str) -> tuple[str, str]:
    found = next(one for one in answer.json["findings"] if one["name"] == name)
    return found["status"], found["reason"]


def who_won(answers: dict[str, Answer]) -> tuple[str, str]:
    """(the copy whose head is on the chain, the other one)"""
    (winner,) = [copy for copy, answer in answers.items() if answer.code == 0]
    (loser,) = {ONE, TWO} - {winner}
    return winner, loser


def test_of_two_copies_that_anchor_at_once_one_is_refused_and_nothing_that_it_handed_out_is_hidden(
    place: Place, commands: tuple[Commands, Commands]
) -> None:
    given = seal_both()
    heads = tallystick("log", "audit").json["heads"]
    answers = at_once(commands, "anchor")
    winner, loser = who_won(answers)
    assert answers[loser].error, answers[loser]

    # The chain has one head more; the loser says so whenever it is asked, and seals nothing on top of its fork.
    said = tallystick("anchor", workspace=Path(loser), expect=(6,))
    assert said.error == "notary.log-forked"
    assert tallystick("seal", "smith", "more", workspace=Path(loser), expect=(6,)).error == "notary.log-not-open"
    own_audit = tallystick("log", "audit", workspace=Path(loser), expect=(1,))
    assert own_audit.json["heads"] == heads + 1
    assert finding(own_audit, "heads") == ("FAILED", "root-differs")
    doctor = tallystick("doctor", workspace=Path(loser), expect=None)
    assert doctor.code != 0 and "fork" in doctor.text
    assert tallystick("log", "audit", workspace=Path(winner), expect=(0, 3)).json["heads"] == heads + 1

    # Whoever holds a receipt of the loser sees from the winner's public log that two histories were told.
    tallystick("log", "export", "public", workspace=Path(winner))
    for receipt in given[loser]:
        assert finding(audit("public", receipt), "signed") == ("FAILED", "root-differs")
        assert tallystick("log", "prove", receipt, workspace=Path(winner), expect=(4,)).error == "notary.log-not-ours"
    for receipt in given[winner]:
        assert finding(audit("public", receipt), "signed")[0] == "PASSED"

    # Both heads were time-stamped; the loser's is on no chain, and its receipts do not claim it.
    for copy in (ONE, TWO):
        for receipt in hand_out(copy):
            kinds = {anchor["type"] for anchor in json.loads(receipt.read_bytes())["anchors"]}
            assert "rfc3161" in kinds and ("evm" in kinds or copy == loser), (copy, kinds)
            assert copy == winner or "evm" not in kinds

    # The loser goes on in an heir: what it had sealed is sealed again, and every file has one receipt.
    tallystick("log", "close", place.names["ORIGIN"], "--successor", "new", "--key", "cold", workspace=Path(loser))
    tallystick("anchor", workspace=Path(loser))
    mine = {str(path): path.read_bytes() for name in ("papers", FOLDERS[loser]) for path in Path(name).iterdir()}
    check_workspace(Path(loser), place.dev.url, contract(place), mine)

    # The winner is told that its log was closed, and what it handed out is as true as before.
    tallystick("seal", "smith", "more", workspace=Path(winner))  # asks nobody
    assert tallystick("anchor", workspace=Path(winner), expect=(7,)).error == "notary.anchor-failed"
    assert tallystick("seal", "smith", "more", workspace=Path(winner), expect=(6,)).error == "notary.log-not-open"
    check(Path("public"), [path.read_bytes() for path in given[winner]], None, on_chain(place))


def test_of_two_copies_that_close_into_heirs_at_once_one_is_refused_and_has_no_open_log(
    place: Place, commands: tuple[Commands, Commands]
) -> None:
    seal_both()
    answers = at_once(commands, "log", "close", place.names["ORIGIN"], "--successor", "new", "--key", "cold")
    winner, loser = who_won(answers)
    assert answers[loser].error, answers[loser]
    again = ("log", "close", place.names["ORIGIN"], "--successor", "new", "--key", "cold")
    said = tallystick(*again, workspace=Path(loser), expect=(6, 7))
    assert said.error == "notary.succession-refused", said
    assert tallystick("seal", "smith", "more", workspace=Path(loser), expect=(6,)).error == "notary.log-not-open"
    tallystick("seal", "smith", "more", workspace=Path(winner))
    tallystick("anchor", workspace=Path(winner))
    heir = tallystick("log", "audit", workspace=Path(winner), expect=(0, 3)).json["origin"]
    assert heir == f"{place.names['ORIGIN']}/2"


@pytest.mark.deep
def test_copies_used_at_random_end_with_one_receipt_for_each_file(
    prepared: Place, tmp_path: Path, commands: tuple[Commands, Commands]
) -> None:
    """Again and again: copied, both used, one of them killed now and then; the loser goes on in an heir."""
    rng = random.Random()
    with own(prepared, tmp_path / "here") as place:
        shutil.rmtree(TWO)
        files: set[Path] = set(Path("papers").iterdir())
        for turn in range(12):
            shutil.copytree(ONE, TWO)
            for each, copy in zip(commands, (ONE, TWO), strict=True):
                for number in range(rng.randint(1, 3)):
                    path = Path(f"{copy}-files/{turn}/{number}.txt")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(rng.randbytes(30))
                    each.run("seal", "smith", str(path.parent), "--workspace", copy)
                each.begin("anchor", "--workspace", copy, at=rng.choice((0, rng.randint(1, 400))))
            for each in commands:
                each.end()
            files |= set(Path(f"{ONE}-files").rglob("*.txt"))
            said = tallystick("anchor", "--wait", workspace=Path(ONE), expect=(0, 6))
            assert said.code == 0 or said.error in ("notary.log-forked", "notary.log-behind-chain"), said
            if said.code:
                audit = tallystick("log", "audit", workspace=Path(ONE), expect=(1, 3))  # 3: it is behind only
                tallystick(
                    "log", "close", audit.json["origin"], "--successor", "new", "--key", "cold", workspace=Path(ONE)
                )
            documents = {str(path): path.read_bytes() for path in files}
            check_workspace(Path(ONE), place.dev.url, contract(place), documents)
            shutil.rmtree(TWO)
        assert len(created_logs(place.dev.url, contract(place))) > 1, "no copy ever lost"

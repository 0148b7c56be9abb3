"""The drills of docs/guides/drills.md, run from the page: every command of every step, with the exit code it says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.devchain import dev_chain
from support.portalworld import Answer, tallystick

from onchain.devchain import DevChain

PAGE = Path(__file__).parents[2] / "docs/guides/drills.md"
_EXIT = re.compile(r"#\s*exit code (\d+)")


@dataclass(frozen=True)
class Step:
    """One line of the page, and the exit code that it ends with."""

    line: str
    code: int


def sections() -> dict[str, list[Step]]:
    """The commands of the page by the first word of their section's heading: "Before", "1", "2", ..."""
    found: dict[str, list[Step]] = {}
    heading, inside = "", False
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            heading = line[3:].split()[0]
            found[heading] = []
        elif line.startswith("```"):
            inside = not inside
        elif inside and line.strip():
            said = _EXIT.search(line)
            found[heading].append(Step(line.partition("  #")[0].strip(), int(said[1]) if said else 0))
    return found


@dataclass
class Place:
    """The folder that the drills are done in; `tallystick` in it is the workspace."""

    folder: Path
    dev: DevChain
    names: dict[str, str]

    def run(self, step: Step) -> Answer:
        line = step.line
        for name, value in self.names.items():
            line = re.sub(rf"\b{name}\b", value, line)
        words = shlex.split(line)
        if words[0] != "tallystick":
            subprocess.run(["bash", "-c", line], cwd=self.folder, check=True)
            return Answer(0, None, "")
        answer = tallystick(*words[1:], expect=(step.code,))
        if words[1:3] == ["key", "new"]:
            self.dev.fund(answer.json["address"], 10**18)
        return answer

    def seal(self, folder: str, *names: str) -> None:
        for name in names:
            (self.folder / folder).mkdir(exist_ok=True)
            (self.folder / folder / name).write_text(f"{folder} {name}")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A workspace in use, prepared as the page says, on a chain that other copies of it see as well."""
    folder = tmp_path_factory.mktemp("drills")
    with dev_chain(block_time=1) as dev, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        chain = ("--evidence-rpc", dev.url, "--evidence-chain", dev.chain_id)
        tallystick("init", "--dev", *chain, "--plans-rpc", dev.url, "--plans-chain", dev.chain_id)
        dev.fund(tallystick("key", "list").json["keys"][0]["address"], 10**19)
        tallystick("deploy")
        place = Place(folder, dev, {"NODE": dev.url, "RECEIPT": "receipts/a.receipt.json"})
        place.seal("papers", "a", "b")
        place.seal("ours", "c", "d")
        place.seal("theirs", "e", "f")
        place.seal("more", "g")
        tallystick("case", "new", "smith")
        tallystick("seal", "smith", "papers")
        tallystick("anchor", "--wait")
        steps = sections()["Before"]
        for step in steps[:3]:
            place.run(step)
        shutil.copytree("tallystick", "backup")
        place.seal("papers", "later")
        tallystick("seal", "smith", "papers")
        tallystick("anchor", "--wait")
        tallystick("receipts", "export", "smith", "--to", "receipts")
        audit = tallystick("log", "audit").json
        place.names |= {"ORIGIN": audit["origin"], "LOG": audit["log"]}
        for step in steps[3:]:
            place.run(step)
        yield place


@pytest.fixture
def place(prepared: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A copy of it for one drill; the chain is as it was afterwards."""
    here = tmp_path / "here"
    shutil.copytree(prepared.folder, here)
    monkeypatch.chdir(here)
    before = prepared.dev.snapshot()
    yield Place(here, prepared.dev, prepared.names)
    prepared.dev.revert(before)


def still_valid(place: Place) -> None:
    """The receipts that were handed out before lead to their files, and to blocks that the node knows."""
    said = tallystick("verify", "papers", "--receipt", "receipts", "--rpc", place.names["NODE"], expect=(0, 3)).json
    assert {result["reason"] for result in said["results"]} == {"dev-chain-untrusted"}, said["results"]


def after_first(place: Place) -> None:
    shown = tallystick("case", "show", "smith").json["claims"]
    assert sorted(claim["name"] for claim in shown) == ["a", "b", "later"]


def after_second(place: Place) -> None:
    after_first(place)
    assert tallystick("seal", "smith", "papers").json["unchanged"] == 3


def after_third(place: Place) -> None:
    claims = tallystick("case", "show", "smith").json["claims"]
    assert sorted(claim["name"] for claim in claims) == ["a", "b", "c", "d", "later"]
    assert tallystick("log", "audit").json["origin"] == f"{place.names['ORIGIN']}/2"
    tallystick("case", "record", "smith", "accessed", "a")  # in the old log, found by its name
    others = tallystick("log", "audit", "--log", place.names["LOG"], expect=(0, 1, 3)).json
    assert next(f["reason"] for f in others["findings"] if f["name"] == "closure") == "closed"


CHECKS: dict[str, Callable[[Place], None]] = {
    "1": after_first,
    "2": after_second,
    "3": after_third,
    "4": after_third,
    "5": after_third,
}


def test_the_page_has_the_drills_that_are_tested_here() -> None:
    assert set(sections()) == {"Before", *CHECKS}
    assert all(len(steps) >= 4 for steps in sections().values())


@pytest.mark.parametrize("drill", sorted(CHECKS))
def test_drill_leads_where_the_page_says(place: Place, drill: str) -> None:
    for step in sections()[drill]:
        place.run(step)
    CHECKS[drill](place)
    still_valid(place)

"""The drills of docs/guides/drills.md as data, and a workspace in use that is prepared for them as the page says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    """The folder that the drills are done in; `tallystick` in it is the workspace. The present folder is this one."""

    folder: Path
    dev: DevChain
    names: dict[str, str]

    def line(self, step: Step) -> str:
        """The step's line, with what the page's names stand for here."""
        line = step.line
        for name, value in self.names.items():
            line = re.sub(rf"\b{name}\b", value, line)
        return line

    def run(self, step: Step) -> Answer:
        line = self.line(step)
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


def prepare(folder: Path, dev: DevChain) -> Place:
    """A workspace in use in `folder`, which is the present one, prepared as the page says."""
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
    return place


@contextmanager
def blocks(dev: DevChain) -> Iterator[None]:
    """Ten blocks a second while the block runs, so that something becomes final."""
    over = threading.Event()

    def mine() -> None:
        while not over.wait(0.1):
            dev.mine()

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        over.set()
        miner.join()

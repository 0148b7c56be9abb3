"""Where the demo plays: its folder, the two chains of its workspace, the clock of the plans' chain, the receivers."""

from __future__ import annotations

import shutil
import socket
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from portal.demo.receivers import Receivers
from portal.demo.stage import Stage

if TYPE_CHECKING:
    from onchain.devchain import DevChain
    from portal.world import World

FOLDER: Final = "tallystick-demo"
MAX_FOLDERS: Final = 1000
IPFS_STOP_SECONDS: Final = 20


def new_folder(parent: Path) -> Path:
    """A folder that is not there yet: tallystick-demo, tallystick-demo-2, ...; nothing of an earlier run is touched."""
    for number in range(1, MAX_FOLDERS):
        folder = parent / (FOLDER if number == 1 else f"{FOLDER}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{parent} holds {MAX_FOLDERS} demo folders; remove some")


@dataclass
class Place:
    """What the chapters share.

    folder     everything of this run
    files      what is sealed: made here, or the reader's own
    receivers  where notices arrive
    seen       notices that the reader was shown
    """

    stage: Stage
    folder: Path
    files: Path
    world: World
    receivers: Receivers
    own_files: bool
    seen: int = 0

    @property
    def plans(self) -> DevChain:
        """The chain of the plans, whose clock may be moved."""
        return self.world.use("plans").dev()

    def now(self) -> int:
        """Time on the plans' chain: Unix seconds."""
        return self.plans.now()

    def later(self, moment: int, why: str) -> None:
        """Move the plans' chain on to `moment` (Unix seconds)."""
        before = self.now()
        self.plans.warp(moment)
        days = (moment - before) / 86_400
        when = datetime.fromtimestamp(moment, UTC)
        self.stage.later(f"{days:.0f} days later ({when:%Y-%m-%d %H:%M} UTC on the plans' chain): {why}")

    def keeper(self) -> None:
        """Let the keeper do what is due, and show what arrived."""
        self.plans.finalise()
        self.stage.run("keeper", "once")
        self.notices()

    def notices(self) -> None:
        """Show the notices that arrived since the last time, each subject once."""
        new, self.seen = self.receivers.received[self.seen :], len(self.receivers.received)
        ways: dict[str, list[str]] = {}
        for notice in new:
            ways.setdefault(notice.subject, []).append(notice.way)
        for subject, by in ways.items():
            times = " and ".join(f"{by.count(way)} {way}" for way in dict.fromkeys(by))
            self.stage.good(f"arrived ({times}): [italic]{subject}[/italic]")


class IpfsNode:
    """A real IPFS node on loopback with a repository in `folder`, starting while the story goes on.

    The node is the one of a checkout (scripts/ipfs-node); an installed wheel does not have it: `api` is then None.
    """

    def __init__(self, folder: Path) -> None:
        program = Path(__file__).parents[2] / "scripts" / "ipfs-node"
        node = shutil.which("node")
        self.api: str | None = None
        self._process: subprocess.Popen[str] | None = None
        if node is None or not (program / "node_modules" / "ipfs-core").is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        with (folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(
                [node, str(program / "ipfsd.mjs"), str(folder / "repo"), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.api = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(IPFS_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def is_ready(self) -> bool:
        """Wait until the node answers; False where there is none, or it ended."""
        if self._process is None or self._process.stdout is None:
            return False
        return self._process.stdout.readline().startswith("READY ")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

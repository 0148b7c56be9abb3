"""The demo's order: what is told, from a new workspace to the table at the end."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from portal.demo import evidence, ledger, settlement
from portal.demo.place import IpfsNode, Place, new_folder
from portal.demo.receivers import Receivers
from portal.demo.stage import WIDTH, Stage, shown
from portal.workspace import Workspace
from portal.world import World

INTRODUCTION = (
    "Everything here is real and runs on this machine: two chains of its own, contracts, a mail server, a web hook, an"
    " IPFS node. Only the clock of the chain with the plans is moved on, because nobody wants to wait three months."
)


def tell(path: Path | None, parent: Path, console: Console | None = None) -> Path:
    """Run the demo and return its folder.

    path     the reader's own folder of files, or None for made ones; nothing in it is changed
    parent   where the demo's folder is made
    console  where it is told; None: standard output

    Raises DemoStopped when a step did not come out as told.
    """
    folder = new_folder(parent)
    stage = Stage(folder / "workspace", console or Console(width=WIDTH, highlight=False))
    stage.console.print(f"[bold]Tallystick[/bold]  {INTRODUCTION}")
    stage.console.print(f"[dim]Everything of this run lies in {shown(folder)}[/dim]")
    with ExitStack() as open_:
        node = open_.enter_context(IpfsNode(folder / "ipfs"))
        receivers = open_.enter_context(Receivers(folder / "received"))
        stage.chapter("A workspace, two chains, the contracts")
        stage.run("init", "--dev", *(("--ipfs", node.api) if node.api else ()))
        for name in settlement.KEYS:
            stage.run("key", "new", name, show=False)
        world = open_.enter_context(World(Workspace.open(folder / "workspace"), purpose="demo", ask=_no_password))
        for role in ("evidence", "plans"):
            world.use(role).dev()  # kept running until the demo ends
        deployed = stage.run("deploy", "--test-token")
        stage.good(f"{len(deployed['contracts'])} contracts are deployed from Python, without a compiler, and checked")
        place = Place(stage, folder, path or folder / "files", world, receivers, own_files=path is not None)

        evidence.seal_and_anchor(place)
        evidence.verify(place)
        evidence.share(place, node)
        pledge = settlement.pledge_token(place)
        settlement.a_plan_that_completes(place, pledge)
        settlement.a_plan_that_defaults(place, pledge)
        settlement.escrows(place)
        ledger.show_ledger(place)
        ledger.show_paths(place)
    stage.good(f"[bold]Done in {stage.seconds:.0f} s.[/bold]")
    return folder


def _no_password(key: str, new: bool) -> str:
    raise AssertionError(f"a demo workspace opens its keys itself, {key} as well (new: {new})")

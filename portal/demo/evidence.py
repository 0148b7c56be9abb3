"""The demo's evidence: a sealed folder, an anchor, verdicts from receipts alone, an altered file, a shared one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from portal.demo.errors import DemoStopped
from portal.demo.files import make_files
from portal.demo.place import IpfsNode, Place
from portal.demo.stage import shown

CASE: Final = "aurora-2026"
MADE_FILES: Final = 200


def seal_and_anchor(place: Place) -> None:
    """A case is opened, the folder sealed, the log's head anchored."""
    stage = place.stage
    stage.chapter("Evidence is sealed")
    stage.say(
        "A Chinese exporter is not paid by a buyer in Brazil. Before anybody argues, the papers are fixed as they are."
    )
    stage.run("case", "new", CASE, "--title", "Hailian v. Aurora")
    if not place.own_files:
        with stage.bar("Making case files", MADE_FILES) as bar:
            for _ in make_files(place.files, MADE_FILES):
                bar.advance(bar.task_ids[0])
        stage.good(
            f"{MADE_FILES} files of mixed kinds are in {shown(place.files)}: contract, invoices, mails, chats, photos"
        )
    sealed = stage.run("seal", CASE, place.files)
    count, size = len(sealed["files"]), sum(file["size"] for file in sealed["files"])
    stage.good(
        f"{count} files ({size / 1e6:.1f} MB) are sealed: one salted commitment each in an append-only log of"
        f" {sealed['log_size']} entries"
    )
    again = stage.run("seal", CASE, place.files)
    stage.good(f"sealing the folder again changes nothing: {again['unchanged']} files recognised as unchanged")

    stage.chapter("The log's head is anchored on a chain")
    stage.say("Nothing of the files goes there, only the log's size and root hash, in one transaction for all of them.")
    trust = place.folder / "trusted-blocks.json"
    anchor = stage.run("anchor", "--wait", "--trust-file", trust)["anchor"]
    stage.good(f"block {anchor['block_number']} of chain {anchor['chain_id']} holds it, and is final")
    receipts = place.folder / "receipts"
    written = stage.run("receipts", "export", CASE, "--to", receipts)
    stage.good(
        f"{len(written['files'])} receipts are in {shown(receipts)}: one small file each, all that a verifier needs"
    )


def verify(place: Place) -> None:
    """All files are verified offline; then one with a changed byte."""
    stage = place.stage
    receipts, trust = place.folder / "receipts", place.folder / "trusted-blocks.json"
    stage.chapter("Anybody checks, offline")
    first = _first_file(place.files)
    unknown = stage.run("verify", first, "--receipt", _receipt_of(place, first), expect=(3,))
    stage.say(
        f"With the receipt alone the answer is [yellow]{unknown['status']}[/yellow]: all fits, but whoever makes a"
        " receipt could also make a chain. One fact must come from the verifier's own side: that this block is on that"
        " chain."
    )
    stage.say(
        "They look it up in any explorer (--block), ask a node of theirs (--rpc), or keep a list (--trust). Here it is"
        " a list that the demo's own node wrote: good for showing, no proof to you, and it says that this is a"
        " development chain."
    )
    verdict = stage.run("verify", place.files, "--receipt", receipts, "--trust", trust)
    counts = verdict["counts"]
    stage.good(
        f"[bold]{verdict['status']}[/bold]: {counts['PASSED']} of {sum(counts.values())} files, without any network"
    )

    stage.chapter("One byte is changed")
    altered = place.folder / "altered" / first.name
    altered.parent.mkdir()
    shutil.copyfile(first, altered)
    _change_a_byte(altered)
    verdict = stage.run("verify", altered, "--receipt", _receipt_of(place, first), "--trust", trust, expect=(1,))
    checks = verdict["results"][0]["verdict"]["checks"]
    failed = next(check for check in checks if check["status"] == "FAILED")
    stage.bad(f"[bold]{verdict['status']}[/bold] ({failed['reason']}): {failed['detail']}")


def share(place: Place, node: IpfsNode) -> None:
    """A document goes to IPFS, encrypted, and comes back."""
    stage = place.stage
    stage.chapter("A document is shared, encrypted")
    if not node.is_ready():
        stage.say("There is no IPFS node here (it comes with a checkout), so this part is left out.")
        return
    document = place.folder / "for-the-arbitrator.txt"
    document.write_text("Statement of the account of Aurora, for the arbitrator's eyes only.\n", encoding="utf-8")
    stage.run("seal", CASE, document, "--store", "ipfs")
    fetched = place.folder / "fetched"
    got = stage.run("fetch", CASE, document.name, "--to", fetched)
    if Path(got["files"][0]).read_bytes() != document.read_bytes():
        raise DemoStopped("fetch", 1, "what came back is not what was stored", "")
    stage.good("the node holds ciphertext only; fetched, checked byte by byte and decrypted, it is the same document")


def _first_file(folder: Path) -> Path:
    """The first file of the folder, by name, that has a byte to change."""
    for directory, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(directory) / name
            if path.stat().st_size:
                return path
    raise FileNotFoundError(f"{folder} holds no file with a byte in it")


def _receipt_of(place: Place, document: Path) -> Path:
    name = document.relative_to(place.files)
    return place.folder / "receipts" / f"{name}.receipt.json"


def _change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

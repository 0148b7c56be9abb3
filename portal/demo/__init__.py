"""`tallystick demo`: the main job on this machine, end to end, with real chains, a real IPFS node and real receivers.

story.py       the order of the chapters
stage.py       how it speaks, and how it runs commands
place.py       the folder, the chains and their clock, the receivers
evidence.py    seal, anchor, verify, alter, share
settlement.py  a plan that is paid, missed and cured; one that ends in an auction; escrows
ledger.py      the table at the end
files.py       case files to seal
receivers.py   mail and web hook
"""

from __future__ import annotations

from pathlib import Path


def main(path: str | None, *, as_json: bool, workspace: Path) -> int:
    """Tell the story and return the exit code.

    path       the reader's own folder of files, or None
    as_json    print where the demo's folder is as JSON, after the story
    workspace  not used: the demo makes a folder of its own below this one

    Raises DemoStopped, FileMissing (no such folder of files).
    """
    import json

    from portal.demo.story import tell
    from portal.errors import FileMissing

    del workspace
    if path is not None and not Path(path).is_dir():
        raise FileMissing(path, "is no folder")
    folder = tell(Path(path) if path is not None else None, Path())
    if as_json:
        print(json.dumps({"folder": str(folder)}))  # noqa: T201  the one JSON document of this command
    return 0

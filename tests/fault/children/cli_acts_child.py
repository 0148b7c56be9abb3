"""Seals, records, revokes and erases by the program's commands, one after the other; see support/killing.py."""

from __future__ import annotations

import io
import json
import os
import random
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from support.killing import serve

from portal.cli import main

NOT_THERE = {"notary.act-refused", "notary.claim-not-in-case"}  # another process ended it first


def job(folder: str, name: str, seed: int, rounds: int) -> None:
    """Write files below `name`, seal them, and do something to any exhibit, so many times.

    folder  the present one, with the workspace `tallystick` and its case `smith`
    name    of a folder; what this process erased is counted in NAME.erased in the end
    """
    os.chdir(folder)
    chance, erased = random.Random(seed), 0
    for number in range(rounds):
        files = Path(name, f"{seed}-{number}")
        files.mkdir(parents=True)
        for each in range(3):
            (files / f"{name}-{seed}-{number}-{each}.txt").write_bytes(chance.randbytes(40))
        done("seal", "smith", str(files))
        done("case", "record", "smith", "accessed", anyone(chance), "--about", "at once")
        done("case", "revoke", "smith", anyone(chance), "--why", "at once")
        erased += done("case", "erase", "smith", anyone(chance), "--why", "at once", "--yes")
    Path(f"{name}.erased").write_text(str(erased))


def anyone(chance: random.Random) -> str:
    """Any exhibit, also one of the other process's."""
    code, answer = said("case", "show", "smith")
    assert code == 0, answer
    return f"#{chance.choice(answer['claims'])['leaf_index']}"


def done(*words: str) -> bool:
    """Whether the command did it; another process may have ended the claim first, and nothing else may come between."""
    code, answer = said(*words)
    assert code == 0 or answer["error"]["code"] in NOT_THERE, f"{words}: {answer}"
    return code == 0


def said(*words: str) -> tuple[int, Any]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = main([*words, "--json"])
    return code, json.loads(out.getvalue())


if __name__ == "__main__":
    import portal.cli.acts
    import portal.cli.case
    import portal.cli.seal  # noqa: F401  # imported once, here, instead of in every worker

    serve(job)

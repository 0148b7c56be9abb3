"""Runs a command of the program, to be killed before one of its steps; see support/commands.py."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from pathlib import Path

from support.killing import serve
from support.steps import Steps

from portal.cli import main


def job(folder: str, answer: str, at: int, *words: str) -> None:
    """folder: the present one. answer: file for what the command says: {"code", "steps", "text"}. at: as in Steps."""
    os.chdir(folder)
    steps, out = Steps(at), io.StringIO()
    with redirect_stdout(out):
        code = main([*words, "--json"])
    said = {"code": code, "steps": steps.count, "text": out.getvalue()}
    Path(answer).write_text(json.dumps(said))


if __name__ == "__main__":
    # Imported once, here, instead of in every worker.
    import portal.cli.acts
    import portal.cli.anchor
    import portal.cli.log
    import portal.cli.seal
    import portal.engine
    import portal.proofs
    import portal.timestamps
    import portal.trusted  # noqa: F401

    serve(job)

"""Seals a folder in small batches, to be killed while it does; see support/killing.py."""

from __future__ import annotations

import time
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context

from notary.sealing.seal import seal


def job(workspace: str, folder: str, batch_claims: int) -> None:
    ctx = open_context(Path(workspace), lambda: int(time.time()))
    seal(ctx, "acme", [folder], batch_claims=batch_claims)


if __name__ == "__main__":
    serve(job)

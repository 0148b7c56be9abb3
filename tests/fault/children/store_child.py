"""Seals a folder and stores its documents on an IPFS node, to be killed while it does; see support/killing.py."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context

import notary.sharing.envelope  # noqa: F401  # imported once, here, instead of in every worker
from notary.sealing.seal import seal
from notary.sharing import share
from notary.sharing.ipfs import IpfsNode


def job(workspace: str, folder: str, api: str) -> None:
    ctx = replace(open_context(Path(workspace), lambda: int(time.time())), ipfs=IpfsNode(api))
    share.store_sealed(ctx, seal(ctx, "acme", [folder]))


if __name__ == "__main__":
    import httpx  # noqa: F401  # as above
    import ipfshttpclient  # noqa: F401

    serve(job)

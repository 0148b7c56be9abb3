"""Storing documents that is killed at random moments: run again, each document is on the node and comes back whole."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.ipfsnode import ipfs_node, is_installed
from support.killing import KillServer
from support.notaryworld import world

from notary.sealing import cases
from notary.sharing import share
from notary.sharing.cid import Cid
from notary.sharing.ipfs import IpfsNode
from notary.store import DOCUMENT_STORED, stored_documents

KILLS = 10
DOCUMENTS = 25


@pytest.mark.skipif(not is_installed(), reason="run npm ci in scripts/ipfs-node")
def test_store_killed_at_random_moments_ends_with_every_document_stored_once_and_whole(tmp_path: Path) -> None:
    rng = random.Random()
    with world(tmp_path) as w, ipfs_node(tmp_path / "ipfs" / "repo") as node, KillServer("store_child.py") as server:
        contents = {f"d{i}.bin": os.urandom(rng.randint(0, 600_000)) for i in range(DOCUMENTS)}
        for name, data in contents.items():
            w.put(name, data)
        arguments = (str(w.folder / "workspace"), str(w.files), node.api)
        killed = sum(server.run_and_kill(rng.uniform(0.1, 0.8), *arguments) for _ in range(KILLS))
        server.run(*arguments)
        assert killed >= KILLS // 3

        ctx = w.with_context(ipfs=IpfsNode(node.api))
        with ctx.engine.connect() as connection:
            rows = connection.execute(sa.select(stored_documents)).all()
        assert {row.status for row in rows} == {DOCUMENT_STORED} and len(rows) == DOCUMENTS
        assert all(IpfsNode(node.api).is_pinned(Cid.parse(row.cid)) for row in rows)
        blobs = {path.name for path in (w.folder / "workspace" / "blobs").iterdir() if not path.name.startswith(".")}
        assert {row.cid for row in rows} <= blobs
        for sealed in cases.claims_of(ctx, "acme"):
            name = str(sealed.claim.get("name"))
            back = share.fetch(ctx, sealed.id, tmp_path / "back" / name)
            assert back.read_bytes() == contents.pop(name)
        assert contents == {}

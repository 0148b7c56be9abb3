"""Records, revokes and erases claims one after the other, to be killed while it does; see support/killing.py."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context

from notary.custody import acts, erasure
from notary.custody.chain import Action
from notary.sealing import cases
from notary.service_errors import ActRefused


def job(workspace: str) -> None:
    ctx = open_context(Path(workspace), lambda: int(time.time()))
    erasure.finish(ctx, "acme")
    places = [claim.leaf_index for claim in cases.claims_of(ctx, "acme")]
    for place in places[:12]:
        acts.record(ctx, "acme", [place], Action.TRANSFERRED, "to counsel")
        if place % 3 == 0:
            with contextlib.suppress(ActRefused):  # an earlier run did it
                acts.revoke(ctx, "acme", [place], "by mistake")
        erasure.erase(ctx, "acme", [place], "GDPR art. 17")


if __name__ == "__main__":
    serve(job)

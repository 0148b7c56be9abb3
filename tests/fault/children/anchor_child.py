"""Anchors the newest head until it is final, to be killed while it does; see support/killing.py."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context

from notary.evm import anchors
from notary.evm.evidence_chain import EvidenceChain
from onchain.connect import Chain
from onchain.contract import Contract
from onchain.profiles import profile
from onchain.send import Sender
from onchain.signer import UnlockedSigner

PROFILE = profile(31337)
SIGNER = UnlockedSigner.open(PROFILE, 0)


def job(workspace: str, url: str, contract: str) -> None:
    ctx = open_context(Path(workspace), _now)
    sender = Sender(ctx.engine, Chain.connect(url, profile=PROFILE), SIGNER, _now)
    evidence = EvidenceChain(sender.chain, sender, Contract("EvidenceLog", contract))
    ctx = replace(ctx, evidence=lambda: evidence)
    anchor = anchors.request(ctx)
    while anchor is not None and not anchor.settled:
        anchor = anchors.advance(ctx, anchor.id)
        time.sleep(0.02)


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    serve(job)

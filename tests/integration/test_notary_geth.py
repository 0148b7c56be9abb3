"""Anchors on go-ethereum itself, the reference that anvil only follows: sent, final, proven, asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.gethnode import EPOCH, PROFILE, GethNode, geth_node, geth_program
from support.notaryworld import World, world

from notary.evm import anchors
from notary.evm.evidence_chain import EvidenceChain
from notary.evm.evm_proof import EvmAnchor, parse_header, parse_receipt
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing.seal import seal
from notary.store import ANCHOR_FINAL
from notary.verdicts.trust import Trust, TrustedChain
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import DocumentDigests, Verifier
from onchain import store as chain_store
from onchain.contract import Contract
from onchain.deploy import deploy, deployments_path
from onchain.send import Sender
from onchain.signer import UnlockedSigner
from portal.trusted import ask_nodes

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(
        geth_program() is None,
        reason="no geth: go install github.com/ethereum/go-ethereum/cmd/geth@latest, or name one in TALLYSTICK_GETH",
    ),
]

STEPS = 20


@pytest.fixture(scope="module")
def geth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GethNode]:
    with geth_node(tmp_path_factory.mktemp("geth")) as node:
        yield node


@pytest.fixture
def w(tmp_path: Path, geth: GethNode) -> Iterator[World]:
    """A workspace that anchors on geth, with an account that has coins there."""
    signer = UnlockedSigner.open(PROFILE)
    geth.give(signer.address, 10**19)
    with world(tmp_path) as made:
        with made.ctx.engine.begin() as connection:
            chain_store.metadata.create_all(connection)

        def sender() -> Sender:
            return Sender(made.ctx.engine, geth.chain(), signer, made.clock)

        first = sender()
        at = deploy("EvidenceLog", [], first, deployments_path(tmp_path / "deployments", first.chain)).address

        def evidence() -> EvidenceChain:
            one = sender()
            return EvidenceChain(one.chain, one, Contract("EvidenceLog", at), between=lambda: geth.mine())

        made.with_context(evidence=evidence)
        yield made


def test_an_anchor_on_geth_becomes_final_and_its_receipt_verifies(w: World, geth: GethNode) -> None:
    for count in (1, 40):  # a first head, and one whose consistency the contract checks
        for i in range(count):
            w.put(f"{count}-{i}.txt", b"%d of %d" % (i, count))
        seal(w.ctx, "acme", [w.files])
        anchor = anchors.request(w.ctx)
        assert anchor is not None
        for _ in range(STEPS):
            anchor = anchors.advance(w.ctx, anchor.id)
            if anchor.status == ANCHOR_FINAL:
                break
            geth.mine(EPOCH // 4)
        assert anchor.status == ANCHOR_FINAL

    receipt = Receipt.from_bytes(receipts.receipt_for(w.ctx, 2).to_bytes())
    (shown,) = receipt.anchors
    assert isinstance(shown, EvmAnchor)
    chain = geth.chain()
    # geth's own encodings, byte by byte
    at = hex(shown.block_number)
    assert chain.rpc("debug_getRawHeader", [at]) == "0x" + shown.header.hex()
    raw = chain.rpc("debug_getRawReceipts", [at])
    assert isinstance(raw, list) and raw[shown.receipt_index] == "0x" + shown.receipt.hex()
    assert parse_header(shown.header).hash == shown.block_hash and parse_receipt(shown.receipt).succeeded

    digests = DocumentDigests(len(b"0 of 40"), {"sha256": hashlib.sha256(b"0 of 40").digest()})
    own = Trust((TrustedChain(chain.chain_id, chain.genesis, dev=True),))
    known, notes = ask_nodes(own, [geth.url], [receipt])
    verdict = Verifier(known).verify(receipt, digests)
    assert (verdict.status, verdict.reason, notes) == (Status.PASSED, Reason.DEV_CHAIN, ())

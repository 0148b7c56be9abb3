"""Several nodes of the verifier's own: who confirms, who contradicts, who lies, is slow or down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, give_chain
from support.liar import Rewrite, lying_node
from support.notaryworld import World, world

from notary.evm.evm_proof import EvmAnchor
from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing.seal import Details, seal
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
from notary.verdicts.verdict import Check, Reason, Status, Verdict
from notary.verdicts.verify import DocumentDigests, Verifier
from onchain.devchain import DevChain
from onchain.errors import NodeUnreachable, WrongGenesis
from portal.trusted import ask_nodes

DOWN = "http://127.0.0.1:1"
OTHER = "0x" + "ab" * 32


@pytest.fixture(scope="module")
def dev() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory, dev: DevChain) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("nodes")) as made:
        give_chain(made, dev)
        yield made


@pytest.fixture(scope="module")
def anchored(w: World, dev: DevChain) -> Receipt:
    """A receipt with a final anchor, whose claim names an earlier block."""
    dev.mine(3)
    bound = dev.chain().block(2)
    assert bound is not None
    w.put("a.txt", b"a")
    details = Details(not_before_block=f"{dev.chain_id}:2:0x{bound.hash.hex()}")
    seal(w.ctx, "acme", [w.files], details=details)
    anchor_to_final(w.ctx, dev)
    return Receipt.from_bytes(receipts.receipt_for(w.ctx, 1).to_bytes())


@pytest.fixture
def own(dev: DevChain) -> Trust:
    """A verifier who takes this development chain for one, and knows no block of it."""
    return Trust((TrustedChain(dev.chain_id, dev.chain().genesis, dev=True),))


def anchor_of(receipt: Receipt) -> EvmAnchor:
    (anchor,) = receipt.anchors
    assert isinstance(anchor, EvmAnchor)
    return anchor


def asked(trust: Trust, receipt: Receipt, *urls: str, timeout: float = 5.0) -> tuple[Verdict, tuple[str, ...]]:
    known, notes = ask_nodes(trust, urls, [receipt], timeout)
    outcome = {"sha256": bytes.fromhex(str(receipt.shown()["sha256"]))}
    return Verifier(known).verify(receipt, DocumentDigests(1, outcome)), notes


def known_block(dev: DevChain, number: int) -> TrustedBlock:
    block = dev.chain().block(number)
    assert block is not None
    return TrustedBlock(number, block.hash)


def trusted_blocks(verdict: Verdict) -> Check:
    return verdict.checks[7]


def other_block(number: int, hash_: str = OTHER) -> dict[str, Rewrite]:
    """The lie that block `number` has another hash."""

    def lie(params: list[Any], said: Any) -> Any:
        return {**said, "hash": hash_} if said and said["number"] == hex(number) else said

    return {"eth_getBlockByNumber": lie}


class TestAgreement:
    def test_two_honest_nodes_confirm_the_block_and_the_lower_bound(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        with lying_node(dev.url, {}) as second:
            verdict, notes = asked(own, anchored, dev.url, second)
        assert (verdict.status, verdict.reason, notes) == (Status.PASSED, Reason.DEV_CHAIN, ())
        check = trusted_blocks(verdict)
        assert dev.url in check.detail and second in check.detail and "final" in check.detail
        bound = dev.chain().block(2)
        assert bound is not None and verdict.interval.not_before == bound.timestamp

    def test_a_development_chain_is_not_trusted_for_a_nodes_word(self, anchored: Receipt, dev: DevChain) -> None:
        verdict, _ = asked(Trust(), anchored, dev.url)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.DEV_CHAIN_UNTRUSTED)


class TestDisagreement:
    @pytest.mark.parametrize("honest_first", [True, False])
    def test_one_node_with_another_hash_is_named_and_never_passes(
        self, own: Trust, anchored: Receipt, dev: DevChain, honest_first: bool
    ) -> None:
        with lying_node(dev.url, other_block(anchor_of(anchored).block_number)) as liar:
            order = (dev.url, liar) if honest_first else (liar, dev.url)
            verdict, _ = asked(own, anchored, *order)
        check = trusted_blocks(verdict)
        assert (check.status, check.reason) == (Status.INDETERMINATE, Reason.SOURCES_DISAGREE)
        assert f"the node {liar} says {OTHER}" in check.detail
        assert verdict.status is Status.INDETERMINATE

    def test_only_nodes_with_another_hash_fail_the_receipt(self, own: Trust, anchored: Receipt, dev: DevChain) -> None:
        with lying_node(dev.url, other_block(anchor_of(anchored).block_number)) as liar:
            verdict, _ = asked(own, anchored, liar)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)
        assert liar in trusted_blocks(verdict).detail

    def test_a_node_that_contradicts_what_was_given_by_hand_is_named(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        anchor = anchor_of(anchored)
        by_hand = own.with_block(anchor.chain_id, known_block(dev, anchor.block_number), anchor.genesis)
        with lying_node(dev.url, other_block(anchor.block_number)) as liar:
            verdict, _ = asked(by_hand, anchored, liar)
        assert trusted_blocks(verdict).reason is Reason.SOURCES_DISAGREE
        assert liar in trusted_blocks(verdict).detail

    def test_a_contradicted_lower_bound_is_unknown(self, own: Trust, anchored: Receipt, dev: DevChain) -> None:
        with lying_node(dev.url, other_block(2)) as liar:
            verdict, _ = asked(own, anchored, dev.url, liar)
        assert verdict.status is Status.PASSED
        assert verdict.interval.not_before is None
        assert any(note.reason is Reason.NOT_BEFORE_UNCONFIRMED for note in verdict.notes)


class TestNotFinal:
    def test_a_block_that_is_not_final_there_yet_is_not_confirmed(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        def early(params: list[Any], said: Any) -> Any:
            return {**said, "number": "0x1"} if params[0] == "finalized" else said

        with lying_node(dev.url, {"eth_getBlockByNumber": early}) as lagging:
            verdict, _ = asked(own, anchored, lagging)
            check = trusted_blocks(verdict)
            assert (check.status, check.reason) == (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)
            assert "only block 1 is final" in check.detail
            assert asked(own, anchored, lagging, dev.url)[0].status is Status.PASSED

    def test_a_node_without_the_block_is_not_a_contradiction(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        number = hex(anchor_of(anchored).block_number)
        lie = {"eth_getBlockByNumber": lambda params, said: None if params[0] == number else said}
        with lying_node(dev.url, lie) as behind:
            assert "has no block" in trusted_blocks(asked(own, anchored, behind)[0]).detail
            assert asked(own, anchored, behind, dev.url)[0].status is Status.PASSED


class TestOtherNodesCount:
    def test_a_node_that_is_down_is_named_and_the_other_counts(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        verdict, notes = asked(own, anchored, DOWN, dev.url)
        assert verdict.status is Status.PASSED
        (note,) = notes
        assert note.startswith(f"the node {DOWN} did not count") and "unreachable" in note

    def test_no_node_at_all_is_an_error(self, own: Trust, anchored: Receipt) -> None:
        with pytest.raises(NodeUnreachable):
            asked(own, anchored, DOWN, DOWN)

    def test_a_slow_node_is_given_up_and_the_other_counts(self, own: Trust, anchored: Receipt, dev: DevChain) -> None:
        with lying_node(dev.url, {}, delay=1.5) as slow:
            verdict, notes = asked(own, anchored, slow, dev.url, timeout=0.5)
        assert verdict.status is Status.PASSED
        assert slow in notes[0] and "unreachable" in notes[0]

    def test_a_node_that_answers_for_another_block_does_not_count(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        number = hex(anchor_of(anchored).block_number)
        lie = {"eth_getBlockByNumber": lambda params, said: {**said, "number": "0x1"} if params[0] == number else said}
        with lying_node(dev.url, lie) as liar:
            verdict, notes = asked(own, anchored, liar, dev.url)
        assert verdict.status is Status.PASSED
        assert "instead of block" in notes[0]


class TestAnotherChain:
    def test_another_genesis_under_the_same_number_does_not_count(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        with lying_node(dev.url, other_block(0)) as liar:
            alone, _ = asked(Trust(), anchored, liar)
            both, _ = asked(own, anchored, liar, dev.url)
        check = trusted_blocks(alone)
        assert (check.status, check.reason) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)
        assert liar in check.detail
        assert both.status is Status.PASSED

    def test_a_false_genesis_of_a_known_chain_is_refused(self, own: Trust, anchored: Receipt, dev: DevChain) -> None:
        with lying_node(dev.url, {"eth_chainId": lambda params, said: "0x1"}) as liar:
            with pytest.raises(WrongGenesis):
                asked(own, anchored, liar)
            verdict, notes = asked(own, anchored, liar, dev.url)
        assert verdict.status is Status.PASSED
        assert "expected genesis" in notes[0]

    def test_a_node_of_a_chain_that_no_receipt_names_is_said_to_be_one(
        self, own: Trust, anchored: Receipt, dev: DevChain
    ) -> None:
        with lying_node(dev.url, {"eth_chainId": lambda params, said: hex(987_654)}) as elsewhere:
            verdict, notes = asked(own, anchored, elsewhere)
        assert trusted_blocks(verdict).reason is Reason.BLOCK_HASH_UNCONFIRMED
        assert "name no block" in notes[0]

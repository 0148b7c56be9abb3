"""What several sources say of one block, weighed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from notary.verdicts.node_answers import AskedTrust, NodeAnswer
from notary.verdicts.reasons import Said, Text
from notary.verdicts.trust import DEFAULT_UNCERTAINTY, Judgement, KnownTime, Trust, TrustedBlock, TrustedChain
from notary.verdicts.verdict import Reason, Status

CHAIN, NUMBER = 10, 500
GENESIS, OTHER_GENESIS = b"\x01" * 32, b"\x02" * 32
HASH, OTHER = b"\x0a" * 32, b"\x0b" * 32
CONTRACT = b"\x0c" * 20
TIME = 1_790_000_000


def said(
    node: str = "https://a.example", hash_: bytes | None = HASH, final: int = NUMBER, genesis: bytes = GENESIS
) -> NodeAnswer:
    time = TIME if hash_ else None
    return NodeAnswer(node, CHAIN, genesis, NUMBER, hash_, time, final, Said(Text.FINAL_WITH_L1, {"chain": 1}))


def judged(*answers: NodeAnswer, trust: Trust | None = None, block_hash: bytes = HASH) -> Judgement:
    return AskedTrust.of(trust or Trust(), answers).judge(CHAIN, GENESIS, CONTRACT, NUMBER, block_hash)


def knows(block_hash: bytes | None = None, genesis: bytes | None = GENESIS, **more: object) -> Trust:
    blocks = {} if block_hash is None else {NUMBER: TrustedBlock(NUMBER, block_hash, TIME)}
    return Trust((TrustedChain(CHAIN, genesis, blocks=blocks, **more),))  # type: ignore[arg-type]  # the test names them


class TestJudge:
    def test_a_node_that_calls_the_block_final_confirms_it_and_the_detail_says_what_final_rests_on(self) -> None:
        result = judged(said())
        assert (result.status, result.reason) == (Status.PASSED, None)
        assert "https://a.example" in result.detail and "final with its L1, chain 1" in result.detail

    def test_the_last_final_block_confirms_and_the_one_after_does_not(self) -> None:
        assert judged(said(final=NUMBER)).status is Status.PASSED
        result = judged(said(final=NUMBER - 1))
        assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)
        assert f"only block {NUMBER - 1} is final" in result.detail

    @pytest.mark.parametrize("final", [NUMBER, NUMBER - 1])
    def test_one_contradiction_final_there_or_not_takes_the_pass_away(self, final: int) -> None:
        liar = said("https://b.example", OTHER, final)
        for order in ((said(), liar), (liar, said()), (said(), liar, said("https://c.example"))):
            result = judged(*order)
            assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.SOURCES_DISAGREE)
            assert f"the node https://b.example says 0x{OTHER.hex()}" in result.detail

    def test_a_lone_contradiction_fails_where_final_and_leaves_open_where_not(self) -> None:
        result = judged(said(hash_=OTHER))
        assert (result.status, result.reason) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)
        result = judged(said(hash_=OTHER, final=NUMBER - 1))
        assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)

    @pytest.mark.parametrize("genesis", [GENESIS, None])
    def test_a_node_against_what_the_verifier_knows_is_a_disagreement_either_way(self, genesis: bytes | None) -> None:
        for known, answer in ((HASH, OTHER), (OTHER, HASH)):
            result = judged(said(hash_=answer), trust=knows(known, genesis))
            assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.SOURCES_DISAGREE)
            assert "https://a.example" in result.detail

    def test_pinned_contracts_and_the_uncertainty_of_the_file_hold_for_nodes_too(self) -> None:
        result = judged(said(), trust=knows(contracts=(CONTRACT,), uncertainty_seconds=12))
        assert (result.status, result.pinned, result.uncertainty) == (Status.PASSED, True, 12)
        result = judged(said(), trust=knows(contracts=(b"\x0d" * 20,)))
        assert result.reason is Reason.CONTRACT_UNTRUSTED

    def test_a_node_of_another_chain_with_this_number_counts_for_nothing(self) -> None:
        stranger = said("https://b.example", OTHER, genesis=OTHER_GENESIS)
        result = judged(stranger)
        assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)
        assert judged(stranger, said()).status is Status.PASSED

    def test_a_genesis_that_the_verifier_knows_otherwise_is_not_overruled_by_a_node(self) -> None:
        result = judged(said(), trust=knows(genesis=OTHER_GENESIS))
        assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)

    def test_a_made_up_genesis_does_not_switch_the_contradicting_node_off(self) -> None:
        """No proof covers the genesis that a receipt names: one that no source knows must not loosen anything."""
        by_hand = knows(HASH, genesis=None)
        result = judged(said(hash_=OTHER), trust=by_hand)
        assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.SOURCES_DISAGREE)
        for answer in (OTHER, HASH, None):
            result = judged(said(hash_=answer, genesis=OTHER_GENESIS), trust=by_hand)
            assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)
        result = judged(said(hash_=HASH, genesis=OTHER_GENESIS), trust=knows(OTHER, genesis=None))
        assert (result.status, result.reason) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)
        assert judged(said(hash_=OTHER, genesis=OTHER_GENESIS), trust=knows(HASH)).status is Status.PASSED

    @pytest.mark.parametrize("contracts", [(), (CONTRACT,), (b"\x0d" * 20,)])
    def test_the_files_block_counts_as_known_though_its_contract_is_not_trusted(self, contracts: object) -> None:
        result = judged(said(hash_=OTHER), trust=knows(HASH, contracts=contracts))
        assert (result.status, result.reason) == (Status.INDETERMINATE, Reason.SOURCES_DISAGREE)

    def test_a_development_chains_block_that_is_not_trusted_counts_as_known_too(self) -> None:
        trust = Trust((TrustedChain(31337, GENESIS, blocks={NUMBER: TrustedBlock(NUMBER, HASH)}),))
        for answer, reason in ((OTHER, Reason.SOURCES_DISAGREE), (HASH, Reason.DEV_CHAIN_UNTRUSTED)):
            node = replace(said(hash_=answer), chain_id=31337)
            result = AskedTrust.of(trust, [node]).judge(31337, GENESIS, CONTRACT, NUMBER, HASH)
            assert (result.status, result.reason) == (Status.INDETERMINATE, reason)

    def test_a_node_without_the_block_neither_confirms_nor_contradicts(self) -> None:
        assert "has no block 500" in judged(said(hash_=None)).detail
        assert judged(said(hash_=None), said()).status is Status.PASSED


class TestTimeOf:
    def test_a_final_answer_gives_the_time_and_any_contradiction_takes_it(self) -> None:
        def time_of(*answers: NodeAnswer) -> KnownTime | None:
            return AskedTrust.of(Trust(), answers).time_of(CHAIN, NUMBER, HASH)

        assert time_of(said()) == KnownTime(TIME, DEFAULT_UNCERTAINTY)
        assert time_of(said(), said(hash_=None)) == KnownTime(TIME, DEFAULT_UNCERTAINTY)
        assert time_of(said(final=NUMBER - 1)) is None
        assert time_of(said(), said("https://b.example", OTHER)) is None
        assert time_of() is None

    def test_what_the_file_says_is_still_known(self) -> None:
        asked = AskedTrust.of(knows(HASH, uncertainty_seconds=12), ())
        assert asked.time_of(CHAIN, NUMBER, HASH) == KnownTime(TIME, 12)

    def test_a_block_given_by_hand_without_its_time_leaves_the_nodes_time(self) -> None:
        by_hand = Trust((TrustedChain(CHAIN, blocks={NUMBER: TrustedBlock(NUMBER, HASH)}),))
        known = AskedTrust.of(by_hand, [said()]).time_of(CHAIN, NUMBER, HASH)
        assert known == KnownTime(TIME, DEFAULT_UNCERTAINTY)

    def test_a_node_tells_no_time_of_a_block_that_the_file_knows_otherwise(self) -> None:
        assert AskedTrust.of(knows(OTHER), [said()]).time_of(CHAIN, NUMBER, HASH) is None

    def test_a_nodes_time_of_a_development_chain_counts_where_the_file_trusts_it(self) -> None:
        node = replace(said(), chain_id=31337)
        for dev, expected in ((True, KnownTime(TIME, DEFAULT_UNCERTAINTY, dev=True)), (False, None)):
            trust = Trust((TrustedChain(31337, GENESIS, dev=dev),))
            assert AskedTrust.of(trust, [node]).time_of(31337, NUMBER, HASH) == expected


class Scanned(Mapping[int, TrustedBlock]):
    """Blocks of a chain that count how often they are gone through, not looked up."""

    def __init__(self) -> None:
        self.lists = 0

    def __getitem__(self, number: int) -> TrustedBlock:
        raise KeyError(number)

    def __iter__(self) -> Iterator[int]:
        self.lists += 1
        return iter(())

    def __len__(self) -> int:
        return 100_000


class TestGrowth:
    def test_neither_the_files_blocks_nor_other_blocks_answers_are_gone_through_for_one_anchor(self) -> None:
        """A bundle names as many blocks as it likes: each must cost the same, however many others are known."""
        blocks = Scanned()
        answers = [replace(said(final=NUMBER + 50), number=number) for number in range(NUMBER, NUMBER + 50)]
        asked = AskedTrust.of(Trust((TrustedChain(CHAIN, GENESIS, blocks=blocks),)), answers)
        for number in range(NUMBER, NUMBER + 50):
            assert asked.judge(CHAIN, GENESIS, CONTRACT, number, HASH).status is Status.PASSED
            assert asked.time_of(CHAIN, number, HASH) is not None
            assert len(asked.answers[CHAIN, number]) == 1
        assert blocks.lists == 0

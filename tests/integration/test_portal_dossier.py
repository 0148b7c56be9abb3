"""Dossiers of plans on a real anvil: made from the node, checked without it, asked about again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from support.settlement_world import CREDITOR, DEBTOR, OPERATOR, THIRD, World, settlement_world

from notary.evm.evm_proof import parse_header
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
from notary.verdicts.verdict import Status
from portal.dossier.ask import today, trust_of_nodes
from portal.dossier.check import check_dossier
from portal.dossier.file import Dossier
from portal.dossier.gather import gather
from portal.dossier.verdict import PlanVerdict
from portal.dossier.words import PlanReason
from portal.errors import PortalError
from portal.papers import Paper
from settlement.errors import SettlementError
from settlement.plan import Account, State
from settlement.schedule import DAY
from settlement.terms import Terms

EACH = 100_000_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with settlement_world(tmp_path_factory.mktemp("dossier")) as made:
        yield made


@pytest.fixture(scope="module")
def made(world: World) -> Dossier:
    """A plan with collateral: opened, paid twice by different people, one late, withdrawn once."""
    terms, pledge = world.secured(first_due_at=world.dev.now() + 2 * DAY)
    plan = world.open(terms, pledge)
    world.book(DEBTOR).pay(terms, EACH, nonce="one")
    world.dev.warp(world.dev.now() + 4 * DAY)
    world.book(THIRD).pay(terms, EACH // 2, nonce="two")
    world.book(CREDITOR).withdraw(terms, "three", amount=EACH)
    world.dev.finalise()
    paper = Paper(
        "smith",
        world.dev.chain_id,
        world.addresses.repayment_book,
        "TUSD",
        6,
        terms,
        pledge,
        signatures=(world.sign(terms, DEBTOR), world.sign(terms, CREDITOR)),
    )
    assert paper.id == plan
    return gather(world.dev.chain(), paper, world.addresses.first_block)


def trusting(dossier: Dossier) -> Trust:
    """Somebody who knows the dev chain and all blocks of the file."""
    found = [parse_header(raw) for raw in dossier.headers]
    blocks = {one.number: TrustedBlock(one.number, one.hash, one.timestamp) for one in found}
    return Trust((TrustedChain(dossier.chain_id, dossier.genesis, "dev", True, (), blocks),))


def without_keys(dossier: Dossier) -> Dossier:
    """The dossier with signatures that only a contract wallet could have made."""
    return replace(dossier, paper=replace(dossier.paper, signatures=(b"\7" * 64, b"\7" * 65)))


def outcome(dossier: Dossier, trust: Trust | None = None) -> PlanVerdict:
    return check_dossier(dossier, trusting(dossier) if trust is None else trust)


class TestDossier:
    def test_passes_with_the_account_that_the_book_has(self, world: World, made: Dossier) -> None:
        verdict = outcome(made)
        assert (verdict.status, verdict.reason, len(verdict.checks)) == (Status.PASSED, PlanReason.DEV_CHAIN, 6)
        assert verdict.view is not None
        assert len(verdict.payments) == 2
        assert isinstance(made.paper.terms, Terms)
        final = world.dev.chain().final()
        assert verdict.as_of == (final.number, final.timestamp)
        assert verdict.view == world.book(OPERATOR).view(made.paper.terms, final.timestamp)
        assert verdict.view.state is not State.COMPLETED

    def test_the_file_is_the_same_after_reading(self, made: Dossier) -> None:
        data = made.to_bytes()
        assert Dossier.from_bytes(data) == made
        assert Dossier.from_bytes(data).to_bytes() == data

    def test_is_open_without_anything_known_of_the_blocks(self, made: Dossier) -> None:
        verdict = outcome(made, Trust())
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, PlanReason.BLOCK_UNCONFIRMED)

    def test_fails_when_another_block_of_that_number_is_known(self, made: Dossier) -> None:
        trust = trusting(made)
        chain = trust.chains[0]
        number = min(chain.blocks)
        other = replace(chain, blocks={**chain.blocks, number: TrustedBlock(number, b"\1" * 32, None)})
        verdict = outcome(made, Trust((other,)))
        assert (verdict.status, verdict.reason) == (Status.FAILED, PlanReason.BLOCK_DIFFERS)

    @pytest.mark.parametrize("left_out", [0, 1])
    def test_fails_without_an_event_that_others_build_on(self, made: Dossier, left_out: int) -> None:
        names = ["PlanOpened", "Paid"]
        events = list(made.events)
        del events[_places(made, names[left_out])[0]]
        verdict = outcome(replace(made, events=tuple(events)))
        assert (verdict.status, verdict.reason) == (Status.FAILED, PlanReason.HISTORY_INCONSISTENT)

    def test_fails_with_an_event_twice_or_out_of_order(self, made: Dossier) -> None:
        for events in ((*made.events, made.events[-1]), made.events[::-1]):
            verdict = outcome(replace(made, events=events))
            assert (verdict.status, verdict.reason) == (Status.FAILED, PlanReason.HISTORY_INCONSISTENT)

    def test_fails_with_a_receipt_of_another_block(self, made: Dossier) -> None:
        first = made.receipts[0]
        moved = replace(first, block=(first.block + 1) % len(made.headers))
        verdict = outcome(replace(made, receipts=(moved, *made.receipts[1:])))
        assert (verdict.status, verdict.reason) == (Status.FAILED, PlanReason.PROOF_INVALID)

    def test_fails_with_another_plans_paper(self, world: World, made: Dossier) -> None:
        assert isinstance(made.paper.terms, Terms)
        terms = replace(made.paper.terms, salt=b"\7" * 32)
        signatures = (world.sign(terms, DEBTOR), world.sign(terms, CREDITOR))
        verdict = outcome(replace(made, paper=replace(made.paper, terms=terms, signatures=signatures)))
        assert (verdict.status, verdict.reason) == (Status.FAILED, PlanReason.EVENT_FOREIGN)

    def test_is_open_before_the_plan_is(self, world: World, made: Dossier) -> None:
        terms = world.terms()
        paper = replace(made.paper, terms=terms, collateral_terms=None, signatures=(world.sign(terms, DEBTOR), None))
        unopened = gather(world.dev.chain(), paper, world.addresses.first_block)
        verdict = outcome(unopened)
        assert verdict.status is Status.INDETERMINATE
        assert {check.reason for check in verdict.checks} == {
            None,
            PlanReason.SIGNATURE_MISSING,
            PlanReason.NOT_OPENED,
            PlanReason.DEV_CHAIN,
        }
        forged = replace(paper, signatures=(world.sign(terms, DEBTOR), world.sign(terms, THIRD)))
        assert outcome(replace(unopened, paper=forged)).reason is PlanReason.SIGNATURE_INVALID

    def test_an_altered_interface_is_noticed(self, made: Dossier) -> None:
        book = made.contracts[0]
        altered = replace(book, abi=book.abi.replace('"pay"', '"gift"', 1))
        verdict = outcome(replace(made, contracts=(altered, *made.contracts[1:])))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, PlanReason.ABI_DIFFERS)

    def test_a_changed_bit_is_refused_or_changes_nothing_that_is_claimed(self, made: Dossier) -> None:
        data, trust, claimed = made.to_bytes(), trusting(made), outcome(made)
        rng, same, refused = random.Random(7), 0, 0
        for _ in range(400):
            mutant = bytearray(data)
            mutant[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            try:
                verdict = check_dossier(Dossier.from_bytes(bytes(mutant)), trust)
            except (PortalError, SettlementError):
                refused += 1
                continue
            if verdict.status is not Status.PASSED:
                refused += 1
                continue
            assert [replace(one, tx=b"") for one in verdict.payments] == [
                replace(one, tx=b"") for one in claimed.payments
            ]
            unsigned = {"name", "symbol", "decimals"}  # for showing; the chain is asked about the last two
            said, told = verdict.to_json(), claimed.to_json()
            assert {k: v for k, v in said.items() if k not in unsigned} == {
                k: v for k, v in told.items() if k not in unsigned
            }
            same += 1
        assert refused > 300
        assert same + refused == 400

    def test_nodes_confirm_the_blocks_and_the_account_of_today(self, world: World, made: Dossier) -> None:
        url = world.dev.chain().url
        trust, notes = trust_of_nodes(
            Trust((TrustedChain(made.chain_id, made.genesis, "dev", True, (), {}),)), [url], made
        )
        verdict = check_dossier(made, trust, partial(today, [url]))
        assert (verdict.status, len(verdict.checks), notes) == (Status.PASSED, 7, ())
        wallets = without_keys(made)
        assert check_dossier(wallets, trust, partial(today, [url])).status is Status.PASSED
        assert check_dossier(wallets, trust).reason is PlanReason.WALLET_UNASKED

    def test_amounts_in_another_money_than_the_tokens_fail(self, world: World, made: Dossier) -> None:
        url, claimed = world.dev.chain().url, outcome(made)
        account = world.book(OPERATOR).account(made.paper.id)
        for change in ({"decimals": 4}, {"symbol": "USDC"}):
            misleading = replace(made, paper=replace(made.paper, **change))
            found = today([url], misleading, account)
            assert (found.status, found.reason) == (Status.FAILED, PlanReason.MONEY_DIFFERS)
        assert claimed.status is Status.PASSED

    def test_a_node_that_is_gone_or_of_another_chain_says_nothing(self, world: World, made: Dossier) -> None:
        for url, dossier in (
            ("http://127.0.0.1:9", made),
            (world.dev.chain().url, replace(made, genesis=b"\1" * 32)),
        ):
            found = today([url], dossier, Account())
            assert (found.status, found.reason) == (Status.INDETERMINATE, PlanReason.NODE_SILENT)
            forged = check_dossier(without_keys(dossier), trusting(dossier), partial(today, [url]))
            assert (forged.status, forged.reason) == (Status.INDETERMINATE, PlanReason.WALLET_UNASKED)

    def test_what_was_paid_since_is_said(self, world: World, made: Dossier) -> None:
        url = world.dev.chain().url
        before = today([url], made, Account(principal_paid=1))
        assert (before.status, before.reason) == (Status.INDETERMINATE, PlanReason.LATER_EVENTS)

    def test_a_contract_that_is_not_ours_is_said(self, world: World, made: Dossier) -> None:
        strange = replace(made, paper=replace(made.paper, book=world.money))
        found = today([world.dev.chain().url], strange, Account())
        assert (found.status, found.reason) == (Status.FAILED, PlanReason.CODE_DIFFERS)


def _places(dossier: Dossier, name: str) -> list[int]:
    """Where events of a name are in the dossier's list."""
    from notary.evm.evm_proof import parse_receipt
    from onchain.contract import Contract

    topic = Contract("RepaymentBook", dossier.paper.book).topic(name)
    return [
        place
        for place, (receipt, log) in enumerate(dossier.events)
        if parse_receipt(dossier.receipts[receipt].receipt).logs[log].topics[0] == topic
    ]

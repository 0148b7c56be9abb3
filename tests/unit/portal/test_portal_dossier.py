"""What the check of a dossier believes and what not; the chain is made up, so anything can be forged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.dossiers import knowing, made_dossier, signed_paper, unsigned
from support.settlement_samples import BOOK, DAY, DEBTOR, ESCROW, MODULE, MONTHLY, NOW

from notary.evm.evm_proof import parse_header
from notary.verdicts.reasons import said
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
from notary.verdicts.verdict import Status
from portal.dossier.check import check_dossier
from portal.dossier.file import Dossier
from portal.dossier.verdict import PlanCheck, PlanVerdict
from portal.dossier.words import PlanReason, PlanText
from portal.errors import DossierInvalid
from portal.papers import Paper
from settlement.plan import State

GARBAGE = (b"\x07" * 64, b"")  # of a contract wallet, perhaps
DAMAGED = (b"\x07" * 65, b"\x07" * 65)


def answer(status: Status, reason: PlanReason | None = None) -> PlanCheck:
    return PlanCheck(7, status, said(PlanText.NO_NODE), reason)


def told(verdict: PlanVerdict) -> tuple[Status, PlanReason | None]:
    return verdict.status, verdict.reason


class TestSignaturesThatAreNoKeys:
    """A dossier that nobody signed passed: any contract emits what it likes."""

    @pytest.mark.parametrize("signatures", [GARBAGE, DAMAGED])
    def test_are_open_where_only_the_blocks_are_known(self, signatures: tuple[bytes, bytes]) -> None:
        forged = unsigned(made_dossier(), *signatures)
        verdict = check_dossier(forged, knowing(forged))
        assert told(verdict) == (Status.INDETERMINATE, PlanReason.WALLET_UNASKED)
        assert [check.status for check in verdict.checks].count(Status.PASSED) == 5

    @pytest.mark.parametrize("signatures", [GARBAGE, DAMAGED])
    def test_pass_where_the_book_is_pinned_or_its_code_was_asked_for(self, signatures: tuple[bytes, bytes]) -> None:
        real = unsigned(made_dossier(), *signatures)
        assert told(check_dossier(real, knowing(real, BOOK))) == (Status.PASSED, None)
        assert told(check_dossier(real, knowing(real), lambda *_: answer(Status.PASSED))) == (Status.PASSED, None)

    def test_are_open_where_another_contract_is_pinned(self) -> None:
        forged = unsigned(made_dossier(), *GARBAGE)
        assert told(check_dossier(forged, knowing(forged, MODULE)))[1] is PlanReason.WALLET_UNASKED

    def test_are_open_where_the_book_is_pinned_on_a_part_of_the_blocks(self) -> None:
        forged = unsigned(made_dossier(), *GARBAGE)
        whole = knowing(forged, BOOK).chains[0]
        last = parse_header(forged.headers[-1])
        first = replace(whole, blocks={n: one for n, one in whole.blocks.items() if n != last.number})
        given = TrustedChain(forged.chain_id, None, blocks={last.number: TrustedBlock(last.number, last.hash)})
        assert told(check_dossier(forged, Trust((replace(first, contracts=()), given))))[0] is Status.INDETERMINATE

    @pytest.mark.parametrize(
        ("asked", "status"),
        [
            (answer(Status.INDETERMINATE, PlanReason.NODE_SILENT), Status.INDETERMINATE),
            (answer(Status.INDETERMINATE, PlanReason.LATER_EVENTS), Status.INDETERMINATE),
            (answer(Status.FAILED, PlanReason.CODE_DIFFERS), Status.FAILED),
        ],
    )
    def test_are_not_accepted_by_an_answer_that_says_less(self, asked: PlanCheck, status: Status) -> None:
        forged = unsigned(made_dossier(), *GARBAGE)
        verdict = check_dossier(forged, knowing(forged), lambda *_: asked)
        assert verdict.status is status
        assert verdict.checks[2].reason is PlanReason.WALLET_UNASKED

    def test_of_keys_need_no_pinned_contract(self) -> None:
        """Both keys signed for this very contract; a trust file that names those of evidence says nothing of it."""
        dossier = made_dossier()
        assert told(check_dossier(dossier, knowing(dossier, MODULE))) == (Status.PASSED, None)


class TestAsOf:
    """As of when the file speaks was its maker's word: a plan in arrears could be shown as one that is current."""

    def test_the_state_is_that_of_the_last_block(self) -> None:
        paid = ((NOW + DAY, 100, DEBTOR),)
        for until, state in ((NOW + 2 * DAY, State.CURRENT), (MONTHLY.first_due_at + 6 * DAY, State.ARREARS)):
            dossier = made_dossier(payments=paid, until=until)
            verdict = check_dossier(dossier, knowing(dossier))
            assert (verdict.status, verdict.view and verdict.view.state) == (Status.PASSED, state)
            assert verdict.as_of == (11_000, until)

    def test_the_last_block_needs_a_word_of_the_verifiers_own(self) -> None:
        dossier = made_dossier(until=NOW + 60 * DAY)
        chain = knowing(dossier).chains[0]
        most = {number: one for number, one in chain.blocks.items() if number != 11_000}
        unknown = check_dossier(dossier, Trust((replace(chain, blocks=most),)))
        assert told(unknown) == (Status.INDETERMINATE, PlanReason.BLOCK_UNCONFIRMED)
        other = {**chain.blocks, 11_000: TrustedBlock(11_000, b"\1" * 32)}
        assert told(check_dossier(dossier, Trust((replace(chain, blocks=other),))))[1] is PlanReason.BLOCK_DIFFERS

    def test_another_time_is_another_block(self) -> None:
        late, early = made_dossier(until=NOW + 60 * DAY), made_dossier(until=NOW + 59 * DAY)
        verdict = check_dossier(replace(late, headers=early.headers), knowing(late))
        assert told(verdict) == (Status.FAILED, PlanReason.BLOCK_DIFFERS)

    def test_fails_with_blocks_that_go_back(self) -> None:
        dossier = made_dossier(until=NOW)  # before the payments
        assert told(check_dossier(dossier, knowing(dossier))) == (Status.FAILED, PlanReason.HISTORY_INCONSISTENT)
        twice = made_dossier()
        twice = replace(twice, headers=(*twice.headers, twice.headers[-1]))
        assert told(check_dossier(twice, knowing(twice))) == (Status.FAILED, PlanReason.HISTORY_INCONSISTENT)

    def test_a_file_without_blocks_or_with_one_that_cannot_be_read_is_no_pass(self) -> None:
        dossier = made_dossier()
        with pytest.raises(DossierInvalid):
            Dossier.from_bytes(replace(dossier, headers=(), receipts=(), events=()).to_bytes())
        broken = replace(dossier, headers=(*dossier.headers, b"\xc0"))
        verdict = check_dossier(broken, knowing(dossier))
        assert told(verdict) == (Status.FAILED, PlanReason.PROOF_INVALID)
        assert (verdict.view, verdict.as_of) == (None, None)


class TestDevelopmentChains:
    @pytest.mark.parametrize("chain_id", [1337, 31337, 31338])
    def test_by_their_number_pass_with_the_word(self, chain_id: int) -> None:
        dossier = made_dossier(signed_paper(chain_id=chain_id))
        assert told(check_dossier(dossier, knowing(dossier)))[1] is PlanReason.BLOCK_UNCONFIRMED
        for pinned in ((), (MODULE,)):
            verdict = check_dossier(dossier, knowing(dossier, *pinned, dev=True))
            assert told(verdict) == (Status.PASSED, PlanReason.DEV_CHAIN)
            assert verdict.to_json()["reason"] == "dev-chain"

    def test_by_the_verifiers_own_word_pass_with_it(self) -> None:
        dossier = made_dossier()
        assert told(check_dossier(dossier, knowing(dossier, MODULE, dev=True))) == (
            Status.PASSED,
            PlanReason.DEV_CHAIN,
        )


class TestFile:
    def test_of_an_escrow_is_refused(self) -> None:
        """It ended in a traceback."""
        dossier = replace(made_dossier(), paper=Paper("e", 1, BOOK, "TUSD", 2, ESCROW))
        with pytest.raises(DossierInvalid, match="escrow"):
            Dossier.from_bytes(dossier.to_bytes())

    def test_with_more_blocks_than_events_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portal.dossier.file.MAX_EVENTS", 4)  # events of the sample; blocks: one more
        dossier = made_dossier()
        assert Dossier.from_bytes(dossier.to_bytes()) == dossier
        more = replace(dossier, headers=(dossier.headers[0],) * 6)
        with pytest.raises(DossierInvalid):
            Dossier.from_bytes(more.to_bytes())

    def test_that_proves_no_opening_has_nothing_to_ask_the_book(self) -> None:
        unopened = replace(made_dossier(), receipts=(), events=())
        verdict = check_dossier(unopened, knowing(unopened), lambda *_: answer(Status.PASSED))
        assert verdict.checks[6].reason is PlanReason.NOT_OPENED

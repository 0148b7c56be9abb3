"""What a report says: page one, index, custody, proofs of time, results, annexes."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from support import reports, sealed, stamped
from support.stamper import YEAR, Stamper

from notary.custody.chain import Action
from notary.errors import ReportInvalid
from notary.log.standing import State
from notary.records.evidence_set import EvidenceSet, Leaf
from notary.report.facts import build
from notary.report.inputs import FORUMS, Party, RecordFile
from notary.report.timeline import MOST_BARS
from notary.report.values import Break, Timeline
from notary.verdicts.trust import TrustedAuthority


def page_one(text: str) -> str:
    return text.partition("Exhibit index")[0]


class TestPageOne:
    def test_page_one_says_limits_with_their_margins_counted_in(self) -> None:
        text = page_one(reports.said(reports.given()))
        # The token says 08:00:05, a minute and a second off at most; the block 08:00:00, give or take 15 minutes.
        assert "15 January 2027, 08:01:06 UTC" in text
        assert "Not shown. The files may be older than they look" in text
        assert "identical: 1 of 1 files" in text
        assert "PASSED: 1 of 1 files" in text

    def test_page_one_says_so_when_nothing_is_anchored(self) -> None:
        batch = sealed.seal()
        text = page_one(reports.said(reports.given(reports.side(batch.receipts))))
        assert "No file in this report has a proof of time from outside." in text
        assert "nothing follows yet about the time of any file" in text
        assert "existed no later than the time shown" not in text

    def test_page_one_says_so_when_proofs_are_there_and_nobody_confirmed_them(self) -> None:
        full = stamped.full()
        text = page_one(reports.said(reports.given(reports.side([full.receipt]))))
        assert "The files carry proofs of time, but when this report was made nobody had compared them" in text
        assert "No file in this report has a proof of time" not in text

    def test_page_one_counts_files_without_a_confirmed_anchor(self) -> None:
        batch = sealed.seal()
        block = sealed.anchored_block(batch)
        anchored = sealed.anchor(batch, sealed.make_anchor(block, 7, 1))
        mixed = [anchored[0], *batch.receipts[1:]]
        text = page_one(reports.said(reports.given(reports.side(mixed, sealed.trust_in(block)))))
        assert "For 2 of 3 files there is no confirmed proof of time from outside" in text
        assert "(shown for 1 of 3 files; for the others no time is proven)" in text

    def test_page_one_says_that_a_development_chain_proves_nothing_to_others(self) -> None:
        document, receipt, block = sealed.sample(31337)
        trust = sealed.trust_in(block, chain_id=31337, dev=True)
        text = page_one(reports.said(reports.given(reports.side([receipt], trust, [document]))))
        assert "For 1 of 1 files the time rests on a test network" in text

    def test_page_one_warns_of_a_file_that_is_not_the_sealed_one(self) -> None:
        full = stamped.full()
        text = page_one(reports.said(reports.given(reports.side([full.receipt], full.trust, [b"another"]))))
        assert "1 of 1 files FAILED the check." in text
        assert "At the latest\nNot shown. No time is proven." in text

    def test_page_one_warns_of_a_claim_that_was_withdrawn(self) -> None:
        batch = sealed.seal()
        block = sealed.anchored_block(batch)
        receipt = sealed.anchor(batch, sealed.make_anchor(block, 7, 1))[0]
        revoked = sealed.later(batch, receipt, action=Action(State.REVOKED.value))
        text = reports.said(reports.given(reports.side([revoked], sealed.trust_in(block))))
        assert "Withdrawn, replaced or erased later: 1 of 1 files." in page_one(text)
        assert "Withdrawn later" in text

    def test_page_one_cuts_names_that_would_fill_it_and_the_report_has_them_whole(self) -> None:
        name = "n" * 1000
        made = reports.given(case=name, prepared_by=name, parties=(Party(name, name),) * 6)
        text = reports.said(made)
        assert "n" * 41 not in page_one(text)
        assert "and 3 more: see “How this report was made”" in page_one(text)
        assert text.count(name) == 2 + 2 * 6

    def test_page_one_ends_with_a_page_break(self) -> None:
        blocks = build(reports.given()).blocks
        assert Break() in blocks[:40]


class TestExhibits:
    def test_index_marks_withheld_fields(self) -> None:
        full = stamped.full()
        hidden = sealed.replace(full.receipt, opening=full.receipt.opening.hide({"name", "exhibit", "case"}))
        text = reports.said(reports.given(reports.side([hidden], full.trust, [full.document])))
        assert "(withheld)" in text
        assert "(no number)" in text
        assert "3 fields withheld" in text

    def test_results_group_files_with_the_same_outcome_and_leave_none_out(self) -> None:
        batch = sealed.seal([b"%d" % n for n in range(6)])
        block = sealed.anchored_block(batch)
        anchored = sealed.anchor(batch, sealed.make_anchor(block, 7, 1))
        mixed = [*anchored[:2], batch.receipts[2], *anchored[3:]]
        text = reports.said(reports.given(reports.side(mixed, sealed.trust_in(block))))
        assert "No. 1–2, 4–6 (files: 5): INDETERMINATE" in text  # no document was compared
        assert "No. 3 (files: 1): INDETERMINATE" in text

    def test_anchors_give_explorers_of_the_main_chain_for_blocks_of_it_only(self) -> None:
        full = stamped.full()
        unknown = reports.said(reports.given(reports.side([full.receipt], None, [full.document])))
        assert f"https://blockstream.info/block-height/{stamped.HEIGHT}" in unknown
        assert f"https://mempool.space/block/{stamped.HEIGHT}" in unknown
        assert "https://blockstream.info" not in reports.said(reports.given())  # its header is a development chain's

    def test_anchors_say_every_fact_to_look_them_up(self) -> None:
        full = stamped.full()
        text = reports.said(reports.given())
        evm = full.receipt.anchors[0]
        for fact in (evm.contract, evm.block_hash, evm.genesis, evm.tx, full.sealed.note.checkpoint.root):  # type: ignore[union-attr]
            assert fact.hex() in text
        assert "https://etherscan.io/block/1234" in text
        assert "4711" in text  # the token's serial number
        assert reports.DIGEST.hex() in text

    def test_two_sides_stand_in_one_report_with_numbers_that_go_on(self) -> None:
        full, batch = stamped.full(), sealed.seal()
        both = reports.given(
            reports.side([full.receipt], full.trust, [full.document], label="Weber GmbH"),
            reports.side(batch.receipts, label="A. Kraft"),
        )
        text = reports.said(both)
        assert "Put forward by: Weber GmbH" in text
        assert "Put forward by: A. Kraft" in text
        assert "No. 2–4 (files: 3)" in text
        assert "For 3 of 4 files there is no confirmed proof" in text

    def test_build_refuses_documents_that_are_not_one_a_receipt(self) -> None:
        batch = sealed.seal()
        with pytest.raises(ReportInvalid, match="2 documents are stated for 3 receipts"):
            build(reports.given(reports.side(batch.receipts, None, [b"one", b"two"])))

    def test_records_are_judged_at_the_report_s_own_time(self) -> None:
        full, stamper = stamped.full(), Stamper("Archive", ends=reports.MADE_AT + YEAR)
        leaf = Leaf(hashlib.sha256(full.document).digest(), b"\1" * 32)
        value, name = EvidenceSet().begins("sha256", [leaf])
        token = stamper.stamp_data(value, name, sealed.BLOCK_TIME)
        record = EvidenceSet().with_chain("sha256", [leaf], token).record(0).to_bytes()
        trust = replace(full.trust, authorities=(TrustedAuthority("Archive", stamper.root_der),))
        digests = {"sha256": hashlib.sha256(full.document).digest()}

        def said(data: bytes, made_at: int = reports.MADE_AT) -> str:
            files = (RecordFile("rechnung-günther.pdf", data, digests),)
            return reports.said(reports.given(reports.side([full.receipt], trust, records=files), made_at=made_at))

        good, late, broken = said(record), said(record, stamper.ends + 1), said(record[:-1])
        assert "Result\nPASSED\nExisted by\n15 January 2027, 08:01:01 UTC\nTo be renewed before" in good
        assert "Result\nINDETERMINATE\ner-token-expired" in late
        assert "Result\nFAILED" in broken


class TestTimeline:
    def test_timeline_draws_each_group_within_its_scale(self) -> None:
        found = [block for block in build(reports.given()).blocks if isinstance(block, Timeline)]
        assert len(found) == 1
        assert all(0 <= mark.end <= 1000 for mark in found[0].marks)
        assert found[0].marks[0].begin is None

    def test_timeline_says_how_many_groups_it_does_not_draw(self) -> None:
        receipts, blocks = [], []
        for n in range(MOST_BARS + 1):
            batch = sealed.seal([b"%d" % n], entries_before=n + 1)
            block = sealed.make_block(
                [sealed.make_receipt([sealed.head_event(batch.tree.size, batch.tree.root)])],
                number=1000 + n,
                timestamp=sealed.BLOCK_TIME + 100 * n,
            )
            receipts += sealed.anchor(batch, sealed.make_anchor(block, 0))
            blocks.append(sealed.TrustedBlock(block.number, block.hash))
        chain = sealed.TrustedChain(1, sealed.GENESIS, blocks={one.number: one for one in blocks})
        text = reports.said(reports.given(reports.side(receipts, sealed.Trust((chain,)))))
        assert "Not drawn: 1 further groups, 1 files in all" in text


@pytest.mark.parametrize("forum", FORUMS)
def test_annex_has_its_source_and_says_that_it_is_no_advice(forum: str) -> None:
    plain, annexed = reports.said(reports.given()), reports.said(reports.given(forums=(forum,)))
    assert "not legal advice. Check the current text" not in plain
    assert "not legal advice. Check the current text" in annexed


def test_languages_stand_side_by_side_with_the_same_facts() -> None:
    report = build(reports.given(languages=("en", "zh-Hans", "zh-Hant"), utc_offset_minutes=480))
    assert "Report on sealed evidence" in report.title
    assert "一份文件，证据编号 A-1。" in reports.texts(report, 1)
    assert "一份文件，證據編號 A-1。" in reports.texts(report, 2)
    for place in range(3):
        assert "rechnung-günther.pdf" in reports.texts(report, place)

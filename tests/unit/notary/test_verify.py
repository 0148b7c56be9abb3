from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from reference.receipt_reference import holds
from support.sealed import (
    BLOCK_TIME,
    CONTRACT,
    GENESIS,
    KEY,
    PUBLIC,
    Block,
    anchor,
    anchored_block,
    document_of,
    head_event,
    make_anchor,
    make_block,
    make_receipt,
    sample,
    seal,
    trust_in,
)
from support.stamped import authority, token_anchor, trusting

from notary.evm import evm_proof
from notary.evm.evm_proof import EvmAnchor
from notary.log import merkle
from notary.log.checkpoint import SignedCheckpoint, sign
from notary.proofs.bundle import MAX_RECEIPTS
from notary.proofs.receipt import Inclusion, PendingAnchor, Receipt, UnknownAnchor
from notary.verdicts import verify_anchors
from notary.verdicts.trust import DEFAULT_UNCERTAINTY, Trust, TrustedBlock, TrustedChain, trust_blocks
from notary.verdicts.verdict import MEANINGS, NOT_PROVEN, TITLES, Reason, Status, Verdict
from notary.verdicts.verify import DocumentDigests, Verifier, needed_digests, verify, verify_bytes

DOCUMENT, RECEIPT, BLOCK = sample()
DIGESTS = document_of(DOCUMENT)
TRUST = trust_in(BLOCK)
TSA = authority().trusted(certificates=authority().certificates)


def statuses(verdict: Verdict) -> str:
    """One letter per check, such as PPPPPPPIPIPP."""
    return "".join(check.status[0] for check in verdict.checks)


def found(verdict: Verdict, number: int) -> tuple[Status, Reason | None]:
    return verdict.check(number).status, verdict.check(number).reason


def dated(seal_time: int | None, **fields: Any) -> tuple[Receipt, Trust]:
    """A receipt whose claim names block 77, and a trust that knows that block with this time."""
    named = b"\x77" * 32
    sealed = seal(fields={"not_before_block": f"1:77:0x{named.hex()}", **fields})
    block = anchored_block(sealed)
    trust = trust_in(block).with_block(1, TrustedBlock(77, named, seal_time), GENESIS)
    return anchor(sealed, make_anchor(block, 7, 1))[1], trust


class TestVerdict:
    def test_all_checks_pass_with_the_document_and_a_trusted_block(self) -> None:
        verdict = verify(RECEIPT, DIGESTS, TRUST)
        assert (verdict.status, verdict.reason, statuses(verdict)) == (Status.PASSED, None, "P" * 9 + "IPP")
        assert (verdict.interval.not_before, verdict.interval.not_after) == (None, BLOCK_TIME)
        assert holds(RECEIPT.to_bytes(), DOCUMENT, {(1, "0x" + GENESIS.hex(), BLOCK.number): "0x" + BLOCK.hash.hex()})

    def test_without_a_source_of_the_verifiers_own_it_is_indeterminate(self) -> None:
        verdict = verify(RECEIPT, DIGESTS)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)
        assert statuses(verdict) == "PPPPPPPIIIPP"
        assert verdict.interval.not_after is None

    def test_a_changed_document_fails_with_the_digest(self) -> None:
        verdict = verify(RECEIPT, document_of(b"twO"), TRUST)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.DIGEST_DIFFERS)
        assert statuses(verdict) == "PFPPPPPPIIPP"
        assert hashlib.sha256(b"twO").hexdigest() in verdict.check(2).detail
        assert verdict.interval.not_after is None

    def test_failed_comes_before_indeterminate(self) -> None:
        verdict = verify(replace(RECEIPT, anchors=()), document_of(b"twO"))
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.DIGEST_DIFFERS)

    def test_the_first_reason_is_given(self) -> None:
        verdict = verify(replace(RECEIPT, anchors=()))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.NO_DOCUMENT)

    def test_the_explanation_has_every_check_and_what_is_not_proven(self) -> None:
        lines = verify(RECEIPT, DIGESTS).explain()
        assert lines[0] == "INDETERMINATE (block-hash-unconfirmed)"
        assert lines[1] == MEANINGS[Reason.BLOCK_HASH_UNCONFIRMED]
        for number, title in enumerate(TITLES, 1):
            assert any(line.startswith(f"{number}. {title}: ") for line in lines)
        assert lines[-1] == NOT_PROVEN

    def test_the_json_says_the_same_and_can_be_written(self) -> None:
        verdict = verify(RECEIPT, DIGESTS, TRUST)
        value = json.loads(json.dumps(verdict.to_json()))
        assert [check["status"] for check in value["checks"]] == ["PASSED"] * 9 + ["INDETERMINATE"] + ["PASSED"] * 2
        assert (value["status"], value["interval"]["not_after"]) == ("PASSED", BLOCK_TIME)
        assert value["anchors"][0]["contract"] == "0x" + CONTRACT.hex()
        assert "99" * 32 not in json.dumps(value)  # the transaction's hash, which nothing proves


class TestParse:
    def test_a_truncated_receipt_fails_check_1_and_reaches_no_other(self) -> None:
        verdict = verify_bytes(RECEIPT.to_bytes()[:-9], DIGESTS, TRUST)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.RECEIPT_INVALID)
        assert statuses(verdict) == "FIIIIIIIIIII"
        assert {check.reason for check in verdict.checks[1:]} == {Reason.NOT_REACHED}

    def test_a_future_version_is_indeterminate(self) -> None:
        verdict = verify_bytes(b'{"format":"tallystick/receipt","version":2}')
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.RECEIPT_VERSION_UNKNOWN)


class TestDocument:
    def test_an_empty_document_is_evidence(self) -> None:
        sealed = seal([b""])
        receipt = anchor(sealed, make_anchor(anchored_block(sealed), 7, 1))[0]
        assert found(verify(receipt, document_of(b"")), 2) == (Status.PASSED, None)

    def test_another_size_is_said_before_the_digest(self) -> None:
        assert found(verify(RECEIPT, document_of(b"twoo")), 2) == (Status.FAILED, Reason.SIZE_DIFFERS)

    def test_the_same_size_is_not_enough(self) -> None:
        forged = DocumentDigests(3, {"sha256": b"\0" * 32})
        assert found(verify(RECEIPT, forged), 2) == (Status.FAILED, Reason.DIGEST_DIFFERS)

    def test_a_hidden_digest_is_indeterminate_and_a_hidden_size_is_not(self) -> None:
        hidden = replace(RECEIPT, opening=RECEIPT.opening.hide(["sha256"]))
        assert found(verify(hidden, DIGESTS), 2) == (Status.INDETERMINATE, Reason.FIELD_HIDDEN)
        hidden = replace(RECEIPT, opening=RECEIPT.opening.hide(["size"]))
        assert found(verify(hidden, DIGESTS), 2) == (Status.PASSED, None)

    def test_further_digests_are_compared_and_asked_for(self) -> None:
        more = {name: hashlib.new(name, DOCUMENT).hexdigest() for name in ("sha3_512", "sha512", "sm3")}
        receipt = seal([DOCUMENT], fields=more).receipts[0]
        assert needed_digests(receipt) == ("sha256", "sha512", "sha3_512", "sm3")
        assert needed_digests(RECEIPT) == ("sha256",)
        whole = document_of(DOCUMENT, needed_digests(receipt))
        assert found(verify(receipt, whole), 2) == (Status.PASSED, None)
        assert found(verify(receipt, DIGESTS), 2) == (Status.INDETERMINATE, Reason.DIGEST_NOT_COMPUTED)
        wrong = replace(whole, digests={**whole.digests, "sm3": b"\0" * 32})
        assert found(verify(receipt, wrong), 2) == (Status.FAILED, Reason.DIGEST_DIFFERS)


class TestClaim:
    def test_a_changed_field_no_longer_leads_to_the_log(self) -> None:
        entries = tuple(
            entry._replace(value="somebody else") if getattr(entry, "name", "") == "captured_by" else entry
            for entry in RECEIPT.opening.entries
        )
        verdict = verify(replace(RECEIPT, opening=replace(RECEIPT.opening, entries=entries)), DIGESTS, TRUST)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.ENTRY_NOT_IN_LOG)
        assert statuses(verdict) == "PPPFPPPPIIII"

    def test_swapped_fields_are_no_claim(self) -> None:
        swapped = replace(RECEIPT.opening, entries=RECEIPT.opening.entries[::-1])
        verdict = verify(replace(RECEIPT, opening=swapped), DIGESTS, TRUST)
        assert found(verdict, 3) == (Status.FAILED, Reason.CLAIM_INVALID)
        assert found(verdict, 4) == (Status.INDETERMINATE, Reason.NOT_REACHED)

    def test_any_field_but_digest_and_case_may_be_hidden(self) -> None:
        for name in set(RECEIPT.shown()) - {"sha256", "case_blinded"}:
            hidden = replace(RECEIPT, opening=RECEIPT.opening.hide([name]))
            assert verify(hidden, DIGESTS, TRUST).status is Status.PASSED

    def test_the_receipt_of_another_file_of_the_batch_fails(self) -> None:
        sealed = seal()
        first, second = anchor(sealed, *RECEIPT.anchors)[:2]
        assert verify(second, document_of(b"two"), TRUST).status is Status.PASSED
        assert verify(first, document_of(b"two"), TRUST).reason is Reason.DIGEST_DIFFERS
        assert verify(replace(second, entry=first.entry), document_of(b"two"), TRUST).reason is Reason.ENTRY_NOT_IN_LOG


class TestLog:
    def test_a_proof_for_another_size_fails(self) -> None:
        entry = replace(RECEIPT.entry, size=RECEIPT.entry.size + 1)
        assert found(verify(replace(RECEIPT, entry=entry)), 4) == (Status.FAILED, Reason.ENTRY_SIZE_DIFFERS)

    def test_another_key_origin_or_signature_fails(self) -> None:
        other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
        log = replace(RECEIPT.log, key=other.public_key().public_bytes_raw())
        assert found(verify(replace(RECEIPT, log=log)), 5) == (Status.FAILED, Reason.SIGNATURE_INVALID)
        log = replace(RECEIPT.log, origin="other.example/log")
        assert found(verify(replace(RECEIPT, log=log)), 5) == (Status.FAILED, Reason.ORIGIN_DIFFERS)
        unsigned = SignedCheckpoint(RECEIPT.note.checkpoint, ())
        assert found(verify(replace(RECEIPT, note=unsigned)), 5) == (Status.FAILED, Reason.SIGNATURE_INVALID)

    def test_a_strangers_key_passes_check_5_which_names_that_key_and_says_no_more(self) -> None:
        other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
        public = other.public_key().public_bytes_raw()
        note = sign(RECEIPT.note.checkpoint, public, other.sign)
        verdict = verify(replace(RECEIPT, note=note, log=replace(RECEIPT.log, key=public)), DIGESTS, TRUST)
        assert found(verdict, 5) == (Status.PASSED, None)
        assert f"the key {public.hex()} signed" in verdict.check(5).detail


class TestCaseHead:
    def test_the_number_of_claims_is_said(self) -> None:
        assert "3 sealed claims" in verify(RECEIPT).check(6).detail

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda p: replace(p, entry=replace(p.entry, size=p.entry.size + 1)), Reason.CASE_HEAD_NOT_IN_LOG),
            (lambda p: replace(p, entry=replace(p.entry, path=())), Reason.CASE_HEAD_NOT_IN_LOG),
            (lambda p: replace(p, leaf=replace(p.leaf, previous=0)), Reason.CASE_HEAD_NOT_IN_LOG),
            (lambda p: replace(p, leaf=replace(p.leaf, map_root=b"\0" * 32)), Reason.CASE_HEAD_NOT_IN_LOG),
            (lambda p: replace(p, head=replace(p.head, count=1)), Reason.CASE_NOT_IN_MAP),
            (lambda p: replace(p, head=replace(p.head, head=b"\0" * 32)), Reason.CASE_NOT_IN_MAP),
            (lambda p: replace(p, place=replace(p.place, size=p.place.size + 1)), Reason.CASE_NOT_IN_MAP),
            (lambda p: replace(p, place=replace(p.place, path=())), Reason.CASE_NOT_IN_MAP),
        ],
    )
    def test_what_the_log_does_not_commit_to_fails(self, change: Callable[[Any], Any], reason: Reason) -> None:
        changed = replace(RECEIPT, case_head=change(RECEIPT.case_head))
        assert found(verify(changed, DIGESTS, TRUST), 6) == (Status.FAILED, reason)

    def test_the_head_of_another_case_fails(self) -> None:
        sealed = seal()
        other = next(head for head in sealed.heads.heads if head.case != RECEIPT.case_head.head.case)
        head, place, path = sealed.heads.prove(other.case)
        proof = replace(RECEIPT.case_head, head=head, place=Inclusion(place, len(sealed.heads.heads), tuple(path)))
        verdict = verify(replace(RECEIPT, case_head=proof), DIGESTS, TRUST)
        assert (verdict.status, found(verdict, 6)) == (Status.FAILED, (Status.FAILED, Reason.CASE_DIFFERS))

    def test_a_hidden_case_is_indeterminate(self) -> None:
        hidden = replace(RECEIPT, opening=RECEIPT.opening.hide(["case_blinded"]))
        verdict = verify(hidden, DIGESTS, TRUST)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.CASE_HIDDEN)

    def test_a_forged_head_fails_though_the_case_is_hidden_or_another(self) -> None:
        forged = replace(RECEIPT.case_head, head=replace(RECEIPT.case_head.head, count=1))
        hidden = replace(RECEIPT, opening=RECEIPT.opening.hide(["case_blinded"]), case_head=forged)
        assert found(verify(hidden, DIGESTS, TRUST), 6) == (Status.FAILED, Reason.CASE_NOT_IN_MAP)
        other = replace(RECEIPT.case_head, head=replace(RECEIPT.case_head.head, case=b"\0" * 32))
        assert found(verify(replace(RECEIPT, case_head=other)), 6) == (Status.FAILED, Reason.CASE_NOT_IN_MAP)

    def test_another_number_of_cases_fails_even_where_its_hashes_lead_to_the_map(self) -> None:
        (receipt,) = seal([DOCUMENT], other_cases=12).receipts
        proof = receipt.case_head
        assert (proof.place.index < 12, proof.place.size) == (True, 13)
        entry, root = merkle.leaf_hash(proof.head.to_bytes()), proof.leaf.map_root
        merkle.verify_inclusion(entry, proof.place.index, 14, proof.place.path, root)
        lying = replace(receipt, case_head=replace(proof, place=replace(proof.place, size=14)))
        assert found(verify(receipt), 6) == (Status.PASSED, None)
        assert found(verify(lying), 6) == (Status.FAILED, Reason.CASE_NOT_IN_MAP)

    def test_a_head_that_is_not_the_last_entry_is_stale(self) -> None:
        """A log whose last batch is kept back: the older head would hide what came after it."""
        verdict = verify(grown(1), DIGESTS)
        assert found(verdict, 6) == (Status.INDETERMINATE, Reason.CASE_HEAD_STALE)

    def test_a_proof_for_another_size_fails_even_where_its_hashes_lead_to_the_root(self) -> None:
        receipt = grown(4)  # 13 entries; the path of entry 8 would be the same in a tree of 14
        entry = replace(receipt.case_head.entry, size=14)
        merkle.verify_inclusion(
            merkle.leaf_hash(receipt.case_head.leaf.to_bytes()), 8, 14, entry.path, receipt.note.checkpoint.root
        )
        lying = replace(receipt, case_head=replace(receipt.case_head, entry=entry))
        assert found(verify(lying, DIGESTS), 6) == (Status.FAILED, Reason.CASE_HEAD_NOT_IN_LOG)


def grown(more: int) -> Receipt:
    """The receipt of a batch that is no longer the log's last, under a later checkpoint, with its own old case head."""
    sealed = seal()
    later = [hashlib.sha256(b"later %d" % place).digest() for place in range(more)]
    tree = merkle.Tree([*sealed.tree.levels[0], *later])
    state = replace(sealed.note.checkpoint, size=tree.size, root=tree.root)

    def at(index: int) -> Inclusion:
        return Inclusion(index, tree.size, tuple(tree.inclusion_path(index)))

    old = sealed.receipts[1]
    head = replace(old.case_head, entry=at(old.case_head.entry.index))
    return replace(old, note=sign(state, PUBLIC, KEY.sign), entry=at(old.entry.index), case_head=head)


class TestAnchors:
    @pytest.mark.parametrize(
        ("anchors", "reason"),
        [
            ((), Reason.NO_ANCHOR),
            ((PendingAnchor(1),), Reason.ANCHOR_PENDING),
            ((UnknownAnchor(b'{"type":"carved-in-stone"}'), PendingAnchor()), Reason.ANCHOR_PENDING),
            ((UnknownAnchor(b'{"type":"carved-in-stone"}'),), Reason.ANCHOR_UNKNOWN),
        ],
    )
    def test_without_an_evm_anchor_it_is_indeterminate(self, anchors: tuple[Any, ...], reason: Reason) -> None:
        verdict = verify(replace(RECEIPT, anchors=anchors), DIGESTS, TRUST)
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, reason)
        assert found(verdict, 7) == (Status.INDETERMINATE, reason)
        assert found(verdict, 8) == (Status.INDETERMINATE, Reason.NO_ANCHOR)

    def test_unknown_and_pending_anchors_beside_a_good_one_count_for_nothing(self) -> None:
        more = (UnknownAnchor(b'{"type":"carved-in-stone"}'), *RECEIPT.anchors, PendingAnchor())
        verdict = verify(replace(RECEIPT, anchors=more), DIGESTS, TRUST)
        assert verdict.status is Status.PASSED
        assert Reason.ANCHOR_UNKNOWN in {note.reason for note in verdict.notes}

    def test_one_bad_anchor_fails_however_many_are_good(self) -> None:
        good = RECEIPT.anchors[0]
        assert isinstance(good, EvmAnchor)
        verdict = verify(replace(RECEIPT, anchors=(good, replace(good, log_index=0))), DIGESTS, TRUST)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.EVENT_DIFFERS)
        assert [result.trust.reason for result in verdict.anchors] == [None, Reason.ANCHOR_INVALID]

    def test_a_receipt_without_a_log_id_cannot_be_anchored(self) -> None:
        verdict = verify(replace(RECEIPT, log=replace(RECEIPT.log, id=None)), DIGESTS, TRUST)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.EVENT_DIFFERS)

    def test_one_trusted_anchor_is_enough_and_dates_it(self) -> None:
        sealed = seal()
        late = anchored_block(sealed, number=99)
        anchors = (make_anchor(late, 7, 1, chain_id=10), *RECEIPT.anchors)
        verdict = verify(replace(RECEIPT, anchors=anchors), DIGESTS, TRUST)
        assert (verdict.status, statuses(verdict)) == (Status.PASSED, "P" * 9 + "IPP")
        assert [result.trust.status for result in verdict.anchors] == [Status.INDETERMINATE, Status.PASSED]

    def test_a_dev_chains_earlier_block_does_not_date_a_real_anchor(self) -> None:
        sealed = seal()
        state = sealed.note.checkpoint
        backdated = make_block([make_receipt([head_event(state.size, state.root)])], number=3, timestamp=1_000_000_000)
        anchors = (make_anchor(backdated, 0, chain_id=31337), *RECEIPT.anchors)
        dev = trust_in(backdated, chain_id=31337, dev=True)
        both = Trust((*dev.chains, *TRUST.chains))
        verdict = verify(replace(RECEIPT, anchors=anchors), DIGESTS, both)
        assert (verdict.status, verdict.reason, verdict.interval.not_after) == (Status.PASSED, None, BLOCK_TIME)
        verdict = verify(replace(RECEIPT, anchors=anchors), DIGESTS, dev)
        assert (verdict.reason, verdict.interval.not_after) == (Reason.DEV_CHAIN, 1_000_000_000)


class TestTrust:
    def test_a_self_consistent_forged_chain_never_passes_without_the_verifiers_own_word(self) -> None:
        """Own key, own log, own header, own trie, own event, dated twenty years ago: whole, and worth nothing."""
        key = Ed25519PrivateKey.generate()
        sealed = seal([b"a contract that never was"], key=key, log_id=b"\x66" * 32)
        state = sealed.note.checkpoint
        event = head_event(state.size, state.root, log_id=b"\x66" * 32)
        forged = make_block([make_receipt([event])], number=100, timestamp=1_100_000_000)
        (receipt,) = anchor(sealed, make_anchor(forged, 0))
        document = document_of(b"a contract that never was")
        real = make_block([make_receipt([])], number=100)
        empty = TrustedChain(1, GENESIS, blocks={})
        for trust, outcome in (
            (Trust(), (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)),
            (Trust((empty,)), (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)),
            (trust_in(BLOCK), (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)),
            (trust_in(forged, chain_id=5), (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)),
            (Trust((replace(empty, genesis=b"\x01" * 32),)), (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)),
            (trust_in(real), (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)),
            (trust_blocks([f"1:100:0x{real.hash.hex()}"]), (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)),
        ):
            verdict = verify(receipt, document, trust)
            assert (verdict.status, verdict.reason) == outcome
            assert statuses(verdict)[:7] == "P" * 7  # it is whole: nothing inside it gives it away
            assert verdict.interval.not_after is None
        # Only who believes the forger's block believes the forger.
        assert verify(receipt, document, trust_blocks([f"1:100:0x{forged.hash.hex()}"])).status is Status.PASSED

    def test_a_block_given_by_hand_confirms_it(self) -> None:
        verdict = verify(RECEIPT, DIGESTS, trust_blocks([f"1:{BLOCK.number}:0x{BLOCK.hash.hex()}"]))
        assert verdict.status is Status.PASSED
        assert Reason.CONTRACT_UNPINNED in {note.reason for note in verdict.notes}
        assert "the --block that you gave" in verdict.check(8).detail

    def test_a_pinned_contract_leaves_no_note_and_another_is_not_trusted(self) -> None:
        verdict = verify(RECEIPT, DIGESTS, TRUST)
        assert Reason.CONTRACT_UNPINNED not in {note.reason for note in verdict.notes}
        verdict = verify(RECEIPT, DIGESTS, trust_in(BLOCK, contracts=[b"\x01" * 20]))
        assert (verdict.status, verdict.reason) == (Status.INDETERMINATE, Reason.CONTRACT_UNTRUSTED)

    @pytest.mark.parametrize("chain_id", [1337, 31337, 31338])
    def test_a_dev_chain_passes_only_with_the_files_word_and_says_so(self, chain_id: int) -> None:
        document, receipt, block = sample(chain_id)
        digests = document_of(document)
        plain = verify(receipt, digests, trust_in(block, chain_id=chain_id))
        assert (plain.status, plain.reason) == (Status.INDETERMINATE, Reason.DEV_CHAIN_UNTRUSTED)
        trusted = verify(receipt, digests, trust_in(block, chain_id=chain_id, dev=True))
        assert (trusted.status, trusted.reason) == (Status.PASSED, Reason.DEV_CHAIN)
        assert "development chain" in "\n".join(trusted.explain())


class TestTime:
    def test_the_interval_is_bounded_below_by_a_block_that_the_verifier_knows(self) -> None:
        receipt, trust = dated(BLOCK_TIME - 5000)
        verdict = verify(receipt, DIGESTS, trust)
        assert verdict.status is Status.PASSED
        assert (verdict.interval.not_before, verdict.interval.not_after) == (BLOCK_TIME - 5000, BLOCK_TIME)
        assert verdict.interval.to_json()["not_before_uncertainty_seconds"] == DEFAULT_UNCERTAINTY
        assert "06:36:40 UTC, give or take 900 seconds, and before 2027-01-15 08:00:00" in verdict.check(9).detail

    def test_an_unknown_block_leaves_it_unbounded_with_a_note(self) -> None:
        receipt, trust = dated(None)
        verdict = verify(receipt, DIGESTS, trust)
        assert (verdict.status, verdict.interval.not_before) == (Status.PASSED, None)
        assert Reason.NOT_BEFORE_UNCONFIRMED in {note.reason for note in verdict.notes}

    def test_the_same_second_passes_and_one_later_contradicts(self) -> None:
        receipt, trust = dated(BLOCK_TIME)
        assert verify(receipt, DIGESTS, trust).status is Status.PASSED
        receipt, trust = dated(BLOCK_TIME + 1)
        verdict = verify(receipt, DIGESTS, trust)
        assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.TIME_CONTRADICTION)

    def test_one_more_anchor_does_not_make_good_what_another_refutes(self) -> None:
        """Anchored in a block before the one that the claim calls older, and in a token that bounds it better."""
        receipt, trust = dated(BLOCK_TIME + 500)
        token = token_anchor(receipt.note, at=BLOCK_TIME + 600)
        for anchors in (receipt.anchors, (*receipt.anchors, token), (token, *receipt.anchors)):
            verdict = verify(replace(receipt, anchors=anchors), DIGESTS, trusting(TSA, more=trust))
            assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.TIME_CONTRADICTION)

    @pytest.mark.parametrize(("ahead", "status"), [(32, Status.PASSED), (33, Status.FAILED)])
    def test_clocks_of_two_sources_agree_only_as_far_as_both_are_certain(self, ahead: int, status: Status) -> None:
        receipt, trust = dated(BLOCK_TIME + ahead)
        trust = Trust(tuple(replace(chain, uncertainty_seconds=30) for chain in trust.chains))
        token = token_anchor(receipt.note, at=BLOCK_TIME, accuracy={"seconds": 1})  # and one for the rounding
        tsa = replace(TSA, uncertainty_seconds=1)
        verdict = verify(replace(receipt, anchors=(token,)), DIGESTS, trusting(tsa, more=trust))
        assert verdict.status is status
        assert verdict.interval.not_before_uncertainty_seconds == 30

    @pytest.mark.parametrize("begin", [BLOCK_TIME - 3, BLOCK_TIME + 10_000])
    def test_a_dev_chains_clock_bounds_nothing_that_a_real_source_confirms(self, begin: int) -> None:
        named = b"\x77" * 32
        sealed = seal(fields={"not_before_block": f"31337:77:0x{named.hex()}"})
        blocks = {77: TrustedBlock(77, named, begin)}
        dev = Trust((TrustedChain(31337, GENESIS, dev=True, blocks=blocks),))
        receipt = replace(sealed.receipts[1], anchors=(token_anchor(sealed.note),))
        verdict = verify(receipt, DIGESTS, trusting(TSA, more=dev))
        assert (verdict.status, verdict.reason, verdict.interval.not_before) == (Status.PASSED, None, None)
        assert Reason.NOT_BEFORE_UNCONFIRMED in {note.reason for note in verdict.notes}

    def test_a_dev_chains_clock_bounds_what_a_dev_chain_confirms_and_the_verdict_says_so(self) -> None:
        named = b"\x77" * 32
        sealed = seal(fields={"not_before_block": f"31337:77:0x{named.hex()}"})
        block = anchored_block(sealed)
        trust = trust_in(block, chain_id=31337, dev=True)
        trust = trust.with_block(31337, TrustedBlock(77, named, BLOCK_TIME - 3), GENESIS)
        receipt = anchor(sealed, make_anchor(block, 7, 1, chain_id=31337))[1]
        verdict = verify(receipt, DIGESTS, trust)
        assert (verdict.reason, verdict.interval.not_before) == (Reason.DEV_CHAIN, BLOCK_TIME - 3)

    def test_the_earliest_of_several_known_blocks_counts(self) -> None:
        sealed = seal()
        state = sealed.note.checkpoint

        def block(number: int, timestamp: int) -> Block:
            return make_block([make_receipt([head_event(state.size, state.root)])], number=number, timestamp=timestamp)

        blocks = [block(10, BLOCK_TIME + 60), block(20, BLOCK_TIME - 60)]
        receipt = anchor(sealed, *(make_anchor(one, 0) for one in blocks))[1]
        known = {one.number: TrustedBlock(one.number, one.hash) for one in blocks}
        trust = Trust((TrustedChain(1, GENESIS, blocks=known, uncertainty_seconds=12),))
        verdict = verify(receipt, DIGESTS, trust)
        assert (verdict.interval.not_after, verdict.interval.uncertainty_seconds) == (BLOCK_TIME - 60, 12)

    def test_a_claim_that_supersedes_says_so(self) -> None:
        receipt, trust = dated(BLOCK_TIME - 1, continues="ab" * 32)
        notes = [note.say() for note in verify(receipt, DIGESTS, trust).notes]
        assert any("ab" * 32 in text for text in notes)
        assert any("after entry 8 of the log does not show" in text for text in notes)


class TestVerifier:
    def test_many_receipts_of_one_batch_are_checked_once_and_judged_each(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counted: list[EvmAnchor] = []

        def count(one: EvmAnchor, *rest: Any) -> evm_proof.Header:
            counted.append(one)
            return evm_proof.verify_anchor(one, *rest)

        monkeypatch.setattr(verify_anchors, "verify_anchor", count)
        documents = [b"document %d" % place for place in range(30)]
        sealed = seal(documents)
        block = anchored_block(sealed)
        verifier = Verifier(trust_in(block))
        receipts = [Receipt.from_bytes(one.to_bytes()) for one in anchor(sealed, make_anchor(block, 7, 1))]
        for receipt, document in zip(receipts, documents, strict=True):
            assert verifier.verify(receipt, document_of(document)).status is Status.PASSED
            assert verifier.verify(receipt, document_of(b"x" * len(document))).status is Status.FAILED
        assert len(counted) == 1

    def test_what_was_good_once_does_not_make_a_changed_one_good(self) -> None:
        verifier = Verifier(TRUST)
        good = RECEIPT.anchors[0]
        assert isinstance(good, EvmAnchor)
        assert verifier.verify(RECEIPT, DIGESTS).status is Status.PASSED
        header = bytes([*good.header[:-1], good.header[-1] ^ 1])
        line = RECEIPT.note.signatures[0]
        forged = SignedCheckpoint(RECEIPT.note.checkpoint, (replace(line, signature=b"\0" * 64),))
        for changed in (
            replace(RECEIPT, anchors=(replace(good, header=header),)),
            replace(RECEIPT, log=replace(RECEIPT.log, id=b"\0" * 32)),
            replace(RECEIPT, note=forged),
            replace(RECEIPT, case_head=replace(RECEIPT.case_head, head=replace(RECEIPT.case_head.head, count=1))),
        ):
            assert verifier.verify(changed, DIGESTS).status is Status.FAILED
        assert verifier.verify(RECEIPT, DIGESTS).status is Status.PASSED

    def test_receipts_that_name_as_many_heads_as_a_bundle_may_are_checked_once_a_head(self) -> None:
        """In turn, so that keeping fewer results than a bundle has heads would check each of them again and again."""
        kept: dict[Hashable, int] = {}
        computed = [0]

        def compute() -> int:
            computed[0] += 1
            return computed[0]

        for _ in range(2):
            for head in range(MAX_RECEIPTS):
                verify_anchors.memo(kept, head, compute)
        assert computed[0] == MAX_RECEIPTS

    def test_memory_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify_anchors, "MEMO_SIZE", 3)
        verifier = Verifier(TRUST)
        for count in range(1, 20):
            head = replace(RECEIPT.case_head, head=replace(RECEIPT.case_head.head, count=count))
            verifier.verify(replace(RECEIPT, case_head=head))
            assert len(verifier._heads) <= 3

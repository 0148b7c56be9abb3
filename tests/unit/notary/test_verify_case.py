"""Checks 10 to 12: one log, the standing, and who signed the custody entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.certificates import certify
from support.sealed import (
    BLOCK_TIME,
    CUSTODY_KEY,
    ENDED,
    KEY,
    ORIGIN,
    Sealed,
    anchored_block,
    document_of,
    later,
    make_anchor,
    seal,
    trust_in,
)
from support.stamped import HEIGHT, authority, mined, ots_anchor, pending_anchor, token_anchor, trusting

from notary.custody.chain import Action
from notary.custody.signatures import (
    Ed25519Signature,
    Erc1271Signature,
    Statement,
    UnknownSignature,
    X509Signature,
    batch_digest,
)
from notary.log import merkle
from notary.log.checkpoint import Checkpoint, sign
from notary.log.heads import HeadMap
from notary.log.standing import Ended, EndedTree, State
from notary.proofs.receipt import CustodyProof, Inclusion, Receipt, SignedBatch
from notary.verdicts.trust import Trust, TrustedHeader, TrustedSigner
from notary.verdicts.verdict import Reason, Status, Verdict
from notary.verdicts.verify import Verifier, verify
from notary.verdicts.verify_case import custody_entry

SEALED = seal()
BLOCK = anchored_block(SEALED)
TRUST = trust_in(BLOCK)
RECEIPT = replace(SEALED.receipts[1], anchors=(make_anchor(BLOCK, 7, 1),))
DIGESTS = document_of(SEALED.documents[1])
NEWER = later(SEALED, RECEIPT)
assert NEWER.later is not None
NEWER_TREE = merkle.Tree(merkle.leaf_hashes([*SEALED.entries, NEWER.later.case_head.leaf.to_bytes()]))


def judged(receipt: Receipt, trust: Trust = TRUST) -> Verdict:
    return verify(receipt, DIGESTS, trust)


def found(verdict: Verdict, number: int) -> tuple[Status, Reason | None]:
    return verdict.check(number).status, verdict.check(number).reason


def overall(verdict: Verdict) -> tuple[Status, Reason | None]:
    return verdict.status, verdict.reason


def with_later(**changes: Any) -> Receipt:
    assert NEWER.later is not None
    return replace(NEWER, later=replace(NEWER.later, **changes))


class TestOneLog:
    def test_a_receipt_without_a_newer_head_says_nothing_and_passes(self) -> None:
        verdict = judged(RECEIPT)
        assert overall(verdict) == (Status.PASSED, None)
        assert found(verdict, 10) == (Status.INDETERMINATE, Reason.NOT_CARRIED)

    def test_a_newer_head_of_the_same_log_passes_and_moves_what_is_not_known(self) -> None:
        verdict = judged(NEWER)
        assert overall(verdict) == (Status.PASSED, None)
        assert found(verdict, 10) == (Status.PASSED, None)
        assert "from 9 to 10 entries" in verdict.check(10).detail
        assert any("after entry 9 of the log" in note.say() for note in verdict.notes)

    def test_a_refused_newer_head_does_not_move_what_is_not_known(self) -> None:
        verdict = judged(with_later(path=()))
        assert found(verdict, 10) == (Status.FAILED, Reason.LOG_REWRITTEN)
        assert verdict.standing is not None and verdict.standing.log_size == 9
        assert any("after entry 8 of the log" in note.say() for note in verdict.notes)

    def test_what_is_only_promised_of_the_newer_head_is_noted(self) -> None:
        assert NEWER.later is not None
        for anchors, count in (((pending_anchor(NEWER.later.note),), 1), ((), 0)):
            verdict = judged(with_later(anchors=anchors))
            pending = [note for note in verdict.notes if note.reason is Reason.ANCHOR_PENDING]
            assert [note.values["count"] for note in pending] == [count] * count

    def test_a_head_of_another_key_or_origin_fails(self) -> None:
        other = later(SEALED, RECEIPT, key=Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
        assert found(judged(other), 10) == (Status.FAILED, Reason.SIGNATURE_INVALID)
        assert NEWER.later is not None
        state = NEWER.later.note.checkpoint
        moved = sign(Checkpoint("other.example/log", state.size, state.root), RECEIPT.log.key, KEY.sign)
        assert found(judged(with_later(note=moved)), 10) == (Status.FAILED, Reason.ORIGIN_DIFFERS)

    def test_a_rewritten_log_fails_though_its_key_signed_both_heads(self) -> None:
        rewritten = seal(entries_before=4)
        other = later(rewritten, rewritten.receipts[1]).later
        verdict = judged(replace(RECEIPT, later=other))
        assert overall(verdict) == (Status.FAILED, Reason.LOG_REWRITTEN)
        assert found(judged(with_later(path=())), 10) == (Status.FAILED, Reason.LOG_REWRITTEN)

    def test_an_older_head_is_no_newer_one(self) -> None:
        assert NEWER.later is not None
        turned = replace(
            RECEIPT,
            note=NEWER.later.note,
            case_head=NEWER.later.case_head,
            later=replace(NEWER.later, note=RECEIPT.note),
        )
        assert found(judged(turned), 10) == (Status.FAILED, Reason.LOG_REWRITTEN)

    def test_a_newer_head_that_is_not_the_last_entry_is_stale_and_its_standing_is_not_taken(self) -> None:
        assert NEWER.later is not None
        tree = merkle.Tree([*NEWER_TREE.levels[0], bytes(32)])
        index = NEWER.later.case_head.entry.index
        verdict = judged(
            with_later(
                note=sign(Checkpoint(ORIGIN, tree.size, tree.root), RECEIPT.log.key, KEY.sign),
                path=tuple(merkle.consistency_path(SEALED.tree.size, tree.size, tree.node_at)),
                case_head=replace(
                    NEWER.later.case_head, entry=Inclusion(index, tree.size, tuple(tree.inclusion_path(index)))
                ),
            )
        )
        assert overall(verdict) == (Status.INDETERMINATE, Reason.CASE_HEAD_STALE)
        assert found(verdict, 10) == (Status.INDETERMINATE, Reason.CASE_HEAD_STALE)
        assert verdict.standing is not None and verdict.standing.log_size == SEALED.tree.size

    def test_the_head_of_another_case_or_not_of_that_log_fails(self) -> None:
        assert NEWER.later is not None
        proof = NEWER.later.case_head
        other = next(head for head in SEALED.heads.heads if head.case != proof.head.case)
        heads = HeadMap([proof.head, *(head for head in SEALED.heads.heads if head.case != proof.head.case)])
        head, place, path = heads.prove(other.case)
        moved = replace(proof, head=head, place=Inclusion(place, len(heads.heads), tuple(path)))
        assert found(judged(with_later(case_head=moved)), 10) == (Status.FAILED, Reason.CASE_DIFFERS)
        forged = replace(proof, head=replace(proof.head, count=99))
        assert found(judged(with_later(case_head=forged)), 10) == (Status.FAILED, Reason.CASE_NOT_IN_MAP)

    @pytest.mark.parametrize("member", ["count", "custody", "ended"])
    def test_a_case_that_shrank_fails(self, member: str) -> None:
        verdict = judged(shrunk(member))
        assert overall(verdict) == (Status.FAILED, Reason.CASE_SHRANK)

    def test_an_anchor_of_the_newer_head_that_does_not_hold_fails_and_a_pending_one_does_not(self) -> None:
        wrong = with_later(anchors=(make_anchor(BLOCK, 7, 1),))
        assert found(judged(wrong), 10) == (Status.FAILED, Reason.EVENT_DIFFERS)
        assert NEWER.later is not None
        stamp, _ = ots_anchor(NEWER.later.note)
        other = TrustedHeader(HEIGHT, mined(b"\x44" * 32), regtest=True)
        contradicted = judged(with_later(anchors=(stamp,)), trusting(headers=(other,), more=TRUST))
        assert found(contradicted, 10) == (Status.FAILED, Reason.BITCOIN_ROOT_DIFFERS)
        pending = with_later(anchors=(pending_anchor(NEWER.later.note),))
        assert overall(judged(pending)) == (Status.PASSED, None)


def shrunk(member: str) -> Receipt:
    """A receipt whose newer head, signed by the log's own key, says less of the case."""
    assert NEWER.later is not None
    case = NEWER.later.case_head.head
    changes: dict[str, dict[str, Any]] = {
        "count": {"count": case.count - 1},
        "custody": {"custody": 2},
        "ended": {"ended": len(ENDED) - 1},
    }
    head = replace(case, **changes[member])
    heads = HeadMap([head, *(other for other in SEALED.heads.heads if other.case != case.case)])
    leaf = heads.leaf(SEALED.tree.size - 1, bytes(32))
    tree = merkle.Tree(merkle.leaf_hashes([*SEALED.entries, leaf.to_bytes()]))
    _, place, where = heads.prove(case.case)
    proof = replace(
        NEWER.later.case_head,
        entry=Inclusion(tree.size - 1, tree.size, tuple(tree.inclusion_path(tree.size - 1))),
        leaf=leaf,
        head=head,
        place=Inclusion(place, len(heads.heads), tuple(where)),
    )
    note = sign(replace(NEWER.later.note.checkpoint, root=tree.root), RECEIPT.log.key, KEY.sign)
    path = tuple(merkle.consistency_path(SEALED.tree.size, tree.size, tree.node_at))
    return with_later(note=note, case_head=proof, path=path)


class TestStanding:
    def test_it_is_current_as_of_the_newest_head_with_the_time_of_that_head(self) -> None:
        own = judged(RECEIPT).standing
        assert own is not None
        assert (own.state, own.log_size, own.head_not_after) == ("current", 9, BLOCK_TIME)
        assert NEWER.later is not None
        token = token_anchor(NEWER.later.note, at=BLOCK_TIME + 600)
        newer = judged(with_later(anchors=(token,)), trusting(authority().trusted(), more=TRUST)).standing
        assert newer is not None
        assert (newer.state, newer.log_size, newer.head_not_after) == ("current", 10, BLOCK_TIME + 600)

    def test_a_dev_chain_does_not_date_the_newer_head_unless_the_verdict_says_so(self) -> None:
        """Found by the mutants: with the token silent, a development chain dated it without a word."""
        assert NEWER.later is not None
        stamp, header = ots_anchor(NEWER.later.note, time=BLOCK_TIME + 900)
        own, own_header = ots_anchor(RECEIPT.note, height=HEIGHT + 1)
        newer = with_later(anchors=(stamp,))
        headers = (header, own_header)
        plain = judged(newer, trusting(headers=headers, more=TRUST))
        assert plain.reason is None and plain.standing is not None and plain.standing.head_not_after is None
        dev = judged(replace(newer, anchors=(own,)), trusting(headers=headers))
        assert dev.reason is Reason.DEV_CHAIN and dev.standing is not None
        assert dev.standing.head_not_after == BLOCK_TIME + 900

    @pytest.mark.parametrize(
        ("action", "outcome", "status"),
        [
            (Action.SUPERSEDED, (Status.PASSED, Reason.SUPERSEDED), Status.PASSED),
            (Action.REVOKED, (Status.INDETERMINATE, Reason.REVOKED), Status.INDETERMINATE),
            (Action.ERASED, (Status.INDETERMINATE, Reason.ERASED), Status.INDETERMINATE),
        ],
    )
    def test_what_ended_it_is_told_apart(self, action: Action, outcome: tuple[Status, Reason], status: Status) -> None:
        verdict = judged(later(SEALED, RECEIPT, action=action))
        assert overall(verdict) == outcome
        assert found(verdict, 11) == (status, outcome[1])
        assert verdict.standing is not None
        assert (verdict.standing.state, verdict.standing.custody_entry) == (action.value, 3)
        assert verdict.interval.not_after == BLOCK_TIME  # that it was sealed then is still proven

    def test_a_claim_that_ended_before_its_own_head_is_told(self) -> None:
        claim = RECEIPT.opening.commitment()
        gone = seal(ended=(*ENDED, Ended(claim, State.REVOKED, 0)))
        receipt = replace(gone.receipts[1], anchors=(make_anchor(anchored_block(gone), 7, 1),))
        assert overall(judged(receipt, trust_in(anchored_block(gone)))) == (Status.INDETERMINATE, Reason.REVOKED)

    def test_leaving_the_proof_out_does_not_hide_it(self) -> None:
        """A receipt of a revoked claim, with its standing taken away or another's put in its place."""
        revoked = later(SEALED, RECEIPT, action=Action.REVOKED)
        assert revoked.later is not None and NEWER.later is not None
        for placed in ((), NEWER.later.standing, revoked.later.standing * 2):
            hiding = replace(revoked, later=replace(revoked.later, standing=placed))
            assert overall(judged(hiding)) == (Status.FAILED, Reason.STANDING_INVALID)
        assert overall(judged(replace(RECEIPT, standing=()))) == (Status.FAILED, Reason.STANDING_INVALID)

    def test_a_case_where_nothing_ended_needs_no_proof(self) -> None:
        fresh = seal(ended=())
        assert fresh.receipts[0].standing == ()
        assert found(verify(fresh.receipts[0]), 11) == (Status.PASSED, None)
        more = replace(fresh.receipts[0], standing=RECEIPT.standing)
        assert found(verify(more), 11) == (Status.FAILED, Reason.STANDING_INVALID)

    def test_an_ended_claim_never_becomes_current_again(self) -> None:
        claim = RECEIPT.opening.commitment()
        gone = seal(ended=(*ENDED, Ended(claim, State.SUPERSEDED, 0)))
        receipt = gone.receipts[1]
        back = later(without(gone, claim), receipt).later
        verdict = verify(replace(receipt, later=back))
        assert verdict.status is Status.FAILED
        assert verdict.check(10).reason is Reason.CASE_SHRANK or verdict.check(11).reason is Reason.STANDING_INVALID

    @pytest.mark.parametrize(
        ("first", "then", "holds"),
        [
            (State.SUPERSEDED, Action.REVOKED, True),
            (State.SUPERSEDED, Action.ERASED, True),
            (State.REVOKED, Action.ERASED, True),
            (State.REVOKED, Action.SUPERSEDED, False),
            (State.REVOKED, Action.REVOKED, False),
            (State.ERASED, Action.SUPERSEDED, False),
            (State.ERASED, Action.REVOKED, False),
        ],
    )
    def test_an_end_gives_way_to_a_graver_one_only(self, first: State, then: Action, holds: bool) -> None:
        """Who has sealed a newer version of what was revoked must not show the revoked claim as superseded."""
        claim = RECEIPT.opening.commitment()
        gone = seal(ended=(*ENDED, Ended(claim, first, 0)))
        newer = later(without(gone, claim), gone.receipts[1], action=then).later
        verdict = verify(replace(gone.receipts[1], later=newer))
        status, reason = found(verdict, 11)
        assert found(verdict, 10) == (Status.PASSED, None)
        if holds:
            assert reason is Reason(then.value) and verdict.standing is not None and verdict.standing.state == then
        else:
            assert (status, reason) == (Status.FAILED, Reason.STANDING_INVALID)
            assert f"{first} by custody entry 0" in verdict.check(11).detail

    def test_a_hidden_case_says_nothing_of_the_standing(self) -> None:
        hidden = replace(RECEIPT, opening=RECEIPT.opening.hide(["case_blinded"]))
        verdict = judged(hidden)
        assert found(verdict, 11) == (Status.INDETERMINATE, Reason.CASE_HIDDEN)
        assert verdict.standing is not None and verdict.standing.state is None


def without(sealed: Sealed, claim: bytes) -> Sealed:
    """The same log as if the claim had not ended."""
    kept = [one for one in sealed.ended if one.claim != claim]
    case = next(head for head in sealed.heads.heads if head.ended)
    gone = EndedTree(kept)
    head = replace(case, ended=len(gone.ended), ended_root=gone.root)
    heads = HeadMap([head, *(other for other in sealed.heads.heads if other.case != case.case)])
    return replace(sealed, ended=kept, heads=heads)


def custody_of(receipt: Receipt) -> CustodyProof:
    assert receipt.custody is not None
    return receipt.custody


def resigned(signatures: Sequence[Any], committed: bool = True) -> Receipt:
    """The receipt with these custody signatures, and the log rebuilt around them if `committed`."""
    proof = custody_of(RECEIPT)
    if not committed:
        return replace(RECEIPT, custody=replace(proof, batch=replace(proof.batch, signatures=tuple(signatures))))
    leaf = replace(RECEIPT.case_head.leaf, batch=batch_digest(proof.batch.statement, signatures))
    tree = merkle.Tree(merkle.leaf_hashes([*SEALED.entries[:-1], leaf.to_bytes()]))

    def at(index: int) -> Inclusion:
        return Inclusion(index, tree.size, tuple(tree.inclusion_path(index)))

    note = sign(replace(RECEIPT.note.checkpoint, root=tree.root), RECEIPT.log.key, KEY.sign)
    batch = SignedBatch(proof.batch.statement, leaf, at(tree.size - 1), tuple(signatures))
    return replace(
        RECEIPT,
        note=note,
        entry=at(RECEIPT.entry.index),
        case_head=replace(RECEIPT.case_head, entry=at(tree.size - 1), leaf=leaf),
        custody=replace(proof, batch=batch),
        anchors=(token_anchor(note),),
    )


STAMPED = trusting(authority().trusted())


def by_certificate(begin: int, end: int) -> tuple[Receipt, bytes]:
    """The receipt, signed by the key of a certificate of that validity, and the root behind it."""
    root = certify("Court root", ca=True, begin=begin, end=end)
    leaf = certify("A. Clerk", root, begin=begin, end=end)
    message = custody_of(RECEIPT).batch.statement.message()
    signature = leaf.key.sign(message, ec.ECDSA(hashes.SHA256()))
    return resigned((X509Signature((leaf.der,), signature, "ecdsa-sha256"),)), root.der


WALLET = Erc1271Signature(1, b"\x31" * 20, b"\x32" * 65)


class TestCustody:
    def test_who_signed_is_said(self) -> None:
        verdict = judged(RECEIPT)
        key = CUSTODY_KEY.public_key().public_bytes_raw().hex()
        assert found(verdict, 12) == (Status.PASSED, None)
        assert key in verdict.check(12).detail
        (signer,) = verdict.signers
        assert (signer.kind, signer.identity, signer.check.status) == ("ed25519", key, Status.PASSED)

    def test_a_receipt_without_it_says_nothing_and_passes(self) -> None:
        verdict = judged(replace(RECEIPT, custody=None))
        assert overall(verdict) == (Status.PASSED, None)
        assert found(verdict, 12) == (Status.INDETERMINATE, Reason.NOT_CARRIED)

    @pytest.mark.parametrize(
        "change",
        [
            {"subject": b"\x01" * 32},
            {"action": Action.ACCESSED},
            {"by": "somebody else"},
            {"at": 1},
            {"case": b"\x02" * 32},
            {"about": "and more"},
        ],
    )
    def test_an_altered_entry_fails(self, change: dict[str, Any]) -> None:
        proof = custody_of(RECEIPT)
        altered = replace(RECEIPT, custody=replace(proof, entry=replace(proof.entry, **change)))
        assert overall(judged(altered)) == (Status.FAILED, Reason.CUSTODY_INVALID)

    @pytest.mark.parametrize(
        "change", [{"first": 1}, {"last": 5}, {"head": b"\x01" * 32}, {"entries": b"\x01" * 32}, {"case": b"\x01" * 32}]
    )
    def test_an_altered_statement_fails(self, change: dict[str, Any]) -> None:
        proof = custody_of(RECEIPT)
        statement = replace(proof.batch.statement, **change)
        altered = replace(RECEIPT, custody=replace(proof, batch=replace(proof.batch, statement=statement)))
        assert overall(judged(altered)) == (Status.FAILED, Reason.CUSTODY_INVALID)

    def test_an_invented_entry_fails_wherever_the_log_holds_a_batch_without_signatures(self) -> None:
        """Made without any key: an entry and a statement of its own, and a heads leaf of a batch that nobody signed."""
        proof, case = custody_of(RECEIPT), RECEIPT.case_head.head
        fake = replace(proof.entry, seq=0, previous=None, by="Judge Dredd", at=1)
        alone = merkle.Tree([merkle.leaf_hash(fake.hash())])
        statement = Statement(case.case, 0, 0, fake.hash(), alone.root)
        other = HeadMap([next(head for head in SEALED.heads.heads if head.case != case.case)])
        leaf = other.leaf(None, batch_digest(replace(statement, case=other.heads[0].case), ()))
        newer = merkle.Tree(merkle.leaf_hashes([*SEALED.entries[:-1], leaf.to_bytes(), SEALED.entries[-1]]))

        def at(index: int) -> Inclusion:
            return Inclusion(index, newer.size, tuple(newer.inclusion_path(index)))

        note = sign(Checkpoint(ORIGIN, newer.size, newer.root), RECEIPT.log.key, KEY.sign)
        receipt = replace(
            RECEIPT,
            note=note,
            entry=at(RECEIPT.entry.index),
            case_head=replace(RECEIPT.case_head, entry=at(newer.size - 1)),
            anchors=(token_anchor(note),),
        )
        batch = replace(proof.batch, leaf_entry=at(newer.size - 1))
        assert overall(judged(replace(receipt, custody=replace(proof, batch=batch)), STAMPED)) == (Status.PASSED, None)
        invented = CustodyProof(fake, Inclusion(0, 1, ()), SignedBatch(statement, leaf, at(newer.size - 2), ()))
        verdict = judged(replace(receipt, custody=invented), STAMPED)
        assert overall(verdict) == (Status.FAILED, Reason.CUSTODY_INVALID)
        assert "ends another batch" in verdict.check(12).detail

    def test_the_entry_must_follow_the_one_that_the_claim_names(self) -> None:
        proof, claim = custody_of(RECEIPT), RECEIPT.opening.commitment()
        assert proof.entry.previous is not None
        for before, status in ((proof.entry.previous, None), (b"\x01" * 32, Status.FAILED)):
            check = custody_entry(RECEIPT, proof, claim, {"custody": before.hex()})
            assert (check and check.status) == status
        first = replace(proof, entry=replace(proof.entry, seq=0, previous=None))
        check = custody_entry(RECEIPT, first, claim, {"custody": proof.entry.previous.hex()})
        assert check is not None and "it is the first one" in check.detail

    def test_a_batch_that_ended_before_the_claim_fails(self) -> None:
        proof = custody_of(RECEIPT)
        early = replace(proof.batch.leaf_entry, index=RECEIPT.entry.index)
        verdict = judged(replace(RECEIPT, custody=replace(proof, batch=replace(proof.batch, leaf_entry=early))))
        assert overall(verdict) == (Status.FAILED, Reason.CUSTODY_INVALID)
        assert (
            f"ends at entry {RECEIPT.entry.index}, the claim is entry {RECEIPT.entry.index}" in verdict.check(12).detail
        )

    def test_of_an_entry_that_nobody_signed_it_is_said_who_vouches_for_it(self) -> None:
        verdict = judged(resigned(()), STAMPED)
        assert "nobody but the log's own key vouches for this custody entry" in verdict.check(12).detail

    def test_the_entry_of_another_claim_fails(self) -> None:
        other = replace(RECEIPT, custody=SEALED.receipts[0].custody)
        assert overall(judged(other)) == (Status.FAILED, Reason.CUSTODY_INVALID)

    def test_signatures_that_the_log_does_not_commit_to_fail(self) -> None:
        key = Ed25519PrivateKey.from_private_bytes(b"\x0b" * 32)
        message = custody_of(RECEIPT).batch.statement.message()
        forged = Ed25519Signature(key.public_key().public_bytes_raw(), key.sign(message))
        for signatures in ((forged,), (*custody_of(RECEIPT).batch.signatures, forged), ()):
            verdict = judged(resigned(signatures, committed=False))
            assert overall(verdict) == (Status.FAILED, Reason.CUSTODY_INVALID)

    def test_a_wrong_signature_fails_though_the_log_commits_to_it(self) -> None:
        good = custody_of(RECEIPT).batch.signatures[0]
        assert isinstance(good, Ed25519Signature)
        wrong = replace(good, signature=bytes(64))
        for signatures in ((wrong,), (good, wrong)):
            verdict = judged(resigned(signatures), STAMPED)
            assert overall(verdict) == (Status.FAILED, Reason.CUSTODY_SIGNATURE_INVALID)

    @pytest.mark.parametrize(
        ("signature", "reason"),
        [
            (None, Reason.CUSTODY_UNSIGNED),
            (WALLET, Reason.ERC1271_OFFLINE),
            (UnknownSignature(b'{"type":"wax"}'), Reason.SIGNATURE_UNKNOWN),
        ],
    )
    def test_who_signed_stays_open_and_the_rest_passes(self, signature: Any, reason: Reason) -> None:
        verdict = judged(resigned(() if signature is None else (signature,)), STAMPED)
        assert overall(verdict) == (Status.PASSED, None)
        assert found(verdict, 12) == (Status.INDETERMINATE, reason)

    def test_one_good_signature_is_enough_beside_one_that_is_open(self) -> None:
        verdict = judged(resigned((WALLET, *custody_of(RECEIPT).batch.signatures)), STAMPED)
        assert found(verdict, 12) == (Status.PASSED, None)
        assert [signer.check.status for signer in verdict.signers] == [Status.INDETERMINATE, Status.PASSED]

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (True, (Status.PASSED, None)),
            (False, (Status.INDETERMINATE, Reason.WALLET_REFUSED)),
            (None, (Status.INDETERMINATE, Reason.ERC1271_OFFLINE)),
        ],
    )
    def test_a_wallet_is_asked_where_there_is_somebody_to_ask(
        self, answer: bool | None, outcome: tuple[Status, Reason | None]
    ) -> None:
        asked: list[bytes] = []

        def ask(signed: Erc1271Signature, digest: bytes) -> bool | None:
            assert signed == WALLET
            asked.append(digest)
            return answer

        verdict = Verifier(STAMPED, ask).verify(resigned((WALLET,)), DIGESTS)
        assert found(verdict, 12) == outcome
        assert verdict.status is Status.PASSED
        assert asked == [custody_of(RECEIPT).batch.statement.eip712_digest()]

    def test_a_certificate_counts_by_the_verifiers_root_at_the_time_that_an_anchor_proves(self) -> None:
        receipt, root = by_certificate(BLOCK_TIME - 100, BLOCK_TIME)
        trusted = STAMPED.with_signer(TrustedSigner("Court", root))
        verdict = judged(receipt, trusted)
        assert overall(verdict) == (Status.PASSED, None)
        assert found(verdict, 12) == (Status.PASSED, None)
        assert "A. Clerk" in verdict.signers[0].identity
        verdict = judged(receipt, STAMPED)
        assert overall(verdict) == (Status.PASSED, None)
        assert found(verdict, 12) == (Status.INDETERMINATE, Reason.SIGNER_UNTRUSTED)
        assert found(judged(receipt, Trust().with_signer(TrustedSigner("", root))), 12) == (
            Status.INDETERMINATE,
            Reason.TIME_UNKNOWN,
        )

    def test_a_certificate_that_had_expired_by_then_is_told_apart(self) -> None:
        receipt, root = by_certificate(BLOCK_TIME - 100, BLOCK_TIME - 1)
        verdict = judged(receipt, STAMPED.with_signer(TrustedSigner("Court", root)))
        assert found(verdict, 12) == (Status.INDETERMINATE, Reason.SIGNER_EXPIRED)
        assert verdict.status is Status.PASSED

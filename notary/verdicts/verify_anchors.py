"""Checks 7 and 8 of single anchors: whether each one's own proof holds, and whether its outside fact is known.

    evm       proof: header, trie path, receipt and event fit each other and the checkpoint (notary/evm/evm_proof.py)
              fact:  the block's hash                                                       (notary/verdicts/trust.py)
    rfc3161   proof: the token is of the signed note, and whole by its own signature        (notary/timestamps/tsp.py)
              fact:  the authority's root; its chain was valid at the token's time, and not revoked
    ots       proof: the operations lead from the note to a Bitcoin block's Merkle root     (notary/timestamps/ots.py)
              fact:  that block's header

Time-stamp tokens and .ots proofs are over the bytes of the signed note, as the receipt's `checkpoint` has them. What
reads them is imported only where there is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from notary.errors import (
    BitcoinHeaderInvalid,
    EvmProofInvalid,
    OtsInvalid,
    OtsUnconfirmed,
    TokenInvalid,
    TokenUntrusted,
)
from notary.evm.evm_proof import EvmAnchor, Header, verify_anchor
from notary.jcs import Json
from notary.log.checkpoint import SignedCheckpoint
from notary.proofs.bundle import MAX_RECEIPTS
from notary.proofs.receipt import Anchor, OtsAnchor, TimestampAnchor
from notary.verdicts.reasons import Text, refused, said
from notary.verdicts.trust import AUTHORITY_UNCERTAINTY, Judgement, Trust, TrustedAuthority, TrustedHeader
from notary.verdicts.verdict import AnchorResult, Check, Reason, Status, utc

if TYPE_CHECKING:
    from notary.timestamps.ots import OtsProof
    from notary.timestamps.tsp import Token

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE
MEMO_SIZE = MAX_RECEIPTS  # results kept per kind: a bundle that names more heads in turn would have each done again
CALENDARS_SHOWN = 32  # of one pending proof
OPEN = frozenset({Reason.STAMP_CERTIFICATE_MISSING, Reason.STAMP_ALGORITHM_WEAK})
"""Of a token that is not altered, as far as can be told: it proves nothing, and spoils nothing."""
INVALID = Check(8, INDETERMINATE, said(Text.ANCHOR_DOES_NOT_HOLD), Reason.ANCHOR_INVALID)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stamped:
    """What anchors of a receipt are about: a head of a log.

    log_id  32 bytes on chain; None before the log was created there
    note    the head, signed
    """

    log_id: bytes | None
    note: SignedCheckpoint

    def data(self) -> bytes:
        """The bytes that are time-stamped."""
        return self.note.to_text().encode()


class AnchorJudge:
    """Judges anchors against one trust, each only once.

    Results are kept under the very bytes that they are about, so an anchor or a head that differs in a single bit is
    looked at anew. Results are no more than a bundle has receipts.
    """

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._headers = {one.height: one for one in trust.bitcoin}
        self._results: dict[Hashable, tuple[AnchorResult, ...]] = {}

    def results(self, anchors: tuple[Anchor, ...], stamped: Stamped) -> tuple[AnchorResult, ...]:
        """One result per anchor of a known kind, in their order."""
        return memo(self._results, (anchors, stamped), lambda: tuple(self._all(anchors, stamped)))

    def _all(self, anchors: tuple[Anchor, ...], stamped: Stamped) -> list[AnchorResult]:
        found = []
        for anchor in anchors:
            if isinstance(anchor, EvmAnchor):
                found.append(_evm(anchor, stamped, self._trust))
            elif isinstance(anchor, TimestampAnchor):
                found.append(_timestamp(anchor, stamped, self._trust))
            elif isinstance(anchor, OtsAnchor):
                found.append(_ots(anchor, stamped, self._headers))
        return found


def memo(kept: dict[Hashable, T], key: Hashable, compute: Callable[[], T]) -> T:
    """What was computed for `key` before, or is now."""
    try:
        return kept[key]
    except KeyError:
        if len(kept) >= MEMO_SIZE:
            kept.clear()
        result = kept[key] = compute()
        return result


def _refused(
    number: int,
    status: Status,
    error: EvmProofInvalid | TokenInvalid | TokenUntrusted | OtsInvalid | OtsUnconfirmed,
) -> Check:
    """A check that an error decides."""
    reason = Reason(error.reason)
    return Check(number, status, refused(error, reason), reason)


# EVM


def _evm(anchor: EvmAnchor, stamped: Stamped, trust: Trust) -> AnchorResult:
    proof, header = _evm_proof(anchor, stamped)
    judged = Judgement(INVALID.status, INVALID.said, INVALID.reason)
    if header is not None:
        judged = trust.judge(anchor.chain_id, anchor.genesis, anchor.contract, anchor.block_number, anchor.block_hash)
    return AnchorResult(
        kind="evm",
        facts={
            "chain_id": anchor.chain_id,
            "genesis": "0x" + anchor.genesis.hex(),
            "block_number": anchor.block_number,
            "block_hash": "0x" + anchor.block_hash.hex(),
            "contract": "0x" + anchor.contract.hex(),
        },
        timestamp=header.timestamp if header else None,
        proof=proof,
        trust=Check(8, judged.status, judged.said, judged.reason),
        pinned=judged.pinned,
        uncertainty_seconds=judged.uncertainty,
    )


def _evm_proof(anchor: EvmAnchor, stamped: Stamped) -> tuple[Check, Header | None]:
    state = stamped.note.checkpoint
    try:
        header = verify_anchor(anchor, stamped.log_id, state.size, state.root)
    except EvmProofInvalid as exc:
        return _refused(7, FAILED, exc), None
    detail = said(
        Text.EVM_HOLDS,
        number=anchor.block_number,
        chain=anchor.chain_id,
        hash="0x" + anchor.block_hash.hex(),
        contract="0x" + anchor.contract.hex(),
        size=state.size,
        time=utc(header.timestamp),
    )
    return Check(7, PASSED, detail), header


# RFC 3161


def _timestamp(anchor: TimestampAnchor, stamped: Stamped, trust: Trust) -> AnchorResult:
    from notary.timestamps.tsp import check_token, read_token

    token = None
    try:
        token = read_token(anchor.token)
        at_hand = [certificate for one in trust.authorities for certificate in (*one.certificates, one.root)]
        signer = check_token(token, stamped.data(), at_hand)
    except TokenInvalid as exc:
        open_still = Reason(exc.reason) in OPEN
        own = _refused(7, INDETERMINATE if open_still else FAILED, exc)
        return _timestamp_result(token, own, _refused(8, INDETERMINATE, exc) if open_still else INVALID)
    imprint, time = token.imprint.hex(), utc(token.gen_time)
    own = Check(7, PASSED, said(Text.STAMP_HOLDS, hash=token.hash_name, imprint=imprint, time=time))
    judged, authority = _timestamp_trust(token, signer, trust)
    return _timestamp_result(token, own, judged, authority)


def _timestamp_trust(token: Token, signer: bytes, trust: Trust) -> tuple[Check, TrustedAuthority | None]:
    """Check 8: an authority that the verifier configured, and none of them says that it was revoked."""
    from notary.timestamps.tsp import judge_by_all

    try:
        found = judge_by_all(token, signer, trust.authorities).authority
    except TokenUntrusted as exc:
        return _refused(8, INDETERMINATE, exc), None
    return Check(8, PASSED, said(Text.STAMP_TRUSTED, name=_name(found))), found


def _name(authority: TrustedAuthority) -> str:
    return authority.name or f"SHA-256 {hashlib.sha256(authority.root).hexdigest()}"


def _timestamp_result(
    token: Token | None, own: Check, trust: Check, authority: TrustedAuthority | None = None
) -> AnchorResult:
    from notary.timestamps.tsp import uncertainty

    holds = token is not None and own.status is PASSED
    configured = authority.uncertainty_seconds if authority else AUTHORITY_UNCERTAINTY
    return AnchorResult(
        kind="rfc3161",
        facts={
            "authority": _name(authority) if authority else None,
            "policy": token.policy if token and holds else None,
            "serial": str(token.serial) if token and holds else None,
            "hash": token.hash_name if token and holds else None,
        },
        timestamp=token.gen_time if token and holds else None,
        proof=own,
        trust=trust,
        pinned=authority is not None,
        uncertainty_seconds=uncertainty(token, configured) if token is not None else configured,
        qualified=authority is not None and authority.qualified,
    )


# OpenTimestamps


def _ots(anchor: OtsAnchor, stamped: Stamped, headers: Mapping[int, TrustedHeader]) -> AnchorResult:
    from notary.timestamps.ots import Kind, check_proof

    try:
        proof = check_proof(anchor.proof, stamped.data())
    except OtsInvalid as exc:
        return _ots_result(_refused(7, FAILED, exc), INVALID)
    own, heights = _ots_proof(proof)
    if own.status is not PASSED:
        calendars: list[Json] = [*sorted({a.uri for a in proof.attestations() if a.kind is Kind.PENDING})]
        return _ots_result(own, Check(8, INDETERMINATE, own.said, own.reason), calendars=calendars[:CALENDARS_SHOWN])
    return _ots_known(proof, own, heights, headers)


def _ots_proof(proof: OtsProof) -> tuple[Check, list[int]]:
    """Check 7, and the Bitcoin blocks that are named: a promise is no proof."""
    from notary.timestamps.ots import Kind, bitcoin_root

    attestations = proof.attestations()
    roots: dict[int, bytes] = {}
    wrong: OtsInvalid | None = None
    for attestation in attestations:
        if attestation.kind is Kind.BITCOIN and attestation.height is not None:
            try:
                roots.setdefault(attestation.height, bitcoin_root(attestation))
            except OtsInvalid as exc:
                wrong = wrong or exc
    if roots:
        height = min(roots)
        detail = said(Text.OTS_HOLDS, height=height, root=roots[height][::-1].hex())
        return Check(7, PASSED, detail), sorted(roots)
    if wrong is not None:
        return _refused(7, FAILED, wrong), []
    promised = sum(attestation.kind is Kind.PENDING for attestation in attestations)
    if promised:
        return Check(7, INDETERMINATE, said(Text.OTS_PROMISED, count=promised), Reason.OTS_PENDING), []
    detail = said(Text.OTS_UNKNOWN, count=len(attestations))
    return Check(7, INDETERMINATE, detail, Reason.OTS_ATTESTATION_UNKNOWN), []


def _ots_known(proof: OtsProof, own: Check, heights: list[int], at_hand: Mapping[int, TrustedHeader]) -> AnchorResult:
    """Check 8: the lowest block whose header the verifier knows and that the proof leads to."""
    from notary.timestamps.bitcoin import MAINNET, REGTEST, BlockHeader, KnownHeaders
    from notary.timestamps.ots import judge

    known = {height: at_hand[height] for height in heights if height in at_hand}
    try:
        headers = {
            height: BlockHeader.from_bytes(one.header, REGTEST if one.regtest else MAINNET)
            for height, one in known.items()
        }
        found = judge(proof, KnownHeaders(headers))
    except BitcoinHeaderInvalid as exc:
        reason = Reason.BITCOIN_HEADER_INVALID
        return _ots_result(own, Check(8, INDETERMINATE, refused(exc, reason), reason), heights[0])
    except OtsUnconfirmed as exc:
        return _ots_result(own, _refused(8, INDETERMINATE, exc), heights[0])
    except OtsInvalid as exc:
        return _ots_result(own, _refused(8, FAILED, exc), heights[0])
    source = known[found.height]
    block = found.header_hash[::-1].hex()
    detail = said(Text.BITCOIN_KNOWN, source=source.source, height=found.height, hash=block)
    trusted = Check(8, PASSED, detail, Reason.DEV_CHAIN if source.regtest else None)
    return _ots_result(own, trusted, found.height, found.header_hash[::-1].hex(), found.time)


def _ots_result(
    own: Check,
    trust: Check,
    height: int | None = None,
    block_hash: str | None = None,
    time: int | None = None,
    calendars: list[Json] | None = None,
) -> AnchorResult:
    """calendars are named only while nothing else is known: what a proof says beside its block is not proven."""
    from notary.timestamps.bitcoin import UNCERTAINTY_SECONDS

    return AnchorResult(
        kind="ots",
        facts={"height": height, "block_hash": block_hash, "calendars": calendars or []},
        timestamp=time,
        proof=own,
        trust=trust,
        pinned=time is not None,
        uncertainty_seconds=UNCERTAINTY_SECONDS,
    )

"""What others noted of the record: each state of it once, with every fact to look it up with them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from notary.errors import OtsInvalid, TokenInvalid
from notary.evm.evm_proof import EvmAnchor
from notary.log.checkpoint import SignedCheckpoint
from notary.proofs.receipt import Anchor, OtsAnchor, PendingAnchor, TimestampAnchor, UnknownAnchor
from notary.report.inputs import ChainFacts, ReportInput
from notary.report.judged import Exhibit, grouped, numbers
from notary.report.text import shown
from notary.report.values import Block, Cell, Code, Codes, Heading, Line, Pairs, Paragraph, Said, cell
from notary.report.words import Sayer
from notary.verdicts.verdict import AnchorResult, Check, Reason, printable

if TYPE_CHECKING:
    from notary.timestamps.tsp_values import Token

_BITCOIN_EXPLORERS = ("https://blockstream.info/block-height/{height}", "https://mempool.space/block/{height}")
MAX_CERTIFICATES = 8  # of one token, in print; all of them are in the receipt

Row = tuple[Said, Cell]


def anchors(given: ReportInput, exhibits: tuple[Exhibit, ...], sayer: Sayer) -> list[Block]:
    """Every state of the record that a receipt stands under, and the newer ones that receipts carry."""
    chains = {one.chain_id: one for one in given.chains}
    blocks: list[Block] = [Heading(1, sayer.say("anchors")), Paragraph(sayer.say("anchors.lead"))]
    groups = grouped(exhibits, lambda one: (one.receipt.log, one.receipt.note, one.receipt.anchors))
    for number, ((log, note, carried), members) in enumerate(groups, 1):
        blocks.append(Heading(2, sayer.say("head", number=number)))
        which = sayer.say("timeline.group", exhibits=numbers(members), count=len(members))
        key = base64.b64encode(log.key).decode()
        head: list[Row] = [
            (sayer.say("head.exhibits"), cell(which)),
            *_head(note, sayer),
            (sayer.say("head.key"), cell(key, "code")),
        ]
        if log.id is not None:
            head.insert(2, (sayer.say("head.id"), cell("0x" + log.id.hex(), "code")))
        blocks.append(Pairs(tuple(head)))
        blocks += _all(carried, members[0].verdict.anchors, chains, sayer)
    later = [one for one in exhibits if one.receipt.later is not None]
    for (newer, carried), members in grouped(later, _later):
        blocks.append(Heading(2, sayer.say("head.later")))
        blocks.append(Paragraph(sayer.say("head.later.lead")))
        which = sayer.say("timeline.group", exhibits=numbers(members), count=len(members))
        blocks.append(Pairs(((sayer.say("head.exhibits"), cell(which)), *_head(newer, sayer))))
        blocks += _all(carried, members[0].verdict.later_anchors, chains, sayer)
    return blocks


def _later(exhibit: Exhibit) -> tuple[SignedCheckpoint, tuple[Anchor, ...]]:
    later = exhibit.receipt.later
    assert later is not None
    return later.note, later.anchors


def _head(note: SignedCheckpoint, sayer: Sayer) -> list[Row]:
    state = note.checkpoint
    return [
        (sayer.say("head.origin"), cell(shown(state.origin), "code")),
        (sayer.say("head.size"), cell(str(state.size))),
        (sayer.say("head.root"), cell(state.root.hex(), "code")),
    ]


def _all(
    carried: Sequence[Anchor], results: Sequence[AnchorResult], chains: dict[int, ChainFacts], sayer: Sayer
) -> list[Block]:
    """Each anchor under a heading of its own; those that count for nothing are named, too."""
    if not carried:
        return [Paragraph(sayer.say("head.none"), "strong")]
    blocks: list[Block] = []
    left = iter(results)
    for anchor in carried:
        if isinstance(anchor, PendingAnchor):
            blocks.append(Paragraph(sayer.say("anchor.pending"), "strong"))
        elif isinstance(anchor, UnknownAnchor):
            blocks.append(Paragraph(sayer.say("anchor.unknown"), "strong"))
        elif isinstance(anchor, EvmAnchor):
            blocks += _evm(anchor, next(left), chains.get(anchor.chain_id), sayer)
        elif isinstance(anchor, TimestampAnchor):
            blocks += _timestamp(anchor, next(left), sayer)
        elif isinstance(anchor, OtsAnchor):
            blocks += _ots(anchor, next(left), sayer)
    return blocks


def _evm(anchor: EvmAnchor, result: AnchorResult, chain: ChainFacts | None, sayer: Sayer) -> list[Block]:
    name = shown(chain.name) if chain else f"{anchor.chain_id}"
    dev = result.trust.reason in (Reason.DEV_CHAIN, Reason.DEV_CHAIN_UNTRUSTED)
    rows: list[Row] = [
        (sayer.say("anchor.network"), cell(name)),
        (sayer.say("anchor.chain-id"), cell(str(anchor.chain_id))),
        (sayer.say("anchor.genesis"), cell("0x" + anchor.genesis.hex(), "code")),
        (sayer.say("anchor.contract"), cell("0x" + anchor.contract.hex(), "code")),
        (sayer.say("anchor.block"), cell(str(anchor.block_number), "strong")),
        (sayer.say("anchor.block-hash"), cell("0x" + anchor.block_hash.hex(), "code")),
        (
            sayer.say("anchor.tx"),
            (Line("0x" + anchor.tx.hex(), "code"), Line(sayer.say("anchor.tx.note"), "small")),
        ),
        *_time(result, sayer),
    ]
    if chain and chain.finality:
        rows.append((sayer.say("anchor.finality"), cell(shown(chain.finality))))
    rows.append((sayer.say("anchor.operator"), cell(sayer.say(f"anchor.operator.{'dev' if dev else 'evm'}"))))
    rows += _outcome(result, sayer)
    blocks: list[Block] = [Heading(3, sayer.say("anchor.evm", name=name)), Pairs(tuple(rows))]
    if chain and chain.explorer.startswith("https://"):
        base = chain.explorer.rstrip("/")
        blocks.append(
            Codes(
                (
                    Code(shown(f"{base}/block/{anchor.block_number}"), sayer.say("anchor.lookup.block")),
                    Code(shown(f"{base}/tx/0x{anchor.tx.hex()}"), sayer.say("anchor.lookup.tx")),
                )
            )
        )
    return blocks


def _time(result: AnchorResult, sayer: Sayer) -> list[Row]:
    if result.timestamp is None:
        return [(sayer.say("anchor.time"), cell(sayer.say("index.unknown")))]
    return [
        (sayer.say("anchor.time"), cell(sayer.date(result.timestamp), "strong")),
        (sayer.say("anchor.margin"), cell(sayer.say("anchor.seconds", seconds=result.uncertainty_seconds))),
    ]


def _outcome(result: AnchorResult, sayer: Sayer) -> list[Row]:
    return [
        (sayer.say("anchor.proof"), _check(result.proof, sayer)),
        (sayer.say("anchor.trust"), _check(result.trust, sayer)),
    ]


def _check(check: Check, sayer: Sayer) -> Cell:
    lines = [Line(sayer.status(check.status), "strong")]
    if check.reason is not None:
        lines += [Line(check.reason.value, "small"), Line(sayer.meaning(check.reason), "small")]
    return (*lines, Line(printable(check.detail), "small"))


def _timestamp(anchor: TimestampAnchor, result: AnchorResult, sayer: Sayer) -> list[Block]:
    from notary.timestamps.tsp import read_token

    name = result.facts.get("authority")
    title: Said = sayer.say("anchor.unnamed") if name is None else shown(str(name))
    digest = hashlib.sha256(anchor.token).hexdigest()
    rows: list[Row] = [
        (sayer.say("anchor.authority"), cell(title)),
        (sayer.say("anchor.token"), cell(f"SHA-256 {digest}", "code")),
    ]
    try:
        token = read_token(anchor.token)
    except TokenInvalid:
        token = None  # the outcome says what is wrong with it
    if token is not None:
        rows += _token(token, sayer)
    qualified = sayer.say(f"anchor.qualified.{'yes' if result.qualified else 'no'}")
    rows += [*_time(result, sayer), (sayer.say("anchor.qualified"), cell(qualified)), *_outcome(result, sayer)]
    return [Heading(3, sayer.say("anchor.rfc3161", name=title)), Pairs(tuple(rows))]


def _token(token: Token, sayer: Sayer) -> list[Row]:
    accuracy = sayer.say("anchor.accuracy.none")
    if token.accuracy_us is not None:
        accuracy = sayer.say("anchor.seconds", seconds=f"{token.accuracy_us / 1_000_000:g}")
    rows: list[Row] = [
        (sayer.say("anchor.policy"), cell(token.policy, "code")),
        (sayer.say("anchor.serial"), cell(str(token.serial), "code")),
        (sayer.say("anchor.accuracy"), cell(accuracy)),
    ]
    for number, der in enumerate(token.certificates[:MAX_CERTIFICATES], 1):
        rows.append((sayer.say("anchor.certificate", number=number), cell(_certificate(der, sayer), "small")))
    return rows


def _certificate(der: bytes, sayer: Sayer) -> Said:
    from cryptography import x509

    digest = hashlib.sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except ValueError:
        return f"SHA-256 {digest}"
    return sayer.say(
        "anchor.certificate.text",
        subject=shown(subject),
        issuer=shown(issuer),
        begin=f"{begin:%Y-%m-%d}",
        end=f"{end:%Y-%m-%d}",
        digest=digest,
    )


def _ots(anchor: OtsAnchor, result: AnchorResult, sayer: Sayer) -> list[Block]:
    height, block_hash = result.facts.get("height"), result.facts.get("block_hash")
    rows: list[Row] = []
    calendars = result.facts.get("calendars")
    if isinstance(height, int):
        rows.append((sayer.say("anchor.height"), cell(str(height), "strong")))
        root = _merkle_root(anchor, height)
        if root is not None:
            rows.append((sayer.say("anchor.merkle"), cell(root, "code")))
    if block_hash is not None:
        rows.append((sayer.say("anchor.block-hash"), cell(str(block_hash), "code")))
    if isinstance(calendars, list) and calendars:
        lines = tuple(Line(shown(str(address)), "code") for address in calendars)
        rows.append((sayer.say("anchor.calendars"), lines))
    rows += _time(result, sayer)
    rows.append((sayer.say("anchor.operator"), cell(sayer.say("anchor.operator.ots"))))
    rows += _outcome(result, sayer)
    if not isinstance(height, int):
        return [Heading(3, sayer.say("anchor.ots.pending")), Pairs(tuple(rows))]
    if result.trust.reason is Reason.DEV_CHAIN:  # no explorer has a block that anybody makes for themselves
        return [Heading(3, sayer.say("anchor.ots", height=height)), Pairs(tuple(rows))]
    addresses = [address.format(height=height) for address in _BITCOIN_EXPLORERS]
    codes = Codes(tuple(Code(address, sayer.say("anchor.lookup.block")) for address in addresses))
    return [Heading(3, sayer.say("anchor.ots", height=height)), Pairs(tuple(rows)), codes]


def _merkle_root(anchor: OtsAnchor, height: int) -> str | None:
    """As explorers print it: the bytes of the block's Merkle root from the last to the first."""
    from notary.timestamps.ots import Kind, OtsProof, bitcoin_root

    try:
        for attestation in OtsProof.from_bytes(anchor.proof).attestations():
            if attestation.kind is Kind.BITCOIN and attestation.height == height:
                return bitcoin_root(attestation)[::-1].hex()
    except OtsInvalid:
        return None
    return None

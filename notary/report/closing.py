"""The parts that end a report: how it was made, what it rests on, its limits, how to check it, words, signatures."""

from __future__ import annotations

import hashlib

from notary.report.inputs import MAX_TEXT, ReportInput, digest_of
from notary.report.judged import Judged
from notary.report.page_one import party
from notary.report.text import shown
from notary.report.values import BLANK, Block, Bullets, Cell, Heading, Line, Pairs, Paragraph, Said, Signature, cell
from notary.report.words import Sayer, sentences
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Status, utc

MAX_BLOCKS = 50  # of the issuer's trust, in print; the rest is in trust.json
_TERM = "term."

Row = tuple[Said, Cell]


def made(given: ReportInput, sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    unknown = cell(sayer.say("made.not-known"))

    def digest(value: bytes | None) -> Cell:
        return unknown if value is None else cell(value.hex(), "code")

    parties = tuple(Line(party(one, MAX_TEXT)) for one in given.parties)
    rows: list[Row] = [
        (sayer.say("one.case"), cell(shown(given.case)) if given.case else unknown),
        (sayer.say("one.parties"), parties or unknown),
        (sayer.say("one.prepared-by"), cell(shown(given.prepared_by)) if given.prepared_by else unknown),
        (sayer.say("made.program"), cell(shown(given.program)) if given.program else unknown),
        (sayer.say("made.program-digest"), digest(given.program_digest)),
        (sayer.say("made.page-digest"), digest(given.page_digest)),
        (sayer.say("made.algorithms"), cell(sayer.say("made.algorithms.text"))),
    ]
    blocks: list[Block] = [Heading(1, sayer.say("made")), Pairs(tuple(rows))]
    for side in sides:
        if len(sides) > 1:
            blocks.append(Heading(2, sayer.say("index.side", label=shown(side.side.label))))
        trust = side.side.trust
        files: list[Row] = [
            (sayer.say("made.bundle"), digest(side.side.bundle_digest)),
            (sayer.say("made.receipts"), cell(digest_of(side.side.receipts), "code")),
            (sayer.say("made.trust"), unknown if trust is None else cell(digest_of(trust), "code")),
        ]
        blocks.append(Pairs(tuple(files)))
        blocks.append(Heading(3 if len(sides) > 1 else 2, sayer.say("made.trusted")))
        blocks += _trusted(side.trust, sayer)
    blocks.append(Heading(2, sayer.say("made.interest")))
    blocks.append(Paragraph(sayer.say("made.interest.text")))
    blocks.append(Pairs(((sayer.say("made.interest.blank"), BLANK),)))
    return blocks


def _trusted(trust: Trust, sayer: Sayer) -> list[Block]:
    rows: list[Row] = []
    for chain in trust.chains:
        lines = [
            Line(sayer.say("made.trusted.block", number=number, hash="0x" + block.hash.hex()), "code")
            for number, block in list(chain.blocks.items())[:MAX_BLOCKS]
        ]
        if len(chain.blocks) > MAX_BLOCKS:
            lines.append(Line(sayer.say("made.trusted.more", count=len(chain.blocks) - MAX_BLOCKS), "small"))
        name: Said = sayer.say("list.pair", name=sayer.say("anchor.chain-id"), value=str(chain.chain_id))
        rows.append((sayer.say("made.dev-chain", name=name) if chain.dev else name, tuple(lines)))
    for authority in trust.authorities:
        text = sayer.say("made.trusted.authority", digest=hashlib.sha256(authority.root).hexdigest())
        rows.append((shown(authority.name) or sayer.say("anchor.authority"), cell(text, "code")))
    for header in trust.bitcoin[:MAX_BLOCKS]:
        text = sayer.say("made.trusted.header", height=header.height, header=header.header.hex())
        rows.append((sayer.say("made.dev-chain", name="Bitcoin") if header.regtest else "Bitcoin", cell(text, "code")))
    for signer in trust.signers:
        text = sayer.say("made.trusted.signer", digest=hashlib.sha256(signer.root).hexdigest())
        rows.append((shown(signer.name) or sayer.say("custody.signed"), cell(text, "code")))
    if not rows:
        return [Paragraph(sayer.say("made.trusted.none"), "strong")]
    return [Paragraph(sayer.say("made.trusted.lead")), Pairs(tuple(rows))]


def records(given: ReportInput, sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    """Evidence records, judged at the time that the report states for itself."""
    if not any(side.side.records for side in sides):
        return []
    from notary.records.algorithms import default_policy
    from notary.records.evidence_check import Validator
    from notary.verdicts.reasons.records import RECORD_WORDS

    blocks: list[Block] = [Heading(1, sayer.say("records")), Paragraph(sayer.say("records.lead"))]
    for side in sides:
        validator = Validator(side.trust.authorities, default_policy(), given.made_at)
        for record in side.side.records:
            verdict = validator.validate_bytes(record.data, [dict(record.digests).get])
            outcome = [Line(sayer.status(verdict.status), "strong")]
            if verdict.reason is not None:
                reason = verdict.reason
                meaning = tuple(RECORD_WORDS[language].meanings[reason] for language in sayer.languages)
                outcome += [Line(reason.value, "small"), Line(meaning, "small")]
            rows: list[Row] = [
                (sayer.say("records.of"), cell(shown(record.of), "strong")),
                (sayer.say("records.result"), tuple(outcome)),
            ]
            if verdict.status is Status.PASSED and verdict.not_after is not None:
                latest = sayer.date(verdict.not_after + verdict.uncertainty_seconds)
                rows.append((sayer.say("records.time"), cell(latest, "strong")))
            if verdict.next_end is not None and verdict.next_end.until is not None:
                ending = f"{utc(verdict.next_end.until)} ({shown(verdict.next_end.what)})"
                rows.append((sayer.say("records.next"), cell(ending)))
            stamps = tuple(
                Line(f"{stamp.chain + 1}.{stamp.place + 1}: {'?' if stamp.at is None else utc(stamp.at)}", "small")
                for stamp in verdict.stamps
            )
            rows.append((sayer.say("records.stamps"), stamps or cell("0")))
            blocks.append(Pairs(tuple(rows)))
    return blocks


def limits(sayer: Sayer) -> list[Block]:
    names = ("truth", "author", "before", "other", "after", "trust", "clock", "paper", "legal")
    items = tuple(sayer.say(f"limits.{name}") for name in names)
    return [Heading(1, sayer.say("limits")), Bullets(items)]


def checking(sayer: Sayer) -> list[Block]:
    items = tuple(sayer.say(f"check.{number}") for number in range(1, 6))
    return [Heading(1, sayer.say("check")), Bullets(items)]


def glossary(sayer: Sayer) -> list[Block]:
    keys = [key for key in sentences("en") if key.startswith(_TERM) and not key.endswith(".text")]
    rows = tuple((sayer.say(key), cell(sayer.say(f"{key}.text"))) for key in keys)
    return [Heading(1, sayer.say("glossary")), Pairs(rows)]


def signatures(sayer: Sayer) -> list[Block]:
    lines = (sayer.say("sign.name"), sayer.say("sign.place"), sayer.say("sign.signature"))
    roles = ("preparer", "expert", "notary")
    return [
        Heading(1, sayer.say("sign")),
        Paragraph(sayer.say("sign.lead")),
        *(Signature(sayer.say(f"sign.{role}"), lines) for role in roles),
    ]

"""`tallystick verify` of a signing record, with whatever lies beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.words import at
from portal.exit_codes import Exit

if TYPE_CHECKING:
    from notary.verdicts.trust import Trust
    from notary.verdicts.verdict import Verdict
    from portal.cli.shell import Shell
    from portal.pairing import Collected
    from portal.papers import Paper
    from portal.signing.check import AskWallet, Beside, Outcome
    from portal.signing.record import SignedRecord
    from portal.signing.verdict import RecordVerdict

BEGINNING = b'{"format":"tallystick/signing-record",'  # portal.signing.record.BEGINNING, without its import
EXITS = {"PASSED": Exit.OK, "FAILED": Exit.FAILED, "INDETERMINATE": Exit.INDETERMINATE}
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}


def is_record(path: str) -> bool:
    """Whether a file begins as a signing record does."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING
    except OSError:
        return False


def verify_signing(
    shell: Shell,
    path: str,
    others: Sequence[str],
    collected: Collected,
    trust: Trust,
    ask_wallet: AskWallet | None,
    locale: str,
) -> Exit:
    """Check one record and say what came out.

    others     what lies beside: the plan's dossier or file, and documents that the record names
    collected  the record with its receipt

    Raises FileMissing, FileTooLarge, SigningRecordInvalid, PaperInvalid, DossierInvalid, ReceiptInvalid.
    """
    from portal.reading import read_bounded
    from portal.signing.check import check_record, dated
    from portal.signing.record import MAX_BYTES, SignedRecord

    file = Path(path)
    data = read_bounded(file, MAX_BYTES)
    signed = SignedRecord.from_bytes(data, file.name)
    receipt = _receipt(collected, data, trust, ask_wallet)
    verdict = check_record(
        signed,
        hashlib.sha256(data).digest(),
        receipt=receipt,
        beside=_beside(signed, others, trust, dated(receipt)),
        trust=trust,
        ask_wallet=ask_wallet,
    )
    _show(shell, path, verdict, locale)
    return EXITS[verdict.status.value]


def _receipt(collected: Collected, data: bytes, trust: Trust, ask_wallet: AskWallet | None) -> Verdict | None:
    """The verdict on the record's receipt: of several, on the newest that shows its digest.  Raises ReceiptInvalid."""
    from notary.sealing.hashing import FileDigests
    from notary.verdicts.verify import DocumentDigests, Verifier, needed_digests
    from portal.pairing import pair

    digest = hashlib.sha256(data).digest()
    (document,) = collected.documents
    found = pair(collected, {document.path: FileDigests(len(data), digest)})[0].found
    if found is None:
        return None
    if found.receipt is None:
        assert found.error is not None
        raise found.error
    extra = {name: hashlib.new(name, data).digest() for name in needed_digests(found.receipt) if name != "sha256"}
    return Verifier(trust, ask_wallet).verify(found.receipt, DocumentDigests(len(data), {"sha256": digest, **extra}))


def _beside(signed: SignedRecord, others: Sequence[str], trust: Trust, at: int | None) -> Beside:
    """Raises FileMissing, FileTooLarge, PaperInvalid, DossierInvalid, ArgumentInvalid (two plans)."""
    from notary.sealing.hashing import Unhashable, hash_file
    from portal.cli.verify_dossier import is_dossier
    from portal.errors import ArgumentInvalid, FileMissing
    from portal.reading import read_bounded
    from portal.signing.agreed import MAX_BYTES, check_agreed
    from portal.signing.check import Beside
    from portal.signing.record import Kind

    paper: Paper | None = None
    listed: Mapping[str, bytes] = {}
    documents: dict[str, bytes] = {}
    agreed: list[Outcome] = []
    named = {one.sha256 for one in signed.record.evidence if one.kind is Kind.SIGNED_AGREEMENT}
    for path in others:
        found = _dossier(path) if is_dossier(path) else (_paper(path), {})
        if found[0] is not None:
            if paper is not None:
                raise ArgumentInvalid("PATH", path, "is a second plan; a record is of one")
            paper, listed = found
            continue
        outcome = hash_file(path)
        if isinstance(outcome, Unhashable):
            raise FileMissing(path, outcome.reason)
        documents[Path(path).name] = outcome.sha256
        if outcome.sha256 in named and signed.record.agreement is not None:
            pdf = read_bounded(Path(path), MAX_BYTES)
            agreed += check_agreed(pdf, signed.record.agreement.sha256, [one.root for one in trust.signers], at)
    return Beside(paper, listed, documents, agreed)


def _dossier(path: str) -> tuple[Paper, Mapping[str, bytes]]:
    from portal.dossier.file import MAX_BYTES, Dossier
    from portal.reading import read_bounded

    dossier = Dossier.from_bytes(read_bounded(Path(path), MAX_BYTES), Path(path).name)
    return dossier.paper, {one.role.value: one.sha256 for one in dossier.records if one.sha256}


def _paper(path: str) -> Paper | None:
    """The plan of a plan's own file; None for any other file."""
    from portal.errors import PaperInvalid
    from portal.papers import MAX_BYTES, PLAN, Paper
    from portal.reading import read_bounded

    file = Path(path)
    try:
        with file.open("rb") as opened:
            if PLAN.encode() not in opened.read(MAX_BYTES + 1)[: len(PLAN) + 40]:
                return None
    except OSError:
        return None  # hashing says why
    paper = Paper.from_bytes(read_bounded(file, MAX_BYTES), file.name)
    if not paper.is_plan:
        raise PaperInvalid(file.name, "is an escrow; signing records are of plans")
    return paper


def _show(shell: Shell, path: str, verdict: RecordVerdict, locale: str) -> None:
    from notary.verdicts.reasons import words
    from notary.verdicts.verdict import printable
    from portal.signing.words import WORDS

    language, common, one = WORDS[locale], words(locale), verdict.signed.record
    if shell.as_json:
        shell.result({**verdict.to_json(language, locale), "file": path})
        return
    status = verdict.status
    click.secho(f"{common.statuses[status]:<13} ", fg=COLOURS[status.value], bold=True, nl=False)
    click.echo(f"{printable(path)}{f'  ({verdict.reason})' if verdict.reason else ''}")
    values = {
        "role": language.roles[one.role],
        "name": one.name,
        "address": f"0x{one.address.hex()}",
        "shown": at(one.shown_at),
        "signed": at(one.signed_at),
        "made": at(one.made_at),
        "program": one.program,
        "languages": language.comma.join(one.languages),
        "level": language.levels[one.signature_level],
        "documents": language.comma.join(language.kinds[each.kind] for each in one.evidence) or language.none,
    }
    for line in language.lines:
        shell.say(line.format_map(values))
    for check in verdict.checks:
        detail = f": {printable(check.detail)}" if check.detail else ""
        reason = f" ({check.reason})" if check.reason else ""
        title = language.titles[check.number - 1]
        shell.say(f"  {check.number}  {common.statuses[check.status]:<13} {title}{reason}{detail}")
    for reason in dict.fromkeys(check.reason for check in verdict.checks if check.reason is not None):
        shell.say(f"{reason}: {language.meanings[reason]}")
    shell.say(language.not_proven)

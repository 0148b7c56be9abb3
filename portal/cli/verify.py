"""`tallystick verify`: check files against their receipts, offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.shell import Shell, command, no_progress
from portal.exit_codes import Exit

if TYPE_CHECKING:
    from notary.court.examine import Finding
    from notary.records.evidence_verdict import RecordVerdict
    from notary.sealing.hashing import Outcome
    from notary.verdicts.reasons import Words
    from notary.verdicts.trust import Trust
    from notary.verdicts.verdict import Verdict
    from notary.verdicts.verify import Verifier
    from notary.verdicts.verify_case import AskWallet
    from portal.cli.verify_bundle import Carried
    from portal.pairing import Collected, Pair

WORDS = ("PASSED", "FAILED", "INDETERMINATE")
LOCALES = ("en", "zh-Hans", "zh-Hant")  # reasons.LOCALES, without its import at every start
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}
QUICK_BYTES, QUICK_FILES = 64 * 1024**2, 500  # hashed before a progress bar could be drawn
MAX_LISTED = 50  # files that are listed one by one when nothing is wrong with them


@command("verify", after="FAILED means: not this file, or not this receipt. Keep both as they are, and ask.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--receipt",
    "receipts",
    metavar="PATH",
    multiple=True,
    help="Receipt, bundle or folder of receipts; no others count then; repeatable "
    "[default: NAME.receipt.json beside each file].",
)
@click.option("--trust", metavar="FILE", help="Blocks, chains and contracts that you trust (a trusted-blocks file).")
@click.option("--block", "blocks", metavar="C:N:0xH", multiple=True, help="A block that you know: chain, number, hash.")
@click.option(
    "--rpc",
    "nodes",
    metavar="URL",
    multiple=True,
    help="A node of yours to ask for the blocks' hashes; several: each on its own.",
)
@click.option(
    "--tsa-root", "tsa_roots", metavar="FILE", multiple=True, help="Root of a time-stamp authority: PEM, DER."
)
@click.option("--tsa-cert", "tsa_certs", metavar="FILE", multiple=True, help="Certificates that its tokens lack.")
@click.option("--bitcoin-header", "headers", metavar="H:HEX", multiple=True, help="A Bitcoin header: height, 80 bytes.")
@click.option(
    "--bitcoin-headers",
    "header_files",
    metavar="FILE[@H]",
    multiple=True,
    help="A file of Bitcoin headers, from block 0 or from height H on.",
)
@click.option("--signer-root", "signer_roots", metavar="FILE", multiple=True, help="Root of custody signers: PEM, DER.")
@click.option("--locale", type=click.Choice(LOCALES), default="en", show_default=True, help="Language of the verdict.")
def verify(
    shell: Shell,
    paths: tuple[str, ...],
    receipts: tuple[str, ...],
    trust: str | None,
    blocks: tuple[str, ...],
    nodes: tuple[str, ...],
    locale: str,
    **given: tuple[str, ...],
) -> Exit:
    """Check files against their receipts; no network, no account, no server of ours.

    PATH is a file (its receipt beside it as NAME.receipt.json, or named by --receipt), a receipt alone, a folder of
    both, a case's bundle or report (then documents for its receipts), the dossier of a plan or its completion
    paper, or a party's signing record (first; then what lies beside it: the plan's dossier or file, documents that it
    names), or the agreement of a plan (then its dossier or file). With --receipt, receipts in or beside PATH are not
    used. Twelve checks lead from the file to a block of a chain, a time-stamp authority or a Bitcoin block, and on to
    who signed and whether it still stands. What no receipt can show is that the block or the authority is a real one:
    that you say with --block, --rpc, --tsa-root, --bitcoin-header or --trust. Without it the verdict is INDETERMINATE
    and tells what to look up.

    \b
    Examples:
      tallystick verify contract.pdf
      tallystick verify contracts/ --receipt receipts/smith-2026/ --trust my-blocks.json
      tallystick verify invoice.pdf --block 1:21000000:0xab12...
      tallystick verify smith-2026.zip --trust my-blocks.json
      tallystick verify smith-agreement.pdf smith-plan.dossier.json
      tallystick verify debtor.record.json smith-plan.dossier.json --signer-root ca.pem
      tallystick verify invoice.pdf --tsa-root authority.pem --locale zh-Hans
    """
    from notary.memory import no_cycle_search
    from notary.verdicts.reasons import Text, said, words
    from notary.verdicts.verify import Verifier
    from portal.cli.verify_agreement import is_agreement, verify_agreement
    from portal.cli.verify_bundle import carried
    from portal.cli.verify_dossier import completion_paper, is_dossier, verify_dossier
    from portal.cli.verify_signing import is_record, verify_signing
    from portal.pairing import Collected, collect, pair, superseded

    if len(paths) == 1 and is_dossier(paths[0]):
        known, _ = _trust(trust, blocks, (), given, Collected((), (), ()))
        return verify_dossier(shell, paths[0], known, nodes, locale)
    paper = completion_paper(paths[0]) if len(paths) == 1 and not receipts else None
    if paper is not None:
        known, _ = _trust(trust, blocks, (), given, Collected((), (), ()))
        return verify_dossier(shell, paths[0], known, nodes, locale, paper)
    if not receipts and is_agreement(paths[0]):
        return verify_agreement(shell, paths[0], paths[1:], locale)
    if is_record(paths[0]):
        collected = collect(paths[:1], receipts)
        known, _ = _trust(trust, blocks, nodes, given, collected)
        return verify_signing(shell, paths[0], paths[1:], collected, known, _asker(nodes), locale)
    language = words(locale)
    with no_cycle_search(), shell.progress() as progress:  # receipts are trees, and tens of thousands of them
        whole = carried(paths[0], progress) if not receipts else None
        collected = collect(paths, receipts) if whole is None else _beside(whole, paths[1:])
    known, silent = _trust(trust, blocks, nodes, given, collected)
    verifier = Verifier(known, _asker(nodes))
    outcomes = _hash(shell, collected)
    with no_cycle_search():
        pairs = pair(collected, outcomes)
        results = [_result(verifier, one, outcomes, language) for one in pairs]
        if whole is not None:
            taken = {id(one.found) for one in pairs if one.found is not None}
            own = [one for one in whole.pairs if one.document is not None or id(one.found) not in taken]
            results = [_result(verifier, one, whole.outcomes, language) for one in own] + results
            pairs = own + pairs
    older = superseded(pairs, {place: r.verdict for place, r in enumerate(results) if r.verdict is not None})
    results = [result for place, result in enumerate(results) if place not in older]
    if whole is not None:
        results = [_bundled(result, locale) for result in results] + [_finding(one, locale) for one in whole.findings]
        results += _records(whole, known, locale)
    for path, why in collected.refused:
        text = language.tell(said(Text.PATH_REFUSED, text=why))
        results.append(Result(path, "", "INDETERMINATE", "unreadable", text))
    status, exit_code = _overall(results)
    counts = {word: sum(result.status == word for result in results) for word in WORDS}
    unused = [said(Text.RECEIPTS_UNUSED, count=collected.unused)] if collected.unused else []
    notes = [*map(language.tell, unused), *silent]
    contents = "" if whole is None or whole.contents is None else whole.contents.hex()
    if not shell.as_json:
        if contents:
            shell.say(f"contents: {contents}")
        _show(shell, results, status, counts, language)
        for note in notes:
            shell.say(language.say(Text.NOTE, {"text": note}))
    else:
        listed = [result.to_json(locale) for result in results]
        of_bundle = {"contents_sha256": contents} if contents else {}
        shell.result({"status": status, "counts": counts, "results": listed, "notes": notes, **of_bundle})
    return exit_code


def _beside(whole: Carried, paths: Sequence[str]) -> Collected:
    """The documents that were named behind a bundle or a report, with its receipts; their own receipts do not count.

    Raises FileMissing.
    """
    from portal.pairing import Collected, collect

    found = collect(paths, ()) if paths else Collected((), (), ())
    receipts = tuple(one for one in whole.collected.receipts if one.receipt is not None)
    return Collected(found.documents, receipts, found.refused, False, len({one.source for one in found.receipts}))


@dataclass(frozen=True)
class Result:
    """What came out for one document, or for one receipt without a document.

    reason, text   the code and the sentence that decided; a verdict says more
    record         the verdict on an evidence record, which is what `document` names
    note           that the file's name is not the sealed one, or ""; it stands in the verdict's notes too
    sealed_in      where the receipt proves to be from: the log's origin, its key in hex, the case; or None
    """

    document: str
    receipt: str
    status: str
    reason: str
    text: str
    verdict: Verdict | None = None
    record: RecordVerdict | None = None
    note: str = ""
    sealed_in: tuple[str, str, str] | None = None

    def to_json(self, locale: str) -> dict[str, object]:
        return {
            "document": self.document or None,
            "receipt": self.receipt or None,
            "status": self.status,
            "reason": self.reason or None,
            "text": self.text,
            "verdict": self.verdict.to_json(locale) if self.verdict is not None else None,
            **({} if self.record is None else {"record": self.record.to_json()}),
        }


def _hash(shell: Shell, collected: Collected) -> dict[str, Outcome]:
    from notary.sealing.hashing import hash_files
    from notary.verdicts.verify import needed_digests

    needed = {name for found in collected.receipts if found.receipt for name in needed_digests(found.receipt)}
    extra = sorted(needed - {"sha256"})
    files = [(document.path, document.size) for document in collected.documents]
    total, done = sum(size for _, size in files), 0
    with shell.progress() if total > QUICK_BYTES or len(files) > QUICK_FILES else nullcontext(no_progress) as progress:

        def advance(_files: int, size: int) -> None:
            nonlocal done
            done += size
            progress("hash", done, total, "bytes")

        outcomes = hash_files(files, extra, advance=advance)
    return {path: outcome for (path, _), outcome in zip(files, outcomes, strict=True)}


def _result(verifier: Verifier, one: Pair, outcomes: Mapping[str, Outcome], language: Words) -> Result:
    from notary.errors import ReceiptVersionUnknown
    from notary.sealing.hashing import Unhashable
    from notary.verdicts.reasons import Reason, Text, said
    from notary.verdicts.verdict import Note
    from notary.verdicts.verify import DocumentDigests
    from portal.pairing import has_sealed_name

    document = one.document.path if one.document else ""
    if one.found is None:
        return Result(document, "", "INDETERMINATE", "no-receipt", language.tell(said(Text.NO_RECEIPT)))
    if one.found.receipt is None:
        error = one.found.error
        status = "INDETERMINATE" if isinstance(error, ReceiptVersionUnknown) else "FAILED"
        reason = Reason.RECEIPT_INVALID if status == "FAILED" else Reason.RECEIPT_VERSION_UNKNOWN
        text = language.tell(said(Text.REFUSED, text=f"{error} {error and error.hint}", reason=reason))
        return Result(document, one.found.source, status, getattr(error, "code", ""), text)
    outcome = outcomes.get(document)
    if isinstance(outcome, Unhashable):
        text = language.tell(said(Text.FILE_REFUSED, text=outcome.reason))
        return Result(document, one.found.source, "INDETERMINATE", outcome.code, text)
    digests = None
    if outcome is not None:
        digests = DocumentDigests(outcome.size, {"sha256": outcome.sha256, **dict(outcome.extra)})
    receipt = one.found.receipt
    verdict, shown, note = verifier.verify(receipt, digests), receipt.shown(), ""
    if one.document is not None and "name" in shown and not has_sealed_name(one.document, one.found):
        other = Note(None, Text.NAME_DIFFERS, {"name": Path(document).name, "sealed": str(shown["name"])})
        verdict, note = replace(verdict, notes=(*verdict.notes, other)), other.say(language)
    sealed_in = None
    if verdict.proves(3, 4, 5):
        sealed_in = (
            receipt.log.origin,
            receipt.log.key.hex(),
            str(shown.get("case", language.tell(said(Text.CASE_HIDDEN)))),
        )
    name, text = document or str(shown.get("name", "")), language.meanings[verdict.reason] if verdict.reason else ""
    return Result(
        name,
        one.found.source,
        verdict.status.value,
        verdict.reason or "",
        text,
        verdict,
        note=note,
        sealed_in=sealed_in,
    )


def _bundled(result: Result, locale: str) -> Result:
    """As it is said of a bundle's document that no receipt is of."""
    from notary.court.examine import BundleReason
    from notary.court.words import MEANINGS

    if result.reason != "no-receipt":
        return result
    return replace(result, reason=BundleReason.NO_RECEIPT.value, text=MEANINGS[locale][BundleReason.NO_RECEIPT])


def _finding(one: Finding, locale: str) -> Result:
    """What was found about a file of a bundle, or about a report."""
    from notary.court.words import MEANINGS

    text = MEANINGS[locale][one.reason] if one.reason else ""
    return Result(one.name, "", one.status.value, str(one.reason or ""), " ".join(filter(None, (text, one.detail))))


def _records(whole: Carried, known: Trust, locale: str) -> list[Result]:
    """What came out for each evidence record of a bundle, at this time."""
    if not whole.records:
        return []
    from notary.court.records import judge_records
    from notary.records.algorithms import default_policy
    from notary.records.evidence_check import Validator
    from notary.sealing.hashing import FileDigests
    from notary.verdicts.reasons.records import RECORD_WORDS
    from portal.clock import now

    documents = [
        {"sha256": one.sha256, **dict(one.extra)} for one in whole.outcomes.values() if isinstance(one, FileDigests)
    ]
    validator, meanings = Validator(known.authorities, default_policy(), now()), RECORD_WORDS[locale].meanings
    return [
        Result(
            one.name,
            "",
            verdict.status.value,
            verdict.reason or "",
            meanings[verdict.reason] if verdict.reason else "",
            record=verdict,
        )
        for one, verdict in zip(whole.records, judge_records(whole.records, documents, validator), strict=True)
    ]


def _asker(nodes: Sequence[str]) -> AskWallet | None:
    if not nodes:
        return None
    from portal.wallets import wallet_asker

    return wallet_asker(nodes)


def _overall(results: Sequence[Result]) -> tuple[str, Exit]:
    if any(result.status == "FAILED" for result in results):
        return "FAILED", Exit.FAILED
    if results and all(result.status == "PASSED" for result in results):
        return "PASSED", Exit.OK
    return "INDETERMINATE", Exit.INDETERMINATE


def _show(shell: Shell, results: Sequence[Result], status: str, counts: Mapping[str, int], language: Words) -> None:
    from notary.verdicts.reasons import Status, Text, said
    from notary.verdicts.verdict import printable

    def say_note(note: str) -> None:
        shell.say(language.say(Text.NOTE, {"text": printable(note)}))

    if len(results) == 1 and results[0].verdict is not None:
        _headline(status, language, printable(results[0].document or results[0].receipt), results[0].reason)
        for line in results[0].verdict.explain(language.locale)[1:]:
            shell.say(line)
        return
    wrong = [result for result in results if result.status != "PASSED"]
    for result in results if len(results) <= MAX_LISTED else wrong[:MAX_LISTED]:
        _headline(result.status, language, printable(result.document or result.receipt), result.reason)
    if len(wrong) > MAX_LISTED and len(results) > MAX_LISTED:
        shell.say(language.tell(said(Text.MORE_NOT_PASSED, count=len(wrong) - MAX_LISTED)))
    differing = [result.note for result in results if result.note]
    for note in differing[:MAX_LISTED]:
        say_note(note)
    if len(differing) > MAX_LISTED:
        shell.say(language.tell(said(Text.MORE_NAMES, count=len(differing) - MAX_LISTED)))
    places = list(dict.fromkeys(result.sealed_in for result in results if result.sealed_in is not None))
    for origin, key, case in places[:MAX_LISTED]:
        shell.say(printable(language.tell(said(Text.SEALED_IN, origin=origin, key=key, case=case))))
    if len(places) > MAX_LISTED:
        shell.say(language.tell(said(Text.MORE_PLACES, count=len(places) - MAX_LISTED)))
    for reason, text in {result.reason: result.text for result in results if result.reason}.items():
        shell.say(f"{reason}: {text}")
    names = {word: language.statuses[Status(word)] for word in WORDS}
    shell.say(f"{names[status]}: " + ", ".join(f"{n} {names[word]}" for word, n in counts.items() if n) + ".")
    shell.say(language.not_proven)


def _headline(status: str, language: Words, name: str, reason: str = "") -> None:
    from notary.verdicts.verdict import Status

    click.secho(f"{language.statuses[Status(status)]:<13} ", fg=COLOURS[status], bold=True, nl=False)
    click.echo(f"{name}{f'  ({reason})' if reason else ''}")


def _trust(
    path: str | None,
    blocks: Sequence[str],
    nodes: Sequence[str],
    given: Mapping[str, Sequence[str]],
    collected: Collected,
) -> tuple[Trust, tuple[str, ...]]:
    """What the verifier knows from a side of its own, and why nodes do not count, a sentence each.

    given  by the other options: tsa_roots, tsa_certs, headers, header_files, signer_roots

    Raises FileMissing, FileTooLarge, TrustInvalid, BitcoinHeaderInvalid, NodeError.
    """
    from notary.verdicts.trust import MAX_BYTES, Trust, trust_blocks
    from portal.reading import read_bounded

    trust = Trust() if path is None else Trust.from_bytes(read_bounded(Path(path), MAX_BYTES))
    trust = trust_blocks(blocks, trust)
    receipts = [found.receipt for found in collected.receipts if found.receipt is not None]
    if any(given.values()):
        from portal.trust_files import trust_authorities, trust_headers, trust_signers

        trust = trust_authorities(trust, given["tsa_roots"], given["tsa_certs"])
        trust = trust_headers(trust, given["headers"], given["header_files"], receipts)
        trust = trust_signers(trust, given["signer_roots"])
    if not nodes:
        return trust, ()
    from portal.trusted import ask_nodes

    return ask_nodes(trust, nodes, receipts)

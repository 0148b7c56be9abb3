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
    from notary.hashing import Outcome
    from notary.trust import Trust
    from notary.verdict import Verdict
    from notary.verify import Verifier
    from portal.pairing import Collected, Pair

WORDS = ("PASSED", "FAILED", "INDETERMINATE")
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}
QUICK_BYTES, QUICK_FILES = 64 * 1024**2, 500  # hashed before a progress bar could be drawn
UNUSED = "{count} receipts in or beside the named paths were not used: --receipt was given."
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
@click.option("--rpc", "nodes", metavar="URL", multiple=True, help="A node of yours to ask for the blocks' hashes.")
def verify(
    shell: Shell,
    paths: tuple[str, ...],
    receipts: tuple[str, ...],
    trust: str | None,
    blocks: tuple[str, ...],
    nodes: tuple[str, ...],
) -> Exit:
    """Check files against their receipts; no network, no account, no server of ours.

    PATH is a file (its receipt beside it as NAME.receipt.json, or named by --receipt), a receipt alone, or a folder
    of both. With --receipt, receipts in or beside PATH are not used. Nine checks lead from the file to a block of a
    chain. What no receipt can show is that the block is a real one: that you say with --block, --trust or --rpc.
    Without it the verdict is INDETERMINATE and tells which block to look up.

    \b
    Examples:
      tallystick verify contract.pdf
      tallystick verify contracts/ --receipt receipts/smith-2026/ --trust my-blocks.json
      tallystick verify invoice.pdf --block 1:21000000:0xab12...
    """
    from notary.verify import Verifier
    from portal.pairing import collect, pair, superseded

    collected = collect(paths, receipts)
    verifier = Verifier(_trust(trust, blocks, nodes, collected))
    outcomes = _hash(shell, collected)
    pairs = pair(collected, outcomes)
    results = [_result(verifier, one, outcomes) for one in pairs]
    older = superseded(pairs, {place: r.verdict for place, r in enumerate(results) if r.verdict is not None})
    results = [result for place, result in enumerate(results) if place not in older]
    results += [Result(path, "", "INDETERMINATE", "unreadable", f"It {reason}.") for path, reason in collected.refused]
    status, exit_code = _overall(results)
    counts = {word: sum(result.status == word for result in results) for word in WORDS}
    notes = [UNUSED.format(count=collected.unused)] if collected.unused else []
    if not shell.as_json:
        _show(shell, results, status, counts)
        for note in notes:
            shell.say(f"Note: {note}")
    listed = [result.to_json() for result in results]
    shell.result({"status": status, "counts": counts, "results": listed, "notes": notes})
    return exit_code


@dataclass(frozen=True)
class Result:
    """What came out for one document, or for one receipt without a document.

    reason, text   the code and the sentence that decided; a verdict says more
    note           that the file's name is not the sealed one, or ""; it stands in the verdict's notes too
    sealed_in      where the receipt proves to be from: the log's origin, its key in hex, the case; or None
    """

    document: str
    receipt: str
    status: str
    reason: str
    text: str
    verdict: Verdict | None = None
    note: str = ""
    sealed_in: tuple[str, str, str] | None = None

    def to_json(self) -> dict[str, object]:
        return {
            "document": self.document or None,
            "receipt": self.receipt or None,
            "status": self.status,
            "reason": self.reason or None,
            "text": self.text,
            "verdict": self.verdict.to_json() if self.verdict is not None else None,
        }


def _hash(shell: Shell, collected: Collected) -> dict[str, Outcome]:
    from notary.hashing import hash_files
    from notary.verify import needed_digests

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


def _result(verifier: Verifier, one: Pair, outcomes: Mapping[str, Outcome]) -> Result:
    from notary.errors import ReceiptVersionUnknown
    from notary.hashing import Unhashable
    from notary.verdict import Note
    from notary.verify import DocumentDigests
    from portal.pairing import has_sealed_name

    document = one.document.path if one.document else ""
    if one.found is None:
        text = "No receipt for it is at hand. Name the receipts with --receipt, or put NAME.receipt.json beside it."
        return Result(document, "", "INDETERMINATE", "no-receipt", text)
    if one.found.receipt is None:
        error = one.found.error
        status = "INDETERMINATE" if isinstance(error, ReceiptVersionUnknown) else "FAILED"
        return Result(document, one.found.source, status, getattr(error, "code", ""), f"{error} {error and error.hint}")
    outcome = outcomes.get(document)
    if isinstance(outcome, Unhashable):
        return Result(document, one.found.source, "INDETERMINATE", outcome.code, f"The file {outcome.reason}.")
    digests = None
    if outcome is not None:
        digests = DocumentDigests(outcome.size, {"sha256": outcome.sha256, **dict(outcome.extra)})
    receipt = one.found.receipt
    verdict, shown, note = verifier.verify(receipt, digests), receipt.shown(), ""
    if one.document is not None and "name" in shown and not has_sealed_name(one.document, one.found):
        note = f"the file's name {Path(document).name} is not the sealed name {shown['name']}."
        verdict = replace(verdict, notes=(*verdict.notes, Note(None, note)))
    sealed_in = None
    if verdict.proves(3, 4, 5):
        sealed_in = (receipt.log.origin, receipt.log.key.hex(), str(shown.get("case", "(hidden)")))
    name, text = document or str(shown.get("name", "")), _sentence(verdict)
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


def _sentence(verdict: Verdict) -> str:
    from notary.verdict import MEANINGS

    return MEANINGS[verdict.reason] if verdict.reason else ""


def _overall(results: Sequence[Result]) -> tuple[str, Exit]:
    if any(result.status == "FAILED" for result in results):
        return "FAILED", Exit.FAILED
    if results and all(result.status == "PASSED" for result in results):
        return "PASSED", Exit.OK
    return "INDETERMINATE", Exit.INDETERMINATE


def _show(shell: Shell, results: Sequence[Result], status: str, counts: Mapping[str, int]) -> None:
    from notary.verdict import NOT_PROVEN, printable

    if len(results) == 1 and results[0].verdict is not None:
        _headline(status, printable(results[0].document or results[0].receipt), results[0].reason)
        for line in results[0].verdict.explain()[1:]:
            shell.say(line)
        return
    wrong = [result for result in results if result.status != "PASSED"]
    for result in results if len(results) <= MAX_LISTED else wrong[:MAX_LISTED]:
        _headline(result.status, printable(result.document or result.receipt), result.reason)
    if len(wrong) > MAX_LISTED and len(results) > MAX_LISTED:
        shell.say(f"... and {len(wrong) - MAX_LISTED} more that did not pass; --json lists all")
    differing = [result.note for result in results if result.note]
    for note in differing[:MAX_LISTED]:
        shell.say(f"Note: {printable(note)}")
    if len(differing) > MAX_LISTED:
        shell.say(f"... and {len(differing) - MAX_LISTED} more whose name is not the sealed one; --json lists all")
    places = list(dict.fromkeys(result.sealed_in for result in results if result.sealed_in is not None))
    for origin, key, case in places[:MAX_LISTED]:
        shell.say(printable(f"Sealed in log {origin}, key {key}, case {case}."))
    if len(places) > MAX_LISTED:
        shell.say(f"... and in {len(places) - MAX_LISTED} more logs or cases; --json lists all")
    for reason, text in {result.reason: result.text for result in results if result.reason}.items():
        shell.say(f"{reason}: {text}")
    shell.say(f"{status}: " + ", ".join(f"{number} {word}" for word, number in counts.items() if number) + ".")
    shell.say(NOT_PROVEN)


def _headline(status: str, name: str, reason: str = "") -> None:
    click.secho(f"{status:<13} ", fg=COLOURS[status], bold=True, nl=False)
    click.echo(f"{name}{f'  ({reason})' if reason else ''}")


def _trust(path: str | None, blocks: Sequence[str], nodes: Sequence[str], collected: Collected) -> Trust:
    """What the verifier knows from a side of its own.  Raises FileMissing, FileTooLarge, TrustInvalid, NodeError."""
    from notary.trust import MAX_BYTES, Trust, trust_blocks
    from portal.reading import read_bounded

    trust = Trust() if path is None else Trust.from_bytes(read_bounded(Path(path), MAX_BYTES))
    trust = trust_blocks(blocks, trust)
    if nodes:
        from portal.trusted import ask_node

        receipts = [found.receipt for found in collected.receipts if found.receipt is not None]
        for url in nodes:
            trust = ask_node(trust, url, receipts)
    return trust

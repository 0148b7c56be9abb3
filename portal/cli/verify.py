"""`tallystick verify`: check files against their receipts, offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
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
MAX_LISTED = 50  # files that are listed one by one when nothing is wrong with them


@command("verify", after="FAILED means: not this file, or not this receipt. Keep both as they are, and ask.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--receipt",
    "receipts",
    metavar="PATH",
    multiple=True,
    help="Receipt, bundle or folder of receipts; repeatable [default: NAME.receipt.json beside each file].",
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
    of both. Nine checks lead from the file to a block of a chain. What no receipt can show is that the block is a
    real one: that you say with --block, --trust or --rpc. Without it the verdict is INDETERMINATE and tells which
    block to look up.

    \b
    Examples:
      tallystick verify contract.pdf
      tallystick verify contracts/ --receipt receipts/smith-2026/ --trust my-blocks.json
      tallystick verify invoice.pdf --block 1:21000000:0xab12...
    """
    from notary.verify import Verifier
    from portal.pairing import collect, pair

    collected = collect(paths, receipts)
    verifier = Verifier(_trust(trust, blocks, nodes, collected))
    outcomes = _hash(shell, collected)
    results = [_result(verifier, one, outcomes) for one in pair(collected, outcomes)]
    results += [Result(path, "", "INDETERMINATE", "unreadable", f"It {reason}.") for path, reason in collected.refused]
    status, exit_code = _overall(results)
    counts = {word: sum(result.status == word for result in results) for word in WORDS}
    if not shell.as_json:
        _show(shell, results, status, counts)
    shell.result({"status": status, "counts": counts, "results": [result.to_json() for result in results]})
    return exit_code


@dataclass(frozen=True)
class Result:
    """What came out for one document, or for one receipt without a document.

    reason, text   the code and the sentence that decided; a verdict says more
    """

    document: str
    receipt: str
    status: str
    reason: str
    text: str
    verdict: Verdict | None = None

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
    from notary.verify import DocumentDigests

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
    verdict = verifier.verify(one.found.receipt, digests)
    name = document or str(one.found.receipt.shown().get("name", ""))
    return Result(name, one.found.source, verdict.status.value, verdict.reason or "", _sentence(verdict), verdict)


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

"""`tallystick case export`: the zip that a court is handed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal import __version__
from portal.cli.shell import Shell, command
from portal.cli.words import at as shown_at
from portal.cli.words import moment, plural
from portal.errors import ArgumentInvalid

if TYPE_CHECKING:
    from notary.court.export import Collected, Statement, Written
    from notary.proofs.receipt import Receipt
    from notary.report.inputs import ChainFacts
    from notary.verdicts.trust import Trust
    from portal.cli.shell import Progress
    from portal.world import World

LANGUAGES = ("en", "zh-Hans", "zh-Hant")  # as notary.report.inputs takes them; a test compares
FORUMS = ("cn", "eu", "us", "in", "hk", "sg", "arbitration")


@command("export", after="`tallystick verify FILE` checks it, on any machine, offline.")
@click.argument("name", metavar="CASE")
@click.option("--to", "target", required=True, metavar="FILE", help="Where the zip is written.")
@click.option("--exhibit", "exhibits", multiple=True, metavar="N", help="This exhibit only; repeatable [default: all].")
@click.option("--document", "chosen", multiple=True, metavar="N", help="Only this exhibit's document; repeatable.")
@click.option("--documents", type=click.Choice(["all", "none"]), help="Documents of all exhibits or of none.")
@click.option("--withhold", "withheld", multiple=True, metavar="FIELD", help="Hide this field; repeatable.")
@click.option(
    "--lang", "languages", type=click.Choice(LANGUAGES), multiple=True, help="Of the report; several side by side."
)
@click.option("--forum", "forums", type=click.Choice(FORUMS), multiple=True, help="An annex for it; repeatable.")
@click.option("--at", "time", metavar="TIME", default="", help="When it is made, as it states [default: now].")
@click.option("--trust", metavar="FILE", help="What your verdicts rest on (a trusted-blocks file); it goes along.")
@click.option("--no-report", is_flag=True, help="Without report.pdf, which needs fonts.")
def export(
    shell: Shell,
    name: str,
    target: str,
    exhibits: tuple[str, ...],
    chosen: tuple[str, ...],
    documents: str | None,
    withheld: tuple[str, ...],
    languages: tuple[str, ...],
    forums: tuple[str, ...],
    time: str,
    trust: str | None,
    no_report: bool,
) -> None:
    """Write a case's receipts, documents, report and means to check them into one zip.

    It holds the current version of each exhibit; earlier ones stay in the workspace. The same state of the log and the
    same --at give the same bytes. --withhold hides a field in every receipt, and leaves out who acted; the document
    itself may still show it. What your verdicts rest on is yours to say with --trust (`tallystick anchor --trust-file`
    writes such a file); roots of configured time-stamp authorities are added.

    \b
    Examples:
      tallystick case export smith-2026 --to smith.zip --trust blocks.json --lang en --lang zh-Hans --forum cn
      tallystick case export smith-2026 --to two.zip --exhibit 1 --exhibit 4 --documents none --withhold source
    """
    from notary.court.export import Choice, Statement, collect
    from notary.report.inputs import FORUMS as ANNEXES
    from notary.verdicts.trust import Trust
    from portal.clock import now
    from portal.fonts import report_fonts
    from portal.reading import installed_page

    if chosen and documents is not None:
        raise click.UsageError("--document and --documents are different answers to one question")
    if no_report and (languages or forums):
        raise click.UsageError("--lang and --forum are about the report: leave them out with --no-report")
    stated_at = moment("--at", time)
    spoken = tuple(dict.fromkeys(languages)) or ("en",)
    fonts = None if no_report else report_fonts(spoken)
    with shell.world("case export") as world, shell.progress() as progress:
        which = chosen or (() if documents == "none" else None)
        collected = collect(world.notary, name, Choice(exhibits, which, withheld), progress)
        stated = Statement(
            at=now() if stated_at is None else stated_at,
            trust=_trust(world, trust),
            languages=spoken,
            forums=tuple(one for one in ANNEXES if one in forums),
            page=installed_page(),
            fonts=fonts,
            program=f"tallystick {__version__}",
            chains=_chains(world, collected.receipts),
        )
        written = _write(Path(target), collected, stated, progress)
    if stated.page is None:
        shell.note("verify.html is not in it: this installation has none.")
    if stated.trust == Trust() and any(one.anchors for one in collected.receipts):
        shell.note("No block or authority is named with --trust: the report shows no time, only that proofs are there.")
    count = sum(one is not None for one in collected.documents)
    shell.result(
        {
            "case": name,
            "file": target,
            "at": stated.at,
            "contents_sha256": written.contents.hex(),
            "receipts": len(collected.receipts),
            "documents": count,
            "records": len(collected.records),
            "files": {one: digest.hex() for one, digest in sorted(written.files.items())},
        },
        f"bundle: {target}  {plural(len(collected.receipts), 'receipt')}, {plural(count, 'document')}, "
        f"as of {shown_at(stated.at)}\ncontents: {written.contents.hex()}",
    )


def _trust(world: World, path: str | None) -> Trust:
    """Raises FileMissing, FileTooLarge, TrustInvalid."""
    from notary.verdicts.trust import MAX_BYTES, Trust
    from portal.reading import read_bounded

    trust = Trust() if path is None else Trust.from_bytes(read_bounded(Path(path), MAX_BYTES))
    sources = world.notary.timestamps
    known = {one.root for one in trust.authorities}
    for authority in () if sources is None else sources.trusted():
        if authority.root not in known:
            trust = trust.with_authority(authority)
    return trust


def _chains(world: World, receipts: tuple[Receipt, ...]) -> tuple[ChainFacts, ...]:
    """Name, explorer and finality of each chain that the receipts name and this workspace knows."""
    from notary.evm.evm_proof import EvmAnchor
    from notary.report.inputs import ChainFacts
    from onchain.errors import UnknownChain
    from onchain.profiles import profile
    from portal.chains import PROFILES

    ids = {
        anchor.chain_id
        for receipt in receipts
        for anchor in (*receipt.anchors, *(receipt.later.anchors if receipt.later else ()))
        if isinstance(anchor, EvmAnchor)
    }
    found = []
    for chain_id in sorted(ids):
        try:
            rules = profile(chain_id, world.workspace.root / PROFILES)
        except UnknownChain:
            continue
        found.append(ChainFacts(chain_id, rules.name, rules.explorer, rules.finality_in_words))
    return tuple(found)


def _write(target: Path, collected: Collected, stated: Statement, progress: Progress) -> Written:
    """The zip, whole or not at all.  Raises OutputRefused, ArgumentInvalid and what `export.write` raises."""
    from notary.court.bundle_zip import EARLIEST, LATEST
    from notary.court.export import write
    from portal.reading import output

    if not EARLIEST <= stated.at <= LATEST:
        raise ArgumentInvalid("--at", str(stated.at), "is not in the years 1980 to 2107, which a zip can state")
    sources = [one.source for one in collected.documents if one is not None]
    with output(target, sources=sources) as file:
        return write(file, collected, stated, progress)

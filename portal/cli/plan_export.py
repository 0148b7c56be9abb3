"""`tallystick plan export`: the file that a party of a plan holds, and the paper for people once it is paid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.plan_agreement import LANGUAGES, own_agreement
from portal.cli.shell import Shell, command
from portal.cli.words import at, plural

if TYPE_CHECKING:
    from portal.dossier.completion.values import Completion
    from portal.papers import Paper
    from portal.world import World

MOST = 3  # languages; portal.dossier.completion.values.MAX_LANGUAGES, without its import; a test compares


@command("export", after="`tallystick verify FILE --rpc URL` checks either file, on any machine.")
@click.argument("name", metavar="FILE|NAME")
@click.option("--to", "target", required=True, metavar="FILE", help="Where the dossier is written.")
@click.option(
    "--completion",
    metavar="FILE",
    help="Where the completion paper is written; an error if the plan is not paid [default: beside the dossier].",
)
@click.option(
    "--lang",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    help=f"Of the paper; up to {MOST} side by side [default: as the agreement that `plan draft --lang` made, else en].",
)
def export(shell: Shell, name: str, target: str, completion: str | None, languages: tuple[str, ...]) -> None:
    """Write a plan's dossier: terms, both signatures, contracts with their interfaces, and a proof of every payment.

    Whoever has the file shows what was agreed and paid without this workspace and without us. It goes up to the newest
    final block of the plans' chain. What the openings in it say (digest of the agreement, jurisdiction) is for the
    parties: the chain holds only commitments. Of the parties' signing records it has the digests, or why there is none.

    Once the plan is paid entirely, the completion paper is written as well: a PDF for people that lists terms and
    payments, says that nothing more is owed, and carries the dossier.

    \b
    Examples:
      tallystick plan export smith-plan --to smith-plan.dossier.json
      tallystick plan export smith-plan --to smith.json --completion smith-paid.pdf --lang en --lang zh-Hans
    """
    from notary.evm.evm_proof import parse_header
    from portal import settling
    from portal.dossier.file import Dossier
    from portal.dossier.gather import gather
    from portal.errors import ArgumentInvalid, PaperInvalid
    from portal.reading import write_output
    from portal.signing.rows import for_dossier, records_of

    paper_to = Path(completion) if completion is not None else completion_beside(Path(target))
    if paper_to.resolve() == Path(target).resolve():
        raise ArgumentInvalid("--completion", str(paper_to), "is where the dossier is written")
    if len(said := tuple(dict.fromkeys(languages))) > MOST:
        raise ArgumentInvalid("--lang", ", ".join(said), f"are {len(said)} languages; a page has room for {MOST}")
    with shell.world("plan export") as world:
        paper = settling.trusted_paper(world, name, foreign_module=True).paper
        if not paper.is_plan:
            raise PaperInvalid(name, "is an escrow; dossiers are of plans")
        said = said or languages_of_agreement(world, paper)
        with shell.progress() as progress:
            dossier = gather(
                world.chain("plans"),
                paper,
                world.addresses().first_block,
                lambda done, total: progress("prove", done, total, "events"),
            )
        with world.engine.connect() as connection:
            dossier = replace(dossier, records=for_dossier(records_of(connection, paper.id)))
    data = dossier.to_bytes()
    Dossier.from_bytes(data, paper.name)  # what verify would refuse is not written
    as_of = parse_header(dossier.headers[-1])
    paid = completed(data, said, demanded=completion is not None)
    pdf = None if paid is None else _made(shell, paid, demanded=completion is not None)
    write_output(Path(target), data)
    members = {
        "plan_id": paper.id,
        "file": target,
        "bytes": len(data),
        "events": len(dossier.events),
        "as_of": {"block": as_of.number, "time": as_of.timestamp},
        "completion": None if pdf is None else str(paper_to),
    }
    text = (
        f"dossier: {target}  {plural(len(dossier.events), 'event')} up to block {as_of.number}, {at(as_of.timestamp)}"
    )
    if pdf is not None:
        write_output(paper_to, pdf)
        text += f"\ncompletion paper: {paper_to}  the plan is paid, nothing more is owed"
    shell.result(members, text)


def completion_beside(target: Path) -> Path:
    """Where the paper goes that nobody named a place for: smith.dossier.json gives smith.completion.pdf."""
    stem = target.name.removesuffix(".json").removesuffix(".dossier")
    return target.with_name(f"{stem or target.name}.completion.pdf")


def languages_of_agreement(world: World, paper: Paper) -> tuple[str, ...]:
    """Of the agreement that this workspace made for the plan; English where it made none."""
    from portal.agreement.checking import agreement_of
    from portal.errors import AgreementInvalid, FileMissing, FileTooLarge

    try:
        return agreement_of(own_agreement(world, paper)).languages
    except (AgreementInvalid, FileMissing, FileTooLarge):
        return ("en",)


def completed(data: bytes, languages: tuple[str, ...], *, demanded: bool) -> Completion | None:
    """What the paper is made of; None of a plan that is not paid, if nobody demanded one.  Raises PlanNotCompleted."""
    from portal.dossier.completion.values import Completion
    from portal.errors import PlanNotCompleted

    try:
        return Completion.of(data, languages)
    except PlanNotCompleted:
        if demanded:
            raise
        return None


def _made(shell: Shell, paid: Completion, *, demanded: bool) -> bytes | None:
    """The PDF; None and a note where no fonts are for one that nobody demanded.  Raises FontsMissing, ReportUnmade."""
    from notary.service_errors import FontsMissing
    from portal.dossier.completion.render import completion_pdf
    from portal.fonts import report_fonts

    try:
        return completion_pdf(paid, report_fonts(paid.languages))
    except FontsMissing as exc:
        if demanded:
            raise
        shell.note(f"The plan is paid, but its completion paper is not written: {exc} {exc.hint}")
        return None

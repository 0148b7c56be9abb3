"""The agreement of a plan: how it is asked for when a plan is drafted, and how it is written out again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from portal.cli.shell import Shell, command

if TYPE_CHECKING:
    from portal.agreement.drafting import Wanted
    from portal.papers import Paper
    from portal.world import World

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "pt-BR", "vi", "de")  # portal.agreement.values.LANGUAGES, without its import

_OPTIONS = (
    click.option("--agreement", metavar="FILE", help="An agreement of your own: its digest, salted, is signed."),
    click.option(
        "--lang",
        "languages",
        multiple=True,
        type=click.Choice(LANGUAGES),
        help="Make the agreement (PDF) from the terms in this language; twice: two, side by side.",
    ),
    click.option("--prevails", type=click.Choice(LANGUAGES), help="With two languages: which text counts."),
    click.option("--debtor-name", metavar="NAME", default="", help="For the agreement; not on the chain."),
    click.option("--creditor-name", metavar="NAME", default="", help="For the agreement; not on the chain."),
)


def agreement_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `wanted` reads."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def wanted(
    agreement: str | None, languages: Sequence[str], prevails: str | None, debtor_name: str, creditor_name: str
) -> Path | Wanted | None:
    """The agreement that a draft is to commit to: a file, one to be made, or none.  Raises ArgumentInvalid."""
    from portal.agreement.drafting import Wanted
    from portal.errors import ArgumentInvalid

    if not languages:
        for option, value in (
            ("--prevails", prevails),
            ("--debtor-name", debtor_name),
            ("--creditor-name", creditor_name),
        ):
            if value:
                raise ArgumentInvalid(option, value, "needs --lang, which makes the agreement")
        return Path(agreement) if agreement else None
    if agreement:
        raise ArgumentInvalid("--agreement", agreement, "is another agreement than the one that --lang makes")
    if len(languages) > 1 and prevails is None:
        raise ArgumentInvalid("--prevails", "", "is needed with two languages: where they differ, one text counts")
    return Wanted(tuple(languages), prevails or languages[0], debtor_name, creditor_name)


@command("agreement", after="`tallystick verify FILE PLAN` checks it against the plan's file or dossier.")
@click.argument("name", metavar="FILE|NAME")
@click.option("--to", "target", required=True, metavar="FILE", help="Where the PDF is written.")
def agreement(shell: Shell, name: str, target: str) -> None:
    """Write out the agreement that `plan draft --lang` made from a plan's terms.

    Both parties should read it before they sign, and keep it: the signed terms hold only its digest, salted. The salt
    is in the plan's file and in its dossier.

    \b
    Example:
      tallystick plan agreement smith-plan --to smith-agreement.pdf
    """
    from portal import settling
    from portal.agreement.checking import agreement_of
    from portal.agreement.render import agreement_digest
    from portal.reading import write_output

    with shell.world("plan agreement") as world:
        paper = settling.trusted_paper(world, name, foreign_module=True).paper
        pdf = own_agreement(world, paper)
    digest, given = agreement_digest(pdf), agreement_of(pdf)
    write_output(Path(target), pdf)
    members = {
        "plan_id": paper.id,
        "file": target,
        "sha256": digest.hex(),
        "languages": list(given.languages),
        "prevails": given.prevails,
    }
    shell.result(members, f"agreement: {target}  sha256 {digest.hex()}")


def own_agreement(world: World, paper: Paper) -> bytes:
    """The PDF of the agreement that this workspace made from a plan's terms, and that they commit to.

    Raises FileMissing, FileTooLarge, AgreementInvalid.
    """
    from portal.agreement.checking import MAX_PDF_BYTES
    from portal.agreement.render import agreement_digest
    from portal.errors import AgreementInvalid
    from portal.reading import read_bounded
    from portal.settling import agreement_file

    pdf = read_bounded(agreement_file(world, paper), MAX_PDF_BYTES)
    if paper.agreement is None or paper.agreement.text != agreement_digest(pdf).hex():
        raise AgreementInvalid(f"the workspace's file for {paper.name} is another one than the plan commits to")
    return pdf

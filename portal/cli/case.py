"""`tallystick case`: open, list, show and export cases."""

from __future__ import annotations

from collections.abc import Mapping

import click

from portal.cli.acts import custody, erase, record, revoke
from portal.cli.case_export import export
from portal.cli.shell import Shell, command
from portal.cli.words import at


@click.group()
def case() -> None:
    """Open, list and show cases, and say what happens to what is in them.

    A case holds what belongs to one dispute or debt. Its title, parties and claims are encrypted under a key of its
    own, and nobody who sees the log can tell which entries are of one case.
    """


@command("new", after="`tallystick seal NAME PATH...` seals files into it.")
@click.argument("name")
@click.option("--title", default="", help="What it is about, in your words.")
@click.option("--party", "parties", multiple=True, help="Who is involved; repeatable.")
def new(shell: Shell, name: str, title: str, parties: tuple[str, ...]) -> None:
    """Open a case called NAME (a-z, 0-9 and hyphens).

    \b
    Example:
      tallystick case new smith-2026 --title "Unpaid pumps" --party "Ningbo Hailian" --party "Smith Ltd"
    """
    from notary.sealing.cases import create_case

    with shell.world("case new") as world:
        made = create_case(world.notary, name, title, parties)
    shell.result({"case": made.id, "title": made.title, "parties": list(made.parties)}, f"Case {made.id} is open.")


@command("list", after="`tallystick case show NAME` lists what is sealed in a case.")
def list_(shell: Shell) -> None:
    """List the cases.

    \b
    Example:
      tallystick case list
    """
    from notary.sealing.cases import list_cases

    with shell.world("case list") as world:
        found = list_cases(world.notary)
    rows = [(c.id, c.title if c.title is not None else "(erased)", str(c.current), at(c.created_at)) for c in found]
    if rows:
        shell.table(("case", "title", "exhibits>", "opened"), rows)
    else:
        shell.say("No case yet: `tallystick case new NAME` opens one.")
    shell.result(
        {
            "cases": [
                {
                    "case": c.id,
                    "title": c.title,
                    "parties": list(c.parties),
                    "exhibits": c.current,
                    "claims": c.count,
                    "created_at": c.created_at,
                }
                for c in found
            ]
        }
    )


@command("show", after="`tallystick receipts export NAME` writes out the receipts.")
@click.argument("name")
@click.option("--all", "everything", is_flag=True, help="With claims that a later version supersedes.")
def show(shell: Shell, name: str, everything: bool) -> None:
    """Show what is sealed in the case NAME.

    \b
    Example:
      tallystick case show smith-2026
    """
    from notary.custody.acts import revoked
    from notary.log import ledger
    from notary.sealing.cases import claims_of, show_case
    from notary.verdicts.verdict import printable

    with shell.world("case show") as world:
        with world.engine.connect() as connection:
            origins = {log.id: log.origin for log in ledger.all_logs(connection)}
        present = world.notary.note_key.origin
        found = show_case(world.notary, name)
        gone = revoked(world.notary, name)
        claims = [
            {
                "id": c.id,
                "exhibit": str(c.claim.get("exhibit")),
                "name": printable(str(c.claim.get("name"))),
                "size": c.claim.get("size"),
                "sha256": str(c.claim.get("sha256")),
                "log": origins[c.log_id],
                "leaf_index": c.leaf_index,
                "superseded_by": c.superseded_by,
                "revoked": c.commitment in gone,
                "cid": c.cid,
                "sealed_at": c.created_at,
            }
            for c in claims_of(world.notary, name, current_only=not everything)
        ]
    shell.say(f"{found.id}  {found.title or ''}")
    if found.parties:
        shell.say("parties: " + ", ".join(found.parties))
    rows = [
        (
            str(c["id"]),
            f"{'' if c['log'] == present else c['log']}#{c['leaf_index']}",
            str(c["exhibit"]),
            str(c["name"]),
            str(c["size"]),
            str(c["sha256"])[:16] + "…",
            _state(c),
        )
        for c in claims
    ]
    shell.table(("receipt", "entry", "exhibit", "name", "bytes>", "sha256", ""), rows)
    shell.result(
        {
            "case": found.id,
            "title": found.title,
            "parties": list(found.parties),
            "created_at": found.created_at,
            "claims": claims,
        }
    )


def _state(claim: Mapping[str, object]) -> str:
    words = {
        "superseded": claim["superseded_by"] is not None,
        "revoked": claim["revoked"],
        "on ipfs": claim["cid"] is not None,
    }
    return ", ".join(word for word, said in words.items() if said)


case.add_command(new)
case.add_command(list_)
case.add_command(show)
case.add_command(export)
for act in (custody, record, revoke, erase):
    case.add_command(act)

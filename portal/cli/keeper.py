"""`tallystick keeper`: follow the plans, send what is due."""

from __future__ import annotations

import click

from portal.cli.shell import Shell, command


@click.group()
def keeper() -> None:
    """Follow the plans on chain, and do what is due: reminders, notices, poking, auctions.

    What is due follows from final events and the chain's time alone, and each action has a name of its own, so nothing
    is sent twice and nothing is lost when the keeper dies: it goes on where it was. A dead keeper changes no amount.
    """


@command("once", after="`tallystick keeper run` goes on doing so.", opens_key=True)
def once(shell: Shell) -> None:
    """Do everything that is due now, then end. Where a keeper runs, it does the work and this command waits.

    \b
    Example:
      tallystick keeper once
    """
    from portal.keeping import one_round

    with shell.world("keeper once") as world, shell.progress() as progress:
        progress("keeper", 0, 0, "following the chain")
        report = one_round(world)
    shell.result(report, _words(report))


@command("run", after="stop it with Ctrl-C or SIGTERM; what has begun is finished first.", opens_key=True)
@click.option("--interval", type=int, metavar="SECONDS", help="Pause between rounds [default: from tallystick.toml].")
def run(shell: Shell, interval: int | None) -> None:
    """Do what is due, again and again, until it is stopped.

    One process per workspace runs the engine; other commands hand their work to it.

    \b
    Example:
      tallystick keeper run --interval 15
    """
    from portal.keeping import run_until_stopped

    with shell.world("keeper run") as world:
        pause = interval or world.workspace.config.keeper.interval_seconds
        run_until_stopped(
            world,
            pause,
            started=lambda: shell.note("The keeper runs. Stop it with Ctrl-C."),
            on_round=lambda report: shell.line(report, _words(report)),
            on_error=lambda error: shell.note(f"This round failed, the next one tries again: {error}"),
        )
    shell.note("The keeper has ended.")


def _words(report: dict[str, int]) -> str:
    parts = [f"{value} {name}" for name, value in report.items() if value and name != "final_at"]
    return ", ".join(parts) if parts else "nothing was due"


keeper.add_command(once)
keeper.add_command(run)

"""`tallystick doctor`: what is configured, reachable, funded, missing, and what to do."""

from __future__ import annotations

from dataclasses import asdict

import click

from portal.cli.shell import Shell, command
from portal.exit_codes import Exit

MARKS = {"ok": "✓", "missing": "✗", "wrong": "✗", "note": "·"}


@command("doctor", after="do what the last column says, then look again.", opens_key=True)
@click.option("--fix", is_flag=True, help="Bring the database up to date; on embedded chains, fund the keys.")
def doctor(shell: Shell, fix: bool) -> Exit:
    """Say what is configured, reachable, funded, missing, and what to do about it.

    No password is needed and nothing is changed (embedded chains are started for the look). The exit code is 0 when
    nothing is missing, 4 when a command is still to be run, 5 when something must be corrected.

    \b
    Examples:
      tallystick doctor
      tallystick doctor --fix
    """
    from portal.doctor import examine, repair

    with shell.world("doctor") as world:
        done = repair(world) if fix else []
        findings = list(examine(world))
    for line in done:
        shell.say(f"fixed: {line}")
    shell.table(("", "what", "", "to do"), [(MARKS[f.state], f.what, f.says, f.todo) for f in findings])
    states = {finding.state for finding in findings}
    shell.result(
        {"healthy": not states & {"wrong", "missing"}, "fixed": done, "findings": [asdict(f) for f in findings]}
    )
    if "wrong" in states:
        return Exit.OUTSIDE
    return Exit.INPUT if "missing" in states else Exit.OK

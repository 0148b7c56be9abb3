"""The command line `tallystick`.

The groups are listed here as data with their one-line helps, and a command's module is imported only when the command
runs, so `--help` costs Click and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import click

from portal import __version__
from portal.cli.lazy import Entry, LazyGroup, Section

EXAMPLE: Final = """\b
A first hour, with a chain of your own machine:
  tallystick init --dev                    a workspace in ./tallystick
  tallystick deploy                        start the chains, deploy the contracts
  tallystick case new smith-2026           open a case
  tallystick seal smith-2026 papers/       seal a folder of evidence
  tallystick anchor --wait --trust-file blocks.json         put the log's head on chain
  tallystick receipts export smith-2026 --to receipts/     a receipt for each file
  tallystick verify papers/ --receipt receipts/ --trust blocks.json        check every file, offline
"""

SECTIONS: Final = (
    Section(
        "Set up",
        (
            Entry("init", "portal.cli.init:init", "Make a workspace: keys, database, configuration."),
            Entry("doctor", "portal.cli.doctor:doctor", "Say what is configured, reachable, funded, missing."),
            Entry("deploy", "portal.cli.deploy:deploy", "Put the contracts on the configured chains."),
            Entry("key", "portal.cli.key:key", "Make and list the keys that sign."),
        ),
    ),
    Section(
        "Evidence",
        (
            Entry("case", "portal.cli.case:case", "Open, show and export cases; record, revoke, erase."),
            Entry("seal", "portal.cli.seal:seal", "Seal files and folders into a case."),
            Entry("anchor", "portal.cli.anchor:anchor", "Put the log's newest head on chain, have it time-stamped."),
            Entry("stamp", "portal.cli.stamp:stamp", "Time-stamp any file or digest by OpenTimestamps."),
            Entry("receipts", "portal.cli.receipts:receipts", "Write out receipts."),
            Entry("log", "portal.cli.log:log", "Audit, publish, recover and end the log."),
            Entry("verify", "portal.cli.verify:verify", "Check files against their receipts, offline."),
            Entry("renew", "portal.cli.renew:renew", "Make and renew evidence records, before algorithms end."),
            Entry("fetch", "portal.cli.fetch:fetch", "Get a shared document back, checked and decrypted."),
        ),
    ),
    Section(
        "Settlement",
        (
            Entry("plan", "portal.cli.plan:plan", "Draft, sign, open and pay repayment plans."),
            Entry("escrow", "portal.cli.escrow:escrow", "One sum against one performance."),
            Entry("keeper", "portal.cli.keeper:keeper", "Follow the plans, send what is due."),
        ),
    ),
    Section(
        "Service",
        (
            Entry("serve", "portal.cli.serve:serve", "Answer over HTTP: verify, receipts, log, plans."),
            Entry("demo", "portal.cli.demo:demo", "Show the whole story on this machine."),
        ),
    ),
)


@click.command(
    cls=LazyGroup,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXAMPLE,
)
@click.option("--version", is_flag=True, help="Print the version and leave.")
@click.pass_context
def root(context: click.Context, version: bool) -> int | None:
    """Evidence that anybody can check, settlements that carry themselves out.

    Every command takes --json (one JSON document on standard output) and --workspace. Exit codes: 0 done or PASSED,
    1 FAILED, 2 wrong command line, 3 INDETERMINATE, 4 bad input, 5 something outside is unreachable or wrong,
    6 locked or password, 7 refused by the chain, 70 a mistake of ours.
    """
    if version:
        click.echo(__version__)
        context.exit(0)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(0)
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is shown here and nowhere else."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = root.main(args=given, prog_name="tallystick", standalone_mode=False)
    except BaseException as error:  # what is no error of a command is raised again
        from portal.cli.failure import show

        return show(error, as_json="--json" in given)
    return int(result or 0)

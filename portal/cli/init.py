"""`tallystick init`: make a workspace."""

from __future__ import annotations

import click

from portal.cli.shell import Shell, command


@command(
    "init",
    after="`tallystick doctor` says what is still missing, `tallystick deploy` puts the contracts on chain.",
    opens_key=True,
)
@click.option("--dev", is_flag=True, help="For trying out: generated passwords, kept beside the keys. Never for money.")
@click.option("--evidence-rpc", metavar="URL", default="", help="Node for anchors [default: an embedded dev chain].")
@click.option("--evidence-chain", metavar="ID", type=int, help="Its chain id, for example 11155111 for Sepolia.")
@click.option("--plans-rpc", metavar="URL", default="", help="Node for plans and escrows [default: embedded].")
@click.option("--plans-chain", metavar="ID", type=int, help="Its chain id, for example 8453 for Base.")
@click.option("--ipfs", metavar="URL", default="", help="Kubo RPC endpoint for `seal --store ipfs`.")
@click.option("--notify", metavar="URL", multiple=True, help="Where a copy of every notice goes (Apprise); repeatable.")
@click.option("--smtp", metavar="URL", default="", help="Mail server for notices (Apprise: mailto://...?from=...).")
@click.option("--database", metavar="URL", default="", help="postgresql://... [default: an SQLite file].")
def init(
    shell: Shell,
    dev: bool,
    evidence_rpc: str,
    evidence_chain: int | None,
    plans_rpc: str,
    plans_chain: int | None,
    ipfs: str,
    notify: tuple[str, ...],
    smtp: str,
    database: str,
) -> None:
    """Make a workspace: a folder with keys, database and configuration.

    It asks for a password for the operator's key, which sends the workspace's own transactions. Without --evidence-rpc
    and --plans-rpc two chains of this machine are used: good for trying out and for tests, and proof of nothing to
    anybody else. Secrets in addresses are written as ${NAME} and read from the environment.

    \b
    Examples:
      tallystick init --dev
      tallystick init --evidence-rpc 'https://node.example/${NODE_KEY}' --evidence-chain 11155111
    """
    from portal.clock import now
    from portal.errors import ArgumentInvalid
    from portal.setup import EVIDENCE_ID, PLANS_ID, ChainChoice, Choices, make_workspace

    for url, chain_id, role in ((evidence_rpc, evidence_chain, "evidence"), (plans_rpc, plans_chain, "plans")):
        if url and chain_id is None:
            raise ArgumentInvalid(f"--{role}-rpc", url, f"needs --{role}-chain, so that another chain is noticed")
    choices = Choices(
        dev=dev,
        evidence=ChainChoice(evidence_chain or EVIDENCE_ID, evidence_rpc),
        plans=ChainChoice(plans_chain or PLANS_ID, plans_rpc),
        ipfs=ipfs,
        notify=notify,
        smtp=smtp,
        database=database,
    )
    made = make_workspace(shell.folder, choices, shell.password, now())
    shell.say(f"A workspace is ready in {made.folder}")
    shell.say(f"  operator's key  {made.operator.address}  (keys/operator.json)")
    shell.say(f"  evidence log    {made.origin}")
    if dev:
        shell.say("  passwords       generated: keys/dev-password opens every key made here. For trying out only.")
    shell.say("Keep keys/, case-keys/ and log-key/ as you keep money; nobody can make them again.")
    shell.result(
        {
            "workspace": str(made.folder),
            "operator": made.operator.address,
            "origin": made.origin,
            "dev": dev,
        }
    )

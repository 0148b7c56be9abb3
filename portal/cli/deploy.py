"""`tallystick deploy`: put the contracts on the configured chains."""

from __future__ import annotations

import click

from portal.cli.shell import Shell, command


@command("deploy", after="`tallystick case new NAME`, or `tallystick plan draft --help`.", opens_key=True)
@click.option("--test-token", is_flag=True, help="Embedded chains: also a token to try out with, some for each key.")
def deploy(shell: Shell, test_token: bool) -> None:
    """Put the contracts on the configured chains, and create the evidence log there.

    The operator's key pays. It may be repeated: what is there already is checked and left alone. The chains' genesis
    hashes are pinned in tallystick.toml; from then on another chain behind the same address is an error. Embedded
    chains are started, and keys get coins for gas.

    \b
    Example:
      tallystick deploy
    """
    from portal.deployments import deploy_all
    from portal.test_token import make_test_token

    with shell.world("deploy") as world:
        with shell.progress() as progress:
            placed = deploy_all(world, lambda done, total: progress("deploy", done, total, "steps"))
        token = make_test_token(world) if test_token else None
    rows = [(p.deployment.name, str(p.chain_id), p.deployment.address, str(p.deployment.block)) for p in placed]
    shell.table(("contract", "chain>", "address", "block>"), rows)
    if token is not None:
        shell.say(f"token {token.symbol} to try out with: {token.address} ({token.decimals} decimals)")
    shell.result(
        {
            "contracts": [
                {
                    "name": p.deployment.name,
                    "role": p.role,
                    "chain_id": p.chain_id,
                    "address": p.deployment.address,
                    "block": p.deployment.block,
                    "tx": "0x" + p.deployment.tx.hex(),
                    "code_hash": "0x" + p.deployment.code_hash.hex(),
                }
                for p in placed
            ],
            "test_token": None if token is None else token.address,
        }
    )

"""`tallystick serve`: the HTTP API."""

from __future__ import annotations

import click

from portal.cli.shell import Shell, command
from portal.exit_codes import Exit


@command("serve", after="http://127.0.0.1:8765/openapi.json describes the routes.")
@click.option("--host", metavar="HOST", help="Where to listen [default: from tallystick.toml, 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one [default: from tallystick.toml].")
@click.option("--new-key", is_flag=True, help="Make an API key, show it once, keep its hash, and end.")
def serve(shell: Shell, host: str | None, port: int | None, new_key: bool) -> Exit:
    """Answer over HTTP: verify, receipts, log, cases, plans.

    On 127.0.0.1 without a key; on any other address only with one, which every request carries in the header
    `Authorization: Bearer KEY`. Put a server with TLS in front of it before it is reached from elsewhere.

    \b
    Examples:
      tallystick serve
      tallystick serve --new-key
    """
    from portal.serving import keep_new_key, run_server

    workspace = shell.workspace()
    if new_key:
        key = keep_new_key(workspace)
        shell.result({"key": key}, f"{key}\nKeep it: only its hash is in tallystick.toml, and it is not shown again.")
        return Exit.OK
    with shell.world("serve") as world:
        run_server(world, host, port, started=lambda url: shell.line({"url": url}, f"Listening on {url}"))
    return Exit.OK

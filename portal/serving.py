"""Start and stop the HTTP server, and make its API key."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portal import __version__
from portal.config import Config, is_loopback, pin
from portal.errors import ApiKeyRequired, ServeRefused
from portal.workspace import Workspace, replace_file

if TYPE_CHECKING:
    import uvicorn

    from portal.world import World

SHUTDOWN_SECONDS = 10  # requests that run get so long to end


def keep_new_key(workspace: Workspace) -> str:
    """Make an API key and keep its hash in tallystick.toml; the former key is valid no longer."""
    from portal.api.guard import new_key
    from portal.logs import conceal

    key, key_hash = new_key()
    text = pin(workspace.config_file.read_text(), "api", "key_hash", key_hash)
    Config.parse(text.encode(), str(workspace.config_file))
    replace_file(workspace.config_file, text.encode())
    return conceal(key)


def run_server(world: World, host: str | None, port: int | None, *, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    host, port   None: from the configuration
    started      called with the address once connections are taken

    Raises ApiKeyRequired, ServeRefused, and what opening the database raises.
    """
    import uvicorn

    from portal.api.app import create_app

    part = world.workspace.config.api
    host, port = host or part.host, part.port if port is None else port
    if not is_loopback(host) and not part.key_hash:
        raise ApiKeyRequired(host)
    app = create_app(world, key_hash=part.key_hash, version=__version__)
    _ = world.notary  # opened before the first request, so that errors stop the start
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=SHUTDOWN_SECONDS)
    started(f"http://{shown}:{listening.getsockname()[1]}")
    _server(config).run(sockets=[listening])


def _server(config: uvicorn.Config) -> uvicorn.Server:
    """A server that ends in order at SIGTERM and SIGINT, and then returns: uvicorn's own raises the signal again."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    return Server(config)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as exc:
        listening.close()
        error = ServeRefused(f"cannot listen on {host} port {port}: {exc.strerror}")
        error.hint = "Choose another port with --port, or 0 for a free one."
        raise error from exc
    return listening

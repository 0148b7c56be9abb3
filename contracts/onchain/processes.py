"""Processes that we started, and ports: found, proved to be ours, and ended by their id, never by name."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from onchain.errors import DevChainError

STOP_SECONDS = 20.0


def spawn(command: list[str], log_path: Path) -> subprocess.Popen[bytes]:
    """Start a program that outlives us, with its output appended to a file. Raises DevChainError."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as exc:
            raise DevChainError(f"cannot start anvil: {exc.strerror}") from exc


def is_ours(pid: int, state_file: Path) -> bool:
    """Whether `pid` is an anvil that we started on this state: its command line names the state file."""
    if pid <= 0:
        return False
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        if Path("/proc/self/cmdline").exists():
            return False
        listing = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, check=False)
        return os.fsencode(state_file) in listing.stdout and b"anvil" in listing.stdout
    except OSError:
        return False
    return os.fsencode(state_file) in arguments and b"anvil" in arguments[0]


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that has ended already is no error. Raises DevChainError."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except OSError as exc:
        raise DevChainError(f"cannot end process {pid}: {exc.strerror}") from exc


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until a process that was ours has ended, with its files and ports closed; False when it has not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _has_ended(pid):
            return True
        time.sleep(0.01)
    return False


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid  # our own child: this also takes it out of the process table
    except ChildProcessError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
        return state in ("Z", "X")  # ended, and somebody else has yet to reap it
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return True
    return False


def end(pid: int, state_file: Path) -> None:
    """End our anvil on this state in order, by force after 20 s; any other process is left alone."""
    if not is_ours(pid, state_file):
        return
    send_signal(pid, signal.SIGTERM)
    if not wait_gone(pid, STOP_SECONDS):
        send_signal(pid, signal.SIGKILL)
        wait_gone(pid, STOP_SECONDS)


def is_free(port: int) -> bool:
    """Whether nobody listens on a loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A loopback port that was free a moment ago; whoever binds it must be ready to try another."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

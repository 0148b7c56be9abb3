"""A local anvil whose state survives restarts and kills, found again by later commands, and never a stray one.

State is a file that anvil rewrites every second. That write is not atomic: killed in it, anvil left an unreadable file
in 5 of 25 tries. So there is a second file, `<state>.good`, which `checkpoint` writes whole; a start takes the newer of
those that can be read. `finalise` makes a checkpoint, so what it made final is never lost.

`<state>.run` names the process and port. A process is only reused or ended after its command line proved to be the one
we started. Only one command at a time starts or stops a chain: `<state>.lock`.

anvil's `finalized` block is the head minus two epochs, and an epoch is one block here: a block is final when two more
follow (`finalise`). Blocks come with transactions; none are mined while idle, unless `block_time` is given.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from onchain import wire
from onchain.connect import BlockRef, Chain
from onchain.errors import AnvilMissing, ChainError, DevChainError
from onchain.processes import STOP_SECONDS, end, free_port, is_free, is_ours, send_signal, spawn, wait_gone
from onchain.profiles import ChainProfile, profile
from onchain.rpc import MAX_IPC_PATH, Rpc
from onchain.signer import UnlockedSigner

START_SECONDS = 20.0  # anvil is up in 0.1 s; a large state takes longer to load
START_ATTEMPTS = 5  # a port that was free may be taken when anvil comes to it
WRITE_SECONDS = 5.0  # within which anvil's write of a state may overlap a checkpoint
BLOCKS_TO_FINAL = 2  # two epochs of one slot
MAX_MINE = 10_000  # blocks in one request


def find_anvil() -> Path:
    """The anvil program: TALLYSTICK_ANVIL, PATH, or the checkout's npm packages. Raises AnvilMissing."""
    named = os.environ.get("TALLYSTICK_ANVIL")
    if named:
        path = Path(named)
        if path.is_file() and os.access(path, os.X_OK):
            return path
        raise AnvilMissing
    packages = Path(__file__).resolve().parent.parent / "node_modules" / "@foundry-rs"
    native = sorted(packages.glob("anvil-*/bin/anvil"))
    runnable = [path for path in native if os.access(path, os.X_OK)]
    if runnable:
        return runnable[0]
    found = shutil.which("anvil")
    if found:
        return Path(found)
    raise AnvilMissing


class DevChain:
    """A running anvil. `start` starts it, or finds the one that runs on this state already."""

    def __init__(self, state_file: Path, chain_id: int, port: int, pid: int, ipc: Path | None, started: bool) -> None:
        self.state_file, self.chain_id, self.port, self.pid = state_file, chain_id, port, pid
        self.ipc = ipc
        self.started = started  # by this call; False: found running
        self._rpc = Rpc(self.url, timeout=30.0)

    def __repr__(self) -> str:
        return f"DevChain({self.chain_id}, {self.url}, pid {self.pid})"

    def __enter__(self) -> DevChain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """http URL on loopback."""
        return f"http://127.0.0.1:{self.port}"

    # -- start and stop ------------------------------------------------------------------------------------------------

    @classmethod
    def start(
        cls,
        state_file: Path,
        chain_id: int,
        port: int = 0,
        *,
        slots_in_an_epoch: int = 1,
        block_time: int | None = None,
        log_path: Path | None = None,
        ipc: bool = False,
        automine: bool = True,
    ) -> DevChain:
        """Start anvil on `state_file`, or return the one that runs on it.

        port        0 takes the port of the last run where it is free, else any free one
        block_time  seconds between blocks mined while idle; None mines with transactions only
        log_path    anvil's output goes there; default: beside the state
        ipc         also listen on a Unix socket beside the state (left out where its path would be too long)
        automine    False: blocks come by `mine` only, for tests of stuck transactions

        Raises AnvilMissing, DevChainError.
        """
        anvil = find_anvil()
        state_file = state_file.resolve()
        state_file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(state_file):
            running = _running(state_file)
            if running is not None:
                if running["chain_id"] != chain_id:
                    raise DevChainError(f"{state_file.name} runs as chain {running['chain_id']}, not {chain_id}")
                return cls(state_file, chain_id, running["port"], running["pid"], _socket_path(state_file, ipc), False)
            genesis_time = _recover_state(state_file) or int(time.time())
            socket_path = _socket_path(state_file, ipc)
            log_path = log_path or _beside(state_file, ".log")
            wanted = port or _last_port(state_file)
            problem = ""
            for attempt in range(START_ATTEMPTS):
                use = wanted if attempt == 0 and wanted and is_free(wanted) else free_port()
                if port and use != port:
                    raise DevChainError(f"port {port} is in use by another program")
                command = [
                    *(str(anvil), "--host", "127.0.0.1", "--port", str(use), "--chain-id", str(chain_id)),
                    *("--state", str(state_file), "--state-interval", "1", "--timestamp", str(genesis_time)),
                    *("--slots-in-an-epoch", str(slots_in_an_epoch)),
                ]
                if block_time is not None:
                    command += ["--block-time", str(block_time), "--mixed-mining"]
                if not automine:
                    command += ["--no-mining"]
                if socket_path is not None:
                    socket_path.unlink(missing_ok=True)
                    command += ["--ipc", str(socket_path)]
                process = spawn(command, log_path)
                try:
                    _wait_until_up(process, use, chain_id, socket_path)
                except DevChainError as exc:
                    problem = str(exc)
                    end(process.pid, state_file)
                    continue
                _write_atomically(
                    _run_file(state_file),
                    json.dumps({"pid": process.pid, "port": use, "chain_id": chain_id}) + "\n",
                )
                found = cls(state_file, chain_id, use, process.pid, socket_path, True)
                found._resume_clock()
                if not state_file.exists():
                    found.checkpoint()  # so that not even its first second can be lost
                return found
            raise DevChainError(f"anvil did not start after {START_ATTEMPTS} attempts: {problem}; see {log_path}")

    def _resume_clock(self) -> None:
        """Let the clock go on from now, or from the newest block where it was moved; anvil starts at block 0's."""
        self._rpc.call("evm_setTime", [wire.hex_quantity(max(int(time.time()), self.head().timestamp))])

    @classmethod
    def running(cls, state_file: Path) -> DevChain | None:
        """The anvil that runs on this state, or None; starts nothing."""
        state_file = state_file.resolve()
        found = _running(state_file) if state_file.parent.is_dir() else None
        if found is None:
            return None
        socket_path = _beside(state_file, ".ipc")
        ipc = socket_path if socket_path.exists() else None
        return cls(state_file, found["chain_id"], found["port"], found["pid"], ipc, False)

    def stop(self) -> None:
        """End it in order, so that its state is written; by force after 20 s. Does nothing where it has ended."""
        with _locked(self.state_file):
            self._rpc.close()
            end(self.pid, self.state_file)
            _forget_process(self.state_file)

    def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL): at most the last second of blocks is lost."""
        with _locked(self.state_file):
            self._rpc.close()
            if is_ours(self.pid, self.state_file):
                send_signal(self.pid, signal.SIGKILL)
                wait_gone(self.pid, STOP_SECONDS)
            _forget_process(self.state_file)

    # -- use -----------------------------------------------------------------------------------------------------------

    @property
    def profile(self) -> ChainProfile:
        """The dev profile of this chain id; an id without one gets that of 31337."""
        try:
            found = profile(self.chain_id)
        except ChainError:
            found = profile(31337)
        if not found.dev:
            raise DevChainError(f"chain id {self.chain_id} belongs to {found.name}; a dev chain must not pass for it")
        if found.chain_id == self.chain_id:
            return found
        return replace(found, chain_id=self.chain_id)

    def chain(self, *, ipc: bool = False, timeout: float = 10.0) -> Chain:
        """Connect, over HTTP or over the socket where there is one. Raises as Chain.connect."""
        url = f"ipc://{self.ipc}" if ipc and self.ipc is not None else self.url
        return Chain.connect(url, profile=self.profile, timeout=timeout)

    def signer(self, index: int = 0) -> UnlockedSigner:
        """Test account `index`, funded with 10,000 coins for 0 … 9."""
        return UnlockedSigner.open(self.profile, index)

    def head(self) -> BlockRef:
        """The newest block."""
        return _head(self._rpc)

    def mine(self, blocks: int = 1) -> BlockRef:
        """Mine empty blocks (or with what waits in the pool) and return the new head."""
        if not 1 <= blocks <= MAX_MINE:
            raise DevChainError(f"cannot mine {blocks} blocks at once, at most {MAX_MINE}")
        self._rpc.call("anvil_mine", [wire.hex_quantity(blocks)])
        return self.head()

    def finalise(self) -> BlockRef:
        """Mine until the present head is final, and make a checkpoint; returns the final block."""
        wanted = self.head().number
        self.mine(BLOCKS_TO_FINAL)
        for _ in range(10):
            final = _require_block(self._rpc, "finalized")
            if final.number >= wanted:
                self.checkpoint()
                return final
            self.mine(1)
        raise DevChainError(f"block {wanted} did not become final: is slots-in-an-epoch 1?")

    def checkpoint(self) -> None:
        """Write the whole state now, atomically: a later crash loses nothing of it."""
        answer = self._rpc.call("anvil_dumpState", [])
        packed = wire.data(answer, "dumped state")
        target = _beside(self.state_file, ".good")
        temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        with temporary.open("wb") as file:
            file.write(gzip.decompress(packed))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)

    def now(self) -> int:
        """The chain's time: that of the newest block."""
        return self.head().timestamp

    def warp(self, timestamp: int) -> BlockRef:
        """Mine one block at `timestamp` (Unix seconds); time goes on from there. Time never goes back."""
        head = self.head()
        if timestamp <= head.timestamp:
            raise DevChainError(f"time {timestamp} is not after the newest block's {head.timestamp}")
        self._rpc.call("evm_setNextBlockTimestamp", [wire.hex_quantity(timestamp)])
        return self.mine(1)

    def set_automine(self, on: bool) -> None:
        """Mine a block with each transaction, or only when told to."""
        self._rpc.call("evm_setAutomine", [on])

    def fund(self, address: str, wei: int) -> None:
        """Set an account's balance."""
        self._rpc.call("anvil_setBalance", [address, wire.hex_quantity(wei)])

    def drop(self, tx_hash: bytes) -> None:
        """Remove a waiting transaction from the pool, as a node under pressure would."""
        self._rpc.call("anvil_dropTransaction", [wire.hex_data(tx_hash)])

    def snapshot(self) -> str:
        """Remember this state; `revert` goes back to it once."""
        return str(self._rpc.call("evm_snapshot", []))

    def revert(self, snapshot: str) -> None:
        """Go back to a snapshot. Blocks after it are gone, transactions in them as well. Raises DevChainError."""
        if self._rpc.call("evm_revert", [snapshot]) is not True:
            raise DevChainError(f"no snapshot {snapshot}")

    def reorg(self, depth: int) -> BlockRef:
        """Replace the newest `depth` blocks by `depth + 1` empty ones with other hashes; returns the new head.

        Rolling back and mining for another beneficiary, because anvil_reorg may leave hashes unchanged (foundry
        #10809). What the old blocks held is in none and not waiting either. Raises DevChainError when a hash did not
        change.
        """
        head = self.head()
        if not 1 <= depth <= head.number:
            raise DevChainError(f"cannot reorganise {depth} blocks of {head.number}")
        numbers = range(head.number - depth + 1, head.number + 1)
        before = [_require_block(self._rpc, n).hash for n in numbers]
        self._rpc.call("anvil_rollback", [depth])
        self._rpc.call("anvil_setCoinbase", ["0x" + os.urandom(20).hex()])
        new_head = self.mine(depth + 1)
        for number, old in zip(numbers, before, strict=True):
            if _require_block(self._rpc, number).hash == old:
                raise DevChainError(f"block {number} kept its hash 0x{old.hex()} in a reorganisation")
        return new_head


def _head(rpc: Rpc) -> BlockRef:
    return _require_block(rpc, "latest")


def _require_block(rpc: Rpc, at: int | str) -> BlockRef:
    from onchain.connect import block_call, parse_block

    block = parse_block(rpc.call(*block_call(at)))
    if block is None:
        raise DevChainError(f"no block {at}")
    return block


# -- files beside the state --------------------------------------------------------------------------------------------


def _beside(state_file: Path, suffix: str) -> Path:
    return state_file.with_name(state_file.name + suffix)


def _run_file(state_file: Path) -> Path:
    return _beside(state_file, ".run")


def _socket_path(state_file: Path, wanted: bool) -> Path | None:
    path = _beside(state_file, ".ipc")
    return path if wanted and len(str(path)) <= MAX_IPC_PATH else None


@contextmanager
def _locked(state_file: Path) -> Iterator[None]:
    with _beside(state_file, ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _read_run(state_file: Path) -> dict[str, int]:
    try:
        found = json.loads(_run_file(state_file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in ("pid", "port", "chain_id") if type(found.get(name)) is int}


def _last_port(state_file: Path) -> int:
    port = _read_run(state_file).get("port", 0)
    return port if 1024 <= port <= 65535 else 0


def _forget_process(state_file: Path) -> None:
    """Keep the port for the next start, forget the process."""
    run = _read_run(state_file)
    if run:
        run["pid"] = 0
        _write_atomically(_run_file(state_file), json.dumps(run) + "\n")


def _running(state_file: Path) -> dict[str, int] | None:
    run = _read_run(state_file)
    if set(run) != {"pid", "port", "chain_id"} or not is_ours(run["pid"], state_file):
        return None
    deadline = time.monotonic() + START_SECONDS
    while is_ours(run["pid"], state_file):
        try:
            rpc = Rpc(f"http://127.0.0.1:{run['port']}", timeout=5.0)
            if wire.quantity(rpc.call("eth_chainId"), "chain id") == run["chain_id"]:
                return run
            return None
        except ChainError:
            if time.monotonic() > deadline:
                raise DevChainError(f"process {run['pid']} runs on {state_file.name} but does not answer") from None
            time.sleep(0.1)
    return None


def _recover_state(state_file: Path) -> int | None:
    """Put the newer readable one of anvil's own state and the last checkpoint where anvil will load it.

    Returns the time of its block 0, None where there is no state. anvil makes a block 0 at each start; with another
    time it would be another one, and the chain another chain.
    """
    copy = _beside(state_file, ".good")
    states = {path: state for path in (state_file, copy) if (state := _read_state(path)) is not None}
    if not states:
        if state_file.exists():
            raise DevChainError(
                f"the state in {state_file.name} is broken and there is no copy; move it away to begin anew"
            )
        return None
    newest = max(states, key=lambda path: path.stat().st_mtime_ns)
    if len(states) == 2 and abs(state_file.stat().st_mtime - copy.stat().st_mtime) < WRITE_SECONDS:
        # anvil may have begun to write before the checkpoint and ended after it: then the blocks decide
        newest = max(states, key=lambda path: (states[path].best_block, path.stat().st_mtime_ns))
    if newest is copy:
        if state_file.exists() and state_file not in states:
            state_file.replace(_beside(state_file, ".broken"))
        temporary = _beside(state_file, ".tmp")
        shutil.copyfile(copy, temporary)
        temporary.replace(state_file)
    return states[newest].genesis_time


@dataclass(frozen=True)
class _State:
    best_block: int
    genesis_time: int | None


def _read_state(path: Path) -> _State | None:
    """What a state file says of its chain, or None where it cannot be read."""
    try:
        with path.open("rb") as file:
            state = json.load(file)
        headers = [block["header"] for block in state["blocks"]]
        times = [int(header["timestamp"], 16) for header in headers if int(header["number"], 16) == 0]
        return _State(int(state["best_block_number"]), min(times, default=None))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _wait_until_up(process: subprocess.Popen[bytes], port: int, chain_id: int, ipc: Path | None) -> None:
    rpc = Rpc(f"http://127.0.0.1:{port}", timeout=5.0)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DevChainError(f"anvil ended with status {process.returncode}")
        try:
            got = wire.quantity(rpc.call("eth_chainId"), "chain id")
        except ChainError:
            time.sleep(0.02)
            continue
        finally:
            rpc.close()
        if got == chain_id and process.poll() is None:
            if ipc is None or ipc.exists():
                return
            time.sleep(0.01)
            continue
        raise DevChainError(f"another node (chain {got}) answers on port {port}")
    raise DevChainError(f"anvil did not answer within {START_SECONDS:g} s")

"""One JSON-RPC connection per thread, kept alive, over http(s) or a Unix socket. Every foreign error is mapped here.

http.client instead of a larger client: 0.34 ms a call against 1.8 ms (TOOLCHAIN.md). Time and size of an answer are
bounded. A request that failed on a kept-alive connection which the server had closed meanwhile is sent once more on a
new one, except the dev chain's own commands (`anvil_…`, `evm_…`), which are not idempotent and always get a new
connection.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import time
from collections.abc import Sequence
from typing import Protocol, cast
from urllib.parse import unquote, urlsplit

from onchain.errors import NodeMisbehaved, NodeRefused, NodeUnreachable
from onchain.wire import Json

MAX_ANSWER = 64 * 1024 * 1024  # bytes; the receipts of a full mainnet block are a few MiB
MAX_IPC_PATH = 100  # characters; Linux allows 107
DEFAULT_TIMEOUT = 10.0  # seconds

Call = tuple[str, Sequence[Json]]


class _Transport(Protocol):
    def exchange(self, body: bytes, *, retry: bool) -> bytes: ...
    def close(self) -> None: ...


class Rpc:
    """JSON-RPC to one node. Safe to share between threads: each thread has its own connection."""

    def __init__(self, url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        """url: http://…, https://… (user information becomes basic authentication), ipc:///path or an absolute path."""
        self.url, self.timeout = url, timeout
        self._local = threading.local()
        if url.startswith(("http://", "https://")):
            try:
                parts = urlsplit(url)
                if not parts.hostname or (parts.port is not None and parts.port < 1):
                    raise ValueError("no host")
            except ValueError as exc:
                raise NodeUnreachable("", f"not a usable URL ({type(exc).__name__})") from exc
        elif not self._ipc_path():
            raise NodeUnreachable(
                "", "the node's URL must begin with http://, https:// or ipc:///, or be an absolute path"
            )
        elif len(self._ipc_path()) > MAX_IPC_PATH:
            raise NodeUnreachable(url, f"a socket's path has at most {MAX_IPC_PATH} characters")

    def __repr__(self) -> str:
        from onchain.errors import mask_url

        return f"Rpc({mask_url(self.url)})"

    def _ipc_path(self) -> str:
        if self.url.startswith("ipc:///"):
            return self.url.removeprefix("ipc://")
        return self.url if self.url.startswith("/") else ""

    def _transport(self) -> _Transport:
        transport = getattr(self._local, "transport", None)
        if transport is None:
            path = self._ipc_path()
            transport = _Ipc(path, self.timeout) if path else _Http(self.url, self.timeout)
            self._local.transport = transport
        return cast(_Transport, transport)

    def close(self) -> None:
        """Close this thread's connection."""
        transport = getattr(self._local, "transport", None)
        if transport is not None:
            transport.close()
            self._local.transport = None

    def call(self, method: str, params: Sequence[Json] = ()) -> Json:
        """The result of one call. Raises NodeUnreachable, NodeRefused, NodeMisbehaved."""
        answer = self._exchange({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}, method)
        if not isinstance(answer, dict) or answer.get("id") not in (1, None):
            raise NodeMisbehaved(self.url, f"{method}: no JSON-RPC answer")
        result = self._result(answer, method)
        if isinstance(result, NodeRefused):
            raise result
        return result

    def batch(self, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        """Results in the order of `calls`; a refused call has its error as its result, the others have theirs.

        Raises NodeUnreachable, NodeMisbehaved. A node that takes no batches is asked call by call.
        """
        if not calls:
            return []
        request: list[Json] = [
            {"jsonrpc": "2.0", "id": i, "method": m, "params": list(params)} for i, (m, params) in enumerate(calls)
        ]
        answer = self._exchange(request, calls[0][0])
        if isinstance(answer, dict) and "error" in answer:
            return [self._one(m, params) for m, params in calls]
        if not isinstance(answer, list):
            raise NodeMisbehaved(self.url, "a batch was not answered with a list")
        by_id: dict[object, dict[str, Json]] = {
            a["id"]: a for a in answer if isinstance(a, dict) and _is_id(a.get("id"))
        }
        if len(answer) != len(calls) or set(by_id) != set(range(len(calls))):
            raise NodeMisbehaved(self.url, f"a batch of {len(calls)} calls got {len(answer)} answers")
        return [self._result(by_id[i], m) for i, (m, _) in enumerate(calls)]

    def _one(self, method: str, params: Sequence[Json]) -> Json | NodeRefused:
        try:
            return self.call(method, params)
        except NodeRefused as exc:
            return exc

    def _result(self, answer: dict[str, Json], method: str) -> Json | NodeRefused:
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise NodeMisbehaved(self.url, f"{method}: neither result nor error")
            return answer["result"]
        if not isinstance(error, dict):
            raise NodeMisbehaved(self.url, f"{method}: error is no object")
        rpc_code = error.get("code")
        return NodeRefused(
            self.url,
            method,
            rpc_code if isinstance(rpc_code, int) else 0,
            str(error.get("message", "")),
            _revert_data(error.get("data")),
        )

    def _exchange(self, request: Json, method: str) -> Json:
        body = json.dumps(request, separators=(",", ":")).encode("utf-8")
        retry = not method.startswith(("anvil_", "evm_"))
        try:
            raw = self._transport().exchange(body, retry=retry)
        except (OSError, http.client.HTTPException) as exc:
            self.close()
            raise NodeUnreachable(self.url, f"{type(exc).__name__}: {exc}") from exc
        except _TooLargeError as exc:
            self.close()
            raise NodeMisbehaved(self.url, f"{method}: answer of more than {MAX_ANSWER} bytes") from exc
        except _StatusError as exc:
            self.close()
            if not exc.body:
                raise NodeUnreachable(self.url, f"HTTP status {exc.status}") from exc
            raw = exc.body
        try:
            return cast(Json, json.loads(raw))
        except (ValueError, RecursionError) as exc:
            self.close()
            raise NodeMisbehaved(self.url, f"{method}: no JSON") from exc


class _TooLargeError(Exception):
    """More bytes than MAX_ANSWER."""


class _StatusError(Exception):
    """HTTP status other than 200; `body` only where it looks like a JSON-RPC error."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class _Http:
    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._tls = parts.hostname or "", parts.port, parts.scheme == "https"
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "keep-alive"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def exchange(self, body: bytes, *, retry: bool) -> bytes:
        if not retry:
            self.close()
        reused = self._connection is not None
        try:
            return self._once(body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, http.client.CannotSendRequest):
            self.close()
            if not reused:
                raise
            return self._once(body)

    def _once(self, body: bytes) -> bytes:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
            self._connection = kind(self._host, self._port, timeout=self._timeout)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.request("POST", self._target, body, self._headers)
        response = self._connection.getresponse()
        raw = _read_bounded(response, time.monotonic() + 3 * self._timeout)
        if response.will_close:
            self.close()
        if response.status != 200:
            raise _StatusError(response.status, raw if raw.lstrip()[:1] == b"{" and b'"jsonrpc"' in raw else b"")
        return raw


def _read_bounded(response: http.client.HTTPResponse, deadline: float) -> bytes:
    chunks, size = [], 0
    while chunk := response.read1(1 << 18):
        size += len(chunk)
        if size > MAX_ANSWER:
            raise _TooLargeError
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
        chunks.append(chunk)
    response.close()  # read1 leaves it open at the end, and the connection would not take another request
    return b"".join(chunks)


class _Ipc:
    """A Unix socket; an answer ends with a newline (geth, anvil, reth)."""

    def __init__(self, path: str, timeout: float) -> None:
        self._path, self._timeout = path, timeout
        self._socket: socket.socket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def exchange(self, body: bytes, *, retry: bool) -> bytes:
        if not retry:
            self.close()
        reused = self._socket is not None
        try:
            return self._once(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close()
            if not reused:
                raise
            return self._once(body)

    def _once(self, body: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(self._timeout)
            self._socket.connect(self._path)
        self._socket.sendall(body + b"\n")
        deadline = time.monotonic() + 3 * self._timeout
        chunks: list[bytes] = []
        size = 0
        while True:
            chunk = self._socket.recv(1 << 18)
            if not chunk:
                raise ConnectionResetError("the node closed the socket")
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_ANSWER:
                raise _TooLargeError
            if chunk.endswith(b"\n"):
                return b"".join(chunks)
            if time.monotonic() > deadline:
                raise TimeoutError("the answer took too long")


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _revert_data(value: Json) -> bytes | None:
    """Nodes put a revert's bytes into `data` as hex, or into an object there, or behind a word such as `Reverted`."""
    if isinstance(value, dict):
        value = value.get("data", value.get("result"))
    if not isinstance(value, str):
        return None
    text = value.removeprefix("Reverted ").strip()
    try:
        return bytes.fromhex(text[2:]) if text.startswith("0x") else None
    except ValueError:
        return None

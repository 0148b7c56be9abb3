"""An OpenTimestamps calendar on loopback that speaks the real protocol, and the Bitcoin chain that it writes into.

    with running_calendar(chain) as calendar:      chain = RegtestChain()
        ...                                        POST calendar.url/digest: a promise
        calendar.mine()                            all promises so far go into one block of `chain`
        ...                                        GET calendar.url/timestamp/<hex>: the path to that block
        calendar.mode = "garbage"                  from now on it misbehaves, see MODES

It writes its bytes by hand and shares no code with `notary`, so that the two can contradict each other.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODES = (
    "ok",
    "garbage",  # 200 with bytes that are no time stamp
    "empty",  # 200 with no bytes
    "trailing",  # a good answer and a byte more
    "oversize",  # 200 with more bytes than a client may accept
    "endless",  # bytes without end
    "wrong-commitment",  # a good time stamp of another message
    "wrong-root",  # the path to a block, but the block has another root
    "deep",  # a good answer to a submission, of as many operations as a proof may have that has none besides
    "again",  # 200 with another promise instead of the block
    "forgotten",  # 404 for everything it promised
    "slow",  # says nothing for SLOW_SECONDS
    "trickle",  # a byte now and then
    "error",  # status 500, and a text with control characters
    "refuse",  # status 403
    "redirect",  # to another address
    "compressed",  # says that its answer is gzip
    "broken",  # closes the connection in the middle
)
SLOW_SECONDS = 3.0
GENESIS = bytes.fromhex(  # of regtest: mainnet's coinbase, another time, target and nonce
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
    "7fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000"
)
_BITS = struct.pack("<I", 0x207FFFFF)
_PENDING = bytes.fromhex("83dfe30d2ef90c8e")
_BITCOIN = bytes.fromhex("0588960d73d71901")


class RegtestChain:
    """Blocks with real work at regtest's target, each on the one before. block_seconds: between their times."""

    def __init__(self, block_seconds: int = 600) -> None:
        self.headers = [GENESIS]
        self.block_seconds = block_seconds

    def add(self, merkle_root: bytes, timestamp: int | None = None) -> int:
        """Mine a block.  Returns its height."""
        if timestamp is None:
            timestamp = int.from_bytes(self.headers[-1][68:72], "little") + self.block_seconds
        self.headers.append(mined(_double(self.headers[-1]), merkle_root, timestamp))
        return len(self.headers) - 1

    def write(self, path: Path) -> Path:
        """All headers into one file."""
        path.write_bytes(b"".join(self.headers))
        return path


def mined(previous: bytes, merkle_root: bytes, timestamp: int) -> bytes:
    """An 80-byte header whose hash meets regtest's target."""
    head = struct.pack("<I32s32sI", 0x20000000, previous, merkle_root, timestamp) + _BITS
    for nonce in range(1 << 32):
        raw = head + struct.pack("<I", nonce)
        if _double(raw)[-1] < 0x80:
            return raw
    raise AssertionError("no nonce in 2^32")


@dataclass
class Calendar:
    """The calendar's inside. url: where it listens and what it writes into promises."""

    chain: RegtestChain
    url: str = ""
    mode: str = "ok"
    key: bytes = field(default_factory=lambda: os.urandom(32))
    clock: int = 1_800_000_000
    promised: list[bytes] = field(default_factory=list)  # messages that wait for a block
    done: dict[bytes, bytes] = field(default_factory=dict)  # message -> the bytes that lead it to a block
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path of each request
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def submit(self, digest: bytes) -> bytes:
        """Take a digest; the bytes of the path to its promise."""
        with self._lock:
            self.clock += 1
            nonce, neighbour = os.urandom(16), os.urandom(32)  # aggregation with whoever else came this second
            message = hashlib.sha256(digest + nonce).digest()
            message = hashlib.sha256(neighbour + message).digest()
            stamped = struct.pack(">I", self.clock) + message
            mac = hmac.new(self.key, stamped, hashlib.sha256).digest()[:8]
            self.promised.append(stamped + mac)
            head = b"\xf0" + _var(nonce) + b"\x08" + b"\xf1" + _var(neighbour) + b"\x08"
            return head + b"\xf1" + _var(stamped[:4]) + b"\xf0" + _var(mac) + self.promise()

    def promise(self) -> bytes:
        return b"\x00" + _PENDING + _var(_var(self.url.encode()))

    def mine(self) -> int:
        """Put all that was promised into one new block.  Returns its height."""
        with self._lock:
            messages, self.promised = self.promised, []
            paths: list[bytes] = [b"\x08"] * len(messages)
            level = [hashlib.sha256(message).digest() for message in messages] or [bytes(32)]
            groups = [[i] for i in range(len(messages))] or [[]]
            while len(level) > 1:  # an odd one goes up unchanged
                for i in range(0, len(level) - 1, 2):
                    for member in groups[i]:
                        paths[member] += b"\xf0" + _var(level[i + 1]) + b"\x08"
                    for member in groups[i + 1]:
                        paths[member] += b"\xf1" + _var(level[i]) + b"\x08"
                pairs = [(level[i : i + 2], groups[i : i + 2]) for i in range(0, len(level), 2)]
                level = [hashlib.sha256(b"".join(both)).digest() if len(both) == 2 else both[0] for both, _ in pairs]
                groups = [[member for group in both for member in group] for _, both in pairs]
            root, steps = _into_block(level[0])
            height = self.chain.add(root)
            end = b"\x00" + _BITCOIN + _var(_uint(height))
            self.done.update((message, paths[i] + steps + end) for i, message in enumerate(messages))
            return height


def _into_block(tip: bytes) -> tuple[bytes, bytes]:
    """A block with a transaction that carries `tip`: its Merkle root, and the operations from tip to root."""
    prefix = (
        struct.pack("<I", 1) + b"\x01" + os.urandom(36) + b"\x00" + b"\xff" * 4 + b"\x01" + bytes(8) + b"\x22\x6a\x20"
    )
    suffix = bytes(4)
    message = _double(prefix + tip + suffix)  # the transaction's id
    steps = b"\xf1" + _var(prefix) + b"\xf0" + _var(suffix) + b"\x08\x08"
    for right in (False, True):
        sibling = os.urandom(32)
        message = _double(message + sibling if right else sibling + message)
        steps += (b"\xf0" if right else b"\xf1") + _var(sibling) + b"\x08\x08"
    return message, steps


@contextmanager
def running_calendar(chain: RegtestChain | None = None, mode: str = "ok") -> Iterator[Calendar]:
    """Serve a calendar on a free port of loopback."""
    calendar = Calendar(chain or RegtestChain(), mode=mode)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            calendar.asked.append(("POST", self.path))
            digest = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path != "/digest" or not 1 <= len(digest) <= 64:
                return self._say(400, b"invalid digest length")
            good = calendar.submit(digest)
            if calendar.mode == "deep":
                return self._say(200, b"\x08" * 254 + calendar.promise())
            if calendar.mode in ("again", "wrong-root", "forgotten"):  # misbehaves only later
                return self._say(200, good)
            return self._misbehave(good, calendar.submit(os.urandom(32)))

        def do_GET(self) -> None:
            calendar.asked.append(("GET", self.path))
            try:
                message = bytes.fromhex(self.path.removeprefix("/timestamp/"))
            except ValueError:
                return self._say(400, b"commitment must be hex")
            if calendar.mode == "again":
                return self._say(200, b"\x08" + calendar.promise())
            if calendar.mode != "forgotten" and message in calendar.done:
                good = calendar.done[message]
                if calendar.mode == "wrong-root":
                    return self._say(200, b"\xf0" + _var(b"!") + good)
                return self._misbehave(good, b"\x08" + good)
            known = calendar.mode != "forgotten" and message in calendar.promised
            return self._say(404, b"Pending confirmation in Bitcoin blockchain" if known else b"Commitment not found")

        def _misbehave(self, good: bytes, other: bytes) -> None:
            match calendar.mode:
                case "garbage":
                    self._say(200, b"<html>It works!</html>")
                case "empty":
                    self._say(200, b"")
                case "trailing":
                    self._say(200, good + b"\x00")
                case "oversize":
                    self._say(200, good + bytes(10_001 - len(good)))
                case "wrong-commitment":
                    self._say(200, other)
                case "slow":
                    calendar.stopping.wait(SLOW_SECONDS)
                    self._say(200, good)
                case "error":
                    self._say(500, b"out of fees\r\n\x1b[31mcalendar: all is well")
                case "refuse":
                    self._say(403, b"go away")
                case "redirect":
                    self._say(307, b"", Location="http://127.0.0.1:9/digest")
                case "compressed":
                    self._say(200, good, **{"Content-Encoding": "gzip"})
                case "endless" | "trickle" | "broken":
                    self._stream(good, calendar.mode)
                case _:
                    self._say(200, good)

        def _stream(self, good: bytes, mode: str) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(good) + (mode == "broken") + (1 << 40) * (mode == "endless")))
            self.end_headers()
            self.close_connection = True
            try:
                if mode == "broken":
                    self.wfile.write(good[:10])
                elif mode == "endless":
                    while not calendar.stopping.is_set():
                        self.wfile.write(bytes(4096))
                else:
                    end = time.monotonic() + SLOW_SECONDS
                    for byte in good:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        if calendar.stopping.wait(SLOW_SECONDS / 20) or time.monotonic() > end:
                            return
            except OSError:
                return  # the client had enough

        def _say(self, status: int, body: bytes, **headers: str) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 100  # as many may ask at once

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    calendar.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield calendar
    finally:
        calendar.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _double(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _uint(value: int) -> bytes:
    """LEB128."""
    low = bytes([value & 0x7F])
    return bytes([low[0] | 0x80]) + _uint(value >> 7) if value > 0x7F else low


def _var(data: bytes) -> bytes:
    return _uint(len(data)) + data

"""The adapter to an IPFS node's RPC (Kubo's HTTP API, which js-ipfs speaks as well).

What is written goes through `dag/import` of a CAR file: the only call whose root cannot depend on the node's settings.
What is read comes block by block, and each block is checked against its CID before a byte of it is used. The node is
trusted with keeping bytes, with nothing else. ipfshttpclient asks for version and pins; it reads answers without bound
and cannot import CAR files, so documents travel over a thin httpx client. Every call has a time limit, also on the
node's side, because a missing block would otherwise be searched for ever.
"""

from __future__ import annotations

import json
import secrets
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from notary.service_errors import StorageMismatch, StorageNotConfigured, StorageRefused, StorageUnreachable
from notary.sharing import cid as cids
from notary.sharing.cid import Cid, Dag, Link

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5
DEFAULT_TIMEOUT_SECONDS = 60
MAX_ANSWER_BYTES = 64 << 10  # of anything that is not a block
MAX_DEPTH = 8  # levels of a file's tree; 174^4 chunks are 240 TB
MAX_REASON = 300  # characters of a node's error that we repeat
_BASE32 = {"cid-base": "base32"}  # js-ipfs says base58 otherwise


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """Who answers at the address. version: as the node says it."""

    address: str
    version: str


class IpfsNode:
    """One node.

    api              for example http://127.0.0.1:5001; a user name and password in it are used and never shown
    timeout_seconds  of one call, and of the node's search for a block

    Raises StorageNotConfigured for an address that cannot be one.
    """

    def __init__(self, api: str, *, timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS) -> None:
        try:
            parts = urlsplit(api)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as exc:
            raise StorageNotConfigured("the IPFS API's address is not a URL with a port from 1 to 65535") from exc
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StorageNotConfigured("the IPFS API's address must look like http://127.0.0.1:5001")
        self.address = f"{parts.scheme}://{parts.hostname}:{port}"
        self._auth = (parts.username, parts.password or "") if parts.username else None
        self._host, self._port, self._scheme = parts.hostname, port, parts.scheme
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        return f"IpfsNode({self.address!r})"

    def info(self) -> NodeInfo:
        """Ask who is there.  Raises StorageUnreachable, StorageRefused."""
        with self._mapped("version"), self._library() as client:
            return NodeInfo(self.address, str(client.version(timeout=CONNECT_SECONDS)["Version"])[:80])

    def pin(self, cid: Cid) -> None:
        """Make the node keep the whole tree below `cid`.  Raises StorageUnreachable, StorageRefused."""
        with self._mapped("pin/add"), self._library() as client:
            client.pin.add(str(cid), timeout=self._timeout)

    def unpin(self, cid: Cid) -> None:
        """Let the node forget it; one that is not pinned is left alone.  Raises StorageUnreachable, StorageRefused."""
        if self.is_pinned(cid):
            with self._mapped("pin/rm"), self._library() as client:
                client.pin.rm(str(cid), timeout=self._timeout)

    def is_pinned(self, cid: Cid) -> bool:
        """Whether the node keeps the whole tree below `cid`.  Raises StorageUnreachable, StorageRefused."""
        import ipfshttpclient.exceptions

        try:
            with self._mapped("pin/ls"), self._library() as client:
                return (
                    str(cid) in client.pin.ls(str(cid), type="recursive", timeout=self._timeout, opts=_BASE32)["Keys"]
                )
        except StorageRefused as exc:
            if isinstance(exc.__cause__, ipfshttpclient.exceptions.ErrorResponse):
                return False  # how nodes say that a CID is not pinned
            raise

    def push(self, dag: Dag, chunks: Callable[[], Iterable[bytes]]) -> None:
        """Put a file on the node and pin it.

        chunks  opens the file again: pieces of cid.CHUNK_BYTES, only the last shorter

        Raises StorageUnreachable, StorageRefused, StorageMismatch (the node named another root).
        """
        boundary = secrets.token_hex(16)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="document.car"\r\n'
            "Content-Type: application/vnd.ipld.car\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def body() -> Iterator[bytes]:
            yield head
            yield from cids.car_stream(dag, chunks())
            yield tail

        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + cids.car_size(dag) + len(tail)),
        }
        with self._client() as client:
            answer = self._post(client, "dag/import", {"pin-roots": "true"}, MAX_ANSWER_BYTES, body(), headers)
        roots = [str(root) for root in _roots(answer)]
        if roots != [str(dag.root)]:
            raise StorageMismatch(str(dag.root), f"the node imported {', '.join(roots)[:200] or 'nothing'} instead")
        if not self.is_pinned(dag.root):
            self.pin(dag.root)

    def read(self, cid: Cid, size: int) -> Iterator[bytes]:
        """The file below `cid`, chunk by chunk, every byte checked.

        size  bytes that the file must have; no more are asked for

        Raises StorageUnreachable, StorageRefused (not found, too), StorageMismatch.
        """
        with self._client() as client:
            total = yield from self._walk(client, cid, size, 0)
        if total != size:
            raise StorageMismatch(str(cid), f"holds {total} bytes instead of {size}")

    def _walk(self, client: httpx.Client, cid: Cid, size: int, depth: int) -> Generator[bytes, None, int]:
        """Yields a subtree's bytes; returns how many there were."""
        block = self._block(client, cid)
        if cid.codec == cids.RAW:
            if len(block) != size:
                raise StorageMismatch(str(cid), f"holds {len(block)} bytes instead of {size}")
            yield block
            return len(block)
        if depth >= MAX_DEPTH:
            raise StorageMismatch(str(cid), f"its tree is deeper than {MAX_DEPTH} levels")
        children: list[Link] = cids.decode_node(cid, block)
        if sum(child.file_size for child in children) != size:
            raise StorageMismatch(str(cid), f"its parts add up to another size than {size} bytes")
        total = 0
        for child in children:
            total += yield from self._walk(client, child.cid, child.file_size, depth + 1)
        return total

    def _block(self, client: httpx.Client, cid: Cid) -> bytes:
        block = self._post(client, "block/get", {"arg": str(cid)}, cids.MAX_CHUNK_BYTES)
        if Cid.of(cid.codec, block) != cid:
            raise StorageMismatch(str(cid), f"the node gave {len(block)} other bytes for it")
        return block

    def _post(
        self,
        client: httpx.Client,
        call: str,
        arguments: dict[str, str],
        max_bytes: int,
        content: Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        import httpx

        params = {**arguments, "timeout": f"{self._timeout}s"}
        try:
            with client.stream("POST", f"/api/v0/{call}", params=params, content=content, headers=headers) as answer:
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > max_bytes:
                        raise StorageRefused(
                            self.address, call, answer.status_code, f"more than {max_bytes} bytes in one answer"
                        )
                if answer.status_code != httpx.codes.OK:
                    raise StorageRefused(self.address, call, answer.status_code, _reason(bytes(data)))
                return bytes(data)
        except httpx.HTTPError as exc:
            raise StorageUnreachable(self.address, f"{call}: {_innermost(exc)}") from exc

    def _client(self) -> httpx.Client:
        import httpx

        return httpx.Client(
            base_url=self.address,
            auth=self._auth,
            timeout=httpx.Timeout(self._timeout + CONNECT_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,  # a proxy for the web is not the way to the node
            follow_redirects=False,
        )

    def _library(self) -> Any:  # the library has no types
        import ipfshttpclient

        # It tells urllib3 something that urllib3 2 no longer wants to know; version 3 is kept out by our pins.
        warnings.filterwarnings("ignore", "The 'strict' parameter is no longer needed", FutureWarning)
        kind = "ip6" if ":" in self._host else "ip4" if self._host.replace(".", "").isdigit() else "dns"
        username, password = self._auth or (None, None)
        client = ipfshttpclient.client.Client(
            f"/{kind}/{self._host}/tcp/{self._port}/{self._scheme}", username=username, password=password
        )
        # As below; the library has no other way to say it, and mypy looks at its other transport.
        client._client._session_props["trust_env"] = False  # type: ignore[attr-defined]
        return client

    def _mapped(self, call: str) -> _Mapped:
        return _Mapped(self.address, call)


class _Mapped:
    """Turns ipfshttpclient's errors into ours."""

    def __init__(self, address: str, call: str) -> None:
        self._address, self._call = address, call

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        import ipfshttpclient.exceptions as theirs

        if isinstance(error, theirs.ErrorResponse | theirs.StatusError | theirs.DecodingError | KeyError | TypeError):
            raise StorageRefused(self._address, self._call, 0, str(error)[:MAX_REASON]) from error
        if isinstance(error, theirs.CommunicationError):
            raise StorageUnreachable(self._address, f"{self._call}: {_innermost(error)}") from error


def _innermost(error: BaseException) -> str:
    """The operating system's words for a failed connection, which the libraries wrap five times."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return type(error).__name__


def _roots(answer: bytes) -> Iterator[Cid]:
    """The roots that `dag/import` names: on each line {"Root": {"Cid": {"/": text}, "PinErrorMsg": text}}."""
    for line in answer.splitlines():
        try:
            root = json.loads(line).get("Root") if line.strip() else None
            if root is None:
                continue
            text, problem = root["Cid"]["/"], root.get("PinErrorMsg")
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise StorageMismatch("dag/import", "the node's answer is not readable") from exc
        if not isinstance(text, str) or problem:
            raise StorageMismatch("dag/import", f"the node did not pin it: {str(problem)[:MAX_REASON]}")
        yield Cid.parse(text)


def _reason(data: bytes) -> str:
    try:
        return str(json.loads(data)["Message"])[:MAX_REASON]
    except (ValueError, KeyError, TypeError):
        return data[:MAX_REASON].decode(errors="replace").strip() or "no reason given"

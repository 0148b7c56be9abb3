"""Custom errors and logs by name, from the shipped ABIs. eth_abi decodes; nothing here knows a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from onchain import abi as abis
from onchain import artifacts
from onchain.artifacts import AbiEntry
from onchain.errors import AbiError

ERROR_STRING = bytes.fromhex("08c379a0")  # Error(string)
PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)
UNNAMED = "no reason given"

PANIC_REASONS = {
    0x01: "assert failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "value outside an enum",
    0x22: "broken storage array",
    0x31: "pop of an empty array",
    0x32: "index out of range",
    0x41: "too much memory",
    0x51: "call of an unset function",
}


@dataclass(frozen=True)
class Log:
    """One raw log, as a node gives it. Hashes are 32 bytes; `log_index` counts through the whole block."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    tx_hash: bytes
    log_index: int


@dataclass(frozen=True)
class Event:
    """One decoded log. `args` by parameter name; an indexed string, list or struct is its 32-byte hash.

    timestamp  of its block, Unix seconds; None where only the log was at hand
    """

    name: str
    args: Mapping[str, object]
    address: str
    block_number: int
    block_hash: bytes
    tx_hash: bytes
    log_index: int
    timestamp: int | None = None


Abi = Sequence[AbiEntry]


@lru_cache(maxsize=1)
def shipped_errors() -> Mapping[bytes, AbiEntry]:
    """Custom errors of all shipped contracts, those of the test contracts included, by selector."""
    names = artifacts.names(testing=True) + artifacts.names()
    return _errors(entry for name in names for entry in artifacts.load(name).abi)


def _errors(entries: Iterable[AbiEntry]) -> dict[bytes, AbiEntry]:
    return {abis.selector(entry): entry for entry in entries if entry.get("type") == "error"}


def decode_error(data: bytes, more: Iterable[Abi] = ()) -> tuple[str, tuple[object, ...]]:
    """Name and arguments of what a contract reverted with.

    data  the revert's bytes; may be empty
    more  ABIs to look into besides the shipped ones

    Unknown bytes give the name "unknown error 0x…" and no arguments: unknown is not a failure. Never raises for any
    bytes.
    """
    if len(data) < 4:
        return UNNAMED, ()
    head, body = data[:4], data[4:]
    try:
        if head == ERROR_STRING:
            return "Error", abis.decode([{"type": "string"}], body)
        if head == PANIC:
            number = cast(int, abis.decode([{"type": "uint256"}], body)[0])
            return "Panic", (number, PANIC_REASONS.get(number, "unknown"))
        entry = _errors(e for one in more for e in one).get(head) or shipped_errors().get(head)
        if entry is not None:
            return cast(str, entry["name"]), abis.decode(abis.components(entry), body)
    except AbiError:
        pass
    return f"unknown error 0x{head.hex()}", ()


class LogDecoder:
    """Decodes logs by a set of ABIs; logs of other events are None."""

    def __init__(self, abi_list: Iterable[Abi]) -> None:
        self._by_topic: dict[bytes, AbiEntry] = {}
        for entries in abi_list:
            for entry in entries:
                if entry.get("type") == "event" and not entry.get("anonymous"):
                    self._by_topic.setdefault(abis.topic(entry), entry)

    @property
    def topics(self) -> list[bytes]:
        """Topic 0 of all events that are known here, sorted: 32 bytes each."""
        return sorted(self._by_topic)

    def decode(self, log: Log, timestamp: int | None = None) -> Event | None:
        """The event in `log`, or None where no ABI knows it. Raises AbiError when the bytes do not fit the ABI."""
        entry = self._by_topic.get(log.topics[0]) if log.topics else None
        if entry is None:
            return None
        parameters = abis.components(entry)
        indexed = [p for p in parameters if p.get("indexed")]
        if len(indexed) != len(log.topics) - 1:
            raise AbiError(f"log of {entry['name']} has {len(log.topics)} topics, expected {len(indexed) + 1}")
        plain = [p for p in parameters if not p.get("indexed")]
        values: dict[str, object] = {}
        for parameter, raw in zip(indexed, log.topics[1:], strict=True):
            kind = cast(str, parameter["type"])
            hashed = kind in ("string", "bytes") or kind.startswith("tuple") or kind.endswith("]")
            values[cast(str, parameter["name"])] = raw if hashed else abis.decode([parameter], raw)[0]
        for parameter, value in zip(plain, abis.decode(plain, log.data), strict=True):
            values[cast(str, parameter["name"])] = value
        args = {cast(str, p["name"]): values[cast(str, p["name"])] for p in parameters}
        return Event(
            name=cast(str, entry["name"]),
            args=args,
            address=log.address,
            block_number=log.block_number,
            block_hash=log.block_hash,
            tx_hash=log.tx_hash,
            log_index=log.log_index,
            timestamp=timestamp,
        )


def decode_log(log: Log, abi: Abi) -> Event | None:
    """The event in one log, or None where `abi` does not know it. Raises AbiError. For many logs use LogDecoder."""
    return LogDecoder([abi]).decode(log)

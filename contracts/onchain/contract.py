"""A contract's interface: calls to bytes and answers from bytes, without a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from onchain import abi as abis
from onchain import artifacts
from onchain.artifacts import AbiEntry
from onchain.decode import Event, Log, LogDecoder
from onchain.errors import AbiError


class Contract:
    """The interface `name` (a shipped artifact) at `address`."""

    def __init__(self, name: str, address: str, abi: Sequence[AbiEntry] | None = None) -> None:
        self.name = name
        self.address = abis.checksum_address(address)
        self.abi: Sequence[AbiEntry] = artifacts.load(name).abi if abi is None else abi
        self._functions: dict[str, list[AbiEntry]] = {}
        self._events: dict[str, AbiEntry] = {}
        for entry in self.abi:
            if entry.get("type") == "function":
                self._functions.setdefault(cast(str, entry["name"]), []).append(entry)
            elif entry.get("type") == "event":
                self._events[cast(str, entry["name"])] = entry
        self._decoder = LogDecoder([self.abi])

    def __repr__(self) -> str:
        return f"Contract({self.name}, {self.address})"

    def _function(self, function: str) -> AbiEntry:
        """By name, or by whole signature where a name is overloaded."""
        found = self._functions.get(function.partition("(")[0], [])
        if "(" in function:
            found = [entry for entry in found if abis.signature(entry) == function]
        if len(found) != 1:
            raise AbiError(f"{self.name} has {'no' if not found else 'more than one'} function {function}")
        return found[0]

    def encode(self, function: str, *args: object) -> bytes:
        """Call data: selector and arguments. Structs may be mappings by field name. Raises AbiError."""
        entry = self._function(function)
        return abis.selector(entry) + abis.encode(abis.components(entry), args)

    def decode_output(self, function: str, output: bytes) -> tuple[object, ...]:
        """What a call returned, as a tuple in the ABI's order; structs are dicts. Raises AbiError."""
        entry = self._function(function)
        return abis.decode(abis.components(entry, "outputs"), output)

    def decode_input(self, call_data: bytes) -> tuple[str, tuple[object, ...]]:
        """Name and arguments of a call to this contract. Raises AbiError."""
        for entries in self._functions.values():
            for entry in entries:
                if abis.selector(entry) == call_data[:4]:
                    return cast(str, entry["name"]), abis.decode(abis.components(entry), call_data[4:])
        raise AbiError(f"{self.name} has no function 0x{call_data[:4].hex()}")

    def topic(self, event: str) -> bytes:
        """Topic 0 of an event's logs: 32 bytes. Raises AbiError."""
        entry = self._events.get(event)
        if entry is None:
            raise AbiError(f"{self.name} has no event {event}")
        return abis.topic(entry)

    def decode_log(self, log: Log) -> Event | None:
        """The event in a log of this contract, or None for another address or an unknown event. Raises AbiError."""
        return self._decoder.decode(log) if log.address == self.address else None

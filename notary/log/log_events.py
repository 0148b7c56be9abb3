"""What a chain's events say of a log: created, appended, handed over, closed. Read by ranges of blocks, kept nowhere.

    ask       all of it, with the contract's present state
    history   everything that ever happened to one log, in the chain's order
    logs_of   the logs of one owner in one contract

Anybody can create a log under any name, so a log is known by its id alone. A node can leave events out; what it says
here is held against the contract's present head by the caller, and what it left out then shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from notary.evm.evidence_chain import ED25519_NOTE_KEY

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.contract import Contract
    from onchain.decode import Event, Log

CHUNK: Final = 2_000  # blocks asked for at once; halved where a node refuses
NOBODY: Final = "0x" + "00" * 20  # as an appender: nobody appends


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the chain: block number and hash (32 bytes), transaction (32 bytes), place of the event in the block."""

    block: int
    block_hash: bytes
    tx: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class Created:
    """A log came into being. note_key: 32 bytes, Ed25519; None when the event carries another kind or none."""

    log_id: bytes
    owner: str
    appender: str
    origin: str
    note_key: bytes | None
    place: Place


@dataclass(frozen=True, slots=True)
class Appended:
    """A head was recorded: `size` entries under `root` (32 bytes)."""

    size: int
    root: bytes
    place: Place


@dataclass(frozen=True, slots=True)
class Handed:
    """From here on `address` appends (kind "appender"), may take the log over ("pending"), or owns it ("owner")."""

    kind: str
    address: str
    place: Place


@dataclass(frozen=True, slots=True)
class Closed:
    """The log ended. successor: 32 bytes, None when nothing continues it."""

    successor: bytes | None
    size: int
    root: bytes
    place: Place


LogEvent = Created | Appended | Handed | Closed


@dataclass(frozen=True, slots=True)
class LogHistory:
    """One log as its events tell it, in the chain's order. Nothing is checked but that the events have their form."""

    log_id: bytes
    events: tuple[LogEvent, ...]

    @property
    def created(self) -> Created | None:
        """Its creation; None where the range that was read does not hold it."""
        return next((event for event in self.events if isinstance(event, Created)), None)

    @property
    def heads(self) -> tuple[Appended, ...]:
        return tuple(event for event in self.events if isinstance(event, Appended))

    @property
    def closed(self) -> Closed | None:
        return next((event for event in self.events if isinstance(event, Closed)), None)

    @property
    def appender(self) -> str | None:
        """Who appends now."""
        return self._last("appender", None if self.created is None else self.created.appender)

    @property
    def owner(self) -> str | None:
        """Who owns it now."""
        return self._last("owner", None if self.created is None else self.created.owner)

    def _last(self, kind: str, first: str | None) -> str | None:
        found = [event.address for event in self.events if isinstance(event, Handed) and event.kind == kind]
        return found[-1] if found else first


@dataclass(frozen=True, slots=True)
class Present:
    """What the contract holds of the log now; `size` entries under `root`."""

    size: int
    root: bytes
    appender: str
    owner: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class ChainSide:
    """What one node says of the log. history: of all blocks since its contract was made."""

    chain_id: int
    contract: str
    history: LogHistory
    present: Present
    others: tuple[Created, ...]


def ask(chain: Chain, contract: Contract, log_id: bytes, first: int = 0) -> ChainSide:
    """What the node says of one log: its events since block `first`, the contract's state, all logs of its owner.

    log_id  32 bytes
    first   the block in which the contract was made, or an earlier one

    Everything is read as of one block, the newest.  Raises NodeError, AbiError.
    """
    newest = chain.head().number
    output = chain.call(contract.address, contract.encode("head", log_id), at=newest)
    size, root, appender, owner, closed, _ = contract.decode_output("head", output)
    known = cast(str, owner) != NOBODY
    present = Present(
        cast(int, size), cast(bytes, root), cast(str, appender), cast(str, owner) if known else None, bool(closed)
    )
    told = history(chain, contract, log_id, first, newest)
    others = tuple(logs_of(chain, contract, cast(str, owner), first, newest)) if known else ()
    return ChainSide(chain.chain_id, contract.address, told, present, others)


def history(chain: Chain, contract: Contract, log_id: bytes, first: int, last: int) -> LogHistory:
    """All events of one log in blocks `first` to `last`.

    log_id  32 bytes

    Raises NodeError, AbiError.
    """
    found = _logs(chain, contract, [[], [log_id]], first, last)
    events = tuple(event for log in found if log.topics[1:2] == (log_id,) and (event := _read(contract, log)))
    return LogHistory(log_id, events)


def logs_of(chain: Chain, contract: Contract, owner: str, first: int, last: int) -> list[Created]:
    """The logs in `contract` that `owner` created or took over in blocks `first` to `last`, in the chain's order.

    A log that was handed on to somebody else since is among them: it was this owner's. Of one taken over that was
    created before `first` only the id is known, so it stands with an empty origin. Raises NodeError, AbiError.
    """
    padded = bytes(12) + bytes.fromhex(owner[2:])
    created = contract.topic("LogCreated")
    found: dict[bytes, Created] = {}
    for log in _logs(chain, contract, [[created], [], [padded]], first, last):
        event = _read(contract, log)
        if isinstance(event, Created):
            found.setdefault(event.log_id, event)
    taken = _logs(chain, contract, [[contract.topic("OwnershipTransferred")], [], [], [padded]], first, last)
    for log in taken:
        if len(log.topics) > 1 and log.topics[1] not in found:
            whole = history(chain, contract, log.topics[1], first, log.block_number).created
            found[log.topics[1]] = whole or Created(log.topics[1], owner, NOBODY, "", None, _place(log))
    return sorted(found.values(), key=lambda one: (one.place.block, one.place.log_index))


def _logs(chain: Chain, contract: Contract, topics: Sequence[Sequence[bytes]], first: int, last: int) -> Iterator[Log]:
    """Logs of the contract in ranges of blocks; an empty list of topics stands for any."""
    from onchain import wire
    from onchain.connect import parse_logs
    from onchain.errors import NodeMisbehaved, NodeRefused

    chunk, start = CHUNK, first
    wanted: list[wire.Json] = [[wire.hex_data(topic) for topic in place] or None for place in topics]
    while start <= last:
        stop = min(last, start + chunk - 1)
        asked: dict[str, wire.Json] = {
            "fromBlock": wire.hex_quantity(start),
            "toBlock": wire.hex_quantity(stop),
            "address": contract.address,
            "topics": wanted,
        }
        try:
            found = parse_logs(chain.rpc("eth_getLogs", [asked]))
        except NodeRefused:
            if chunk == 1:
                raise
            chunk = max(1, chunk // 2)
            continue
        for log in found:
            if log.address != contract.address or not start <= log.block_number <= stop:
                raise NodeMisbehaved(chain.url, f"a log of {log.address} in block {log.block_number} unasked for")
            if log.topics:
                yield log
        start, chunk = stop + 1, min(CHUNK, chunk * 2)


def _read(contract: Contract, log: Log) -> LogEvent | None:
    event = contract.decode_log(log)
    if event is None:
        return None
    place = _place(log)
    match event.name:
        case "LogCreated":
            return _created(event, place)
        case "HeadAppended":
            return Appended(cast(int, event.args["size"]), cast(bytes, event.args["root"]), place)
        case "AppenderSet":
            return Handed("appender", cast(str, event.args["appender"]), place)
        case "OwnershipTransferStarted":
            return Handed("pending", cast(str, event.args["pendingOwner"]), place)
        case "OwnershipTransferred":
            return Handed("owner", cast(str, event.args["owner"]), place)
        case "LogClosed":
            heir = cast(bytes, event.args["successor"])
            size, root = cast(int, event.args["size"]), cast(bytes, event.args["root"])
            return Closed(heir if any(heir) else None, size, root, place)
    return None


def _created(event: Event, place: Place) -> Created:
    key = cast(bytes, event.args["noteKey"])
    known = key[:1] == ED25519_NOTE_KEY and len(key) == 33
    return Created(
        cast(bytes, event.args["logId"]),
        cast(str, event.args["owner"]),
        cast(str, event.args["appender"]),
        cast(str, event.args["origin"]),
        key[1:] if known else None,
        place,
    )


def _place(log: Log) -> Place:
    return Place(log.block_number, log.block_hash, log.tx_hash, log.log_index)

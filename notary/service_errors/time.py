"""Errors about anchors, time-stamps, calendars, and the records that keep them alive."""

from __future__ import annotations

from collections.abc import Sequence

from notary.errors import NotaryError
from notary.service_errors.shown import LISTED, printable


class AnchoringUnavailable(NotaryError):
    """No chain, deployment or signer is configured for the evidence log."""

    code = "notary.anchoring-unavailable"
    hint = "Run `tallystick doctor`, then `tallystick deploy`; sealing goes on without a chain."


class AnchorUnknown(NotaryError):
    """No anchor with this id."""

    code = "notary.anchor-unknown"
    hint = "Run `tallystick anchor`; it anchors the newest head."

    def __init__(self) -> None:
        super().__init__("there is no such anchor")


class AnchorElsewhere(NotaryError):
    """The log is anchored on another chain or in another contract than the one that is configured now."""

    code = "notary.anchor-elsewhere"
    hint = "Configure the chain and contract that the log began on; a log does not move."

    def __init__(self, chain: int, contract: bytes, here: int, here_contract: bytes) -> None:
        super().__init__(
            f"the log is in contract 0x{contract.hex()} of chain {chain}, "
            f"configured is 0x{here_contract.hex()} of chain {here}"
        )


class AnchorFailed(NotaryError):
    """A head was refused by the contract for good."""

    code = "notary.anchor-failed"
    hint = "Run `tallystick doctor`: it compares this log with the head on the chain."

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(f"the head of {size} entries was not anchored: {reason}")
        self.size, self.reason = size, reason


class RecordUnknown(NotaryError):
    """The case has no evidence record, or none of this number."""

    code = "notary.record-unknown"
    hint = "Make one with `tallystick renew CASE`."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id!r} has no evidence record")
        self.case_id = case_id


class RecordBusy(NotaryError):
    """Another process renewed the record, or changed the case, at the same time; what it did stands."""

    code = "notary.record-busy"
    hint = "Run the command again; nothing was lost but the time-stamp that came second."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"the evidence record of case {case_id!r} was changed at the same time")
        self.case_id = case_id


class RecordRefused(NotaryError):
    """No evidence record can be made or renewed in this way."""

    code = "notary.record-refused"
    hint = "`tallystick renew --due` says what can be renewed, and with what."


class DocumentsMissing(NotaryError):
    """A hash-tree renewal hashes every document again, and some were not found as they were sealed."""

    code = "notary.documents-missing"
    hint = "Name the folders that hold them with --documents; --leave-out goes on without, and ends their records."

    def __init__(self, names: Sequence[str]) -> None:
        shown = ", ".join(printable(name) for name in names[:LISTED])
        more = f", and {len(names) - LISTED} more" if len(names) > LISTED else ""
        super().__init__(f"{len(names)} document(s) were not found as they were sealed: {shown}{more}")
        self.names = tuple(names)


class StampUnknown(NotaryError):
    """No time stamp has that id in this workspace."""

    code = "notary.stamp-unknown"
    hint = "Use the id that `request` or `list_stamps` gave."

    def __init__(self, stamp_id: int) -> None:
        super().__init__(f"there is no time stamp {stamp_id}")
        self.stamp_id = stamp_id


class CalendarNotConfigured(NotaryError):
    """The address of an OpenTimestamps calendar cannot be one, or more are needed than are named."""

    code = "notary.calendar-not-configured"
    hint = "Name calendars in the configuration under [timestamps], each by its base address."


class CalendarUnavailable(NotaryError):
    """An OpenTimestamps calendar cannot be reached, or too few of several have answered."""

    code = "notary.calendar-unavailable"
    hint = "Nothing is lost: run the same command again later. `tallystick doctor` asks each calendar."

    def __init__(self, calendar: str, reason: str) -> None:
        super().__init__(f"calendar {calendar}: {reason}")
        self.calendar = calendar


class CalendarRefused(NotaryError):
    """An OpenTimestamps calendar answered, but not with a time stamp of what it was asked."""

    code = "notary.calendar-refused"
    hint = "Its answer was thrown away. If it keeps answering so, leave this calendar out of the configuration."

    def __init__(self, calendar: str, reason: str) -> None:
        super().__init__(f"calendar {calendar}: {reason}")
        self.calendar = calendar


class TimestampUnavailable(NotaryError):
    """An RFC 3161 time-stamp authority cannot be reached, or none of several has given a token."""

    code = "notary.timestamp-unavailable"
    hint = "Nothing is lost: run the same command again later. `tallystick doctor` asks each authority."

    def __init__(self, authority: str, reason: str) -> None:
        super().__init__(f"time-stamp authority {printable(authority)}: {reason}")
        self.authority, self.reason = authority, reason


class TimestampRefused(NotaryError):
    """An RFC 3161 time-stamp authority answered, but not with a token that proves what it was asked for.

    status  of HTTP; 200 when the answer itself is at fault
    """

    code = "notary.timestamp-refused"
    hint = "Its answer was thrown away. Check the authority's address, policy and root, or leave it out."

    def __init__(self, authority: str, status: int, reason: str) -> None:
        super().__init__(f"time-stamp authority {printable(authority)} answered (HTTP {status}): {reason}")
        self.authority, self.status, self.reason = authority, status, reason

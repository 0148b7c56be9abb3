"""Errors about the log: its rows, its chain, other copies of it, and its successors."""

from __future__ import annotations

from notary.errors import NotaryError
from notary.service_errors.shown import printable


class LogUnknown(NotaryError):
    """The workspace's log has no row yet."""

    code = "notary.log-unknown"
    hint = "`tallystick init` begins a log; `tallystick log recover` brings a lost one back (docs/guides/drills.md)."

    def __init__(self, origin: str) -> None:
        super().__init__(f"there is no log {origin}")


class LogNotOurs(NotaryError):
    """The receipt is of a log, or of a head, that this workspace does not hold."""

    code = "notary.log-not-ours"
    hint = "Ask the log's owner for the proof; `tallystick log audit` compares what others hold with the chain."

    def __init__(self, origin: str) -> None:
        super().__init__(f"this workspace holds no such head of the log {origin}")
        self.origin = origin


class LogNotOpen(NotaryError):
    """The log is behind its chain, recovered, forked from it, or closed; nothing is sealed into it."""

    code = "notary.log-not-open"
    hint = "Run `tallystick doctor`: it compares this log with the head on the chain and says what to do."

    def __init__(self, origin: str, state: str) -> None:
        super().__init__(f"log {origin} is {state}")
        self.state = state


class LogBusy(NotaryError):
    """Another process held the log's lock for longer than the database waits."""

    code = "notary.log-busy"
    hint = "Another command is sealing. Run this again when it has finished; what was sealed is recognised."


class DatabaseUnwritable(NotaryError):
    """The disk is full or fails; nothing of the transaction was written."""

    code = "notary.database-unwritable"
    hint = "Make room on the workspace's disk (`df -h`), then run the same command again: what was done is recognised."

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database cannot be written: {reason[:200]}")


class LogDamaged(NotaryError):
    """Rows of the log contradict each other."""

    code = "notary.log-damaged"
    hint = "Do not seal. Restore the database from a backup and compare with the last anchored head."

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(f"log of {size} entries: {reason}")
        self.size = size


class SealedUnverified(NotaryError):
    """A receipt of what was just sealed does not verify."""

    code = "notary.sealed-unverified"
    hint = "It is in the log, but do not rely on it. Keep the file and the workspace as they are, and seal again."

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(f"the receipt of {path} was made and does not verify: {fault}")
        self.path = path


class LogBehindChain(NotaryError):
    """The chain holds more entries than this workspace: a backup was restored, or a copy was used."""

    code = "notary.log-behind-chain"
    hint = "`tallystick log recover --from EXPORT|COPY` brings the entries back; until then this log does not seal."

    def __init__(self, local: int, chain: int) -> None:
        super().__init__(f"this workspace's log has {local} entries, the head on the chain has {chain}")
        self.local, self.chain = local, chain


class LogForked(NotaryError):
    """The chain holds another log of the same size, or a head that this log does not lead to."""

    code = "notary.log-forked"
    hint = "Another copy anchored other entries: `tallystick log close ORIGIN --successor new`; docs/guides/drills.md."

    def __init__(self, size: int, local_root: bytes, chain_root: bytes) -> None:
        super().__init__(
            f"at {size} entries this log has root {local_root.hex()[:16]}..., the chain has {chain_root.hex()[:16]}..."
        )
        self.size, self.local_root, self.chain_root = size, local_root, chain_root


class LogSourceUnreadable(NotaryError):
    """An exported log, or the database of a second copy, cannot be read."""

    code = "notary.log-source"
    hint = "Name a folder that `tallystick log export` wrote, the address of a tlog-tiles log, or a copy's database."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{printable(where)}: {reason}")
        self.where = where


class LogSourceUnreachable(LogSourceUnreadable):
    """Nobody answers where the log is said to be served, or not as such a server does."""

    code = "notary.log-source-unreachable"
    hint = "Check the address; it is the one below which `checkpoint` and `tile/` are served."


class RecoveryRefused(NotaryError):
    """What was given does not make this log whole again; nothing was written."""

    code = "notary.recovery-refused"
    hint = "Name a newer export or copy. Where two histories exist: `tallystick log close --successor new`."

    def __init__(self, local: int, given: int, reason: str) -> None:
        super().__init__(f"this log has {local} entries, what was given has {given}: {reason}")
        self.local, self.given, self.reason = local, given, reason


class SuccessionRefused(NotaryError):
    """A log cannot be closed, handed on, or given another key, as asked; nothing was sent."""

    code = "notary.succession-refused"
    hint = "`tallystick log audit` names the log's owner, its appender and its state on the chain."

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"log {origin}: {reason}")
        self.origin, self.reason = origin, reason


class HeadUnknown(NotaryError):
    """The log has no checkpoint of this size, or it does not cover the claim."""

    code = "notary.head-unknown"
    hint = "Leave the size out to get the usual receipt."

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(f"no receipt under a head of {size} entries: {reason}")
        self.size = size


class ExportRefused(NotaryError):
    """The folder holds a log that the one to be exported does not continue; nothing was written."""

    code = "notary.export-refused"
    hint = "Export each log into a folder of its own: another log's export may be the only copy of it."

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(f"{printable(folder)}: {reason}")

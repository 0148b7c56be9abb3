"""Errors of the notary's services: files, keys, database rows, nodes, anchors.

NotaryError
├── InputsRefused         some of the files cannot be sealed, so none was
├── CaseNameInvalid, CaseExists, CaseUnknown, ClaimUnknown, ClaimNotInCase
├── ActRefused            what was asked cannot be entered in the custody chain
├── VaultLocked           a key file is missing, unreadable or open to others
├── VaultDamaged          a key file or a wrapped secret does not decode
├── CaseErased            the case's key was destroyed on purpose
├── LogUnknown            the workspace's log was not begun
├── LogNotOurs            a receipt of another log than this workspace's
├── LogNotOpen            it is behind its chain, recovered, forked from it, or closed
├── LogBusy               another process held the log's lock too long
├── DatabaseUnwritable    the disk is full or fails
├── LogDamaged            rows of the log contradict each other
├── SealedUnverified      what was just sealed does not verify
├── LogBehindChain        the chain holds a longer log than this workspace
├── LogForked             the chain holds another history
├── LogSourceUnreadable   an exported log cannot be read
│   └── LogSourceUnreachable  nobody answers at its address
├── RecoveryRefused       what was given does not make this log whole
├── SuccessionRefused     a log cannot be closed, or its keys not be changed, as asked
├── AnchoringUnavailable  no chain, deployment or signer is configured
├── AnchorElsewhere       the log lives on another chain or contract than configured
├── AnchorUnknown
├── AnchorFailed          the contract refused the head for good
├── StampUnknown
├── HeadUnknown           no checkpoint of that size, or it does not cover the claim
├── RecordUnknown         the case has no evidence record yet
├── RecordBusy            another process renewed, or the case changed, at the same time
├── RecordRefused         the case, a hash or a token that no record can be made with
├── DocumentsMissing      documents of a record that a hash-tree renewal needs and did not find
├── SourceChanged         a file is no longer what was sealed
├── DocumentsChanged      documents of a case are no longer what was sealed, so no bundle was made
├── EnvelopeInvalid       a ciphertext is truncated, altered or of another key
├── StorageNotConfigured, StorageUnreachable, StorageRefused, StorageMismatch   the IPFS node
├── CalendarNotConfigured, CalendarUnavailable, CalendarRefused   an OpenTimestamps calendar
├── TimestampUnavailable, TimestampRefused   an RFC 3161 time-stamp authority
├── DocumentNotStored     nothing to fetch for this claim
├── ReportUnmade          a report cannot be set, checked or signed with what is installed
│   └── FontsMissing          no font for a language that was asked for
├── CustodyKeyInvalid     a key or certificate that shall sign custody entries cannot
├── ExportRefused         the folder holds another log, or more of this one
└── OutputExists          a file to be written is there already
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notary.errors import NotaryError

_LISTED = 5  # how many refusals a message names; all are in the attribute


@dataclass(frozen=True, slots=True)
class Refusal:
    """One input that cannot be sealed.

    path    as given or found, printable (bytes that are no UTF-8 appear as \\udcXX escapes)
    code    stable: missing, unreadable, socket, fifo, device, symlink, symlink-loop, empty-folder, changed,
            name-too-long, duplicate-name, too-many, too-deep
    reason  one sentence
    """

    path: str
    code: str
    reason: str


class InputsRefused(NotaryError):
    """Some inputs cannot be sealed; nothing was written."""

    code = "notary.inputs-refused"
    hint = "Mend or leave out the inputs listed, then run the same command again; nothing was changed."

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        shown = "; ".join(f"{printable(r.path)}: {r.reason}" for r in refusals[:_LISTED])
        more = f"; and {len(refusals) - _LISTED} more" if len(refusals) > _LISTED else ""
        super().__init__(f"{len(refusals)} input(s) cannot be sealed: {shown}{more}")
        self.refusals = tuple(refusals)


class CaseNameInvalid(NotaryError):
    """A case name has other characters or another length than allowed."""

    code = "notary.case-name-invalid"
    hint = "Use 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit."

    def __init__(self, name: str) -> None:
        super().__init__(f"{printable(name[:80])!r} is not a case name")


class CaseExists(NotaryError):
    """A case of this name is there already."""

    code = "notary.case-exists"
    hint = "Choose another name, or seal into the case that exists."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id!r} exists")
        self.case_id = case_id


class CaseUnknown(NotaryError):
    """No case of this name."""

    code = "notary.case-unknown"
    hint = "List the cases with `tallystick case list`, or open one with `tallystick case new`."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"there is no case {printable(case_id[:80])!r}")
        self.case_id = case_id


class ClaimUnknown(NotaryError):
    """No sealed file with this id."""

    code = "notary.claim-unknown"
    hint = "List what a case holds with `tallystick case show CASE`."

    def __init__(self, claim: int | str) -> None:
        super().__init__(f"there is no sealed file {claim!r}")
        self.claim = claim


class ClaimNotInCase(NotaryError):
    """The named place of the log holds no claim of this case, or one that was erased."""

    code = "notary.claim-not-in-case"
    hint = "`tallystick case show CASE --all` lists the entries of a case."

    def __init__(self, case_id: str, leaf_index: int) -> None:
        super().__init__(f"entry {leaf_index} of the log is no claim of case {case_id!r}, or was erased")
        self.case_id, self.leaf_index = case_id, leaf_index


class ActRefused(NotaryError):
    """What was asked cannot be entered in the custody chain."""

    code = "notary.act-refused"
    hint = "`tallystick case custody CASE` shows what was done so far."


class ExhibitUnknown(ActRefused):
    """No current claim of the case is of a file with this name."""

    code = "notary.exhibit-unknown"
    hint = "`tallystick case show CASE` lists the current exhibits with their names and entries."

    def __init__(self, case_id: str, name: str) -> None:
        super().__init__(f"case {case_id!r} has no current exhibit {name!r}")
        self.case_id, self.name = case_id, name


class VaultLocked(NotaryError):
    """A key file is missing, cannot be read, or may be read by others."""

    code = "notary.vault-locked"
    hint = "Keys belong to their owner alone: check that the file is there and run `chmod 600` on it."

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"key file {path}: {reason}")
        self.path = path


class KeyFileUnwritable(VaultLocked):
    """A key file cannot be written: the disk is full, fails, or belongs to somebody else. The old one stands."""

    code = "notary.key-file-unwritable"
    hint = "Make room on the workspace's disk (`df -h`) or give yourself its folder, then run the same command again."


class VaultDamaged(NotaryError):
    """A key file or a wrapped secret does not decode under its key."""

    code = "notary.vault-damaged"
    hint = "Restore the workspace's case-keys folder that belongs to this database."

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")


class CaseErased(NotaryError):
    """The case's key was destroyed; its secrets cannot be read any more."""

    code = "notary.case-erased"
    hint = "This was done on purpose and cannot be undone. Receipts handed out before still verify."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id!r} was erased")
        self.case_id = case_id


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
        shown = ", ".join(printable(name) for name in names[:_LISTED])
        more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        super().__init__(f"{len(names)} document(s) were not found as they were sealed: {shown}{more}")
        self.names = tuple(names)


class SourceChanged(NotaryError):
    """A file is no longer what was sealed, so its copy would be another document."""

    code = "notary.source-changed"
    hint = "Seal it again; the new version supersedes the old one, then it can be stored."

    def __init__(self, path: str, sealed: bytes, found: bytes) -> None:
        super().__init__(f"{printable(path)}: sealed as SHA-256 {sealed.hex()[:16]}..., now {found.hex()[:16]}...")
        self.path, self.sealed, self.found = path, sealed, found


class DocumentsChanged(NotaryError):
    """Documents that were to go into a bundle are gone or no longer what was sealed; nothing was written.

    documents  (exhibit, path, what is wrong) each
    """

    code = "notary.documents-changed"
    hint = "Put them back where they were sealed, or name those to include with --document; --documents none omits all."

    def __init__(self, documents: Sequence[tuple[str, str, str]]) -> None:
        shown = "; ".join(f"exhibit {one}, {printable(path)}: {why}" for one, path, why in documents[:_LISTED])
        more = f"; and {len(documents) - _LISTED} more" if len(documents) > _LISTED else ""
        super().__init__(f"{len(documents)} document(s) are not what was sealed: {shown}{more}")
        self.documents = tuple(documents)


class EnvelopeInvalid(NotaryError):
    """A ciphertext is truncated, altered, or made with another key."""

    code = "notary.envelope-invalid"
    hint = "Fetch it again; if it still fails, the stored copy was altered."

    def __init__(self, reason: str) -> None:
        super().__init__(f"encrypted document: {reason}")


class StorageUnreachable(NotaryError):
    """The IPFS node does not answer."""

    code = "notary.storage-unreachable"
    hint = "Start the node named under [ipfs] in tallystick.toml and run the same command again; it goes on."

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"IPFS node at {address}: {reason}")
        self.address = address


class StorageRefused(NotaryError):
    """The IPFS node answered with an error."""

    code = "notary.storage-refused"
    hint = "Read the node's own log; `tallystick doctor` shows its version."

    def __init__(self, address: str, call: str, status: int, reason: str) -> None:
        super().__init__(f"IPFS node at {address} answered {call} with {status}: {reason}")
        self.address, self.status = address, status


class StorageMismatch(NotaryError):
    """The node's bytes are not those that the CID names."""

    code = "notary.storage-mismatch"
    hint = "Do not use these bytes. Fetch from another node."

    def __init__(self, cid: str, reason: str) -> None:
        super().__init__(f"{cid}: {reason}")
        self.cid = cid


class StorageNotConfigured(NotaryError):
    """The workspace has no IPFS node, no folder for ciphertext, or an address that cannot be one."""

    code = "notary.storage-not-configured"
    hint = 'Name a node under [ipfs] in tallystick.toml, for example api = "http://127.0.0.1:5001".'

    def __init__(self, reason: str = "no IPFS node is configured") -> None:
        super().__init__(reason)


class StampUnknown(NotaryError):
    """No time stamp has that id in this workspace."""

    code = "notary.stamp-unknown"
    hint = "Use the id that `request` or `list_stamps` gave."

    def __init__(self, stamp_id: int) -> None:
        super().__init__(f"there is no time stamp {stamp_id}")
        self.stamp_id = stamp_id


class HeadUnknown(NotaryError):
    """The log has no checkpoint of this size, or it does not cover the claim."""

    code = "notary.head-unknown"
    hint = "Leave the size out to get the usual receipt."

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(f"no receipt under a head of {size} entries: {reason}")
        self.size = size


class CustodyKeyInvalid(NotaryError):
    """A key file that shall sign custody entries is none, does not open, or is not its certificate's."""

    code = "notary.custody-key-invalid"
    hint = "Correct [custody] in tallystick.toml: a PEM key, its certificate first in the chain, ${NAME} as password."

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"custody key {printable(name)}: {reason}")
        self.name = name


class ExportRefused(NotaryError):
    """The folder holds a log that the one to be exported does not continue; nothing was written."""

    code = "notary.export-refused"
    hint = "Export each log into a folder of its own: another log's export may be the only copy of it."

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(f"{printable(folder)}: {reason}")


class OutputExists(NotaryError):
    """What would be written is there already; nothing is replaced."""

    code = "notary.output-exists"
    hint = "Name another place, or move the file away."

    def __init__(self, path: str) -> None:
        super().__init__(f"{printable(path)} exists")
        self.path = path


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


class DocumentNotStored(NotaryError):
    """The claim's document was never put into storage from this workspace."""

    code = "notary.document-not-stored"
    hint = "Run `tallystick seal CASE PATH --store ipfs` for it first."

    def __init__(self, claim_id: int) -> None:
        super().__init__(f"sealed file {claim_id} has no stored copy")
        self.claim_id = claim_id


def printable(path: str) -> str:
    """`path` with bytes that are not UTF-8 and control characters shown as escapes, so that it can be shown safely."""
    shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)


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


class ReportUnmade(NotaryError):
    """A report cannot be made, or not signed, with what is at hand."""

    code = "notary.report-unmade"
    hint = "The message says what was refused; nothing was written."


class FontsMissing(ReportUnmade):
    """No font is there for a language of the report."""

    code = "notary.fonts-missing"
    hint = (
        "Install Noto fonts (Debian: apt-get install fonts-noto-core fonts-noto-cjk), or name a folder that has them "
        "in TALLYSTICK_FONTS. In a checkout, scripts/setup fetches them."
    )

    def __init__(self, language: str, families: Sequence[str], folders: Sequence[object]) -> None:
        looked = ", ".join(map(str, folders)) or "no folder"
        super().__init__(f"a report in {language} needs the font {' or '.join(families)}; looked in {looked}")
        self.language = language

"""Custody: per case a chain of entries that say what happened to the evidence, each carrying its predecessor's hash.

    entry  JCS({"about", "action", "at", "by", "case", "prev", "salt", "seq", "subject"})
    hash   SHA-256("tallystick/custody/v1" 00 entry)

Hashes are public where a batch has one entry, and all else in an entry can be guessed: a name, a second, a reason. So
each has a random salt, which stands in the entry only: in receipts that show it, and under the case's key.

The hash of a case's last entry is its custody head, which the case-head map commits to (notary/log/heads.py), so a
chain whose end was cut off shows. Entries are written in batches; a batch is signed once, over its head and the RFC
9162 root of its entries' hashes (notary/custody/signatures.py), so a receipt shows who signed for its own entry without
the others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from notary import jcs
from notary.errors import LogEntryInvalid
from notary.jcs import MAX_INT
from notary.reading import Reader
from notary.sealing.claim import MAX_TEXT_BYTES

_TAG = b"tallystick/custody/v1\0"
SALT_BYTES = 32


class Action(StrEnum):
    COLLECTED = "collected"
    SEALED = "sealed"
    TRANSFERRED = "transferred"
    ACCESSED = "accessed"
    EXPORTED = "exported"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    ERASED = "erased"


_ACTIONS = {action.value: action for action in Action}


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """One thing that happened to a piece of evidence.

    case      32 bytes, the blinded case id
    seq       0 for the case's first entry, then one more each
    previous  32 bytes, hash of the entry before; None exactly where seq is 0
    action    what was done
    subject   32 bytes, the claim's commitment
    at        Unix seconds, UTC, by the clock of whoever acted
    by        who acted, in their own words
    salt      32 random bytes of this entry only
    about     what else there is to say: to whom it was handed, why it was revoked; empty: nothing

    Raises LogEntryInvalid when built from anything else.
    """

    case: bytes
    seq: int
    previous: bytes | None
    action: Action
    subject: bytes
    at: int
    by: str
    salt: bytes
    about: str = ""

    def __post_init__(self) -> None:
        previous = self.previous
        if len(self.case) != 32 or len(self.subject) != 32 or (previous is not None and len(previous) != 32):
            raise LogEntryInvalid("case, subject and predecessor of a custody entry have 32 bytes each")
        if len(self.salt) != SALT_BYTES:
            raise LogEntryInvalid(f"a custody entry's salt has {SALT_BYTES} bytes, not {len(self.salt)}")
        if not 0 <= self.seq <= MAX_INT or not 0 <= self.at <= MAX_INT:
            raise LogEntryInvalid(f"a custody entry's number and time are integers from 0 to {MAX_INT}")
        if (self.seq == 0) != (previous is None):
            raise LogEntryInvalid("the first custody entry of a case, and only that one, has no predecessor")
        if not self.by or len(self.by.encode(errors="surrogatepass")) > MAX_TEXT_BYTES:
            raise LogEntryInvalid(f"a custody entry says in 1 to {MAX_TEXT_BYTES} bytes who acted")
        if len(self.about.encode(errors="surrogatepass")) > MAX_TEXT_BYTES:
            raise LogEntryInvalid(f"what a custody entry is about has at most {MAX_TEXT_BYTES} bytes")

    @classmethod
    def read(cls, entry: Reader) -> CustodyEntry:
        """From the JSON object of a receipt.  Raises the reader's error, LogEntryInvalid."""
        entry.only("about", "action", "at", "by", "case", "prev", "salt", "seq", "subject")
        action = entry.text("action", 32)
        if action not in set(Action):
            raise entry.refuse("action", "is not one that this program knows")
        return cls(
            case=entry.hex("case", 32),
            seq=entry.integer("seq"),
            previous=None if entry.get("prev") is None else entry.hex("prev", 32),
            action=Action(action),
            subject=entry.hex("subject", 32),
            at=entry.integer("at"),
            by=entry.text("by", MAX_TEXT_BYTES),
            salt=entry.hex("salt", SALT_BYTES),
            about="" if entry.get("about") is None else entry.text("about", MAX_TEXT_BYTES),
        )

    @classmethod
    def from_kept(cls, data: bytes) -> CustodyEntry:
        """From the bytes of `to_bytes` that the case's key has just authenticated, which spares the reader's checks.

        Raises ValueError, KeyError or TypeError for other bytes, LogEntryInvalid.
        """
        kept = jcs.loads_kept(data)
        previous = kept["prev"]
        return cls(
            bytes.fromhex(kept["case"]),
            kept["seq"],
            None if previous is None else bytes.fromhex(previous),
            _ACTIONS[kept["action"]],
            bytes.fromhex(kept["subject"]),
            kept["at"],
            kept["by"],
            bytes.fromhex(kept["salt"]),
            kept["about"] or "",
        )

    def to_json(self) -> dict[str, jcs.Json]:
        return {
            "about": self.about or None,
            "action": self.action.value,
            "at": self.at,
            "by": self.by,
            "case": self.case.hex(),
            "prev": None if self.previous is None else self.previous.hex(),
            "salt": self.salt.hex(),
            "seq": self.seq,
            "subject": self.subject.hex(),
        }

    def to_bytes(self) -> bytes:
        """JCS of `to_json`."""
        return jcs.encode(self.text())

    def text(self) -> str:
        """What `to_bytes` encodes; put together here, because the general writer takes five times as long."""
        about = jcs.scalar(self.about) if self.about else "null"
        previous = "null" if self.previous is None else f'"{self.previous.hex()}"'
        return (
            f'{{"about":{about},"action":"{self.action}","at":{self.at},"by":{jcs.scalar(self.by)},'
            f'"case":"{self.case.hex()}","prev":{previous},"salt":"{self.salt.hex()}","seq":{self.seq},'
            f'"subject":"{self.subject.hex()}"}}'
        )

    def hash(self) -> bytes:
        """32 bytes; the next entry carries them."""
        return entry_hash(self.to_bytes())


def entry_hash(data: bytes) -> bytes:
    """The 32-byte hash of the entry with these bytes."""
    return hashlib.sha256(_TAG + data).digest()

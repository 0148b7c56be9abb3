"""The commitment to a claim, and its opening, in which each field can be shown or hidden on its own.

    salts        = SHAKE-256("tallystick/salts/v1" 00 secret), 32 bytes each: the claim's, then the fields' in order
    field hash   = SHA-256("tallystick/field/v1" 00 field-salt JCS({"name": name, "value": value}))
    fields root  = RFC 9162 root over the field hashes as entries, in the claim's fixed order
    commitment   = SHA-256("tallystick/commitment/v1" 00 claim-salt fields-root)
    log entry    = JCS({"c": hex of commitment, "t": "claim"})

`secret` is 32 random bytes of this one claim. Whoever loses it can show nothing; whoever destroys it has erased the
claim, since 32-byte salts keep anybody from guessing what the log's entry stands for.

A sealer may commit to something odd in a hidden field; a verdict therefore speaks of shown fields only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from notary import jcs
from notary.errors import ClaimInvalid, LogEntryInvalid
from notary.log import merkle
from notary.sealing import claim as _claim
from notary.sealing.claim import Claim, Value

SECRET_SIZE = SALT_SIZE = 32
MAX_FIELDS = len(_claim.FIELDS)

_FIELD = b"tallystick/field/v1\0"
_SALTS = b"tallystick/salts/v1\0"
_COMMITMENT = b"tallystick/commitment/v1\0"

_sha256 = hashlib.sha256


class Shown(NamedTuple):
    """A field that is shown, with the 32-byte salt that opens it. A tuple: a receipt makes ten, a bundle 100,000."""

    name: str
    value: Value
    salt: bytes


@dataclass(frozen=True, slots=True)
class Hidden:
    """A field of which only the 32-byte hash is given."""

    hash: bytes


Entry: TypeAlias = Shown | Hidden


@dataclass(frozen=True, slots=True)
class Opening:
    """What a receipt shows of a claim: the claim's salt, and its fields in order, each shown or hidden.

    A value of this type can still break the claim's rules; `check` says so.
    """

    salt: bytes = field(repr=False)
    entries: tuple[Entry, ...]

    def shown(self) -> dict[str, Value]:
        return {entry.name: entry.value for entry in self.entries if isinstance(entry, Shown)}

    def hidden_count(self) -> int:
        return sum(isinstance(entry, Hidden) for entry in self.entries)

    def check(self) -> None:
        """Check the shown fields against the claim's rules (form, order, name).  Raises ClaimInvalid."""
        if not 0 < len(self.entries) <= MAX_FIELDS:
            raise ClaimInvalid(f"a claim has 1 to {MAX_FIELDS} fields, not {len(self.entries)}")
        for entry in self.entries:
            if isinstance(entry, Shown):
                _claim.check_value(entry.name, entry.value)
        _claim.check_order(entry.name if isinstance(entry, Shown) else None for entry in self.entries)
        _claim.check_name(self.shown())

    def commitment(self) -> bytes:
        """The 32 bytes that these fields and salts lead to.  Raises JsonInvalid for values that JCS forbids."""
        return commit(self.salt, [_entry_hash(entry) for entry in self.entries])

    def hide(self, names: Collection[str]) -> Opening:
        """The same opening with the fields `names` hidden; its commitment is the same."""
        return Opening(
            self.salt, tuple(_hide(e) if isinstance(e, Shown) and e.name in names else e for e in self.entries)
        )

    def show_only(self, names: Collection[str]) -> Opening:
        """The same opening with all fields but `names` hidden; its commitment is the same."""
        return self.hide({name for name in self.shown() if name not in names})


def open_claim(claim: Claim, secret: bytes) -> Opening:
    """The opening that shows every field of `claim`.

    secret  32 random bytes, of this claim only
    """
    salts = _salts(secret, len(claim.fields))
    shown = [Shown(name, value, salt) for (name, value), salt in zip(claim.fields, salts[1:], strict=True)]
    return Opening(salts[0], tuple(shown))


def commit_claim(claim: Claim, secret: bytes) -> bytes:
    """The commitment of `open_claim(claim, secret)`, without making the opening."""
    first, *salts = _salts(secret, len(claim.fields))
    sha256, scalar = _sha256, jcs.scalar
    hashes = [  # `field_hash` without its calls: a claim was checked when it was made
        sha256(_FIELD + salt + f"{_PAIRS[name]}{scalar(value)}}}".encode()).digest()
        for (name, value), salt in zip(claim.fields, salts, strict=True)
    ]
    return commit(first, hashes)


def _salts(secret: bytes, fields: int) -> list[bytes]:
    """The claim's salt, and one for each of its fields."""
    if len(secret) != SECRET_SIZE:
        raise ValueError(f"a claim's secret has {SECRET_SIZE} bytes, not {len(secret)}")
    stream = hashlib.shake_256(_SALTS + secret).digest(SALT_SIZE * (fields + 1))
    return [stream[at : at + SALT_SIZE] for at in range(0, len(stream), SALT_SIZE)]


def field_hash(salt: bytes, name: str, value: Value) -> bytes:
    """The 32-byte hash that stands for a field in the claim's tree."""
    # JCS: the names are in order as they are.
    pair = f"{_PAIRS.get(name) or _pair(name)}{jcs.scalar(value)}}}"
    return _sha256(_FIELD + salt + jcs.encode(pair)).digest()


def _pair(name: str) -> str:
    return f'{{"name":{jcs.scalar(name)},"value":'


_PAIRS = {name: _pair(name) for name in _claim.FIELDS}


def commit(salt: bytes, field_hashes: Iterable[bytes]) -> bytes:
    """The 32-byte commitment over the claim's salt and its field hashes in order."""
    return _sha256(_COMMITMENT + salt + merkle.root(merkle.leaf_hashes(field_hashes))).digest()


def _entry_hash(entry: Entry) -> bytes:
    return entry.hash if isinstance(entry, Hidden) else field_hash(entry.salt, entry.name, entry.value)


def _hide(entry: Shown) -> Hidden:
    return Hidden(field_hash(entry.salt, entry.name, entry.value))


def claim_entry(commitment: bytes) -> bytes:
    """The bytes of the log entry for a claim; `merkle.leaf_hash` of them is the leaf."""
    return b'{"c":"%s","t":"claim"}' % commitment.hex().encode()


def parse_claim_entry(entry: bytes) -> bytes:
    """The commitment in a claim's log entry.  Raises LogEntryInvalid unless `claim_entry` gives these very bytes."""
    value = jcs.loads(entry, max_bytes=256, what="log entry")
    text = value.get("c") if isinstance(value, dict) else None
    try:
        commitment = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        commitment = b""
    if len(commitment) != merkle.HASH_SIZE or claim_entry(commitment) != entry:
        raise LogEntryInvalid("the log entry is not a claim's commitment")
    return commitment
